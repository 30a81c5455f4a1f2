"""Rules: every rule pack with where it stands, what a draft would do to the past, and the second person's yes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from modstation.desk.api import DeskApi
from modstation.desk.packs import PackView, RuleView
from modstation.desk.packs_rehearse import Rehearsed
from modstation.desk.screens_desk import ScreeningApi, screening_of
from modstation.models.errors import ModStationError
from modstation.models.screen import Changed

from .commands import RULES
from .fields import Field
from .formats import day_and_clock
from .page import Page
from .parts import KeyButton, Plain
from .row_list import Entry
from .rules_parts import STATES, life_card, rehearsal_cards, rule_card
from .text import one_line, visible
from .words import tr, trn, word

#: Groups of the list, in order, with the states each holds.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (word("In work"), ("draft",)),
    (word("Waiting for a second person"), ("rehearsed", "approved")),
    (word("Active"), ("active",)),
    (word("Laid away"), ("pulled", "retired")),
)


class RulesPage(Page[PackView]):
    """The list of packs with life, rehearsal and rules beside it. Signals: `progressed(hash, done, total)`."""

    progressed = Signal(str, int, int)

    scope = RULES
    empty_words = word("This desk shows no rule packs.")
    running = ""
    bar: Plain | None = None
    path: Field | None = None
    reason: Field | None = None

    def read(self, desk: DeskApi) -> Sequence[PackView]:
        """Every version of every pack."""
        screening = screening_of(desk)
        return screening.packs() if screening else ()

    def start(self, desk: DeskApi) -> None:
        """Work on a desk; how far a rehearsal is, is heard from its thread."""
        if self.desk is None:
            self.progressed.connect(self._progress)
        super().start(desk)
        if self.path is None:
            self.show_row(None)

    def forget(self) -> None:
        """Drop everything, for the lock; a rehearsal stops."""
        self._stop.set()
        if self.desk is not None:
            self.progressed.disconnect(self._progress)
        self.running, self.bar, self.path, self.reason = "", None, None, None
        super().forget()

    _stop = threading.Event()

    def key_of(self, entry: PackView) -> str:
        """A version is named by its hash."""
        return entry.hash

    def count_words(self, rows: Sequence[PackView]) -> str:
        """How many versions, how many of them screen now."""
        return tr("{n} versions, {m} active", n=len(rows), m=sum(one.state == "active" for one in rows))

    def entries(self, rows: Sequence[PackView]) -> list[Entry]:
        """All versions under their headings."""
        entries: list[Entry] = []
        for title, states in GROUPS:
            members = [one for one in rows if one.state in states]
            if members:
                entries.append(Entry("", tr(title), right=str(len(members)), head=True))
                entries.extend(self._entry(one) for one in members)
        return entries

    def _entry(self, one: PackView) -> Entry:
        icon, tone, state = STATES[one.state]
        return Entry(
            one.hash,
            one_line(one.title, 80),
            one_line(self._second(one), 120),
            one_line(one.version, 24),
            tr(state),
            icon,
            tone,
        )

    def _second(self, one: PackView) -> str:
        if one.emergency and one.state == "active":
            return tr("emergency, ends {when}", when=one_line(one.valid_until, 40))
        if one.shipped:
            return tr("comes with ModStation")
        return tr("by {name}, drafted {when}", name=one.author, when=day_and_clock(one.drafted_at))

    # the panel

    def show_row(self, entry: PackView | None) -> None:
        """Life, rehearsal, rules; then the buttons that fit where the pack stands."""
        self.bar = self.reason = None
        if entry is None:
            self._show_new()
            return
        self.path = None
        head = one_line(f"{entry.pack} \u00b7 {entry.version} \u00b7 {entry.hash[:16]}", 160)
        counts = tr("Rules {rules}, terms {terms}", rules=entry.rules, terms=entry.terms)
        self.refill(
            Plain(one_line(entry.title, 120), "page", wrap=True),
            Plain(head, "sub", wrap=True),
            Plain(counts, "sub"),
            life_card(self.look, entry),
        )
        self._buttons(entry)
        desk = screening_of(self.desk)
        if desk is not None:
            if entry.rehearsed_at:
                read = partial(desk.last_rehearsal, entry.hash)
                self.jobs.read(tr("Reading the rehearsal"), read, partial(self._show_rehearsal, entry.hash), _nothing)
            rules = partial(desk.pack_rules, entry.hash)
            self.jobs.read(tr("Reading the rules"), rules, partial(self._show_rules, entry.hash), _nothing)

    def _show_new(self) -> None:
        self.path = Field(tr("Path of a pack file"), tr("/path/of/pack.toml"))
        self.path.returnPressed.connect(lambda: self.run("rules.add"))
        add = KeyButton(self.look, tr("Take in as a draft"), self.keymap.first("rules.add"), "plus", "primary")
        add.clicked.connect(lambda: self.run("rules.add"))
        self.refill(
            Plain(tr("Choose a pack with J and K, or take in a new one."), "sub", wrap=True),
            Plain(tr("New draft"), "section"),
            self.path,
            Plain(
                tr("The file is checked with its examples first. A draft marks nothing before a second person agreed."),
                "sub",
                wrap=True,
            ),
        )
        self.pin(add)

    def _show_rehearsal(self, hash_: str, made: Rehearsed) -> None:
        if self.list.key() == hash_:
            for card in rehearsal_cards(self.look, made):
                self.panel.addWidget(card)

    def _show_rules(self, hash_: str, rules: Sequence[RuleView]) -> None:
        if self.list.key() != hash_:
            return
        self.panel.addWidget(Plain(trn("{n} rule", "{n} rules", len(rules)), "section"))
        for number, rule in enumerate(rules, 1):
            self.panel.addWidget(rule_card(number, rule))

    def _buttons(self, entry: PackView) -> None:
        parts: list[QWidget] = []
        if self.running == entry.hash:
            self.bar = Plain(tr("Rehearsing"), "strong")
            parts += [self.bar, self._button("rules.stop", tr("Stop the rehearsal"), "x")]
        elif entry.state in ("draft", "rehearsed"):
            parts.append(self._button("rules.rehearse", tr("Rehearse"), "arrows-clockwise"))
        if entry.state == "rehearsed":
            why = self._why_not_approve(entry)
            self.reason = Field(tr("Why, for the record"), tr("Why, for the record"))
            yes = self._button("rules.approve", tr("Approve"), "check", "primary")
            yes.setEnabled(not why)
            parts += [Plain(why or tr("You may approve. Your name and the time go on the record."), "sub", wrap=True)]
            parts += [self.reason, yes]
        if entry.state == "active":
            self.reason = Field(tr("Why it does harm"), tr("Why it does harm"))
            parts += [self.reason, self._button("rules.pull", tr("Pull it now"), "prohibit")]
        self.pin(*parts)

    def _button(self, command: str, words: str, icon: str, kind: str = "plain") -> KeyButton:
        button = KeyButton(self.look, words, self.keymap.first(command), icon, kind)
        button.clicked.connect(lambda: self.run(command))
        return button

    def _why_not_approve(self, entry: PackView) -> str:
        me = self.status.person if self.status else ""
        if me in entry.may_approve:
            return ""
        others = tr(", ").join(entry.may_approve)
        if not others:
            return tr("Nobody else at this desk may approve it. Add a second person first.")
        return tr("You may not approve this. Who may: {names}", names=others)

    # acts

    def run(self, command: str) -> None:
        """Run a command of this screen on the chosen version."""
        entry = self.chosen()
        if command == "rules.add":
            self._add()
        elif command == "rules.stop":
            self._stop.set()
        elif entry is None:
            self.said.emit(tr("Choose a pack first."), "held")
        elif command == "rules.rehearse" and entry.state in ("draft", "rehearsed"):
            self._rehearse(entry)
        elif command == "rules.approve" and entry.state == "rehearsed" and not self._why_not_approve(entry):
            self._do(tr("Approving"), lambda desk: desk.approve_pack(entry.hash, self._said_reason()))
        elif command == "rules.pull" and entry.state == "active":
            self._do(tr("Pulling"), lambda desk: desk.pull_pack(entry.hash, self._said_reason()))
        else:
            self.said.emit(tr("A pack that is {state} cannot do that.", state=tr(STATES[entry.state][2])), "held")

    def _said_reason(self) -> str:
        return visible(self.reason.text().strip()) if self.reason is not None else ""

    def _add(self) -> None:
        if self.path is None:
            self.list.position = -1
            self.list.viewport().update()
            self.show_row(None)
        path = self.path.text().strip() if self.path is not None else ""
        if path:
            self._do(tr("Taking in a pack"), lambda desk: desk.add_pack(Path(path)))
        elif self.path is not None:
            self.path.setFocus()

    def _do(self, name: str, work: Callable[[ScreeningApi], PackView]) -> None:
        desk = screening_of(self.desk)
        if desk is None:
            return

        def act() -> Changed:
            view = work(desk)
            state = tr(STATES[view.state][2])
            return Changed(status=True, message=tr("{pack} is now: {state}", pack=view.pack, state=state))

        self.jobs.act(name, act, self._done, partial(self._failed, name))

    def _rehearse(self, entry: PackView) -> None:
        desk = screening_of(self.desk)
        if self.running or desk is None:
            self.said.emit(tr("A rehearsal is running already."), "held")
            return
        stop = self._stop = threading.Event()
        self.running = entry.hash

        def progress(done: int, total: int) -> bool:
            self.progressed.emit(entry.hash, done, total)
            return not stop.is_set()

        work = partial(desk.rehearse_pack, entry.hash, progress)
        self.jobs.read(tr("Rehearsing"), work, self._rehearsed, partial(self._stumbled, tr("Rehearsing")))
        self._buttons(entry)

    def _progress(self, hash_: str, done: int, total: int) -> None:
        if self.bar is not None and self.running == hash_:
            percent = 100 * done // total if total else 100
            self.bar.say(tr("Rehearsing: {done} of {total}, {percent} %", done=done, total=total, percent=percent))

    def _rehearsed(self, made: Rehearsed) -> None:
        self.running = ""
        if made.report.cancelled:
            self.said.emit(tr("The rehearsal was stopped; nothing was written down."), "held")
        else:
            words = tr("{n} of {total} items would be marked.", n=made.report.hit_items, total=made.report.items)
            self.said.emit(words, "ack")
        self._settled()

    def _settled(self) -> None:
        chosen = self.chosen()
        if chosen is not None:
            self._buttons(chosen)
        self.refresh()

    def _stumbled(self, name: str, error: ModStationError) -> None:
        self.running = ""
        self._failed(name, error)
        self._settled()


def _nothing(_: ModStationError) -> None:
    """The panel goes without this part."""
