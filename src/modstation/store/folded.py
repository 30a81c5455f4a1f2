"""What a case amounts to once its rows are folded: plain values, ready for the projection tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modstation.models.measures import OutboxState
from modstation.models.screen import QueueState

#: The number under which a state is stored and indexed.
STATE_CODES: dict[QueueState, int] = {
    QueueState.OPEN: 0,
    QueueState.PARKED: 1,
    QueueState.PROPOSED: 2,
    QueueState.ESCALATED: 3,
    QueueState.DECIDED: 4,
    QueueState.CLOSED_ELSEWHERE: 5,
}
STATE_NAMES = {code: state for state, code in STATE_CODES.items()}


# Not frozen: that makes each field five times dearer to set, and a rebuild makes these by the million.
@dataclass(slots=True)
class Step:
    """One thing that happened to a case: an observation or a journal row, with its place in time.

    `order` is (hlc, desk, desk_seq, place): the same on every desk whatever arrived first.
    """

    order: tuple[int, str, int, int]
    at: int
    kind: str
    actor: str
    body: dict[str, Any]
    ref: int


@dataclass(slots=True)
class FlagFold:
    """One report as the newest observation has it. `ident` names this very report, `reopened` its last reopening."""

    ident: str
    flag: str
    reporter: str
    state: str
    made: int
    assignee: str
    closed_by: str
    obs: int
    heat: int
    reopened: tuple[int, str, int, int] | None = None

    @property
    def closed(self) -> bool:
        """Whether somebody has answered it at the forum."""
        return self.state in ("resolved", "rejected")


@dataclass(slots=True)
class RowFold:
    """An outbox row.

    `due` is when it may be tried (UTC ms), `awaiting` says that an approval is missing. `seq` is the stamp of its
    decision: rows are sent in that order, however often one of them had to wait and whatever the wall clock says.
    `confirmed` holds from a person's "send it all the same" until the next conflict.
    """

    id: str
    decision: str
    order: dict[str, Any]
    place: int
    at: int
    state: OutboxState
    due: int
    awaiting: bool
    seq: int = 0
    tries: int = 0
    event: int = 0
    why: str = ""
    already: bool = False
    confirmed: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.awaiting or self.state.final


def made_at_once(orders: Iterable[Mapping[str, Any]]) -> bool:
    """Whether part of a proposal needs nobody's approval: more than the hide that bridges the wait for a second person.

    The regulation's sentence tells a strike at once by the same rule.
    """
    free = [order for order in orders if not order["needs"]]
    acts = [order["measure"] for order in free if order["kind"] == "measure" or order["measure"] == "warn"]
    return any(act != "hide" for act in acts)


@dataclass(slots=True)
class DecisionFold:
    """A decision with what became of it: made, proposed, refused, withdrawn or reversed."""

    id: str
    body: dict[str, Any]
    by: str
    at: int
    event: int
    order: tuple[int, str, int, int]
    state: str
    approved: list[str] = field(default_factory=list)
    refused_by: str = ""
    reversed_by: str = ""

    @property
    def made_at_once(self) -> bool:
        """Whether part of it needed nobody's approval."""
        return made_at_once(self.body["orders"])

    @property
    def stands(self) -> bool:
        """Whether the decision is in force or may still come into force."""
        return self.state in ("made", "proposed", "reversed")


@dataclass(slots=True)
class EscalationFold:
    """Something passed to a role. `events` are the journal rows that hold its notes, in order."""

    id: str
    role: str
    by: str
    at: int
    due: int
    state: str
    events: list[int]
    taken_by: str = ""


@dataclass(slots=True)  # not frozen, as Step
class CaseFold:
    """All that projections hold of one item. Times are UTC ms; `text_obs` is the newest reading with a text."""

    state: QueueState
    forum: str
    type: str
    author: str
    section: str
    severity: int
    lang: str
    due: int
    found: int
    flagged: int
    first_seen: int
    latest: int
    obs: int
    text_obs: int
    visibility: str
    claimed_by: str
    claimed_until: int
    parked_until: int
    cats: tuple[str, ...]
    sources: tuple[str, ...]
    greyed: str
    media: int
    flags: tuple[FlagFold, ...]
    decisions: tuple[DecisionFold, ...]
    rows: tuple[RowFold, ...]
    escalations: tuple[EscalationFold, ...]
    participation: frozenset[tuple[str, str]]
    notes: tuple[int, ...]
    skips: dict[str, int]
    blocked: tuple[str, ...]
    gone_since: int
    captures: tuple[int, ...]
    answered: frozenset[str]
