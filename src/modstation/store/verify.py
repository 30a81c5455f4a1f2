"""Checks the whole journal: chain, signatures, pages, and that nobody approved their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from modstation.models.errors import BadInput
from modstation.models.ids import ItemKey, case_of

from .canonical import leaf as leaf_of
from .canonical import merkle_root, parse
from .events import GENESIS, KINDS, Event, Signer, check_body, digest_of
from .keyslots import key_id
from .sqlcipher import Connection, DatabaseError

#: What a row's hash covers, in the order in which `digest_of` takes it.
_CHAINED = "desk, desk_seq, hlc, at, kind, kind_version, actor, key_id, session, subject, body, prev"
COLUMNS = f"{_CHAINED}, hash, signature, id"

#: More findings than this are counted, not listed.
MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: which row, and what is wrong with it."""

    desk: str
    desk_seq: int
    what: str


@dataclass(slots=True)
class Report:
    """What verifying has found. `same_session` counts approvals in the proposer's own sitting: told, no fault."""

    rows: int = 0
    signatures: int = 0
    observations: int = 0
    unknown_kinds: int = 0
    same_session: int = 0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

    @property
    def whole(self) -> bool:
        """Whether everything holds."""
        return not self.findings

    def add(self, event: Event, what: str) -> None:
        """Note a fault."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(event.desk, event.desk_seq, what))
        else:
            self.more += 1


#: Kinds that bring in a public key.
KEY_ROWS = ("desk.created", "desk.restored", "desk.recovered", "person.enrolled")


class KeyBook:
    """Whose key is whose, learned from the journal's own rows in their order.

    `trusted` are the ids of all keys the vault knows, in use or retired; a row cannot bring in another one.
    """

    def __init__(self, trusted: frozenset[str] | None = None) -> None:
        self._trusted = trusted
        self._keys: dict[str, tuple[str, Ed25519PublicKey]] = {}

    def learn(self, event: Event, body: dict[str, Any]) -> None:
        """Take the keys a row introduces."""
        if event.kind == "desk.created":
            self._add(body["founder"], body["founder_key"])
            self._add(event.desk, body["desk_key"])
        elif event.kind == "desk.restored":
            self._add(event.desk, body["desk_key"])
        elif event.kind in ("person.enrolled", "desk.recovered"):
            self._add(body["person"], body["key"])
            if "desk_key" in body:
                self._add(event.desk, body["desk_key"])

    def _add(self, owner: str, public: str) -> None:
        try:
            raw = bytes.fromhex(public)
            key = Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            return
        if self._trusted is None or key_id(raw) in self._trusted:
            self._keys[key_id(raw)] = (owner, key)

    def take(self, event: Event) -> None:
        """Take the keys of a row that has not been read yet; one that cannot be read brings in nothing."""
        try:
            body = parse(event.body)
            check_body(event.kind, event.kind_version, body)
        except (ValueError, BadInput):
            return
        if (event.kind, event.kind_version) in KINDS:
            self.learn(event, body)

    def find(self, event: Event) -> Ed25519PublicKey | None:
        """The key that must have signed this row, if its owner is the row's actor."""
        owner, key = self._keys.get(event.key_id, ("", None))
        return key if owner == event.actor else None


class Verifier:
    """Goes through the rows once, in the order of each chain."""

    def __init__(self, trusted: frozenset[str] | None = None) -> None:
        self.report = Report()
        self.book = KeyBook(trusted)
        self._unapproved: set[str] = set()
        self._about: dict[str, str] = {}
        self._heads: dict[str, tuple[int, int, bytes]] = {}
        self._proposed: dict[str, tuple[str, str]] = {}
        self._approved: dict[str, set[str]] = {}

    def row(self, event: Event) -> dict[str, Any] | None:
        """Check one row; its body where it can be read."""
        report = self.report
        report.rows += 1
        self._chain(event)
        try:
            body = parse(event.body)
            check_body(event.kind, event.kind_version, body)
        except (ValueError, BadInput) as error:
            report.add(event, f"its body is not well-formed: {error}")
            return None
        known = (event.kind, event.kind_version) in KINDS
        self._signature(event, body, known)
        if known:
            self._four_eyes(event, body)
        report.unknown_kinds += not known
        return body

    def _chain(self, event: Event) -> None:
        seq, hlc, head = self._heads.get(event.desk, (0, 0, GENESIS))
        if event.desk_seq != seq + 1:
            self.report.add(event, f"row {seq + 1} is missing before it")
        if event.prev != head:
            self.report.add(event, "it does not follow the row before it")
        if event.hlc <= hlc:
            self.report.add(event, "its stamp is not later than the row before it")
        if event.hash != event.digest():
            self.report.add(event, "it was altered: its hash does not fit")
        self._heads[event.desk] = (event.desk_seq, event.hlc, event.hash)

    def _signature(self, event: Event, body: dict[str, Any], known: bool) -> None:
        if known and event.kind in KEY_ROWS:
            self.book.learn(event, body)
        self.report.signatures += 1
        kind = KINDS.get((event.kind, event.kind_version))
        if kind is not None and (kind.signer is Signer.DESK) != (event.actor == event.desk):
            self.report.add(event, f"{event.kind} is not {event.actor}'s to write")
        key = self.book.find(event)
        if key is None:
            self.report.add(event, f"no key of {event.actor} is known that could have signed it")
        elif not event.signed_by(key):
            self.report.add(event, "it is not signed by the key it names")

    def _four_eyes(self, event: Event, body: dict[str, Any]) -> None:
        if event.kind == "decision.made":
            self._proposed[body["decision"]] = (event.actor, event.session)
            # Rows of several desks reach a file in any order: the yes may have come before the question.
            if event.actor in self._approved.get(body["decision"], ()):
                self.report.add(event, f"{event.actor} approved what they themselves had proposed")
        elif event.kind in ("person.added", "person.removed", "person.reset"):
            self._proposed[body["proposal"]] = (event.actor, event.session)
            if body["needs"] and body.get("change") == "add":
                self._unapproved.add(body["person"])
                self._about[body["proposal"]] = body["person"]
        elif event.kind == "person.enrolled" and body["person"] in self._unapproved:
            self.report.add(event, f"{body['person']} enrolled before a second person had approved it")
        elif event.kind == "pack.drafted":
            self._proposed[body["hash"]] = (event.actor, event.session)
            if event.actor in self._approved.get(body["hash"], ()):
                self.report.add(event, f"{event.actor} approved what they themselves had proposed")
        elif event.kind in ("approval.given", "person.approved", "pack.approved"):
            subject = body.get("decision") or body.get("proposal") or body.get("hash", "")
            proposer, session = self._proposed.get(subject, ("", ""))
            self._approved.setdefault(subject, set()).add(event.actor)
            self._unapproved.discard(self._about.get(body.get("proposal", ""), ""))
            if proposer == event.actor:
                self.report.add(event, f"{event.actor} approved what they themselves had proposed")
            self.report.same_session += session == event.session


