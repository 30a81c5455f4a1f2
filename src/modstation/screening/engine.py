"""The engine: terms in, matches with exact spans and a disguise word out.

One pass over the most folded text finds a superset; every raw match is then led back to the original characters and
asked whether, there, it writes the term. What needs more than one character for one (expansions, signs for letters)
goes to side passes over the few texts that hold such a thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np

from modstation.screening import hanjudge, latin
from modstation.screening.alphabet import OTHER, Alphabet, key_of
from modstation.screening.context import ordinary_script
from modstation.screening.grams import GramMatcher
from modstation.screening.han import han
from modstation.screening.hanviews import LONGEST, HomophoneView, PartsView, PinyinView, View
from modstation.screening.misspelt import MisspeltView
from modstation.screening.stream import Batch, Raw, expanded, find, signed_tokens
from modstation.screening.tables import Flags, Ints, Kind, tables
from modstation.screening.tiers import Boundary, Tier

BATCH_TEXTS = 600
BATCH_CHARACTERS = 1 << 18
"""A batch ends at either bound: few enough characters to stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a lexicon. `lang` is zh, en or empty; `tiers` are the disguises in which it counts."""

    text: str
    lang: str = ""
    boundary: Boundary = Boundary.AUTO
    tiers: frozenset[Tier] = frozenset(Tier)


class Match(NamedTuple):
    """A term found in a text: code points of the original, end exclusive. `term` is its number in the lexicon."""

    start: int
    end: int
    term: int
    tier: Tier


class Terms(Sequence[Term]):
    """The terms of a lexicon in columns: a hundred thousand of them are read from a cache in a moment."""

    def __init__(self, terms: Iterable[Term]) -> None:
        listed = list(terms)
        self.texts = [term.text for term in listed]
        self.langs = [term.lang for term in listed]
        self.boundaries = [term.boundary for term in listed]
        self.tiers = [term.tiers for term in listed]

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, at: int) -> Term: ...

    @overload
    def __getitem__(self, at: slice) -> list[Term]: ...

    def __getitem__(self, at: int | slice) -> Term | list[Term]:
        if isinstance(at, slice):
            return [self[x] for x in range(*at.indices(len(self)))]
        return Term(self.texts[at], self.langs[at], self.boundaries[at], self.tiers[at])


class Engine:
    """A compiled lexicon. Safe to use from several threads at once."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = Terms(terms)
        groups: dict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(self.terms.texts):
            key = key_of(text)
            if key:
                groups[key].append(number)
        single = [key for key, found in groups.items() if len(key) == 1]
        keys = [key for key in groups if len(key) > 1]
        self.alphabet = Alphabet(groups)
        self._keys = [tuple(groups[key]) for key in keys + single]
        self._is_latin = np.array([latin.is_latin(key) for key in keys + single] or [False], bool)
        self._doubled = np.full(self.alphabet.size, -1, np.int64)
        for number, key in enumerate(single, len(keys)):
            self._doubled[self.alphabet.encode(key)[0]] = number
        self._matcher = GramMatcher([self.alphabet.encode(key) for key in keys], self.alphabet.size, OTHER)

        several = any(len(term.text.split()) > 1 for term in self.terms if term.text.isascii())
        self._words = 2 if several else 1
        self._views = list(self._han_views())

    def _han_views(self) -> Iterator[View]:
        """The side passes that some term asks for."""
        t, listed = tables(), self.terms
        folded = ((number, t.letters(text)) for number, text in enumerate(listed.texts))
        usual = ((number, text) for number, text in folded if 1 < len(text) <= LONGEST)
        letters = {number: text for number, text in usual if all(t.kind[ord(x)] == Kind.HAN for x in text)}
        makers = ((Tier.PINYIN, PinyinView), (Tier.LOOK_ALIKE, PartsView), (Tier.HOMOPHONE, HomophoneView))
        for tier, maker in makers:
            own = {number: text for number, text in letters.items() if tier in listed.tiers[number]}
            if own:
                yield maker(letters if len(own) == len(letters) else own)
        wanted = zip(listed.texts, listed.tiers, listed.boundaries, strict=True)
        words = [
            (number, text)
            for number, (text, tiers, boundary) in enumerate(wanted)
            if Tier.LEET in tiers and text.isascii() and boundary is Boundary.AUTO
        ]
        misspelt = MisspeltView(words)
        if not misspelt.empty:
            yield misspelt

    def without_views(self) -> Engine:
        """This engine with the main pass alone, for comparing speeds."""
        self._views = []
        return self

    def scan(self, texts: Sequence[str]) -> list[list[Match]]:
        """The matches of every text, in the order of their spans."""
        found: list[list[Match]] = []
        for batch in batches(texts):
            found.extend(self._batch(batch))
        return found

    def _batch(self, texts: Sequence[str]) -> list[list[Match]]:
        batch = Batch(texts)
        out: list[list[Match]] = [[] for _ in texts]
        raw = self._raw(batch)
        if len(raw.first):
            which = batch.text_of(raw.first)
            is_latin = self._is_latin[raw.key]
            self._latin(batch, raw, is_latin.nonzero()[0], which, out)
            self._han(batch, raw, (~is_latin).nonzero()[0], which, out)
        for view in self._views:
            if view.needs_han and not batch.has_han:
                continue
            for start, end, term, tier in view.sightings(batch):
                number = int(np.searchsorted(batch.starts, start, "right")) - 1
                offset = int(batch.starts[number])
                if not any(m.term == term and m.start < end - offset and m.end > start - offset for m in out[number]):
                    out[number].append(Match(start - offset, end - offset, term, tier))
        for matches in out:
            if len(matches) > 1:
                matches.sort()
        return out

    def _raw(self, batch: Batch) -> Raw:
        codes = self.alphabet.codes[batch.points]
        parts = [find(self._matcher, self._doubled, codes)]
        wide = expanded(batch, codes)
        if wide is not None:
            points, source = wide
            parts.append(find(self._matcher, self._doubled, self.alphabet.codes[points], source))
        signed = signed_tokens(batch, codes, self._words)
        if signed is not None:
            points, source = signed
            parts.append(find(self._matcher, self._doubled, self.alphabet.with_signs(points), source))
        return Raw.of(parts)

    def _latin(self, batch: Batch, raw: Raw, at: Ints, which: Ints, out: list[list[Match]]) -> None:
        if not len(at):
            return
        first, last = raw.first[at], raw.last[at]
        head, tail = token_around(batch, first, last)
        text, base = batch.text, batch.starts[which[at]]
        rows = zip(
            first.tolist(), (last + 1).tolist(), head.tolist(), (tail + 1).tolist(), raw.key[at].tolist(),
            which[at].tolist(), base.tolist(), strict=True,
        )  # fmt: skip
        texts, boundaries, tiers = self.terms.texts, self.terms.boundaries, self.terms.tiers
        for start, end, left, right, key, number, offset in rows:
            for term in self._keys[key]:
                own = texts[term]
                for first_at, last_at in latin.spans(own, text, start, end):
                    surface = text[first_at:last_at]
                    tier = latin.judge(own, boundaries[term], text[left:first_at], surface, text[last_at:right])
                    if tier is None or tier not in tiers[term]:
                        continue
                    if tier is Tier.EXACT or not ordinary_script(batch, number, first_at, last_at, own):
                        out[number].append(Match(first_at - offset, last_at - offset, term, tier))
                    break

    def _han(self, batch: Batch, raw: Raw, at: Ints, which: Ints, out: list[list[Match]]) -> None:
        if not len(at):
            return
        text, first, last = batch.text, raw.first[at], raw.last[at]
        rows = zip(
            first.tolist(), (last + 1).tolist(), raw.key[at].tolist(), which[at].tolist(),
            batch.starts[which[at]].tolist(), (batch.starts[which[at] + 1] - 1).tolist(),
            words_across(batch, first, last).tolist(), strict=True,
        )  # fmt: skip
        texts, boundaries, tiers = self.terms.texts, self.terms.boundaries, self.terms.tiers
        for start, end, key, number, offset, stop, across in rows:
            for term in self._keys[key]:
                own = texts[term]
                surface = text[start:end]
                if across or surface != own:
                    grown = hanjudge.stretched(own, text, start, end, offset, stop) or (start, end)
                    surface = text[grown[0] : grown[1]]
                    left, right = text[max(offset, grown[0] - 24) : grown[0]], text[grown[1] : min(stop, grown[1] + 24)]
                else:
                    grown, left, right = (start, end), "", ""
                tier = hanjudge.judge(own, boundaries[term], left, surface, right)
                if tier is not None and tier in tiers[term]:
                    out[number].append(Match(grown[0] - offset, grown[1] - offset, term, tier))


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts in lots of a bounded number and length; a text longer than the bound is a lot of its own."""
    start, size = 0, 0
    for at, text in enumerate(texts):
        if at - start >= BATCH_TEXTS or (size and size + len(text) > BATCH_CHARACTERS):
            yield texts[start:at]
            start, size = at, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]


def words_across(batch: Batch, first: Ints, last: Ints) -> Flags:
    """Whether a dictionary word may run across an edge of each span, or its neighbours must be looked at anyway."""
    t, points, end = tables(), batch.points, len(batch.points) - 1
    before, after = points[np.maximum(first - 1, 0)], points[np.minimum(last + 1, end)]
    plain, words = t.plain, han()
    joined = words.joined(plain[before], plain[points[first]]) | words.joined(plain[points[last]], plain[after])
    joined |= _LOOK_FURTHER[t.kind[before]] | _LOOK_FURTHER[t.kind[after]]
    return joined


_LOOK_FURTHER = np.array([kind in (Kind.DELETE, Kind.LETTER, Kind.DIGIT) for kind in Kind], bool)
_TOKEN_REACH = 40


def token_around(batch: Batch, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """The first and last place of the token around each match: letters, digits and the marks between them."""
    kinds, end = batch.kinds, len(batch.points) - 1
    head, tail = first.copy(), last.copy()
    for place, step in ((head, -1), (tail, 1)):
        going = np.arange(len(place))
        for _ in range(_TOKEN_REACH):
            following = place[going] + step
            inside = (following >= 0) & (following <= end)
            going, following = going[inside], following[inside]
            in_token = _IN_TOKEN[kinds[following]]
            going, following = going[in_token], following[in_token]
            if not len(going):
                break
            place[going] = following
    return head, tail


_IN_TOKEN = np.array([kind in (Kind.LETTER, Kind.DIGIT, Kind.DELETE) for kind in Kind], bool)
