"""Word boundaries: a term inside or across ordinary words is not a hit, glued and inflected ones are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.screening.engine import Engine, Term
from modstation.screening.english import english, word_hash
from modstation.screening.han import han
from modstation.screening.tiers import Boundary, Tier


def surfaces(term: str, text: str, boundary: Boundary = Boundary.AUTO) -> list[str]:
    return [text[m.start : m.end] for m in Engine([Term(term, boundary=boundary)]).scan([text])[0]]


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("ass", "the class passed its assessment"),
        ("hell", "hello from the shell"),
        ("tit", "the title of the petition"),
        ("cum", "a document in these circumstances"),
        ("sex", "he lives in Essex and plays the sextant"),
        ("rapist", "a trusted therapist"),
        ("hell", "he'll come and she'll stay"),
        ("whore", "those who read, who report and who return"),
        ("ass", "as soon as she comes"),
        ("shit", "push it to the limit"),
        ("penis", "the pen is blue"),
        ("moron", "an oxymoron"),
        ("boob", "Bobby and Bob"),
        ("coon", "a cocoon for the raccoon"),
        ("ass", "flight 455 and 1a55b99"),
        ("casino", "the 1st 2nd 3rd 4th"),
        ("god", "that is good food"),
        ("anal", "an analysis of annals"),
    ],
)
def test_english_words_are_taken_at_their_word(term: str, text: str) -> None:
    assert surfaces(term, text) == []


@pytest.mark.parametrize(
    ("term", "text", "shown"),
    [
        ("hate", "Ihate this", "hate"),
        ("disdain", "so muchdisdain for it", "disdain"),
        ("dirtbag", "two dirtbags in town", "dirtbag"),
        ("casino", "casino888 is open", "casino"),
        ("casino", "来casino玩", "casino"),
        ("carpet cleaner", "a carpetcleaner came", "carpetcleaner"),
        ("carpet cleaner", "a Carpet  Cleaner came", "Carpet  Cleaner"),
        ("moron", "a f4t m0r0n", "m0r0n"),
        ("motherboard", "my m0therb0ards", "m0therb0ard"),
    ],
)
def test_glued_and_inflected_english_terms_are_found(term: str, text: str, shown: str) -> None:
    assert shown in surfaces(term, text)


@pytest.mark.parametrize(
    ("boundary", "found"),
    [(Boundary.WHOLE, 1), (Boundary.PREFIX, 2), (Boundary.INSIDE, 3)],
)
def test_a_rule_can_say_where_a_term_may_stand(boundary: Boundary, found: int) -> None:
    assert len(surfaces("cast", "cast castle broadcaster", boundary)) == found


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("口交", "出口交易会下周开幕"),
        ("口交", "前面路口交通堵塞"),
        ("口交", "出口 交易会"),
        ("性交", "女性交流活动报名"),
        ("色情", "本地特色情调小店"),
        ("下体", "周末线下体验课"),
        ("毒品", "消毒品牌推荐"),
        ("大麻", "这次惹了大麻烦"),
        ("妈的", "我妈妈的生日"),
    ],
)
def test_a_chinese_term_across_ordinary_words_is_no_hit(term: str, text: str) -> None:
    assert surfaces(term, text) == []


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("色情", "首页弹出色情广告"),
        ("毒品", "贩卖毒品的账号"),
        ("大麻", "有人在卖大麻"),
        ("强奸", "强奸犯被捕"),
        ("赌博", "网上赌博害人"),
    ],
)
def test_a_chinese_term_that_stands_as_a_word_is_a_hit(term: str, text: str) -> None:
    assert surfaces(term, text) == [term]


def test_homophones_that_are_ordinary_words_are_left_alone() -> None:
    assert surfaces("色情", "他的社情民意报告") == []
    assert surfaces("赌博", "堵车，博物馆关门") == []


def test_a_longer_list_asks_more_of_a_homophone() -> None:
    words = [word for word in ("天气", "学校", "电脑", "桌子") for _ in range(1)]
    terms = [Term("赌博"), *(Term(a + b) for a in words for b in words)]
    short, long = Engine(terms), Engine([*terms, *(Term(chr(0x4E00 + n) + chr(0x5E00 + n)) for n in range(4000))])
    text = "我们去堵博吧"
    assert any(m.tier is Tier.HOMOPHONE for m in short.scan([text])[0])
    gains = [view._gain for engine in (short, long) for view in engine._views if hasattr(view, "_gain")]
    assert gains[0] < gains[1]


@pytest.mark.parametrize(
    "text",
    [
        "Это обычный русский текст про сор и сосо в лесу",
        "Η λέξη αυτή είναι απλώς ελληνική",
        "Das Mädchen größer als der Bär",
        "C'est une pâte très légère à côté",
    ],
)
def test_ordinary_cyrillic_greek_and_accents_do_not_look_like_an_attack(text: str) -> None:
    engine = Engine([Term(x) for x in ("cop", "coco", "pate", "bar", "eivai", "tres")])
    assert [m for m in engine.scan([text])[0] if m.tier is Tier.LOOK_ALIKE] == []


def test_the_same_letters_among_latin_words_do_look_like_one() -> None:
    engine = Engine([Term("cop")])
    assert [m.tier for m in engine.scan(["call the сор now"])[0]] == [Tier.LOOK_ALIKE]


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_prefixes_are_known_exactly_when_the_words_are(word: str) -> None:
    words = english()
    assert words.known_prefixes(word) == [False, *(words.known(word[:n]) for n in range(1, len(word) + 1))]


def test_odd_tokens_are_told_from_words_for_a_whole_batch() -> None:
    import numpy as np

    words = ["house", "garden", "moderation", "qzxvk", "phuddle", "zzxcvb"]
    hashes = np.array([word_hash(word) for word in words], np.uint64)
    assert english().odd(hashes).tolist() == [False, False, False, True, True, True]


def test_a_cut_names_the_words_a_sentence_is_made_of() -> None:
    assert han().cut("出口交易会") == ["出口", "交易会"]
    assert han().stands("出", "口交", "易会") is False
    assert "".join(han().cut("天地玄黄xyz")) == "天地玄黄xyz"
