"""Runs commands by id: one door for keys, menus, buttons and palette, which asks the table first whether it may."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from .commands import OUTBOX, TRIAGE
from .text import defang_link
from .theme import palette_for
from .words import language, speak, tr, trn

if TYPE_CHECKING:
    from .main_window import MainWindow

#: Commands that may run while the guard has paused the keys: they decide nothing.
_CALM = frozenset({"back", "sheet", "palette", "lock", "larger", "smaller", "normal", "theme"})


class Dispatch:
    """Joins the command table with the window's functions."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        acts, triage = window.acts, window.triage
        self.table: dict[str, Callable[[], object]] = {
            "decide": acts.decide,
            "no_violation": acts.no_violation,
            "escalate": acts.escalate,
            "skip": acts.skip,
            "undo": acts.undo,
            "note": acts.note,
            "park": acts.park,
            "claim": acts.claim,
            "decide_group": acts.group,
            "minor": triage.media.minor,
            "measure": triage.rail.next_measure,
            "reason": triage.rail.edit_reason,
            "guideline": triage.rail.toggle_guideline,
            "policy.all": triage.rail.toggle_all,
            "peek": triage.media.peek,
            "uncover": triage.uncover,
            "cover": triage.cover,
            "thread": triage.item.toggle_thread,
            "history": triage.item.toggle_history,
            "why": self._why,
            "diff": triage.item.toggle_diff,
            "copy_case": self._copy_case,
            "copy_link": self._copy_link,
            "next": lambda: self._step(1),
            "previous": lambda: self._step(-1),
            "new": self._new,
            "select": self._select,
            "extend": lambda: self._extend(1),
            "extend_up": lambda: self._extend(-1),
            "filter": self._filter,
            "back": self._back,
            "column": lambda: self._column(1),
            "column_back": lambda: self._column(-1),
            "sheet": window.sheet.show_sheet,
            "palette": lambda: window.palette_box.show_palette(window.situation()),
            "explain": self._explain,
            "lock": window.lock_wanted.emit,
            "larger": lambda: self._text(10),
            "smaller": lambda: self._text(-10),
            "normal": lambda: self._text(0),
            "theme": self._theme,
            "language": self._language,
            "open_item": self._open_item,
            "go.outbox": lambda: window.go(TRIAGE if window.showing == OUTBOX else OUTBOX),
        }

    def run(self, id_: str) -> None:
        """Run a command if it may run now; else say why not."""
        window = self.window
        command = window.keymap.commands.get(id_)
        if command is None:
            return
        if id_ == "decide" and window.triage.enter_waits():
            return
        why = command.reason(window.situation())
        if why:
            window.say(why, "held", ms=5000)
            return
        if id_.startswith("policy.") and id_ != "policy.all":
            self._policy(int(id_.removeprefix("policy.")))
        elif id_.startswith("go.") and id_ != "go.outbox":
            window.go(id_.removeprefix("go."))
        elif id_ in self.table:
            self.table[id_]()
        else:
            window.pages[window.showing].run(id_)

    def known(self, id_: str) -> bool:
        """Whether something happens for a command of the table; a test asks this for all of them."""
        scoped = self.window.keymap.commands[id_].scope in self.window.pages
        return id_ in self.table or scoped or id_.startswith(("policy.", "go."))

    def typed(self) -> None:
        """A burst of letters was typing: take back what it touched and rest the keys."""
        window = self.window
        for box in (window.question, window.sheet, window.palette_box, window.why_box):
            box.close_box()
        count = window.acts.withdraw_typing()
        taken = (
            trn("{n} act was taken back.", "{n} acts were taken back.", count) if count else tr("Nothing was decided.")
        )
        window.banners.say(
            tr("That looked like typing, so the keys rest. {taken}", taken=taken),
            "held",
            [(tr("Go on with keys"), "Esc", self._resume)],
        )

    def _resume(self) -> None:
        self.window.guard.resume()
        self.window.banners.quiet()
        self.window.focus_list()

    def released(self, key: str) -> None:
        """A key went up."""
        if key in ("Space", *self.window.keymap.keys_of("peek")):
            self.window.triage.media.unpeek()

    # small things

    def _policy(self, digit: int) -> None:
        policy = self.window.triage.rail.by_digit(digit)
        if policy is None:
            self.window.say(tr("No policy has the digit {n}.", n=digit), "held", ms=5000)
        else:
            self.window.triage.choose(policy.id)

    def _step(self, by: int) -> None:
        window = self.window
        listed = window.pages.get(window.showing)
        if listed is not None:
            listed.step(by)
        elif window.showing == TRIAGE:
            no = window.triage.queue.step(by)
            if no:
                window.triage.show_number(no)
            else:
                end = tr("This is the end of the list.") if by > 0 else tr("This is the top of the list.")
                window.say(end, "sent", ms=3000)

    def _new(self) -> None:
        triage = self.window.triage
        kept = triage.no
        if triage.queue.model.take_new() and kept:
            position = triage.queue.model.position_of(kept)
            if position >= 0:
                triage.queue.set_current(position)

    def _select(self) -> None:
        queue = self.window.triage.queue
        queue.model.toggle(self.window.triage.no)
        queue.table.viewport().update()
        count = len(queue.model.selected)
        self.window.say(trn("{n} selected", "{n} selected", count), "sent", ms=3000)

    def _extend(self, by: int) -> None:
        queue = self.window.triage.queue
        queue.model.toggle(self.window.triage.no, True)
        self._step(by)
        queue.model.toggle(self.window.triage.no, True)
        queue.table.viewport().update()

    def _filter(self) -> None:
        queue = self.window.triage.queue
        queue.show()
        queue.show_filters(True)

    def _back(self) -> None:
        window = self.window
        if window.guard.paused:
            self._resume()
            return
        if window.banners.words:
            window.banners.quiet()
        focus = QApplication.focusWidget()
        queue = window.triage.queue
        resting = window.triage.item.scroller if queue.isHidden() else queue.table
        if window.showing == TRIAGE and focus is not resting:
            window.focus_list()
        elif window.showing == TRIAGE and queue.filters.isVisible():
            queue.show_filters(False)
            window.fold()
            window.focus_list()
        elif window.showing != TRIAGE:
            listed = window.pages.get(window.showing)
            if listed is not None and focus is not listed.list:
                listed.list.setFocus()
            else:
                window.go(TRIAGE)

    def _column(self, by: int) -> None:
        triage = self.window.triage
        if self.window.showing != TRIAGE:
            self.window.focus_list()
            return
        first = triage.rail._rows[0] if triage.rail._rows else triage.rail.reason
        stops: list[QWidget] = [triage.queue.table, triage.item.scroller, first, self.window.nav.entries[TRIAGE]]
        focus = QApplication.focusWidget()
        place = next((n for n, stop in enumerate(stops) if focus is stop), 0)
        stops[(place + by) % len(stops)].setFocus()

    def _why(self) -> None:
        window = self.window
        if window.session is None or not window.why_box.show_item(window.session.desk, window.triage.no):
            window.triage.item.toggle_why()

    def _copy_case(self) -> None:
        view = self.window.triage.item.view
        if view is not None:
            QGuiApplication.clipboard().setText(view.row.case)
            self.window.say(tr("Copied {case}", case=view.row.case), "sent", ms=3000)

    def _copy_link(self) -> None:
        view = self.window.triage.item.view
        if view is not None:
            QGuiApplication.clipboard().setText(defang_link(view.revision.url))
            self.window.say(tr("Copied the address, made harmless to paste."), "sent", ms=3000)

    def _explain(self) -> None:
        focus = QApplication.focusWidget()
        name = focus.accessibleName() if focus else ""
        about = focus.accessibleDescription() if focus else ""
        words = tr(". ").join(part for part in (name, about) if part)
        self.window.say(words or tr("Press ? for all keys."), "sent")

    def _open_item(self) -> None:
        listed = self.window.pages.get(self.window.showing)
        chosen = listed.chosen() if listed is not None else None
        no = getattr(chosen, "no", 0)
        if no:
            self.window.open_item(no)

    # appearance

    def _text(self, by: int) -> None:
        percent = self.window.look.percent + by if by else 100
        self.window.settings.change("text_percent", str(max(80, min(200, percent))))

    def _theme(self) -> None:
        self.window.settings.change("theme", "light" if self.window.look.dark else "dark")

    def _language(self) -> None:
        self.window.settings.change("language", "en" if language() == "zh" else "zh")

    def setting_changed(self, name: str, value: str) -> None:
        """A setting was taken by the desk: show it."""
        window = self.window
        if name == "text_percent":
            window.look.change(percent=int(value))
            window.fold()
        elif name == "theme":
            window.look.change(palette=palette_for(value))
        elif name == "language" and value != language():
            speak(value or "en")
            window.look.refresh()
            window.restyled.emit()
        elif name in ("keys", "single_keys"):
            window.restyled.emit()
