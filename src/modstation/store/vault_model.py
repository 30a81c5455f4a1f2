"""What stands in `vault.json`: who may open the desk, and every key locked to each of them. No secret in clear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from modstation.models.errors import NotFound
from modstation.models.ids import DeskId, PersonId

FORMAT = 1
PRODUCT = "ModStation desk"
ACTIVE = "active"
RETIRED = "retired"
_CLASS = "class:"


class KeyClass(StrEnum):
    """The class keys of architecture section 6: what lies under which key."""

    CONTENT = "content"
    IDENTITY = "identity"
    COMPLIANCE = "compliance"


class SlotState(StrEnum):
    """Whether a person can open the desk: has a code to enrol with, has a passphrase, or may no longer."""

    INVITED = "invited"
    ENROLLED = "enrolled"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Wrap:
    """One secret locked to one X25519 key. `purpose` says which secret."""

    purpose: str
    ephemeral: bytes
    nonce: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class PassphraseSlot:
    """A person's private keys, locked by argon2id of their passphrase; the cost stands beside it (see kdf.KdfCost)."""

    memory_kib: int
    passes: int
    lanes: int
    salt: bytes
    nonce: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class RememberedSlot:
    """The same private keys, locked by a random secret that the system keyring keeps; dropping this revokes it."""

    nonce: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A person's public keys. Retired ones stay, for what they signed must verify. Times are ISO 8601, UTC."""

    key_id: str
    signing: bytes
    exchange: bytes
    state: str
    since: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the desk. `code` is the public half of the enrolment code while they are invited."""

    person: str
    state: str
    keys: tuple[PersonKey, ...] = ()
    wraps: tuple[Wrap, ...] = ()
    slot: PassphraseSlot | None = None
    code: bytes | None = None
    remembered: RememberedSlot | None = None

    @property
    def active_key(self) -> PersonKey | None:
        """The key they sign with now; None while invited and after removal."""
        return next((key for key in self.keys if key.state == ACTIVE), None)

    @property
    def recipient(self) -> bytes | None:
        """The X25519 public key that secrets for this person are locked to; None after removal."""
        key = self.active_key
        return key.exchange if key else self.code

    def with_slot(self, slot: PassphraseSlot) -> Member:
        """The same keys under another passphrase; what the system keyring remembered is dropped."""
        return replace(self, slot=slot, remembered=None)

    def retire(self, at: str) -> Member:
        """The same person without a usable key; the public halves stay."""
        keys = tuple(replace(key, state=RETIRED, until=key.until or at) for key in self.keys)
        return replace(self, keys=keys, wraps=(), slot=None, code=None, remembered=None)


@dataclass(frozen=True, slots=True)
class RecoverySlot:
    """The keys locked to one printed recovery code. A used one keeps only its public half."""

    exchange: bytes
    state: str
    since: str
    used: str = ""
    wraps: tuple[Wrap, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskKey:
    """A public key of the desk itself, under the desk id it signed for."""

    desk: str
    key_id: str
    signing: bytes
    state: str
    since: str


@dataclass(frozen=True, slots=True)
class RestoredFrom:
    """Where a restored desk came from: the old desk id, SHA-256 of the backup file in hex, when (ISO 8601, UTC).

    `vouch` is the old desk key's signature over `statement` in hex, empty where only a recovery code was at hand.
    `settled` is set once the desk has journalled the restore and re-opened its outbox.
    """

    desk: str
    sha256: str
    at: str
    vouch: str = ""
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Vault:
    """The whole file. `binding` is the desk id at its creation: locks are bound to it and survive a restore."""

    product: str
    format: int
    desk: str
    binding: str
    created: str
    desk_keys: tuple[DeskKey, ...]
    people: tuple[Member, ...]
    recovery: tuple[RecoverySlot, ...]
    restored_from: RestoredFrom | None = None
    mac: bytes = b""

    @property
    def desk_id(self) -> DeskId:
        """The desk's present id."""
        return DeskId(self.desk)

    def find(self, person: PersonId) -> Member | None:
        """The entry of a person, or None."""
        return next((member for member in self.people if member.person == person), None)

    def member(self, person: PersonId) -> Member:
        """The entry of a person. Raises NotFound."""
        found = self.find(person)
        if found is None:
            names = ", ".join(member.person for member in self.people if member.state == SlotState.ENROLLED)
            raise NotFound(f"Nobody at this desk is called '{person}'.", f"People who can open it: {names}.")
        return found

    def with_member(self, changed: Member) -> Vault:
        """The same file with this person's entry replaced or added at the end."""
        if self.find(PersonId(changed.person)) is None:
            return replace(self, people=(*self.people, changed))
        people = tuple(changed if member.person == changed.person else member for member in self.people)
        return replace(self, people=people)

    def settled(self) -> Vault:
        """The same file with the restore it came from marked as dealt with."""
        if self.restored_from is None:
            return self
        return replace(self, restored_from=replace(self.restored_from, settled=True))

    @property
    def desk_key(self) -> DeskKey | None:
        """The key the desk signs with now."""
        return next((key for key in self.desk_keys if key.state == ACTIVE), None)

    def with_desk_key(self, fresh: DeskKey) -> Vault:
        """The same file with a new desk key in use; the ones before are kept as retired."""
        return replace(self, desk_keys=(*(replace(key, state=RETIRED) for key in self.desk_keys), fresh))

    @property
    def enrolled(self) -> tuple[Member, ...]:
        """Everyone who has a passphrase here."""
        return tuple(member for member in self.people if member.state == SlotState.ENROLLED)


def class_purpose(each: KeyClass) -> str:
    """How locks name a class key."""
    return _CLASS + each


def classes_in(purposes: Iterable[str]) -> frozenset[KeyClass]:
    """The key classes among purposes of locks."""
    held = set(purposes)
    return frozenset(each for each in KeyClass if class_purpose(each) in held)
