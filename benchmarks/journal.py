"""Checking and rebuilding: links, signatures, and rows folded anew."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from modstation.bootstrap import create_desk
from modstation.models.ids import PersonId, case_of
from modstation.models.people import Role
from modstation.store.events import Draft
from modstation.store.rebuild import rebuild
from modstation.store.verify import chain_holds, verify

from . import _grown
from .harness import Claim, median, once

ROUNDS = 3
EVENTS = 20_000


def _notes(place: Path) -> Iterator[tuple[str, float, int]]:
    """A desk with many signed rows; each way of checking it, with seconds and rows."""
    desk, _ = create_desk(
        place / "desk", PersonId("bench"), frozenset({Role.MODERATOR}), _grown.PASSPHRASE, _grown.PARTS
    )
    items = [row.item for row in _grown.observations(200)][::2]
    with desk.shared.store.writing(person=False) as tx:
        for item in items:
            tx.item_no(item)
        for number in range(EVENTS):
            case = case_of(items[number % len(items)])
            tx.append(Draft("item.claimed", case, {"until": number}), desk.work.pen)
    with desk.shared.store.reading() as reader:
        yield "links", once(lambda: chain_holds(reader.db)), EVENTS
        yield "whole", once(lambda: verify(reader.db)), EVENTS
    desk.close()


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """Rows a second of each."""
    found: dict[str, list[float]] = {"links": [], "whole": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for name, seconds, rows in _notes(Path(folder)):
                found[name].append(rows / seconds)
    beside = {"everything at once": round(median(found["whole"]))}
    yield Claim("verify, links", median(found["links"]), "rows/s", 100_000, "at least", beside, EVENTS, rounds).line()
    whole = median(found["whole"])
    yield Claim("verify, signatures", whole, "rows/s a core", 8000, "at least", {}, EVENTS, rounds).line()
    yield from _rebuilt()


def _rebuilt() -> Iterator[dict[str, object]]:
    rows = min(_grown.LARGE, 100_000)
    desk = _grown.opened(rows)
    try:
        with desk.shared.store.exclusive() as (db, _):
            begun = time.perf_counter()
            done = rebuild(db)
            taken = time.perf_counter() - begun
    finally:
        desk.close()
    yield Claim("rebuild", done / taken, "rows/s", 20_000, "at least", {"items": rows}, done).line()
