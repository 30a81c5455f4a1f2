"""The open store: two files that change together, many readers, one writer, and nothing half-written ever."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.store.store_parts import Bench, HandClock, bench, case, flag, fresh_keys, revision, step

from modstation.models.errors import DamagedFile, DiskFull, ForeignFile, NewerFormat, VaultError
from modstation.store.events import Draft
from modstation.store.migrate import migrate, newest
from modstation.store.sqlcipher import OperationalError, explain, open_store
from modstation.store.store import KEYS_FILE, STORE_FILE, Store
from modstation.store.verify import verify

PLAIN = b"SQLite format 3\x00"


def everything(made: Any) -> tuple[Any, ...]:
    with made.store.exclusive() as (db, keys):
        counts = [
            db.execute(f"SELECT count(*) FROM {t}").fetchone()[0]
            for t in ("event", "observation", "blob", "event_blob")
        ]
        return (*counts, keys.execute("SELECT count(*) FROM data_key").fetchone()[0], made_items(db))


def made_items(db: Any) -> list[Any]:
    return list(db.execute("SELECT * FROM item ORDER BY no").fetchall())


class Stop(Exception):
    """What a test throws in the middle of things."""


def stop_in_the_middle(made: Bench) -> None:
    with made.store.writing() as tx:
        if tx.db.execute("SELECT 1 FROM item").fetchone():
            tx.append(step("note.added", sealed={"note": "n"}, about="item"), made.ann)
        tx.seal(b"text")
        raise Stop


def note_until_full(made: Bench) -> tuple[Any, ...]:
    """Write notes until there is no room; what was there before the one that was refused."""
    before = everything(made)
    for _ in range(200):
        try:
            made.append(step("note.added", sealed={"note": "x" * 50_000}, about="item"), made.ann)
        except DiskFull:
            return before
        before = everything(made)
    pytest.fail("the disk was never full")


@pytest.mark.promise(1)
def test_a_transaction_that_fails_leaves_nothing_in_either_file(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision(), flag()])
        before = everything(made)
        with pytest.raises(Stop):
            stop_in_the_middle(made)
        assert everything(made) == before
        made.append(step("note.added", sealed={"note": "n"}, about="item"), made.ann)
        assert everything(made) != before


def test_numbers_of_blobs_are_never_given_twice(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        with pytest.raises(Stop):
            stop_in_the_middle(made)
        other = Store(made.store.folder, made.keys, made.keys.desk_id, made.clock, "second window")
        firsts = [
            made.store.reserve(3),
            other.reserve(3),
            made.store.reserve(5000),
            other.reserve(5000),
            made.store.reserve(1),
        ]
        counts = [3, 3, 5000, 5000, 1]
        given = [n for first, count in zip(firsts, counts, strict=True) for n in range(first, first + count)]
        other.close()
        assert len(given) == len(set(given))


def test_readers_see_what_was_committed_and_nothing_of_what_was_not(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        with made.store.writing() as tx:
            tx.append(step("item.claimed", until=9), made.ann)
            with made.store.reading() as reader:
                assert reader.db.execute("SELECT claimed_by FROM item").fetchone() == ("",)
        with made.store.reading() as reader:
            assert reader.db.execute("SELECT claimed_by FROM item").fetchone() == ("ann",)


def test_readers_cannot_write(tmp_path: Path) -> None:
    with (
        bench(tmp_path / "desk") as made,
        made.store.reading() as reader,
        pytest.raises(OperationalError, match="readonly"),
    ):
        reader.db.execute("DELETE FROM item")


def test_many_threads_read_and_write_at_once(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        problems: list[BaseException] = []

        def write() -> None:
            try:
                for _ in range(10):
                    made.append(step("note.added", sealed={"note": "n"}, about="item"), made.ann)
                    with made.store.reading() as reader:
                        reader.db.execute("SELECT * FROM item").fetchall()
            except BaseException as problem:
                problems.append(problem)

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not problems
        with made.store.reading() as reader:
            assert verify(reader.db).whole
            assert reader.db.execute("SELECT count(*) FROM event WHERE kind = 'note.added'").fetchone() == (40,)


def test_closing_twice_is_no_matter_and_readers_end_with_it(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        with made.store.reading() as reader:
            made.store.close()
            made.store.close()
        with pytest.raises(Exception, match="closed"):
            reader.db.execute("SELECT 1")


@pytest.mark.promise(1)
def test_a_persons_act_is_synced_and_a_pull_need_not_be(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        for person, level in ((True, 2), (False, 1), (True, 2)):
            with made.store.writing(person=person) as tx:
                assert tx.db.execute("PRAGMA synchronous").fetchone() == (level,)
                assert tx.keys.execute("PRAGMA synchronous").fetchone() == (level,)
                assert tx.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_read_only_store_refuses_with_its_reason_and_reads_on(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        made.store.read_only = "Only 5 MB are left on the disk."
        with pytest.raises(DiskFull, match="5 MB"):
            made.append(step("item.released"), made.ann)
        with made.store.reading() as reader:
            assert reader.db.execute("SELECT count(*) FROM item").fetchone() == (1,)
        made.store.read_only = ""
        made.append(step("item.released"), made.ann)


# ---------------------------------------------------------------------------------- full disk
@pytest.mark.promise(1)
@pytest.mark.parametrize("which", ["store", "keys"])
def test_a_full_disk_refuses_the_act_and_leaves_nothing_half_written(tmp_path: Path, which: str) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision(), flag()])
        with made.store.exclusive() as pair:
            db = pair[0 if which == "store" else 1]
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
        before = note_until_full(made)
        assert everything(made) == before
        with made.store.exclusive() as pair:
            pair[0 if which == "store" else 1].execute("PRAGMA max_page_count = 4294967294")
        made.append(step("note.added", sealed={"note": "there is room again"}, about="item"), made.ann)
        with made.store.reading() as reader:
            assert verify(reader.db).whole


@pytest.mark.promise(1)
def test_numbers_can_be_reserved_again_after_a_full_disk(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        with made.store.exclusive() as (db, _):
            db.execute("CREATE TRIGGER full BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
        with pytest.raises(DiskFull):
            made.store.reserve(100_000)
        with made.store.exclusive() as (db, _):
            assert not db.in_transaction
            db.execute("DROP TRIGGER full")
        assert made.store.reserve(100_000) > 0


CHILD = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.store.store_parts import bench, revision, flag, step
from modstation.models.errors import VaultError
from modstation.store.verify import verify
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with bench(Path({folder!r})) as made:
    made.take([revision(), flag()])
    made.store.checkpoint()
    size = max(path.stat().st_size for path in Path({folder!r}).iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 200_000, size + 200_000))
    done = 0
    try:
        for _ in range(400):
            made.append(step("note.added", sealed={{"note": "x" * 20_000}}, about="item"), made.ann)
            done += 1
    except VaultError as problem:
        print(type(problem).__name__)
    with made.store.reading() as reader:
        assert verify(reader.db).whole
        (count,) = reader.db.execute("SELECT count(*) FROM event WHERE kind = 'note.added'").fetchone()
    print(done == count, done > 0)
"""


