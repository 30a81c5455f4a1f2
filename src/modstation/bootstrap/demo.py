"""The demo: an invented forum in its own process, and a desk on it with people whose passphrase is printed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from modstation.demoforum import DemoProcess, spawn
from modstation.desk.forums import DEFAULT_PROFILES
from modstation.models.errors import BadInput
from modstation.models.ids import PersonId
from modstation.models.people import Role
from modstation.store import runlock
from modstation.store.kdf import DEFAULT_COST, KdfCost
from modstation.store.vault import is_desk

from .desks import OpenDesk, create_desk, enrol_person, open_desk
from .parts import DemoOptions, Parts, default_folder

#: The demo guards nothing: its passphrase is on screen, so opening it need not cost half a second.
DEMO_COST = KdfCost(memory_kib=8 * 1024, passes=1, lanes=1)
DEMO_PASSPHRASE = "riverside demo"
DEMO_PEOPLE: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("demo-moderator", (Role.MODERATOR,)),
    ("demo-compliance", (Role.COMPLIANCE, Role.LEGAL, Role.ON_CALL)),
    ("demo-supervisor", (Role.SUPERVISOR,)),
    ("demo-admin", (Role.ADMINISTRATOR, Role.MODERATOR)),
)
FORUM = "riverside"
_MARK = "demo"


@dataclass(frozen=True, slots=True)
class OpenDemo:
    """A running demo: the desk open as the moderator, and what a person must know to use it."""

    desk: OpenDesk
    forum: str
    url: str
    tokens: dict[str, str]
    people: dict[str, list[str]]
    passphrase: str
    notice: str


@contextmanager
def open_demo(options: DemoOptions, parts: Parts) -> Iterator[OpenDemo]:
    """Start the demo forum and a fresh desk on it; both end with the block."""
    process = start_forum(options)
    desk = None
    try:
        desk = make_desk(options, parts, process)
        yield OpenDemo(
            desk,
            FORUM,
            process.url,
            dict(process.tokens),
            {name: [str(role) for role in roles] for name, roles in DEMO_PEOPLE},
            DEMO_PASSPHRASE,
            notice(),
        )
    finally:
        if desk is not None:
            desk.close()
        process.stop()


def start_forum(options: DemoOptions) -> DemoProcess:
    """The demo forum as a child process; it ends with this one."""
    return spawn(0, options.seed, options.items, options.faults, options.arrivals, "--grant-mute")


def notice() -> str:
    """Who there is in the demo, and their passphrase."""
    names = ", ".join(name for name, _ in DEMO_PEOPLE)
    return f"Demo people: {names}. Passphrase of all of them: {DEMO_PASSPHRASE}"


def make_desk(options: DemoOptions, parts: Parts, process: DemoProcess) -> OpenDesk:
    """A fresh demo desk, open as its moderator. The forum starts anew each time, so an old demo desk is put away."""
    folder = options.folder or default_folder().parent / "demo-desk"
    _put_away(folder)
    cost = parts.cost if parts.cost != DEFAULT_COST else DEMO_COST
    parts = replace(parts, cost=cost)
    founder, roles = DEMO_PEOPLE[-1]
    first, _ = create_desk(folder, PersonId(founder), frozenset(roles), DEMO_PASSPHRASE, parts)
    (folder / _MARK).touch(mode=0o600)
    first.add_forum(FORUM, "nodebb", process.url, process.tokens["moderator"], DEFAULT_PROFILES)
    first.close()
    _enrol_all(folder, parts)
    desk = open_desk(folder, DEMO_PEOPLE[0][0], DEMO_PASSPHRASE, parts)
    desk.notice = notice()
    return desk


def _enrol_all(folder: Path, parts: Parts) -> None:
    admin = DEMO_PEOPLE[-1][0]
    helper = ""
    for name, roles in DEMO_PEOPLE[:-1]:
        desk = open_desk(folder, admin, DEMO_PASSPHRASE, parts)
        added = desk.members.add(PersonId(name), frozenset(roles))
        desk.close()
        if added.state == "proposed":
            second = open_desk(folder, helper, DEMO_PASSPHRASE, parts)
            second.members.answer(added.proposal, True, "demo")
            second.close()
        enrol_person(folder, PersonId(name), added.code, DEMO_PASSPHRASE, parts).close()
        helper = helper or name


def clear_stale(parent: Path, lock: str) -> None:
    """Take away demo desks that earlier starts left behind and nobody has open."""
    for folder in parent.glob("demo-*"):
        if (folder / _MARK).exists() and runlock.holder(folder, lock) is None:
            shutil.rmtree(folder, ignore_errors=True)


def _put_away(folder: Path) -> None:
    if is_desk(folder):
        # Only ever a folder that this program made for the demo: it carries the demo's mark.
        if not (folder / _MARK).exists():
            raise BadInput("There is a desk in that folder that is no demo.", "", "Name another folder.")
        shutil.rmtree(folder)
