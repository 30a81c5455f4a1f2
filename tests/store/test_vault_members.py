"""Inviting, enrolling, resetting, removing; and that nobody can act as somebody else."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.store.vault_parts import ADA, BEN, CEM, CHEAP, WORDS, Desk, found

from modstation.models.errors import BadInput, DamagedFile, NotAllowed, NotFound, VaultError, WrongPassphrase
from modstation.models.ids import PersonId
from modstation.store import vault, vault_file
from modstation.store.keyslots import Context, unseal
from modstation.store.vault import KeyClass, SlotState
from modstation.store.vault_members import keys_by_code
from modstation.store.vault_model import RETIRED, Vault, classes_in

CONTENT, IDENTITY, COMPLIANCE = KeyClass.CONTENT, KeyClass.IDENTITY, KeyClass.COMPLIANCE


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return found(tmp_path / "desk")


def test_enrolled_person_has_the_desk_keys_and_only_their_classes(desk: Desk) -> None:
    ben = desk.add(BEN, CONTENT, IDENTITY)
    assert ben.keys.store_key == desk.ada.keys.store_key
    assert set(ben.keys.classes) == {CONTENT, IDENTITY}
    assert ben.keys.desk_key_id == desk.ada.keys.desk_key_id
    assert desk.unlock(BEN).key_id == ben.key_id != desk.ada.key_id


@pytest.mark.promise(6)
def test_nobody_can_sign_as_somebody_else(desk: Desk) -> None:
    """All that Ben gets by unlocking, tried on every lock of Ada's in the file."""
    ben = desk.add(BEN, *KeyClass)
    known = vault_file.read(desk.folder)
    slot = known.member(ADA).slot
    assert slot is not None
    for passphrase in (WORDS[BEN], desk.code):
        with pytest.raises(WrongPassphrase):
            desk.unlock(ADA, passphrase)
        desk.clock.move(1000)
    held = [ben.keys.store_key[:32], ben.keys.keyfile_key[:32], *ben.keys.classes.values()]
    held += [ben.signing.private_bytes_raw(), ben.exchange.private_bytes_raw()]
    for key in [*held, ben.keys.desk_signing.private_bytes_raw()]:
        assert unseal(key, slot.nonce, slot.sealed, Context(known.binding, ADA, "passphrase")) is None


@pytest.mark.promise(6)
def test_a_slot_moved_to_another_name_opens_nothing(desk: Desk) -> None:
    """Ben holds the store key, so he can write the file; still his passphrase does not open Ada's place."""
    desk.add(BEN, *KeyClass)

    def swap(known: Vault) -> Vault:
        return known.with_member(replace(known.member(ADA), slot=known.member(BEN).slot))

    vault_file.edit(desk.folder, desk.ada.keys.store_key, swap)
    with pytest.raises(WrongPassphrase):
        desk.unlock(ADA, WORDS[BEN])


def test_code_works_once(desk: Desk) -> None:
    code = vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT})
    vault.enrol(desk.folder, BEN, code, WORDS[BEN], CHEAP)
    with pytest.raises(BadInput, match="does not enrol"):
        vault.enrol(desk.folder, BEN, code, "somebody else's words", CHEAP)
    assert desk.unlock(BEN).person == BEN


def test_looking_by_a_code_does_not_spend_it(desk: Desk) -> None:
    code = vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT})
    for _ in range(2):
        assert set(keys_by_code(desk.folder, BEN, code).classes) == {CONTENT}
    vault.enrol(desk.folder, BEN, code, WORDS[BEN], CHEAP)
    with pytest.raises(BadInput, match="does not enrol"):
        keys_by_code(desk.folder, BEN, code)


def test_two_who_have_the_code_cannot_both_enrol(desk: Desk) -> None:
    code = vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT})
    start, outcomes = threading.Barrier(4), []

    def attempt(number: int) -> None:
        start.wait()
        try:
            outcomes.append(vault.enrol(desk.folder, BEN, code, f"words of attempt {number}", CHEAP).key_id)
        except BadInput:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [each for each in outcomes if each != "refused"]
    assert len(outcomes) == 4
    assert [person.key_id for person in vault.people_in(desk.folder) if person.person == BEN] == winners


