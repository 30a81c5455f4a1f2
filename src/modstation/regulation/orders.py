"""From chosen measures to outbox rows: measures first, then what depends on them.

A notice waits for exactly the measure it tells of, so that none claims what did not happen. A warning is words: its row
is the notice itself, which also tells of the removal it goes with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from modstation.models.ids import TargetType
from modstation.models.items import FlagState, Visibility
from modstation.models.measures import Choice, Measure, Order, OrderKind

from .blocks import Policy
from .notice import author_notice, notice_language, reporter_notice, until_of, wanted
from .situation import PlannedOrder, Situation
from .stack import ProfileStack
from .texts import say

#: Kinds of item that can be hidden while a second person is waited for.
_CAN_BE_HIDDEN = frozenset({TargetType.POST, TargetType.TOPIC, TargetType.MESSAGE, TargetType.MEDIA})


@dataclass
class OrderBook:
    """The rows of one decision while they are put together.

    `waits` says whether a measure waits for approval, `needs` how many such a row needs. `back` marks a reversal.
    """

    stack: ProfileStack
    s: Situation
    policy: Policy
    reason: str
    article: str
    waits: Callable[[Choice], bool]
    needs: int
    back: bool = False
    rows: list[PlannedOrder] = field(default_factory=list)
    places: dict[Measure, int] = field(default_factory=dict)

    def _needs(self, choice: Choice) -> int:
        return self.needs if self.waits(choice) else 0

    def _add(self, order: Order, needs: int, after: int | None, days: int | None = None, to: str = "") -> int:
        self.rows.append(PlannedOrder(order, needs, after, days, to))
        return len(self.rows) - 1

    def _order(self, kind: OrderKind, measure: Measure = Measure.NONE, **more: object) -> Order:
        values: dict[str, object] = {"thread": self.s.thread, "section": self.s.section} | more
        return Order(kind, self.s.item, self.s.case, measure, **values)  # type: ignore[arg-type]

    # ------------------------------------------------------------------ measures
    def measures(self, choices: Sequence[Choice], *, bridge: bool) -> None:
        """A row each: what falls on the item first, what falls on the account after it. `bridge` hides at once."""
        if bridge:
            self.places[Measure.HIDE] = self._measure(Choice(Measure.HIDE), 0)
        for choice in sorted(choices, key=lambda c: c.measure.on_account):
            if choice.measure not in (Measure.NONE, Measure.WARN):
                self.places[choice.measure] = self._measure(choice, self._needs(choice))

    def _measure(self, choice: Choice, needs: int) -> int:
        on_account = choice.measure.on_account
        order = self._order(
            OrderKind.MEASURE,
            choice.measure,
            account=self._account if on_account else "",
            until=until_of(choice, self.s.now),
            reason=self._short_reason(),
            attachments=() if on_account else self.s.attachments,
        )
        return self._add(order, needs, None, choice.days)

    @property
    def _account(self) -> str:
        own = self.s.item.target if self.s.item.type is TargetType.ACCOUNT else ""
        return self.s.author_uid or own

    def _short_reason(self) -> str:
        language = notice_language(self.stack, self.s)
        return f"{self.policy.name.get(language)} ({say(language, 'notice.case', case=self.s.case)})"

    # ------------------------------------------------------------------ answer to the flags
    def _principal(self, choices: Sequence[Choice]) -> int | None:
        """The row whose acknowledgement makes the decision true: the first that waits for nobody, else the first."""
        chosen = [self.places[c.measure] for c in choices if c.measure in self.places]
        return min(chosen, key=lambda place: (self.rows[place].needs, place), default=None)

    def close_flags(self, choices: Sequence[Choice], state: FlagState) -> int | None:
        """The answer to the open flags, after the measure; no row where no flag is open."""
        if not self.s.flags:
            return None
        after = self._principal(choices)
        needs = self.rows[after].needs if after is not None else max((self._needs(c) for c in choices), default=0)
        return self._add(self._order(OrderKind.CLOSE_FLAG, flags=self.s.flags, flag_state=str(state)), needs, after)

    # ------------------------------------------------------------------ notices
    def warning(self, choices: Sequence[Choice]) -> Choice | None:
        """The warning's row, and the measure of the item it tells of in the same message, if any."""
        warn = next((c for c in choices if c.measure is Measure.WARN), None)
        if warn is None or self.back or not self._account:
            return None
        with_it = next((c for c in choices if self._told_with(warn, c)), None)
        content = next((c for c in choices if not c.measure.on_account and c.measure in self.places), None)
        place = self.places[content.measure] if content else None
        needs = max(self._needs(warn), self.rows[place].needs if place is not None else 0)
        self.places[Measure.WARN] = self._tell_author([*([with_it] if with_it else []), warn], needs, place)
        return with_it

    def _told_with(self, warn: Choice, choice: Choice) -> bool:
        fits = choice.measure in self.places and not choice.measure.on_account
        return fits and wanted(self.stack, choice, "author") and self._needs(choice) == self._needs(warn)

    def _tell_author(self, choices: Sequence[Choice], needs: int, after: int | None) -> int:
        text = author_notice(self.stack, self.s, self.policy, choices, self.reason, self.article, back=self.back)
        order = self._order(OrderKind.NOTICE, choices[-1].measure, account=self._account, text=text)
        return self._add(order, needs, after, choices[-1].days, "author")

    def tell_author(self, choices: Sequence[Choice], told: Choice | None) -> None:
        """One notice for each measure that the profile wants told and that no other message told."""
        for choice in choices:
            place = self.places.get(choice.measure)
            known = choice == told or choice.measure is Measure.WARN
            if place is not None and not known and self._account and wanted(self.stack, choice, "author"):
                self._tell_author([choice], self.rows[place].needs, place)

    def withdraw_warning(self) -> None:
        """The notice that takes back a warning: words, after whatever else is taken back."""
        if self._account:
            last = max(self.places.values(), default=None)
            self._tell_author([Choice(Measure.WARN)], self._needs(Choice(Measure.WARN)), last)

    def tell_reporters(self, choices: Sequence[Choice], flag_row: int | None) -> None:
        """One notice to each reporter, after the measure that is to be told, else after the flags are answered."""
        telling = next((c for c in choices if wanted(self.stack, c, "reporter")), None)
        if telling is None:
            return
        after = self.places.get(telling.measure, flag_row)
        needs = self.rows[after].needs if after is not None else self._needs(telling)
        text = reporter_notice(self.stack, self.s, self.policy, back=self.back)
        for uid in dict.fromkeys(self.s.reporters):
            if uid and uid != self._account:
                order = self._order(OrderKind.NOTICE, telling.measure, account=uid, text=text)
                self._add(order, needs, after, to="reporter")


def can_bridge(s: Situation) -> bool:
    """Whether the item can be hidden while a second person is waited for, and is not hidden yet."""
    seen = s.revision.visibility in (Visibility.PUBLIC, Visibility.UNKNOWN)
    return seen and s.item.type in _CAN_BE_HIDDEN and Measure.HIDE not in s.impossible
