"""Desks on this machine as the window asks for them. Every method blocks; the window calls them from a worker."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

from modstation.demoforum import DemoProcess
from modstation.desk.forums import DEFAULT_PROFILES
from modstation.models.errors import DeskBusy, NotFound
from modstation.models.ids import PersonId
from modstation.models.people import Role
from modstation.store import runlock, settings_file, vault
from modstation.store.system_keyring import SystemKeyring
from modstation.views.ports import DeskChoice

from . import demo
from .desks import OpenDesk, Parts, Shared, create_desk, default_folder, enrol_person, open_desk, reopen, resume

WINDOW_LOCK = "window"

#: Who makes a desk at the first run works alone at first, so they get every role that work needs.
FOUNDER_ROLES = frozenset({Role.ADMINISTRATOR, Role.MODERATOR})


class Desks:
    """Implements `WindowPort`. A locked desk keeps its store and runner until it is unlocked again or closed."""

    def __init__(self, folder: Path | None = None, parts: Parts | None = None) -> None:
        self._named = folder
        self._parts = parts or Parts()
        self._keyring = SystemKeyring()
        self._live: dict[Path, Shared] = {}
        self._locks: dict[Path, runlock.RunLock] = {}
        self._demo: DemoProcess | None = None
        self._guard = threading.Lock()

    def desks(self) -> tuple[DeskChoice, ...]:
        """Known desk folders, the last used one first."""
        last = settings_file.load().last_desk
        folders = [self._named, Path(last) if last else None, default_folder()]
        known = dict.fromkeys(folder for folder in folders if folder is not None and vault.is_desk(folder))
        return tuple(self._choice(folder) for folder in known)

    def _choice(self, folder: Path) -> DeskChoice:
        people = vault.people_in(folder)
        return DeskChoice(
            folder=folder,
            name=folder.name,
            people=tuple(each.person for each in people if each.state == vault.SlotState.ENROLLED),
            invited=tuple(each.person for each in people if each.state == vault.SlotState.INVITED),
            keyring=tuple(each.person for each in people if each.remembered),
        )

    def create(self, folder: Path, person: str, passphrase: str) -> tuple[OpenDesk, str]:
        """Make a desk with its first person; the second part of the answer is the recovery code, shown once."""
        desk, code = create_desk(folder, PersonId(person), FOUNDER_ROLES, passphrase, self._parts)
        return self._started(desk), code

    def unlock(self, folder: Path, person: str, passphrase: str) -> OpenDesk:
        """Open a desk, or go on with one that was locked. Raises WrongPassphrase and the other VaultErrors."""
        live = self._live.get(folder.resolve())
        if live is not None:
            return self._started(reopen(live, person, passphrase))
        self._claim(folder)
        return self._started(open_desk(folder, person, passphrase, self._parts))

    def unlock_by_keyring(self, folder: Path, person: str) -> OpenDesk:
        """Open a desk by what the system keyring remembers. Raises KeyringLocked, NotFound, WrongPassphrase."""
        opened = vault.unlock_from_keyring(folder, PersonId(person), self._keyring)
        if opened is None:
            raise NotFound("The system keyring does not remember this person.", "", "Unlock with the passphrase.")
        live = self._live.get(folder.resolve())
        if live is not None:
            return self._started(resume(live, opened))
        self._claim(folder)
        return self._started(resume(Shared(folder, opened, self._parts), opened))

    def remember(self, session: OpenDesk) -> None:
        """Let the system keyring open the desk for this person. Raises KeyringLocked or VaultError."""
        vault.remember_me(session.folder, session.opened, self._keyring)

    def forget(self, session: OpenDesk) -> None:
        """Take the keyring's memory back."""
        vault.forget_me(session.folder, session.opened.keys, session.person, self._keyring)

    def enrol(self, folder: Path, person: str, code: str, passphrase: str) -> OpenDesk:
        """First unlock of an invited person: sets their own passphrase by the one-time code."""
        live = self._live.pop(folder.resolve(), None)
        if live is not None:
            live.close()
        return self._started(enrol_person(folder, PersonId(person), code, passphrase, self._parts))

    def demo(self, options: demo.DemoOptions | None = None) -> OpenDesk:
        """Start the demo forum and open a desk on it; `notice` names the demo people and their passphrase."""
        wanted = options or demo.DemoOptions()
        if wanted.folder is None:
            # A folder of its own for each process: two demos side by side do not fight over one desk.
            parent = default_folder().parent
            demo.clear_stale(parent, WINDOW_LOCK)
            wanted = replace(wanted, folder=parent / f"demo-{os.getpid()}")
        self._demo = demo.start_forum(wanted)
        return self._started(demo.make_desk(wanted, self._parts, self._demo))

    def add_forum(self, session: OpenDesk, name: str, url: str, token: str) -> str:
        """Connect a forum after testing it; the answer says in words what the token can do. Raises ForumError."""
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
            settings_file.save(replace(settings_file.load(), last_desk=str(desk.folder.resolve())))
        return desk

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
