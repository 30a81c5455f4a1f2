"""Promise 6 as truth tables: no path lets one person propose and approve, whatever roles, rows or stacks."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import (
    ALL,
    ALONE,
    BAN,
    COM,
    EU,
    HIDE,
    MOD,
    NONE,
    PURGE,
    REMOVE,
    SUP,
    WARN,
    mute,
    person,
    situation,
    stack,
)

from modstation.models.errors import NotAllowed, NotFound
from modstation.models.ids import PersonId
from modstation.models.measures import Choice, Measure
from modstation.models.people import Person, PersonState, Role
from modstation.regulation import (
    Approvals,
    Demand,
    ProfileStack,
    complete,
    conditions,
    load_profile,
    plan,
    refuse_self_approval,
    required,
    satisfiable,
    who_may,
)
from modstation.regulation.approvals import approvals_of
from modstation.regulation.blocks import ApprovalRow

ROLES = st.frozensets(st.sampled_from(list(Role)), min_size=1, max_size=4)
STATES = st.sampled_from([PersonState.ENROLLED, PersonState.ENROLLED, PersonState.INVITED, PersonState.REMOVED])
NAMES = ["ada", "ben", "cem", "dai", "eva"]


@st.composite
def desks(draw: st.DrawFn) -> tuple[Person, ...]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    return tuple(Person(PersonId(name), draw(ROLES), draw(STATES)) for name in names)


CHOICES = st.lists(
    st.sampled_from(
        [HIDE, REMOVE, PURGE, WARN, BAN, NONE, mute(1), mute(7), mute(8), mute(None), Choice(Measure.BAN, 3)]
    ),
    min_size=1,
    max_size=3,
    unique=True,
).map(tuple)
POLICIES = st.sampled_from(["terms.spam", "ill.fraud", "ill.terrorism", "ill.minors_sexual", "none", "bad.gore"])


@st.composite
def approval_rows(draw: st.DrawFn) -> ApprovalRow:
    roles = tuple(str(role) for role in draw(st.lists(st.sampled_from(list(Role)), max_size=3, unique=True)))
    return ApprovalRow("ban", draw(st.integers(0, 3)), roles, one_of_each=draw(st.booleans()))


# -------------------------------------------------------------------------------- the floor
@pytest.mark.promise(6)
@given(people=desks(), choices=CHOICES, policy=POLICIES, batch=st.sampled_from([1, 20, 21, 500]), data=st.data())
def test_nobody_can_approve_what_they_proposed(
    people: tuple[Person, ...], choices: tuple[Choice, ...], policy: str, batch: int, data: st.DataObject
) -> None:
    decider = data.draw(st.sampled_from(people)).id
    s = situation(people=people, decider=decider)
    given_by = data.draw(st.lists(st.sampled_from(NAMES), max_size=4).map(lambda names: tuple(map(PersonId, names))))
    assert decider not in who_may(stack(), s, policy, choices, batch=batch, given=given_by)
    made = plan(stack(), s, policy, choices, "because", "art. 1", batch=batch)
    assert decider not in made.may_approve
    assert all(decider not in offer.may_approve for offer in made.offered)


@pytest.mark.promise(6)
@given(people=desks(), choices=CHOICES, policy=POLICIES, data=st.data())
def test_an_approval_by_the_proposer_completes_nothing(
    people: tuple[Person, ...], choices: tuple[Choice, ...], policy: str, data: st.DataObject
) -> None:
    decider = data.draw(st.sampled_from(people)).id
    s = situation(people=people, decider=decider)
    needed = required(stack(), s, policy, choices)
    others = tuple(p.id for p in people if p.id != decider)
    if needed.demands:
        assert not complete(stack(), s, policy, choices, [decider])
        assert not complete(stack(), s, policy, choices, [decider, decider])
    with_own = complete(stack(), s, policy, choices, [*others, decider])
    assert with_own == complete(stack(), s, policy, choices, others)


@pytest.mark.promise(6)
@given(people=desks(), rows=st.lists(approval_rows(), max_size=4), data=st.data())
def test_the_floor_holds_under_any_rows(
    people: tuple[Person, ...], rows: list[ApprovalRow], data: st.DataObject
) -> None:
    decider = data.draw(st.sampled_from(people)).id
    heard = data.draw(st.frozensets(st.sampled_from([PersonId(name) for name in NAMES])))
    s = situation(people=people, decider=decider, heard=heard)
    asking = [row for row in rows if row.approvers]
    found = approvals_of(asking, s)
    assert not set(found.may) & {decider, *heard}
    assert all(p.state is PersonState.ENROLLED for p in people if p.id in found.may)
    assert all(p.roles != {Role.INSPECTOR} for p in people if p.id in found.may)


@pytest.mark.promise(6)
@given(people=desks(), rows=st.lists(approval_rows(), max_size=3), data=st.data())
def test_possible_and_needs_agree_with_trying_every_group_of_people(
    people: tuple[Person, ...], rows: list[ApprovalRow], data: st.DataObject
) -> None:
    decider = data.draw(st.sampled_from(people)).id
    s = situation(people=people, decider=decider)
    found = approvals_of([row for row in rows if row.approvers], s)
    free = [p for p in people if p.id != decider and p.state is PersonState.ENROLLED and p.roles != {Role.INSPECTOR}]
    groups = [some for size in range(len(free) + 1) for some in combinations(free, size) if found.met_by(some)]
    assert found.possible == bool(groups)
    if groups:
        smallest = len(groups[0])
        assert found.needs == smallest
        wanted = {p.id for group in groups if len(group) == smallest for p in group}
        assert set(found.may) == wanted


@pytest.mark.promise(6)
@given(people=desks(), choices=CHOICES, policy=POLICIES, data=st.data())
def test_asking_the_next_person_each_time_ends_at_a_complete_decision(
    people: tuple[Person, ...], choices: tuple[Choice, ...], policy: str, data: st.DataObject
) -> None:
    s = situation(people=people, decider=data.draw(st.sampled_from(people)).id)
    needed = required(stack(), s, policy, choices)
    if not needed.possible:
        assert not who_may(stack(), s, policy, choices) or not complete(stack(), s, policy, choices, needed.may[:1])
        return
    given_by: list[PersonId] = []
    while next_ones := who_may(stack(), s, policy, choices, given=given_by):
        assert not complete(stack(), s, policy, choices, given_by)
        given_by.append(data.draw(st.sampled_from(next_ones)))
    assert len(given_by) == len(set(given_by)) == needed.needs
    assert complete(stack(), s, policy, choices, given_by)


@pytest.mark.promise(6)
@given(name=st.sampled_from(["Zoë", "Å", "ada"]), others=st.lists(st.sampled_from(NAMES)))
def test_one_person_is_one_person_in_every_unicode_form(name: str, others: list[str]) -> None:
    import unicodedata

    heard = [PersonId(unicodedata.normalize("NFD", name)), *map(PersonId, others)]
    with pytest.raises(NotAllowed, match="already took part"):
        refuse_self_approval(heard, PersonId(unicodedata.normalize("NFC", name)))


@pytest.mark.promise(6)
def test_a_person_with_every_role_is_still_one_person() -> None:
    s = situation(people=(*ALONE, MOD), decider=ALONE[0].id)
    assert not satisfiable(stack(), s, "terms.spam", [BAN])
    assert who_may(stack(), s, "terms.spam", [BAN]) == ()
    with pytest.raises(NotAllowed):
        refuse_self_approval({ALONE[0].id}, ALONE[0].id)
    refuse_self_approval({ALONE[0].id}, COM.id)


@pytest.mark.promise(6)
def test_somebody_heard_in_a_merged_case_approves_nothing_in_it() -> None:
    s = situation(heard=frozenset({COM.id}))
    assert who_may(stack(), s, "ill.terrorism", [REMOVE]) == ()
    assert not satisfiable(stack(), s, "ill.terrorism", [REMOVE])
    assert who_may(stack(), s, "terms.spam", [BAN]) == (SUP.id,)


# -------------------------------------------------------------------------------- the rows
@pytest.mark.parametrize(
    ("policy", "choices", "needs", "may"),
    [
        ("terms.spam", [REMOVE], 0, ()),
        ("terms.spam", [REMOVE, WARN], 0, ()),
        ("terms.spam", [mute(7)], 0, ()),
        ("terms.spam", [mute(8)], 1, ("demo-sup", "demo-com")),
        ("terms.spam", [mute(None)], 1, ("demo-sup", "demo-com")),
        ("terms.spam", [BAN], 1, ("demo-sup", "demo-com")),
        ("terms.spam", [PURGE], 1, ("demo-com",)),
        ("terms.spam", [Choice(Measure.CLOSE_SECTION)], 2, ("demo-sup", "demo-com")),
        ("ill.terrorism", [HIDE], 0, ()),
        ("ill.terrorism", [REMOVE], 1, ("demo-com",)),
        ("ill.terrorism", [REMOVE, BAN], 1, ("demo-com",)),
        ("ill.terrorism", [NONE], 0, ()),
        ("none", [NONE], 0, ()),
    ],
)
def test_the_rows_of_the_chinese_profile(policy: str, choices: list[Choice], needs: int, may: tuple[str, ...]) -> None:
    found = required(stack(), situation(), policy, choices)
    assert (found.needs, found.may) == (needs, may)
    assert found.possible


@pytest.mark.parametrize(
    ("policy", "choices", "needs"),
    [
        ("terms.spam", [Choice(Measure.BAN, 7)], 0),
        ("terms.spam", [Choice(Measure.BAN, 30)], 1),
        ("terms.spam", [BAN], 1),
        ("STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", [REMOVE], 1),
        ("STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", [HIDE], 0),
    ],
)
def test_the_rows_of_the_european_profile(policy: str, choices: list[Choice], needs: int) -> None:
    assert required(stack(*EU), situation(), policy, choices).needs == needs


def test_rows_add_up_a_bulk_ban_does_not_slip_past_either_row() -> None:
    both = required(stack(), situation(), "terms.spam", [BAN], batch=21)
    assert both.needs == 1
    assert both.may == ("demo-sup",)
    assert both.preview
    assert required(stack(), situation(), "terms.spam", [REMOVE], batch=20).needs == 0
    assert required(stack(), situation(), "terms.spam", [REMOVE], batch=21).may == ("demo-sup",)


def test_two_rows_with_different_roles_need_two_people() -> None:
    found = required(stack(), situation(), "ill.terrorism", [REMOVE], batch=21)
    assert found.needs == 2
    assert set(found.may) == {"demo-sup", "demo-com"}
    both_roles = person("demo-both", Role.SUPERVISOR, Role.COMPLIANCE)
    assert required(stack(), situation(people=(MOD, both_roles)), "ill.terrorism", [REMOVE], batch=21).needs == 1


def test_human_only_hides_meanwhile() -> None:
    assert required(stack(), situation(), "ill.terrorism", [REMOVE]).hide_meanwhile
    assert not required(stack(), situation(), "terms.spam", [BAN]).hide_meanwhile


def test_one_of_each_is_not_two_of_one() -> None:
    demand = Demand(2, frozenset({Role.COMPLIANCE, Role.SUPERVISOR}), one_of_each=True)
    compliance, supervisor = frozenset({Role.COMPLIANCE}), frozenset({Role.SUPERVISOR})
    assert not demand.met_by([compliance, compliance])
    assert demand.met_by([compliance, supervisor])
    assert demand.met_by([compliance, compliance | supervisor])
    assert not demand.met_by([compliance | supervisor])


def test_after_one_approval_only_the_missing_role_may_give_the_next() -> None:
    people = (*ALL, person("demo-com2", Role.COMPLIANCE))
    s = situation(people=people)
    choices = [Choice(Measure.CLOSE_SECTION)]
    assert set(who_may(stack(), s, "terms.spam", choices)) == {"demo-sup", "demo-com", "demo-com2"}
    assert who_may(stack(), s, "terms.spam", choices, given=[COM.id]) == ("demo-sup",)
    assert not complete(stack(), s, "terms.spam", choices, [COM.id, PersonId("demo-com2")])
    assert complete(stack(), s, "terms.spam", choices, [COM.id, SUP.id])


def test_a_reversal_needs_what_it_reverses() -> None:
    unban = [Choice(Measure.UNBAN)]
    assert required(stack(), situation(), "terms.spam", unban).needs == 0
    again = required(stack(), situation(), "terms.spam", unban, reverses=[BAN])
    assert again.needs == 1
    assert again.may == ("demo-sup", "demo-com")
    assert not required(stack(), situation(), "ill.terrorism", [RESTORE_], reverses=[REMOVE]).hide_meanwhile


RESTORE_ = Choice(Measure.RESTORE)


@pytest.mark.parametrize("state", [PersonState.REMOVED, PersonState.INVITED, PersonState.PROPOSED])
def test_only_enrolled_people_approve(state: PersonState) -> None:
    away = person("demo-sup", Role.SUPERVISOR, state=state)
    assert who_may(stack(), situation(people=(MOD, away)), "terms.spam", [BAN]) == ()


def test_an_inspector_reads_and_approves_nothing() -> None:
    row = ApprovalRow("ban", 1, ("inspector",))
    found = approvals_of([row], situation(people=(MOD, person("demo-eye", Role.INSPECTOR))))
    assert not found.possible
    assert found.may == ()
    assert found.needs == 1


def test_an_unknown_policy_is_named_with_those_near_it() -> None:
    with pytest.raises(NotFound, match="fraud"):
        required(stack(), situation(), "FRAUD", [REMOVE])


# -------------------------------------------------------------------------------- words
@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "Needs 1 approval by a compliance officer or a supervisor"), ("zh-Hans", "需合规专员或主管 1 人审批")],
)
def test_what_is_needed_in_words(language: str, text: str) -> None:
    assert required(stack(), situation(), "terms.spam", [BAN]).text(language) == text


def test_what_nobody_here_could_give_in_words() -> None:
    found = required(stack(), situation(people=ALONE), "terms.spam", [BAN])
    assert not found.possible
    assert "nobody else at this desk" in found.why_not("en")
    assert "本台没有其他人" in found.why_not("zh-Hans")
    assert Approvals().text("en") == Approvals().why_not("en") == ""


def test_conditions_say_what_an_approver_must_fulfil() -> None:
    s = situation()
    needed = required(stack(), s, "terms.spam", [BAN])
    assert [held for held, _ in conditions(needed, s, SUP.id, "en")] == [True, True]
    assert [held for held, _ in conditions(needed, s, MOD.id, "en")] == [False, False]
    assert [held for held, _ in conditions(needed, s, PersonId("nobody"), "en")] == [True, False]


def test_a_stack_without_rows_still_has_the_floor() -> None:
    bare = ProfileStack(
        (
            load_profile(
                b'format = "modstation.profile/1"\n[profile]\nid = "x"\nversion = "1"\n'
                b'title = { en = "x" }\nin_force = 2020-01-01\nlanguages = ["en"]\n'
            ),
        )
    )
    assert required(bare, situation(), "", [BAN]).needs == 0
    assert who_may(bare, situation(), "", [BAN]) == ()
