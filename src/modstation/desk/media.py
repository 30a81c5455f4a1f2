"""Media: covered first, fetched by us, looked at on purpose, and the way out for the worst of it."""

from __future__ import annotations

import hashlib

from modstation.models.errors import NotAllowed, NotFound
from modstation.models.measures import Choice, Measure, Order, OrderKind
from modstation.models.people import PersonState, Role
from modstation.models.screen import Changed
from modstation.regulation import PlannedOrder
from modstation.store.blobs import pack
from modstation.store.events import Draft, new_id
from modstation.store.store import Reader
from modstation.store.transaction import Transaction

from .decide import decision_body_of_act, url_hash
from .escalate import due_of
from .ports import Fetched
from .records import ItemRecord, read_item, revision_of
from .workplace import Workplace

#: Bytes of one media file that are fetched at most.
MEDIA_LIMIT = 16 * 1024 * 1024

#: Roles that take over a suspicion of a minor, the first one that somebody holds.
MINOR_ROLES = (Role.ON_CALL, Role.LEGAL, Role.COMPLIANCE, Role.SUPERVISOR)


def fetch(work: Workplace, no: int, url: str) -> Fetched:
    """Fetch a media file of an item, because a person asked for it. Raises NotFound, NotAllowed, ForumError."""
    with work.store.reading() as reader:
        work.me(reader.db)
        record = read_item(reader, no)
        if url not in _addresses(record):
            raise NotFound("That address does not belong to this item.")
        row = reader.db.execute(
            "SELECT blocked FROM media WHERE item = ? AND url_hash = ?", (no, url_hash(url))
        ).fetchone()
    if row and row[0]:
        raise NotAllowed("This file was handed over and its bytes were destroyed.", row[0])
    if work.gate is None:
        raise NotAllowed("There is no connection to the forum in this program.")
    fetched = work.gate.fetch(record.key, url, MEDIA_LIMIT)
    digest = hashlib.sha256(fetched.data).hexdigest()
    with work.store.writing() as tx:
        tx.db.execute(
            "INSERT INTO media (item, url_hash, sha256, size, media_type) VALUES (?,?,?,?,?)"
            " ON CONFLICT (item, url_hash) DO UPDATE"
            " SET sha256 = excluded.sha256, size = excluded.size, media_type = excluded.media_type",
            (no, url_hash(url), digest, len(fetched.data), fetched.media_type),
        )
    return fetched


def _addresses(record: ItemRecord) -> set[str]:
    return {each.url for seen in record.revisions for each in revision_of(record.key, seen).attachments}


def uncover(work: Workplace, no: int, url: str, seconds: float) -> None:
    """Record a look at a covered medium: that it was seen in the journal, for how long in the person's own table."""
    with work.store.writing() as tx:
        record = read_item(Reader(tx.db, tx.keys, work.store.sealer), no)
        if url not in _addresses(record):
            raise NotFound("That address does not belong to this item.")
        name = url_hash(url)
        if name not in work.uncovered.get(no, set()):
            tx.append(Draft("media.uncovered", record.case, {"url": name}), work.pen)
        tx.db.execute(
            "INSERT INTO media (item, url_hash, seen) VALUES (?, ?, 1) ON CONFLICT (item, url_hash)"
            " DO UPDATE SET seen = seen + ?",
            # A look is told twice: at uncovering with no time yet, at covering with how long it was.
            (no, name, int(seconds <= 0)),
        )
        day = f"{work.clock.now():%Y-%m-%d}"
        tx.db.execute(
            "INSERT INTO exposure (person, day, ms) VALUES (?,?,?)"
            " ON CONFLICT (person, day) DO UPDATE SET ms = ms + excluded.ms",
            (work.person, day, int(max(0.0, min(seconds, 3600.0)) * 1000)),
        )
    work.uncovered.setdefault(no, set()).add(name)


def suspected_minor(work: Workplace, no: int, url: str) -> Changed:
    """Cover, destroy local bytes, keep hash and address, hide at the forum, hand over to a named role.

    Raises NotAllowed where no role that could take it over is held by anybody.
    """
    with work.store.writing() as tx:
        me = work.me_deciding(tx.db)
        record = read_item(Reader(tx.db, tx.keys, work.store.sealer), no)
        held = {role for p in work.people(tx.db) if p.state is PersonState.ENROLLED for role in p.roles}
        role = next((role for role in MINOR_ROLES if role in held), None)
        if role is None:
            raise NotAllowed(
                "Nobody at this desk could take this over.", "Add a person with the role on_call or legal."
            )
        _destroy(tx, work, record, url)
        body, sealed = _hide_at_once(work, tx, record)
        tx.append(Draft("decision.made", record.case, body, {"sealed": pack(sealed)}), work.pen)
        note = f"{me.id}: a minor may be shown. Local bytes are destroyed; hash and address are kept with the case."
        values = {"escalation": new_id("E"), "role": str(role), "due": due_of(work, 4)}
        tx.append(Draft("escalation.made", record.case, values, {"sealed": pack({"note": note})}), work.pen)
    if work.gate is not None:
        work.gate.hurry()
    return work.hub.tell(
        Changed(items=(no,), outbox=True, inbox=True, queue=True, message=f"Covered, hidden, passed to {role}.")
    )


def _destroy(tx: Transaction, work: Workplace, record: ItemRecord, url: str) -> None:
    name = url_hash(url)
    row = tx.db.execute("SELECT sha256, blob FROM media WHERE item = ? AND url_hash = ?", (record.no, name)).fetchone()
    sha256 = row[0] if row else ""
    if row and row[1]:
        tx.keys.execute("DELETE FROM data_key WHERE id = ?", (row[1],))
        tx.db.execute("DELETE FROM blob WHERE id = ?", (row[1],))
    tx.db.execute(
        "INSERT INTO media (item, url_hash, blocked) VALUES (?,?,?) ON CONFLICT (item, url_hash)"
        " DO UPDATE SET blocked = excluded.blocked, blob = NULL",
        (record.no, name, "suspected minor"),
    )
    body = {"url": name, "sha256": sha256}
    tx.append(Draft("media.destroyed", record.case, body, {"sealed": pack({"url": url})}), work.pen)


def _hide_at_once(work: Workplace, tx: Transaction, record: ItemRecord) -> tuple[dict[str, object], dict[str, object]]:
    current = revision_of(record.key, record.current)
    order = Order(
        OrderKind.MEASURE,
        record.key,
        record.case,
        Measure.HIDE,
        account=record.row["author"],
        thread=current.thread,
        section=current.section,
        attachments=tuple(each.url for each in current.attachments),
    )
    return decision_body_of_act(
        work, tx, record, "suspected-minor", Choice(Measure.HIDE), [PlannedOrder(order, 0, None)]
    )
