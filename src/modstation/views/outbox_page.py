"""The outbox in full, and the conflict card: ours, theirs, the forum now, the ways out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from modstation.desk.api import DeskApi
from modstation.models.measures import OutboxState
from modstation.models.screen import ConflictChoice, ConflictView, OutboxRow

from .body_view import BodyView
from .commands import OUTBOX
from .desk_words import said
from .diff import compare, in_words
from .formats import OUTBOX_LOOK, OUTBOX_STATES, day_and_clock
from .layouts import column, framed, holder, line, row
from .outbox_strip import needs_person, sentence_case, tail_words
from .page import Page
from .parts import Glyph, KeyButton, Plain
from .rail_parts import Consequence
from .row_list import Entry
from .text import one_line, visible
from .words import language, tr, trn, word

_ON_THE_WAY = (OutboxState.HELD, OutboxState.WAITING, OutboxState.SENDING, OutboxState.UNKNOWN)


class OutboxPage(Page[OutboxRow]):
    """Groups in order: needs you, on the way, waits for the one above, lately confirmed."""

    scope = OUTBOX
    empty_words = word("Nothing has gone out yet. Every measure shows up here before it is sent.")
    view: ConflictView | None = None
    choice = ""

    def read(self, desk: DeskApi) -> Sequence[OutboxRow]:
        """The newest rows."""
        return desk.outbox()

    def key_of(self, entry: OutboxRow) -> str:
        """A row is named by its id."""
        return entry.id

    def count_words(self, rows: Sequence[OutboxRow]) -> str:
        """Done means read back."""
        return trn(
            "{n} row; done only when the forum has confirmed it",
            "{n} rows; done only when the forum has confirmed it",
            len(rows),
        )

    def entries(self, rows: Sequence[OutboxRow]) -> list[Entry]:
        """All rows under their headings."""
        groups: tuple[tuple[str, list[OutboxRow]], ...] = (
            (tr("Needs you"), [one for one in rows if needs_person(one)]),
            (tr("On the way"), [one for one in rows if one.state in _ON_THE_WAY and not one.after]),
            (tr("Waits for the one above"), [one for one in rows if one.state in _ON_THE_WAY and one.after]),
            (tr("Lately confirmed"), [one for one in rows if one.state.final and not needs_person(one)]),
        )
        entries: list[Entry] = []
        for title, members in groups:
            if members:
                entries.append(Entry("", title, right=str(len(members)), head=True))
                entries.extend(self._entry(one) for one in members)
        return entries

    def _entry(self, one: OutboxRow) -> Entry:
        icon, tone = OUTBOX_LOOK[one.state]
        second = (
            tr("Forum: \u201c{words}\u201d", words=one_line(said(one.words), 120))
            if one.words
            else one_line(said(one.detail), 140)
        )
        if one.after and not one.state.final:
            first = self.rows.get(one.after)
            second = tr("after {what} is acknowledged", what=one_line(first.what if first else one.after, 80))
        tail = tail_words(one, self.now()) if one.state in (OutboxState.HELD, OutboxState.WAITING) else ""
        return Entry(
            one.id,
            sentence_case(one.what),
            second or one_line(one.case, 40),
            tail or day_and_clock(one.at),
            tr(OUTBOX_STATES[one.state]),
            icon,
            tone,
        )

    def why_not(self, entry: OutboxRow) -> str:
        """Only a conflict is settled here, by a choice."""
        if entry.state is not OutboxState.CONFLICT:
            return tr("This row needs no choice.")
        return ""

    def show_row(self, entry: OutboxRow | None) -> None:
        """Details of a row; for a conflict the card is read first."""
        self.view, self.choice = None, ""
        if entry is None:
            self.refill(Plain(tr("Choose a row with J and K."), "sub", wrap=True))
            self.pin()
            return
        if entry.state is OutboxState.CONFLICT and not entry.settled and self.desk is not None:
            desk, tongue = self.desk, language()
            self.refill(Plain(tr("Reading both sides"), "sub"))
            self.pin()
            self.jobs.read(tr("Reading both sides"), lambda: desk.conflict(entry.id, tongue), self.show_conflict)
            return
        self._show_plain(entry)

    def _show_plain(self, entry: OutboxRow) -> None:
        icon, tone = OUTBOX_LOOK[entry.state]
        lines = [
            Plain(sentence_case(entry.what), "page", wrap=True),
            holder(row(Glyph(self.look, icon, tone), Plain(tr(OUTBOX_STATES[entry.state]), "strong"), None)),
            Plain(f"{entry.case} \u00b7 {day_and_clock(entry.at)}", "sub", wrap=True),
        ]
        if entry.words:
            lines += [Plain(tr("What the forum said"), "section"), Plain(visible(said(entry.words)), "body", wrap=True)]
        if entry.detail:
            lines += [Plain(tr("What it means"), "section"), Plain(visible(entry.detail), "body", wrap=True)]
        if entry.state is OutboxState.REFUSED:
            lines.append(
                Plain(
                    tr("Nothing was changed at the forum, nobody was told. Judge the item again, or pass it on."),
                    "ref",
                    wrap=True,
                )
            )
        self.refill(*lines)
        open_ = KeyButton(self.look, tr("Open the item"), self.keymap.first("open_item"), "tray")
        open_.clicked.connect(lambda: self.item_wanted.emit(entry.no))
        self.pin(open_)

    def show_conflict(self, view: ConflictView) -> None:
        """The card. Nothing is chosen beforehand."""
        if self.list.key() != view.row.id:
            return
        self.view = view
        differs = BodyView(self.look, self.jobs)
        differs.say(in_words(compare(view.ours_body[:5000], view.theirs_body[:5000])), ())
        self.options = [self._option(number, one) for number, one in enumerate(view.choices, 1)]
        self.refill(
            holder(
                row(
                    Glyph(self.look, "git-diff", "sent"),
                    Plain(tr("Conflict"), "sent"),
                    Plain(view.row.case, "sub"),
                    None,
                )
            ),
            Plain(tr("The post is not as it was when you decided. Ours was not sent."), "panel", wrap=True),
            framed(
                "card",
                column(
                    row(
                        self._side(tr("Ours"), view.ours, tr("not sent")),
                        line("vline"),
                        self._side(tr("The forum now"), view.theirs, ""),
                        gap=12,
                    ),
                    margins=(14, 10, 14, 10),
                ),
            ),
            Plain(tr("What differs: [-gone-] {+new+}"), "section"),
            framed("card", column(differs, margins=(14, 10, 14, 10))),
            Plain(tr("Settle it; both sides stay in the journal"), "section"),
            *self.options,
        )
        self.sentence = Consequence(self.look)
        self.sentence.say(tr("Choose a way out with its digit. Nothing is chosen for you."))
        self.settle = KeyButton(self.look, tr("Settle it"), self.keymap.first("settle"), "check", "primary")
        self.settle.setEnabled(False)
        self.settle.clicked.connect(lambda: self.run("settle"))
        self.pin(framed("consequence", column(self.sentence, margins=(14, 10, 12, 10))), self.settle)

    def _side(self, head: str, lines: Sequence[str], foot: str) -> QWidget:
        parts = [Plain(visible(words), "body", wrap=True) for words in lines]
        return holder(column(Plain(head, "section"), *parts, None, Plain(foot, "held"), gap=4))

    def _option(self, number: int, choice: ConflictChoice) -> KeyButton:
        button = KeyButton(self.look, one_line(choice.label, 80), str(number))
        button.setAccessibleDescription(choice.consequence)
        button.clicked.connect(lambda: self.choose(choice.key))
        return button

    def choose(self, key: str) -> None:
        """Take one of the ways out; its consequence is said before Enter can do it."""
        view = self.view
        if view is None:
            return
        self.choice = key
        for option, choice in zip(self.options, view.choices, strict=True):
            option.be("chosen" if choice.key == key else "plain")
            if choice.key == key:
                self.sentence.say(choice.consequence)
                self.settle.say(one_line(choice.label, 60))
        self.settle.setEnabled(True)

    def run(self, command: str) -> None:
        """Choose by digit, settle by Enter."""
        view, choice = self.view, self.choice
        if view is None:
            return
        if command.startswith("choice."):
            place = int(command.removeprefix("choice.")) - 1
            if place < len(view.choices):
                self.choose(view.choices[place].key)
        elif command == "settle" and choice:
            self.act(tr("Settling a conflict"), lambda desk: desk.resolve_conflict(view.row.id, choice))
        elif command == "settle":
            self.said.emit(tr("Choose a way out first, with its digit."), "held")
