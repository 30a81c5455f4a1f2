"""Wrong passphrases slow down and never lock out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.vault_parts import ADA, BEN, WORDS, Desk, found

from modstation.models.errors import WrongPassphrase
from modstation.store import vault
from modstation.store.vault_attempts import ATTEMPTS_FILE, FREE_TRIES, LONGEST_WAIT_SECONDS, wait_after


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return found(tmp_path / "desk")


def fail(desk: Desk, times: int = 1) -> int:
    wait = 0
    for _ in range(times):
        desk.clock.move(wait)
        with pytest.raises(WrongPassphrase) as caught:
            desk.unlock(ADA, "not her passphrase")
        wait = caught.value.wait_seconds
    return wait


def test_first_mistakes_are_free_then_the_wait_doubles() -> None:
    assert [wait_after(failures) for failures in range(9)] == [0, 0, 0, 1, 2, 4, 8, 16, 32]


@given(st.integers(0, 10**9))
def test_wait_grows_and_never_beyond_a_quarter_of_an_hour(failures: int) -> None:
    assert wait_after(failures) <= wait_after(failures + 1) <= LONGEST_WAIT_SECONDS == 900


def test_right_passphrase_is_refused_while_waiting_and_taken_after(desk: Desk) -> None:
    wait = fail(desk, FREE_TRIES + 2)
    assert wait == 4
    desk.clock.move(wait - 1)
    with pytest.raises(WrongPassphrase, match="Try again in 1 seconds") as caught:
        desk.unlock(ADA)
    assert caught.value.wait_seconds == 1
    desk.clock.move(1)
    assert desk.unlock(ADA).person == ADA


def test_a_try_while_waiting_does_not_make_the_wait_longer(desk: Desk) -> None:
    wait = fail(desk, FREE_TRIES + 1)
    for _ in range(50):
        with pytest.raises(WrongPassphrase):
            desk.unlock(ADA, "impatient")
    desk.clock.move(wait)
    assert desk.unlock(ADA).person == ADA


def test_success_forgets_the_failures(desk: Desk) -> None:
    desk.clock.move(fail(desk, FREE_TRIES + 3))
    desk.unlock(ADA)
    assert fail(desk) == 0


def test_failures_survive_a_restart(desk: Desk) -> None:
    fail(desk, FREE_TRIES + 4)
    # Another process knows nothing but the folder.
    with pytest.raises(WrongPassphrase) as caught:
        vault.unlock(desk.folder, ADA, WORDS[ADA], desk.clock)
    assert caught.value.wait_seconds == 8 * 2


def test_one_person_does_not_slow_another(desk: Desk) -> None:
    desk.add(BEN)
    fail(desk, FREE_TRIES + 3)
    assert desk.unlock(BEN).person == BEN
    with pytest.raises(WrongPassphrase):
        desk.unlock(ADA)


def test_trying_every_slot_is_slowed_too(desk: Desk) -> None:
    for _ in range(FREE_TRIES):
        with pytest.raises(WrongPassphrase):
            vault.unlock_any(desk.folder, "belongs to nobody", desk.clock)
    with pytest.raises(WrongPassphrase, match="Too many"):
        vault.unlock_any(desk.folder, WORDS[ADA], desk.clock)
    desk.clock.move(1)
    assert vault.unlock_any(desk.folder, WORDS[ADA], desk.clock).person == ADA


@pytest.mark.parametrize("years", [-30, 30])
def test_a_clock_set_wrong_neither_opens_the_door_nor_shuts_it_for_good(desk: Desk, years: int) -> None:
    wait = fail(desk, FREE_TRIES + 5)
    desk.clock.move(years * 365 * 86400)
    if years < 0:
        with pytest.raises(WrongPassphrase) as caught:
            desk.unlock(ADA)
        assert caught.value.wait_seconds <= wait
        desk.clock.move(-years * 365 * 86400 + wait)
    assert desk.unlock(ADA).person == ADA


def test_never_locked_out_however_often(desk: Desk) -> None:
    waits = [fail(desk) for _ in range(1)]
    for _ in range(25):
        desk.clock.move(waits[-1])
        waits.append(fail(desk))
    assert waits[-1] == LONGEST_WAIT_SECONDS
    desk.clock.move(LONGEST_WAIT_SECONDS)
    assert desk.unlock(ADA).person == ADA


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"Ada Demo": "x"}', b'{"Ada Demo": [1]}', b"\xff", b"null", b"7"])
def test_a_damaged_note_of_attempts_never_keeps_anybody_out(desk: Desk, data: bytes) -> None:
    (desk.folder / ATTEMPTS_FILE).write_bytes(data)
    assert desk.unlock(ADA).person == ADA
    assert fail(desk) == 0