@pytest.mark.promise(1)
def test_a_file_that_cannot_grow_refuses_and_keeps_what_was_written(tmp_path: Path, project_root: Path) -> None:
    """A real refusal of the operating system, in a process of its own: writes beyond a size fail."""
    code = CHILD.format(root=str(project_root), folder=str(tmp_path / "desk"))
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert told.stderr == ""
    assert told.stdout.split() in (["DiskFull", "True", "True"], ["DamagedFile", "True", "True"])


# ---------------------------------------------------------------------------------- two processes
WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import pickle
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from modstation.store.events import Pen, Signer
from modstation.store.keyslots import Keys, KeyClass, key_id
from modstation.store.store import Store
from tests.store.store_parts import HandClock, step
raw = pickle.loads(bytes.fromhex(sys.stdin.readline()))
keys = Keys(raw["store"], raw["keyfile"], {{KeyClass(n): k for n, k in raw["classes"].items()}},
            Ed25519PrivateKey.from_private_bytes(raw["desk"]), "desk-one")
key = Ed25519PrivateKey.from_private_bytes(raw["ann"])
pen = Pen("ann", key_id(key.public_key().public_bytes_raw()), key, "other", Signer.PERSON)
store = Store(Path({folder!r}), keys, "desk-one", HandClock(), "other")
print("ready", flush=True)
for number in range(40):
    with store.writing() as tx:
        tx.append(step("note.added", sealed={{"note": f"other {{number}}"}}, about="item"), pen)
