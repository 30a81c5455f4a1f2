"""Everything has a name, nothing is cut, one journey is wholly in Chinese."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QTableView, QWidget
from tools.screenshots import SCENES, furnished

from modstation.views import words
from modstation.views.fields import Field, Text
from modstation.views.theme import Look

from .conftest import Bench, send
from .sample_desk import SampleDesk

KINDS = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QTableView)


def nameless(root: QWidget) -> list[str]:
    """Visible controls without a name in words."""
    return [
        f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        for kind in KINDS
        for widget in root.findChildren(kind)
        if widget.isVisible() and not widget.accessibleName() and not _inner(widget)
    ]


def _inner(widget: QWidget) -> bool:
    parent = widget.parent()
    return isinstance(parent, QComboBox) or type(parent).__name__ in ("QSpinBox", "QTableView", "RowTable", "RowList")


@pytest.mark.parametrize("scene", list(SCENES))
def test_every_control_of_every_screen_has_a_name(open_window: Callable[..., Bench], scene: str) -> None:
    bench = open_window(furnished("light", "en", 100).desk)
    if scene in ("triage", "covered", "unfolded", "filters"):
        bench.press(*{"triage": ("1",), "covered": ("Q",), "unfolded": ("I", "H"), "filters": ("Ctrl+F",)}[scene])
    elif scene in ("escalate", "shortcuts", "palette"):
        bench.press({"escalate": "E", "shortcuts": "?", "palette": "Ctrl+K"}[scene])
    else:
        screens = {"escalations": "inbox", "set-aside": "aside", "my-decisions": "mine"}
        bench.window.dispatch.run(f"go.{screens.get(scene, scene)}")
        bench.settle()
        bench.press("J")
    bench.settle()
    assert nameless(bench.window) == []


def test_a_button_says_its_key_in_its_description(bench: Bench) -> None:
    button = bench.window.triage.rail.secondary["no_violation"]
    assert button.accessibleName() == "No violation"
    assert button.accessibleDescription() == "N"


def test_the_tree_for_screen_readers_names_the_queue(bench: Bench) -> None:
    QAccessible.setActive(True)
    try:
        seen = QAccessible.queryAccessibleInterface(bench.window.triage.queue.table)
        assert seen.text(QAccessible.Text.Name) == "Queue"
    finally:
        QAccessible.setActive(False)


def test_f6_steps_through_the_columns(bench: Bench) -> None:
    stops = []
    for _ in range(4):
        bench.ticks.at += 2
        send(bench.focus(), "F6")
        stops.append(bench.focus())
    assert len(set(stops)) == 4
    assert stops[-1] is bench.window.triage.queue.table


def test_tab_stays_inside_a_box(bench: Bench) -> None:
    bench.press("E")
    box = bench.window.question
    for _ in range(12):
        QTest.keyClick(bench.focus(), Qt.Key.Key_Tab)
        assert box.isAncestorOf(bench.focus())


@pytest.mark.parametrize("width", [1100, 1240, 1440])
@pytest.mark.parametrize("percent", [80, 100, 150])
def test_what_may_never_fold_stays_on_the_screen(
    open_window: Callable[..., Bench], look: Look, width: int, percent: int
) -> None:
    desk = SampleDesk()
    desk.settings["text_percent"] = str(percent)
    look.change(percent=percent)
    bench = open_window(desk, size=(width, 760))
    bench.press("1")
    bench.settle()
    rail = bench.window.triage.rail
    assert rail.primary.isVisible()
    assert rail.sentence.sentence
    assert rail.geometry().right() <= bench.window.triage.splitter.width()
    assert bench.window.triage.item.width() >= 200


def test_the_rail_folds_to_icons_in_a_narrow_window(open_window: Callable[..., Bench]) -> None:
    narrow = open_window(size=(1100, 700))
    assert narrow.window.nav.width() == 56
    entry = narrow.window.nav.entries["approvals"]
    assert entry.folded
    assert entry.toolTip().startswith("Approvals")


# a journey in Chinese


def test_a_journey_wholly_in_chinese(open_window: Callable[..., Bench]) -> None:
    words.speak("zh")
    desk = SampleDesk()
    desk.settings["language"] = "zh"
    bench = open_window(desk)
    window = bench.window
    bench.press("1")
    bench.settle()
    assert window.triage.rail.primary.label == "删除该帖"
    bench.press("R")
    window.triage.rail.reason.insertPlainText("重复广告")
    bench.settle()
    send(window.triage.rail.reason, "Ctrl+Enter")
    bench.ready(2)
    assert window.strip._chips[0].accessibleName().startswith("暂缓")
    bench.press("Z")
    bench.ready(1)
    bench.press("E")
    assert window.question.title.text() == "转交此内容"
    send(window.question, "Esc")
    for screen, title in (
        ("approvals", "审批"),
        ("inbox", "升级事项"),
        ("aside", "搁置"),
        ("mine", "我的处置"),
        ("people", "人员"),
    ):
        window.dispatch.run(f"go.{screen}")
        bench.settle()
        assert window.pages[screen].title.text() == title
    bench.press("?")
    assert window.sheet.isVisible()
    assert left_in_english(window) == []


def left_in_english(window: QWidget) -> list[str]:
    """Texts of our own that a Chinese reader would still get in English."""
    from PySide6.QtWidgets import QLabel

    table = words.table("zh")
    return [
        label.text()
        for label in window.findChildren(QLabel)
        if label.isVisible() and label.text() in table and table[label.text()] != label.text()
    ]


# fields


def test_pasting_takes_the_plain_text_only(bench: Bench) -> None:
    from PySide6.QtCore import QMimeData

    box = Text("Reason")
    data = QMimeData()
    data.setHtml("<b>bold</b>")
    data.setText("bold")
    box.insertFromMimeData(data)
    assert box.toPlainText() == "bold"


def test_return_in_a_search_field_waits_for_the_composition(qapp: object, look: Look) -> None:
    from PySide6.QtGui import QInputMethodEvent
    from PySide6.QtWidgets import QApplication

    field = Field("Search")
    pressed: list[bool] = []
    field.returnPressed.connect(lambda: pressed.append(True))
    QApplication.sendEvent(field, QInputMethodEvent("ni", []))
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert pressed == []
    done = QInputMethodEvent("", [])
    done.setCommitString("你")
    QApplication.sendEvent(field, done)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert pressed == [True]
    assert field.text() == "你"
