"""Taking a decision back after the forum has confirmed it: a decision of its own, with the opposite measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from modstation.models.ids import PolicyId
from modstation.models.items import FlagState
from modstation.models.measures import OPPOSITE, Choice, Measure

from .approvals import Approvals, required
from .blocks import Policy
from .ladder import points_for, strike_limit
from .notice import clause, facts
from .orders import OrderBook
from .plan import may_decide
from .rail import Rail
from .sentence import four_eyes, primary, sentence
from .situation import Plan, Situation
from .stack import ProfileStack
from .texts import joined, say

#: What needs no call to be taken back: a warning is withdrawn by the corrected notice.
_BY_WORDS = frozenset({Measure.NONE, Measure.WARN})


def opposites(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """The measures that take these back, the last one first, each once."""
    found = (OPPOSITE[c.measure] for c in reversed(choices) if c.measure in OPPOSITE)
    return tuple(dict.fromkeys(Choice(measure) for measure in found))


def reversal_plan(
    stack: ProfileStack,
    s: Situation,
    past_choices: Sequence[Choice],
    reason: str = "",
    language: str = "en",
    *,
    policy: PolicyId | str = "",
) -> Plan:
    """What taking back `past_choices` would do. Raises NotFound for an unknown policy.

    `policy` is the one they were decided under: its approval rows count again, because a reversal needs at least the
    approvals of what it reverses, and its strike points are taken back. `flags` of the situation are those the decision
    had closed: they are set to "not upheld" where a breach is taken back, and opened again where "no breach" is.
    """
    judged = stack.policy(policy) if policy else stack.no_breach()
    undone = opposites(past_choices)
    approvals = required(stack, s, judged.id, undone, reverses=past_choices)
    book = _book(stack, s, judged, undone, past_choices, approvals, reason)
    rail = Rail(stack, s, judged, language)
    points = -min(points_for(stack.ladder, judged, past_choices), rail.live) if policy else 0
    draft = Plan(
        policy=PolicyId(judged.id),
        offered=(),
        chosen=undone or (Choice(Measure.NONE),),
        orders=tuple(book.rows),
        points=points,
        clocks=(),
        needs=approvals.needs,
        may_approve=approvals.may,
        facts=facts(stack, s, judged),
        clause=clause(stack, s, judged),
        primary=say(language, "button.reverse"),
        strikes=rail.live,
        strike_limit=strike_limit(stack.ladder),
        zone=stack.timezone,
        approvals=approvals,
    )
    return _worded(rail, draft, past_choices, language)


def _book(
    stack: ProfileStack,
    s: Situation,
    policy: Policy,
    undone: Sequence[Choice],
    past: Sequence[Choice],
    approvals: Approvals,
    reason: str,
) -> OrderBook:
    book = OrderBook(stack, s, policy, reason, "", lambda _: approvals.needs > 0, approvals.needs, back=True)
    book.measures(undone, bridge=False)
    breach = any(choice.measure is not Measure.NONE for choice in past)
    flag_row = book.close_flags(undone or past, FlagState.REJECTED if breach else FlagState.OPEN)
    book.tell_author(undone, None)
    if Choice(Measure.WARN) in past:
        book.withdraw_warning()
    if flag_row is not None:
        book.tell_reporters(undone or past, flag_row)
    return book


def _worded(rail: Rail, draft: Plan, past: Sequence[Choice], language: str) -> Plan:
    text, bold = sentence(draft, language)
    why_not = _why_not(rail, draft, past, language)
    thing = say(language, f"thing.{rail.s.item.type}")
    shown = primary(draft, language, care=False, breach=True) if draft.orders else draft.primary
    return replace(
        draft,
        sentence=text,
        bold=bold,
        four_eyes=four_eyes(draft, language, thing),
        primary=shown,
        why_not=why_not,
        allowed=not why_not,
    )


def _why_not(rail: Rail, draft: Plan, past: Sequence[Choice], language: str) -> str:
    if not may_decide(rail.s, rail.s.decider):
        return say(language, "why.no_decider")
    stuck = [c for c in past if c.measure not in OPPOSITE and c.measure not in _BY_WORDS]
    if stuck:
        names = joined(language, [say(language, f"label.{c.measure}") for c in stuck])
        return say(language, "why.no_way_back", one=names)
    blocked = next((why for c in draft.chosen if (why := rail.s.impossible.get(c.measure, ""))), "")
    return blocked or draft.approvals.why_not(language)
