"""Parts of the decision rail: policy rows, measure buttons, the consequence sentence."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QEnterEvent,
    QFontMetrics,
    QKeyEvent,
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

from modstation.models.screen import RailPolicy

from .icons import paint_icon
from .parts import cap_size, paint_cap, plain_tip
from .text import one_line, units, visible
from .theme import Look
from .words import language


class PolicyRow(QWidget):
    """One policy: its digit, its name in both languages, where it stands written, its severity. Signals: `picked()`."""

    picked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.policy: RailPolicy | None = None
        self.key = ""
        self.words = ""
        self.chosen = False
        self._over = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        look.changed.connect(self.updateGeometry)

    def say(self, policy: RailPolicy | None, key: str, words: str = "") -> None:
        """Show a policy, or a row of other words such as "All policies"."""
        self.policy, self.key = policy, key
        self.words = words or (policy_name(policy) if policy else "")
        self.setAccessibleName(self.words)
        self.setAccessibleDescription(key)
        self.setToolTip(plain_tip(f"{self.words} ({policy.basis})" if policy else ""))
        self.update()

    def choose(self, chosen: bool) -> None:
        """Show it as the chosen one, or not."""
        if chosen != self.chosen:
            self.chosen = chosen
            self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(self.look.px(200), self.look.px(28))

    def minimumSizeHint(self) -> QSize:
        """It may become narrow; the name is then cut and whole in the tooltip."""
        return QSize(self.look.px(80), self.look.px(28))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pick it."""
        if self.rect().contains(event.position().toPoint()):
            self.picked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space picks it when it has the focus; Enter stays with the window."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.picked.emit()
        else:
            event.ignore()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the pointer is over it."""
        self._over = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        """The pointer left."""
        self._over = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        look, px = self.look, self.look.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.chosen or self._over:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent_bg" if self.chosen else "hover"))
            painter.drawRoundedRect(self.rect(), 6, 6)
        left, right = px(4), self.width() - px(6)
        if self.key:
            size = cap_size(look, self.key)
            paint_cap(
                painter, look, QRect(left, (self.height() - size.height()) // 2, size.width(), size.height()), self.key
            )
            left += size.width() + px(8)
        if self.chosen:
            right -= px(16)
            paint_icon(painter, "check", right, (self.height() - px(14)) // 2, px(14), look.colour("accent"))
            right -= px(4)
        if self.policy is not None:
            right = self._paint_right(painter, right)
        painter.setFont(look.font(13, 600 if self.chosen else 500))
        painter.setPen(look.colour("accent" if self.chosen else "t1"))
        cut = painter.fontMetrics().elidedText(self.words, Qt.TextElideMode.ElideRight, right - left - px(6))
        painter.drawText(QRect(left, 0, right - left, self.height()), Qt.AlignmentFlag.AlignVCenter, cut)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)

    def _paint_right(self, painter: QPainter, right: int) -> int:
        look, px = self.look, self.look.px
        policy = self.policy
        if policy is None:
            return right
        for segment in range(4):
            filled = segment >= 4 - policy.severity
            token = f"s{max(1, min(4, policy.severity))}" if filled else "line2"
            painter.fillRect(QRect(right - px(4), px(7) + segment * px(4), px(3), px(3)), look.colour(token))
        right -= px(10)
        painter.setFont(look.font(11))
        painter.setPen(look.colour("t2"))
        basis = one_line(policy.basis, 22)
        name = QFontMetrics(look.font(13, 600)).horizontalAdvance(self.words) + px(48)
        room = min(px(92), max(px(34), right - name))
        if painter.fontMetrics().horizontalAdvance(basis) > room and " " in basis:
            # The clause tells more than the name of the document before it.
            basis = basis.split(" ", 1)[1]
        width = min(painter.fontMetrics().horizontalAdvance(basis), room)
        cut = painter.fontMetrics().elidedText(basis, Qt.TextElideMode.ElideRight, width + 1)
        painter.drawText(QRect(right - width, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, cut)
        return right - width - px(4)


def policy_name(policy: RailPolicy) -> str:
    """The name in the language of the interface, and in the other one where that is English."""
    if language() == "zh":
        return one_line(policy.name, 80)
    return one_line(f"{policy.name} {policy.second_name}".strip(), 80)


class Consequence(QWidget):
    """The one sentence that says what Enter will do, its numbers bold. Painted, so that nothing in it is markup."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.sentence = ""
        self.bold: tuple[tuple[int, int], ...] = ()
        self._layout: QTextLayout | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self._lay_out)

    def say(self, sentence: str, bold: tuple[tuple[int, int], ...] = ()) -> None:
        """Show a sentence; `bold` are spans in code points."""
        self.sentence, self.bold = visible(sentence), bold if visible(sentence) == sentence else ()
        self.setAccessibleName(self.sentence)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QTextLayout(self.sentence, self.look.font(13))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.setFormats([self._strong(start, end) for start, end in self.bold])
        top = 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(40, self.width()))
            line.setPosition(QPointF(0, top))
            top += max(line.height(), self.look.px(19))
        layout.endLayout()
        self._layout = layout
        self.setFixedHeight(max(self.look.px(19), round(top)))
        self.update()

    def _strong(self, start: int, end: int) -> QTextLayout.FormatRange:
        found = QTextLayout.FormatRange()
        found.start = units(self.sentence[:start])
        found.length = units(self.sentence[start:end])
        format_ = QTextCharFormat()
        format_.setFont(self.look.font(13, 700))
        format_.setForeground(QBrush(self.look.colour("t1")))
        found.format = format_
        return found

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap again for another width."""
        if event.size().width() != event.oldSize().width():
            self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sentence."""
        painter = QPainter(self)
        painter.setPen(self.look.colour("t1"))
        if self._layout is not None:
            self._layout.draw(painter, QPointF(0, 0))
