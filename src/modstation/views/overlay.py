"""Boxes over the window: child widgets with a scrim, never `exec()`, so that nothing else stands still meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QFrame, QLayout, QWidget

from .fields import Text, is_composing
from .flow import Flow
from .layouts import clear, column, row
from .parts import KeyButton, KeyCap, Plain
from .theme import Look
from .words import tr


class Overlay(QWidget):
    """A box in the middle of the window. It takes the focus and gives it back. Signals: `closed()`."""

    closed = Signal()

    def __init__(self, look: Look, window: QWidget, width: int = 520, *, top: int = 0) -> None:
        super().__init__(window)
        self.look = look
        self._window = window
        self._width = width
        self._top = top
        self._before: QWidget | None = None
        self.box = QFrame(self)
        self.box.setObjectName("dialog")
        window.installEventFilter(self)
        self.hide()

    def fill(self, layout: QLayout) -> None:
        """Give the box its content."""
        self.box.setLayout(layout)

    def open(self, focus: QWidget) -> None:
        """Show it, with the focus on its safest control."""
        self._before = QApplication.focusWidget()
        self._fit()
        self.show()
        self.raise_()
        focus.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_box(self) -> None:
        """Close it and give the focus back where it was."""
        if self.isHidden():
            return
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def _fit(self) -> None:
        self.setGeometry(self._window.rect())
        wide = min(self.look.px(self._width), self.width() - 32)
        high = min(self.box.sizeHint().height(), self.height() - 32)
        layout = self.box.layout()
        if layout is not None and layout.hasHeightForWidth():
            high = min(max(layout.totalHeightForWidth(wide), layout.totalMinimumSize().height()), self.height() - 32)
        top = self.look.px(self._top) if self._top else (self.height() - high) // 2
        self.box.setGeometry((self.width() - wide) // 2, max(16, min(top, self.height() - high - 16)), wide, high)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return False

    def refit(self) -> None:
        """Take a new size after the content changed."""
        if self.isVisible():
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the scrim."""
        scrim = QColor(0, 0, 0)
        scrim.setAlphaF(0.59 if self.look.dark else 0.46)
        QPainter(self).fillRect(self.rect(), scrim)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press beside the box closes it; what was typed is kept by whoever asked."""
        if not self.box.geometry().contains(event.position().toPoint()):
            self.dismiss()

    def dismiss(self) -> None:
        """What Escape does."""
        self.close_box()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes; nothing else leaks to the window behind."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Keep Tab inside the box."""
        inside = [w for w in self.box.findChildren(QWidget) if w.isVisible() and w.isEnabled() and _tabbed(w)]
        if not inside:
            return True
        now = QApplication.focusWidget()
        place = inside.index(now) if now in inside else -1
        inside[(place + (1 if forward else -1)) % len(inside)].setFocus(Qt.FocusReason.TabFocusReason)
        return True


def _tabbed(widget: QWidget) -> bool:
    return bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)


class Question(Overlay):
    """A question with choices, a text, or both. Nothing is chosen beforehand; Ctrl+Enter or the button answers.

    Signals: `answered(choice, text, ticked)`.
    """

    answered = Signal(str, str, bool)

    def __init__(self, look: Look, window: QWidget) -> None:
        super().__init__(look, window, 520)
        self.title = Plain("", "page", wrap=True)
        self.words = Plain("", "sub", wrap=True)
        self.choices = Flow(gap=8)
        self.text = Text(tr("Text"))
        self.tick = QCheckBox()
        self.go = KeyButton(look, tr("Go on"), "Ctrl+Enter", "check", "primary")
        self.stop = KeyButton(look, tr("Cancel"), "Esc")
        self.trouble = Plain("", "held", wrap=True)
        self.go.clicked.connect(self.answer)
        self.stop.clicked.connect(self.dismiss)
        self.text.left.connect(self.dismiss)
        self.text.textChanged.connect(self._check)
        self.fill(
            column(
                row(self.title, KeyCap(look, "Esc"), gap=12),
                self.words,
                self.choices,
                self.text,
                self.tick,
                self.trouble,
                row(self.stop, None, self.go),
                gap=12,
                margins=(24, 20, 24, 20),
            )
        )
        self.chosen = ""
        self._needs_text = False
        self._has_choices = False
        self._buttons: dict[str, KeyButton] = {}
        self._then: Callable[[str, str, bool], None] | None = None
        self._unused: Callable[[str], None] | None = None

    def ask(
        self,
        title: str,
        words: str,
        then: Callable[[str, str, bool], None],
        *,
        choices: Sequence[tuple[str, str]] = (),
        text: str | None = None,
        needs_text: bool = False,
        tick: str = "",
        go: str = "",
        unused: Callable[[str], None] | None = None,
    ) -> None:
        """Open with a question. `text` None shows no text box; `unused` gets what was typed when it is dismissed."""
        self._then, self._unused, self._needs_text = then, unused, needs_text
        self.title.say(title)
        self.words.say(words)
        self.words.setVisible(bool(words))
        self._show_choices(choices)
        self.text.setVisible(text is not None)
        self.text.setPlainText(text or "")
        self.text.setFixedHeight(self.look.px(96))
        self.tick.setVisible(bool(tick))
        self.tick.setText(tick)
        self.tick.setAccessibleName(tick)
        self.tick.setChecked(False)
        self.go.say(go or tr("Go on"))
        self.trouble.say("")
        self._check()
        first = next(iter(self._buttons.values()), None)
        self.open(first or (self.text if text is not None else self.stop))

    def _show_choices(self, choices: Sequence[tuple[str, str]]) -> None:
        clear(self.choices)
        self._buttons = {}
        self.chosen = ""
        self._has_choices = bool(choices)
        for key, words in choices:
            button = KeyButton(self.look, words)
            button.clicked.connect(lambda _=False, chosen=key: self.choose(chosen))
            self._buttons[key] = button
            self.choices.addWidget(button)

    def choose(self, key: str) -> None:
        """Take one of the choices."""
        self.chosen = key
        for name, button in self._buttons.items():
            button.be("chosen" if name == key else "plain")
            button.setAccessibleDescription(tr("chosen") if name == key else "")
        self._check()

    def _check(self) -> None:
        ready = (not self._has_choices or bool(self.chosen)) and (
            not self._needs_text or bool(self.text.toPlainText().strip())
        )
        self.go.setEnabled(ready)

    def answer(self) -> None:
        """Hand over what was chosen and typed."""
        if not self.go.isEnabled() or is_composing(self.text):
            return
        then, chosen = self._then, self.chosen
        text, ticked = self.text.toPlainText().strip(), self.tick.isChecked()
        self._then = self._unused = None
        self.close_box()
        self.answered.emit(chosen, text, ticked)
        if then is not None:
            then(chosen, text, ticked)

    def dismiss(self) -> None:
        """Close without an answer; what was typed is handed back to be kept."""
        unused, text = self._unused, self.text.toPlainText()
        self._then = self._unused = None
        self.close_box()
        if unused is not None:
            unused(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Return answers."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.answer()
            return
        super().keyPressEvent(event)
