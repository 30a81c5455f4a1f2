"""Text fields that know whether an input method composes in them (promise 9)."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget


class Field(QLineEdit):
    """A line of text that knows whether an input method composes in it."""

    def __init__(self, name: str, placeholder: str = "") -> None:
        super().__init__()
        self.composing = False
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Remember whether a composition is open."""
        self.composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return accepts a candidate first and submits only when no composition is open."""
        if self.composing:
            event.accept()
        else:
            super().keyPressEvent(event)


class Text(QPlainTextEdit):
    """Several lines of plain text that know whether an input method composes. Signals: `left()` on Escape.

    Return is a new line; the window takes Ctrl+Return. Tab moves on, it is never part of a reason.
    """

    left = Signal()

    def __init__(self, name: str, placeholder: str = "") -> None:
        super().__init__()
        self.composing = False
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Remember whether a composition is open."""
        self.composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def insertFromMimeData(self, source: object) -> None:
        """Paste the plain text only."""
        text = getattr(source, "text", None)
        if callable(text):
            self.insertPlainText(text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Escape. Keys that belong to an open composition are the input method's, not text."""
        if self.composing:
            event.accept()
            return
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)


def is_typing(widget: QWidget | None) -> bool:
    """Whether a widget takes typed text, so that single keys are text."""
    if isinstance(widget, QLineEdit | QPlainTextEdit):
        return not widget.isReadOnly()
    return bool(widget is not None and widget.property("typing"))


def is_composing(widget: QWidget | None) -> bool:
    """Whether an input method composes in the widget."""
    return bool(getattr(widget, "composing", False))
