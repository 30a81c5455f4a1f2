"""Making a desk and opening it."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.store.vault_parts import ADA, BEN, CEM, CHEAP, WORDS, Desk, found

from modstation.models.errors import (
    BadInput,
    DamagedFile,
    ForeignFile,
    NewerFormat,
    NotAllowed,
    NotFound,
    VaultError,
    WrongPassphrase,
)
from modstation.models.ids import PersonId
from modstation.models.people import Role
from modstation.store import vault, vault_file
from modstation.store.sqlcipher import open_store
from modstation.store.vault import KeyClass, SlotState


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return found(tmp_path / "desk")


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".lock"}


def test_founder_opens_the_desk_again_with_the_same_keys(desk: Desk) -> None:
    again = desk.unlock(ADA)
    assert again.person == ADA
    assert again.key_id == desk.ada.key_id
    assert again.keys.store_key == desk.ada.keys.store_key
    assert again.keys.keyfile_key == desk.ada.keys.keyfile_key
    assert again.keys.classes == desk.ada.keys.classes
    assert again.keys.desk_id == desk.ada.keys.desk_id
    assert again.keys.desk_key_id == desk.ada.keys.desk_key_id


def test_keys_are_of_the_length_their_users_ask_for_and_all_different(desk: Desk) -> None:
    keys = desk.ada.keys
    assert len(keys.store_key) == len(keys.keyfile_key) == 48
    assert {len(key) for key in keys.classes.values()} == {32}
    assert set(keys.classes) == set(KeyClass)
    parts = [keys.store_key[:32], keys.keyfile_key[:32], *keys.classes.values(), keys.desk_signing.private_bytes_raw()]
    assert len({*parts, desk.ada.signing.private_bytes_raw()}) == 7


def test_both_files_are_encrypted_under_keys_of_their_own(desk: Desk) -> None:
    keys = desk.ada.keys
    for name, key, other in (
        ("store.db", keys.store_key, keys.keyfile_key),
        ("keys.db", keys.keyfile_key, keys.store_key),
    ):
        connection = open_store(desk.folder / name, key)
        connection.execute("CREATE TABLE t (x)")
        connection.close()
        assert b"SQLite format 3" not in (desk.folder / name).read_bytes()
        with pytest.raises(ForeignFile):
            open_store(desk.folder / name, other)


def test_files_and_folder_are_for_their_owner_alone(desk: Desk) -> None:
    assert desk.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in desk.folder.iterdir()} == {0o600}
    with pytest.raises(WrongPassphrase):
        desk.unlock(ADA, "not her passphrase")
    assert {path.stat().st_mode & 0o777 for path in desk.folder.iterdir()} == {0o600}


def test_an_existing_loose_folder_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    found(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_signing_key_really_signs_for_the_key_id_shown_at_the_door(desk: Desk) -> None:
    public = vault_file.read(desk.folder).member(ADA).active_key
    assert public is not None
    Ed25519PublicKey.from_public_bytes(public.signing).verify(desk.ada.signing.sign(b"words"), b"words")
    assert [each.key_id for each in vault.people_in(desk.folder)] == [desk.ada.key_id]


def test_wrong_passphrase_opens_nothing_and_says_what_to_do(desk: Desk) -> None:
    with pytest.raises(WrongPassphrase) as caught:
        desk.unlock(ADA, "not her passphrase")
    assert caught.value.what
    assert "keyboard" in caught.value.next_step
    assert desk.unlock(ADA).person == ADA


def test_unlock_any_finds_whose_passphrase_it_is(desk: Desk) -> None:
    desk.add(BEN)
    desk.add(CEM)
    for person in (ADA, BEN, CEM):
        assert vault.unlock_any(desk.folder, WORDS[person], desk.clock).person == person
    with pytest.raises(WrongPassphrase):
        vault.unlock_any(desk.folder, "belongs to nobody", desk.clock)


def test_unknown_person_is_named_with_those_who_can_open(desk: Desk) -> None:
    with pytest.raises(NotFound, match=ADA):
        desk.unlock(PersonId("Nobody"), "whatever words")


def test_people_at_the_door_need_no_key(desk: Desk) -> None:
    desk.add(BEN)
    vault.invite(desk.folder, desk.ada.keys, CEM, {KeyClass.CONTENT, KeyClass.IDENTITY})
    ada, ben, cem = vault.people_in(desk.folder)
    assert (ada.state, ada.classes) == (SlotState.ENROLLED, frozenset(KeyClass))
    assert (ben.state, ben.classes) == (SlotState.ENROLLED, frozenset({KeyClass.CONTENT}))
    assert (cem.person, cem.state, cem.key_id) == (CEM, SlotState.INVITED, "")
    assert cem.classes == {KeyClass.CONTENT, KeyClass.IDENTITY}


@pytest.mark.parametrize("name", ["notes.txt", "store.db", "vault.json", ".hidden"])
def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(BadInput, match="not empty"):
        found(tmp_path)
    assert everything_in(tmp_path) == {name: b"mine"}


def test_a_second_desk_in_the_same_folder_is_refused(desk: Desk) -> None:
    before = everything_in(desk.folder)
    with pytest.raises(BadInput, match="already a desk"):
        found(desk.folder)
    assert everything_in(desk.folder) == before


def test_a_folder_that_holds_only_the_window_lock_is_free(tmp_path: Path) -> None:
    (tmp_path / "window.lock").touch()
    assert found(tmp_path).unlock(ADA).person == ADA


def test_short_passphrase_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        vault.create_vault(tmp_path / "desk", ADA, "short", cost=CHEAP)
    assert not (tmp_path / "desk").exists()


def test_a_file_where_the_folder_should_be_is_answered_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "desk").write_bytes(b"a file")
    with pytest.raises(VaultError, match="cannot be used"):
        found(tmp_path / "desk")
    assert (tmp_path / "desk").read_bytes() == b"a file"


@pytest.mark.parametrize("name", ["store.db", "keys.db"])
def test_a_lost_file_is_damage_and_never_replaced_by_an_empty_one(desk: Desk, name: str) -> None:
    (desk.folder / name).unlink()
    with pytest.raises(DamagedFile, match=name):
        desk.unlock(ADA)
    with pytest.raises(DamagedFile, match=name):
        vault.unlock_any(desk.folder, WORDS[ADA], desk.clock)
    assert not (desk.folder / name).exists()


def test_no_desk_is_said_as_such(tmp_path: Path) -> None:
    assert not vault.is_desk(tmp_path)
    for folder in (tmp_path, tmp_path / "missing", tmp_path / "missing" / "deeper"):
        with pytest.raises(NotFound, match="no desk"):
            vault.unlock(folder, ADA, "whatever words")
        with pytest.raises(NotFound, match="no desk"):
            vault.people_in(folder)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", DamagedFile),
        (b"{", DamagedFile),
        (b"\xff\xfe\x00", DamagedFile),
        (b"[" * 100_000, DamagedFile),
        (b"[]", ForeignFile),
        (b'"text"', ForeignFile),
        (b"{}", ForeignFile),
        (b'{"product": "Another"}', ForeignFile),
        (b'{"product": "ModStation desk", "format": 2, "new": [1]}', NewerFormat),
        (b'{"product": "ModStation desk", "format": 1}', DamagedFile),
        (b'{"product": "ModStation desk", "format": "1"}', DamagedFile),
    ],
)
def test_foreign_newer_and_damaged_files_are_told_apart_and_left_alone(
    desk: Desk, data: bytes, kind: type[VaultError]
) -> None:
    (desk.folder / "vault.json").write_bytes(data)
    before = everything_in(desk.folder)
    with pytest.raises(kind) as caught:
        desk.unlock(ADA)
    assert caught.value.what
    assert caught.value.next_step
    assert everything_in(desk.folder) == before


def secrets_of(opened: vault.Unlocked) -> list[bytes]:
    keys = opened.keys
    return [
        opened.signing.private_bytes_raw(),
        opened.exchange.private_bytes_raw(),
        keys.desk_signing.private_bytes_raw(),
        keys.store_key[:32],
        keys.keyfile_key[:32],
        *keys.classes.values(),
    ]


@pytest.mark.promise(8)
def test_no_key_or_passphrase_is_in_clear_on_disk(desk: Desk) -> None:
    ben = desk.add(BEN)
    invited = vault.invite(desk.folder, desk.ada.keys, CEM, KeyClass)
    remembered = vault.remember_secret(desk.folder, ben)
    vault.change_passphrase(desk.folder, ADA, WORDS[ADA], "five quite other words", cost=CHEAP, clock=desk.clock)
    needles = [*secrets_of(desk.ada), *secrets_of(ben), bytes.fromhex(remembered)]
    texts = [*WORDS.values(), "five quite other words", desk.code, desk.code.replace("-", ""), invited]
    spelled = [text.encode() for text in texts]
    for needle in needles:
        spelled += [needle, needle.hex().encode(), base64.b64encode(needle)[:40]]
    for name, data in everything_in(desk.folder).items():
        assert not [needle for needle in spelled if needle in data], name


def test_no_key_shows_in_repr_errors_or_logs(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    opened = desk.unlock(ADA)
    with pytest.raises(WrongPassphrase) as caught:
        desk.unlock(ADA, "a secret attempt")
    shown = f"{opened!r} {opened.keys!r} {opened.private!r} {caught.value!r} {caught.value} {caplog.text}"
    assert "a secret attempt" not in shown
    for needle in secrets_of(opened):
        assert needle.hex() not in shown
        assert repr(needle)[2:-1] not in shown


def test_changing_the_passphrase_keeps_the_keys_and_closes_the_old_one(desk: Desk) -> None:
    changed = vault.change_passphrase(desk.folder, ADA, WORDS[ADA], "five quite other words", cost=CHEAP)
    assert changed.key_id == desk.ada.key_id
    assert desk.unlock(ADA, "five quite other words").keys.store_key == desk.ada.keys.store_key
    with pytest.raises(WrongPassphrase):
        desk.unlock(ADA)


def test_changing_the_passphrase_needs_the_old_one_and_a_good_new_one(desk: Desk) -> None:
    with pytest.raises(WrongPassphrase):
        vault.change_passphrase(desk.folder, ADA, "not the old one", "five quite other words", cost=CHEAP)
    with pytest.raises(BadInput):
        vault.change_passphrase(desk.folder, ADA, WORDS[ADA], "short", cost=CHEAP)
    assert desk.unlock(ADA).person == ADA


def test_the_cost_of_guessing_can_be_raised_with_the_passphrase(desk: Desk) -> None:
    dearer = vault.KdfCost(memory_kib=256, passes=2, lanes=2)
    vault.change_passphrase(desk.folder, ADA, WORDS[ADA], WORDS[ADA], cost=dearer)
    slot = json.loads((desk.folder / "vault.json").read_bytes())["people"][0]["slot"]
    assert (slot["memory_kib"], slot["passes"], slot["lanes"]) == (256, 2, 2)
    assert desk.unlock(ADA).person == ADA


@pytest.mark.parametrize(
    ("roles", "classes"),
    [
        ({Role.MODERATOR}, {KeyClass.CONTENT}),
        ({Role.INSPECTOR}, {KeyClass.CONTENT}),
        ({Role.MODERATOR, Role.LEGAL}, {KeyClass.CONTENT, KeyClass.COMPLIANCE}),
        ({Role.DPO}, {KeyClass.CONTENT, KeyClass.IDENTITY}),
        ({Role.COMPLIANCE}, set(KeyClass)),
        ({Role.ADMINISTRATOR}, set(KeyClass)),
    ],
)
def test_roles_say_which_classes_go_with_them(roles: set[Role], classes: set[KeyClass]) -> None:
    assert vault.classes_for(roles) == classes


def test_invited_and_removed_people_hear_why_they_cannot_unlock(desk: Desk) -> None:
    vault.invite(desk.folder, desk.ada.keys, BEN, {KeyClass.CONTENT})
    with pytest.raises(NotAllowed, match="one-time code"):
        desk.unlock(BEN)
    vault.remove(desk.folder, desk.ada.keys, BEN)
    with pytest.raises(NotAllowed, match="removed"):
        desk.unlock(BEN)


def test_the_unlock_dialog_needs_no_cryptography_to_show_who_can_open(desk: Desk) -> None:
    """Loading it takes longer than drawing the dialog, so it can wait until somebody types."""
    program = (
        "import sys; from pathlib import Path; from modstation.store.vault_door import people_in;"
        "print([each.person for each in people_in(Path(sys.argv[1]))]);"
        "heavy = {'cryptography', 'argon2', 'keyring', 'sqlcipher3'};"
        "print([name for name in sys.modules if name.split('.')[0] in heavy])"
    )
    command = [sys.executable, "-c", program, str(desk.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{[ADA]}\n[]\n"
