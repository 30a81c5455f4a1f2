"""The palette (Ctrl+K): commands, screens and items by a few letters. Commands that cannot run say why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from modstation.desk.api import DeskApi
from modstation.models.screen import QueueRow

from .commands import GO, Command, Keymap, Situation
from .fields import Field
from .jobs import Jobs
from .layouts import column, line, row
from .overlay import Overlay
from .parts import Glyph, KeyCap, Plain
from .row_list import Entry, RowList
from .text import one_line
from .theme import Look
from .words import tr

#: Milliseconds after the last letter until items are searched.
WAIT = 120
FOUND = 12


def matches(command: Command, typed: str) -> bool:
    """Whether every word typed is somewhere in the title, in either language, or in the keys."""
    text = f"{tr(command.title)} {command.title} {' '.join(command.keys)}".casefold()
    return all(part in text for part in typed.casefold().split())


class CommandPalette(Overlay):
    """Signals: `chosen(id)`, `item_chosen(no)`."""

    chosen = Signal(str)
    item_chosen = Signal(int)

    def __init__(self, look: Look, window: QWidget, keymap: Keymap) -> None:
        super().__init__(look, window, 720, top=120)
        self.keymap = keymap
        self.desk: DeskApi | None = None
        self.jobs: Jobs | None = getattr(window, "jobs", None)
        self.situation = Situation()
        self._items: tuple[QueueRow, ...] = ()
        self.field = Field(tr("Search or run a command"), tr("Search or run a command"))
        self.field.setObjectName("bare")
        self.field.textEdited.connect(self._typed)
        self.field.installEventFilter(self)
        self.list = RowList(look, tr("Found"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMinimumHeight(look.px(380))
        self.none = Plain("", "sub", wrap=True)
        hints = row(
            KeyCap(look, "\u2191"),
            KeyCap(look, "\u2193"),
            Plain(tr("move"), "caption"),
            KeyCap(look, "Enter"),
            Plain(tr("run"), "caption"),
            KeyCap(look, ">"),
            Plain(tr("commands only"), "caption"),
            KeyCap(look, "#"),
            Plain(tr("items only"), "caption"),
            None,
            gap=6,
        )
        self.fill(
            column(
                row(Glyph(look, "magnifying-glass", "t2", 20), self.field, KeyCap(look, "Esc"), gap=10),
                line(),
                self.list,
                self.none,
                line(),
                hints,
                gap=8,
                margins=(16, 10, 16, 12),
            )
        )
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT)
        self._wait.timeout.connect(self._search)

    def show_palette(self, situation: Situation) -> None:
        """Open it for what is on the screen now."""
        self.situation = situation
        self._items = ()
        self.field.clear()
        room = self._window.height() - self.look.px(220)
        self.list.setMinimumHeight(max(80, min(self.look.px(380), room)))
        self._fill()
        self.open(self.field)

    def forget(self) -> None:
        """Drop what was typed and found, for the lock."""
        self.field.clear()
        self._items = ()
        self.list.entries.show(())

    def _typed(self, text: str) -> None:
        self._fill()
        self._wait.start()

    def _search(self) -> None:
        desk, jobs, typed = self.desk, self.jobs, self.field.text().strip().lstrip("#").strip()
        if desk is None or jobs is None or len(typed) < 2 or self.field.text().startswith(">"):
            return
        jobs.read(tr("Searching"), lambda: desk.queue_rows(desk.search(typed, FOUND)), self._found)

    def _found(self, rows: Sequence[QueueRow]) -> None:
        if self.isVisible():
            self._items = tuple(rows)
            self._fill()

    def _fill(self) -> None:
        text = self.field.text()
        typed = text.lstrip(">#").strip()
        entries = [] if text.startswith("#") else self._commands(typed)
        if typed and not text.startswith(">"):
            entries = [*self._item_entries(), *entries]
        self.list.show_entries(entries)
        self.list.setVisible(bool(entries))
        self.none.say("" if entries else tr("Nothing has these letters. Two characters suffice for a search."))
        self.none.setVisible(not entries)
        self.list.step(1)

    def _commands(self, typed: str) -> list[Entry]:
        found = [one for one in self.keymap.commands.values() if matches(one, typed) and self._fits(one)]
        places = [one for one in found if one.group == GO]
        others = [one for one in found if one.group != GO]
        entries: list[Entry] = []
        for title, members in ((tr("Commands"), others), (tr("Go to"), places)):
            if members:
                entries.append(Entry("", title, head=True))
                entries.extend(self._entry(one) for one in members)
        return entries

    def _fits(self, command: Command) -> bool:
        if command.id in ("palette", "peek") or command.id[-1].isdigit():
            return False
        return command.scope in ("global", self.situation.screen) and command.for_role(self.situation.roles)

    def _entry(self, command: Command) -> Entry:
        why = command.reason(self.situation)
        return Entry(
            f">{command.id}",
            tr(command.title),
            why,
            self.keymap.first(command.id),
            icon=command.icon or "caret-right",
            tone="t3" if why else "t2",
        )

    def _item_entries(self) -> list[Entry]:
        if not self._items:
            return []
        rows = [
            Entry(f"#{one.no}", one_line(one.title, 90), one_line(f"{one.author} \u00b7 {one.case}", 90), icon="tray")
            for one in self._items
        ]
        return [Entry("", tr("Items"), head=True), *rows]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list, Return runs, while the caret stays in the field."""
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if self.field.composing:
                return False
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.list.step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
                self._run(self.list.key())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.dismiss()
                return True
        return super().eventFilter(watched, event)

    def _run(self, key: str) -> None:
        if not key:
            return
        self.close_box()
        if key.startswith(">"):
            self.chosen.emit(key[1:])
        else:
            self.item_chosen.emit(int(key[1:]))
