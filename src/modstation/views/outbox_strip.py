"""The strip at the bottom: every measure on its way, with its state in words and at most one thing to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from modstation.models.measures import OutboxState
from modstation.models.screen import OutboxRow

from . import tokens
from .commands import Keymap
from .desk_words import said
from .formats import OUTBOX_LOOK, OUTBOX_STATES, clock
from .icons import paint_icon
from .layouts import clear, row
from .parts import KeyButton, Plain, cap_size, paint_cap, plain_tip
from .text import one_line
from .theme import Look
from .words import tr

#: Chips shown at most; the rest is one key away.
SHOWN = 8


def tail_words(entry: OutboxRow, now: int) -> str:
    """What stands behind the act: a countdown in whole seconds, a moment, the forum's own words."""
    if entry.state is OutboxState.HELD:
        left = max(0, -(-(entry.until - now) // 1000))
        return tr("{n} s left", n=left) if left else tr("goes out now")
    if entry.state is OutboxState.WAITING:
        return tr("from {time}", time=clock(entry.until, now)) if entry.until else tr("after the one before")
    if entry.state is OutboxState.REFUSED:
        return one_line(said(entry.words or entry.detail), 60)
    if entry.state is OutboxState.ACKNOWLEDGED and entry.by:
        return tr("already so, by {name}", name=one_line(entry.by, 24))
    return one_line(entry.detail, 60) or clock(entry.at, now)


def sentence_case(what: str) -> str:
    """What a row does, beginning as a sentence does."""
    line = one_line(what, 120)
    return line[:1].upper() + line[1:]


def needs_person(entry: OutboxRow) -> bool:
    """Whether somebody must look at it."""
    return entry.state in (OutboxState.REFUSED, OutboxState.CONFLICT) and not entry.settled


class OutboxChip(QWidget):
    """One row of the outbox as a chip. Signals: `pressed(row)`."""

    pressed = Signal(object)

    def __init__(self, look: Look, keymap: Keymap) -> None:
        super().__init__()
        self.look = look
        self.keymap = keymap
        self.entry: OutboxRow | None = None
        self.now = 0
        self.newest = False
        self.short = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        look.changed.connect(self.updateGeometry)

    def say(self, entry: OutboxRow, now: int, *, newest: bool, short: bool = False) -> None:
        """Show a row; only the newest held one offers the undo key."""
        before = self._texts() if self.entry is not None else None
        self.entry, self.now, self.newest, self.short = entry, now, newest, short
        if self._texts() != before:
            self.setAccessibleName(" ".join(part for part in self._texts() if part))
            self.setToolTip(plain_tip(" ".join(p for p in (entry.what, entry.words, entry.detail) if p)))
            self.updateGeometry()
        self.update()

    def _texts(self) -> tuple[str, str, str, str, str]:
        """State, act, tail, action and its key."""
        entry = self.entry
        if entry is None:
            return ("", "", "", "", "")
        state = tr(OUTBOX_STATES[entry.state])
        what = "" if self.short else sentence_case(entry.what)[:44]
        tail = tail_words(entry, self.now)
        if entry.state is OutboxState.HELD and self.newest:
            return (state, what, tail, tr("Undo"), self.keymap.first("undo"))
        if entry.state is OutboxState.CONFLICT and not entry.settled:
            return (state, what, "" if self.short else tail, tr("Settle"), self.keymap.first("go.outbox"))
        if needs_person(entry):
            return (state, what, "" if self.short else tail, tr("Resolve"), self.keymap.first("go.outbox"))
        return (state, what, "" if self.short and entry.state is not OutboxState.HELD else tail, "", "")

    def sizeHint(self) -> QSize:
        """Room for its words, cut only where the forum's own words are long."""
        px = self.look.px
        bold, plain = QFontMetrics(self.look.font(12, 600)), QFontMetrics(self.look.font(12))
        state, what, tail, action, key = self._texts()
        width = px(12 + 16 + 6) + bold.horizontalAdvance(state)
        for words in (what, tail):
            width += plain.horizontalAdvance(words) + px(8) if words else 0
        if action:
            width += px(17) + bold.horizontalAdvance(action)
            width += cap_size(self.look, key).width() + px(8) if key else 0
        return QSize(width + px(14), px(32))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Do what it offers."""
        if self.entry is not None and self.rect().contains(event.position().toPoint()):
            self.pressed.emit(self.entry)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        entry = self.entry
        if entry is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, px = self.look, self.look.px
        icon, tone = OUTBOX_LOOK[entry.state]
        painter.setBrush(look.colour("sunken" if tone == "t2" else f"{tone}_bg"))
        border = needs_person(entry)
        painter.setPen(QPen(look.colour(f"{tone}_ln"), 1) if border else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        state, what, tail, action, key = self._texts()
        left = px(12)
        paint_icon(painter, icon, left, (self.height() - px(16)) // 2, px(16), look.colour(tone))
        left += px(22)
        left = self._words(painter, left, state, 600, tone)
        for words, token in ((what, "t1"), (tail, "t2")):
            left = self._words(painter, left + px(8), words, 400, token) if words else left
        if action:
            left += px(8)
            painter.fillRect(QRect(left, px(8), 1, self.height() - px(16)), look.colour(tone))
            left = self._words(painter, left + px(8), action, 600, tone)
            if key:
                size = cap_size(look, key)
                box = QRect(left + px(8), (self.height() - size.height()) // 2, size.width(), size.height())
                paint_cap(painter, look, box, key)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _words(self, painter: QPainter, left: int, words: str, weight: int, token: str) -> int:
        painter.setFont(self.look.font(12, weight))
        painter.setPen(self.look.colour(token))
        width = painter.fontMetrics().horizontalAdvance(words)
        painter.drawText(QRect(left, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
        return left + width


class OutboxStrip(QWidget):
    """Signals: `pressed(row)`, `all_wanted()`."""

    pressed = Signal(object)
    all_wanted = Signal()

    def __init__(self, look: Look, keymap: Keymap) -> None:
        super().__init__()
        self.look, self.keymap = look, keymap
        self.setObjectName("nav")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rows: tuple[OutboxRow, ...] = ()
        self.now = 0
        self._chips: list[OutboxChip] = []
        self.box = QHBoxLayout()
        self.box.setSpacing(8)
        self.words = Plain("", "sub")
        self.everything = KeyButton(look, tr("All"), keymap.first("go.outbox"), "", "quiet")
        self.everything.clicked.connect(self.all_wanted.emit)
        layout = row(Plain(tr("Outbox"), "section"), 4, gap=8, margins=(16, 0, 12, 0))
        layout.addLayout(self.box)
        layout.addStretch(1)
        layout.addWidget(self.words)
        layout.addWidget(self.everything)
        self.setLayout(layout)
        look.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self.look.px(tokens.OUTBOX))

    def show_rows(self, rows: Sequence[OutboxRow], now: int) -> None:
        """Show the outbox: what is still under way or needs somebody first, then what was lately confirmed."""
        self.rows, self.now = tuple(rows), now
        self.everything.say(tr("All"))
        self._place()

    def tick(self, now: int) -> None:
        """Count the held seconds down; nothing else moves."""
        self.now = now
        held = [entry for entry in self.rows if entry.state is OutboxState.HELD]
        if held:
            self._place()

    def shown(self) -> list[OutboxRow]:
        """What the strip has room to tell about, in order."""
        fresh = sorted(self.rows, key=lambda one: -one.at)
        held = [one for one in fresh if one.state is OutboxState.HELD]
        trouble = [one for one in fresh if needs_person(one)]
        others = [one for one in fresh if one.state is not OutboxState.HELD and not needs_person(one)]
        return [*held[:2], *trouble[:2], *others][:SHOWN]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many chips as have room."""
        self._place()

    def _place(self) -> None:
        wanted = self.shown()
        while len(self._chips) < len(wanted):
            chip = OutboxChip(self.look, self.keymap)
            chip.pressed.connect(self.pressed.emit)
            self._chips.append(chip)
            self.box.addWidget(chip)
        newest = next((one for one in wanted if one.state is OutboxState.HELD), None)
        room = self.width() - self.look.px(250)
        short = self.width() < self.look.px(1200)
        for number, chip in enumerate(self._chips):
            if number >= len(wanted):
                chip.hide()
                continue
            chip.say(wanted[number], self.now, newest=wanted[number] is newest, short=short)
            room -= chip.sizeHint().width() + 8
            chip.setVisible(room >= 0)
        self.words.say("" if wanted else tr("Nothing is on its way."))
        self.words.setVisible(not wanted)

    def forget(self) -> None:
        """Drop everything, for the lock."""
        self.rows = ()
        clear(self.box)
        self._chips = []
        self._place()
