"""The one way to open an encrypted file. Nothing else in ModStation may call connect.

A forgotten or mistyped `PRAGMA key` on a new file silently makes a plaintext database, so every opening checks that
the cipher is really on before a row is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import sqlcipher3.dbapi2 as sqlcipher

from modstation.models.errors import DamagedFile, DiskFull, ForeignFile, OlderFormat, VaultError

#: The library ships no types; every use is checked at run time by SQLite itself.
Connection: TypeAlias = Any
DatabaseError = sqlcipher.DatabaseError
OperationalError = sqlcipher.OperationalError
IntegrityError = sqlcipher.IntegrityError
Row = tuple[Any, ...]

KEY_BYTES = 32
SALT_BYTES = 16
_PLAIN_HEADER = b"SQLite format 3\x00"
_OLDEST_SQLITE = (3, 53)
#: Generations of SQLCipher whose files the present one can still read when asked to.
EARLIER = (3, 2, 1)


def open_store(path: Path, key: bytes, *, read_only: bool = False) -> Connection:
    """Open or create an encrypted file under a raw key of 32 bytes and a salt of 16.

    Raises ForeignFile when the key does not fit or the file is in the clear, OlderFormat when it was written by an
    earlier SQLCipher, DamagedFile when its pages do not check, DiskFull when there is no room to open it.
    """
    if len(key) != KEY_BYTES + SALT_BYTES:
        raise ValueError("a store key has 32 bytes of key and 16 of salt")
    _refuse_plaintext(path)
    connection = sqlcipher.connect(_uri(path, read_only), uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        _check_cipher(connection)
        _configure(connection, read_only)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlcipher.Error):
            raise _older(path, key) or explain(error, path) from None
        raise
    return connection


def open_older(path: Path, key: bytes, generation: int, *, read_only: bool) -> Connection:
    """Open a file as an earlier generation of SQLCipher wrote it. Raises DatabaseError where it did not."""
    mode = "ro" if read_only else "rw"
    old = sqlcipher.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    try:
        old.execute("PRAGMA cipher_log_level = NONE")
        old.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        old.execute(f"PRAGMA cipher_compatibility = {generation}")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlcipher.Error:
        old.close()
        raise
    return old


def _older(path: Path, key: bytes) -> OlderFormat | None:
    """Whether the key does fit, under the settings of an earlier SQLCipher: that is neither damage nor a wrong key."""
    for generation in EARLIER:
        try:
            open_older(path, key, generation, read_only=True).close()
        except sqlcipher.Error:
            continue
        return OlderFormat(
            f"{path.name} was written with older settings of SQLCipher.",
            "The key fits and the file is whole. Nothing was touched.",
            "Run 'modstation upgrade': it writes a copy, checks it, and keeps the old file.",
        )
    return None


def explain(error: Exception, path: Path | None = None) -> VaultError:
    """The error of the house for an error of SQLite."""
    text = str(error)
    name = path.name if path else "The desk's file"
    if "full" in text:
        return DiskFull("There is no room left on the disk.", "Nothing was half-written.", "Free some space.")
    if "not a database" in text:
        return ForeignFile(
            f"{name} could not be opened with this desk's key.",
            "It belongs to another desk, or is no desk at all.",
            "Nothing was touched. Check the folder, or restore a backup.",
        )
    if "disk I/O" in text:
        return DiskFull(
            f"The disk does not take what is written to {name}.",
            "Nothing was half-written.",
            "Free some space; where there is enough, look whether the disk is failing.",
        )
    if "malformed" in text:
        return DamagedFile(
            f"{name} is damaged.", f"SQLCipher says: {text}.", "Make a copy of the folder, then restore a backup."
        )
    return VaultError(f"{name} could not be used.", f"SQLCipher says: {text}.", "Run 'modstation doctor'.")


def _uri(path: Path, read_only: bool) -> str:
    return f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"


def _refuse_plaintext(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_PLAIN_HEADER))
    except FileNotFoundError:
        return
    if head == _PLAIN_HEADER:
        raise ForeignFile(f"{path.name} is a plain SQLite file.", "A desk is always encrypted.", "Nothing was touched.")


def _check_cipher(connection: Connection) -> None:
    version = connection.execute("PRAGMA cipher_version").fetchone()
    sqlite = tuple(int(part) for part in sqlcipher.sqlite_version.split(".")[:2])
    if not version or not version[0] or sqlite < _OLDEST_SQLITE:
        raise VaultError("This build of SQLCipher cannot be trusted.", "It is too old.", "Run 'make setup' again.")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _configure(connection: Connection, read_only: bool) -> None:
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA cache_size = -16384")
