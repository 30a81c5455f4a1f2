"""The learned order: this desk's decisions alone, within bounds, off by a switch, and without what was erased."""

from __future__ import annotations

import json
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desk.desk_parts import AD, CLEAN, HIDE, NONE, Office, office, opened
from tests.store.store_parts import FORUM, HandClock, flag, revision

from modstation.desk import priority
from modstation.models.errors import BadInput
from modstation.models.items import Observation
from modstation.models.screen import QueueFilter, Sort
from modstation.screening.priority import Waiting, arrange

BAD = "cheap tickets number {} write to my channel for the price list today"
GOOD = "the river walk number {} was pleasant and the ducks came close again"
MINUTE = 60_000


def learned_queue(desk: Office) -> list[int]:
    return list(desk.mod.queue_ids(QueueFilter(sort=Sort.LEARNED)))


def taught(desk: Office, each: int = 70) -> None:
    """A desk that has judged so many of both kinds."""
    rows: list[Observation] = []
    for n in range(each):
        rows += [revision(1000 + n, BAD.format(n * 37)), flag(1000 + n, 1000 + n)]
        rows += [revision(3000 + n, GOOD.format(n * 41)), flag(3000 + n, 3000 + n)]
    desk.pull(*rows)
    for start, policy, choice in ((1000, AD, HIDE), (3000, CLEAN, NONE)):
        numbers = [desk.mod.number_of(f"{FORUM}/post/{start + n}") for n in range(each)]
        for lot in range(0, each, 5):  # a larger group would wait for a second person
            desk.mod.decide_group(numbers[lot : lot + 5], policy, [choice], "")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with a past, made once and copied."""
    folder = tmp_path_factory.mktemp("school") / "desk"
    with office(folder) as desk:
        taught(desk)
    return folder


@pytest.fixture
def wise(school: Path, tmp_path: Path) -> Any:
    import shutil

    shutil.copytree(school, tmp_path / "desk")
    with opened(tmp_path / "desk") as desk:
        yield desk


def newcomers(desk: Office) -> tuple[int, int]:
    """A harmless post that waits first, and a bad one that waits second."""
    desk.pull(revision(1, GOOD.format("five")), flag(1, 1), revision(2, BAD.format("six")), flag(2, 2), last=True)
    return desk.mod.number_of(f"{FORUM}/post/1"), desk.mod.number_of(f"{FORUM}/post/2")


def test_without_decisions_there_is_no_model_and_the_order_is_that_by_deadline(desk: Office) -> None:
    good, bad = newcomers(desk)
    assert learned_queue(desk) == [good, bad] == desk.queue()
    state = desk.mod.learned()
    assert (state.on, state.trained) == (True, 0)
    assert "no model yet: 0 decisions" in state.why_not
    with pytest.raises(BadInput, match="too few decisions"):
        desk.mod.learn()


def test_what_this_desk_decided_puts_the_likely_violation_first(wise: Office) -> None:
    state = wise.mod.learn()
    assert state.trained + state.held_back == 140
    assert state.held_back > 10
    assert state.auc > 0.9, "the two kinds of this test are easily told apart"
    good, bad = newcomers(wise)
    assert wise.queue() == [good, bad]
    assert learned_queue(wise) == [bad, good]
    parts = {part.what: part.value for part in wise.mod.why(bad).parts}
    assert float(parts["learned order"]) > 0.5


def test_the_journal_tells_which_model_was_in_force(wise: Office) -> None:
    state = wise.mod.learn()
    [body] = wise.events("model.trained")
    assert body == {
        "trained": state.trained, "held_back": state.held_back, "auc": round(1000 * state.auc), "hash": state.hash,
    }  # fmt: skip
    assert wise.verify().whole


def test_it_can_be_switched_off_and_on(wise: Office) -> None:
    wise.mod.learn()
    good, bad = newcomers(wise)
    wise.mod.set_setting("learned_order", "off")
    assert learned_queue(wise) == [good, bad]
    assert wise.mod.learned().on is False
    wise.mod.set_setting("learned_order", "on")
    assert learned_queue(wise) == [bad, good]


def test_other_orders_are_untouched_by_what_was_learned(wise: Office) -> None:
    before = [list(wise.mod.queue_ids(QueueFilter(sort=sort))) for sort in (Sort.DEADLINE, Sort.SEVERITY, Sort.NEWEST)]
    wise.mod.learn()
    after = [list(wise.mod.queue_ids(QueueFilter(sort=sort))) for sort in (Sort.DEADLINE, Sort.SEVERITY, Sort.NEWEST)]
    assert before == after


def test_nobody_waits_longer_than_the_limit(wise: Office) -> None:
    wise.mod.learn()
    good, bad = newcomers(wise)
    assert learned_queue(wise)[0] == bad
    wise.mod.set_setting("learned_wait_minutes", "30")
    wise.clock.move(31 * 60)
    wise.pull(revision(5, BAD.format("new"), fetched=wise.clock.moment), flag(5, 5, at=wise.clock.moment), last=True)
    newest = wise.mod.number_of(f"{FORUM}/post/5")
    order = learned_queue(wise)
    assert order.index(good) < order.index(newest), "who has waited too long goes before any score"


def test_a_limit_makes_the_first_of_the_learned_list(wise: Office) -> None:
    wise.mod.learn()
    _, bad = newcomers(wise)
    assert list(wise.mod.queue_ids(QueueFilter(sort=Sort.LEARNED), 1)) == [bad]


def test_the_model_is_sealed_and_survives_closing(wise: Office, tmp_path: Path) -> None:
    state = wise.mod.learn()
    wise.close()
    with opened(tmp_path / "desk") as desk:
        assert desk.mod.learned() == state
        good, bad = newcomers(desk)
        assert learned_queue(desk) == [bad, good], "what comes in after a restart is scored"


def test_erased_items_leave_at_the_next_training(wise: Office) -> None:
    first = wise.mod.learn()
    [(old,)] = wise.sql("SELECT blob FROM secret WHERE name = 'learned'")
    blobs = [blob for (blob,) in wise.sql(
        "SELECT o.blob FROM decision d JOIN item i ON i.no = d.item JOIN observation o ON o.id = i.obs"
        " WHERE d.policy = 'none' ORDER BY d.item LIMIT 5"
    )]  # fmt: skip
    with wise.first.shared.store.writing() as tx:
        tx.keys.execute("DELETE FROM data_key WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(blobs),))
    second = wise.mod.learn()
    assert second.trained + second.held_back == first.trained + first.held_back - 5
    assert second.hash != first.hash
    assert wise.sql("SELECT 1 FROM blob WHERE id = ?", old) == [], "the old model is gone with what it knew"
    with wise.first.shared.store.reading() as reader:
        assert reader.keys.execute("SELECT 1 FROM data_key WHERE id = ?", (old,)).fetchone() is None


def test_where_too_little_is_left_the_old_model_goes(wise: Office) -> None:
    wise.mod.learn()
    newcomers(wise)
    with wise.first.shared.store.writing() as tx:
        blobs = [blob for (blob,) in tx.db.execute("SELECT blob FROM observation WHERE blob IS NOT NULL")]
        tx.keys.execute("DELETE FROM data_key WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(blobs),))
    with pytest.raises(BadInput):
        wise.mod.learn()
    assert wise.mod.learned().trained == 0
    assert wise.sql("SELECT count(*) FROM learned") == [(0,)]


def test_a_decision_taken_back_is_no_lesson(wise: Office) -> None:
    first = wise.mod.learn()
    [(decision,)] = wise.sql("SELECT id FROM decision ORDER BY event DESC LIMIT 1")
    wise.mod.undo(decision)
    second = wise.mod.learn()
    assert second.trained + second.held_back == first.trained + first.held_back - 1


def test_it_learns_by_itself_when_enough_was_decided(wise: Office) -> None:
    assert wise.mod.learned().trained == 0
    wise.pull(revision(1, "something new"), flag(1, 1), last=True)
    assert wise.mod.learned().trained > 0
    wise.pull(revision(2, "something newer"), flag(2, 2), last=True)
    assert wise.kinds().count("model.trained") == 1, "not again after every page"


def test_switched_off_it_learns_nothing_by_itself(wise: Office) -> None:
    wise.mod.set_setting("learned_order", "off")
    wise.pull(revision(1, "something new"), flag(1, 1), last=True)
    assert wise.mod.learned().trained == 0


def test_false_alarms_are_told_by_section_and_language(desk: Office) -> None:
    numbers = [desk.post(n, "加微信 abc12345", section="7") for n in (1, 2)] + [desk.post(3, "a quiet evening")]
    desk.decide("demo-mod", numbers[0], NONE, policy=CLEAN)
    desk.decide("demo-mod", numbers[1], HIDE, policy=AD)
    desk.decide("demo-mod", numbers[2], NONE, policy=CLEAN)
    [alarms] = desk.mod.false_alarms()
    assert (alarms.section, alarms.judged, alarms.harmless) == ("7", 2, 1)


# ---------------------------------------------------------------------------------- the bounds, as properties
waiting = st.builds(Waiting, st.integers(0, 1000), st.booleans())
queues = st.lists(st.tuples(waiting, st.floats(0, 1)), max_size=40)


@given(queues, st.integers(0, 1000), st.integers(0, 1000))
def test_maximum_wait_and_complaints_hold_for_any_queue(
    queue: list[tuple[Waiting, float]], now: int, limit: int
) -> None:
    items, scores = [item for item, _ in queue], [score for _, score in queue]
    order = arrange(items, scores, now, limit)
    assert sorted(order) == list(range(len(items))), "nobody is lost and nobody twice"
    place = {at: new for new, at in enumerate(order)}
    for at, item in enumerate(items):
        if item.complaint:
            assert place[at] <= at, "a complaint never stands later than before"
    late = [at for at in order if now - items[at].since > limit and not items[at].complaint]
    early = [at for at in order if now - items[at].since <= limit and not items[at].complaint]
    if late and early:
        assert place[late[-1]] < place[early[0]], "who has waited too long goes before every score"
    assert [items[at].since for at in late] == sorted(items[at].since for at in late)


@given(queue=queues, limit=st.integers(10, 1440), now=st.integers(0, 10**7))
def test_the_desk_arranges_what_it_stores_the_same_way(
    queue: list[tuple[Waiting, float]], limit: int, now: int
) -> None:
    """The list a person gets, over real tables: a permutation of what was asked, with complaints and waits honoured."""
    import sqlite3

    db = sqlite3.connect(":memory:")
    db.executescript(
        "CREATE TABLE item (no INTEGER PRIMARY KEY, flagged INTEGER, found INTEGER, sources TEXT);"
        "CREATE TABLE learned (item INTEGER PRIMARY KEY, score REAL);"
        "CREATE TABLE setting (person TEXT, name TEXT, value TEXT);"
    )
    db.execute("INSERT INTO setting VALUES ('', 'learned_wait_minutes', ?)", (str(limit),))
    for no, (item, score) in enumerate(queue, 1):
        sources = "user,complaint" if item.complaint else "user"
        db.execute("INSERT INTO item VALUES (?,?,?,?)", (no, item.since * MINUTE, 1, sources))
        db.execute("INSERT INTO learned VALUES (?,?)", (no, score))
    numbers = array("q", range(1, len(queue) + 1))
    found = priority.ordered(db, numbers, now)
    since = [Waiting(item.since * MINUTE or 1, item.complaint) for item, _ in queue]
    wanted = arrange(since, [score for _, score in queue], now, limit * MINUTE)
    assert list(found) == [place + 1 for place in wanted]
    db.close()


def test_with_the_clock_of_a_desk(tmp_path: Path) -> None:
    clock = HandClock()
    with office(tmp_path / "desk", clock) as desk:
        numbers = [desk.post(n, f"post {n}") for n in (1, 2, 3)]
        with desk.first.shared.store.writing() as tx:
            values = [(numbers[0], 0.1), (numbers[1], 0.9)]
            tx.db.executemany("INSERT INTO learned (item, score) VALUES (?, ?)", values)
        assert learned_queue(desk) == [numbers[1], numbers[2], numbers[0]], "what no model has read is in the middle"
        clock.move(5 * 3600)
        assert learned_queue(desk) == numbers
