"""Finding keys in a stream of codes: an n-gram filter in numpy before a pyahocorasick automaton.

pyahocorasick walks a node's children one by one, so a Chinese lexicon with thousands of first characters is slow in
it. Two measures lift that: every code is split into symbols of a small alphabet, and the automaton sees only stretches
whose first two, three and four codes can start a key. Keys of two codes never reach it: their pair is the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import ahocorasick
import numpy as np

from modstation.screening.tables import Codes, Flags, Ints, Points

_PRIMES = tuple(np.uint32(x) for x in (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F))
_LONGEST = 250
_SMALL_LIST = 30_000
_SMALL_STREAM = 80
_KEY, _PREFIX = 2, 1
_FIRST_SYMBOL, _SYMBOL_BAND = 0x100, 0x400

Found = tuple[Ints, Ints]
"""Where keys start in the stream, and which keys."""


class Matcher(Protocol):
    """Anything that finds all keys in a stream of codes. `lengths` are those of the keys."""

    lengths: Ints

    def find(self, codes: Codes) -> Found:
        """Start positions and key numbers of all occurrences, in no promised order."""
        ...


class PairTable:
    """Exact look-up of two-code keys by an open hash table that numpy probes in a few steps."""

    def __init__(self, keys: Sequence[Sequence[int]], numbers: Sequence[int]) -> None:
        self._few = {(key[0] << 16) | key[1]: number for key, number in zip(keys, numbers, strict=True)}
        if len(keys) > _SMALL_LIST:
            self._few = {}
        size = 1 << max(8, int(len(keys) * 2).bit_length() + 1)
        self._shift = np.uint32(33 - size.bit_length())
        self._mask = size - 1
        self._pairs = np.zeros(size, np.uint32)
        self._ids = np.full(size, -1, np.int32)
        for key, number in zip(keys, numbers, strict=True):
            pair = (key[0] << 16) | key[1]
            slot = int((np.uint64(pair) * np.uint64(_PRIMES[0])) & np.uint64(0xFFFFFFFF)) >> int(self._shift)
            while self._ids[slot] >= 0:
                slot = (slot + 1) & self._mask
            self._pairs[slot], self._ids[slot] = pair, number

    def find(self, first: Codes, second: Codes) -> tuple[Ints, Ints]:
        """Indices of the pairs that are keys, and the key numbers."""
        pairs = (first.astype(np.uint32) << np.uint32(16)) | second
        if self._few and len(pairs) < _SMALL_STREAM:
            return self._find_few(pairs)
        slots = ((pairs * _PRIMES[0]) >> self._shift).astype(np.int64)
        here, ids = np.arange(len(pairs)), np.full(len(pairs), -1, np.int64)
        while len(here):
            at = slots[here]
            number = self._ids[at]
            same = (self._pairs[at] == pairs[here]) & (number >= 0)
            ids[here[same]] = number[same]
            here = here[~same & (number >= 0)]
            slots[here] = (slots[here] + 1) & self._mask
        hit = (ids >= 0).nonzero()[0]
        return hit, ids[hit]

    def _find_few(self, pairs: Points) -> tuple[Ints, Ints]:
        found = [(at, self._few[pair]) for at, pair in enumerate(pairs.tolist()) if pair in self._few]
        both = np.array(found, np.int64).reshape(-1, 2)
        return both[:, 0], both[:, 1]


class GramMatcher:
    """Finds every key of a lexicon in a stream of 16-bit codes. Keys hold two codes and more, each below `alphabet`."""

    def __init__(self, keys: Sequence[Sequence[int]], alphabet: int, other: int) -> None:
        self._other = np.uint16(other)
        bits = max(14, min(21, (len(keys) * 24).bit_length()))
        self._shift = np.uint32(32 - bits)
        self._second, self._third, self._fourth = (np.zeros(1 << bits, np.uint8) for _ in range(3))
        self.lengths = np.array([len(key) for key in keys] or [0], np.int64)
        self._split(alphabet)
        short = [number for number, key in enumerate(keys) if len(key) == 2]
        self._pairs = PairTable([keys[number] for number in short], short)
        self._mark(keys)
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        self._has_long = len(short) < len(keys)
        for number, key in enumerate(keys):
            if len(key) > 2:
                self._automaton.add_word(self._symbols(np.array(key, np.uint16)), number)
        if self._has_long:
            self._automaton.make_automaton()

    def _split(self, alphabet: int) -> None:
        base = 2
        while base * base < alphabet:
            base += 1
        code = np.arange(alphabet)
        self._high = (code // base + _FIRST_SYMBOL).astype(np.uint16)
        self._low = (code % base + _FIRST_SYMBOL + _SYMBOL_BAND).astype(np.uint16)

    def _symbols(self, codes: Codes) -> str:
        """Codes as a string of two symbols each, from disjoint ranges so that no match can start half-way."""
        both = np.empty(2 * len(codes), np.uint16)
        both[0::2], both[1::2] = self._high[codes], self._low[codes]
        return both.tobytes().decode("utf-16-le")

    def _mark(self, keys: Sequence[Sequence[int]]) -> None:
        """Fill the three filter tables; a key's own byte says how far its stretch reaches."""
        for size in (2, 3, 4):
            chosen = [key for key in keys if (len(key) == size if size < 4 else len(key) >= 4)]
            if not chosen:
                continue
            head = np.array([key[:size] for key in chosen], np.uint32)
            second = (head[:, 0] * _PRIMES[0]) ^ (head[:, 1] * _PRIMES[1])
            self._set(self._second, second, _KEY if size == 2 else _PREFIX)
            if size > 2:
                third = (second * _PRIMES[3]) ^ (head[:, 2] * _PRIMES[2])
                self._set(self._third, third, _KEY if size == 3 else _PREFIX)
            if size > 3:
                fourth = (third * _PRIMES[3]) ^ (head[:, 3] * _PRIMES[1])
                reach = np.array([min(len(key), _LONGEST) for key in chosen], np.uint8)
                np.maximum.at(self._fourth, fourth >> self._shift, reach)

    def _set(self, table: np.ndarray, hashes: np.ndarray, bit: int) -> None:
        np.bitwise_or.at(table, hashes >> self._shift, np.uint8(bit))

    def find(self, codes: Codes) -> Found:
        """Start positions and key numbers of all occurrences."""
        size = len(codes)
        padded = np.concatenate([codes, np.full(4, self._other, np.uint16)])
        wide = padded.astype(np.uint32)
        hashes = wide[:-4] * _PRIMES[0]
        hashes ^= wide[1:-3] * _PRIMES[1]
        marks = self._second[hashes >> self._shift]
        at = marks.nonzero()[0]
        if not len(at):
            return at, at
        marks, hashes = marks[at], hashes[at]
        pairs = at[marks >= _KEY]
        hit, ids = self._pairs.find(padded[pairs], padded[pairs + 1])
        pairs = pairs[hit]
        if not self._has_long:
            return pairs, ids
        longer = (marks & _PREFIX) > 0
        start, number = self._long(padded, wide, at[longer], hashes[longer], size)
        return np.concatenate([pairs, start]), np.concatenate([ids, number])

    def _long(self, padded: Codes, wide: np.ndarray, at: Ints, hashes: np.ndarray, size: int) -> Found:
        third = (hashes * _PRIMES[3]) ^ (wide[at + 2] * _PRIMES[2])
        marks = self._third[third >> self._shift]
        kept = marks.nonzero()[0]
        at, third, marks = at[kept], third[kept], marks[kept]
        fourth = (third * _PRIMES[3]) ^ (wide[at + 3] * _PRIMES[1])
        reach = np.where(marks & _PREFIX, self._fourth[fourth >> self._shift], 0).astype(np.int64)
        reach = np.maximum(reach, (marks >= _KEY) * 3)
        kept = reach.nonzero()[0]
        if not len(kept):
            return kept, kept
        return self._walk(padded, at[kept], reach[kept], size)

    def _walk(self, padded: Codes, starts: Ints, reach: Ints, size: int) -> Found:
        """Join overlapping stretches and let the automaton read them, each ended by a code of no key."""
        ends = np.maximum.accumulate(starts + reach)
        fresh: Flags = np.empty(len(starts), bool)
        fresh[0] = True
        fresh[1:] = starts[1:] >= ends[:-1]
        heads = fresh.nonzero()[0]
        first = starts[heads]
        last = np.minimum(ends[np.append(heads[1:] - 1, len(starts) - 1)], size)
        lengths = last - first + 1
        offsets = np.cumsum(lengths) - lengths
        place = np.repeat(first - offsets, lengths) + np.arange(int(lengths.sum()))
        read = padded[place]
        read[offsets + lengths - 1] = self._other
        found = list(self._automaton.iter(self._symbols(read)))
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        pairs = np.array(found, np.int64)
        number = pairs[:, 1]
        return place[pairs[:, 0] >> 1] - self.lengths[number] + 1, number
