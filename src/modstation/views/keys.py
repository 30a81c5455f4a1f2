"""Turns key events into commands, after the guard has judged them. The only place that listens to the keyboard.

Single keys work where nothing is typed: never in a text field, never while an input method composes, never with a box
open. Auto-repeat moves and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QSpinBox, QWidget

from .commands import Command, Keymap, is_single
from .fields import is_composing, is_typing
from .keyguard import KeyGuard, Verdict

_NAMES = {
    Qt.Key.Key_Return: "Enter",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Space: "Space",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_Tab: "Tab",
    Qt.Key.Key_Backtab: "Tab",
}
#: Keys whose character already holds Shift.
_SYMBOLS = frozenset("?.,+-=[]")
#: X11 scan codes of the letter and digit places of a keyboard, for layouts whose letters are not Latin.
_SCAN: dict[int, str] = {
    **dict(zip(range(24, 34), "QWERTYUIOP", strict=True)),
    **dict(zip(range(38, 47), "ASDFGHJKL", strict=True)),
    **dict(zip(range(52, 59), "ZXCVBNM", strict=True)),
    **dict(zip(range(10, 20), "1234567890", strict=True)),
}


def key_name(event: QKeyEvent) -> str:
    """The name of a key as the command table writes it, "" for a modifier alone."""
    bare = _bare(event)
    if not bare:
        return ""
    held = event.modifiers()
    parts = [
        word
        for flag, word in (
            (Qt.KeyboardModifier.ControlModifier, "Ctrl"),
            (Qt.KeyboardModifier.AltModifier, "Alt"),
            (Qt.KeyboardModifier.ShiftModifier, "Shift"),
        )
        if held & flag and not (word == "Shift" and bare in _SYMBOLS)
    ]
    return "+".join([*parts, bare])


def _bare(event: QKeyEvent) -> str:
    key = event.key()
    named = _NAMES.get(Qt.Key(key)) if key else None
    if named:
        return named
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F12:
        return f"F{key - Qt.Key.Key_F1 + 1}"
    if 0x21 <= key <= 0x7E:
        return chr(key)
    if key >= 0x80 and event.text().isprintable() and event.text():
        return _SCAN.get(event.nativeScanCode(), event.text().upper())
    return ""


class KeyRouter(QObject):
    """Watches the window's keys. `run` runs a command by id; `typed` is told when a burst turned out to be typing."""

    def __init__(self, window: QWidget, keymap: Keymap, guard: KeyGuard) -> None:
        super().__init__(window)
        self.window = window
        self.keymap = keymap
        self.guard = guard
        self.screen: Callable[[], str] = lambda: "triage"
        self.boxed: Callable[[], bool] = lambda: False
        self.run: Callable[[str], None] = _nothing
        self.typed: Callable[[], None] = lambda: None
        self.released: Callable[[str], None] = _nothing
        self.active = True
        self._watched: QWidget | None = None
        # Only the focused widget is watched: a filter on the application would see every event of every widget.
        window.installEventFilter(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow)

    def _follow(self, before: QWidget | None, after: QWidget | None) -> None:
        if self._watched is not None and self._watched is not self.window:
            self._watched.removeEventFilter(self)
        self._watched = after if after is not None and after.window() is self.window else None
        if self._watched is not None and self._watched is not self.window:
            self._watched.installEventFilter(self)

    def detach(self) -> None:
        """Watch no more."""
        self.active = False
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.disconnect(self._follow)
        self._follow(None, None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is a command, leave the rest to the widget."""
        kind = event.type()
        if kind != QEvent.Type.KeyPress and kind != QEvent.Type.KeyRelease:
            return False
        if not isinstance(watched, QWidget) or not isinstance(event, QKeyEvent) or not self._ours(watched):
            return False
        if kind == QEvent.Type.KeyRelease:
            if not event.isAutoRepeat():
                self.released(_bare(event))
            return False
        return self.pressed(watched, event)

    def _ours(self, widget: QWidget) -> bool:
        """Whether a key is ours to judge. One that the focused widget let pass must not be judged twice."""
        passed_on = widget is self.window and QApplication.focusWidget() not in (None, self.window)
        return self.active and widget.window() is self.window and not passed_on and not self.boxed()

    def pressed(self, widget: QWidget, event: QKeyEvent) -> bool:
        """Handle a key; whether it was a command, or must not reach the widget."""
        key = key_name(event)
        if not key or is_composing(widget):
            return False
        command = self.keymap.find(key, self.screen())
        if is_typing(widget) or isinstance(widget, QSpinBox | QComboBox):
            return self._while_typing(widget, key, command, event)
        if isinstance(widget, QAbstractButton) and key in ("Space", "Enter"):
            return False
        if not is_single(key):
            return self._run(command, event)
        return self._single(key, command, event)

    def _while_typing(self, widget: QWidget, key: str, command: Command | None, event: QKeyEvent) -> bool:
        """In a field only keys with Ctrl, Alt or a function key are commands, and Escape; undo is the field's own."""
        if command is None or key == "Ctrl+Z" or (is_single(key) and key != "Esc"):
            return False
        if key == "Esc" or not is_single(key):
            return self._run(command, event)
        return False

    def _single(self, key: str, command: Command | None, event: QKeyEvent) -> bool:
        if event.isAutoRepeat():
            if command is not None and command.repeats:
                self.run(command.id)
            return command is not None
        deciding = command is not None and (command.deciding or command.id == "decide")
        verdict = self.guard.key(key, bound=command is not None, deciding=deciding)
        if verdict is Verdict.TYPING:
            self.typed()
            return True
        if verdict is Verdict.IGNORE:
            if key == "Esc" and self.guard.paused:
                self.run("back")
            return True
        if command is not None:
            self.run(command.id)
        return command is not None

    def _run(self, command: Command | None, event: QKeyEvent) -> bool:
        if command is None:
            return False
        if not event.isAutoRepeat() or command.repeats:
            self.run(command.id)
        return True


def _nothing(_: str) -> None:
    """Nothing listens yet."""
