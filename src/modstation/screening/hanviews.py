"""What the main pass cannot see in Chinese text: pinyin among characters, homophones, characters split into parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from typing import Final, NamedTuple, Protocol

import numpy as np

from modstation.screening.english import english
from modstation.screening.grams import GramMatcher, PairTable
from modstation.screening.han import REACH, UNLISTED, gain_of, han
from modstation.screening.readings import cuts, readings
from modstation.screening.stream import Batch
from modstation.screening.tables import LIMIT, Flags, Ints, Kind, lines, tables
from modstation.screening.tiers import Tier

HOMOPHONE_GAIN: Final = 3.5
"""How much likelier (natural logarithm) a text must be with the term in place of its homophone."""
ORDINARY_LIST: Final = 400
"""A lexicon longer than this must prove more, since one of its terms sounds like nearly everything."""
SPLIT_GAIN: Final = 8.0
"""The same for a character written as its parts."""
LONGEST: Final = 8
"""Longest Chinese term that these views look for, in characters."""


class Sighting(NamedTuple):
    """A term seen by a view: places in the joined text, end exclusive."""

    start: int
    end: int
    term: int
    tier: Tier


class View(Protocol):
    """A side pass over a batch."""

    def sightings(self, batch: Batch) -> Iterator[Sighting]:
        """Terms seen in the batch."""
        ...


@dataclass(frozen=True, slots=True)
class HanTerm:
    """A Chinese term as the views see it: its number in the lexicon and its letters as meant."""

    number: int
    letters: str


def context(batch: Batch, start: int, end: int) -> tuple[str, str]:
    """The Chinese characters directly before and after a span."""
    t, text = tables(), batch.text
    left, right = [], []
    for char in reversed(text[max(0, start - REACH) : start]):
        if t.kind[ord(char)] != Kind.HAN:
            break
        left.append(t.fold(char))
    for char in text[end : end + REACH]:
        if t.kind[ord(char)] != Kind.HAN:
            break
        right.append(t.fold(char))
    return "".join(reversed(left)), "".join(right)


class PinyinView:
    """Latin syllables between Chinese characters (毒liu), read together with their neighbours."""

    def __init__(self, terms: Sequence[HanTerm]) -> None:
        self._by_sound: dict[str, list[HanTerm]] = defaultdict(list)
        self._longest = max((len(term.letters) for term in terms), default=0)
        for term in terms:
            for way in set(readings().typed(term.letters)):
                self._by_sound[" ".join(way)].append(term)

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
                for term in self._by_sound.get(" ".join(sounds[head:tail]), ()):
                    if self._agrees(term.letters, chars[head:tail], batch.text[start:end]):
                        shift = start - (first - head) if head <= first else start
                        yield Sighting(shift, end + max(0, tail - last), term.number, Tier.PINYIN)

    @staticmethod
    def _agrees(letters: str, shown: Sequence[str], typed: str) -> bool:
        """Whether the characters that are shown are the term's own; a term all in letters must be no English word."""
        if any(char and char != own for char, own in zip(shown, letters, strict=True)):
            return False
        return any(shown) or (len(typed) > 3 and not english().known(typed.lower()))


def latin_among_han(batch: Batch) -> Iterator[tuple[int, int]]:
    """The Latin tokens that touch a Chinese character."""
    points = batch.points
    lower = points | np.uint32(32)
    is_latin: Flags = (lower >= 97) & (lower <= 122)
    wide = np.flatnonzero((points >= 0xC0) & (points < 0x250) | (points >= 0xFF21) & (points <= 0xFF5A))
    is_latin[wide] = True
    edge = np.flatnonzero(is_latin[1:] != is_latin[:-1])
    if not len(edge):
        return
    is_han = tables().kind[points] == Kind.HAN
    starts = edge[is_latin[edge + 1]] + 1
    starts = np.concatenate([[0], starts]) if is_latin[0] else starts
    ends = edge[is_latin[edge]] + 1
    ends = np.append(ends, len(points)) if is_latin[-1] else ends
    touching = is_han[np.maximum(starts - 1, 0)] | is_han[np.minimum(ends, len(points) - 1)]
    touching &= ends - starts <= 24
    yield from zip(starts[touching].tolist(), ends[touching].tolist(), strict=True)


