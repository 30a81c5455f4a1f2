"""Opening the desk for a command: whose passphrase, from where."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modstation.bootstrap import OpenDesk, Parts, default_folder, open_desk
from modstation.models.errors import BadInput
from modstation.models.time import from_ms, iso
from modstation.store import vault

PASSPHRASE = "MODSTATION_PASSPHRASE"


def folder_of(options: argparse.Namespace) -> Path:
    """The desk's folder."""
    return Path(options.desk) if options.desk is not None else default_folder()


def passphrase(prompt: str) -> str:
    """The passphrase from the environment, else asked for. Raises BadInput where nobody can be asked."""
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise BadInput("No passphrase was given.", "", f"Set {PASSPHRASE}, or run this in a terminal.")
    return getpass.getpass(f"{prompt}: ")


def first_line(what: str) -> str:
    """One line from standard input. Raises BadInput when there is none."""
    line = sys.stdin.readline().strip()
    if not line:
        raise BadInput(f"No {what} came on standard input.", "", f"Pipe the {what} in.")
    return line


@contextmanager
def desk_for(options: argparse.Namespace, parts: Parts) -> Iterator[OpenDesk]:
    """The open desk for the person in `--as`; without it for the only person, or whoever the passphrase belongs to."""
    folder = folder_of(options)
    person = options.person
    if not person and vault.is_desk(folder):
        able = [each.person for each in vault.people_in(folder) if each.state == vault.SlotState.ENROLLED]
        person = able[0] if len(able) == 1 else ""
    desk = open_desk(folder, person, passphrase(f"Passphrase of {person}" if person else "Passphrase"), parts)
    try:
        yield desk
    finally:
        desk.close()


def moment(ms: int) -> str:
    """A stored moment for people and programs; "" for none."""
    return iso(from_ms(ms)) if ms else ""
