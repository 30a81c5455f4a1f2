"""Journal rows: what one looks like, how it is hashed and signed, and which kinds there are.

The body of a row holds ids, closed vocabularies, whole numbers and commitments. Free text is a sealed blob beside the
row; the body names its commitment, so the text can be destroyed while the chain stays whole.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from modstation.models.errors import BadInput

from .canonical import Body, canonical

GENESIS = bytes(32)


class Signer(StrEnum):
    """Whose key signs a kind: the person who pressed, or the desk itself."""

    PERSON = "person"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a row of one kind and version holds. `fields` are required, `sealed` are names of commitments."""

    name: str
    version: int
    signer: Signer
    fields: Mapping[str, type]
    sealed: frozenset[str] = frozenset()
    on_case: bool = True


def _kind(kind: str, signer: Signer, sealed: str = "", /, **fields: type) -> Kind:
    return Kind(kind, 1, signer, fields, frozenset(sealed.split()))


def _desk_kind(kind: str, signer: Signer, sealed: str = "", /, **fields: type) -> Kind:
    return Kind(kind, 1, signer, fields, frozenset(sealed.split()), on_case=False)


_P, _D = Signer.PERSON, Signer.DESK
_ALL = (
    _desk_kind("desk.created", _P, founder=str, roles=list, founder_key=str, desk_key=str),
    _desk_kind("desk.restored", _D, before=str, head=str, desk_key=str, vouched=str),
    _desk_kind("desk.recovered", _P, person=str, key=str, desk_key=str),
    _desk_kind("person.added", _P, proposal=str, person=str, roles=list, needs=int, change=str),
    _desk_kind("person.enrolled", _P, person=str, key=str),
    _desk_kind("person.removed", _P, proposal=str, person=str, needs=int),
    _desk_kind("person.reset", _P, proposal=str, person=str, needs=int),
    _desk_kind("person.approved", _P, proposal=str),
    _desk_kind("person.refused", _P, "sealed", proposal=str),
    _desk_kind("forum.added", _P, "sealed", forum=str, kind=str, profiles=list),
    _desk_kind("setting.changed", _P, name=str, value=str),
    _desk_kind("set_aside.closed", _P, "sealed", row=int),
    _desk_kind("pull.page", _D, forum=str, feed=str, count=int, root=str, state=str),
    _desk_kind("clock.jumped", _D, before=int, after=int),
    _desk_kind("pack.drafted", _P, "sealed", pack=str, version=str, hash=str, emergency=int, until=int),
    _desk_kind("pack.rehearsed", _P, "sealed", hash=str, items=int, hits=int, alarms=int),
    _desk_kind("pack.approved", _P, "sealed", hash=str),
    _desk_kind("pack.activated", _P, hash=str),
    _desk_kind("pack.retired", _P, hash=str),
    _desk_kind("pack.pulled", _P, "sealed", pack=str, version=str, hash=str),
    _desk_kind("packs.loaded", _D, packs=list),
    _desk_kind("model.trained", _D, trained=int, held_back=int, auc=int, hash=str),
    _kind("item.claimed", _P, until=int),
    _kind("item.released", _P),
    _kind("item.skipped", _P, "sealed"),
    _kind("item.parked", _P, until=int),
    _kind("item.returned", _D, why=str),
    _kind("item.captured", _D, "sealed", moment=str, status=int),
    _kind("reply.received", _D, "sealed", message=str, author=str),
    _kind("note.added", _P, "sealed", about=str),
    _kind(
        "decision.made",
        _P,
        "sealed",
        decision=str,
        item=str,
        policy=str,
        severity=int,
        choices=list,
        points=int,
        author=str,
        profile=str,
        profile_hash=str,
        orders=list,
        hold_until=int,
        needs=int,
        seen=dict,
        batch=str,
        reverses=str,
        clocks=list,
    ),
    _kind("decision.withdrawn", _P, "sealed", decision=str),
    _kind("approval.given", _P, "sealed", decision=str, hold_until=int, complete=int, ends=list),
    _kind("approval.refused", _P, "sealed", decision=str),
    _kind("outbox.sending", _D, "sealed", row=str, tries=int),
    _kind("outbox.unknown", _D, "sealed", row=str),
    _kind("outbox.waiting", _D, "sealed", row=str, until=int, why=str),
    _kind("outbox.acknowledged", _D, "sealed", row=str, already=int),
    _kind("outbox.refused", _D, "sealed", row=str, status=int),
    _kind("outbox.conflict", _D, "sealed", row=str, why=str),
    _kind("outbox.resolved", _P, row=str, choice=str),
    _kind("outbox.withdrawn", _D, row=str, why=str),
    _kind("escalation.made", _P, "sealed", escalation=str, role=str, due=int),
    _kind("escalation.noted", _P, "sealed", escalation=str),
    _kind("escalation.taken", _P, escalation=str),
    _kind("escalation.returned", _P, "sealed", escalation=str),
    _kind("media.uncovered", _P, url=str),
    _kind("media.destroyed", _P, "sealed", url=str, sha256=str),
)
KINDS: dict[tuple[str, int], Kind] = {(kind.name, kind.version): kind for kind in _ALL}


