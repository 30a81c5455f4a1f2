"""Words of the search: pairs of Chinese characters, whole words of other scripts, and nothing a text could break."""

from __future__ import annotations

from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from hypothesis import given
from hypothesis import strategies as st

from modstation.store.words import MOST_CHARACTERS, folded, index_words, query_words


def table(*texts: str) -> Any:
    db = sqlcipher.connect(":memory:", isolation_level=None)
    db.execute(
        "CREATE VIRTUAL TABLE search USING fts5 (words, content = '', contentless_delete = 1,"
        ' tokenize = "unicode61 remove_diacritics 2", detail = full)'
    )
    for number, text in enumerate(texts):
        db.execute("INSERT INTO search (rowid, words) VALUES (?, ?)", (number, index_words(text)))
    return db


def found(wanted: str, *texts: str) -> list[int]:
    query = query_words(wanted)
    return [
        row[0] for row in table(*texts).execute("SELECT rowid FROM search WHERE words MATCH ? ORDER BY 1", (query,))
    ]


TEXTS = ("便宜出号,加微信", "cheap account for sale", "账号出售 Cheap", "今天天气很好", "ＣＨＥＡＰ wide letters")


@pytest.mark.parametrize(
    ("wanted", "right"),
    [
        ("出号", [0]),
        ("便宜", [0]),
        ("宜出", [0]),
        ("天", [3]),
        ("出", [0, 2]),
        ("cheap", [1, 2, 4]),
        ("CHEAP", [1, 2, 4]),
        ("账号 cheap", [2]),
        ("account sale", [1]),
        ("acc", [1]),
        ("号出", [2]),
        ("今天很好", []),
        ("天气很好", [3]),
    ],
)
def test_what_is_found(wanted: str, right: list[int]) -> None:
    assert found(wanted, *TEXTS) == right


def test_a_pair_across_punctuation_is_no_pair() -> None:
    assert found("号加", *TEXTS) == []


@pytest.mark.parametrize("nothing", ["", "   ", "!?,.", "\x00", "\ud800", "*", '"', "()"])
def test_nothing_to_look_for(nothing: str) -> None:
    assert query_words(nothing) == ""


@given(st.text(max_size=60))
def test_no_text_breaks_the_index_or_a_query(text: str) -> None:
    db = table(text)
    query = query_words(text)
    if query:
        assert [row[0] for row in db.execute("SELECT rowid FROM search WHERE words MATCH ?", (query,))] in ([0], [])


@given(st.text(st.characters(categories=["Lu", "Ll", "Lo"], max_codepoint=0xFFFF), min_size=1, max_size=20))
def test_a_text_is_found_by_itself(text: str) -> None:
    if query_words(text):
        assert found(text, text) == [0]


@pytest.mark.parametrize("query", ['" OR 1', "NEAR(a b)", "words : x", "a AND NOT b", "x*", "-x", "{a b}"])
def test_the_language_of_the_index_is_not_spoken(query: str) -> None:
    table("harmless").execute("SELECT rowid FROM search WHERE words MATCH ?", (query_words(query),)).fetchall()
    assert found(query, "harmless") == []


def test_a_flood_of_text_is_no_flood_of_index() -> None:
    assert len(index_words("字" * (MOST_CHARACTERS + 5))) <= 3 * MOST_CHARACTERS


@given(st.text())
def test_folded_text_can_always_be_stored(text: str) -> None:
    once = folded(text)
    assert once.encode("utf-8").decode("utf-8") == once
