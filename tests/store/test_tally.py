"""The counts of the top bar are kept, not counted: they must always equal what a count would say."""

from __future__ import annotations

import random
from pathlib import Path

from tests.store.store_parts import bench, flag, revision

from modstation.models.ids import case_of
from modstation.store.events import Draft
from modstation.store.rebuild import rebuild
from modstation.store.sqlcipher import Connection


def counted(db: Connection) -> dict[int, int]:
    """What a walk over all items says."""
    return dict(db.execute("SELECT state, count(*) FROM item GROUP BY state").fetchall())


def kept(db: Connection) -> dict[int, int]:
    """What is kept, states without items left out."""
    return {state: items for state, items in db.execute("SELECT state, items FROM tally") if items}


def test_the_kept_counts_follow_items_as_they_come_and_change_state(tmp_path: Path) -> None:
    chance = random.Random(5)
    with bench(tmp_path / "desk") as made:
        made.take([row for n in range(1, 30) for row in (revision(n), flag(n, n))])
        for step in range(40):
            case = case_of(revision(chance.randint(1, 29)).item)
            kind, body = (
                ("item.parked", {"until": step + 1}) if chance.random() < 0.6 else ("item.returned", {"why": ""})
            )
            with made.store.writing() as tx:
                tx.append(Draft(kind, case, body), made.ann if kind == "item.parked" else None)
            if step % 10 == 0:
                made.take([flag(chance.randint(1, 40), 100 + step)])
            with made.store.reading() as reader:
                assert kept(reader.db) == counted(reader.db)
        with made.store.exclusive() as (db, _):
            db.execute("UPDATE tally SET items = 7")
            rebuild(db)
            assert kept(db) == counted(db)


def test_an_item_folded_within_its_first_transaction_counts_once(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision(1)])
        with made.store.writing() as tx:
            number = tx.item_no(revision(2).item)
            tx.append(Draft("item.parked", case_of(revision(2).item), {"until": 5}), made.ann)
            tx.refold_now(number)
        with made.store.reading() as reader:
            assert kept(reader.db) == counted(reader.db)
            assert sum(kept(reader.db).values()) == 2


def test_a_change_that_is_rolled_back_leaves_the_counts(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision(1)])
        try:
            with made.store.writing() as tx:
                tx.append(Draft("item.parked", case_of(revision(1).item), {"until": 5}), made.ann)
                tx.refold_now(1)
                raise KeyError
        except KeyError:
            pass
        with made.store.reading() as reader:
            assert kept(reader.db) == counted(reader.db)
