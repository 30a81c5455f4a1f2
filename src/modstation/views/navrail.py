"""The rail at the left: one entry a screen, with its count; folded to icons in a narrow window."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from . import tokens
from .commands import SCREENS, Keymap
from .icons import paint_icon
from .layouts import column, line, row
from .parts import KeyCap, Plain, plain_tip
from .theme import Look
from .words import tr


class NavEntry(QWidget):
    """One screen. Signals: `pressed()`."""

    pressed = Signal()

    def __init__(self, look: Look, name: str, icon: str, key: str) -> None:
        super().__init__()
        self.look, self.name, self.icon_name, self.key = look, name, icon, key
        self.count = 0
        self.active = self.folded = self._over = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        look.changed.connect(self.updateGeometry)
        self._tell()

    def _tell(self) -> None:
        self.setAccessibleName(f"{self.name}, {self.count}" if self.count else self.name)
        self.setAccessibleDescription(self.key)
        self.setToolTip(plain_tip(f"{self.name} ({self.key})"))

    def show_as(self, *, count: int | None = None, active: bool | None = None, folded: bool | None = None) -> None:
        """Change count, whether it is the open screen, whether only the icon has room."""
        self.count = self.count if count is None else count
        self.active = self.active if active is None else active
        self.folded = self.folded if folded is None else folded
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(self.look.px(40), self.look.px(34))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if self.rect().contains(event.position().toPoint()):
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter go there when it has the focus."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.pressed.emit()
        else:
            event.ignore()

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer is over it."""
        self._over = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        """The pointer left."""
        self._over = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, px = self.look, self.look.px
        if self.active or self._over:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent_bg" if self.active else "hover"))
            painter.drawRoundedRect(self.rect(), 6, 6)
        ink = look.colour("accent" if self.active else "t2")
        left = (self.width() - px(18)) // 2 if self.folded else px(12)
        paint_icon(painter, self.icon_name, left, (self.height() - px(18)) // 2, px(18), ink)
        count = str(self.count) if self.count < 1000 else "999+"
        painter.setPen(ink)
        if self.folded:
            if self.count:
                painter.setFont(look.font(10, 600))
                painter.drawText(QRect(0, 0, self.width() - 2, px(14)), Qt.AlignmentFlag.AlignRight, count)
        else:
            painter.setFont(look.font(13, 600))
            box = QRect(px(42), 0, self.width() - px(54), self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self.name)
            if self.count:
                painter.setFont(look.font(12, 600))
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)


#: Which of the desk's counts each screen shows.
COUNTS: dict[str, str] = {"triage": "open", "approvals": "approvals", "inbox": "inbox", "aside": "set_aside"}


class NavRail(QWidget):
    """Signals: `wanted(screen)`, `sheet_wanted()`."""

    wanted = Signal(str)
    sheet_wanted = Signal()

    def __init__(self, look: Look, keymap: Keymap) -> None:
        super().__init__()
        self.look = look
        self.setObjectName("nav")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._folded = False
        self.entries: dict[str, NavEntry] = {}
        box = column(gap=2, margins=(8, 12, 8, 12))
        for screen in SCREENS:
            command = keymap.commands[f"go.{screen}"]
            entry = NavEntry(look, tr(command.title), command.icon, keymap.first(command.id))
            entry.pressed.connect(lambda chosen=screen: self.wanted.emit(chosen))
            self.entries[screen] = entry
            if screen == "people":
                box.addSpacing(8)
                box.addWidget(line())
                box.addSpacing(8)
            box.addWidget(entry)
        box.addStretch(1)
        self.sheet_words = Plain(tr("Shortcuts"), "sub")
        self.sheet_cap = KeyCap(look, keymap.first("sheet"))
        box.addLayout(row(12, self.sheet_words, None, self.sheet_cap))
        self.setLayout(box)
        look.changed.connect(lambda: self.fold(self._folded))
        self.fold(False)

    def fold(self, folded: bool) -> None:
        """Only icons, or names too."""
        self._folded = folded
        self.setFixedWidth(self.look.px(tokens.RAIL_FOLDED if folded else tokens.RAIL))
        self.sheet_words.setVisible(not folded)
        for entry in self.entries.values():
            entry.show_as(folded=folded)

    def show_screen(self, screen: str) -> None:
        """Light the entry of a screen."""
        for name, entry in self.entries.items():
            entry.show_as(active=name == screen)

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """Show what waits on each screen."""
        for screen, entry in self.entries.items():
            entry.show_as(count=counts.get(COUNTS.get(screen, ""), 0))
