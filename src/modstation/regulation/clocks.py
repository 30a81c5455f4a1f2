"""Deadlines: elapsed hours, calendar days and business days, each with its working.

Conventions are fields of the profile (`counting`): whether the day of the event counts; days end at the exclusive next
midnight in the profile's zone; hours are elapsed time, so a change of the local clock moves no hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from modstation.models.errors import NotFound
from modstation.models.ids import PolicyId

from .blocks import ClockRule, Policy
from .calendars import Calendar, CalendarYear, calendar
from .situation import PlannedClock
from .stack import ProfileStack
from .texts import day_text, moment_text, say, text_of

#: Tiers that speak of content which the cited laws forbid. A clock that starts on finding such content and names no
#: tier of its own runs for these only: a breach of house terms starts no legal duty.
_PROHIBITED = ("illegal", "harmful")

_SECOND = timedelta(seconds=1)


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of a profile; the lint has checked the name."""
    return ZoneInfo(name)


def start_of_day(day: date, where: ZoneInfo) -> datetime:
    """The first instant (UTC) of a local day.

    Usually midnight; where clocks spring forward over midnight, the first moment there is. Where midnight comes twice,
    the first of them.
    """
    early = datetime.combine(day, time(), where).astimezone(UTC)
    if early.astimezone(where).replace(tzinfo=None) == datetime.combine(day, time()):
        return early
    low, high = early - timedelta(hours=3), early + timedelta(hours=3)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (low, middle) if middle.astimezone(where).date() >= day else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class _Count:
    """The last day that counts, and how it was found."""

    last: date
    lines: tuple[str, ...]
    missing: tuple[int, ...] = ()
    years: tuple[int, ...] = ()


def business_days(start: date, amount: int, days: Calendar, language: str, *, first_counts: bool = False) -> _Count:
    """Count so many working days. The day of the event counts only where the profile says so."""
    lines: list[str] = []
    missing: set[int] = set()
    years: set[int] = set()
    day, counted = start, 0
    if not first_counts:
        lines.append(say(language, "working.not_counted", day=day_text(language, day)))
        day += timedelta(days=1)
    while True:
        kind = days.of(day)
        years.add(day.year)
        if days.name and not kind.known:
            missing.add(day.year)
        counted += kind.works
        lines.append(_line(day, counted, days, language))
        if counted >= amount and kind.works:
            return _Count(day, tuple(lines), tuple(sorted(missing)), tuple(sorted(years)))
        day += timedelta(days=1)


def _line(day: date, counted: int, days: Calendar, language: str) -> str:
    kind, shown = days.of(day), day_text(language, day)
    name = kind.name.get(language)
    if kind.works and not kind.known and days.name:
        return say(language, "working.no_year", day=shown, n=counted)
    if kind.works:
        return say(language, "working.makeup" if name else "working.counted", day=shown, n=counted, why=name)
    return say(language, "working.holiday" if name else "working.weekend", day=shown, why=name)


def _calendar_days(start: date, amount: int, language: str, *, first_counts: bool) -> _Count:
    last = start + timedelta(days=amount - first_counts)
    key = "working.calendar_days_counted" if first_counts else "working.calendar_days"
    return _Count(last, (say(language, key, n=amount),))


def _rule(stack: ProfileStack, clock_id: str) -> ClockRule:
    found = next((rule for rule in stack.clocks if rule.id == clock_id), None)
    if found is None:
        known = ", ".join(rule.id for rule in stack.clocks)
        raise NotFound(f"No clock is called '{clock_id}' in {stack.label}.", "", f"There are: {known}.")
    return found


def deadline(
    stack: ProfileStack,
    clock_id: str,
    start: datetime,
    *,
    source: str = "",
    language: str = "en",
    extra: Iterable[CalendarYear] = (),
) -> PlannedClock:
    """When a clock that started at `start` (aware) is due. Raises NotFound for an unknown clock.

    `source` may name a lane with priority. `extra` are calendar years of the operator, over the shipped ones. A year
    without a calendar gives the earlier bound (Monday to Friday) and a `warning`.
    """
    rule = _rule(stack, clock_id)
    amount = rule.priority.amount if rule.priority and source and rule.priority.source == source else rule.amount
    if rule.unit in ("hours", "immediate"):
        return _elapsed(stack, rule, amount, start, language)
    return _days(stack, rule, amount, start, language, calendar(stack.calendar, extra))


