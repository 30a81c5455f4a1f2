"""A plain list of two-line rows for the screens beside Triage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from .icons import paint_icon
from .queue_pane import RowTable
from .theme import Look

Index = QModelIndex | QPersistentModelIndex
ENTRY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, ready to paint. `key` names it; `head` makes it a heading that cannot be chosen."""

    key: str
    title: str
    second: str = ""
    right: str = ""
    state: str = ""
    icon: str = ""
    tone: str = "t2"
    head: bool = False


class EntryModel(QAbstractTableModel):
    """Entries, one column."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: tuple[Entry, ...] = ()

    def show(self, entries: Sequence[Entry]) -> None:
        """Take other rows."""
        self.beginResetModel()
        self.entries = tuple(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many rows there are."""
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """One."""
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The entry, or one sentence for a screen reader."""
        if not index.isValid() or index.row() >= len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == ENTRY:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(part for part in (entry.state, entry.title, entry.second, entry.right) if part)
        return None


class EntryDelegate(QStyledItemDelegate):
    """Paints entries: state in a column of its own where there is one, then two lines, then something at the right."""

    def __init__(self, look: Look, owner: RowList) -> None:
        super().__init__()
        self.look = look
        self.owner = owner

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for all."""
        return QSize(self.look.px(200), self.look.px(52))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the entry at an index."""
        entry = index.data(ENTRY)
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        chosen = index.row() == self.owner.position
        if entry.head:
            self._paint_head(painter, box, entry)
            return
        fill = "select" if chosen else "hover" if state & QStyle.StateFlag.State_MouseOver else "surface"
        painter.fillRect(box, self.look.colour(fill))
        painter.fillRect(box.left(), box.bottom(), box.width(), 1, self.look.colour("line"))
        self._paint_entry(painter, box, entry, chosen)
        if chosen:
            painter.fillRect(box.left(), box.top(), 3, box.height(), self.look.colour("accent"))
            if self.owner.hasFocus():
                painter.setPen(QPen(self.look.colour("accent"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(box.adjusted(1, 1, -1, -2))

    def _paint_head(self, painter: QPainter, box: QRect, entry: Entry) -> None:
        painter.fillRect(box, self.look.colour("sunken"))
        painter.setFont(self.look.font(12, 600))
        painter.setPen(self.look.colour("t2"))
        inner = box.adjusted(self.look.px(16), 0, -self.look.px(16), 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, entry.title)
        painter.setFont(self.look.font(12))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, entry.right)

    def _paint_entry(self, painter: QPainter, box: QRect, entry: Entry, chosen: bool) -> None:
        px, look = self.look.px, self.look
        left, right = box.left() + px(16), box.right() - px(16)
        if entry.icon:
            paint_icon(painter, entry.icon, left, box.top() + px(9), px(16), look.colour(entry.tone))
            left += px(24)
        if entry.state:
            self._words(painter, QRect(left, box.top() + px(7), px(124), px(20)), entry.state, 12, 600, entry.tone)
            left += px(130)
        if entry.right:
            painter.setFont(look.font(12))
            width = painter.fontMetrics().horizontalAdvance(entry.right)
            box_right = QRect(right - width, box.top() + px(7), width + 1, px(20))
            self._words(painter, box_right, entry.right, 12, 400, "t2")
            right -= width + px(10)
        wide = max(10, right - left)
        self._words(
            painter, QRect(left, box.top() + px(6), wide, px(20)), entry.title, 13, 600 if chosen else 500, "t1"
        )
        second = QRect(left, box.top() + px(26), max(10, box.right() - px(16) - left), px(19))
        self._words(painter, second, entry.second, 12, 400, "t2")

    def _words(self, painter: QPainter, box: QRect, words: str, size: int, weight: int, token: str) -> None:
        painter.setFont(self.look.font(size, weight))
        painter.setPen(self.look.colour(token))
        cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, cut)


class RowList(RowTable):
    """The list widget. Signals: `chosen(key)`."""

    chosen = Signal(str)

    def __init__(self, look: Look, name: str) -> None:
        super().__init__(look)
        self.position = -1
        self.entries = EntryModel()
        self.setModel(self.entries)
        self._delegate = EntryDelegate(look, self)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(name)
        self.viewport().installEventFilter(self)
        self.fit()

    def fit(self) -> None:
        """Give the rows the height of the text size in force."""
        self.verticalHeader().setDefaultSectionSize(self.look.px(52))
        self.viewport().update()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Take other rows; the chosen one stays chosen where it is still there, else nothing is."""
        kept = self.key()
        self.entries.show(entries)
        for place, entry in enumerate(self.entries.entries):
            self.setRowHeight(place, self.look.px(28 if entry.head else 52))
        self.position = next((n for n, e in enumerate(self.entries.entries) if e.key == kept and kept), -1)
        if self.position < 0:
            self.chosen.emit("")

    def key(self) -> str:
        """The chosen row, "" where none is."""
        return self.entries.entries[self.position].key if 0 <= self.position < len(self.entries.entries) else ""

    def go(self, position: int) -> bool:
        """Choose a row by its place; whether it could be."""
        if not 0 <= position < len(self.entries.entries) or self.entries.entries[position].head:
            return False
        self.position = position
        index = self.entries.index(position, 0)
        self.scrollTo(index)
        self.viewport().update()
        self.chosen.emit(self.key())
        return True

    def step(self, by: int) -> bool:
        """Choose the next row that is no heading."""
        position = self.position + by
        while 0 <= position < len(self.entries.entries) and self.entries.entries[position].head:
            position += by
        return self.go(position)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Choose with the mouse."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            index = self.indexAt(event.position().toPoint())
            if index.isValid():
                self.go(index.row())
                self.setFocus(Qt.FocusReason.MouseFocusReason)
        return False
