"""What the main pass cannot see in Chinese text: pinyin among characters, homophones, characters split into parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import log
from typing import Final, NamedTuple, Protocol

import numpy as np

from modstation.screening.english import english
from modstation.screening.grams import GramMatcher, PairTable
from modstation.screening.han import PAIR_BITS, REACH, UNLISTED, gain_of, han, pair_slot
from modstation.screening.hanjudge import neighbours
from modstation.screening.readings import cuts, readings
from modstation.screening.stream import Batch
from modstation.screening.tables import LIMIT, Flags, Ints, Kind, Points, lines, tables
from modstation.screening.tiers import Tier

HOMOPHONE_GAIN: Final = 3.5
"""How much likelier (natural logarithm) a text must be with the term in place of its homophone."""
ORDINARY_LIST: Final = 400
"""A lexicon longer than this must prove more, since one of its terms sounds like nearly everything."""
SPLIT_GAIN: Final = 8.0
"""The same for a character written as its parts."""
_LONGEST_TYPED: Final = 24
LONGEST: Final = 8
"""Longest Chinese term that these views look for, in characters."""


class Sighting(NamedTuple):
    """A term seen by a view: places in the joined text, end exclusive."""

    start: int
    end: int
    term: int
    tier: Tier


class View(Protocol):
    """A side pass over a batch. `needs_han` lets texts without Chinese characters pass it by."""

    needs_han: bool

    def sightings(self, batch: Batch) -> Iterator[Sighting]:
        """Terms seen in the batch."""
        ...


Letters = Mapping[int, str]
"""The Chinese terms as the views see them: number in the lexicon, and letters as meant."""


def context(batch: Batch, start: int, end: int) -> tuple[str, str]:
    """The Chinese characters directly before and after a span."""
    return neighbours(batch.text[max(0, start - REACH) : start], batch.text[end : end + REACH])


class PinyinView:
    """Latin syllables between Chinese characters (毒liu), read together with their neighbours."""

    needs_han = True

    def __init__(self, letters: Letters) -> None:
        self._letters = letters
        self._longest = max(map(len, letters.values()), default=0)
        by_sound: dict[str, list[int]] = defaultdict(list)
        for number, term in letters.items():
            for way in dict.fromkeys(readings().typed(term)):
                by_sound[" ".join(way)].append(number)
        self._by_sound = {sound: tuple(numbers) for sound, numbers in by_sound.items()}

    def sightings(self, batch: Batch) -> Iterator[Sighting]:
        """Terms of which some characters are written as syllables."""
        for start, end in latin_among_han(batch):
            for way in cuts(tables().fold(batch.text[start:end]).lower()):
                yield from self._read(batch, start, end, way)

    def _read(self, batch: Batch, start: int, end: int, way: tuple[str, ...]) -> Iterator[Sighting]:
        reach = self._longest - 1
        before, after = context(batch, start, end)
        before, after = before[max(0, len(before) - reach) :], after[:reach]
        chars = [*before, *[""] * len(way), *after]
        sounds = [*map(readings().common, before), *way, *map(readings().common, after)]
        first, last = len(before), len(before) + len(way)
        for head in range(last):
            for tail in range(max(head + 2, first + 1), min(head + self._longest, len(chars)) + 1):
                if (head > first and tail < last) or ((head > first or tail < last) and len(way) > 1):
                    continue
                for number in self._by_sound.get(" ".join(sounds[head:tail]), ()):
                    if self._agrees(self._letters[number], chars[head:tail], batch.text[start:end]):
                        shift = start - (first - head) if head <= first else start
                        yield Sighting(shift, end + max(0, tail - last), number, Tier.PINYIN)

    @staticmethod
    def _agrees(letters: str, shown: Sequence[str], typed: str) -> bool:
        """Whether the characters that are shown are the term's own; a term all in letters must be no English word."""
        if any(char and char != own for char, own in zip(shown, letters, strict=True)):
            return False
        return any(shown) or (len(typed) > 3 and not english().known(typed.lower()))


def latin_among_han(batch: Batch) -> Iterator[tuple[int, int]]:
    """The Latin tokens that touch a Chinese character."""
    is_han, latin = batch.kinds == _HAN, batch.latin
    is_latin = latin > 0
    after_han = (is_han[:-1] & is_latin[1:]).nonzero()[0] + 1
    before_han = (is_latin[:-1] & is_han[1:]).nonzero()[0]
    seen = -1
    for place in np.sort(np.concatenate([after_han, before_han])).tolist():
        if place < seen:
            continue
        start, end = place, place + 1
        while start > 0 and latin[start - 1] and place - start <= _LONGEST_TYPED:
            start -= 1
        while end < len(latin) and latin[end] and end - place <= _LONGEST_TYPED:
            end += 1
        seen = end
        if end - start <= _LONGEST_TYPED:
            yield start, end


