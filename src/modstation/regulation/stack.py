"""Profiles on top of each other: a law below, the forum's own terms above."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

from modstation.models.errors import NotAllowed, NotFound
from modstation.models.measures import OPPOSITE, Choice, Measure

from .blocks import (
    Appeal,
    ApprovalRow,
    Clause,
    ClockRule,
    ConflictOfInterest,
    Counting,
    Disclosure,
    IdentityCheck,
    Ladder,
    LegalHold,
    MeasureRule,
    NoticeRule,
    Policy,
    Recipient,
    ReportTemplate,
    Retention,
    Source,
    Wellness,
)
from .profile import Profile, TermsVersion

_Part = TypeVar("_Part")
_MEASURES = frozenset(Measure)
#: A remark behind a title, such as the year of a revision.
_REMARK = re.compile(r"\s*\([^()]*\)$")
_BASIS = re.compile(r"^(?P<source>[^:]+)(?::(?P<article>.+))?$")

#: Acts a profile gives rules for that are no moderation measure: they go through the report composer and the
#: disclosure register.
CASE_ACTS = frozenset({"report_authority", "disclose_identity"})


@dataclass(frozen=True)
class ProfileStack:
    """Profiles in order, law first. Lists are joined; of single blocks the topmost one that has it counts."""

    profiles: tuple[Profile, ...]

    @property
    def label(self) -> str:
        """`id@version` of each profile, as decisions store it."""
        return " + ".join(profile.label for profile in self.profiles)

    @property
    def hash(self) -> str:
        """SHA-256 over label and file hash of each profile, in order."""
        lines = "".join(f"{profile.label} {profile.sha256}\n" for profile in self.profiles)
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def counsel_reviewed(self) -> bool:
        """Whether counsel signed every profile; a banner stands while this is false."""
        return all(profile.head.counsel_reviewed for profile in self.profiles)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages every profile speaks, in the order of the first."""
        return tuple(
            word for word in self.profiles[0].head.languages if all(word in p.head.languages for p in self.profiles)
        )

    @property
    def timezone(self) -> str:
        """IANA name of the zone deadlines are counted in."""
        return self._top(lambda p: p.head.timezone or None) or "UTC"

    @property
    def calendar(self) -> str:
        """Name of the calendar of working days."""
        return self._top(lambda p: p.head.calendar or None) or ""

    def _top(self, pick: Callable[[Profile], _Part | None]) -> _Part | None:
        return next((part for profile in reversed(self.profiles) if (part := pick(profile)) is not None), None)

    def _join(self, pick: Callable[[Profile], tuple[_Part, ...]]) -> tuple[_Part, ...]:
        return tuple(part for profile in self.profiles for part in pick(profile))

    # ------------------------------------------------------------------ joined lists
    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """Every policy, law first."""
        return self._join(lambda p: p.policies)

    @cached_property
    def measures(self) -> tuple[MeasureRule, ...]:
        """Every measure as a profile names it."""
        return self._join(lambda p: p.measures)

    @cached_property
    def approvals(self) -> tuple[ApprovalRow, ...]:
        """Every approval row; all that match add up."""
        return self._join(lambda p: p.approvals)

    @cached_property
    def clocks(self) -> tuple[ClockRule, ...]:
        """Every deadline."""
        return self._join(lambda p: p.clocks)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Every cited text."""
        return self._join(lambda p: p.sources)

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Every office reports go to."""
        return self._join(lambda p: p.recipients)

    @property
    def templates(self) -> tuple[ReportTemplate, ...]:
        """Every report template."""
        return self._join(lambda p: p.templates)

    @property
    def retention(self) -> tuple[Retention, ...]:
        """Every class of records with its bounds."""
        return self._join(lambda p: p.retention)

    @property
    def terms(self) -> tuple[TermsVersion, ...]:
        """Every version of the user agreement, oldest first."""
        return tuple(sorted(self._join(lambda p: p.terms), key=lambda version: version.valid_from))

    # ------------------------------------------------------------------ single blocks
    @cached_property
    def ladder(self) -> Ladder | None:
        """Strikes and recommendations."""
        return self._top(lambda p: p.ladder)

    @property
    def counting(self) -> Counting:
        """Conventions of counting days."""
        return self._top(lambda p: p.counting) or Counting()

    @property
    def notice(self) -> NoticeRule | None:
        """What a notice must contain."""
        return self._top(lambda p: p.notice)

    @property
    def appeal(self) -> Appeal | None:
        """Who may appeal, how long, before whom."""
        return self._top(lambda p: p.appeal)

    @property
    def identity_check(self) -> IdentityCheck | None:
        """Checks of section founders and managers."""
        return self._top(lambda p: p.identity_check)

    @property
    def disclosure(self) -> Disclosure | None:
        """What a request for identity data must bring."""
        return self._top(lambda p: p.disclosure)

    @property
    def legal_hold(self) -> LegalHold | None:
        """Who places and releases a hold."""
        return self._top(lambda p: p.legal_hold)

    @property
    def conflict_of_interest(self) -> ConflictOfInterest | None:
        """Declarations and recusals."""
        return self._top(lambda p: p.conflict_of_interest)

    @property
    def wellness(self) -> Wellness | None:
        """House limits of exposure."""
        return self._top(lambda p: p.wellness)

    # ------------------------------------------------------------------ look-ups
    @cached_property
    def _by_id(self) -> dict[str, tuple[Policy, Profile]]:
        return {policy.id: (policy, profile) for profile in self.profiles for policy in profile.policies}

    def policy(self, name: str) -> Policy:
        """The policy of that id. Raises NotFound with the ids that come near."""
        if name in self._by_id:
            return self._by_id[name][0]
        near = [known for known in self._by_id if name.lower() in known.lower()] or list(self._by_id)
        raise NotFound(f"No policy is called '{name}' in {self.label}.", "", f"There are: {', '.join(near)}.")

    def profile_of(self, policy: Policy) -> Profile:
        """The profile a policy comes from."""
        return self._by_id[policy.id][1]

    def is_house(self, policy: Policy) -> bool:
        """Whether the policy is the operator's own (a clause), not one with a legal basis."""
        return not policy.basis

    def policies_on_rail(self) -> tuple[tuple[int, Policy], ...]:
        """Policies with their digit, 1 to 8 first, then all others with digit 0 in the order of the files.

        "No breach" has no digit: it is the key N.
        """
        keys = {name: int(digit) for digit, name in self._keys()}
        with_digit = sorted((keys[p.id], p) for p in self.policies if p.id in keys) if keys else []
        others = [(0, p) for p in self.policies if p.id not in keys and p.tier != "none"]
        return (*with_digit, *others)

    def _keys(self) -> tuple[tuple[str, str], ...]:
        table = self._top(lambda p: p.keys if p.keys.pairs else None)
        return tuple((digit, str(name)) for digit, name in table.pairs) if table else ()

    def no_breach(self) -> Policy:
        """The policy that says that nothing forbidden was done. Raises NotFound where no profile has one."""
        found = next((p for p in self.policies if p.tier == "none"), None)
        if found is None:
            raise NotFound(f"{self.label} has no policy for 'no breach'.", "", "Add a policy with tier 'none'.")
        return found

    def measure(self, name: str) -> MeasureRule | None:
        """The measure a profile calls so."""
        return next((rule for rule in self.measures if rule.id == name), None)

    @cached_property
    def _by_canonical(self) -> dict[str, list[MeasureRule]]:
        found: dict[str, list[MeasureRule]] = {}
        for rule in self.measures:
            found.setdefault(rule.stands_for, []).append(rule)
        return found

    def rule_of(self, choice: Choice) -> MeasureRule | None:
        """The profile's own measure for a choice; days tell apart those that share one canonical measure."""
        fits = self._by_canonical.get(choice.measure, [])
        wanted = "never" if choice.days is None else "required"
        return next((rule for rule in fits if rule.days == wanted), None) or next(
            (rule for rule in fits if not rule.days), fits[0] if fits else None
        )

    def offers(self, measure: Measure) -> bool:
        """Whether a profile has the measure, or has the one it takes back."""
        undone = OPPOSITE.get(measure)
        return any(rule.stands_for in (measure, undone) for rule in self.measures)

    def choice_of(self, name: str, days: int | None = None) -> Choice:
        """The canonical choice for a profile's measure name. Raises NotFound."""
        rule = self.measure(name)
        word = rule.stands_for if rule else name
        if word not in _MEASURES:
            raise NotFound(f"No measure is called '{name}'.", "", "There are: " + ", ".join(self.measure_names()) + ".")
        measure = Measure(word)
        return Choice(measure, days if measure.takes_days and not (rule and rule.days == "never") else None)

    def measure_names(self) -> Iterator[str]:
        """Names of measures a person may choose, as the profiles call them."""
        return (rule.id for rule in self.measures if rule.id not in CASE_ACTS)

    # ------------------------------------------------------------------ texts
    def terms_on(self, day: date) -> TermsVersion | None:
        """The user agreement as it stood on that day (in the profile's zone)."""
        return next((version for version in reversed(self.terms) if version.valid_from <= day), None)

    def clause_of(self, policy: Policy, day: date) -> tuple[TermsVersion, Clause] | None:
        """Agreement version and clause a policy stands on, as they stood that day; None for a law's policy."""
        version = self.terms_on(day) if policy.clause else None
        clause = next((c for c in version.clauses if c.id == policy.clause), None) if version else None
        return (version, clause) if version and clause else None

    def rule_text(self, policy: Policy, day: date, language: str) -> str:
        """What the author is told to have broken: the clause as it stood that day, or name and legal basis."""
        found = self.clause_of(policy, day)
        if not found:
            basis = self.cited(policy.basis, language, in_full=True)
            around = "（{}）" if language.startswith("zh") else " ({})"
            return policy.name.get(language) + (around.format(basis) if basis else "")
        version, clause = found
        text = clause.text(language)
        if language.startswith("zh"):
            return f"用户协议第 {version.version} 版第 {clause.id} 条：{text}"
        return f"User agreement, version {version.version}, clause {clause.id}: {text}"

    def basis_text(self, policy: Policy, language: str = "en") -> str:
        """The legal basis to show: "IIS2011 art. 15(9), ATF2022", or the clause of the agreement."""
        if not policy.basis and policy.clause:
            return f"用户协议第 {policy.clause} 条" if language.startswith("zh") else f"Agreement cl. {policy.clause}"
        return self.cited(policy.basis, language)

    def cited(self, basis: Sequence[str], language: str = "en", *, in_full: bool = False) -> str:
        """A list of cited articles as a person reads it; renumbered ones say so.

        `in_full` writes the title of each text, for people who do not know the short names.
        """
        return ("、" if language.startswith("zh") else ", ").join(self._cite(e, language, in_full) for e in basis)

    def _cite(self, entry: str, language: str, in_full: bool) -> str:
        source, article = split_basis(entry)
        title = next((known.title for known in self.sources if known.id == source), source)
        name = _REMARK.sub("", title) if in_full else source
        if not article:
            return name
        shown = f"{name} 第 {article} 条" if language.startswith("zh") else f"{name} art. {article}"
        return shown + self._renumbered(source, article, language)

    def _renumbered(self, source: str, article: str, language: str) -> str:
        known = next((entry for entry in self.sources if entry.id == source), None)
        number = known.renumber.get(article.split("(")[0]) if known else ""
        if not known or not number:
            return ""
        doubt = known.renumber_status != "read"
        if language.startswith("zh"):
            return f"（现第 {number} 条{'，待核实' if doubt else ''}）"
        return f" (now {number}{', unverified' if doubt else ''})"

    def refuse_before_in_force(self, policy: Policy, day: date) -> None:
        """A decision dated before a rule was in force cannot cite it. Raises NotAllowed (article 13)."""
        since = self.profile_of(policy).head.in_force
        if day < since:
            raise NotAllowed(
                f"'{policy.id}' cannot be cited for {day}.",
                f"Its profile is in force since {since}.",
                "Choose a rule that was in force on that day.",
            )
        if policy.clause and not self.clause_of(policy, day):
            raise NotAllowed(
                f"'{policy.id}' cannot be cited for {day}.",
                f"No version of the user agreement had clause {policy.clause} on that day.",
                "Choose a rule that was in force on that day.",
            )


def split_basis(entry: str) -> tuple[str, str]:
    """Source and article of a basis such as `IIS2011:15(9)`; the article is "" where a whole text is named."""
    match = _BASIS.match(entry)
    return (match.group("source"), match.group("article") or "") if match else (entry, "")
