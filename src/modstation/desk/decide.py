"""Deciding: what the rail shows, and the one transaction that records a decision with all that follows from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import DecisionId, PolicyId
from modstation.models.measures import Choice
from modstation.models.people import Person
from modstation.models.screen import Changed, Preview, QueueState, RailMeasure, RailPolicy
from modstation.models.time import from_ms, to_ms
from modstation.regulation import Plan, PlannedOrder, ProfileStack, plan
from modstation.store.blobs import pack
from modstation.store.events import Draft, new_id
from modstation.store.folded import STATE_NAMES
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader
from modstation.store.transaction import Transaction

from .escalate import due_of
from .orders import encode
from .records import ItemRecord, Seen, read_item
from .settings import hold_seconds
from .situation import situation, stack_of
from .tasks import drop_draft
from .workplace import Workplace

#: A plain text of a decision may not be longer: what is typed is for people.
MOST_REASON = 20_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to decide. `batch` joins the `size` members of a group, `reverses` names what goes."""

    policy: PolicyId
    choices: tuple[Choice, ...] | None
    reason: str = ""
    article: str = ""
    language: str = "en"
    expect: str = ""
    batch: str = ""
    size: int = 1
    reverses: str = ""


def rail_policies(work: Workplace, no: int, language: str) -> tuple[RailPolicy, ...]:
    """All policies of the item's profiles; those with a digit first."""
    with work.store.reading() as reader:
        record = read_item(reader, no)
        stack = stack_of(work, reader.db, record.row["forum"])
    return rail_of(stack, language)


def rail_of(stack: ProfileStack, language: str) -> tuple[RailPolicy, ...]:
    """The policies of a stack as the rail shows them, with the second language beside the first."""
    other = "en" if language.startswith("zh") else "zh"
    policies = (*stack.policies_on_rail(), (0, stack.no_breach()))
    return tuple(
        RailPolicy(
            id=PolicyId(policy.id),
            digit=digit,
            name=policy.name.get(language),
            second_name=policy.name.get(other),
            basis=stack.basis_text(policy, language),
            house=stack.is_house(policy),
            severity=policy.severity,
            guideline=policy.guideline.get(language),
            examples_hit=policy.examples.hit,
            examples_miss=policy.examples.miss,
            human_only=policy.human_only,
            care=policy.care,
            breach=policy.tier != "none",
        )
        for digit, policy in policies
    )


def plan_for(work: Workplace, reader: Reader, record: ItemRecord, wish: Wish, viewed: bool) -> Plan:
    """What the wish would do. Raises NotFound for an unknown policy, BadInput for measures it does not know."""
    stack = stack_of(work, reader.db, record.row["forum"])
    around = situation(work, reader, record, viewed=viewed)
    return plan(stack, around, wish.policy, wish.choices, wish.reason, wish.article, wish.language, batch=wish.size)


def preview(work: Workplace, no: int, wish: Wish) -> Preview:
    """What Enter would do, made by the code that will do it."""
    with work.store.reading() as reader:
        record = read_item(reader, no)
        made = plan_for(work, reader, record, wish, viewed=no in work.opened_at)
    return Preview(
        policy=made.policy,
        measures=tuple(
            RailMeasure(
                each.choice,
                each.label,
                each.recommended,
                each.needs,
                each.approval_text,
                each.why_not,
                each.reversible,
            )
            for each in made.offered
        ),
        chosen=made.chosen,
        sentence=made.sentence,
        bold=made.bold,
        chips=made.chips,
        missing=made.missing,
        needs_reason=made.needs_reason,
        needs_article=made.needs_article,
        facts=made.facts,
        clause=made.clause,
        four_eyes=made.four_eyes,
        primary=made.primary,
        allowed=made.allowed,
        why_not=made.why_not,
    )


def decide(work: Workplace, no: int, wish: Wish) -> Changed:
    """Record a decision. Raises NotAllowed or BadInput with a sentence; then nothing was written."""
    with work.store.writing() as tx:
        decision, made = record_decision(work, tx, no, wish)
    work.opened_at.pop(no, None)
    return _told(work, (no,), decision, made)


def _told(work: Workplace, numbers: tuple[int, ...], decision: DecisionId, made: Plan) -> Changed:
    if work.gate is not None:
        work.gate.hurry()
    return work.hub.tell(
        Changed(
            items=numbers,
            outbox=True,
            queue=True,
            approvals=made.needs > 0,
            inbox=bool(made.escalate_to),
            decision=decision,
            state="proposed" if made.needs else "made",
            may_approve=made.may_approve,
            message=made.sentence,
        )
    )


