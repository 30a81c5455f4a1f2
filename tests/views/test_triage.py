"""Triage as a moderator uses it: going on, taking back, putting away, what others do meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from modstation.models.measures import Measure, OutboxState
from modstation.models.people import Role
from modstation.models.screen import QueueState

from .conftest import Bench, send
from .sample_desk import NOW, SampleDesk


def rows(bench: Bench) -> list[int]:
    return bench.window.triage.queue.model.numbers.tolist()


def decide(bench: Bench, digit: str = "1") -> int:
    """Decide the item on the screen by keys; the answer is its number."""
    no, count = bench.shown(), len(bench.decided())
    bench.press(digit)
    bench.qtbot.waitUntil(lambda: bench.window.triage.rail.preview is not None)
    bench.press("Enter")
    bench.qtbot.waitUntil(lambda: len(bench.decided()) == count + 1)
    bench.settle()
    return no


def answer(bench: Bench, choice: str = "", text: str = "") -> None:
    """Answer the question box by its keys."""
    box = bench.window.question
    assert box.isVisible()
    if choice:
        QTest.mouseClick(box._buttons[choice], Qt.MouseButton.LeftButton)
    if text:
        box.text.setFocus()
        box.text.insertPlainText(text)
    send(box.text if box.text.isVisible() else box, "Ctrl+Enter")
    bench.settle()


# deciding and going on


def test_a_decided_row_leaves_and_the_next_item_is_there(bench: Bench) -> None:
    first = decide(bench)
    assert first not in rows(bench)
    assert bench.shown() == first + 1
    assert bench.window.triage.queue.position == 0
    assert bench.window.nav.entries["triage"].count == 127


@pytest.mark.promise(2)
def test_decided_is_said_only_after_the_desk_has_recorded_it(bench: Bench) -> None:
    bench.desk.gate = threading.Event()
    bench.press("N")
    bench.qtbot.waitUntil(lambda: bench.shown() == 2)
    model = bench.window.triage.queue.model
    assert 1 in model.deciding
    assert 1 in rows(bench)
    assert not any(chip.isVisible() for chip in bench.window.strip._chips)
    bench.desk.gate.set()
    bench.qtbot.waitUntil(lambda: 1 not in rows(bench))
    bench.settle()
    assert bench.window.strip.shown()[0].state is OutboxState.HELD


@pytest.mark.promise(1)
def test_a_full_disk_refuses_on_screen_and_keeps_the_text(bench: Bench) -> None:
    bench.press("R")
    bench.window.triage.rail.reason.insertPlainText("Asks for a deposit by message.")
    bench.press("Esc")
    bench.settle()
    bench.desk.full = True
    bench.press("1")
    bench.settle()
    bench.press("Enter")
    bench.settle()
    assert bench.decided() == []
    assert "disk is full" in bench.window.banners.words
    assert 1 in rows(bench)
    bench.press("K")
    bench.ready(1)
    assert bench.window.triage.rail.reason.toPlainText() == "Asks for a deposit by message."


def test_severity_three_needs_typed_reasoning_before_enter_lives(bench: Bench) -> None:
    bench.press("2")
    bench.settle()
    rail = bench.window.triage.rail
    assert not rail.primary.isEnabled()
    assert "reasoning" in rail.missing.text()
    bench.press("Enter")
    bench.settle()
    assert bench.decided() == []
    bench.press("R")
    rail.reason.insertPlainText("Deposit first.")
    bench.qtbot.waitUntil(lambda: rail.primary.isEnabled())
    send(rail.reason, "Ctrl+Enter")
    bench.qtbot.waitUntil(lambda: len(bench.decided()) == 1)


def test_m_changes_the_measure_and_the_sentence_with_it(bench: Bench) -> None:
    bench.press("1")
    bench.settle()
    rail = bench.window.triage.rail
    before = rail.sentence.sentence
    bench.press("M")
    bench.settle()
    assert rail.sentence.sentence != before
    assert rail.chosen is not None
    assert rail.chosen[0].measure is Measure.MUTE
    assert rail.days.isVisible()
    assert "Four eyes" in rail.eyes.text()
    rail.days.setValue(3)
    bench.settle()
    assert rail.chosen[0].days == 3


def test_the_guideline_is_one_key_away(bench: Bench) -> None:
    bench.press("1")
    bench.settle()
    bench.press("A")
    rail = bench.window.triage.rail
    assert rail.guideline_card.isVisible()
    assert "outside the forum" in rail.guideline.text()
    assert "house rule" in rail.guideline.text()
    bench.press("A")
    assert not rail.guideline_card.isVisible()


def test_nine_opens_all_policies(bench: Bench) -> None:
    bench.press("9")
    assert len(bench.window.triage.rail._rows) == 11
    bench.press("9")
    assert len(bench.window.triage.rail._rows) == 9


def test_at_the_end_nothing_wraps_round(open_window: Callable[..., Bench]) -> None:
    bench = open_window(SampleDesk(2))
    decide(bench)
    decide(bench)
    assert bench.shown() == 0
    assert "queue is done" in bench.window.triage.item.nothing.text()
    assert "queue is done" in bench.window.triage.queue.empty.text()


def test_what_stands_above_is_named_at_the_end(open_window: Callable[..., Bench]) -> None:
    bench = open_window(SampleDesk(3))
    bench.press("J", "J")
    bench.ready(3)
    decide(bench)
    assert "2 items above" in bench.window.triage.item.nothing.text()


def test_the_end_and_the_top_of_the_list_are_said(bench: Bench) -> None:
    bench.press("K")
    assert "top" in bench.window.banners.words


# taking back


def test_z_withdraws_a_held_decision_and_brings_the_item_back(bench: Bench) -> None:
    first = decide(bench)
    bench.press("Z")
    bench.ready(first)
    assert bench.standing() == []
    assert rows(bench)[0] == first
    assert bench.desk.of(first).state is QueueState.OPEN


def test_ctrl_z_does_the_same(bench: Bench) -> None:
    decide(bench)
    bench.press("Ctrl+Z")
    bench.qtbot.waitUntil(lambda: bench.standing() == [])


def test_what_has_gone_out_is_reversed_only_after_a_question_with_a_reason(bench: Bench) -> None:
    from dataclasses import replace

    decide(bench)
    bench.desk.outbox_rows = [replace(row, state=OutboxState.ACKNOWLEDGED) for row in bench.desk.outbox_rows]
    bench.window.read_outbox()
    bench.settle()
    bench.press("Z")
    bench.settle()
    assert bench.desk.acts("undo") == []
    assert bench.window.question.isVisible()
    assert not bench.window.question.go.isEnabled()
    answer(bench, text="It was a quotation.")
    assert bench.desk.acts("undo") == [("undo", "d1", "It was a quotation.")]


def test_undo_with_nothing_to_undo_says_so(bench: Bench) -> None:
    bench.press("Z")
    assert "nothing to undo" in bench.window.banners.words


# passing on and putting away


def test_e_names_the_receiver_and_chooses_nobody(bench: Bench) -> None:
    bench.press("E")
    box = bench.window.question
    assert box.chosen == ""
    assert not box.go.isEnabled()
    send(box, "Ctrl+Enter")
    assert box.isVisible()
    answer(bench, Role.LEGAL.value, "Is this a threat?")
    assert bench.desk.acts("escalate") == [("escalate", 1, Role.LEGAL, "Is this a threat?")]
    assert 1 not in rows(bench)
    bench.ready(2)


def test_escape_closes_the_question_and_passes_nothing_on(bench: Bench) -> None:
    bench.press("E")
    send(bench.focus(), "Esc")
    bench.settle()
    assert not bench.window.question.isVisible()
    assert bench.desk.acts("escalate") == []
    assert QApplication.focusWidget() is bench.window.triage.queue.table


def test_u_parks_until_a_time_or_a_reply(bench: Bench) -> None:
    from modstation.models.time import to_ms

    bench.press("U")
    answer(bench, "4")
    call = bench.desk.acts("park")[0]
    assert call[1] == 1
    assert to_ms(call[2]) == NOW + 4 * 3_600_000  # type: ignore[arg-type]
    bench.ready(2)
    bench.press("U")
    answer(bench, "reply")
    assert bench.desk.acts("park")[1] == ("park", 2, None)


def test_s_skips_and_the_third_time_asks_why(bench: Bench) -> None:
    for turn in range(2):
        bench.press("S")
        bench.ready(2)
        assert len(bench.desk.acts("skip")) == turn + 1
        bench.press("K")
        bench.ready(1)
    bench.press("S")
    bench.settle()
    assert bench.window.question.isVisible()
    answer(bench, text="I know the author.")
    assert bench.desk.acts("skip")[-1] == ("skip", 1, "I know the author.")


def test_w_writes_a_note_on_the_item_or_the_author(bench: Bench) -> None:
    bench.press("W")
    bench.window.question.tick.setChecked(True)
    answer(bench, text="Seen before under another name.")
    assert bench.desk.acts("note") == [("note", 1, "Seen before under another name.", True)]
    assert "lucky_deal88" in bench.window.question.tick.text()
    assert bench.shown() == 1


def test_y_gives_the_claim_back_and_takes_it_again(bench: Bench) -> None:
    bench.qtbot.waitUntil(lambda: bench.desk.of(1).claimed == "Demo Lin")
    bench.settle()
    bench.press("Y")
    bench.qtbot.waitUntil(lambda: bench.desk.of(1).claimed == "")
    bench.settle()
    bench.press("Y")
    bench.qtbot.waitUntil(lambda: bench.desk.of(1).claimed == "Demo Lin")


def test_opening_claims_and_leaving_releases(bench: Bench) -> None:
    bench.qtbot.waitUntil(lambda: bench.desk.acts("open") == [("open", 1)])
    bench.settle()
    bench.press("J")
    bench.ready(2)
    bench.qtbot.waitUntil(lambda: ("leave", 1) in bench.desk.calls)
    assert bench.desk.of(1).claimed == ""


def test_passing_by_claims_nothing(bench: Bench) -> None:
    bench.qtbot.waitUntil(lambda: bench.desk.acts("open") == [("open", 1)])
    for _ in range(5):
        bench.press("J", pause=0.01)
    bench.qtbot.waitUntil(lambda: ("open", 6) in bench.desk.calls)
    assert bench.desk.acts("open") == [("open", 1), ("open", 6)]


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
