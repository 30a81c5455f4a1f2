"""One change of the store: journal rows, observations and the projections that follow from them, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from modstation.models.errors import BadInput
from modstation.models.ids import BlobId, CaseId, ItemKey, case_of
from modstation.models.time import Clock, to_ms

from .blobs import Sealed, Sealer, store_blobs
from .canonical import canonical, merkle_root
from .events import GENESIS, Draft, Event, Pen, check_body, seal_row
from .fold import fold
from .folded import CaseFold, Step
from .hlc import jumped_back, next_hlc
from .pages import Prepared, leaves
from .people import fold_desk_row
from .project import Projector
from .sqlcipher import Connection
from .trust import Trust

_INSERT_EVENT = (
    "INSERT INTO event (desk, desk_seq, hlc, at, kind, kind_version, actor, key_id, session, subject, body, prev, hash,"
    " signature) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)


class Transaction:
    """What may be done inside `Store.writing`. `db` is the writer's connection, for checks that must not race."""

    def __init__(
        self,
        db: Connection,
        keys: Connection,
        sealer: Sealer,
        clock: Clock,
        take: Callable[[int], int],
        desk: str,
        desk_pen: Pen,
        trust: Trust,
    ) -> None:
        self.db = db
        self.keys = keys
        self.desk = desk
        self.desk_pen = desk_pen
        self._sealer = sealer
        self._clock = clock
        self._take = take
        self._trust = trust
        self._own: set[int] = set()
        self._touched: set[int] = set()
        self.folds: dict[int, CaseFold] = {}
        self._fresh: list[tuple[int, str, CaseFold]] = []
        self._head: tuple[int, int, int, bytes] | None = None

    def now_ms(self) -> int:
        """The wall clock, UTC ms."""
        return to_ms(self._clock.now())

    def head(self) -> tuple[int, int, int, bytes]:
        """The newest row of this desk's chain: its number, stamp, wall time and hash; zeros where there is none.

        Read inside the transaction, because another process may have written since.
        """
        if self._head is None:
            row = self.db.execute(
                "SELECT desk_seq, hlc, at, hash FROM event WHERE desk = ? ORDER BY desk_seq DESC LIMIT 1", (self.desk,)
            ).fetchone()
            self._head = row or (0, 0, 0, GENESIS)
        return self._head

    def append(self, draft: Draft, pen: Pen | None = None) -> Event:
        """Write a journal row, signed by a person's pen or the desk's own. Raises BadInput for an ill-formed body.

        A wall clock that was set back is written down first, so that times which run backwards explain themselves.
        """
        at = self.now_ms()
        last_at = self.head()[2]
        if draft.kind != "clock.jumped" and jumped_back(last_at, at):
            self.append(Draft("clock.jumped", "", {"before": last_at, "after": at}))
        sealed = {name: self.seal(plain) for name, plain in draft.sealed.items()}
        body = {**draft.body, **{name: blob.commitment.hex() for name, blob in sealed.items()}}
        check_body(draft.kind, 1, body)
        event = self._insert(pen or self.desk_pen, draft, canonical(body), at)
        self.db.executemany(
            "INSERT INTO event_blob (event, name, blob) VALUES (?, ?, ?)",
            [(event.id, name, blob.id) for name, blob in sealed.items()],
        )
        if draft.subject:
            self._touch_case(draft.subject)
        else:
            fold_desk_row(self.db, event.kind, event.actor, event.at, event.id, body)
        return event

    def _insert(self, pen: Pen, draft: Draft, body: bytes, at: int) -> Event:
        seq, hlc, _, prev = self.head()
        row = Event(
            self.desk, seq + 1, next_hlc(hlc, at), at, draft.kind, 1, pen.actor, pen.key_id, pen.session, draft.subject,
            body, prev,
        )  # fmt: skip
        digest, signature = seal_row(row, pen.key)
        values = (
            row.desk, row.desk_seq, row.hlc, row.at, row.kind, 1, row.actor, row.key_id, row.session, row.subject,
            body, prev, digest, signature,
        )  # fmt: skip
        number = self.db.execute(_INSERT_EVENT, values).lastrowid
        self._own.add(number)
        self._head = (row.desk_seq, row.hlc, row.at, digest)
        return Event(*values, id=number)

    def seal(self, plain: bytes) -> Sealed:
        """Seal bytes and store them in this transaction."""
        blob = self._sealer.seal(BlobId(self._take(1)), plain)
        store_blobs(self.db, self.keys, [blob])
        return blob

    def item_no(self, item: ItemKey) -> int:
        """The item's number here; given on first sight."""
        found = self.db.execute("SELECT no FROM item_key WHERE key = ?", (str(item),)).fetchone()
        if found:
            return int(found[0])
        return int(
            self.db.execute('INSERT INTO item_key (key, "case") VALUES (?, ?)', (str(item), case_of(item))).lastrowid
        )

    def _touch_case(self, case: str) -> None:
        found = self.db.execute('SELECT no FROM item_key WHERE "case" = ?', (case,)).fetchone()
        if found is None:
            raise BadInput(f"There is no case {case} here.")
        self._touched.add(found[0])

    def add_page(self, forum: str, feed: str, rows: Sequence[Prepared], state: str) -> list[int]:
        """Write observations under one signed journal row; the numbers of their items, in order."""
        body = {
            "forum": forum,
            "feed": feed,
            "count": len(rows),
            "root": merkle_root(leaves(rows)).hex(),
            "state": state,
        }
        event = self.append(Draft("pull.page", "", body))
        numbers, fresh = self._numbers(rows)
        self._insert_observations(event, rows, numbers, fresh)
        self._index(rows, numbers, fresh)
        return numbers

    def _numbers(self, rows: Sequence[Prepared]) -> tuple[list[int], dict[int, CaseId]]:
        """The number of each row's item, and the cases of those that were never seen before."""
        names = [row.meta["item"] for row in rows]
        items = dict(zip(names, (row.item for row in rows), strict=True))
        keys = list(items)
        marks = ",".join("?" * len(keys))
        known = dict(self.db.execute(f"SELECT key, no FROM item_key WHERE key IN ({marks})", keys))
        unknown = [key for key in keys if key not in known]
        fresh: dict[int, CaseId] = {}
        if unknown:
            first = 1 + (self.db.execute("SELECT max(no) FROM item_key").fetchone()[0] or 0)
            given = [(first + i, key, case_of(items[key])) for i, key in enumerate(unknown)]
            self.db.executemany('INSERT INTO item_key (no, key, "case") VALUES (?, ?, ?)', given)
            known.update((key, no) for no, key, _ in given)
            fresh = {no: case for no, _, case in given}
        return [known[name] for name in names], fresh

    def _insert_observations(
        self, event: Event, rows: Sequence[Prepared], numbers: list[int], fresh: Mapping[int, CaseId]
    ) -> None:
        store_blobs(self.db, self.keys, [row.sealed for row in rows])
        first = 1 + (self.db.execute("SELECT max(id) FROM observation").fetchone()[0] or 0)
        self.db.executemany(
            "INSERT INTO observation (id, event, place, item, meta, blob, commitment) VALUES (?,?,?,?,?,?,?)",
            [
                (first + i, event.id, i, numbers[i], row.encoded, row.sealed.id, row.sealed.commitment)
                for i, row in enumerate(rows)
            ],
        )
        self.db.executemany(
            "INSERT OR REPLACE INTO known (item, part, fingerprint, obs) VALUES (?,?,?,?)",
            [(numbers[i], row.part, row.fingerprint, first + i) for i, row in enumerate(rows)],
        )
        steps: dict[int, list[Step]] = {}
        for i, row in enumerate(rows):
            if numbers[i] in fresh:
                order = (event.hlc, event.desk, event.desk_seq, i)
                steps.setdefault(numbers[i], []).append(Step(order, event.at, row.meta["k"], "", row.meta, first + i))
            else:
                self._touched.add(numbers[i])
        # An item never seen before has no other rows: it is folded from what is in hand.
        keys = {numbers[i]: row.item for i, row in enumerate(rows) if numbers[i] in fresh}
        for no, own in steps.items():
            item = keys[no]
            self._fresh.append((no, fresh[no], fold(item.forum, item.type, own)))

    def _index(self, rows: Sequence[Prepared], numbers: list[int], fresh: Mapping[int, CaseId]) -> None:
        words = {numbers[i]: row.words for i, row in enumerate(rows) if row.words is not None}
        self.db.executemany("DELETE FROM search WHERE rowid = ?", [(no,) for no in words if no not in fresh])
        self.db.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", list(words.items()))

    def set_feed(self, forum: str, feed: str, state: str) -> None:
        """Remember how far a feed was read."""
        self.db.execute(
            "INSERT OR REPLACE INTO feed (forum, feed, state, at) VALUES (?,?,?,?)", (forum, feed, state, self.now_ms())
        )

    def touch(self, numbers: Iterable[int]) -> None:
        """Have these items folded again when the transaction ends."""
        self._touched.update(numbers)

    def finish(self) -> None:
        """Fold what was touched. Called once, before the commit."""
        projector = Projector(self.db)
        late = [entry for entry in self._fresh if entry[0] not in self._touched]
        projector.write(late)
        projector.count(folded for _, _, folded in late)
        self.folds.update({no: folded for no, _, folded in late})
        for no in sorted(self._touched):
            self._check(no)
            self.folds[no] = projector.refold(no)
        self._fresh, self._touched = [], set()

    def refold_now(self, no: int) -> CaseFold:
        """Fold one item at once, for checks inside the same transaction."""
        self._check(no)
        folded = Projector(self.db).refold(no)
        self._touched.discard(no)
        self._fresh = [entry for entry in self._fresh if entry[0] != no]
        return folded

    def _check(self, no: int) -> None:
        case = self.db.execute('SELECT "case" FROM item_key WHERE no = ?', (no,)).fetchone()[0]
        self._trust.check(self.db, case, self._own)
