"""Who must approve what. All matching rows of a stack add up; a floor in code stands under every profile.

The floor (promise 6): nobody approves what they proposed or decided themselves, whatever roles they hold. It looks at
persons, never at roles, and no profile can lift it.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, permutations
from typing import TYPE_CHECKING

from modstation.models.errors import NotAllowed
from modstation.models.ids import PersonId, PolicyId
from modstation.models.measures import Choice
from modstation.models.people import Person, PersonState, Role

from .blocks import ApprovalRow, Policy
from .lint_people import READING_ROLES
from .stack import ProfileStack
from .texts import counted, either, say

if TYPE_CHECKING:
    from .situation import Situation

Roles = frozenset[Role]

_ROLES = {str(role): role for role in Role}


@dataclass(frozen=True, slots=True)
class Demand:
    """What one matching row asks: so many different people, each holding one of the roles.

    `one_of_each` asks that every role is held by another one of them.
    """

    count: int
    roles: Roles
    one_of_each: bool = False

    @property
    def people(self) -> int:
        """The fewest people who can meet it: one for each role where every role is asked for."""
        return max(self.count, len(self.roles)) if self.one_of_each else self.count

    def met_by(self, held: Sequence[Roles]) -> bool:
        """Whether people with these roles meet it."""
        useful = [roles & self.roles for roles in held if roles & self.roles]
        if len(useful) < self.count:
            return False
        return not self.one_of_each or any(
            all(role in roles for role, roles in zip(sorted(self.roles), some, strict=True))
            for some in permutations(useful, len(self.roles))
        )


@dataclass(frozen=True, slots=True)
class Approvals:
    """All demands on a decision together.

    `needs` is the smallest number of different people at this desk who meet every demand; where nobody could, the
    smallest number anywhere. `may` are the people who can give the next approval.
    """

    demands: tuple[Demand, ...] = ()
    needs: int = 0
    may: tuple[PersonId, ...] = ()
    possible: bool = True
    hide_meanwhile: bool = False
    preview: bool = False
    requires: tuple[str, ...] = ()

    def met_by(self, people: Iterable[Person]) -> bool:
        """Whether approvals by these people, all different, are enough."""
        return _met(self.demands, [person.roles for person in {p.id: p for p in people}.values()])

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role that is asked for, in the order roles are listed."""
        asked = {role for demand in self.demands for role in demand.roles}
        return tuple(role for role in Role if role in asked)

    def roles_text(self, language: str) -> str:
        """The roles in words: "a supervisor or a compliance officer"."""
        every = len(self.demands) > 1 or any(demand.one_of_each for demand in self.demands)
        alternatives = [
            either(language, _words(language, demand.roles), every=demand.one_of_each) for demand in self.demands
        ]
        return either(language, alternatives, every=every)

    def text(self, language: str) -> str:
        """What is needed, in words; "" where nothing is."""
        if not self.demands:
            return ""
        needed = counted(language, "approval", self.needs)
        return say(language, "approval.needs", approvals=needed, roles=self.roles_text(language))

    def why_not(self, language: str) -> str:
        """Why nobody here could give it; "" where somebody could."""
        if self.possible:
            return ""
        needed = counted(language, "approval", self.needs)
        return say(language, "approval.nobody", approvals=needed, roles=self.roles_text(language))


def _words(language: str, roles: Iterable[Role]) -> list[str]:
    asked = set(roles)
    return [say(language, f"role.{role}") for role in Role if role in asked]


