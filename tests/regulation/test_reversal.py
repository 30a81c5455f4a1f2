"""Taking back: opposite measures, at least the approvals of what is reversed, strikes and notices corrected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import (
    ALONE,
    BAN,
    HIDE,
    LANGUAGES,
    MOD,
    NONE,
    NOW,
    PURGE,
    REMOVE,
    RESTORE,
    WARN,
    measures,
    mute,
    notices,
    rows,
    situation,
    stack,
)

from modstation.models.ids import PersonId
from modstation.models.measures import OPPOSITE, Choice, Measure, OrderKind
from modstation.regulation import Strike, complete, opposites, plan, required, reversal_plan

STRUCK = (Strike(NOW - timedelta(days=1), 2, "D-1"),)
REVERSIBLE = st.lists(
    st.sampled_from([HIDE, REMOVE, mute(7), BAN, WARN, Choice(Measure.LOCK)]), min_size=1, unique=True
)


@pytest.mark.parametrize(
    ("past", "undone"),
    [
        ([REMOVE], (RESTORE,)),
        ([HIDE, REMOVE], (RESTORE,)),
        ([REMOVE, mute(7)], (Choice(Measure.UNMUTE), RESTORE)),
        ([REMOVE, BAN], (Choice(Measure.UNBAN), RESTORE)),
        ([Choice(Measure.LOCK)], (Choice(Measure.UNLOCK),)),
        ([WARN], ()),
        ([NONE], ()),
    ],
)
def test_opposites_in_reverse_order(past: list[Choice], undone: tuple[Choice, ...]) -> None:
    assert opposites(past) == undone


def test_a_removal_is_restored_told_and_its_strike_taken_back() -> None:
    made = reversal_plan(stack(), situation(strikes=STRUCK), [REMOVE], "a mistake", policy="ill.fraud")
    assert measures(made) == [Measure.RESTORE]
    assert made.points == -1
    close = rows(made, OrderKind.CLOSE_FLAG)[0]
    assert (close.order.flag_state, close.after) == ("rejected", 0)
    text = notices(made, "author")[0].order.text
    assert text.startswith("Correction")
    assert "your post is public again" in text
    assert "a mistake" in text
    assert str(situation().case) in text
    assert "changed our decision" in notices(made, "reporter")[0].order.text
    assert made.allowed
    assert made.sentence == (
        "Restores the post, takes back 1 of 2 strikes, closes 2 flags as not upheld, tells the author and 2 reporters."
    )


@pytest.mark.promise(6)
@pytest.mark.parametrize(
    ("policy", "past"), [("terms.spam", [BAN]), ("ill.terrorism", [REMOVE]), ("terms.spam", [mute(30)])]
)
def test_it_needs_at_least_the_approvals_of_what_it_reverses(policy: str, past: list[Choice]) -> None:
    before = required(stack(), situation(), policy, past)
    made = reversal_plan(stack(), situation(), past, policy=policy)
    assert made.needs >= before.needs == 1
    assert all(row.needs == made.needs for row in made.orders)
    assert MOD.id not in made.may_approve
    assert not complete(stack(), situation(), policy, made.chosen, [MOD.id], reverses=past)
    assert complete(stack(), situation(), policy, made.chosen, [PersonId("demo-com")], reverses=past)


@given(past=REVERSIBLE, policy=st.sampled_from(["terms.spam", "ill.terrorism", "ill.fraud"]))
def test_every_measure_is_taken_back_and_nothing_else_is_done(past: list[Choice], policy: str) -> None:
    s = situation(strikes=STRUCK)
    first = plan(stack(), s, policy, past, "because")
    made = reversal_plan(stack(), s, past, "because", policy=policy)
    undone = {OPPOSITE[c.measure] for c in past if c.measure in OPPOSITE}
    assert set(measures(made)) == undone
    assert made.needs >= first.needs
    assert made.points == -first.points
    assert not any(row.order.measure is Measure.HIDE for row in made.orders)
    if WARN in past:
        assert any("withdrawn" in row.order.text for row in notices(made, "author"))


def test_no_more_strikes_are_taken_back_than_there_are() -> None:
    assert reversal_plan(stack(), situation(), [REMOVE], policy="ill.fraud").points == 0
    assert reversal_plan(stack(), situation(strikes=STRUCK), [REMOVE]).points == 0, "the policy was not named"


def test_no_breach_taken_back_opens_the_flags_again() -> None:
    made = reversal_plan(stack(), situation(), [NONE], policy="none")
    assert rows(made, OrderKind.CLOSE_FLAG)[0].order.flag_state == "open"
    assert measures(made) == []
    assert "look again" in notices(made, "reporter")[0].order.text
    assert notices(made, "author") == []


def test_a_purge_has_no_way_back_and_says_so() -> None:
    made = reversal_plan(stack(), situation(), [PURGE], policy="terms.spam")
    assert not made.allowed
    assert "Purge cannot be taken back" in made.why_not


def test_what_the_forum_cannot_restore_is_refused_in_its_words() -> None:
    s = situation(impossible={Measure.RESTORE: "This platform restores nothing."})
    assert reversal_plan(stack(), s, [REMOVE], policy="terms.spam").why_not == "This platform restores nothing."


def test_one_person_alone_cannot_take_back_what_two_people_made() -> None:
    made = reversal_plan(stack(), situation(people=ALONE, decider=ALONE[0].id), [BAN], policy="terms.spam")
    assert not made.allowed
    assert "nobody else" in made.why_not
    stranger = reversal_plan(stack(), situation(people=ALONE), [REMOVE], policy="none")
    assert stranger.allowed, "the same name"
    assert not reversal_plan(stack(), situation(people=()), [REMOVE]).allowed


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_withdrawn_warning_is_words_alone(language: str) -> None:
    made = reversal_plan(stack(), situation(), [WARN], "", language, policy="terms.spam")
    assert measures(made) == []
    assert len(notices(made, "author")) == 1
    assert made.primary
    assert made.sentence


def test_without_flags_reporters_are_not_told_of_a_correction_they_never_heard_of() -> None:
    made = reversal_plan(stack(), situation(flags=()), [REMOVE], policy="terms.spam")
    assert notices(made, "reporter") == []
    assert measures(made) == [Measure.RESTORE]
