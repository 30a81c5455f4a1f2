"""People of this desk: who can do what, with which key. Changes of roles are made from the command line, by two."""

from __future__ import annotations

from collections.abc import Sequence

from modstation.desk.api import DeskApi
from modstation.models.people import Person, PersonState

from .commands import PEOPLE
from .formats import roles_words
from .page import Page
from .parts import Plain
from .row_list import Entry
from .text import one_line
from .words import tr, word

STATES: dict[PersonState, str] = {
    PersonState.PROPOSED: word("waits for a second person"),
    PersonState.INVITED: word("has no passphrase yet"),
    PersonState.ENROLLED: word("enrolled"),
    PersonState.REMOVED: word("removed, keeps the past"),
}


def fingerprint(key: str) -> str:
    """A signing key short enough to be read out: its two ends."""
    return f"{key[:4]}\u2026{key[-4:]}" if key else tr("no key yet")


def in_fours(key: str) -> str:
    """A key in groups of four, to be read aloud."""
    return " ".join(key[place : place + 4] for place in range(0, len(key), 4))


class PeoplePage(Page[Person]):
    """The list of people, read only."""

    scope = PEOPLE
    empty_words = word("This desk has no people yet.")

    def read(self, desk: DeskApi) -> Sequence[Person]:
        """Everybody."""
        return desk.people()

    def key_of(self, entry: Person) -> str:
        """A person is named by their name."""
        return entry.id

    def entries(self, rows: Sequence[Person]) -> list[Entry]:
        """One row a person."""
        return [
            Entry(
                one.id,
                one_line(one.id, 60),
                roles_words(one.roles),
                fingerprint(one.public_key),
                tr(STATES[one.state]),
                "user",
                "ack" if one.state is PersonState.ENROLLED else "held",
            )
            for one in rows
        ]

    def show_row(self, entry: Person | None) -> None:
        """Roles and the whole fingerprint."""
        if entry is None:
            self.refill(Plain(tr("Choose a person with J and K."), "sub", wrap=True))
            return
        self.refill(
            Plain(one_line(entry.id, 60), "page", wrap=True),
            Plain(roles_words(entry.roles), "body", wrap=True),
            Plain(tr("Signing key"), "section"),
            Plain(in_fours(entry.public_key) or tr("no key yet"), "sub", wrap=True),
            Plain(
                tr("The journal shows this fingerprint beside each signature. Read it aloud to compare."),
                "sub",
                wrap=True,
            ),
            Plain(
                tr("Roles and keys change only with a second person: modstation person add, remove, reset."),
                "sub",
                wrap=True,
            ),
        )
