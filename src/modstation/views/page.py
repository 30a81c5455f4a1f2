"""What the screens beside Triage share: a list, a panel that tells about the chosen row, pinned buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from modstation.desk.api import DeskApi
from modstation.models.errors import ModStationError
from modstation.models.screen import Changed, DeskStatus

from .commands import Keymap, Situation
from .jobs import Jobs
from .layouts import clear, column, framed, holder, line, row
from .parts import Plain
from .row_list import Entry, RowList
from .theme import Look
from .words import tr

Row = TypeVar("Row")


class Page(QWidget, Generic[Row]):
    """Signals: `said(words, tone)`, `acted(Changed)`, `failed(words, error)`, `item_wanted(no)`."""

    said = Signal(str, str)
    acted = Signal(object)
    failed = Signal(str, object)
    item_wanted = Signal(int)

    scope = ""
    empty_words = ""

    def __init__(self, look: Look, jobs: Jobs, keymap: Keymap, now: Callable[[], int], title: str) -> None:
        super().__init__()
        self.look, self.jobs, self.keymap, self.now = look, jobs, keymap, now
        self.desk: DeskApi | None = None
        self.status: DeskStatus | None = None
        self.rows: dict[str, Row] = {}
        self.setObjectName("page")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = Plain(title, "page")
        self.count = Plain("", "sub", wrap=True)
        self.list = RowList(look, title)
        self.list.chosen.connect(self._chosen)
        self.empty = Plain("", "sub", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.panel = QVBoxLayout()
        self.panel.setSpacing(8)
        self.pinned = QVBoxLayout()
        self.pinned.setSpacing(8)
        self._lay_out()

    def _lay_out(self) -> None:
        card = framed("card", column(self.list, margins=(1, 1, 1, 1)))
        self.card = card
        left = column(
            column(self.title, self.count, gap=2), self.head_extra(), card, self.empty, gap=12, margins=(24, 16, 24, 16)
        )
        left.setStretchFactor(card, 1)
        left.addStretch(0)
        inner = QWidget()
        inner.setObjectName("clear")
        inner.setLayout(column(self.panel, None, gap=0, margins=(16, 14, 16, 8)))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        pinned = holder(column(self.pinned, margins=(16, 8, 16, 12)))
        self.side = holder(column(scroll, line(), pinned, gap=0), "page")
        self.side.setFixedWidth(self.look.px(400))
        self.look.changed.connect(lambda: self.side.setFixedWidth(self.look.px(400)))
        whole = row(gap=0)
        whole.addLayout(left, 1)
        whole.addWidget(line("vline"))
        whole.addWidget(self.side)
        self.setLayout(whole)

    def head_extra(self) -> QWidget:
        """Something between title and list; nothing here."""
        empty = QWidget()
        empty.setFixedHeight(0)
        return empty

    # what a screen fills in

    def read(self, desk: DeskApi) -> Sequence[Row]:
        """Ask the desk; runs in a worker."""
        raise AssertionError(type(self).__name__)

    def key_of(self, entry: Row) -> str:
        """The name of a row."""
        raise AssertionError(type(self).__name__)

    def entries(self, rows: Sequence[Row]) -> list[Entry]:
        """The rows as they are painted, with their headings."""
        raise AssertionError(type(self).__name__)

    def show_row(self, entry: Row | None) -> None:
        """Fill the panel for a row, or for none."""

    def count_words(self, rows: Sequence[Row]) -> str:
        """What stands under the title."""
        return tr("{n} in this list", n=len(rows))

    def run(self, command: str) -> None:
        """Run a command of this screen."""

    def why_not(self, entry: Row) -> str:
        """Why nothing can be done about a row; "" where something can."""
        return ""

    # the common part

    def start(self, desk: DeskApi) -> None:
        """Work on a desk."""
        self.desk = desk
        self.refresh()

    def forget(self) -> None:
        """Drop everything, for the lock."""
        self.desk = None
        self.rows = {}
        self.list.position = -1
        self.list.entries.show(())
        clear(self.panel)
        clear(self.pinned)
        self.count.say("")

    def refresh(self) -> None:
        """Read the list again; the chosen row stays chosen."""
        desk = self.desk
        if desk is not None:
            self.jobs.read(self.title.text(), lambda: self.read(desk), self.take)

    def take(self, rows: Sequence[Row]) -> None:
        """Show rows that were read."""
        if self.desk is None:
            return
        before = self.chosen()
        self.rows = {self.key_of(one): one for one in rows}
        self.list.show_entries(self.entries(rows))
        self.count.say(self.count_words(rows))
        if not rows and self.list.hasFocus():
            self.setFocus()
        self.card.setVisible(bool(rows))
        self.empty.say("" if rows else tr(self.empty_words))
        self.empty.setVisible(not rows)
        after = self.chosen()
        if after is not None and after != before:
            self.show_row(after)

    def chosen(self) -> Row | None:
        """The row the person has chosen."""
        return self.rows.get(self.list.key())

    def _chosen(self, key: str) -> None:
        self.show_row(self.rows.get(key))

    def step(self, by: int) -> None:
        """Choose the next or previous row."""
        self.list.step(by)

    def situation(self) -> Situation:
        """What is on this screen, for the command table."""
        chosen = self.chosen()
        return Situation(
            screen=self.scope,
            roles=frozenset(self.status.roles) if self.status else frozenset(),
            read_only=self.status.read_only if self.status else "",
            undoable=bool(self.status and self.status.newest_undoable),
            has_row=chosen is not None,
            row_why_not=self.why_not(chosen) if chosen is not None else "",
        )

    def act(self, name: str, work: Callable[[DeskApi], Changed]) -> None:
        """Ask the desk to do something and read the list again."""
        desk = self.desk
        if desk is not None:
            self.jobs.act(name, lambda: work(desk), self._done, partial(self._failed, name))

    def _failed(self, name: str, error: ModStationError) -> None:
        self.failed.emit(name, error)

    def _done(self, change: Changed) -> None:
        self.acted.emit(change)
        self.refresh()

    def refill(self, *parts: QWidget) -> None:
        """Put other parts into the panel."""
        clear(self.panel)
        for part in parts:
            self.panel.addWidget(part)

    def pin(self, *parts: QWidget) -> None:
        """Put other parts below the panel, where they do not scroll away."""
        clear(self.pinned)
        for part in parts:
            self.pinned.addWidget(part)
