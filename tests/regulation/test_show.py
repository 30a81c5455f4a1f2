"""The stack as JSON: policies with their digit and chip, nothing left out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.regulation.parts import CN, EU, LANGUAGES, stack

from modstation.regulation import show


def shown(names: tuple[str, ...], language: str = "en") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(show(stack(*names), language))
    return found


@pytest.mark.parametrize("names", [CN, EU])
@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_a_stack_says_is_shown(names: tuple[str, ...], language: str) -> None:
    found, rules = shown(names, language), stack(*names)
    assert [policy["id"] for policy in found["policies"]] == [policy.id for policy in rules.policies]
    assert len(found["measures"]) == len(rules.measures)
    assert len(found["approvals"]) == len(rules.approvals)
    assert len(found["clocks"]) == len(rules.clocks)
    assert len(found["sources"]) == len(rules.sources)
    assert found["hash"] == rules.hash
    assert all(policy["name"] for policy in found["policies"])


def test_law_and_house_are_never_mixed() -> None:
    found = shown(CN)
    chips = {policy["id"]: policy["chip"] for policy in found["policies"]}
    assert (chips["ill.fraud"], chips["terms.spam"]) == ("law", "house")
    clocks = {clock["id"]: (clock["chip"], clock["amount"], clock["unit"]) for clock in found["clocks"]}
    assert clocks["report_police"] == ("law", 24, "hours")
    assert clocks["report_cac"] == ("house", 24, "hours")
    assert clocks["stop_transmission"] == ("law", 30, "minutes")
    assert {step["chip"] for step in found["ladder"]} == {"house"}


def test_digits_clauses_and_codes_are_shown() -> None:
    found = shown(CN, "zh-Hans")
    assert {policy["digit"] for policy in found["policies"]} == set(range(9))
    assert found["terms"][0]["clauses"]["4.1"] == "禁止重复发帖和刷屏。"
    terminate = next(rule for rule in shown(EU)["measures"] if rule["id"] == "terminate")
    assert terminate["canonical"] == "ban"
    assert terminate["export"] == {"decision_account": "DECISION_ACCOUNT_TERMINATED"}
