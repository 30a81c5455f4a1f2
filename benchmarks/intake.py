"""Pulling: screen, seal, index and journal, beside a straight script that parses, encrypts, indexes and commits."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from modstation.bootstrap import OpenDesk, Parts, create_desk
from modstation.desk import intake
from modstation.models.ids import PersonId
from modstation.models.items import Flag, Observation, Page, Revision
from modstation.models.people import Role
from modstation.store.sqlcipher import Connection, open_store
from modstation.store.words import index_words

from . import _grown
from .harness import Claim, Spent, median, once, percentile, spent

ROUNDS = 3
ITEMS = 4000


def _script(place: Path) -> Connection:
    db = open_store(place / "script.db", os.urandom(48))
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE TABLE post (id INTEGER PRIMARY KEY, target TEXT, author TEXT, at INTEGER, sealed BLOB)")
    db.execute("CREATE INDEX post_at ON post (at, id)")
    db.execute("CREATE TABLE flag (id INTEGER PRIMARY KEY, target TEXT, state TEXT, at INTEGER, sealed BLOB)")
    db.execute("CREATE VIRTUAL TABLE search USING fts5 (words, content = '', contentless_delete = 1)")
    return db


def _plain(row: Observation) -> dict[str, Any]:
    if isinstance(row, Revision):
        return {"k": "post", "t": str(row.item), "a": row.author.name, "title": row.title, "body": row.body}
    return {"k": "flag", "t": str(row.item), "a": row.reporter.name, "title": "", "body": row.reason}


def _run_script(db: Connection, texts: list[str]) -> None:
    """What anybody would write: parse, encrypt under one key, insert, index, commit each fifty rows."""
    cipher = AESGCM(os.urandom(32))
    for start in range(0, len(texts), 50):
        rows = [json.loads(text) for text in texts[start : start + 50]]
        db.execute("BEGIN IMMEDIATE")
        for row in rows:
            nonce = os.urandom(12)
            sealed = nonce + cipher.encrypt(nonce, json.dumps([row["title"], row["body"], row["a"]]).encode(), b"")
            if row["k"] == "post":
                number = db.execute(
                    "INSERT INTO post (target, author, at, sealed) VALUES (?,?,?,?)", (row["t"], row["a"], 0, sealed)
                ).lastrowid
                words = index_words(row["title"], row["body"], row["a"])
                db.execute("INSERT INTO search (rowid, words) VALUES (?,?)", (number, words))
            else:
                db.execute(
                    "INSERT INTO flag (target, state, at, sealed) VALUES (?,?,?,?)", (row["t"], "open", 0, sealed)
                )
        db.execute("COMMIT")


def _desk(place: Path) -> OpenDesk:
    parts = Parts(cost=_grown.PARTS.cost)
    made, _ = create_desk(place / "desk", PersonId("bench"), frozenset({Role.MODERATOR}), _grown.PASSPHRASE, parts)
    made.shared.screen.check([row for row in _grown.observations(1) if isinstance(row, Revision)])
    return made


def _waits(desk: OpenDesk, first: int) -> tuple[list[float], list[float]]:
    """Milliseconds that a person's empty transaction takes: with nothing else going on, and while a pull writes."""

    def act() -> None:
        with desk.shared.store.writing():
            pass

    alone = [1000 * once(act) for _ in range(200)]
    page = Page("flags", tuple(_grown.observations(ITEMS, first)), "")
    pull = threading.Thread(target=intake.take_page, args=(desk.work, _grown.FORUM, page))
    pulled = []
    pull.start()
    while pull.is_alive():
        pulled.append(1000 * once(act))
        time.sleep(0.01)
    pull.join()
    return alone, pulled


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """Items a second of both, in turns, in files of their own."""
    ours: list[Spent] = []
    theirs: list[Spent] = []
    with tempfile.TemporaryDirectory() as folder:
        desk, script = _desk(Path(folder)), _script(Path(folder))
        for number in range(rounds + 1):
            rows = list(_grown.observations(ITEMS, number * ITEMS))
            texts = [json.dumps(_plain(row)) for row in rows]
            flags = sum(isinstance(row, Flag) for row in rows)
            page = Page("flags", tuple(rows), "")
            taken = spent(partial(intake.take_page, desk.work, _grown.FORUM, page))
            beside = spent(partial(_run_script, script, texts))
            if number:
                ours.append(taken)
                theirs.append(beside)
        alone, pulled = _waits(desk, (rounds + 1) * ITEMS)
        desk.close()
        script.close()
    speed, straight = (ITEMS / median([each.wall for each in them]) for them in (ours, theirs))
    work, plain = (ITEMS / median([each.cpu for each in them]) for them in (ours, theirs))
    note = {
        "straight script": round(straight),
        "items a second of processor": round(work),
        "script, a second of processor": round(plain),
        "reports among the rows": flags,
    }
    yield Claim("pull, screen, seal, index, journal", speed, "items/s", 5000, "at least", note, ITEMS, rounds).line()
    share = work / plain
    yield Claim("the same as a share of the script", share, "ratio", 0.5, "at least", note, ITEMS, rounds).line()
    held = {"median": round(median(pulled), 2), "p99 without a pull": round(percentile(alone, 0.99), 2)}
    worst = percentile(pulled, 0.99)
    name = "a person's commit while a pull writes, p99"
    yield Claim(name, worst, "ms", 5, "at most", held, ITEMS, len(pulled)).line()
