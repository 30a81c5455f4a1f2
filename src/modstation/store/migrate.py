"""Numbered, forward-only changes of the two encrypted files."""

from __future__ import annotations

from importlib import resources

from modstation.models.errors import NewerFormat

from .sqlcipher import Connection

_FOLDER = resources.files("modstation.store") / "migrations"


def numbered(prefix: str) -> list[tuple[int, str]]:
    """The scripts of the store ("") or the file of keys ("keys_"), each with its number, the oldest first."""
    found = [
        (int(entry.name.removeprefix(prefix).removesuffix(".sql")), entry.read_text("utf-8"))
        for entry in _FOLDER.iterdir()
        if entry.name.startswith(prefix)
        and entry.name.endswith(".sql")
        and entry.name.removeprefix(prefix).removesuffix(".sql").isdigit()
    ]
    return sorted(found)


def newest(prefix: str = "") -> int:
    """The version this program writes."""
    return numbered(prefix)[-1][0]


def migrate(db: Connection, prefix: str = "") -> None:
    """Bring a file to the newest version, a transaction a step. Raises NewerFormat for a later version's file."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    steps = numbered(prefix)
    if version > steps[-1][0]:
        raise NewerFormat(
            "This desk was written by a newer version of ModStation.",
            f"Its format is {version}, this version knows {steps[-1][0]}.",
            "Nothing was touched. Install the newer version.",
        )
    for number, script in steps:
        if number > version:
            db.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
