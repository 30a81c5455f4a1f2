"""What the window remembers between starts, in one small file; and how a window is put back onto screens that exist."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRect


class FileMemory:
    """Values in a JSON file. Read and written in a worker: `load` and `save` touch the disk, the rest does not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: dict[str, str] = {}

    def load(self) -> FileMemory:
        """Read the file; one that is missing or damaged is an empty memory."""
        try:
            loaded = json.loads(self.path.read_text("utf-8"))
            self.values = {str(name): str(value) for name, value in loaded.items()}
        except (OSError, ValueError, AttributeError):
            self.values = {}
        return self

    def save(self) -> None:
        """Write the file whole, so that a crash leaves the old one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.values, indent=1, sort_keys=True), "utf-8")
        fresh.replace(self.path)

    def get(self, name: str) -> str:
        """A remembered value, "" where there is none."""
        return self.values.get(name, "")

    def put(self, name: str, value: str) -> None:
        """Remember a value."""
        self.values[name] = value


#: At least this much of a window must lie on a screen, title bar included, or it is moved.
SEEN = (100, 40)


def parse_area(text: str) -> QRect | None:
    """A remembered place "x,y,width,height"."""
    try:
        left, top, width, height = (int(part) for part in text.split(","))
    except ValueError:
        return None
    return QRect(left, top, width, height) if width > 0 and height > 0 else None


def fit_area(area: QRect, screens: Sequence[QRect]) -> QRect:
    """Where a window goes: its own place where enough of it is on a screen; else moved, made smaller.

    The remembered place itself is not changed, so that it is right again when the other screen comes back.
    """
    best = max(screens, key=lambda screen: _shared(area, screen), default=QRect(0, 0, 1024, 768))
    width, height = min(area.width(), best.width()), min(area.height(), best.height())
    seen = area.intersected(best)
    reachable = seen.width() >= SEEN[0] and seen.height() >= SEEN[1] and area.top() >= best.top()
    if reachable and (width, height) == (area.width(), area.height()):
        return area
    left = min(max(area.left(), best.left()), best.right() + 1 - width)
    top = min(max(area.top(), best.top()), best.bottom() + 1 - height)
    return QRect(left, top, width, height)


def _shared(area: QRect, screen: QRect) -> int:
    seen = area.intersected(screen)
    return max(0, seen.width()) * max(0, seen.height())
