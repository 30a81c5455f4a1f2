"""English words: is a token an ordinary word, and does an ordinary word hold a term by accident?"""

from __future__ import annotations

import gzip
from bisect import bisect_left
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modstation.screening.tables import Once, resource

_BASE: Final = 0x9E3779B97F4A7C15 | 1
_MASK: Final = (1 << 64) - 1
_BLOOM_BITS: Final = 24
_STRETCH: Final = 1 << 14
_POWERS: Final = [pow(_BASE, k, 1 << 64) for k in range(64)]
VERB_ENDINGS: Final = frozenset(["", "s", "es", "ed", "ing", "ings", "in", "d"])
PLURALS: Final = frozenset(["", "s", "es", "z"])
ENDINGS: Final = VERB_ENDINGS | frozenset(
    [
        "er",
        "ers",
        "ez",
        "y",
        "ie",
        "ies",
        "z",
        "zz",
        "ish",
        "ness",
        "ly",
        "able",
        "ism",
        "ist",
        "ists",
        "ity",
        "a",
        "as",
        "az",
        "o",
        "os",
        "t",
        "ty",
        "en",
        "head",
        "heads",
        "face",
        "faces",
        "hole",
        "holes",
        "wit",
        "wits",
        "up",
        "off",
        "tard",
        "tards",
        "boy",
        "boys",
        "up",
        "ups",
        "fest",
        "er's",
        "eds",
        "ahs",
        "uhs",
        "ah",
        "uh",
        "hs",
        "azes",
        "in'",
        "our",
        "an",
        "like",
    ]
)
"""What may follow a term in a word made from it."""
HEADS: Final = frozenset(
    [
        "i",
        "a",
        "u",
        "ur",
        "im",
        "my",
        "we",
        "he",
        "she",
        "you",
        "the",
        "this",
        "that",
        "so",
        "just",
        "such",
        "all",
        "no",
        "un",
        "re",
        "be",
        "of",
        "at",
        "in",
        "to",
    ]
)
"""Short words that are glued before a term."""
ACCIDENTS = 3
"""A term that more everyday words than this hold by accident is matched inside a word only with proof on both sides."""


def word_hash(word: str) -> int:
    """The polynomial hash of an ASCII lower-case word, the same that numpy computes over a whole batch."""
    total = 0
    for at, char in enumerate(word):
        total += (ord(char) - 96) * (_POWERS[at] if at < 64 else pow(_BASE, at, 1 << 64))
    return total & _MASK


