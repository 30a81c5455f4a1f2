"""Dated deputies, and which rules nobody could meet while somebody is away.

A deputy lends roles, never a person: the floor of promise 6 reads names, so standing in for the proposer does not make
a second person of anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from modstation.models.errors import BadInput, NotAllowed
from modstation.models.ids import PersonId
from modstation.models.people import Person, PersonState, Role

from .approvals import Demand, refuse_self_approval, same_person
from .lint_people import READING_ROLES
from .stack import ProfileStack
from .texts import counted, either, say

#: How many people approve a deputy; neither of them is the deputy.
APPROVERS = 2


@dataclass(frozen=True, slots=True)
class Deputy:
    """`stands_in` holds `roles` of `absent` from `since` until before `until` (UTC), approved by two others."""

    absent: PersonId
    stands_in: PersonId
    roles: frozenset[Role]
    since: datetime
    until: datetime
    approved_by: tuple[PersonId, ...] = ()

    def valid(self, people: Sequence[Person], now: datetime) -> bool:
        """Whether it counts now: in its time, lent by somebody enrolled who holds the roles, approved by two others."""
        lender = next((p for p in people if same_person(p.id, self.absent)), None)
        approvers = {who for who in self.approved_by if not same_person(who, self.stands_in)}
        enrolled = {p.id for p in people if p.state is PersonState.ENROLLED}
        held = lender is not None and lender.state is PersonState.ENROLLED and self.roles <= lender.roles
        return held and self.since <= now < self.until and len(approvers & enrolled) >= APPROVERS


def check_deputy(deputy: Deputy, people: Sequence[Person]) -> None:
    """Refuse a deputy that could never count. Raises BadInput, or NotAllowed where the deputy approved themselves."""
    lender = next((p for p in people if same_person(p.id, deputy.absent)), None)
    if deputy.until <= deputy.since:
        raise BadInput("A deputy needs an end after the beginning.", "", "Name a later day.")
    if same_person(deputy.absent, deputy.stands_in):
        raise BadInput("Nobody is their own deputy.", "", "Name somebody else.")
    if lender is None or not deputy.roles or not deputy.roles <= lender.roles:
        raise BadInput(f"{deputy.absent} cannot lend these roles.", "One lends only roles one holds.", "Choose others.")
    for who in deputy.approved_by:
        refuse_self_approval((deputy.stands_in,), who)


def with_deputies(people: Sequence[Person], deputies: Sequence[Deputy], now: datetime) -> tuple[Person, ...]:
    """The people with the roles lent to them now. Names and keys stay: nobody becomes somebody else."""
    lent: dict[PersonId, frozenset[Role]] = {}
    for deputy in deputies:
        if deputy.valid(people, now):
            lent[deputy.stands_in] = lent.get(deputy.stands_in, frozenset()) | deputy.roles
    return tuple(
        replace(person, roles=person.roles | lent[person.id])
        if person.id in lent and person.state is PersonState.ENROLLED
        else person
        for person in people
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """An approval row that some decider's proposal could not get through while somebody is away.

    `measure` is the row's, `proposer` the person whose proposal would be stuck, `text` says it in words.
    """

    measure: str
    proposer: PersonId
    text: str


def gaps(
    stack: ProfileStack, people: Sequence[Person], away: Sequence[PersonId] = (), language: str = "en"
) -> tuple[Gap, ...]:
    """Which approval rows fail when these people are away, for every person who could still propose."""
    here = [p for p in people if p.state is PersonState.ENROLLED and not any(same_person(p.id, who) for who in away)]
    found = []
    for row in (row for row in stack.approvals if row.approvers > 0):
        demand = Demand(row.approvers, frozenset(r for r in Role if r in row.roles) - READING_ROLES, row.one_of_each)
        for proposer in (p for p in here if p.may_decide):
            others = [p.roles for p in here if p.id != proposer.id]
            if not demand.met_by(others):
                found.append(Gap(row.measure, proposer.id, _text(demand, language)))
    return tuple(found)


def _text(demand: Demand, language: str) -> str:
    roles = [say(language, f"role.{role}") for role in Role if role in demand.roles]
    needed = counted(language, "approval", demand.count)
    named = either(language, roles, every=demand.one_of_each)
    return say(language, "approval.nobody", approvals=needed, roles=named)


def check_away(stack: ProfileStack, people: Sequence[Person], away: PersonId) -> None:
    """Refuse to leave a desk on which nothing could be approved any more. Raises NotAllowed naming the rows."""
    before = {(gap.measure, gap.proposer) for gap in gaps(stack, people)}
    fresh = [gap.measure for gap in gaps(stack, people, [away]) if (gap.measure, gap.proposer) not in before]
    if fresh:
        raise NotAllowed(
            f"Without {away} nobody could approve: {', '.join(dict.fromkeys(fresh))}.",
            "These rules need a person who is not the proposer.",
            "Name a deputy first.",
        )
