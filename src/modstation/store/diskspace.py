"""Room on the disk: a reserve to give back when it is full, and a floor below which the desk only reads.

On a full disk even deleting a row fails, so there must be something to delete that is no row: the reserve file. And a
decision must not be the one that finds the disk full, so the desk stops taking work a little earlier.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

RESERVE_FILE = "reserve.bin"
RESERVE_MB = 64
_MB = 1024 * 1024
#: Once read-only, so much more than the floor must be free again, or the desk would flicker between the two.
_EASE = 1.25


@dataclass(frozen=True, slots=True)
class DiskState:
    """What the guard found. `words` is "" while there is room, else a sentence for the person with what to do."""

    free_bytes: int
    read_only: bool
    reserve: bool
    words: str


def free_bytes(folder: Path) -> int:
    """Bytes that this user can still write where the folder lies. Raises OSError."""
    return shutil.disk_usage(folder).free


class DiskGuard:
    """Watches the disk of one desk. `reserve_mb` is both the size of the reserve and the floor, in MiB.

    `free` tells the bytes left; tests give their own. Thread-safe as long as one thread calls it.
    """

    def __init__(self, folder: Path, reserve_mb: int = RESERVE_MB, *, free: Callable[[Path], int] = free_bytes) -> None:
        self._folder = folder
        self._path = folder / RESERVE_FILE
        self._size = reserve_mb * _MB
        self._free = free
        self._read_only = False

    def check(self) -> DiskState:
        """Look, make the reserve again where there is room for it, and say whether the desk may write.

        Cheap enough for every few seconds. A disk that cannot be asked counts as one with room: writing will tell.
        """
        try:
            free = self._free(self._folder)
        except OSError:
            return DiskState(0, False, self.has_reserve, "")
        self._read_only = free < self._size * (_EASE if self._read_only else 1)
        if not self._read_only and not self.has_reserve and free >= 3 * self._size:
            self._make_reserve()
        return DiskState(free, self._read_only, self.has_reserve, self._words(free))

    @property
    def has_reserve(self) -> bool:
        """Whether the reserve lies there, whole."""
        try:
            return self._path.stat().st_size >= self._size
        except OSError:
            return False

    def release_reserve(self) -> int:
        """Give the reserve back to the disk, so that what is under way can end well; the bytes freed, 0 if none.

        Call it when the disk was full, and before opening a desk on a full disk: SQLite needs some room even to read.
        """
        try:
            size = self._path.stat().st_size
            self._path.unlink()
        except OSError:
            return 0
        return size

    def _words(self, free: int) -> str:
        if not self._read_only:
            return ""
        return (
            f"Only {free // _MB} MiB are left on the disk, so the desk reads and takes no decisions. "
            "Nothing is lost. Free some space; it goes on by itself."
        )

    def _make_reserve(self) -> None:
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(handle, "wb") as file:
                _allocate(file.fileno(), self._size)
        except OSError:
            # No room after all: half a reserve would only take away what is left.
            with suppress(OSError):
                self._path.unlink()


def _allocate(handle: int, size: int) -> None:
    """Take real blocks. Bytes of chance where the system cannot promise them: zeros may be compressed away."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
        return
    for _ in range(size // _MB):
        os.write(handle, os.urandom(_MB))
