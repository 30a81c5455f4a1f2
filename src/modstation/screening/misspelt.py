"""English terms written as no dictionary knows them: by sound (phuk), with letters lost, swapped or starred (sh*t).

Only tokens that are no word of the large list are looked at, and only as a whole or with the ending, or after the
words, that such a term takes. That keeps honest typing out: cnt may be a term, count is not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import ahocorasick
import numpy as np

from modstation.screening.english import ENDINGS, HEADS, english, token_hashes
from modstation.screening.hanviews import Sighting
from modstation.screening.latin import LEET_DIGITS, LEET_SIGNS, latin_term
from modstation.screening.stream import Batch
from modstation.screening.tables import Ints, tables
from modstation.screening.tiers import Boundary, Tier

WILD: Final = "*#%"
"""Signs that stand for any letter."""
_SPELT: Final = {"k": "kcqx", "s": "sz", "i": "iy", "u": "uv", "f": "fp"}
"""Letters that a sound may be written with at the start of a word."""
_VOWELS: Final = str.maketrans("", "", "aeiouy")
_SOUND: Final = str.maketrans("cqxzyv", "kkksiu")
_AGENT: Final = re.compile("er|uh|ah|or")
_RUN: Final = re.compile(r"(.)\1+")
_PIECE: Final = re.compile(r"[a-z0-9@$!|+*#%]+")
_LEET: Final = str.maketrans(LEET_DIGITS | LEET_SIGNS)
_STRETCH: Final = re.compile(r"[^\s\x00]+")
_LONGEST: Final = 40
_MEMORY: Final = 1 << 16


class Found(NamedTuple):
    """A term in a chunk, as places of the chunk."""

    start: int
    end: int
    term: int


def by_sound(word: str) -> str:
    """A word as it sounds: ph as f, c as k, z as s, runs as one letter."""
    return _RUN.sub(r"\1", _AGENT.sub("a", word.replace("ph", "f").replace("ck", "k")).translate(_SOUND))


def bones(word: str) -> str:
    """The consonants of a word, runs as one."""
    return _RUN.sub(r"\1", word.translate(_VOWELS))


def one_off(shown: str, word: str) -> bool:
    """Whether two words of the same consonants differ by one vowel, or by one too many inside, or by missing ones."""
    if len(bones(word)) > 5:
        return True
    if shown[-1] != word[-1] or len(shown) > len(word) + 1 or bones(shown) != bones(word):
        return False
    if len(shown) == len(word):
        return sum(a != b for a, b in zip(shown, word, strict=True)) == 1
    short, long = sorted((shown, word), key=len)
    rest = iter(long)
    return all(letter in rest for letter in short)


def swapped(word: str) -> Iterator[str]:
    """The word with two neighbouring inner letters exchanged."""
    for at in range(1, len(word) - 2):
        if word[at] != word[at + 1]:
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def unordered(word: str) -> str:
    """A word whose inner letters have lost their order: the key of all its swaps."""
    return word[0] + "".join(sorted(word[1:-1])) + word[-1]


class MisspeltView:
    """Finds English terms in the tokens of a batch that are no words."""

    needs_han = False

    def __init__(self, terms: Sequence[tuple[int, str]]) -> None:
        self._sounds: dict[str, list[int]] = defaultdict(list)
        self._bones: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._swaps: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._starred: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
        self._memory: dict[str, tuple[Found, ...]] = {}
        for number, text in terms:
            word = latin_term(text, Boundary.AUTO).letters
            if len(word) < 4 or not (word.isascii() and word.isalpha()):
                continue
            for form in (word, word[:-2]) if word.endswith("er") and len(word) > 7 else (word,):
                if len(by_sound(form)) > 2:
                    self._sounds[by_sound(form)].append(number)
                if len(bones(form)) > 2:
                    self._bones[bones(by_sound(form))].append((form, number))
            self._swaps[unordered(word)].append((word, number))
            self._starred[word[0], len(word)].append((word, number))
        sounds = {form[0] for form in self._sounds} | {found[0][0][0] for found in self._swaps.values()}
        sounds |= {by_sound(word)[0] for found in self._bones.values() for word, _ in found}
        self._firsts = set("".join(_SPELT.get(sound, sound) for sound in sounds))
        self.empty = not self._swaps
        self._skeletons = self._skeleton_automaton()

    def _skeleton_automaton(self) -> ahocorasick.Automaton:
        """What finds the consonants of any term, in any of its ways, in those of a token."""
        swaps = (way for found in self._swaps.values() for word, _ in found for way in swapped(word))
        automaton = ahocorasick.Automaton(ahocorasick.STORE_LENGTH)
        for skeleton in {*map(bones, self._sounds), *self._bones, *(bones(by_sound(way)) for way in swaps)} - {""}:
            automaton.add_word(skeleton)
        automaton.make_automaton()
        return automaton

    def _may_hold(self, word: str) -> bool:
        """Whether the consonants of some term are in the word at all."""
        return next(self._skeletons.iter(bones(by_sound(word))), None) is not None

    def sightings(self, batch: Batch) -> Iterator[Sighting]:
        """Terms in tokens that are no words."""
        seen = -1
        for place in self._odd_places(batch).tolist():
            if place < seen:
                continue
            start, seen = _chunk(batch.text, place)
            chunk = batch.text[start:seen]
            found = self._memory.get(chunk)
            if found is None:
                found = tuple(self._read(chunk)) if seen - start <= _LONGEST else ()
                if len(self._memory) >= _MEMORY:
                    self._memory.clear()
                self._memory[chunk] = found
            for hit in found:
                yield Sighting(start + hit.start, start + hit.end, hit.term, Tier.LEET)

    @staticmethod
    def _odd_places(batch: Batch) -> Ints:
        """Where tokens begin that are no words, and where a star stands beside a letter."""
        letters = batch.latin
        inside = np.zeros(len(letters) + 2, bool)
        inside[1:-1] = letters > 0
        edges = (inside[1:] != inside[:-1]).nonzero()[0]
        starts, ends = edges[0::2], edges[1::2]
        size = ends - starts
        usual = (size > 2) & (size <= _LONGEST)
        starts, ends = starts[usual], ends[usual]
        odd = starts[english().odd(token_hashes(letters, starts, ends))] if len(starts) else starts
        points = batch.points
        stars = ((points == 42) | (points == 35) | (points == 37)).nonzero()[0]
        stars = stars[(stars > 0) & (stars < len(points) - 1)]
        stars = stars[(letters[stars - 1] > 0) & ((letters[stars + 1] > 0) | (points[stars + 1] == points[stars]))]
        return np.sort(np.concatenate([odd, stars])) if len(stars) else odd

    def _read(self, chunk: str) -> Iterator[Found]:
        folded = tables().fold_alike(chunk)
        if len(folded) != len(chunk) or "://" in chunk or (chunk[0] == "@" and english().known(folded[1:])):
            return
        for piece in _PIECE.finditer(folded):
            head = piece.start()
            token = piece.group().rstrip("!|+")
            bare = token.lstrip("#*%@!+|")
            head += len(token) - len(bare)
            token = bare if len(bare) > 2 and bare[-2:] in ("**", "##", "%%") else bare.rstrip("*#%")
            for hit in self._star(token) if any(x in token for x in WILD) else self._plain(token):
                yield Found(head + hit.start, head + hit.end, hit.term)

    def _star(self, token: str) -> Iterator[Found]:
        """A token with stars against every term of its length that begins alike."""
        letters = sum(x not in WILD for x in token)
        if letters < 2 or letters * 5 < len(token) * 2:
            return
        for tail in range(4):
            stem, ending = token[: len(token) - tail], token[len(token) - tail :]
            if ending not in ENDINGS or not stem:
                continue
            for word, number in self._starred.get((stem[0], len(stem)), ()):
                if all(x in WILD or x == y for x, y in zip(stem.translate(_KEEP), word, strict=True)):
                    yield Found(0, len(stem), number)

    def _plain(self, token: str) -> Iterator[Found]:
        words = english()
        word = token.translate(_LEET)
        if len(word) < 3 or not word.isalpha() or sum(x.isalpha() for x in token) < 2:
            return
        if token == word and words.known(word):
            return
        signs = [x for x in token if not x.isalpha()]
        if len(signs) == 1 and len(token) > 3:
            yield from self._star(token.replace(signs[0], "*"))
        if not self._may_hold(word):
            return
        firsts = self._firsts
        prefixes = words.known_prefixes(word)
        for head in range(min(len(word) - 2, len(prefixes))):
            if word[head] not in firsts:
                continue
            if head and not (word[:head] in HEADS or (head > 2 and prefixes[head])):
                continue
            hits = list(self._stems(word[head:], head))
            if hits:
                yield from hits
                return

    def _stems(self, word: str, head: int) -> Iterator[Found]:
        """Terms that the word begins with and that leave an ending."""
        for size in range(len(word), 2, -1):
            stem, ending = word[:size], word[size:]
            if ending not in ENDINGS and len(ending) < 4:
                continue
            numbers = self._named(stem, head)
            if numbers and (ending in ENDINGS or english().known(ending)):
                for number in sorted(numbers):
                    yield Found(head, head + size, number)
                return

    def _named(self, stem: str, head: int) -> set[int]:
        sound = by_sound(stem)
        numbers = set(self._sounds.get(sound, ()))
        numbers.update(number for word, number in self._swaps.get(unordered(stem), ()) if stem in swapped(word))
        if not head or len(stem) > 4:
            near = self._bones.get(bones(sound), ())
            numbers.update(number for word, number in near if one_off(stem, word))
        return numbers


_KEEP: Final = str.maketrans(LEET_DIGITS | {k: v for k, v in LEET_SIGNS.items() if k not in WILD})


def _chunk(text: str, place: int) -> tuple[int, int]:
    """The stretch between blanks around a place, cut off where it grows long."""
    before = text[max(0, place - _LONGEST) : place].rsplit("\x00", 1)[-1]
    whole = before.rsplit(None, 1)[-1] if before and not before[-1].isspace() else ""
    found = _STRETCH.match(text, place, place + _LONGEST)
    return place - len(whole), max(found.end() if found else place, place + 1)
