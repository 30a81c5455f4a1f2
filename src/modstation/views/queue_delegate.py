"""Paints one row of the queue: severity bar, title, source, categories, due time with its ring, age, claim."""

from __future__ import annotations

from collections import OrderedDict
from functools import cache

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from modstation.models.screen import QueueRow

from . import tokens
from .desk_words import said
from .formats import SOURCES, ago, duration
from .icons import paint_icon
from .parts import paint_avatar
from .queue_model import QueueModel
from .text import one_line
from .theme import Look
from .words import tr, trn

#: Shares of the time to decide under which a due time turns amber and red (design section 2).
AMBER, RED = 0.4, 0.2
#: Milliseconds after which a drawn row is too old to show its times.
STAMP = 20_000
#: Drawn rows that are kept: some screens full, about 8 MB at 100 %.
PICTURES = 96


def due_tone(row: QueueRow, now: int) -> tuple[str, float]:
    """The colour of a due time and the share of its time that is left, 0 to 1."""
    whole = max(1, row.due - (row.found or row.flagged))
    left = max(0.0, min(1.0, (row.due - now) / whole))
    return ("ref" if left < RED else "held" if left < AMBER else "t2"), left


class QueueDelegate(QStyledItemDelegate):
    """Draws by hand: at a million rows a frame must stay within a few milliseconds."""

    def __init__(self, look: Look, model: QueueModel) -> None:
        super().__init__()
        self.look = look
        self.model = model
        self.current = 0
        self._titles: dict[str, str] = {}
        self._pictures: OrderedDict[tuple[object, ...], tuple[tuple[int, ...], QueueRow, QPixmap]] = OrderedDict()
        look.changed.connect(self._pictures.clear)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """The same for every row."""
        return QSize(self.look.px(240), self.look.px(tokens.QUEUE_ROW))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the row at an index."""
        row = self.model.row_at(index.row())
        box: QRect = option.rect
        number = self.model.number_at(index.row())
        chosen = number == self.current
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = self._focused(option, chosen)
        if row is None:
            self.paint_row(painter, box, None, chosen=chosen, hovered=hovered, focused=focused)
        else:
            painter.drawPixmap(box.topLeft(), self._picture(painter, box.size(), row, chosen, hovered, focused))

    def forget(self) -> None:
        """Drop every drawn row, for the lock."""
        self._pictures.clear()
        self._titles.clear()

    def _picture(
        self, painter: QPainter, size: QSize, row: QueueRow, chosen: bool, hovered: bool, focused: bool
    ) -> QPixmap:
        """The row as it was drawn last, drawn again only where something about it changed."""
        no = row.no
        key = (no, chosen, hovered, focused, no in self.model.deciding, no in self.model.selected)
        stamp = (id(row), self.model.now // STAMP, size.width(), size.height())
        found = self._pictures.get(key)
        if found is not None and found[0] == stamp:
            self._pictures.move_to_end(key)
            return found[2]
        ratio = painter.device().devicePixelRatio()
        picture = QPixmap(QSize(round(size.width() * ratio), round(size.height() * ratio)))
        picture.setDevicePixelRatio(ratio)
        inner = QPainter(picture)
        self.paint_row(inner, QRect(QPoint(0, 0), size), row, chosen=chosen, hovered=hovered, focused=focused)
        inner.end()
        # The row is kept with its picture, so that its identity cannot pass to another one.
        self._pictures[key] = (stamp, row, picture)
        while len(self._pictures) > PICTURES:
            self._pictures.popitem(last=False)
        return picture

    @staticmethod
    def _focused(option: QStyleOptionViewItem, chosen: bool) -> bool:
        widget = option.widget
        return chosen and widget is not None and bool(widget.hasFocus())

    def paint_row(
        self,
        painter: QPainter,
        box: QRect,
        row: QueueRow | None,
        *,
        chosen: bool = False,
        hovered: bool = False,
        focused: bool = False,
    ) -> None:
        """Draw a row into a box."""
        look = self.look
        painter.fillRect(box, look.colour("select" if chosen else "hover" if hovered else "surface"))
        painter.fillRect(box.left(), box.bottom(), box.width(), 1, look.colour("line"))
        if row is None:
            self._paint_loading(painter, box)
        else:
            self._paint_severity(painter, box, row)
            self._paint_first_line(painter, box, row, chosen)
            self._paint_second_line(painter, box, row)
        if chosen:
            painter.fillRect(box.left(), box.top(), 3, box.height(), look.colour("accent"))
        if focused:
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(1, 1, -1, -2))

    def _paint_loading(self, painter: QPainter, box: QRect) -> None:
        px = self.look.px
        painter.fillRect(box.left() + px(26), box.top() + px(16), box.width() // 2, px(10), self.look.colour("sunken"))
        painter.fillRect(box.left() + px(26), box.top() + px(36), box.width() // 3, px(8), self.look.colour("sunken"))

    def _paint_severity(self, painter: QPainter, box: QRect, row: QueueRow) -> None:
        px = self.look.px
        height = (box.height() - px(20) - 3 * 2) // 4
        full = self.look.colour(f"s{max(1, min(4, row.severity))}")
        for segment in range(4):
            filled = segment >= 4 - row.severity
            top = box.top() + px(10) + segment * (height + 2)
            painter.fillRect(
                box.left() + px(12),
                top,
                px(4),
                height,
                full if filled and not row.greyed else self.look.colour("line2"),
            )

    def _paint_first_line(self, painter: QPainter, box: QRect, row: QueueRow, chosen: bool) -> None:
        px, look = self.look.px, self.look
        right = box.right() - px(12)
        line = QRect(box.left() + px(26), box.top() + px(8), 0, px(22))
        if row.due and not row.greyed:
            right = self._paint_due(painter, row, right, line)
        picked = row.no in self.model.selected
        if picked:
            paint_icon(painter, "check", line.left(), line.top() + px(3), px(16), look.colour("accent"))
            line.setLeft(line.left() + px(20))
        line.setRight(right - px(8))
        quiet = bool(row.greyed) or row.no in self.model.deciding
        painter.setFont(look.font(13, 600 if chosen else 500))
        painter.setPen(look.colour("t3" if quiet else "t1"))
        title = self._title(row.title) or tr("(no title)")
        cut = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)

    def _title(self, title: str) -> str:
        shown = self._titles.get(title)
        if shown is None:
            if len(self._titles) > 4096:
                self._titles.clear()
            shown = self._titles[title] = one_line(title, 120)
        return shown

    def _paint_due(self, painter: QPainter, row: QueueRow, right: int, line: QRect) -> int:
        px, look = self.look.px, self.look
        tone, left = due_tone(row, self.model.now)
        ring = QRectF(right - px(14), line.top() + px(4), px(13), px(13))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.colour("line2"), 2))
        painter.drawEllipse(ring)
        painter.setPen(QPen(look.colour({"ref": "ref_ln", "held": "held_ln"}.get(tone, "ctl")), 2))
        painter.drawArc(ring, 90 * 16, round(360 * 16 * left))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        words = duration(row.due - self.model.now) if row.due > self.model.now else tr("overdue")
        painter.setFont(look.font(12, 600))
        painter.setPen(look.colour(tone))
        width = painter.fontMetrics().horizontalAdvance(words)
        box = QRect(right - px(20) - width, line.top(), width + 1, line.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
        return box.left()

    def _paint_second_line(self, painter: QPainter, box: QRect, row: QueueRow) -> None:
        px, look = self.look.px, self.look
        line = QRect(box.left() + px(26), box.top() + px(31), box.width() - px(38), px(20))
        right = self._paint_owner(painter, row, line)
        if row.greyed:
            self._paint_words(
                painter, line, right, tr("Done elsewhere: {words}", words=one_line(said(row.greyed), 90)), "t2"
            )
            return
        if row.no in self.model.deciding:
            self._paint_words(painter, line, right, tr("Recording the decision"), "t2")
            return
        left = line.left()
        for source in row.sources[:1] or ("user",):
            paint_icon(
                painter, SOURCES.get(source, ("flag", ""))[0], left, line.top() + px(3), px(14), look.colour("t2")
            )
        left += px(20)
        if row.has_media:
            paint_icon(painter, "image", left, line.top() + px(3), px(14), look.colour("t2"))
            left += px(20)
        if not row.categories:
            box = line.adjusted(left - line.left(), 0, 0, 0)
            self._paint_words(painter, box, right, self._title(row.author), "t2")
            left += min(painter.fontMetrics().horizontalAdvance(self._title(row.author)), right - left) + px(8)
        for words in self._chips(row):
            left = self._paint_chip(painter, left, line, right, words)

    def _paint_owner(self, painter: QPainter, row: QueueRow, line: QRect) -> int:
        px, look = self.look.px, self.look
        size = px(18)
        circle = QRect(line.right() - size, line.top() + px(1), size, size)
        if row.claimed_by:
            paint_avatar(painter, look, circle, row.claimed_by)
        else:
            painter.drawPixmap(
                circle.topLeft(), nobody(size, look.colour("ctl").name(), painter.device().devicePixelRatioF())
            )
        words = ago(self.model.now - (row.flagged or row.found))
        painter.setFont(look.font(11))
        width = painter.fontMetrics().horizontalAdvance(words)
        painter.setPen(look.colour("t2"))
        box = QRect(circle.left() - px(8) - width, line.top(), width + 1, line.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
        return box.left() - px(6)

    @staticmethod
    def _chips(row: QueueRow) -> list[str]:
        chips = [one_line(name, 24) for name in row.categories[:2]]
        if row.flags > 1:
            chips.insert(1, trn("{n} report", "{n} reports", row.flags))
        if row.near:
            chips.append(tr("{n} alike", n=row.near))
        return chips[:3]

    def _paint_words(self, painter: QPainter, line: QRect, right: int, words: str, token: str) -> None:
        painter.setFont(self.look.font(11, 500))
        painter.setPen(self.look.colour(token))
        cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, right - line.left())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, cut)

    def _paint_chip(self, painter: QPainter, left: int, line: QRect, right: int, words: str) -> int:
        px, look = self.look.px, self.look
        font = look.font(11, 500)
        width = QFontMetrics(font).horizontalAdvance(words) + px(14)
        if left + width > right:
            return right
        box = QRect(QPoint(left, line.top()), QSize(width, px(20)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("sunken"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(font)
        painter.setPen(look.colour("t2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        return left + width + px(6)


@cache
def nobody(size: int, colour: str, ratio: float) -> QPixmap:
    """The dashed circle of an item that nobody has claimed; drawn once, for dashes are slow to draw."""
    picture = QPixmap(round((size + 1) * ratio), round((size + 1) * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), 1, Qt.PenStyle.DashLine))
    painter.drawEllipse(QRect(0, 0, size, size))
    painter.end()
    return picture
