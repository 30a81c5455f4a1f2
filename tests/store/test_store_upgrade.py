"""Files of an earlier SQLCipher: neither damage nor a wrong key, and brought up to date on a copy that is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from modstation.models.errors import ForeignFile, OlderFormat
from modstation.store.sqlcipher import open_store
from modstation.store.upgrade import upgrade

KEY = bytes(range(48))


def older(path: Path, generation: int, rows: int = 50) -> None:
    db = sqlcipher.connect(str(path), isolation_level=None)
    db.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    db.execute(f"PRAGMA cipher_compatibility = {generation}")
    db.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, body BLOB)")
    db.execute("CREATE INDEX by_body ON event (body)")
    db.executemany("INSERT INTO event VALUES (?, ?)", [(n, bytes([n]) * 100) for n in range(rows)])
    db.execute("PRAGMA user_version = 1")
    db.close()


def rows(db: Any) -> list[Any]:
    return list(db.execute("SELECT * FROM event ORDER BY id").fetchall())


@pytest.mark.case("S20")
@pytest.mark.parametrize("generation", [3, 2, 1])
def test_an_older_file_is_named_as_such_and_left_alone(tmp_path: Path, generation: int) -> None:
    path = tmp_path / "store.db"
    older(path, generation)
    before = path.read_bytes()
    with pytest.raises(OlderFormat, match="modstation upgrade"):
        open_store(path, KEY)
    with pytest.raises(ForeignFile, match="another desk"):
        open_store(path, bytes(48))
    assert path.read_bytes() == before


@pytest.mark.case("S20")
@pytest.mark.parametrize("generation", [3, 2])
def test_an_upgrade_keeps_the_old_file_and_every_row(tmp_path: Path, generation: int) -> None:
    path = tmp_path / "store.db"
    older(path, generation)
    before = path.read_bytes()
    kept = upgrade(path, KEY)
    assert kept is not None
    assert kept.read_bytes() == before
    db = open_store(path, KEY)
    assert rows(db) == [(n, bytes([n]) * 100) for n in range(50)]
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()
    assert upgrade(path, KEY) is None
    assert sorted(each.name for each in tmp_path.iterdir() if not each.name.endswith(("-wal", "-shm"))) == [
        "store.db",
        "store.db.older-1",
    ]


@pytest.mark.case("S20")
def test_a_file_under_another_key_is_not_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    older(path, 3)
    before = path.read_bytes()
    with pytest.raises(ForeignFile):
        upgrade(path, bytes(48))
    assert path.read_bytes() == before


def test_what_an_upgrade_left_behind_when_it_was_cut_short_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    older(path, 3)
    (tmp_path / "store.db.upgraded").write_bytes(b"half a file")
    assert upgrade(path, KEY) is not None
    open_store(path, KEY).close()
