"""Orders on their way between a plan, the journal and the forum.

The journal's body holds ids and vocabularies of an order; its texts and addresses are sealed beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modstation.models.ids import CaseId, ItemKey
from modstation.models.measures import Measure, Order, OrderKind
from modstation.models.time import from_ms, to_ms
from modstation.regulation import PlannedOrder


def encode(row: str, rows: list[str], planned: PlannedOrder) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order as a journal body holds it, and its texts for sealing. `rows` are the ids of all orders of the plan."""
    order = planned.order
    body = {
        "row": row,
        "kind": str(order.kind),
        "measure": str(order.measure),
        "item": str(order.item),
        "account": order.account,
        "thread": order.thread,
        "section": order.section,
        "until": to_ms(order.until) if order.until else 0,
        "flags": list(order.flags),
        "flag_state": order.flag_state,
        "after": rows[planned.after] if planned.after is not None else "",
        "needs": planned.needs,
    }
    return body, order_texts(order)


def order_texts(order: Order) -> dict[str, Any]:
    """The texts and addresses of an order, for sealing."""
    return {"text": order.text, "reason": order.reason, "attachments": list(order.attachments)}


def decode(body: Mapping[str, Any], case: str, texts: Mapping[str, Any] | None) -> Order:
    """The order a journal row asked for. Erased texts are empty."""
    texts = texts or {"text": "", "reason": "", "attachments": []}
    return Order(
        kind=OrderKind(body["kind"]),
        item=ItemKey.parse(body["item"]),
        case=CaseId(case),
        measure=Measure(body["measure"]),
        account=body["account"],
        thread=body["thread"],
        section=body["section"],
        until=from_ms(body["until"]) if body["until"] else None,
        reason=texts["reason"],
        flags=tuple(body["flags"]),
        flag_state=body["flag_state"],
        text=texts["text"],
        attachments=tuple(texts["attachments"]),
    )
