"""Small parts every pane is made of: plain labels, buttons with their key, chips, avatars.

A label here is always plain text: content from a forum can never become markup, also in tooltips and names.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QPushButton, QSizePolicy, QWidget

from .icons import paint_icon
from .text import fold_name, for_menu, initials, one_line
from .theme import ROLES, Look


class Plain(QLabel):
    """A label of plain text in one of the theme's roles. It wraps where asked, and can be selected where asked."""

    def __init__(
        self, text: str = "", role: str = "body", *, wrap: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setProperty("role", role)
        if not wrap:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.say(text)

    def say(self, text: str) -> None:
        """Show another text."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(text)

    def play(self, role: str) -> None:
        """Take another role."""
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)


class Elided(QWidget):
    """One line of content that is cut with an ellipsis where it is too long; the whole stands in the tooltip."""

    def __init__(self, look: Look, role: str = "body") -> None:
        super().__init__()
        self.look = look
        self._role = role
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)

    def say(self, text: str) -> None:
        """Show another text; it must already be safe to show."""
        self._text = text
        self.setToolTip(plain_tip(text) if text else "")
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """The whole text."""
        return self._text

    def play(self, role: str) -> None:
        """Take another role."""
        self._role = role
        self.update()

    def sizeHint(self) -> QSize:
        """Natural width, and a height with room for Chinese."""
        size, weight, _ = ROLES[self._role]
        metrics = QFontMetrics(self.look.font(size, weight))
        return QSize(
            min(metrics.horizontalAdvance(self._text) + 2, 2000), max(metrics.height(), self.look.px(size * 1.45))
        )

    def minimumSizeHint(self) -> QSize:
        """It may become very narrow."""
        return QSize(self.look.px(24), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text, cut at the right."""
        size, weight, token = ROLES[self._role]
        painter = QPainter(self)
        painter.setFont(self.look.font(size, weight))
        painter.setPen(self.look.colour(token))
        cut = painter.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)


