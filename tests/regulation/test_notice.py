"""Notices: every field the profile asks for, in the author's language, with the case number, naming nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import (
    BAN,
    CN,
    EU,
    NONE,
    NOW,
    REMOVE,
    WARN,
    mute,
    notices,
    revision,
    situation,
    stack,
)

from modstation.models.ids import TargetType
from modstation.models.measures import Choice, Measure
from modstation.regulation import ProfileStack, author_notice, notice_language, plan, reporter_notice, until_of
from modstation.regulation.notice import PARTS, wanted

CHINESE = "出清旧自行车，有意者请联系 vx-demo-0001"


def notice(policy: str = "terms.spam", choices: tuple[Choice, ...] = (REMOVE,), **changes: object) -> str:
    return author_notice(stack(), situation(**changes), stack().policy(policy), choices, "typed words", "")


def test_every_field_of_the_chinese_notice_block() -> None:
    text = notice()
    for words in (
        "your post was removed",
        "Market, http://127.0.0.1:4567/post/17",
        "posted Tue 24 Nov 2026 10:00 (Asia/Shanghai); decided Wed 25 Nov 2026 10:00 (Asia/Shanghai)",
        "Rule: Spam or repeat",
        "User agreement, version 7, clause 4.1: No repeated or bulk posts.",
        "A person read this post of Tue 24 Nov 2026",
        "Automated means: none took the decision.",
        "How long: until it is taken back",
        "answer this message",
        "until the end of Mon 24 May 2027 (180 days)",
        "Reason: typed words",
        str(situation().case),
    ):
        assert words in text


def test_every_field_of_the_european_notice_block() -> None:
    rules = stack(*EU)
    s = situation()
    policy = rules.policy("STATEMENT_CATEGORY_SCAMS_AND_FRAUD")
    text = author_notice(rules, s, policy, (REMOVE, mute(7)), "typed words", "Criminal Code art. 5")
    for words in (
        "your post was removed, your account cannot post until Wed 2 Dec 2026 03:00 (Europe/Brussels)",
        "on this forum, everywhere",
        "How long (Mute): until Wed 2 Dec 2026 03:00",
        "somebody reported it to us",
        "Automated means: none took the decision.",
        "Scams and/or fraud",
        "Criminal Code art. 5",
        "typed words",
        "dispute-settlement body or to a court",
        "184 days",
    ):
        assert words in text
    own = author_notice(rules, replace(s, flagged=None), policy, (REMOVE,))
    assert "our own check" in own


@pytest.mark.parametrize("names", [CN, EU])
def test_every_part_a_profile_asks_for_is_known(names: tuple[str, ...]) -> None:
    block = stack(*names).notice
    assert block is not None
    assert set(block.must_contain) <= set(PARTS)


@pytest.mark.parametrize(
    ("body", "title", "language"),
    [
        (CHINESE, "", "zh-Hans"),
        ("Cheap tickets, ask me", "", "en"),
        ("Cheap tickets today 便宜票", "", "en"),
        ("便宜票 cheap", "", "zh-Hans"),
        ("12345 !!! 🙂", "", "zh-Hans"),
        ("", "", "zh-Hans"),
        ("🙂", "hello there", "en"),
    ],
)
def test_the_language_is_the_authors_else_the_profiles(body: str, title: str, language: str) -> None:
    shown = replace(revision(body=body), title=title)
    assert notice_language(stack(), situation(revision=shown)) == language


def test_an_unknown_language_falls_to_the_profiles_first() -> None:
    shown = replace(revision(body="12345"), title="")
    assert notice_language(stack(*EU), situation(revision=shown)) == "en"


def test_a_chinese_author_is_told_in_chinese() -> None:
    text = notice(revision=revision(body=CHINESE))
    assert "您的帖子已被删除" in text
    assert "用户协议第 7 版第 4.1 条：禁止重复发帖和刷屏。" in text
    assert "申诉截止：2027年5月24日（周一） 24 时（180 天内）" in text
    assert "Rule" not in text


@pytest.mark.promise(7)
@given(
    section=st.text(max_size=300),
    url=st.text(max_size=300),
    reason=st.text(max_size=300),
    article=st.text(max_size=50),
    body=st.text(max_size=50),
)
def test_hostile_text_leaves_nothing_that_reorders_or_cannot_be_sent(
    section: str, url: str, reason: str, article: str, body: str
) -> None:
    shown = replace(revision(body=body), section_name=section, url=url)
    made = author_notice(
        stack(), situation(revision=shown), stack().policy("ill.other_law"), (REMOVE,), reason, article
    )
    made.encode("utf-8")
    assert not set(made) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\0\r\t⟦⟧")
    assert str(situation().case) in made


@pytest.mark.promise(7)
def test_lone_surrogates_and_megabytes_in_what_is_told() -> None:
    shown = replace(revision(), section_name="\ud800" + "x" * 10**6, url="y" * 10**6)
    text = author_notice(stack(), situation(revision=shown), stack().policy("terms.spam"), (REMOVE,), "\udfff" * 10**5)
    text.encode("utf-8")
    assert len(text) < 7000


def test_nothing_of_the_post_is_quoted() -> None:
    assert "write to my channel" not in notice()
    assert "for sale" not in notice()


@pytest.mark.promise(8)
def test_reporters_are_told_the_outcome_and_nobodys_name() -> None:
    s = situation()
    for policy, words in (
        ("ill.fraud", "found a breach"),
        ("none", "found no breach"),
        ("care.person_in_danger", "looks after such matters"),
    ):
        text = reporter_notice(stack(), s, stack().policy(policy))
        assert words in text
        assert str(s.case) in text
        assert "demo_author" not in text
        assert "44" not in text.replace(str(s.case), "")
        assert "Mon 24 May 2027" in text


def test_a_corrected_reporter_notice_says_what_changed() -> None:
    s = situation()
    assert "changed our decision" in reporter_notice(stack(), s, stack().policy("ill.fraud"), back=True)
    assert "look again" in reporter_notice(stack(), s, stack().policy("none"), back=True)


def test_two_notices_of_one_case_can_be_told_apart() -> None:
    later = NOW + timedelta(hours=1)
    assert notice() != notice(now=later)
    fraud = stack().policy("ill.fraud")
    assert reporter_notice(stack(), situation(), fraud) != reporter_notice(stack(), situation(now=later), fraud)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ((WARN,), "it is said once and restricts nothing"),
        ((BAN,), "your account is banned."),
        ((Choice(Measure.BAN, 2),), "banned until Fri 27 Nov 2026 10:00"),
        ((mute(1),), "cannot post until Thu 26 Nov 2026 10:00"),
        ((Choice(Measure.LOCK),), "your topic was locked"),
        ((Choice(Measure.RENAME),), "must change"),
    ],
)
def test_what_happened_and_for_how_long(choices: tuple[Choice, ...], words: str) -> None:
    assert words in notice(choices=choices)


def test_an_account_has_no_date_of_posting() -> None:
    shown = replace(revision(TargetType.ACCOUNT), created=None)
    text = author_notice(
        stack(), situation(TargetType.ACCOUNT, revision=shown), stack().policy("acct.impersonation"), (WARN,)
    )
    assert "When: decided" in text
    assert "A person looked at this account" in text


def test_nobody_is_told_where_the_profile_has_no_channel_for_it() -> None:
    law, terms = stack().profiles
    assert law.notice is not None
    by_mail = ProfileStack((replace(law, notice=replace(law.notice, channels=("email",))), terms))
    silent = ProfileStack((replace(law, notice=None), terms))
    for rules in (by_mail, silent):
        assert not wanted(rules, REMOVE, "author")
        made = plan(rules, situation(), "terms.insult", [REMOVE])
        assert notices(made, "author") == notices(made, "reporter") == []
    assert wanted(stack(), REMOVE, "reporter")
    assert not wanted(stack(), BAN, "reporter")
    assert wanted(stack(), NONE, "reporter")


@pytest.mark.parametrize(
    ("choice", "end"),
    [
        (mute(7), NOW + timedelta(days=7)),
        (BAN, None),
        (REMOVE, None),
        (Choice(Measure.BAN, 0), NOW + timedelta(days=1)),
        (Choice(Measure.BAN, 10**12), NOW + timedelta(days=36_500)),
    ],
)
def test_the_end_of_a_penalty(choice: Choice, end: datetime | None) -> None:
    assert until_of(choice, NOW) == end
    assert NOW.tzinfo is UTC
