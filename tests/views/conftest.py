"""A window on a sample desk, without a screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from modstation.views import words
from modstation.views.jobs import Jobs
from modstation.views.main_window import MainWindow
from modstation.views.theme import Look

from .sample_desk import NOW, SampleDesk, SampleSession


class Ticks:
    """Seconds for the key guard, moved by hand: half a second a key unless a test says otherwise."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Bench:
    """A running window and ways to press its keys as a person would."""

    window: MainWindow
    desk: SampleDesk
    session: SampleSession
    jobs: Jobs
    ticks: Ticks
    qtbot: QtBot

    def press(self, *keys: str, pause: float = 1.2) -> None:
        """Press keys one after the other, each after a pause of seconds of the guard's clock."""
        for key in keys:
            self.ticks.at += pause
            send(self.focus(), key)

    def focus(self) -> QWidget:
        return QApplication.focusWidget() or self.window

    def settle(self) -> None:
        """Wait until nothing runs and nothing waits to run."""
        timers = (self.window.feed._timer, self.window.triage.queue.model._look)
        for _ in range(2):
            self.qtbot.waitUntil(
                lambda: self.jobs.idle and not any(timer.isActive() for timer in timers), timeout=20_000
            )
            QApplication.processEvents()
        self.qtbot.waitUntil(lambda: self.jobs.idle, timeout=20_000)

    def ready(self, no: int) -> None:
        """Wait until an item is on the screen."""
        view = self.window.triage.item
        self.qtbot.waitUntil(lambda: view.view is not None and view.view.row.no == no, timeout=20_000)
        self.settle()

    def shown(self) -> int:
        view = self.window.triage.item.view
        return view.row.no if view is not None else 0

    def decided(self) -> list[tuple[object, ...]]:
        return [(call[1], call[2]) for call in self.desk.acts("decide")]

    def standing(self) -> list[str]:
        """Decisions that stand."""
        return [one.id for one in self.desk.decisions if one.state == "made"]


KEYS = {
    "Enter": Qt.Key.Key_Return,
    "Esc": Qt.Key.Key_Escape,
    "Space": Qt.Key.Key_Space,
    "Up": Qt.Key.Key_Up,
    "Down": Qt.Key.Key_Down,
    "Tab": Qt.Key.Key_Tab,
    **{f"F{n}": Qt.Key(Qt.Key.Key_F1 + n - 1) for n in range(1, 13)},
}
HELD = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
}


def send(widget: QWidget, key: str, *, repeat: bool = False, up: bool = True) -> None:
    """Send a real key event, named as the command table names it."""
    *held, bare = [part for part in key.replace("++", "+PLUS").split("+") if part]
    bare = "+" if bare == "PLUS" else bare
    modifiers = Qt.KeyboardModifier.NoModifier
    for name in held:
        modifiers |= HELD[name]
    code = KEYS.get(bare) or Qt.Key(ord(bare.upper()))
    text = bare.lower() if len(bare) == 1 and "Shift" not in held else bare if len(bare) == 1 else ""
    if held and held != ["Shift"]:
        text = ""
    if repeat:
        QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyPress, code, modifiers, text, True))
        return
    if up and len(bare) > 1:
        QTest.keyClick(widget, code, modifiers)
        return
    QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyPress, code, modifiers, text))
    if up:
        QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyRelease, code, modifiers, text))


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Look]:
    words.speak("en")
    made = Look()
    made.dress()
    yield made
    words.speak("en")


@pytest.fixture
def open_window(qtbot: QtBot, look: Look) -> Iterator[Callable[..., Bench]]:
    """Open a window on a sample desk."""
    opened: list[Bench] = []

    def start(desk: SampleDesk | None = None, *, size: tuple[int, int] = (1440, 900), **options: object) -> Bench:
        desk = desk or SampleDesk()
        session = SampleSession(desk)
        jobs, ticks = Jobs(), Ticks()
        window = MainWindow(look, jobs, now=lambda: NOW, ticks=ticks, **options)  # type: ignore[arg-type]
        window.resize(*size)
        window.show()
        window.activateWindow()
        window.start(session)  # type: ignore[arg-type]
        bench = Bench(window, desk, session, jobs, ticks, qtbot)
        opened.append(bench)
        if len(desk.numbers):
            bench.ready(window.triage.queue.model.number_at(0) or desk.numbers[0])
        else:
            bench.settle()
        return bench

    yield start
    for bench in opened:
        bench.window.detach()
        bench.jobs.close()
        bench.window.close()
        bench.window.deleteLater()
    QApplication.processEvents()


@pytest.fixture
def bench(open_window: Callable[..., Bench]) -> Bench:
    """The usual window on 128 demo items."""
    return open_window()
