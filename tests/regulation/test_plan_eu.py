"""The same desk under European law: the same words, other rules, all of it data."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.regulation.parts import (
    ALONE,
    BAN,
    CN,
    EU,
    HIDE,
    NOW,
    REMOVE,
    WARN,
    measures,
    mute,
    notices,
    rows,
    situation,
    stack,
)

from modstation.models.ids import TargetType
from modstation.models.measures import Choice, Measure, OrderKind
from modstation.regulation import Strike, clocks_on, deadline, plan, reversal_plan

SCAM = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
MINORS = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"
SECURITY = "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY"
SUSPEND = Choice(Measure.BAN, 30)


def struck(points: int) -> tuple[Strike, ...]:
    return (Strike(NOW - timedelta(days=1), points, "D-1"),)


@pytest.mark.parametrize(
    ("policy", "points", "chosen"),
    [
        ("terms.spam", 0, (REMOVE, WARN)),
        ("terms.spam", 2, (REMOVE, mute(1))),
        ("terms.insult", 0, (REMOVE, WARN)),
        ("terms.insult", 1, (REMOVE, mute(7))),
        ("terms.insult", 3, (REMOVE, SUSPEND)),
        (SCAM, 0, (REMOVE, WARN)),
        (MINORS, 0, (HIDE,)),
        ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", 0, (REMOVE, WARN)),
    ],
)
def test_what_the_european_ladder_chooses(policy: str, points: int, chosen: tuple[Choice, ...]) -> None:
    made = plan(stack(*EU), situation(strikes=struck(points)), policy, None, "why", "law")
    assert made.chosen == chosen
    assert made.allowed


def test_the_rail_shows_suspend_and_terminate_apart() -> None:
    made = plan(stack(*EU), situation(), "terms.insult", None)
    bans = {offer.label: offer for offer in made.offered if offer.choice.measure is Measure.BAN}
    assert set(bans) == {"Suspend 30 d", "Terminate"}
    assert bans["Terminate"].needs == bans["Suspend 30 d"].needs == 1
    short = plan(stack(*EU), situation(), "terms.insult", [Choice(Measure.BAN, 5)], "why")
    assert {o.label for o in short.offered if o.choice.measure is Measure.BAN} == {"Suspend 5 d", "Terminate"}
    assert short.needs == 0
    assert short.allowed


@pytest.mark.parametrize(("days", "word"), [(181, "1 to 180"), (0, "1 to 180")])
def test_a_suspension_has_bounds(days: int, word: str) -> None:
    made = plan(stack(*EU), situation(), "terms.insult", [Choice(Measure.BAN, days)], "why")
    assert word in made.why_not


def test_a_termination_is_one_order_without_an_end() -> None:
    made = plan(stack(*EU), situation(), "terms.insult", [BAN], "why")
    (ban,) = rows(made, OrderKind.MEASURE)
    assert (ban.order.measure, ban.order.until, ban.needs) == (Measure.BAN, None, 1)
    assert made.needs_reason


def test_illegal_content_names_the_law() -> None:
    made = plan(stack(*EU), situation(), SCAM, [REMOVE], "why")
    assert made.needs_article
    assert not made.allowed
    named = plan(stack(*EU), situation(), SCAM, [REMOVE], "why", "Criminal Code art. 5")
    assert named.allowed
    assert named.clause == "Scams and/or fraud (Regulation (EU) 2022/2065 art. 3(h)) · Criminal Code art. 5"


@pytest.mark.parametrize("policy", [MINORS, SECURITY])
def test_human_only_categories_wait_for_a_compliance_officer(policy: str) -> None:
    made = plan(stack(*EU), situation(), policy, [REMOVE], "why", "law")
    assert measures(made) == [Measure.HIDE, Measure.REMOVE]
    assert made.may_approve == ("demo-com",)
    alone = plan(stack(*EU), situation(people=ALONE, decider=ALONE[0].id), policy, None, "why", "law")
    assert alone.chosen == (HIDE,)
    assert alone.allowed


def test_the_gravest_category_is_opaque_and_kept_by_hash_only() -> None:
    policy = stack(*EU).policy(MINORS)
    assert (policy.veil, policy.evidence_rule, policy.severity, policy.human_only) == ("opaque", "hash_only", 4, True)


@pytest.mark.parametrize("category", [p.id for p in stack(*EU).policies if p.id.startswith("STATEMENT")])
def test_every_category_can_be_decided(category: str) -> None:
    for language in ("en", "zh-Hans"):
        made = plan(stack(*EU), situation(), category, None, "why", "law", language)
        assert made.allowed
        assert made.sentence
        assert made.orders
        told = notices(made, "author")
        bridged = any(row.order.measure is Measure.HIDE for row in made.orders) and HIDE not in made.chosen
        assert len(told) == 1 + bridged, "one for the hide that bridges the wait, one for the decision"
        assert stack(*EU).policy(category).name.get("en") in told[0].order.text


def test_an_illegal_severe_item_is_judged_within_twelve_hours() -> None:
    made = plan(stack(*EU), situation(), SCAM, [REMOVE], "why", "law")
    assert [clock.id for clock in made.clocks] == ["reportable_judged"]
    mild = plan(stack(*EU), situation(), "STATEMENT_CATEGORY_ANIMAL_WELFARE", [REMOVE], "why", "law")
    assert mild.clocks == ()


def test_statements_of_reasons_run_when_the_decision_is_applied() -> None:
    user, database = clocks_on(stack(*EU), "decision.applied", NOW, SCAM)
    assert (user.id, user.house, user.due - NOW) == ("sor_to_user", False, timedelta(minutes=5))
    assert (database.id, database.house) == ("sor_to_database", True)
    assert database.due > NOW


def test_orders_and_threats_have_no_figure_in_the_law_and_a_house_target() -> None:
    for name in ("order_effect", "threat_to_life", "notice_receipt"):
        clock = deadline(stack(*EU), name, NOW)
        assert not clock.house
        assert clock.due - NOW == timedelta(minutes=60)
        assert "the text says only" in clock.working


def test_a_suspension_is_taken_back_by_as_many_people() -> None:
    made = reversal_plan(stack(*EU), situation(strikes=struck(1)), [REMOVE, SUSPEND], "wrong", policy="terms.insult")
    assert measures(made) == [Measure.RESTORE, Measure.UNBAN]
    assert made.needs == 1
    assert made.points == -1
    assert {row.needs for row in made.orders} == {1}


@pytest.mark.parametrize("policy", ["terms.contact_ad", "terms.spam", "terms.off_topic", "terms.impersonation", "none"])
def test_the_keys_of_the_agreement_work_alike_under_both_laws(policy: str) -> None:
    chinese, european = (
        plan(stack(*names), situation(), policy, [REMOVE] if policy != "none" else None) for names in (CN, EU)
    )
    assert measures(chinese) == measures(european)
    assert [row.order.kind for row in chinese.orders] == [row.order.kind for row in european.orders]
    assert chinese.allowed
    assert european.allowed


def test_switching_the_law_needs_no_code() -> None:
    digits = [digit for digit, _ in stack(*EU).policies_on_rail() if digit]
    assert digits == [1, 2, 3, 4, 5, 6, 7, 8]
    assert stack(*EU).policies_on_rail()[1][1].id == SCAM
    assert stack(*EU).timezone == "Europe/Brussels"
    assert stack(*EU).calendar == "eu-target"


@pytest.mark.parametrize("kind", list(TargetType))
def test_every_kind_of_item_has_a_rail(kind: TargetType) -> None:
    made = plan(stack(*EU), situation(kind), "terms.spam", None)
    assert made.offered
    assert all(offer.label for offer in made.offered)
