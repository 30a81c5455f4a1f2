"""Colours and sizes of the window, the only place that holds them.

The two tables are section 2 of the design; the contrast they promise is computed by `contrast` and held by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

#: name: (light, dark). A name ending in `_bg` is a fill, in `_ln` a border or mark.
_TABLE: dict[str, tuple[str, str]] = {
    "canvas": ("#F5F6F8", "#12141A"),
    "surface": ("#FFFFFF", "#181B22"),
    "raised": ("#FFFFFF", "#20242D"),
    "sunken": ("#EEF0F4", "#0E1015"),
    "nav": ("#ECEEF2", "#0F1116"),
    "hover": ("#F0F2F6", "#222731"),
    "select": ("#E8EAFB", "#272C4A"),
    "line": ("#DFE3EA", "#2A2F3A"),
    "line2": ("#C6CCD8", "#3C4352"),
    "ctl": ("#848DA0", "#737C90"),
    "t1": ("#161A23", "#E9EBF1"),
    "t2": ("#454D5E", "#B9C0CE"),
    "t3": ("#5C6476", "#969EB0"),
    "accent": ("#454FBF", "#A3ABFF"),
    "accent_fill": ("#454FBF", "#5560D0"),
    "accent_hover": ("#3942A6", "#4A55C4"),
    "accent_bg": ("#E8EAFB", "#272C4A"),
    "on_accent": ("#FFFFFF", "#FFFFFF"),
    "held": ("#7A4F00", "#F0BE62"),
    "held_bg": ("#FFF1D6", "#3A2D12"),
    "held_ln": ("#B57A12", "#C08F2E"),
    "sent": ("#1A5C87", "#86C3EC"),
    "sent_bg": ("#E2F0FA", "#15303F"),
    "sent_ln": ("#3C82B0", "#4A90BD"),
    "ack": ("#1C6340", "#7FD3A4"),
    "ack_bg": ("#DFF3E8", "#14352A"),
    "ack_ln": ("#2F855A", "#3F9A6C"),
    "ref": ("#A02B26", "#FF9C94"),
    "ref_bg": ("#FCE7E5", "#43201F"),
    "ref_ln": ("#C0463F", "#D2615A"),
    "s1": ("#697386", "#8C95A8"),
    "s2": ("#A06C0A", "#D6A23C"),
    "s3": ("#BE5418", "#EC8850"),
    "s4": ("#A31B45", "#F2708F"),
    "mark": ("#5E5200", "#E3D67A"),
    "mark_bg": ("#FBF3C2", "#38351A"),
    "mark_ln": ("#8C7A00", "#B5A63C"),
    "av1": ("#2F3A9E", "#BCC2FF"),
    "av1_bg": ("#DCE3F8", "#2A3163"),
    "av2": ("#7A3E12", "#F2B48A"),
    "av2_bg": ("#F8E3D3", "#4A2C17"),
    "av3": ("#1B5E46", "#8FDBBB"),
    "av3_bg": ("#D8EFE4", "#173A2E"),
    "av4": ("#73266B", "#F0AEE6"),
    "av4_bg": ("#F3DDF0", "#47203F"),
    "av5": ("#155A77", "#93D4EC"),
    "av5_bg": ("#D6EBF5", "#143645"),
}

NAMES: frozenset[str] = frozenset(_TABLE)
LIGHT: MappingProxyType[str, str] = MappingProxyType({name: pair[0] for name, pair in _TABLE.items()})
DARK: MappingProxyType[str, str] = MappingProxyType({name: pair[1] for name, pair in _TABLE.items()})

#: Text tokens and the surfaces each may stand on (design section 2).
_SURFACES = ("canvas", "surface", "raised", "sunken", "nav", "hover", "select")
TEXT_ON: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("t1", _SURFACES),
    ("t2", _SURFACES),
    ("t3", _SURFACES),
    ("accent", (*_SURFACES, "accent_bg")),
    ("held", (*_SURFACES, "held_bg")),
    ("sent", (*_SURFACES, "sent_bg")),
    ("ack", (*_SURFACES, "ack_bg")),
    ("ref", (*_SURFACES, "ref_bg")),
    ("mark", ("mark_bg", "surface")),
    ("on_accent", ("accent_fill", "accent_hover")),
    *((f"av{n}", (f"av{n}_bg",)) for n in range(1, 6)),
)
#: Lines and marks that carry meaning and what they stand on.
MARK_ON: tuple[tuple[str, tuple[str, ...]], ...] = tuple(
    (name, ("canvas", "surface"))
    for name in ("ctl", "accent", "held_ln", "sent_ln", "ack_ln", "ref_ln", "s1", "s2", "s3", "s4", "mark_ln")
)

MIN_TEXT = 4.5
MIN_MARK = 3.0

#: Widths and heights in logical pixels at 100 % text.
RAIL = 192
RAIL_FOLDED = 56
TOP_BAR = 48
OUTBOX = 48
QUEUE_ROW = 60
BUTTON = 32
PRIMARY = 40


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, 0 to 1 (WCAG 2.2, definition of relative luminance)."""
    parts = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme's colours by token name."""

    name: str
    colours: MappingProxyType[str, str]

    def __getitem__(self, token: str) -> str:
        return self.colours[token]

    def heightened(self) -> Palette:
        """The same theme for a high-contrast setting: quiet text becomes text, decoration becomes a real border."""
        swapped = dict(self.colours)
        swapped.update(t2=self["t1"], t3=self["t1"], line=self["ctl"], line2=self["ctl"])
        return Palette(self.name, MappingProxyType(swapped))


LIGHT_PALETTE = Palette("light", LIGHT)
DARK_PALETTE = Palette("dark", DARK)


def clamp_percent(percent: int) -> int:
    """A text size within 80 to 200 %."""
    return max(80, min(200, percent))
