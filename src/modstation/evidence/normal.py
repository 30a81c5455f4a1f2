"""An item in one form whatever forum it came from: `item.json`, for people and programs that know no connector."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .dossier import SALT, Dossier, MediaFile, Observed, Row
from .plain import moment
from .scrub import NOBODY, People, strike_names


@dataclass(frozen=True, slots=True)
class Item:
    """What may be shown of an item. `accounts` are those whose notices and answers may be read,
    None for all."""

    people: Mapping[str, str]
    hidden: People = NOBODY
    reports: bool = True
    reporters: bool = True
    notes: bool = True
    accounts: frozenset[str] | None = None


def _unpack(sealed: bytes | None) -> dict[str, Any]:
    if sealed is None:
        return {}
    try:
        value = json.loads(sealed[SALT:].decode("utf-8", "surrogatepass"))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def normal_item(dossier: Dossier, show: Item) -> dict[str, Any]:
    """A case as plain JSON values: every revision seen, reports, decisions, what was sent, in order of the journal."""
    forum, _, rest = dossier.item.partition("/")
    kind, _, target = rest.partition("/")
    rows = [(row, json.loads(row.body), _unpack(row.sealed)) for row in sorted(dossier.rows, key=lambda r: r.hlc)]
    revisions = [each for each in dossier.observed if json.loads(each.meta)["k"] == "rev"]
    flags = [each for each in dossier.observed if json.loads(each.meta)["k"] == "flag"]
    words = _Words(show)
    return {
        "case": dossier.case,
        "item": dossier.item,
        "forum": forum,
        "type": kind,
        "target": target,
        "revisions": _revisions(revisions),
        "reports": [_report(each, show) for each in flags] if show.reports else [],
        "reports_withheld": 0 if show.reports else len(flags),
        "decisions": [words.decision(*each, dict(dossier.batch_sizes)) for each in rows if each[0].kind in _DECIDING],
        "sent": [words.sent(*each) for each in rows if each[0].kind.startswith("outbox.")],
        "captures": [_capture(*each) for each in rows if each[0].kind == "item.captured"],
        "replies": [_reply(*each) for each in rows if each[0].kind == "reply.received" and words.heard(each[1])],
        "notes": [words.note(*each) for each in rows if each[0].kind == "note.added"] if show.notes else [],
        "media": [_media(each) for each in dossier.media],
        "timeline": [words.step(row) for row, _, _ in rows],
    }


_DECIDING = frozenset({"decision.made", "decision.withdrawn", "approval.given", "approval.refused"})


def _revisions(observed: Sequence[Observed]) -> list[dict[str, Any]]:
    """Readings, oldest first. A text that a later reading no longer has is marked as kept here and gone there."""
    metas = [json.loads(each.meta) for each in observed]
    found = []
    for number, (each, meta) in enumerate(zip(observed, metas, strict=True)):
        gone = next((later["at"] for later in metas[number + 1 :] if not later["text"] or later["vis"] == "gone"), 0)
        found.append(_revision(each, meta, gone if meta["text"] else 0))
    return found


def _revision(each: Observed, meta: dict[str, Any], gone: int) -> dict[str, Any]:
    text = _unpack(each.sealed)
    author = text.get("author", {})
    return {
        "read": moment(meta["at"]),
        "row": f"{each.desk}:{each.seq}",
        "place": each.place,
        "state": "erased" if each.sealed is None else "kept" if meta["text"] else "came without a text",
        "gone_upstream_since": moment(gone),
        "visibility": meta["vis"],
        "title": text.get("title", ""),
        "body": text.get("body", ""),
        "author": {"uid": meta["author"], "name": author.get("name", "")},
        "section": {"id": meta["section"], "name": text.get("section_name", "")},
        "thread": meta["thread"],
        "position": meta["pos"],
        "url": text.get("url", ""),
        "created": moment(meta["created"]),
        "edited": moment(meta["edited"]),
        "attachments": [{"url": url, "name": name, "type": kind} for url, name, kind in text.get("attachments", ())],
        "screening": {
            "severity": meta["sev"],
            "categories": meta["cats"],
            "language": meta["lang"],
            "packs": meta["packs"],
            "marks": meta["marks"],
        },
        "commitment": each.commitment.hex(),
    }


def _report(each: Observed, show: Item) -> dict[str, Any]:
    meta, text = json.loads(each.meta), _unpack(each.sealed)
    reason = text.get("reason", "")
    who = {"uid": meta["reporter"], "name": text.get("reporter", {}).get("name", "")}
    return {
        "flag": meta["flag"],
        "read": moment(meta["at"]),
        "made": moment(meta["made"]),
        "state": meta["state"],
        "reason": reason if show.reporters else strike_names(reason, show.hidden.names),
        "erased": each.sealed is None,
        **({"reporter": who} if show.reporters else {}),
    }


class _Words:
    """What people of the desk did and wrote, with the names that may be named."""

    def __init__(self, show: Item) -> None:
        self.show = show

    def _who(self, row: Row) -> str:
        return "the desk" if row.actor == row.desk else self.show.people.get(row.actor, "somebody")

    def _own(self, text: Any) -> str:
        return strike_names(str(text), self.show.hidden.names)

    def _head(self, row: Row) -> dict[str, Any]:
        return {"kind": row.kind, "row": f"{row.desk}:{row.seq}", "at": moment(row.at), "by": self._who(row)}

    def step(self, row: Row) -> dict[str, Any]:
        """One line of the timeline."""
        return self._head(row)

    def decision(self, row: Row, body: dict[str, Any], text: dict[str, Any], batches: dict[str, int]) -> dict[str, Any]:
        """A decision, or an answer to one."""
        value = {**self._head(row), "decision": body["decision"], "reason": self._own(text.get("reason", ""))}
        if row.kind != "decision.made":
            return value
        return value | {
            "policy": body["policy"],
            "severity": body["severity"],
            "measures": [{"measure": measure, "days": days} for measure, days in body["choices"]],
            "points": body["points"],
            "profile": body["profile"],
            "profile_sha256": body["profile_hash"],
            "article": self._own(text.get("article", "")),
            "clause": self._own(text.get("clause", "")),
            "facts": self._own(text.get("facts", "")),
            "consequence": self._own(text.get("consequence", "")),
            "batch": body["batch"],
            "batch_size": batches.get(body["batch"], 0) if body["batch"] else 0,
            "reverses": body["reverses"],
            "approvals_needed": body["needs"],
            "judged": body["seen"].get("revision", ""),
            "orders": [self._order(each, text) for each in body["orders"] if self._may_see(each)],
            "clocks": [
                {"clock": name, "from": moment(start), "due": moment(due), "house": bool(house)}
                for name, start, due, house in body["clocks"]
            ],
        }

    def heard(self, body: dict[str, Any]) -> bool:
        """Whether an answer to a notice may be read."""
        return self.show.accounts is None or body["author"] in self.show.accounts

    def _may_see(self, order: dict[str, Any]) -> bool:
        allowed = self.show.accounts
        return allowed is None or order["kind"] == "measure" or order["account"] in allowed

    def _order(self, order: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
        own = text.get("texts", {}).get(order["row"], {})
        return {
            "row": order["row"],
            "kind": order["kind"],
            "measure": order["measure"],
            "account": order["account"],
            "until": moment(order["until"]),
            "text": self._own(own.get("text", "")),
        }

    def sent(self, row: Row, body: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
        """One step of what was on its way to the forum."""
        return {
            **self._head(row),
            "order": body["row"],
            "already": bool(body.get("already", 0)),
            "why": body.get("why", ""),
            "words": self._own(text.get("words", "")),
        }

    def note(self, row: Row, body: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
        """A note of the desk."""
        return {**self._head(row), "about": body["about"], "text": text.get("note", "")}


def _capture(row: Row, body: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
    return {
        "row": f"{row.desk}:{row.seq}",
        "at": moment(row.at),
        "moment": body["moment"],
        "exchanges": len(text.get("exchanges", ())),
        "server_dates": [each[6] for each in text.get("exchanges", ()) if len(each) > 6],
        "erased": row.commitment != "" and row.sealed is None,
    }


def _reply(row: Row, body: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
    return {
        "row": f"{row.desk}:{row.seq}",
        "at": moment(row.at),
        "author": body["author"],
        "text": text.get("text", ""),
    }


def _media(each: MediaFile) -> dict[str, Any]:
    return {
        "name": each.name,
        "address": each.address,
        "sha256": each.sha256,
        "bytes": each.size,
        "type": each.media_type,
        "kept": "file" if each.data is not None else "hash only" if each.sha256 else "address only",
        "blocked": each.blocked,
    }
