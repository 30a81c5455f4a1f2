"""Killed at any moment: the desk opens, and a backup or restore is there whole or not at all."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.store.backup_parts import filled, texts_in
from tests.store.vault_parts import ADA, WORDS, Desk, found

from modstation.models.ids import PersonId
from modstation.store import vault, vault_file
from modstation.store.backup import backup, inspect, restore
from modstation.store.runlock import RUNNER, hold

ROUNDS = 6
START = """
import sys
from pathlib import Path
from modstation.models.ids import PersonId
from modstation.store import vault
from modstation.store.backup import backup, restore
from modstation.store.keyslots import KeyClass
from tests.store.vault_parts import ADA, CHEAP, WORDS, found
folder, other = Path(sys.argv[1]), Path(sys.argv[2])
"""
INVITING = """
keys = vault.unlock(folder, ADA, WORDS[ADA]).keys
print("ready", flush=True)
for number in range(10**6):
    vault.invite(folder, keys, PersonId(f"Guest {number % 5}"), {KeyClass.CONTENT})
"""
CREATING = """
for number in range(10**6):
    found(folder / str(number))
    if number == 0:
        print("ready", flush=True)
"""
BACKING_UP = """
keys = vault.unlock(folder, ADA, WORDS[ADA]).keys
print("ready", flush=True)
while True:
    backup(folder, keys, other, replace=True)
"""
RESTORING = """
print("ready", flush=True)
for number in range(10**6):
    restore(folder, other / str(number), WORDS[ADA], person=ADA)
"""
Kill = Callable[[str, Path, Path], None]


@pytest.fixture
def kill(project_root: Path) -> Kill:
    """Start a program, kill it at a moment of chance after it is ready."""
    chance = random.Random(20261125)

    def run(program: str, folder: Path, other: Path) -> None:
        command = [sys.executable, "-c", textwrap.dedent(START + program), str(folder), str(other)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project_root)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.08))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()

    return run


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path / "desk", 10)


def content_of_leftovers(place: Path) -> list[str]:
    """What killed work has left that is not just an empty folder."""
    return [str(path) for path in place.glob(".0.*.work/*")] + [str(path) for path in place.glob(".desk.*.work/*")]


@pytest.mark.promise(1)
def test_killed_while_people_change_the_desk_still_opens(desk: Desk, tmp_path: Path, kill: Kill) -> None:
    for _ in range(ROUNDS):
        kill(INVITING, desk.folder, tmp_path)
        assert desk.unlock(ADA).keys.store_key == desk.ada.keys.store_key
        vault_file.check(vault_file.read(desk.folder), desk.ada.keys.store_key)
    vault.invite(desk.folder, desk.ada.keys, PersonId("Afterwards"), vault.EVERY_CLASS)
    assert {path.name for path in desk.folder.iterdir()} - {"vault.lock", "attempts.lock", "attempts.json"} <= {
        *("vault.json", "store.db", "keys.db", "store.db-wal", "store.db-shm", "keys.db-wal", "keys.db-shm"),
    }


def test_killed_while_a_desk_is_made_there_is_one_or_none(tmp_path: Path, kill: Kill) -> None:
    made = 0
    for number in range(ROUNDS):
        place = tmp_path / str(number)
        place.mkdir()
        kill(CREATING, place, tmp_path)
        for folder in place.iterdir():
            if (folder / "vault.json").exists():
                assert vault.unlock(folder, ADA, WORDS[ADA]).person == ADA
                made += 1
    assert made >= ROUNDS


@pytest.mark.promise(1)
def test_killed_while_backing_up_the_last_backup_stays_good(desk: Desk, tmp_path: Path, kill: Kill) -> None:
    file = tmp_path / "disk" / "desk.backup"
    file.parent.mkdir()
    assert backup(desk.folder, desk.ada.keys, file) is not None
    for number in range(ROUNDS):
        kill(BACKING_UP, desk.folder, file)
        assert inspect(file)[0] == desk.ada.keys.desk_id
        assert restore(file, tmp_path / f"again {number}", desk.code) is not None
    assert backup(desk.folder, desk.ada.keys, file, replace=True) is not None
    assert content_of_leftovers(file.parent) == []


@pytest.mark.promise(1)
def test_killed_while_restoring_there_is_a_whole_desk_or_none(desk: Desk, tmp_path: Path, kill: Kill) -> None:
    file, place = tmp_path / "desk.backup", tmp_path / "place"
    place.mkdir()
    assert backup(desk.folder, desk.ada.keys, file) is not None
    for _ in range(ROUNDS):
        kill(RESTORING, file, place)
        for folder in place.iterdir():
            if not folder.name.startswith("."):
                keys = vault.unlock(folder, ADA, WORDS[ADA]).keys
                assert len(texts_in(folder, keys)) == 10
                folder.rename(tmp_path / f"kept {keys.desk_id}")
    assert restore(file, place / "0", desk.code) is not None
    assert content_of_leftovers(place) == []


def test_a_backup_in_progress_is_not_cleared_away_by_another(desk: Desk, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    (place / ".x.busy.work").mkdir(parents=True)
    (place / ".x.young.work").mkdir()
    (place / ".x.dead.work").mkdir()
    (place / ".x.dead.work" / "work.lock").touch()
    (place / ".y.dead.work").mkdir()
    (place / ".y.dead.work" / "work.lock").touch()
    with hold(place / ".x.busy.work", "work"):
        assert backup(desk.folder, desk.ada.keys, place / "x") is not None
    assert {path.name for path in place.iterdir()} == {"x", ".x.busy.work", ".x.young.work", ".y.dead.work"}


def test_names_with_signs_that_mean_patterns_clear_only_their_own(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / ".abc.dead.work").mkdir()
    (tmp_path / ".abc.dead.work" / "work.lock").touch()
    assert backup(desk.folder, desk.ada.keys, tmp_path / "*") is not None
    assert backup(desk.folder, desk.ada.keys, tmp_path / "[abc]") is not None
    assert (tmp_path / ".abc.dead.work").exists()


def test_a_half_written_vault_of_a_crash_is_ignored_and_overwritten(desk: Desk) -> None:
    (desk.folder / "vault.json.new").write_bytes(b'{"half": ')
    assert desk.unlock(ADA).person == ADA
    vault.invite(desk.folder, desk.ada.keys, PersonId("Afterwards"), vault.EVERY_CLASS)
    assert not (desk.folder / "vault.json.new").exists()


def test_the_runner_lock_of_a_restored_desk_is_free(desk: Desk, tmp_path: Path) -> None:
    with hold(desk.folder, RUNNER):
        assert backup(desk.folder, desk.ada.keys, tmp_path / "x") is not None
    assert restore(tmp_path / "x", tmp_path / "again", desk.code) is not None
    with hold(tmp_path / "again", RUNNER):
        assert found(tmp_path / "third").unlock(ADA).person == ADA
