"""The printed recovery code."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from tests.store.vault_parts import ADA, BEN, CEM, CHEAP, WORDS, Desk, found

from modstation.models.errors import BadInput, NotAllowed, NotFound, WrongPassphrase
from modstation.models.ids import PersonId
from modstation.store import vault, vault_file
from modstation.store.keyslots import DESK, unwrap_all
from modstation.store.recovery import CodeKind, new_code
from modstation.store.vault import KeyClass, Unlocked
from modstation.store.vault_model import ACTIVE, RETIRED
from modstation.store.vault_slots import RECOVERY_OWNER, recovery_key

NEW = "after the fire we chose these"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return found(tmp_path / "desk")


def recover(desk: Desk, code: str, person: PersonId = ADA) -> tuple[Unlocked, str]:
    return vault.recover(desk.folder, code, person, NEW, cost=CHEAP, clock=desk.clock)


def test_code_gives_a_new_passphrase_and_the_same_store(desk: Desk) -> None:
    opened, _ = recover(desk, desk.code.lower().replace("-", " "))
    assert opened.keys.store_key == desk.ada.keys.store_key
    assert opened.keys.keyfile_key == desk.ada.keys.keyfile_key
    assert opened.keys.classes == desk.ada.keys.classes
    assert desk.unlock(ADA, NEW).key_id == opened.key_id
    with pytest.raises(WrongPassphrase):
        desk.unlock(ADA)


@pytest.mark.promise(6)
def test_code_never_opens_a_signing_key(desk: Desk) -> None:
    """What the code unlocks holds neither a person's key nor the desk's, so nothing of before can be signed with it."""
    known = vault_file.read(desk.folder)
    opened = unwrap_all(recovery_key(desk.code), known.binding, RECOVERY_OWNER, known.recovery[0].wraps)
    assert DESK not in opened
    signing = {desk.ada.signing.private_bytes_raw(), desk.ada.keys.desk_signing.private_bytes_raw()}
    assert not signing & set(opened.values())


def test_person_and_desk_sign_with_new_keys_and_the_old_ones_are_kept(desk: Desk) -> None:
    desk.clock.move(60)
    opened, _ = recover(desk, desk.code)
    assert opened.key_id != desk.ada.key_id
    assert opened.keys.desk_key_id != desk.ada.keys.desk_key_id
    known = vault_file.read(desk.folder)
    assert [(key.key_id, key.state) for key in known.member(ADA).keys] == [
        (desk.ada.key_id, RETIRED),
        (opened.key_id, ACTIVE),
    ]
    assert [(key.key_id, key.state) for key in known.desk_keys] == [
        (desk.ada.keys.desk_key_id, RETIRED),
        (opened.keys.desk_key_id, ACTIVE),
    ]
    with pytest.raises(InvalidSignature):
        desk.ada.signing.public_key().verify(opened.signing.sign(b"x"), b"x")


def test_everybody_else_goes_on_and_has_the_new_desk_key(desk: Desk) -> None:
    ben = desk.add(BEN)
    code = vault.invite(desk.folder, desk.ada.keys, CEM, {KeyClass.CONTENT})
    opened, _ = recover(desk, desk.code)
    assert desk.unlock(BEN).key_id == ben.key_id
    assert desk.unlock(BEN).keys.desk_key_id == opened.keys.desk_key_id
    assert vault.enrol(desk.folder, CEM, code, WORDS[CEM], CHEAP).keys.desk_key_id == opened.keys.desk_key_id


def test_code_works_once_and_the_next_one_is_printed(desk: Desk) -> None:
    _, following = recover(desk, desk.code)
    with pytest.raises(BadInput, match="spent"):
        recover(desk, desk.code)
    again, third = recover(desk, following)
    assert desk.unlock(ADA, NEW).key_id == again.key_id
    assert len({desk.code, following, third}) == 3
    spent = vault_file.read(desk.folder).recovery
    assert [(slot.state, bool(slot.wraps)) for slot in spent] == [(RETIRED, False), (RETIRED, False), (ACTIVE, True)]


def test_recovering_raises_nobody_above_what_they_held(desk: Desk) -> None:
    desk.add(BEN, KeyClass.CONTENT)
    opened, _ = recover(desk, desk.code, BEN)
    assert set(opened.keys.classes) == {KeyClass.CONTENT}


def test_a_class_that_nobody_could_open_any_more_comes_back_with_recovery(desk: Desk) -> None:
    desk.add(BEN, KeyClass.CONTENT)
    vault.remove(desk.folder, desk.ada.keys, ADA)
    opened, _ = recover(desk, desk.code, BEN)
    assert opened.keys.classes == desk.ada.keys.classes


def test_wrong_codes_are_told_apart_and_change_nothing(desk: Desk, tmp_path: Path) -> None:
    other = found(tmp_path / "other")
    before = (desk.folder / "vault.json").read_bytes()
    for code, why in (
        (other.code, "another desk"),
        (new_code(CodeKind.RECOVERY), "another desk"),
        (new_code(CodeKind.ENROLMENT), "not a correct"),
        (desk.code[:-1], "not a correct"),
        ("", "not a correct"),
    ):
        with pytest.raises(BadInput, match=why):
            recover(desk, code)
    assert (desk.folder / "vault.json").read_bytes() == before


def test_unknown_or_removed_people_and_short_passphrases_do_not_spend_the_code(desk: Desk) -> None:
    desk.add(BEN)
    vault.remove(desk.folder, desk.ada.keys, BEN)
    with pytest.raises(NotFound):
        recover(desk, desk.code, PersonId("Nobody"))
    with pytest.raises(NotAllowed, match="removed"):
        recover(desk, desk.code, BEN)
    with pytest.raises(BadInput):
        vault.recover(desk.folder, desk.code, ADA, "short", cost=CHEAP)
    assert recover(desk, desk.code)[0].person == ADA


def test_a_lost_print_is_replaced_by_whoever_holds_every_class(desk: Desk) -> None:
    ben = desk.add(BEN)
    with pytest.raises(NotAllowed):
        vault.new_recovery_code(desk.folder, ben.keys)
    fresh = vault.new_recovery_code(desk.folder, desk.ada.keys, clock=desk.clock)
    with pytest.raises(BadInput, match="spent"):
        recover(desk, desk.code)
    assert recover(desk, fresh)[0].person == ADA


def test_an_invited_person_can_be_recovered_without_their_code(desk: Desk) -> None:
    code = vault.invite(desk.folder, desk.ada.keys, BEN, {KeyClass.CONTENT})
    opened, _ = recover(desk, desk.code, BEN)
    assert desk.unlock(BEN, NEW).key_id == opened.key_id
    with pytest.raises(BadInput):
        vault.enrol(desk.folder, BEN, code, WORDS[BEN], CHEAP)
