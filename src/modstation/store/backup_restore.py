"""Restoring a backup into an empty folder: a new desk with the old desk's past.

The restored desk has a new id, a new signing key and new keys for its files, all locked to the same people: nobody
needs a new passphrase. The old desk may still exist somewhere, so the two must never pass for one another, and what the
old one sent after the backup is unknown here: `RestoredFrom` in vault.json makes the store mark every unfinished send
`unknown`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from modstation.models.errors import BadInput, VaultError, WrongPassphrase
from modstation.models.ids import DeskId, PersonId
from modstation.models.time import Clock, SystemClock, iso

from . import vault_file
from .backup_copy import copy_live, head_of
from .backup_file import (
    BACKUP_PURPOSE,
    Cancelled,
    Opened,
    Progress,
    backup_keys,
    damaged,
    hash_of,
    not_for,
    open_backup,
    read_part,
    unpack_part,
)
from .backup_work import check_room, watched, workplace
from .canonical import canonical
from .keyslots import DESK, KEYFILE, STORE, Context, Keys, fresh_keys, open_keys, unwrap, unwrap_all, wrap_all
from .sqlcipher import open_store
from .vault_file import KEYS_FILE, STORE_FILE, VAULT_FILE
from .vault_model import ACTIVE, PRODUCT, RecoverySlot, RestoredFrom, Vault, Wrap
from .vault_recovery import with_new_desk_key
from .vault_slots import RECOVERY_OWNER, open_slot, recovery_key, rewrap

_CLOCK: Clock = SystemClock()


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """A restored desk. `before` is the old desk, `head_seq` and `head_hash` its newest journal row in the backup.

    `created` is when the backup was made (ISO 8601, UTC); `people` can unlock, with the passphrases of that day.
    """

    folder: Path
    desk: DeskId
    before: DeskId
    head_seq: int
    head_hash: str
    created: str
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """A backup that has proved whole: the vault in it, its keys, and the old desk's signing key where it was opened."""

    opened: Opened
    vault: Vault
    backup_key: bytes
    desk_signing: Ed25519PrivateKey | None


def inspect(file: Path) -> tuple[DeskId, str, tuple[PersonId, ...]]:
    """What a backup says of itself without a key: desk, when made (ISO 8601, UTC), who can open it besides the code.

    Raises NotFound, ForeignFile, NewerFormat, DamagedFile.
    """
    manifest = open_backup(file).manifest
    people = tuple(PersonId(lock.owner) for lock in manifest.locks if lock.owner != RECOVERY_OWNER)
    return DeskId(manifest.desk), manifest.created, people


