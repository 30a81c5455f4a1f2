"""Near-duplicates at the desk: which items are alike, kept as they come in, and what a group decision must tell."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from modstation.models.ids import ItemKey, TargetType
from modstation.models.items import Revision
from modstation.screening import NearIndex
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader
from modstation.store.transaction import Transaction

from .workplace import Workplace

#: Fewer fresh texts than this wait for more, until a feed has come to its end: a batch costs less than its parts.
BATCH = 500

#: So many of the newest texts are compared with what comes in; older ones keep the clusters they are in.
REMEMBERED = 20_000

#: From so many texts in memory on, the index is made anew from the newest ones.
FULL = 3 * REMEMBERED

#: rapidfuzz ratio (0 to 100) below which a member of a cluster is said to differ from its first text.
DIFFERS_BELOW = 90.0

#: So many letters of a text are compared when a person asks; the index compares as many.
COMPARED = 1500

#: A group larger than this is told by its first so many members.
MOST_MEMBERS = 2000

_TYPES = (TargetType.POST, TargetType.TOPIC, TargetType.QUEUED, TargetType.MESSAGE)
_LOT = 500


class NearKeeper:
    """Clusters of one open desk. Works in the thread that pulls, after a page is stored, so that no page waits for it.

    The index lives in memory; the table `near` holds what it found, for items that are not alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[ItemKey, str]] = []
        self._index = NearIndex()
        self._items: list[int] = []
        self._named: dict[int, int] = {}
        self._loaded = False

    def after_page(self, work: Workplace, rows: Sequence[Revision], *, last: bool) -> None:
        """Take texts that were just stored; `last` says that no more are coming now."""
        with self._lock:
            self._waiting += [
                (row.item, judged_text(row)) for row in rows if row.item.type in _TYPES and judged_text(row)
            ]
            if self._waiting and (last or len(self._waiting) >= BATCH):
                self._flush(work)

    def _flush(self, work: Workplace) -> None:
        waiting, self._waiting = dict(self._waiting), []
        if len(self._items) > FULL:
            self._index, self._items, self._named, self._loaded = NearIndex(), [], {}, False
        numbers: dict[ItemKey, int] = {}
        with work.store.reading() as reader:
            if not self._loaded:
                self._load(reader)
            for start in range(0, len(waiting), _LOT):
                numbers |= _numbers(reader.db, list(waiting)[start : start + _LOT])
        fresh = [(numbers[key], text) for key, text in waiting.items() if key in numbers]
        with work.store.writing(person=False) as tx:
            self._add(tx, fresh)

    def _load(self, reader: Reader) -> None:
        """Fill the index with the newest texts that were clustered before; what is in the batch comes after them."""
        known = newest_texts(reader, REMEMBERED)
        skipped = {key for key, _ in self._waiting}
        rows = [(no, text) for no, key, text in known if key not in skipped]
        clusters = dict(reader.db.execute("SELECT item, cluster FROM near"))
        self._items = [no for no, _ in rows]
        roots = self._index.add([text for _, text in rows]) if rows else []
        for no, root in zip(self._items, roots, strict=True):
            if no in clusters:
                self._named.setdefault(root, clusters[no])
        self._loaded = True

    def _add(self, tx: Transaction, fresh: Sequence[tuple[int, str]]) -> None:
        first = len(self._items)
        self._items += [no for no, _ in fresh]
        roots = self._index.add([text for _, text in fresh])
        rows: dict[int, int] = {}
        name = tx.db.execute("SELECT coalesce(max(cluster), 0) FROM near").fetchone()[0]
        for own, root in enumerate(roots, first):
            # An edited item is like its own older text; that alone makes no cluster.
            if root == own or (self._items[root] == self._items[own] and root not in self._named):
                continue
            if root not in self._named:
                name += 1
                self._named[root] = name
                rows[self._items[root]] = name
            rows[self._items[own]] = self._named[root]
        tx.db.execute(
            "DELETE FROM near WHERE item IN (SELECT value FROM json_each(?))", (json.dumps([no for no, _ in fresh]),)
        )
        tx.db.executemany("INSERT OR REPLACE INTO near (item, cluster) VALUES (?, ?)", list(rows.items()))


def judged_text(row: Revision) -> str:
    """The text that is compared: a post by its body, so that answers in one topic are not alike by its title."""
    return f"{row.title}\n{row.body}" if row.item.type is TargetType.TOPIC else row.body


def newest_texts(reader: Reader, limit: int) -> list[tuple[int, ItemKey, str]]:
    """Number, name and compared text of the newest items, oldest of them first. Erased texts are left out."""
    rows = reader.db.execute(
        "SELECT i.no, k.key, o.blob FROM item i JOIN item_key k ON k.no = i.no JOIN observation o ON o.id = i.obs"
        " WHERE o.blob IS NOT NULL ORDER BY i.no DESC LIMIT ?",
        (limit,),
    ).fetchall()
    found: list[tuple[int, ItemKey, str]] = []
    for start in range(0, len(rows), _LOT):
        lot = rows[start : start + _LOT]
        texts = reader.texts([blob for _, _, blob in lot])
        for no, name, blob in lot:
            key, value = ItemKey.parse(name), texts.get(blob)
            if isinstance(value, dict) and "body" in value and key.type in _TYPES:
                text = f"{value['title']}\n{value['body']}" if key.type is TargetType.TOPIC else value["body"]
                found.append((no, key, text))
    return [each for each in reversed(found) if each[2]]


