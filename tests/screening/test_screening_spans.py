"""Spans: whatever the disguise, the marked stretch is that of the original and folds to the term."""

from __future__ import annotations

import ahocorasick
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modstation.screening.alphabet import key_of
from modstation.screening.engine import Engine, Term
from modstation.screening.grams import GramMatcher, PairTable
from modstation.screening.tiers import Boundary, Tier

TERMS = [
    "casino",
    "moron",
    "carpet cleaner",
    "赌博",
    "加微信",
    "代开发票",
    "妈妈的",
    "xxx",
    "爷爷",
    "ab",
    "b2b",
    "加vx",
]
ENGINE = Engine([Term(term) for term in TERMS])
INSIDE = Engine([Term(term, boundary=Boundary.INSIDE) for term in TERMS])
FOLDING = {Tier.EXACT, Tier.FOLDED, Tier.SEPARATED, Tier.REPEATED}
SCRAPS = [
    *TERMS, "CASINO", "ｃａｓｉｎｏ", "cаsino", "c\u200bas1no", "賭博", "赌 博", "赌赌博", "加-微-信", "c a s i n o",
    "m0r0n", "\u0336", "\u200d", "😀", " ", "\n", "\u3000", ",", "。", "的", "我", "x", "妈妈", "\ud800", "\x00",
    "\uffff", "ﬁ", "㍿", "שלום", "\u202e", "\U0010ffff", "aa", "b", "@", "$", "!", "(k)", "1", "9", "é", "я", "λ",
    "\u0301\u0301\u0301",
]  # fmt: skip
texts = st.lists(st.sampled_from(SCRAPS) | st.characters(), max_size=24).map("".join)


@given(texts)
@settings(max_examples=400, deadline=None)
def test_every_span_is_cut_from_the_original_and_folds_to_its_term(text: str) -> None:
    for match in ENGINE.scan([text])[0]:
        surface = text[match.start : match.end]
        assert 0 <= match.start < match.end <= len(text)
        if match.tier in FOLDING:
            assert key_of(surface) == key_of(ENGINE.terms[match.term].text), (surface, match)


@given(texts)
@settings(max_examples=400, deadline=None)
def test_folding_never_loses_a_plain_hit_of_raw_pyahocorasick(text: str) -> None:
    raw = ahocorasick.Automaton()
    for number, term in enumerate(TERMS):
        raw.add_word(term, number)
    raw.make_automaton()
    found = INSIDE.scan([text])[0]
    for last, number in raw.iter(text):
        start, end = last + 1 - len(TERMS[number]), last + 1
        assert any(m.term == number and m.start <= start and end <= m.end for m in found), (TERMS[number], start)


@given(st.lists(texts, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_text_is_screened_alike_alone_and_among_others(many: list[str]) -> None:
    assert ENGINE.scan(many) == [ENGINE.scan([text])[0] for text in many]


@given(texts)
@settings(max_examples=150, deadline=None)
def test_emoji_before_a_span_shift_it_by_their_code_points(text: str) -> None:
    before = "😀😀。。\n。"
    alone = ENGINE.scan(["。" + text])[0]
    shifted = ENGINE.scan([before + text])[0]
    moved = len(before) - 1
    assert [(m.start + moved, m.end + moved, m.term) for m in alone] == [(m.start, m.end, m.term) for m in shifted]


@given(
    st.lists(st.lists(st.integers(5, 40), min_size=2, max_size=7).map(tuple), min_size=1, max_size=30, unique=True),
    st.lists(st.integers(4, 40), max_size=200),
)
@settings(max_examples=200, deadline=None)
def test_the_filtered_matcher_finds_exactly_what_a_plain_search_finds(
    keys: list[tuple[int, ...]], codes: list[int]
) -> None:
    import numpy as np

    matcher = GramMatcher(keys, 41, 4)
    start, key = matcher.find(np.array(codes, np.uint16))
    plain = {
        (at, number)
        for number, wanted in enumerate(keys)
        for at in range(len(codes) - len(wanted) + 1)
        if tuple(codes[at : at + len(wanted)]) == wanted
    }
    assert sorted(zip(start.tolist(), key.tolist(), strict=True)) == sorted(plain)


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535)), max_size=300, unique=True))
@settings(max_examples=100, deadline=None)
def test_the_pair_table_finds_its_keys_and_nothing_else(pairs: list[tuple[int, int]]) -> None:
    import numpy as np

    half = pairs[::2]
    table = PairTable(half, range(len(half)))
    first, second = (np.array([pair[at] for pair in pairs], np.uint16) for at in (0, 1))
    hit, number = table.find(first, second)
    assert hit.tolist() == list(range(0, len(pairs), 2))
    assert number.tolist() == list(range(len(half)))