# ---------------------------------------------------------------------------------- the floor
def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, whatever Unicode form they came in."""
    return _named(one) == _named(other)


def _named(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name).strip()


def refuse_self_approval(participants: Iterable[PersonId], approver: PersonId) -> None:
    """The floor of promise 6. Raises NotAllowed where the approver proposed, decided or heard the case already."""
    if any(same_person(participant, approver) for participant in participants):
        raise NotAllowed(
            say("en", "approval.own", who=approver), say("en", "approval.own_why"), say("en", "approval.own_next")
        )


def eligible(s: Situation, given: Sequence[PersonId] = ()) -> list[Person]:
    """Enrolled people who took no part in the case but for approvals `given`, inspectors left out."""
    barred = {_named(who) for who in (s.decider, *(who for who in s.heard if who not in given))}
    return [
        person
        for person in s.people
        if person.state is PersonState.ENROLLED and person.roles - READING_ROLES and _named(person.id) not in barred
    ]


# ---------------------------------------------------------------------------------- which rows match
def matching(
    stack: ProfileStack, policy: Policy | None, choices: Sequence[Choice], batch: int = 1
) -> Iterator[ApprovalRow]:
    """Every approval row that a decision meets. `batch` is the number of items decided together."""
    named = [(choice, _names(stack, choice)) for choice in choices]
    for row in stack.approvals:
        if _of_case(row, policy, batch) and any(_of_measure(row, choice, names) for choice, names in named):
            yield row


def _names(stack: ProfileStack, choice: Choice) -> frozenset[str]:
    rule = stack.rule_of(choice)
    return frozenset({str(choice.measure), rule.id if rule else str(choice.measure)})


def _of_case(row: ApprovalRow, policy: Policy | None, batch: int) -> bool:
    if row.measure.startswith("bulk:") and batch <= row.bulk_over:
        return False
    return not row.policy_flag or bool(policy and policy.human_only)


def _of_measure(row: ApprovalRow, choice: Choice, names: frozenset[str]) -> bool:
    wanted = row.measure.removeprefix("bulk:")
    if wanted not in names and (wanted != "*" or not names.isdisjoint(row.exempt)):
        return False
    return row.days_over is None or (choice.measure.takes_days and (choice.days is None or choice.days > row.days_over))


def rows_for(
    stack: ProfileStack, policy: Policy | None, choices: Sequence[Choice], batch: int = 1
) -> tuple[ApprovalRow, ...]:
    """The matching rows that ask for anybody."""
    return tuple(row for row in matching(stack, policy, choices, batch) if row.approvers > 0)


def approvals_of(rows: Sequence[ApprovalRow], s: Situation, given: Sequence[PersonId] = ()) -> Approvals:
    """The demands of these rows together, and who at this desk can meet them.

    `given` are approvals already there.
    """
    demands = _distinct(Demand(row.approvers, _known(row.roles), row.one_of_each) for row in rows)
    people = eligible(s, given)
    needs, possible = _smallest(demands, people)
    return Approvals(
        demands,
        needs,
        _next(demands, people, given, needs),
        possible,
        any(row.hide_meanwhile for row in rows),
        any(row.preview for row in rows),
        tuple(dict.fromkeys(word for row in rows for word in row.requires)),
    )


def _known(roles: Iterable[str]) -> Roles:
    return frozenset(_ROLES[role] for role in roles if role in _ROLES) - READING_ROLES


def _distinct(demands: Iterable[Demand]) -> tuple[Demand, ...]:
    """Without those that another one implies: a bigger count by a part of the roles."""
    kept: list[Demand] = []
    for demand in dict.fromkeys(demands):
        if any(_implies(other, demand) for other in kept):
            continue
        kept = [other for other in kept if not _implies(demand, other)]
        kept.append(demand)
    return tuple(kept)


def _implies(one: Demand, other: Demand) -> bool:
    return one.roles <= other.roles and one.count >= other.count and not other.one_of_each


# ---------------------------------------------------------------------------------- who can meet them
def _met(demands: Sequence[Demand], held: Sequence[Roles]) -> bool:
    return all(demand.met_by(held) for demand in demands)


def _smallest(demands: Sequence[Demand], people: Sequence[Person]) -> tuple[int, bool]:
    if not demands:
        return 0, True
    found = _size(demands, [], [person.roles for person in people], sum(d.people for d in demands))
    if found is not None:
        return found, True
    anybody: list[Roles] = [demand.roles for demand in demands for _ in range(demand.people)]
    return _size(demands, [], anybody, len(anybody)) or max(d.people for d in demands), False


def _size(demands: Sequence[Demand], base: list[Roles], pool: Sequence[Roles], most: int) -> int | None:
    """The smallest number of people, `base` among them, that meets all demands; None where `most` are not enough.

    People are told apart by the roles that matter alone, so that a large desk costs no more than a small one.
    """
    relevant = frozenset[Role]().union(*(demand.roles for demand in demands))
    stock = Counter(roles & relevant for roles in pool if roles & relevant)
    for more in range(max(0, most - len(base)) + 1):
        for some in combinations_with_replacement(list(stock), more):
            if all(stock[kind] >= count for kind, count in Counter(some).items()) and _met(demands, [*base, *some]):
                return len(base) + more
    return None


def _next(
    demands: Sequence[Demand], people: Sequence[Person], given: Sequence[PersonId], needs: int
) -> tuple[PersonId, ...]:
    """People whose yes leads to the goal without an approval more than needed."""
    base = [person for person in people if person.id in given]
    if not demands or _met(demands, [person.roles for person in base]):
        return ()
    held = [person.roles for person in base]
    free = [person for person in people if person.id not in given]
    for most in range(needs, sum(d.people for d in demands) + len(base) + 1):
        helpful = {roles for roles in {p.roles for p in free} if _helps(demands, held, roles, free, most)}
        if helpful:
            return tuple(person.id for person in free if person.roles in helpful)
    return ()


def _helps(demands: Sequence[Demand], held: Sequence[Roles], one: Roles, free: Sequence[Person], most: int) -> bool:
    """Whether somebody with these roles is part of a group of at most `most` people that meets all demands."""
    others = [person.roles for person in free]
    others.remove(one)
    return _size(demands, [*held, one], others, most) is not None


# ---------------------------------------------------------------------------------- what the desk asks
def _policy(stack: ProfileStack, policy: PolicyId | str) -> Policy | None:
    return stack.policy(policy) if policy else None


def required(
    stack: ProfileStack,
    s: Situation,
    policy: PolicyId | str,
    choices: Sequence[Choice],
    *,
    batch: int = 1,
    given: Sequence[PersonId] = (),
    reverses: Sequence[Choice] = (),
) -> Approvals:
    """What a decision needs: all rows that match any of its measures, together. Raises NotFound for the policy.

    `batch` is the number of items decided with it; `given` are people who have approved already. A reversal names in
    `reverses` the measures it takes back, because it needs at least their approvals; nothing is hidden for its sake.
    """
    judged = _policy(stack, policy)
    rows = (*rows_for(stack, judged, choices, batch), *rows_for(stack, judged, reverses, batch))
    found = approvals_of(rows, s, given)
    return replace(found, hide_meanwhile=False) if reverses else found


def who_may(
    stack: ProfileStack,
    s: Situation,
    policy: PolicyId | str,
    choices: Sequence[Choice],
    *,
    batch: int = 1,
    given: Sequence[PersonId] = (),
    reverses: Sequence[Choice] = (),
) -> tuple[PersonId, ...]:
    """People who can give the next approval: never the decider, never somebody who was heard in the case."""
    return required(stack, s, policy, choices, batch=batch, given=given, reverses=reverses).may


def satisfiable(
    stack: ProfileStack,
    s: Situation,
    policy: PolicyId | str,
    choices: Sequence[Choice],
    *,
    batch: int = 1,
    reverses: Sequence[Choice] = (),
) -> bool:
    """Whether people of this desk could approve it at all."""
    return required(stack, s, policy, choices, batch=batch, reverses=reverses).possible


def complete(
    stack: ProfileStack,
    s: Situation,
    policy: PolicyId | str,
    choices: Sequence[Choice],
    given: Sequence[PersonId],
    *,
    batch: int = 1,
    reverses: Sequence[Choice] = (),
) -> bool:
    """Whether the approvals in `given` are enough. One by the decider counts nothing, whoever let it in.

    Each approval must have passed `refuse_self_approval` when it was given, against all who had been heard until then.
    """
    approvals = required(stack, s, policy, choices, batch=batch, given=given, reverses=reverses)
    return approvals.met_by(person for person in eligible(s, given) if person.id in set(given))


def conditions(approvals: Approvals, s: Situation, approver: PersonId, language: str) -> tuple[tuple[bool, str], ...]:
    """What an approver must fulfil, each with its answer, for the list of proposals."""
    person = next((p for p in s.people if p.id == approver), None)
    own = same_person(approver, s.decider) or any(same_person(approver, who) for who in s.heard)
    fits = bool(person and any(person.roles & demand.roles for demand in approvals.demands))
    return (
        (not own, say(language, "approval.own_why")),
        (fits, approvals.text(language)),
    )
