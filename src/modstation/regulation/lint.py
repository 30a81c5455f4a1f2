"""The rules a profile must keep. Each finding names its line; a profile with findings is not used.

Sources of the rules: the profile format's own table of blocks. A rule that needs another profile (a clause, a
measure, the catch-all) looks at the profiles below as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from modstation.models.measures import Measure
from modstation.models.people import Role

from .blocks import ApprovalRow, MeasureRule, Policy
from .findings import Finding
from .lines import Path
from .lint_clocks import check_clocks
from .lint_people import check_approvals
from .lint_words import check_words
from .profile import Profile
from .stack import CASE_ACTS, ProfileStack, split_basis
from .vocabulary import (
    POLICY_FLAGS_REQUIRED,
    SOURCE_STATUS,
    TARGETS,
    TELLS,
    TIERS,
    VEILS,
)

Note = Callable[[Path, str, str], None]


class _Named(Protocol):
    """A block with an id."""

    @property
    def id(self) -> str: ...


class _Based(Protocol):
    """A block that cites sources."""

    @property
    def basis(self) -> tuple[str, ...]: ...


class Linter:
    """One profile being checked, with what stands below it."""

    def __init__(self, profile: Profile, below: Sequence[Profile]) -> None:
        self.profile = profile
        self.stack = ProfileStack((*below, profile))
        self.findings: list[Finding] = []

    def note(self, at: Path, rule: str, message: str) -> None:
        """Keep a finding with its line."""
        self.findings.append(Finding(self.profile.lines.of(at), rule, message))

    def run(self) -> tuple[Finding, ...]:
        """Every finding, by line."""
        for rule in _RULES:
            rule(self)
        check_approvals(self.profile, self.stack, self.note)
        check_clocks(self.profile, self.stack, self.note)
        check_words(self.profile, self.stack, self.note)
        return tuple(sorted(set(self.findings)))


def lint(profile: Profile, stack: Sequence[Profile] = ()) -> tuple[Finding, ...]:
    """Everything wrong with the rules of a profile that stacks on others; empty when it is clean."""
    return Linter(profile, stack).run()


def _unique(lint: Linter) -> None:
    lists: dict[str, Sequence[_Named]] = {
        "source": lint.profile.sources,
        "policy": lint.profile.policies,
        "measure": lint.profile.measures,
        "clock": lint.profile.clocks,
        "recipient": lint.profile.recipients,
        "report_template": lint.profile.templates,
        "metric": lint.profile.metrics,
        "duty": lint.profile.duties,
    }
    for block, parts in lists.items():
        seen = Counter[str]()
        for index, part in enumerate(parts):
            seen[part.id] += 1
            if seen[part.id] == 2:
                lint.note((block, index), "duplicate-id", f"A second {block} is called '{part.id}'.")


def _unique_over_stack(lint: Linter) -> None:
    below = {policy.id for profile in lint.stack.profiles[:-1] for policy in profile.policies}
    for index, policy in enumerate(lint.profile.policies):
        if policy.id in below:
            lint.note(("policy", index), "duplicate-id", f"A profile below has a policy '{policy.id}' already.")


def _bases(profile: Profile) -> Iterator[tuple[Path, tuple[str, ...]]]:
    many: tuple[tuple[str, Sequence[_Based]], ...] = (
        ("policy", profile.policies),
        ("measure", profile.measures),
        ("clock", profile.clocks),
        ("retention", profile.retention),
    )
    for block, parts in many:
        yield from (((block, index, "basis"), part.basis) for index, part in enumerate(parts))
    singles = {
        "appeal": profile.appeal,
        "identity_check": profile.identity_check,
        "conflict_of_interest": profile.conflict_of_interest,
        "misuse": profile.misuse,
    }
    yield from (((block, "basis"), part.basis) for block, part in singles.items() if part)
    if profile.reportable and (only := profile.reportable.suggest_only_on_complaint):
        yield ("reportable", "suggest_only_on_complaint"), only.basis


def _sources(lint: Linter) -> None:
    known = {source.id for source in lint.stack.sources}
    for at, basis in _bases(lint.profile):
        for entry in basis:
            if split_basis(entry)[0] not in known:
                lint.note(at, "unknown-source", f"'{entry}' names a source that no [[source]] has.")
    for index, source in enumerate(lint.profile.sources):
        if source.status not in SOURCE_STATUS:
            lint.note(("source", index, "status"), "unknown-word", f"A source is {_or(SOURCE_STATUS)}.")
        if source.renumber_status not in ("", *SOURCE_STATUS):
            lint.note(("source", index, "renumber_status"), "unknown-word", f"That is {_or(SOURCE_STATUS)}.")


def _or(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}"


def _policy_words(lint: Linter) -> None:
    for index, policy in enumerate(lint.profile.policies):
        at: Path = ("policy", index)
        if policy.tier not in TIERS:
            lint.note((*at, "tier"), "unknown-word", f"A tier is {_or(TIERS)}, not '{policy.tier}'.")
        if not 0 <= policy.severity <= 4:
            lint.note((*at, "severity"), "severity", f"Severity goes from 0 to 4, not {policy.severity}.")
        if policy.veil and policy.veil not in VEILS:
            lint.note((*at, "veil"), "unknown-word", f"A veil is {_or(VEILS)}, not '{policy.veil}'.")
        for word in policy.requires:
            if word not in POLICY_FLAGS_REQUIRED:
                lint.note((*at, "requires"), "unknown-word", f"'{word}' is nothing a policy can require.")
        _policy_sense(lint, at, policy)


def _policy_sense(lint: Linter, at: Path, policy: Policy) -> None:
    for language in lint.profile.head.languages:
        if not policy.name.has(language):
            lint.note((*at, "name"), "no-name", f"'{policy.id}' has no name in {language}.")
    if policy.tier in ("illegal", "harmful") and not policy.basis:
        lint.note(at, "legal-without-basis", f"'{policy.id}' is {policy.tier} but cites no source.")
    if policy.care and (policy.severity or not policy.escalate_to):
        lint.note(at, "care", f"'{policy.id}' is about care: severity 0 and a role in 'escalate_to'.")
    if policy.care and policy.escalate_to and policy.escalate_to not in set(Role):
        lint.note((*at, "escalate_to"), "unknown-role", f"'{policy.escalate_to}' is no role.")
    if policy.reasoning not in ("", "typed", "generated"):
        lint.note((*at, "reasoning"), "unknown-word", "'reasoning' is typed or generated.")
    if policy.reasoning == "generated" and (policy.human_only or not policy.basis):
        lint.note((*at, "reasoning"), "reasoning", "Only a policy with a cited basis, not human_only, may generate it.")


def _clauses(lint: Linter) -> None:
    known = {clause.id for version in lint.stack.terms for clause in version.clauses}
    for index, policy in enumerate(lint.profile.policies):
        at: Path = ("policy", index)
        if policy.tier == "terms" and not (policy.clause or policy.basis):
            lint.note(at, "no-clause", f"'{policy.id}' stands on the agreement but names no clause.")
        if policy.clause and policy.clause not in known:
            lint.note((*at, "clause"), "unknown-clause", f"No version of the agreement has clause {policy.clause}.")
    for index, version in enumerate(lint.profile.terms):
        again = Counter(clause.id for clause in version.clauses)
        for name, count in again.items():
            if count > 1:
                lint.note(("terms", index), "duplicate-id", f"Version {version.version} has clause {name} twice.")


def _keys(lint: Linter) -> None:
    known = {policy.id for policy in lint.stack.policies}
    for digit, name in lint.profile.keys.pairs:
        if digit not in "12345678" or len(digit) != 1:
            lint.note(("keys", digit), "key-digit", f"A policy's key is a digit from 1 to 8, not '{digit}'.")
        if name not in known:
            lint.note(("keys", digit), "unknown-policy", f"Key {digit} names '{name}', which is no policy.")
    for name, count in Counter(name for _, name in lint.profile.keys.pairs).items():
        if count > 1:
            lint.note(("keys",), "key-twice", f"Two keys name '{name}'.")


def _measure_words(lint: Linter) -> None:
    for index, rule in enumerate(lint.profile.measures):
        at: Path = ("measure", index)
        if rule.stands_for not in set(Measure) | CASE_ACTS:
            lint.note(at, "unmappable-measure", f"'{rule.stands_for}' is no measure of the desk.")
        if rule.target not in TARGETS:
            lint.note((*at, "target"), "unknown-word", f"A measure falls on {_or(TARGETS)}, not '{rule.target}'.")
        if rule.days not in ("", "required", "never"):
            lint.note((*at, "days"), "unknown-word", "'days' is required or never.")
        if rule.notify not in TELLS:
            lint.note((*at, "notify"), "unknown-word", f"'{rule.notify}' is nobody a measure can tell.")
        elif rule.target in ("post", "account") and rule.notify == "none":
            lint.note((*at, "notify"), "tells-nobody", f"'{rule.id}' acts on a {rule.target} and tells nobody.")


def _irreversible(lint: Linter) -> None:
    for index, rule in enumerate(lint.profile.measures):
        if not rule.reversible and not any(_guards(row, rule) for row in lint.stack.approvals):
            lint.note(
                ("measure", index), "irreversible", f"'{rule.id}' cannot be taken back and needs nobody's approval."
            )


def _guards(row: ApprovalRow, rule: MeasureRule) -> bool:
    always = not (row.policy_flag or row.bulk_over or row.days_over is not None or row.emergency)
    return always and row.approvers > 0 and row.measure in (rule.id, "*") and rule.id not in row.exempt


def _ladder(lint: Linter) -> None:
    ladder = lint.profile.ladder
    if ladder is None:
        if lint.stack.ladder is None:
            lint.note((), "no-ladder", "Neither this profile nor one below has a ladder.")
        return
    first = {severity for step in ladder.steps if step.strikes_from == 0 for severity in step.severity}
    missing = [str(severity) for severity in (1, 2, 3, 4) if severity not in first]
    if missing:
        lint.note(("ladder",), "ladder-gap", f"Severity {', '.join(missing)} has no step from 0 strikes on.")
    if ladder.strike_expires_days <= 0:
        lint.note(("ladder", "strike_expires_days"), "ladder-expiry", "A strike must expire after some days.")
    counted = {name for name, _ in ladder.strikes_for_severity.pairs}
    if absent := [name for name in ("1", "2", "3", "4") if name not in counted]:
        at: Path = ("ladder", "strikes_for_severity")
        lint.note(at, "ladder-strikes", f"Severity {', '.join(absent)} has no number of strikes.")
    _ladder_steps(lint)


def _ladder_steps(lint: Linter) -> None:
    ladder = lint.profile.ladder
    known = {rule.id: rule for rule in lint.stack.measures}
    for index, step in enumerate(ladder.steps if ladder else ()):
        at: Path = ("ladder", "steps", index)
        for name in step.measures:
            if name in CASE_ACTS:
                lint.note(at, "ladder-reports", f"The ladder may not recommend '{name}': that is a person's judgement.")
            elif name not in known:
                lint.note(at, "unknown-measure", f"The ladder recommends '{name}', which is no measure.")
            elif not known[name].recommended:
                lint.note(at, "not-recommended", f"'{name}' is marked as never recommended.")
            else:
                _ladder_days(lint, at, known[name], step.days)


def _ladder_days(lint: Linter, at: Path, rule: MeasureRule, days: int | None) -> None:
    needs = rule.days == "required" or bool(rule.max_days)
    if needs and not days:
        lint.note(at, "days-missing", f"'{rule.id}' needs a number of days.")
    elif rule.max_days and (days or 0) > rule.max_days:
        lint.note(at, "days-over-max", f"{days} days are more than '{rule.id}' allows.")


def _reports(lint: Linter) -> None:
    known = {recipient.id for recipient in lint.stack.recipients}
    for index, template in enumerate(lint.profile.templates):
        for name in template.recipients:
            if name not in known:
                lint.note(("report_template", index), "unknown-recipient", f"'{name}' is no recipient.")
    decider = lint.profile.reportable
    for role in decider.decided_by if decider else ():
        if role not in set(Role):
            lint.note(("reportable", "decided_by"), "unknown-role", f"'{role}' is no role.")
    only = decider.suggest_only_on_complaint if decider else None
    for name in only.policies if only else ():
        if name not in {policy.id for policy in lint.stack.policies}:
            lint.note(("reportable", "suggest_only_on_complaint"), "unknown-policy", f"'{name}' is no policy.")


def _retention(lint: Linter) -> None:
    for index, entry in enumerate(lint.profile.retention):
        at: Path = ("retention", index)
        if entry.max_days is not None and entry.min_days > entry.max_days:
            lint.note(at, "min-over-max", f"'{entry.records}' is kept {entry.min_days} but at most {entry.max_days}.")
        if entry.min_days < 0:
            lint.note(at, "min-over-max", f"'{entry.records}' is kept for a negative number of days.")
        if entry.kind == "legal" and not entry.basis:
            lint.note(at, "legal-without-basis", f"'{entry.records}' is legal but cites nothing.")


def _appeal(lint: Linter) -> None:
    appeal = lint.profile.appeal
    if appeal and not appeal.human:
        lint.note(("appeal", "human"), "appeal", "An appeal is decided by a human.")
    if appeal and not (appeal.open_to and appeal.window_days > 0):
        lint.note(("appeal",), "appeal", "An appeal is open to somebody and for some days.")
    if lint.stack.appeal is None:
        lint.note((), "appeal", "Neither this profile nor one below says who may appeal.")


def _head(lint: Linter) -> None:
    head = lint.profile.head
    if head.timezone:
        try:
            ZoneInfo(head.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            lint.note(("profile", "timezone"), "timezone", f"'{head.timezone}' is no time zone.")
    elif not head.stacks_on:
        lint.note(("profile",), "timezone", "A profile that stacks on nothing names its time zone.")
    below = {profile.head.id for profile in lint.stack.profiles[:-1]}
    for name in head.stacks_on:
        if name not in below:
            lint.note(("profile", "stacks_on"), "not-stacked", f"It stacks on '{name}', which is not below it.")
    if not any(policy.tier == "none" for policy in lint.stack.policies):
        lint.note((), "no-breach", "No policy has the tier 'none', so 'no breach' cannot be chosen.")


def _terms_dates(lint: Linter) -> None:
    days = [version.valid_from for version in lint.profile.terms]
    for index, (earlier, later) in enumerate(pairwise(days)):
        if later <= earlier:
            lint.note(("terms", index + 1), "terms-order", "Each version is valid from a later day than the last.")


_RULES: tuple[Callable[[Linter], None], ...] = (
    _head,
    _unique,
    _unique_over_stack,
    _sources,
    _policy_words,
    _clauses,
    _keys,
    _measure_words,
    _irreversible,
    _ladder,
    _reports,
    _retention,
    _appeal,
    _terms_dates,
)
