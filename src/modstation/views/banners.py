"""Sentences above the work: what is wrong and what to do next. They stay until it is over or put away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from .desk_words import said
from .layouts import clear, column, framed, row
from .parts import Glyph, KeyButton, Plain
from .text import visible
from .theme import Look
from .words import tr

_ICONS = {"held": "warning-circle", "ref": "x-circle", "ack": "check-circle", "sent": "info"}


class Banners(QWidget):
    """Standing banners of the desk, and one line for what was just said."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.standing: tuple[str, ...] = ()
        self.box = QVBoxLayout()
        self.box.setSpacing(6)
        self.said_box = QVBoxLayout()
        self.setLayout(column(self.box, self.said_box, gap=6, margins=(12, 8, 12, 0)))
        self.words = ""
        self._hide_later = QTimer(self)
        self._hide_later.setSingleShot(True)
        self._hide_later.timeout.connect(self.quiet)
        self._show()

    def stand(self, sentences: Sequence[str]) -> None:
        """Show the desk's own banners."""
        if tuple(sentences) != self.standing:
            self.standing = tuple(sentences)
            clear(self.box)
            for sentence in self.standing:
                self.box.addWidget(self._banner(said(sentence), "held", ()))
            self._show()

    def say(
        self, words: str, tone: str, actions: Sequence[tuple[str, str, Callable[[], None]]] = (), *, ms: int = 0
    ) -> None:
        """Say something; it goes after `ms`, or stays until it is put away where `ms` is 0."""
        clear(self.said_box)
        self.words = words = said(words)
        if words:
            self.said_box.addWidget(self._banner(words, tone, actions, close=True))
        self._hide_later.stop()
        if ms:
            self._hide_later.start(ms)
        self._show()

    def quiet(self) -> None:
        """Put away what was said."""
        self.say("", "held")

    def _banner(
        self, words: str, tone: str, actions: Sequence[tuple[str, str, Callable[[], None]]], *, close: bool = False
    ) -> QFrame:
        label = Plain(visible(words), tone, wrap=True)
        layout = row(Glyph(self.look, _ICONS.get(tone, "info"), tone, 16), label, gap=10, margins=(12, 8, 12, 8))
        layout.setStretch(1, 1)
        for name, key, run in actions:
            button = KeyButton(self.look, name, key)
            button.clicked.connect(run)
            layout.addWidget(button)
        if close:
            away = KeyButton(self.look, "", "", "x", "quiet")
            away.setAccessibleName(tr("Put this message away"))
            away.clicked.connect(self.quiet)
            layout.addWidget(away)
        return framed(tone, layout)

    def _show(self) -> None:
        self.setVisible(bool(self.standing or self.words))
