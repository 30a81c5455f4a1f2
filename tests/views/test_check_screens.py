"""The check of the screens sees what it is there to see."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QWidget
from tools.check_screens import Dress, Finding, cut_texts, examine, faint_texts, stray_parts

from modstation.views.layouts import column
from modstation.views.parts import KeyButton, Plain
from modstation.views.theme import Look


def shown(widget: QWidget) -> QWidget:
    widget.resize(300, 120)
    widget.show()
    QApplication.processEvents()
    return widget


def page(*parts: QWidget) -> QWidget:
    root = QWidget()
    root.setObjectName("page")
    root.setLayout(column(*parts))
    return shown(root)


def test_a_label_that_is_cut_is_found(look: Look) -> None:
    label = Plain("a sentence that is far too long for the room it has been given")
    root = page(label)
    label.setFixedWidth(60)
    QApplication.processEvents()
    assert any("a sentence" in what for what in cut_texts(root))
    root.hide()


def test_a_button_that_is_cut_is_found(look: Look) -> None:
    button = KeyButton(look, "Unmistakably")
    root = page(button)
    button.setFixedWidth(30)
    QApplication.processEvents()
    assert any("Unmistakably" in what for what in cut_texts(root))
    root.hide()


def test_parts_that_lie_over_each_other_are_found(look: Look) -> None:
    one, other = Plain("one"), Plain("other")
    root = page(one, other)
    other.setGeometry(one.geometry())
    assert any("lies over" in what for what in stray_parts(root))
    root.hide()


def test_a_part_that_sticks_out_is_found(look: Look) -> None:
    label = Plain("out")
    root = page(label)
    label.move(280, 0)
    assert any("sticks out" in what for what in stray_parts(root))
    root.hide()


def test_faint_words_are_found(look: Look) -> None:
    label = Plain("hardly there")
    root = page(label)
    label.setStyleSheet(f"color: {look.palette['line2']}; background: {look.palette['surface']};")
    QApplication.processEvents()
    assert any("hardly there" in what for what in faint_texts(root, root.grab().toImage()))
    root.hide()


def test_a_good_screen_has_no_findings(look: Look) -> None:
    root = page(Plain("all is well"), KeyButton(look, "Go on", "Enter"))
    assert list(examine("good", Dress(), root)) == []
    root.hide()


def test_a_finding_says_where_it_is() -> None:
    assert str(Finding("triage", Dress("dark", "zh", 200), "cut text", "x")) == "triage dark zh 200 %: cut text: x"
