"""What backup and restore share: a place to work in, room on the disk, being stopped, errors in words."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modstation.models.errors import DiskFull, VaultError

from .backup_file import Cancelled, Progress
from .sqlcipher import DatabaseError, explain

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

    Errors of disk and database leave it in words: DiskFull or VaultError.
    """
    place = None
    try:
        place = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        yield place
    except OSError as error:
        raise _explained(error, target) from None
    except DatabaseError as error:
        raise explain(error, target) from None
    finally:
        if place is not None:
            with suppress(OSError):
                shutil.rmtree(place)


def check_room(place: Path, content_bytes: int) -> None:
    """Raises DiskFull unless twice the content fits: once as copies, once as the result."""
    needed, free = 2 * content_bytes + _SPARE_BYTES, shutil.disk_usage(place).free
    if free < needed:
        raise DiskFull(
            "There is not enough room on the disk.",
            f"It takes {needed // 2**20 + 1} MiB for a while; {free // 2**20} MiB are free.",
            "Free some space or choose another disk. Nothing was written.",
        )


def _explained(error: OSError, target: Path) -> VaultError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull("The disk is full.", "", "Free some space or choose another disk. Nothing was kept.")
    return VaultError(f"'{target.name}' could not be written.", f"{error.strerror}.", "Choose another place.")
