"""My decisions: what this person decided, newest first, and the way to take one back."""

from __future__ import annotations

from collections.abc import Sequence

from modstation.desk.api import DeskApi
from modstation.models.screen import PastDecision

from .commands import MINE
from .fields import Text
from .formats import day_and_clock, measure_words
from .layouts import column, framed
from .page import Page
from .parts import KeyButton, Plain
from .rail_parts import Consequence
from .row_list import Entry
from .text import one_line, visible
from .words import tr, word

#: States of a decision in words.
STATES: dict[str, str] = {
    "made": word("made"),
    "proposed": word("proposed"),
    "approved": word("approved"),
    "refused": word("refused"),
    "withdrawn": word("withdrawn"),
    "reversed": word("reversed"),
}


class MinePage(Page[PastDecision]):
    """The list, and the reversal with its reason."""

    scope = MINE
    empty_words = word("You have decided nothing here yet.")
    reason: Text | None = None

    def read(self, desk: DeskApi) -> Sequence[PastDecision]:
        """This person's decisions."""
        return desk.my_decisions()

    def key_of(self, entry: PastDecision) -> str:
        """A decision is named by its id."""
        return entry.id

    def entries(self, rows: Sequence[PastDecision]) -> list[Entry]:
        """One row a decision."""
        return [
            Entry(
                one.id,
                tr(", ").join(measure_words(choice) for choice in one.measures),
                one_line(f"{one.policy_name} \u00b7 {one.case} \u00b7 {one.item}", 160),
                day_and_clock(one.at),
                tr(STATES[one.state]) if one.state in STATES else one_line(one.state, 30),
                "check-circle",
                "t2",
            )
            for one in rows
        ]

    def why_not(self, entry: PastDecision) -> str:
        """Some measures cannot be taken back."""
        return "" if entry.reversible else tr("This cannot be taken back at the forum.")

    def show_row(self, entry: PastDecision | None) -> None:
        """What was decided and why, and what taking it back does."""
        if entry is None:
            self.refill(Plain(tr("Choose a decision with J and K."), "sub", wrap=True))
            self.pin()
            self.reason = None
            return
        self.reason = Text(tr("Reason"), tr("Why it is taken back"))
        self.reason.setFixedHeight(self.look.px(84))
        sentence = Consequence(self.look)
        sentence.say(
            tr("While it is held or proposed it is withdrawn. Later a reversal of its own is made, linked to this one.")
        )
        self.refill(
            Plain(tr(", ").join(measure_words(choice) for choice in entry.measures), "page", wrap=True),
            Plain(one_line(f"{entry.policy_name} \u00b7 {entry.case}", 160), "sub", wrap=True),
            Plain(tr("Reason given"), "section"),
            Plain(visible(entry.reason) or tr("No reason was typed."), "body", wrap=True),
            framed("consequence", column(sentence, margins=(14, 10, 12, 10))),
            Plain(tr("Reason"), "section"),
            self.reason,
        )
        back = KeyButton(
            self.look, tr("Take this decision back"), self.keymap.first("reverse"), "arrow-counter-clockwise", "primary"
        )
        back.setEnabled(entry.reversible)
        back.clicked.connect(lambda: self.run("reverse"))
        self.pin(back)

    def run(self, command: str) -> None:
        """Take the chosen decision back; it needs a reason."""
        entry = self.chosen()
        text = self.reason.toPlainText().strip() if self.reason is not None else ""
        if entry is None or command != "reverse" or not entry.reversible:
            return
        if text:
            self.act(tr("Taking back"), lambda desk: desk.undo(entry.id, text))
        elif self.reason is not None:
            self.said.emit(tr("Write why it is taken back."), "held")
            self.reason.setFocus()
