"""The whole table, not samples: three people, every set of roles that matters, every measure that needs somebody."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, product

import pytest
from tests.regulation.parts import BAN, CN, EU, HIDE, NONE, PURGE, REMOVE, WARN, mute, person, situation, stack

from modstation.models.ids import PersonId
from modstation.models.measures import Choice, Measure
from modstation.models.people import Person, PersonState, Role
from modstation.regulation import complete, plan, required, who_may

P1 = PersonId("p1")
DECIDING = (Role.MODERATOR, Role.SUPERVISOR, Role.COMPLIANCE)


def role_sets() -> list[frozenset[Role]]:
    some = chain.from_iterable(combinations(DECIDING, size) for size in (1, 2, 3))
    return [frozenset(roles) for roles in some]


def desks() -> Iterator[tuple[Person, ...]]:
    """Every desk of three people, each with every set of deciding roles."""
    for given in product(role_sets(), repeat=3):
        yield tuple(Person(PersonId(f"p{n}"), roles, PersonState.ENROLLED) for n, roles in enumerate(given))


#: Policy, measures, and who must be among the approvers: each set needs one member with one of its roles.
TABLE: list[tuple[str, list[Choice], list[set[Role]]]] = [
    ("terms.spam", [REMOVE, WARN], []),
    ("terms.spam", [HIDE], []),
    ("terms.spam", [mute(7)], []),
    ("terms.spam", [mute(8)], [{Role.SUPERVISOR, Role.COMPLIANCE}]),
    ("terms.spam", [BAN], [{Role.SUPERVISOR, Role.COMPLIANCE}]),
    ("terms.spam", [PURGE], [{Role.COMPLIANCE}]),
    ("terms.spam", [BAN, PURGE], [{Role.COMPLIANCE}]),
    ("ill.terrorism", [REMOVE], [{Role.COMPLIANCE}]),
    ("ill.terrorism", [HIDE], []),
    ("ill.terrorism", [NONE], []),
    ("ill.terrorism", [BAN, REMOVE], [{Role.COMPLIANCE}]),
]


@pytest.mark.promise(6)
@pytest.mark.parametrize(("policy", "choices", "wanted"), TABLE)
def test_one_approver_is_enough_exactly_where_they_hold_a_role_and_are_somebody_else(
    policy: str, choices: list[Choice], wanted: list[set[Role]]
) -> None:
    for people in desks():
        s = situation(people=people, decider=people[0].id)
        fit = {p.id for p in people[1:] if all(p.roles & roles for roles in wanted)}
        assert set(who_may(stack(), s, policy, choices)) == (fit if wanted else set())
        for one in people:
            enough = complete(stack(), s, policy, choices, [one.id])
            assert enough == (not wanted or one.id in fit), (people, one.id)


@pytest.mark.promise(6)
@pytest.mark.parametrize(
    "heard", [frozenset(), frozenset({PersonId("p1")}), frozenset({PersonId("p1"), PersonId("p2")})]
)
def test_a_merge_takes_away_whoever_was_heard_in_either_case(heard: frozenset[PersonId]) -> None:
    for people in desks():
        s = situation(people=people, decider=people[0].id, heard=heard)
        fit = {p.id for p in people[1:] if p.id not in heard and p.roles & {Role.SUPERVISOR, Role.COMPLIANCE}}
        found = required(stack(), s, "terms.spam", [BAN])
        assert set(found.may) == fit
        assert found.possible == bool(fit)
        made = plan(stack(), s, "terms.spam", [BAN], "because")
        assert made.allowed == bool(fit)
        assert bool(made.why_not) != bool(fit)


@pytest.mark.promise(6)
def test_closing_a_section_needs_two_people_one_of_each() -> None:
    choices = [Choice(Measure.CLOSE_SECTION)]
    for people in desks():
        s = situation(people=people, decider=people[0].id)
        one, other = people[1:]
        both = {Role.SUPERVISOR, Role.COMPLIANCE}
        apart = (Role.SUPERVISOR in one.roles and Role.COMPLIANCE in other.roles) or (
            Role.COMPLIANCE in one.roles and Role.SUPERVISOR in other.roles
        )
        assert complete(stack(), s, "terms.spam", choices, [one.id, other.id]) == apart, both
        assert not complete(stack(), s, "terms.spam", choices, [one.id])
        assert not complete(stack(), s, "terms.spam", choices, [people[0].id, one.id])
        assert required(stack(), s, "terms.spam", choices).possible == apart


@pytest.mark.promise(6)
@pytest.mark.parametrize("names", [CN, EU])
@pytest.mark.parametrize("batch", [1, 21])
def test_whatever_is_decided_nobody_approves_it_themselves(names: tuple[str, ...], batch: int) -> None:
    everything = person("demo-all", *Role)
    second = person("demo-second", *Role)
    rules = stack(*names)
    for policy, measure in product(rules.policies, Measure):
        for days in (None, 1, 30) if measure.takes_days else (None,):
            choices = [Choice(measure, days)]
            s = situation(people=(everything, second), decider=everything.id)
            assert everything.id not in who_may(rules, s, policy.id, choices, batch=batch)
            if required(rules, s, policy.id, choices, batch=batch).demands:
                assert not complete(rules, s, policy.id, choices, [everything.id], batch=batch)


@pytest.mark.parametrize("names", [CN, EU])
def test_every_row_that_asks_for_somebody_can_be_met_by_a_full_desk(names: tuple[str, ...]) -> None:
    rules = stack(*names)
    desk = (person("demo-all", *Role), *(person(f"demo-{role}", role) for role in Role))
    s = situation(people=desk, decider=desk[0].id)
    for policy, measure in product(rules.policies, Measure):
        assert required(rules, s, policy.id, [Choice(measure)], batch=21).possible
