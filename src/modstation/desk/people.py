"""Members of the desk: added, enrolled, removed, reset; a second person approves as soon as there are two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import CaseId, DecisionId, ForumName, ItemKey, PersonId, TargetType
from modstation.models.people import Person, PersonState, Role
from modstation.models.screen import ApprovalRow, Changed
from modstation.regulation import refuse_self_approval
from modstation.store.blobs import pack
from modstation.store.events import Draft, new_id
from modstation.store.people import pending_changes
from modstation.store.sqlcipher import Connection

from .workplace import Workplace


@dataclass(frozen=True, slots=True)
class Proposed:
    """A change of people: in force, or waiting for one of `may_approve`."""

    proposal: str
    person: PersonId
    state: str
    may_approve: tuple[PersonId, ...]


def _may_govern(work: Workplace, db: Connection) -> Person:
    """Administrators change who is at the desk; as long as there is none, its members do."""
    me = work.me(db)
    enrolled = [p for p in work.people(db) if p.state is PersonState.ENROLLED]
    if Role.ADMINISTRATOR not in me.roles and any(Role.ADMINISTRATOR in p.roles for p in enrolled):
        raise NotAllowed(f"{me.id} may not change who is at this desk.", "That takes the role administrator.")
    return me


def _approvers(work: Workplace, db: Connection, proposer: PersonId, about: PersonId) -> tuple[PersonId, ...]:
    return tuple(p.id for p in work.people(db) if p.state is PersonState.ENROLLED and p.id not in (proposer, about))


def add(work: Workplace, person: PersonId, roles: frozenset[Role]) -> Proposed:
    """Add a person, or give an enrolled one other roles. Raises NotAllowed, BadInput."""
    with work.store.writing() as tx:
        me = _may_govern(work, tx.db)
        known = next((p for p in work.people(tx.db) if p.id == person), None)
        if known is not None and known.state is not PersonState.REMOVED and known.roles == roles:
            raise BadInput(f"{person} is at this desk already, with these roles.")
        change = "roles" if known is not None and known.state is PersonState.ENROLLED else "add"
        may = _approvers(work, tx.db, me.id, person)
        body = {
            "proposal": new_id("P"),
            "person": person,
            "roles": sorted(roles),
            "needs": 1 if may else 0,
            "change": change,
        }
        tx.append(Draft("person.added", "", body), work.pen)
    return _told(work, str(body["proposal"]), person, may)


def _told(work: Workplace, proposal: str, person: PersonId, may: tuple[PersonId, ...]) -> Proposed:
    work.hub.tell(Changed(approvals=True, status=True))
    return Proposed(proposal, person, "proposed" if may else "made", may)


def change(work: Workplace, person: PersonId, kind: str) -> Proposed:
    """Remove a person, or reset their passphrase ("removed", "reset"). Raises NotFound, NotAllowed."""
    with work.store.writing() as tx:
        me = _may_govern(work, tx.db)
        known = next((p for p in work.people(tx.db) if p.id == person), None)
        if known is None or known.state is PersonState.REMOVED:
            raise NotFound(f"There is nobody called {person} at this desk.", "", "See 'modstation person list'.")
        if kind == "removed" and person == me.id:
            raise NotAllowed("Nobody removes themselves.", "", "Ask another administrator.")
        may = _approvers(work, tx.db, me.id, person)
        body = {"proposal": new_id("P"), "person": person, "needs": 1 if may else 0}
        tx.append(Draft(f"person.{kind}", "", body), work.pen)
    return _told(work, str(body["proposal"]), person, may)


def enrolled(work: Workplace, person: PersonId, public_key: str) -> None:
    """Take a person's own signing key into the journal, signed by it. Raises NotAllowed before they were approved."""
    with work.store.writing() as tx:
        refuse_unapproved(work.people(tx.db), person)
        tx.append(Draft("person.enrolled", "", {"person": person, "key": public_key}), work.pen)
    work.hub.tell(Changed(status=True))


def refuse_unapproved(people: tuple[Person, ...], person: PersonId) -> None:
    """Raise NotAllowed unless the person was invited and, where two people are needed, approved."""
    known = next((p for p in people if p.id == person), None)
    if known is None or known.state is PersonState.REMOVED:
        raise NotAllowed(f"{person} was not added to this desk.", "", "Ask an administrator for an enrolment code.")
    if known.state is PersonState.PROPOSED:
        raise NotAllowed(f"{person} was proposed and not yet approved by a second person.", "", "Ask for the approval.")


def answer(work: Workplace, proposal: str, yes: bool, reason: str, applied: Callable[[PersonId, str], None]) -> Changed:
    """Say yes or no to a proposed change of people. `applied` puts it in force in the vault.

    Raises NotFound, and NotAllowed for the proposer and for whom it concerns.
    """
    with work.store.writing() as tx:
        me = work.me(tx.db)
        found = next(((p, c) for p, c in pending_changes(tx.db) if c["proposal"] == proposal), None)
        if found is None:
            raise NotFound(f"There is no proposal {proposal} that waits.")
        about, pending = found
        refuse_self_approval({PersonId(pending["by"]), PersonId(about)}, me.id)
        if yes:
            tx.append(Draft("person.approved", "", {"proposal": proposal}), work.pen)
        else:
            sealed = {"sealed": pack({"reason": reason})}
            tx.append(Draft("person.refused", "", {"proposal": proposal}, sealed), work.pen)
        taking = pending["change"] in ("remove", "reset")
        if yes and taking:
            # Before the row is committed: what the vault refuses must not stand in the journal as done.
            applied(PersonId(about), pending["change"])
    if yes and not taking:
        applied(PersonId(about), pending["change"])
    return work.hub.tell(Changed(approvals=True, status=True, state="made" if yes else "refused"))


def proposals(work: Workplace, db: Connection) -> list[ApprovalRow]:
    """Changes of people that wait, as rows of the list of approvals."""
    rows = []
    for about, pending in pending_changes(db):
        proposer = PersonId(pending["by"])
        may = _approvers(work, db, proposer, PersonId(about))
        words = {"add": "add", "roles": "change the roles of", "remove": "remove", "reset": "reset the passphrase of"}
        rows.append(
            ApprovalRow(
                decision=DecisionId(pending["proposal"]),
                case=CaseId(""),
                item=ItemKey(ForumName("desk"), TargetType.ACCOUNT, about),
                no=0,
                policy_name="",
                what=f"{words[pending['change']]} {about}: {', '.join(pending['roles'])}",
                proposer=proposer,
                at=0,
                reason="",
                needs=pending["needs"],
                given=tuple(PersonId(each) for each in pending["approved"]),
                may_approve=may,
                why_not="" if work.person in may else "Somebody else must answer.",
                subject="person",
            )
        )
    return rows
