"""The blocks of a regulation profile as frozen values (format `modstation.profile/1`).

Field names are the keys of the file. Where a key is a Python keyword the field carries the key in its metadata.
`kind` is `legal` where the number stands in a cited text and `house` where it is the operator's own figure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

FORMAT = "modstation.profile/1"


@dataclass(frozen=True, slots=True)
class Text:
    """A text in several languages."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, language: str) -> str:
        """The text in that language ("zh-Hans" also finds "zh"), else English, else whatever there is."""
        known = dict(self.pairs)
        for wanted in (language, language.split("-")[0], "en"):
            if known.get(wanted):
                return known[wanted]
        return next((text for _, text in self.pairs if text), "")

    def has(self, language: str) -> bool:
        """Whether a text stands in exactly this language, without falling back."""
        known = dict(self.pairs)
        return bool(known.get(language) or known.get(language.split("-")[0]))


@dataclass(frozen=True, slots=True)
class Table:
    """A small map of names to plain values, in the order of the file."""

    pairs: tuple[tuple[str, str | int | bool], ...] = ()

    def get(self, key: str) -> str:
        """The value as text, "" where there is none."""
        return str(dict(self.pairs).get(key, ""))

    def number(self, key: str) -> int:
        """The value as a whole number, 0 where there is none."""
        value = dict(self.pairs).get(key, 0)
        return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class Head:
    """Block `profile`: which rules, since when, in which zone, by which calendar, and whether counsel signed them."""

    id: str
    version: str
    title: Text
    in_force: date
    languages: tuple[str, ...]
    jurisdiction: str = ""
    timezone: str = ""
    calendar: str = ""
    counsel_reviewed: bool = False
    operator_fields: tuple[str, ...] = ()
    stacks_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A cited text. `renumber` maps old article numbers to new ones."""

    id: str
    title: str
    status: str
    url: str = ""
    renumber: Table = Table()
    renumber_status: str = ""


@dataclass(frozen=True, slots=True)
class Examples:
    """Posts that fall under a policy and posts that do not."""

    hit: tuple[str, ...] = ()
    miss: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """One line of what is forbidden.

    `reasoning` is `generated` where facts and the cited article suffice although the severity would ask a person to
    type; "" follows the severity.
    """

    id: str
    tier: str
    severity: int
    name: Text
    basis: tuple[str, ...] = ()
    veil: str = ""
    human_only: bool = False
    requires: tuple[str, ...] = ()
    evidence_rule: str = ""
    clause: str = ""
    guideline: Text = Text()
    examples: Examples = Examples()
    escalate_to: str = ""
    playbook: str = ""
    reasoning: str = ""
    export: Table = Table()

    @property
    def care(self) -> bool:
        """Whether it is about a person in danger: no strike, nothing against the author."""
        return self.tier == "care"

    @property
    def breach(self) -> bool:
        """Whether choosing it says that something forbidden was done."""
        return self.tier not in ("none", "care")


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """A measure as a profile names it.

    `canonical` is the measure of the desk it stands for ("" means its own id). `days` is `required`, `never` or ""
    (either). `max_days` and `expires_hours` are upper bounds, 0 for none. `export` holds another regime's codes.
    """

    id: str
    target: str
    reversible: bool
    notify: str
    canonical: str = ""
    name: Text = Text()
    days: str = ""
    max_days: int = 0
    expires_hours: int = 0
    recommended: bool = True
    requires: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    export: Table = Table()

    @property
    def stands_for(self) -> str:
        """The canonical measure's name."""
        return self.canonical or self.id


@dataclass(frozen=True, slots=True)
class Emergency:
    """What may be done at once in an emergency, and the hours within which it is reviewed."""

    measure: str
    post_review_hours: int


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """One rule about who must approve. All rows that match a measure add up."""

    measure: str
    approvers: int
    roles: tuple[str, ...] = ()
    one_of_each: bool = False
    distinct_from: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    hide_meanwhile: bool = False
    exempt: tuple[str, ...] = field(default=(), metadata={"key": "except"})
    policy_flag: str = ""
    bulk_over: int = 0
    days_over: int | None = None
    preview: bool = False
    emergency: Emergency | None = None


