"""Backup while the desk runs."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.backup_parts import filled, pair, text, texts_in
from tests.store.vault_parts import ADA, BEN, CEM, WORDS, Desk, found

from modstation.models.errors import BadInput, DamagedFile, DiskFull, ForeignFile, VaultError
from modstation.models.ids import BlobId
from modstation.store import backup_copy, vault, vault_file
from modstation.store.backup import BackupResult, backup, inspect, restore
from modstation.store.backup_copy import copy_live, purge
from modstation.store.backup_file import MAGIC, open_backup
from modstation.store.blobs import store_blobs
from modstation.store.canonical import canonical
from modstation.store.keyslots import KeyClass
from modstation.store.sqlcipher import open_store
from modstation.store.vault_codec import to_json


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path / "desk")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def made(desk: Desk, file: Path) -> BackupResult:
    result = backup(desk.folder, desk.ada.keys, file, clock=desk.clock)
    assert result is not None
    return result


@pytest.mark.promise(1)
def test_everything_is_there_again_after_a_restore(desk: Desk, place: Path) -> None:
    made(desk, place / "desk.backup")
    shutil.rmtree(desk.folder)
    restored = restore(place / "desk.backup", place / "again", desk.code, clock=desk.clock)
    assert restored is not None
    opened = vault.unlock(place / "again", ADA, WORDS[ADA], desk.clock)
    assert texts_in(place / "again", opened.keys) == {number: text(number) for number in range(1, 41)}


def test_the_file_is_one_private_file_and_says_what_it_is(desk: Desk, place: Path) -> None:
    result = made(desk, place / "desk.backup")
    assert [path.name for path in place.iterdir()] == ["desk.backup"]
    data = result.file.read_bytes()
    assert result.file.stat().st_mode & 0o777 == 0o600
    assert data.startswith(MAGIC)
    assert (result.size, result.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert inspect(result.file) == (desk.ada.keys.desk_id, "2026-03-01T08:00:00.000Z", (ADA,))


def test_parts_are_encrypted_under_keys_of_their_own(desk: Desk, place: Path) -> None:
    """Neither key of the desk opens the copies, so a key that leaks from one does not open the other."""
    opened = open_backup(made(desk, place / "desk.backup").file)
    data = opened.path.read_bytes()
    for name in ("store.db", "keys.db"):
        start = opened.offset(name)
        (place / name).write_bytes(data[start : start + opened.part(name).size])
        for key in (desk.ada.keys.store_key, desk.ada.keys.keyfile_key):
            with pytest.raises(ForeignFile):
                open_store(place / name, key)


def test_nothing_readable_is_in_the_file(desk: Desk, place: Path) -> None:
    desk.add(BEN)
    data = made(desk, place / "desk.backup").file.read_bytes()
    keys = desk.ada.keys
    needles = [text(1)[:30], b"CREATE TABLE", b"SQLite format 3", WORDS[ADA].encode(), desk.code.encode()]
    needles += [keys.store_key[:32], keys.keyfile_key[:32], *keys.classes.values()]
    needles += [desk.ada.signing.private_bytes_raw(), keys.desk_signing.private_bytes_raw()]
    assert not [needle for needle in needles if needle in data]


def test_data_keys_are_a_part_of_their_own_and_stay_wrapped(desk: Desk, place: Path) -> None:
    """With the class keys missing, as for somebody who holds none of them, no text of the restored desk opens."""
    desk.add(BEN, KeyClass.IDENTITY)
    made(desk, place / "desk.backup")
    restore(place / "desk.backup", place / "again", WORDS[BEN], person=BEN)
    ben = vault.unlock(place / "again", BEN, WORDS[BEN], desk.clock)
    assert set(ben.keys.classes) == {KeyClass.IDENTITY}
    with closing(pair(place / "again", ben.keys)) as opened, pytest.raises(KeyError):
        opened.texts()
    ada = vault.unlock(place / "again", ADA, WORDS[ADA], desk.clock)
    assert len(texts_in(place / "again", ada.keys)) == 40


def test_manifest_is_signed_by_the_desk(desk: Desk, place: Path) -> None:
    manifest = open_backup(made(desk, place / "desk.backup").file).manifest
    key = vault_file.read(desk.folder).desk_key
    assert key is not None
    bare = canonical(to_json(replace(manifest, mac=b"", signature=b"")))
    Ed25519PublicKey.from_public_bytes(key.signing).verify(manifest.signature, bare)


def test_a_copy_made_while_others_write_is_of_one_moment(desk: Desk, place: Path) -> None:
    """A writer goes on all the time: the copy holds a beginning of what it wrote, and every text has its key."""
    stop, first = threading.Event(), threading.Event()
    written: list[int] = []

    def write() -> None:
        with closing(pair(desk.folder, desk.ada.keys)) as opened:
            number = 1000
            while not stop.is_set():
                opened.put(number, text(number))
                written.append(number)
                first.set()
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert first.wait(30)
        before = len(written)
        made(desk, place / "desk.backup")
        after = len(written)
    finally:
        stop.set()
        writer.join()
    restore(place / "desk.backup", place / "again", desk.code)
    keys = vault.unlock(place / "again", ADA, WORDS[ADA], desk.clock).keys
    with closing(pair(place / "again", keys)) as opened:
        found = sorted(number for number in opened.texts() if number >= 1000)
        blobs = opened.store.execute("SELECT count(*) FROM blob WHERE id >= 1000").fetchone()[0]
    assert found == list(range(1000, 1000 + len(found)))
    assert before <= len(found) == blobs <= after + 1
    assert after > before, "the writer must have gone on while the copy was made"


def test_a_running_backup_never_holds_a_writer_up(desk: Desk, place: Path) -> None:
    """From inside the backup, between two steps of the copy, a writer can commit."""
    with closing(pair(desk.folder, desk.ada.keys)) as opened:
        opened.store.execute("PRAGMA busy_timeout = 0")
        opened.keys.execute("PRAGMA busy_timeout = 0")
        told: list[str] = []

        def between(what: str, done: int, total: int) -> None:
            opened.put(5000 + len(told), b"written meanwhile")
            told.append(what)

        assert backup(desk.folder, desk.ada.keys, place / "desk.backup", progress=between) is not None
    assert {"copying the store", "copying the keys", "writing"} <= set(told)


def test_what_is_written_during_the_copy_neither_enters_nor_restarts_it(
    desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite starts a copy over when another connection writes, for ever if that goes on; a snapshot does not."""
    monkeypatch.setattr(backup_copy, "PAGES_A_STEP", 8)
    steps: list[int] = []

    with closing(pair(desk.folder, desk.ada.keys)) as opened:

        def between(what: str, done: int, total: int) -> None:
            if what == "copying the store":
                opened.put(5000 + len(steps), b"written meanwhile")
                steps.append(done)
                assert len(steps) < 500, "the copy starts over for ever"

        assert backup(desk.folder, desk.ada.keys, place / "desk.backup", progress=between) is not None
    assert len(steps) > 5
    assert steps == sorted(set(steps)), "the copy must not have started over"
    restore(place / "desk.backup", place / "again", desk.code)
    found = texts_in(place / "again", vault.unlock(place / "again", ADA, WORDS[ADA], desk.clock).keys)
    assert max(found) < 5000


