"""Taking back: withdrawn while nothing was sent, a linked reversal afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from modstation.models.errors import NotAllowed, NotFound
from modstation.models.ids import DecisionId, PersonId
from modstation.models.measures import OPPOSITE, Choice, Measure, OutboxState
from modstation.models.screen import Changed
from modstation.regulation import Situation, reversal_plan
from modstation.store.blobs import pack
from modstation.store.events import Draft, new_id
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader
from modstation.store.transaction import Transaction

from .decide import Wish, decision_body, refuse_plan
from .records import ItemRecord, choices_of, read_item
from .settings import hold_seconds
from .situation import situation, stack_of
from .workplace import Workplace

_UNSENT = (OutboxState.HELD, OutboxState.WAITING, OutboxState.WITHDRAWN, OutboxState.REFUSED, OutboxState.CONFLICT)


@dataclass(frozen=True, slots=True)
class _Past:
    id: DecisionId
    no: int
    by: PersonId
    state: str
    body: dict[str, Any]
    batch: str
    sent: tuple[Measure, ...]


def newest_undoable(db: Connection, person: str) -> DecisionId | None:
    """This person's newest decision that can still be taken back."""
    row = db.execute(
        "SELECT id FROM decision WHERE by = ? AND state IN ('made', 'proposed') ORDER BY event DESC LIMIT 1", (person,)
    ).fetchone()
    return DecisionId(row[0]) if row else None


def undo(work: Workplace, decision: DecisionId | None, reason: str, language: str = "en") -> Changed:
    """Take back the newest or the named decision, with all members of its batch where none is named.

    Withdrawn where nothing was sent; else a reversal of its own with at least the approvals of what it reverses.
    Raises NotFound, NotAllowed.
    """
    with work.store.writing() as tx:
        work.me_deciding(tx.db)
        named = decision or newest_undoable(tx.db, work.person)
        if named is None:
            raise NotFound("There is nothing to undo.", "You have made no decision that still stands.")
        past = _load(tx.db, named)
        members = [past] if decision or not past.batch else _batch(tx.db, past)
        states = [_take_back(work, tx, each, reason, language) for each in members]
    if work.gate is not None:
        work.gate.hurry()
    return work.hub.tell(
        Changed(
            items=tuple(each.no for each in members),
            outbox=True,
            queue=True,
            approvals=True,
            decision=states[0][0],
            state=states[0][1],
            may_approve=states[0][2],
            message=states[0][3],
        )
    )


def _load(db: Connection, decision: str) -> _Past:
    row = db.execute("SELECT id, item, by, state, body FROM decision WHERE id = ?", (decision,)).fetchone()
    if row is None:
        raise NotFound(f"There is no decision {decision}.", "", "See 'modstation journal' or the item's history.")
    body = json.loads(row[4])
    rows = db.execute("SELECT state, body FROM outbox WHERE decision = ? ORDER BY place", (decision,)).fetchall()
    orders = [(OutboxState(state), json.loads(raw)) for state, raw in rows]
    gone_out = [each["order"] for state, each in orders if state not in _UNSENT or each["tries"] > 0]
    sent = tuple(Measure(order["measure"]) for order in gone_out)
    return _Past(DecisionId(row[0]), row[1], PersonId(row[2]), row[3], body, body["batch"], sent)


def _batch(db: Connection, member: _Past) -> list[_Past]:
    rows = db.execute(
        "SELECT id FROM decision WHERE by = ? AND json_extract(body, '$.batch') = ?"
        " AND json_extract(body, '$.batch') <> '' AND state IN ('made', 'proposed')",
        (member.by, member.batch),
    ).fetchall()
    return [_load(db, row[0]) for row in rows]


def _take_back(
    work: Workplace, tx: Transaction, past: _Past, reason: str, language: str
) -> tuple[DecisionId, str, tuple[PersonId, ...], str]:
    if past.state not in ("made", "proposed"):
        raise NotAllowed(f"{past.id} is {past.state} already.", "", "Open the item to see where it stands.")
    proposed = past.state == "proposed"
    if (proposed or not past.sent) and past.by != work.person:
        raise NotAllowed(
            f"{past.id} is {past.by}'s and not sent yet.",
            "Only they can withdraw it.",
            "Refuse it, or wait until it is sent.",
        )
    if not past.sent:
        return _withdraw(work, tx, past, reason)
    if not proposed:
        return _reverse(work, tx, past, _carried_out(past), reason, language)
    # The proposal goes at once; what was done meanwhile without a second person is taken back like anything done.
    told = _withdraw(work, tx, past, reason)
    meanwhile = tuple(Choice(each) for each in dict.fromkeys(past.sent) if each in OPPOSITE)
    return _reverse(work, tx, past, meanwhile, reason, language) if meanwhile else told


def _carried_out(past: _Past) -> tuple[Choice, ...]:
    """The measures to take back: all of them, but for those that a second person refused."""
    choices = choices_of(past.body["choices"])
    return tuple(c for c in choices if c.measure in past.sent) if past.body["refused_by"] else choices


def _withdraw(
    work: Workplace, tx: Transaction, past: _Past, reason: str
) -> tuple[DecisionId, str, tuple[PersonId, ...], str]:
    record = read_item(Reader(tx.db, tx.keys, work.store.sealer), past.no)
    sealed = {"sealed": pack({"reason": reason})}
    tx.append(Draft("decision.withdrawn", record.case, {"decision": past.id}, sealed), work.pen)
    return past.id, "withdrawn", (), "Withdrawn; nothing was sent."


def _as_it_was(around: Situation, record: ItemRecord, past: _Past) -> Situation:
    """The situation with the flags that the decision had closed: those are what a reversal corrects."""
    closed = {flag for order in past.body["orders"] for flag in order["flags"]}
    reporters = [seen.meta["reporter"] for seen in record.flags if seen.meta["flag"] in closed]
    return replace(around, flags=tuple(sorted(closed)), reporters=tuple(dict.fromkeys(uid for uid in reporters if uid)))


def _reverse(
    work: Workplace, tx: Transaction, past: _Past, choices: tuple[Choice, ...], reason: str, language: str
) -> tuple[DecisionId, str, tuple[PersonId, ...], str]:
    reader = Reader(tx.db, tx.keys, work.store.sealer)
    record = read_item(reader, past.no)
    stack = stack_of(work, tx.db, record.row["forum"])
    around = _as_it_was(situation(work, reader, record, viewed=True), record, past)
    # What no profile stands behind, such as a hide at first suspicion, is taken back as "no violation".
    policy = past.body["policy"] if past.body["profile"] else ""
    made = reversal_plan(stack, around, choices, reason, language, policy=policy)
    refuse_plan(made)
    if not made.orders and past.state != "proposed":
        return _withdraw(work, tx, past, reason)
    wish = Wish(made.policy, made.chosen, reason, "", language, reverses=past.id)
    body, sealed = decision_body(work, tx.db, record, wish, made, stack)
    decision = DecisionId(new_id("D"))
    body |= {"decision": decision, "hold_until": work.now_ms() + 1000 * hold_seconds(work, tx.db)}
    tx.append(Draft("decision.made", record.case, body, {"sealed": pack(sealed)}), work.pen)
    state = "proposed" if made.needs else "made"
    return decision, state, made.may_approve, made.sentence
