"""The look in force: palette, text size, fonts, and the stylesheet built from them. No colour is named elsewhere."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from . import tokens
from .words import language

_ZH = ("PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei")
FAMILIES: dict[str, tuple[str, ...]] = {
    "en": ("Inter", "Segoe UI Variable", "Segoe UI", "SF Pro Text", "Noto Sans", *_ZH),
    "zh": ("Inter", *_ZH),
    "zh-Hant": ("Inter", "PingFang TC", "Microsoft JhengHei UI", "Noto Sans CJK TC"),
    "ja": ("Inter", "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP"),
    "ko": ("Inter", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans CJK KR"),
    "mono": ("JetBrains Mono", "Cascadia Mono", "SF Mono", "Noto Sans Mono CJK SC", "DejaVu Sans Mono"),
}
_WEIGHTS = {400: QFont.Weight.Normal, 500: QFont.Weight.Medium, 600: QFont.Weight.DemiBold, 700: QFont.Weight.Bold}


@cache
def load_fonts() -> tuple[str, ...]:
    """Register the fonts that come with the program; the answer names their families."""
    families: list[str] = []
    for entry in sorted((resources.files("modstation") / "resources" / "fonts").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".otf"):
            number = QFontDatabase.addApplicationFontFromData(entry.read_bytes())
            families.extend(QFontDatabase.applicationFontFamilies(number))
    return tuple(families)


def can_show_chinese() -> bool:
    """Whether any installed font draws simplified Chinese; without one every character is an empty box."""
    return bool(QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese))


class Look(QObject):
    """The palette, text size and fonts every painter asks. Signals: `changed()` when any of them moved."""

    changed = Signal()

    def __init__(self, palette: tokens.Palette = tokens.LIGHT_PALETTE, percent: int = 100) -> None:
        super().__init__()
        self.palette = palette
        self.percent = tokens.clamp_percent(percent)
        self._fonts: dict[tuple[int, int, str], QFont] = {}
        self._colours: dict[str, QColor] = {}
        self._dressed = False

    def colour(self, token: str) -> QColor:
        """A token's colour in the theme in force."""
        found = self._colours.get(token)
        if found is None:
            found = self._colours[token] = QColor(self.palette[token])
        return found

    def px(self, size: float) -> int:
        """A size at 100 % in pixels at the text size in force; hairlines are not to be sent through here."""
        return max(1, round(size * self.percent / 100))

    def font(self, size: int, weight: int = 400, family: str = "") -> QFont:
        """A font by its size at 100 %, weight and language (or "mono")."""
        key = (size, weight, family or language())
        found = self._fonts.get(key)
        if found is None:
            found = QFont()
            found.setFamilies(list(FAMILIES[key[2]]))
            found.setPixelSize(self.px(size))
            found.setWeight(_WEIGHTS[weight])
            found.setFeature(QFont.Tag("tnum"), 1)
            self._fonts[key] = found
        return found

    def change(self, *, palette: tokens.Palette | None = None, percent: int | None = None) -> None:
        """Take another theme or text size and tell everybody; what is so already costs nothing."""
        wanted = (palette or self.palette, self.percent if percent is None else tokens.clamp_percent(percent))
        if wanted != (self.palette, self.percent) or not self._dressed:
            self.palette, self.percent = wanted
            self.refresh()

    def refresh(self) -> None:
        """Build everything again, also after a change of language."""
        self._fonts.clear()
        self._colours.clear()
        self.dress()
        self.changed.emit()

    @property
    def dark(self) -> bool:
        """Whether the dark theme is in force."""
        return self.palette.name == "dark"

    def dress(self) -> None:
        """Give the application style, fonts, palette and stylesheet."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            load_fonts()
            if app.property("fusion") is None:
                app.setStyle(QStyleFactory.create("Fusion"))
                app.setProperty("fusion", True)
            self._dressed = True
            app.setFont(self.font(13))
            app.setPalette(self.qt_palette())
            app.setStyleSheet(stylesheet(self))

    def qt_palette(self) -> QPalette:
        """The palette for what the stylesheet does not reach."""
        roles = QPalette.ColorRole
        table = {
            roles.Window: "canvas",
            roles.WindowText: "t1",
            roles.Base: "surface",
            roles.AlternateBase: "sunken",
            roles.Text: "t1",
            roles.Button: "raised",
            roles.ButtonText: "t1",
            roles.Highlight: "select",
            roles.HighlightedText: "t1",
            roles.PlaceholderText: "t3",
            roles.ToolTipBase: "raised",
            roles.ToolTipText: "t1",
            roles.Link: "accent",
            roles.Mid: "line",
        }
        palette = QPalette()
        for role, token in table.items():
            palette.setColor(role, self.colour(token))
        palette.setColor(QPalette.ColorGroup.Disabled, roles.Text, self.colour("t3"))
        palette.setColor(QPalette.ColorGroup.Disabled, roles.ButtonText, self.colour("t3"))
        return palette


class Themed(Protocol):
    """A widget that paints by itself and must repaint when the look changes."""

    def update(self) -> None:
        """Paint again."""
        ...


def system_is_dark() -> bool:
    """What the system asks for, light where it does not say."""
    app = QApplication.instance()
    return isinstance(app, QApplication) and app.styleHints().colorScheme() == Qt.ColorScheme.Dark


def palette_for(theme: str) -> tokens.Palette:
    """The palette of a theme setting: "light", "dark" or "system"."""
    dark = theme == "dark" or (theme == "system" and system_is_dark())
    return tokens.DARK_PALETTE if dark else tokens.LIGHT_PALETTE


#: role of a label: size, weight, colour token.
ROLES: dict[str, tuple[int, int, str]] = {
    "dialog": (24, 600, "t1"),
    "page": (18, 600, "t1"),
    "panel": (15, 600, "t1"),
    "body": (13, 400, "t1"),
    "medium": (13, 500, "t1"),
    "strong": (13, 600, "t1"),
    "sub": (12, 400, "t2"),
    "section": (12, 600, "t2"),
    "caption": (11, 400, "t3"),
    "read": (16, 400, "t1"),
    "accent": (13, 600, "accent"),
    "held": (12, 500, "held"),
    "ref": (12, 500, "ref"),
    "ack": (12, 500, "ack"),
    "sent": (12, 500, "sent"),
}


def _label_rules(look: Look) -> str:
    rules = []
    for role, (size, weight, token) in ROLES.items():
        look_of = f"font-size: {look.px(size)}px; font-weight: {weight}; color: {look.palette[token]};"
        rules.append(f'QLabel[role="{role}"] {{ {look_of} }}')
    return "\n".join(rules)


def stylesheet(look: Look) -> str:
    """The stylesheet of the theme and text size in force."""
    sizes = {"p8": look.px(8), "p6": look.px(6), "p4": look.px(4), "p13": look.px(13), "p28": look.px(28)}
    values = {**look.palette.colours, **{name: str(value) for name, value in sizes.items()}}
    return _label_rules(look) + _RULES.format_map(values)


_RULES = """
QWidget {{ color: {t1}; }}
QMainWindow, QWidget#canvas, QScrollArea#canvas, QWidget#page {{ background: {canvas}; }}
QScrollArea {{ border: 0; background: transparent; }}
QWidget#clear {{ background: transparent; }}
QWidget#nav {{ background: {nav}; }}
QWidget#surface {{ background: {surface}; }}
QFrame#card {{ background: {surface}; border: 1px solid {line2}; border-radius: {p8}px; }}
QFrame#quiet {{ background: {sunken}; border: 0; border-radius: {p8}px; }}
QFrame#held {{ background: {held_bg}; border: 0; border-radius: {p6}px; }}
QFrame#ref {{ background: {ref_bg}; border: 1px solid {ref_ln}; border-radius: {p6}px; }}
QFrame#ack {{ background: {ack_bg}; border: 0; border-radius: {p6}px; }}
QFrame#sent {{ background: {sent_bg}; border: 0; border-radius: {p6}px; }}
QFrame#dialog {{ background: {raised}; border: 1px solid {line2}; border-radius: 12px; }}
QFrame#consequence {{ background: {surface}; border: 1px solid {line2}; border-left: 3px solid {accent};
  border-radius: {p6}px; }}
