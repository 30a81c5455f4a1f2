"""Reading a case out of the store as the plain values that evidence is made of, and sealing it into a bundle."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from modstation.evidence.authorities import Asked
from modstation.evidence.bundle import Sealing, Signer, seal
from modstation.evidence.dossier import Audience, Chain, Collected, Dossier, Key, MediaFile, Observed, Row
from modstation.evidence.merkle import Tree, leaf
from modstation.evidence.normal import Item, normal_item
from modstation.models.errors import BadInput, DamagedFile
from modstation.store.blobs import Sealer, load_blobs, pack
from modstation.store.canonical import parse
from modstation.store.events import Draft, Event
from modstation.store.keyslots import key_id
from modstation.store.people import read_people
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader, Store
from modstation.store.verify import KEY_ROWS, events

from .decide import url_hash
from .queue import number_of
from .workplace import Workplace

_NONCE = 12
#: Decisions of one batch are written in one transaction, so that their rows lie this close at most.
_BATCH_SPAN = 20_000

Stamps = Callable[[bytes], Sequence[Asked]]


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that was made: its bytes, their SHA-256 and the manifest's in hex, what authorities answered."""

    data: bytes
    sha256: str
    manifest_sha256: str
    stamps: tuple[Asked, ...]


class _Salted(Sealer):
    """Opens a blob with the salt in front, for that is what its commitment is the hash of."""

    def __init__(self, other: Sealer) -> None:
        self._wrap = other._wrap

    def open(self, blob: int, key_class: int, wrapped: bytes, data: bytes) -> tuple[bytes, bytes]:
        """Salt and plain bytes, and their commitment. Raises DamagedFile when they were altered."""
        place = blob.to_bytes(8, "big")
        try:
            key = self._wrap[key_class].decrypt(wrapped[:_NONCE], wrapped[_NONCE:], place)
            salted = AESGCM(key).decrypt(bytes(_NONCE), data, place)
        except InvalidTag:
            raise DamagedFile(f"Sealed text {blob} was altered.", "Its check does not hold.") from None
        return salted, hashlib.sha256(salted).digest()


