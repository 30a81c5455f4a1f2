"""Stacked profiles: look-ups, digits, clauses as they stood that day, citations, the European taxonomy."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from importlib import resources

import pytest
from tests.regulation.parts import BAN, CN, EU, NONE, REMOVE, mute, stack

from modstation.models.errors import NotAllowed, NotFound
from modstation.models.measures import Choice, Measure
from modstation.regulation import ProfileStack, load_profile, load_stack
from modstation.regulation.blocks import Clause, Table, Text
from modstation.regulation.profile import TermsVersion
from modstation.regulation.stack import split_basis

TODAY = date(2026, 11, 25)


def enums() -> dict[str, dict[str, str]]:
    file = resources.files("modstation") / "resources" / "profiles" / "dsa" / "sor_enums.json"
    found: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8"))["enums"]
    return found


def test_policies_with_a_digit_come_first_in_digit_order() -> None:
    found = stack().policies_on_rail()
    digits = [digit for digit, _ in found]
    assert digits[:8] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert set(digits[8:]) == {0}
    assert found[1][1].id == "ill.fraud"
    assert len(found) == len(stack().policies) - 1
    assert "none" not in {policy.id for _, policy in found}, "its key is N"


def test_the_law_alone_has_no_digits() -> None:
    assert {digit for digit, _ in load_stack(["cn-forum-2017"]).policies_on_rail()} == {0}


def test_sixteen_categories_codes_verbatim() -> None:
    codes = enums()["category"]
    by_id = {policy.id: policy for policy in stack(*EU).policies}
    assert len(codes) == 16
    for code, label in codes.items():
        assert by_id[code].export.get("category") == code
        assert by_id[code].name.get("en") == label
        assert by_id[code].name.has("zh-Hans")


def test_european_measures_map_to_canonical_ones_and_to_codes_of_the_database() -> None:
    known = enums()
    for rule in stack(*EU).measures:
        assert rule.stands_for in set(Measure) | {"report_authority", "disclose_identity"}
        for name, code in rule.export.pairs:
            assert code in known[name]
    suspend, terminate = stack(*EU).measure("suspend"), stack(*EU).measure("terminate")
    assert suspend is not None
    assert terminate is not None
    assert stack(*EU).rule_of(Choice(Measure.BAN, 5)) is suspend
    assert stack(*EU).rule_of(BAN) is terminate
    assert stack(*EU).choice_of("suspend", 5) == Choice(Measure.BAN, 5)
    assert stack(*EU).choice_of("terminate", 5) == BAN


def test_measures_by_name() -> None:
    assert stack().choice_of("mute", 3) == mute(3)
    assert stack().choice_of("remove", 3) == REMOVE
    assert stack().choice_of("none") == NONE
    assert stack().choice_of("unban") == Choice(Measure.UNBAN)
    assert stack().rule_of(Choice(Measure.UNBAN)) is None
    assert stack().offers(Measure.UNBAN)
    assert "report_authority" not in set(stack().measure_names())
    with pytest.raises(NotFound, match="remove"):
        stack().choice_of("scold")


def test_policies_by_id() -> None:
    assert stack().profile_of(stack().policy("terms.spam")).head.id == "riverside-terms"
    assert stack().is_house(stack().policy("terms.spam"))
    assert not stack().is_house(stack().policy("ill.fraud"))
    assert stack().no_breach().id == "none"
    with pytest.raises(NotFound, match=r"terms\.spam"):
        stack().policy("spam")


@pytest.mark.parametrize(
    ("policy", "language", "text"),
    [
        ("ill.fraud", "en", "IIS2011 art. 15(9), ATF2022"),
        ("ill.fraud", "zh-Hans", "IIS2011 第 15(9) 条、ATF2022"),
        ("terms.spam", "en", "Agreement cl. 4.1"),
        ("terms.spam", "zh-Hans", "用户协议第 4.1 条"),
        ("none", "en", ""),
    ],
)
def test_what_a_policy_stands_on(policy: str, language: str, text: str) -> None:
    assert stack().basis_text(stack().policy(policy), language) == text


def test_a_renumbered_article_shows_both_numbers_and_the_doubt() -> None:
    assert stack().cited(["CSL:47"], "en") == "CSL art. 47 (now 49, unverified)"
    assert stack().cited(["CSL:21(3)"], "zh-Hans") == "CSL 第 21(3) 条（现第 23 条，待核实）"
    assert split_basis("ATF2022") == ("ATF2022", "")
    assert split_basis("IIS2011:15(9)") == ("IIS2011", "15(9)")


def test_authors_are_told_the_title_of_a_law_not_our_short_name() -> None:
    fraud = stack().policy("ill.fraud")
    assert stack().rule_text(fraud, TODAY, "en") == (
        "Fraud or scam (互联网信息服务管理办法 art. 15(9), 反电信网络诈骗法)"
    )
    assert stack().rule_text(fraud, TODAY, "zh-Hans") == "诈骗（互联网信息服务管理办法 第 15(9) 条、反电信网络诈骗法）"
    insult = stack().rule_text(stack().policy("ill.insult_defame"), TODAY, "zh-Hans")
    assert "民法典 第 1195 条" in insult
    assert stack().cited(["NOWHERE:1"], in_full=True) == "NOWHERE art. 1"


def test_the_clause_is_that_of_the_day() -> None:
    law, terms = stack().profiles
    later = TermsVersion("8", date(2026, 6, 1), (Clause("4.1", "Nothing twice.", "不得重复。"),))
    both = ProfileStack((law, replace(terms, terms=(*terms.terms, later))))
    spam = both.policy("terms.spam")
    assert "version 7" in both.rule_text(spam, date(2026, 5, 31), "en")
    assert both.rule_text(spam, date(2026, 6, 1), "en") == "User agreement, version 8, clause 4.1: Nothing twice."
    with pytest.raises(NotAllowed, match=r"clause 4\.3"):
        both.refuse_before_in_force(both.policy("terms.off_topic"), date(2026, 6, 1))
    both.refuse_before_in_force(spam, date(2026, 6, 1))


def test_a_rule_is_not_cited_before_it_was_in_force() -> None:
    with pytest.raises(NotAllowed, match="2026-01-01"):
        stack().refuse_before_in_force(stack().policy("terms.spam"), date(2025, 12, 31))
    with pytest.raises(NotAllowed, match="2017-10-01"):
        stack().refuse_before_in_force(stack().policy("ill.fraud"), date(2017, 9, 30))
    stack().refuse_before_in_force(stack().policy("ill.fraud"), date(2017, 10, 1))


def test_the_topmost_block_counts_and_lists_are_joined() -> None:
    law, terms = stack().profiles
    assert stack().ladder is law.ladder
    assert len(stack().policies) == len(law.policies) + len(terms.policies)
    assert stack().timezone == "Asia/Shanghai"
    assert stack().calendar == "cn"
    assert stack().languages == ("zh-Hans", "en")
    assert stack(*EU).languages == ("en", "zh-Hans")
    assert not stack().counsel_reviewed
    assert ProfileStack(
        tuple(replace(p, head=replace(p.head, counsel_reviewed=True)) for p in (law, terms))
    ).counsel_reviewed
    for block in ("notice", "appeal", "identity_check", "disclosure", "legal_hold", "conflict_of_interest", "wellness"):
        assert getattr(stack(), block) is getattr(law, block)
    assert stack().retention == law.retention
    assert {recipient.id for recipient in stack().recipients} >= {"cac_local", "police_local"}
    assert {template.id for template in stack().templates} == {"illegal_content", "incident_first", "incident_summary"}


def test_both_forums_speak_of_the_same_agreement() -> None:
    assert [p.id for p in stack(*CN).profiles[1].policies] == [p.id for p in stack(*EU).profiles[1].policies]
    assert stack(*CN).terms == stack(*EU).terms


def test_texts_fall_back_in_order() -> None:
    text = Text((("zh", "删除"), ("en", "remove")))
    assert [text.get(language) for language in ("zh-Hans", "en", "fr")] == ["删除", "remove", "remove"]
    assert Text((("de", "weg"),)).get("fr") == "weg"
    assert Text().get("en") == ""
    assert text.has("zh-Hans")
    assert not Text((("en", "x"),)).has("zh")
    table = Table((("a", 3), ("b", "x")))
    assert (table.number("a"), table.number("b"), table.number("c"), table.get("b"), table.get("c")) == (
        3,
        0,
        0,
        "x",
        "",
    )


def test_a_stack_without_no_breach_says_what_to_add() -> None:
    bare = load_profile(
        b'format = "modstation.profile/1"\n[profile]\nid = "x"\nversion = "1"\ntitle = { en = "x" }\n'
        b'in_force = 2020-01-01\nlanguages = ["en"]\n'
    )
    with pytest.raises(NotFound, match="tier 'none'"):
        ProfileStack((bare,)).no_breach()
    assert ProfileStack((bare,)).timezone == "UTC"
    assert ProfileStack((bare,)).terms_on(TODAY) is None


@pytest.mark.parametrize("names", [CN, EU])
def test_wording_of_policies_exists_in_both_languages(names: tuple[str, ...]) -> None:
    for policy in stack(*names).policies:
        assert policy.name.has("en")
        assert policy.name.has("zh-Hans")
        assert stack(*names).rule_text(policy, TODAY, "en")
        assert stack(*names).rule_text(policy, TODAY, "zh-Hans")
