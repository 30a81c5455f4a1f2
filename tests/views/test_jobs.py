"""Work in threads, answers at home (promise 10)."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modstation.models.errors import BadInput, ModStationError
from modstation.models.ids import DecisionId
from modstation.models.screen import Changed
from modstation.views.feed import ChangeFeed, merge
from modstation.views.jobs import Jobs


@pytest.fixture
def jobs(qapp: QApplication) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


@pytest.mark.promise(10)
def test_work_is_done_elsewhere_and_the_answer_comes_home(jobs: Jobs, qtbot: QtBot) -> None:
    places: list[threading.Thread] = []
    answers: list[tuple[int, threading.Thread]] = []

    def work() -> int:
        places.append(threading.current_thread())
        return 7

    jobs.read("reading", work, lambda answer: answers.append((answer, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [(7, threading.main_thread())]
    assert places[0] is not threading.main_thread()


def test_acts_keep_their_order(jobs: Jobs, qtbot: QtBot) -> None:
    done: list[int] = []
    for number in range(50):
        jobs.act("acting", lambda number=number: number, done.append)
    qtbot.waitUntil(lambda: len(done) == 50)
    assert done == list(range(50))


def test_an_error_goes_to_who_asked_or_to_the_presenter(jobs: Jobs, qtbot: QtBot) -> None:
    taken: list[ModStationError] = []

    def fail() -> None:
        raise BadInput("No.", "Because.", "Do this.")

    jobs.read("asking", fail, lambda _: None, taken.append)
    qtbot.waitUntil(lambda: bool(taken))
    assert taken[0].next_step == "Do this."
    with qtbot.waitSignal(jobs.failed) as told:
        jobs.read("asking", fail, lambda _: None)
    assert told.args[0] == "asking"


@pytest.mark.promise(8)
def test_an_unexpected_error_shows_its_kind_and_never_its_words(jobs: Jobs, qtbot: QtBot) -> None:
    def fail() -> None:
        raise ValueError("quoted post, secret passphrase")

    with qtbot.waitSignal(jobs.failed) as told:
        jobs.read("asking", fail, lambda _: None)
    assert "ValueError" in str(told.args[1])
    assert "secret" not in str(told.args[1])


def test_a_cancelled_job_answers_nobody(jobs: Jobs, qtbot: QtBot) -> None:
    gate = threading.Event()
    answers: list[object] = []
    ticket = jobs.read("waiting", lambda: gate.wait(10), answers.append)
    ticket.cancel()
    gate.set()
    qtbot.waitUntil(lambda: jobs.idle)
    assert answers == []


def test_what_runs_longer_than_a_second_is_named(jobs: Jobs, qtbot: QtBot) -> None:
    gate = threading.Event()
    ticket = jobs.read("Reading a very long list", lambda: gate.wait(20), lambda _: None)
    ticket.started -= 5
    with qtbot.waitSignal(jobs.slow, timeout=10_000) as told:
        pass
    assert told.args == [("Reading a very long list",)]
    gate.set()
    qtbot.waitUntil(lambda: jobs.idle)


def test_after_the_end_nothing_starts(qapp: QApplication) -> None:
    jobs = Jobs()
    jobs.close()
    ran: list[int] = []
    assert jobs.act("late", lambda: ran.append(1), lambda _: None).cancelled
    assert ran == []


def test_changes_from_any_thread_are_gathered_into_one(qapp: QApplication, qtbot: QtBot) -> None:
    feed = ChangeFeed()
    told: list[Changed] = []
    feed.changed.connect(told.append)
    threads = [threading.Thread(target=feed.hear, args=(Changed(items=(no,), outbox=no == 2),)) for no in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: bool(told))
    assert len(told) == 1
    assert set(told[0].items) == set(range(5))
    assert told[0].outbox


CHANGES = st.builds(
    Changed,
    items=st.lists(st.integers(1, 9), max_size=4).map(tuple),
    outbox=st.booleans(),
    queue=st.booleans(),
    status=st.booleans(),
    decision=st.sampled_from([None, DecisionId("d1"), DecisionId("d2")]),
    message=st.sampled_from(["", "one", "two"]),
)


@given(CHANGES, CHANGES)
def test_nothing_is_lost_when_changes_are_merged(one: Changed, other: Changed) -> None:
    both = merge(one, other)
    assert set(both.items) == set(one.items) | set(other.items)
    assert both.outbox == (one.outbox or other.outbox)
    assert both.queue == (one.queue or other.queue)
    assert both.message == (other.message or one.message)
    assert both.decision == (other.decision or one.decision)


def test_the_feed_hands_out_its_stop_once(qapp: QApplication) -> None:
    feed = ChangeFeed()
    assert feed.stop() is None
    feed.started(lambda: None)
    assert feed.stop() is not None
    assert feed.stop() is None
