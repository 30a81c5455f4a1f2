"""Tells when nobody has touched key or mouse for a while. The time is asked from outside."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QWidget

_TOUCH = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.InputMethod,
    }
)


class Idle(QObject):
    """Signals: `reached()` after `minutes` without a touch."""

    reached = Signal()

    def __init__(self, seconds: Callable[[], float], minutes: int = 10) -> None:
        super().__init__()
        self.seconds = seconds
        self.minutes = minutes
        self._last = seconds()
        self._timer = QTimer(self)
        self._timer.setInterval(5000)
        self._timer.timeout.connect(self.look)
        self.running = False
        self._handle: QWindow | None = None

    def start(self, window: QWidget) -> None:
        """Watch a shown window. Its native window is watched: that sees what comes from outside, and only that."""
        self.stop()
        self._last = self.seconds()
        self.running = True
        self._handle = window.windowHandle()
        if self._handle is not None:
            self._handle.installEventFilter(self)
        self._timer.start()

    def stop(self) -> None:
        """Watch no more."""
        self.running = False
        self._timer.stop()
        if self._handle is not None:
            self._handle.removeEventFilter(self)
            self._handle = None

    def look(self) -> None:
        """See whether the time is reached."""
        if self.running and self.seconds() - self._last >= self.minutes * 60:
            self.stop()
            self.reached.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note a touch; nothing is held back."""
        if event.type() in _TOUCH:
            self._last = self.seconds()
        return False
