"""The outbox: what waits, what a runner may send next, and what becomes of each row. Every step is a journal row."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from modstation.models.errors import NotFound
from modstation.models.ids import CaseId, DecisionId, ItemKey, OutboxId
from modstation.models.items import Revision, judged_hash
from modstation.models.measures import Measure, Order, OutboxState, Reading
from modstation.models.screen import Changed, OutboxRow
from modstation.store.blobs import pack
from modstation.store.events import Draft
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader
from modstation.store.transaction import Transaction

from .orders import decode
from .records import Seen, choices_of, event_texts, read_item, revision_of
from .wording import what_words, why_words
from .workplace import Workplace

_ROW = (
    'SELECT o.id, o.item, o.decision, o.state, o.due, o.at, o.place, o.settled, o.body, k.key, k."case",'
    " d.event, d.body, d.at, d.state FROM outbox o JOIN item_key k ON k.no = o.item"
    " JOIN decision d ON d.id = o.decision"
)

_UNSETTLED = (OutboxState.HELD, OutboxState.WAITING, OutboxState.UNKNOWN, OutboxState.SENDING)


@dataclass(frozen=True, slots=True)
class Job:
    """One outbox row as the runner needs it.

    `judged` is the reading the decider saw, None where none is stored. `ours` are measures of this desk that were
    sent for the same item or account, so that their effect is not taken for somebody else's act.
    `confirmed` says that a person has looked at a difference and wants it sent, `reversed` that its decision was taken
    back while it was under way: it is read back, and never sent again. `reverses` says that it takes back what this
    desk itself did.
    """

    id: OutboxId
    no: int
    item: ItemKey
    case: CaseId
    order: Order
    state: OutboxState
    due: int
    tries: int
    why: str
    decided_at: int
    judged: Revision | None
    ours: frozenset[Measure]
    confirmed: bool
    reversed: bool = False
    reverses: bool = False

    @property
    def sent_before(self) -> bool:
        """Whether it may have reached the forum already: then a read-back comes before any send (promise 2)."""
        return self.tries > 0 or self.state in (OutboxState.UNKNOWN, OutboxState.SENDING)


#: Rows on their way at one forum, in the order of their decisions (tests hold its plan).
WORK_SQL = f"{_ROW} WHERE o.forum = ? AND o.settled = 0 ORDER BY o.seq, o.place"


def ready(work: Workplace, forum: str, limit: int = 100, skip: Collection[str] = ()) -> tuple[list[Job], int]:
    """Rows of a forum that may be worked on now, in order, and when the next one comes due (UTC ms, 0 for never).

    `skip` are rows the caller wants to leave for later. However many rows wait, those behind them get their turn.
    """
    now = work.now_ms()
    jobs: list[Job] = []
    later = 0
    with work.store.reading() as reader:
        for row in reader.db.execute(WORK_SQL, (forum,)).fetchall():
            if row[4] > now:
                later = min(later or row[4], row[4])
            elif len(jobs) < limit and row[0] not in skip:
                body = json.loads(row[8])
                if _before(reader.db, body["order"]["after"]) == "done":
                    jobs.append(_job(reader, row, body))
    return jobs, later


def again(work: Workplace, job: Job) -> Job | None:
    """The row as it stands now, None where it was settled meanwhile: an earlier row of the same item may just have been
    sent."""
    with work.store.reading() as reader:
        row = reader.db.execute(f"{_ROW} WHERE o.id = ? AND o.settled = 0", (job.id,)).fetchone()
        return _job(reader, row, json.loads(row[8])) if row else None


def _before(db: Connection, after: str) -> str:
    """How it stands with the row another one waits for: done, open or failed."""
    if not after:
        return "done"
    row = db.execute("SELECT state FROM outbox WHERE id = ?", (after,)).fetchone()
    if row is None or row[0] == OutboxState.ACKNOWLEDGED:
        return "done"
    return "failed" if row[0] in (OutboxState.REFUSED, OutboxState.WITHDRAWN) else "open"


def _job(reader: Reader, row: tuple[Any, ...], body: Mapping[str, Any]) -> Job:
    decided = json.loads(row[12])
    # An approval that came later has written the texts anew, because the time they name runs from then on.
    told = body["order"].get("texts", row[11])
    texts = event_texts(reader, [told]).get(told, {}).get("texts", {})
    order = decode(body["order"], row[10], texts.get(row[0]))
    return Job(
        OutboxId(row[0]), row[1], ItemKey.parse(row[9]), CaseId(row[10]), order, OutboxState(row[3]), row[4],
        body["tries"], body["why"], row[13], _judged(reader, row[1], decided), _ours(reader.db, row),
        _confirmed(reader.db, body), row[14] in ("reversed", "withdrawn"), bool(decided["reverses"]),
    )  # fmt: skip


def _confirmed(db: Connection, body: Mapping[str, Any]) -> bool:
    """Whether a person wants it sent against what the forum shows now: said of it, or of the row it follows."""
    row = db.execute("SELECT body FROM outbox WHERE id = ?", (body["order"]["after"],)).fetchone()
    return bool(body["confirmed"] or (row and json.loads(row[0])["confirmed"]))


def _judged(reader: Reader, no: int, decided: Mapping[str, Any]) -> Revision | None:
    wanted = decided["seen"]["revision"]
    record = read_item(reader, no)
    seen: Seen | None = next((each for each in record.revisions if each.hash == wanted), None)
    return revision_of(record.key, seen) if seen else None


#: Rows of the same item, and of other items of the same author (tests hold its plan).
OURS_SQL = (
    "SELECT id, state, body FROM outbox WHERE item = ?1 UNION ALL SELECT o.id, o.state, o.body FROM item own"
    " JOIN item i ON i.author = own.author AND i.forum = own.forum JOIN outbox o ON o.item = i.no"
    " WHERE own.no = ?1 AND own.author <> ''"
)


def _ours(db: Connection, row: tuple[Any, ...]) -> frozenset[Measure]:
    others = [(state, json.loads(body)) for name, state, body in db.execute(OURS_SQL, (row[1],)) if name != row[0]]
    sent = [body for state, body in others if state == OutboxState.ACKNOWLEDGED or body["tries"] > 0]
    return frozenset(Measure(body["order"]["measure"]) for body in sent)


def difference(job: Job, reading: Reading) -> str:
    """What has moved between the judgement and now: body, author, state, penalties; "" for nothing.

    Effects of this desk's own measures are no difference.
    """
    judged = job.judged
    if judged is None:
        return ""
    if reading.visibility == "gone":
        return "gone"
    if reading.body_hash != judged_hash(job.item, judged.title, judged.body):
        return "body"
    if judged.author.uid and reading.author and reading.author != judged.author.uid:
        return "author"
    if reading.visibility != str(judged.visibility) and not job.ours & _VISIBILITY:
        return "state"
    if set(reading.penalties) != set(judged.author.penalties) and not job.ours & _PENALTIES:
        return "penalties"
    return ""


_VISIBILITY = frozenset({Measure.HIDE, Measure.REMOVE, Measure.PURGE, Measure.RESTORE})
_PENALTIES = frozenset({Measure.MUTE, Measure.UNMUTE, Measure.BAN, Measure.UNBAN})


def _step(
    work: Workplace, job: Job, kind: str, sealed: Mapping[str, Any], require: tuple[OutboxState, ...] = _UNSETTLED,
    **body: Any,
) -> bool:  # fmt: skip
    """Write one step of a row, unless it was withdrawn or settled meanwhile. Raises VaultError."""
    with work.store.writing() as tx:
        row = tx.db.execute("SELECT state, settled FROM outbox WHERE id = ?", (job.id,)).fetchone()
        if row is None or row[1] or row[0] not in require:
            return False
        tx.append(Draft(kind, job.case, {"row": job.id, **body}, {"sealed": pack(dict(sealed))} if sealed else {}))
    work.hub.tell(_changed(job.no))
    return True


def _changed(no: int) -> Changed:
    return Changed(items=(no,), outbox=True, status=True)


def reading_values(reading: Reading) -> dict[str, Any]:
    """A reading for sealing."""
    return {
        "visibility": reading.visibility,
        "body_hash": reading.body_hash,
        "author": reading.author,
        "penalties": list(reading.penalties),
        "flags": [list(pair) for pair in reading.flag_states],
        "locked": reading.locked,
        "by": reading.by,
    }


def begin(work: Workplace, job: Job, reading: Reading | None) -> bool:
    """Write down that it is being sent, with what was read just before. False where it was withdrawn meanwhile."""
    sealed = {"reading": reading_values(reading)} if reading else {"reading": {}}
    return _step(work, job, "outbox.sending", sealed, tries=job.tries + 1)


def unknown(work: Workplace, job: Job, words: str) -> bool:
    """Write down that no answer came after it was sent."""
    return _step(work, job, "outbox.unknown", {"words": words})


def wait(work: Workplace, job: Job, until_ms: int, why: str, words: str = "") -> bool:
    """Write down that it waits, until when and why."""
    return _step(work, job, "outbox.waiting", {"words": words}, until=until_ms, why=why)


def acknowledge(work: Workplace, job: Job, *, already: bool, by: str, words: str = "") -> bool:
    """Write down that the forum shows it as done, for the public too."""
    return _step(work, job, "outbox.acknowledged", {"by": by, "words": words}, already=int(already))


def refuse(work: Workplace, job: Job, words: str, status: int) -> bool:
    """Write down the forum's refusal in its own words."""
    return _step(work, job, "outbox.refused", {"words": words}, status=status)