class HomophoneView:
    """Characters that sound like the term where the text makes no sense as it stands.

    Two characters must sound the same; of a longer term some may sound alike (zh as z, ng as n).
    """

    needs_han = True

    def __init__(self, letters: Letters) -> None:
        self._letters = letters
        self._gain = HOMOPHONE_GAIN + max(0.0, log(max(1, len(letters)) / ORDINARY_LIST))
        pairs = {number: term for number, term in letters.items() if len(term) == 2}
        longer = {number: term for number, term in letters.items() if len(term) > 2}
        self._pairs, self._longer = _Sounds(pairs, readings().exact, 1), _Sounds(longer, readings().alike, 2)

    def sightings(self, batch: Batch) -> Iterator[Sighting]:
        """Terms that the text sounds like."""
        plain, points, known = tables().plain, batch.points, readings()
        for part, codes in ((self._pairs, known.by_point), (self._longer, known.alike_by_point)):
            start, key = part.matcher.find(codes[points])
            end = start + part.matcher.lengths[key]
            likely = part.best[key] - han().single_sums(points, start, end) >= self._gain
            start, end, key = start[likely], end[likely], key[likely]
            if part is self._pairs and len(start):
                keep = ~han().joined(plain[points[start]], plain[points[start + 1]])
                start, end, key = start[keep], end[keep], key[keep]
            for first, last, number in zip(start.tolist(), end.tolist(), key.tolist(), strict=True):
                yield from self._sound(batch, first, last, part.terms[number])

    def _sound(self, batch: Batch, first: int, last: int, numbers: Sequence[int]) -> Iterator[Sighting]:
        shown = tables().fold(batch.text[first:last])
        for number in numbers:
            term = self._letters[number]
            differ = sum(a != b for a, b in zip(shown, term, strict=False))
            if not differ or len(shown) != len(term) or (differ * 2 > len(shown) > 2):
                continue
            left, right = context(batch, first, last)
            if gain_of(left, shown, right, term) >= self._gain:
                yield Sighting(first, last, number, Tier.HOMOPHONE)


class _Sounds:
    """Terms by their sound, and what finds them in a stream of sounds."""

    def __init__(self, letters: Letters, number_of: dict[str, int], ways: int) -> None:
        sounds: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for number, term in letters.items():
            for way in dict.fromkeys(readings().ways(term, ways)):
                if all(way):
                    sounds[tuple(number_of[x] for x in way)].append(number)
        self.terms = [tuple(numbers) for numbers in sounds.values()]
        self.matcher = GramMatcher(list(sounds), max(number_of.values()) + 1, 0)
        score = han().score
        best = [max(max(score(letters[number]), UNLISTED) for number in group) for group in self.terms]
        self.best = np.array(best or [0.0], np.float32)


