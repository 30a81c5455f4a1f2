"""The sentence says what the rows do: nothing is said that is not planned, nothing planned is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import BAN, CN, EU, HIDE, LANGUAGES, NOW, REMOVE, WARN, mute, situation, stack

from modstation.models.ids import TargetType
from modstation.models.measures import Choice, Measure, OrderKind
from modstation.regulation import Plan, PlannedOrder, Strike, plan, sentence

CHOICES = st.one_of(st.sampled_from([Choice(m) for m in Measure]), st.integers(1, 30).map(mute))

#: How each measure is said, with no word shared between two of them.
WORDS: dict[str, dict[Measure, str]] = {
    "en": {
        Measure.HIDE: "hides ",
        Measure.REMOVE: "removes ",
        Measure.RESTORE: "restores ",
        Measure.PURGE: "purges ",
        Measure.LOCK: " locks",
        Measure.UNLOCK: "unlocks",
        Measure.DEMOTE: "demotes",
        Measure.WARN: "warns",
        Measure.MUTE: "mutes",
        Measure.UNMUTE: "lifts the mute",
        Measure.BAN: "bans",
        Measure.UNBAN: "lifts the ban",
        Measure.RENAME: "renames",
        Measure.CLOSE_SECTION: "closes the section",
        Measure.LIMIT_MANAGER: "limits the manager",
        Measure.REVOKE_MANAGER: "revokes the manager",
    },
    "zh-Hans": {
        Measure.HIDE: "隐藏该",
        Measure.REMOVE: "删除该",
        Measure.RESTORE: "恢复该",
        Measure.PURGE: "清除该",
        Measure.LOCK: "，锁定该",
        Measure.UNLOCK: "解锁该",
        Measure.DEMOTE: "的展示",
        Measure.WARN: "警告作者",
        Measure.MUTE: "禁言作者",
        Measure.UNMUTE: "解除禁言",
        Measure.BAN: "封禁作者",
        Measure.UNBAN: "解除封禁",
        Measure.RENAME: "要求改名",
        Measure.CLOSE_SECTION: "关闭该版块",
        Measure.LIMIT_MANAGER: "限制版主权限",
        Measure.REVOKE_MANAGER: "撤销版主",
    },
}


#: How a post that waits for approval is told of.
QUEUED = {
    "en": {"turns the waiting post down": Measure.REMOVE, "lets the waiting post through": Measure.RESTORE},
    "zh-Hans": {"不予发布": Measure.REMOVE, "准予发布": Measure.RESTORE},
}


def said(text: str, language: str) -> set[Measure]:
    shown = ("，" if language == "zh-Hans" else " ") + text.lower().replace("：", "，").replace("。", "，")
    usual = {measure for measure, word in WORDS[language].items() if word in shown}
    return usual | {measure for word, measure in QUEUED[language].items() if word in shown}


def done(made: Plan) -> set[Measure]:
    warned = {r.order.measure for r in made.orders if r.to == "author" and r.order.measure is Measure.WARN}
    return {row.order.measure for row in made.orders if row.order.kind is OrderKind.MEASURE} | warned


@given(
    data=st.data(),
    names=st.sampled_from([CN, EU]),
    choices=st.lists(CHOICES, max_size=3).map(tuple),
    kind=st.sampled_from(list(TargetType)),
    reporters=st.integers(0, 4),
    flags=st.integers(0, 4),
    live=st.integers(0, 5),
)
def test_the_sentence_equals_the_rows(
    data: st.DataObject,
    names: tuple[str, ...],
    choices: tuple[Choice, ...],
    kind: TargetType,
    reporters: int,
    flags: int,
    live: int,
) -> None:
    s = situation(
        kind,
        reporters=tuple(str(100 + n) for n in range(reporters)),
        flags=tuple(str(n) for n in range(flags)),
        strikes=(Strike(NOW - timedelta(days=1), live, "D"),) if live else (),
    )
    policy = data.draw(st.sampled_from([p.id for p in stack(*names).policies]))
    for language in LANGUAGES:
        made = plan(stack(*names), s, policy, choices, "because", "law", language)
        text, bold = sentence(made, language)
        assert text == made.sentence
        assert said(text, language) == done(made), text
        shown = [text[start:end] for start, end in bold]
        assert_counts(made, language, text, shown)


def assert_counts(made: Plan, language: str, text: str, shown: list[str]) -> None:
    english = language == "en"
    told = [row for row in made.orders if row.to == "reporter"]
    closing = [row for row in made.orders if row.order.kind is OrderKind.CLOSE_FLAG]
    author = any(row.to == "author" and row.order.measure is not Measure.WARN for row in made.orders)
    assert ("reporter" in text if english else "举报人" in text) == bool(told)
    assert (
        "the author" in text.split("tells", 1)[-1].split(",")[0] if "tells" in text else False
    ) == author or not english
    assert ("上报" not in text) or english or made.clocks
    assert bool(closing) == (("flag" in text) if english else ("条举报" in text))
    assert ("strike" in text if english else "次违规" in text) == bool(made.points)
    assert ("approval" in text if english else "人审批" in text) == any(row.needs for row in made.orders)
    assert sum(clock.name in text for clock in made.clocks) == len(made.clocks)
    if told:
        assert any(part.split()[0] == str(len(told)) for part in shown if "reporter" in part or "举报人" in part)
    if closing:
        number = str(len(closing[0].order.flags))
        assert any(part.split()[0] == number for part in shown if "flag" in part or "条举报" in part)


@given(choices=st.lists(CHOICES, min_size=1, max_size=3).map(tuple), data=st.data())
def test_leaving_out_a_row_leaves_out_its_words(choices: tuple[Choice, ...], data: st.DataObject) -> None:
    made = plan(stack(), situation(), "terms.insult", choices, "because")
    if not made.orders:
        return
    place = data.draw(st.integers(0, len(made.orders) - 1))
    fewer = tuple(row for number, row in enumerate(made.orders) if number != place)
    text, _ = sentence(replace(made, orders=fewer), "en")
    assert said(text, "en") == done(replace(made, orders=fewer))


@pytest.mark.parametrize(
    ("policy", "choices", "language", "text"),
    [
        (
            "terms.spam",
            [REMOVE, WARN],
            "en",
            "Removes the post, warns the author, closes 2 flags as upheld, tells 2 reporters.",
        ),
        (
            "terms.insult",
            [REMOVE, mute(1)],
            "en",
            "Removes the post, mutes the author for 1 day, adds strike 1 of 3, closes 2 flags as upheld, "
            "tells the author and 2 reporters.",
        ),
        (
            "terms.insult",
            [REMOVE, BAN],
            "en",
            "Removes the post, adds strike 1 of 3, closes 2 flags as upheld, tells the author and 2 reporters. "
            "After 1 approval by a compliance officer or a supervisor: bans the author without end, tells the author.",
        ),
        (
            "ill.terrorism",
            [REMOVE],
            "en",
            "Hides the post, tells the author. After 1 approval by a compliance officer: removes the post, "
            "adds 2 strikes, now 2 of 3, closes 2 flags as upheld, tells the author and 2 reporters. "
            "Judge whether it is reportable: due Wed 25 Nov 2026 21:40.",
        ),
        ("none", None, "en", "Closes 2 flags as not upheld, tells 2 reporters."),
        (
            "terms.insult",
            [REMOVE, mute(7)],
            "zh-Hans",
            "删除该帖，禁言作者 7 天，记第 1 次违规（共 3 次），将 2 条举报标为成立，告知作者和 2 位举报人。",
        ),
        (
            "ill.terrorism",
            [HIDE],
            "zh-Hans",
            "隐藏该帖，将 2 条举报标为成立，告知作者。判断是否上报：2026年11月25日（周三） 21:40 前。",
        ),
    ],
)
def test_sentences_as_people_read_them(policy: str, choices: list[Choice] | None, language: str, text: str) -> None:
    assert plan(stack(), situation(), policy, choices, "because", "", language).sentence == text


def test_bold_are_the_numbers_that_matter() -> None:
    made = plan(stack(), situation(), "terms.insult", [REMOVE, mute(7)])
    assert [made.sentence[a:b] for a, b in made.bold] == ["7 days", "strike 1 of 3", "2 flags", "2 reporters"]


def test_a_strike_beyond_the_last_step_is_said_so() -> None:
    strikes = (Strike(NOW - timedelta(days=1), 3, "D"),)
    made = plan(stack(), situation(strikes=strikes), "terms.insult", [REMOVE])
    assert "adds strike 4 (the ladder's last step begins at 3)" in made.sentence


def test_the_sentence_reads_only_the_plan() -> None:
    made = plan(stack(), situation(), "terms.insult", [REMOVE])
    empty = replace(made, orders=(), points=0, clocks=(), needs=0)
    assert sentence(empty, "en")[0] == "Closes the item here and sends nothing to the forum."
    twice = (*made.orders, *(replace(row, needs=1) for row in made.orders[:1]))
    assert sentence(replace(made, orders=twice, needs=1), "en")[0].count("removes") == 1


def test_days_in_the_sentence_are_those_of_the_row() -> None:
    made = plan(stack(), situation(), "terms.insult", [mute(9)], "because")
    muted: PlannedOrder = next(row for row in made.orders if row.order.measure is Measure.MUTE)
    assert muted.order.until == NOW + timedelta(days=muted.days or 0)
    assert "9 days" in made.sentence
