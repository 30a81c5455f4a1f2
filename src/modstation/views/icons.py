"""Icons by meaning: the SVG files of resources/icons (Phosphor, MIT), tinted with a token and cached."""

from __future__ import annotations

from functools import cache
from importlib import resources

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_pixmaps: dict[tuple[str, int, str, float], QPixmap] = {}


@cache
def _source(name: str) -> bytes:
    return (resources.files("modstation") / "resources" / "icons" / f"{name}.svg").read_bytes()


def icon(name: str, size: int, colour: QColor, ratio: float = 1.0) -> QPixmap:
    """An icon of `size` logical pixels in a colour, for a screen of that pixel ratio."""
    key = (name, size, colour.name(), ratio)
    found = _pixmaps.get(key)
    if found is None:
        found = _pixmaps[key] = _draw(name, size, colour, ratio)
    return found


def _draw(name: str, size: int, colour: QColor, ratio: float) -> QPixmap:
    pixels = max(1, round(size * ratio))
    drawn = QPixmap(pixels, pixels)
    drawn.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_source(name).replace(b"currentColor", colour.name().encode())))
    painter = QPainter(drawn)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


def paint_icon(painter: QPainter, name: str, x: int, y: int, size: int, colour: QColor) -> None:
    """Draw an icon with its upper left corner at x, y."""
    painter.drawPixmap(x, y, icon(name, size, colour, painter.device().devicePixelRatio()))
