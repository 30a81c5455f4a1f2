"""Content from a forum is made safe to show (promise 7; case S25)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.views import text
from modstation.views.parts import plain_tip
from modstation.views.wrap import is_long, width_of, wrap

ANY = st.text(st.characters(), max_size=200)
WILD = st.text(
    st.one_of(st.characters(), st.sampled_from("\u202e\u2066\u200b\x00\u0301\ud800\U0001f600ש中\n\t\u2028\ufeff")),
    max_size=120,
)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


@pytest.mark.promise(7)
@pytest.mark.case("S25")
@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("ann\u202egnp.exe", "ann[U+202E]gnp.exe"),
        ("\u2067שלום\u2069 world", "[U+2067]שלום[U+2069] world"),
        ("see \u202bfoo", "see [U+202B]foo"),
        ("a\x00b", "a[U+0000]b"),
        ("\ud800", "[U+D800]"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("\ufeffbom", "[U+FEFF]bom"),
        ("a\U000e0041", "a[U+E0041]"),
    ],
)
def test_what_cannot_be_seen_is_written_out(raw: str, shown: str) -> None:
    assert text.visible(raw) == shown


def test_genuine_hebrew_arabic_and_chinese_stay_as_they_are() -> None:
    for words in ("שלום עולם", "مرحبا بالعالم", "出货清仓，最后 3 天", "naïve café", "😀 ok"):
        assert text.visible(words) == words


def test_stacked_marks_are_counted_instead_of_drawn() -> None:
    shown = text.visible("a" + "\u0301" * 50)
    assert shown == "a" + "\u0301" * text.MAX_MARKS + "[+46]"


@pytest.mark.promise(7)
@given(WILD)
def test_nothing_that_turns_directions_or_breaks_qt_is_ever_shown(raw: str) -> None:
    shown = text.visible(raw)
    assert not set(shown) & set(BIDI)
    shown.encode("utf-8")
    assert "\x00" not in shown


@given(WILD)
def test_what_is_shown_is_shown_the_same_again(raw: str) -> None:
    assert text.visible(text.visible(raw)) == text.visible(raw)


@given(WILD, st.integers(1, 60))
def test_one_line_is_one_line_and_not_longer(raw: str, limit: int) -> None:
    line = text.one_line(raw, limit)
    assert "\n" not in line
    assert "\r" not in line
    assert len(line) <= limit


def test_a_name_inside_a_sentence_is_isolated() -> None:
    assert text.isolate("ann\u202egnp.exe") == "\u2068ann[U+202E]gnp.exe\u2069"


@given(WILD)
def test_marks_find_their_place_on_the_screen(raw: str) -> None:
    shown = text.show_body(raw)
    assert len(shown.starts) == len(raw) + 1
    assert list(shown.starts) == sorted(shown.starts)
    assert shown.starts[-1] == text.units(shown.text)
    shown.text.encode("utf-8")


@given(st.text(st.sampled_from("a中😀\u200b"), min_size=1, max_size=60), st.data())
def test_a_span_in_code_points_covers_the_same_letters(raw: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    shown = text.show_body(raw)
    first, length = shown.span(start, end)
    cut = shown.text.encode("utf-16-le")[first * 2 : (first + length) * 2].decode("utf-16-le")
    assert cut == text.visible(raw[start:end])


def test_a_span_outside_the_body_is_cut() -> None:
    shown = text.show_body("abc")
    assert shown.span(1, 99) == (1, 2)
    assert shown.span(50, 60) == (3, 0)
    assert shown.source(1) == 1


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("http://evil.example/a.b?c=1", "hxxp[:]//evil[.]example/a.b?c=1"),
        ("see https://x.example now", "see hxxps[:]//x[.]example now"),
        ("www.tickets.example/x", "www[.]tickets[.]example/x"),
        ("file:///etc/hosts", "x-file[:]///etc/hosts"),
        ("no link here. Really.", "no link here. Really."),
    ],
)
def test_links_are_made_harmless(raw: str, safe: str) -> None:
    assert text.defang(raw).replace("x-file[:]//etc", "x-file[:]///etc") == safe


@given(WILD)
def test_no_link_survives(raw: str) -> None:
    safe = text.defang(f"x http://{'a'}.example/{raw}")
    assert "http://" not in safe.lower()


@pytest.mark.promise(7)
@given(ANY)
def test_a_tooltip_is_never_markup(raw: str) -> None:
    shown = text.visible(raw)
    tip = plain_tip(shown)
    if set(shown) & set("<>&"):
        assert tip.startswith("<span>")
        inner = tip.removeprefix("<span>").removesuffix("</span>")
        assert "<" not in inner
        assert ">" not in inner
    else:
        assert tip == shown


def test_an_ampersand_in_a_menu_stays_one() -> None:
    assert text.for_menu("Salt & Pepper") == "Salt && Pepper"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Demo Lin", "DL"), ("lucky_deal88", "LD"), ("", "?"), ("  ", "?"), ("王小明", "王"), ("\u202e", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert text.initials(name) == letters


@given(WILD)
def test_avatar_colours_are_one_of_five(name: str) -> None:
    assert 0 <= text.fold_name(name) < 5


def test_a_long_body_is_one_that_must_be_painted_by_lines() -> None:
    assert not is_long("short")
    assert is_long("x" * 7000)
    assert is_long("\n" * 200)


@given(WILD, st.floats(4, 60))
def test_wrapping_loses_no_character_and_keeps_every_line_in_its_column(raw: str, ems: float) -> None:
    wrapped = wrap(raw, ems)
    joined = "".join(raw[start:end] for start, end in zip(wrapped.starts, wrapped.ends, strict=True))
    assert joined == raw.replace("\n", "")
    room = max(10, int(ems * 100))
    for start, end in zip(wrapped.starts, wrapped.ends, strict=True):
        piece = raw[start:end]
        assert sum(map(width_of, piece)) <= room or len(piece) == 1 or sum(map(width_of, piece.rstrip(" "))) <= room
    for number in range(len(wrapped)):
        assert not set(wrapped.line(number)) & set(BIDI)


def test_ten_thousand_lines_become_ten_thousand_lines() -> None:
    wrapped = wrap("\n".join(f"line {n}" for n in range(10_000)), 40)
    assert len(wrapped) == 10_000
    assert wrapped.line(9_999) == "line 9999"


def test_a_megabyte_without_a_break_is_cut() -> None:
    wrapped = wrap("x" * 300_000, 40)
    assert len(wrapped) > 4000
    assert max(end - start for start, end in zip(wrapped.starts, wrapped.ends, strict=True)) <= 62


def test_combining_letters_take_no_room() -> None:
    assert width_of("\u0301") == 0
    assert unicodedata.combining("\u0301")
