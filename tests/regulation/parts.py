"""Situations to judge: the demo forum's stack, a desk of people, a post. Names of people are plainly demo names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from modstation.models.ids import ForumName, ItemKey, PersonId, TargetType, case_of
from modstation.models.items import Account, Revision, Visibility
from modstation.models.measures import OPPOSITE, Choice, Measure, OrderKind
from modstation.models.people import Person, PersonState, Role
from modstation.regulation import Plan, PlannedOrder, ProfileStack, Situation, load_stack

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
CN = ("cn-forum-2017", "riverside-terms")
EU = ("eu-dsa", "riverside-terms-eu")
LANGUAGES = ("en", "zh-Hans")

HIDE, REMOVE, RESTORE = Choice(Measure.HIDE), Choice(Measure.REMOVE), Choice(Measure.RESTORE)
WARN, BAN, PURGE, NONE = Choice(Measure.WARN), Choice(Measure.BAN), Choice(Measure.PURGE), Choice(Measure.NONE)


def mute(days: int | None) -> Choice:
    return Choice(Measure.MUTE, days)


@cache
def stack(*names: str) -> ProfileStack:
    return load_stack(names or CN)


def person(name: str, *roles: Role, state: PersonState = PersonState.ENROLLED) -> Person:
    return Person(PersonId(name), frozenset(roles), state)


MOD = person("demo-mod", Role.MODERATOR)
SUP = person("demo-sup", Role.SUPERVISOR)
COM = person("demo-com", Role.COMPLIANCE)
ALL = (MOD, SUP, COM)
ALONE = (person("demo-mod", Role.MODERATOR, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMINISTRATOR),)


def revision(kind: TargetType = TargetType.POST, body: str = "cheap tickets, write to my channel") -> Revision:
    item = ItemKey(ForumName("riverside"), kind, "17")
    return Revision(
        item=item,
        fetched=NOW,
        author=Account("44", "demo_author"),
        title="for sale" if body.isascii() else "",
        body=body,
        visibility=Visibility.PUBLIC,
        section="5",
        section_name="Market",
        thread="9",
        url="http://127.0.0.1:4567/post/17",
        created=NOW - timedelta(days=1),
    )


def situation(kind: TargetType = TargetType.POST, **changes: object) -> Situation:
    shown = revision(kind)
    usual = Situation(
        item=shown.item,
        case=case_of(shown.item),
        revision=shown,
        strikes=(),
        people=ALL,
        decider=MOD.id,
        heard=frozenset(),
        impossible={},
        reversible=frozenset(OPPOSITE),
        flags=("3", "4"),
        reporters=("7", "8"),
        now=NOW,
        found=NOW - timedelta(minutes=20),
        flagged=NOW - timedelta(hours=1),
        hold_seconds=10,
        viewed=True,
        author_uid="44",
        author_name="demo_author",
        thread="9",
        section="5",
        attachments=("http://127.0.0.1:4567/a.png",),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def rows(plan: Plan, kind: OrderKind) -> list[PlannedOrder]:
    return [row for row in plan.orders if row.order.kind is kind]


def measures(plan: Plan) -> list[Measure]:
    return [row.order.measure for row in rows(plan, OrderKind.MEASURE)]


def notices(plan: Plan, to: str) -> list[PlannedOrder]:
    return [row for row in rows(plan, OrderKind.NOTICE) if row.to == to]
