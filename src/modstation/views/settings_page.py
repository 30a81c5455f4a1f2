"""Settings of this desk and person. Each is asked from the desk, changed through it, and says what it is good for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QScrollArea, QVBoxLayout, QWidget

from modstation.desk.api import DeskApi
from modstation.models.errors import ModStationError

from .commands import BY_ID, Keymap
from .fields import Field
from .jobs import Jobs
from .key_setting import key_choices, key_value
from .layouts import clear, column, framed, holder, line, row
from .parts import Combo, KeyButton, Plain
from .sheet import split_key
from .theme import Look
from .words import tr, word


@dataclass(frozen=True, slots=True)
class Spec:
    """One setting: its name at the desk, title, help, and the values offered ("" for free text)."""

    name: str
    title: str
    help: str
    values: tuple[tuple[str, str], ...] = ()


_PERCENTS = tuple((str(n), f"{n} %") for n in range(80, 201, 10))

SETTINGS: tuple[tuple[str, tuple[Spec, ...]], ...] = (
    (
        word("Appearance"),
        (
            Spec(
                "theme",
                word("Theme"),
                word("Follows the system unless you choose."),
                (("system", word("As the system")), ("light", word("Light")), ("dark", word("Dark"))),
            ),
            Spec("text_percent", word("Text size"), word("Ctrl with plus, minus and 0 does the same."), _PERCENTS),
            Spec(
                "language",
                word("Language"),
                word("Of the window. Posts and notices keep their own."),
                (("en", "English"), ("zh", "\u4e2d\u6587\uff08\u7b80\u4f53\uff09")),
            ),
        ),
    ),
    (
        word("Keys"),
        (
            Spec(
                "single_keys",
                word("Single keys"),
                word("Off: only keys with Ctrl or Alt work. Buttons and palette stay."),
                (("on", word("On")), ("off", word("Off"))),
            ),
            Spec(
                "modifier",
                word("Deciding keys"),
                word("With Alt, N, E, S and Enter decide nothing unless Alt is held."),
                (("on", word("Alone")), ("modifier", word("With Alt"))),
            ),
        ),
    ),
    (
        word("Work"),
        (
            Spec(
                "hold_seconds",
                word("Hold before sending"),
                word("5 to 30 seconds in which Z takes it back."),
                tuple((str(n), f"{n} s") for n in (5, 10, 15, 20, 30)),
            ),
            Spec(
                "lock_minutes",
                word("Lock after"),
                word("Minutes without a key or a movement."),
                tuple((str(n), f"{n} min") for n in (1, 5, 10, 15, 30, 60, 120)),
            ),
        ),
    ),
    (
        word("Network and folders"),
        (
            Spec("proxy", word("Proxy"), word("Address, or empty for none.")),
            Spec("ca_file", word("Private certificate authority"), word("A PEM file for forums inside your house.")),
            Spec("backup_folder", word("Backup folder"), word("Where backups are written, encrypted.")),
        ),
    ),
)


class SettingsPage(QWidget):
    """Signals: `said(words, tone)`, `applied(name, value)` once the desk has taken a value."""

    said = Signal(str, str)
    applied = Signal(str, str)

    def __init__(self, look: Look, jobs: Jobs, keymap: Keymap) -> None:
        super().__init__()
        self.look, self.jobs, self.keymap = look, jobs, keymap
        self.desk: DeskApi | None = None
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.controls: dict[str, QComboBox | Field] = {}
        self._filling = False
        parts: list[QWidget] = [Plain(tr("Settings"), "page")]
        for title, specs in SETTINGS:
            parts.append(Plain(tr(title), "section"))
            parts.append(self._card(specs))
        parts.append(Plain(tr("Every key"), "section"))
        self.key_box = QVBoxLayout()
        self.key_box.setSpacing(2)
        parts.append(framed("card", column(self.key_box, margins=(16, 10, 16, 10))))
        inner = holder(column(*parts, None, gap=10, margins=(24, 16, 24, 24)), "page")
        inner.setMaximumWidth(look.px(760))
        self.scroller = QScrollArea()
        self.scroller.setObjectName("canvas")
        self.scroller.setWidgetResizable(True)
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroller.setWidget(inner)
        self.setLayout(column(self.scroller, gap=0))
        look.changed.connect(lambda: inner.setMaximumWidth(look.px(760)))
        self.first = self.controls["theme"]
        self._filled = False

    def _card(self, specs: tuple[Spec, ...]) -> QWidget:
        box = column(gap=8, margins=(16, 12, 16, 12))
        for number, spec in enumerate(specs):
            if number:
                box.addWidget(line())
            control = self._control(spec)
            self.controls[spec.name] = control
            words = column(Plain(tr(spec.title), "medium"), Plain(tr(spec.help), "sub", wrap=True), gap=2)
            entry = row(words, control, gap=16)
            entry.setStretch(0, 1)
            box.addLayout(entry)
        return framed("card", box)

    def _control(self, spec: Spec) -> QComboBox | Field:
        if spec.values:
            combo = Combo(self.look, tr(spec.title))
            for value, words in spec.values:
                combo.addItem(tr(words), value)
            combo.setMinimumWidth(self.look.px(150))
            combo.currentIndexChanged.connect(lambda _: self._picked(spec.name, str(combo.currentData())))
            combo.setAccessibleDescription(tr(spec.help))
            return combo
        field = Field(tr(spec.title))
        field.setMinimumWidth(self.look.px(260))
        field.editingFinished.connect(lambda: self._picked(spec.name, field.text().strip()))
        field.setAccessibleDescription(tr(spec.help))
        return field

    def start(self, desk: DeskApi) -> None:
        """Read all settings of a desk and person, and take on their look."""
        self.desk = desk
        names = [name for name in self.controls if name != "modifier"] + ["keys"]
        self.jobs.read(tr("Reading settings"), lambda: {name: desk.setting(name) for name in names}, self._show)

    def _show(self, values: dict[str, str]) -> None:
        self._filling = True
        values["modifier"] = key_choices(values.get("keys", ""))[1]
        for name, control in self.controls.items():
            value = values.get(name, "")
            if isinstance(control, QComboBox):
                place = control.findData(value)
                if place < 0 and value:
                    control.addItem(value, value)
                    place = control.count() - 1
                control.setCurrentIndex(max(place, 0))
            else:
                control.setText(value)
        self._filling = False
        for name in ("theme", "text_percent", "language"):
            if values.get(name):
                self.applied.emit(name, values[name])

    def _picked(self, name: str, value: str) -> None:
        if not self._filling:
            self.change(name, value)

    def change(self, name: str, value: str) -> None:
        """Ask the desk to take a value; shown as changed once it has."""
        desk = self.desk
        if name == "modifier":
            changed, _ = key_choices(self._keys_value())
            name, value = "keys", key_value(changed, value)
        if desk is None:
            return
        self.jobs.act(
            tr("Changing a setting"),
            lambda: desk.set_setting(name, value),
            lambda _: self._taken(name, value),
            partial(self._refused, name),
        )

    def _keys_value(self) -> str:
        changed = {id_: " ".join(one.keys) for id_, one in self.keymap.commands.items() if one.keys != BY_ID[id_].keys}
        return key_value(changed, self.keymap.mode)

    def _taken(self, name: str, value: str) -> None:
        self._filling = True
        control = self.controls.get(name)
        if isinstance(control, QComboBox):
            control.setCurrentIndex(max(control.findData(value), 0))
        self._filling = False
        self.applied.emit(name, value)

    def _refused(self, name: str, error: ModStationError) -> None:
        self.said.emit(str(error), "ref")
        if self.desk is not None:
            self.start(self.desk)

    # keys

    def showEvent(self, event: QShowEvent) -> None:
        """The long list of keys is made when it is first looked at."""
        if not self._filled:
            self._filled = True
            self._fill_keys()
        super().showEvent(event)

    def _fill_keys(self) -> None:
        clear(self.key_box)
        for command in self.keymap.commands.values():
            field = Field(tr("Key for: {title}", title=tr(command.title)))
            field.setText(" ".join(command.keys))
            field.setFixedWidth(self.look.px(170))
            field.editingFinished.connect(partial(self._rebind, command.id, field))
            entry = row(Plain(tr(command.title), "body", wrap=True), Plain(tr(command.group), "caption"), field, gap=12)
            entry.setStretch(0, 1)
            self.key_box.addLayout(entry)
        back = KeyButton(self.look, tr("All keys as delivered"))
        back.clicked.connect(lambda: self.change("keys", ""))
        self.key_box.addLayout(row(None, back))

    def _rebind(self, id_: str, field: Field) -> None:
        keys = tuple(field.text().split())
        if keys == self.keymap.commands[id_].keys:
            return
        clash = next((other for key in keys if (other := self.keymap.clash(id_, key))), "")
        if not keys or clash or any(not split_key(key)[-1].strip() for key in keys):
            other = tr(self.keymap.commands[clash].title) if clash else ""
            self.said.emit(
                tr("That key already does: {title}.", title=other)
                if clash
                else tr("Write a key, such as N or Ctrl+J."),
                "held",
            )
            field.setText(" ".join(self.keymap.commands[id_].keys))
            return
        changed, mode = key_choices(self._keys_value())
        self.change("keys", key_value({**changed, id_: " ".join(keys)}, mode))
