"""The window: top bar, rail, screens, outbox strip, and the boxes over them. It joins; the parts do the work."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from modstation.models.errors import ModStationError
from modstation.models.measures import OutboxState
from modstation.models.screen import Changed, DeskStatus, OutboxRow

from .approvals_page import ApprovalsPage
from .aside_page import AsidePage
from .banners import Banners
from .commands import OUTBOX, TRIAGE, Keymap, Situation
from .dispatch import Dispatch
from .feed import ChangeFeed
from .inbox_page import InboxPage
from .jobs import Jobs
from .keyguard import KeyGuard
from .keys import KeyRouter
from .layouts import column, holder, row
from .mine_page import MinePage
from .navrail import NavRail
from .outbox_page import OutboxPage
from .outbox_strip import OutboxStrip
from .overlay import Question
from .page import Page
from .palette import CommandPalette
from .people_page import PeoplePage
from .ports import DictMemory, Session, WindowMemory
from .rules_page import RulesPage
from .rules_why import WhyBox
from .settings_page import SettingsPage
from .sheet import KeySheet
from .theme import Look
from .topbar import TopBar
from .triage import Triage
from .triage_acts import TriageActs
from .words import tr

#: Rows of the outbox that are read after each act for the strip, and those that its own screen shows.
STRIP_ROWS, ALL_ROWS = 32, 200


def system_ms() -> int:
    """The present moment in UTC milliseconds."""
    return time.time_ns() // 1_000_000


class MainWindow(QMainWindow):
    """Signals: `lock_wanted()`, `closed()`, `restyled()` when it must be rebuilt for another language or other keys."""

    lock_wanted = Signal()
    closed = Signal()
    restyled = Signal()

    def __init__(
        self,
        look: Look,
        jobs: Jobs,
        *,
        memory: WindowMemory | None = None,
        keymap: Keymap | None = None,
        now: Callable[[], int] = system_ms,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.look, self.jobs, self.now = look, jobs, now
        self.memory = memory or DictMemory()
        self.keymap = keymap or Keymap()
        self.guard = KeyGuard(ticks)
        self.session: Session | None = None
        self.status: DeskStatus | None = None
        self.showing = TRIAGE
        self.feed = ChangeFeed(self)
        self.setWindowTitle("ModStation")
        self.setMinimumSize(720, 480)
        self._build()
        self.keys = KeyRouter(self, self.keymap, self.guard)
        self.dispatch = Dispatch(self)
        self._wire()
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self.tick)

    def _build(self) -> None:
        look, keymap = self.look, self.keymap
        self.topbar = TopBar(look, keymap)
        self.nav = NavRail(look, keymap)
        self.banners = Banners(look)
        self.strip = OutboxStrip(look, keymap)
        self.triage = Triage(look, self.jobs, keymap, self.guard, self.now)
        shared = (look, self.jobs, keymap, self.now)
        self.outbox = OutboxPage(*shared, tr("Outbox"))
        self.settings = SettingsPage(look, self.jobs, keymap)
        self.pages: dict[str, Page[object]] = {
            page.scope: page  # type: ignore[misc]
            for page in (
                ApprovalsPage(*shared, tr("Approvals")),
                InboxPage(*shared, tr("Escalations")),
                AsidePage(*shared, tr("Set aside")),
                MinePage(*shared, tr("My decisions")),
                PeoplePage(*shared, tr("People")),
                RulesPage(*shared, tr("Rules")),
                self.outbox,
            )
        }
        self.stack = QStackedWidget()
        for page in (self.triage, *self.pages.values(), self.settings):
            self.stack.addWidget(page)
        middle = holder(column(self.banners, self.stack, gap=0), "page")
        middle.layout().setStretch(1, 1)  # type: ignore[union-attr]
        work = row(self.nav, middle, gap=0)
        whole = holder(column(self.topbar, work, self.strip, gap=0), "page")
        self.setCentralWidget(whole)
        self.question = Question(look, self)
        self.sheet = KeySheet(look, self, keymap)
        self.palette_box = CommandPalette(look, self, keymap)
        self.why_box = WhyBox(look, self, self.jobs)
        self.why_box.failed.connect(self.fail)
        self.acts = TriageActs(self.triage, self.question)
        self.acts.outbox = lambda: list(self.strip.rows)

    def _wire(self) -> None:
        for page in self.pages.values():
            page.said.connect(self.say)
            page.acted.connect(self.acted)
            page.failed.connect(self.fail)
            page.item_wanted.connect(self.open_item)
        self.triage.said.connect(self.say)
        self.triage.acted.connect(self.acted)
        self.triage.failed.connect(self.fail)
        self.triage.command.connect(self.dispatch.run)
        self.settings.said.connect(self.say)
        self.settings.applied.connect(self.dispatch.setting_changed)
        self.jobs.failed.connect(self.fail)
        self.jobs.slow.connect(self._slow)
        self.feed.changed.connect(self.heard)
        self.nav.wanted.connect(self.go)
        self.strip.all_wanted.connect(lambda: self.go(OUTBOX))
        self.strip.pressed.connect(self._strip_pressed)
        self.topbar.search_wanted.connect(lambda: self.dispatch.run("palette"))
        self.topbar.person_pressed.connect(lambda: self.dispatch.run("go.settings"))
        self.palette_box.chosen.connect(self.dispatch.run)
        self.palette_box.item_chosen.connect(self.open_item)
        self.keys.screen = lambda: self.showing
        self.keys.boxed = self.boxed
        self.keys.run = self.dispatch.run
        self.keys.typed = self.dispatch.typed
        self.keys.released = self.dispatch.released

    # the life of a session

    def start(self, session: Session) -> None:
        """Work on an unlocked desk."""
        self.session = session
        desk = session.desk
        self.jobs.read(tr("Listening"), lambda: desk.listen(self.feed.hear), self.feed.started)
        self.triage.start(session)
        self.settings.start(desk)
        self.palette_box.desk = desk
        self.read_status()
        self.read_outbox()
        self.go(TRIAGE)
        self._tick.start()
        if session.notice:
            self.say(session.notice, "sent")

    def forget(self) -> None:
        """Drop every word of content from the screen, for the lock. What was typed is written first."""
        self._tick.stop()
        stop = self.feed.stop()
        if stop is not None:
            self.jobs.act(tr("Listening"), stop, _nothing)
        self.triage.forget()
        self.triage.queue.delegate.forget()
        for page in self.pages.values():
            page.forget()
        for box in (self.question, self.sheet, self.palette_box):
            box.close_box()
        self.palette_box.forget()
        self.why_box.forget()
        self.strip.forget()
        self.topbar.forget()
        self.banners.stand(())
        self.banners.quiet()
        self.setWindowTitle("ModStation")
        self.session = None
        self.status = None

    # reading

    def read_status(self) -> None:
        """Read lamp, counts and banners."""
        session = self.session
        if session is not None:
            self.jobs.read(tr("Reading the desk"), session.desk.status, self._show_status)

    def _show_status(self, status: DeskStatus) -> None:
        if self.session is None:
            return
        self.status = status
        self.triage.take_status(status)
        for page in self.pages.values():
            page.status = status
        self.topbar.show_status(status, self.now())
        self.nav.show_counts(status.counts)
        self.banners.stand(tuple(part for part in (status.read_only, *status.banners) if part))

    def read_outbox(self) -> None:
        """Read the outbox for the strip."""
        session = self.session
        if session is not None:
            desk, limit = session.desk, ALL_ROWS if self.showing == OUTBOX else STRIP_ROWS
            self.jobs.read(tr("Reading the outbox"), lambda: desk.outbox(limit), self._show_outbox)

    def _show_outbox(self, rows: list[OutboxRow]) -> None:
        if self.session is not None:
            self.strip.show_rows(rows, self.now())
            if self.showing == OUTBOX:
                self.outbox.take(rows)

    # hearing

    def acted(self, change: Changed) -> None:
        """An act of this person has gone through."""
        if change.message:
            self.say(change.message, "ack", ms=6000)
        self.feed.gather(change)

    def heard(self, change: Changed) -> None:
        """Refresh the parts a change touches, and only those."""
        if self.session is None:
            return
        if change.items or change.queue:
            self.triage.heard(change)
        if change.outbox or change.decision:
            self.read_outbox()
        if change.status or change.outbox or change.approvals or change.inbox or change.decision or change.queue:
            self.read_status()
        for screen, told in (("approvals", change.approvals), ("inbox", change.inbox), ("mine", bool(change.decision))):
            if told and self.showing == screen:
                self.pages[screen].refresh()

    def say(self, words: str, tone: str, ms: int = 0) -> None:
        """Say something above the work."""
        self.banners.say(words, tone, ms=ms)

    def fail(self, name: str, error: ModStationError) -> None:
        """Tell what did not work, why, and what to do next; the sentence stays until it is put away."""
        self.banners.say(" ".join(part for part in (name, str(error)) if part), "ref")

    def _slow(self, names: tuple[str, ...]) -> None:
        words = tr(", ").join(names)
        self.strip.words.say(tr("{names}, still running", names=words) if names else "")
        self.strip.words.setVisible(bool(names) or not self.strip.rows)
        if not names and not self.strip.rows:
            self.strip.words.say(tr("Nothing is on its way."))

    # moving

    def go(self, screen: str) -> None:
        """Show a screen; the list there has the focus."""
        if screen != TRIAGE and self.showing == TRIAGE:
            self.triage.media.unpeek()
        self.showing = screen
        self.nav.show_screen(screen)
        page: QWidget = self.settings if screen == "settings" else self.pages.get(screen, self.triage)
        self.stack.setCurrentWidget(page)
        self.focus_list()
        listed = self.pages.get(screen)
        if listed is not None and self.session is not None:
            listed.start(self.session.desk)

    def focus_list(self) -> None:
        """Put the focus where single keys work."""
        listed = self.pages.get(self.showing)
        if listed is not None:
            (listed.list if listed.rows else listed).setFocus()
        elif self.showing == TRIAGE:
            self.triage.focus_list()
        else:
            self.settings.first.setFocus()

    def open_item(self, no: int) -> None:
        """Open an item in Triage, on the list or beside it."""
        self.go(TRIAGE)
        position = self.triage.queue.model.position_of(no)
        if position >= 0:
            self.triage.queue.set_current(position)
        else:
            self.triage.queue.position = -1
            self.triage.queue.delegate.current = no
        self.triage.show_number(no)

    def _strip_pressed(self, entry: OutboxRow) -> None:
        if entry.state is OutboxState.HELD:
            self.dispatch.run("undo")
        else:
            self.go(OUTBOX)

    def boxed(self) -> bool:
        """Whether a box is open over the window."""
        return any(box.isVisible() for box in (self.question, self.sheet, self.palette_box, self.why_box))

    def situation(self) -> Situation:
        """What is on the screen, for the command table."""
        listed = self.pages.get(self.showing)
        if listed is not None:
            return listed.situation()
        if self.showing == TRIAGE:
            return self.triage.situation()
        return Situation(
            screen=self.showing,
            roles=frozenset(self.status.roles) if self.status else frozenset(),
            undoable=bool(self.status and self.status.newest_undoable),
        )

    # Qt's side

    def tick(self) -> None:
        """Once a second: due times, countdowns, the lamp."""
        now = self.now()
        self.strip.tick(now)
        self.topbar.tick(now)
        if now // 1000 % 10 == 0:
            self.triage.queue.tick(now)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold what has no room, by width divided by the text size."""
        self.fold()
        super().resizeEvent(event)

    def fold(self) -> None:
        """Fold what has no room."""
        width = round(self.width() * 100 / self.look.percent)
        self.nav.fold(width < 1320)
        self.triage.fold(width)

    def changeEvent(self, event: QEvent) -> None:
        """Cover a peek when the window is left."""
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.triage.media.unpeek()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Write what was typed, remember the window, then tell whoever drains the rest."""
        self.triage.drafts.flush()
        self.remember()
        self.keys.active = False
        self.closed.emit()
        event.accept()

    def remember(self) -> None:
        """Keep place and size for the next start."""
        area = self.geometry()
        self.memory.put("window", f"{area.x()},{area.y()},{area.width()},{area.height()}")

    def detach(self) -> None:
        """Take the window apart: stop watching keys and timers."""
        self.keys.detach()
        self._tick.stop()


def _nothing(_: object) -> None:
    """The answer is not needed."""
