"""A store of its own for each test: real SQLCipher files under fresh keys, a clock moved by hand, rows to fill it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modstation.models.ids import CaseId, DeskId, ForumName, ItemKey, TargetType, case_of
from modstation.models.items import Account, Attachment, Flag, FlagState, Observation, Revision, Visibility
from modstation.models.time import to_ms
from modstation.store.blobs import pack
from modstation.store.events import Draft, Event, Pen, Signer
from modstation.store.keyslots import KeyClass, Keys, key_id
from modstation.store.pages import Checked, answer, prepare_all
from modstation.store.store import Store
from modstation.store.transaction import Transaction

Check = Callable[[Sequence[Revision]], Sequence[Checked]]
FORUM = ForumName("riverside")
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PROJECTIONS = ("item", "decision", "outbox", "strike", "participation", "escalation", "person", "forum")


@dataclass(slots=True)
class HandClock:
    """A clock that stands until the test moves it."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def fresh_keys(desk: str = "desk-one") -> Keys:
    """Keys of a desk that nobody had to unlock."""
    return Keys(
        store_key=os.urandom(48),
        keyfile_key=os.urandom(48),
        classes={name: os.urandom(32) for name in KeyClass},
        desk_signing=Ed25519PrivateKey.generate(),
        desk_id=DeskId(desk),
    )


