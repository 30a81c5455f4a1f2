"""The bar at the top: desk and forum, the lamp in words, the search box that opens the palette, the person."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from modstation.models.screen import DeskStatus, ForumStatus

from . import tokens
from .commands import Keymap
from .desk_words import said
from .formats import clock, roles_words, seconds_ago
from .layouts import column, row
from .parts import Avatar, Elided, Glyph, KeyCap, Mark, Plain
from .text import initials, one_line
from .theme import Look
from .words import tr, trn


class Lamp(QWidget):
    """A dot that is full while the forum answers and hollow while it does not. The words beside it say the same."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.tone, self.full = "ack_ln", True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_as(self, tone: str, full: bool) -> None:
        """Take a colour token and a shape."""
        self.tone, self.full = tone, full
        self.update()

    def sizeHint(self) -> QSize:
        """A small dot."""
        return QSize(self.look.px(10), self.look.px(10))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self.look.colour(self.tone)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(colour if self.full else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(self.rect().adjusted(1, 1, -2, -2))


#: Lamp of each state of a forum: tone, full or hollow.
LAMPS: dict[str, tuple[str, bool]] = {
    "working": ("ack_ln", True),
    "waiting": ("held_ln", False),
    "offline": ("held_ln", False),
    "refused": ("ref_ln", False),
    "paused": ("ctl", False),
    "never": ("ctl", False),
}


def forum_words(forum: ForumStatus, now: int, *, short: bool = False) -> str:
    """A forum's state in words."""
    name = one_line(forum.name, 30)
    if forum.state == "working":
        if not forum.last_sync:
            return tr("{forum} answers", forum=name)
        when = seconds_ago(now - forum.last_sync)
        return when if short else tr("Synced {when}", when=when)
    if forum.state == "never" and forum.last_sync:
        return tr("{forum}: the first sync is under way", forum=name)
    if forum.state == "waiting":
        return tr("{forum} asked to wait until {time}", forum=name, time=clock(forum.until, now))
    if forum.state == "offline":
        return tr("Offline since {time}", time=clock(forum.since, now))
    if forum.state == "refused":
        return tr("{forum} refuses the key: {words}", forum=name, words=one_line(said(forum.words), 60))
    if forum.state == "paused":
        return tr("{forum} is paused", forum=name)
    return tr("{forum} was never reached", forum=name)


def worst(forums: tuple[ForumStatus, ...]) -> ForumStatus | None:
    """The forum whose state needs attention most."""
    order = ("refused", "offline", "waiting", "never", "paused", "working")
    return min(forums, key=lambda one: order.index(one.state) if one.state in order else 0, default=None)


class SearchBox(QFrame):
    """Looks like a field, opens the palette. Signals: `pressed()`."""

    pressed = Signal()

    def __init__(self, look: Look, keymap: Keymap) -> None:
        super().__init__()
        self.setObjectName("card")
        self.words = Plain(tr("Search or run a command"), "sub")
        self.look = look
        self.caps = [KeyCap(look, part) for part in keymap.first("palette").split("+") if part]
        glyph = Glyph(look, "magnifying-glass")
        self.setLayout(row(glyph, self.words, None, *self.caps, gap=8, margins=(12, 4, 8, 4)))
        self.setAccessibleName(tr("Search or run a command"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The caps give way to the words."""
        for cap in self.caps:
            cap.setVisible(self.width() >= self.look.px(270))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open it."""
        self.pressed.emit()


class TopBar(QWidget):
    """Signals: `search_wanted()`, `person_pressed()`."""

    search_wanted = Signal()
    person_pressed = Signal()

    def __init__(self, look: Look, keymap: Keymap) -> None:
        super().__init__()
        self.look = look
        self.setObjectName("nav")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.mark = Mark(look, "M", 26)
        self.desk = Elided(look, "strong")
        self.desk.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.lamp = Lamp(look)
        self.sync = Plain("", "sub")
        self.waiting = Plain("", "held")
        self.search = SearchBox(look, keymap)
        self.search.pressed.connect(self.search_wanted.emit)
        self.avatar = Avatar(look, "", 28)
        self.person = Plain("", "strong")
        self.roles = Plain("", "caption")
        self._status: DeskStatus | None = None
        who = column(self.person, self.roles, gap=0)
        layout = row(self.mark, self.desk, 12, self.lamp, self.sync, self.waiting, None, gap=8, margins=(16, 0, 16, 0))
        layout.addWidget(self.search, 3)
        layout.addStretch(2)
        layout.addWidget(self.avatar)
        layout.addLayout(who)
        self.setLayout(layout)
        look.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self.look.px(tokens.TOP_BAR))
        self.search.setMaximumWidth(self.look.px(400))
        self.search.setMinimumWidth(self.look.px(220))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press on the person opens their menu."""
        if event.position().x() >= self.avatar.x():
            self.person_pressed.emit()

    def show_status(self, status: DeskStatus, now: int) -> None:
        """Show desk, lamp and person."""
        self._status = status
        self.mark.say(initials(status.desk_name)[:1])
        self.desk.say(one_line(status.desk_name, 40))
        self.avatar.say(status.person)
        self.person.say(one_line(status.person, 24))
        self.roles.say(roles_words(status.roles))
        self.tick(now)

    def tick(self, now: int) -> None:
        """Say how long ago the last sync was."""
        status = self._status
        if status is None:
            return
        forum = worst(status.forums)
        short = self.width() < self.look.px(1320)
        if forum is None:
            self.sync.say(tr("No forum is connected"))
            self.lamp.show_as("ctl", False)
        else:
            tone, full = LAMPS.get(forum.state, ("ctl", False))
            self.lamp.show_as(tone, full)
            self.sync.say(forum_words(forum, now, short=short))
        waiting = sum(one.to_send for one in status.forums)
        self.waiting.say(
            ""
            if not waiting
            else trn("{n} waiting", "{n} waiting", waiting)
            if short
            else trn("{n} waiting to send", "{n} waiting to send", waiting)
        )

    def forget(self) -> None:
        """Drop names, for the lock."""
        self._status = None
        for label in (self.sync, self.waiting, self.person, self.roles):
            label.say("")
        self.avatar.say("")
        self.desk.say("")