def test_code_of_one_person_does_not_enrol_another(desk: Desk) -> None:
    code = vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT})
    vault.invite(desk.folder, desk.ada.keys, CEM, {CONTENT})
    with pytest.raises(BadInput):
        vault.enrol(desk.folder, CEM, code, WORDS[CEM], CHEAP)
    with pytest.raises(NotFound):
        vault.enrol(desk.folder, PersonId("Nobody"), code, "whatever words", CHEAP)
    with pytest.raises(BadInput):
        vault.enrol(desk.folder, ADA, code, "whatever words", CHEAP)


def test_inviting_again_makes_the_first_code_worthless(desk: Desk) -> None:
    first = vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT, IDENTITY})
    second = vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT})
    with pytest.raises(BadInput):
        vault.enrol(desk.folder, BEN, first, WORDS[BEN], CHEAP)
    assert set(vault.enrol(desk.folder, BEN, second, WORDS[BEN], CHEAP).keys.classes) == {CONTENT}


def test_enrolled_people_cannot_be_invited_over(desk: Desk) -> None:
    desk.add(BEN)
    with pytest.raises(BadInput, match="already"):
        vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT})


def test_short_passphrase_does_not_spend_the_code(desk: Desk) -> None:
    code = vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT})
    with pytest.raises(BadInput):
        vault.enrol(desk.folder, BEN, code, "short", CHEAP)
    assert vault.enrol(desk.folder, BEN, code, WORDS[BEN], CHEAP).person == BEN


def test_nobody_hands_on_a_class_key_they_do_not_hold(desk: Desk) -> None:
    ben = desk.add(BEN, CONTENT)
    for act in (
        lambda: vault.invite(desk.folder, ben.keys, CEM, {CONTENT, IDENTITY}),
        lambda: vault.grant_classes(desk.folder, ben.keys, BEN, {COMPLIANCE}),
        lambda: vault.reset(desk.folder, ben.keys, ADA),
    ):
        with pytest.raises(NotAllowed, match="do not hold"):
            act()
    assert [each.person for each in vault.people_in(desk.folder)] == [ADA, BEN]


def test_reset_retires_the_key_and_keeps_it_for_verification(desk: Desk) -> None:
    before = desk.add(BEN, CONTENT, IDENTITY)
    desk.clock.move(3600)
    code = vault.reset(desk.folder, desk.ada.keys, BEN, clock=desk.clock)
    with pytest.raises(NotAllowed):
        desk.unlock(BEN)
    after = vault.enrol(desk.folder, BEN, code, "ben has new words", CHEAP, desk.clock)
    assert after.key_id != before.key_id
    assert set(after.keys.classes) == {CONTENT, IDENTITY}
    old, new = vault_file.read(desk.folder).member(BEN).keys
    assert (old.key_id, old.state, old.until) == (before.key_id, RETIRED, "2026-03-01T09:00:00.000Z")
    assert old.signing == before.signing.public_key().public_bytes_raw()
    assert (new.key_id, new.until) == (after.key_id, "")
    desk.clock.move(3600)
    with pytest.raises(WrongPassphrase):
        desk.unlock(BEN)


def test_removed_person_has_no_lock_left_and_stays_known(desk: Desk) -> None:
    ben = desk.add(BEN)
    vault.remember_secret(desk.folder, ben)
    vault.remove(desk.folder, desk.ada.keys, BEN)
    member = vault_file.read(desk.folder).member(BEN)
    assert (member.state, member.wraps, member.slot, member.remembered) == (SlotState.REMOVED, (), None, None)
    assert [key.key_id for key in member.keys] == [ben.key_id]
    with pytest.raises(WrongPassphrase):
        vault.unlock_any(desk.folder, WORDS[BEN], desk.clock)
    with pytest.raises(NotAllowed, match="removed"):
        vault.reset(desk.folder, desk.ada.keys, BEN)
    with pytest.raises(NotAllowed, match="removed"):
        vault.grant_classes(desk.folder, desk.ada.keys, BEN, {CONTENT})


