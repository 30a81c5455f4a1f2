"""Taking in what a forum told: pages become observations, in transactions short enough never to hold up a person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modstation.models.ids import ForumName, ItemKey
from modstation.models.items import Context, Observation, Page, Reply, Revision, SetAside
from modstation.models.screen import Changed
from modstation.store.blobs import pack
from modstation.store.events import Draft
from modstation.store.pages import fingerprint, part_of, prepare_all
from modstation.store.store import Store
from modstation.store.transaction import Transaction

from .look import context_values
from .ports import Exchange
from .workplace import Workplace

#: Observations of one transaction. Small, so that a person's act waits at most a few milliseconds (architecture 6).
CHUNK = 50

#: By when somebody must have looked at a line that was set aside.
SET_ASIDE_MS = 24 * 3_600_000


@dataclass(slots=True)
class Taken:
    """What became of a page: new and changed items, lines set aside, rows that told nothing new."""

    items: set[int] = field(default_factory=set)
    rows: int = 0
    unchanged: int = 0
    set_aside: int = 0
    replies: int = 0
    reread: int = 0

    def add(self, other: Taken) -> None:
        """Count another page in."""
        self.items |= other.items
        self.rows += other.rows
        self.unchanged += other.unchanged
        self.set_aside += other.set_aside
        self.replies += other.replies
        self.reread += other.reread


def bookmark(work: Workplace, forum: str, feed: str) -> str:
    """How far a feed was read; "" at first."""
    with work.store.reading() as reader:
        row = reader.db.execute("SELECT state FROM feed WHERE forum = ? AND feed = ?", (forum, feed)).fetchone()
    return str(row[0]) if row else ""


def take_page(work: Workplace, forum: ForumName, page: Page) -> Taken:
    """Store a pulled page: observations, replies, lines set aside, and last of all the bookmark."""
    prints = [fingerprint(row) for row in page.rows]
    fresh = _new_rows(work.store, page.rows, prints)
    taken = Taken(rows=len(page.rows), unchanged=len(page.rows) - len(fresh), reread=page.reread)
    for start in range(0, len(fresh), CHUNK):
        chunk = fresh[start : start + CHUNK]
        taken.items |= _take_rows(work, forum, page.feed, [r for r, _ in chunk], [p for _, p in chunk])
    with work.store.writing(person=False) as tx:
        for line in page.set_aside:
            taken.set_aside += _put_aside(work, tx, forum, line)
        for reply in page.replies:
            taken.replies += _reply(tx, reply)
        if page.state:
            tx.set_feed(forum, page.feed, page.state)
    if taken.items or taken.set_aside or taken.replies:
        work.hub.tell(Changed(items=tuple(sorted(taken.items))[:1000], queue=True, status=True))
    return taken


def _take_rows(
    work: Workplace, forum: str, feed: str, rows: Sequence[Observation], prints: Sequence[bytes]
) -> set[int]:
    """Prepare outside the transaction, then write."""
    prepared = prepare_all(rows, prints, work.screen.check, work.store.sealer, work.store.reserve(len(rows)))
    with work.store.writing(person=False) as tx:
        return set(tx.add_page(forum, feed, prepared, _digest(feed)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _new_rows(store: Store, rows: Sequence[Observation], prints: Sequence[bytes]) -> list[tuple[Observation, bytes]]:
    """Rows that tell something new. The newest answer of each part counts; older equal ones do not."""
    known: dict[tuple[str, str], bytes] = {}
    keys = list(dict.fromkeys(str(row.item) for row in rows))
    with store.reading() as reader:
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            marks = ",".join("?" * len(some))
            for key, part, print_ in reader.db.execute(
                f"SELECT k.key, n.part, n.fingerprint FROM known n JOIN item_key k ON k.no = n.item"
                f" WHERE k.key IN ({marks})",
                some,
            ):
                known[key, part] = bytes(print_)
    fresh = []
    for row, print_ in zip(rows, prints, strict=True):
        name = (str(row.item), part_of(row))
        if known.get(name) != print_:
            known[name] = print_
            fresh.append((row, print_))
    return fresh


def _put_aside(work: Workplace, tx: Transaction, forum: str, line: SetAside) -> int:
    raw = line.raw[:100_000]
    print_ = hashlib.sha256(pack([forum, line.source, line.why, raw])).digest()
    if tx.db.execute("SELECT 1 FROM set_aside WHERE fingerprint = ?", (print_,)).fetchone():
        return 0
    blob = tx.seal(pack(raw))
    now = work.now_ms()
    tx.db.execute(
        "INSERT INTO set_aside (forum, source, why, blob, at, due, fingerprint) VALUES (?,?,?,?,?,?,?)",
        (forum, line.source[:200], line.why[:500], blob.id, now, now + SET_ASIDE_MS, print_),
    )
    return 1


def put_aside(work: Workplace, forum: str, line: SetAside) -> None:
    """Keep an answer that could not be used, in the list a person must empty."""
    with work.store.writing(person=False) as tx:
        _put_aside(work, tx, forum, line)
    work.hub.tell(Changed(status=True))


def _reply(tx: Transaction, reply: Reply) -> int:
    known = tx.db.execute('SELECT no FROM item_key WHERE "case" = ?', (reply.case,)).fetchone()
    if known is None:
        return 0
    message = f"{reply.room}:{reply.message_id}"
    seen = tx.db.execute(
        "SELECT 1 FROM event WHERE subject = ? AND kind = 'reply.received' AND json_extract(body, '$.message') = ?",
        (reply.case, message),
    ).fetchone()
    if seen:
        return 0
    body = {"message": message, "author": reply.author.uid}
    tx.append(Draft("reply.received", reply.case, body, {"sealed": pack({"text": reply.text})}))
    return 1


def take_look(
    work: Workplace, item: ItemKey, revision: Revision | None, context: Context | None, exchanges: Sequence[Exchange]
) -> None:
    """Store what was read when a person opened an item: the reading, its surroundings and the server's own answers.

    The bytes judged are captured when the item is opened (promise 4).
    """
    if revision is not None:
        prints = [fingerprint(revision)]
        fresh = _new_rows(work.store, [revision], prints)
        if fresh:
            _take_rows(work, item.forum, "look", [revision], prints)
    values: dict[str, Any] = {"at": work.now_ms(), "exchanges": [_exchange(each) for each in exchanges]}
    if context is not None:
        values["context"] = context_values(context)
    with work.store.writing(person=False) as tx:
        no = tx.item_no(item)
        capture(tx, no, "open", values)
    work.hub.tell(Changed(items=(no,)))


def capture(tx: Transaction, no: int, moment: str, values: Mapping[str, Any]) -> None:
    """Seal what a server answered under a journal row of the item's case."""
    case = tx.db.execute('SELECT "case" FROM item_key WHERE no = ?', (no,)).fetchone()[0]
    statuses = [each[2] for each in values.get("exchanges", ())]
    body = {"moment": moment, "status": statuses[-1] if statuses else 0}
    tx.append(Draft("item.captured", case, body, {"sealed": pack(dict(values))}))


def _exchange(each: Exchange) -> list[Any]:
    return [
        each.method,
        each.url,
        each.status,
        int(each.at.timestamp() * 1000),
        each.request.decode("utf-8", "backslashreplace"),
        each.response.decode("utf-8", "backslashreplace"),
        each.server_date,
    ]
