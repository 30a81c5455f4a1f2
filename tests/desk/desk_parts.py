"""A whole desk for tests: vault, store, rules and people as bootstrap wires them, with a clock moved by hand."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.store.store_parts import FORUM, HandClock, dump, flag, revision

from modstation.bootstrap import OpenDesk, Parts, create_desk, enrol_person, open_desk, reopen
from modstation.desk.desk import Desk
from modstation.desk.intake import Taken, take_page
from modstation.models.ids import DecisionId, PersonId, PolicyId
from modstation.models.items import Flag, Observation, Page
from modstation.models.measures import Choice, Measure
from modstation.models.people import Role
from modstation.models.screen import Changed, QueueFilter, QueueState
from modstation.models.time import Clock
from modstation.store.kdf import KdfCost
from modstation.store.verify import Report, verify

CHEAP = KdfCost(memory_kib=64, passes=1, lanes=1)
PASSPHRASE = "a demo passphrase of four words"
PROFILES = ("cn-forum-2017", "riverside-terms")
AD, SPAM, INSULT = PolicyId("terms.contact_ad"), PolicyId("terms.spam"), PolicyId("terms.insult")
CLEAN = PolicyId("none")
HIDE, REMOVE, WARN, BAN, NONE = (
    Choice(Measure.HIDE), Choice(Measure.REMOVE), Choice(Measure.WARN), Choice(Measure.BAN), Choice(Measure.NONE),
)  # fmt: skip
#: Who is at the desk, the founder first.
PEOPLE: dict[str, tuple[Role, ...]] = {
    "demo-admin": (Role.ADMINISTRATOR, Role.MODERATOR),
    "demo-mod": (Role.MODERATOR,),
    "demo-sup": (Role.SUPERVISOR,),
    "demo-com": (Role.COMPLIANCE, Role.LEGAL, Role.ON_CALL),
}


def mute(days: int | None) -> Choice:
    return Choice(Measure.MUTE, days)


@dataclass(slots=True)
class Office:
    """An open desk with everybody who works there, each with their own sitting over one store."""

    folder: Path
    clock: Any
    parts: Parts
    sittings: dict[str, OpenDesk] = field(default_factory=dict)

    @property
    def first(self) -> OpenDesk:
        return next(iter(self.sittings.values()))

    def __getitem__(self, name: str) -> Desk:
        return self.open(name).desk

    def open(self, name: str) -> OpenDesk:
        if name not in self.sittings:
            self.sittings[name] = reopen(self.first.shared, name, PASSPHRASE)
        return self.sittings[name]

    @property
    def mod(self) -> Desk:
        return self["demo-mod"]

    @property
    def sup(self) -> Desk:
        return self["demo-sup"]

    @property
    def com(self) -> Desk:
        return self["demo-com"]

    def pull(self, *rows: Observation, **page: Any) -> Taken:
        return take_page(self.first.work, FORUM, Page("flags", rows, "s", **page))

    def post(self, target: int = 1, body: str = "cheap tickets, write to my channel", **changes: Any) -> int:
        """A reported post; its number in the queue."""
        self.pull(revision(target, body, **changes), flag(target, target))
        return self.mod.number_of(f"{FORUM}/post/{target}")

    def queue(self, state: QueueState = QueueState.OPEN) -> list[int]:
        return list(self.mod.queue_ids(QueueFilter(state=state)))

    def sql(self, text: str, *values: Any) -> list[Any]:
        with self.first.shared.store.reading() as reader:
            return list(reader.db.execute(text, values).fetchall())

    def kinds(self) -> list[str]:
        return [kind for (kind,) in self.sql("SELECT kind FROM event ORDER BY id")]

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(body) for (body,) in self.sql("SELECT body FROM event WHERE kind = ? ORDER BY id", kind)]

    def rows(self, decision: str | None = None) -> list[tuple[Any, ...]]:
        """State and what is asked for of outbox rows, in their order."""
        where, values = ("WHERE decision = ?", (decision,)) if decision else ("", ())
        found = self.sql(f"SELECT state, body FROM outbox {where} ORDER BY at, place", *values)
        orders = [(state, json.loads(body)["order"]) for state, body in found]
        return [(state, order["kind"], order["measure"], order["account"]) for state, order in orders]

    def dump(self) -> dict[str, list[Any]]:
        with self.first.shared.store.reading() as reader:
            return dump(reader.db)

    def verify(self) -> Report:
        with self.first.shared.store.reading() as reader:
            return verify(reader.db, trusted=self.first.shared.trusted_keys())

    def close(self) -> None:
        for sitting in self.sittings.values():
            sitting.close()
        self.sittings.clear()

    def decide(
        self, who: str, no: int, *choices: Choice, policy: PolicyId = AD, reason: str = "", **more: Any
    ) -> Changed:
        """Open an item and decide it, as a person at the window does."""
        desk = self[who]
        seen = desk.open_item(no)
        more.setdefault("expect", seen.revision_hash)
        return desk.decide(no, policy, choices or (HIDE,), reason, **more)


def named(told: Changed) -> DecisionId:
    assert told.decision is not None
    return told.decision


@cache
def _template() -> Path:
    """A desk with all its people, made once a process and copied for every test."""
    folder = Path(tempfile.mkdtemp(prefix="desk-template-")) / "desk"
    parts = Parts(clock=HandClock(), cost=CHEAP, hold_seconds=0)
    (founder, roles), *rest = PEOPLE.items()
    desk, _ = create_desk(folder, PersonId(founder), frozenset(roles), PASSPHRASE, parts)
    desk.add_forum(FORUM, "nodebb", "http://127.0.0.1:9", "demo-token", PROFILES)
    approver: OpenDesk | None = None
    for name, own in rest:
        added = desk.members.add(PersonId(name), frozenset(own))
        if added.state == "proposed":
            assert approver is not None
            approver.members.answer(added.proposal, True, "demo")
        enrol_person(folder, PersonId(name), added.code, PASSPHRASE, parts).close()
        approver = approver or reopen(desk.shared, name, PASSPHRASE)
    desk.close()
    return folder


@contextmanager
def office(folder: Path, clock: Clock | None = None, hold: int | None = 10) -> Iterator[Office]:
    """A fresh copy of the desk with all its people, opened by its administrator."""
    shutil.copytree(_template(), folder)
    with opened(folder, clock, hold) as made:
        yield made


@contextmanager
def opened(
    folder: Path, clock: Clock | None = None, hold: int | None = 10, who: str = "demo-admin"
) -> Iterator[Office]:
    """An existing desk, opened again."""
    clock = clock or HandClock()
    parts = Parts(clock=clock, cost=CHEAP, hold_seconds=hold)
    made = Office(folder, clock, parts, {who: open_desk(folder, who, PASSPHRASE, parts)})
    try:
        yield made
    finally:
        made.close()


def many(first: int, count: int) -> list[Observation]:
    rows: list[Observation] = []
    for number in range(first, first + count):
        rows += [revision(number, f"post number {number}"), flag(number, number)]
    return rows


def reports(rows: Sequence[Observation]) -> int:
    return sum(isinstance(row, Flag) for row in rows)