def test_removed_person_can_be_invited_anew_with_a_new_key(desk: Desk) -> None:
    before = desk.add(BEN)
    vault.remove(desk.folder, desk.ada.keys, BEN)
    after = desk.add(BEN)
    assert after.key_id != before.key_id
    assert [key.key_id for key in vault_file.read(desk.folder).member(BEN).keys] == [before.key_id, after.key_id]


def test_the_last_person_cannot_be_removed(desk: Desk) -> None:
    vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT})
    with pytest.raises(NotAllowed, match="last person"):
        vault.remove(desk.folder, desk.ada.keys, ADA)
    desk.add(CEM)
    vault.remove(desk.folder, desk.ada.keys, ADA)
    assert desk.unlock(CEM).person == CEM


def test_classes_come_and_go_without_anybodys_passphrase(desk: Desk) -> None:
    desk.add(BEN, CONTENT)
    vault.grant_classes(desk.folder, desk.ada.keys, BEN, {IDENTITY})
    assert desk.unlock(BEN).keys.classes[IDENTITY] == desk.ada.keys.classes[IDENTITY]
    vault.revoke_classes(desk.folder, desk.ada.keys, BEN, {CONTENT})
    assert set(desk.unlock(BEN).keys.classes) == {IDENTITY}


def test_class_granted_while_invited_is_there_after_enrolling(desk: Desk) -> None:
    code = vault.invite(desk.folder, desk.ada.keys, BEN, {CONTENT})
    vault.grant_classes(desk.folder, desk.ada.keys, BEN, {COMPLIANCE})
    assert set(vault.enrol(desk.folder, BEN, code, WORDS[BEN], CHEAP).keys.classes) == {CONTENT, COMPLIANCE}


def test_the_last_holder_keeps_the_key(desk: Desk) -> None:
    desk.add(BEN, CONTENT)
    with pytest.raises(NotAllowed, match="identity"):
        vault.revoke_classes(desk.folder, desk.ada.keys, ADA, {CONTENT, IDENTITY})
    assert set(desk.unlock(ADA).keys.classes) == set(KeyClass)


def test_remembered_secret_opens_without_passphrase_until_dropped(desk: Desk) -> None:
    ben = desk.add(BEN)
    first = vault.remember_secret(desk.folder, ben)
    assert vault.unlock_remembered(desk.folder, BEN, first).key_id == ben.key_id
    second = vault.remember_secret(desk.folder, ben)
    for stale in (first, "", "not hex", "00" * 32, second[:-2]):
        with pytest.raises(VaultError, match="passphrase"):
            vault.unlock_remembered(desk.folder, BEN, stale)
    with pytest.raises(WrongPassphrase):
        vault.unlock_remembered(desk.folder, ADA, second)
    vault.forget_secret(desk.folder, desk.ada.keys, BEN)
    with pytest.raises(WrongPassphrase):
        vault.unlock_remembered(desk.folder, BEN, second)


def test_remembered_secret_dies_with_the_passphrase_it_stood_for(desk: Desk) -> None:
    ben = desk.add(BEN)
    secret = vault.remember_secret(desk.folder, ben)
    assert [each.remembered for each in vault.people_in(desk.folder)] == [False, True]
    vault.change_passphrase(desk.folder, BEN, WORDS[BEN], "ben has new words", cost=CHEAP, clock=desk.clock)
    with pytest.raises(WrongPassphrase):
        vault.unlock_remembered(desk.folder, BEN, secret)
    assert [each.remembered for each in vault.people_in(desk.folder)] == [False, False]


