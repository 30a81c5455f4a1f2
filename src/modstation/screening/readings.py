"""Readings of Chinese characters without tones: exact syllables, and classes of syllables that sound much alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product
from typing import Final

import numpy as np

from modstation.screening.tables import LIMIT, Codes, Once, lines, tables

_RETROFLEX: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_ENDS: Final = (("ang", "an"), ("eng", "en"), ("ing", "in"))
_ROUND: Final = {"kuo": "ke", "guo": "ge", "huo": "he"}
_UMLAUT: Final = {"nv": ("nv", "nu", "nyu"), "lv": ("lv", "lu", "lyu"), "nve": ("nve", "nue"), "lve": ("lve", "lue")}
MOST_WAYS: Final = 12
"""A term with many characters of several readings is looked for in this many ways at most."""


def sounds_like(syllable: str) -> str:
    """The class of a syllable: zh as z, ng as n, kuo as ke."""
    for long, short in _RETROFLEX:
        if syllable.startswith(long):
            syllable = short + syllable[2:]
    for long, short in _ENDS:
        if syllable.endswith(long):
            syllable = syllable[:-3] + short
    return _ROUND.get(syllable, syllable)


class Readings:
    """All readings, and the common one of every code point as a number (0 for what has none)."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[str, ...]] = {}
        for line in lines("readings.tsv.gz"):
            char, _, syllables = line.partition("\t")
            self._of[char] = tuple(syllables.split(" "))
        names = sorted({x for found in self._of.values() for x in found})
        classes = sorted({sounds_like(name) for name in names})
        self.syllables = frozenset(names) | frozenset(x for ways in _UMLAUT.values() for x in ways)
        self.exact = {name: at for at, name in enumerate(names, 1)}
        self.alike = {name: classes.index(sounds_like(name)) + 1 for name in names}
        self.by_point: Codes = np.zeros(LIMIT, np.uint16)
        self.alike_by_point: Codes = np.zeros(LIMIT, np.uint16)
        points = [ord(char) for char in self._of]
        self.by_point[points] = [self.exact[found[0]] for found in self._of.values()]
        self.alike_by_point[points] = [self.alike[found[0]] for found in self._of.values()]
        plain = tables().plain
        self.by_point = self.by_point[plain]
        self.alike_by_point = self.alike_by_point[plain]
        self.size = len(classes) + 1

    def common(self, char: str) -> str:
        """The common reading of a character, or nothing."""
        return self._of.get(char, ("",))[0]

    def of(self, char: str) -> tuple[str, ...]:
        """All readings of a character."""
        return self._of.get(char, ())

    def ways(self, text: str, each: int = 3) -> Iterator[tuple[str, ...]]:
        """The ways to read a Chinese text with so many readings of a character, the common one first."""
        yield from islice(product(*(self._of.get(char, ("",))[:each] for char in text)), MOST_WAYS)

    def typed(self, text: str) -> Iterator[tuple[str, ...]]:
        """The ways to type a Chinese text: as `ways`, with ü written v, u or yu."""
        for way in self.ways(text):
            yield from islice(product(*(_UMLAUT.get(x, (x,)) for x in way)), MOST_WAYS)


def _make_readings() -> Readings:
    """The shipped readings, read once."""
    return Readings()


readings = Once(_make_readings)
"""The shipped Readings, read once."""


@lru_cache(maxsize=1 << 14)
def cuts(letters: str) -> tuple[tuple[str, ...], ...]:
    """The ways to read a Latin token as syllables, at most four of them, the fewest syllables first."""
    known = readings().syllables
    ends: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, len(letters) + 1):
        here = [
            (*way, letters[start:end])
            for start in range(max(0, end - 6), end)
            if letters[start:end] in known
            for way in ends[start]
        ]
        ends.append(sorted(here, key=len)[:4])
    return tuple(ends[-1])
