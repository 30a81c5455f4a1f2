"""What the ladder recommends from severity and live strikes. It recommends, it never decides, and never a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from modstation.models.ids import TargetType
from modstation.models.measures import Choice, Measure

from .blocks import Ladder, LadderStep, Policy
from .stack import CASE_ACTS, ProfileStack

if TYPE_CHECKING:
    from .situation import Strike

#: Measures that take away nothing by themselves: no strike follows from them alone. A hide only stops transmission
#: until somebody decides.
_NO_STRIKE = frozenset({Measure.NONE, Measure.RESTORE, Measure.HIDE, Measure.UNMUTE, Measure.UNBAN, Measure.UNLOCK})

#: The most days of any mute or ban, a hundred years: beyond it dates overflow, and "without end" is meant.
MAX_DAYS = 36_500

#: Which kinds of item a measure's target fits. Everything posted has an author, and so an account.
_POSTED = frozenset({TargetType.POST, TargetType.MESSAGE, TargetType.MEDIA, TargetType.QUEUED})
_FITS: dict[str, frozenset[TargetType]] = {
    "post": _POSTED | {TargetType.TOPIC},
    "topic": _POSTED | {TargetType.TOPIC},
    "account": _POSTED | {TargetType.TOPIC, TargetType.ACCOUNT},
    "section": frozenset({TargetType.SECTION}),
    "manager": frozenset({TargetType.SECTION, TargetType.ACCOUNT}),
    "profile": frozenset({TargetType.ACCOUNT, TargetType.SECTION}),
}


def fits(target: str, kind: TargetType) -> bool:
    """Whether a measure whose target is a post, topic, account, section, manager or profile suits this kind of item."""
    return kind in _FITS[target] if target in _FITS else True


def live_strikes(strikes: Sequence[Strike], now: datetime, ladder: Ladder | None) -> int:
    """Points that still count at `now`. A strike counts for `strike_expires_days` times 24 hours from its moment."""
    if ladder is None:
        return 0
    life = timedelta(days=ladder.strike_expires_days)
    return max(0, sum(strike.points for strike in strikes if strike.at <= now < strike.at + life))


def strike_limit(ladder: Ladder | None) -> int:
    """The number of live strikes at which the ladder's last step begins; 0 without a ladder."""
    return max((step.strikes_from for step in ladder.steps), default=0) if ladder else 0


def points_for(ladder: Ladder | None, policy: Policy, choices: Sequence[Choice]) -> int:
    """Strike points an upheld decision gives: by severity, none for care and "no breach", none for a mere hide."""
    acts = any(choice.measure not in _NO_STRIKE for choice in choices)
    return ladder.strikes_for_severity.number(str(policy.severity)) if ladder and policy.breach and acts else 0


def _steps(ladder: Ladder, severity: int) -> list[LadderStep]:
    return sorted((step for step in ladder.steps if severity in step.severity), key=lambda step: step.strikes_from)


def _choices(stack: ProfileStack, step: LadderStep) -> tuple[Choice, ...]:
    return tuple(stack.choice_of(name, step.days) for name in step.measures if name not in CASE_ACTS)


def recommended(
    stack: ProfileStack, policy: Policy, live: int, possible: Callable[[Choice], bool] = lambda _: True
) -> tuple[Choice, ...]:
    """The measures of the first step that fits and whose `strikes_from` is the highest not above the live strikes.

    Where a measure of it is not `possible` here, the next lower step that is wholly possible; else what is possible of
    the fitting one. "No breach" and care get the measure "none".
    """
    if not policy.breach or stack.ladder is None:
        return (Choice(Measure.NONE),)
    steps = [step for step in _steps(stack.ladder, policy.severity) if step.strikes_from <= live]
    found = [_choices(stack, step) for step in reversed(steps)]
    whole = next((some for some in found if all(map(possible, some))), None)
    return whole or tuple(choice for choice in (found[0] if found else ()) if possible(choice))


def usual_days(stack: ProfileStack, policy: Policy, live: int, measure: Measure) -> int | None:
    """Days the ladder gives a measure: at the fitting step, else the nearest one up, else down, else anywhere."""
    ladder = stack.ladder
    if ladder is None or not measure.takes_days:
        return None
    steps = _steps(ladder, policy.severity)
    above = [step for step in steps if step.strikes_from > live]
    fitting = [step for step in reversed(steps) if step.strikes_from <= live]
    order = [*fitting[:1], *above, *fitting[1:], *ladder.steps]
    return next((c.days for step in order for c in _choices(stack, step) if c.measure is measure), None)


def on_rail(stack: ProfileStack, policy: Policy | None, live: int, target: TargetType) -> Iterator[Choice]:
    """Every measure of the profiles that fits the kind of item, with the ladder's days.

    For "no breach" only none and restore; for care only none and hide; a waiting post is restored (let through) or
    removed (turned away).
    """
    seen: set[Choice] = set()
    for rule in stack.measures:
        if rule.id in CASE_ACTS or not (fits(rule.target, target) or rule.id == Measure.NONE):
            continue
        measure = Measure(rule.stands_for)
        days = usual_days(stack, policy, live, measure) if policy else None
        if days is None and (rule.max_days or rule.days == "required"):
            days = min(rule.max_days or 7, 7)
        choice = stack.choice_of(rule.id, days)
        if choice not in seen and _belongs(policy, measure):
            seen.add(choice)
            yield choice


def _belongs(policy: Policy | None, measure: Measure) -> bool:
    if policy is None or policy.breach:
        return True
    return measure in ((Measure.NONE, Measure.HIDE) if policy.care else (Measure.NONE, Measure.RESTORE))
