"""The key sheet: every command with its keys, from the one table."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from .commands import GROUPS, TRIAGE, Command, Keymap
from .layouts import clear, column, holder, line, row
from .overlay import Overlay
from .parts import Glyph, KeyButton, KeyCap, Plain
from .theme import Look
from .words import tr

#: Which groups stand in which of the three columns.
COLUMNS = ((GROUPS[0],), (GROUPS[1], GROUPS[3]), (GROUPS[2], GROUPS[4], GROUPS[5]))


def rows_of(keymap: Keymap, group: str) -> list[tuple[tuple[str, ...], str]]:
    """Keys and title of each line of a group; commands that share a title and follow each other share a line."""
    lines: list[tuple[tuple[str, ...], str]] = []
    for command in keymap.commands.values():
        if command.group != group:
            continue
        keys = keymap.keys_of(command.id)
        title = title_of(keymap, command)
        if lines and lines[-1][1] == title and _numbered(command):
            lines[-1] = ((lines[-1][0][0], keys[0]), title)
        elif keys and (keys, title) not in lines:
            lines.append((keys[:1] if not _numbered(command) else keys, title))
    return lines


def title_of(keymap: Keymap, command: Command) -> str:
    """The title of a command, with its screen where that is none that everybody starts on."""
    place = keymap.commands.get(f"go.{command.scope}")
    title = tr(command.title)
    return title if place is None or command.scope == TRIAGE else f"{title} \u00b7 {tr(place.title)}"


def _numbered(command: Command) -> bool:
    return command.id.startswith(("policy.", "choice.")) and command.id[-1].isdigit()


class KeySheet(Overlay):
    """The sheet over the window."""

    def __init__(self, look: Look, window: QWidget, keymap: Keymap) -> None:
        super().__init__(look, window, 1120)
        self.keymap = keymap
        self.close_button = KeyButton(look, tr("Close"), "Esc")
        self.close_button.clicked.connect(self.close_box)
        self.columns = row(gap=32)
        sheet = holder(self.columns)
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setWidget(sheet)
        self.lines = sheet
        head = row(
            column(
                Plain(tr("Keyboard"), "page"),
                Plain(
                    tr(
                        "The same keys on every screen. They never fire while you type or while an input method "
                        "composes."
                    ),
                    "sub",
                    wrap=True,
                ),
                gap=2,
            ),
            self.close_button,
        )
        head.setStretch(0, 1)
        foot = row(
            Glyph(look, "info"),
            Plain(
                tr(
                    "On a focused button, Space and Enter press that button. Single keys can be changed or switched "
                    "off in Settings."
                ),
                "sub",
                wrap=True,
            ),
        )
        foot.setStretch(1, 1)
        self.fill(column(head, self.scroller, foot, gap=12, margins=(28, 22, 28, 20)))

    def show_sheet(self) -> None:
        """Open it."""
        clear(self.columns)
        for groups in COLUMNS:
            parts: list[QWidget] = []
            for group in groups:
                parts.append(Plain(tr(group), "accent"))
                parts.append(self._group(group))
            self.columns.addLayout(column(*parts, None, gap=6), 1)
        high = max(200, self._window.height() - self.look.px(220))
        self.scroller.setMinimumHeight(min(high, self.lines.sizeHint().height() + 8))
        self.open(self.close_button)

    def _group(self, group: str) -> QWidget:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        for number, (keys, title) in enumerate(rows_of(self.keymap, group)):
            caps = row(gap=3)
            for place, key in enumerate(keys):
                if place:
                    caps.addWidget(Plain(tr("to"), "caption"))
                for part in split_key(key):
                    caps.addWidget(KeyCap(self.look, part))
            caps.addStretch(1)
            grid.addWidget(holder(caps), number * 2, 0)
            grid.addWidget(Plain(title, "body", wrap=True), number * 2, 1)
            grid.addWidget(line(), number * 2 + 1, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, self.look.px(104))
        return holder_of(grid)


def holder_of(grid: QGridLayout) -> QWidget:
    """A widget around a grid."""
    widget = QWidget()
    widget.setObjectName("clear")
    widget.setLayout(grid)
    return widget


def split_key(key: str) -> list[str]:
    """The caps of a key: "Ctrl+K" is two, "Ctrl++" is Ctrl and plus."""
    if key.endswith("++"):
        return [*split_key(key[:-2]), "+"] if len(key) > 2 else ["+"]
    return [part for part in key.split("+") if part] or [key]
