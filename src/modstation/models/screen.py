"""What a screen or a command line shows: plain values read from projections, ready to paint.

Moments are UTC milliseconds (0 means "none"), so that a block of rows costs no conversion until it is painted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .ids import CaseId, DecisionId, ItemKey, OutboxId, PersonId, PolicyId
from .items import Attachment, Context, Flag, Revision
from .measures import Choice, Measure, OutboxState
from .people import Role


class QueueState(StrEnum):
    """Where an item stands at this desk."""

    OPEN = "open"
    PARKED = "parked"
    PROPOSED = "proposed"
    ESCALATED = "escalated"
    DECIDED = "decided"
    CLOSED_ELSEWHERE = "closed_elsewhere"


class Sort(StrEnum):
    """Orders of the queue; each has an index of its own, but LEARNED, which rearranges the order by deadline."""

    DEADLINE = "deadline"
    SEVERITY = "severity"
    NEWEST = "newest"
    LEARNED = "learned"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which items a list shows. Empty fields do not filter. `mine` shows what this person decided."""

    state: QueueState = QueueState.OPEN
    sort: Sort = Sort.DEADLINE
    language: str = ""
    section: str = ""
    forum: str = ""
    author: str = ""
    min_severity: int = 0
    text: str = ""
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One row of the queue. `sources` are user, screening, patrol, queue; `greyed` tells who acted elsewhere."""

    no: int
    key: ItemKey
    case: CaseId
    title: str
    author: str
    section: str
    severity: int
    categories: tuple[str, ...]
    sources: tuple[str, ...]
    flags: int
    language: str
    state: QueueState
    found: int
    flagged: int
    due: int
    claimed_by: str = ""
    greyed: str = ""
    has_media: bool = False
    gone: bool = False
    near: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of the body that screening matched, in code points of the original text. `tier` is the disguise word."""

    start: int
    end: int
    tier: str
    rule: str
    category: str
    pack: str
    scope: str = "body"


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision as history shows it."""

    id: DecisionId
    case: CaseId
    item: ItemKey
    policy: PolicyId
    policy_name: str
    measures: tuple[Choice, ...]
    by: PersonId
    at: int
    state: str
    reason: str = ""
    reversible: bool = True


@dataclass(frozen=True, slots=True)
class AuthorView:
    """The author as the item page shows them: public record at the forum, live strikes and decisions here."""

    uid: str
    name: str
    joined: int
    posts: int | None
    verified: str
    strikes: int
    strike_limit: int
    strike_times: tuple[int, ...] = ()
    penalties: tuple[str, ...] = ()
    decisions: tuple[PastDecision, ...] = ()
    open_items: tuple[int, ...] = ()
    note: str = ""
    gone: bool = False
    confusable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaView:
    """An attachment as its cover card tells it. `blocked` after "suspected minor": bytes destroyed, hash kept."""

    attachment: Attachment
    covered: bool = True
    seen_times: int = 0
    size: int = 0
    sha256: str = ""
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class ItemView:
    """Everything one look at an item needs. `revision_hash` names the reading that a decision will be made on."""

    row: QueueRow
    revision: Revision
    revision_hash: str
    flags: tuple[Flag, ...]
    author: AuthorView
    marks: tuple[Mark, ...] = ()
    media: tuple[MediaView, ...] = ()
    context: Context | None = None
    revisions: tuple[Revision, ...] = ()
    decisions: tuple[PastDecision, ...] = ()
    notes: tuple[str, ...] = ()
    sealed_at: int = 0
    cached_only: bool = False
    draft: str = ""
    why_here: tuple[str, ...] = ()
    cover: str = ""


@dataclass(frozen=True, slots=True)
class RailPolicy:
    """A policy on the rail: digit (0 where it has none), names by language, law or house chip, severity.

    `breach` is false for the one policy that says "no violation"; its key is N.
    """

    id: PolicyId
    digit: int
    name: str
    second_name: str
    basis: str
    house: bool
    severity: int
    guideline: str = ""
    examples_hit: tuple[str, ...] = ()
    examples_miss: tuple[str, ...] = ()
    human_only: bool = False
    care: bool = False
    breach: bool = True


@dataclass(frozen=True, slots=True)
class RailMeasure:
    """A measure on the rail. `why_not` is empty where it may be chosen."""

    choice: Choice
    label: str
    recommended: bool
    needs_approval: int = 0
    approval_text: str = ""
    why_not: str = ""
    reversible: bool = True


@dataclass(frozen=True, slots=True)
class Preview:
    """What Enter would do, said by the code that will do it.

    `bold` are spans of `sentence` that hold the numbers that matter. `missing` are fields to fill first, in words;
    `facts` and `clause` go to the author. `primary` labels the button.
    """

    policy: PolicyId
    measures: tuple[RailMeasure, ...]
    chosen: tuple[Choice, ...]
    sentence: str
    bold: tuple[tuple[int, int], ...] = ()
    chips: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    needs_reason: bool = False
    needs_article: bool = False
    facts: str = ""
    clause: str = ""
    four_eyes: str = ""
    primary: str = ""
    allowed: bool = True
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One measure, flag answer or notice on its way. `words` are the forum's own when it refused; `detail` is ours."""

    id: OutboxId
    decision: DecisionId
    case: CaseId
    item: ItemKey
    no: int
    what: str
    measure: Measure
    kind: str
    state: OutboxState
    at: int
    until: int = 0
    by: str = ""
    words: str = ""
    detail: str = ""
    after: str = ""
    tries: int = 0
    settled: bool = False