@cache
def powers(length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers of the hash base and of its inverse up to a length (a power of two, so that few are kept)."""
    up = np.full(length, _BASE, np.uint64)
    down = np.full(length, pow(_BASE, -1, 1 << 64), np.uint64)
    up[0] = down[0] = 1
    with np.errstate(over="ignore"):
        return np.cumprod(up), np.cumprod(down)


def token_hashes(letters: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hashes of the tokens [start, end) of a stream of letters 1 to 26."""
    up, down = powers(1 << max(10, (len(letters) + 1).bit_length()))
    sums = np.empty(len(letters) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(letters * up[: len(letters)], out=sums[1:])
    hashes: NDArray[np.uint64] = (sums[ends] - sums[starts]) * down[starts]
    return hashes


def _bloom_slots(hashes: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Two places in the bit table. The hashes are sums, so near words are near numbers until they are mixed."""
    mixed = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return mixed & np.uint64((1 << _BLOOM_BITS) - 1), mixed >> np.uint64(64 - _BLOOM_BITS)


def _as_integers(hashes: NDArray[np.uint64]) -> memoryview:
    """Sorted hashes as something that bisect reads without making numpy scalars."""
    return memoryview(hashes.tobytes()).cast("Q")


class EnglishWords:
    """The word lists as sorted hashes and, for tests of whole batches, as one bit table."""

    def __init__(self, words: bytes, common: bytes) -> None:
        self._text, self._all = b"\n" + common + b"\n", b"\n" + words + b"\n"
        self._known = self._hashes(words)
        self._common = self._hashes(common)
        self._bloom = np.zeros(1 << _BLOOM_BITS >> 3, np.uint8)
        for slots in _bloom_slots(self._known):
            bit = np.uint8(1) << (slots & np.uint64(7)).astype(np.uint8)
            np.bitwise_or.at(self._bloom, slots >> np.uint64(3), bit)
        self._known_list = _as_integers(self._known)
        self._common_list = _as_integers(self._common)
        self._accidents: dict[str, int] = {}
        self._unmistakable: dict[str, bool] = {}

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if not isinstance(value, memoryview)}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._known_list, self._common_list = _as_integers(self._known), _as_integers(self._common)

    @staticmethod
    def _hashes(words: bytes) -> NDArray[np.uint64]:
        """Sorted hashes of a list, computed in stretches so that the table of powers stays small."""
        raw = np.frombuffer(words + b"\n", np.uint8)
        ends = np.flatnonzero(raw == 10)
        starts = np.concatenate([[0], ends[:-1] + 1])
        letters = np.where(raw == 10, 0, raw - 96).astype(np.uint8)
        parts = []
        for low in range(0, len(ends), _STRETCH):
            first, last = starts[low : low + _STRETCH], ends[low : low + _STRETCH]
            parts.append(token_hashes(letters[first[0] : last[-1]], first - first[0], last - first[0]))
        return np.sort(np.concatenate(parts))

    @staticmethod
    def _holds(table: memoryview, word: str) -> bool:
        if not (word.isascii() and word.isalpha()):
            return False
        wanted = word_hash(word)
        at = bisect_left(table, wanted)
        return at < len(table) and table[at] == wanted

    def known(self, word: str) -> bool:
        """Whether a lower-case token is in the large list."""
        return self._holds(self._known_list, word)

    def known_prefixes(self, word: str) -> list[bool]:
        """For every length from 0 to that of the word, whether so much of it is in the large list."""
        found, total, table = [False], 0, self._known_list
        for at, char in enumerate(word[:64]):
            total = (total + (ord(char) - 96) * _POWERS[at]) & _MASK
            place = bisect_left(table, total)
            found.append(place < len(table) and table[place] == total)
        return found

    def common(self, word: str) -> bool:
        """Whether a lower-case token is in the small list of everyday words."""
        return self._holds(self._common_list, word)

    def odd(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which token hashes are of no word of the large list (fewer than 1 in 100 odd ones pass for words)."""
        first, second = (
            self._bloom[slots >> np.uint64(3)] >> (slots & np.uint64(7)).astype(np.uint8)
            for slots in _bloom_slots(hashes)
        )
        odd: NDArray[np.bool_] = (first & second & 1) == 0
        return odd

    def accidents(self, term: str) -> int:
        """How many everyday words hold the term without being made from it, counted up to the limit and one."""
        found = self._accidents.get(term)
        if found is None:
            found = self._accidents[term] = self._count(self._text, term, ACCIDENTS)
        return found

    def unmistakable(self, term: str) -> bool:
        """Whether a term is no everyday word, and no word at all holds it without being made from it."""
        found = self._unmistakable.get(term)
        if found is None:
            found = not self.common(term) and not self.accidents(term) and not self._count(self._all, term, 0)
            self._unmistakable[term] = found
        return found

    def _count(self, text: bytes, term: str, limit: int) -> int:
        wanted, at, count = term.encode("ascii", "replace"), 0, 0
        while count <= limit:
            at = text.find(wanted, at)
            if at < 0:
                break
            start = text.rindex(b"\n", 0, at + 1) + 1
            end = text.index(b"\n", at)
            before, after = text[start:at].decode(), text[at + len(wanted) : end].decode()
            count += not self.made_from(before, after)
            at = end
        return count

    def made_from(self, before: str, after: str) -> bool:
        """Whether a word with these parts around a term looks like a compound or inflection of it."""
        head = before == "" or (len(before) >= 3 and self.common(before))
        tail = after in ENDINGS or any(after.startswith(x) and after[len(x) :] in ENDINGS for x in ENDINGS if x)
        return head and (tail or (len(after) >= 3 and self.common(after)))


def _make_english() -> EnglishWords:
    """The shipped word lists, read once."""
    return EnglishWords(gzip.decompress(resource("en_words.txt.gz")), gzip.decompress(resource("en_common.txt.gz")))


english = Once(_make_english)
"""The shipped EnglishWords, read once."""
