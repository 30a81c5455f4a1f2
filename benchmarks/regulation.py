"""Profile load with lint, and what a preview costs: the parts of a key press that regulation takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources

from benchmarks.harness import Claim, median, paired, percentile, timed
from modstation.models.ids import ForumName, ItemKey, PersonId, TargetType, case_of
from modstation.models.items import Account, Revision, Visibility
from modstation.models.measures import OPPOSITE
from modstation.models.people import Person, PersonState, Role
from modstation.regulation import (
    ProfileStack,
    Situation,
    Strike,
    check,
    deadline,
    load_profile,
    load_stack,
    plan,
    required,
)

ROUNDS = 50
CN = ("cn-forum-2017", "riverside-terms")
EU = ("eu-dsa", "riverside-terms-eu")
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def _situation(people: int) -> Situation:
    item = ItemKey(ForumName("riverside"), TargetType.POST, "17")
    shown = Revision(
        item, NOW, Account("44", "bench_author"), "for sale", "cheap tickets " * 40, Visibility.PUBLIC, created=NOW
    )
    roles = list(Role)
    desk = tuple(
        Person(PersonId(f"bench-{n}"), frozenset({roles[n % len(roles)], Role.MODERATOR}), PersonState.ENROLLED)
        for n in range(people)
    )
    return Situation(
        item=item,
        case=case_of(item),
        revision=shown,
        strikes=(Strike(NOW - timedelta(days=3), 1, "D-1"),),
        people=desk,
        decider=desk[0].id,
        heard=frozenset(),
        impossible={},
        reversible=frozenset(OPPOSITE),
        flags=("3", "4"),
        reporters=("7", "8"),
        now=NOW,
        found=NOW,
        flagged=NOW,
        hold_seconds=10,
        viewed=True,
        author_uid="44",
        author_name="bench_author",
        thread="9",
        section="5",
        attachments=(),
    )


def _file(name: str) -> bytes:
    return (resources.files("modstation") / "resources" / "profiles" / f"{name}.toml").read_bytes()


def _loading(rounds: int) -> Iterator[dict[str, object]]:
    data = _file(CN[0])
    acts = {
        "with_lint": lambda: load_stack(CN),
        "form_only": lambda: load_profile(data),
        "law_check": lambda: check(data),
        "european_stack": lambda: load_stack(EU),
    }
    taken = {name: [1000 * seconds for seconds in found] for name, found in paired(acts, rounds).items()}
    beside = {f"{name}_ms": round(median(found), 2) for name, found in taken.items() if name != "with_lint"}
    beside["p99_ms"] = round(percentile(taken["with_lint"], 0.99), 2)
    lines = len(data.splitlines()) + len(_file(CN[1]).splitlines())
    yield Claim(
        "profile load with lint, law and terms stacked", median(taken["with_lint"]), "ms", 100.0, beside=beside,
        rows=lines, repeats=rounds,
    ).line()  # fmt: skip


def _planning(rounds: int, stack: ProfileStack) -> Iterator[dict[str, object]]:
    few, many = _situation(5), _situation(200)
    choices = plan(stack, few, "ill.fraud", None).chosen
    acts = {
        "plan": lambda: plan(stack, few, "ill.fraud", None),
        "plan_200_people": lambda: plan(stack, many, "ill.fraud", None),
        "plan_zh": lambda: plan(stack, few, "ill.fraud", None, language="zh-Hans"),
        "approvals_only": lambda: required(stack, few, "ill.fraud", choices),
    }
    taken = {name: [1000 * seconds for seconds in found] for name, found in paired(acts, rounds * 4).items()}
    beside = {f"{name}_ms": round(median(found), 3) for name, found in taken.items() if name != "plan"}
    beside["p99_ms"] = round(percentile(taken["plan"], 0.99), 3)
    yield Claim(
        "plan of one decision: rail, rows, notices, clocks, sentence", median(taken["plan"]), "ms", None,
        beside=beside, rows=len(stack.policies), repeats=rounds * 4,
    ).line()  # fmt: skip


def _counting(rounds: int, stack: ProfileStack) -> Iterator[dict[str, object]]:
    start = datetime(2026, 9, 29, 9, tzinfo=UTC)
    found = [1000 * s for s in timed(lambda: deadline(stack, "complaint_decide", start), rounds * 10)]
    hours = [1000 * s for s in timed(lambda: deadline(stack, "report_police", start), rounds * 10)]
    beside = {"hours_ms": round(median(hours), 4), "p99_ms": round(percentile(found, 0.99), 4)}
    yield Claim(
        "deadline over a holiday, with its working", median(found), "ms", None, beside=beside, repeats=rounds * 10
    ).line()


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """Measure loading, planning and counting; `rounds` loads, four and ten times as many plans and deadlines."""
    yield from _loading(rounds)
    stack = load_stack(CN)
    yield from _planning(rounds, replace(stack))
    yield from _counting(rounds, stack)
