"""What a bundle is made of, as plain values: rows of the journal, observations, keys, and who it is meant for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Who will read a bundle. It decides what of it is open (see `docs/user-guide/evidence.md`)."""

    AUTHOR = "author"
    AUTHORITY = "authority"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class Row:
    """One journal row with its proof.

    `at` is UTC ms, `hlc` UTC ms << 16 | counter. `path` is the audit path of `hash` in the tree over all row hashes of
    its desk, at index `seq - 1`. `commitment` names the text sealed beside it (hex, "" for none); `sealed` is salt and
    text as they were committed to, None where there is none or it was erased.
    """

    desk: str
    seq: int
    hlc: int
    at: int
    kind: str
    version: int
    actor: str
    key_id: str
    session: str
    subject: str
    body: bytes
    prev: bytes
    hash: bytes
    signature: bytes
    path: tuple[bytes, ...]
    commitment: str = ""
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation under a pulled page: row `seq` of `desk`, at `place` of `count`.

    `path` is the audit path under the page's root, so that its neighbours stay at home. `meta` is canonical JSON,
    `commitment` names the sealed text, `sealed` is salt and text, None once it was erased.
    """

    desk: str
    seq: int
    place: int
    count: int
    meta: bytes
    commitment: bytes
    path: tuple[bytes, ...]
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One media file of an item. `data` is None where only the hash is kept; `blocked` says why, "" where it is not.

    `name` is the hash that the journal calls the address by; `address` is "" where it was erased.
    """

    name: str
    address: str
    sha256: str
    size: int
    media_type: str
    blocked: str
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One case: its item's name, what was observed, its own journal rows, its media, the size of its batch."""

    case: str
    item: str
    observed: tuple[Observed, ...]
    rows: tuple[Row, ...]
    media: tuple[MediaFile, ...] = ()
    batch_sizes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """A public Ed25519 key, and whose it is: a person's, or the desk's own."""

    key_id: str
    owner: str
    public: bytes
    desk: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """The journal of one desk as it stood: number of rows, hash of the last one, root of the tree over all of them.

    `path` shows that `head` is the last leaf under `root`.
    """

    desk: str
    rows: int
    head: bytes
    root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything a bundle is built from.

    `pages` are the page rows that the observations lie under, `context` rows of the desk itself: those that brought
    in the keys, and those that tell of a clock that was set back.
    """

    dossiers: tuple[Dossier, ...]
    pages: tuple[Row, ...]
    context: tuple[Row, ...]
    chains: tuple[Chain, ...]
    keys: tuple[Key, ...]
    people: frozenset[str] = frozenset()


#: Bytes of salt in front of every sealed text.
SALT = 16
