"""Texts of both languages: the same keys, the same values, bold marks in pairs; foreign text made harmless."""

from __future__ import annotations

import string
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import LANGUAGES

from modstation.models.errors import BadInput
from modstation.models.ids import TargetType
from modstation.models.measures import Measure
from modstation.models.people import Role
from modstation.regulation import texts
from modstation.regulation.texts import bare, closed, counted, guess_language, harmless, one_line, say, table, unmarked

EN, ZH = table("en"), table("zh-Hans")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    assert list(EN) == list(ZH)


@pytest.mark.parametrize("key", EN)
def test_no_language_leaves_a_value_out(key: str) -> None:
    assert fields(ZH[key]) <= fields(EN[key]), "a value nobody fills in"
    assert fields(EN[key]) - fields(ZH[key]) <= {"noun"}, "Chinese may do without the noun"
    assert EN[key].strip() or key == "sentence.gap"
    assert EN[key].count("⟦") == EN[key].count("⟧") == ZH[key].count("⟦") == ZH[key].count("⟧")


def test_chinese_is_chinese_and_english_is_not() -> None:
    for key, text in ZH.items():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text) or fields(text) or len(text) < 2, key
    assert all(
        text.replace("⟦", "").replace("⟧", "").replace("“", "").replace("”", "").isascii() for text in EN.values()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_measure_role_and_kind_of_item_has_words(language: str) -> None:
    known = table(language)
    for measure in Measure:
        assert f"label.{measure}" in known
        assert f"button.{measure}" in known
        assert measure is Measure.NONE or (f"act.{measure}" in known and f"done.{measure}" in known)
    assert all(f"role.{role}" in known for role in Role)
    assert all(f"thing.{kind}" in known and f"noun.{kind}" in known for kind in TargetType)


def test_a_text_nobody_wrote_is_told_in_words() -> None:
    with pytest.raises(BadInput, match=r"no\.such"):
        say("en", "no.such")
    with pytest.raises(BadInput, match="thing"):
        say("en", "act.hide")


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh", "zh-Hans"), ("zh-Hans", "zh-Hans"), ("ZH-CN", "zh-Hans"), ("en", "en"), ("de", "en"), ("", "en")],
)
def test_a_language_tag_finds_its_file(tag: str, language: str) -> None:
    assert texts.chosen_language(tag) == language


def test_numbers_with_their_nouns() -> None:
    assert [counted("en", "approval", n) for n in (1, 2)] == ["1 approval", "2 approvals"]
    assert [counted("zh-Hans", "flag", n) for n in (1, 2)] == ["1 条举报", "2 条举报"]


def test_bold_spans_are_counted_in_code_points() -> None:
    text, spans = unmarked("a ⟦bc⟧ 🙂 ⟦删除⟧.")
    assert text == "a bc 🙂 删除."
    assert [text[a:b] for a, b in spans] == ["bc", "删除"]
    assert bare("⟦x⟧y") == "xy"


@given(st.lists(st.tuples(st.text("ab 删⟩", max_size=5), st.booleans()), max_size=6))
def test_marks_never_change_the_words(parts: list[tuple[str, bool]]) -> None:
    marked = "".join(f"⟦{text}⟧" if bold else text for text, bold in parts)
    text, spans = unmarked(marked)
    assert text == "".join(text for text, _ in parts)
    assert [text[a:b] for a, b in spans] == [text for text, bold in parts if bold]


def test_a_sentence_begins_with_a_capital_even_in_bold() -> None:
    assert closed("en", "hides it") == "Hides it."
    assert closed("en", "⟦two⟧ things") == "⟦Two⟧ things."
    assert closed("en", "") == "."
    assert closed("zh-Hans", "删除") == "删除。"


@pytest.mark.promise(7)
@given(st.text(max_size=200))
def test_harmless_text_can_be_sent_and_reorders_nothing(text: str) -> None:
    made = harmless(text)
    made.encode("utf-8")
    assert all(letter == "\n" or letter.isprintable() or not letter.isascii() for letter in made)
    assert not set(made) & set("\u202e\u2066\u2067\u2068\u2069\u202a\u202b\u202d\u200e\u200f\u061c")
    assert harmless(made) == made, "doing it twice changes nothing"


@pytest.mark.case("S25")
def test_direction_overrides_vanish_and_hebrew_stays() -> None:
    assert one_line("ann\u202egnp.exe") == "anngnp.exe"
    assert one_line("\u2067שלום\u2069 world") == "שלום world"
    assert one_line("a\n\tb\0c") == "a b c"
    assert harmless("\ud800x") == "\ufffdx"
    assert harmless("x" * 50, 10) == "x" * 10 + "…"
    assert harmless("a\nb") == "a\nb"


def test_days_and_moments() -> None:
    assert texts.day_text("en", date(2026, 9, 29)) == "Tue 29 Sep 2026"
    assert texts.day_text("zh", date(2026, 9, 29)) == "2026年9月29日（周二）"
    assert texts.moment_text("en", datetime(2026, 9, 29, 7, 5)) == "Tue 29 Sep 2026 07:05"


@pytest.mark.parametrize(
    ("text", "known", "language"),
    [
        ("你好", ("zh-Hans", "en"), "zh-Hans"),
        ("你好", ("en",), ""),
        ("hello", ("zh-Hans", "en"), "en"),
        ("hello", ("zh-Hans",), ""),
        ("привет", ("zh-Hans", "en"), ""),
        ("", ("en",), ""),
    ],
)
def test_guessing_a_language_never_answers_one_that_is_not_known(
    text: str, known: tuple[str, ...], language: str
) -> None:
    assert guess_language(text, known) == language
