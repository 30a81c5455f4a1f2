"""Deputies lend roles, never a person; and what fails while somebody is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import ALL, ALONE, BAN, COM, EU, MOD, NOW, REMOVE, SUP, person, situation, stack

from modstation.models.errors import BadInput, NotAllowed
from modstation.models.ids import PersonId
from modstation.models.people import PersonState, Role
from modstation.regulation import Deputy, check_away, check_deputy, complete, gaps, who_may, with_deputies

DAY = timedelta(days=1)
BOSS = person("demo-boss", Role.SUPERVISOR, Role.ADMINISTRATOR)
DESK = (*ALL, BOSS)


def deputy(**changes: object) -> Deputy:
    usual = Deputy(COM.id, MOD.id, frozenset({Role.COMPLIANCE}), NOW - DAY, NOW + DAY, (SUP.id, BOSS.id))
    return replace(usual, **changes)  # type: ignore[arg-type]


def roles(who: PersonId, *deputies: Deputy) -> frozenset[Role]:
    return next(p.roles for p in with_deputies(DESK, deputies, NOW) if p.id == who)


def test_a_deputy_holds_the_lent_role_for_its_time() -> None:
    assert roles(MOD.id, deputy()) == {Role.MODERATOR, Role.COMPLIANCE}
    assert roles(COM.id, deputy()) == {Role.COMPLIANCE}
    for late in (deputy(until=NOW), deputy(since=NOW + DAY, until=NOW + 2 * DAY)):
        assert roles(MOD.id, late) == {Role.MODERATOR}
    assert roles(MOD.id, deputy(since=NOW)) == {Role.MODERATOR, Role.COMPLIANCE}


@pytest.mark.parametrize(
    "changes",
    [
        {"approved_by": (SUP.id,)},
        {"approved_by": (SUP.id, SUP.id)},
        {"approved_by": (SUP.id, MOD.id)},
        {"approved_by": (SUP.id, PersonId("stranger"))},
        {"roles": frozenset({Role.LEGAL})},
        {"absent": PersonId("stranger")},
    ],
)
def test_a_deputy_counts_only_when_two_others_approved_and_the_role_was_there_to_lend(
    changes: dict[str, object],
) -> None:
    assert roles(MOD.id, deputy(**changes)) == {Role.MODERATOR}


def test_somebody_removed_lends_nothing_and_is_lent_nothing() -> None:
    gone = replace(COM, state=PersonState.REMOVED)
    assert all(
        p.roles != {Role.MODERATOR, Role.COMPLIANCE} for p in with_deputies((MOD, SUP, BOSS, gone), [deputy()], NOW)
    )
    absent = replace(MOD, state=PersonState.REMOVED)
    assert with_deputies((absent, SUP, BOSS, COM), [deputy()], NOW)[0].roles == {Role.MODERATOR}


@pytest.mark.promise(6)
@given(
    proposer=st.sampled_from([p.id for p in DESK]),
    lent=st.lists(st.tuples(st.sampled_from([p.id for p in DESK]), st.sampled_from([p.id for p in DESK])), max_size=4),
)
def test_no_deputy_lets_one_person_propose_and_approve(
    proposer: PersonId, lent: list[tuple[PersonId, PersonId]]
) -> None:
    by_id = {p.id: p for p in DESK}
    deputies = [
        deputy(absent=a, stands_in=b, roles=by_id[a].roles, approved_by=tuple(p.id for p in DESK)) for a, b in lent
    ]
    s = situation(people=with_deputies(DESK, deputies, NOW), decider=proposer)
    for policy, choice in (("terms.spam", BAN), ("ill.terrorism", REMOVE)):
        assert proposer not in who_may(stack(), s, policy, [choice])
        assert not complete(stack(), s, policy, [choice], [proposer])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"until": NOW - 2 * DAY}, BadInput),
        ({"stands_in": COM.id}, BadInput),
        ({"roles": frozenset()}, BadInput),
        ({"roles": frozenset({Role.DPO})}, BadInput),
        ({"absent": PersonId("stranger")}, BadInput),
        ({"approved_by": (MOD.id, SUP.id)}, NotAllowed),
    ],
)
def test_a_deputy_that_could_never_count_is_refused(changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        check_deputy(deputy(**changes), DESK)
    check_deputy(deputy(), DESK)


def test_what_fails_when_somebody_is_away() -> None:
    now = {(gap.measure, gap.proposer) for gap in gaps(stack(), DESK)}
    away = {(gap.measure, gap.proposer) for gap in gaps(stack(), DESK, [COM.id])}
    assert ("*", MOD.id) in away - now, "a human-only removal needs a compliance officer"
    assert ("ban", MOD.id) not in away
    assert ("ban", SUP.id) not in away, "the other supervisor is there"
    assert all(gap.proposer != COM.id for gap in gaps(stack(), DESK, [COM.id]))
    with pytest.raises(NotAllowed, match="Without demo-com"):
        check_away(stack(), DESK, COM.id)
    check_away(stack(), DESK, MOD.id)


def test_one_person_alone_has_a_gap_in_every_row() -> None:
    rows = {row.measure for row in stack().approvals if row.approvers}
    assert {gap.measure for gap in gaps(stack(), ALONE)} == rows
    assert all("nobody else" in gap.text for gap in gaps(stack(), ALONE))
    assert all("本台" in gap.text for gap in gaps(stack(*EU), ALONE, language="zh-Hans"))
