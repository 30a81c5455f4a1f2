"""What a decision would do: rail, rows, strike, what is missing, what is forbidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import (
    ALONE,
    BAN,
    CN,
    COM,
    EU,
    HIDE,
    LANGUAGES,
    MOD,
    NONE,
    NOW,
    REMOVE,
    WARN,
    measures,
    mute,
    notices,
    person,
    revision,
    rows,
    situation,
    stack,
)

from modstation.models.errors import NotFound
from modstation.models.ids import TargetType
from modstation.models.items import Visibility
from modstation.models.measures import Choice, Measure, OrderKind
from modstation.models.people import Role
from modstation.regulation import Strike, plan

THREE = (Strike(NOW - timedelta(days=2), 3, "D-1"),)
EVERY_POLICY = st.sampled_from([policy.id for policy in stack().policies])
EVERY_CHOICE = st.one_of(st.sampled_from([Choice(m) for m in Measure]), st.integers(1, 40).map(mute))


# -------------------------------------------------------------------------------- before and after choosing
@pytest.mark.promise(9)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_recommended_before_a_policy_was_chosen(language: str) -> None:
    made = plan(stack(), situation(), "", None, language=language)
    assert made.offered
    assert not any(offer.recommended for offer in made.offered)
    assert all(offer.why_not for offer in made.offered)
    assert (made.chosen, made.orders, made.allowed) == ((), (), False)
    assert made.why_not


@pytest.mark.parametrize("names", [CN, EU])
@given(data=st.data())
def test_a_report_is_never_recommended_nor_offered(names: tuple[str, ...], data: st.DataObject) -> None:
    rules = stack(*names)
    policy = data.draw(st.sampled_from([p.id for p in rules.policies]))
    live = data.draw(st.integers(0, 9))
    strikes = (Strike(NOW - timedelta(days=1), live, "D"),)
    made = plan(rules, situation(strikes=strikes), policy, None)
    assert {offer.choice.measure for offer in made.offered} <= set(Measure)
    assert all("report" not in offer.label.lower() for offer in made.offered)


def test_an_unknown_policy_is_not_found() -> None:
    with pytest.raises(NotFound):
        plan(stack(), situation(), "no.such", None)


def test_what_the_ladder_recommends_is_chosen_where_nothing_was() -> None:
    made = plan(stack(), situation(), "terms.spam", None)
    assert made.chosen == (REMOVE, WARN)
    assert {offer.choice for offer in made.offered if offer.recommended} == {REMOVE, WARN}
    assert plan(stack(), situation(), "terms.spam", []).missing == ("Choose a measure",)


# -------------------------------------------------------------------------------- rows
def test_a_removal_its_answer_and_its_notices() -> None:
    made = plan(stack(), situation(), "ill.fraud", [REMOVE])
    remove, close, author, *reporters = made.orders
    assert (remove.order.kind, remove.order.measure, remove.after) == (OrderKind.MEASURE, Measure.REMOVE, None)
    assert remove.order.attachments == situation().attachments
    assert remove.order.thread == "9"
    assert remove.order.section == "5"
    assert close.order.flags == ("3", "4")
    assert (close.order.flag_state, close.after) == ("resolved", 0)
    assert (author.order.account, author.after, author.to) == ("44", 0, "author")
    assert [row.order.account for row in reporters] == ["7", "8"]
    assert all(row.after == 0 for row in reporters)
    assert {row.order.case for row in made.orders} == {situation().case}
    assert {row.needs for row in made.orders} == {0}


def test_no_breach_answers_the_flag_as_rejected() -> None:
    made = plan(stack(), situation(), "none", None)
    close, *told = made.orders
    assert close.order.kind is OrderKind.CLOSE_FLAG
    assert close.order.flag_state == "rejected"
    assert [row.to for row in told] == ["reporter", "reporter"]
    assert made.chosen == (NONE,)
    assert made.points == 0
    assert made.allowed


def test_no_breach_on_an_item_without_a_flag_sends_nothing() -> None:
    made = plan(stack(), situation(flags=(), reporters=()), "none", None)
    assert made.orders == ()
    assert made.allowed
    assert made.sentence == "Closes the item here and sends nothing to the forum."


def test_no_breach_lets_a_waiting_post_through() -> None:
    made = plan(stack(), situation(TargetType.QUEUED), "none", None)
    assert measures(made) == [Measure.RESTORE]
    assert rows(made, OrderKind.CLOSE_FLAG)[0].after == 0
    blocked = plan(stack(), situation(TargetType.QUEUED, impossible={Measure.RESTORE: "no right"}), "none", None)
    assert blocked.why_not == "no right"


def test_a_waiting_post_is_not_hidden_it_is_not_public() -> None:
    made = plan(stack(), situation(TargetType.QUEUED), "terms.spam", None)
    why = {offer.choice.measure: offer.why_not for offer in made.offered}
    assert "not public" in why[Measure.HIDE]
    assert why[Measure.REMOVE] == ""
    proposed = plan(stack(), situation(TargetType.QUEUED), "ill.terrorism", [REMOVE], "reason")
    assert measures(proposed) == [Measure.REMOVE]


def test_what_falls_on_the_item_comes_before_what_falls_on_the_account() -> None:
    made = plan(stack(), situation(), "terms.insult", [mute(3), REMOVE])
    assert measures(made) == [Measure.REMOVE, Measure.MUTE]
    by_measure = {row.order.measure: row for row in rows(made, OrderKind.MEASURE)}
    assert by_measure[Measure.REMOVE].order.account == ""
    assert by_measure[Measure.MUTE].order.account == "44"
    assert by_measure[Measure.MUTE].order.until == NOW + timedelta(days=3)
    assert by_measure[Measure.MUTE].days == 3


@pytest.mark.case("S22")
def test_every_notice_waits_for_exactly_the_measure_it_tells_of() -> None:
    made = plan(stack(), situation(), "terms.insult", [REMOVE, mute(3), Choice(Measure.LOCK)])
    for row in notices(made, "author"):
        assert row.after is not None
        assert made.orders[row.after].order.measure is row.order.measure
    assert len(notices(made, "author")) == 3


@pytest.mark.case("S22")
def test_a_warning_travels_with_the_removal_it_is_about_and_falls_with_it() -> None:
    made = plan(stack(), situation(), "terms.spam", [REMOVE, WARN])
    told = notices(made, "author")
    assert measures(made) == [Measure.REMOVE]
    assert [row.order.measure for row in told] == [Measure.WARN]
    assert told[0].after == 0
    assert "was removed" in told[0].order.text
    assert "warning" in told[0].order.text


def test_a_warning_alone_is_its_own_row_and_the_flags_wait_for_it() -> None:
    made = plan(stack(), situation(), "terms.spam", [WARN])
    assert [(row.order.kind, row.order.measure) for row in made.orders[:1]] == [(OrderKind.NOTICE, Measure.WARN)]
    assert made.orders[0].order.account == "44"
    assert measures(made) == []


def test_each_reporter_is_told_once_and_never_the_author_as_reporter() -> None:
    made = plan(stack(), situation(reporters=("7", "7", "", "44", "8")), "ill.fraud", [REMOVE])
    assert [row.order.account for row in notices(made, "reporter")] == ["7", "8"]


@pytest.mark.promise(8)
def test_the_authors_notice_names_no_reporter_and_no_moderator() -> None:
    made = plan(stack(), situation(reporters=("70007", "80008")), "ill.fraud", [REMOVE], "typed reason")
    text = notices(made, "author")[0].order.text
    assert "70007" not in text
    assert "80008" not in text
    assert MOD.id not in text
    assert "typed reason" in text


# -------------------------------------------------------------------------------- four eyes
def test_a_ban_waits_and_the_removal_does_not() -> None:
    made = plan(stack(), situation(strikes=THREE), "terms.insult", None, "because")
    assert made.chosen == (REMOVE, BAN)
    needs = {row.order.measure: row.needs for row in rows(made, OrderKind.MEASURE)}
    assert needs == {Measure.REMOVE: 0, Measure.BAN: 1}
    assert made.needs == 1
    assert set(made.may_approve) == {"demo-sup", "demo-com"}
    assert rows(made, OrderKind.CLOSE_FLAG)[0].needs == 0
    told = {row.order.measure: row.needs for row in notices(made, "author")}
    assert told == {Measure.REMOVE: 0, Measure.BAN: 1}
    assert "removes" not in made.four_eyes
    assert "bans the author" in made.four_eyes
    assert made.primary == "Remove post, propose: ban author"


def test_a_human_only_removal_is_hidden_meanwhile() -> None:
    made = plan(stack(), situation(), "ill.terrorism", [REMOVE], "because")
    hide, remove = rows(made, OrderKind.MEASURE)
    assert (hide.order.measure, hide.needs) == (Measure.HIDE, 0)
    assert (remove.order.measure, remove.needs) == (Measure.REMOVE, 1)
    assert rows(made, OrderKind.CLOSE_FLAG)[0].after == 1
    assert made.primary == "Propose: remove post"
    assert "hidden meanwhile" in made.four_eyes


@pytest.mark.parametrize(
    "changes",
    [
        {"impossible": {Measure.HIDE: "no right"}},
        {"revision": replace(revision(), visibility=Visibility.HIDDEN)},
        {"revision": replace(revision(), visibility=Visibility.GONE)},
    ],
)
def test_nothing_is_hidden_meanwhile_that_cannot_or_need_not_be(changes: dict[str, object]) -> None:
    made = plan(stack(), situation(**changes), "ill.terrorism", [REMOVE], "because")
    assert measures(made) == [Measure.REMOVE]
    assert "meanwhile" not in made.four_eyes


def test_an_explicit_hide_is_not_doubled() -> None:
    made = plan(stack(), situation(), "ill.terrorism", [HIDE, REMOVE], "because")
    assert measures(made) == [Measure.HIDE, Measure.REMOVE]


def test_one_person_alone_is_offered_no_ban_and_is_told_why() -> None:
    made = plan(stack(), situation(people=ALONE, decider=ALONE[0].id, strikes=THREE), "terms.insult", None)
    ban = next(offer for offer in made.offered if offer.choice == BAN)
    assert "nobody else at this desk" in ban.why_not
    assert not ban.recommended
    assert made.chosen == (REMOVE, mute(7)), "the next lower step that this desk can make"
    assert made.allowed
    refused = plan(stack(), situation(people=ALONE, decider=ALONE[0].id), "terms.insult", [BAN], "because")
    assert not refused.allowed
    assert refused.why_not == ban.why_not


def test_measures_that_one_by_one_are_possible_may_need_too_many_people_together() -> None:
    people = (MOD, person("demo-sup", Role.SUPERVISOR), COM)
    alone = situation(people=people, heard=frozenset({COM.id}))
    assert plan(stack(), alone, "terms.spam", [REMOVE], batch=21).allowed
    both = plan(stack(), alone, "ill.terrorism", [REMOVE], "because", batch=21)
    assert not both.allowed


# -------------------------------------------------------------------------------- nobody unseen
@pytest.mark.promise(11)
@given(policy=EVERY_POLICY, choices=st.lists(EVERY_CHOICE, max_size=3).map(tuple))
def test_nobody_is_struck_muted_banned_or_warned_unseen(policy: str, choices: tuple[Choice, ...]) -> None:
    made = plan(stack(), situation(viewed=False), policy, choices, "because", "law")
    assert made.points == 0
    if any(c.measure.on_account and c.measure not in (Measure.UNMUTE, Measure.UNBAN) for c in choices):
        assert not made.allowed
        assert made.why_not
    recommended = plan(stack(), situation(viewed=False, strikes=THREE), policy, None)
    assert not any(choice.measure.on_account for choice in recommended.chosen)


def test_a_removal_unseen_says_that_no_strike_follows() -> None:
    made = plan(stack(), situation(viewed=False), "ill.fraud", [REMOVE])
    assert made.allowed
    assert "No strike: this post was not opened" in made.chips
    assert "strike" not in made.sentence


def test_an_author_without_account_gets_neither_strike_nor_notice() -> None:
    made = plan(stack(), situation(author_uid=""), "terms.insult", [REMOVE])
    assert made.points == 0
    assert notices(made, "author") == []
    assert any("cannot be told" in chip for chip in made.chips)
    assert "account" in plan(stack(), situation(author_uid=""), "terms.insult", [BAN], "x").why_not


# -------------------------------------------------------------------------------- what must be typed
@pytest.mark.parametrize(
    ("policy", "choices", "asks"),
    [
        ("terms.contact_ad", [REMOVE, WARN], False),
        ("terms.spam", [REMOVE, mute(1)], False),
        ("terms.off_topic", [REMOVE], False),
        ("terms.insult", [REMOVE, mute(7)], False),
        ("terms.impersonation", [REMOVE], False),
        ("ill.fraud", [REMOVE], False),
        ("none", [NONE], False),
        ("care.person_in_danger", [NONE], False),
        ("terms.personal_data", [REMOVE], True),
        ("ill.obscene_violent", [REMOVE], True),
        ("ill.heroes", [REMOVE], True),
        ("terms.spam", [BAN], True),
        ("terms.spam", [Choice(Measure.BAN, 3)], True),
        ("terms.spam", [Choice(Measure.CLOSE_SECTION)], True),
        ("bad.other", [REMOVE], True),
    ],
)
def test_who_must_type_a_reason(policy: str, choices: list[Choice], asks: bool) -> None:
    made = plan(stack(), situation(), policy, choices)
    assert made.needs_reason == asks
    assert ("Write the reason" in made.missing) == asks
    assert "Write the reason" not in plan(stack(), situation(), policy, choices, "typed").missing
    assert "Write the reason" in plan(stack(), situation(), policy, choices, " \n").missing or not asks


def test_an_hour_with_the_keys_asks_nobody_to_type_but_for_personal_data() -> None:
    asked = [
        policy.id
        for digit, policy in stack().policies_on_rail()
        if digit and plan(stack(), situation(), policy.id, None).missing
    ]
    assert asked == ["terms.personal_data"]


def test_a_policy_may_ask_for_law_and_article() -> None:
    made = plan(stack(), situation(), "ill.other_law", [REMOVE])
    assert made.needs_article
    assert made.missing == ("Name the law and article",)
    named = plan(stack(), situation(), "ill.other_law", [REMOVE], "", "Road law art. 3")
    assert named.allowed
    assert "Road law art. 3" in named.clause
    assert "Road law art. 3" in notices(named, "author")[0].order.text


# -------------------------------------------------------------------------------- strikes
@pytest.mark.parametrize(
    ("policy", "choices", "points"),
    [
        ("terms.spam", [REMOVE, WARN], 0),
        ("terms.insult", [REMOVE], 1),
        ("ill.fraud", [REMOVE], 1),
        ("ill.terrorism", [REMOVE], 2),
        ("ill.terrorism", [HIDE], 0),
        ("ill.fraud", [NONE], 0),
        ("none", [NONE], 0),
        ("care.person_in_danger", [NONE], 0),
    ],
)
def test_strike_points(policy: str, choices: list[Choice], points: int) -> None:
    assert plan(stack(), situation(), policy, choices, "because").points == points


def test_the_strike_is_counted_on_from_the_live_ones() -> None:
    made = plan(stack(), situation(strikes=(Strike(NOW - timedelta(days=9), 1, "D"),)), "ill.fraud", None)
    assert (made.strikes, made.points, made.strike_limit) == (1, 1, 3)
    assert "strike 2 of 3" in made.sentence
