"""The guard by itself: which runs of keys are typing (promise 9, case S03)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.views.commands import Keymap
from modstation.views.keyguard import KeyGuard, Verdict, is_letter


@dataclass
class Clock:
    at: float = 50.0

    def __call__(self) -> float:
        return self.at


def press(guard: KeyGuard, clock: Clock, key: str, pause: float) -> Verdict:
    """A key as the router would hand it over on the Triage screen."""
    clock.at += pause
    command = Keymap().find(key, "triage")
    return guard.key(key, bound=command is not None, deciding=bool(command and command.deciding))


def decides(guard: KeyGuard, clock: Clock, text: str, pause: float) -> int:
    """How many deciding keys of a typed text ran and were not withdrawn."""
    standing = 0
    for letter in text:
        key = "Space" if letter == " " else letter.upper()
        verdict = press(guard, clock, key, pause)
        command = Keymap().find(key, "triage")
        if verdict is Verdict.TYPING:
            standing = 0
        elif verdict is Verdict.RUN and command is not None and command.deciding:
            standing += 1
    return standing


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(clock: Clock) -> KeyGuard:
    return KeyGuard(clock)


@pytest.mark.promise(9)
@pytest.mark.case("S03")
@pytest.mark.parametrize("pause", [0.02, 0.06, 0.14, 0.25, 0.6, 0.9])
@pytest.mark.parametrize(
    "text", ["please ban this dude asap", "remove him now", "nobody knows", "sure thing", "end this"]
)
def test_sentences_leave_nothing_standing(guard: KeyGuard, clock: Clock, text: str, pause: float) -> None:
    assert decides(guard, clock, text, pause) == 0
    assert guard.paused


@pytest.mark.parametrize("run", ["NJNJNJ", "NNNN", "JJJKK", "SSS", "NJSJ", "TJTJ", "IHT"])
@pytest.mark.parametrize("pause", [0.2, 0.5, 1.5])
def test_commands_at_the_pace_of_a_person_are_no_typing(guard: KeyGuard, clock: Clock, run: str, pause: float) -> None:
    assert all(press(guard, clock, key, pause) is Verdict.RUN for key in run)


def test_a_letter_right_after_a_deciding_key_is_typing(guard: KeyGuard, clock: Clock) -> None:
    assert press(guard, clock, "N", 2) is Verdict.RUN
    assert press(guard, clock, "O", 0.1) is Verdict.TYPING


def test_a_pause_of_a_second_begins_a_new_run(guard: KeyGuard, clock: Clock) -> None:
    for key in "NSETHN":
        assert press(guard, clock, key, 1.01) is Verdict.RUN


def test_what_a_run_touched_is_handed_out_once(guard: KeyGuard, clock: Clock) -> None:
    press(guard, clock, "N", 2)
    guard.acted("first")
    press(guard, clock, "O", 0.1)
    assert guard.take_acts() == ["first"]
    assert guard.take_acts() == []


def test_acts_of_an_earlier_run_are_not_touched(guard: KeyGuard, clock: Clock) -> None:
    press(guard, clock, "N", 2)
    guard.acted("meant")
    press(guard, clock, "A", 5)
    press(guard, clock, "B", 0.1)
    press(guard, clock, "L", 0.1)
    assert guard.paused
    assert guard.take_acts() == []


def test_while_paused_every_key_is_ignored_until_the_person_goes_on(guard: KeyGuard, clock: Clock) -> None:
    for key in "BAN":
        press(guard, clock, key, 0.1)
    assert press(guard, clock, "Enter", 5) is Verdict.IGNORE
    assert press(guard, clock, "1", 5) is Verdict.IGNORE
    guard.resume()
    assert press(guard, clock, "N", 5) is Verdict.RUN


def test_enter_rests_after_the_item_changed(guard: KeyGuard, clock: Clock) -> None:
    guard.item_changed()
    assert press(guard, clock, "Enter", 0.1) is Verdict.IGNORE
    assert press(guard, clock, "Enter", 0.1) is Verdict.RUN


def test_enter_after_a_word_is_typing(guard: KeyGuard, clock: Clock) -> None:
    for key in "ITH":
        press(guard, clock, key, 0.3)
    assert press(guard, clock, "Enter", 0.3) is Verdict.TYPING


@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz "), min_size=1, max_size=40), st.floats(0.01, 0.95))
def test_a_paused_guard_never_runs_anything(text: str, pause: float) -> None:
    clock = Clock()
    guard = KeyGuard(clock)
    for letter in text:
        was = guard.paused
        verdict = press(guard, clock, "Space" if letter == " " else letter.upper(), pause)
        assert not (was and verdict is not Verdict.IGNORE)


@given(st.lists(st.sampled_from(["J", "K", "1", "2", "Enter", "Down", "Up", "."]), max_size=60), st.floats(0.16, 3))
def test_moving_and_digits_are_never_typing(keys: list[str], pause: float) -> None:
    clock = Clock()
    guard = KeyGuard(clock)
    assert all(press(guard, clock, key, pause) is not Verdict.TYPING for key in keys)


@pytest.mark.parametrize(
    ("key", "letter"), [("N", True), ("Shift+J", True), ("1", False), ("Enter", False), (".", False)]
)
def test_what_counts_as_a_letter(key: str, letter: bool) -> None:
    assert is_letter(key) is letter
