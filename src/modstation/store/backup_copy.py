"""Copying a live encrypted file to another key, and keeping out of the copy what must never leave the desk."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from modstation.models.errors import DamagedFile

from .backup_file import Progress
from .sqlcipher import Connection, open_store

PAGES_A_STEP = 1024
_BLOCKED = (
    "SELECT item, url_hash FROM media WHERE blocked <> ''"
    " OR (sha256 <> '' AND sha256 IN (SELECT sha256 FROM media WHERE blocked <> ''))"
)

#: Media that must not leave, by item number and hash of the address.
Blocked = frozenset[tuple[int, str]]


def copy_live(source: Connection, target: Path, key: bytes, progress: Progress, what: str) -> None:
    """Copy a database, as it is at this moment, into a new file under another key, while others go on writing.

    `source` must be inside a read transaction: its snapshot is what is copied, and writers never restart the copy.
    Raises Cancelled from `progress`, DamagedFile when the copy does not check, sqlcipher's errors.
    """
    page = int(source.execute("PRAGMA page_size").fetchone()[0])

    def step(_: int, remaining: int, total: int) -> None:
        progress(what, (total - remaining) * page, total * page)

    target.touch(mode=0o600)
    with closing(open_store(target, key)) as copy:
        # The copy has no other reader and is thrown away after a crash: no log beside it, no waiting for the disk.
        copy.execute("PRAGMA journal_mode = MEMORY")
        copy.execute("PRAGMA synchronous = OFF")
        source.backup(copy, pages=PAGES_A_STEP, progress=step)
        copy.execute("PRAGMA journal_mode = DELETE")
        if copy.execute("PRAGMA cipher_integrity_check").fetchall():
            raise DamagedFile(
                f"The copy of {target.name} does not check.",
                "A page of the desk or of the target disk is damaged.",
                "Nothing was kept. Run 'modstation doctor'.",
            )


def blocked_media(store: Connection) -> Blocked:
    """Media marked as suspected to show a minor, and every other place with the same bytes."""
    if not _has_table(store, "media"):
        return frozenset()
    return frozenset((row[0], row[1]) for row in store.execute(_BLOCKED))


def purge(store_copy: Path, store_key: bytes, keys_copy: Path, keys_key: bytes, blocked: Blocked) -> None:
    """Take blocked media out of the copies, bytes and data keys. Freed pages are overwritten (secure_delete)."""
    with closing(open_store(store_copy, store_key)) as store, closing(open_store(keys_copy, keys_key)) as keys:
        for connection in (store, keys):
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN")
        doomed = _blobs_of(store, blocked | blocked_media(store))
        store.executemany("UPDATE media SET blob = NULL WHERE blob = ?", doomed)
        store.executemany("DELETE FROM blob WHERE id = ?", doomed)
        keys.executemany("DELETE FROM data_key WHERE id = ?", doomed)
        for connection in (store, keys):
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = DELETE")


def head_of(store: Connection, desk: str) -> tuple[int, str]:
    """Number and hash (hex) of the newest journal row of a desk; 0 and "" where there is none."""
    if not _has_table(store, "event"):
        return 0, ""
    row = store.execute(
        "SELECT desk_seq, hash FROM event WHERE desk = ? ORDER BY desk_seq DESC LIMIT 1", (desk,)
    ).fetchone()
    return (int(row[0]), bytes(row[1]).hex()) if row else (0, "")


def _blobs_of(store: Connection, media: Iterable[tuple[int, str]]) -> list[tuple[int]]:
    found = []
    for item, url_hash in media:
        found += store.execute(
            "SELECT blob FROM media WHERE item = ? AND url_hash = ? AND blob IS NOT NULL", (item, url_hash)
        ).fetchall()
    return sorted(set(found))


def _has_table(connection: Connection, name: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).fetchone())
