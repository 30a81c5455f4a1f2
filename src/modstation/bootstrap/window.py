"""Desks on this machine as the window asks for them. Every method blocks; the window calls them from a worker.

Cryptography, rules, screening and the forums are imported by the method that needs them: the unlock screen needs none.
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modstation.models.errors import DeskBusy, NotFound
from modstation.models.ids import PersonId
from modstation.models.people import Role
from modstation.store import runlock, settings_file, vault_door
from modstation.store.system_keyring import SystemKeyring
from modstation.store.vault_model import SlotState
from modstation.views.ports import DeskChoice

from .parts import DemoOptions, Parts, default_folder

if TYPE_CHECKING:
    from modstation.demoforum import DemoProcess

    from .desks import OpenDesk, Shared

WINDOW_LOCK = "window"

#: Who makes a desk at the first run works alone at first, so they get every role that work needs.
FOUNDER_ROLES = frozenset({Role.ADMINISTRATOR, Role.MODERATOR})


class Desks:
    """Implements `WindowPort`. A locked desk keeps its store and runner until it is unlocked again or closed."""

    def __init__(self, folder: Path | None = None, parts: Parts | None = None) -> None:
        self._named = folder
        self._chosen = parts
        self._keyring = SystemKeyring()
        self._live: dict[Path, Shared] = {}
        self._locks: dict[Path, runlock.RunLock] = {}
        self._demo: DemoProcess | None = None
        self._guard = threading.Lock()

    @property
    def _parts(self) -> Parts:
        """The usual parts unless others were chosen; made late, for their cost comes with cryptography."""
        if self._chosen is None:
            self._chosen = Parts()
        return self._chosen

    def desks(self) -> tuple[DeskChoice, ...]:
        """Known desk folders, the last used one first."""
        said = settings_file.load()
        folders = [self._named, Path(said.last_desk) if said.last_desk else None, default_folder()]
        known = dict.fromkeys(folder for folder in folders if folder is not None and vault_door.is_desk(folder))
        return tuple(self._choice(folder, said) for folder in known)

    def _choice(self, folder: Path, said: settings_file.WindowSettings) -> DeskChoice:
        people = vault_door.people_in(folder)
        usual = bool(said.last_desk) and folder.resolve() == Path(said.last_desk)
        return DeskChoice(
            folder=folder,
            name=folder.name,
            people=tuple(each.person for each in people if each.state == SlotState.ENROLLED),
            invited=tuple(each.person for each in people if each.state == SlotState.INVITED),
            keyring=tuple(each.person for each in people if each.remembered),
            last_person=said.last_person if usual else "",
        )

    def create(self, folder: Path, person: str, passphrase: str) -> tuple[OpenDesk, str]:
        """Make a desk with its first person; the second part of the answer is the recovery code, shown once."""
        from .desks import create_desk

        desk, code = create_desk(folder, PersonId(person), FOUNDER_ROLES, passphrase, self._parts)
        return self._started(desk), code

    def unlock(self, folder: Path, person: str, passphrase: str) -> OpenDesk:
        """Open a desk, or go on with one that was locked. Raises WrongPassphrase and the other VaultErrors."""
        from .desks import open_desk, reopen

        live = self._live.get(folder.resolve())
        if live is not None:
            return self._started(reopen(live, person, passphrase))
        self._claim(folder)
        return self._started(open_desk(folder, person, passphrase, self._parts))

    def unlock_by_keyring(self, folder: Path, person: str) -> OpenDesk:
        """Open a desk by what the system keyring remembers. Raises KeyringLocked, NotFound, WrongPassphrase."""
        from modstation.store.vault_remembered import unlock_from_keyring

        from .desks import Shared, resume

        opened = unlock_from_keyring(folder, PersonId(person), self._keyring)
        if opened is None:
            raise NotFound("The system keyring does not remember this person.", "", "Unlock with the passphrase.")
        live = self._live.get(folder.resolve())
        if live is not None:
            return self._started(resume(live, opened))
        self._claim(folder)
        return self._started(resume(Shared(folder, opened, self._parts), opened))

    def remember(self, session: OpenDesk) -> None:
        """Let the system keyring open the desk for this person. Raises KeyringLocked or VaultError."""
        from modstation.store.vault_remembered import remember_me

        remember_me(session.folder, session.opened, self._keyring)

    def forget(self, session: OpenDesk) -> None:
        """Take the keyring's memory back."""
        from modstation.store.vault_remembered import forget_me

        forget_me(session.folder, session.opened.keys, session.person, self._keyring)

    def enrol(self, folder: Path, person: str, code: str, passphrase: str) -> OpenDesk:
        """First unlock of an invited person: sets their own passphrase by the one-time code."""
        from .desks import enrol_person

        live = self._live.pop(folder.resolve(), None)
        if live is not None:
            live.close()
        return self._started(enrol_person(folder, PersonId(person), code, passphrase, self._parts))

    def demo(self, options: DemoOptions | None = None) -> OpenDesk:
        """Start the demo forum and open a desk on it; `notice` names the demo people and their passphrase."""
        from . import demo

        wanted = options or DemoOptions()
        if wanted.folder is None:
            # A folder of its own for each process: two demos side by side do not fight over one desk.
            parent = default_folder().parent
            demo.clear_stale(parent, WINDOW_LOCK)
            wanted = replace(wanted, folder=parent / f"demo-{os.getpid()}")
        self._demo = demo.start_forum(wanted)
        return self._started(demo.make_desk(wanted, self._parts, self._demo))

    def add_forum(self, session: OpenDesk, name: str, url: str, token: str) -> str:
        """Connect a forum after testing it; the answer says in words what the token can do. Raises ForumError."""
        from modstation.desk.forums import DEFAULT_PROFILES

        session.try_forum(name, "nodebb", url, token)
        session.add_forum(name, "nodebb", url, token, DEFAULT_PROFILES)
        caps = session.probe(name)
        can = ", ".join(entry.name for entry in caps.entries if entry.possible and ":" not in entry.name)
        return f"{caps.server} answers; as {caps.account_name} this desk can: {can}."

    def _claim(self, folder: Path) -> None:
        """One window a desk: a second start brings the first to the front. Raises DeskBusy."""
        if folder.resolve() in self._locks:
            return
        try:
            self._locks[folder.resolve()] = runlock.hold(folder, WINDOW_LOCK)
        except DeskBusy:
            runlock.ask_to_front(folder)
            raise DeskBusy(
                "This desk is open in another window.", "", "That window was brought to the front."
            ) from None

    def _started(self, desk: OpenDesk) -> OpenDesk:
        with self._guard:
            self._claim(desk.folder)
            self._live[desk.folder.resolve()] = desk.shared
        desk.start_runner()
        if self._demo is None:
            last = replace(settings_file.load(), last_desk=str(desk.folder.resolve()), last_person=desk.person)
            settings_file.save(last)
        return desk

    def warm_up(self) -> None:
        """Load what opening a desk will need, while the person types."""
        from . import desks  # noqa: F401 - imported for its effect

    def close(self) -> None:
        """Close every desk and the demo forum."""
        with self._guard:
            for shared in self._live.values():
                shared.close()
            for lock in self._locks.values():
                lock.release()
            self._live, self._locks = {}, {}
        if self._demo is not None:
            self._demo.stop()
            self._demo = None