class PartsView:
    """Characters written as their parts beside each other (忄生 for 性)."""

    needs_han = True

    def __init__(self, letters: Letters) -> None:
        self._terms = {term: number for number, term in reversed(tuple(letters.items()))}
        self._longest = max(map(len, letters.values()), default=0)
        wanted = set("".join(self._terms))
        self._whole: dict[str, str] = {}
        for line in lines("components.tsv.gz"):
            char, _, ways = line.partition("\t")
            if char in wanted:
                self._whole.update((way, char) for way in ways.split(" "))
        pairs = sorted({way[:2] for way in self._whole})
        self._pairs = PairTable([[ord(x) & 0xFFFF for x in pair] for pair in pairs], range(len(pairs)))
        self._is_first, self._is_second = np.zeros(LIMIT, bool), np.zeros(LIMIT, bool)
        self._is_first[[ord(pair[0]) for pair in pairs]] = True
        self._is_second[[ord(pair[1]) for pair in pairs]] = True
        self._beside = {a + b for letters in self._terms for a, b in pairwise(letters)}
        beside = np.array([[ord(x) for x in pair] for pair in sorted(self._beside)] or [[0, 0]], np.uint32)
        self._is_beside = np.zeros(1 << PAIR_BITS, bool)
        self._is_beside[pair_slot(beside[:, 0], beside[:, 1])] = True
        wholes = [self._whole.get(pair, "") for pair in pairs]
        self._whole_of = np.array([ord(whole or "\x00") for whole in wholes] or [0], np.uint32)

    def sightings(self, batch: Batch) -> Iterator[Sighting]:
        """Terms of which some characters are written in parts."""
        firsts = self._is_first[batch.points].nonzero()[0]
        if not len(firsts):
            return
        following = self._following(batch, firsts)
        ok = self._is_second[batch.points[following]] & (following > firsts)
        firsts, following = firsts[ok], following[ok]
        if not len(firsts):
            return
        head, tail = batch.points[firsts].astype(np.uint16), batch.points[following].astype(np.uint16)
        hit, pair = self._pairs.find(head, tail)
        hit = hit[self._may_stand(batch, firsts[hit], following[hit], self._whole_of[pair])]
        seen = 0
        for place in firsts[hit].tolist():
            if place >= seen:
                for sighting in self._around(batch, place):
                    seen = max(seen, sighting.end)
                    yield sighting

    def _may_stand(self, batch: Batch, first: Ints, last: Ints, whole: Points) -> Flags:
        """Whether the whole character stands beside a neighbour as it does in some term.

        A way of three parts is let through, and so is a split character beside another.
        """
        plain, points, end = tables().plain, batch.points, len(batch.points) - 1
        before, after = points[np.maximum(first - 1, 0)], points[np.minimum(last + 1, end)]
        wanted: Flags = (
            self._is_beside[pair_slot(plain[before], whole)] | self._is_beside[pair_slot(whole, plain[after])]
        )
        wanted |= (whole == 0) | self._is_first[after] | self._is_second[before] | (plain[before] == 0)
        return wanted

    @staticmethod
    def _following(batch: Batch, places: Ints) -> Ints:
        """The next place that is neither blank nor mark, up to three further on."""
        end = len(batch.points) - 1
        following = np.minimum(places + 1, end)
        for _ in range(2):
            skip = _SKIPPED[batch.kinds[following]]
            following = np.minimum(following + skip, end)
        return following

    def _around(self, batch: Batch, place: int) -> list[Sighting]:
        """Terms that cover a split character, with every split nearby put together."""
        before = tables().letters(batch.text[max(0, place - 8) : place].rsplit("\x00", 1)[-1])
        raw = batch.text[place : place + 24].split("\x00", 1)[0]
        after = tables().letters(raw)
        size, whole = self._split_at(after, 0)
        if not whole or not self._wanted(before[-1:], whole, after, size):
            return []
        low = place - len(batch.text[max(0, place - 8) : place].rsplit("\x00", 1)[-1])
        kept = [at for at in range(low, place + len(raw)) if tables().letters(batch.text[at])]
        letters = "".join(tables().letters(batch.text[at])[:1] for at in kept)
        return self._joined(batch, place, letters, kept)

    def _joined(self, batch: Batch, place: int, letters: str, where: list[int]) -> list[Sighting]:
        """Put split characters together from left to right where a term wants them, then look terms up."""
        parts: list[_Part] = []
        at = own = 0
        while at < len(letters):
            size, whole = self._split_at(letters, at)
            if whole and self._wanted(parts[-1].char if parts else "", whole, letters, at + size):
                own = len(parts) if where[at] <= place else own
                parts.append(_Part(whole, where[at], where[at + size - 1] + 1))
                at += size
            else:
                parts.append(_Part(letters[at], where[at], where[at] + 1))
                at += 1
        return list(self._look_up(batch, own, parts))

    def _split_at(self, letters: str, at: int) -> tuple[int, str]:
        for size in (3, 2):
            whole = self._whole.get(letters[at : at + size])
            if whole:
                return len(letters[at : at + size]), whole
        return 0, ""

    def _wanted(self, before: str, whole: str, letters: str, after: int) -> bool:
        _, split = self._split_at(letters, after)
        beside = self._beside
        return before + whole in beside or whole + letters[after : after + 1] in beside or whole + split in beside

    def _look_up(self, batch: Batch, own: int, parts: list[_Part]) -> Iterator[Sighting]:
        for head in range(max(0, own - self._longest + 1), own + 1):
            for tail in range(max(head + 2, own + 1), min(head + self._longest, len(parts)) + 1):
                letters = "".join(part.char for part in parts[head:tail])
                number = self._terms.get(letters)
                if number is None:
                    continue
                start, end = parts[head].start, parts[tail - 1].end
                shown = tables().letters(batch.text[start:end])
                left, right = context(batch, start, end)
                if shown != letters and gain_of(left, shown, right, letters) >= SPLIT_GAIN:
                    yield Sighting(start, end, number, Tier.LOOK_ALIKE)


class _Part(NamedTuple):
    """A character and the places that write it."""

    char: str
    start: int
    end: int


_HAN = np.uint8(Kind.HAN)
_SKIPPED = np.array([kind in (Kind.DELETE, Kind.SEPARATOR) for kind in Kind], np.int64)