def conflict(work: Workplace, job: Job, why: str, reading: Reading | None, body: str, words: str = "") -> bool:
    """Write down that the forum shows something else than what was judged; a person must look."""
    values = {"reading": reading_values(reading) if reading else {}, "body": body, "words": words}
    return _step(work, job, "outbox.conflict", values, why=why)


def give_up(work: Workplace, job: Job) -> bool:
    """Write down that a row is not sent again, because its decision was taken back meanwhile."""
    return _step(work, job, "outbox.withdrawn", {}, why="undone")


def drop_dependents(work: Workplace, forum: str) -> int:
    """Withdraw rows that wait for one that was refused or withdrawn: no notice tells of what did not happen."""
    with work.store.reading() as reader:
        rows = reader.db.execute(f"{_ROW} WHERE o.forum = ? AND o.settled = 0", (forum,)).fetchall()
        failed = [
            (row[0], row[10], row[1])
            for row in rows
            if _before(reader.db, json.loads(row[8])["order"]["after"]) == "failed"
        ]
    for row, case, _ in failed:
        with work.store.writing() as tx:
            tx.append(Draft("outbox.withdrawn", case, {"row": row, "why": "before_failed"}))
    for _, _, no in failed:
        work.hub.tell(_changed(no))
    return len(failed)


