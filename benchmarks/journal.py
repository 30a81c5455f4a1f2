"""Checking and rebuilding: links, signatures, and rows folded anew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modstation.bootstrap import create_desk
from modstation.models.ids import PersonId, case_of
from modstation.models.people import Role
from modstation.store.events import Draft
from modstation.store.rebuild import rebuild
from modstation.store.verify import chain_holds, verify

from . import _grown
from .harness import Claim, Spent, median, spent

ROUNDS = 3
EVENTS = 20_000


def _notes(place: Path) -> Iterator[tuple[str, Spent]]:
    """A desk with many signed rows; each way of checking it, and the signatures alone, with what it took."""
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
        yield "links", spent(lambda: chain_holds(reader.db))
        yield "whole", spent(lambda: verify(reader.db))
    desk.close()
    key = Ed25519PrivateKey.generate()
    public, signed = key.public_key(), key.sign(bytes(32))
    yield "alone", spent(lambda: [public.verify(signed, bytes(32)) for _ in range(EVENTS)])


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """Rows a second of each."""
    found: dict[str, list[Spent]] = {"links": [], "whole": [], "alone": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for name, taken in _notes(Path(folder)):
                found[name].append(taken)
    wall = {name: EVENTS / median([each.wall for each in them]) for name, them in found.items()}
    work = {name: EVENTS / median([each.cpu for each in them]) for name, them in found.items()}
    beside = {"by the clock": round(wall["links"]), "everything at once": round(work["whole"])}
    yield Claim("verify, links", work["links"], "rows/s a core", 100_000, "at least", beside, EVENTS, rounds).line()
    beside = {"by the clock": round(wall["whole"]), "the signatures alone": round(work["alone"])}
    yield Claim("verify, signatures", work["whole"], "rows/s a core", 8000, "at least", beside, EVENTS, rounds).line()
    yield from _rebuilt()


def _rebuilt() -> Iterator[dict[str, object]]:
    rows = min(_grown.LARGE, 100_000)
    desk = _grown.opened(rows)
    try:
        with desk.shared.store.exclusive() as (db, _):
            done: list[int] = []
            taken = spent(lambda: done.append(rebuild(db)))
    finally:
        desk.close()
    beside = {"items": rows, "by the clock": round(done[0] / taken.wall)}
    yield Claim("rebuild", done[0] / taken.cpu, "rows/s a core", 20_000, "at least", beside, done[0]).line()
