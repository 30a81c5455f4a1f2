"""The digit view: every way to write a digit as that digit, with the way back to the original characters.

９⓿二肆⁹₈③ and 九-〇-二 are numbers to a reader; a pattern for contact numbers reads this view instead of the text.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from modstation.screening.tables import Kind, tables

_CHINESE: Final = dict(zip("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两", "0012345678912345678912", strict=True))
_ALIKE: Final = {"o": "0", "l": "1", "i": "1"}
LONGEST_GAP: Final = 3
"""Separators between two digits of a number; more than this end it."""


class View(NamedTuple):
    """A text seen otherwise, and for each of its characters the place it came from in the original."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the view as a span of the original."""
        return self.places[start], self.places[end - 1] + 1


@lru_cache(maxsize=4096)
def digit_of(char: str) -> str:
    """The digit or digits that a character stands for, or nothing."""
    if char in _CHINESE:
        return _CHINESE[char]
    folded = tables().fold(char)
    if folded in _CHINESE:
        return _CHINESE[folded]
    number = unicodedata.numeric(char, None)
    if number is not None and number == int(number) and 0 <= number <= 50:
        return str(int(number))
    return ""


@lru_cache(maxsize=4096)
def _traits(char: str) -> tuple[str, str, int]:
    """What a character is to the view: its digits, the digit it only looks like, and its class."""
    return digit_of(char), _ALIKE.get(char.lower(), ""), tables().kind_of(char)


def digits(text: str) -> View:
    """The numbers of a text, a blank between any two that other letters or a wide gap part."""
    if not any(map(digit_of, set(text))):  # letters that look like digits count only beside one
        return View("", ())
    shown: list[str] = []
    places: list[int] = []
    gap = 0
    for at, char in enumerate(text):
        digit, alike, kind = _traits(char)
        found = digit or (alike if shown and shown[-1] != " " and gap == 0 else "")
        if found:
            shown.extend(found)
            places.extend([at] * len(found))
            gap = 0
        elif kind == Kind.DELETE:
            continue
        else:
            gap = gap + 1 if kind == Kind.SEPARATOR else LONGEST_GAP + 1
            if gap > LONGEST_GAP and shown and shown[-1] != " ":
                shown.append(" ")
                places.append(at)
    return View("".join(shown), tuple(places))


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    return char.translate(tables().to_plain)


def folded(text: str) -> View:
    """The text as meant, invisible characters left out."""
    plain = {char: _plain(char) for char in set(text)}
    if all(len(each) == 1 for each in plain.values()):
        return View("".join(map(plain.__getitem__, text)), tuple(range(len(text))))
    shown: list[str] = []
    places: list[int] = []
    for at, char in enumerate(text):
        for each in plain[char]:
            shown.append(each)
            places.append(at)
    return View("".join(shown), tuple(places))
