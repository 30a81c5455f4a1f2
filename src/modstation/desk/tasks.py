"""The small acts around an item: claim, release, skip, park, note, drafts, and the tick that brings things back."""

from __future__ import annotations

from datetime import datetime

from modstation.models.errors import BadInput, NotAllowed
from modstation.models.ids import BlobId
from modstation.models.screen import Changed, QueueState
from modstation.models.time import from_ms, to_ms
from modstation.store.blobs import load_blobs, pack
from modstation.store.events import Draft
from modstation.store.folded import STATE_NAMES
from modstation.store.store import Reader
from modstation.store.transaction import Transaction

from .escalate import MOST_NOTE
from .records import ItemRecord, read_item
from .workplace import Workplace

#: A claim is a lease: after a crash the item is free again by itself.
LEASE_MS = 10 * 60_000

#: From this skip of one item by one person on, a reason is asked for.
SKIPS_WITHOUT_REASON = 2


def _record(work: Workplace, tx: Transaction, no: int) -> ItemRecord:
    work.me(tx.db)
    return read_item(Reader(tx.db, tx.keys, work.store.sealer), no)


def _refuse_other_claim(work: Workplace, record: ItemRecord) -> None:
    holder, until = record.row["claimed_by"], record.row["claimed_until"]
    if holder not in ("", work.person) and until > work.now_ms():
        raise NotAllowed(
            f"{holder} is working on this item until {from_ms(until):%H:%M} UTC.", "", "Take another item."
        )


def claim(work: Workplace, no: int) -> Changed:
    """Take an item for ten minutes. Raises NotAllowed while somebody else has it."""
    with work.store.writing() as tx:
        record = _record(work, tx, no)
        _refuse_other_claim(work, record)
        tx.append(Draft("item.claimed", record.case, {"until": work.now_ms() + LEASE_MS}), work.pen)
    if work.gate is not None:
        work.gate.opened(record.key)
    return work.hub.tell(Changed(items=(no,), message="Claimed for ten minutes."))


def release(work: Workplace, no: int) -> Changed:
    """Give an item back, here and at the forum. Nothing happens where it is not ours."""
    with work.store.writing() as tx:
        record = _record(work, tx, no)
        mine = record.row["claimed_by"] == work.person
        if mine:
            tx.append(Draft("item.released", record.case, {}), work.pen)
    work.opened_at.pop(no, None)
    if mine and work.gate is not None:
        work.gate.left(record.key)
    return work.hub.tell(Changed(items=(no,), message="Released." if mine else "It was not claimed by you."))


def skip(work: Workplace, no: int, reason: str) -> Changed:
    """Leave an item for somebody else. The third skip of one item needs a reason. Raises BadInput without one."""
    with work.store.writing() as tx:
        record = _record(work, tx, no)
        if record.extra.get("skips", {}).get(work.person, 0) >= SKIPS_WITHOUT_REASON and not reason.strip():
            raise BadInput("You have skipped this item twice.", "", "Say why, escalate it, or decide it.")
        tx.append(Draft("item.skipped", record.case, {}, {"sealed": pack({"reason": reason})}), work.pen)
    work.opened_at.pop(no, None)
    if work.gate is not None:
        work.gate.left(record.key)
    return work.hub.tell(Changed(items=(no,)))


def park(work: Workplace, no: int, until: datetime | None) -> Changed:
    """Put an item away until a moment (UTC) or, where None, until a reply. Raises BadInput for a moment gone by."""
    if until is not None and until <= work.clock.now():
        raise BadInput("That moment is over already.", "", "Choose a later one.")
    with work.store.writing() as tx:
        record = _record(work, tx, no)
        if STATE_NAMES[record.row["state"]] not in (QueueState.OPEN, QueueState.PARKED):
            raise NotAllowed(f"An item that is {STATE_NAMES[record.row['state']]} cannot be parked.")
        tx.append(Draft("item.parked", record.case, {"until": to_ms(until) if until else 0}), work.pen)
    work.opened_at.pop(no, None)
    if work.gate is not None:
        work.gate.left(record.key)
    when = f"until {until:%Y-%m-%d %H:%M} UTC" if until else "until a reply comes"
    return work.hub.tell(Changed(items=(no,), queue=True, message=f"Parked {when}."))


def note(work: Workplace, no: int, text: str, about: str) -> Changed:
    """Write a note on the item or its author. Raises BadInput for an empty or endless one."""
    if not text.strip() or len(text) > MOST_NOTE:
        raise BadInput("A note needs some text." if not text.strip() else "The note is too long.")
    with work.store.writing() as tx:
        record = _record(work, tx, no)
        tx.append(Draft("note.added", record.case, {"about": about}, {"sealed": pack({"note": text})}), work.pen)
    return work.hub.tell(Changed(items=(no,)))


def save_draft(work: Workplace, no: int, text: str) -> None:
    """Keep what was typed, sealed; "" discards it."""
    with work.store.writing() as tx:
        drop_draft(tx, work.person, no)
        if text:
            blob = tx.seal(pack(text))
            tx.db.execute("INSERT INTO draft (person, item, blob) VALUES (?,?,?)", (work.person, no, blob.id))


def drop_draft(tx: Transaction, person: str, no: int) -> None:
    """Erase a draft: the row, the sealed text and the key that opened it."""
    row = tx.db.execute("DELETE FROM draft WHERE person = ? AND item = ? RETURNING blob", (person, no)).fetchone()
    if row is not None:
        tx.keys.execute("DELETE FROM data_key WHERE id = ?", row)
        tx.db.execute("DELETE FROM blob WHERE id = ?", row)


def draft(work: Workplace, reader: Reader, no: int) -> str:
    """What this person had typed for an item."""
    row = reader.db.execute("SELECT blob FROM draft WHERE person = ? AND item = ?", (work.person, no)).fetchone()
    if row is None:
        return ""
    opened = load_blobs(reader.db, reader.keys, reader.sealer, [BlobId(row[0])])
    return str(reader.texts([row[0]])[row[0]]) if opened else ""


def tick(work: Workplace) -> int:
    """Bring back what was parked until now; how many items came back. The desk itself signs that."""
    now = work.now_ms()
    with work.store.reading() as reader:
        due = reader.db.execute(
            'SELECT i.no, k."case" FROM item i JOIN item_key k ON k.no = i.no'
            " WHERE i.parked_until > 0 AND i.parked_until <= ?",
            (now,),
        ).fetchall()
    if not due:
        return 0
    with work.store.writing(person=False) as tx:
        for _, case in due:
            tx.append(Draft("item.returned", case, {"why": "time"}))
    work.hub.tell(Changed(items=tuple(no for no, _ in due), queue=True))
    return len(due)