def plain_tip(text: str) -> str:
    """A tooltip that Qt cannot take for markup: it would, if the text began like a tag."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<span>{safe}</span>" if safe != text else text


class KeyCap(QWidget):
    """A key, drawn as a cap."""

    def __init__(self, look: Look, key: str) -> None:
        super().__init__()
        self.look = look
        self.key = key
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(key)
        look.changed.connect(self.updateGeometry)

    def say(self, key: str) -> None:
        """Show another key."""
        self.key = key
        self.setAccessibleName(key)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as its text asks, at least square."""
        return cap_size(self.look, self.key)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cap."""
        painter = QPainter(self)
        paint_cap(painter, self.look, self.rect(), self.key)


def cap_size(look: Look, key: str) -> QSize:
    """The size of a key cap."""
    height = look.px(20)
    width = QFontMetrics(look.font(11, 600)).horizontalAdvance(key) + look.px(12)
    return QSize(max(height, width), height)


def paint_cap(painter: QPainter, look: Look, box: QRect, key: str, *, filled: bool = False) -> None:
    """Draw a key cap into a box; `filled` is for a cap on the accent fill."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5)
    if filled:
        shade = QColor(look.colour("sunken" if look.dark else "t1"))
        shade.setAlphaF(0.18)
        painter.setBrush(shade)
        painter.setPen(QPen(look.colour("on_accent"), 1))
    else:
        painter.setBrush(look.colour("surface"))
        painter.setPen(QPen(look.colour("line2"), 1))
    painter.drawRoundedRect(frame, 4, 4)
    painter.setFont(look.font(11, 600))
    painter.setPen(look.colour("on_accent" if filled else "t2"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)
    painter.restore()


class KeyButton(QPushButton):
    """A button that shows its icon, its words and the key that does the same.

    `kind` is plain, primary, danger, quiet (a link in the text), chosen, small or small-chosen. The label is drawn by
    hand, so that an ampersand in a name stays one, and wraps to two lines rather than being cut.
    """

    def __init__(self, look: Look, label: str, key: str = "", icon: str = "", kind: str = "plain") -> None:
        super().__init__()
        self.look = look
        self.key = key
        self.icon_name = icon
        self.kind = kind
        self.label = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.say(label)
        look.changed.connect(self.updateGeometry)

    def say(self, label: str, key: str | None = None) -> None:
        """Change words and key."""
        self.key = self.key if key is None else key
        if label != self.label:
            self.label = label
            self.setText(for_menu(label))
            self.setAccessibleName(label)
            self.updateGeometry()
        self.setAccessibleDescription(self.key)
        self.update()

    def be(self, kind: str) -> None:
        """Take another kind."""
        self.kind = kind
        self.update()

    def _pad(self) -> int:
        return self.look.px({"quiet": 4, "small": 9, "small-chosen": 9}.get(self.kind, 12))

    def _extras(self) -> int:
        wide = cap_size(self.look, self.key).width() + self.look.px(8) if self.key else 0
        return wide + (self.look.px(16 + 6) if self.icon_name else 0)

    def _font(self) -> tuple[int, int]:
        return (13, 600 if self.kind in ("primary", "chosen", "small-chosen", "quiet") else 500)

    def sizeHint(self) -> QSize:
        """Room for icon, words and key cap."""
        metrics = QFontMetrics(self.look.font(*self._font()))
        height = {"primary": 40, "quiet": 28}.get(self.kind, 32)
        width = metrics.horizontalAdvance(self.label) + self._extras() + 2 * self._pad() + 2
        return QSize(width, self.look.px(height))

    def minimumSizeHint(self) -> QSize:
        """Words may wrap to two lines before anything is cut."""
        full = self.sizeHint()
        if len(self.label.split()) < 2 or self.kind == "quiet":
            return full
        metrics = QFontMetrics(self.look.font(*self._font()))
        longest = max(metrics.horizontalAdvance(part) for part in self.label.split())
        half = max(longest, round(metrics.horizontalAdvance(self.label) * 0.62))
        return QSize(half + self._extras() + 2 * self._pad() + 2, full.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw background, icon, words, key cap and focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self._paint_back(painter)
        pad = self._pad()
        left, right = pad, self.width() - pad
        if self.icon_name:
            size = self.look.px(16)
            paint_icon(painter, self.icon_name, left, (self.height() - size) // 2, size, self.look.colour(ink))
            left += size + self.look.px(6)
        if self.key:
            cap = cap_size(self.look, self.key)
            box = QRect(right - cap.width(), (self.height() - cap.height()) // 2, cap.width(), cap.height())
            paint_cap(painter, self.look, box, self.key, filled=ink == "on_accent")
            right = box.left() - self.look.px(6)
        self._paint_words(painter, QRect(left, 0, right - left, self.height()), ink)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.look.colour("accent" if ink != "on_accent" else "t1"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _paint_words(self, painter: QPainter, box: QRect, ink: str) -> None:
        painter.setFont(self.look.font(*self._font()))
        painter.setPen(self.look.colour(ink))
        centred = not self.key and not self.icon_name and self.kind != "quiet"
        flags = Qt.AlignmentFlag.AlignVCenter | (
            Qt.AlignmentFlag.AlignHCenter if centred else Qt.AlignmentFlag.AlignLeft
        )
        if painter.fontMetrics().horizontalAdvance(self.label) > box.width():
            painter.setFont(self.look.font(11, 600))
            flags |= Qt.TextFlag.TextWordWrap
        painter.drawText(box, int(flags), self.label)

    def _paint_back(self, painter: QPainter) -> str:
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        over = self.underMouse() and self.isEnabled()
        if self.kind == "quiet":
            return "accent" if self.isEnabled() else "t3"
        if not self.isEnabled():
            painter.setBrush(self.look.colour("sunken"))
            painter.setPen(QPen(self.look.colour("line2"), 1))
            painter.drawRoundedRect(frame, 6, 6)
            return "t3"
        if self.kind in ("primary", "chosen", "small-chosen"):
            painter.setBrush(self.look.colour("accent_hover" if over or self.isDown() else "accent_fill"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(frame, 6, 6)
            return "on_accent"
        painter.setBrush(self.look.colour("hover" if over else "raised"))
        painter.setPen(QPen(self.look.colour("ref_ln" if self.kind == "danger" else "line2"), 1))
        painter.drawRoundedRect(frame, 6, 6)
        return "ref" if self.kind == "danger" else "t1"


class Chip(QLabel):
    """A small neutral or coloured word in a box."""

    def __init__(self, look: Look, text: str = "", tone: str = "neutral") -> None:
        super().__init__()
        self.look = look
        self.tone = tone
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.say(text)
        look.changed.connect(self._dress)
        self._dress()

    def say(self, text: str) -> None:
        """Show another text."""
        self.setText(text)
        self.setAccessibleName(text)

    def _dress(self) -> None:
        self.setFont(self.look.font(11, 500))
        self.setMargin(0)
        self.setContentsMargins(self.look.px(8), 0, self.look.px(8), 0)
        self.setMinimumHeight(self.look.px(20))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box, then the words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill, ink = ("sunken", "t2") if self.tone == "neutral" else (f"{self.tone}_bg", self.tone)
        if self.tone == "outline":
            fill, ink = "surface", "t2"
            painter.setPen(QPen(self.look.colour("line2"), 1))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour(fill))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(self.look.colour(ink))
        painter.setFont(self.look.font(11, 500))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


def paint_avatar(painter: QPainter, look: Look, box: QRect, name: str) -> None:
    """Draw a person's initials on the quiet colours chosen by their name."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pair = f"av{fold_name(name) + 1}"
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour(f"{pair}_bg"))
    painter.drawEllipse(box)
    painter.setFont(look.font(11 if box.width() < look.px(28) else 13, 600))
    if box.width() < look.px(24):
        painter.setFont(look.font(10, 600))
    painter.setPen(look.colour(pair))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, initials(name))
    painter.restore()


class Avatar(QWidget):
    """A person's initials in a circle."""

    def __init__(self, look: Look, name: str = "", size: int = 28) -> None:
        super().__init__()
        self.look = look
        self.size_at_100 = size
        self.name = name
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.say(name)
        look.changed.connect(self.updateGeometry)

    def say(self, name: str) -> None:
        """Show another person."""
        self.name = name
        self.setAccessibleName(one_line(name, 60))
        self.update()

    def sizeHint(self) -> QSize:
        """A circle."""
        return QSize(self.look.px(self.size_at_100), self.look.px(self.size_at_100))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        paint_avatar(QPainter(self), self.look, self.rect().adjusted(0, 0, -1, -1), self.name)


class Glyph(QWidget):
    """An icon in the colour of a token."""

    def __init__(self, look: Look, name: str, token: str = "t2", size: int = 16) -> None:
        super().__init__()
        self.look = look
        self.name = name
        self.token = token
        self.size_at_100 = size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("")
        look.changed.connect(self.updateGeometry)

    def show_as(self, name: str, token: str) -> None:
        """Become another icon."""
        self.name, self.token = name, token
        self.update()

    def sizeHint(self) -> QSize:
        """Its size at the text size in force."""
        return QSize(self.look.px(self.size_at_100), self.look.px(self.size_at_100))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        paint_icon(QPainter(self), self.name, 0, 0, self.look.px(self.size_at_100), self.look.colour(self.token))


class Pressable(QFrame):
    """A framed area that is pressed like a button. Signals: `pressed()`."""

    pressed = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell when the left button goes up inside."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.pressed.emit()


class Mark(Avatar):
    """The letter of the desk on the accent fill, at the left of the top bar."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour("accent_fill"))
        painter.drawRoundedRect(self.rect(), 6, 6)
        painter.setFont(self.look.font(13, 600))
        painter.setPen(self.look.colour("on_accent"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.name)


class Combo(QComboBox):
    """A choice from a list, with an arrow that has the colour of the text."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.look = look
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box, then the arrow."""
        super().paintEvent(event)
        size = self.look.px(14)
        painter = QPainter(self)
        token = "t2" if self.isEnabled() else "t3"
        left, top = self.width() - size - self.look.px(8), (self.height() - size) // 2
        paint_icon(painter, "caret-down", left, top, size, self.look.colour(token))