@dataclass(frozen=True, slots=True)
class LadderStep:
    """What is recommended for these severities from this number of live strikes on."""

    severity: tuple[int, ...]
    strikes_from: int
    measures: tuple[str, ...]
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Strikes and what they lead to: recommended, never decided."""

    kind: str
    strike_expires_days: int
    strikes_for_severity: Table
    steps: tuple[LadderStep, ...]


@dataclass(frozen=True, slots=True)
class Counting:
    """Conventions of counting days; each is shown beside a deadline."""

    day_of_event_counts: bool = False
    ends: str = "next_midnight"
    hours: str = "elapsed"
    missing_calendar_year: str = "warn_and_take_the_earlier"


@dataclass(frozen=True, slots=True)
class Applies:
    """When a clock runs at all."""

    tier: str = ""
    severity_min: int = 0
    reportable: bool = False
    incident_level_min: str = ""


@dataclass(frozen=True, slots=True)
class Priority:
    """Another amount for what comes from this source."""

    source: str
    amount: int


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A deadline. `unit` is immediate, hours, calendar_days or business_days; `target_minutes` is a house figure."""

    id: str
    starts: str
    stops: tuple[str, ...]
    amount: int
    unit: str
    kind: str
    basis: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    applies: Applies = Applies()
    priority: Priority | None = None
    target_minutes: int = 0
    template: str = ""
    name: Text = Text()


@dataclass(frozen=True, slots=True)
class Route:
    """How an address is found: which field looked up in which table of the operator."""

    field: str
    table: str
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """An office that reports go to. Addresses are filled in by the operator."""

    id: str
    name: Text
    level: str
    channels: tuple[str, ...]
    route: Route | None = None
    use_when: str = ""


@dataclass(frozen=True, slots=True)
class ReportField:
    """A field of a report. `pii = "never"` keeps it out unless a disclosure was entered."""

    id: str
    required: bool
    max: int = 0
    pii: str = ""


@dataclass(frozen=True, slots=True)
class ReportTemplate:
    """What a report to an authority holds and how it is corrected."""

    id: str
    recipients: tuple[str, ...]
    formats: tuple[str, ...]
    fields: tuple[ReportField, ...]
    after_send: tuple[str, ...]
    correction: str
    schema: str = ""
    batch_max: int = 0


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a class of records must and may be kept, in days. `max_days` None: no upper bound stated."""

    records: str = field(metadata={"key": "class"})
    min_days: int
    kind: str
    basis: tuple[str, ...] = ()
    max_days: int | None = None


@dataclass(frozen=True, slots=True)
class LegalHold:
    """Who places a hold, how many release it, how often it is looked at again, what it blocks."""

    place_roles: tuple[str, ...]
    release_approvers: int
    review_every_days: int
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withhold:
    """When a notice may be kept back, by whom, for how many days."""

    reasons: tuple[str, ...] = ()
    approvers: int = 0
    roles: tuple[str, ...] = ()
    max_days: int = 0


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """What a notice must contain and when it may be withheld."""

    must_contain: tuple[str, ...]
    channels: tuple[str, ...] = ()
    withhold: Withhold = Withhold()


@dataclass(frozen=True, slots=True)
class Appeal:
    """Who may appeal, for how many days, before whom, with which outcomes."""

    open_to: tuple[str, ...]
    window_days: int
    human: bool
    levels: int = 1
    decider_distinct_from: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    on_reverse: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """How section founders and managers are verified, and what is never stored."""

    subjects: tuple[str, ...]
    methods: tuple[str, ...]
    store: tuple[str, ...]
    never_store: tuple[str, ...]
    every_days: int
    first_check: str = ""
    warn_days: tuple[int, ...] = ()
    on_overdue: tuple[str, ...] = ()
    overdue_grace_days: int = 0
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a request for identity data must bring before anything leaves."""

    require: tuple[str, ...]
    approvers: int
    roles: tuple[str, ...]
    default_scope: tuple[str, ...] = ()
    oral_requests: str = ""
    user_notice: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """Who looks again, within how many hours."""

    roles: tuple[str, ...]
    within_hours: int


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """How a masked field is seen once: fields, conditions, minutes, review."""

    fields: tuple[str, ...]
    require: tuple[str, ...]
    minutes: int
    review: Review


@dataclass(frozen=True, slots=True)
class ConflictOfInterest:
    """Declarations of staff, and what takes a person off an item by itself."""

    declare_every_days: int
    relations: tuple[str, ...] = ()
    auto_recuse: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wellness:
    """House limits of exposure: minutes a day, items in a row, minutes until a break."""

    severe_minutes_per_day: int
    severe_run_max: int
    break_after_minutes: int
    veil_default: str = "blur"
    sound_default: str = "muted"
    opt_out_without_reason: bool = True
    never_rank_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure counted from events; cells under `min_cell` are not shown."""

    id: str
    expr: str
    by: tuple[str, ...] = ()
    min_cell: int = 0


@dataclass(frozen=True, slots=True)
class Duty:
    """What an inspector may ask, and where the proof is."""

    id: str
    text: str
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of the user agreement."""

    id: str
    en: str = ""
    zh: str = ""

    def text(self, language: str) -> str:
        """The clause in that language, else in the other one."""
        return (self.zh or self.en) if language.startswith("zh") else (self.en or self.zh)
