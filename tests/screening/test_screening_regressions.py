"""Faults that the prototype of this engine had, and cases that users of such filters reported."""

from __future__ import annotations

import pytest

from modstation.screening import ScanInput, Screener
from modstation.screening.engine import Engine, Term
from modstation.screening.pack import Category, Examples, ListedTerm, Pack, Rule
from modstation.screening.tiers import Boundary


def spans(term: str, text: str) -> list[tuple[int, int]]:
    return [(m.start, m.end) for m in Engine([Term(term)]).scan([text])[0]]


def test_a_run_does_not_eat_the_first_letter_of_the_next_word() -> None:
    assert spans("witch", "witch here") == [(0, 5)]
    assert spans("here", "witch here") == [(6, 10)]


def test_a_combining_mark_after_the_term_does_not_break_its_boundary() -> None:
    assert spans("casino", "c\u0336a\u0336s\u0336i\u0336n\u0336o\u0336 x") == [(0, 11)]


def test_a_mention_is_not_leet() -> None:
    assert spans("auser", "@user said so") == []
    assert spans("asset", "an @sset for us") == [(3, 8)]


def test_a_parenthesised_letter_is_a_letter() -> None:
    assert spans("folk", "fol⒦") == [(0, 4)]


def test_doubled_characters_are_a_term_of_their_own() -> None:
    assert spans("爷爷", "他爷爷来了") == [(1, 3)]
    assert spans("xxx", "see xxx and xx") == [(4, 7)]


def test_a_term_does_not_reach_across_the_words_of_a_sentence() -> None:
    assert Engine([Term("hell", boundary=Boundary.AUTO)]).scan(["oh el lo"]) == [[]]


def test_a_sign_in_one_word_of_a_term_is_read_with_its_neighbours() -> None:
    assert spans("ball game", "our b@ll game today") == [(4, 13)]


def test_a_stretched_word_that_is_another_word_is_left_alone() -> None:
    assert spans("妈的", "妈妈的手艺") == []
    assert spans("花柳", "花花柳柳") != [(0, 1)]


def test_numbers_are_not_words() -> None:
    assert spans("13.", "他今年13岁，体重130") == []
    assert spans("boob", "call 8008 or 80085") == []


def test_one_rule_for_one_span_is_reported_once() -> None:
    assert len(spans("casino", "c@sin0")) == 1


def pack(term: str, allow: tuple[str, ...] = ()) -> Pack:
    rule = Rule("r1", "c", (ListedTerm(term),), allow=allow, examples=Examples())
    return Pack("p", "1", "0" * 64, "", "own", "", "a", (Category("c", 2),), (rule,), ())


@pytest.mark.case("S11")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("三黄片饭后服用", []),
        ("有人求黄片资源", [(3, 5)]),
        ("买三黄片的人也问黄片", [(8, 10)]),
        ("三\u200b黄片多少钱", []),
    ],
)
def test_s11_an_allow_phrase_beats_the_term_inside_it(text: str, found: list[tuple[int, int]]) -> None:
    screener = Screener([pack("黄片", ("三黄片",))])
    assert [(hit.start, hit.end) for hit in screener.scan([text])[0]] == found
    told = screener.explain(ScanInput(body=text))
    assert len(told.hits) == len(found)
    assert {x.phrase for x in told.let_go} <= {"三黄片"}
    assert bool(told.let_go) == ("三" in text)


@pytest.mark.case("S12")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("go to ca\u200dsino now", [(6, 13)]),
        ("ca\u200bsi\u200bno", [(0, 8)]),
        ("c\u00ada\u00ads\u00adi\u00adn\u00ado!", [(0, 11)]),
        ("\u2067casino\u2069 and cas\ufeffino", [(1, 7), (13, 20)]),
        ("c\u0336a\u0336s\u0336i\u0336n\u0336o\u0336", [(0, 11)]),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", []),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 at home", []),
    ],
)
def test_s12_invisible_characters_hide_nothing_and_are_kept_in_the_span(
    text: str, found: list[tuple[int, int]]
) -> None:
    engine = Engine([Term("casino", boundary=Boundary.WHOLE)])
    assert [(m.start, m.end) for m in engine.scan([text])[0]] == found


@pytest.mark.case("S13")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("他们在群里发casino链接", ["casino"]),
        ("今日のcasinoについて", ["casino"]),
        ("来ＣＡＳＩＮＯ玩", ["ＣＡＳＩＮＯ"]),
        ("一个casinolike的词", []),
        ("传记Casinova出版", []),
    ],
)
def test_s13_a_latin_word_ends_where_chinese_or_japanese_begins(text: str, shown: list[str]) -> None:
    engine = Engine([Term("casino", boundary=Boundary.WHOLE)])
    assert [text[m.start : m.end] for m in engine.scan([text])[0]] == shown


@pytest.mark.parametrize(
    "text",
    [
        "\ud800", "a\udfffcasino", "\x00casino\x00", "\uffff\ufffe", "\u0301" * 5000, "\u202e" * 300 + "casino",
        "ﷺ" * 400, "", " ", "\n" * 9000, "c" * 20000, "ca" * 20000, "@" * 9000, "a@" * 9000, "*" * 9000, "#a" * 9000,
        "\U0010ffff\U000e0001", "鸡" * 9000, "nan" * 9000, "女子" * 3000,
    ],
)  # fmt: skip
def test_hostile_text_neither_crashes_nor_shifts_a_span(text: str) -> None:
    engine = Engine([Term(x) for x in ("casino", "鸡巴", "难受", "好人", "xxx")])
    for match in engine.scan([text, "x casino y"])[0]:
        assert text[match.start : match.end]
    assert [(m.start, m.end) for m in engine.scan([text, "x casino y"])[1]] == [(2, 8)]


def test_a_very_long_text_is_read_to_its_end() -> None:
    text = "好好学习 tomorrow " * 60_000 + "c\u200basino"
    assert len(text) > 800_000
    assert [(m.start, m.end) for m in Engine([Term("casino")]).scan([text])[0]] == [(len(text) - 7, len(text))]
