"""Pieces of the screens before the desk is open: the card in the middle, passphrase fields, choices."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLayout, QLineEdit, QWidget

from .fields import Field
from .layouts import column, row
from .parts import Glyph, KeyButton, Plain, Pressable
from .theme import Look
from .words import tr

#: Shorter passphrases are not taken; the desk may ask for more.
LEAST = 10


class Secret(QWidget):
    """A passphrase field with a button that shows it while it is held down."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.setObjectName("clear")
        self.field = Field(name)
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhHiddenText
        )
        self.show_button = KeyButton(look, "", "", "eye", "quiet")
        self.show_button.setAccessibleName(tr("Show the passphrase while pressed"))
        self.show_button.pressed.connect(lambda: self.field.setEchoMode(QLineEdit.EchoMode.Normal))
        self.show_button.released.connect(lambda: self.field.setEchoMode(QLineEdit.EchoMode.Password))
        box = row(self.field, self.show_button, gap=4)
        box.setStretch(0, 1)
        self.setLayout(column(Plain(name, "section"), box, gap=4))

    def take(self) -> str:
        """What was typed."""
        return self.field.text()

    def wipe(self) -> None:
        """Empty it, with what could be undone."""
        self.field.clear()


class Labelled(QWidget):
    """A field with its name above it."""

    def __init__(self, name: str, placeholder: str = "") -> None:
        super().__init__()
        self.setObjectName("clear")
        self.field = Field(name, placeholder)
        self.setLayout(column(Plain(name, "section"), self.field, gap=4))

    def take(self) -> str:
        """What was typed, without spaces around it."""
        return self.field.text().strip()


class ChoiceCard(Pressable):
    """One of two ways to begin. It is chosen by click, Space or Enter."""

    def __init__(self, look: Look, icon: str, title: str, words: str, foot: str) -> None:
        super().__init__()
        self.look = look
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self.setLayout(
            column(
                Glyph(look, icon, "accent", 24),
                Plain(title, "panel"),
                Plain(words, "sub", wrap=True),
                None,
                Plain(foot, "accent", wrap=True),
                gap=8,
                margins=(18, 16, 18, 14),
            )
        )
        self.setMinimumHeight(look.px(150))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter choose it."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.pressed.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: object) -> None:
        """Show the focus by the frame."""
        self.setStyleSheet(f"QFrame#card {{ border: 2px solid {self.look.palette['accent']}; }}")

    def focusOutEvent(self, event: object) -> None:
        """Back to the quiet frame."""
        self.setStyleSheet("")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose it."""
        super().mouseReleaseEvent(event)


def middle(card: QWidget) -> QLayout:
    """A card in the middle of the window."""
    across = row(None, card, None, gap=0)
    return column(None, across, None, gap=0, margins=(16, 16, 16, 16))


def card_of(layout: QLayout, look: Look, width: int) -> QFrame:
    """The card itself."""
    frame = QFrame()
    frame.setObjectName("dialog")
    frame.setLayout(layout)
    frame.setFixedWidth(look.px(width))
    return frame


def passphrase_trouble(one: str, two: str) -> str:
    """What is wrong with a new passphrase; "" where nothing is."""
    if len(one) < LEAST:
        return tr("At least {n} characters. Four words you can remember are better than one you cannot.", n=LEAST)
    return "" if one == two else tr("The two are not the same.")