store.close()
"""


@pytest.mark.case("S30")
@pytest.mark.promise(1)
def test_two_processes_on_one_desk_keep_one_whole_chain(tmp_path: Path, project_root: Path) -> None:
    import pickle

    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        raw = {
            "store": made.keys.store_key, "keyfile": made.keys.keyfile_key,
            "classes": {str(name): key for name, key in made.keys.classes.items()},
            "desk": made.keys.desk_signing.private_bytes_raw(), "ann": made.ann.key.private_bytes_raw(),
        }  # fmt: skip
        code = WRITER.format(root=str(project_root), folder=str(tmp_path / "desk"))
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(pickle.dumps(raw).hex() + "\n")
        child.stdin.flush()
        assert child.stdout.readline() == "ready\n"
        for number in range(40):
            made.append(step("note.added", sealed={"note": f"first {number}"}, about="item"), made.ann)
        _, complaints = child.communicate(timeout=60)
        assert (child.returncode, complaints) == (0, "")
        with made.store.exclusive() as (db, keys):
            assert verify(db).whole
            assert db.execute("SELECT count(*) FROM event WHERE kind = 'note.added'").fetchone() == (80,)
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert db.execute("PRAGMA cipher_integrity_check").fetchall() == []
            assert keys.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            numbers = [row[0] for row in db.execute("SELECT blob FROM event_blob")]
            assert len(numbers) == len(set(numbers))
        with made.store.reading() as reader:
            assert len(reader.texts(numbers)) == len(numbers), "no blank row"


# ---------------------------------------------------------------------------------- opening
def test_no_file_of_a_desk_is_in_the_clear(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision(body="a very particular sentence")])
        made.store.checkpoint()
        for path in made.store.folder.iterdir():
            data = path.read_bytes()
            assert not data.startswith(PLAIN)
            assert b"particular" not in data
            assert b"demo_author" not in data
            assert b"CREATE TABLE" not in data


def test_even_with_the_store_key_texts_stay_sealed(tmp_path: Path) -> None:
    """Whoever has the file's key alone still reads no text: those are under class keys."""
    with bench(tmp_path / "desk") as made:
        made.take([revision(body="a very particular sentence", title="particular title")])
        with made.store.exclusive() as (db, keys):
            for table in ("event", "observation", "blob", "item", "outbox", "decision", "known"):
                assert b"very particular" not in repr(db.execute(f"SELECT * FROM {table}").fetchall()).encode()
            assert b"particular" not in repr(keys.execute("SELECT * FROM data_key").fetchall()).encode()


def test_another_key_is_refused_and_nothing_touched(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.store.checkpoint()
    before = {path.name: path.read_bytes() for path in (tmp_path / "desk").iterdir()}
    with pytest.raises(ForeignFile, match="key"):
        Store(tmp_path / "desk", fresh_keys(), made.keys.desk_id, HandClock(), "s")
    after = {path.name: path.read_bytes() for path in (tmp_path / "desk").iterdir() if path.name in before}
    assert after == before


def test_a_plain_file_is_refused_and_not_encrypted(tmp_path: Path) -> None:
    (tmp_path / STORE_FILE).write_bytes(PLAIN + bytes(4080))
    with pytest.raises(ForeignFile, match="plain SQLite"):
        open_store(tmp_path / STORE_FILE, bytes(48))
    assert (tmp_path / STORE_FILE).read_bytes() == PLAIN + bytes(4080)


@pytest.mark.parametrize("length", [0, 32, 47, 49])
def test_a_key_of_another_length_opens_nothing(tmp_path: Path, length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        open_store(tmp_path / "x.db", bytes(length))
    assert not (tmp_path / "x.db").exists()


def test_a_damaged_page_is_named_as_damage(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision(n) for n in range(1, 30)])
        made.store.checkpoint()
    path = tmp_path / "desk" / STORE_FILE
    data = bytearray(path.read_bytes())
    for at in range(3 * 4096, len(data), 4096):
        data[at + 100] ^= 0xFF
    path.write_bytes(data)
    with (
        pytest.raises(VaultError) as caught,
        bench_again(tmp_path / "desk", made.keys) as store,
        store.reading() as reader,
    ):
        reader.db.execute("SELECT count(*), sum(length(body)) FROM event").fetchall()
    assert isinstance(caught.value, DamagedFile), caught.value


def bench_again(folder: Path, keys: Any) -> Any:
    from contextlib import closing

    return closing(Store(folder, keys, keys.desk_id, HandClock(), "again"))


def test_a_newer_file_is_refused_and_nothing_touched(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.raw((f"PRAGMA user_version = {newest() + 1}", ()))
        made.store.checkpoint()
    with pytest.raises(NewerFormat, match="newer version"):
        Store(tmp_path / "desk", made.keys, made.keys.desk_id, HandClock(), "s")
    db = open_store(tmp_path / "desk" / STORE_FILE, made.keys.store_key)
    assert db.execute("PRAGMA user_version").fetchone() == (newest() + 1,)
    db.close()


def test_migrating_twice_is_no_matter(tmp_path: Path) -> None:
    db = open_store(tmp_path / "x.db", bytes(48))
    migrate(db)
    first = db.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
    migrate(db)
    assert db.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall() == first
    assert db.execute("PRAGMA user_version").fetchone() == (newest(),)
    db.close()


def test_both_files_have_numbers_without_a_gap() -> None:
    from modstation.store.migrate import numbered

    for prefix in ("", "keys_"):
        numbers = [number for number, _ in numbered(prefix)]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("database or disk is full", DiskFull),
        ("file is not a database", ForeignFile),
        ("database disk image is malformed", DamagedFile),
        ("disk I/O error", DiskFull),
        ("database is locked", VaultError),
    ],
)
def test_every_error_says_what_happened_and_what_to_do(text: str, kind: type[VaultError]) -> None:
    error = explain(OperationalError(text), Path(KEYS_FILE))
    assert type(error) is kind
    assert error.what
    assert error.next_step


def test_matters_of_the_desk_have_no_case(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.append(Draft("setting.changed", "", {"name": "hold_seconds", "value": "5"}), made.ann)
        assert made.dump()["person"]
        assert case(1).startswith("MS-")