def record_decision(work: Workplace, tx: Transaction, no: int, wish: Wish) -> tuple[DecisionId, Plan]:
    """Write one decision inside an open transaction, after every check that must not race."""
    me = work.me_deciding(tx.db)
    reader = Reader(tx.db, tx.keys, work.store.sealer)
    record = read_item(reader, no)
    refuse_state(work, record, wish)
    _refuse_other_role(tx, no, me)
    if len(wish.reason) > MOST_REASON:
        raise BadInput("The reason is too long.", f"At most {MOST_REASON:,} characters are kept.")
    made = plan_for(work, reader, record, wish, viewed=_viewed(work, record, wish))
    refuse_plan(made)
    decision = DecisionId(new_id("D"))
    stack = stack_of(work, tx.db, record.row["forum"])
    body, sealed = decision_body(work, tx.db, record, wish, made, stack)
    body |= {"decision": decision, "hold_until": work.now_ms() + 1000 * hold_seconds(work, tx.db)}
    tx.append(Draft("decision.made", record.case, body, {"sealed": pack(sealed)}), work.pen)
    if made.escalate_to:
        _hand_over(work, tx, record, made)
    drop_draft(tx, work.person, no)
    return decision, made


def _viewed(work: Workplace, record: ItemRecord, wish: Wish) -> bool:
    """Whether this person had the very text in question before them (promise 11).

    Who decides one item names what was on screen. In a group only a look counts at which the text was already this one.
    """
    opened = work.opened_at.get(record.no)
    if opened is None or record.current is None:
        return opened is not None
    shown = [seen for seen in record.revisions if seen.meta["text"] and seen.meta["at"] <= opened]
    return bool(wish.expect) or (bool(shown) and _words(shown[-1]) == _words(record.current))


def _words(seen: Seen) -> tuple[str, str]:
    return (seen.text["title"], seen.text["body"]) if seen.text else ("", "")


def refuse_plan(made: Plan) -> None:
    """Raise what stands in the way of a plan: BadInput for a missing field, NotAllowed for a rule."""
    if made.missing:
        raise BadInput("Something is missing before this can be decided: " + "; ".join(made.missing) + ".")
    if not made.allowed:
        raise NotAllowed("This cannot be decided.", made.why_not)


def _refuse_other_role(tx: Transaction, no: int, me: Person) -> None:
    """Refuse where the item waits in the inbox of a role this person does not hold: it would vanish there unseen."""
    rows = tx.db.execute("SELECT role FROM escalation WHERE item = ? AND state IN ('open', 'taken')", (no,)).fetchall()
    others = sorted({role for (role,) in rows} - {str(role) for role in me.roles})
    if others:
        raise NotAllowed(
            f"This was passed to the role {', '.join(others)}.",
            "They have it in their inbox and decide it, or hand it back.",
            "Add a note by escalating again.",
        )


def refuse_state(work: Workplace, record: ItemRecord, wish: Wish) -> None:
    """Refuse where the item is in other hands, was decided already, or is not what was on screen."""
    state = STATE_NAMES[record.row["state"]]
    holder, until = record.row["claimed_by"], record.row["claimed_until"]
    if not wish.reverses and state in (QueueState.DECIDED, QueueState.PROPOSED):
        raise NotAllowed(
            f"{record.case} is {state} already.",
            "",
            "Undo that decision first if it was wrong, or wait for the answer.",
        )
    if holder not in ("", work.person) and until > work.now_ms():
        raise NotAllowed(
            f"{holder} is working on {record.case}.",
            f"Their claim ends at {from_ms(until):%H:%M} UTC.",
            "Take another item.",
        )
    if wish.expect and record.current is not None and record.current.hash != wish.expect:
        raise NotAllowed("The item has changed while you were reading it.", "", "Look at the new text, then decide.")