def public_hex(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def pen_of(name: str, key: Ed25519PrivateKey | None = None) -> Pen:
    key = key or Ed25519PrivateKey.generate()
    return Pen(name, key_id(key.public_key().public_bytes_raw()), key, secrets.token_hex(4), Signer.PERSON)


@dataclass(slots=True)
class Bench:
    """An open store with two members of the desk."""

    store: Store
    keys: Keys
    clock: HandClock
    ann: Pen
    ben: Pen
    others: dict[str, Pen] = field(default_factory=dict)

    def append(self, draft: Draft, pen: Pen | None = None) -> Event:
        with self.store.writing() as tx:
            return tx.append(draft, pen)

    def take(self, rows: Sequence[Observation], check: Check | None = None) -> list[int]:
        return take(self.store, rows, check)

    def store_has(self, target: int) -> bool:
        """Whether a post was seen already."""
        with self.store.reading() as reader:
            return bool(reader.db.execute("SELECT 1 FROM item_key WHERE key = ?", (str(key_of(target)),)).fetchone())

    def dump(self) -> dict[str, list[Any]]:
        with self.store.reading() as reader:
            return dump(reader.db)

    def raw(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        """What somebody with the key and a SQL prompt could do."""
        with self.store.exclusive() as (db, _):
            for sql, values in statements:
                db.execute(sql, values)


def nothing(rows: Sequence[Revision]) -> Sequence[Checked]:
    return [Checked() for _ in rows]


def take(store: Store, rows: Sequence[Observation], check: Check | None = None) -> list[int]:
    """Store observations as one pulled page."""
    answers = [answer(row) for row in rows]
    told = iter((check or nothing)([row for row in rows if isinstance(row, Revision)]))
    checked = [(each, next(told) if isinstance(each.row, Revision) else Checked()) for each in answers]
    prepared = prepare_all(checked, store.sealer, store.reserve(len(rows)))
    with store.writing(person=False) as tx:
        return tx.add_page(FORUM, "flags", prepared, "state")


def dump(db: Any) -> dict[str, list[Any]]:
    """All projection rows, in an order of their own."""
    return {table: sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in PROJECTIONS}


def drop_triggers(db: Any) -> None:
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{name}"')


@contextmanager
def bench(folder: Path, clock: HandClock | None = None) -> Iterator[Bench]:
    """A store whose journal begins as every desk's does: founded by Ann, joined by Ben."""
    folder.mkdir(parents=True, exist_ok=True)
    keys, clock = fresh_keys(), clock or HandClock()
    store = Store(folder, keys, keys.desk_id, clock, "session")
    made = Bench(store, keys, clock, pen_of("ann"), pen_of("ben"))
    try:
        found(made)
        yield made
    finally:
        store.close()


def found(made: Bench) -> None:
    with made.store.writing() as tx:
        body = {
            "founder": "ann",
            "roles": ["moderator"],
            "founder_key": public_hex(made.ann.key),
            "desk_key": public_hex(made.keys.desk_signing),
        }
        tx.append(Draft("desk.created", "", body), made.ann)
        add = {"proposal": "P-BEN", "person": "ben", "roles": ["supervisor"], "needs": 0, "change": "add"}
        tx.append(Draft("person.added", "", add), made.ann)
        tx.append(Draft("person.enrolled", "", {"person": "ben", "key": public_hex(made.ben.key)}), made.ben)
        forum = {"forum": FORUM, "kind": "nodebb", "profiles": ["cn-forum-2017", "riverside-terms"]}
        tx.append(
            Draft("forum.added", "", forum, {"sealed": pack({"url": "http://127.0.0.1:9", "token": "t"})}), made.ann
        )


def key_of(target: int | str, kind: TargetType = TargetType.POST) -> ItemKey:
    return ItemKey(FORUM, kind, str(target))


def case(target: int | str) -> CaseId:
    return case_of(key_of(target))


def revision(target: int = 1, body: str = "cheap tickets, write to my channel", **changes: Any) -> Revision:
    usual: dict[str, Any] = {
        "item": key_of(target),
        "fetched": NOON,
        "author": Account(str(40 + target % 7), f"demo_author_{target % 7}"),
        "title": "",
        "body": body,
        "visibility": Visibility.PUBLIC,
        "section": str(1 + target % 4),
        "section_name": "Market",
        "thread": "9",
        "url": f"http://127.0.0.1:9/post/{target}",
        "attachments": (Attachment("http://127.0.0.1:9/a.png", "a.png", "image/png"),),
    }
    return Revision(**(usual | changes))


def flag(target: int = 1, number: int | str = 1, reporter: str = "11", **changes: Any) -> Flag:
    usual: dict[str, Any] = {
        "item": key_of(target),
        "fetched": NOON,
        "flag_id": str(number),
        "state": FlagState.OPEN,
        "reporter": Account(reporter, f"demo_reporter_{reporter}"),
        "reason": "spam",
        "at": NOON - timedelta(minutes=30),
    }
    return Flag(**(usual | changes))


def order_body(row: str, target: int = 1, **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "row": row,
        "kind": "measure",
        "measure": "hide",
        "item": str(key_of(target)),
        "account": "41",
        "thread": "9",
        "section": "1",
        "until": 0,
        "flags": [],
        "flag_state": "",
        "after": "",
        "needs": 0,
    }
    return usual | changes


def decision(name: str, target: int = 1, rows: Sequence[dict[str, Any]] = (), **changes: Any) -> Draft:
    """A decision's journal row as the desk writes it."""
    body: dict[str, Any] = {
        "decision": name,
        "item": str(key_of(target)),
        "policy": "terms.contact_ad",
        "severity": 1,
        "choices": [["hide", 0]],
        "points": 1,
        "author": "41",
        "profile": "riverside",
        "profile_hash": "0" * 64,
        "orders": list(rows),
        "hold_until": to_ms(NOON) + 10_000,
        "needs": 0,
        "seen": {"flags": [], "revision": ""},
        "batch": "",
        "reverses": "",
        "clocks": [],
    }
    return Draft("decision.made", case(target), body | changes, {"sealed": pack({"reason": "r", "texts": {}})})


def step(kind: str, target: int = 1, sealed: dict[str, Any] | None = None, **body: Any) -> Draft:
    return Draft(kind, case(target), body, {"sealed": pack(sealed)} if sealed is not None else {})


def last_event(tx: Transaction) -> int:
    return int(tx.db.execute("SELECT max(id) FROM event").fetchone()[0])
