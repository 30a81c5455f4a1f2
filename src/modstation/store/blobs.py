"""Sealed blobs: every text and name under a data key of its own, so that one thing can be erased for ever.

A data key seals exactly one blob, so a fixed nonce is safe (NIST SP 800-38D asks for a unique pair of key and nonce).
The 16 bytes of salt in front make the commitment useless for guessing once the key is gone.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from modstation.models.errors import DamagedFile
from modstation.models.ids import BlobId

from .keyslots import KeyClass
from .sqlcipher import Connection

SALT = 16
_NONCE = 12
#: Fresh random bytes that one blob takes: data key, salt, and the nonce under which the key is wrapped.
RANDOM = 32 + SALT + _NONCE
_ZERO = bytes(_NONCE)
_CLASSES = (KeyClass.CONTENT, KeyClass.IDENTITY, KeyClass.COMPLIANCE)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A blob ready to be stored: its bytes, its wrapped data key, and the commitment a journal body may hold."""

    id: BlobId
    data: bytes
    key_class: int
    wrapped: bytes
    commitment: bytes


class Sealer:
    """Seals and opens blobs with the class keys of an unlocked desk."""

    def __init__(self, classes: Mapping[KeyClass, bytes]) -> None:
        self._wrap = {_CLASSES.index(name): AESGCM(key) for name, key in classes.items()}

    def seal(
        self, blob: BlobId, plain: bytes, key_class: KeyClass = KeyClass.CONTENT, random: bytes | None = None
    ) -> Sealed:
        """Seal bytes under a fresh data key. Needs no database, so that it can run before a transaction.

        `random` are `RANDOM` bytes nobody has used, where the caller drew those of many blobs in one go.
        """
        number = _CLASSES.index(key_class)
        random = random or os.urandom(RANDOM)
        key, salt, nonce = random[:32], random[32 : 32 + SALT], random[32 + SALT :]
        salted = salt + plain
        place = blob.to_bytes(8, "big")
        wrapped = nonce + self._wrap[number].encrypt(nonce, key, place)
        return Sealed(blob, AESGCM(key).encrypt(_ZERO, salted, place), number, wrapped, hashlib.sha256(salted).digest())

    def open(self, blob: int, key_class: int, wrapped: bytes, data: bytes) -> tuple[bytes, bytes]:
        """The plain bytes and their commitment. Raises DamagedFile when they were altered."""
        place = blob.to_bytes(8, "big")
        try:
            key = self._wrap[key_class].decrypt(wrapped[:_NONCE], wrapped[_NONCE:], place)
            salted = AESGCM(key).decrypt(_ZERO, data, place)
        except InvalidTag:
            raise DamagedFile(
                f"Sealed text {blob} was altered.", "Its check does not hold.", "Restore a backup."
            ) from None
        return salted[SALT:], hashlib.sha256(salted).digest()


def store_blobs(connection: Connection, keys: Connection, blobs: Iterable[Sealed]) -> None:
    """Write sealed blobs inside the open transactions of both files.

    A key without a blob was left by a crash between the two commits and is replaced; a blob is never written over.
    """
    rows = list(blobs)
    keys.executemany(
        "INSERT OR REPLACE INTO data_key (id, class, wrapped) VALUES (?, ?, ?)",
        [(b.id, b.key_class, b.wrapped) for b in rows],
    )
    connection.executemany("INSERT INTO blob (id, data) VALUES (?, ?)", [(b.id, b.data) for b in rows])


def load_blobs(
    connection: Connection, keys: Connection, sealer: Sealer, wanted: Iterable[int]
) -> dict[int, tuple[bytes, bytes]]:
    """Open blobs by number: plain bytes and commitment. Erased ones are left out."""
    numbers = json.dumps(sorted(set(wanted)))
    wrapped = {
        row[0]: (row[1], row[2])
        for row in keys.execute(
            "SELECT id, class, wrapped FROM data_key WHERE id IN (SELECT value FROM json_each(?))", (numbers,)
        )
    }
    rows = connection.execute("SELECT id, data FROM blob WHERE id IN (SELECT value FROM json_each(?))", (numbers,))
    return {blob: sealer.open(blob, wrapped[blob][0], wrapped[blob][1], data) for blob, data in rows if blob in wrapped}


def pack(value: object) -> bytes:
    """JSON bytes for sealing: any text survives, lone surrogates and NUL included."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # Only the standard library spells lone surrogates, as escapes.
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def unpack(data: bytes) -> Any:
    """Read sealed JSON back."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)
