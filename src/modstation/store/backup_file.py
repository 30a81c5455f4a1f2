"""The single file of a backup: a line that names it, a manifest, then vault.json and the two encrypted files.

The files are encrypted under keys that are derived from one random key, and that key is locked to the recovery code
and to every enrolled person. The manifest carries the hash of each part; it is authenticated under the random key and
signed by the desk, so a changed, cut or foreign file is refused before anything is unpacked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from modstation.models.errors import BadInput, DamagedFile, ForeignFile, NewerFormat, NotFound, VaultError

from .canonical import canonical
from .sqlcipher import KEY_BYTES, SALT_BYTES
from .vault_codec import from_json, to_json
from .vault_file import KEYS_FILE, STORE_FILE, VAULT_FILE
from .vault_model import Wrap

FORMAT = 1
MAGIC = b"ModStation backup 1\n"
BACKUP_PURPOSE = "backup"
PART_NAMES = (VAULT_FILE, KEYS_FILE, STORE_FILE)
CHUNK_BYTES = 1 << 20
_ANY_VERSION = b"ModStation backup "
_LENGTH_BYTES = 8
_LARGEST_MANIFEST = 16 * 1024 * 1024

#: Told after each chunk: what is being done, how much of it, out of how much (both in bytes).
Progress = Callable[[str, int, int], None]


class Cancelled(Exception):
    """Whoever watches the progress asked to stop; caught inside this package, never seen by callers."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file inside: its name, length in bytes and SHA-256."""

    name: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class KeyLock:
    """The random key of the backup locked to one recovery code or person. `public` is whom it was locked to."""

    owner: str
    public: bytes
    wrap: Wrap


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `created` is ISO 8601, UTC; `desk` the id of the desk it was made from."""

    product: str
    format: int
    desk: str
    created: str
    parts: tuple[Part, ...]
    locks: tuple[KeyLock, ...]
    mac: bytes = b""
    signature: bytes = b""

    def signed(self, backup_key: bytes, desk_signing: Ed25519PrivateKey) -> Manifest:
        """The same manifest, authenticated under the backup's key and signed by the desk."""
        bare = replace(self, mac=b"", signature=b"")
        return replace(bare, mac=bare._mac(backup_key), signature=desk_signing.sign(bare._bytes()))

    def check(self, backup_key: bytes, desk_signing: bytes) -> None:
        """Raises DamagedFile unless both the backup's key and the desk's public key vouch for every word of it."""
        bare = replace(self, mac=b"", signature=b"")
        if not hmac.compare_digest(self.mac, bare._mac(backup_key)):
            raise damaged("Its manifest was changed.")
        try:
            Ed25519PublicKey.from_public_bytes(desk_signing).verify(self.signature, bare._bytes())
        except (InvalidSignature, ValueError):
            raise damaged("The desk it names has not signed it.") from None

    def _bytes(self) -> bytes:
        return canonical(to_json(self))

    def _mac(self, backup_key: bytes) -> bytes:
        return hmac.digest(derived(backup_key, "manifest", 32), self._bytes(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Opened:
    """A backup whose form is right: its manifest and where its parts begin. Nothing is proved yet."""

    path: Path
    manifest: Manifest
    start: int

    def part(self, name: str) -> Part:
        """The entry of a part."""
        return next(part for part in self.manifest.parts if part.name == name)

    def offset(self, name: str) -> int:
        """Where a part begins in the file."""
        names = [part.name for part in self.manifest.parts]
        return self.start + sum(part.size for part in self.manifest.parts[: names.index(name)])


def derived(backup_key: bytes, purpose: str, length: int) -> bytes:
    """A key of one purpose from the random key of a backup."""
    return HKDF(SHA256(), length, None, f"ModStation backup {purpose} 1".encode()).derive(backup_key)


def backup_keys(backup_key: bytes) -> tuple[bytes, bytes]:
    """The keys of the two encrypted files inside a backup, store and data keys, each with its salt."""
    length = KEY_BYTES + SALT_BYTES
    return derived(backup_key, "store", length), derived(backup_key, "keys", length)


def write_backup(target: BinaryIO, manifest: Manifest, parts: dict[str, Path], progress: Progress) -> str:
    """Write the whole file; the SHA-256 of it in hex. Raises OSError, Cancelled."""
    head = json.dumps(to_json(manifest), ensure_ascii=False).encode()
    digest, done, total = hashlib.sha256(), 0, sum(part.size for part in manifest.parts)
    for piece in (MAGIC, len(head).to_bytes(_LENGTH_BYTES, "big"), head):
        digest.update(piece)
        target.write(piece)
    for part in manifest.parts:
        with parts[part.name].open("rb") as source:
            for chunk in _chunks(source, part.size):
                digest.update(chunk)
                target.write(chunk)
                done += len(chunk)
                progress("writing", done, total)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest()


def describe(path: Path) -> Part:
    """The manifest's entry for a finished file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        return Part(path.name, file.tell(), digest)


def open_backup(path: Path) -> Opened:
    """Read the head of a backup. Raises NotFound, ForeignFile, NewerFormat, DamagedFile or VaultError."""
    try:
        with path.open("rb") as file:
            manifest = _manifest(file)
            start, size = file.tell(), path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"There is no file '{path.name}'.", "", "Check its name.") from None
    except OSError as error:
        raise VaultError(f"'{path.name}' cannot be read.", f"{error.strerror}.", "Check the disk.") from None
    if tuple(part.name for part in manifest.parts) != PART_NAMES or any(part.size < 0 for part in manifest.parts):
        raise damaged("Its list of parts is not complete.")
    if start + sum(part.size for part in manifest.parts) != size:
        raise damaged("It is cut off or has something added.")
    return Opened(path, manifest, start)


def read_part(opened: Opened, name: str) -> bytes:
    """A small part, whole, once its hash is right. Raises DamagedFile."""
    part = opened.part(name)
    if part.size > _LARGEST_MANIFEST:
        raise damaged(f"{name} in it is far too large.")
    with opened.path.open("rb") as file:
        file.seek(opened.offset(name))
        data = file.read(part.size)
    _check_hash(part, hashlib.sha256(data).digest())
    return data


def unpack_part(opened: Opened, name: str, target: Path, progress: Progress) -> None:
    """Write a part to a private file of its own; its hash is checked before this returns. Raises DamagedFile."""
    part, digest, done = opened.part(name), hashlib.sha256(), 0
    target.touch(mode=0o600)
    with opened.path.open("rb") as source, target.open("wb") as file:
        source.seek(opened.offset(name))
        for chunk in _chunks(source, part.size):
            digest.update(chunk)
            file.write(chunk)
            done += len(chunk)
            progress("unpacking", done, part.size)
    _check_hash(part, digest.digest())


def hash_of(path: Path) -> str:
    """SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(why: str) -> DamagedFile:
    """The error for a backup that cannot be trusted."""
    return DamagedFile("This backup is damaged.", why, "Nothing was touched. Use another backup.")


def not_for(owner: str) -> BadInput:
    """The error for a code or person that this backup was not locked to."""
    return BadInput(
        f"This backup does not open with the {owner}.",
        "It was made at another desk, or before or after that code or person could open it.",
        "Nothing was touched. Try the recovery code that was valid on the day of the backup.",
    )


def _manifest(file: BinaryIO) -> Manifest:
    head = file.read(len(MAGIC))
    if head != MAGIC:
        raise _not_ours(head)
    length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
    if length > _LARGEST_MANIFEST:
        raise damaged("Its manifest is far too large.")
    try:
        manifest = from_json(Manifest, json.loads(file.read(length)))
    except (ValueError, RecursionError):
        raise damaged("Its manifest is cut off or changed.") from None
    if manifest.format != FORMAT:
        raise damaged("Its manifest names another format than its first line.")
    return manifest


def _not_ours(head: bytes) -> VaultError:
    version = head.removeprefix(_ANY_VERSION).strip()
    if head.startswith(_ANY_VERSION) and version.isdigit() and int(version) > FORMAT:
        return NewerFormat(
            "This backup was written by a later version of ModStation.",
            f"Its format is {int(version)}, this version knows {FORMAT}.",
            "Install the newer version. Nothing was touched.",
        )
    return ForeignFile("This is not a backup of ModStation.", "It begins differently.", "Nothing was touched.")


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left:
        chunk = file.read(min(CHUNK_BYTES, left))
        if not chunk:
            raise damaged("It ended while it was read.")
        left -= len(chunk)
        yield chunk


def _check_hash(part: Part, found: bytes) -> None:
    if not hmac.compare_digest(part.sha256, found):
        raise damaged(f"{part.name} in it was changed: its hash does not match.")
