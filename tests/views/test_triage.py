"""Triage as a moderator uses it: going on, taking back, putting away, what others do meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
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
