"""One door to other threads: the window's thread never reads a file, asks the desk or derives a key (promise 10).

Acts go through one lane and keep their order; reads share a few threads. The answer, or the error, arrives on the
window's thread. A job that was cancelled answers nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from modstation.models.errors import ModStationError

from .words import tr

Answer = TypeVar("Answer")
#: Seconds after which a running job is named on the screen.
SLOW = 1.0


@dataclass(slots=True, eq=False)
class Ticket:
    """A job on its way."""

    name: str
    started: float
    cancelled: bool = False
    _done: Callable[[object], None] | None = None
    _failed: Callable[[ModStationError], None] | None = None
    _answer: object = field(default=None)
    _error: ModStationError | None = None

    def cancel(self) -> None:
        """Let the answer be dropped; work that has begun is not torn apart."""
        self.cancelled = True


class Jobs(QObject):
    """Runs work in threads and brings the answers home.

    Signals: `failed(name, error)` for errors nobody took; `slow(names)` with the jobs that run longer than a second.
    """

    failed = Signal(str, object)
    slow = Signal(object)
    _landed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._acts = ThreadPoolExecutor(1, "desk-act")
        self._reads = ThreadPoolExecutor(3, "desk-read")
        self._running: set[Ticket] = set()
        self._closed = False
        self._landed.connect(self._land, Qt.ConnectionType.QueuedConnection)
        self._watch = QTimer(self)
        self._watch.setInterval(500)
        self._watch.timeout.connect(self._tell_slow)

    def read(
        self,
        name: str,
        work: Callable[[], Answer],
        done: Callable[[Answer], None],
        failed: Callable[[ModStationError], None] | None = None,
    ) -> Ticket:
        """Look something up; `done` gets the answer, `failed` the error instead of the common presenter."""
        return self._start(self._reads, name, work, done, failed)

    def act(
        self,
        name: str,
        work: Callable[[], Answer],
        done: Callable[[Answer], None],
        failed: Callable[[ModStationError], None] | None = None,
    ) -> Ticket:
        """Do something, after everything that was asked before it."""
        return self._start(self._acts, name, work, done, failed)

    def _start(
        self,
        pool: ThreadPoolExecutor,
        name: str,
        work: Callable[[], Answer],
        done: Callable[[Answer], None],
        failed: Callable[[ModStationError], None] | None,
    ) -> Ticket:
        ticket = Ticket(name, time.monotonic(), _done=done, _failed=failed)  # type: ignore[arg-type]
        if self._closed:
            ticket.cancel()
            return ticket
        self._running.add(ticket)
        if not self._watch.isActive():
            self._watch.start()
        pool.submit(self._work, ticket, work)
        return ticket

    def _work(self, ticket: Ticket, work: Callable[[], object]) -> None:
        try:
            ticket._answer = work()
        except ModStationError as error:
            ticket._error = error
        except Exception as error:
            # The type alone is shown: a message could quote a post or hold a path.
            ticket._error = ModStationError(
                tr("This did not work."), type(error).__name__, tr("Nothing was changed. Try again, or see doctor.")
            )
            ticket._error.__cause__ = error
        if not self._closed:
            self._landed.emit(ticket)

    def _land(self, ticket: Ticket) -> None:
        self._running.discard(ticket)
        if not self._running:
            self._watch.stop()
            self.slow.emit(())
        if ticket.cancelled:
            return
        if ticket._error is None:
            if ticket._done is not None:
                ticket._done(ticket._answer)
        elif ticket._failed is not None:
            ticket._failed(ticket._error)
        else:
            self.failed.emit(ticket.name, ticket._error)

    def _tell_slow(self) -> None:
        late = time.monotonic() - SLOW
        self.slow.emit(tuple(sorted({ticket.name for ticket in self._running if ticket.started < late})))

    @property
    def idle(self) -> bool:
        """Whether nothing runs."""
        return not self._running

    def close(self) -> None:
        """Take no more work, drop answers, and wait for what has begun."""
        self._closed = True
        self._watch.stop()
        for ticket in self._running:
            ticket.cancel()
        self._acts.shutdown(wait=True, cancel_futures=False)
        self._reads.shutdown(wait=True, cancel_futures=True)
