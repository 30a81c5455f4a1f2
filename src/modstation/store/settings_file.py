"""What a machine remembers of the window before any desk is open: last desk, place on the screen, language, theme.

Nothing secret and nothing about a forum belongs here. The file is JSON in the platform's folder for settings. A damaged
one counts as missing, field by field; what a later version wrote into it is kept.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from modstation.models.errors import VaultError

from .runlock import exclusive
from .vault_file import write_atomically

SETTINGS_FILE = "window.json"
_LARGEST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Settings of this machine. Empty texts mean "not chosen yet".

    `last_desk` is the folder opened last and `last_person` who opened it, `geometry` the window's place and size as
    the view spells it, `language` a
    code such as "en" or "zh_CN", `theme` "light", "dark" or "" for the system's, `text_percent` 80 to 200.
    """

    last_desk: str = ""
    last_person: str = ""
    geometry: str = ""
    language: str = ""
    theme: str = ""
    text_percent: int = 100


def config_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where settings of this person lie: XDG_CONFIG_HOME, Application Support or APPDATA. Not created."""
    return _folder(environment, platform, "XDG_CONFIG_HOME", ".config")


def data_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where a desk goes unless the person chooses: XDG_DATA_HOME, Application Support or APPDATA. Not created."""
    return _folder(environment, platform, "XDG_DATA_HOME", ".local/share")


def load(folder: Path | None = None) -> WindowSettings:
    """The settings, whatever is left of them; never raises."""
    found = _read(folder or config_folder())
    known = {each.name: found[each.name] for each in fields(WindowSettings) if _fits(each.name, found.get(each.name))}
    return WindowSettings(**known)


def save(settings: WindowSettings, folder: Path | None = None) -> None:
    """Write the settings, whole or not at all. Raises DiskFull or VaultError; then the old ones stand."""
    place = folder or config_folder()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = f"{error.strerror}."
        raise VaultError("The window's settings cannot be kept.", why, "Check the folder of settings.") from None
    with exclusive(place / "window.lock"):
        data = _read(place) | asdict(settings)
        write_atomically(place / SETTINGS_FILE, json.dumps(data, indent=1).encode("ascii"))


def _folder(environment: Mapping[str, str], platform: str, variable: str, below: str) -> Path:
    home = Path(environment.get("HOME") or environment.get("USERPROFILE") or Path.home())
    if platform == "win32":
        return Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "ModStation"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "ModStation"
    named = Path(environment.get(variable, ""))
    # The XDG specification asks to ignore relative paths.
    return (named if named.is_absolute() else home / below) / "modstation"


def _read(folder: Path) -> dict[str, Any]:
    try:
        with (folder / SETTINGS_FILE).open("rb") as file:
            value = json.loads(file.read(_LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _fits(name: str, value: object) -> bool:
    if name == "text_percent":
        return type(value) is int and 80 <= value <= 200
    return isinstance(value, str)
