"""What happens inside a desktop session with a real keyring daemon; run by test_keyring.py under dbus-run-session.

Usage: keyring_session.py SCENE FOLDER. The last line of stdout is the scene's answer as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import secretstorage
from tests.store.vault_parts import ADA, BEN, found

from modstation.models.errors import VaultError
from modstation.models.ids import DeskId
from modstation.store import vault
from modstation.store.sqlcipher import open_store
from modstation.store.system_keyring import SystemKeyring

DESK = DeskId("DESK-TEST")
ITEMS = 1200


@contextmanager
def daemon() -> Iterator[subprocess.Popen[bytes]]:
    """A keyring daemon that is unlocked, as after logging in."""
    command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert process.stdin is not None
        process.stdin.write(b"login password")
        process.stdin.close()
        with secretstorage.dbus_init() as bus:
            wait_for(lambda: secretstorage.check_service_availability(bus))
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "the keyring daemon did not come up"
        pause.wait(0.01)


def lock() -> None:
    with secretstorage.dbus_init() as bus:
        secretstorage.get_default_collection(bus).lock()


def error_of(act: Callable[[], object]) -> list[str]:
    try:
        return ["no error", repr(act())]
    except VaultError as error:
        return [type(error).__name__, str(error)]


def round_trip(folder: Path) -> Any:
    """Remember, recall as another process would, replace, forget."""
    with daemon():
        first, second = SystemKeyring(), SystemKeyring()
        before = second.recall(DESK, ADA)
        first.remember(DESK, ADA, "one")
        kept = second.recall(DESK, ADA)
        first.remember(DESK, ADA, "two")
        first.remember(DESK, BEN, "of ben")
        replaced = [second.recall(DESK, ADA), second.recall(DESK, BEN), second.recall(DeskId("OTHER"), ADA)]
        second.forget(DESK, ADA)
        second.forget(DESK, ADA)
        after = [first.recall(DESK, ADA), first.recall(DESK, BEN)]
        return {"before": before, "kept": kept, "replaced": replaced, "after": after, "state": first.state().backend}


def locked(folder: Path) -> Any:
    """A desk with items whose secret lies in a keyring that is then locked."""
    with daemon():
        desk, keyring = found(folder / "desk"), SystemKeyring()
        fill(desk.folder, desk.ada.keys.store_key)
        vault.remember_me(desk.folder, desk.ada, keyring)
        lock()
        before = listing(desk.folder)
        errors = [
            error_of(lambda: vault.unlock_from_keyring(desk.folder, ADA, keyring)),
            error_of(lambda: keyring.remember(DESK, BEN, "x")),
            error_of(lambda: keyring.forget(DESK, BEN)),
        ]
        unchanged = listing(desk.folder) == before
        homes = [str(path) for path in folder.rglob("*") if path.is_file() and "cfg" in path.name]
        return {"errors": errors, "unchanged": unchanged, "fallback": homes}


def unlocked_again(folder: Path) -> Any:
    """After the keyring was unlocked all items are there."""
    with daemon():
        desk, keyring = found(folder / "desk"), SystemKeyring()
        fill(desk.folder, desk.ada.keys.store_key)
        vault.remember_me(desk.folder, desk.ada, keyring)
    # Logging out and in again: the collection was locked on disk in between.
    with daemon():
        opened = vault.unlock_from_keyring(desk.folder, ADA, keyring)
        assert opened is not None
        connection = open_store(desk.folder / "store.db", opened.keys.store_key)
        count = connection.execute("SELECT count(*) FROM item").fetchone()[0]
        connection.close()
        vault.forget_me(desk.folder, opened.keys, ADA, keyring)
        gone = vault.unlock_from_keyring(desk.folder, ADA, keyring)
        return {"items": count, "key": opened.key_id == desk.ada.key_id, "after": gone}


def hung(folder: Path) -> Any:
    """A daemon that takes the question and never answers."""
    with daemon() as process:
        keyring = SystemKeyring(limit_seconds=0.5)
        SystemKeyring().remember(DESK, ADA, "one")
        process.send_signal(signal.SIGSTOP)
        errors = [
            error_of(lambda: keyring.recall(DESK, ADA)),
            error_of(lambda: keyring.remember(DESK, ADA, "two")),
        ]
        process.send_signal(signal.SIGCONT)
        return {"errors": errors, "later": SystemKeyring().recall(DESK, ADA) in {"one", "two"}}


def no_service(folder: Path) -> Any:
    """A session without a keyring: a normal state."""
    keyring, desk = SystemKeyring(), found(folder / "desk")
    state = keyring.state()
    refused = error_of(lambda: vault.remember_me(desk.folder, desk.ada, keyring))
    keyring.forget(DESK, ADA)
    answer = [keyring.recall(DESK, ADA), vault.unlock_from_keyring(desk.folder, ADA, keyring)]
    remembered = [person.remembered for person in vault.people_in(desk.folder)]
    return {"usable": state.usable, "why": state.why, "answer": answer, "refused": refused, "remembered": remembered}


def fill(folder: Path, key: bytes) -> None:
    connection = open_store(folder / "store.db", key)
    connection.execute("CREATE TABLE item (no INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO item VALUES (?)", [(number,) for number in range(ITEMS)])
    connection.close()


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


SCENES = {scene.__name__: scene for scene in (round_trip, locked, unlocked_again, hung, no_service)}

if __name__ == "__main__":
    print(json.dumps(SCENES[sys.argv[1]](Path(sys.argv[2]))), flush=True)
    # A thread that still waits for a hung daemon is a daemon thread; leave without the interpreter waiting for it.
    sys.stdout.flush()
    os._exit(0)
