"""Chinese word boundaries: is a found term a word here, or only letters of the words around it?

A sentence is cut into the words of a dictionary so that the product of their frequencies is greatest. A term stands
as a word if a cut that keeps it whole is not much worse than the best cut of all. 出口交易会 is 出口 and 交易会, so
the 口交 across them is not one.
"""

from __future__ import annotations

from functools import lru_cache
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modstation.screening.tables import LIMIT, Once, lines, tables

LONGEST: Final = 5
"""Longest dictionary word that is looked at."""
REACH: Final = 6
"""Characters of context on each side."""
PAIR_BITS: Final = 22
_STRANGE: Final = -17.0
"""Log frequency of a character that is in no list."""
NEVER: Final = -1e9
"""Log frequency of what cannot be."""
AMBIGUOUS: Final = 0.65
"""A term must beat the words across it by this much (natural logarithm); measured on 92 sentences about 31 terms."""
UNLISTED: Final = -13.5
"""Log frequency of a term that is no dictionary word: about that of a rare word."""


def pair_slot(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The place of a pair of characters in the pair table."""
    mixed = (first * np.uint32(0x9E3779B1)) ^ (second * np.uint32(0x85EBCA6B))
    slots: NDArray[np.uint32] = mixed >> np.uint32(32 - PAIR_BITS)
    return slots


class HanWords:
    """A word list with frequencies."""

    def __init__(self, table: dict[str, int]) -> None:
        total = log(sum(table.values()))
        self._score = {word: log(count) - total for word, count in table.items()}
        self._single = np.full(LIMIT, _STRANGE, np.float32)
        singles = [word for word in table if len(word) == 1]
        self._single[[ord(word) for word in singles]] = [self._score[word] for word in singles]
        text = np.frombuffer("\n".join(table).encode("utf-32-le"), np.uint32)
        self._pairs = np.zeros(1 << PAIR_BITS, bool)
        self._pairs[pair_slot(text[:-1], text[1:])] = True
        self._pairs[pair_slot(np.full(1, 10, np.uint32), text[:1])] = False

    def joined(self, first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Which pairs of characters stand beside each other in some word."""
        found: NDArray[np.bool_] = self._pairs[pair_slot(first, second)]
        return found

    def score(self, word: str) -> float:
        """Log frequency of a word; that of a rare word where it is not listed."""
        return self._score.get(word, UNLISTED if len(word) > 1 else _STRANGE)

    def single_sums(
        self, points: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """For each span the sum of the log frequencies of its characters, taken one by one."""
        sums = np.zeros(len(start), np.float32)
        going, place = np.arange(len(start)), start.copy()
        while len(going):
            sums[going] += self._single[tables().plain[points[place[going]]]]
            place[going] += 1
            going = going[place[going] < end[going]]
        return sums

    def gain(self, left: str, shown: str, right: str, term: str) -> float:
        """How much likelier the text is with the term in place of what is shown."""
        own = max(self.score(term), UNLISTED)
        return self.best(left) + own + self.best(right) - self.best(left + shown + right)

    def listed(self, word: str) -> bool:
        """Whether the dictionary has the word."""
        return word in self._score

    def best(self, text: str) -> float:
        """Log probability of the likeliest cut."""
        known = self._score.get
        best = [0.0]
        for end in range(1, len(text) + 1):
            top = best[end - 1] + known(text[end - 1], _STRANGE)
            for start in range(max(0, end - LONGEST), end - 1):
                score = known(text[start:end])
                if score is not None and best[start] + score > top:
                    top = best[start] + score
            best.append(top)
        return best[-1]

    def cut(self, text: str) -> list[str]:
        """The likeliest cut itself, for the rule tester."""
        known = self._score.get
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(text) + 1):
            choices = [(best[end - 1][0] + known(text[end - 1], _STRANGE), end - 1)]
            for start in range(max(0, end - LONGEST), end - 1):
                score = known(text[start:end])
                if score is not None:
                    choices.append((best[start][0] + score, start))
            best.append(max(choices))
        words, end = [], len(text)
        while end:
            words.append(text[best[end][1] : end])
            end = best[end][1]
        return words[::-1]

    def stands(self, left: str, term: str, right: str) -> bool:
        """Whether the term is a word between these characters, and not letters of the words around it."""
        return self.margin(left[-REACH:], term, right[:REACH]) > AMBIGUOUS

    def margin(self, left: str, term: str, right: str) -> float:
        """By how much the best cut that keeps the term whole beats the best cut that goes through it."""
        text, start, end = left + term + right, len(left), len(left) + len(term)
        edges = [edge for edge in (start, end) if 0 < edge < len(text)]
        across = max((self._across(text, start, end, edge) for edge in edges), default=NEVER)
        own = max(self.score(term), UNLISTED)
        return self.best(left) + own + self.best(right) - across

    def _across(self, text: str, start: int, end: int, edge: int) -> float:
        """Log probability of the likeliest cut without a border at `edge`.

        Longer words that begin or end with a term that is a word itself are its compounds, not words across it.
        """
        known, listed = self._score.get, self.listed(text[start:end])
        best = [0.0]
        for stop in range(1, len(text) + 1):
            top = NEVER
            for head in range(max(0, stop - LONGEST), stop) if stop != edge else ():
                score = known(text[head:stop], _STRANGE if stop - head == 1 else NEVER)
                compound = listed and ((head == start and stop > end) or (stop == end and head < start))
                if not compound and best[head] + score > top:
                    top = best[head] + score
            best.append(top)
        return best[-1]


def _make_han() -> HanWords:
    """The shipped word list, read once."""
    table = {}
    for line in lines("han_words.tsv.gz"):
        word, _, count = line.partition("\t")
        table[word] = int(count)
    return HanWords(table)


han = Once(_make_han)
"""The shipped HanWords, read once."""


@lru_cache(maxsize=1 << 16)
def stands_as_word(left: str, term: str, right: str) -> bool:
    """`HanWords.stands` of the shipped list, remembering what was asked."""
    return han().stands(left, term, right)


@lru_cache(maxsize=1 << 16)
def gain_of(left: str, shown: str, right: str, term: str) -> float:
    """`HanWords.gain` of the shipped list, remembering what was asked."""
    return han().gain(left, shown, right, term)
