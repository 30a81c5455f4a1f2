"""Four eyes: proposals that wait, and another person's yes or no."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, TypedDict

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import CaseId, DecisionId, ItemKey, PersonId, PolicyId
from modstation.models.measures import Choice, Measure
from modstation.models.screen import ApprovalRow, Changed
from modstation.models.time import to_ms
from modstation.regulation import Situation, complete, conditions, plan, refuse_self_approval, required
from modstation.store.blobs import pack
from modstation.store.events import Draft
from modstation.store.folded import made_at_once
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader

from .orders import order_texts
from .records import ItemRecord, choices_of, event_texts, read_item
from .settings import hold_seconds
from .situation import as_judged, heard, situation, stack_of
from .wording import measure_words
from .workplace import Workplace


def _proposal(db: Connection, decision: str) -> tuple[int, PersonId, str, dict[str, Any]]:
    row = db.execute("SELECT item, by, state, body FROM decision WHERE id = ?", (decision,)).fetchone()
    if row is None:
        raise NotFound(f"There is no proposal {decision}.", "", "See the list of approvals.")
    return row[0], PersonId(row[1]), row[2], json.loads(row[3])


def _around(work: Workplace, reader: Reader, no: int, proposer: PersonId, body: dict[str, Any]) -> Situation:
    given = [PersonId(each) for each in body["approved"]]
    return situation(work, reader, read_item(reader, no), viewed=True, decider=proposer, given=given)


class _Terms(TypedDict):
    batch: int
    reverses: tuple[Choice, ...]


def _terms(db: Connection, body: dict[str, Any]) -> _Terms:
    """What else counts: how many were decided together, and what a reversal takes back."""
    members = 1
    if body["batch"]:
        row = db.execute("SELECT count(*) FROM decision WHERE json_extract(body, '$.batch') = ?", (body["batch"],))
        members = int(row.fetchone()[0])
    past = db.execute("SELECT body FROM decision WHERE id = ?", (body["reverses"],)).fetchone()
    return _Terms(batch=members, reverses=choices_of(json.loads(past[0])["choices"]) if past else ())


def approve(work: Workplace, decision: DecisionId, reason: str) -> Changed:
    """Say yes to somebody else's proposal. Raises NotAllowed for one's own, whatever roles one holds (promise 6)."""
    with work.store.writing() as tx:
        me = work.me(tx.db)
        reader = Reader(tx.db, tx.keys, work.store.sealer)
        no, proposer, state, body = _proposal(tx.db, decision)
        refuse_self_approval({proposer}, me.id)
        if state != "proposed":
            raise NotAllowed(f"{decision} does not wait for approval: it is {state}.", "", "See the list of approvals.")
        record = read_item(reader, no)
        given = [PersonId(each) for each in body["approved"]]
        refuse_self_approval(heard(tx.db, [no]), me.id)
        around = _around(work, reader, no, proposer, body)
        stack = stack_of(work, tx.db, record.row["forum"])
        policy, choices = PolicyId(body["policy"]), choices_of(body["choices"])
        more = _terms(tx.db, body)
        wanted = required(stack, around, policy, choices, given=given, **more)
        if me.id not in wanted.may:
            raise NotAllowed(
                f"{me.id} may not approve this.",
                f"{wanted.text('en')}.",
                "Ask: " + (", ".join(wanted.may) or "nobody here") + ".",
            )
        done = complete(stack, around, policy, choices, [*given, me.id], **more)
        ends, texts = _renewed(work, reader, record, decision, body, proposer) if done else ([], {})
        values = {
            "decision": decision,
            "hold_until": work.now_ms() + 1000 * hold_seconds(work, tx.db),
            "complete": int(done),
            "ends": ends,
        }
        sealed = {"sealed": pack({"reason": reason, "texts": texts})}
        tx.append(Draft("approval.given", record.case, values, sealed), work.pen)
    if work.gate is not None:
        work.gate.hurry()
    word = "made" if done else "proposed"
    return work.hub.tell(
        Changed(items=(no,), outbox=True, approvals=True, queue=True, decision=decision, state=word, message=(
            "Approved; it is on its way." if done else "Approved; one more person is needed."))
    )  # fmt: skip


def _renewed(
    work: Workplace, reader: Reader, record: ItemRecord, decision: str, body: dict[str, Any], by: PersonId
) -> tuple[list[list[Any]], dict[str, Any]]:
    """Ends and texts of the rows that waited, as they are from now on: seven days run from the approval.

    Made by the code that made the proposal, on what was judged then.
    """
    if body["reverses"]:
        return [], {}
    stack = stack_of(work, reader.db, record.row["forum"])
    around = as_judged(_around(work, reader, record.no, by, body), record, body)
    event = reader.db.execute("SELECT event FROM decision WHERE id = ?", (decision,)).fetchone()[0]
    said = event_texts(reader, [event]).get(event, {})
    made = plan(
        stack, around, body["policy"], choices_of(body["choices"]), said.get("reason", ""), said.get("article", "")
    )
    fresh = {(str(p.order.kind), str(p.order.measure), p.order.account): p.order for p in made.orders}
    ends, texts = [], {}
    for order in (each for each in body["orders"] if each["needs"]):
        found = fresh.get((order["kind"], order["measure"], order["account"]))
        if found is not None:
            ends.append([order["row"], to_ms(found.until) if found.until else 0])
            texts[order["row"]] = order_texts(found)
    return ends, texts


def refuse(work: Workplace, decision: DecisionId, reason: str) -> Changed:
    """Say no to somebody else's proposal. Raises BadInput without a reason, NotAllowed for one's own."""
    if not reason.strip():
        raise BadInput("A refusal needs a reason.", "The proposer has to know why.", "Add one.")
    with work.store.writing() as tx:
        me = work.me(tx.db)
        no, proposer, state, body = _proposal(tx.db, decision)
        refuse_self_approval({proposer}, me.id)
        if state != "proposed":
            raise NotAllowed(f"{decision} does not wait for approval: it is {state}.", "", "See the list of approvals.")
        reader = Reader(tx.db, tx.keys, work.store.sealer)
        record = read_item(reader, no)
        around = _around(work, reader, no, proposer, body)
        stack = stack_of(work, tx.db, record.row["forum"])
        terms = _terms(tx.db, body)
        wanted = required(stack, around, PolicyId(body["policy"]), choices_of(body["choices"]), **terms)
        if me.id not in wanted.may and me.id not in body["approved"]:
            raise NotAllowed(
                f"{me.id} may not answer this proposal.",
                f"{wanted.text('en')}.",
                "Ask: " + (", ".join(wanted.may) or "nobody here") + ".",
            )
        values = {"decision": decision}
        tx.append(Draft("approval.refused", record.case, values, {"sealed": pack({"reason": reason})}), work.pen)
    return work.hub.tell(
        Changed(items=(no,), outbox=True, approvals=True, queue=True, decision=decision, state="refused", message=(
            "Refused: what waited for a second person is withdrawn. What needed none stands; undo takes it back."
            if made_at_once(body["orders"]) else "Refused: nothing of it is sent, and the item is back in the queue."))
    )  # fmt: skip


def approvals(work: Workplace, language: str) -> list[ApprovalRow]:
    """All proposals that wait, oldest first, also those this person may not answer, with the reason."""
    with work.store.reading() as reader:
        me = work.me(reader.db)
        rows = reader.db.execute(
            'SELECT d.id, d."case", k.key, d.item, d.by, d.at, d.event, d.body FROM decision d'
            " JOIN item_key k ON k.no = d.item WHERE d.state = 'proposed' ORDER BY d.at LIMIT 500"
        ).fetchall()
        texts = event_texts(reader, [row[6] for row in rows])
        return [_row(work, reader, row, texts.get(row[6], {}), me.id, language) for row in rows]


def _row(
    work: Workplace, reader: Reader, row: tuple[Any, ...], text: dict[str, Any], me: PersonId, language: str
) -> ApprovalRow:
    body = json.loads(row[7])
    proposer, no = PersonId(row[4]), row[3]
    given = tuple(PersonId(each) for each in body["approved"])
    record = read_item(reader, no)
    stack = stack_of(work, reader.db, record.row["forum"])
    choices = choices_of(body["choices"])
    around = _around(work, reader, no, proposer, body)
    wanted = required(stack, around, PolicyId(body["policy"]), choices, given=given, **_terms(reader.db, body))
    around_me = replace(around, heard=heard(reader.db, [no]) - {proposer})
    why = "" if me in wanted.may else wanted.text(language) or "Not yours to answer."
    if me == proposer:
        why = (
            "你提出的处置须由他人审批。" if language.startswith("zh") else "You proposed it; somebody else must answer."
        )
    return ApprovalRow(
        decision=DecisionId(row[0]),
        case=CaseId(row[1]),
        item=ItemKey.parse(row[2]),
        no=no,
        policy_name=stack.policy(body["policy"]).name.get(language),
        what=", ".join(
            measure_words(choice.measure, choice.days, language)
            for choice in choices
            if choice.measure is not Measure.NONE
        ),
        proposer=proposer,
        at=row[5],
        reason=text.get("reason", "") or text.get("facts", ""),
        needs=body["needs"],
        given=given,
        may_approve=wanted.may,
        why_not=why,
        conditions=conditions(wanted, around_me, me, language),
        severity=body["severity"],
    )
