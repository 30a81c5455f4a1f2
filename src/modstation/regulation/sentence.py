"""The one sentence that says what will happen, made from the planned rows and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from modstation.models.measures import Measure, OrderKind

from .clocks import zone
from .situation import Plan, PlannedOrder
from .texts import bare, closed, counted, fitting, joined, moment_text, say, unmarked

#: Measures of which a strike follows; mirrors the ladder's rule that a mere hide gives none.
_GOES_AT_ONCE = 0


def act(language: str, row: PlannedOrder) -> str:
    """What one measure's row does, as a part of a sentence; bold parts are still marked."""
    measure = row.order.measure
    thing = say(language, f"thing.{row.order.item.type}")
    if not measure.takes_days:
        return fitting(language, f"act.{measure}", row.order.item.type, thing=thing)
    if row.days is None:
        return say(language, f"act.{measure}_endless")
    return say(language, f"act.{measure}", days=counted(language, "day", row.days))


def acts(rows: Sequence[PlannedOrder]) -> list[PlannedOrder]:
    """The rows that are measures: those sent as such, and warnings, which travel as a notice."""
    return [r for r in rows if r.order.kind is OrderKind.MEASURE or (warning(r) and r.to == "author")]


def warning(row: PlannedOrder) -> bool:
    """Whether a row is the message that a warning consists of."""
    return row.order.kind is OrderKind.NOTICE and row.order.measure is Measure.WARN


def sentence(plan: Plan, language: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """What Enter would do, and the spans shown bold, in code points.

    Reads only orders, points, clocks, needs and the role of an escalation: what is not planned cannot be said, and
    what is planned is said.
    """
    now = [row for row in plan.orders if row.needs == _GOES_AT_ONCE]
    later = [row for row in plan.orders if row.needs > _GOES_AT_ONCE]
    struck_now = bool(plan.points) and (_decides(now, later) or not later)
    parts = [_group(plan, now, language, struck_now), *_waiting(plan, later, language, struck_now)]
    parts += [_clock(plan, index, language) for index in range(len(plan.clocks))]
    return unmarked(say(language, "sentence.gap").join(part for part in parts if part))


def _decides(now: Sequence[PlannedOrder], later: Sequence[PlannedOrder]) -> bool:
    """Whether what goes at once is the decision itself, not only the hide that bridges the wait for a second person."""
    bridging = bool(later) and all(row.order.measure is Measure.HIDE for row in acts(now))
    return bool(acts(now)) and not bridging


def _group(plan: Plan, rows: Sequence[PlannedOrder], language: str, struck: bool) -> str:
    parts = _parts(plan, rows, language, struck)
    if plan.escalate_to:
        parts.insert(0, say(language, "sentence.escalates", role=say(language, f"role.{plan.escalate_to}")))
    if parts:
        return closed(language, joined(language, parts))
    return "" if plan.orders else closed(language, say(language, "sentence.nothing"))


def _waiting(plan: Plan, rows: Sequence[PlannedOrder], language: str, struck_now: bool) -> list[str]:
    if not rows:
        return []
    shown = joined(language, _parts(plan, rows, language, bool(plan.points) and not struck_now))
    needed = counted(language, "approval", plan.needs)
    roles = plan.approvals.roles_text(language)
    return [closed(language, say(language, "sentence.waits", approvals=needed, roles=roles, acts=shown))]


def _parts(plan: Plan, rows: Sequence[PlannedOrder], language: str, struck: bool) -> list[str]:
    parts = [act(language, row) for row in acts(rows)]
    if struck:
        parts.append(_strike(plan, language))
    for row in rows:
        if row.order.kind is OrderKind.CLOSE_FLAG:
            flags = counted(language, "flag", len(row.order.flags))
            parts.append(say(language, f"sentence.flags_{row.order.flag_state}", flags=flags))
    return parts + _told(rows, language)


def _strike(plan: Plan, language: str) -> str:
    after = plan.strikes + plan.points
    if plan.points < 0:
        return say(language, "sentence.strike_back", n=-plan.points, live=plan.strikes)
    key = "sentence.strike" if plan.points == 1 else "sentence.strikes"
    key += "_over" if after > plan.strike_limit else ""
    return say(language, key, n=plan.points, now=after, limit=plan.strike_limit)


def _told(rows: Sequence[PlannedOrder], language: str) -> list[str]:
    notices = [row for row in rows if row.order.kind is OrderKind.NOTICE]
    author = any(row.to == "author" and not warning(row) for row in notices)
    number = sum(row.to == "reporter" for row in notices)
    if not number:
        return [say(language, "sentence.tells_author")] if author else []
    key = "sentence.tells_both" if author else "sentence.tells_reporters"
    return [say(language, key, reporters=counted(language, "reporter", number))]


def _clock(plan: Plan, index: int, language: str) -> str:
    clock = plan.clocks[index]
    due = moment_text(language, clock.due.astimezone(zone(clock.zone)))
    return closed(language, say(language, "sentence.clock", name=clock.name, due=due))


def four_eyes(plan: Plan, language: str, thing: str) -> str:
    """What waits for a second person, and what happens meanwhile; "" where nothing waits."""
    waiting = [row for row in plan.orders if row.needs]
    if not waiting:
        return ""
    shown = bare(joined(language, [act(language, row) for row in acts(waiting)]))
    meanwhile = any(row.order.measure is Measure.HIDE for row in acts([r for r in plan.orders if not r.needs]))
    key = "approval.four_eyes_hide" if meanwhile else "approval.four_eyes"
    needed = counted(language, "approval", plan.needs)
    return say(language, key, acts=shown, approvals=needed, roles=plan.approvals.roles_text(language), thing=thing)


def primary(plan: Plan, language: str, *, care: bool, breach: bool) -> str:
    """The words on the button: a verb with its object, proposals named as such."""
    done = [_button(language, row) for row in acts(plan.orders) if not row.needs]
    asked = [_button(language, row) for row in acts(plan.orders) if row.needs]
    bridge = asked and done and all(row.order.measure is Measure.HIDE for row in acts(plan.orders) if not row.needs)
    parts = [] if bridge else done
    if asked:
        parts = [*parts, say(language, "button.propose", acts=joined(language, asked))]
    if not parts or not breach:
        parts = [say(language, "button.care" if care else "button.nothing" if breach else "button.none")]
    text = joined(language, parts)
    return text[:1].upper() + text[1:]


def _button(language: str, row: PlannedOrder) -> str:
    kind = row.order.item.type
    return fitting(language, f"button.{row.order.measure}", kind, noun=say(language, f"noun.{kind}"))