def test_keys_of_another_desk_change_nothing(desk: Desk, tmp_path: Path) -> None:
    other = found(tmp_path / "other")
    before = (desk.folder / "vault.json").read_bytes()
    for act in (
        lambda: vault.invite(desk.folder, other.ada.keys, CEM, {CONTENT}),
        lambda: vault.remove(desk.folder, other.ada.keys, ADA),
        lambda: vault.reset(desk.folder, other.ada.keys, ADA),
        lambda: vault.grant_classes(desk.folder, other.ada.keys, ADA, {CONTENT}),
        lambda: vault.new_recovery_code(desk.folder, other.ada.keys),
    ):
        with pytest.raises(DamagedFile):
            act()
    assert (desk.folder / "vault.json").read_bytes() == before


def test_changes_made_at_the_same_time_are_all_kept(desk: Desk) -> None:
    names = [PersonId(f"Guest {number}") for number in range(8)]
    start = threading.Barrier(len(names))

    def attempt(person: PersonId) -> None:
        start.wait()
        vault.invite(desk.folder, desk.ada.keys, person, {CONTENT})

    threads = [threading.Thread(target=attempt, args=(person,)) for person in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.person for each in vault.people_in(desk.folder)} == {ADA, *names}


class Members(RuleBasedStateMachine):
    """Any order of acts: who should be able to open the desk can, with their classes; nobody else can."""

    people = st.sampled_from([BEN, CEM])
    classes = st.sets(st.sampled_from(KeyClass), min_size=1)

    @initialize()
    def start(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.desk = found(Path(self.place.name) / "desk")
        self.codes: dict[PersonId, str] = {}
        self.can: dict[PersonId, tuple[str, frozenset[KeyClass]]] = {ADA: (WORDS[ADA], frozenset(KeyClass))}
        self.due: dict[PersonId, frozenset[KeyClass]] = {}
        self.number = 0

    def teardown(self) -> None:
        self.place.cleanup()

    @rule(person=people, classes=classes)
    def invite(self, person: PersonId, classes: set[KeyClass]) -> None:
        if person in self.can:
            return
        self.codes[person] = vault.invite(self.desk.folder, self.desk.ada.keys, person, classes)
        self.due[person] = frozenset(classes)

    @precondition(lambda self: self.codes)
    @rule(person=people)
    def enrol(self, person: PersonId) -> None:
        if person not in self.codes:
            return
        self.number += 1
        words = f"{person} words number {self.number}"
        vault.enrol(self.desk.folder, person, self.codes.pop(person), words, CHEAP)
        self.can[person] = (words, self.due.pop(person))

    @rule(person=people)
    def reset(self, person: PersonId) -> None:
        if person in self.can:
            self.codes[person] = vault.reset(self.desk.folder, self.desk.ada.keys, person)
            self.due[person] = self.can.pop(person)[1]

    @rule(person=people)
    def remove(self, person: PersonId) -> None:
        if person in self.can or person in self.codes:
            vault.remove(self.desk.folder, self.desk.ada.keys, person)
            for known in (self.can, self.codes, self.due):
                known.pop(person, None)

    @rule(person=people, classes=classes)
    def grant(self, person: PersonId, classes: set[KeyClass]) -> None:
        for known in [each for each in (self.due,) if person in each]:
            vault.grant_classes(self.desk.folder, self.desk.ada.keys, person, classes)
            known[person] |= classes
        if person in self.can:
            vault.grant_classes(self.desk.folder, self.desk.ada.keys, person, classes)
            words, had = self.can[person]
            self.can[person] = (words, had | classes)

    @invariant()
    def door_is_right(self) -> None:
        if not hasattr(self, "desk"):
            return
        for person, (words, classes) in self.can.items():
            opened = self.desk.unlock(person, words)
            assert set(opened.keys.classes) == classes
            assert opened.keys.store_key == self.desk.ada.keys.store_key
        enrolled = {each.person for each in vault.people_in(self.desk.folder) if each.state == SlotState.ENROLLED}
        assert enrolled == set(self.can)
        for member in vault_file.read(self.desk.folder).people:
            if member.state == SlotState.REMOVED:
                assert classes_in(each.purpose for each in member.wraps) == frozenset()


TestMembers = Members.TestCase
TestMembers.settings = settings(
    max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