def test_an_erased_text_has_no_key_in_the_copy(desk: Desk, place: Path) -> None:
    with closing(pair(desk.folder, desk.ada.keys)) as opened:
        opened.keys.execute("DELETE FROM data_key WHERE id = 7")
    made(desk, place / "desk.backup")
    restore(place / "desk.backup", place / "again", desk.code)
    assert 7 not in texts_in(place / "again", vault.unlock(place / "again", ADA, WORDS[ADA], desk.clock).keys)


class Media(NamedTuple):
    number: int
    url_hash: str
    sha256: str
    blocked: str


MEDIA = (
    Media(901, "marked", "aa", "suspected minor"),
    Media(902, "same bytes elsewhere", "aa", ""),
    Media(903, "harmless", "bb", ""),
    Media(904, "not hashed", "", ""),
    Media(905, "marked, never hashed", "", "suspected minor"),
)


@pytest.fixture
def with_media(desk: Desk) -> Desk:
    with closing(pair(desk.folder, desk.ada.keys)) as opened:
        for media in MEDIA:
            data = f"picture {media.number}".encode() * 3000
            opened.put_media(media.number, media.url_hash, data, sha256=media.sha256, blocked=media.blocked)
    return desk


def blobs_inside(desk: Desk, file: Path) -> tuple[set[int], set[int], dict[str, int | None]]:
    target = file.with_name("restored")
    assert restore(file, target, desk.code) is not None
    with closing(pair(target, vault.unlock(target, ADA, WORDS[ADA], desk.clock).keys)) as opened:
        blobs = {row[0] for row in opened.store.execute("SELECT id FROM blob WHERE id > 900")}
        keys = {row[0] for row in opened.keys.execute("SELECT id FROM data_key WHERE id > 900")}
        return blobs, keys, dict(opened.store.execute("SELECT url_hash, blob FROM media"))