def unsettled(db: Connection) -> int:
    """How many rows are still on their way."""
    return int(db.execute("SELECT count(*) FROM outbox WHERE settled = 0").fetchone()[0])


#: Reasons a row waits for that no sending of ours can end.
_OUT_OF_OUR_HANDS = ("image_public", "still_public")


def stuck(work: Workplace) -> bool:
    """Whether all rows on their way wait for what only the forum's people can do, or for such a row."""
    with work.store.reading() as reader:
        rows = reader.db.execute(f"{_ROW} WHERE o.settled = 0").fetchall()
        conflicts = {row[0] for row in reader.db.execute("SELECT id FROM outbox WHERE state = 'conflict'")}
    bodies = {row[0]: json.loads(row[8]) for row in rows}
    held = {
        name for name, body in bodies.items() if body["why"] in _OUT_OF_OUR_HANDS or body["order"]["after"] in conflicts
    }
    while more := {n for n, body in bodies.items() if n not in held and body["order"]["after"] in held}:
        held |= more
    return bool(held) and len(held) == len(bodies)


def interrupted(work: Workplace) -> int:
    """After a crash: rows that were being sent become unknown, and are read back before anything else."""
    with work.store.reading() as reader:
        rows = reader.db.execute(f"{_ROW} WHERE o.settled = 0 AND o.state = 'sending'").fetchall()
    for row in rows:
        with work.store.writing() as tx:
            tx.append(Draft("outbox.unknown", row[10], {"row": row[0]}, {"sealed": pack({"words": ""})}))
    return len(rows)