def decision_body_of_act(
    work: Workplace, tx: Transaction, record: ItemRecord, policy: str, choice: Choice, orders: Sequence[PlannedOrder]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body of a decision no profile's policy stands behind, such as a hide at first suspicion. It is not held."""
    name = new_id("R")
    rows = [f"{name}.{place + 1}" for place in range(len(orders))]
    encoded = [encode(row, rows, planned) for row, planned in zip(rows, orders, strict=True)]
    body = {
        "decision": new_id("D"),
        "item": str(record.key),
        "policy": policy,
        "severity": 4,
        "choices": [[str(choice.measure), choice.days or 0]],
        "points": 0,
        "author": record.row["author"],
        "profile": "",
        "profile_hash": "",
        "orders": [order for order, _ in encoded],
        "hold_until": work.now_ms(),
        "needs": 0,
        "seen": _seen(work, tx.db, record),
        "batch": "",
        "reverses": "",
        "clocks": [],
    }
    texts = {row: text for row, (_, text) in zip(rows, encoded, strict=True)}
    return body, {"reason": "", "article": "", "consequence": "", "facts": "", "clause": "", "texts": texts}


def decision_body(
    work: Workplace, db: Connection, record: ItemRecord, wish: Wish, made: Plan, stack: ProfileStack
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body of a decision\'s journal row, still without its name and hold, and the texts to seal beside it."""
    name = new_id("R")
    rows = [f"{name}.{place + 1}" for place in range(len(made.orders))]
    orders = [encode(row, rows, planned) for row, planned in zip(rows, made.orders, strict=True)]
    body = {
        "item": str(record.key),
        "policy": str(made.policy),
        "severity": stack.policy(made.policy).severity,
        "choices": [[str(choice.measure), choice.days or 0] for choice in made.chosen],
        "points": max(0, made.points),
        "author": record.row["author"],
        "profile": stack.label,
        "profile_hash": stack.hash,
        "orders": [order for order, _ in orders],
        "needs": made.needs,
        "seen": _seen(work, db, record, made, wish.language),
        "batch": wish.batch,
        "reverses": wish.reverses,
        "clocks": [[clock.id, to_ms(clock.start), to_ms(clock.due), int(clock.house)] for clock in made.clocks],
    }
    sealed = {
        "reason": wish.reason,
        "article": wish.article,
        "consequence": made.sentence,
        "facts": made.facts,
        "clause": made.clause,
        "texts": {row: texts for row, (_, texts) in zip(rows, orders, strict=True)},
    }
    return body, sealed


def _seen(
    work: Workplace, db: Connection, record: ItemRecord, made: Plan | None = None, language: str = ""
) -> dict[str, Any]:
    """What the decider had before them, by names that mean the same on every desk.

    Readings are named by their hash, what was captured at opening (the surroundings included) by the hash of its
    journal row, packs by version and content. The sentence shown is sealed beside the row; `language` is the one it was
    shown in. `strikes` are the author's live points before this decision.
    """
    current = record.current
    captures = json.dumps(record.extra.get("captures", []))
    rows = db.execute("SELECT hash FROM event WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", (captures,))
    return {
        "revision": current.hash if current else "",
        "revisions": [seen.hash for seen in record.revisions],
        "flags": sorted(f"{seen.meta['flag']}:{seen.meta['reporter']}:{seen.meta['made']}" for seen in record.flags),
        "captures": [bytes(row[0]).hex() for row in rows],
        "strikes": made.strikes if made else 0,
        "packs": current.meta["packs"] if current else [],
        "opened": work.opened_at.get(record.no, 0),
        "uncovered": sorted(work.uncovered.get(record.no, ())),
        "language": language,
    }


def _hand_over(work: Workplace, tx: Transaction, record: ItemRecord, made: Plan) -> None:
    body = {"escalation": new_id("E"), "role": made.escalate_to, "due": due_of(work, record.row["severity"])}
    tx.append(Draft("escalation.made", record.case, body, {"sealed": pack({"note": made.sentence})}), work.pen)


def url_hash(url: str) -> str:
    """How a journal body names an address: the address itself is content."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def decide_group(work: Workplace, numbers: Sequence[int], wish: Wish) -> Changed:
    """One decision for alike items: a record each under one batch id, in one transaction.

    What may not be included (claimed, changed, already decided, needing its own look) is left out and named.
    """
    batch = new_id("B")
    done: list[int] = []
    left: list[str] = []
    last: tuple[DecisionId, Plan] | None = None
    member = Wish(wish.policy, wish.choices, wish.reason, wish.article, wish.language, "", batch, len(set(numbers)))
    with work.store.writing() as tx:
        for no in dict.fromkeys(numbers):
            try:
                last = record_decision(work, tx, no, member)
                done.append(no)
            except (NotAllowed, BadInput, NotFound) as error:
                left.append(f"{no}: {error.what} {error.why}".strip())
    if last is None:
        raise NotAllowed("None of these items could be decided together.", " ".join(left))
    told = _told(work, tuple(done), last[0], last[1])
    note = f"{len(done)} decided." + (f" Left out: {'; '.join(left)}" if left else "")
    return Changed(
        items=told.items, outbox=True, queue=True, approvals=told.approvals, decision=told.decision,
        state=told.state, may_approve=told.may_approve, message=note,
    )  # fmt: skip
