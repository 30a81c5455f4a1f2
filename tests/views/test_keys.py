"""Real keys on the real window: what decides, what never does (promise 9; cases S03, S04)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from modstation.models.measures import Measure

from .conftest import Bench, send
from .sample_desk import SampleDesk

DATA = Path(__file__).parent / "data"


def compose(widget: QWidget, preedit: str, commit: str = "") -> None:
    """What an input method sends while somebody composes."""
    event = QInputMethodEvent(preedit, [])
    if commit:
        event.setCommitString(commit)
    QApplication.sendEvent(widget, event)


@pytest.mark.promise(9)
def test_a_digit_then_enter_decides_what_is_shown_and_goes_on(bench: Bench) -> None:
    first = bench.shown()
    bench.press("1")
    bench.settle()
    assert bench.window.triage.rail.primary.isEnabled()
    bench.press("Enter")
    bench.ready(first + 1)
    assert bench.decided() == [(first, "terms.contact_ad")]
    assert next(call[3] for call in bench.desk.acts("decide"))[0].measure is Measure.REMOVE  # type: ignore[index]


@pytest.mark.promise(9)
def test_enter_is_dead_until_the_person_has_chosen_a_policy(bench: Bench) -> None:
    assert bench.window.triage.rail.policy is None
    assert not bench.window.triage.rail.primary.isEnabled()
    bench.press("Enter", "Enter", "Ctrl+Enter")
    bench.settle()
    assert bench.decided() == []
    assert "policy" in bench.window.banners.words


def test_nothing_is_preselected_on_any_item(bench: Bench) -> None:
    for _ in range(6):
        assert bench.window.triage.rail.policy is None
        assert bench.window.triage.rail.preview is None
        now = bench.shown()
        bench.press("J")
        bench.ready(now + 1)


def test_the_policy_chosen_for_one_item_is_not_kept_for_the_next(bench: Bench) -> None:
    bench.press("1")
    bench.settle()
    bench.press("J")
    bench.ready(2)
    bench.press("Enter")
    bench.settle()
    assert bench.decided() == []


@pytest.mark.promise(9)
def test_a_digit_in_the_reason_box_is_text(bench: Bench) -> None:
    bench.press("R")
    assert bench.window.triage.rail.reason.hasFocus()
    for letter in "2n1se":
        send(bench.window.triage.rail.reason, letter)
    bench.settle()
    assert bench.window.triage.rail.reason.toPlainText() == "2n1se"
    assert bench.window.triage.rail.policy is None
    assert bench.decided() == []
    assert bench.desk.acts("skip") == []


@pytest.mark.promise(9)
def test_return_in_the_reason_is_a_new_line_and_ctrl_return_decides(bench: Bench) -> None:
    bench.press("1")
    bench.settle()
    bench.press("R")
    box = bench.window.triage.rail.reason
    for key in ("a", "Enter", "b"):
        send(box, key)
    bench.settle()
    assert box.toPlainText() == "a\nb"
    assert bench.decided() == []
    bench.qtbot.waitUntil(lambda: bench.window.triage.rail.preview is not None)
    bench.settle()
    send(box, "Ctrl+Enter")
    bench.ready(2)
    assert bench.desk.acts("decide")[0][4] == "a\nb"


@pytest.mark.promise(9)
@pytest.mark.case("S04")
def test_the_return_that_accepts_a_candidate_never_decides(bench: Bench) -> None:
    bench.press("1")
    bench.settle()
    bench.press("R")
    box = bench.window.triage.rail.reason
    for event in json.loads((DATA / "ime_events.json").read_text("utf-8")):
        if event["type"] == "inputmethod":
            compose(box, event["preedit"], event.get("commit", ""))
        elif event["type"] == "key":
            before = len(bench.decided())
            QTest.keyClick(box, Qt.Key.Key_Return, HELD[event["key"]])
            if event["composing"]:
                bench.settle()
                assert len(bench.decided()) == before
        elif not event["decided"]:
            bench.settle()
            assert box.toPlainText() == event["text"]
            assert bench.decided() == []
        else:
            bench.qtbot.waitUntil(lambda: len(bench.decided()) == 1)
    assert bench.desk.acts("decide")[0][4] == "重复广告"


HELD = {"Return": Qt.KeyboardModifier.NoModifier, "Ctrl+Return": Qt.KeyboardModifier.ControlModifier}


@pytest.mark.promise(9)
@pytest.mark.case("S04")
def test_single_keys_rest_while_a_preedit_stands(bench: Bench) -> None:
    bench.press("1")
    bench.settle()
    bench.press("R")
    box = bench.window.triage.rail.reason
    compose(box, "ni")
    for key in ("N", "2", "S", "Ctrl+Enter", "Enter"):
        send(box, key)
    bench.settle()
    assert bench.decided() == []
    assert bench.desk.acts("skip") == []
    assert str(bench.window.triage.rail.policy) == "terms.contact_ad"


def test_the_list_takes_no_input_method_so_that_digits_arrive(bench: Bench) -> None:
    for widget in (bench.window.triage.queue.table, bench.window.triage.item.scroller):
        assert not widget.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


@pytest.mark.promise(9)
def test_a_held_key_decides_once(bench: Bench) -> None:
    bench.press("1")
    bench.settle()
    bench.ticks.at += 2
    send(bench.focus(), "Enter", up=False)
    for _ in range(30):
        bench.ticks.at += 0.03
        send(bench.focus(), "Enter", repeat=True)
        send(bench.focus(), "N", repeat=True)
    bench.settle()
    assert bench.decided() == [(1, "terms.contact_ad")]


@pytest.mark.promise(9)
def test_enter_is_deaf_for_a_moment_after_the_item_changed(bench: Bench) -> None:
    bench.press("1")
    bench.settle()
    bench.press("Enter")
    bench.ready(2)
    bench.press("1", pause=0.01)
    bench.settle()
    bench.press("Enter", pause=0.05)
    bench.settle()
    assert bench.decided() == [(1, "terms.contact_ad")]
    assert bench.shown() == 2
    bench.press("Enter", pause=0.5)
    bench.ready(3)
    assert bench.decided() == [(1, "terms.contact_ad"), (2, "terms.contact_ad")]


def test_a_fast_run_of_digit_and_enter_loses_nothing(bench: Bench) -> None:
    """Enter that comes before the consequence was worked out counts once it is on the screen."""
    for turn in range(10):
        bench.press("1", pause=0.3)
        bench.press("Enter", pause=0.05)
        bench.qtbot.waitUntil(lambda turn=turn: len(bench.decided()) == turn + 1)
        bench.qtbot.waitUntil(lambda turn=turn: bench.window.triage.no != turn + 1)
    bench.settle()
    decided = [no for no, _ in bench.decided()]
    assert len(decided) == len(set(decided)) == 10


def test_n_ten_times_closes_ten_items(bench: Bench) -> None:
    for turn in range(5):
        bench.press("N")
        bench.qtbot.waitUntil(lambda turn=turn: len(bench.decided()) == turn + 1)
        bench.settle()
    assert [policy for _, policy in bench.decided()] == ["none"] * 5


SENTENCE = "please ban this dude asap"


@pytest.mark.promise(9)
@pytest.mark.case("S03")
@pytest.mark.parametrize("pause", [0.06, 0.25, 0.6])
@pytest.mark.parametrize(
    "text", [SENTENCE, "no one wants this here", "just now seen again", "not nice", "can you see it"]
)
def test_a_sentence_typed_on_the_list_decides_nothing(bench: Bench, text: str, pause: float) -> None:
    for letter in text:
        bench.press("Space" if letter == " " else letter, pause=pause)
        QApplication.processEvents()
    bench.press("Enter", pause=pause)
    bench.settle()
    bench.qtbot.waitUntil(lambda: bench.standing() == [], timeout=5000)
    assert bench.standing() == []
    assert bench.desk.acts("escalate") == []
    assert bench.desk.acts("park") == []


@pytest.mark.case("S03")
def test_after_typing_the_keys_rest_and_the_desk_offers_to_go_on(bench: Bench) -> None:
    for letter in SENTENCE[:6]:
        bench.press(letter, pause=0.1)
    assert bench.window.guard.paused
    assert "typing" in bench.window.banners.words
    bench.press("1", "Enter")
    bench.settle()
    assert bench.decided() == []
    bench.press("Esc")
    assert not bench.window.guard.paused
    bench.press("1")
    bench.settle()
    bench.press("Enter")
    bench.qtbot.waitUntil(lambda: len(bench.decided()) == 1)


def test_n_j_n_j_is_a_sequence_of_commands(bench: Bench) -> None:
    for key in ("N", "J", "N", "J", "N"):
        bench.press(key, pause=0.5)
        bench.settle()
    assert not bench.window.guard.paused
    assert len(bench.standing()) == 3


def test_a_box_over_the_window_takes_all_single_keys(bench: Bench) -> None:
    bench.press("E")
    assert bench.window.question.isVisible()
    for key in ("N", "1", "Enter"):
        bench.ticks.at += 2
        send(bench.focus(), key)
    bench.settle()
    assert bench.decided() == []


def test_enter_on_a_focused_button_presses_that_button_only(bench: Bench) -> None:
    bench.press("1")
    bench.settle()
    skip = bench.window.triage.rail.secondary["skip"]
    skip.setFocus()
    bench.ticks.at += 2
    QTest.keyClick(skip, Qt.Key.Key_Space)
    bench.settle()
    assert bench.decided() == []
    assert bench.desk.acts("skip") == [("skip", 1, "")]


def test_a_letter_of_another_layout_is_found_by_its_place(bench: Bench) -> None:
    from PySide6.QtGui import QKeyEvent

    from modstation.views.keys import key_name

    event = QKeyEvent(QEvent.Type.KeyPress, 0x0422, Qt.KeyboardModifier.NoModifier, 57, 0, 0, "т")
    assert key_name(event) == "N"


@pytest.mark.case("S03")
def test_deciding_keys_can_ask_for_a_modifier(open_window: Callable[..., Bench]) -> None:
    from modstation.views.commands import Keymap

    bench = open_window(SampleDesk(), keymap=Keymap({}, "modifier"))
    bench.press("N", "S")
    bench.settle()
    assert bench.decided() == []
    assert bench.desk.acts("skip") == []
    bench.press("Alt+N")
    bench.qtbot.waitUntil(lambda: len(bench.decided()) == 1)
    assert bench.window.triage.rail.secondary["no_violation"].key == "Alt+N"


def test_single_keys_can_be_switched_off(open_window: Callable[..., Bench]) -> None:
    from modstation.views.commands import Keymap

    bench = open_window(SampleDesk(), keymap=Keymap({}, "off"))
    bench.press("N", "S", "1", "J", "E")
    bench.settle()
    assert bench.decided() == []
    assert bench.shown() == 1
    assert not bench.window.question.isVisible()
    bench.press("Ctrl+K")
    assert bench.window.palette_box.isVisible()


@pytest.mark.promise(9)
def test_focus_stays_in_the_list_whatever_happens(bench: Bench) -> None:
    table = bench.window.triage.queue.table
    for key in ("1", "Enter", "J", "N", "I", "T", "H"):
        bench.press(key)
        bench.settle()
        assert QApplication.focusWidget() is table
    bench.desk.arrive(3)
    bench.desk.act_elsewhere(9, "removed by Demo Wei")
    bench.settle()
    assert QApplication.focusWidget() is table


def test_z_in_a_text_field_undoes_the_text_not_the_decision(bench: Bench) -> None:
    bench.press("N")
    bench.ready(2)
    bench.press("R")
    box = bench.window.triage.rail.reason
    send(box, "x")
    QTest.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    bench.settle()
    assert box.toPlainText() == ""
    assert len(bench.standing()) == 1