def make_unknown(tx: Transaction) -> int:
    """After a restore: whatever was not settled may have been sent since the backup was made."""
    rows = tx.db.execute(f"{_ROW} WHERE o.settled = 0").fetchall()
    for row in rows:
        tx.append(Draft("outbox.unknown", row[10], {"row": row[0]}, {"sealed": pack({"words": ""})}))
    return len(rows)


def outbox_rows(
    work: Workplace, limit: int, language: str = "en", where: str = "1", values: Any = ()
) -> list[OutboxRow]:
    """The newest rows; those that need a person first."""
    now = work.now_ms()
    with work.store.reading() as reader:
        db = reader.db
        rows = db.execute(f"{_ROW} WHERE {where} ORDER BY o.at DESC, o.place LIMIT ?", (*values, limit)).fetchall()
        if where == "1":
            # However long ago it was: what needs a person never falls off the end of the list.
            urgent = db.execute(f"{_ROW} WHERE {NEED_SQL} ORDER BY o.at DESC LIMIT ?", (limit,)).fetchall()
            shown = {row[0] for row in urgent}
            rows = (urgent + [row for row in rows if row[0] not in shown])[:limit]
        bodies = [json.loads(row[8]) for row in rows]
        texts = event_texts(reader, [body["event"] for body in bodies if body["event"]])
    found = [
        _view(row, body, texts.get(body["event"], {}), now, language) for row, body in zip(rows, bodies, strict=True)
    ]
    return sorted(found, key=lambda row: row.state not in _NEED_A_PERSON)


_NEED_A_PERSON = (OutboxState.CONFLICT, OutboxState.REFUSED)

#: Rows that need a person, in the words of their index.
NEED_SQL = "o.state IN ('refused', 'conflict')"


def _view(row: tuple[Any, ...], body: Mapping[str, Any], text: Mapping[str, Any], now: int, language: str) -> OutboxRow:
    order = body["order"]
    state = OutboxState(row[3])
    if state is OutboxState.HELD and row[4] <= now:
        state = OutboxState.WAITING
    days = {choice.measure: choice.days for choice in choices_of(json.loads(row[12])["choices"])}
    measure = Measure(order["measure"])
    why = "approval" if body["awaiting"] else body["why"]
    return OutboxRow(
        id=OutboxId(row[0]),
        decision=DecisionId(row[2]),
        case=CaseId(row[10]),
        item=ItemKey.parse(row[9]),
        no=row[1],
        what=what_words(order["kind"], measure, order["flag_state"], days.get(measure), language),
        measure=measure,
        kind=order["kind"],
        state=state,
        at=row[5],
        until=row[4] if state in (OutboxState.HELD, OutboxState.WAITING) and row[4] > now else 0,
        by=text.get("by", ""),
        words=text.get("words", ""),
        detail=why_words(why, language) if state is not OutboxState.ACKNOWLEDGED or body["already"] else "",
        after=order["after"],
        tries=body["tries"],
        settled=bool(row[7]),
    )


def unfinished(work: Workplace, limit: int = 200) -> list[OutboxRow]:
    """Rows that are on their way, or in a conflict that a person must settle."""
    return outbox_rows(work, limit, where="(o.settled = 0 OR o.state = ?)", values=(OutboxState.CONFLICT,))


def find_row(work: Workplace, row: OutboxId) -> OutboxRow:
    """One row. Raises NotFound."""
    found = outbox_rows(work, 1, where="o.id = ?", values=(row,))
    if not found:
        raise NotFound(f"There is no outbox row {row}.", "", "See 'modstation outbox'.")
    return found[0]