class _Trees:
    """The trees over the journal's row hashes, kept while the store is open and grown by what came since."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._trees: dict[str, Tree] = {}
        self._pages: OrderedDict[int, tuple[Tree, str, int]] = OrderedDict()

    def grown(self, db: Connection) -> dict[str, Tree]:
        """All trees as far as the journal goes now. Call with the lock held, inside one read of the store."""
        for desk, rows in db.execute("SELECT desk, max(desk_seq) FROM event GROUP BY desk").fetchall():
            tree = self._trees.setdefault(desk, Tree())
            if len(tree) < rows:
                fresh = db.execute(
                    "SELECT hash FROM event WHERE desk = ? AND desk_seq > ? ORDER BY desk_seq", (desk, len(tree))
                )
                for (hashed,) in fresh:
                    tree.add(leaf(bytes(hashed)))
        return self._trees

    def page(self, db: Connection, event: int) -> tuple[Tree, str, int]:
        """The tree over a page's observations, and the page's place in its chain. Pages never change once written."""
        if event not in self._pages:
            desk, seq = db.execute("SELECT desk, desk_seq FROM event WHERE id = ?", (event,)).fetchone()
            leaves = db.execute(
                "SELECT meta, commitment FROM observation WHERE event = ? ORDER BY place", (event,)
            ).fetchall()
            self._pages[event] = (Tree([leaf(bytes(meta) + bytes(seal or b"")) for meta, seal in leaves]), desk, seq)
            if len(self._pages) > _MOST_PAGES:
                self._pages.popitem(last=False)
        return self._pages[event]


#: Pages whose trees are kept: items are mostly sealed in the order in which they came.
_MOST_PAGES = 256

_KEPT: WeakKeyDictionary[Store, _Trees] = WeakKeyDictionary()
_KEEPING = threading.Lock()


@contextmanager
def _one_moment(store: Store) -> Iterator[_Gathering]:
    """Reads the store as it is at one moment, with the trees of that moment."""
    with _KEEPING:
        kept = _KEPT.setdefault(store, _Trees())
    with kept.lock, store.reading() as reader:
        for connection in (reader.db, reader.keys):
            connection.execute("BEGIN")
        try:
            yield _Gathering(reader, kept)
        finally:
            for connection in (reader.db, reader.keys):
                connection.execute("ROLLBACK")


def collect(store: Store, cases: Sequence[str]) -> Collected:
    """All that is stored of these cases, with proofs. Raises NotFound, and DamagedFile for an altered row."""
    with _one_moment(store) as gathering:
        numbers = [number_of(gathering.db, case) for case in dict.fromkeys(cases)]
        dossiers = tuple(gathering.dossier(no) for no in numbers)
        pages = tuple(gathering.rows("WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(gathering.pages),)))
        context = tuple(gathering.rows(f"WHERE subject = '' AND kind IN ({_CONTEXT})", ()))
        chains = tuple(
            Chain(desk, len(tree), gathering.head(desk, len(tree)), tree.root(), tree.proof(len(tree) - 1))
            for desk, tree in sorted(gathering.trees.items())
        )
        people = frozenset(person.id for person in read_people(gathering.db))
    return Collected(dossiers, pages, _between(context, dossiers), chains, tuple(_keys(context)), people)


_CONTEXT = ", ".join(f"'{kind}'" for kind in (*KEY_ROWS, "clock.jumped"))


def _between(context: Iterable[Row], dossiers: Iterable[Dossier]) -> tuple[Row, ...]:
    """Rows that brought in keys, and jumps of the clock that fall between the first and the last row shown."""
    stamps = [row.hlc for each in dossiers for row in each.rows]
    first, last = min(stamps, default=0), max(stamps, default=0)
    return tuple(row for row in context if row.kind != "clock.jumped" or first <= row.hlc <= last)


def _keys(context: Iterable[Row]) -> Iterator[Key]:
    for row in context:
        body = parse(row.body)
        owner = body.get("founder") or body.get("person")
        for who, field in ((owner, "founder_key"), (owner, "key"), (row.desk, "desk_key")):
            if body.get(field):
                public = bytes.fromhex(body[field])
                yield Key(key_id(public), str(who), public, field == "desk_key")


class _Gathering:
    """Reads one case after the other inside one moment of the store."""

    def __init__(self, reader: Reader, kept: _Trees) -> None:
        self.reader = reader
        self.db = reader.db
        self.kept = kept
        self.trees = kept.grown(reader.db)
        self.sealer = _Salted(reader.sealer)
        self.pages: list[int] = []

    def head(self, desk: str, seq: int) -> bytes:
        """The hash of a chain's row."""
        row = self.db.execute("SELECT hash FROM event WHERE desk = ? AND desk_seq = ?", (desk, seq)).fetchone()
        return bytes(row[0])

    def dossier(self, no: int) -> Dossier:
        """One case."""
        key, case = self.db.execute('SELECT key, "case" FROM item_key WHERE no = ?', (no,)).fetchone()
        observed = tuple(self._observed(no))
        rows = tuple(self.rows("WHERE subject = ?", (case,)))
        return Dossier(case, key, observed, rows, tuple(self._media(no, observed)), tuple(self._batches(rows)))

    # ---- journal rows ----------------------------------------------------------------------------
    def rows(self, where: str, values: tuple[object, ...]) -> Iterator[Row]:
        """Journal rows with their proofs and sealed texts."""
        found = list(events(self.db, where, values))
        blobs = dict(
            self.db.execute(
                "SELECT event, blob FROM event_blob WHERE name = 'sealed'"
                " AND event IN (SELECT value FROM json_each(?))",
                (json.dumps([event.id for event in found]),),
            ).fetchall()
        )
        texts = load_blobs(self.db, self.reader.keys, self.sealer, blobs.values())
        for event in found:
            yield self._row(event, texts.get(blobs.get(event.id, 0), (None, b""))[0])

    def _row(self, event: Event, sealed: bytes | None) -> Row:
        if event.digest() != event.hash:
            raise DamagedFile(
                f"Row {event.desk_seq} of the journal was altered.",
                "Its hash does not fit.",
                "Nothing was exported. Run 'modstation verify'.",
            )
        commitment = parse(event.body).get("sealed", "") if event.kind != "pull.page" else ""
        return Row(
            event.desk, event.desk_seq, event.hlc, event.at, event.kind, event.kind_version, event.actor, event.key_id,
            event.session, event.subject, event.body, event.prev, event.hash, event.signature,
            self.trees[event.desk].proof(event.desk_seq - 1), str(commitment), sealed,
        )  # fmt: skip

    # ---- observations ----------------------------------------------------------------------------
    def _observed(self, no: int) -> Iterator[Observed]:
        rows = self.db.execute(
            "SELECT event, place, meta, blob, commitment FROM observation WHERE item = ? ORDER BY id", (no,)
        ).fetchall()
        texts = load_blobs(self.db, self.reader.keys, self.sealer, [row[3] for row in rows if row[3]])
        for event, place, meta, blob, commitment in rows:
            tree, desk, seq = self._page(event)
            yield Observed(
                desk, seq, place, len(tree), bytes(meta), bytes(commitment or b""), tree.proof(place),
                texts.get(blob, (None, b""))[0],
            )  # fmt: skip

    def _page(self, event: int) -> tuple[Tree, str, int]:
        if event not in self.pages:
            self.pages.append(event)
        return self.kept.page(self.db, event)

    # ---- media and batches -----------------------------------------------------------------------
    def _media(self, no: int, observed: Iterable[Observed]) -> Iterator[MediaFile]:
        known: dict[str, Any] = {
            row[0]: row[1:]
            for row in self.db.execute(
                "SELECT url_hash, blob, sha256, size, media_type, blocked FROM media WHERE item = ?", (no,)
            )
        }
        addresses = {url_hash(url): (url, kind) for url, kind in _attachments(observed)}
        for name in sorted({*known, *addresses}):
            blob, sha256, size, kind, blocked = known.get(name, (None, "", 0, "", ""))
            address, told = addresses.get(name, ("", ""))
            data = self._media_bytes(blob) if blob and not blocked else None
            yield MediaFile(name, address, sha256, size, kind or told, blocked, data)

    def _media_bytes(self, blob: int) -> bytes | None:
        opened = load_blobs(self.db, self.reader.keys, self.reader.sealer, [blob])
        return opened[blob][0] if blob in opened else None

    def _batches(self, rows: Iterable[Row]) -> Iterator[tuple[str, int]]:
        for row in rows:
            batch = parse(row.body).get("batch", "") if row.kind == "decision.made" else ""
            if batch:
                place = self.db.execute(
                    "SELECT id FROM event WHERE desk = ? AND desk_seq = ?", (row.desk, row.seq)
                ).fetchone()[0]
                near = (batch, place - _BATCH_SPAN, place + _BATCH_SPAN)
                yield batch, self.db.execute(_BATCH, near).fetchone()[0]


