"""Locking secrets to people: X25519, HKDF-SHA256 and AES-256-GCM, each lock bound to desk, person and purpose."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from modstation.models.errors import DamagedFile, NotAllowed
from modstation.models.ids import DeskId, PersonId

from .canonical import canonical
from .sqlcipher import KEY_BYTES, SALT_BYTES
from .vault_model import KeyClass as KeyClass
from .vault_model import Wrap, class_purpose, classes_in

NONCE_BYTES = 12
STORE = "store"
KEYFILE = "keyfile"
DESK = "desk-signing"


@dataclass(frozen=True, slots=True)
class Context:
    """What a lock is for. It is authenticated, so that a lock moved elsewhere does not open."""

    binding: str
    owner: str
    purpose: str

    def data(self) -> bytes:
        """The bytes that are authenticated with the secret."""
        return canonical({"desk": self.binding, "owner": self.owner, "purpose": self.purpose})


@dataclass(frozen=True, slots=True)
class OpenKeys:
    """What the recovery code opens: store, key file and class keys, and no signing key."""

    store_key: bytes = field(repr=False)
    keyfile_key: bytes = field(repr=False)
    classes: Mapping[KeyClass, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keys(OpenKeys):
    """The desk's keys as an unlocked person holds them.

    `store_key` and `keyfile_key` are 32 bytes of key and 16 of salt; `classes` has the class keys the person may use.
    """

    desk_signing: Ed25519PrivateKey = field(repr=False)
    desk_id: DeskId

    @property
    def desk_key_id(self) -> str:
        """The id of the desk's own signing key."""
        return key_id(self.desk_signing.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """A person's two private keys."""

    signing: Ed25519PrivateKey = field(repr=False)
    exchange: X25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> PrivateKeys:
        """Fresh keys."""
        return cls(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, data: bytes) -> PrivateKeys:
        """Keys from the 64 bytes that `to_bytes` gave."""
        return cls(Ed25519PrivateKey.from_private_bytes(data[:32]), X25519PrivateKey.from_private_bytes(data[32:]))

    def to_bytes(self) -> bytes:
        """Both keys, 32 bytes each. Only ever handed to a lock."""
        return self.signing.private_bytes_raw() + self.exchange.private_bytes_raw()

    @property
    def key_id(self) -> str:
        """The id of the signing key."""
        return key_id(self.signing.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A person who has proved who they are: their private keys and the desk keys they are entitled to."""

    person: PersonId
    signing: Ed25519PrivateKey = field(repr=False)
    key_id: str
    keys: Keys = field(repr=False)
    exchange: X25519PrivateKey = field(repr=False)

    @property
    def private(self) -> PrivateKeys:
        """The person's private keys together."""
        return PrivateKeys(self.signing, self.exchange)


def fresh_keys(classes: Mapping[KeyClass, bytes] | None = None) -> Keys:
    """Keys of a new desk under a new id; class keys are made too, unless given."""
    if classes is None:
        classes = {each: secrets.token_bytes(KEY_BYTES) for each in KeyClass}
    store, keyfile = (secrets.token_bytes(KEY_BYTES + SALT_BYTES) for _ in range(2))
    desk = DeskId(f"DESK-{base64.b32encode(secrets.token_bytes(10)).decode('ascii')[:12]}")
    return Keys(store, keyfile, classes, Ed25519PrivateKey.generate(), desk)


def key_id(public: bytes) -> str:
    """The short name of a public key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def seal(key: bytes, secret: bytes, context: Context) -> tuple[bytes, bytes]:
    """AES-256-GCM under a key of 32 bytes: a random nonce and the locked secret."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce, AESGCM(key).encrypt(nonce, secret, context.data())


def unseal(key: bytes, nonce: bytes, sealed: bytes, context: Context) -> bytes | None:
    """The secret, or None when the key does not fit or a byte was changed."""
    try:
        return AESGCM(key).decrypt(nonce, sealed, context.data())
    except (InvalidTag, ValueError):
        return None


def wrap(recipient: bytes, secret: bytes, context: Context) -> Wrap:
    """Lock a secret to an X25519 public key (raw, 32 bytes); nobody's passphrase is needed for it."""
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    nonce, sealed = seal(_wrap_key(shared, public, recipient), secret, context)
    return Wrap(context.purpose, public, nonce, sealed)


def unwrap(private: X25519PrivateKey, locked: Wrap, context: Context) -> bytes:
    """The secret of a lock. Raises DamagedFile when it was not locked to this key for this context."""
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(locked.ephemeral))
    except ValueError:
        raise _damaged() from None
    key = _wrap_key(shared, locked.ephemeral, private.public_key().public_bytes_raw())
    secret = unseal(key, locked.nonce, locked.sealed, context)
    if secret is None:
        raise _damaged()
    return secret


def wrap_all(recipient: bytes, binding: str, owner: str, named: Mapping[str, bytes]) -> tuple[Wrap, ...]:
    """Lock several secrets, named by purpose, to one key."""
    return tuple(wrap(recipient, secret, Context(binding, owner, purpose)) for purpose, secret in named.items())


def unwrap_all(private: X25519PrivateKey, binding: str, owner: str, wraps: Iterable[Wrap]) -> dict[str, bytes]:
    """The secrets of several locks by purpose. Raises DamagedFile."""
    return {locked.purpose: unwrap(private, locked, Context(binding, owner, locked.purpose)) for locked in wraps}


def named(keys: OpenKeys) -> dict[str, bytes]:
    """Store, key file and class keys by purpose, as locks name them."""
    return {STORE: keys.store_key, KEYFILE: keys.keyfile_key} | {
        class_purpose(each): key for each, key in keys.classes.items()
    }


def named_for(keys: Keys, classes: Iterable[KeyClass]) -> dict[str, bytes]:
    """What a person with these key classes gets, by purpose. Raises NotAllowed where the giver lacks one."""
    wanted = frozenset(classes)
    require_classes(keys, wanted)
    given = {class_purpose(each): keys.classes[each] for each in wanted}
    desk = {DESK: keys.desk_signing.private_bytes_raw()}
    return {STORE: keys.store_key, KEYFILE: keys.keyfile_key} | given | desk


def require_classes(keys: OpenKeys, wanted: Iterable[KeyClass]) -> None:
    """Raises NotAllowed when these keys lack a class that is to be handed on."""
    missing = sorted(set(wanted) - set(keys.classes))
    if missing:
        raise NotAllowed(
            f"You do not hold the keys of: {', '.join(missing)}.",
            "Only somebody who holds a key can hand it on.",
            "Ask somebody who holds it, or use the recovery code.",
        )


def open_keys(secrets_by_purpose: Mapping[str, bytes]) -> OpenKeys:
    """Store, key file and class keys from unlocked secrets. Raises DamagedFile when one of the first two is missing."""
    try:
        store_key, keyfile_key = secrets_by_purpose[STORE], secrets_by_purpose[KEYFILE]
    except KeyError:
        raise _damaged() from None
    classes = {each: secrets_by_purpose[class_purpose(each)] for each in classes_in(secrets_by_purpose)}
    return OpenKeys(store_key, keyfile_key, classes)


def full_keys(secrets_by_purpose: Mapping[str, bytes], desk: DeskId) -> Keys:
    """All keys of a person from unlocked secrets. Raises DamagedFile when one is missing."""
    opened = open_keys(secrets_by_purpose)
    if DESK not in secrets_by_purpose:
        raise _damaged()
    signing = Ed25519PrivateKey.from_private_bytes(secrets_by_purpose[DESK])
    return Keys(opened.store_key, opened.keyfile_key, opened.classes, signing, desk)


def _wrap_key(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    return HKDF(SHA256(), 32, ephemeral + recipient, b"ModStation key lock 1").derive(shared)


def _damaged() -> DamagedFile:
    return DamagedFile(
        "vault.json is damaged.",
        "A key in it does not open with the key it was locked to.",
        "Nothing was changed. Restore vault.json from a backup.",
    )
