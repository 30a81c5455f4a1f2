"""Looks at every screen as a picky designer would: cut text, parts that overlap or stick out, low contrast.

    python tools/check_screens.py [--percent 80,100,200] [--language en,zh] [--theme light,dark]

Draws the window over the sample desk and prints one line a finding; exit 1 where there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
from PySide6.QtCore import QPoint, QRect  # noqa: E402
from PySide6.QtGui import QColor, QImage  # noqa: E402
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget  # noqa: E402

from modstation.views.parts import Chip, KeyButton, Plain  # noqa: E402
from modstation.views.tokens import MIN_TEXT, contrast  # noqa: E402
from tools.screenshots import SCENES, Dress, door_stage, sample_stage  # noqa: E402

#: Antialiasing blurs thin strokes: the darkest pixel of a letter may miss its colour by this share.
SLACK = 0.93
Pixels: TypeAlias = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a designer would mend."""

    scene: str
    dress: Dress
    kind: str
    what: str

    def __str__(self) -> str:
        dress = self.dress
        return f"{self.scene} {dress.theme} {dress.language} {dress.percent} %: {self.kind}: {self.what}"


def seen(widget: QWidget, root: QWidget) -> QRect:
    """The part of a widget that is on the picture, in the picture's coordinates."""
    box = QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())
    parent = widget.parentWidget()
    while parent is not None and parent is not root:
        box = box.intersected(QRect(parent.mapTo(root, QPoint(0, 0)), parent.size()))
        parent = parent.parentWidget()
    return box.intersected(root.rect())


def covered(widget: QWidget, root: QWidget) -> bool:
    """Whether an overlay lies over the widget, so that it is not what the person reads."""
    from modstation.views.overlay import Overlay

    return any(box.isVisible() and not box.isAncestorOf(widget) for box in root.findChildren(Overlay))


def cut_texts(root: QWidget) -> Iterator[str]:
    """Labels and buttons whose words do not fit."""
    for label in root.findChildren(Plain):
        if not label.isVisible() or not label.text():
            continue
        area = label.contentsRect()
        if label.wordWrap():
            if label.heightForWidth(label.width()) > label.height() + 2:
                yield f"'{label.text()[:50]}' needs {label.heightForWidth(label.width())} px, has {label.height()}"
        elif (needed := label.fontMetrics().horizontalAdvance(label.text())) > area.width() + 2:
            yield f"'{label.text()[:50]}' needs {needed} px, has {area.width()}"
    for button in root.findChildren(KeyButton):
        if button.isVisible() and button.width() < button.minimumSizeHint().width() - 2:
            yield f"button '{button.label}' needs {button.minimumSizeHint().width()} px, has {button.width()}"
    for chip in root.findChildren(Chip):
        if chip.isVisible() and chip.fontMetrics().horizontalAdvance(chip.text()) > chip.width():
            yield f"chip '{chip.text()}'"


def stray_parts(root: QWidget) -> Iterator[str]:
    """Parts that stick out of their parent, and neighbours of one layout that lie over each other."""
    for widget in root.findChildren(QWidget):
        parent = widget.parentWidget()
        if parent is None or not widget.isVisible() or not widget.width() or not widget.height():
            continue
        around = parent.layout()
        if isinstance(parent.parentWidget(), QScrollArea) or around is None:
            continue
        inside = parent.rect().adjusted(-1, -1, 1, 1)
        if around.indexOf(widget) >= 0 and not inside.contains(widget.geometry()):
            yield f"{describe(widget)} sticks out of {type(parent).__name__}"
    for parent in [root, *root.findChildren(QWidget)]:
        layout = parent.layout()
        if layout is None or not parent.isVisible():
            continue
        parts = [
            child
            for child in parent.children()
            if isinstance(child, QWidget) and child.isVisible() and layout.indexOf(child) >= 0
        ]
        for number, one in enumerate(parts):
            for other in parts[number + 1 :]:
                if one.geometry().adjusted(1, 1, -1, -1).intersects(other.geometry().adjusted(1, 1, -1, -1)):
                    yield f"{describe(one)} lies over {describe(other)}"


def describe(widget: QWidget) -> str:
    """A widget in words."""
    return f"{type(widget).__name__} '{widget.accessibleName()[:40]}'"


def faint_texts(root: QWidget, picture: QImage) -> Iterator[str]:
    """Labels whose letters do not stand out from what is behind them, measured on the pixels."""
    pixels = pixels_of(picture)
    for label in root.findChildren(Plain):
        box = seen(label, root)
        if (
            not label.isVisible()
            or not label.text().strip()
            or box.height() < 8
            or box.width() < 8
            or covered(label, root)
        ):
            continue
        ratio = measured(pixels, box)
        if ratio < MIN_TEXT * SLACK:
            yield f"'{label.text()[:40]}' has {ratio:.2f} to 1"


def measured(pixels: Pixels, box: QRect) -> float:
    """The contrast of the commonest colour of a box to the one that differs most from it."""
    part = pixels[box.top() : box.bottom() + 1, box.left() : min(box.right() + 1, box.left() + 240)]
    colours, counts = np.unique(part & 0xFFFFFF, return_counts=True)
    behind = f"#{int(colours[counts.argmax()]):06x}"
    return max(contrast(behind, f"#{int(colour):06x}") for colour in colours)


def pixels_of(picture: QImage) -> Pixels:
    """A picture as rows of colours, each 0xAARRGGBB."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(plain.constBits(), np.uint32).reshape(plain.height(), plain.bytesPerLine() // 4)
    return flat[:, : plain.width()].copy()


def examine(scene: str, dress: Dress, root: QWidget) -> Iterator[Finding]:
    """All findings on one screen."""
    QApplication.processEvents()
    picture = root.grab().toImage()
    for what in cut_texts(root):
        yield Finding(scene, dress, "cut text", what)
    for what in stray_parts(root):
        yield Finding(scene, dress, "overlap", what)
    for what in faint_texts(root, picture):
        yield Finding(scene, dress, "low contrast", what)
    if picture.pixelColor(root.width() // 2, root.height() - 4) == QColor():
        yield Finding(scene, dress, "nothing drawn", "the lower edge is empty")


def look_at(dress: Dress, only: str = "") -> Iterator[Finding]:
    """Every screen in one dress."""
    with sample_stage(dress) as stage:
        for name, scene in SCENES.items():
            if only in ("", name):
                scene(stage)
                yield from examine(name, dress, stage.window)
                stage.clear()
    for name, known in (("first-run", False), ("unlock", True)):
        if only in ("", name):
            with door_stage(dress, known=known) as door:
                yield from examine(name, dress, door)


def main() -> int:
    """Look and tell."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--percent", default="80,100,200")
    asked.add_argument("--language", default="en,zh")
    asked.add_argument("--theme", default="light,dark")
    asked.add_argument("--only", default="", choices=["", "first-run", "unlock", *SCENES])
    options = asked.parse_args()
    app = QApplication.instance() or QApplication([])
    found = 0
    for percent in map(int, options.percent.split(",")):
        for theme in options.theme.split(","):
            for language in options.language.split(","):
                for finding in look_at(Dress(theme, language, percent), options.only):
                    found += 1
                    print(finding)
    print(f"{found} findings")
    del app
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
