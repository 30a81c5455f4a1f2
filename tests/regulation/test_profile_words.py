"""What people read: labels, buttons, reasons, whole notices, in both languages, word for word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.regulation.parts import (
    ALONE,
    BAN,
    COM,
    EU,
    HIDE,
    MOD,
    NONE,
    NOW,
    PURGE,
    REMOVE,
    RESTORE,
    WARN,
    mute,
    notices,
    person,
    revision,
    situation,
    stack,
)

from modstation.models.ids import TargetType
from modstation.models.items import Visibility
from modstation.models.measures import Choice, Measure
from modstation.models.people import Role
from modstation.regulation import Strike, author_notice, plan, reporter_notice, reversal_plan
from modstation.regulation.rail import label

STRUCK = (Strike(NOW - timedelta(days=1), 3, "D-1"),)


@pytest.mark.parametrize(
    ("choice", "english", "chinese"),
    [
        (NONE, "No measure", "不处置"),
        (HIDE, "Hide", "隐藏"),
        (REMOVE, "Remove", "删除"),
        (RESTORE, "Restore", "恢复"),
        (PURGE, "Purge", "彻底清除"),
        (WARN, "Warn", "警告"),
        (mute(7), "Mute 7 d", "禁言 7 天"),
        (mute(None), "Mute without end", "无限期禁言"),
        (BAN, "Ban", "封号"),
        (Choice(Measure.BAN, 30), "Ban 30 d", "封号 30 天"),
        (Choice(Measure.LOCK), "Lock topic", "锁定主题"),
        (Choice(Measure.DEMOTE), "Demote", "降低展示"),
        (Choice(Measure.UNBAN), "Unban", "解封"),
        (Choice(Measure.CLOSE_SECTION), "Close section", "关闭版块"),
    ],
)
def test_labels(choice: Choice, english: str, chinese: str) -> None:
    assert label("en", stack(), choice) == english
    assert label("zh-Hans", stack(), choice) == chinese


def test_a_profile_names_its_measures_itself() -> None:
    assert label("en", stack(*EU), Choice(Measure.BAN, 30)) == "Suspend 30 d"
    assert label("en", stack(*EU), BAN) == "Terminate"
    assert label("zh-Hans", stack(*EU), BAN) == "终止账号"
    assert label("en", stack(), REMOVE, TargetType.QUEUED) == "Turn down"
    assert label("zh-Hans", stack(), RESTORE, TargetType.QUEUED) == "准予发布"


@pytest.mark.parametrize(
    ("policy", "choices", "english", "chinese"),
    [
        ("terms.spam", [REMOVE, WARN], "Remove post, warn author", "删除帖子，警告作者"),
        ("terms.insult", [REMOVE, BAN], "Remove post, propose: ban author", "删除帖子，提请封禁作者"),
        ("terms.insult", [BAN], "Propose: ban author", "提请封禁作者"),
        ("ill.terrorism", [REMOVE], "Propose: remove post", "提请删除帖子"),
        ("ill.terrorism", [HIDE], "Hide post", "隐藏帖子"),
        ("terms.insult", [mute(3)], "Mute author", "禁言作者"),
        ("terms.insult", [NONE], "Decide without a measure", "仅记录，不处置"),
        ("none", [NONE], "No violation", "未违规"),
        ("care.person_in_danger", [NONE], "Hand to the person on call", "转交值班人员"),
        ("care.person_in_danger", [HIDE], "Hand to the person on call", "转交值班人员"),
    ],
)
def test_the_button_is_a_verb_with_its_object(policy: str, choices: list[Choice], english: str, chinese: str) -> None:
    assert plan(stack(), situation(), policy, choices, "because").primary == english
    assert plan(stack(), situation(), policy, choices, "because", "", "zh-Hans").primary == chinese


@pytest.mark.parametrize(
    ("changes", "policy", "choices", "english", "chinese"),
    [
        ({}, "none", [REMOVE], "No breach was chosen", "已选未违规"),
        ({}, "care.person_in_danger", [WARN], "nothing is done against the author", "不对作者采取措施"),
        ({"viewed": False}, "terms.insult", [mute(3)], "Open the item first", "请先打开该内容"),
        ({"author_uid": ""}, "terms.insult", [mute(3)], "whose account this is", "未提供账号信息"),
        ({"thread": ""}, "terms.insult", [Choice(Measure.LOCK)], "no topic", "未提供所属主题"),
        ({"people": ALONE, "decider": ALONE[0].id}, "terms.insult", [BAN], "nobody else at this desk", "没有其他人"),
        ({}, "terms.insult", [mute(99)], "from 1 to 30 days", "1 至 30 天"),
        ({}, "terms.insult", [REMOVE, RESTORE], "exclude each other", "不能同时选择"),
        ({}, "terms.insult", [REMOVE, REMOVE], "chosen twice", "重复选择"),
        ({"people": (person("demo-mod", Role.INSPECTOR),)}, "none", [NONE], "decide nothing", "仅可查阅"),
    ],
)
def test_why_not_in_both_languages(
    changes: dict[str, object], policy: str, choices: list[Choice], english: str, chinese: str
) -> None:
    for language, words in (("en", english), ("zh-Hans", chinese)):
        made = plan(stack(), situation(**changes), policy, choices, "because", "", language)
        assert not made.allowed
        assert words in made.why_not


@pytest.mark.parametrize(
    ("language", "missing"),
    [("en", ("Name the law and article", "Write the reason")), ("zh-Hans", ("请写明法律名称和条款", "请填写理由"))],
)
def test_what_is_missing_in_both_languages(language: str, missing: tuple[str, ...]) -> None:
    policy = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
    assert plan(stack(*EU), situation(), policy, [REMOVE], "", "", language).missing == missing
    assert plan(stack(*EU), situation(), policy, [REMOVE], "why", "art. 5", language).allowed


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Four eyes: bans the author without end only after 1 approval by a compliance officer or a supervisor."),
        ("zh-Hans", "双人复核：无限期封禁作者须经合规专员或主管 1 人审批。"),
    ],
)
def test_four_eyes_in_words(language: str, text: str) -> None:
    assert plan(stack(), situation(strikes=STRUCK), "terms.insult", None, "x", "", language).four_eyes == text
    assert plan(stack(), situation(), "terms.insult", None, "x", "", language).four_eyes == ""


def test_two_people_of_different_roles_in_words() -> None:
    made = plan(stack(), situation(), "ill.terrorism", [REMOVE], "because", batch=21)
    assert made.needs == 2
    assert "After 2 approvals by a compliance officer and a supervisor" in made.sentence
    closing = plan(stack(), situation(TargetType.SECTION), "terms.spam", [Choice(Measure.CLOSE_SECTION)], "because")
    assert "After 2 approvals by a compliance officer and a supervisor: closes the section" in closing.sentence


@pytest.mark.parametrize(
    ("kind", "choice", "english", "chinese"),
    [
        (TargetType.TOPIC, REMOVE, "Removes the topic", "删除该主题"),
        (TargetType.MESSAGE, HIDE, "Hides the message", "隐藏该消息"),
        (TargetType.MEDIA, REMOVE, "Removes the file", "删除该文件"),
        (TargetType.QUEUED, REMOVE, "Turns the waiting post down", "不予发布该待审帖"),
        (TargetType.ACCOUNT, Choice(Measure.RENAME), "Renames the account", "要求改名"),
    ],
)
def test_things_have_their_names(kind: TargetType, choice: Choice, english: str, chinese: str) -> None:
    assert plan(stack(), situation(kind), "terms.spam", [choice]).sentence.startswith(english)
    assert plan(stack(), situation(kind), "terms.spam", [choice], "", "", "zh-Hans").sentence.startswith(chinese)


def test_no_breach_on_a_waiting_post_says_that_it_goes_through() -> None:
    assert plan(stack(), situation(TargetType.QUEUED), "none", None).sentence == (
        "Lets the waiting post through, closes 2 flags as not upheld, tells 2 reporters."
    )


# -------------------------------------------------------------------------------- whole notices
def test_a_whole_notice_in_english() -> None:
    made = plan(stack(), situation(), "terms.insult", [REMOVE, mute(7)], "You called another member names.")
    first, second = (row.order.text for row in notices(made, "author"))
    assert first == "\n".join(
        [
            f"About your post in Market (case {situation().case})",
            "What we did: your post was removed.",
            "Where: Market, http://127.0.0.1:4567/post/17",
            "When: posted Tue 24 Nov 2026 10:00 (Asia/Shanghai); decided Wed 25 Nov 2026 10:00 (Asia/Shanghai).",
            "Rule: Insult",
            "What the rule says: User agreement, version 7, clause 4.4: No insults; argue about the matter.",
            "Facts: A person read this post of Tue 24 Nov 2026 and found that it falls under “Insult”.",
            "Reason: You called another member names.",
            "Automated means: none took the decision. A person did.",
            "How long: until it is taken back after an appeal or by us.",
            "How to appeal: answer this message. Another person looks at it, free of charge.",
            "You can appeal until the end of Mon 24 May 2027 (180 days).",
            f"Case number: {situation().case}",
        ]
    )
    assert "What we did: your account cannot post until Wed 2 Dec 2026 10:00 (Asia/Shanghai)." in second
    assert "How long (Mute): until Wed 2 Dec 2026 10:00 (Asia/Shanghai)." in second


def test_a_whole_notice_in_chinese() -> None:
    shown = replace(revision(body="你真没用，只会骂人"), title="")
    text = author_notice(stack(), situation(revision=shown), stack().policy("terms.insult"), (REMOVE, WARN))
    assert text == "\n".join(
        [
            f"关于您在“Market”的帖子（编号 {situation().case}）",
            "处理措施：您的帖子已被删除，特此警告。",
            "位置：Market, http://127.0.0.1:4567/post/17",
            "时间：发布于 2026年11月24日（周二） 10:00 (Asia/Shanghai)，"
            "处理于 2026年11月25日（周三） 10:00 (Asia/Shanghai)。",
            "依据规则：辱骂",
            "规则内容：用户协议第 7 版第 4.4 条：禁止辱骂，对事不对人。",
            "事实：经人工查看，该帖子（发布于 2026年11月24日（周二））属于“辱骂”。",
            "自动化：未使用自动化方式作出决定，由人工决定。",
            "期限：至申诉后撤回或由我们撤回为止。",
            "申诉方式：直接回复本消息。由作出决定者以外的人员处理，不收费。",
            "申诉截止：2027年5月24日（周一） 24 时（180 天内）。",
            f"编号：{situation().case}",
        ]
    )


def test_a_whole_statement_of_reasons_under_european_law() -> None:
    rules = stack(*EU)
    policy = rules.policy("STATEMENT_CATEGORY_SCAMS_AND_FRAUD")
    text = author_notice(rules, situation(), policy, (REMOVE,), "The shop does not exist.", "Criminal Code art. 5")
    assert text == "\n".join(
        [
            f"About your post in Market (case {situation().case})",
            "What we did: your post was removed.",
            "Where it holds: on this forum, everywhere.",
            "How long: until it is taken back after an appeal or by us.",
            "Facts: A person read this post of Tue 24 Nov 2026 and found that it falls under “Scams and/or fraud”.",
            "How we came to it: somebody reported it to us.",
            "Automated means: none took the decision. A person did.",
            "What the rule says: Scams and/or fraud (Regulation (EU) 2022/2065 art. 3(h)) · Criminal Code art. 5",
            "Reason: The shop does not exist.",
            "How to appeal: answer this message. Another person looks at it, free of charge.",
            "You can appeal until the end of Fri 28 May 2027 (184 days).",
            "You may also go to a dispute-settlement body or to a court.",
            f"Case number: {situation().case}",
        ]
    )


def test_a_whole_answer_to_a_reporter() -> None:
    text = reporter_notice(stack(), situation(), stack().policy("none"))
    assert text == "\n".join(
        [
            f"About your report (case {situation().case})",
            "Thank you for the report. A person looked at it and found no breach of the rules.",
            "Decided: Wed 25 Nov 2026 10:00 (Asia/Shanghai).",
            "If you disagree, answer this message until the end of Mon 24 May 2027. Another person looks at it.",
            f"Case number: {situation().case}",
        ]
    )


def test_a_whole_correction() -> None:
    made = reversal_plan(stack(), situation(), [REMOVE], "Read in context it was a joke.", policy="terms.insult")
    assert notices(made, "author")[0].order.text == "\n".join(
        [
            f"Correction: about your post (case {situation().case})",
            "What we took back: your post is public again.",
            "Where: Market, http://127.0.0.1:4567/post/17",
            "When: posted Tue 24 Nov 2026 10:00 (Asia/Shanghai); decided Wed 25 Nov 2026 10:00 (Asia/Shanghai).",
            "Reason: Read in context it was a joke.",
            "Automated means: none took the decision. A person did.",
            "How to appeal: answer this message. Another person looks at it, free of charge.",
            "You can appeal until the end of Mon 24 May 2027 (180 days).",
            f"Case number: {situation().case}",
        ]
    )


# -------------------------------------------------------------------------------- chips
@pytest.mark.parametrize(
    ("language", "chips"),
    [
        ("en", ("12 h: house rule", "30 min: P2017 art. 7, CSL art. 47 (now 49, unverified)")),
        ("zh-Hans", ("12 小时：内部规定", "30 分钟：P2017 第 7 条、CSL 第 47 条（现第 49 条，待核实）")),
    ],
)
def test_law_and_house_rule_are_never_mixed(language: str, chips: tuple[str, ...]) -> None:
    assert plan(stack(), situation(), "ill.fraud", [WARN], "", "", language).chips == chips


@pytest.mark.parametrize(("language", "word"), [("en", "stays hidden"), ("zh-Hans", "仍为隐藏")])
def test_a_hidden_post_without_breach_says_that_it_stays_hidden(language: str, word: str) -> None:
    hidden = situation(revision=replace(revision(), visibility=Visibility.HIDDEN))
    assert any(word in chip for chip in plan(stack(), hidden, "none", None, "", "", language).chips)
    assert plan(stack(), hidden, "none", [RESTORE], "", "", language).chips == ()


def test_people_of_the_demo_are_who_the_tables_think() -> None:
    assert MOD.may_decide
    assert COM.may_decide
