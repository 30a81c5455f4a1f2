"""Codes that people write down: the recovery code of a desk and the enrolment code of a person.

Thirty-two signs that cannot be taken for each other (no I, L, O, U), in groups of four, with a check of twenty bits at
the end that also tells the two kinds apart.
"""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from modstation.models.errors import BadInput

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011", "- \t\r\n\u2010\u2011\u2012\u2013\u2014")
_CHECK_SIGNS = 4


class CodeKind(StrEnum):
    """What a code opens."""

    RECOVERY = "recovery"
    ENROLMENT = "enrolment"

    @property
    def secret_bytes(self) -> int:
        """How much chance is in the code: 160 bits on paper for years, 120 bits for a code used once within days."""
        return 20 if self is CodeKind.RECOVERY else 15


def new_code(kind: CodeKind) -> str:
    """A fresh code of this kind, ready to print."""
    return spell(kind, secrets.token_bytes(kind.secret_bytes))


def spell(kind: CodeKind, secret: bytes) -> str:
    """The printed form of a secret of the kind's length: groups of four signs joined by hyphens."""
    signs = _signs(secret) + _check(kind, secret)
    return "-".join(signs[at : at + 4] for at in range(0, len(signs), 4))


def read_code(kind: CodeKind, typed: str) -> bytes:
    """The secret of a typed code; small letters, blanks, and O for 0 or I for 1 are taken.

    Raises BadInput when a sign is missing, wrong, or the code is of the other kind.
    """
    signs = typed.upper().translate(_READ_AS)
    length = kind.secret_bytes * 8 // 5
    if len(signs) == length + _CHECK_SIGNS and all(sign in _SIGNS for sign in signs):
        secret = _bytes(signs[:length])
        if secrets.compare_digest(_check(kind, secret), signs[length:]):
            return secret
    raise BadInput(
        f"This is not a correct {kind} code.",
        f"A {kind} code has {length + _CHECK_SIGNS} signs; at least one is missing or mistyped.",
        "Compare it with the printed one, group by group.",
    )


def exchange_key(kind: CodeKind, secret: bytes) -> X25519PrivateKey:
    """The X25519 key that a code stands for, so that keys can be locked to a code without having it at hand."""
    info = f"ModStation {kind} code 1".encode()
    return X25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, None, info).derive(secret))


def _signs(secret: bytes) -> str:
    number, length = int.from_bytes(secret, "big"), len(secret) * 8 // 5
    return "".join(_SIGNS[number >> 5 * place & 31] for place in reversed(range(length)))


def _bytes(signs: str) -> bytes:
    number = 0
    for sign in signs:
        number = number << 5 | _SIGNS.index(sign)
    return number.to_bytes(len(signs) * 5 // 8, "big")


def _check(kind: CodeKind, secret: bytes) -> str:
    digest = hashlib.sha256(kind.encode() + b"\x00" + secret).digest()
    return _signs(digest[:5])[:_CHECK_SIGNS]