@dataclass(frozen=True, slots=True)
class ConflictChoice:
    """One way out of a conflict, with its consequence in words."""

    key: str
    label: str
    consequence: str


@dataclass(frozen=True, slots=True)
class ConflictView:
    """Our decision, what the forum shows now, and the choices. The first choice is the safest."""

    row: OutboxRow
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    ours_body: str
    theirs_body: str
    choices: tuple[ConflictChoice, ...]


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """A proposal that waits for a second person. `why_not` says why this person may not; empty where they may."""

    decision: DecisionId
    case: CaseId
    item: ItemKey
    no: int
    policy_name: str
    what: str
    proposer: PersonId
    at: int
    reason: str
    needs: int
    given: tuple[PersonId, ...]
    may_approve: tuple[PersonId, ...]
    why_not: str = ""
    conditions: tuple[tuple[bool, str], ...] = ()
    severity: int = 0
    subject: str = "measure"


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """Something passed to a role: who passed it, all notes in order, state and clock."""

    id: str
    case: CaseId
    item: ItemKey
    no: int
    to: Role
    by: PersonId
    at: int
    due: int
    state: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """Something that could not be tied to a target; `due` is when somebody must have looked at it."""

    id: int
    forum: str
    source: str
    why: str
    raw: str
    at: int
    due: int


@dataclass(frozen=True, slots=True)
class ForumStatus:
    """A forum's lamp in words. `state` is one of working, waiting, offline, refused, paused, never."""

    name: str
    url: str
    kind: str
    state: str
    since: int
    until: int = 0
    words: str = ""
    last_sync: int = 0
    to_send: int = 0


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """The top bar, the strip and the banners in one read."""

    person: PersonId
    roles: tuple[Role, ...]
    desk_name: str
    forums: tuple[ForumStatus, ...]
    counts: dict[str, int] = field(default_factory=dict)
    read_only: str = ""
    banners: tuple[str, ...] = ()
    newest_undoable: DecisionId | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What an act has changed, so that views refresh just that. `message` is a sentence for the person."""

    items: tuple[int, ...] = ()
    outbox: bool = False
    approvals: bool = False
    inbox: bool = False
    queue: bool = False
    status: bool = False
    decision: DecisionId | None = None
    state: str = ""
    may_approve: tuple[PersonId, ...] = ()
    message: str = ""
