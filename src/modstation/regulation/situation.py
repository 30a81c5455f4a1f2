"""What a decision is judged on, and what a plan of it holds: plain values between regulation and desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modstation.models.ids import CaseId, ItemKey, PersonId, PolicyId
from modstation.models.items import Revision
from modstation.models.measures import Choice, Measure, Order
from modstation.models.people import Person

from .approvals import Approvals


@dataclass(frozen=True, slots=True)
class Strike:
    """Points an upheld decision gave an author. Whether it still counts follows from `at` (UTC) and the ladder."""

    at: datetime
    points: int
    decision: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything around one item that a rule may ask about. Moments are UTC.

    `strikes` are this author's at this forum. `people` are all members of the desk; `heard` took part in the case
    already (proposed, decided, approved, reviewed) and approve nothing in it. `impossible` says in words why the forum
    or its token cannot do a measure; `reversible` are those it can take back. `flags` are open flag ids, `reporters`
    uids. `found`, `flagged`: when a person or active rule, and when a user, first marked it. `viewed`: whether the
    decider opened the item itself.
    """

    item: ItemKey
    case: CaseId
    revision: Revision
    strikes: tuple[Strike, ...]
    people: tuple[Person, ...]
    decider: PersonId
    heard: frozenset[PersonId]
    impossible: Mapping[Measure, str]
    reversible: frozenset[Measure]
    flags: tuple[str, ...]
    reporters: tuple[str, ...]
    now: datetime
    found: datetime
    flagged: datetime | None
    hold_seconds: int
    viewed: bool
    author_uid: str
    author_name: str
    thread: str
    section: str
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """One outbox row to be. `needs` approvals release it; `after` is the index of the order it waits for.

    An order whose `needs` is 0 goes out at once, also when others of the same decision wait for a second person.
    `days` are those of a mute or ban. `to` says whom a notice is for: "author" or "reporter".
    """

    order: Order
    needs: int
    after: int | None
    days: int | None = None
    to: str = ""


@dataclass(frozen=True, slots=True)
class PlannedMeasure:
    """A measure on the rail: what it needs, who could give that, and why it may not be chosen ("" where it may)."""

    choice: Choice
    label: str
    recommended: bool
    needs: int
    may_approve: tuple[PersonId, ...]
    approval_text: str
    why_not: str
    reversible: bool


@dataclass(frozen=True, slots=True)
class PlannedClock:
    """A deadline. `start` and `due` are UTC; a legal day ends at the exclusive next midnight of `zone`.

    `house` is true where the figure is the operator's own. `working` tells, day by day, why it is that date.
    `warning` is not empty where a year has no calendar: then `due` is the earlier bound.
    """

    id: str
    name: str
    start: datetime
    due: datetime
    house: bool
    working: str
    zone: str = "UTC"
    calendar: str = ""
    warning: str = ""
    amount: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a decision would do, from which both the sentence and the outbox rows are made.

    `points` are strike points the decision adds (negative: takes back), `strikes` the live ones before it,
    `strike_limit` the number at which the ladder's last step begins. `needs` and `may_approve` are about the whole
    decision. `missing` are fields to fill first, in words; `facts` and `clause` go to the author. `allowed` is false
    as long as something is missing or forbidden; `why_not` says what. `escalate_to` names the role a care policy goes
    to, "" for all others.
    """

    policy: PolicyId
    offered: tuple[PlannedMeasure, ...]
    chosen: tuple[Choice, ...]
    orders: tuple[PlannedOrder, ...]
    points: int
    clocks: tuple[PlannedClock, ...]
    needs: int
    may_approve: tuple[PersonId, ...]
    missing: tuple[str, ...] = ()
    needs_reason: bool = False
    needs_article: bool = False
    facts: str = ""
    clause: str = ""
    sentence: str = ""
    bold: tuple[tuple[int, int], ...] = ()
    chips: tuple[str, ...] = ()
    four_eyes: str = ""
    primary: str = ""
    allowed: bool = False
    why_not: str = ""
    strikes: int = 0
    strike_limit: int = 0
    escalate_to: str = ""
    zone: str = "UTC"
    approvals: Approvals = field(default_factory=Approvals)