class HomophoneView:
    """Characters that sound like the term where the text makes no sense as it stands."""

    def __init__(self, terms: Sequence[HanTerm]) -> None:
        sounds: dict[tuple[int, ...], list[HanTerm]] = defaultdict(list)
        known = readings()
        self._gain = HOMOPHONE_GAIN + max(0.0, log(max(1, len(terms)) / ORDINARY_LIST))
        for term in terms:
            for way in set(known.ways(term.letters, 1 if len(term.letters) == 2 else 2)):
                if all(way):
                    sounds[tuple(known.alike[x] for x in way)].append(term)
        self._terms = list(sounds.values())
        self._matcher = GramMatcher(list(sounds), known.size, 0)
        score = han().score
        best = [max(max(score(term.letters), UNLISTED) for term in group) for group in self._terms]
        self._best = np.array(best or [0.0], np.float32)

    def sightings(self, batch: Batch) -> Iterator[Sighting]:
        """Terms that the text sounds like."""
        known = readings()
        codes = known.alike_by_point[batch.points]
        start, key = self._matcher.find(codes)
        if not len(start):
            return
        end = start + self._matcher.lengths[key]
        single = han().single_sums(batch.points)
        likely = self._best[key] - (single[end] - single[start]) >= self._gain
        start, end, key = start[likely], end[likely], key[likely]
        plain = tables().plain
        two = end - start == 2
        words = han().joined(plain[batch.points[start]], plain[batch.points[start + 1]])
        keep = ~(two & words)
        for first, last, number in zip(start[keep].tolist(), end[keep].tolist(), key[keep].tolist(), strict=True):
            yield from self._sound(batch, first, last, self._terms[number])

    def _sound(self, batch: Batch, first: int, last: int, terms: Sequence[HanTerm]) -> Iterator[Sighting]:
        shown = tables().fold(batch.text[first:last])
        known = readings()
        for term in terms:
            differ = [(a, b) for a, b in zip(shown, term.letters, strict=False) if a != b]
            if not differ or len(shown) != len(term.letters):
                continue
            if len(shown) == 2 and any(known.common(a) != known.common(b) for a, b in differ):
                continue
            if len(differ) * 2 > len(shown) and len(shown) > 2:
                continue
            left, right = context(batch, first, last)
            if gain_of(left, shown, right, term.letters) >= HOMOPHONE_GAIN:
                yield Sighting(first, last, term.number, Tier.HOMOPHONE)


class PartsView:
    """Characters written as their parts beside each other (忄生 for 性)."""

    def __init__(self, terms: Sequence[HanTerm]) -> None:
        self._terms = {term.letters: term.number for term in reversed(terms)}
        self._longest = max((len(term.letters) for term in terms), default=0)
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
        self._beside = {a + b for letters in self._terms for a, b in zip(letters, letters[1:], strict=False)}

    def sightings(self, batch: Batch) -> Iterator[Sighting]:
        """Terms of which some characters are written in parts."""
        t = tables()
        firsts = np.flatnonzero(self._is_first[batch.points])
        if not len(firsts):
            return
        following = self._following(batch, firsts)
        ok = self._is_second[batch.points[following]] & (following > firsts)
        firsts, following = firsts[ok], following[ok]
        if not len(firsts):
            return
        head, tail = batch.points[firsts].astype(np.uint16), batch.points[following].astype(np.uint16)
        hit, _ = self._pairs.find(head, tail)
        del t
        seen = 0
        for place in firsts[hit].tolist():
            if place >= seen:
                for sighting in self._around(batch, place):
                    seen = max(seen, sighting.end)
                    yield sighting

    @staticmethod
    def _following(batch: Batch, places: Ints) -> Ints:
        """The next place that is neither blank nor mark, up to three further on."""
        kind, end = tables().kind, len(batch.points) - 1
        following = np.minimum(places + 1, end)
        for _ in range(2):
            skip = np.isin(kind[batch.points[following]], (Kind.DELETE, Kind.SEPARATOR))
            following = np.minimum(following + skip, end)
        return following

    def _around(self, batch: Batch, place: int) -> list[Sighting]:
        """Terms that cover a split character, with every split nearby put together."""
        low, high = max(0, place - 12), min(len(batch.points), place + 24)
        letters, where = [], []
        for at in range(low, high):
            kind = tables().kind_of(batch.text[at])
            if kind == Kind.BREAK:
                if at >= place:
                    break
                letters, where = [], []
            elif kind in (Kind.HAN, Kind.LETTER, Kind.DIGIT):
                letters.append(tables().fold(batch.text[at]))
                where.append(at)
        return self._joined(batch, place, letters, where)

    def _joined(self, batch: Batch, place: int, letters: list[str], where: list[int]) -> list[Sighting]:
        """Put split characters together from left to right where a term wants them, then look terms up."""
        spans: list[tuple[str, int, int, bool]] = []
        at = 0
        while at < len(letters):
            size, whole = self._split_at(letters, at)
            if whole and self._wanted(spans[-1][0] if spans else "", whole, letters, at + size):
                spans.append((whole, where[at], where[at + size - 1] + 1, True))
                at += size
            else:
                spans.append((letters[at], where[at], where[at] + 1, False))
                at += 1
        return list(self._look_up(batch, place, spans))

    def _split_at(self, letters: list[str], at: int) -> tuple[int, str]:
        for size in (3, 2):
            whole = self._whole.get("".join(letters[at : at + size])) if at + size <= len(letters) else None
            if whole:
                return size, whole
        return 0, ""

    def _wanted(self, before: str, whole: str, letters: list[str], after: int) -> bool:
        following = letters[after] if after < len(letters) else ""
        _, split = self._split_at(letters, after)
        return before + whole in self._beside or whole + following in self._beside or whole + split in self._beside

    def _look_up(self, batch: Batch, place: int, spans: list[tuple[str, int, int, bool]]) -> Iterator[Sighting]:
        for head in range(len(spans)):
            for tail in range(head + 2, min(head + self._longest, len(spans)) + 1):
                part = spans[head:tail]
                covers = any(split and start <= place < end for _, start, end, split in part)
                number = self._terms.get("".join(x for x, *_ in part)) if covers else None
                if number is None:
                    continue
                start, end = part[0][1], part[-1][2]
                shown = "".join(x for x in tables().fold(batch.text[start:end]) if tables().kind_of(x) == Kind.HAN)
                left, right = context(batch, start, end)
                if gain_of(left, shown, right, "".join(x for x, *_ in part)) >= SPLIT_GAIN:
                    yield Sighting(start, end, number, Tier.LOOK_ALIKE)
