"""Approvals: what somebody else proposed, whether this person may decide it, and if not why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from modstation.desk.api import DeskApi
from modstation.models.screen import ApprovalRow

from .commands import APPROVALS
from .fields import Text
from .formats import ago
from .layouts import column, framed, holder, row
from .page import Page
from .parts import Glyph, KeyButton, Plain
from .rail_parts import Consequence
from .row_list import Entry
from .text import isolate, one_line, visible
from .words import language, tr, word


class ApprovalsPage(Page[ApprovalRow]):
    """The list of proposals with the four-eyes check beside it."""

    scope = APPROVALS
    empty_words = word("Nothing waits for a second person.")
    note: Text | None = None

    def read(self, desk: DeskApi) -> Sequence[ApprovalRow]:
        """All proposals, also those this person may not decide."""
        return desk.approvals(language())

    def key_of(self, entry: ApprovalRow) -> str:
        """A proposal is named by its decision."""
        return f"{entry.decision}/{entry.what}"

    def entries(self, rows: Sequence[ApprovalRow]) -> list[Entry]:
        """One row a proposal; those one may not decide stay, with the reason."""
        return [
            Entry(
                self.key_of(one),
                one_line(one.what, 120),
                (one.why_not and tr("Not you: {why}", why=one_line(one.why_not, 120)))
                or tr(
                    "You may approve. {policy}, proposed by {name}",
                    policy=one_line(one.policy_name, 60),
                    name=isolate(one.proposer),
                ),
                ago(self.now() - one.at),
                "",
                "prohibit" if one.why_not else "check-circle",
                "ref" if one.why_not else "ack",
            )
            for one in rows
        ]

    def count_words(self, rows: Sequence[ApprovalRow]) -> str:
        """How many wait, how many of them for this person."""
        return tr("{n} waiting, {m} you may decide", n=len(rows), m=sum(not one.why_not for one in rows))

    def why_not(self, entry: ApprovalRow) -> str:
        """Why this person may not decide it."""
        return entry.why_not

    def show_row(self, entry: ApprovalRow | None) -> None:
        """The proposal, the conditions, the verdict, then the buttons."""
        if entry is None:
            self.refill(Plain(tr("Choose a proposal with J and K."), "sub", wrap=True))
            self.pin()
            self.note = None
            return
        reason = visible(entry.reason) or tr("No reason was typed.")
        self.note = Text(tr("Note to the proposer"), tr("Needed when you refuse"))
        self.note.setFixedHeight(self.look.px(72))
        self.refill(
            Plain(one_line(entry.what, 160), "page", wrap=True),
            Plain(one_line(f"{entry.policy_name} \u00b7 {entry.case}", 160), "sub", wrap=True),
            Plain(tr("{name} proposes", name=isolate(entry.proposer)), "section"),
            framed("card", column(Plain(reason, "body", wrap=True), margins=(14, 10, 14, 10))),
            Plain(tr("Four-eyes rule"), "section"),
            *[self._condition(holds, words) for holds, words in entry.conditions],
            self._verdict(entry),
            self._consequence(entry),
            Plain(tr("Note to the proposer"), "section"),
            self.note,
        )
        self._buttons(entry)

    def _condition(self, holds: bool, words: str) -> QWidget:
        tone = "ack" if holds else "ref"
        icon = Glyph(self.look, "check-circle" if holds else "x-circle", tone)
        text = Plain(one_line(words, 200), "body", wrap=True)
        text.setAccessibleName((tr("holds: ") if holds else tr("does not hold: ")) + text.text())
        return holder(row(icon, text, gap=10))

    def _verdict(self, entry: ApprovalRow) -> QWidget:
        if entry.why_not:
            words, tone = tr("You may not approve this: {why}", why=visible(entry.why_not)), "ref"
        else:
            words, tone = tr("You may approve. Your name and the time go on the record."), "ack"
        glyph = Glyph(self.look, "prohibit" if entry.why_not else "shield-check", tone, 18)
        return framed(tone, row(glyph, Plain(words, tone, wrap=True), gap=10, margins=(12, 10, 12, 10)))

    def _consequence(self, entry: ApprovalRow) -> QWidget:
        sentence = Consequence(self.look)
        sentence.say(
            tr("If you approve: {what}. It goes out after the hold and is read back.", what=one_line(entry.what, 160))
        )
        return framed("consequence", column(sentence, margins=(14, 10, 12, 10)))

    def _buttons(self, entry: ApprovalRow) -> None:
        yes = KeyButton(self.look, tr("Approve"), self.keymap.first("approve"), "check", "primary")
        no = KeyButton(self.look, tr("Refuse"), self.keymap.first("refuse"))
        yes.setEnabled(not entry.why_not)
        no.setEnabled(not entry.why_not)
        yes.clicked.connect(lambda: self.run("approve"))
        no.clicked.connect(lambda: self.run("refuse"))
        look = KeyButton(self.look, tr("Open the item"), self.keymap.first("open_item"))
        look.clicked.connect(lambda: self.item_wanted.emit(entry.no))
        self.pin(yes, holder(row(no, look, gap=8)))

    def run(self, command: str) -> None:
        """Approve or refuse the chosen proposal; a refusal says why."""
        entry = self.chosen()
        if entry is None or entry.why_not:
            return
        text = self.note.toPlainText().strip() if self.note is not None else ""
        if command == "approve":
            self.act(tr("Approving"), lambda desk: desk.approve(entry.decision, text))
        elif command == "refuse" and text:
            self.act(tr("Refusing"), lambda desk: desk.refuse(entry.decision, text))
        elif command == "refuse" and self.note is not None:
            self.said.emit(tr("Write why you refuse it, then press Ctrl+Enter or the button."), "held")
            self.note.setFocus()
