"""Four eyes: proposals that wait, and another person's yes or no."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import CaseId, DecisionId, ItemKey, PersonId, PolicyId
from modstation.models.measures import Measure
from modstation.models.screen import ApprovalRow, Changed
from modstation.regulation import Situation, complete, conditions, refuse_self_approval, required
from modstation.store.blobs import pack
from modstation.store.events import Draft
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader

from .records import choices_of, event_texts, read_item
from .settings import hold_seconds
from .situation import heard, situation, stack_of
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


def approve(work: Workplace, decision: DecisionId, reason: str) -> Changed:
    """Say yes to somebody else's proposal. Raises NotAllowed for one's own, whatever roles one holds (promise 6)."""
    with work.store.writing() as tx:
        me = work.me(tx.db)
        reader = Reader(tx.db, tx.keys, work.store.sealer)
        no, proposer, state, body = _proposal(tx.db, decision)
        refuse_self_approval({proposer}, me.id)
        if state != "proposed":
            raise NotAllowed(f"{decision} does not wait for approval: it is {state}.")
        record = read_item(reader, no)
        given = [PersonId(each) for each in body["approved"]]
        refuse_self_approval(heard(tx.db, [no]), me.id)
        around = _around(work, reader, no, proposer, body)
        stack = stack_of(work, tx.db, record.row["forum"])
        policy, choices = PolicyId(body["policy"]), choices_of(body["choices"])
        wanted = required(stack, around, policy, choices, given=given)
        if me.id not in wanted.may:
            raise NotAllowed(
                f"{me.id} may not approve this.",
                wanted.text("en"),
                "Ask: " + (", ".join(wanted.may) or "nobody here") + ".",
            )
        done = complete(stack, around, policy, choices, [*given, me.id])
        values = {
            "decision": decision,
            "hold_until": work.now_ms() + 1000 * hold_seconds(work, tx.db),
            "complete": int(done),
        }
        tx.append(Draft("approval.given", record.case, values, {"sealed": pack({"reason": reason})}), work.pen)
    if work.gate is not None:
        work.gate.hurry()
    word = "made" if done else "proposed"
    return work.hub.tell(
        Changed(items=(no,), outbox=True, approvals=True, queue=True, decision=decision, state=word, message=(
            "Approved; it is on its way." if done else "Approved; one more person is needed."))
    )  # fmt: skip


def refuse(work: Workplace, decision: DecisionId, reason: str) -> Changed:
    """Say no to somebody else's proposal. Raises BadInput without a reason, NotAllowed for one's own."""
    if not reason.strip():
        raise BadInput("A refusal needs a reason.", "The proposer has to know why.")
    with work.store.writing() as tx:
        me = work.me(tx.db)
        no, proposer, state, body = _proposal(tx.db, decision)
        refuse_self_approval({proposer}, me.id)
        if state != "proposed":
            raise NotAllowed(f"{decision} does not wait for approval: it is {state}.")
        reader = Reader(tx.db, tx.keys, work.store.sealer)
        record = read_item(reader, no)
        around = _around(work, reader, no, proposer, body)
        stack = stack_of(work, tx.db, record.row["forum"])
        wanted = required(stack, around, PolicyId(body["policy"]), choices_of(body["choices"]))
        if me.id not in wanted.may and me.id not in body["approved"]:
            raise NotAllowed(f"{me.id} may not answer this proposal.", wanted.text("en"))
        values = {"decision": decision}
        tx.append(Draft("approval.refused", record.case, values, {"sealed": pack({"reason": reason})}), work.pen)
    return work.hub.tell(
        Changed(items=(no,), outbox=True, approvals=True, queue=True, decision=decision, state="refused")
    )


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
    wanted = required(stack, around, PolicyId(body["policy"]), choices, given=given)
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
