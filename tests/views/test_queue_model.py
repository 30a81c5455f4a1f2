"""The list over a long queue: little memory, right rows, whatever is removed."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modstation.models.screen import QueueFilter
from modstation.views.jobs import Jobs
from modstation.views.queue_model import BLOCK, KEPT_BLOCKS, ROW, QueueModel, fresh_numbers, sentence

from .sample_desk import NOW, SampleDesk


@pytest.fixture
def jobs(qapp: QApplication) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


@pytest.fixture
def open_model(qtbot: QtBot, jobs: Jobs) -> Callable[[int], QueueModel]:
    def start(count: int) -> QueueModel:
        model = QueueModel(jobs)
        with qtbot.waitSignal(model.loaded, timeout=20_000):
            model.show(SampleDesk(count), QueueFilter())  # type: ignore[arg-type]
        return model

    return start


def read(model: QueueModel, position: int, qtbot: QtBot) -> int:
    """The item that the row at a position shows, once it has come."""
    qtbot.waitUntil(lambda: model.row_at(position) is not None, timeout=20_000)
    row = model.row_at(position)
    assert row is not None
    return row.no


def test_the_first_rows_are_there_with_the_list(open_model: Callable[[int], QueueModel]) -> None:
    model = open_model(1000)
    assert model.rowCount() == 1000
    assert model.rowCount(model.index(0, 0)) == 0
    assert model.row_at(0) is not None


def test_rows_are_read_where_they_are_painted(open_model: Callable[[int], QueueModel], qtbot: QtBot) -> None:
    model = open_model(100_000)
    assert model.data(model.index(77_000, 0), ROW) is None
    assert model.data(model.index(77_000, 0)) == "Loading"
    assert read(model, 77_000, qtbot) == 77_001
    assert len(model._blocks) == 2


def test_only_some_blocks_are_kept(open_model: Callable[[int], QueueModel], qtbot: QtBot) -> None:
    model = open_model(BLOCK * (KEPT_BLOCKS + 20))
    for block in range(KEPT_BLOCKS + 20):
        read(model, block * BLOCK, qtbot)
    assert len(model._blocks) == KEPT_BLOCKS


def test_eight_bytes_an_item(open_model: Callable[[int], QueueModel]) -> None:
    model = open_model(200_000)
    assert model.numbers.itemsize * len(model.numbers) / model.rowCount() == 8


def test_new_numbers_are_found_wherever_they_stand() -> None:
    assert fresh_numbers(array("q", [9, 1, 2, 7]), array("q", [1, 2, 3])) == (7, 9)
    assert fresh_numbers(array("q"), array("q", [1])) == ()


def test_a_list_of_another_filter_replaces_the_one_on_its_way(jobs: Jobs, qtbot: QtBot) -> None:
    model = QueueModel(jobs)
    desk = SampleDesk(500)
    model.show(desk, QueueFilter())  # type: ignore[arg-type]
    with qtbot.waitSignal(model.loaded, timeout=20_000):
        model.show(desk, QueueFilter(min_severity=3))  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: jobs.idle)
    assert {desk.post(no).severity for no in model.numbers} == {3}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(gone=st.lists(st.integers(0, 900), min_size=1, max_size=60))
def test_rows_stay_right_whatever_is_removed(
    open_model: Callable[[int], QueueModel], qtbot: QtBot, gone: list[int]
) -> None:
    model = open_model(1000)
    for block in (0, 1, 3):
        read(model, block * BLOCK, qtbot)
    left = list(model.numbers)
    for number in gone:
        model.remove(number + 1, number)
        left = [no for no in left if no != number + 1]
    assert list(model.numbers) == left
    for position in (0, 1, 100, BLOCK - 1, BLOCK, len(left) - 1):
        assert read(model, position, qtbot) == left[position]


def test_an_item_taken_back_stands_where_it_is_put(open_model: Callable[[int], QueueModel], qtbot: QtBot) -> None:
    model = open_model(600)
    model.remove(5)
    model.put_back(5, 2)
    assert list(model.numbers[:6]) == [1, 2, 5, 3, 4, 6]
    assert read(model, 2, qtbot) == 5
    model.put_back(5, 100)
    assert list(model.numbers).count(5) == 1


def test_what_was_decided_here_is_not_new_again(open_model: Callable[[int], QueueModel], qtbot: QtBot) -> None:
    model = open_model(10)
    model.remove(3)
    with qtbot.waitSignal(model.new_waiting, timeout=20_000) as told:
        model.look_for_new()
    assert told.args == [0]


def test_a_row_in_words_for_a_screen_reader(open_model: Callable[[int], QueueModel]) -> None:
    model = open_model(3)
    model.now = NOW
    words = str(model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole))
    assert "severity 2 of 4" in words
    assert "2 reports" in words
    assert "decide within 41 m" in words
    row = model.row_at(0)
    assert row is not None
    assert sentence(row, NOW) == words


def test_removing_what_is_not_there_changes_nothing(open_model: Callable[[int], QueueModel]) -> None:
    model = open_model(3)
    model.remove(99)
    assert model.rowCount() == 3
    assert model.position_of(99) == -1
    assert model.number_at(-1) == 0
    assert model.rowCount(QModelIndex()) == 3


def test_the_lock_drops_every_row(open_model: Callable[[int], QueueModel]) -> None:
    model = open_model(300)
    model.forget()
    assert model.rowCount() == 0
    assert not model._blocks
