"""Locks between processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modstation.models.errors import DeskBusy, NotFound, VaultError
from modstation.store.runlock import RUNNER, WINDOW, ask_to_front, exclusive, front_asked, hold, holder

HOLD = """
import sys
from pathlib import Path
from modstation.store.runlock import hold
with hold(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""

Start = Callable[[Path, str], "subprocess.Popen[str]"]


@pytest.fixture
def other() -> Iterator[Start]:
    """Start another process that holds a lock until its input ends."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, name: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOLD), str(folder), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.communicate()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


@pytest.mark.case("S30")
def test_a_second_process_is_turned_away_and_told_by_whom(tmp_path: Path, other: Start) -> None:
    process = other(tmp_path, WINDOW)
    with pytest.raises(DeskBusy, match=f"process {process.pid}") as caught:
        hold(tmp_path, WINDOW)
    assert "front" in caught.value.next_step
    assert holder(tmp_path, WINDOW) == process.pid


@pytest.mark.case("S30")
def test_a_crash_of_the_first_does_not_lock_out_the_next(tmp_path: Path, other: Start) -> None:
    process = other(tmp_path, RUNNER)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert holder(tmp_path, RUNNER) is None
    with hold(tmp_path, RUNNER):
        assert holder(tmp_path, RUNNER) == os.getpid()


def test_runner_and_window_are_different_locks_and_so_are_desks(tmp_path: Path, other: Start) -> None:
    other(tmp_path, RUNNER)
    (tmp_path / "second").mkdir()
    with hold(tmp_path, WINDOW), hold(tmp_path / "second", RUNNER), pytest.raises(DeskBusy):
        hold(tmp_path, RUNNER)


def test_a_lock_given_back_is_free_at_once(tmp_path: Path) -> None:
    held = hold(tmp_path, WINDOW)
    held.release()
    held.release()
    assert holder(tmp_path, WINDOW) is None
    with hold(tmp_path, WINDOW), pytest.raises(DeskBusy):
        hold(tmp_path, WINDOW)


def test_looking_makes_no_file(tmp_path: Path) -> None:
    assert holder(tmp_path, WINDOW) is None
    assert list(tmp_path.iterdir()) == []


def test_lock_files_are_private(tmp_path: Path) -> None:
    with hold(tmp_path, WINDOW):
        assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_a_folder_that_is_not_there_is_answered_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="not there"):
        hold(tmp_path / "missing", WINDOW)
    (tmp_path / "file").touch()
    with pytest.raises(VaultError):
        hold(tmp_path / "file", WINDOW)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": null}'])
def test_a_damaged_lock_file_still_locks(tmp_path: Path, content: str) -> None:
    with hold(tmp_path, WINDOW):
        (tmp_path / "window.lock").write_text(content)
        assert holder(tmp_path, WINDOW) == 0
        with pytest.raises(DeskBusy):
            hold(tmp_path, WINDOW)
    with hold(tmp_path, WINDOW):
        assert holder(tmp_path, WINDOW) == os.getpid()


def test_somebody_who_only_looks_never_turns_a_start_away(tmp_path: Path) -> None:
    """`holder` takes the lock for an instant; a start at that instant must wait it out."""
    hold(tmp_path, RUNNER).release()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            holder(tmp_path, RUNNER)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(200):
            hold(tmp_path, RUNNER).release()
    finally:
        done.set()
        watcher.join()


def test_asking_the_window_to_the_front_reaches_it_once(tmp_path: Path) -> None:
    assert not front_asked(tmp_path)
    ask_to_front(tmp_path)
    ask_to_front(tmp_path)
    assert front_asked(tmp_path)
    assert not front_asked(tmp_path)


def test_exclusive_changes_follow_one_another(tmp_path: Path) -> None:
    path, start, total = tmp_path / "count", threading.Barrier(4), 40
    path.write_text("0")

    def add() -> None:
        start.wait()
        for _ in range(total):
            with exclusive(tmp_path / "count.lock"):
                path.write_text(str(int(path.read_text()) + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == str(4 * total)


def test_exclusive_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), exclusive(tmp_path / "x.lock"):
        raise RuntimeError
    with exclusive(tmp_path / "x.lock"):
        assert (tmp_path / "x.lock").exists()
