"""The top bar, strip and banners in one read; the list of what was set aside."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field

from modstation.models.errors import BadInput, NotFound
from modstation.models.screen import Changed, DeskStatus, ForumStatus, QueueState, SetAsideRow
from modstation.store.blobs import pack
from modstation.store.events import Draft
from modstation.store.folded import STATE_CODES
from modstation.store.people import pending_changes
from modstation.store.sqlcipher import Connection

from .forums import accesses
from .undo import newest_undoable
from .workplace import Workplace


@dataclass(frozen=True, slots=True)
class Lamp:
    """How it stands with a forum: working, waiting, offline, refused, paused or never. Times are UTC ms."""

    state: str = "never"
    since: int = 0
    until: int = 0
    words: str = ""
    last_sync: int = 0


@dataclass(slots=True)
class Lamps:
    """The lamps of all forums, set by the runner, read by screens."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _lamps: dict[str, Lamp] = field(default_factory=dict)

    def get(self, forum: str) -> Lamp:
        """The lamp of a forum; "never" before the first sync."""
        with self._lock:
            return self._lamps.get(forum, Lamp())

    def set(self, forum: str, lamp: Lamp) -> bool:
        """Set a lamp; whether its state or words have changed."""
        with self._lock:
            before = self._lamps.get(forum, Lamp())
            self._lamps[forum] = lamp
        return (before.state, before.words, before.until) != (lamp.state, lamp.words, lamp.until)


_COUNTS = {
    "open": QueueState.OPEN,
    "parked": QueueState.PARKED,
    "escalated": QueueState.ESCALATED,
    "proposed": QueueState.PROPOSED,
    "closed_elsewhere": QueueState.CLOSED_ELSEWHERE,
}


def status(work: Workplace, lamps: Lamps) -> DeskStatus:
    """Everything the frame around the work shows."""
    with work.store.reading() as reader:
        db = reader.db
        me = work.me(db)
        tally = dict(db.execute("SELECT state, items FROM tally").fetchall())
        counts = {name: int(tally.get(STATE_CODES[state], 0)) for name, state in _COUNTS.items()}
        counts |= _outbox_counts(db)
        counts["approvals"] = counts["proposed"] + len(pending_changes(db))
        counts["set_aside"] = int(db.execute("SELECT count(*) FROM set_aside WHERE closed = 0").fetchone()[0])
        counts["inbox"] = int(
            db.execute(
                "SELECT count(*) FROM escalation WHERE state IN ('open', 'taken')"
                " AND role IN (SELECT value FROM json_each(?))",
                (json.dumps(sorted(me.roles)),),
            ).fetchone()[0]
        )
        forums = tuple(_forum(work, lamps, db, each.name, each.url, each.kind) for each in accesses(reader))
        undoable = newest_undoable(db, work.person)
    return DeskStatus(
        person=me.id,
        roles=tuple(sorted(me.roles)),
        desk_name=work.store.folder.name,
        forums=forums,
        counts=counts,
        read_only=work.store.read_only,
        banners=_banners(work, forums),
        newest_undoable=undoable,
    )


def _outbox_counts(db: Connection) -> dict[str, int]:
    rows = dict(db.execute("SELECT state, count(*) FROM outbox WHERE settled = 0 GROUP BY state").fetchall())
    need = db.execute("SELECT state, count(*) FROM outbox WHERE state IN ('refused', 'conflict') GROUP BY state")
    return {f"outbox_{state}": int(count) for state, count in {**rows, **dict(need.fetchall())}.items()}


def _forum(work: Workplace, lamps: Lamps, db: Connection, name: str, url: str, kind: str) -> ForumStatus:
    lamp = lamps.get(name)
    waiting = db.execute("SELECT count(*) FROM outbox WHERE forum = ? AND settled = 0", (name,)).fetchone()[0]
    last = lamp.last_sync or db.execute("SELECT max(at) FROM feed WHERE forum = ?", (name,)).fetchone()[0] or 0
    return ForumStatus(name, url, kind, lamp.state, lamp.since, lamp.until, lamp.words, last, int(waiting))


def _banners(work: Workplace, forums: tuple[ForumStatus, ...]) -> tuple[str, ...]:
    found = [work.store.read_only] if work.store.read_only else []
    found += [
        f"{forum.name}: the forum no longer takes our token. {forum.to_send} measures wait. {forum.words}".strip()
        for forum in forums
        if forum.state == "refused"
    ]
    return tuple(found)


def set_aside(work: Workplace) -> list[SetAsideRow]:
    """What could not be tied to a target and nobody has looked at yet, the oldest first."""
    with work.store.reading() as reader:
        rows = reader.db.execute(
            "SELECT id, forum, source, why, blob, at, due FROM set_aside WHERE closed = 0 ORDER BY due, id LIMIT 500"
        ).fetchall()
        texts = reader.texts([row[4] for row in rows])
    return [SetAsideRow(row[0], row[1], row[2], row[3], str(texts.get(row[4], "")), row[5], row[6]) for row in rows]


def close_set_aside(work: Workplace, row: int, reason: str) -> Changed:
    """Empty one line with a reason. Raises BadInput without one, NotFound for a line that is not there."""
    if not reason.strip():
        raise BadInput("Say what you did about it.", "The line goes away with your reason beside it.", "Add a reason.")
    with work.store.writing() as tx:
        work.me(tx.db)
        done = tx.db.execute("UPDATE set_aside SET closed = ? WHERE id = ? AND closed = 0", (work.now_ms(), row))
        if not done.rowcount:
            raise NotFound(f"There is no open line {row} in the list.", "", "See 'modstation set-aside'.")
        tx.append(Draft("set_aside.closed", "", {"row": row}, {"sealed": pack({"reason": reason})}), work.pen)
    return work.hub.tell(Changed(status=True))
