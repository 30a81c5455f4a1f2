"""What backup and restore share: a place to work in, room on the disk, being stopped, errors in words."""

from __future__ import annotations

import errno
import glob
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modstation.models.errors import DiskFull, VaultError

from .backup_file import Cancelled, Progress
from .runlock import hold, holder
from .sqlcipher import DatabaseError, explain

_LOCK = "work"
_SUFFIX = ".work"
_SPARE_BYTES = 16 * 1024 * 1024


def watched(progress: Progress, cancelled: Callable[[], bool]) -> Progress:
    """A progress that also stops the work, by raising Cancelled, once `cancelled` says so."""

    def tell(what: str, done: int, total: int) -> None:
        if cancelled():
            raise Cancelled
        progress(what, done, total)

    return tell


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """A private folder beside the target, so that what is finished only has to be renamed; gone afterwards.

    What earlier work of a process that was killed has left there is cleared away. Errors of disk and database leave it
    in words: DiskFull or VaultError.
    """
    place = None
    try:
        _clear_leftovers(target)
        place = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=_SUFFIX, dir=target.parent))
        with hold(place, _LOCK):
            yield place
    except OSError as error:
        raise _explained(error, target) from None
    except DatabaseError as error:
        raise explain(error, target) from None
    finally:
        if place is not None:
            _remove(place)


def check_room(place: Path, content_bytes: int) -> None:
    """Raises DiskFull unless twice the content fits: once as copies, once as the result."""
    needed, free = 2 * content_bytes + _SPARE_BYTES, shutil.disk_usage(place).free
    if free < needed:
        raise DiskFull(
            "There is not enough room on the disk.",
            f"It takes {needed // 2**20 + 1} MiB for a while; {free // 2**20} MiB are free.",
            "Free some space or choose another disk. Nothing was written.",
        )


def _clear_leftovers(target: Path) -> None:
    for place in target.parent.glob(f".{glob.escape(target.name)}.*{_SUFFIX}"):
        # No lock file: just being made by somebody. A lock that is held: somebody works there.
        if (place / f"{_LOCK}.lock").exists() and holder(place, _LOCK) is None:
            _remove(place)


def _remove(place: Path) -> None:
    """Take a work folder away, the lock file last: a kill in between leaves what the next clearing recognises."""
    with suppress(OSError):
        for path in place.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != f"{_LOCK}.lock":
                path.unlink()
        shutil.rmtree(place)


def _explained(error: OSError, target: Path) -> VaultError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull("The disk is full.", "", "Free some space or choose another disk. Nothing was kept.")
    return VaultError(f"'{target.name}' could not be written.", f"{error.strerror}.", "Choose another place.")
