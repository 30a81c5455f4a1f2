"""Brings the desk's changes to the window's thread, gathered so that a busy pull costs one refresh and not hundreds."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from modstation.models.screen import Changed

#: Changes that come within this many milliseconds are told as one.
GATHER = 40


def merge(one: Changed, other: Changed) -> Changed:
    """Two changes as one; the later message, decision and state win."""
    return Changed(
        items=tuple(dict.fromkeys((*one.items, *other.items))),
        outbox=one.outbox or other.outbox,
        approvals=one.approvals or other.approvals,
        inbox=one.inbox or other.inbox,
        queue=one.queue or other.queue,
        status=one.status or other.status,
        decision=other.decision or one.decision,
        state=other.state or one.state,
        may_approve=other.may_approve or one.may_approve,
        message=other.message or one.message,
    )


class ChangeFeed(QObject):
    """Signals: `changed(Changed)`, on the window's thread, whatever thread the desk spoke from."""

    changed = Signal(object)
    _heard = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: Changed | None = None
        self._stop: Callable[[], None] | None = None
        self._heard.connect(self.gather, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GATHER)
        self._timer.timeout.connect(self._tell)

    def hear(self, change: Changed) -> None:
        """Take a change from any thread."""
        self._heard.emit(change)

    def started(self, stop: Callable[[], None]) -> None:
        """Remember how to stop listening."""
        self._stop = stop

    def stop(self) -> Callable[[], None] | None:
        """What ends listening, to be called in a worker; None where nothing listens."""
        stop, self._stop = self._stop, None
        return stop

    def gather(self, change: Changed) -> None:
        """Take a change on the window's own thread; it is told together with what the desk says of the same act."""
        self._waiting = change if self._waiting is None else merge(self._waiting, change)
        if not self._timer.isActive():
            self._timer.start()

    def _tell(self) -> None:
        change, self._waiting = self._waiting, None
        if change is not None:
            self.changed.emit(change)