def _numbers(db: Connection, keys: Sequence[ItemKey]) -> dict[ItemKey, int]:
    names = {str(key): key for key in keys}
    rows = db.execute(
        "SELECT key, no FROM item_key WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(list(names)),)
    )
    return {names[key]: no for key, no in rows}


def forget(tx: Transaction, numbers: Sequence[int]) -> None:
    """Take erased items out of the tables that screening keeps beside the queue."""
    for table in ("near", "learned"):
        tx.db.execute(
            f"DELETE FROM {table} WHERE item IN (SELECT value FROM json_each(?))", (json.dumps(list(numbers)),)
        )


# ---------------------------------------------------------------------------------- what is alike
def alike_counts(db: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """How many other items are near-duplicates of each of these; those that are alone are left out."""
    wanted = json.dumps(list(numbers))
    mine = dict(db.execute("SELECT item, cluster FROM near WHERE item IN (SELECT value FROM json_each(?))", (wanted,)))
    sizes = {
        cluster: db.execute("SELECT count(*) FROM near WHERE cluster = ?", (cluster,)).fetchone()[0]
        for cluster in set(mine.values())
    }
    return {no: sizes[cluster] - 1 for no, cluster in mine.items()}


@dataclass(frozen=True, slots=True)
class Member:
    """One item of a cluster. `alike` is how like it is to the first one, 0 to 100; `seen` whether you opened it."""

    no: int
    alike: float
    seen: bool
    author: str

    @property
    def differs(self) -> bool:
        """Whether a person should look at it before they decide it with the rest."""
        return self.alike < DIFFERS_BELOW


@dataclass(frozen=True, slots=True)
class Cluster:
    """Near-duplicates: `members` hold those least like the first one first. `id` is 0 for an item that is alone."""

    id: int
    first: int
    members: tuple[Member, ...]

    @property
    def seen(self) -> int:
        """How many of them this person has opened in this sitting."""
        return sum(member.seen for member in self.members)

    @property
    def differing(self) -> int:
        """How many of them differ from the first one."""
        return sum(member.differs for member in self.members)

    @property
    def sentence(self) -> str:
        """What a group decision must tell."""
        return (
            f"You saw {self.seen} of {len(self.members)}; {self.differing} differ{'s' if self.differing == 1 else ''}."
        )


def cluster(work: Workplace, no: int) -> Cluster:
    """The cluster an item is in, outliers first."""
    with work.store.reading() as reader:
        row = reader.db.execute("SELECT cluster FROM near WHERE item = ?", (no,)).fetchone()
        if row is None:
            return Cluster(0, no, (_member(work, no, 100.0, ""),))
        sql = "SELECT item FROM near WHERE cluster = ? ORDER BY item LIMIT ?"
        numbers = [each[0] for each in reader.db.execute(sql, (row[0], MOST_MEMBERS))]
        return _compared(work, reader, numbers, row[0])


def _member(work: Workplace, no: int, alike: float, author: str) -> Member:
    return Member(no, alike, no in work.opened_at, author)


def _compared(work: Workplace, reader: Reader, numbers: Sequence[int], name: int) -> Cluster:
    """Members with how like they are to the first of them that still has a text."""
    rows = reader.db.execute(
        "SELECT i.no, i.author, o.blob FROM item i JOIN observation o ON o.id = i.obs"
        " WHERE i.no IN (SELECT value FROM json_each(?)) ORDER BY i.no",
        (json.dumps(list(numbers)),),
    ).fetchall()
    texts = reader.texts([blob for _, _, blob in rows if blob])
    bodies = {no: _body(texts.get(blob)) for no, _, blob in rows}
    first = next((no for no, text in bodies.items() if text), rows[0][0] if rows else 0)
    found = [
        _member(work, no, fuzz.ratio(bodies.get(first, ""), bodies[no]) if no != first else 100.0, author)
        for no, author, _ in rows
    ]
    return Cluster(name, first, tuple(sorted(found, key=lambda each: (each.alike, each.no))))


def _body(value: object) -> str:
    text = str(value.get("body", "")) if isinstance(value, dict) else ""
    return text[:COMPARED]


def group(work: Workplace, numbers: Sequence[int]) -> Cluster:
    """Any items that a person wants to decide together, outliers first; the cluster most of them are in names it."""
    wanted = list(dict.fromkeys(numbers))
    with work.store.reading() as reader:
        rows = reader.db.execute(
            "SELECT cluster FROM near WHERE item IN (SELECT value FROM json_each(?))", (json.dumps(wanted),)
        )
        names = Counter(row[0] for row in rows).most_common(1)
        return _compared(work, reader, wanted[:MOST_MEMBERS], names[0][0] if names else 0)
