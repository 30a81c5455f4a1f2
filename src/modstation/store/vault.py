"""The vault: who can open a desk, and the keys they get.

A desk is a folder. `vault.json` holds who may open it and every key locked to each of them; `store.db` is the encrypted
store, `keys.db` the data keys under class keys, each file under a random key of its own. A person's signing key lies
under that person's passphrase and nowhere else: neither a colleague nor the recovery code can sign for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from modstation.models.errors import BadInput, NotAllowed, VaultError
from modstation.models.ids import PersonId
from modstation.models.people import Role
from modstation.models.time import Clock, SystemClock, iso

from . import sqlcipher, vault_file
from .kdf import DEFAULT_COST, KdfCost, check_new_passphrase
from .keyslots import KeyClass, Keys, PrivateKeys, Unlocked, fresh_keys, key_id
from .recovery import CodeKind, new_code
from .vault_attempts import Attempts
from .vault_door import DoorPerson, is_desk, people_in, restored_from
from .vault_file import KEYS_FILE, STORE_FILE
from .vault_members import enrol, grant_classes, invite, remove, reset, revoke_classes
from .vault_model import ACTIVE, FORMAT, PRODUCT, DeskKey, Member, SlotState, Vault
from .vault_recovery import new_recovery_code, recover
from .vault_remembered import (
    forget_me,
    forget_secret,
    remember_me,
    remember_secret,
    unlock_from_keyring,
    unlock_remembered,
)
from .vault_slots import enrolled_member, lock_recovery, open_slot, passphrase_slot, unlocked

__all__ = [
    "EVERY_CLASS",
    "DoorPerson",
    "KdfCost",
    "KeyClass",
    "Keys",
    "SlotState",
    "Unlocked",
    "change_passphrase",
    "classes_for",
    "create_vault",
    "enrol",
    "forget_me",
    "forget_secret",
    "grant_classes",
    "invite",
    "is_desk",
    "new_recovery_code",
    "people_in",
    "recover",
    "remember_me",
    "remember_secret",
    "remove",
    "reset",
    "restored_from",
    "revoke_classes",
    "settle_restore",
    "unlock",
    "unlock_any",
    "unlock_from_keyring",
    "unlock_remembered",
]

EVERY_CLASS = frozenset(KeyClass)
_CLOCK: Clock = SystemClock()
_ROLE_CLASSES = {
    Role.COMPLIANCE: EVERY_CLASS,
    Role.LEGAL: frozenset({KeyClass.CONTENT, KeyClass.COMPLIANCE}),
    Role.DPO: frozenset({KeyClass.CONTENT, KeyClass.IDENTITY}),
    # Who adds people must hold what they hand on.
    Role.ADMINISTRATOR: EVERY_CLASS,
}


def classes_for(roles: Iterable[Role]) -> frozenset[KeyClass]:
    """The key classes that go with roles: content for everybody, the others where the office needs them."""
    held = {KeyClass.CONTENT}
    for role in roles:
        held |= _ROLE_CLASSES.get(role, frozenset())
    return frozenset(held)


def create_vault(
    folder: Path,
    founder: PersonId,
    passphrase: str,
    *,
    cost: KdfCost = DEFAULT_COST,
    clock: Clock = _CLOCK,
    classes: frozenset[KeyClass] = EVERY_CLASS,
) -> tuple[Unlocked, str]:
    """Make a desk in a new or empty folder: its founder unlocked, and the recovery code to be printed.

    The founder should hold every class, for only a holder can hand a class key on. `vault.json` is written last, so an
    interrupted creation leaves no desk. Raises BadInput for a folder in use or a short passphrase, DiskFull.
    """
    check_new_passphrase(passphrase)
    _claim_folder(folder)
    keys = fresh_keys()
    for name, key in ((STORE_FILE, keys.store_key), (KEYS_FILE, keys.keyfile_key)):
        _create_file(folder / name, key)
    private, now, code = PrivateKeys.generate(), iso(clock.now()), new_code(CodeKind.RECOVERY)
    slot = passphrase_slot(private, keys.desk_id, founder, passphrase, cost)
    member = enrolled_member(Member(founder, SlotState.ENROLLED), keys.desk_id, private, slot, keys, classes, now)
    vault = Vault(
        PRODUCT, FORMAT, keys.desk_id, keys.desk_id, now, (_desk_key(keys, now),), (member,),
        (lock_recovery(keys.desk_id, code, keys, now),),
    )  # fmt: skip
    with vault_file.locked(folder):
        written = vault_file.write(folder, vault, keys.store_key)
    return unlocked(written, member, private), code


def unlock(folder: Path, person: PersonId, passphrase: str, clock: Clock = _CLOCK) -> Unlocked:
    """Open the desk as a person. Takes the time of argon2id, so never call it on the window's thread.

    Raises WrongPassphrase (with the seconds to wait), NotFound, NotAllowed for somebody invited or removed,
    DamagedFile, ForeignFile, NewerFormat. Nothing is ever locked for good.
    """
    vault = vault_file.read_whole(folder)
    member = vault.member(person)
    if member.slot is None:
        raise _no_passphrase(member)
    attempts = Attempts(folder, clock)
    attempts.check(person)
    private = open_slot(vault, member, passphrase)
    if private is None:
        raise attempts.failed(person)
    opened = unlocked(vault, member, private)
    attempts.passed(person)
    return opened


def unlock_any(folder: Path, passphrase: str, clock: Clock = _CLOCK) -> Unlocked:
    """Open the desk as whoever this passphrase belongs to: each slot is tried, each costs an argon2id.

    Raises what `unlock` raises; its failures are counted apart from those of persons.
    """
    vault, attempts = vault_file.read_whole(folder), Attempts(folder, clock)
    attempts.check("")
    for member in vault.enrolled:
        private = open_slot(vault, member, passphrase)
        if private is not None:
            opened = unlocked(vault, member, private)
            attempts.passed("")
            return opened
    raise attempts.failed("")


def change_passphrase(
    folder: Path,
    person: PersonId,
    old: str,
    new: str,
    *,
    cost: KdfCost = DEFAULT_COST,
    clock: Clock = _CLOCK,
) -> Unlocked:
    """Lock the person's same keys under a new passphrase; the system keyring's entry stops working.

    Raises BadInput for a short passphrase and what `unlock` raises.
    """
    check_new_passphrase(new)
    opened = unlock(folder, person, old, clock)
    binding = vault_file.read(folder).binding
    slot = passphrase_slot(opened.private, binding, person, new, cost)

    def change(vault: Vault) -> Vault:
        return vault.with_member(vault.member(person).with_slot(slot))

    vault_file.edit(folder, opened.keys.store_key, change)
    return opened


def known_keys(folder: Path) -> frozenset[str]:
    """Ids of every signing key that the vault knows of people and the desk, in use or retired."""
    vault = vault_file.read(folder)
    people = {key.key_id for member in vault.people for key in member.keys}
    return frozenset(people | {key.key_id for key in vault.desk_keys})


def settle_restore(folder: Path, keys: Keys) -> None:
    """Note that the restore is in the journal and every unfinished outbox row was made `unknown`."""
    vault_file.edit(folder, keys.store_key, lambda vault: vault.settled())


def _no_passphrase(member: Member) -> NotAllowed:
    if member.state == SlotState.INVITED:
        return NotAllowed(
            f"{member.person} has no passphrase yet.",
            "They were invited or reset and must enrol first.",
            "Enrol with the one-time code.",
        )
    return NotAllowed(f"{member.person} was removed from this desk.", "", "Ask somebody who can add people.")


def _claim_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(entry.suffix != ".lock" for entry in folder.iterdir()):
            raise BadInput(
                f"The folder '{folder.name}' is not empty.",
                "There is already a desk in it." if is_desk(folder) else "A desk wants a folder of its own.",
                "Choose another folder. Nothing was touched.",
            )
        folder.chmod(0o700)
    except OSError as error:
        raise VaultError(
            f"The folder '{folder.name}' cannot be used.", f"{error.strerror}.", "Choose another."
        ) from None


def _create_file(path: Path, key: bytes) -> None:
    # Made here and never again: later a missing file is damage, not an invitation to start an empty one.
    path.touch(mode=0o600)
    sqlcipher.open_store(path, key).close()


def _desk_key(keys: Keys, now: str) -> DeskKey:
    public = keys.desk_signing.public_key().public_bytes_raw()
    return DeskKey(keys.desk_id, key_id(public), public, ACTIVE, now)
