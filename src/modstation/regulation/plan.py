"""What a decision would do: the rail, the rows, the strike, the clocks, the sentence. One function, used for all.

The preview on screen and the rows written after Enter come from the same plan, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from modstation.models.errors import NotAllowed
from modstation.models.ids import PersonId, PolicyId, TargetType
from modstation.models.items import FlagState, Visibility
from modstation.models.measures import Choice, Measure, OrderKind
from modstation.models.people import PersonState, Role

from .approvals import Approvals, same_person
from .blocks import Policy
from .clocks import clocks_on, zone
from .ladder import points_for, strike_limit
from .notice import clause, facts
from .orders import OrderBook, can_bridge
from .rail import Rail
from .sentence import four_eyes, primary, sentence
from .situation import Plan, PlannedClock, PlannedMeasure, PlannedOrder, Situation, Strike
from .stack import ProfileStack
from .texts import say

#: From this severity on a person types the reason, unless the profile lets the cited article speak.
TYPED_FROM = 3

#: Measures so grave that a reason is typed under every profile.
_GRAVE = frozenset({Measure.BAN, Measure.CLOSE_SECTION})

_ASKS_REASON = frozenset({"written_reason", "serious_circumstances_reason"})


def plan(
    stack: ProfileStack,
    s: Situation,
    policy: PolicyId | str,
    choices: Sequence[Choice] | None,
    reason: str = "",
    article: str = "",
    language: str = "en",
    *,
    batch: int = 1,
) -> Plan:
    """Everything a decision would do. Raises NotFound for an unknown policy.

    `choices` None asks for what the ladder recommends. `reason` and `article` are what the person typed; `language` is
    that of the screen, not of the notice. `batch` is the number of items decided at one stroke. Nothing is recommended
    while `policy` is "".
    """
    if not policy:
        return _unchosen(stack, s, language)
    judged = stack.policy(policy)
    rail = Rail(stack, s, judged, language, batch)
    chosen = tuple(rail.recommended if choices is None else choices)
    approvals = rail.approvals(chosen)
    orders = _orders(rail, judged, chosen, approvals, reason, article)
    draft = Plan(
        policy=PolicyId(judged.id),
        offered=rail.offered(chosen),
        chosen=chosen,
        orders=orders,
        points=_points(rail, judged, chosen),
        clocks=_clocks(stack, s, judged, orders, language),
        needs=approvals.needs,
        may_approve=approvals.may,
        needs_reason=needs_reason(stack, judged, chosen),
        needs_article="cited_article" in judged.requires,
        facts=facts(stack, s, judged),
        clause=clause(stack, s, judged, article),
        strikes=rail.live,
        strike_limit=strike_limit(stack.ladder),
        escalate_to=_receiver(s, judged),
        zone=stack.timezone,
        approvals=approvals,
    )
    return _worded(rail, judged, draft, reason, article)


def _unchosen(stack: ProfileStack, s: Situation, language: str) -> Plan:
    rail = Rail(stack, s, None, language)
    why = say(language, "why.no_policy")
    return Plan(PolicyId(""), rail.offered(()), (), (), 0, (), 0, (), why_not=why)


def _worded(rail: Rail, policy: Policy, draft: Plan, reason: str, article: str) -> Plan:
    language = rail.language
    text, bold = sentence(draft, language)
    missing = _missing(draft, reason, article, language)
    why_not = _why_not(rail, policy, draft)
    return replace(
        draft,
        sentence=text,
        bold=bold,
        chips=_chips(rail, policy, draft),
        four_eyes=four_eyes(draft, language, say(language, f"thing.{rail.s.item.type}")),
        primary=primary(draft, language, care=policy.care, breach=policy.breach),
        missing=missing,
        why_not=why_not,
        allowed=not (missing or why_not),
    )


# ---------------------------------------------------------------------------------- rows, strike, clocks
def _orders(
    rail: Rail, policy: Policy, chosen: Sequence[Choice], approvals: Approvals, reason: str, article: str
) -> tuple[PlannedOrder, ...]:
    s = rail.s
    book = OrderBook(
        rail.stack, s, policy, reason, article, lambda choice: rail.approvals([choice]).needs > 0, approvals.needs
    )
    sent = _sent(s, policy, chosen)
    hides = any(choice.measure is Measure.HIDE for choice in sent)
    bridge = approvals.needs > 0 and approvals.hide_meanwhile and not hides and can_bridge(s)
    book.measures(sent, bridge=bridge)
    told = book.warning(chosen)
    state = FlagState.REJECTED if policy.tier == "none" else FlagState.RESOLVED
    flag_row = book.close_flags(sent, state) if chosen else None
    book.tell_author([Choice(Measure.HIDE), *chosen] if bridge else chosen, told)
    book.tell_reporters(chosen, flag_row)
    return tuple(book.rows)


def _sent(s: Situation, policy: Policy, chosen: Sequence[Choice]) -> tuple[Choice, ...]:
    """What goes to the forum: "no breach" lets a waiting post through."""
    through = policy.tier == "none" and s.item.type is TargetType.QUEUED and Choice(Measure.NONE) in chosen
    return (Choice(Measure.RESTORE),) if through else tuple(chosen)


def _points(rail: Rail, policy: Policy, chosen: Sequence[Choice]) -> int:
    """Nobody is given a strike unseen, nor where no account is known to give it to."""
    known = bool(rail.s.author_uid) and rail.s.viewed
    return points_for(rail.stack.ladder, policy, chosen) if known else 0


def _clocks(
    stack: ProfileStack, s: Situation, policy: Policy, orders: Sequence[PlannedOrder], language: str
) -> tuple[PlannedClock, ...]:
    """Clocks that run on after this decision, by what it is judged to be: none that its own measures stop."""
    if not policy.breach:
        return ()
    done = {f"measure.acknowledged:{row.order.measure}" for row in orders if row.order.kind is OrderKind.MEASURE}
    ends = {rule.id for rule in stack.clocks if done & set(rule.stops)}
    running = [*clocks_on(stack, "item.found", s.found, policy.id, language=language)]
    if s.flagged:
        running += clocks_on(stack, "item.flagged", s.flagged, policy.id, language=language)
    return tuple(clock for clock in running if clock.id not in ends)


def _receiver(s: Situation, policy: Policy) -> str:
    """The role a care policy goes to; where nobody here holds it, the next one up, so that somebody sees it."""
    if not policy.care:
        return ""
    order = (policy.escalate_to, Role.ON_CALL, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMINISTRATOR)
    held = {role for person in s.people if person.state is PersonState.ENROLLED for role in person.roles}
    return next((str(role) for role in order if role in held), str(policy.escalate_to or Role.ON_CALL))


# ---------------------------------------------------------------------------------- what must be typed
def needs_reason(stack: ProfileStack, policy: Policy, chosen: Sequence[Choice]) -> bool:
    """Whether a person types the reasoning; everywhere else facts and clause are generated.

    Asked for by severity 3 and 4, human-only policies, ban and closing a section, and where policy or measure require
    it in the profile. A policy with `reasoning = "generated"` lets the cited article speak.
    """
    rules = [rule for choice in chosen if (rule := stack.rule_of(choice))]
    asked = {*policy.requires, *(word for rule in rules for word in rule.requires)}
    grave = any(choice.measure in _GRAVE for choice in chosen)
    severe = policy.breach and (policy.severity >= TYPED_FROM or policy.human_only)
    typed = severe and policy.reasoning != "generated"
    return bool(asked & _ASKS_REASON) or grave or typed or policy.reasoning == "typed"


def _missing(draft: Plan, reason: str, article: str, language: str) -> tuple[str, ...]:
    found = []
    if not draft.chosen:
        found.append("missing.measure")
    if draft.needs_article and not article.strip():
        found.append("missing.article")
    if draft.needs_reason and not reason.strip():
        found.append("missing.reason")
    return tuple(say(language, key) for key in found)


# ---------------------------------------------------------------------------------- may it be made
def _why_not(rail: Rail, policy: Policy, draft: Plan) -> str:
    if not may_decide(rail.s, rail.s.decider):
        return rail.say("why.no_decider")
    try:
        today = rail.s.now.astimezone(zone(rail.stack.timezone)).date()
        rail.stack.refuse_before_in_force(policy, today)
    except NotAllowed as error:
        return f"{error.what} {error.why}"
    each = next((why for choice in draft.chosen if (why := rail.why_not(choice))), "")
    return each or rail.contradiction(draft.chosen) or ("" if draft.approvals.possible else _together(rail, draft))


def _together(rail: Rail, draft: Plan) -> str:
    return f"{rail.say('approval.together')} {draft.approvals.why_not(rail.language)}"


def may_decide(s: Situation, person: PersonId) -> bool:
    """Whether somebody is an enrolled member of the desk whose roles let them judge items."""
    return any(same_person(p.id, person) and p.state is PersonState.ENROLLED and p.may_decide for p in s.people)


# ---------------------------------------------------------------------------------- chips
def _chips(rail: Rail, policy: Policy, draft: Plan) -> tuple[str, ...]:
    noun = rail.say(f"noun.{rail.s.item.type}")
    chips = [_clock_chip(rail, clock) for clock in draft.clocks]
    chips += [clock.warning for clock in draft.clocks if clock.warning]
    if any(not rail.reversible(choice) for choice in draft.chosen):
        chips.append(rail.say("chip.irreversible"))
    if not rail.s.viewed and points_for(rail.stack.ladder, policy, draft.chosen):
        chips.append(rail.say("chip.not_viewed", noun=noun))
    restored = any(row.order.measure is Measure.RESTORE for row in draft.orders)
    if policy.tier == "none" and rail.s.revision.visibility is Visibility.HIDDEN and not restored:
        chips.append(rail.say("chip.still_hidden", noun=noun))
    if policy.breach and not rail.s.author_uid:
        chips.append(rail.say("chip.author_unknown"))
    if policy.care:
        chips.append(rail.say("chip.care"))
    return tuple(chips)


def _clock_chip(rail: Rail, clock: PlannedClock) -> str:
    if clock.house:
        return rail.say("chip.house", amount=clock.amount)
    return rail.say("chip.legal", amount=clock.amount, basis=clock.basis)


__all__ = [
    "Plan",
    "PlannedClock",
    "PlannedMeasure",
    "PlannedOrder",
    "Situation",
    "Strike",
    "may_decide",
    "needs_reason",
    "plan",
    "sentence",
]
