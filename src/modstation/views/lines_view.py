"""A block of short lines in one painted widget: thread context, reports, history, notes.

One widget instead of forty labels: changing the item must cost a frame, not a layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from .icons import paint_icon
from .theme import Look


@dataclass(frozen=True, slots=True)
class Line:
    """One line: icon, name in bold, words, and something short at the right. All texts are safe to show."""

    words: str
    name: str = ""
    right: str = ""
    icon: str = ""
    tone: str = "t2"


class LinesView(QWidget):
    """Paints lines; `whole` wraps each to its full text, else one line with an ellipsis and the rest in the tooltip."""

    def __init__(self, look: Look, *, framed: bool = False, whole: bool = True) -> None:
        super().__init__()
        self.look = look
        self.framed = framed
        self.whole = whole
        self.lines: tuple[Line, ...] = ()
        self._boxes: list[int] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self._measure)

    def say(self, lines: Sequence[Line]) -> None:
        """Show other lines; none hides the widget."""
        self.lines = tuple(lines)
        self.setVisible(bool(lines))
        self.setAccessibleName("\n".join(" ".join(p for p in (x.name, x.words, x.right) if p) for x in self.lines))
        self._measure()

    def unfold(self, whole: bool) -> None:
        """Show every line in full, or one line each."""
        self.whole = whole
        self._measure()

    def _pad(self) -> int:
        return self.look.px(12)

    def _words_box(self, line: Line, top: int, height: int) -> QRect:
        px = self.look.px
        left = self._pad() + (px(22) if line.icon else 0)
        if line.name:
            left += QFontMetrics(self.look.font(13, 600)).horizontalAdvance(line.name) + px(8)
        right = self._pad()
        if line.right:
            right += QFontMetrics(self.look.font(12)).horizontalAdvance(line.right) + px(8)
        return QRect(left, top, max(px(60), self.width() - left - right), height)

    def _measure(self) -> None:
        metrics = QFontMetrics(self.look.font(13))
        self._boxes = []
        for line in self.lines:
            height = self.look.px(20)
            if self.whole:
                box = self._words_box(line, 0, 10_000)
                height = max(height, metrics.boundingRect(box, int(_WRAP), line.words).height())
            self._boxes.append(height + self.look.px(6))
        total = sum(self._boxes) + (self.look.px(12) if self.framed else 0)
        if total != self.height() or total != self.minimumHeight():
            self.setFixedHeight(max(total, 1))
        self.update()

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(self.look.px(200), self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap again for another width."""
        if event.size().width() != event.oldSize().width():
            self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame or the thread bar, then each line."""
        painter = QPainter(self)
        look = self.look
        top = 0
        if self.framed:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.colour("line2"), 1))
            painter.setBrush(look.colour("surface"))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 8, 8)
            top = look.px(6)
        else:
            painter.fillRect(0, 0, 2, self.height(), look.colour("line2"))
        for line, height in zip(self.lines, self._boxes, strict=True):
            if top + height >= event.rect().top() and top <= event.rect().bottom():
                self._paint_line(painter, line, top, height)
            top += height

    def _paint_line(self, painter: QPainter, line: Line, top: int, height: int) -> None:
        look, px = self.look, self.look.px
        first = QRect(self._pad(), top + px(3), self.width() - 2 * self._pad(), px(20))
        if line.icon:
            paint_icon(painter, line.icon, first.left(), top + px(5), px(14), look.colour(line.tone))
        box = self._words_box(line, top + px(3), height - px(6))
        if line.name:
            painter.setFont(look.font(13, 600))
            painter.setPen(look.colour("t1"))
            left = first.left() + (px(22) if line.icon else 0)
            painter.drawText(
                QRect(left, first.top(), box.left() - left, px(20)), Qt.AlignmentFlag.AlignVCenter, line.name
            )
        if line.right:
            painter.setFont(look.font(12))
            painter.setPen(look.colour("t3"))
            painter.drawText(first, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, line.right)
        painter.setFont(look.font(13))
        painter.setPen(look.colour(line.tone))
        if self.whole:
            painter.drawText(box, int(_WRAP), line.words)
        else:
            words = painter.fontMetrics().elidedText(line.words, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)


_WRAP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
