"""Taking in what a forum told: pages become observations, in transactions short enough never to hold up a person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modstation.models.ids import ForumName, ItemKey
from modstation.models.items import Context, Page, Reply, Revision, SetAside
from modstation.models.screen import Changed, QueueState
from modstation.store.blobs import pack
from modstation.store.events import Draft
from modstation.store.folded import STATE_NAMES
from modstation.store.pages import Answer, Checked, answer, prepare_all, screened
from modstation.store.store import Store
from modstation.store.transaction import Transaction

from . import screens
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
    fresh = _new_answers(work.store, [answer(row) for row in page.rows])
    taken = Taken(rows=len(page.rows), unchanged=len(page.rows) - len(fresh), reread=page.reread)
    checked = screened(fresh, screens.checker(work))
    for start in range(0, len(checked), CHUNK):
        taken.items |= _take_answers(work, forum, page.feed, checked[start : start + CHUNK])
    with work.store.writing(person=False) as tx:
        for line in page.set_aside:
            taken.set_aside += _put_aside(work, tx, forum, line)
        for reply in page.replies:
            if _known_case(tx, reply.case):
                fresh_reply = _reply(tx, reply)
                taken.replies += fresh_reply
                if fresh_reply and _is_closed(tx, reply.case):
                    taken.set_aside += _put_aside(work, tx, forum, _answered(page.feed, reply))
            else:
                taken.set_aside += _put_aside(work, tx, forum, _stray(page.feed, reply))
        if page.state:
            tx.set_feed(forum, page.feed, page.state)
    screens.after_page(work, [each.row for each in fresh if isinstance(each.row, Revision)], last=page.last)
    if taken.items or taken.set_aside or taken.replies:
        work.hub.tell(Changed(items=tuple(sorted(taken.items))[:1000], queue=True, status=True))
    return taken


def _take_answers(work: Workplace, forum: str, feed: str, answers: Sequence[tuple[Answer, Checked]]) -> set[int]:
    """Prepare outside the transaction, then write."""
    prepared = prepare_all(answers, work.store.sealer, work.store.reserve(len(answers)))
    with work.store.writing(person=False) as tx:
        return set(tx.add_page(forum, feed, prepared, _digest(feed)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _new_answers(store: Store, answers: Sequence[Answer]) -> list[Answer]:
    """Answers that tell something new. The newest one of each part counts; older equal ones do not."""
    known: dict[tuple[str, str], bytes] = {}
    names = [str(each.row.item) for each in answers]
    keys = list(dict.fromkeys(names))
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
    for name, each in zip(names, answers, strict=True):
        if known.get((name, each.part)) != each.fingerprint:
            known[name, each.part] = each.fingerprint
            fresh.append(each)
    return fresh


def _put_aside(work: Workplace, tx: Transaction, forum: str, line: SetAside, *, again: bool = False) -> int:
    raw = line.raw[:100_000]
    print_ = hashlib.sha256(pack([forum, line.source, line.why, raw])).digest()
    known = tx.db.execute("SELECT id, closed FROM set_aside WHERE fingerprint = ?", (print_,)).fetchone()
    if known and not (again and known[1]):
        return 0
    if known:
        values = (work.now_ms(), work.now_ms() + SET_ASIDE_MS, known[0])
        tx.db.execute("UPDATE set_aside SET closed = 0, at = ?, due = ? WHERE id = ?", values)
        return 1
    blob = tx.seal(pack(raw))
    now = work.now_ms()
    tx.db.execute(
        "INSERT INTO set_aside (forum, source, why, blob, at, due, fingerprint) VALUES (?,?,?,?,?,?,?)",
        (forum, plain(line.source)[:200], plain(line.why)[:500], blob.id, now, now + SET_ASIDE_MS, print_),
    )
    return 1


def put_aside(work: Workplace, forum: str, line: SetAside) -> None:
    """Keep an answer that could not be used, in the list a person must empty; come again, it is listed again."""
    with work.store.writing(person=False) as tx:
        _put_aside(work, tx, forum, line, again=True)
    work.hub.tell(Changed(status=True))


def _known_case(tx: Transaction, case: str) -> bool:
    return tx.db.execute('SELECT 1 FROM item_key WHERE "case" = ?', (plain(case),)).fetchone() is not None


def _stray(feed: str, reply: Reply) -> SetAside:
    """An answer to a notice that names no case of this desk: somebody must see it all the same."""
    raw = f"{reply.author.name} ({reply.author.uid}), room {reply.room}, message {reply.message_id}: {reply.text}"
    return SetAside(feed, reply.at, f"This answer names the case {reply.case}, which is not at this desk.", raw)


def _is_closed(tx: Transaction, case: str) -> bool:
    """Whether nobody would come across the case again by working on the queue."""
    states = tx.db.execute(
        'SELECT i.state FROM item i JOIN item_key k ON k.no = i.no WHERE k."case" = ?', (plain(case),)
    ).fetchall()
    return all(STATE_NAMES[state] in (QueueState.DECIDED, QueueState.CLOSED_ELSEWHERE) for (state,) in states)


def _answered(feed: str, reply: Reply) -> SetAside:
    """An answer to a notice of a closed case: it is kept with the case, and a person must have read it."""
    raw = f"{reply.author.name} ({reply.author.uid}): {reply.text}"
    return SetAside(feed, reply.at, f"Somebody answered the notice of {reply.case}, which is closed.", raw)


def plain(text: str) -> str:
    """Text for a column of its own: lone surrogates, which a database cannot hold, are written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _reply(tx: Transaction, reply: Reply) -> int:
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
        fresh = _new_answers(work.store, [answer(revision)])
        if fresh:
            _take_answers(work, item.forum, "look", screened(fresh, screens.checker(work)))
            screens.after_page(work, [revision], last=False)
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
