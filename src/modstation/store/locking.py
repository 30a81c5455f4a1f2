"""One writer at a time, and a person before a pull."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class PriorityLock:
    """A lock that a person's act gets before any waiting pull."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._held = False
        self._people = 0

    @contextmanager
    def hold(self, person: bool) -> Iterator[None]:
        """Hold the lock. A pull waits while any person waits."""
        with self._condition:
            self._people += person
            while self._held or (self._people and not person):
                self._condition.wait()
            self._people -= person
            self._held = True
        try:
            yield
        finally:
            with self._condition:
                self._held = False
                self._condition.notify_all()
