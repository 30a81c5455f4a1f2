"""The face the desk shows to window and command line.

Every method blocks (file and database work): the window calls it from worker threads only. Every act raises NotAllowed,
BadInput, NotFound or VaultError with a sentence and then has changed nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from modstation.models.ids import DecisionId, OutboxId, PolicyId
from modstation.models.measures import Choice
from modstation.models.people import Person, Role
from modstation.models.screen import (
    ApprovalRow,
    Changed,
    ConflictView,
    DeskStatus,
    EscalationRow,
    ItemView,
    OutboxRow,
    PastDecision,
    Preview,
    QueueFilter,
    QueueRow,
    RailPolicy,
    SetAsideRow,
)


class DeskReads(Protocol):
    """What can be looked at."""

    def queue_ids(self, wanted: QueueFilter) -> array[int]:
        """Numbers of all items of a list, in its order."""
        ...

    def queue_rows(self, numbers: Sequence[int]) -> list[QueueRow]:
        """The rows of these items, in the order asked."""
        ...

    def number_of(self, item: str) -> int:
        """The number of an item by its name, its case number or its number as text. Raises NotFound."""
        ...

    def item(self, no: int) -> ItemView:
        """An item as it stands here, without opening it."""
        ...

    def search(self, text: str, limit: int = 50) -> list[int]:
        """Numbers of items whose title, body or author hold the words; two Chinese characters suffice."""
        ...

    def policies(self, no: int, language: str) -> tuple[RailPolicy, ...]:
        """All policies of the item's stacked profiles; those with a digit first, in digit order."""
        ...

    def preview(
        self,
        no: int,
        policy: PolicyId,
        choices: Sequence[Choice] | None,
        reason: str = "",
        article: str = "",
        language: str = "en",
    ) -> Preview:
        """What the decision would do. `choices` None asks for what the ladder recommends."""
        ...

    def outbox(self, limit: int = 200) -> list[OutboxRow]:
        """The newest outbox rows; those that need a person first."""
        ...

    def conflict(self, row: OutboxId, language: str = "en") -> ConflictView:
        """Both sides of a conflict and the ways out."""
        ...

    def approvals(self, language: str = "en") -> list[ApprovalRow]:
        """All proposals that wait, also those this person may not decide, with the reason."""
        ...

    def inbox(self) -> list[EscalationRow]:
        """Escalations to the roles this person holds, and those they passed on."""
        ...

    def my_decisions(self, limit: int = 200) -> list[PastDecision]:
        """This person's decisions, newest first."""
        ...

    def set_aside(self) -> list[SetAsideRow]:
        """What forums sent that could not be tied to a target."""
        ...

    def status(self) -> DeskStatus:
        """Lamp, counts, banners."""
        ...

    def people(self) -> tuple[Person, ...]:
        """The people of this desk."""
        ...

    def draft(self, no: int) -> str:
        """What this person had typed for this item and not yet used."""
        ...

    def setting(self, name: str) -> str:
        """A setting of this desk and person, or its default."""
        ...


class DeskActs(Protocol):
    """What can be done."""

    def open_item(self, no: int) -> ItemView:
        """Open an item: seals what is known, claims it here, starts the exposure clock."""
        ...

    def leave_item(self, no: int) -> Changed:
        """Leave it undecided: releases the claim."""
        ...

    def decide(
        self,
        no: int,
        policy: PolicyId,
        choices: Sequence[Choice],
        reason: str = "",
        article: str = "",
        *,
        expect: str = "",
        language: str = "en",
    ) -> Changed:
        """Decide an item. `expect` is the revision hash that was on screen; another one refuses."""
        ...

    def decide_group(
        self, numbers: Sequence[int], policy: PolicyId, choices: Sequence[Choice], reason: str, language: str = "en"
    ) -> Changed:
        """One decision for alike items: a record each, one batch; what may not be included is named in the message."""
        ...

    def escalate(self, no: int, to: Role, note: str = "") -> Changed:
        """Pass an item to a role. Pressed again, the note is appended to the one escalation."""
        ...

    def answer_escalation(self, escalation: str, answer: str) -> Changed:
        """Take an escalation ("take") or hand it back ("return")."""
        ...

    def skip(self, no: int, reason: str = "") -> Changed:
        """Leave an item for somebody else; the third skip of one item needs a reason."""
        ...

    def note(self, no: int, text: str, *, on_author: bool = False) -> Changed:
        """Write a note on the item or its author."""
        ...

    def park(self, no: int, until: datetime | None) -> Changed:
        """Put it away until a time (UTC), or until a reply where None."""
        ...

    def claim(self, no: int) -> Changed:
        """Take it."""
        ...

    def release(self, no: int) -> Changed:
        """Give it back."""
        ...

    def undo(self, decision: DecisionId | None = None, reason: str = "") -> Changed:
        """Take back the newest or the named decision: withdrawn while held or proposed, else a linked reversal."""
        ...

    def approve(self, decision: DecisionId, reason: str = "") -> Changed:
        """Say yes to a proposal of somebody else."""
        ...

    def refuse(self, decision: DecisionId, reason: str) -> Changed:
        """Say no to a proposal of somebody else, with the reason."""
        ...

    def resolve_conflict(self, row: OutboxId, choice: str) -> Changed:
        """Take one of the ways out of a conflict card."""
        ...

    def uncover(self, no: int, url: str, seconds: float = 0.0) -> None:
        """Record that a covered medium was looked at; seconds go to the person's own exposure only."""
        ...

    def suspected_minor(self, no: int, url: str) -> Changed:
        """Cover, destroy local bytes, keep hash and address, hide at the forum, hand over to the named role."""
        ...

    def save_draft(self, no: int, text: str) -> None:
        """Keep what was typed, sealed, until the decision is recorded or the text discarded."""
        ...

    def close_set_aside(self, row: int, reason: str) -> Changed:
        """Empty one line of the set-aside list with a reason."""
        ...

    def set_setting(self, name: str, value: str) -> Changed:
        """Change a setting. Raises BadInput for an unknown name or a value out of range."""
        ...

    def listen(self, heard: Callable[[Changed], None]) -> Callable[[], None]:
        """Be told of every change, from any thread; the answer stops it."""
        ...


class DeskApi(DeskReads, DeskActs, Protocol):
    """The whole face."""
