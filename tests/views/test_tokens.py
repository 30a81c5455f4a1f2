"""Colours keep the contrast they promise, in both themes (case S26)."""

from __future__ import annotations

import pytest

from modstation.views import tokens
from modstation.views.theme import ROLES, Look, palette_for, stylesheet

PAIRS = [
    (palette, text, under)
    for palette in (tokens.LIGHT_PALETTE, tokens.DARK_PALETTE)
    for text, unders in tokens.TEXT_ON
    for under in unders
]
MARKS = [
    (palette, mark, under)
    for palette in (tokens.LIGHT_PALETTE, tokens.DARK_PALETTE)
    for mark, unders in tokens.MARK_ON
    for under in unders
]


@pytest.mark.case("S26")
@pytest.mark.parametrize(("palette", "text", "under"), PAIRS, ids=lambda value: getattr(value, "name", value))
def test_text_can_be_read_on_every_surface_it_may_stand_on(palette: tokens.Palette, text: str, under: str) -> None:
    assert tokens.contrast(palette[text], palette[under]) >= tokens.MIN_TEXT


@pytest.mark.parametrize(("palette", "mark", "under"), MARKS, ids=lambda value: getattr(value, "name", value))
def test_marks_that_carry_meaning_can_be_seen(palette: tokens.Palette, mark: str, under: str) -> None:
    assert tokens.contrast(palette[mark], palette[under]) >= tokens.MIN_MARK


def test_contrast_is_that_of_wcag() -> None:
    assert tokens.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert tokens.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert tokens.contrast("#FFFFFF", "#777777") == tokens.contrast("#777777", "#FFFFFF")


def test_both_themes_have_the_same_tokens() -> None:
    assert set(tokens.LIGHT) == set(tokens.DARK) == tokens.NAMES


def test_every_label_role_is_a_text_token_with_a_promise() -> None:
    promised = {text for text, _ in tokens.TEXT_ON}
    assert {token for _, _, token in ROLES.values()} <= promised


def test_no_text_is_smaller_than_eleven() -> None:
    assert min(size for size, _, _ in ROLES.values()) >= 11


def test_high_contrast_makes_quiet_text_loud() -> None:
    for palette in (tokens.LIGHT_PALETTE, tokens.DARK_PALETTE):
        strong = palette.heightened()
        assert strong["t3"] == palette["t1"]
        assert strong["line"] == palette["ctl"]
        assert palette["t3"] != palette["t1"]


@pytest.mark.parametrize(("asked", "got"), [(10, 80), (80, 80), (125, 125), (200, 200), (999, 200)])
def test_text_size_stays_between_80_and_200(asked: int, got: int) -> None:
    assert tokens.clamp_percent(asked) == got


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_stylesheet_uses_tokens_only(look: Look, theme: str) -> None:
    import re

    look.change(palette=palette_for(theme))
    colours = set(re.findall(r"#[0-9A-Fa-f]{6}", stylesheet(look)))
    assert colours <= set(palette_for(theme).colours.values())


def test_painting_never_changes_a_token(look: Look) -> None:
    from PySide6.QtCore import QRect
    from PySide6.QtGui import QPainter, QPixmap

    from modstation.views.parts import paint_cap

    before = look.colour("t1").name(look.colour("t1").NameFormat.HexArgb)
    target = QPixmap(40, 40)
    painter = QPainter(target)
    paint_cap(painter, look, QRect(0, 0, 30, 20), "N", filled=True)
    painter.end()
    assert look.colour("t1").name(look.colour("t1").NameFormat.HexArgb) == before


def test_sizes_follow_the_text_size_and_hairlines_do_not(look: Look) -> None:
    look.change(percent=200)
    assert look.px(20) == 40
    assert look.font(13).pixelSize() == 26
    assert "1px solid" in stylesheet(look)


def test_nothing_is_built_again_when_nothing_changed(look: Look) -> None:
    told: list[int] = []
    look.changed.connect(lambda: told.append(1))
    look.change(percent=100, palette=tokens.LIGHT_PALETTE)
    assert told == []
    look.change(percent=120)
    assert told == [1]