def restore(
    file: Path,
    folder: Path,
    code: str,
    *,
    person: PersonId | None = None,
    clock: Clock = _CLOCK,
    progress: Progress = lambda what, done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> RestoreResult | None:
    """Make a desk in a new or empty folder from a backup; None when cancelled, and then nothing is left.

    `code` is the recovery code of the day of the backup or, with `person`, that person's passphrase. The folder appears
    only when the desk is complete. Call it in a thread. Raises BadInput for a folder in use or a code of another desk,
    WrongPassphrase, NotFound, ForeignFile, NewerFormat, DamagedFile, DiskFull, VaultError.
    """
    target = _free_folder(folder)
    source = _open_source(file, code, person)
    try:
        _make_parent(target)
        with workplace(target) as place:
            check_room(place, sum(part.size for part in source.opened.manifest.parts))
            desk = place / "desk"
            desk.mkdir(mode=0o700)
            return _restore_in(desk, source, target, iso(clock.now()), watched(progress, cancelled))
    except Cancelled:
        return None


def statement(restored: RestoredFrom, desk: str, desk_key: bytes) -> bytes:
    """What the old desk's key signs as `vouch`: that this new desk, with this key, continues it from this backup."""
    return canonical(
        {"product": PRODUCT, "before": restored.desk, "backup": restored.sha256, "desk": desk, "key": desk_key.hex()}
    )


def _open_source(file: Path, code: str, person: PersonId | None) -> _Source:
    opened = open_backup(file)
    vault = vault_file.parse(read_part(opened, VAULT_FILE))
    if vault.desk != opened.manifest.desk or vault.desk_key is None:
        raise damaged("It names another desk than vault.json in it.")
    if person is None:
        owner, exchange = RECOVERY_OWNER, recovery_key(code)
        wraps = _recovery_wraps(vault, exchange)
    else:
        owner, exchange = person, _person_key(vault, person, code)
        wraps = vault.member(person).wraps
    backup_key = _backup_key(opened, vault.binding, owner, exchange)
    opened.manifest.check(backup_key, vault.desk_key.signing)
    old = unwrap_all(exchange, vault.binding, owner, wraps)
    vault_file.check(vault, open_keys(old).store_key)
    signing = Ed25519PrivateKey.from_private_bytes(old[DESK]) if DESK in old else None
    return _Source(opened, vault, backup_key, signing)


def _recovery_wraps(vault: Vault, exchange: X25519PrivateKey) -> tuple[Wrap, ...]:
    public = exchange.public_key().public_bytes_raw()
    slot = next((slot for slot in vault.recovery if slot.exchange == public and slot.state == ACTIVE), None)
    if slot is None:
        raise not_for(RECOVERY_OWNER)
    return slot.wraps


def _person_key(vault: Vault, person: PersonId, passphrase: str) -> X25519PrivateKey:
    member = vault.member(person)
    private = open_slot(vault, member, passphrase)
    if private is None:
        raise WrongPassphrase(
            "This passphrase does not open the backup.",
            "It wants the passphrase of the day it was made.",
            "Try again, or use the recovery code. Nothing was touched.",
        )
    return private.exchange


def _backup_key(opened: Opened, binding: str, owner: str, exchange: X25519PrivateKey) -> bytes:
    public = exchange.public_key().public_bytes_raw()
    lock = next((each for each in opened.manifest.locks if each.public == public and each.owner == owner), None)
    if lock is None:
        raise not_for(owner)
    return unwrap(exchange, lock.wrap, Context(binding, owner, BACKUP_PURPOSE))


def _restore_in(place: Path, source: _Source, target: Path, now: str, tell: Progress) -> RestoreResult:
    keys = fresh_keys({})
    head = _move_store(place, source, keys, tell)
    vault = _renewed(source, keys, now)
    vault_file.write(place, vault, keys.store_key)
    for name in (STORE_FILE, KEYS_FILE):
        _sync(place / name)
    vault_file.sync_folder(place)
    if target.exists():
        target.rmdir()
    os.replace(place, target)
    vault_file.sync_folder(target.parent)
    people = tuple(PersonId(member.person) for member in vault.enrolled)
    manifest = source.opened.manifest
    return RestoreResult(target, keys.desk_id, DeskId(manifest.desk), *head, manifest.created, people)


def _move_store(place: Path, source: _Source, keys: Keys, tell: Progress) -> tuple[int, str]:
    """Unpack both files, check their hashes, and copy each to its new key; the head of the old desk's journal."""
    (store_key, keys_key), head = backup_keys(source.backup_key), (0, "")
    for name, packed_key, key in ((KEYS_FILE, keys_key, keys.keyfile_key), (STORE_FILE, store_key, keys.store_key)):
        packed = place / f"{name}.packed"
        unpack_part(source.opened, name, packed, tell)
        with closing(open_store(packed, packed_key, read_only=True)) as connection:
            connection.execute("BEGIN")
            copy_live(connection, place / name, key, tell, f"restoring {name}")
            head = head_of(connection, source.vault.desk)
        packed.unlink()
    return head


def _renewed(source: _Source, keys: Keys, now: str) -> Vault:
    """The vault of the new desk: same people and class keys, new id, new desk key, new keys of the files."""
    secret = {STORE: keys.store_key, KEYFILE: keys.keyfile_key}
    old = source.vault
    people = tuple(replace(rewrap(member, old.binding, secret), remembered=None) for member in old.people)
    recovery = tuple(_rewrap_recovery(slot, old.binding, secret) for slot in old.recovery)
    moved = replace(old, desk=keys.desk_id, people=people, recovery=recovery)
    vault = with_new_desk_key(moved, keys, now)
    restored = RestoredFrom(old.desk, hash_of(source.opened.path), now)
    if source.desk_signing is not None:
        public = keys.desk_signing.public_key().public_bytes_raw()
        vouch = source.desk_signing.sign(statement(restored, keys.desk_id, public)).hex()
        restored = replace(restored, vouch=vouch)
    return replace(vault, restored_from=restored)


def _rewrap_recovery(slot: RecoverySlot, binding: str, secret: dict[str, bytes]) -> RecoverySlot:
    if slot.state != ACTIVE:
        return slot
    kept = tuple(each for each in slot.wraps if each.purpose not in secret)
    return replace(slot, wraps=kept + wrap_all(slot.exchange, binding, RECOVERY_OWNER, secret))


def _free_folder(folder: Path) -> Path:
    target = folder.resolve()
    try:
        if target.exists() and any(target.iterdir()):
            raise BadInput(
                f"The folder '{target.name}' is not empty.", "", "Choose a new or empty one. Nothing was touched."
            )
    except OSError as error:
        raise _unusable(target, error) from None
    return target


def _make_parent(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(target, error) from None


def _unusable(target: Path, error: OSError) -> VaultError:
    return VaultError(f"The folder '{target.name}' cannot be used.", f"{error.strerror}.", "Choose another.")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
