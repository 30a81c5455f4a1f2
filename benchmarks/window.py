"""The window over a long queue: key to next item painted, one scroll step, memory, process start to unlock painted.

A press counts from the key event until both are true: the decision is durable (the desk's commit has returned and the
row is gone) and the next item has been painted. A pull runs meanwhile. Sizes are those of `_grown`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from benchmarks import _grown
from benchmarks.harness import Claim, child, median, memory_mb, once, percentile
from modstation.app import application
from modstation.bootstrap import OpenDesk
from modstation.desk import intake
from modstation.models.ids import PolicyId
from modstation.models.screen import Changed
from modstation.views import words
from modstation.views.jobs import Jobs
from modstation.views.main_window import MainWindow
from modstation.views.ports import Session
from modstation.views.theme import Look

ROUNDS = 200
#: A policy whose ladder asks for nothing typed.
POLICY = PolicyId("terms.off_topic")
_START = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtCore import QEvent, QObject
from modstation.app import application
from modstation.bootstrap import OpenDesk
from modstation.bootstrap.window import Desks
from modstation.views.shell import Shell
app = application()
shell = Shell(Desks(), app.quit)
shell.open_door()
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and shell.door.stack.currentWidget() is not shell.door.waiting:
            os._exit(0)
        return False
watch = Watch()
for card in shell.door.findChildren(QObject):
    card.installEventFilter(watch)
app.exec()
"""


class Painted(QObject):
    """Notes which item was last painted, by its body or by the cover card in its place."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window = window
        self.no = 0
        for part in (window.triage.item.body, window.triage.item.cover):
            part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See a paint."""
        if event.type() == QEvent.Type.Paint and self.window.triage.item.view is not None:
            self.no = self.window.triage.item.view.row.no
        return False


@dataclass
class Open:
    """A window on a desk, with what a measurement needs to know."""

    window: MainWindow
    jobs: Jobs
    painted: Painted
    recorded: list[Changed]

    def until(self, condition: object) -> None:
        """Let the loop turn until a condition holds."""
        assert callable(condition)
        # Waits inside Qt, as the event loop does: a loop that spins would take the interpreter from the workers.
        flags = QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        while not condition():
            QApplication.processEvents(flags)

    def press(self, key: Qt.Key, text: str) -> None:
        """Send a key to whatever has the focus."""
        QApplication.sendEvent(
            self.window.triage.queue.table, QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)
        )


def open_window(session: Session) -> Open:
    """The window, with its first item on the screen."""
    words.speak("en")
    look = Look()
    look.dress()
    jobs = Jobs()
    # The guard's clock jumps a second a key: a benchmark presses faster than a person may.
    ticks = iter(range(10, 1_000_000_000))
    window = MainWindow(look, jobs, ticks=lambda: float(next(ticks)))
    window.resize(1440, 900)
    window.show()
    recorded: list[Changed] = []
    window.triage.acted.connect(lambda change: recorded.append(change) if change.decision else None)
    window.start(session)
    opened = Open(window, jobs, Painted(window), recorded)
    alive = QTimer(window)
    alive.timeout.connect(int)
    alive.start(20)
    opened.until(lambda: window.triage.item.view is not None and jobs.idle)
    window.triage.queue.table.setFocus()
    return opened


def press_times(opened: Open, rounds: int) -> list[float]:
    """Seconds from Enter to the next item painted with the decision durable, one an item."""
    triage = opened.window.triage
    taken = []
    for _ in range(rounds):
        triage.uncover()
        triage.choose(POLICY)
        opened.until(lambda: triage.rail.preview is not None and opened.jobs.idle)
        if not triage.rail.primary.isEnabled():
            raise SystemExit(f"the policy {POLICY} asks for more: {triage.rail.missing.text()}")
        before, done = triage.no, len(opened.recorded)

        def act(before: int = before, done: int = done) -> None:
            opened.press(Qt.Key.Key_Return, "\r")
            opened.until(lambda: len(opened.recorded) > done and opened.painted.no not in (0, before))

        taken.append(once(act))
        opened.until(lambda: opened.jobs.idle)
        triage._dwell.stop()
        triage._open_here()
        opened.until(lambda: opened.jobs.idle)
    return taken


def scroll_times(opened: Open, rounds: int) -> list[float]:
    """Seconds one step of three rows takes to be on the screen, rows that have not come yet included."""
    table = opened.window.triage.queue.table
    bar = table.verticalScrollBar()
    step = table.rowHeight(0) * 3

    def act() -> None:
        bar.setValue(bar.value() + step)
        table.viewport().repaint()
        QApplication.processEvents()

    taken = []
    for _ in range(rounds):
        taken.append(once(act))
        opened.until(lambda: opened.jobs.idle)
    return taken


@contextmanager
def pulling(desk: OpenDesk, first: int) -> Iterator[None]:
    """New items keep coming in meanwhile, a page of fifty four times a second, as the runner takes them in."""
    over = Event()

    def pull() -> None:
        for page in _grown.pages(1_000_000, first, size=50):
            if over.wait(0.25):
                return
            intake.take_page(desk.work, _grown.FORUM, page)

    worker = Thread(target=pull, name="bench-pull")
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def close(opened: Open) -> None:
    """Take the window down."""
    opened.window.forget()
    opened.window.detach()
    opened.jobs.close()
    opened.window.hide()
    opened.window.deleteLater()
    QApplication.processEvents()


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """Large first, so that its memory is not that of the small one."""
    app = application()
    figures: dict[int, tuple[list[float], list[float], float]] = {}
    for rows in (_grown.LARGE, _grown.SMALL):
        desk = _grown.opened(rows)
        opened = open_window(desk)
        held = memory_mb()
        with pulling(desk, rows + 1_000_000):
            figures[rows] = (press_times(opened, rounds), scroll_times(opened, rounds * 2), held)
        close(opened)
        desk.close()
    yield from _lines(figures, rounds)
    start = [child([sys.executable, "-c", _START]).seconds for _ in range(max(3, rounds // 40))]
    yield Claim("start_to_unlock_painted", median(start) * 1000, "ms", 400, repeats=len(start)).line()
    del app


def _lines(figures: dict[int, tuple[list[float], list[float], float]], rounds: int) -> Iterator[dict[str, object]]:
    large, small = figures[_grown.LARGE], figures[_grown.SMALL]
    for claim, place, share, asked in (
        ("enter_to_next_painted_median", 0, 0.5, 16.0),
        ("enter_to_next_painted_p99", 0, 0.99, 33.0),
        ("scroll_step_p99", 1, 0.99, 10.0),
    ):
        times, others = (large[0], small[0]) if place == 0 else (large[1], small[1])
        value = percentile(times, share) * 1000
        beside = {
            f"at_{_grown.SMALL}": percentile(others, share) * 1000,
            "ratio": value / (percentile(others, share) * 1000),
        }
        yield Claim(claim, value, "ms", asked, beside=beside, rows=_grown.LARGE, repeats=len(times)).line()
    per_item = max(0.0, (large[2] - small[2]) * 1e6 / max(1, _grown.LARGE - _grown.SMALL))
    yield Claim(
        "window_memory", large[2], "MB", 220, beside={"bytes_an_item": per_item}, rows=_grown.LARGE, repeats=1
    ).line()