def events(db: Connection, where: str = "", values: tuple[object, ...] = ()) -> Iterator[Event]:
    """Journal rows in the order in which they reached this file."""
    for row in db.execute(f"SELECT {COLUMNS} FROM event {where} ORDER BY id", values):
        yield Event(*row)


def verify(
    db: Connection, progress: Callable[[int], bool] = lambda done: True, trusted: frozenset[str] | None = None
) -> Report:
    """Check everything. `progress` hears how many rows are done and stops the work by answering False.

    `trusted` are the key ids of the vault; without them the journal alone says whose keys count.
    """
    verifier = Verifier(trusted)
    try:
        for event in events(db):
            body = verifier.row(event)
            if body is not None and (event.kind, event.kind_version) == ("pull.page", 1):
                _page(db, verifier.report, event, body)
            if verifier.report.rows % 500 == 0 and not progress(verifier.report.rows):
                return verifier.report
        _strays(db, verifier.report)
        _names(db, verifier.report)
    except DatabaseError as error:
        if "decode" not in str(error).lower():
            raise
        verifier.report.findings.append(Finding("", verifier.report.rows + 1, "a row holds text that is no text"))
    return verifier.report


def chain_holds(db: Connection) -> bool:
    """Whether every chain is whole: numbers, links and hashes, without the signatures. A quick look, not a proof."""
    heads: dict[str, tuple[int, bytes]] = {}
    for row in db.execute(f"SELECT {_CHAINED}, hash FROM event ORDER BY id"):
        desk, number, prev, hash_ = row[0], row[1], row[11], row[12]
        seq, head = heads.get(desk, (0, GENESIS))
        if number != seq + 1 or prev != head or hash_ != digest_of(*row[:12]):
            return False
        heads[desk] = (number, hash_)
    return True


def _page(db: Connection, report: Report, event: Event, body: dict[str, Any]) -> None:
    leaves = []
    for meta, commitment, key in db.execute(
        "SELECT o.meta, o.commitment, k.key FROM observation o LEFT JOIN item_key k ON k.no = o.item"
        " WHERE o.event = ? ORDER BY o.place",
        (event.id,),
    ):
        leaves.append(leaf_of(bytes(meta) + bytes(commitment or b"")))
        if not _tells_of(bytes(meta), key):
            report.add(event, f"an observation under it was moved to another item ({key})")
    report.observations += len(leaves)
    if len(leaves) != body["count"] or merkle_root(leaves).hex() != body["root"]:
        report.add(event, "the observations under it were altered, added or taken away")


def _tells_of(meta: bytes, key: str) -> bool:
    try:
        return parse(meta).get("item") == key
    except ValueError:
        return False


def _names(db: Connection, report: Report) -> None:
    """Items carry the case that follows from their name: under another one their journal rows would be lost."""
    for no, key, case in db.execute('SELECT no, key, "case" FROM item_key'):
        try:
            fits = case_of(ItemKey.parse(key)) == case
        except BadInput:
            fits = False
        if not fits:
            report.findings.append(Finding("", 0, f"item {no} was renamed or put under another case"))


def _strays(db: Connection, report: Report) -> None:
    stray = db.execute(
        "SELECT count(*) FROM observation o LEFT JOIN event e ON e.id = o.event WHERE e.kind IS NOT 'pull.page'"
    ).fetchone()[0]
    if stray:
        report.findings.append(Finding("", 0, f"{stray} observations belong to no signed page"))
