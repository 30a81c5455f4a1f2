"""Settings of the desk and of each person: what exists, its default, and which values are good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modstation.models.errors import BadInput
from modstation.models.screen import Changed
from modstation.store.events import Draft
from modstation.store.sqlcipher import Connection

from .workplace import Workplace


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `of_desk` ones hold for everybody and are journaled; the rest are a person's own taste."""

    default: str
    good: Callable[[str], bool]
    rule: str
    of_desk: bool = False


def _number(low: int, high: int) -> Callable[[str], bool]:
    return lambda text: text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high


def _one_of(*words: str) -> Callable[[str], bool]:
    return lambda text: text in words


def _text(limit: int) -> Callable[[str], bool]:
    return lambda text: len(text) <= limit and text.isprintable()


SETTINGS: dict[str, Setting] = {
    "hold_seconds": Setting("10", _number(5, 30), "between 5 and 30 seconds", of_desk=True),
    "lock_minutes": Setting("10", _number(1, 120), "between 1 and 120 minutes"),
    "old_decision_hours": Setting("24", _number(1, 720), "between 1 and 720 hours", of_desk=True),
    "pull_seconds": Setting("15", _number(5, 3600), "between 5 and 3600 seconds", of_desk=True),
    "learned_order": Setting("on", _one_of("on", "off"), "on or off", of_desk=True),
    "learned_wait_minutes": Setting("240", _number(10, 1440), "between 10 and 1440 minutes", of_desk=True),
    "text_percent": Setting("100", _number(80, 200), "between 80 and 200 percent"),
    "theme": Setting("system", _one_of("system", "light", "dark"), "system, light or dark"),
    "language": Setting("", _one_of("", "en", "zh"), "en, zh, or empty for the system's"),
    "single_keys": Setting("on", _one_of("on", "off"), "on or off"),
    "keys": Setting("", _text(4000), "at most 4,000 printable characters"),
    "layout": Setting("", _text(20_000), "at most 20,000 printable characters"),
    "proxy": Setting("", _text(300), "an address such as http://proxy.example:3128, or empty", of_desk=True),
    "ca_file": Setting("", _text(1000), "the path of a PEM file, or empty", of_desk=True),
    "backup_folder": Setting("", _text(1000), "the path of a folder, or empty"),
    "export_folder": Setting("", _text(1000), "the path of a folder, or empty"),
}


def _known(name: str) -> Setting:
    found = SETTINGS.get(name)
    if found is None:
        raise BadInput(f"There is no setting '{name}'.", "", "Settings are " + ", ".join(sorted(SETTINGS)) + ".")
    return found


def read_setting(db: Connection, person: str, name: str) -> str:
    """A setting's value, or its default. Raises BadInput for a name that does not exist."""
    setting = _known(name)
    owner = "" if setting.of_desk else person
    row = db.execute("SELECT value FROM setting WHERE person = ? AND name = ?", (owner, name)).fetchone()
    return str(row[0]) if row else setting.default


def write_setting(work: Workplace, name: str, value: str) -> Changed:
    """Change a setting. Raises BadInput for an unknown name or a value out of range."""
    setting = _known(name)
    if not setting.good(value):
        raise BadInput(f"'{value[:60]}' is no value for {name}.", f"It must be {setting.rule}.")
    with work.store.writing() as tx:
        work.me(tx.db)
        owner = "" if setting.of_desk else work.person
        tx.db.execute("INSERT OR REPLACE INTO setting (person, name, value) VALUES (?,?,?)", (owner, name, value))
        if setting.of_desk:
            shown = value if value.isascii() and value.isdigit() else "set"
            tx.append(Draft("setting.changed", "", {"name": name, "value": shown}), work.pen)
    return work.hub.tell(Changed(status=True, message=f"{name} is now {value or 'empty'}."))


def hold_seconds(work: Workplace, db: Connection) -> int:
    """How long a decision can be undone before it is sent."""
    if work.hold_seconds is not None:
        return work.hold_seconds
    return int(read_setting(db, "", "hold_seconds"))