def test_media_suspected_to_show_a_minor_never_enter(with_media: Desk, place: Path) -> None:
    result = made(with_media, place / "desk.backup")
    assert result.media_left_out == 3
    blobs, keys, media = blobs_inside(with_media, result.file)
    assert blobs == keys == {903, 904}
    assert media == {
        "marked": None,
        "same bytes elsewhere": None,
        "harmless": 903,
        "not hashed": 904,
        "marked, never hashed": None,
    }


def test_the_desk_itself_is_not_changed_by_a_backup(with_media: Desk, place: Path) -> None:
    made(with_media, place / "desk.backup")
    with closing(pair(with_media.folder, with_media.ada.keys)) as opened:
        assert opened.store.execute("SELECT count(*) FROM blob WHERE id > 900").fetchone() == (5,)


def test_what_is_marked_while_the_copy_runs_stays_out_too(with_media: Desk, place: Path) -> None:
    with closing(pair(with_media.folder, with_media.ada.keys)) as opened:

        def mark(what: str, done: int, total: int) -> None:
            opened.store.execute("UPDATE media SET blocked = 'suspected minor' WHERE url_hash = 'harmless'")

        assert backup(with_media.folder, with_media.ada.keys, place / "desk.backup", progress=mark) is not None
    blobs, keys, media = blobs_inside(with_media, place / "desk.backup")
    assert blobs == keys == {904}
    assert media["harmless"] is None


def test_the_bytes_left_out_are_in_no_free_page_of_the_copy(with_media: Desk, place: Path) -> None:
    """Looked for in the decrypted pages of the copy, free ones included."""
    keys = with_media.ada.keys
    for name, key in (("store.db", keys.store_key), ("keys.db", keys.keyfile_key)):
        with closing(open_store(with_media.folder / name, key, read_only=True)) as source:
            source.execute("BEGIN")
            copy_live(source, place / name, key, lambda what, done, total: None, "copy")
    with closing(open_store(with_media.folder / "store.db", keys.store_key, read_only=True)) as source:
        sealed = source.execute("SELECT data FROM blob WHERE id = 901").fetchone()[0]
    # From the middle of several pages; the two ends of a row may be overwritten by chance.
    needles = [sealed[at : at + 24] for at in range(5000, len(sealed) - 5000, 1000)]
    before = plain_pages(place / "store.db", keys.store_key)
    assert sum(needle in before for needle in needles) > len(needles) // 2
    purge(place / "store.db", keys.store_key, place / "keys.db", keys.keyfile_key, frozenset({(1, "marked")}))
    after = plain_pages(place / "store.db", keys.store_key)
    assert not [needle for needle in needles if needle in after]


def plain_pages(path: Path, key: bytes) -> bytes:
    """All pages of an encrypted file in the clear, by SQLCipher's own format: AES-256-CBC, a tail of 80 bytes."""
    data, size, tail = path.read_bytes(), 4096, 80
    pages = []
    for start in range(0, len(data), size):
        page = data[start : start + size]
        body = page[16 if start == 0 else 0 : size - tail]
        decryptor = Cipher(algorithms.AES(key[:32]), modes.CBC(page[size - tail : size - tail + 16])).decryptor()
        pages.append(decryptor.update(body))
    return b"".join(pages)


def test_a_fresh_desk_without_any_table_can_be_backed_up(tmp_path: Path, place: Path) -> None:
    empty = found(tmp_path / "empty")
    result = made(empty, place / "empty.backup")
    assert (result.head_seq, result.head_hash) == (0, "")
    assert restore(result.file, place / "again", empty.code) is not None


