"""Escalations to the roles this person holds, and those they passed on: receiver, state, clock, every note."""

from __future__ import annotations

from collections.abc import Sequence

from modstation.desk.api import DeskApi
from modstation.models.screen import EscalationRow

from .commands import INBOX
from .formats import ROLES, ago, day_and_clock, duration
from .layouts import column, framed, holder, row
from .page import Page
from .parts import KeyButton, Plain
from .row_list import Entry
from .text import isolate, one_line, visible
from .words import tr, word

STATES: dict[str, str] = {
    "open": word("waits"),
    "taken": word("taken"),
    "returned": word("handed back"),
    "closed": word("closed"),
}


class InboxPage(Page[EscalationRow]):
    """The inbox of this person's roles."""

    scope = INBOX
    empty_words = word("No escalation waits for you, and none that you passed on is open.")

    def read(self, desk: DeskApi) -> Sequence[EscalationRow]:
        """Escalations to this person's roles and from them."""
        return desk.inbox()

    def key_of(self, entry: EscalationRow) -> str:
        """Its own name."""
        return entry.id

    def _left(self, entry: EscalationRow) -> str:
        if not entry.due:
            return ""
        left = entry.due - self.now()
        return duration(left) if left > 0 else tr("overdue")

    def entries(self, rows: Sequence[EscalationRow]) -> list[Entry]:
        """One row an escalation, with what is left of its time."""
        return [
            Entry(
                one.id,
                tr("{case} to {role}", case=one.case, role=tr(ROLES[one.to])),
                tr("from {name}, {when}", name=isolate(one.by), when=ago(self.now() - one.at)),
                self._left(one),
                tr(STATES[one.state]) if one.state in STATES else one_line(one.state, 30),
                "arrow-up",
                "ref" if one.due and one.due < self.now() else "held",
            )
            for one in rows
        ]

    def show_row(self, entry: EscalationRow | None) -> None:
        """All notes in order, then what can be done."""
        if entry is None:
            self.refill(Plain(tr("Choose an escalation with J and K."), "sub", wrap=True))
            self.pin()
            return
        notes = [
            framed("card", column(Plain(visible(note[:2000]), "body", wrap=True), margins=(14, 10, 14, 10)))
            for note in entry.notes
        ]
        due = tr("To be taken by {time}", time=day_and_clock(entry.due)) if entry.due else tr("It has no time limit.")
        self.refill(
            Plain(tr("{case} to {role}", case=entry.case, role=tr(ROLES[entry.to])), "page", wrap=True),
            Plain(due, "sub", wrap=True),
            Plain(tr("Notes"), "section"),
            *(notes or [Plain(tr("No note was written."), "sub", wrap=True)]),
        )
        take = KeyButton(self.look, tr("Take it"), self.keymap.first("take"), "hand", "primary")
        back = KeyButton(self.look, tr("Hand it back"), self.keymap.first("return"))
        open_ = KeyButton(self.look, tr("Open the item"), self.keymap.first("open_item"))
        take.clicked.connect(lambda: self.run("take"))
        back.clicked.connect(lambda: self.run("return"))
        open_.clicked.connect(lambda: self.item_wanted.emit(entry.no))
        self.pin(take, holder(row(back, open_, gap=8)))

    def run(self, command: str) -> None:
        """Take it or hand it back."""
        entry = self.chosen()
        if entry is not None and command in ("take", "return"):
            self.act(tr("Answering an escalation"), lambda desk: desk.answer_escalation(entry.id, command))
            if command == "take":
                self.item_wanted.emit(entry.no)
