"""Keeps typed text bound to its item and person, sealed by the desk, until the decision is recorded (case S27)."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer

from modstation.desk.api import DeskApi

from .jobs import Jobs
from .words import tr

#: Milliseconds after the last key until the text is written; a crash loses no more.
WAIT = 700


class Drafts(QObject):
    """Writes what is typed, a moment after the last key and before anything that could lose it."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.desk: DeskApi | None = None
        self.kept: dict[int, str] = {}
        self._dirty: dict[int, str] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT)
        self._timer.timeout.connect(self.flush)

    def typed(self, no: int, text: str) -> None:
        """The person typed; the text will be written soon."""
        self.kept[no] = text
        self._dirty[no] = text
        self._timer.start()

    def of(self, no: int, stored: str) -> str:
        """What to put back into the box: newer than what the desk knows where we have it."""
        return self.kept.get(no, stored)

    def used(self, no: int) -> None:
        """The decision is recorded: the text has its place there."""
        self.kept.pop(no, None)
        self._dirty.pop(no, None)

    def discard(self, no: int) -> None:
        """The person threw it away."""
        self.typed(no, "")

    def flush(self) -> None:
        """Write everything that is not written yet."""
        desk, dirty = self.desk, self._dirty
        self._dirty = {}
        self._timer.stop()
        if desk is None:
            return
        for no, text in dirty.items():
            self.jobs.act(tr("Keeping a draft"), partial(desk.save_draft, no, text), _nothing)

    def forget(self) -> None:
        """Drop every text from memory after writing it, for the lock."""
        self.flush()
        self.kept.clear()
        self.desk = None


def _nothing(_: object) -> None:
    """The answer is not needed."""