_BATCH = (
    "SELECT count(*) FROM event WHERE kind = 'decision.made' AND json_extract(body, '$.batch') = ?"
    " AND id BETWEEN ? AND ?"
)


def _attachments(observed: Iterable[Observed]) -> Iterator[tuple[str, str]]:
    for each in observed:
        text = json.loads(each.sealed[16:].decode("utf-8", "surrogatepass")) if each.sealed else {}
        for url, _, kind in text.get("attachments", ()):
            yield url, kind


def overview(work: Workplace, case: str) -> dict[str, Any]:
    """Everything known of a case as plain values, for a person of this desk. Raises NotFound, NotAllowed."""
    with work.store.reading() as reader:
        work.me(reader.db)
    collected = collect(work.store, [case])
    shown = Item({name: name for name in collected.people})
    return normal_item(collected.dossiers[0], shown)


def export(work: Workplace, cases: Sequence[str], audience: Audience, stamps: Stamps = lambda manifest: ()) -> Exported:
    """Seal these cases into a bundle, and note in their own journals that it was made and for whom.

    The note is written before any byte is handed out. `stamps` asks the time stamp authorities. Raises NotFound,
    NotAllowed for somebody who does not belong to the desk, BadInput for no case, DamagedFile.
    """
    if not cases:
        raise BadInput("No case was named.", "", "Name one, such as MS-ABCDE-FGHIJ.")
    with work.store.reading() as reader:
        me = work.me(reader.db)
    collected = collect(work.store, cases)
    desk_pen, pen = work.store.desk_pen, work.pen
    sealing = Sealing(
        work.now_ms(), me.id, audience, work.store.desk,
        Signer(desk_pen.key_id, desk_pen.key.sign), Signer(pen.key_id, pen.key.sign),
    )  # fmt: skip
    asked: list[Asked] = []
    manifests: list[bytes] = []

    def ask(manifest: bytes) -> Sequence[Asked]:
        manifests.append(manifest)
        asked.extend(stamps(manifest))
        return asked

    data = seal(collected, sealing, ask)
    manifest = hashlib.sha256(manifests[0]).hexdigest()
    _note(work, [each.case for each in collected.dossiers], audience, manifest)
    return Exported(data, hashlib.sha256(data).hexdigest(), manifest, tuple(asked))


def _note(work: Workplace, cases: Iterable[str], audience: Audience, manifest: str) -> None:
    text = f"Evidence bundle made for: {audience}. Manifest SHA-256 {manifest}."
    with work.store.writing() as tx:
        work.me(tx.db)
        for case in cases:
            tx.append(Draft("note.added", case, {"about": "evidence"}, {"sealed": pack({"note": text})}), work.pen)
