"""Wrong passphrases slow down: who failed how often is kept in a small file and survives a restart.

It holds back someone at this keyboard. Against a stolen copy of the folder only the cost of argon2id helps.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from modstation.models.errors import WrongPassphrase
from modstation.models.time import Clock, to_ms

from .runlock import exclusive
from .vault_file import write_atomically

ATTEMPTS_FILE = "attempts.json"
FREE_TRIES = 3
LONGEST_WAIT_SECONDS = 900


def wait_after(failures: int) -> int:
    """Seconds to wait after so many failures in a row: none for the first two, then 1, 2, 4 ... up to 15 minutes."""
    return 0 if failures < FREE_TRIES else int(min(2 ** min(failures - FREE_TRIES, 20), LONGEST_WAIT_SECONDS))


class Attempts:
    """The failures of one desk. `who` is a person, or "" for "whoever this passphrase belongs to"."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / ATTEMPTS_FILE
        self._lock = folder / "attempts.lock"
        self._clock = clock

    def check(self, who: str) -> None:
        """Raises WrongPassphrase with the seconds left when the next try comes too early."""
        failures, at = self._read().get(who, (0, 0))
        # A clock set back must neither open the door nor lock it for years.
        elapsed = max(0, to_ms(self._clock.now()) - at)
        left = wait_after(failures) - elapsed // 1000
        if left > 0:
            raise WrongPassphrase(
                "Too many wrong passphrases.", "", f"Try again in {left} seconds.", wait_seconds=int(left)
            )

    def failed(self, who: str) -> WrongPassphrase:
        """Count a wrong passphrase; the error to raise names the wait that follows."""
        with exclusive(self._lock):
            known = self._read()
            failures = known.get(who, (0, 0))[0] + 1
            self._write(known | {who: (failures, to_ms(self._clock.now()))})
        wait = wait_after(failures)
        step = f"Try again in {wait} seconds." if wait else "Try again; mind the keyboard layout and capitals."
        return WrongPassphrase("This passphrase opens nothing here.", "", step, wait_seconds=wait)

    def passed(self, who: str) -> None:
        """Forget the failures after a right passphrase."""
        if who in self._read():
            with exclusive(self._lock):
                known = self._read()
                known.pop(who, None)
                self._write(known)

    def _read(self) -> dict[str, tuple[int, int]]:
        try:
            return {who: _pair(value) for who, value in json.loads(self._path.read_bytes()).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _write(self, known: dict[str, tuple[int, int]]) -> None:
        write_atomically(self._path, json.dumps(known).encode())


def _pair(value: Any) -> tuple[int, int]:
    failures, at = value
    return int(failures), int(at)