def test_progress_reaches_the_end_of_each_step(desk: Desk, place: Path) -> None:
    told: dict[str, list[tuple[int, int]]] = {}

    def note(what: str, done: int, total: int) -> None:
        told.setdefault(what, []).append((done, total))

    backup(desk.folder, desk.ada.keys, place / "desk.backup", progress=note)
    assert list(told) == ["copying the store", "copying the keys", "writing"]
    for steps in told.values():
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1] > 0


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4])
def test_cancelling_leaves_nothing(desk: Desk, place: Path, after: int) -> None:
    calls = iter(range(1000))
    assert backup(desk.folder, desk.ada.keys, place / "x", cancelled=lambda: next(calls) >= after) is None
    assert list(place.iterdir()) == []
    made(desk, place / "x")


def test_an_existing_file_is_replaced_only_when_asked_and_only_by_a_finished_one(desk: Desk, place: Path) -> None:
    (place / "x").write_bytes(b"last week's")
    with pytest.raises(BadInput, match="exists already"):
        made(desk, place / "x")
    assert backup(desk.folder, desk.ada.keys, place / "x", replace=True, cancelled=lambda: True) is None
    assert (place / "x").read_bytes() == b"last week's"
    assert backup(desk.folder, desk.ada.keys, place / "x", replace=True) is not None
    assert (place / "x").read_bytes().startswith(MAGIC)


def test_places_that_cannot_hold_a_backup_are_refused_with_a_sentence(desk: Desk, place: Path) -> None:
    for file in (desk.folder / "x", place / "missing" / "x", place):
        with pytest.raises(BadInput) as caught:
            made(desk, file)
        assert caught.value.next_step


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EIO, VaultError)])
def test_a_disk_that_fails_in_the_middle_leaves_nothing(
    desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[VaultError]
) -> None:
    real = os.replace

    def fails(source: Path, target: Path) -> None:
        if target == place / "x":
            raise OSError(number, os.strerror(number))
        real(source, target)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(kind):
        made(desk, place / "x")
    assert list(place.iterdir()) == []


class Usage(NamedTuple):
    free: int


def test_too_little_room_is_said_before_anything_is_written(
    desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(16 * 2**20))
    with pytest.raises(DiskFull, match="16 MiB are free"):
        made(desk, place / "x")
    assert list(place.iterdir()) == []


def test_keys_of_another_desk_make_no_backup(desk: Desk, tmp_path: Path, place: Path) -> None:
    other = filled(tmp_path / "other", 1)
    with pytest.raises(ForeignFile):
        backup(desk.folder, other.ada.keys, place / "x")
    assert list(place.iterdir()) == []


def test_a_damaged_store_is_never_passed_off_as_a_backup(desk: Desk, place: Path) -> None:
    path = desk.folder / "store.db"
    with closing(open_store(path, desk.ada.keys.store_key)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    for page in range(3, len(data) // 4096):
        data[page * 4096 + 100] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedFile):
        made(desk, place / "x")
    assert list(place.iterdir()) == []


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return filled(tmp_path_factory.mktemp("many") / "desk", 3)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(contents=st.lists(st.binary(max_size=9000), max_size=4))
def test_any_bytes_survive_backup_and_restore(
    many: Desk, tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    place = tmp_path_factory.mktemp("round")
    with closing(pair(many.folder, many.ada.keys)) as opened:
        first = 1 + opened.store.execute("SELECT max(id) FROM blob").fetchone()[0]
        sealed = [opened.sealer.seal(BlobId(first + at), data) for at, data in enumerate(contents)]
        store_blobs(opened.store, opened.keys, sealed)
    before = texts_in(many.folder, many.ada.keys)
    made(many, place / "x")
    restore(place / "x", place / "again", many.code)
    assert texts_in(place / "again", vault.unlock(place / "again", ADA, WORDS[ADA], many.clock).keys) == before


def test_everybody_enrolled_can_open_it_and_nobody_else(desk: Desk, place: Path) -> None:
    desk.add(BEN)
    vault.invite(desk.folder, desk.ada.keys, CEM, {KeyClass.CONTENT})
    made(desk, place / "x")
    assert inspect(place / "x")[2] == (ADA, BEN)
    vault.remove(desk.folder, desk.ada.keys, BEN)
    made(desk, place / "y")
    assert inspect(place / "y")[2] == (ADA,)
    with pytest.raises(VaultError):
        restore(place / "y", place / "again", WORDS[BEN], person=BEN)
