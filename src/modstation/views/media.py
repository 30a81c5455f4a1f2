"""Covered media: a card in words first, the picture only on a held key or a deliberate reveal, decoded off the window's
thread, grey on a peek, never moving, never with sound."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from modstation.models.errors import BadAnswer
from modstation.models.screen import MediaView

from .formats import size_words
from .icons import paint_icon
from .parts import cap_size, paint_cap
from .text import defang_link, one_line
from .theme import Look
from .words import tr, trn

#: Decoded pictures are cut down to this edge, in pixels; a picture that claims to be larger than the limit is refused.
EDGE = 1400
LIMIT_PIXELS = 60_000_000
#: Only plain pictures are decoded. SVG can run and load things; films and sounds are not played here.
FORMATS = frozenset({"png", "jpeg", "jpg", "gif", "webp", "bmp"})


class Cover(Enum):
    """How much of a medium is shown."""

    COVERED = auto()
    LOADING = auto()
    PEEK = auto()
    OPEN = auto()
    BLOCKED = auto()
    FAILED = auto()


def decode(data: bytes) -> QImage:
    """The first frame of a picture, cut down in size. Runs in a worker. Raises BadAnswer for anything else."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    kind = bytes(reader.format().data()).decode("ascii", "replace")
    size = reader.size()
    if kind not in FORMATS:
        raise BadAnswer(
            tr("This file is not shown here."), tr("Only plain pictures are."), tr("Judge it by its address.")
        )
    if size.width() * size.height() > LIMIT_PIXELS:
        raise BadAnswer(tr("The picture is too large to open."), "", tr("Judge it by its address and the reports."))
    if max(size.width(), size.height()) > EDGE:
        reader.setScaledSize(size.scaled(QSize(EDGE, EDGE), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise BadAnswer(tr("The picture could not be read."), "", tr("Judge it by its address and the reports."))
    return image


def greyed(image: QImage) -> QImage:
    """The picture in grey and soft, for a peek: enough to know what it is."""
    small = image.scaled(
        QSize(160, 160), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    return small.convertToFormat(QImage.Format.Format_Grayscale8)


class MediaCard(QWidget):
    """One attachment. The window sets its cover; the card decides nothing by itself, least of all on hover."""

    def __init__(self, look: Look, view: MediaView) -> None:
        super().__init__()
        self.look = look
        self.view = view
        self.cover = Cover.BLOCKED if view.blocked else Cover.COVERED
        self.image: QImage | None = None
        self.trouble = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self._fit)
        self._fit()

    @property
    def url(self) -> str:
        """The address of the attachment."""
        return self.view.attachment.url

    def show_as(self, cover: Cover, image: QImage | None = None, trouble: str = "") -> None:
        """Cover, peek or open. Covering drops the decoded picture at once."""
        self.cover, self.image, self.trouble = cover, image, trouble
        self._fit()

    def facts(self) -> list[str]:
        """What the cover says, line by line."""
        attachment = self.view.attachment
        kind = one_line(attachment.media_type or tr("kind not known"), 40)
        size = size_words(self.view.size) if self.view.size else tr("size not known, not fetched yet")
        seen = trn("You have seen it {n} time.", "You have seen it {n} times.", self.view.seen_times)
        if self.cover is Cover.BLOCKED:
            return [one_line(self.view.blocked, 200), tr("The bytes are destroyed here. Hash and address are kept.")]
        if self.cover is Cover.FAILED:
            return [self.trouble, f"{kind}, {size}"]
        if self.cover is Cover.LOADING:
            return [tr("Fetching it without cookies or referrer."), f"{kind}, {size}"]
        return [
            f"{kind}, {size}. " + (seen if self.view.seen_times else tr("You have not seen it yet.")),
            one_line(defang_link(attachment.url), 90),
        ]

    def title(self) -> str:
        """The head of the card."""
        heads = {
            Cover.BLOCKED: tr("Blocked: suspected minor"),
            Cover.FAILED: tr("Not shown"),
            Cover.LOADING: tr("Fetching"),
        }
        return heads.get(self.cover, tr("Media covered"))

    def _fit(self) -> None:
        height = self.look.px(132)
        if self.image is not None and self.cover in (Cover.PEEK, Cover.OPEN):
            wide = max(1, self.image.width())
            height = min(self.look.px(420), max(self.look.px(80), self.image.height() * max(self.width(), 1) // wide))
        self.setAccessibleName(". ".join([self.title(), *self.facts()]))
        if self.height() != height or self.minimumHeight() != height:
            self.setFixedHeight(height)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture to another width."""
        if event.size().width() != event.oldSize().width():
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, or the card that stands for it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(self.look.colour("line2"), 1))
        painter.setBrush(self.look.colour("ref_bg" if self.cover is Cover.BLOCKED else "sunken"))
        painter.drawRoundedRect(frame, 6, 6)
        if self.image is not None and self.cover in (Cover.PEEK, Cover.OPEN):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            fitted = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left, top = (self.width() - fitted.width()) // 2, (self.height() - fitted.height()) // 2
            painter.drawImage(QRectF(left, top, fitted.width(), fitted.height()), self.image)
            return
        self._paint_card(painter)

    def _paint_card(self, painter: QPainter) -> None:
        look, px = self.look, self.look.px
        card = QRectF(px(12), px(12), min(self.width() - px(24), px(420)), self.height() - px(24))
        painter.setPen(QPen(look.colour("line2"), 1))
        painter.setBrush(look.colour("surface"))
        painter.drawRoundedRect(card, 6, 6)
        left, top = int(card.left()) + px(14), int(card.top()) + px(10)
        wide = int(card.width()) - px(28)
        icon = "warning-octagon" if self.cover is Cover.BLOCKED else "eye-slash"
        paint_icon(painter, icon, left, top + px(1), px(16), look.colour("t1"))
        painter.setFont(look.font(13, 600))
        painter.setPen(look.colour("t1"))
        painter.drawText(left + px(24), top, wide, px(20), int(Qt.AlignmentFlag.AlignVCenter), self.title())
        painter.setFont(look.font(12))
        painter.setPen(look.colour("t2"))
        for number, fact in enumerate(self.facts()):
            cut = painter.fontMetrics().elidedText(fact, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(
                left, top + px(24) + number * px(19), wide, px(19), int(Qt.AlignmentFlag.AlignVCenter), cut
            )
        if self.cover is Cover.COVERED:
            self._paint_hint(painter, left, top + px(66), wide)

    def _paint_hint(self, painter: QPainter, left: int, top: int, wide: int) -> None:
        look, px = self.look, self.look.px
        words = (tr("Hold"), "Space", tr("to peek,"), "V", tr("to keep it open. Both are logged."))
        for number, part in enumerate(words):
            if number % 2:
                size = cap_size(look, part)
                paint_cap(painter, look, _rect(left, top, size), part)
                left += size.width() + px(6)
            else:
                painter.setFont(look.font(12, 500))
                painter.setPen(look.colour("t1"))
                painter.drawText(left, top, wide, px(20), int(Qt.AlignmentFlag.AlignVCenter), part)
                left += painter.fontMetrics().horizontalAdvance(part) + px(6)


def _rect(left: int, top: int, size: QSize) -> QRect:
    return QRect(left, top, size.width(), size.height())
