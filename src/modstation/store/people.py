"""Who is at the desk and which forums it serves: the fold of the journal rows that concern the desk itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from modstation.models.errors import DamagedFile
from modstation.models.ids import PersonId
from modstation.models.people import Person, PersonState, Role

from .sqlcipher import Connection

_APPLIES = {"add": PersonState.INVITED, "roles": None, "remove": PersonState.REMOVED, "reset": PersonState.INVITED}


def fold_desk_row(db: Connection, kind: str, actor: str, at: int, event: int, body: Mapping[str, Any]) -> None:
    """Take one row that concerns the desk into the tables of people and forums.

    Raises DamagedFile for an approval by the person who proposed: no honest desk writes that.
    """
    if kind == "desk.created":
        _save(db, body["founder"], PersonState.ENROLLED, {"roles": body["roles"], "key": body["founder_key"]})
    elif kind == "person.added":
        _propose(db, body, actor, body["change"])
    elif kind in ("person.removed", "person.reset"):
        _propose(db, body, actor, "remove" if kind == "person.removed" else "reset")
    elif kind in ("person.approved", "person.refused"):
        _answer(db, body["proposal"], actor, kind == "person.approved")
    elif kind in ("person.enrolled", "desk.recovered"):
        _, value = _load(db, body["person"])
        _save(db, body["person"], PersonState.ENROLLED, {**value, "key": body["key"]})
    elif kind == "forum.added":
        value = {"kind": body["kind"], "profiles": body["profiles"], "event": event, "at": at}
        db.execute("INSERT OR REPLACE INTO forum (name, body) VALUES (?, ?)", (body["forum"], json.dumps(value)))


def _load(db: Connection, person: str) -> tuple[str, dict[str, Any]]:
    row = db.execute("SELECT state, body FROM person WHERE id = ?", (person,)).fetchone()
    return (row[0], json.loads(row[1])) if row else ("", {"roles": [], "key": ""})


def _save(db: Connection, person: str, state: str, value: Mapping[str, Any]) -> None:
    db.execute(
        "INSERT OR REPLACE INTO person (id, state, body) VALUES (?, ?, ?)",
        (person, str(state), json.dumps(value, sort_keys=True)),
    )


def _propose(db: Connection, body: Mapping[str, Any], actor: str, change: str) -> None:
    state, value = _load(db, body["person"])
    pending = {
        "proposal": body["proposal"],
        "change": change,
        "by": actor,
        "needs": body["needs"],
        "approved": [],
        "roles": body.get("roles", value["roles"]),
    }
    value = {**value, "pending": pending}
    _save(db, body["person"], state or PersonState.PROPOSED, value)
    if not body["needs"]:
        _apply(db, body["person"])


def _apply(db: Connection, person: str) -> None:
    state, value = _load(db, person)
    pending = value.pop("pending")
    becomes = _APPLIES[pending["change"]]
    value["roles"] = pending["roles"]
    _save(db, person, becomes or state, value)


def _answer(db: Connection, proposal: str, actor: str, yes: bool) -> None:
    for person, state, raw in db.execute("SELECT id, state, body FROM person").fetchall():
        value = json.loads(raw)
        pending = value.get("pending")
        if not pending or pending["proposal"] != proposal:
            continue
        if not yes:
            value.pop("pending")
            _save(db, person, PersonState.REMOVED if state == PersonState.PROPOSED else state, value)
            return
        if actor == pending["by"]:
            raise DamagedFile(
                f"The journal holds an approval of {proposal} by the person who proposed it.",
                "No honest desk writes that.",
                "Nothing was taken over. Run 'modstation verify' and ask who had the key.",
            )
        pending["approved"] = [*pending["approved"], actor]
        _save(db, person, state, value)
        if len(set(pending["approved"])) >= pending["needs"]:
            _apply(db, person)
        return


def read_people(db: Connection) -> tuple[Person, ...]:
    """Everybody the desk knows of, removed people included."""
    people = []
    for name, state, raw in db.execute("SELECT id, state, body FROM person ORDER BY id"):
        value = json.loads(raw)
        roles = frozenset(Role(role) for role in value["roles"] if role in set(Role))
        people.append(Person(PersonId(name), roles, PersonState(state), value["key"]))
    return tuple(people)


def pending_changes(db: Connection) -> list[tuple[str, dict[str, Any]]]:
    """Proposed changes of people that wait for a second person: who is concerned, and the proposal."""
    found = [(name, json.loads(raw).get("pending")) for name, raw in db.execute("SELECT id, body FROM person")]
    return [(name, pending) for name, pending in found if pending]