QFrame#hline {{ background: {line}; border: 0; max-height: 1px; min-height: 1px; }}
QFrame#vline {{ background: {line}; border: 0; max-width: 1px; min-width: 1px; }}
QLineEdit, QPlainTextEdit, QSpinBox {{ background: {surface}; color: {t1}; border: 1px solid {ctl};
  border-radius: {p6}px; padding: {p4}px {p8}px; selection-background-color: {accent_fill};
  selection-color: {on_accent}; font-size: {p13}px; }}
QLineEdit {{ min-height: {p28}px; padding: 0 {p8}px; }}
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus {{ border: 2px solid {accent}; }}
QLineEdit:disabled, QPlainTextEdit:disabled {{ background: {sunken}; color: {t3}; border-color: {line2}; }}
QLineEdit#bare {{ border: 0; background: transparent; }}
QComboBox {{ background: {raised}; color: {t1}; border: 1px solid {ctl}; border-radius: {p6}px;
  padding: 0 {p8}px; min-height: {p28}px; font-size: {p13}px; }}
QComboBox:focus {{ border: 2px solid {accent}; }}
QComboBox::drop-down {{ border: 0; width: 20px; }}
QComboBox QAbstractItemView {{ background: {raised}; color: {t1}; selection-background-color: {select};
  selection-color: {t1}; border: 1px solid {line2}; }}
QCheckBox, QRadioButton {{ spacing: {p8}px; font-size: {p13}px; color: {t1}; background: transparent; }}
QTableView {{ background: {surface}; border: 0; outline: 0; gridline-color: transparent; }}
QMenu {{ background: {raised}; color: {t1}; border: 1px solid {line2}; padding: 4px; }}
QMenu::item {{ padding: {p4}px {p28}px; border-radius: 4px; }}
QMenu::item:selected {{ background: {select}; color: {t1}; }}
QMenu::item:disabled {{ color: {t3}; }}
QToolTip {{ background: {raised}; color: {t1}; border: 1px solid {line2}; padding: 4px; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {line2}; border-radius: 4px; min-height: 32px; }}
QScrollBar::handle:vertical:hover {{ background: {ctl}; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {line2}; border-radius: 4px; min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent;
  width: 0; height: 0; }}
QSplitter::handle {{ background: {line}; }}
"""
