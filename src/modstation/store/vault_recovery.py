"""The printed recovery code: it opens the store when passphrases are lost, and never a signing key.

Whoever recovers gets a new signing key, and the desk a new one of its own, so nothing signed afterwards can pass for
the work of before. A code works once; a new one is printed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from modstation.models.errors import BadInput, NotAllowed
from modstation.models.ids import PersonId
from modstation.models.time import Clock, SystemClock, iso

from . import vault_file
from .kdf import DEFAULT_COST, KdfCost, check_new_passphrase
from .keyslots import (
    DESK,
    KeyClass,
    Keys,
    OpenKeys,
    PrivateKeys,
    Unlocked,
    key_id,
    open_keys,
    require_classes,
    unwrap_all,
)
from .recovery import CodeKind, new_code
from .vault_model import ACTIVE, RETIRED, DeskKey, Member, RecoverySlot, SlotState, Vault, classes_in
from .vault_slots import RECOVERY_OWNER, enrolled_member, lock_recovery, passphrase_slot, recovery_key, rewrap, unlocked

_CLOCK: Clock = SystemClock()


def recover(
    folder: Path,
    code: str,
    person: PersonId,
    passphrase: str,
    *,
    cost: KdfCost = DEFAULT_COST,
    clock: Clock = _CLOCK,
) -> tuple[Unlocked, str]:
    """Give a person of the desk a new passphrase by the recovery code: they are unlocked, and the next code to print.

    They hold the classes they held, and those that nobody else could open. Raises BadInput for a wrong or spent code or
    a short passphrase, NotFound, NotAllowed for somebody removed, DamagedFile.
    """
    check_new_passphrase(passphrase)
    exchange, vault = recovery_key(code), vault_file.read(folder)
    opened = open_recovery(vault, exchange)
    _recoverable(vault, person)
    private, fresh_code, now = PrivateKeys.generate(), new_code(CodeKind.RECOVERY), iso(clock.now())
    slot = passphrase_slot(private, vault.binding, person, passphrase, cost)
    keys = Keys(opened.store_key, opened.keyfile_key, opened.classes, Ed25519PrivateKey.generate(), vault.desk_id)

    def change(current: Vault) -> Vault:
        open_recovery(current, exchange)
        member = _recoverable(current, person)
        entitled = classes_in(each.purpose for each in member.wraps) | _orphaned(current, person)
        mended = enrolled_member(member, current.binding, private, slot, keys, entitled, now)
        rekeyed = with_new_desk_key(current, keys, now).with_member(mended)
        spent = tuple(replace(each, state=RETIRED, used=now, wraps=()) for each in rekeyed.recovery)
        return replace(rekeyed, recovery=(*spent, lock_recovery(current.binding, fresh_code, opened, now)))

    changed = vault_file.edit(folder, keys.store_key, change)
    return unlocked(changed, changed.member(person), private), fresh_code


def new_recovery_code(folder: Path, keys: Keys, *, clock: Clock = _CLOCK) -> str:
    """A new code to print; the one before stops working. Raises NotAllowed for keys that lack a class."""
    require_classes(keys, KeyClass)
    code, now = new_code(CodeKind.RECOVERY), iso(clock.now())

    def change(vault: Vault) -> Vault:
        spent = tuple(replace(each, state=RETIRED, wraps=()) for each in vault.recovery)
        return replace(vault, recovery=(*spent, lock_recovery(vault.binding, code, keys, now)))

    vault_file.edit(folder, keys.store_key, change)
    return code


def open_recovery(vault: Vault, exchange: X25519PrivateKey) -> OpenKeys:
    """What a recovery code opens, checked against the whole file. Raises BadInput or DamagedFile."""
    keys = open_keys(unwrap_all(exchange, vault.binding, RECOVERY_OWNER, recovery_slot(vault, exchange).wraps))
    vault_file.check(vault, keys.store_key)
    return keys


def recovery_slot(vault: Vault, exchange: X25519PrivateKey) -> RecoverySlot:
    """The slot in use that this code opens. Raises BadInput for a code of another desk or one that is spent."""
    public = exchange.public_key().public_bytes_raw()
    for slot in vault.recovery:
        if slot.exchange == public and slot.state == ACTIVE:
            return slot
        if slot.exchange == public:
            raise BadInput("This recovery code is spent.", "A newer one was printed.", "Use the newest print.")
    raise BadInput("This recovery code belongs to another desk.", "", "Look for the print of this desk.")


def with_new_desk_key(vault: Vault, keys: Keys, now: str) -> Vault:
    """Put the desk's signing key of `keys` in use and lock it to everybody who can open the desk or is invited."""
    public = keys.desk_signing.public_key().public_bytes_raw()
    secret = {DESK: keys.desk_signing.private_bytes_raw()}
    people = tuple(rewrap(member, vault.binding, secret) for member in vault.people)
    fresh = DeskKey(keys.desk_id, key_id(public), public, ACTIVE, now)
    return replace(vault.with_desk_key(fresh), people=people)


def _recoverable(vault: Vault, person: PersonId) -> Member:
    member = vault.member(person)
    if member.state == SlotState.REMOVED:
        raise NotAllowed(f"{person} was removed from this desk.", "", "Recover as somebody else, then invite them.")
    return member


def _orphaned(vault: Vault, person: PersonId) -> frozenset[KeyClass]:
    others = [each.purpose for member in vault.enrolled if member.person != person for each in member.wraps]
    return frozenset(KeyClass) - classes_in(others)