DISGUISES = [
    ("casino", "casino", Tier.EXACT),
    ("casino", "CASINO", Tier.FOLDED),
    ("casino", "ｃａｓｉｎｏ", Tier.FOLDED),
    ("casino", "ⓒⓐⓢⓘⓝⓞ", Tier.FOLDED),
    ("casino", "𝖈𝖆𝖘𝖎𝖓𝖔", Tier.FOLDED),
    ("casino", "ᴄᴀꜱɪɴᴏ", Tier.FOLDED),
    ("casino", "🅲🅰🆂🅸🅽🅾", Tier.FOLDED),
    ("casino", "cásïnö", Tier.FOLDED),
    ("casino", "c\u0336a\u0336s\u0336i\u0336n\u0336o", Tier.FOLDED),
    ("casino", "c\u200ba\u200bs\u200bi\u200bn\u200bo", Tier.FOLDED),
    ("casino", "cаsinо", Tier.LOOK_ALIKE),
    ("casino", "c a s i n o", Tier.SEPARATED),
    ("casino", "c.a.s.i.n.o", Tier.SEPARATED),
    ("casino", "c*a*s*i*n*o", Tier.SEPARATED),
    ("casino", "cas-i-no", Tier.SEPARATED),
    ("casino", "caaasinoo", Tier.REPEATED),
    ("casino", "c4s1n0", Tier.LEET),
    ("casino", "c@$!no", Tier.LEET),
    ("casino", "c*sino", Tier.LEET),
    ("casino", "cazino", Tier.LEET),
    ("casino", "caisno", Tier.LEET),
    ("fuddle", "phuddle", Tier.LEET),
    ("赌博", "赌博", Tier.EXACT),
    ("赌博", "賭博", Tier.FOLDED),
    ("赌博", "赌\u200b博", Tier.FOLDED),
    ("赌博", "赌 博", Tier.SEPARATED),
    ("赌博", "赌😀博", Tier.SEPARATED),
    ("赌博", "赌\n博", Tier.SEPARATED),
    ("赌博", "赌赌博", Tier.REPEATED),
    ("赌博", "赌bo", Tier.PINYIN),
    ("赌博", "du博", Tier.PINYIN),
    ("赌博", "堵博", Tier.HOMOPHONE),
    ("赌博", "贝者博", Tier.LOOK_ALIKE),
    ("他爷爷", "他 爷 爷", Tier.SEPARATED),
    ("xxx", "XXXXX", Tier.REPEATED),
]


@pytest.mark.parametrize(("term", "shown", "tier"), DISGUISES)
def test_each_disguise_is_found_named_and_marked_from_first_to_last_character(
    term: str, shown: str, tier: Tier
) -> None:
    before, after = ("see ", " now") if term.isascii() else ("。", "。")
    text = before + shown + after
    engine = Engine([Term(term)])
    assert [(text[m.start : m.end], m.tier) for m in engine.scan([text])[0]] == [(shown, tier)]


@pytest.mark.parametrize(("term", "shown", "tier"), DISGUISES)
def test_a_term_that_does_not_accept_a_disguise_is_not_found_in_it(term: str, shown: str, tier: Tier) -> None:
    engine = Engine([Term(term, tiers=frozenset(Tier) - {tier})])
    assert not [m for m in engine.scan([f"。 {shown} 。"])[0] if m.tier is tier]
