"""Triage while others work: groups, new items, what is done elsewhere, the strip and the lamp."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from .conftest import Bench, send
from .sample_desk import NOW, SampleDesk
from .test_triage import decide, rows

# groups


def test_selected_items_are_decided_together(bench: Bench) -> None:
    bench.press("X", "Shift+J", "Shift+J")
    bench.ready(3)
    assert bench.window.triage.queue.model.selected == {1, 2, 3}
    bench.press("4")
    bench.settle()
    bench.press("Shift+Enter")
    bench.settle()
    assert bench.desk.acts("group") == [("group", (1, 2, 3), "terms.spam")]
    assert rows(bench)[:2] == [4, 5]


# what others do meanwhile


def test_new_items_wait_and_nothing_moves_under_the_hand(bench: Bench) -> None:
    bench.press("J", "J")
    bench.ready(3)
    before, position = rows(bench), bench.window.triage.queue.position
    bench.desk.arrive(6)
    bench.qtbot.waitUntil(lambda: bench.window.triage.queue.pill_line.isVisible())
    bench.settle()
    assert "6 new items" in bench.window.triage.queue.pill.label
    assert rows(bench) == before
    assert bench.shown() == 3
    assert bench.window.triage.queue.position == position
    bench.press(".")
    bench.settle()
    assert len(rows(bench)) == len(before) + 6
    assert bench.shown() == 3
    assert bench.window.triage.queue.position == position + 6
    assert not bench.window.triage.queue.pill_line.isVisible()


def test_into_an_empty_list_new_items_come_at_once(open_window: Callable[..., Bench]) -> None:
    bench = open_window(SampleDesk(0))
    assert bench.shown() == 0
    bench.desk.arrive(2)
    bench.ready(1)
    assert rows(bench) == [1, 2]


@pytest.mark.case("S08")
def test_what_somebody_else_did_greys_the_row_and_says_who(bench: Bench) -> None:
    bench.desk.act_elsewhere(1, "removed by Demo Wei at 14:20")
    bench.qtbot.waitUntil(lambda: "Demo Wei" in bench.window.triage.item.state.text())
    bench.settle()
    row = bench.window.triage.queue.model.row_at(0)
    assert row is not None
    assert row.greyed == "removed by Demo Wei at 14:20"
    assert 1 in rows(bench)


@pytest.mark.promise(4)
def test_an_edit_while_the_rail_is_open_drops_the_choice(bench: Bench) -> None:
    bench.qtbot.waitUntil(lambda: ("open", 1) in bench.desk.calls)
    bench.settle()
    bench.press("1")
    bench.settle()
    bench.desk.of(1).edits = 1
    bench.press("Enter")
    bench.settle()
    assert bench.decided() == []
    assert "changed" in bench.window.banners.words


# drafts


@pytest.mark.case("S27")
@pytest.mark.parametrize("way", ["Esc", "J", "update"])
def test_typed_text_is_still_there(bench: Bench, way: str) -> None:
    words = "It repeats the same offer in four sections. " * 9
    bench.press("R")
    bench.window.triage.rail.reason.insertPlainText(words)
    if way == "update":
        bench.desk.edit(1)
        bench.settle()
    else:
        bench.press("Esc")
    if way == "J":
        bench.press("J")
        bench.ready(2)
        assert bench.window.triage.rail.reason.toPlainText() == ""
        bench.press("K")
        bench.ready(1)
    bench.qtbot.waitUntil(lambda: bench.desk.of(1).draft == words)
    assert bench.window.triage.rail.reason.toPlainText() == words


@pytest.mark.case("S27")
def test_a_draft_of_the_desk_is_put_back_and_goes_when_the_decision_is_recorded(
    open_window: Callable[..., Bench],
) -> None:
    desk = SampleDesk()
    desk.of(1).draft = "Typed before the crash."
    bench = open_window(desk)
    assert bench.window.triage.rail.reason.toPlainText() == "Typed before the crash."
    decide(bench)
    assert desk.of(1).draft == ""
    assert desk.acts("decide")[0][4] == "Typed before the crash."
    assert bench.window.triage.rail.reason.toPlainText() == ""


# filters


def test_filters_ask_the_desk_and_say_what_is_hidden(bench: Bench) -> None:
    queue = bench.window.triage.queue
    bench.press("Ctrl+F")
    assert queue.text.hasFocus()
    queue.severity.setCurrentIndex(queue.severity.findData(3))
    bench.settle()
    assert {bench.desk.post(no).severity for no in rows(bench)} == {3}
    queue.text.setText("没有这样的帖子")
    send(queue.text, "Enter")
    bench.settle()
    assert rows(bench) == []
    assert "No item matches" in queue.empty.text()
    QTest.mouseClick(queue.clear_filters, Qt.MouseButton.LeftButton)
    bench.settle()
    assert len(rows(bench)) == 128


def test_two_chinese_characters_find_a_post(bench: Bench) -> None:
    queue = bench.window.triage.queue
    bench.press("Ctrl+F")
    queue.text.setText("雨伞")
    send(queue.text, "Enter")
    bench.settle()
    assert rows(bench)
    assert all("雨伞" in bench.desk.body(no) for no in rows(bench))


def test_the_language_filter(bench: Bench) -> None:
    queue = bench.window.triage.queue
    queue.language.setCurrentIndex(queue.language.findData("zh"))
    bench.settle()
    assert {bench.desk.post(no).language for no in rows(bench)} == {"zh"}


def test_a_row_is_chosen_with_the_mouse(bench: Bench) -> None:
    table = bench.window.triage.queue.table
    place = QPoint(60, table.rowHeight(0) * 2 + 20)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    bench.ready(3)


def test_the_case_number_and_a_harmless_address_are_copied(bench: Bench) -> None:
    bench.press("C")
    assert QApplication.clipboard().text().startswith("MS-")
    bench.press("Ctrl+Shift+C")
    assert QApplication.clipboard().text() == "hxxps[:]//riverside[.]example/post/1"


# the strip


def test_the_strip_counts_down_in_whole_seconds_and_offers_undo(bench: Bench) -> None:
    decide(bench)
    chip = bench.window.strip._chips[0]
    assert "10 s left" in chip.accessibleName()
    assert "Undo" in chip.accessibleName()
    bench.window.strip.tick(NOW + 3000)
    assert "7 s left" in chip.accessibleName()
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    bench.qtbot.waitUntil(lambda: bench.standing() == [])


def test_a_read_only_desk_says_so_and_decides_nothing(open_window: Callable[..., Bench]) -> None:
    desk = SampleDesk()
    desk.read_only = "The disk is almost full; the desk only reads."
    bench = open_window(desk)
    assert desk.read_only in bench.window.banners.standing
    bench.press("N")
    bench.settle()
    assert bench.decided() == []


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("offline", "Offline since"),
        ("refused", "refuses the key"),
        ("waiting", "asked to wait"),
        ("never", "first sync is under way"),
        ("paused", "paused"),
    ],
)
def test_the_lamp_says_in_words_how_the_forum_is(open_window: Callable[..., Bench], state: str, said: str) -> None:
    from dataclasses import replace

    desk = SampleDesk()
    desk.forum = replace(desk.forum, state=state, since=NOW - 60_000, until=NOW + 60_000)
    bench = open_window(desk)
    assert said in bench.window.topbar.sync.text()
    assert not bench.window.topbar.lamp.full


@pytest.mark.promise(11)
def test_an_item_is_opened_before_the_desk_says_what_may_be_done(bench: Bench) -> None:
    bench.press("4")
    bench.settle()
    calls = [call[:2] for call in bench.desk.calls if call[0] in ("open", "preview")]
    assert ("open", bench.shown()) in calls
    assert calls.index(("open", bench.shown())) < calls.index(("preview", bench.shown()))
