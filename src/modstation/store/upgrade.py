"""Brings files of an earlier SQLCipher to the present settings: a checked copy first, the old file kept beside it."""

from __future__ import annotations

import os
from pathlib import Path

from modstation.models.errors import DamagedFile, OlderFormat

from .sqlcipher import EARLIER, Connection, DatabaseError, explain, open_older, open_store


def upgrade(path: Path, key: bytes) -> Path | None:
    """Upgrade one file; where the old one is kept, None where there was nothing to do.

    The copy is checked (integrity and the rows of every table) before it takes the old file's place. Raises VaultError;
    then the old file is where it was. Nobody else may have the desk open.
    """
    try:
        open_store(path, key, read_only=True).close()
    except OlderFormat:
        pass
    else:
        return None
    copy = path.with_name(path.name + ".upgraded")
    copy.unlink(missing_ok=True)
    try:
        _write_copy(path, key, copy)
    except DatabaseError as error:
        copy.unlink(missing_ok=True)
        raise explain(error, path) from error
    kept = _free_name(path)
    os.link(path, kept)
    os.replace(copy, path)
    return kept


def _write_copy(path: Path, key: bytes, copy: Path) -> None:
    generation = next(each for each in EARLIER if _opens(path, key, each))
    old = open_older(path, key, generation, read_only=False)
    try:
        version = old.execute("PRAGMA user_version").fetchone()[0]
        old.execute(f"ATTACH DATABASE ? AS fresh KEY \"x'{key.hex()}'\"", (str(copy),))
        old.execute("SELECT sqlcipher_export('fresh')")
        old.execute(f"PRAGMA fresh.user_version = {version}")
        old.execute("DETACH DATABASE fresh")
        before = _counts(old)
    finally:
        old.close()
    fresh = open_store(copy, key)
    try:
        sound = fresh.execute("PRAGMA integrity_check").fetchone() == ("ok",) and _counts(fresh) == before
        fresh.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        fresh.close()
    if not sound:
        copy.unlink()
        raise DamagedFile(
            "The upgraded copy is not what the old file holds.", "It was thrown away.", "Nothing changed."
        )


def _opens(path: Path, key: bytes, generation: int) -> bool:
    try:
        open_older(path, key, generation, read_only=True).close()
    except DatabaseError:
        return False
    return True


def _counts(db: Connection) -> dict[str, int]:
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _free_name(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"{path.name}.older-{number}")).exists():
        number += 1
    return kept
