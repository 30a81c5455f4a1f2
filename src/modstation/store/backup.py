"""Backup while the desk runs: one file, encrypted under another key, that the recovery code or a passphrase opens.

Inside lie the people's slots as they are in vault.json, so whoever could unlock the desk on the day of the backup can
unlock the restored desk with the same passphrase. Data keys are a part of their own and stay wrapped under class keys,
which are in the file only as locked to people and to the recovery code. Media marked as suspected to show a minor never
enter. Drafts, settings and the keyring's memory: the first two are in, the last is not.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from modstation.models.errors import BadInput
from modstation.models.time import Clock, SystemClock, iso

from . import vault_file
from .backup_copy import blocked_media, copy_live, head_of, purge
from .backup_file import (
    BACKUP_PURPOSE,
    FORMAT,
    Cancelled,
    KeyLock,
    Manifest,
    Progress,
    backup_keys,
    describe,
    write_backup,
)
from .backup_restore import RestoreResult, inspect, restore
from .backup_work import check_room, watched, workplace
from .kdf import KEY_BYTES
from .keyslots import Context, Keys, wrap
from .sqlcipher import Connection, open_store
from .vault_file import KEYS_FILE, STORE_FILE, VAULT_FILE
from .vault_model import ACTIVE, PRODUCT, Vault
from .vault_slots import RECOVERY_OWNER

__all__ = ["BackupResult", "Progress", "RestoreResult", "backup", "inspect", "restore"]

_CLOCK: Clock = SystemClock()


@dataclass(frozen=True, slots=True)
class BackupResult:
    """A finished backup: its file, length in bytes, SHA-256 in hex, and the journal row it reaches to."""

    file: Path
    size: int
    sha256: str
    head_seq: int
    head_hash: str
    media_left_out: int


def backup(
    folder: Path,
    keys: Keys,
    file: Path,
    *,
    clock: Clock = _CLOCK,
    progress: Progress = lambda what, done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    replace: bool = False,
) -> BackupResult | None:
    """Write a backup of the desk to `file`, which takes its name only when it is complete; None when cancelled.

    Runs beside writers, which it never holds up, and takes the disk space of the desk twice for a while. Call it in a
    thread. Raises BadInput where the file exists and `replace` is not set, DiskFull, DamagedFile, VaultError.
    """
    target = _checked_target(folder, file, replace)
    try:
        with workplace(target) as place:
            check_room(place, _size_of(folder))
            return _backup_in(place, folder, keys, target, iso(clock.now()), watched(progress, cancelled))
    except Cancelled:
        return None


def _backup_in(place: Path, folder: Path, keys: Keys, target: Path, now: str, tell: Progress) -> BackupResult:
    backup_key = secrets.token_bytes(KEY_BYTES)
    head, left_out = _copy_pair(place, folder, keys, backup_key, tell)
    vault = vault_file.check(vault_file.read(folder), keys.store_key)
    vault_file.write_atomically(place / VAULT_FILE, vault_file.dump(vault))
    paths = {name: place / name for name in (VAULT_FILE, KEYS_FILE, STORE_FILE)}
    parts = tuple(describe(path) for path in paths.values())
    bare = Manifest(f"{PRODUCT} backup", FORMAT, vault.desk, now, parts, _locks(vault, backup_key))
    manifest = bare.signed(backup_key, keys.desk_signing)
    whole = place / "whole"
    with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        digest = write_backup(stream, manifest, paths, tell)
    os.replace(whole, target)
    vault_file.sync_folder(target.parent)
    return BackupResult(target, target.stat().st_size, digest, *head, left_out)


def _copy_pair(place: Path, folder: Path, keys: Keys, backup_key: bytes, tell: Progress) -> tuple[tuple[int, str], int]:
    # The store first: writers commit data keys before the texts they open, so no text in the copy lacks its key.
    store_key, keys_key = backup_keys(backup_key)
    with _snapshot(folder / STORE_FILE, keys.store_key) as store:
        copy_live(store, place / STORE_FILE, store_key, tell, "copying the store")
        head = head_of(store, keys.desk_id)
    with _snapshot(folder / KEYS_FILE, keys.keyfile_key) as keyfile:
        copy_live(keyfile, place / KEYS_FILE, keys_key, tell, "copying the keys")
    # Asked again at the end: what was marked while the copy ran is kept out as well.
    with _snapshot(folder / STORE_FILE, keys.store_key) as store:
        blocked = blocked_media(store)
    if blocked:
        purge(place / STORE_FILE, store_key, place / KEYS_FILE, keys_key, blocked)
    return head, len(blocked)


@contextmanager
def _snapshot(path: Path, key: bytes) -> Iterator[Connection]:
    with closing(open_store(path, key, read_only=True)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield connection


def _locks(vault: Vault, backup_key: bytes) -> tuple[KeyLock, ...]:
    recipients = [(RECOVERY_OWNER, slot.exchange) for slot in vault.recovery if slot.state == ACTIVE]
    recipients += [(member.person, member.recipient) for member in vault.enrolled if member.recipient]
    return tuple(
        KeyLock(owner, public, wrap(public, backup_key, Context(vault.binding, owner, BACKUP_PURPOSE)))
        for owner, public in recipients
    )


def _checked_target(folder: Path, file: Path, replace: bool) -> Path:
    target = file.resolve()
    if target.parent == folder.resolve():
        raise BadInput("A backup does not belong in the desk's own folder.", "", "Choose a place on another disk.")
    if target.is_dir() or (target.exists() and not replace):
        raise BadInput(f"'{target.name}' exists already.", "", "Choose another name. Nothing was touched.")
    if not target.parent.is_dir():
        raise BadInput(f"There is no folder '{target.parent.name}'.", "", "Choose another place.")
    return target


def _size_of(folder: Path) -> int:
    names = [f"{name}{tail}" for name in (STORE_FILE, KEYS_FILE) for tail in ("", "-wal")]
    return sum((folder / name).stat().st_size for name in names if (folder / name).exists())
