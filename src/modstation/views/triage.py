"""Triage: the list, the item and the rail side by side, and what joins them.

Showing the next item never waits for the journal: it was read ahead. A decision is shown as made only after the desk
has said so; until then its row says that it is being recorded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from modstation.models.errors import ModStationError
from modstation.models.ids import PolicyId
from modstation.models.people import Role
from modstation.models.screen import Changed, DeskStatus, ItemView, Preview, QueueFilter, RailPolicy

from .commands import TRIAGE, Keymap, Situation
from .drafts import Drafts
from .item_pane import ItemPane, needs_cover
from .jobs import Jobs
from .keyguard import KeyGuard
from .layouts import column
from .media_control import MediaControl
from .ports import Session
from .queue_pane import QueuePane
from .rail import Rail
from .theme import Look
from .words import language, tr

#: Milliseconds an item must stay on the screen before it is opened: passing by claims nothing.
DWELL = 180
#: Items read ahead that are kept.
AHEAD = 8


@dataclass(frozen=True, slots=True)
class Fetched:
    """An item with the policies of its profiles, read together."""

    view: ItemView
    policies: tuple[RailPolicy, ...]


class Triage(QWidget):
    """Signals: `said(words, tone)`, `acted(Changed)`, `failed(words, error)`, `command(id)`."""

    said = Signal(str, str)
    acted = Signal(object)
    failed = Signal(str, object)
    command = Signal(str)

    def __init__(self, look: Look, jobs: Jobs, keymap: Keymap, guard: KeyGuard, now: Callable[[], int]) -> None:
        super().__init__()
        self.look, self.jobs, self.guard, self.now = look, jobs, guard, now
        self.session: Session | None = None
        self.status: DeskStatus | None = None
        self.no = 0
        self.opened = 0
        self.looked = 0
        self._uncovered: set[int] = set()
        self._ahead: OrderedDict[int, Fetched] = OrderedDict()
        self._reading: set[int] = set()
        self._enter_waits = False
        self.narrow = False
        self.drafts = Drafts(jobs, self)
        self.queue = QueuePane(look, jobs)
        self.item = ItemPane(look, jobs)
        self.rail = Rail(look, keymap)
        self.media = MediaControl(self.item, jobs, now)
        self._timers()
        self._wire()
        self._lay_out()

    def _timers(self) -> None:
        self._dwell = self._timer(DWELL, self._open_here)
        self._again = self._timer(120, self._preview)

    def _timer(self, wait: int, then: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(wait)
        timer.timeout.connect(then)
        return timer

    def _wire(self) -> None:
        self.queue.chosen.connect(self.show_number)
        self.queue.filter_changed.connect(self.show_list)
        self.queue.new_wanted.connect(lambda: self.command.emit("new"))
        self.queue.model.loaded.connect(lambda _: self._list_came())
        self.rail.policy_picked.connect(lambda policy: self.choose(PolicyId(policy)))
        self.rail.choices_changed.connect(self._preview)
        self.rail.reason_changed.connect(self._typed)
        self.rail.command.connect(self.command.emit)
        self.media.said.connect(lambda words: self.said.emit(words, "held"))
        self.media.acted.connect(self.acted.emit)

    def _lay_out(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        for part in (self.queue, self.item, self.rail):
            self.splitter.addWidget(part)
        self.splitter.setStretchFactor(1, 1)
        self.setLayout(column(self.splitter, gap=0))

    def fold(self, width: int) -> None:
        """Give list and rail the widths that a window of that many unscaled pixels leaves them."""
        px = self.look.px
        self.queue.setFixedWidth(px(340 if width >= 1240 else 280))
        self.rail.setFixedWidth(px(320 if width >= 1160 else 304))
        self.narrow = width < 1000
        self.queue.setVisible(not self.narrow or self.queue.filters.isVisibleTo(self.queue))

    def focus_list(self) -> None:
        """Put the focus where single keys work: the list, or the item where the list has no room."""
        (self.item.scroller if self.queue.isHidden() else self.queue.table).setFocus()

    # the life of a session

    def start(self, session: Session) -> None:
        """Work on a desk."""
        self.session = session
        self.drafts.desk = session.desk
        self.media.session = session
        self.show_list(self.queue.wanted())

    def forget(self) -> None:
        """Drop every word of content, for the lock. Typed text is written first."""
        self.media.cover_all(text=False)
        self.drafts.forget()
        self._dwell.stop()
        self.session = None
        self.media.session = None
        self.no = self.opened = self.looked = 0
        self._ahead.clear()
        self._reading.clear()
        self._uncovered.clear()
        self.item.clear()
        self.rail.forget()
        self.queue.model.forget()
        self.queue.delegate.current = 0

    def show_list(self, wanted: QueueFilter) -> None:
        """Read a list."""
        if self.session is not None:
            self.queue.model.now = self.now()
            self.queue.model.show(self.session.desk, wanted)

    def _list_came(self) -> None:
        position = self.queue.model.position_of(self.no) if self.no else 0
        no = self.queue.set_current(max(position, 0))
        if no:
            self.show_number(no)
        else:
            self.leave()
            self.item.clear(self.queue.nothing_words())
            self.rail.forget()

    # showing items

    def show_number(self, no: int) -> None:
        """Show an item; what is on the screen until it has come stays."""
        if not no or self.session is None:
            return
        if no == self.no and self.item.view is not None:
            return
        self.leave()
        self.no = no
        self.guard.item_changed()
        self.rail.drop_choice()
        fetched = self._ahead.get(no)
        if fetched is not None:
            self._show(fetched)
        else:
            self.rail.set_reason("")
            self._fetch(no)

    def leave(self) -> None:
        """Leave the item that is open, without deciding it."""
        self._enter_waits = False
        self._dwell.stop()
        self.media.cover_all(text=False)
        self.drafts.flush()
        session, no = self.session, self.opened
        if session is not None and no:
            self.opened = self.looked = 0
            self.jobs.act(tr("Leaving an item"), lambda: session.desk.leave_item(no), self._left)
        self.no = 0

    def _left(self, change: Changed) -> None:
        """The claim is given back; that is no news to the person who left."""
        self.acted.emit(replace(change, message=""))

    def _fetch(self, no: int) -> None:
        session = self.session
        if session is None or no in self._reading or not no:
            return
        self._reading.add(no)
        tongue = language()

        def work() -> Fetched:
            return Fetched(session.desk.item(no), session.desk.policies(no, tongue))

        self.jobs.read(tr("Reading an item"), work, self._fetched, partial(self._not_fetched, no))

    def _fetched(self, fetched: Fetched) -> None:
        no = fetched.view.row.no
        self._reading.discard(no)
        self._ahead[no] = fetched
        while len(self._ahead) > AHEAD:
            self._ahead.popitem(last=False)
        if no == self.no and (self.item.view is None or self.item.view.row.no != no or self.item.view != fetched.view):
            self._show(fetched)

    def _not_fetched(self, no: int, error: ModStationError) -> None:
        self._reading.discard(no)
        if no == self.no:
            self.item.clear(str(error))
            self.rail.forget()

    def _show(self, fetched: Fetched) -> None:
        view = fetched.view
        fresh = self.item.view is None or self.item.view.row.no != view.row.no
        covered = needs_cover(view) and view.row.no not in self._uncovered and (fresh or self.item.covered)
        count = self.queue.model.rowCount()
        place = tr("{n} of {all}", n=self.queue.position + 1, all=count) if self.queue.position >= 0 else ""
        self.item.show_item(view, position=place, covered=covered, now=self.now())
        self.rail.show_policies(fetched.policies)
        if fresh or not self.rail.reason.hasFocus():
            self.rail.set_reason(self.drafts.of(view.row.no, view.draft))
        if self.opened != view.row.no:
            self._dwell.start()

    def _open_here(self) -> None:
        """The item has stayed: seal it, claim it, start its clock, and read the next ones ahead."""
        session, no = self.session, self.no
        if session is not None and no and self.opened != no:
            self.opened = no
            self.jobs.act(tr("Opening an item"), lambda: session.desk.open_item(no), self._opened, self._not_opened)
        self.read_ahead()

    def read_ahead(self) -> None:
        """Read the neighbours before they are asked for."""
        for by in (1, 2):
            no = self.queue.ahead(by)
            if no and no not in self._ahead:
                self._fetch(no)

    def _opened(self, view: ItemView) -> None:
        self.looked = view.row.no
        kept = self._ahead.get(view.row.no)
        if kept is not None:
            self._ahead[view.row.no] = Fetched(view, kept.policies)
        if view.row.no == self.no and self.item.view is not None:
            moved = self.item.view.revision_hash != view.revision_hash
            self._show(Fetched(view, self.rail.policies))
            if moved and self.rail.policy is not None:
                self.rail.drop_choice()
                self.said.emit(tr("The post was changed at the forum. Look again before you decide."), "held")

    def _not_opened(self, error: ModStationError) -> None:
        self.opened = 0
        self.failed.emit(tr("Opening an item"), error)

    # choosing

    def choose(self, policy: PolicyId) -> None:
        """The person picks a policy."""
        if self.item.view is not None and self.session is not None:
            self.rail.choose(policy)
            self._enter_waits = False
            self._open_here()
            self._preview()

    def _typed(self, text: str) -> None:
        if self.no:
            self.drafts.typed(self.no, text)
            if self.rail.policy is not None:
                self._again.start()

    def _preview(self) -> None:
        session, no, policy = self.session, self.no, self.rail.policy
        if session is None or policy is None or not no:
            return
        choices, reason, article = self.rail.chosen, self.rail.reason_text(), self.rail.article.text().strip()
        tongue, looked = language(), self.looked == no

        def work() -> Preview:
            # Who chooses a policy has the post before them: it is opened before the desk says what may be done.
            if not looked:
                session.desk.open_item(no)
            return session.desk.preview(no, policy, choices, reason, article, tongue)

        self.jobs.read(tr("Working out what it would do"), work, partial(self._previewed, no, policy))

    def _previewed(self, no: int, policy: PolicyId, preview: Preview) -> None:
        if no == self.no and policy == self.rail.policy:
            self.rail.show_preview(preview)
            if self._enter_waits:
                self._enter_waits = False
                self.command.emit("decide")

    def enter_waits(self) -> bool:
        """Enter came before the consequence was worked out: it counts once that is on the screen."""
        if self.rail.policy is not None and self.rail.preview is None:
            self._enter_waits = True
            return True
        return False

    # what others changed

    def heard(self, change: Changed) -> None:
        """Refresh what a change touches; the order of the list stays."""
        for no in change.items:
            self._ahead.pop(no, None)
        if change.items:
            self.queue.model.refresh(change.items)
            if self.no in change.items:
                self._fetch(self.no)
        if change.queue:
            self.queue.model.look_for_new()

    def take_status(self, status: DeskStatus) -> None:
        """Know what the frame around the work shows; an empty list says whether anything was fetched at all."""
        self.status = status
        fetched = any(forum.last_sync for forum in status.forums)
        if fetched != self.queue.fetched:
            self.queue.fetched = fetched
            self.queue.recount()

    def situation(self) -> Situation:
        """What is on this screen, for the command table."""
        preview, view = self.rail.preview, self.item.view
        missing = tr("; ").join(preview.missing) if preview else ""
        return Situation(
            screen=TRIAGE,
            roles=frozenset(self.status.roles) if self.status else frozenset(Role),
            read_only=self.status.read_only if self.status else "",
            has_item=view is not None and bool(self.no),
            covered_item=self.item.covered,
            has_policy=self.rail.policy is not None,
            missing=missing,
            why_not=preview.why_not if preview and not preview.allowed else "",
            undoable=bool(self.status and self.status.newest_undoable),
            selected=len(self.queue.model.selected),
            new_items=1 if self.queue.pill_line.isVisibleTo(self.queue) else 0,
            media=len(self.item.cards),
        )

    def uncover(self) -> None:
        """V."""
        self.media.reveal()
        if not self.item.covered and self.no:
            self._uncovered.add(self.no)

    def cover(self) -> None:
        """Q."""
        self._uncovered.discard(self.no)
        self.media.cover_all()
