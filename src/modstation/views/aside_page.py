"""Set aside: what forums sent that could not be tied to a target. A person empties it, with a reason for each line."""

from __future__ import annotations

from collections.abc import Sequence

from modstation.desk.api import DeskApi
from modstation.models.screen import SetAsideRow

from .body_view import BodyView
from .commands import ASIDE
from .desk_words import said
from .fields import Text
from .formats import day_and_clock, duration
from .layouts import column, framed
from .page import Page
from .parts import KeyButton, Plain
from .row_list import Entry
from .text import one_line, visible
from .words import tr, word


class AsidePage(Page[SetAsideRow]):
    """The list with its clocks, and the raw answer as plain text."""

    scope = ASIDE
    empty_words = word("Nothing is set aside: everything the forums sent could be tied to a post or an account.")
    reason: Text | None = None

    def read(self, desk: DeskApi) -> Sequence[SetAsideRow]:
        """Everything nobody has closed yet."""
        return desk.set_aside()

    def key_of(self, entry: SetAsideRow) -> str:
        """Its number."""
        return str(entry.id)

    def entries(self, rows: Sequence[SetAsideRow]) -> list[Entry]:
        """One row each, with what is left of its time."""
        now = self.now()
        return [
            Entry(
                str(one.id),
                one_line(said(one.why), 160),
                tr(
                    "{forum}, {source}, {time}",
                    forum=one_line(one.forum, 30),
                    source=one_line(one.source, 40),
                    time=day_and_clock(one.at),
                ),
                duration(one.due - now) if one.due > now else tr("overdue") if one.due else "",
                "",
                "archive",
                "ref" if one.due and one.due < now else "held",
            )
            for one in rows
        ]

    def show_row(self, entry: SetAsideRow | None) -> None:
        """The raw answer, and a box for the reason."""
        if entry is None:
            self.refill(Plain(tr("Choose a line with J and K."), "sub", wrap=True))
            self.pin()
            self.reason = None
            return
        raw = BodyView(self.look, self.jobs)
        raw.say(entry.raw[:200_000], ())
        self.reason = Text(tr("Reason"), tr("Why it needs nothing more"))
        self.reason.setFixedHeight(self.look.px(72))
        due = tr("Somebody must have looked by {time}.", time=day_and_clock(entry.due))
        self.refill(
            Plain(visible(said(entry.why)), "panel", wrap=True),
            Plain(due, "sub", wrap=True),
            Plain(tr("As the forum sent it"), "section"),
            framed("card", column(raw, margins=(14, 10, 14, 10))),
            Plain(tr("Reason"), "section"),
            self.reason,
        )
        close = KeyButton(self.look, tr("Close this line"), self.keymap.first("close_aside"), "check", "primary")
        close.clicked.connect(lambda: self.run("close_aside"))
        self.pin(close)

    def run(self, command: str) -> None:
        """Close the chosen line; it needs a reason."""
        entry = self.chosen()
        text = self.reason.toPlainText().strip() if self.reason is not None else ""
        if entry is None or command != "close_aside":
            return
        if text:
            self.act(tr("Closing a line"), lambda desk: desk.close_set_aside(entry.id, text))
        elif self.reason is not None:
            self.said.emit(tr("Write why it needs nothing more."), "held")
            self.reason.setFocus()
