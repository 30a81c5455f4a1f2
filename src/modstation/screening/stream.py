"""A batch of texts as one stream of codes, and the way back from a match to the original characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from modstation.screening.alphabet import DELETED, EXPANDS, OTHER, SIGN
from modstation.screening.grams import Matcher
from modstation.screening.tables import LIMIT, Codes, Flags, Ints, Kind, Points, tables

_JOINT = "\x00"


@cache
def latin_letters() -> NDArray[np.uint8]:
    """1 to 26 for what means a Latin letter, else 0."""
    plain = tables().plain
    table = np.zeros(LIMIT, np.uint8)
    is_letter = (plain >= 97) & (plain <= 122)
    table[is_letter] = plain[is_letter] - 96
    return table


@dataclass(frozen=True, slots=True)
class Raw:
    """Raw matches: first and last character in the joined text, and the key."""

    first: Ints
    last: Ints
    key: Ints

    @staticmethod
    def of(parts: Sequence[Raw]) -> Raw:
        """All matches of several passes, each once, in the order of the text."""
        if len(parts) == 1:
            return parts[0]
        rows = np.concatenate([np.stack([p.first, p.last, p.key], 1) for p in parts])
        rows = np.unique(rows, axis=0) if len(rows) else rows
        return Raw(rows[:, 0], rows[:, 1], rows[:, 2])


NOTHING = Raw(*(np.empty(0, np.int64) for _ in range(3)))


class Batch:
    """Texts joined by a character that no text holds, as code points."""

    def __init__(self, texts: Sequence[str]) -> None:
        joined = _JOINT.join(texts)
        if joined.count(_JOINT) != len(texts) - 1:
            texts = [text.replace(_JOINT, "\x01") for text in texts]
            joined = _JOINT.join(texts)
        self.text = joined
        self.points: Points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        self.starts: Ints = np.zeros(len(texts) + 1, np.int64)
        np.cumsum(lengths + 1, out=self.starts[1:])

    @cached_property
    def kinds(self) -> NDArray[np.uint8]:
        """The class of every character."""
        found: NDArray[np.uint8] = tables().kind[self.points]
        return found

    @cached_property
    def has_han(self) -> bool:
        """Whether any character is Chinese, Japanese or Korean."""
        return not self.text.isascii() and bool((self.kinds == Kind.HAN).any())

    @cached_property
    def latin(self) -> NDArray[np.uint8]:
        """1 to 26 for every character that means a Latin letter, else 0."""
        found: NDArray[np.uint8] = latin_letters()[self.points]
        return found

    def text_of(self, places: Ints) -> Ints:
        """Which text each place of the joined text belongs to."""
        found: Ints = np.searchsorted(self.starts, places, "right") - 1
        return found


def find(matcher: Matcher, doubled: Ints, codes: Codes, source: Ints | None = None) -> Raw:
    """All keys in a stream. Separators and marks are skipped and runs of a letter count as one.

    `doubled` gives the key that a run of a code is by itself (xxx), or -1.

    `source` says which original place every code came from, where the stream is not the joined text itself.
    """
    kept = (codes > DELETED).nonzero()[0]
    letters = codes[kept]
    if not len(letters):
        return NOTHING
    head, repeats = _run_heads(codes, kept, letters)
    heads = head.nonzero()[0]
    start, key = matcher.find(letters[heads])
    lengths = matcher.lengths[key]
    own = repeats[doubled[letters[repeats]] >= 0]
    if len(own):
        apart = head[own]
        runs = np.unique(np.stack([np.searchsorted(heads, own, "right") - 1 - apart, 1 + apart]), axis=1)
        start, lengths = np.append(start, runs[0]), np.append(lengths, runs[1])
        runs = runs[0]
        key = np.append(key, doubled[letters[heads[runs]]])
    if not len(start):
        return NOTHING
    first = kept[heads[start]]
    last = kept[np.append(heads, len(letters))[start + lengths] - 1]
    return Raw(first, last, key) if source is None else Raw(source[first], source[last], key)


def _run_heads(codes: Codes, kept: Ints, letters: Codes) -> tuple[Flags, Ints]:
    """Where a run of one letter begins, and the places of letters of the alphabet that continue or repeat one.

    Across a separator it is one run only if both letters stand alone; otherwise "bitch here" would lend the h of its
    second word to the first.
    """
    heads: Flags = np.empty(len(letters), bool)
    heads[0] = True
    np.not_equal(letters[1:], letters[:-1], out=heads[1:])
    same = (~heads).nonzero()[0]
    repeats = same[letters[same] != OTHER]
    same = repeats[codes[kept[repeats] - 1] < DELETED]
    if len(same):
        after = np.minimum(same + 1, len(kept) - 1)
        next_apart = (codes[kept[after] - 1] < DELETED) | (after == same)
        before_apart = codes[np.maximum(kept[same - 1] - 1, 0)] < DELETED
        heads[same] = ~(next_apart & before_apart)
    return heads, repeats


def expanded(batch: Batch, codes: Codes) -> tuple[Points, Ints] | None:
    """The texts that hold a character which is several (ligatures, squared words), with these written out."""
    places = (codes == EXPANDS).nonzero()[0]
    if not len(places):
        return None
    which = np.unique(batch.text_of(places))
    index = np.concatenate([np.arange(batch.starts[w], batch.starts[w + 1]) for w in which])
    index = index[index < len(batch.points)]
    points, table = batch.points[index], tables().expand
    at = (codes[index] == EXPANDS).nonzero()[0]
    words = [table[int(points[x])] for x in at]
    repeat = np.ones(len(points), np.int64)
    repeat[at] = [len(word) for word in words]
    wide = np.repeat(points, repeat)
    offsets = np.cumsum(repeat) - repeat
    for place, word in zip(at, words, strict=True):
        wide[offsets[place] : offsets[place] + len(word)] = [ord(x) for x in word]
    return wide, np.repeat(index, repeat)


def _blanks(points: Points) -> Flags:
    blank: Flags = points <= 32
    blank |= points == 0x3000
    blank |= points == 0xA0
    return blank


def signed_tokens(batch: Batch, codes: Codes, near: int) -> tuple[Points, Ints] | None:
    """The tokens in which a leet sign touches a letter, each lot ended by a break.

    `near` is 1 for the token alone, 2 for it and its neighbours, which a term of several words needs.
    """
    places = (codes == SIGN).nonzero()[0]
    if not len(places):
        return None
    points, kind, end = batch.points, tables().kind, len(batch.points) - 1
    after, before = kind[points[np.minimum(places + 1, end)]], kind[points[np.maximum(places - 1, 0)]]
    lettered = _LETTERED[after] | (_LETTERED[before] & (points[places] != ord("!")))
    repeated = codes[np.minimum(places + 1, end)] == SIGN
    places = places[lettered | repeated]
    if not len(places):
        return None
    blanks = np.concatenate([[-1], (_blanks(points)).nonzero()[0], [len(points)]])
    token = np.unique(np.searchsorted(blanks, places))
    left = blanks[np.maximum(token - near, 0)] + 1
    right = blanks[np.minimum(token + near - 1, len(blanks) - 1)]
    lengths = right - left + 1
    offsets = np.cumsum(lengths) - lengths
    index = np.minimum(np.repeat(left - offsets, lengths) + np.arange(int(lengths.sum())), end)
    read = points[index]
    read[offsets + lengths - 1] = 0
    return read, index


_LETTERED = np.array([kind in (Kind.LETTER, Kind.DIGIT) for kind in Kind], bool)
