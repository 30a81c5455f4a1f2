"""What keys cost: a passphrase, the keyring's secret, one change of vault.json, a backup and its restore."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.harness import Claim, median, paired, percentile, timed
from modstation.models.ids import PersonId
from modstation.store import vault
from modstation.store.backup import backup, restore
from modstation.store.kdf import DEFAULT_COST, KdfCost, derive
from modstation.store.migrate import migrate
from modstation.store.sqlcipher import open_store

ROUNDS = 5
PERSON = PersonId("bench")
PASSPHRASE = "four words of a bench"
CHEAP = KdfCost(memory_kib=64, passes=1, lanes=1)
BLOB_BYTES = 4000
MB = 1_000_000


def _unlocking(place: Path, rounds: int) -> Iterator[dict[str, object]]:
    dear, cheap = place / "dear", place / "cheap"
    opened, _ = vault.create_vault(dear, PERSON, PASSPHRASE, cost=DEFAULT_COST)
    quick, _ = vault.create_vault(cheap, PERSON, PASSPHRASE, cost=CHEAP)
    secret = vault.remember_secret(dear, opened)
    acts = {
        "unlock": lambda: vault.unlock(dear, PERSON, PASSPHRASE),
        "argon2id_alone": lambda: derive(PASSPHRASE, bytes(16), DEFAULT_COST),
        "unlock_without_its_cost": lambda: vault.unlock(cheap, PERSON, PASSPHRASE),
        "by_keyring_secret": lambda: vault.unlock_remembered(dear, PERSON, secret),
        "one_change_of_vault_json": lambda: vault.forget_secret(cheap, quick.keys, PERSON),
    }
    taken = {name: [1000 * seconds for seconds in found] for name, found in paired(acts, rounds).items()}
    beside = {f"{name}_ms": round(median(found), 2) for name, found in taken.items() if name != "unlock"}
    beside["p99_ms"] = round(percentile(taken["unlock"], 0.99), 1)
    yield Claim(
        "unlock by passphrase at the default cost", median(taken["unlock"]), "ms", None, beside=beside, repeats=rounds
    ).line()


def _fill(folder: Path, keys: vault.Keys, rows: int) -> None:
    with closing(open_store(folder / "keys.db", keys.keyfile_key)) as keyfile:
        migrate(keyfile, "keys_")
    with closing(open_store(folder / "store.db", keys.store_key)) as store:
        migrate(store)
        store.execute("BEGIN")
        store.executemany("INSERT INTO blob (data) VALUES (?)", ((os.urandom(BLOB_BYTES),) for _ in range(rows)))
        store.execute("COMMIT")
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_and_hash(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())
        hashlib.file_digest(file, "sha256")


def _saving(place: Path, rounds: int, rows: int) -> Iterator[dict[str, object]]:
    folder, file, again = place / "desk", place / "desk.backup", place / "again"
    opened, code = vault.create_vault(folder, PERSON, PASSPHRASE, cost=CHEAP)
    _fill(folder, opened.keys, rows)
    size = (folder / "store.db").stat().st_size / MB

    def restored() -> None:
        shutil.rmtree(again, ignore_errors=True)
        restore(file, again, code)

    acts = {
        "backup": lambda: backup(folder, opened.keys, file, replace=True),
        "plain_copy_and_hash": lambda: _copy_and_hash(folder / "store.db", place / "copy"),
    }
    taken = {name: [size / seconds for seconds in found] for name, found in paired(acts, rounds).items()}
    back = [size / seconds for seconds in timed(restored, rounds)]
    beside = {
        "restore_mb_s": round(median(back), 1),
        "plain_copy_and_hash_mb_s": round(median(taken["plain_copy_and_hash"]), 1),
        "store_mb": round(size, 1),
    }
    yield Claim(
        "backup to another key, checked, in one file", median(taken["backup"]), "MB/s", None, beside=beside, rows=rows,
        repeats=rounds,
    ).line()  # fmt: skip


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """Measure unlocking and saving; a store of about 100 MB."""
    with tempfile.TemporaryDirectory() as place:
        yield from _unlocking(Path(place), rounds)
        yield from _saving(Path(place), rounds, 25_000)
