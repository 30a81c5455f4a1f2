"""Compiled engines on disk: the same hits, only for their owner, and made anew where anything is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modstation.screening.cache import FORMAT, EngineCache, private
from modstation.screening.engine import Engine, Term

TERMS = [Term("casino", "en"), Term("赌博", "zh"), Term("carpet cleaner"), Term("xxx")]
TEXTS = ["c a s i n o", "赌bo 堵博 贝者博", "phuddle cazino carpetcleaner XXX", "出口交易会", ""]


def engine_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("engine-*"))


def test_an_engine_from_disk_gives_the_hits_of_a_new_one(tmp_path: Path) -> None:
    fresh = Engine(TERMS).scan(TEXTS)
    folder = tmp_path / "cache"
    assert EngineCache(folder).engine(TERMS).scan(TEXTS) == fresh
    assert len(engine_files(folder)) == 1
    assert EngineCache(folder).engine(TERMS).scan(TEXTS) == fresh


def test_another_process_reads_what_this_one_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    EngineCache(folder).engine(TERMS)
    stamp = engine_files(folder)[0].stat().st_mtime_ns
    code = """
import sys
from pathlib import Path
from modstation.screening.cache import EngineCache
from modstation.screening.engine import Term
terms = [Term("casino", "en"), Term("\\u8d4c\\u535a", "zh"), Term("carpet cleaner"), Term("xxx")]
engine = EngineCache(Path(sys.argv[1])).engine(terms)
print([tuple(m[:3]) for m in engine.scan(["c a s i n o"])[0]])
"""
    made = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert made.stdout == "[(0, 11, 0)]\n"
    assert [x.stat().st_mtime_ns for x in engine_files(folder)] == [stamp]


def test_other_terms_boundaries_or_disguises_are_another_engine(tmp_path: Path) -> None:
    from modstation.screening.tiers import Boundary, Tier

    cache = EngineCache(tmp_path / "cache")
    for terms in (
        [Term("casino")],
        [Term("casinos")],
        [Term("casino", "en")],
        [Term("casino", boundary=Boundary.WHOLE)],
        [Term("casino", tiers=frozenset({Tier.EXACT}))],
    ):
        cache.engine(terms)
    assert len(engine_files(tmp_path / "cache")) == 5


DAMAGE: list[Callable[[bytes], bytes]] = [
    lambda raw: raw[:-9],
    lambda raw: raw[:80] + bytes([raw[80] ^ 1]) + raw[81:],
    lambda raw: b"",
    lambda raw: FORMAT,
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    folder = tmp_path / "cache"
    fresh = EngineCache(folder).engine(TERMS).scan(TEXTS)
    [path] = engine_files(folder)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert EngineCache(folder).engine(TERMS).scan(TEXTS) == fresh
    assert len(path.read_bytes()) == len(whole)
    assert path.read_bytes() != damage(whole)


def test_a_folder_that_others_may_write_in_is_neither_read_nor_written(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(0o777)
    assert not private(folder)
    EngineCache(folder).engine(TERMS)
    assert engine_files(folder) == []
    folder.chmod(0o700)
    assert private(folder)
    assert not private(tmp_path / "nowhere")


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    EngineCache(tmp_path / "cache").engine(TERMS)
    assert {x.stat().st_mode & 0o077 for x in (tmp_path / "cache").iterdir()} == {0}