def _elapsed(stack: ProfileStack, rule: ClockRule, amount: int, start: datetime, language: str) -> PlannedClock:
    at_once = rule.unit == "immediate"
    span = timedelta(minutes=rule.target_minutes) if at_once else timedelta(hours=amount)
    number = rule.target_minutes if at_once else amount
    due = start.astimezone(UTC) + span
    where = zone(stack.timezone)
    lines = (
        say(language, "working.start", start=moment_text(language, start.astimezone(where))),
        say(language, "working.minutes" if at_once else "working.hours", n=number),
        say(language, "working.ends_at", due=moment_text(language, due.astimezone(where))),
        say(language, "working.zone", zone=stack.timezone),
    )
    shown = say(language, "amount.minutes" if at_once else "amount.hours", n=number)
    return _planned(stack, rule, start, due, shown, lines, language)


def _days(
    stack: ProfileStack, rule: ClockRule, amount: int, start: datetime, language: str, days: Calendar
) -> PlannedClock:
    where = zone(stack.timezone)
    first, counts = start.astimezone(where).date(), stack.counting.day_of_event_counts
    if rule.unit == "business_days":
        count = business_days(first, amount, days, language, first_counts=counts)
    else:
        count = _calendar_days(first, amount, language, first_counts=counts)
    due = start_of_day(count.last + timedelta(days=1), where)
    version = days.version(count.years) if count.years else ""
    ends = moment_text(language, due.astimezone(where))
    lines = [
        say(language, "working.start", start=moment_text(language, start.astimezone(where))),
        *count.lines,
        say(language, "working.ends", last=day_text(language, count.last), due=ends),
        say(language, "working.zone", zone=stack.timezone),
        *([say(language, "working.calendar", calendar=version)] if version else []),
    ]
    missing = ", ".join(map(str, count.missing))
    warning = say(language, "chip.calendar", year=missing) if missing else ""
    shown = say(language, f"amount.{rule.unit}", n=amount)
    return _planned(stack, rule, start, due, shown, lines, language, calendar_version=version, warning=warning)


def _planned(
    stack: ProfileStack,
    rule: ClockRule,
    start: datetime,
    due: datetime,
    amount: str,
    lines: Iterable[str],
    language: str,
    *,
    calendar_version: str = "",
    warning: str = "",
) -> PlannedClock:
    return PlannedClock(
        rule.id,
        text_of(rule.name, language, rule.id),
        start.astimezone(UTC),
        due,
        rule.kind == "house",
        "\n".join(lines),
        stack.timezone,
        calendar_version,
        warning,
        amount,
        stack.cited(rule.basis, language),
    )


def applies(rule: ClockRule, policy: Policy | None) -> bool:
    """Whether a clock runs for a case of this policy; without a policy, only where the rule asks for none."""
    wants = rule.applies
    if wants.reportable or wants.incident_level_min:
        return False
    if policy is None:
        return not (wants.tier or wants.severity_min)
    if rule.starts.startswith("item.") and not wants.tier and policy.tier not in _PROHIBITED:
        return False
    return (not wants.tier or policy.tier == wants.tier) and policy.severity >= wants.severity_min


def clocks_on(
    stack: ProfileStack,
    event: str,
    start: datetime,
    policy: PolicyId | str = "",
    *,
    source: str = "",
    language: str = "en",
) -> tuple[PlannedClock, ...]:
    """Every clock that an event starts, such as `item.found`, `measure.acknowledged:hide`, `complaint.received`.

    Clocks that need a further judgement (reportable, level of an incident) start by `deadline` once it is made.
    """
    judged = stack.policy(policy) if policy else None
    rules = (rule for rule in stack.clocks if rule.starts == event and applies(rule, judged))
    return tuple(deadline(stack, rule.id, start, source=source, language=language) for rule in rules)


def reportable_clocks(
    stack: ProfileStack, found: datetime, policy: PolicyId | str, language: str = "en"
) -> tuple[PlannedClock, ...]:
    """Clocks of a case that a person has judged reportable; they run since it was found."""
    judged = stack.policy(policy)
    rules = (rule for rule in stack.clocks if rule.applies.reportable and judged.severity >= rule.applies.severity_min)
    return tuple(deadline(stack, rule.id, found, language=language) for rule in rules)


def stops(stack: ProfileStack, event: str) -> tuple[str, ...]:
    """Ids of the clocks that an event stops, such as `measure.acknowledged:remove` or `report.sent:police_local`."""
    kind = event.partition(":")[0]
    return tuple(rule.id for rule in stack.clocks if event in rule.stops or kind in rule.stops)
