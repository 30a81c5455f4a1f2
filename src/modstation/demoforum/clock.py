"""The demo forum's clock: UTC milliseconds, as NodeBB stores them, with a skew that tests can set."""

from __future__ import annotations

import functools
import threading
import time
from datetime import UTC, datetime
from email.utils import formatdate


class Clock:
    """Tells the time of the forum and hands out stamps that never repeat.

    `skew_ms` is added to the machine's clock, so that a client can be shown a forum whose clock is wrong.
    `fixed_ms` freezes the clock (0 lets it run): stories that were recorded replay with their own times.
    """

    def __init__(self, skew_ms: int = 0) -> None:
        self.skew_ms = skew_ms
        self.fixed_ms = 0
        self._last = 0
        self._lock = threading.Lock()

    def now(self) -> int:
        """The time of the forum in milliseconds since 1970, UTC."""
        return self.fixed_ms or time.time_ns() // 1_000_000 + self.skew_ms

    def stamp(self) -> int:
        """A time for a thing that happens now; each call is later than the one before, by at least 1 ms."""
        with self._lock:
            self._last = max(self.now(), self._last + 1)
            return self._last

    def http_date(self) -> str:
        """The `Date` header: seconds, GMT."""
        return formatdate(self.now() / 1000, usegmt=True)


@functools.lru_cache(maxsize=65_536)
def iso(ms: int) -> str:
    """Milliseconds as JavaScript writes them, for example `2026-11-25T01:05:13.021Z`; empty for 0."""
    if not ms:
        return ""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"
