"""Rules about deadlines: legal ones cite something, immediate ones have a target, events exist."""

from __future__ import annotations

from collections.abc import Callable

from .blocks import ClockRule
from .lines import Path
from .profile import Profile
from .stack import ProfileStack
from .vocabulary import EVENTS, KINDS, TIERS, UNITS

Note = Callable[[Path, str, str], None]


def check_clocks(profile: Profile, stack: ProfileStack, note: Note) -> None:
    """Note every fault of the clocks, the counting conventions and the kinds of `profile`."""
    for index, clock in enumerate(profile.clocks):
        at: Path = ("clock", index)
        _words(clock, at, note)
        _amount(clock, at, note)
        _events(clock, stack, at, note)
    if profile.ladder and profile.ladder.kind not in KINDS:
        note(("ladder", "kind"), "unknown-word", "A kind is legal or house.")
    for index, entry in enumerate(profile.retention):
        if entry.kind not in KINDS:
            note(("retention", index, "kind"), "unknown-word", "A kind is legal or house.")
    _counting(profile, note)


def _words(clock: ClockRule, at: Path, note: Note) -> None:
    if clock.unit not in UNITS:
        note((*at, "unit"), "unknown-word", f"A unit is {', '.join(UNITS)}, not '{clock.unit}'.")
    if clock.kind not in KINDS:
        note((*at, "kind"), "unknown-word", "A kind is legal or house.")
    if clock.kind == "legal" and not clock.basis:
        note(at, "legal-without-basis", f"Clock '{clock.id}' is legal but cites nothing.")
    if clock.applies.tier and clock.applies.tier not in TIERS:
        note((*at, "applies"), "unknown-word", f"'{clock.applies.tier}' is no tier.")


def _amount(clock: ClockRule, at: Path, note: Note) -> None:
    if clock.unit == "immediate" and clock.target_minutes <= 0:
        note(at, "immediate-without-target", f"Clock '{clock.id}' is immediate but has no target_minutes.")
    if clock.unit != "immediate" and clock.amount <= 0:
        note((*at, "amount"), "clock-amount", f"Clock '{clock.id}' needs an amount above 0.")
    if clock.priority and clock.priority.amount > clock.amount:
        note((*at, "priority"), "clock-amount", f"Priority of '{clock.id}' is slower than the ordinary amount.")


def _events(clock: ClockRule, stack: ProfileStack, at: Path, note: Note) -> None:
    for key, names in (("starts", (clock.starts,)), ("stops", clock.stops), ("pauses", clock.pauses)):
        for name in names:
            event, _, detail = name.partition(":")
            if event not in EVENTS:
                note((*at, key), "unknown-event", f"Nothing called '{event}' happens at a desk.")
            elif event == "report.sent" and detail and detail not in {r.id for r in stack.recipients}:
                note((*at, key), "unknown-recipient", f"'{detail}' is no recipient.")
            elif event == "measure.acknowledged" and detail and not stack.measure(detail):
                note((*at, key), "unknown-measure", f"'{detail}' is no measure of this profile.")


def _counting(profile: Profile, note: Note) -> None:
    counting = profile.counting
    if counting is None:
        return
    if counting.ends != "next_midnight":
        note(("counting", "ends"), "unknown-word", "Days end at the 'next_midnight'.")
    if counting.hours != "elapsed":
        note(("counting", "hours"), "unknown-word", "Hours are counted as 'elapsed'.")
    if counting.missing_calendar_year != "warn_and_take_the_earlier":
        note(("counting", "missing_calendar_year"), "unknown-word", "Only 'warn_and_take_the_earlier' is known.")
