"""Slots: where a person's private keys and the desk's keys are locked, opened and checked against each other."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from modstation.models.ids import PersonId

from . import vault_file
from .kdf import SALT_BYTES, KdfCost, derive
from .keyslots import (
    Context,
    KeyClass,
    Keys,
    OpenKeys,
    PrivateKeys,
    Unlocked,
    full_keys,
    key_id,
    named,
    named_for,
    seal,
    unseal,
    unwrap_all,
    wrap_all,
)
from .recovery import CodeKind, exchange_key, read_code
from .vault_model import ACTIVE, Member, PassphraseSlot, PersonKey, RecoverySlot, SlotState, Vault

RECOVERY_OWNER = "recovery code"
_PASSPHRASE = "passphrase"


def passphrase_slot(private: PrivateKeys, binding: str, person: str, passphrase: str, cost: KdfCost) -> PassphraseSlot:
    """Lock a person's private keys under their passphrase."""
    salt = secrets.token_bytes(SALT_BYTES)
    key = derive(passphrase, salt, cost)
    nonce, sealed = seal(key, private.to_bytes(), Context(binding, person, _PASSPHRASE))
    return PassphraseSlot(cost.memory_kib, cost.passes, cost.lanes, salt, nonce, sealed)


def open_slot(vault: Vault, member: Member, passphrase: str) -> PrivateKeys | None:
    """The person's private keys, or None for a wrong passphrase. Raises DamagedFile for an impossible cost."""
    slot = member.slot
    if slot is None:
        return None
    key = derive(passphrase, slot.salt, KdfCost(slot.memory_kib, slot.passes, slot.lanes))
    secret = unseal(key, slot.nonce, slot.sealed, Context(vault.binding, member.person, _PASSPHRASE))
    return None if secret is None else PrivateKeys.from_bytes(secret)


def enrolled_member(
    member: Member,
    binding: str,
    private: PrivateKeys,
    slot: PassphraseSlot,
    keys: Keys,
    classes: Iterable[KeyClass],
    now: str,
) -> Member:
    """The person with fresh keys in use and the desk's keys locked to them; keys they had before stay as retired."""
    fresh = person_key(private, now)
    wraps = wrap_all(fresh.exchange, binding, member.person, named_for(keys, classes))
    known = (*member.retire(now).keys, fresh)
    return replace(member, state=SlotState.ENROLLED, keys=known, wraps=wraps, slot=slot, code=None, remembered=None)


def person_key(private: PrivateKeys, now: str) -> PersonKey:
    """The public half of a person's keys, in use from now."""
    signing = private.signing.public_key().public_bytes_raw()
    return PersonKey(key_id(signing), signing, private.exchange.public_key().public_bytes_raw(), ACTIVE, now)


def unlocked(vault: Vault, member: Member, private: PrivateKeys) -> Unlocked:
    """The person with all keys they are entitled to, once `vault.json` has proved whole. Raises DamagedFile."""
    active = member.active_key
    if active is None or active.key_id != private.key_id:
        raise vault_file.damaged("A person's public key in it is not the one their passphrase opens.")
    keys = open_wraps(vault, member, private.exchange)
    return Unlocked(PersonId(member.person), private.signing, private.key_id, keys, private.exchange)


def open_wraps(vault: Vault, member: Member, exchange: X25519PrivateKey) -> Keys:
    """The keys locked to a member, checked against the whole file. Raises DamagedFile."""
    keys = full_keys(unwrap_all(exchange, vault.binding, member.person, member.wraps), vault.desk_id)
    vault_file.check(vault, keys.store_key)
    if vault.desk_key is None or vault.desk_key.key_id != keys.desk_key_id:
        raise vault_file.damaged("The desk's signing key is not the one the file names.")
    return keys


def lock_recovery(binding: str, code: str, keys: OpenKeys, now: str) -> RecoverySlot:
    """Store, key file and class keys, and no signing key, locked to a recovery code."""
    public = recovery_key(code).public_key().public_bytes_raw()
    return RecoverySlot(public, ACTIVE, now, "", wrap_all(public, binding, RECOVERY_OWNER, named(keys)))


def recovery_key(code: str) -> X25519PrivateKey:
    """The key a typed recovery code stands for. Raises BadInput for a mistyped one."""
    return exchange_key(CodeKind.RECOVERY, read_code(CodeKind.RECOVERY, code))


def rewrap(member: Member, binding: str, fresh: Mapping[str, bytes]) -> Member:
    """Replace some of the secrets locked to a person by new ones; nobody's passphrase is needed for it."""
    recipient = member.recipient
    if recipient is None:
        return member
    kept = tuple(each for each in member.wraps if each.purpose not in fresh)
    return replace(member, wraps=kept + wrap_all(recipient, binding, member.person, fresh))