@dataclass(frozen=True, slots=True)
class Draft:
    """A row to be written: its kind, case, body without commitments, and the free texts to seal beside it."""

    kind: str
    subject: str
    body: Body
    sealed: Mapping[str, bytes] = field(default_factory=dict)


_NUMBERS = struct.Struct(">QqQqQqQq")
_LENGTH = struct.Struct(">Q")


def digest_of(
    desk: str, seq: int, hlc: int, at: int, kind: str, version: int, actor: str, key_id: str, session: str,
    subject: str, body: bytes, prev: bytes,
) -> bytes:  # fmt: skip
    """The hash of a row by its columns: SHA-256 over its numbers (8 bytes), texts, body and the hash before it.

    Each part has its length before it, as `canonical.sha256` joins parts; spelled out here because a walk over a chain
    asks for nothing else.
    """
    case = subject.encode("utf-8")
    length = _LENGTH.pack
    return hashlib.sha256(
        b"".join(
            (
                _NUMBERS.pack(8, seq, 8, hlc, 8, at, 8, version),
                _names(desk, kind, actor, key_id, session),
                length(len(case)), case, length(len(body)), body, length(len(prev)), prev,
            )
        )
    ).digest()  # fmt: skip


@lru_cache(maxsize=4096)
def _names(*texts: str) -> bytes:
    """The texts of a row that hardly ever change, each with its length before it."""
    return b"".join([piece for text in texts for raw in (text.encode(),) for piece in (_LENGTH.pack(len(raw)), raw)])


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the journal. `hlc` is UTC ms << 16 | counter, `at` the wall clock in UTC ms, `id` the local order."""

    desk: str
    desk_seq: int
    hlc: int
    at: int
    kind: str
    kind_version: int
    actor: str
    key_id: str
    session: str
    subject: str
    body: bytes
    prev: bytes
    hash: bytes = b""
    signature: bytes = b""
    id: int = 0

    def digest(self) -> bytes:
        """The hash this row must carry."""
        return digest_of(
            self.desk, self.desk_seq, self.hlc, self.at, self.kind, self.kind_version, self.actor, self.key_id,
            self.session, self.subject, self.body, self.prev,
        )  # fmt: skip

    def signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether that key signed this row's hash."""
        try:
            key.verify(self.signature, self.hash)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Pen:
    """Who writes: the name a row carries and the key that signs it. `session` tells one sitting from another."""

    actor: str
    key_id: str
    key: Ed25519PrivateKey = field(repr=False)
    session: str
    signer: Signer


def new_id(prefix: str) -> str:
    """A random name such as `D-7K4QZ2ABCDEF`: sixty bits in base32."""
    return f"{prefix}-{base64.b32encode(os.urandom(8)).decode('ascii')[:12]}"


def check_body(kind: str, version: int, body: Mapping[str, Any]) -> None:
    """Refuse a body that does not fit its kind. Unknown kinds pass: a later version wrote them. Raises BadInput."""
    known = KINDS.get((kind, version))
    if known is None:
        return
    wrong = [name for name, wanted in known.fields.items() if type(body.get(name)) is not wanted]
    wrong += [name for name in body if name not in known.fields and name not in known.sealed]
    wrong += [name for name in known.sealed if name in body and not _commitment(body[name])]
    if wrong:
        raise BadInput(f"A journal row of kind {kind} is not well-formed.", f"See: {', '.join(sorted(wrong))}.")


_COMMITMENT = re.compile("[0-9a-f]{64}")


def _commitment(value: object) -> bool:
    return isinstance(value, str) and _COMMITMENT.fullmatch(value) is not None


def seal_row(event: Event, key: Ed25519PrivateKey) -> tuple[bytes, bytes]:
    """Hash and signature of a finished row."""
    digest = event.digest()
    return digest, key.sign(digest)


def encode(body: Body) -> bytes:
    """The bytes of a body as they are hashed and stored."""
    return canonical(body)
