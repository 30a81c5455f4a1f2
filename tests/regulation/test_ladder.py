"""Live strikes, recommendations, points."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import BAN, EU, HIDE, NONE, NOW, REMOVE, WARN, mute, stack

from modstation.models.ids import TargetType
from modstation.models.measures import Choice, Measure
from modstation.regulation import Strike, live_strikes, points_for, recommended, strike_limit
from modstation.regulation.ladder import fits, on_rail, usual_days

LADDER = stack().ladder


@pytest.mark.parametrize(
    ("age", "live"),
    [
        (timedelta(0), 1),
        (timedelta(days=180) - timedelta(milliseconds=1), 1),
        (timedelta(days=180), 0),
        (timedelta(days=400), 0),
        (-timedelta(seconds=1), 0),
    ],
)
def test_a_strike_counts_for_180_days_from_its_moment(age: timedelta, live: int) -> None:
    assert live_strikes((Strike(NOW - age, 1, "D"),), NOW, LADDER) == live


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(-2, 3)), max_size=8))
def test_live_strikes_never_go_below_zero_and_only_young_ones_count(past: list[tuple[int, int]]) -> None:
    strikes = tuple(Strike(NOW - timedelta(days=days), points, "D") for days, points in past)
    young = sum(points for days, points in past if days < 180)
    assert live_strikes(strikes, NOW, LADDER) == max(0, young)


def test_without_a_ladder_nothing_counts() -> None:
    assert live_strikes((Strike(NOW, 5, "D"),), NOW, None) == 0
    assert strike_limit(None) == 0
    assert strike_limit(LADDER) == 3


@pytest.mark.parametrize(
    ("policy", "live", "choices"),
    [
        ("terms.spam", 0, (REMOVE, WARN)),
        ("terms.spam", 1, (REMOVE, WARN)),
        ("terms.spam", 2, (REMOVE, mute(1))),
        ("terms.spam", 99, (REMOVE, mute(1))),
        ("terms.insult", 0, (REMOVE,)),
        ("terms.insult", 1, (REMOVE, mute(7))),
        ("terms.insult", 2, (REMOVE, mute(7))),
        ("terms.insult", 3, (REMOVE, BAN)),
        ("ill.fraud", 4, (REMOVE, BAN)),
        ("ill.terrorism", 0, (HIDE,)),
        ("ill.terrorism", 9, (HIDE,)),
        ("none", 9, (NONE,)),
        ("care.person_in_danger", 9, (NONE,)),
    ],
)
def test_the_first_row_that_fits(policy: str, live: int, choices: tuple[Choice, ...]) -> None:
    assert recommended(stack(), stack().policy(policy), live) == choices


@pytest.mark.parametrize(
    ("policy", "live", "choices"),
    [
        ("STATEMENT_CATEGORY_SCAMS_AND_FRAUD", 0, (REMOVE, WARN)),
        ("STATEMENT_CATEGORY_SCAMS_AND_FRAUD", 3, (REMOVE, Choice(Measure.BAN, 30))),
        ("STATEMENT_CATEGORY_PROTECTION_OF_MINORS", 0, (HIDE,)),
    ],
)
def test_the_european_ladder_warns_first(policy: str, live: int, choices: tuple[Choice, ...]) -> None:
    assert recommended(stack(*EU), stack(*EU).policy(policy), live) == choices


def test_what_is_impossible_gives_way_to_the_next_lower_step() -> None:
    insult = stack().policy("terms.insult")
    assert recommended(stack(), insult, 3, lambda c: c != BAN) == (REMOVE, mute(7))
    assert recommended(stack(), insult, 3, lambda c: c == REMOVE) == (REMOVE,)
    spam = stack().policy("terms.spam")
    assert recommended(stack(), spam, 0, lambda c: c != WARN) == (REMOVE,)
    assert recommended(stack(), spam, 0, lambda _: False) == ()


@given(live=st.integers(0, 50), name=st.sampled_from([p.id for p in stack().policies]))
def test_no_recommendation_is_irreversible_or_a_report(live: int, name: str) -> None:
    found = recommended(stack(), stack().policy(name), live)
    assert Measure.PURGE not in {choice.measure for choice in found}
    assert found


def test_points_follow_severity() -> None:
    assert [
        points_for(LADDER, stack().policy(name), [REMOVE]) for name in ("terms.spam", "ill.fraud", "ill.terrorism")
    ] == [0, 1, 2]
    assert points_for(LADDER, stack().policy("ill.terrorism"), [HIDE]) == 0
    assert points_for(None, stack().policy("ill.fraud"), [REMOVE]) == 0


def test_days_of_a_ban_have_none_in_the_chinese_ladder() -> None:
    assert usual_days(stack(), stack().policy("terms.insult"), 3, Measure.BAN) is None
    assert usual_days(stack(), stack().policy("terms.insult"), 3, Measure.REMOVE) is None
    assert usual_days(stack(), stack().policy("ill.terrorism"), 0, Measure.MUTE) == 1


def test_the_european_rail_has_suspend_and_terminate() -> None:
    policy = stack(*EU).policy("terms.insult")
    found = [c for c in on_rail(stack(*EU), policy, 0, TargetType.POST) if c.measure is Measure.BAN]
    assert found == [Choice(Measure.BAN, 30), BAN]


@pytest.mark.parametrize("kind", list(TargetType))
def test_case_acts_stand_on_no_rail(kind: TargetType) -> None:
    for choice in on_rail(stack(), None, 0, kind):
        assert choice.measure in set(Measure)
    assert not fits("post", TargetType.ACCOUNT)
    assert fits("account", TargetType.POST)
