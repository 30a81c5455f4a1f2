"""Locks between processes of one desk. The system drops them when their holder dies, however it dies."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from modstation.models.errors import DeskBusy, NotFound, VaultError

RUNNER = "runner"
WINDOW = "window"
_RAISE = "window.raise"
_PATIENCE = 5
_PAUSE_SECONDS = 0.02

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30

    def _take(file: IO[str], wait: bool) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: IO[str], wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


class RunLock:
    """A held lock: while it is, no other process gets one of this name in this folder. Release it or use `with`."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if not self._file.closed:
            self._file.truncate(0)
            self._file.close()

    def __enter__(self) -> RunLock:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.release()


def hold(folder: Path, name: str) -> RunLock:
    """Take the lock `name` of a desk: RUNNER (pulls and sends) or WINDOW.

    Raises DeskBusy naming the holder's process, NotFound when the folder is not there.
    """
    file = _open(folder / f"{name}.lock")
    if not _try(file, _PATIENCE):
        file.close()
        raise _busy(folder, name)
    file.seek(0)
    file.truncate(0)
    file.write(json.dumps({"pid": os.getpid()}))
    file.flush()
    return RunLock(file)


def holder(folder: Path, name: str) -> int | None:
    """Process number of who holds the lock, 0 where its file does not tell, None when nobody does. Creates nothing."""
    path = folder / f"{name}.lock"
    if not path.exists():
        return None
    with _open(path) as file:
        return None if _try(file, 1) else _pid(path) or 0


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait for a short lock around one change of a file; `path` is the lock's own file."""
    file = _open(path)
    try:
        _take(file, wait=True)
        yield
    finally:
        file.close()


def ask_to_front(folder: Path) -> None:
    """Ask the window that has this desk to come to the front. It looks with `front_asked`."""
    (folder / _RAISE).touch(mode=0o600)


def front_asked(folder: Path) -> bool:
    """Whether another start asked for the window since the last look."""
    try:
        (folder / _RAISE).unlink()
    except FileNotFoundError:
        return False
    return True


def _try(file: IO[str], tries: int) -> bool:
    # `holder` takes a lock for an instant to see whether it is free: that must not turn another start away.
    for left in range(tries, 0, -1):
        try:
            _take(file, wait=False)
        except OSError:
            if left > 1:
                time.sleep(_PAUSE_SECONDS)
        else:
            return True
    return False


def _open(path: Path) -> IO[str]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        raise NotFound(f"The folder '{path.parent.name}' is not there.", "", "Check the name of the desk.") from None
    except OSError as error:
        raise VaultError(f"{path.name} cannot be opened.", f"{error.strerror}.", "Check who owns the folder.") from None
    return os.fdopen(handle, "r+", encoding="ascii")


def _pid(path: Path) -> int | None:
    try:
        return int(json.loads(path.read_text(encoding="ascii"))["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _busy(folder: Path, name: str) -> DeskBusy:
    pid = _pid(folder / f"{name}.lock")
    which = f" (process {pid})" if pid else ""
    if name == WINDOW:
        return DeskBusy(f"Another window has this desk{which}.", "", "It comes to the front; or open this one to read.")
    return DeskBusy(f"Another process already pulls and sends for this desk{which}.", "", "Nothing has to be done.")
