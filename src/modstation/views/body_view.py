"""The body of a post: plain text painted by hand, evidence underlined in place, never markup, never a load.

A short body is laid out as paragraphs, with the disguise in words after each mark. A long one is cut into lines of one
height by a worker and only the visible ones are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from modstation.models.screen import Mark

from .formats import tier_words
from .jobs import Jobs, Ticket
from .text import defang, show_body, units, visible
from .theme import Look
from .words import tr
from .wrap import Wrapped, is_long, wrap

#: How the underline tells the disguise; the word beside it always says which.
_PENS: dict[str, Qt.PenStyle] = {
    "exact": Qt.PenStyle.SolidLine,
    "separated": Qt.PenStyle.DotLine,
    "leet": Qt.PenStyle.DashDotLine,
    "pinyin": Qt.PenStyle.DashDotLine,
    "pinyin-mixed": Qt.PenStyle.DashDotLine,
    "homophone": Qt.PenStyle.DashDotLine,
}


@dataclass(slots=True)
class Piece:
    """A stretch of the painted text: where it starts (UTF-16 units), and the mark it belongs to, if any."""

    start: int
    length: int
    mark: Mark | None = None
    tag: bool = False


@dataclass(slots=True)
class Composed:
    """A short body with its tags inserted."""

    text: str
    pieces: list[Piece]


def family_of(language_of_post: str) -> str:
    """The font list for quoted text, so that Han shapes come out as in its own country."""
    return language_of_post if language_of_post in ("zh-Hant", "ja", "ko") else ""


def compose(body: str, marks: Sequence[Mark]) -> Composed:
    """Put each mark's disguise in words behind it. Marks are code points of the original; overlaps keep the first."""
    shown = show_body(body)
    cuts: list[tuple[int, int, Mark]] = []
    last = 0
    for mark in sorted((m for m in marks if m.scope == "body"), key=lambda m: (m.start, -m.end)):
        if mark.start >= last and mark.end > mark.start and mark.start < len(body):
            cuts.append((mark.start, min(mark.end, len(body)), mark))
            last = mark.end
    raw = shown.text.encode("utf-16-le", "surrogatepass")
    text, unit = "", 0
    pieces: list[Piece] = []

    def take(end_unit: int) -> str:
        nonlocal unit
        part = raw[unit * 2 : end_unit * 2].decode("utf-16-le", "surrogatepass")
        unit = end_unit
        return part

    for start, end, mark in cuts:
        first, length = shown.span(start, end)
        text += take(first)
        words = take(first + length)
        pieces.append(Piece(units(text), units(words), mark))
        text += words
        tag = f"\u2005{tier_words(mark.tier)}\u2005"
        pieces.append(Piece(units(text), units(tag), mark, tag=True))
        text += tag
    text += take(len(raw) // 2)
    return Composed(text, pieces)


class BodyView(QWidget):
    """Signals: `height_changed()` after a new layout."""

    height_changed = Signal()

    def __init__(self, look: Look, jobs: Jobs) -> None:
        super().__init__()
        self.look = look
        self.jobs = jobs
        self.body = ""
        self.marks: tuple[Mark, ...] = ()
        self._composed = Composed("", [])
        self._paragraphs: list[tuple[QTextLayout, int, int]] = []
        self._wrapped: Wrapped | None = None
        self._ticket: Ticket | None = None
        self._anchor = self._caret = -1
        self._tongue = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        look.changed.connect(self._again)

    def say(self, body: str, marks: Sequence[Mark], tongue: str = "") -> None:
        """Show a body with its marks; `tongue` is the language guess of the post."""
        self.body, self.marks, self._tongue = body, tuple(marks), family_of(tongue)
        self._anchor = self._caret = -1
        self.setAccessibleName(visible(body[:2000]))
        self._again()

    def _again(self) -> None:
        self._paragraphs = []
        self._wrapped = None
        if self._ticket is not None:
            self._ticket.cancel()
        if is_long(self.body):
            self._wrap_later()
        else:
            self._composed = compose(self.body, self.marks)
            self._lay_out()

    # short bodies

    def _lay_out(self) -> None:
        self._paragraphs = []
        top, unit = 0, 0
        width = max(40, self.width())
        for paragraph in self._composed.text.split("\n"):
            layout = QTextLayout(paragraph, self._font())
            option = QTextOption()
            option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
            layout.setTextOption(option)
            layout.setFormats(self._formats(unit, units(paragraph)))
            height = self._lines_of(layout, width)
            self._paragraphs.append((layout, top, unit))
            top += height
            unit += units(paragraph) + 1
        self._grow(max(top, self.look.px(28)))

    def _font(self) -> QFont:
        return self.look.font(16, 400, self._tongue)

    def _lines_of(self, layout: QTextLayout, width: int) -> int:
        step = self.look.px(28)
        top = 0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            # Fixed steps keep stacked marks from pushing lines apart; the offset centres the letters in the step.
            line.setPosition(QPointF(0, top + max(0.0, (step - line.height()) / 2)))
            top += step
        layout.endLayout()
        return max(top, step)

    def _formats(self, start: int, length: int) -> list[QTextLayout.FormatRange]:
        formats = []
        for piece in self._composed.pieces:
            first, last = max(piece.start, start), min(piece.start + piece.length, start + length)
            if first < last:
                format_ = QTextCharFormat()
                format_.setBackground(QBrush(self.look.colour("mark_bg")))
                if piece.tag:
                    format_.setFont(self.look.font(10, 600))
                    format_.setForeground(QBrush(self.look.colour("mark")))
                found = QTextLayout.FormatRange()
                found.start, found.length, found.format = first - start, last - first, format_
                formats.append(found)
        return formats

    # long bodies

    def _wrap_later(self) -> None:
        body, ems = self.body, max(10.0, self.width() / self.look.px(14))
        self._grow(self.look.px(28))

        def take(wrapped: Wrapped) -> None:
            if wrapped.body == self.body:
                self._wrapped = wrapped
                self._grow(len(wrapped) * self.look.px(24))

        self._ticket = self.jobs.read(tr("Laying out a long post"), lambda: wrap(body, ems), take)

    def _grow(self, height: int) -> None:
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)
        self.update()
        self.height_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out again for another width."""
        if event.size().width() != event.oldSize().width():
            self._again()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what is visible of the text."""
        painter = QPainter(self)
        painter.setPen(self.look.colour("t1"))
        if self._wrapped is not None:
            self._paint_long(painter, event.rect(), self._wrapped)
        elif is_long(self.body):
            painter.setFont(self.look.font(13))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft, tr("Laying out a long post"))
        else:
            self._paint_short(painter, event.rect())

    def _paint_short(self, painter: QPainter, seen: QRect) -> None:
        for layout, top, unit in self._paragraphs:
            height = layout.lineCount() * self.look.px(28)
            if top + height >= seen.top() and top <= seen.bottom():
                layout.draw(painter, QPointF(0, top), self._selection(layout, unit))
        for piece in self._composed.pieces:
            if not piece.tag and piece.mark is not None:
                self._underline(painter, piece, piece.mark)

    def _selection(self, layout: QTextLayout, unit: int) -> list[QTextLayout.FormatRange]:
        first, last = sorted((self._anchor, self._caret))
        start, end = max(first, unit), min(last, unit + units(layout.text()))
        if first < 0 or start >= end:
            return []
        found = QTextLayout.FormatRange()
        found.start, found.length = start - unit, end - start
        format_ = QTextCharFormat()
        format_.setBackground(QBrush(self.look.colour("accent_fill")))
        format_.setForeground(QBrush(self.look.colour("on_accent")))
        found.format = format_
        return [found]

    def _underline(self, painter: QPainter, piece: Piece, mark: Mark) -> None:
        painter.setPen(QPen(self.look.colour("mark_ln"), 2, _PENS.get(mark.tier, Qt.PenStyle.DashLine)))
        for layout, top, unit in self._paragraphs:
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                first = max(piece.start - unit, line.textStart())
                last = min(piece.start + piece.length - unit, line.textStart() + line.textLength())
                if first < last:
                    # cursorToX answers the place and the position it settled on.
                    left, right = _x(line.cursorToX(first)), _x(line.cursorToX(last))
                    y = top + line.y() + line.ascent() + self.look.px(4)
                    painter.drawLine(QPointF(min(left, right), y), QPointF(max(left, right), y))

    def _paint_long(self, painter: QPainter, seen: QRect, wrapped: Wrapped) -> None:
        step = self.look.px(24)
        painter.setFont(self.look.font(14, 400, "mono"))
        metrics = painter.fontMetrics()
        first, last = max(0, seen.top() // step), min(len(wrapped), seen.bottom() // step + 1)
        for number in range(first, last):
            box = QRect(0, number * step, self.width(), step)
            self._paint_long_marks(painter, metrics, wrapped, number, box)
            painter.setPen(self.look.colour("t1"))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, wrapped.line(number))

    def _paint_long_marks(
        self, painter: QPainter, metrics: QFontMetrics, wrapped: Wrapped, number: int, box: QRect
    ) -> None:
        start, end = wrapped.starts[number], wrapped.ends[number]
        for mark in self.marks:
            first, last = max(mark.start, start), min(mark.end, end)
            if mark.scope == "body" and first < last:
                left = metrics.horizontalAdvance(visible(wrapped.body[start:first]))
                wide = metrics.horizontalAdvance(visible(wrapped.body[first:last]))
                painter.fillRect(QRect(left, box.top() + 2, wide, box.height() - 4), self.look.colour("mark_bg"))
                painter.setPen(QPen(self.look.colour("mark_ln"), 2, _PENS.get(mark.tier, Qt.PenStyle.DashLine)))
                painter.drawLine(left, box.bottom() - 2, left + wide, box.bottom() - 2)

    # selecting and copying

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection."""
        self._anchor = self._caret = self._unit_at(event.position().toPoint())
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry the selection on."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._caret = self._unit_at(event.position().toPoint())
            self.update()

    def _unit_at(self, at: QPoint) -> int:
        for layout, top, unit in self._paragraphs:
            if at.y() < top + layout.lineCount() * self.look.px(28):
                number = max(0, min(layout.lineCount() - 1, (at.y() - top) // self.look.px(28)))
                return unit + layout.lineAt(number).xToCursor(at.x())
        return units(self._composed.text)

    def selected_text(self) -> str:
        """What is selected, as painted but without the disguise words; the whole body where nothing is."""
        first, last = sorted((self._anchor, self._caret))
        if first < 0 or first == last or is_long(self.body):
            return self.body
        raw = bytearray(self._composed.text.encode("utf-16-le", "surrogatepass"))
        kept = [True] * (len(raw) // 2)
        for piece in self._composed.pieces:
            if piece.tag:
                kept[piece.start : piece.start + piece.length] = [False] * piece.length
        chosen = b"".join(bytes(raw[i * 2 : i * 2 + 2]) for i in range(first, min(last, len(kept))) if kept[i])
        return chosen.decode("utf-16-le", "replace")

    def copy(self) -> str:
        """Copy the selection with links made harmless; the answer is what was copied."""
        text = defang(visible(self.selected_text()))
        QGuiApplication.clipboard().setText(text)
        return text


def _x(answer: object) -> float:
    """The place in the answer of QTextLine.cursorToX, which PySide gives as a number or as a pair."""
    return float(answer[0]) if isinstance(answer, tuple) else float(answer)  # type: ignore[arg-type]
