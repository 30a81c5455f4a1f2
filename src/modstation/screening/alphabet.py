"""The codes of a lexicon: every code point becomes one small number, most of them "in no term"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modstation.screening.latin import LEET_DIGITS, LEET_SIGNS, MERGED
from modstation.screening.tables import LIMIT, Codes, Kind, Points, Translation, tables

SIGN, EXPANDS, SEPARATES, DELETED, OTHER = range(5)
"""Codes below the letters of a lexicon: a leet sign, one character that is several, a separator, an invisible
character, and a letter of no term."""
FIRST = OTHER + 1
_RUN: Final = re.compile(r"(.)\1+", re.DOTALL)


@cache
def squash_table() -> Points:
    """The most folded form of every code point: drawn alike, and leet digits as letters."""
    alike = tables().alike
    squashed = alike.copy()
    for char, letter in (LEET_DIGITS | MERGED).items():
        squashed[alike == ord(char)] = ord(letter)
    return squashed


@cache
def sign_points() -> NDArray[np.int64]:
    """Code points that are drawn like a leet sign."""
    return np.flatnonzero(np.isin(tables().alike, [ord(x) for x in LEET_SIGNS]))


@cache
def _squasher() -> dict[int, str]:
    t, table = tables(), squash_table()
    expand = {point: "".join(chr(int(table[ord(x)])) for x in word) for point, word in t.expand.items()}
    return Translation(table, t.kind, expand, {int(Kind.SEPARATOR): "", int(Kind.BREAK): ""})


def squash(text: str) -> str:
    """The letters of a text in their most folded form; separators and invisible characters are left out."""
    return text.translate(_squasher())


def key_of(text: str) -> str:
    """The key under which a term is found: squashed, and every run of a letter as one."""
    return _RUN.sub(r"\1", squash(text))


class Alphabet:
    """The codes for one set of keys."""

    def __init__(self, keys: Iterable[str]) -> None:
        letters = sorted(set("".join(keys)))
        self._code = {letter: at for at, letter in enumerate(letters, FIRST)}
        self.size = FIRST + len(letters)
        t = tables()
        by_letter = np.full(LIMIT, OTHER, np.uint16)
        by_letter[[ord(x) for x in letters]] = np.arange(FIRST, self.size, dtype=np.uint16)
        self.codes: Codes = by_letter[squash_table()]
        self.codes[t.kind == Kind.SEPARATOR] = SEPARATES
        self.codes[t.kind == Kind.DELETE] = DELETED
        self.codes[0] = OTHER
        self.codes[list(t.expand)] = EXPANDS
        self._signs = {ord(k): by_letter[ord(MERGED.get(v, v))] for k, v in LEET_SIGNS.items()}
        self.codes[sign_points()] = SIGN

    def encode(self, key: str) -> Sequence[int]:
        """The codes of a key."""
        return [self._code[x] for x in key]

    def with_signs(self, points: Points) -> Codes:
        """Codes of a short stream in which leet signs count as the letters they stand for."""
        codes = self.codes[points]
        at = np.flatnonzero(codes == SIGN)
        drawn = tables().alike[points[at]]
        codes[at] = [self._signs[int(x)] for x in drawn]
        return codes
