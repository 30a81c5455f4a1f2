"""A whole profile: the blocks, the file's hash, and the line each block stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from .blocks import (
    Appeal,
    ApprovalRow,
    BreakGlass,
    Clause,
    ClockRule,
    ConflictOfInterest,
    Counting,
    Disclosure,
    Duty,
    Head,
    IdentityCheck,
    Ladder,
    LegalHold,
    MeasureRule,
    Metric,
    NoticeRule,
    Policy,
    Recipient,
    ReportTemplate,
    Retention,
    Source,
    Table,
    Wellness,
)
from .lines import LineIndex

_EMPTY = Table()


@dataclass(frozen=True, slots=True)
class Reportable:
    """Who judges that something is reported. The ladder never fills a report in by itself."""

    decided_by: tuple[str, ...]
    requires: tuple[str, ...] = ()
    suggest: Table = _EMPTY
    suggest_only_on_complaint: SuggestOnComplaint | None = None
    one_report_many_cases: bool = False
    personal_data: Table = _EMPTY
    staff: str = "number"


@dataclass(frozen=True, slots=True)
class SuggestOnComplaint:
    """Policies that are suggested for a report only when a complaint came in."""

    policies: tuple[str, ...]
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Orders:
    """What an order of an authority must bring, and how fast it is answered (hours)."""

    require: tuple[str, ...]
    oral: str
    report_effect: bool = True
    tell_author: str = "unless_barred"
    fast_lane_hours: int = 1


@dataclass(frozen=True, slots=True)
class Misuse:
    """What counts as misuse of posting or flagging (DSA art. 23)."""

    counts: tuple[str, ...]
    warn_first: bool = True
    factors: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Where the policies' codes come from: a list that ships with the program, `folder/file.json#list`."""

    source: str = field(metadata={"key": "import"})


@dataclass(frozen=True, slots=True)
class TermsVersion:
    """A version of the user agreement, valid from that day on."""

    version: str
    valid_from: date
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A regulation or a forum's own terms, as data. `sha256` is over the bytes of the file."""

    head: Head = field(metadata={"key": "profile"})
    taxonomy: Taxonomy | None = None
    sources: tuple[Source, ...] = field(default=(), metadata={"key": "source"})
    policies: tuple[Policy, ...] = field(default=(), metadata={"key": "policy"})
    measures: tuple[MeasureRule, ...] = field(default=(), metadata={"key": "measure"})
    approvals: tuple[ApprovalRow, ...] = field(default=(), metadata={"key": "approval"})
    ladder: Ladder | None = None
    counting: Counting | None = None
    clocks: tuple[ClockRule, ...] = field(default=(), metadata={"key": "clock"})
    reportable: Reportable | None = None
    orders: Orders | None = None
    recipients: tuple[Recipient, ...] = field(default=(), metadata={"key": "recipient"})
    templates: tuple[ReportTemplate, ...] = field(default=(), metadata={"key": "report_template"})
    retention: tuple[Retention, ...] = ()
    legal_hold: LegalHold | None = None
    notice: NoticeRule | None = None
    appeal: Appeal | None = None
    identity_check: IdentityCheck | None = None
    disclosure: Disclosure | None = None
    break_glass: BreakGlass | None = None
    conflict_of_interest: ConflictOfInterest | None = None
    wellness: Wellness | None = None
    misuse: Misuse | None = None
    metrics: tuple[Metric, ...] = field(default=(), metadata={"key": "metric"})
    duties: tuple[Duty, ...] = field(default=(), metadata={"key": "duty"})
    terms: tuple[TermsVersion, ...] = ()
    keys: Table = _EMPTY
    sha256: str = field(default="", metadata={"key": None})
    name: str = field(default="", metadata={"key": None})
    lines: LineIndex = field(default_factory=LineIndex, compare=False, repr=False, metadata={"key": None})

    @property
    def label(self) -> str:
        """`id@version`, as decisions store it beside the hash."""
        return f"{self.head.id}@{self.head.version}"
