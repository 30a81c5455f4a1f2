"""Which measures stand on the rail for an item, and why one of them may not be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from modstation.models.ids import TargetType
from modstation.models.items import Visibility
from modstation.models.measures import OPPOSITE, Choice, Measure

from .approvals import Approvals, approvals_of, rows_for
from .blocks import Policy
from .ladder import MAX_DAYS, fits, live_strikes, on_rail, recommended
from .situation import PlannedMeasure, Situation
from .stack import ProfileStack
from .texts import fitting, say

#: Pairs that exclude each other.
_CONTRARY = (
    (Measure.RESTORE, Measure.REMOVE),
    (Measure.RESTORE, Measure.HIDE),
    (Measure.RESTORE, Measure.PURGE),
    (Measure.REMOVE, Measure.PURGE),
    (Measure.MUTE, Measure.UNMUTE),
    (Measure.BAN, Measure.UNBAN),
    (Measure.LOCK, Measure.UNLOCK),
)

#: Measures that take another one back; they are taken back by doing that one again.
_UNDOING = frozenset({Measure.RESTORE, Measure.UNLOCK, Measure.UNMUTE, Measure.UNBAN})

#: What may be done to an author whose post was not opened: only what takes something back.
_HARMLESS = (Measure.UNMUTE, Measure.UNBAN)


def label(language: str, stack: ProfileStack, choice: Choice, kind: str = TargetType.POST) -> str:
    """A measure's name on the rail, with its days: the profile's own name where it has one."""
    rule = stack.rule_of(choice)
    named = rule.name.get(language) if rule else ""
    word = named or fitting(language, f"label.{choice.measure}", kind)
    if choice.days is not None:
        return say(language, "label.days", label=word, days=choice.days)
    endless = choice.measure is Measure.MUTE and not named
    return say(language, "label.endless", label=word) if endless else word


@dataclass(frozen=True)
class Rail:
    """The rail of one item under one policy, for `batch` items decided together.

    Answers are kept while the rail stands, because a preview asks for each several times.
    """

    stack: ProfileStack
    s: Situation
    policy: Policy | None
    language: str
    batch: int = 1
    _asked: dict[tuple[Choice, ...], Approvals] = field(default_factory=dict)
    _answered: dict[Choice, str] = field(default_factory=dict)

    @cached_property
    def live(self) -> int:
        """Live strikes of the author now."""
        return live_strikes(self.s.strikes, self.s.now, self.stack.ladder)

    def say(self, key: str, **values: object) -> str:
        """A text in the language of the screen."""
        return say(self.language, key, **values)

    def label(self, choice: Choice) -> str:
        """A measure's name on this rail."""
        return label(self.language, self.stack, choice, self.s.item.type)

    def approvals(self, choices: Sequence[Choice]) -> Approvals:
        """What these measures need together."""
        key = tuple(choices)
        if key not in self._asked:
            self._asked[key] = approvals_of(rows_for(self.stack, self.policy, key, self.batch), self.s)
        return self._asked[key]

    @cached_property
    def recommended(self) -> tuple[Choice, ...]:
        """What the ladder recommends of what is possible; nothing before a policy was chosen."""
        if self.policy is None:
            return ()
        return recommended(self.stack, self.policy, self.live, lambda choice: not self.why_not(choice))

    def offered(self, chosen: Sequence[Choice]) -> tuple[PlannedMeasure, ...]:
        """Every measure that fits, in the order of the profiles; "none" last under a breach."""
        fitting = [c for c in on_rail(self.stack, self.policy, self.live, self.s.item.type) if self._sensible(c)]
        swapped = {c: self._in_place_of(c, chosen) for c in fitting}
        extra = [c for c in chosen if c not in swapped.values()]
        breach = self.policy is not None and self.policy.breach
        order = sorted([*swapped.values(), *extra], key=lambda c: breach and c.measure is Measure.NONE)
        return tuple(self._planned(choice) for choice in dict.fromkeys(order))

    def _sensible(self, choice: Choice) -> bool:
        public = self.s.revision.visibility is Visibility.PUBLIC and self.s.item.type is not TargetType.QUEUED
        return choice.measure is not Measure.RESTORE or not public

    def _in_place_of(self, choice: Choice, chosen: Sequence[Choice]) -> Choice:
        rule = self.stack.rule_of(choice)
        same = (c for c in chosen if c.measure is choice.measure and self.stack.rule_of(c) is rule)
        return next(same, choice)

    def _planned(self, choice: Choice) -> PlannedMeasure:
        approvals = self.approvals([choice])
        return PlannedMeasure(
            choice,
            self.label(choice),
            choice in self.recommended,
            approvals.needs,
            approvals.may,
            approvals.text(self.language),
            self.why_not(choice),
            self.reversible(choice),
        )

    def reversible(self, choice: Choice) -> bool:
        """Whether it can be taken back, by the profile and at this forum. A warning is words: it can be withdrawn."""
        rule, measure = self.stack.rule_of(choice), choice.measure
        if measure in (Measure.NONE, Measure.WARN):
            return True
        if measure in _UNDOING:
            return OPPOSITE[measure] not in self.s.impossible
        return measure in self.s.reversible and (rule is None or rule.reversible)

    # ------------------------------------------------------------------ why not
    def why_not(self, choice: Choice) -> str:
        """Why this measure may not be chosen; "" where it may."""
        if choice not in self._answered:
            self._answered[choice] = self._why_not(choice)
        return self._answered[choice]

    def _why_not(self, choice: Choice) -> str:
        if self.policy is None:
            return self.say("why.no_policy")
        return (
            self._why_not_policy(choice.measure)
            or self._why_not_item(choice)
            or self._why_not_author(choice.measure)
            or self._why_not_days(choice)
            or self.approvals([choice]).why_not(self.language)
        )

    def _why_not_policy(self, measure: Measure) -> str:
        policy = self.policy
        if policy is None or policy.breach or measure is Measure.NONE:
            return ""
        if policy.care:
            return "" if measure is Measure.HIDE else self.say("why.care")
        return "" if measure is Measure.RESTORE else self.say("why.nothing_wrong")

    def _why_not_item(self, choice: Choice) -> str:
        measure, kind = choice.measure, self.s.item.type
        rule = self.stack.rule_of(choice)
        if not self.stack.offers(measure):
            return self.say("why.not_named")
        if rule and measure is not Measure.NONE and not fits(rule.target, kind):
            return self.say("why.not_for", thing=self.say(f"thing.{kind}"))
        if measure is Measure.HIDE and kind is TargetType.QUEUED:
            return self.say("why.not_public")
        if measure in (Measure.LOCK, Measure.UNLOCK) and not (self.s.thread or kind is TargetType.TOPIC):
            return self.say("why.no_thread")
        return self.s.impossible.get(self._sent(measure), "")

    def _sent(self, measure: Measure) -> Measure:
        lets_through = self.policy is not None and self.policy.tier == "none" and measure is Measure.NONE
        return Measure.RESTORE if lets_through and self.s.item.type is TargetType.QUEUED else measure

    def _why_not_author(self, measure: Measure) -> str:
        if not measure.on_account:
            return ""
        if not self.s.author_uid and self.s.item.type is not TargetType.ACCOUNT:
            return self.say("why.no_account")
        return "" if self.s.viewed or measure in _HARMLESS else self.say("why.not_viewed")

    def _why_not_days(self, choice: Choice) -> str:
        rule, days, name = self.stack.rule_of(choice), choice.days, self.say(f"label.{choice.measure}")
        if not choice.measure.takes_days:
            return "" if days is None else self.say("why.days_none", one=name)
        most = rule.max_days if rule else 0
        if days is None:
            needed = bool(most) or bool(rule and rule.days == "required")
            return self.say("why.days_needed", one=name) if needed else ""
        if rule and rule.days == "never":
            return self.say("why.days_none", one=name)
        if most and not 1 <= days <= most:
            return self.say("why.days_range", one=name, max=most)
        return "" if 1 <= days <= MAX_DAYS else self.say("why.days_positive", one=name)

    def contradiction(self, chosen: Sequence[Choice]) -> str:
        """Why these measures cannot be chosen together; "" where they can."""
        measures = [choice.measure for choice in chosen]
        for measure in measures:
            if measures.count(measure) > 1:
                return self.say("why.twice", one=self.say(f"label.{measure}"))
        others = [measure for measure in measures if measure is not Measure.NONE]
        clash = next((pair for pair in _CONTRARY if set(pair) <= set(measures)), None)
        if Measure.NONE in measures and others:
            clash = (Measure.NONE, others[0])
        if clash:
            one, other = (self.say(f"label.{measure}") for measure in clash)
            return self.say("why.contradict", one=one, other=other)
        return ""
