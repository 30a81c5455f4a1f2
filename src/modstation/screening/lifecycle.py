"""The life of a pack: draft, rehearsed, approved by others, active, retired; pulled at once when it does harm.

Pure: each act returns the next life or raises. Who acted is a person's id; the store keeps the journal of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from modstation.models.errors import NotAllowed
from modstation.screening.pack import Pack


class PackState(StrEnum):
    """Where a pack stands. PULLED was active and was taken off in a hurry; it can only be retired."""

    DRAFT = "draft"
    REHEARSED = "rehearsed"
    APPROVED = "approved"
    ACTIVE = "active"
    PULLED = "pulled"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class PackLife:
    """One version of a pack and what people did with it. `hash` names the very bytes that were approved."""

    pack_id: str
    version: str
    hash: str
    author: str
    emergency: bool = False
    valid_until: str = ""
    state: PackState = PackState.DRAFT
    rehearsal: str = ""
    approved_by: tuple[str, ...] = ()
    pulled_by: str = ""

    @staticmethod
    def of(pack: Pack, author: str) -> PackLife:
        """The life of a pack as its author hands it in."""
        return PackLife(pack.id, pack.version, pack.hash, author, pack.emergency, pack.valid_until)

    @property
    def needs(self) -> int:
        """How many people other than the author must approve: two for an emergency pack, else one."""
        return 2 if self.emergency else 1

    def rehearsed(self, rehearsal: str) -> PackLife:
        """The pack was replayed over past items. `rehearsal` names the report."""
        self._only("rehearsed", PackState.DRAFT, PackState.REHEARSED)
        return replace(self, state=PackState.REHEARSED, rehearsal=rehearsal)

    def approve(self, person: str) -> PackLife:
        """Another person approves. Enough approvals make it approved."""
        self._only("approved", PackState.REHEARSED)
        if person == self.author:
            raise NotAllowed("You cannot approve this pack.", "You are its author.", "Ask another person.")
        if person in self.approved_by:
            raise NotAllowed("You have approved this pack already.", "Another person must.", "Ask a third person.")
        given = (*self.approved_by, person)
        return replace(self, approved_by=given, state=PackState.APPROVED if len(given) >= self.needs else self.state)

    def activate(self, current_hash: str, now: datetime) -> PackLife:
        """Put it to use. `current_hash` is that of the bytes about to be loaded; they must be those approved."""
        self._only("activated", PackState.APPROVED)
        if current_hash != self.hash:
            raise NotAllowed(
                "The pack was not activated.",
                "Its files changed after it was approved.",
                "Rehearse and approve it again.",
            )
        if self.ended(now):
            raise NotAllowed(
                "The pack was not activated.", f"It ended {self.valid_until}.", "Set a new end in a new version."
            )
        return replace(self, state=PackState.ACTIVE)

    def pull(self, person: str) -> PackLife:
        """Take an active pack off at once. Anybody may; nobody is asked first."""
        self._only("pulled", PackState.ACTIVE)
        return replace(self, state=PackState.PULLED, pulled_by=person)

    def retire(self) -> PackLife:
        """Lay a pack away. It stays for replay for as long as its retention class allows."""
        if self.state is PackState.RETIRED:
            raise NotAllowed("The pack is retired already.", "", "")
        return replace(self, state=PackState.RETIRED)

    def ended(self, now: datetime) -> bool:
        """Whether its time is over. `now` is aware."""
        return bool(self.valid_until) and datetime.fromisoformat(self.valid_until) <= now

    def _only(self, word: str, *states: PackState) -> None:
        if self.state not in states:
            raise NotAllowed(
                f"This pack cannot be {word}.", f"It is {self.state}.", f"It would have to be {' or '.join(states)}."
            )
