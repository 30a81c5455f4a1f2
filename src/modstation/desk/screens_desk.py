"""The part of the desk's face that concerns screening: rule packs, reasons, near-duplicates and the learned order."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from . import near, packs, packs_rehearse, priority, why
from .near import Cluster
from .packs import PackView, RuleView
from .packs_rehearse import Progress, Rehearsed
from .priority import Alarms, Learned
from .why import Why
from .workplace import Workplace


@runtime_checkable
class ScreeningApi(Protocol):
    """What window and command line ask about screening. Every method blocks; the window calls them from workers."""

    def why(self, no: int, at: int = 0) -> Why:
        """Why an item is here, as it stood at a moment (UTC ms; 0 for now). Raises NotFound."""
        ...

    def cluster(self, no: int) -> Cluster:
        """The near-duplicates of an item, outliers first."""
        ...

    def packs(self) -> list[PackView]:
        """Every version of every rule pack."""
        ...

    def pack_rules(self, wanted: str) -> tuple[RuleView, ...]:
        """The rules of a version. Raises NotFound."""
        ...

    def add_pack(self, path: Path) -> PackView:
        """Take a pack file in as a draft. Raises BadInput with file and line."""
        ...

    def rehearse_pack(self, wanted: str, progress: Progress = ...) -> Rehearsed:
        """Replay a draft over everything stored. `progress` answers False to stop."""
        ...

    def last_rehearsal(self, wanted: str) -> Rehearsed:
        """The newest finished rehearsal. Raises NotFound where there was none."""
        ...

    def approve_pack(self, wanted: str, reason: str = "") -> PackView:
        """Say yes to a rehearsed pack of somebody else. Raises NotAllowed for its author."""
        ...

    def pull_pack(self, wanted: str, reason: str = "") -> PackView:
        """Take an active pack off at once."""
        ...

    def retire_pack(self, wanted: str) -> PackView:
        """Lay a pack of this desk away."""
        ...

    def learned(self) -> Learned:
        """Whether the learned order is on, and what its model was trained on."""
        ...

    def learn(self) -> Learned:
        """Train the learned order now. Raises BadInput where there is too little to learn from."""
        ...

    def false_alarms(self) -> list[Alarms]:
        """Of what screening marked and people judged: how much was no violation, by section and language."""
        ...


def screening_of(desk: object) -> ScreeningApi | None:
    """This face of a desk, or None where the desk has none."""
    return desk if isinstance(desk, ScreeningApi) else None


class ScreeningDesk:
    """Implements `ScreeningApi` over a workplace."""

    work: Workplace

    def why(self, no: int, at: int = 0) -> Why:
        """Why an item is here, as it stood at a moment (UTC ms; 0 for now). Raises NotFound."""
        return why.why(self.work, no, at)

    def cluster(self, no: int) -> Cluster:
        """The near-duplicates of an item, outliers first."""
        return near.cluster(self.work, no)

    def packs(self) -> list[PackView]:
        """Every version of every rule pack: in work first, then active, then laid away."""
        return packs.packs(self.work)

    def pack_rules(self, wanted: str) -> tuple[RuleView, ...]:
        """The rules of a version. Raises NotFound."""
        return packs.rules_of(self.work, wanted)

    def add_pack(self, path: Path) -> PackView:
        """Take a pack file in as a draft. Raises BadInput with file and line."""
        return packs.add(self.work, path)

    def rehearse_pack(self, wanted: str, progress: Progress = lambda done, total: True) -> Rehearsed:
        """Replay a draft over everything stored. `progress` answers False to stop; then nothing is written down."""
        return packs_rehearse.rehearse_pack(self.work, wanted, progress)

    def last_rehearsal(self, wanted: str) -> Rehearsed:
        """The newest finished rehearsal. Raises NotFound where there was none."""
        return packs_rehearse.last_rehearsal(self.work, wanted)

    def approve_pack(self, wanted: str, reason: str = "") -> PackView:
        """Say yes to a rehearsed pack of somebody else. Raises NotAllowed for its author."""
        return packs.approve(self.work, wanted, reason)

    def pull_pack(self, wanted: str, reason: str = "") -> PackView:
        """Take an active pack off at once."""
        return packs.pull(self.work, wanted, reason)

    def retire_pack(self, wanted: str) -> PackView:
        """Lay a pack of this desk away."""
        return packs.retire(self.work, wanted)

    def learned(self) -> Learned:
        """Whether the learned order is on, and what its model was trained on."""
        return priority.learned(self.work)

    def learn(self) -> Learned:
        """Train the learned order now. Raises BadInput where there is too little to learn from."""
        return priority.learn(self.work)

    def false_alarms(self) -> list[Alarms]:
        """Of what screening marked and people judged: how much was no violation, by section and language."""
        return priority.false_alarms(self.work)
