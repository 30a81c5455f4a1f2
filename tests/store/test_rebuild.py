"""Rebuilding: from observations and journal alone, all or nothing, and the same as what was kept up to date."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.store_parts import (
    NOON,
    PROJECTIONS,
    Bench,
    bench,
    case,
    decision,
    drop_triggers,
    flag,
    order_body,
    pen_of,
    public_hex,
    revision,
    step,
)

from modstation.models.errors import DamagedFile
from modstation.models.items import FlagState, Revision, Visibility
from modstation.models.time import to_ms
from modstation.store.events import Draft
from modstation.store.pages import Checked
from modstation.store.people import pending_changes, read_people
from modstation.store.rebuild import TABLES, rebuild


def marked(rows: Sequence[Revision]) -> Sequence[Checked]:
    """Screening that finds something in every other text."""
    return [Checked(len(r.body) % 5, ("ad",), "zh", ((0, 1, "plain", "r", "ad", "p", "body"),)) for r in rows]


def fill(made: Bench, chance: random.Random, count: int) -> None:
    """A random past of five posts."""
    rows = 0
    for number in range(count):
        made.clock.move(chance.choice([1, 60, 3600, -5]))
        target = chance.randrange(1, 6)
        if number < 5 or chance.random() < 0.3:
            made.take(
                [
                    revision(
                        target, chance.choice(["a", "bb", "", "便宜出号"]), visibility=chance.choice(list(Visibility))
                    ),
                    flag(target, chance.randrange(1, 3), state=chance.choice(list(FlagState))),
                ],
                marked,
            )
            continue
        if not made.store_has(target):
            continue
        rows += 1
        pick = chance.randrange(9)
        if pick < 3:
            orders = [order_body(f"R-{rows}.{i}", target, needs=chance.randrange(2)) for i in range(2)]
            draft = decision(f"D-{rows}", target, orders, needs=chance.randrange(2))
            made.append(draft, chance.choice([made.ann, made.ben]))
        elif pick == 3:
            made.append(step("item.claimed", target, until=to_ms(NOON)), made.ann)
        elif pick == 4:
            body = {"escalation": f"E-{rows}", "role": "supervisor", "due": 1}
            made.append(step("escalation.made", target, sealed={"note": "n"}, **body), made.ann)
        elif pick == 5:
            row = f"R-{chance.randrange(1, rows + 1)}.0"
            made.append(step("outbox.sending", target, sealed={}, row=row, tries=1))
        elif pick == 6:
            made.append(step("item.parked", target, until=chance.randrange(2)), made.ben)
        elif pick == 7:
            made.append(Draft("future.kind", case(target), {"x": 1}), made.ann)
        else:
            made.append(step("note.added", target, sealed={"note": "n"}, about="item"), made.ben)


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_rebuilding_gives_what_was_kept_up_to_date(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    with bench(tmp_path_factory.mktemp("rebuild") / "desk") as made:
        fill(made, random.Random(seed), 60)
        kept = made.dump()
        with made.store.exclusive() as (db, _):
            rows = rebuild(db)
        assert made.dump() == kept
        assert rows > 10
        made.append(step("item.released"), made.ann)


@pytest.fixture
def small(tmp_path: Path) -> Any:
    with bench(tmp_path / "desk") as made:
        made.take([revision(n) for n in range(1, 4)] + [flag(n, n) for n in range(1, 4)])
        made.append(decision("D-1", rows=[order_body("R-1.1")]), made.ann)
        yield made


def test_lost_or_spoilt_lists_come_back(small: Bench) -> None:
    right = small.dump()
    with small.store.exclusive() as (db, _):
        for table in PROJECTIONS:
            db.execute(f"DELETE FROM {table}")
        db.execute("INSERT INTO person VALUES ('mallory', 'enrolled', '{}')")
        db.execute("INSERT INTO strike VALUES ('D-X', 1, 'riverside', '41', 1, 99)")
        rebuild(db)
    assert small.dump() == right


def test_indexes_and_tables_are_as_migrations_make_them(small: Bench) -> None:
    def shape(db: Any) -> list[tuple[str, str]]:
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
        return [(name, " ".join(sql.replace('"', "").split())) for name, sql in rows]

    with small.store.exclusive() as (db, _):
        before = shape(db)
        rebuild(db)
        assert shape(db) == before
        assert not [name for name, _ in shape(db) if name.startswith("fresh_")]
        assert {name for name, _ in before} >= set(TABLES)


@pytest.mark.promise(1)
def test_stopping_half_way_changes_nothing(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        for start in range(1, 2401, 400):
            made.take([revision(n) for n in range(start, start + 400)])
        right = made.dump()
        with made.store.exclusive() as (db, _):
            heard: list[int] = []
            assert rebuild(db, lambda done: bool(heard.append(done))) == 0
            assert heard
        assert made.dump() == right
        with made.store.exclusive() as (db, _):
            assert not db.in_transaction
            assert rebuild(db) == 2400


@pytest.mark.promise(6)
def test_nothing_is_built_from_a_row_that_was_altered(small: Bench) -> None:
    with small.store.exclusive() as (db, _):
        drop_triggers(db)
        db.execute("UPDATE event SET actor = 'ben' WHERE kind = 'decision.made'")
    right = small.dump()
    with small.store.exclusive() as (db, _), pytest.raises(DamagedFile, match="cannot be trusted"):
        rebuild(db)
    assert small.dump() == right


def test_nothing_is_built_from_an_observation_that_was_altered(small: Bench) -> None:
    with small.store.exclusive() as (db, _):
        drop_triggers(db)
        db.execute("UPDATE observation SET item = 2 WHERE item = 1")
        with pytest.raises(DamagedFile, match="moved to another item"):
            rebuild(db)


# ---------------------------------------------------------------------------------- people
def people(made: Bench) -> dict[str, tuple[str, list[str]]]:
    with made.store.reading() as reader:
        return {p.id: (str(p.state), sorted(p.roles)) for p in read_people(reader.db)}


def add(name: str, proposal: str, needs: int, *roles: str, change: str = "add") -> Draft:
    return Draft(
        "person.added",
        "",
        {"proposal": proposal, "person": name, "roles": list(roles), "needs": needs, "change": change},
    )


def test_a_newcomer_is_proposed_approved_enrolled_and_removed(small: Bench) -> None:
    cem = pen_of("cem")
    small.append(add("cem", "P-1", 1, "moderator"), small.ann)
    assert people(small)["cem"] == ("proposed", [])
    with small.store.reading() as reader:
        assert [(who, each["by"]) for who, each in pending_changes(reader.db)] == [("cem", "ann")]
    small.append(Draft("person.approved", "", {"proposal": "P-1"}), small.ben)
    assert people(small)["cem"] == ("invited", ["moderator"])
    small.append(Draft("person.enrolled", "", {"person": "cem", "key": public_hex(cem.key)}), cem)
    assert people(small)["cem"] == ("enrolled", ["moderator"])
    small.append(add("cem", "P-2", 1, "supervisor", change="roles"), small.ann)
    assert people(small)["cem"] == ("enrolled", ["moderator"]), "nothing changes before the second yes"
    small.append(Draft("person.approved", "", {"proposal": "P-2"}), small.ben)
    assert people(small)["cem"] == ("enrolled", ["supervisor"])
    small.append(Draft("person.reset", "", {"proposal": "P-3", "person": "cem", "needs": 0}), small.ann)
    assert people(small)["cem"] == ("invited", ["supervisor"])
    small.append(Draft("person.removed", "", {"proposal": "P-4", "person": "cem", "needs": 0}), small.ann)
    assert people(small)["cem"][0] == "removed"
    kept = small.dump()
    with small.store.exclusive() as (db, _):
        rebuild(db)
    assert small.dump() == kept


@pytest.mark.promise(6)
def test_the_proposer_of_a_person_cannot_say_the_second_yes(small: Bench) -> None:
    small.append(add("cem", "P-1", 1, "moderator"), small.ann)
    with pytest.raises(DamagedFile):
        small.append(Draft("person.approved", "", {"proposal": "P-1"}), small.ann)
    assert people(small)["cem"][0] == "proposed"


@pytest.mark.promise(6)
def test_the_same_person_twice_is_one_yes(small: Bench) -> None:
    small.append(add("cem", "P-1", 2, "moderator"), small.ann)
    for _ in range(2):
        small.append(Draft("person.approved", "", {"proposal": "P-1"}), small.ben)
    assert people(small)["cem"][0] == "proposed"


def test_a_refused_newcomer_is_gone_and_an_unknown_proposal_is_no_matter(small: Bench) -> None:
    small.append(add("cem", "P-1", 1, "moderator"), small.ann)
    small.append(Draft("person.approved", "", {"proposal": "P-ELSE"}), small.ben)
    small.append(Draft("person.refused", "", {"proposal": "P-1"}, {"sealed": b"{}"}), small.ben)
    assert people(small)["cem"][0] == "removed"


def test_roles_of_a_later_version_are_not_guessed_at(small: Bench) -> None:
    small.append(add("cem", "P-1", 0, "moderator", "archivist"), small.ann)
    assert people(small)["cem"] == ("invited", ["moderator"])
