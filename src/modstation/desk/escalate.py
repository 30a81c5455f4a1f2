"""Escalation: passed to a role that has an inbox, a state and a clock."""

from __future__ import annotations

import json

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import CaseId, ItemKey, PersonId
from modstation.models.people import PersonState, Role
from modstation.models.screen import Changed, EscalationRow
from modstation.store.blobs import pack
from modstation.store.events import Draft, new_id
from modstation.store.fold import HOUSE_TARGET_MS
from modstation.store.store import Reader

from .records import event_texts, read_item
from .workplace import Workplace

#: So many characters of a note are kept.
MOST_NOTE = 20_000


def due_of(work: Workplace, severity: int) -> int:
    """When somebody of the role must have answered: the house target of its severity from now, UTC ms."""
    return work.now_ms() + HOUSE_TARGET_MS.get(severity, HOUSE_TARGET_MS[0])


def escalate(work: Workplace, no: int, to: Role, note: str) -> Changed:
    """Pass an item to a role. Pressed again for the same role, the note is appended to the one escalation.

    Raises NotAllowed where nobody at the desk holds the role: no item may end where nobody sees it.
    """
    if len(note) > MOST_NOTE:
        raise BadInput("The note is too long.", f"At most {MOST_NOTE:,} characters are kept.")
    with work.store.writing() as tx:
        work.me(tx.db)
        if not any(to in p.roles and p.state is PersonState.ENROLLED for p in work.people(tx.db)):
            raise NotAllowed(f"Nobody at this desk has the role {to}.", "The item would end where nobody sees it.")
        record = read_item(Reader(tx.db, tx.keys, work.store.sealer), no)
        open_one = tx.db.execute(
            "SELECT id FROM escalation WHERE item = ? AND role = ? AND state IN ('open', 'taken')", (no, str(to))
        ).fetchone()
        sealed = {"sealed": pack({"note": note})}
        if open_one:
            tx.append(Draft("escalation.noted", record.case, {"escalation": open_one[0]}, sealed), work.pen)
        else:
            body = {"escalation": new_id("E"), "role": str(to), "due": due_of(work, record.row["severity"])}
            tx.append(Draft("escalation.made", record.case, body, sealed), work.pen)
    work.opened_at.pop(no, None)
    return work.hub.tell(Changed(items=(no,), inbox=True, queue=True, message=f"Passed to {to}."))


def answer(work: Workplace, escalation: str, word: str, note: str = "") -> Changed:
    """Take an escalation, or hand it back to the queue. Raises NotFound, NotAllowed, BadInput."""
    if word not in ("take", "return"):
        raise BadInput(f"'{word}' is no answer to an escalation.", "", "Answers are take and return.")
    with work.store.writing() as tx:
        me = work.me(tx.db)
        row = tx.db.execute(
            'SELECT e.item, e.role, e.state, k."case" FROM escalation e'
            " JOIN item_key k ON k.no = e.item WHERE e.id = ?",
            (escalation,),
        ).fetchone()
        if row is None:
            raise NotFound(f"There is no escalation {escalation}.")
        if row[1] not in me.roles:
            raise NotAllowed(f"This was passed to the role {row[1]}.", f"{me.id} does not hold it.")
        if row[2] not in ("open", "taken"):
            raise NotAllowed(f"This escalation is {row[2]} already.")
        if word == "take":
            tx.append(Draft("escalation.taken", row[3], {"escalation": escalation}), work.pen)
        else:
            sealed = {"sealed": pack({"note": note})}
            tx.append(Draft("escalation.returned", row[3], {"escalation": escalation}, sealed), work.pen)
    return work.hub.tell(Changed(items=(row[0],), inbox=True, queue=True))


def inbox(work: Workplace) -> list[EscalationRow]:
    """Open escalations to this person's roles, then those they passed on, the most urgent first."""
    with work.store.reading() as reader:
        me = work.me(reader.db)
        rows = reader.db.execute(
            'SELECT e.id, k."case", k.key, e.item, e.role, e.state, e.due, e.body FROM escalation e'
            " JOIN item_key k ON k.no = e.item WHERE e.state IN ('open', 'taken') ORDER BY e.due LIMIT 500"
        ).fetchall()
        bodies = [json.loads(row[7]) for row in rows]
        texts = event_texts(reader, [event for body in bodies for event in body["events"]])
    found = []
    for row, body in zip(rows, bodies, strict=True):
        if row[4] in me.roles or body["by"] == me.id:
            notes = tuple(texts[event]["note"] for event in body["events"] if event in texts)
            found.append(
                EscalationRow(
                    row[0],
                    CaseId(row[1]),
                    ItemKey.parse(row[2]),
                    row[3],
                    Role(row[4]),
                    PersonId(body["by"]),
                    body["at"],
                    row[6],
                    row[5],
                    tuple(note for note in notes if note),
                )
            )
    return sorted(found, key=lambda each: (each.to not in me.roles, each.due))
