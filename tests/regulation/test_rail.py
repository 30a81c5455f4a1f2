"""Which measures stand on the rail, in which words, and why one may not be chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import (
    BAN,
    COM,
    LANGUAGES,
    MOD,
    NONE,
    NOW,
    PURGE,
    REMOVE,
    RESTORE,
    mute,
    notices,
    person,
    revision,
    rows,
    situation,
    stack,
)

from modstation.models.ids import TargetType
from modstation.models.items import Visibility
from modstation.models.measures import Choice, Measure, OrderKind
from modstation.models.people import Role
from modstation.regulation import Plan, Strike, plan

THREE = (Strike(NOW - timedelta(days=2), 3, "D-1"),)
EVERY_POLICY = st.sampled_from([policy.id for policy in stack().policies])
EVERY_CHOICE = st.one_of(st.sampled_from([Choice(m) for m in Measure]), st.integers(1, 40).map(mute))


# -------------------------------------------------------------------------------- forbidden
@pytest.mark.parametrize(
    ("policy", "choices", "word"),
    [
        ("none", [REMOVE], "No breach was chosen"),
        ("none", [BAN], "No breach was chosen"),
        ("care.person_in_danger", [BAN], "nothing is done against the author"),
        ("care.person_in_danger", [REMOVE], "nothing is done against the author"),
        ("terms.spam", [REMOVE, RESTORE], "exclude each other"),
        ("terms.spam", [REMOVE, NONE], "exclude each other"),
        ("terms.spam", [REMOVE, PURGE], "exclude each other"),
        ("terms.spam", [mute(3), mute(4)], "chosen twice"),
        ("terms.spam", [mute(31)], "1 to 30 days"),
        ("terms.spam", [mute(0)], "1 to 30 days"),
        ("terms.spam", [mute(-1)], "1 to 30 days"),
        ("terms.spam", [mute(None)], "needs a number of days"),
        ("terms.spam", [Choice(Measure.BAN, 0)], "start at 1"),
        ("terms.spam", [Choice(Measure.BAN, 10**9)], "start at 1"),
        ("terms.spam", [Choice(Measure.REMOVE, 3)], "takes no days"),
        ("terms.spam", [Choice(Measure.RENAME)], "Does not fit the post"),
        ("terms.spam", [Choice(Measure.CLOSE_SECTION)], "Does not fit the post"),
    ],
)
def test_what_may_not_be_chosen(policy: str, choices: list[Choice], word: str) -> None:
    made = plan(stack(), situation(), policy, choices, "because")
    assert not made.allowed
    assert word in made.why_not


def test_what_the_forum_cannot_do_says_so_in_its_words() -> None:
    made = plan(stack(), situation(impossible={Measure.MUTE: "The token may not mute."}), "terms.spam", None)
    mutes = next(offer for offer in made.offered if offer.choice.measure is Measure.MUTE)
    assert mutes.why_not == "The token may not mute."
    without = plan(stack(), situation(impossible={Measure.WARN: "No chat."}), "terms.spam", None)
    assert without.chosen == (REMOVE,)


def test_what_cannot_be_taken_back_says_so_before_enter() -> None:
    made = plan(stack(), situation(reversible=frozenset()), "terms.spam", [REMOVE])
    assert "Cannot be taken back on this forum" in made.chips
    assert not next(offer for offer in made.offered if offer.choice == REMOVE).reversible
    usual = plan(stack(), situation(), "terms.spam", [REMOVE])
    assert "Cannot be taken back on this forum" not in usual.chips
    assert not next(offer for offer in usual.offered if offer.choice == PURGE).reversible


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.DPO, Role.LEGAL])
def test_somebody_who_only_reads_decides_nothing(role: Role) -> None:
    reader = person("demo-reader", role)
    made = plan(stack(), situation(people=(reader, COM), decider=reader.id), "none", None)
    assert not made.allowed
    assert "decide nothing" in made.why_not
    stranger = plan(stack(), situation(people=(COM,), decider=MOD.id), "none", None)
    assert not stranger.allowed


def test_a_rule_cannot_be_cited_before_it_was_in_force() -> None:
    early = situation(now=NOW.replace(year=2025))
    assert "in force since" in plan(stack(), early, "terms.spam", None).why_not
    assert plan(stack(), early, "ill.fraud", None).allowed


def test_a_restore_is_offered_only_where_something_is_hidden() -> None:
    public = plan(stack(), situation(), "none", None)
    hidden = plan(stack(), situation(revision=replace(revision(), visibility=Visibility.HIDDEN)), "none", None)
    assert [offer.choice for offer in public.offered] == [NONE]
    assert {offer.choice for offer in hidden.offered} == {NONE, RESTORE}
    assert "The post stays hidden" in hidden.chips


# -------------------------------------------------------------------------------- other kinds of item
def test_an_account_is_judged_by_measures_that_fit_it() -> None:
    made = plan(stack(), situation(TargetType.ACCOUNT, author_uid="17"), "acct.impersonation", None)
    offered = {offer.choice.measure for offer in made.offered}
    assert Measure.RENAME in offered
    assert Measure.REMOVE not in offered
    assert made.missing == ("Choose a measure",)
    renamed = plan(
        stack(), situation(TargetType.ACCOUNT, author_uid=""), "acct.impersonation", [Choice(Measure.RENAME)]
    )
    assert rows(renamed, OrderKind.MEASURE)[0].order.account == "17"


def test_care_goes_to_the_person_on_call_and_does_nothing_to_the_author() -> None:
    on_call = person("demo-care", Role.ON_CALL)
    made = plan(stack(), situation(people=(MOD, COM, on_call)), "care.person_in_danger", None)
    assert made.escalate_to == "on_call"
    assert made.points == 0
    assert notices(made, "author") == []
    assert made.sentence.startswith("Passes it to the person on call")
    assert {offer.choice.measure for offer in made.offered} == {Measure.NONE, Measure.HIDE}
    assert made.primary == "Hand to the person on call"


@pytest.mark.promise(5)
def test_care_without_anybody_on_call_still_reaches_somebody() -> None:
    assert plan(stack(), situation(), "care.person_in_danger", None).escalate_to == "supervisor"
    assert plan(stack(), situation(people=(MOD, COM)), "care.person_in_danger", None).escalate_to == "compliance"
    assert plan(stack(), situation(people=(MOD,)), "care.person_in_danger", None).escalate_to == "on_call"


# -------------------------------------------------------------------------------- the rail
def test_days_of_a_mute_come_from_the_ladder() -> None:
    def days(policy: str, live: int) -> int | None:
        strikes = (Strike(NOW - timedelta(days=1), live, "D"),)
        made = plan(stack(), situation(strikes=strikes), policy, None)
        return next(o.choice.days for o in made.offered if o.choice.measure is Measure.MUTE)

    assert days("terms.spam", 0) == 1
    assert days("terms.insult", 0) == 7
    assert days("terms.insult", 5) == 7


def test_a_chosen_number_of_days_takes_the_place_of_the_ladders() -> None:
    made = plan(stack(), situation(), "terms.insult", [mute(3)])
    assert [o.choice for o in made.offered if o.choice.measure is Measure.MUTE] == [mute(3)]
    assert next(o.label for o in made.offered if o.choice == mute(3)) == "Mute 3 d"


def test_under_a_breach_no_measure_stands_last() -> None:
    assert plan(stack(), situation(), "terms.insult", None).offered[-1].choice == NONE


@given(
    policy=EVERY_POLICY, choices=st.lists(EVERY_CHOICE, max_size=3).map(tuple), kind=st.sampled_from(list(TargetType))
)
def test_every_plan_is_whole(policy: str, choices: tuple[Choice, ...], kind: TargetType) -> None:
    for language in LANGUAGES:
        made = plan(stack(), situation(kind), policy, choices, "because", "law", language)
        assert made.allowed == (not made.why_not and not made.missing)
        assert set(made.chosen) <= {offer.choice for offer in made.offered}
        assert_rows_in_order(made)


def assert_rows_in_order(made: Plan) -> None:
    for place, row in enumerate(made.orders):
        assert row.needs in (0, made.needs)
        assert row.after is None or row.after < place
        if row.after is not None:
            assert row.needs >= made.orders[row.after].needs
        if row.order.kind is OrderKind.NOTICE:
            assert row.order.account
            assert str(row.order.case) in row.order.text
