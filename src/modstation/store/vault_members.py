"""Who may open the desk: inviting, enrolling, resetting, removing, and which class keys each person holds.

The caller has asked and journalled; here the locks follow. Nobody's passphrase but a person's own is ever needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from modstation.models.errors import BadInput, NotAllowed
from modstation.models.ids import PersonId
from modstation.models.time import Clock, SystemClock, iso

from . import vault_file
from .kdf import DEFAULT_COST, KdfCost, check_new_passphrase
from .keyslots import (
    KeyClass,
    Keys,
    PrivateKeys,
    Unlocked,
    named_for,
    require_classes,
    wrap_all,
)
from .recovery import CodeKind, exchange_key, new_code, read_code
from .vault_model import Member, SlotState, Vault, class_purpose, classes_in
from .vault_slots import enrolled_member, open_wraps, passphrase_slot, rewrap, unlocked

_CLOCK: Clock = SystemClock()


def invite(folder: Path, keys: Keys, person: PersonId, classes: Iterable[KeyClass]) -> str:
    """A one-time code by which this person can enrol with a passphrase of their own.

    Inviting somebody again who has not enrolled makes the earlier code worthless. Somebody removed may be invited anew.
    Raises BadInput when they are enrolled already, NotAllowed for a class key that the giver does not hold.
    """
    wanted, code = frozenset(classes), new_code(CodeKind.ENROLMENT)

    def change(vault: Vault) -> Vault:
        known = vault.find(person)
        if known is not None and known.state == SlotState.ENROLLED:
            raise BadInput(f"{person} is already at this desk.", "", "Choose another name, or reset them.")
        return vault.with_member(_invited(vault, known or Member(person, SlotState.INVITED), keys, wanted, code))

    vault_file.edit(folder, keys.store_key, change)
    return code


def enrol(
    folder: Path,
    person: PersonId,
    code: str,
    passphrase: str,
    cost: KdfCost = DEFAULT_COST,
    clock: Clock = _CLOCK,
) -> Unlocked:
    """Spend the one-time code: fresh private keys under the person's own passphrase, the desk's keys locked to them.

    Raises BadInput for a mistyped, wrong or spent code or a short passphrase, NotFound, DamagedFile, DiskFull.
    """
    check_new_passphrase(passphrase)
    vault = vault_file.read(folder)
    exchange = exchange_key(CodeKind.ENROLMENT, read_code(CodeKind.ENROLMENT, code))
    public = exchange.public_key().public_bytes_raw()
    keys = open_wraps(vault, _holder_of(vault, person, public), exchange)
    private, now = PrivateKeys.generate(), iso(clock.now())
    slot = passphrase_slot(private, vault.binding, person, passphrase, cost)

    def change(current: Vault) -> Vault:
        member = _holder_of(current, person, public)
        given = open_wraps(current, member, exchange)
        return current.with_member(enrolled_member(member, current.binding, private, slot, given, given.classes, now))

    changed = vault_file.edit(folder, keys.store_key, change)
    return unlocked(changed, changed.member(person), private)


def keys_by_code(folder: Path, person: PersonId, code: str) -> Keys:
    """The desk's keys as a one-time code opens them, without spending it: to look whether its holder was approved.

    Raises BadInput for a wrong or spent code, NotFound, DamagedFile.
    """
    vault = vault_file.read(folder)
    exchange = exchange_key(CodeKind.ENROLMENT, read_code(CodeKind.ENROLMENT, code))
    return open_wraps(vault, _holder_of(vault, person, exchange.public_key().public_bytes_raw()), exchange)


def reset(folder: Path, keys: Keys, person: PersonId, *, clock: Clock = _CLOCK) -> str:
    """Take a person's passphrase and signing key out of use; the code lets them enrol with new ones.

    The old public key is kept, for what it signed must verify. Raises NotFound, NotAllowed for somebody removed, or
    where they hold a class key that the giver does not.
    """
    code = new_code(CodeKind.ENROLMENT)

    def change(vault: Vault) -> Vault:
        member = vault.member(person)
        _refuse_removed(member)
        held = classes_in(each.purpose for each in member.wraps)
        return vault.with_member(_invited(vault, member.retire(iso(clock.now())), keys, held, code))

    vault_file.edit(folder, keys.store_key, change)
    return code


def remove(folder: Path, keys: Keys, person: PersonId, *, clock: Clock = _CLOCK) -> None:
    """Take every key from a person; their public keys stay for verification.

    What they knew they may have copied: removing closes this folder to them, not copies of it. Raises NotFound, and
    NotAllowed for the last person who can open the desk.
    """

    def change(vault: Vault) -> Vault:
        member = vault.member(person)
        if [each.person for each in vault.enrolled] == [person]:
            raise NotAllowed(
                f"{person} is the last person who can open this desk.", "", "Let somebody else enrol first."
            )
        return vault.with_member(replace(member.retire(iso(clock.now())), state=SlotState.REMOVED))

    vault_file.edit(folder, keys.store_key, change)


def grant_classes(folder: Path, keys: Keys, person: PersonId, classes: Iterable[KeyClass]) -> None:
    """Lock class keys to a person as well; they have them at their next unlock.

    Raises NotFound, NotAllowed for a key the giver does not hold or for somebody removed.
    """
    wanted = frozenset(classes)
    require_classes(keys, wanted)
    fresh = {class_purpose(each): keys.classes[each] for each in wanted}

    def change(vault: Vault) -> Vault:
        member = vault.member(person)
        _refuse_removed(member)
        return vault.with_member(rewrap(member, vault.binding, fresh))

    vault_file.edit(folder, keys.store_key, change)


def revoke_classes(folder: Path, keys: Keys, person: PersonId, classes: Iterable[KeyClass]) -> None:
    """Take class keys from a person, from their next unlock on.

    Raises NotFound, and NotAllowed when nobody enrolled would be left who can open what lies under the key.
    """
    taken = {class_purpose(each) for each in classes}

    def change(vault: Vault) -> Vault:
        member = vault.member(person)
        kept = tuple(each for each in member.wraps if each.purpose not in taken)
        changed = vault.with_member(replace(member, wraps=kept))
        lost = {each.purpose for each in member.wraps} & taken - _held_by_enrolled(changed)
        if lost:
            raise NotAllowed(
                f"Nobody would be left with the key: {', '.join(sorted(lost))}.", "", "Give it to somebody else first."
            )
        return changed

    vault_file.edit(folder, keys.store_key, change)


def _held_by_enrolled(vault: Vault) -> set[str]:
    return {each.purpose for member in vault.enrolled for each in member.wraps}


def _invited(vault: Vault, member: Member, keys: Keys, classes: frozenset[KeyClass], code: str) -> Member:
    public = exchange_key(CodeKind.ENROLMENT, read_code(CodeKind.ENROLMENT, code)).public_key().public_bytes_raw()
    wraps = wrap_all(public, vault.binding, member.person, named_for(keys, classes))
    return replace(member, state=SlotState.INVITED, wraps=wraps, code=public)


def _holder_of(vault: Vault, person: PersonId, public: bytes) -> Member:
    member = vault.member(person)
    if member.state != SlotState.INVITED or member.code != public:
        raise BadInput(
            f"This code does not enrol {person}.",
            "It was used, replaced by a newer one, or made for somebody else.",
            "Ask for a new code.",
        )
    return member


def _refuse_removed(member: Member) -> None:
    if member.state == SlotState.REMOVED:
        raise NotAllowed(f"{member.person} was removed from this desk.", "", "Invite them anew.")
