"""Room on the disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modstation.store.diskspace import RESERVE_FILE, RESERVE_MB, DiskGuard, free_bytes

MB = 1024 * 1024


class Disk:
    """A disk whose free space the test sets; what the reserve takes is taken off, as on a real one."""

    def __init__(self, folder: Path, megabytes: float) -> None:
        self.folder = folder
        self.megabytes = megabytes

    def free(self, folder: Path) -> int:
        assert folder == self.folder
        reserve = folder / RESERVE_FILE
        return int(self.megabytes * MB) - (reserve.stat().st_size if reserve.exists() else 0)


def guard(disk: Disk, reserve_mb: int = 2) -> DiskGuard:
    return DiskGuard(disk.folder, reserve_mb, free=disk.free)


def test_with_room_the_desk_writes_and_has_a_reserve(tmp_path: Path) -> None:
    state = guard(Disk(tmp_path, 100)).check()
    assert (state.read_only, state.words, state.reserve) == (False, "", True)
    reserve = tmp_path / RESERVE_FILE
    assert reserve.stat().st_size == 2 * MB
    assert reserve.stat().st_mode & 0o777 == 0o600


def test_the_reserve_takes_real_blocks(tmp_path: Path) -> None:
    guard(Disk(tmp_path, 100)).check()
    assert (tmp_path / RESERVE_FILE).stat().st_blocks * 512 >= 2 * MB


def test_below_the_floor_the_desk_reads_only_and_says_what_to_do(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 100)
    watch = guard(disk)
    watch.check()
    disk.megabytes = 3.5
    state = watch.check()
    assert state.read_only
    assert "1 MiB" in state.words
    assert "Free some space" in state.words
    assert "Nothing is lost" in state.words


def test_giving_the_reserve_back_makes_room_at_once(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 100)
    watch = guard(disk)
    watch.check()
    disk.megabytes = 2
    assert disk.free(tmp_path) == 0
    assert watch.release_reserve() == 2 * MB
    assert disk.free(tmp_path) == 2 * MB
    assert watch.release_reserve() == 0


def test_the_reserve_comes_back_only_when_there_is_plenty(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 100)
    watch = guard(disk)
    watch.check()
    watch.release_reserve()
    for megabytes, back in ((1, False), (4, False), (5.9, False), (6, True)):
        disk.megabytes = megabytes
        assert watch.check().reserve is back


def test_around_the_floor_the_desk_does_not_flicker(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 2.1)
    watch = guard(disk)
    seen = []
    for megabytes in (2.1, 1.9, 2.1, 2.4, 2.5, 2.1, 1.9):
        disk.megabytes = megabytes
        seen.append(watch.check().read_only)
    assert seen == [False, True, True, True, False, False, True]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 20), min_size=1, max_size=15))
def test_whatever_happens_words_and_state_agree(tmp_path: Path, levels: list[float]) -> None:
    disk = Disk(tmp_path, 0)
    watch = guard(disk, 1)
    for level in levels:
        disk.megabytes = level + (1 if watch.has_reserve else 0)
        free = disk.free(tmp_path)
        state = watch.check()
        assert state.read_only == bool(state.words)
        assert state.read_only or free >= MB
        assert not state.read_only or free < 1.25 * MB
        assert state.reserve == (tmp_path / RESERVE_FILE).exists()


def test_half_a_reserve_does_not_count_and_is_made_whole(tmp_path: Path) -> None:
    (tmp_path / RESERVE_FILE).write_bytes(b"x" * MB)
    watch = guard(Disk(tmp_path, 100))
    assert not watch.has_reserve
    assert watch.check().reserve


def test_a_folder_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    watch = DiskGuard(tmp_path / "gone")
    state = watch.check()
    assert (state.read_only, state.reserve, state.words) == (False, False, "")
    assert watch.release_reserve() == 0


def test_a_folder_that_cannot_be_written_gets_no_reserve_and_no_error(tmp_path: Path) -> None:
    (tmp_path / RESERVE_FILE).mkdir()
    assert not guard(Disk(tmp_path, 100)).check().reserve


def test_the_real_disk_is_asked(tmp_path: Path) -> None:
    assert 0 < free_bytes(tmp_path) <= shutil.disk_usage(tmp_path).total
    assert RESERVE_MB >= 64


LIMITED = """
import resource, signal, sys
from pathlib import Path
from modstation.store.diskspace import DiskGuard
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
state = DiskGuard(Path(sys.argv[1]), 2).check()
print(state.reserve, state.read_only, list(Path(sys.argv[1]).iterdir()))
"""


def test_when_the_system_refuses_the_blocks_no_half_reserve_is_left(tmp_path: Path) -> None:
    """A real refusal: the process may not make files larger than 1 MiB."""
    command = [sys.executable, "-c", textwrap.dedent(LIMITED), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False False []\n"
