"""People at the desk and their keys together: the journal says who belongs here, the vault who can open it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modstation.models.errors import NotFound
from modstation.models.ids import PersonId
from modstation.models.people import PersonState, Role
from modstation.models.screen import Changed
from modstation.store import vault
from modstation.store.keyslots import Unlocked

from . import people
from .workplace import Workplace


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding or resetting a person. `code` is shown once; it works when the change is in force."""

    proposal: str
    person: PersonId
    state: str
    may_approve: tuple[PersonId, ...]
    code: str = ""


class Members:
    """Changes of people, in journal and vault."""

    def __init__(self, work: Workplace, folder: Path, opened: Unlocked) -> None:
        self._work = work
        self._folder = folder
        self._opened = opened
        self.code = ""

    def add(self, person: PersonId, roles: frozenset[Role]) -> Added:
        """Add a person or give an enrolled one other roles. The code is refused until the change is approved."""
        proposed = people.add(self._work, person, roles)
        door = next((each for each in vault.people_in(self._folder) if each.person == person), None)
        if door is not None and door.state == vault.SlotState.ENROLLED:
            if proposed.state == "made":
                self.applied(person, "roles")
            return Added(proposed.proposal, person, proposed.state, proposed.may_approve)
        code = vault.invite(self._folder, self._opened.keys, person, vault.classes_for(roles))
        return Added(proposed.proposal, person, proposed.state, proposed.may_approve, code)

    def change(self, person: PersonId, kind: str) -> Added:
        """Remove a person or reset their passphrase ("removed", "reset")."""
        proposed = people.change(self._work, person, kind)
        self.code = ""
        if proposed.state == "made":
            self.applied(person, "remove" if kind == "removed" else "reset")
        return Added(proposed.proposal, person, proposed.state, proposed.may_approve, self.code)

    def answer(self, proposal: str, yes: bool, reason: str) -> Changed:
        """Say yes or no to a change of people that somebody else proposed."""
        self.code = ""
        return people.answer(self._work, proposal, yes, reason, self.applied)

    def applied(self, person: str, change: str) -> None:
        """Put an approved change in force in the vault."""
        name = PersonId(person)
        keys = self._opened.keys
        if change == "remove":
            vault.remove(self._folder, keys, name)
        elif change == "reset":
            self.code = vault.reset(self._folder, keys, name)
        elif change == "roles":
            with self._work.store.reading() as reader:
                known = next((p for p in self._work.people(reader.db) if p.id == name), None)
            if known is None:
                raise NotFound(f"There is nobody called {person} at this desk.", "", "See 'modstation person list'.")
            if known.state is PersonState.ENROLLED:
                vault.grant_classes(self._folder, keys, name, vault.classes_for(known.roles) & set(keys.classes))
