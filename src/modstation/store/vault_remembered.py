"""The secret that the system keyring may keep in place of a passphrase: random, one a person, dropped at any time."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

from modstation.models.errors import VaultError, WrongPassphrase
from modstation.models.ids import PersonId

from . import vault_file
from .kdf import KEY_BYTES
from .keyslots import Context, Keys, PrivateKeys, Unlocked, seal, unseal
from .system_keyring import SystemKeyring
from .vault_model import RememberedSlot, Vault
from .vault_slots import unlocked

_PURPOSE = "remembered"


def remember_secret(folder: Path, opened: Unlocked) -> str:
    """Make the secret (hex) that opens this person's keys without their passphrase, for the system keyring alone.

    Asking again makes the earlier secret worthless. Raises DiskFull, DamagedFile.
    """
    secret = secrets.token_bytes(KEY_BYTES)

    def change(vault: Vault) -> Vault:
        nonce, sealed = seal(secret, opened.private.to_bytes(), Context(vault.binding, opened.person, _PURPOSE))
        return vault.with_member(replace(vault.member(opened.person), remembered=RememberedSlot(nonce, sealed)))

    vault_file.edit(folder, opened.keys.store_key, change)
    return secret.hex()


def unlock_remembered(folder: Path, person: PersonId, secret: str) -> Unlocked:
    """Open the desk as this person by the secret from the system keyring.

    Raises WrongPassphrase when it does not fit (any more): then the passphrase is asked for.
    """
    vault = vault_file.read_whole(folder)
    member = vault.member(person)
    private = None
    if member.remembered is not None:
        context = Context(vault.binding, member.person, _PURPOSE)
        private = unseal(_key(secret), member.remembered.nonce, member.remembered.sealed, context)
    if private is None:
        raise WrongPassphrase(
            "What the system keyring remembers does not open this desk.",
            "The passphrase was changed, or the desk was restored or reset.",
            "Unlock with the passphrase.",
        )
    return unlocked(vault, member, PrivateKeys.from_bytes(private))


def forget_secret(folder: Path, keys: Keys, person: PersonId) -> None:
    """Make the remembered secret worthless, whether or not the keyring still has it."""
    vault_file.edit(
        folder, keys.store_key, lambda vault: vault.with_member(replace(vault.member(person), remembered=None))
    )


def remember_me(folder: Path, opened: Unlocked, keyring: SystemKeyring) -> None:
    """Let the system keyring open the desk for this person.

    Raises KeyringLocked or VaultError; then nothing is kept anywhere.
    """
    secret = remember_secret(folder, opened)
    try:
        keyring.remember(opened.keys.desk_id, opened.person, secret)
    except VaultError:
        forget_secret(folder, opened.keys, opened.person)
        raise


def unlock_from_keyring(folder: Path, person: PersonId, keyring: SystemKeyring) -> Unlocked | None:
    """Open the desk by what the keyring remembers; None where it was never asked to, or has no such entry any more.

    Raises KeyringLocked (not the same as no entry), WrongPassphrase for an entry that no longer fits.
    """
    vault = vault_file.read_whole(folder)
    if vault.member(person).remembered is None:
        return None
    secret = keyring.recall(vault.desk_id, person)
    return None if secret is None else unlock_remembered(folder, person, secret)


def forget_me(folder: Path, keys: Keys, person: PersonId, keyring: SystemKeyring) -> None:
    """Make the remembered secret worthless first, then delete it from the keyring. Raises KeyringLocked."""
    forget_secret(folder, keys, person)
    keyring.forget(keys.desk_id, person)


def _key(secret: str) -> bytes:
    try:
        return bytes.fromhex(secret)
    except ValueError:
        raise VaultError(
            "The system keyring's entry is not of ModStation.", "", "Unlock with the passphrase."
        ) from None
