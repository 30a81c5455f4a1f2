"""Restoring: a new desk with the old desk's past, or nothing at all."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.backup_parts import filled, pair, texts_in
from tests.store.vault_parts import ADA, BEN, CEM, CHEAP, WORDS, Desk, found

from modstation.models.errors import (
    BadInput,
    DamagedFile,
    DiskFull,
    ForeignFile,
    NewerFormat,
    NotFound,
    VaultError,
    WrongPassphrase,
)
from modstation.models.ids import PersonId
from modstation.store import vault, vault_file
from modstation.store.backup import RestoreResult, backup, inspect, restore
from modstation.store.backup_file import BACKUP_PURPOSE, MAGIC, open_backup
from modstation.store.backup_restore import statement
from modstation.store.canonical import canonical
from modstation.store.events import Draft, Pen, Signer
from modstation.store.keyslots import Context, KeyClass, unwrap
from modstation.store.recovery import CodeKind, new_code
from modstation.store.sqlcipher import open_store
from modstation.store.store import Store
from modstation.store.vault_codec import to_json
from modstation.store.vault_model import ACTIVE, RETIRED
from modstation.store.vault_slots import RECOVERY_OWNER, recovery_key


class Made(NamedTuple):
    """A desk, a backup of it, and an empty place to restore to."""

    desk: Desk
    file: Path
    place: Path

    def restore(self, code: str = "", person: PersonId | None = None) -> RestoreResult:
        secret = code or (self.desk.code if person is None else WORDS[person])
        result = restore(self.file, self.place / "again", secret, person=person, clock=self.desk.clock)
        assert result is not None
        return result

    def unlock(self, person: PersonId = ADA) -> vault.Unlocked:
        return vault.unlock(self.place / "again", person, WORDS[person], self.desk.clock)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    desk = filled(tmp_path / "desk", 5)
    desk.add(BEN)
    file = tmp_path / "desk.backup"
    assert backup(desk.folder, desk.ada.keys, file, clock=desk.clock) is not None
    (tmp_path / "place").mkdir()
    desk.clock.move(86400)
    return Made(desk, file, tmp_path / "place")


def test_the_restored_desk_is_a_new_one_that_names_the_old(made: Made) -> None:
    with closing(pair(made.desk.folder, made.desk.ada.keys)) as opened:
        opened.store.execute(
            "INSERT INTO event VALUES (1, ?, 7, 0, 0, 'k', 1, '', '', '', '', x'', x'', x'beef', x'')",
            (made.desk.ada.keys.desk_id,),
        )
    assert backup(made.desk.folder, made.desk.ada.keys, made.file, clock=made.desk.clock, replace=True) is not None
    result = made.restore()
    old = made.desk.ada.keys
    assert result.before == old.desk_id != result.desk
    assert (result.head_seq, result.head_hash) == (7, "beef")
    assert result.created == "2026-03-02T08:00:00.000Z"
    assert result.people == (ADA, BEN)
    keys = made.unlock().keys
    assert keys.desk_id == result.desk
    assert keys.desk_key_id != old.desk_key_id
    note = vault.restored_from(made.place / "again")
    assert note is not None
    assert (note.desk, note.at, note.settled) == (old.desk_id, "2026-03-02T08:00:00.000Z", False)


@pytest.mark.promise(1)
def test_the_journal_goes_on_under_the_new_id_behind_the_old_head(made: Made) -> None:
    """With the real store: what was written before is all there, and the new desk starts a chain of its own."""
    changed = Draft("setting.changed", "", {"name": "hold", "value": "10"})
    old = made.desk.ada
    with closing(Store(made.desk.folder, old.keys, old.keys.desk_id, made.desk.clock, "first")) as store:
        pen = Pen(ADA, old.key_id, old.signing, "first", Signer.PERSON)
        for _ in range(5):
            with store.writing() as transaction:
                last = transaction.append(changed, pen)
        result = backup(made.desk.folder, old.keys, made.file, replace=True)
    assert result is not None
    assert (result.head_seq, result.head_hash) == (last.desk_seq, last.hash.hex())
    restored = made.restore()
    assert (restored.head_seq, restored.head_hash) == (last.desk_seq, last.hash.hex())
    opened = made.unlock()
    with closing(Store(made.place / "again", opened.keys, opened.keys.desk_id, made.desk.clock, "second")) as store:
        with store.writing() as transaction:
            event = transaction.append(changed, Pen(ADA, opened.key_id, opened.signing, "second", Signer.PERSON))
        with store.reading() as reader:
            rows = reader.db.execute("SELECT desk, count(*) FROM event GROUP BY desk").fetchall()
    assert (event.desk, event.desk_seq) == (restored.desk, 1)
    assert dict(rows) == {restored.before: 5, restored.desk: 1}


@pytest.mark.parametrize("person", [None, ADA, BEN])
def test_everybody_opens_it_with_the_passphrase_they_had(made: Made, person: PersonId | None) -> None:
    made.restore(person=person)
    before = {ADA: made.desk.ada, BEN: made.desk.unlock(BEN)}
    for who in (ADA, BEN):
        opened = made.unlock(who)
        assert opened.key_id == before[who].key_id
        assert opened.keys.classes == before[who].keys.classes
    assert len(texts_in(made.place / "again", made.unlock().keys)) == 5


def test_files_get_keys_that_the_old_desk_does_not_have(made: Made) -> None:
    made.restore()
    keys, old = made.unlock().keys, made.desk.ada.keys
    assert len({keys.store_key, keys.keyfile_key, old.store_key, old.keyfile_key}) == 4
    for name, key in (("store.db", old.store_key), ("keys.db", old.keyfile_key)):
        with pytest.raises(ForeignFile):
            open_store(made.place / "again" / name, key)


def test_old_desk_keys_stay_for_verification(made: Made) -> None:
    made.restore()
    known = vault_file.read(made.place / "again")
    old, new = known.desk_keys
    assert (old.desk, old.state) == (made.desk.ada.keys.desk_id, RETIRED)
    assert (new.desk, new.state) == (known.desk_id, ACTIVE)


def test_the_restored_desk_goes_on_working_with_invitations_codes_and_backups(made: Made) -> None:
    made.restore()
    folder, keys = made.place / "again", made.unlock().keys
    code = vault.invite(folder, keys, CEM, {KeyClass.CONTENT})
    assert vault.enrol(folder, CEM, code, WORDS[CEM], CHEAP).keys.store_key == keys.store_key
    assert backup(folder, keys, made.place / "second") is not None
    result = restore(made.place / "second", made.place / "third", made.desk.code)
    assert result is not None
    assert result.before == keys.desk_id
    opened, _ = vault.recover(made.place / "third", made.desk.code, ADA, "after two fires these", cost=CHEAP)
    assert len(texts_in(made.place / "third", opened.keys)) == 5


def test_somebody_invited_before_the_backup_can_still_enrol(made: Made) -> None:
    code = vault.invite(made.desk.folder, made.desk.ada.keys, CEM, {KeyClass.CONTENT})
    assert backup(made.desk.folder, made.desk.ada.keys, made.file, replace=True) is not None
    made.restore()
    assert vault.enrol(made.place / "again", CEM, code, WORDS[CEM], CHEAP).keys.desk_id == made.unlock().keys.desk_id


def test_what_a_keyring_remembered_does_not_come_back(made: Made) -> None:
    secret = vault.remember_secret(made.desk.folder, made.desk.ada)
    assert backup(made.desk.folder, made.desk.ada.keys, made.file, replace=True) is not None
    made.restore()
    with pytest.raises(WrongPassphrase):
        vault.unlock_remembered(made.place / "again", ADA, secret)


@pytest.mark.promise(1)
def test_the_store_is_told_to_check_unfinished_sends_until_it_says_it_did(made: Made) -> None:
    assert vault.restored_from(made.desk.folder) is None
    made.restore()
    folder, keys = made.place / "again", made.unlock().keys
    before = vault.restored_from(folder)
    assert before is not None
    assert not before.settled
    vault.settle_restore(folder, keys)
    assert vault.restored_from(folder) == replace(before, settled=True)
    made.unlock()


def test_settling_a_desk_that_was_never_restored_changes_nothing(made: Made) -> None:
    vault.settle_restore(made.desk.folder, made.desk.ada.keys)
    assert vault.restored_from(made.desk.folder) is None


def test_the_old_desk_vouches_where_a_person_opened_the_backup(made: Made) -> None:
    made.restore(person=BEN)
    known = vault_file.read(made.place / "again")
    assert known.restored_from is not None
    old, new = known.desk_keys
    words = statement(known.restored_from, known.desk, new.signing)
    Ed25519PublicKey.from_public_bytes(old.signing).verify(bytes.fromhex(known.restored_from.vouch), words)


@pytest.mark.promise(6)
def test_the_recovery_code_has_no_signing_key_to_vouch_with(made: Made) -> None:
    made.restore()
    note = vault.restored_from(made.place / "again")
    assert note is not None
    assert note.vouch == ""


def test_files_and_folder_are_for_their_owner_alone(made: Made) -> None:
    made.restore()
    assert (made.place / "again").stat().st_mode & 0o777 == 0o700
    names = {path.name: path.stat().st_mode & 0o777 for path in (made.place / "again").iterdir()}
    assert names == {"vault.json": 0o600, "store.db": 0o600, "keys.db": 0o600}


def test_an_existing_empty_folder_and_a_new_deep_one_are_both_fine(made: Made) -> None:
    (made.place / "again").mkdir()
    made.restore()
    assert restore(made.file, made.place / "a" / "b" / "c", made.desk.code) is not None


def tree(place: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"folder" for path in sorted(place.rglob("*"))}


@pytest.mark.parametrize("name", ["notes.txt", "vault.json", "window.lock", ".hidden"])
def test_a_folder_that_is_not_empty_is_refused_and_left_alone(made: Made, name: str) -> None:
    (made.place / "again").mkdir()
    (made.place / "again" / name).write_bytes(b"mine")
    before = tree(made.place)
    with pytest.raises(BadInput, match="not empty"):
        made.restore()
    assert tree(made.place) == before


def test_a_file_in_the_way_is_refused(made: Made) -> None:
    (made.place / "again").write_bytes(b"a file")
    with pytest.raises(VaultError):
        made.restore()
    (made.place / "file").write_bytes(b"")
    with pytest.raises(VaultError):
        restore(made.file, made.place / "file" / "deep" / "er", made.desk.code)


def refused(made: Made, kind: type[Exception], data: bytes) -> None:
    made.file.write_bytes(data)
    with pytest.raises(kind) as caught:
        made.restore()
    assert "othing was touched" in str(caught.value)
    assert tree(made.place) == {}


def test_damage_at_any_place_is_refused_and_touches_nothing(made: Made) -> None:
    """One bit in each stretch of the file: first line, manifest, vault.json, data keys, store."""
    data = made.file.read_bytes()
    for at in [*range(len(MAGIC) + 8, 3000, 137), *range(3000, len(data), len(data) // 60), len(data) - 1]:
        changed = bytearray(data)
        changed[at] ^= 4
        made.file.write_bytes(changed)
        with pytest.raises(VaultError):
            made.restore()
        assert tree(made.place) == {}, at


@pytest.mark.parametrize("end", [0, 5, len(MAGIC) - 1])
def test_a_file_that_hardly_begins_is_foreign(made: Made, end: int) -> None:
    refused(made, ForeignFile, made.file.read_bytes()[:end])


@pytest.mark.parametrize("missing", [1, 4096, 50_000])
def test_a_file_cut_off_is_damaged(made: Made, missing: int) -> None:
    refused(made, DamagedFile, made.file.read_bytes()[:-missing])


def test_a_file_cut_inside_its_head_is_damaged(made: Made) -> None:
    for end in (len(MAGIC), len(MAGIC) + 3, len(MAGIC) + 8, len(MAGIC) + 500):
        refused(made, DamagedFile, made.file.read_bytes()[:end])


def test_something_added_is_damage(made: Made) -> None:
    refused(made, DamagedFile, made.file.read_bytes() + b"x")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04 a zip file", ForeignFile),
        (b"SQLite format 3\x00", ForeignFile),
        (b"ModStation backup x\n", ForeignFile),
        (b"ModStation backup 2\n whatever", NewerFormat),
        (b"ModStation backup 9\n", NewerFormat),
        (MAGIC + b"\xff" * 8, DamagedFile),
        (MAGIC + (2).to_bytes(8, "big") + b"{}", DamagedFile),
        (MAGIC + (100_000).to_bytes(8, "big") + b"[" * 100_000, DamagedFile),
    ],
)
def test_foreign_newer_and_damaged_files_are_told_apart(made: Made, data: bytes, kind: type[Exception]) -> None:
    refused(made, kind, data)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_answered_with_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(MAGIC + data)
    with pytest.raises(VaultError):
        inspect(tmp_path / "x")
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(VaultError):
        inspect(tmp_path / "x")


def test_who_has_the_desks_signing_key_alone_cannot_change_the_manifest(made: Made) -> None:
    """The signature says who made it, the random key that it was made as a whole: both must hold."""
    opened = open_backup(made.file)
    bare = replace(opened.manifest, created="2020-01-01T00:00:00.000Z", mac=b"", signature=b"")
    signature = made.desk.ada.keys.desk_signing.sign(canonical(to_json(bare)))
    forged = json.dumps(to_json(replace(bare, mac=opened.manifest.mac, signature=signature))).encode()
    body = made.file.read_bytes()[opened.start :]
    refused(made, DamagedFile, MAGIC + len(forged).to_bytes(8, "big") + forged + body)


def test_who_has_the_backups_key_alone_cannot_sign_it(made: Made) -> None:
    opened, exchange = open_backup(made.file), recovery_key(made.desk.code)
    binding = vault_file.read(made.desk.folder).binding
    lock = next(each for each in opened.manifest.locks if each.owner == RECOVERY_OWNER)
    key = unwrap(exchange, lock.wrap, Context(binding, RECOVERY_OWNER, BACKUP_PURPOSE))
    forged = replace(opened.manifest, created="2020-01-01T00:00:00.000Z").signed(key, Ed25519PrivateKey.generate())
    data = json.dumps(to_json(forged)).encode()
    body = made.file.read_bytes()[opened.start :]
    refused(made, DamagedFile, MAGIC + len(data).to_bytes(8, "big") + data + body)


def test_a_part_from_another_backup_of_the_same_desk_does_not_fit(made: Made) -> None:
    """Somebody exchanges the stores of two real backups, to bring back what was erased in between."""
    other = made.file.with_name("other")
    assert backup(made.desk.folder, made.desk.ada.keys, other) is not None
    first, second = made.file.read_bytes(), other.read_bytes()
    made.file.write_bytes(first[:-40960] + second[-40960:])
    with pytest.raises(DamagedFile, match="hash"):
        made.restore()
    assert tree(made.place) == {}


def test_codes_and_people_of_other_desks_open_nothing(made: Made, tmp_path: Path) -> None:
    other = found(tmp_path / "other")
    for code in (other.code, new_code(CodeKind.RECOVERY)):
        with pytest.raises(BadInput, match="recovery code"):
            made.restore(code)
    with pytest.raises(BadInput, match="group by group"):
        made.restore("not a code")
    with pytest.raises(WrongPassphrase, match="day it was made"):
        made.restore("not her passphrase", ADA)
    with pytest.raises(NotFound):
        made.restore("whatever words", PersonId("Nobody"))
    assert tree(made.place) == {}


def test_a_passphrase_or_code_changed_later_opens_with_the_one_of_that_day(made: Made) -> None:
    vault.change_passphrase(made.desk.folder, ADA, WORDS[ADA], "quite other words now", cost=CHEAP)
    fresh = vault.new_recovery_code(made.desk.folder, made.desk.ada.keys)
    with pytest.raises(WrongPassphrase):
        made.restore("quite other words now", ADA)
    with pytest.raises(BadInput, match="day of the backup"):
        made.restore(fresh)
    made.restore(person=ADA)
    assert made.unlock().person == ADA


def test_a_code_that_was_spent_before_the_backup_does_not_open_it(made: Made) -> None:
    spent = made.desk.code
    vault.new_recovery_code(made.desk.folder, made.desk.ada.keys)
    assert backup(made.desk.folder, made.desk.ada.keys, made.file, replace=True) is not None
    with pytest.raises(BadInput):
        made.restore(spent)


def test_a_missing_file_is_said_as_such(made: Made) -> None:
    made.file.unlink()
    with pytest.raises(NotFound, match=made.file.name):
        made.restore()
    made.file.mkdir()
    with pytest.raises(VaultError, match="cannot be read"):
        made.restore()


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_cancelling_leaves_nothing(made: Made, after: int) -> None:
    calls = iter(range(1000))
    target = made.place / "again"
    assert restore(made.file, target, made.desk.code, cancelled=lambda: next(calls) >= after) is None
    assert tree(made.place) == {}


def test_the_folder_appears_only_when_the_desk_is_complete(made: Made) -> None:
    seen: set[bool] = set()
    result = restore(
        made.file,
        made.place / "again",
        made.desk.code,
        progress=lambda what, done, total: seen.add((made.place / "again").exists()),
    )
    assert result is not None
    assert seen == {False}


def test_a_disk_that_fails_at_the_end_leaves_nothing(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.replace

    def fails(source: Path, target: Path) -> None:
        if target == made.place / "again":
            raise OSError(28, os.strerror(28))
        real(source, target)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(DiskFull):
        made.restore()
    assert tree(made.place) == {}


class Usage(NamedTuple):
    free: int


def test_too_little_room_is_said_before_anything_is_written(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(16 * 2**20))
    with pytest.raises(DiskFull, match="16 MiB are free"):
        made.restore()
    assert tree(made.place) == {}
