"""Latin terms: does a found stretch, in the token it stands in, write the term?

A token that is an ordinary English word is taken at its word: class does not hold a slur. A token that is none may be
a term glued to others (ihate), a form of it (b1tches), or nothing at all (a name).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from modstation.screening.english import ACCIDENTS, ENDINGS, HEADS, PLURALS, english
from modstation.screening.tables import Kind, tables
from modstation.screening.tiers import Boundary, Tier

LEET_DIGITS: Final = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g"}
LEET_SIGNS: Final = {"@": "a", "$": "s", "!": "i", "|": "i", "+": "t"}
MERGED: Final = {"l": "i", "v": "u"}
"""Letters that stand for each other in leet; such a match needs a token that is no word."""
_LEET: Final = {ord(k): v for k, v in (LEET_DIGITS | LEET_SIGNS).items()}
_APOSTROPHES: Final = "'\u2019\u02bc"
_CLITICS: Final = frozenset(["s", "ll", "re", "ve", "d", "t", "m"])
_BLANKS: Final = " \t\n\r\u3000\xa0"


@dataclass(frozen=True, slots=True)
class LatinTerm:
    """A Latin term as it is compared: its words, and its letters without what separates them."""

    text: str
    letters: str
    words: tuple[str, ...]
    boundary: Boundary


@lru_cache(maxsize=1 << 17)
def latin_term(text: str, boundary: Boundary) -> LatinTerm:
    """Fold a term for comparison."""
    folded = tables().fold_alike(text)
    words = "".join(x if x.isalnum() else " " for x in folded).split()
    return LatinTerm(text, "".join(words), tuple(words), boundary)


def runs(text: str) -> tuple[tuple[str, int], ...]:
    """Letters with the lengths of their runs."""
    return tuple((char, len(list(group))) for char, group in groupby(text))


@dataclass(frozen=True, slots=True)
class Written:
    """How a surface writes a term: `same` letters, with `more` or `fewer` repeats, with `signs` for letters."""

    same: bool
    more: bool
    fewer: bool
    signs: bool
    alike: bool


def written(term: LatinTerm, surface: str) -> Written:
    """Compare a surface (with its separators and marks) to a term, letter by letter."""
    plain, drawn = tables().fold(surface), tables().fold_alike(surface)
    wanted = set(term.letters)
    shown = "".join(x for x in drawn if x.isalnum() or (x in LEET_SIGNS))
    letters = "".join(x if x in wanted else x.translate(_LEET) for x in shown)
    ours, theirs = runs(letters), runs(term.letters)
    same = [x for x, _ in ours] == [x for x, _ in theirs]
    more = same and any(a > b for (_, a), (_, b) in zip(ours, theirs, strict=True))
    fewer = same and any(a < b for (_, a), (_, b) in zip(ours, theirs, strict=True))
    signs = any(not x.isalpha() and x not in wanted for x in shown)
    alike = any(a != b and b.isascii() for a, b in zip(plain, drawn, strict=True)) if len(plain) == len(drawn) else True
    return Written(same, more, fewer, signs, alike)


def tier_of(term: LatinTerm, surface: str, how: Written, separated: bool) -> Tier:
    """The one word for the disguise: the least usual thing that was needed."""
    if surface == term.text:
        return Tier.EXACT
    if not how.same or how.signs or how.fewer:
        return Tier.LEET
    if how.alike:
        return Tier.LOOK_ALIKE
    if separated:
        return Tier.SEPARATED
    return Tier.REPEATED if how.more else Tier.FOLDED


@lru_cache(maxsize=1 << 17)
def judge(text: str, boundary: Boundary, left: str, surface: str, right: str) -> Tier | None:
    """The disguise of a term found as `surface` between the rest of its token, or None where it is not the term."""
    if surface == text and not left and not right:
        return Tier.EXACT
    term = latin_term(text, boundary)
    if term.letters.isdigit() or (len(term.letters) < 3 and surface.lower() != text.lower()):
        return None
    how = written(term, surface)
    fold = tables().fold_alike
    left, right = fold(left), fold(right)
    if how.signs and not _has_letters(surface):
        return None
    parts = _parts(surface)
    separated = len(parts) > 1 and parts != term.words
    if len(parts) != len(term.words) and len(term.letters) < 3:
        return None
    if boundary is not Boundary.INSIDE:
        if len(parts) > 1 and not _spread(term, how, parts, surface, left, right):
            return None
        if len(parts) == 1 and not _fits(term, how, left, parts[0], right):
            return None
    return tier_of(term, surface, how, separated)


def _parts(surface: str) -> tuple[str, ...]:
    folded = tables().fold_alike(surface)
    return tuple("".join(x if x.isalnum() or x in LEET_SIGNS else " " for x in folded).split())


def _has_letters(surface: str) -> bool:
    """Whether a surface is more than a number: one letter or sign in it, two where it has but three characters."""
    shown = [x for x in tables().fold_alike(surface) if x.isalnum() or x in LEET_SIGNS]
    letters = sum(not x.isdigit() for x in shown)
    return letters > 0 and len(shown) > 2 and (letters > 1 or len(shown) > 3 or not shown[-1].isalpha())


def _spread(term: LatinTerm, how: Written, parts: tuple[str, ...], surface: str, left: str, right: str) -> bool:
    """Whether a surface with separators inside is the term, and not made of the ends of ordinary words."""
    if left or (right and right not in PLURALS) or how.fewer or not (how.same or how.signs):
        return False
    if parts == term.words or len(parts) == len(term.words):
        return how.same or how.signs
    return _spelled_out(term, parts, surface)


def _spelled_out(term: LatinTerm, parts: tuple[str, ...], surface: str) -> bool:
    """Whether separators that the term does not have are a disguise."""
    blank = any(x in _BLANKS for x in surface)
    if all(len(part) == 1 for part in parts):
        return len(parts) > 2 or not blank
    if any(x in _APOSTROPHES for x in surface) and parts[-1] in _CLITICS:
        return False
    if len(parts) * 2 > len(term.letters) + 1 or sum(len(part) == 1 for part in parts) > 2:
        return True
    words = english()
    if min(map(len, parts)) > 3 and len(term.letters) > (9 if blank else 6):
        return True
    if blank:
        return len(term.letters) >= 4 and not all(words.known(p) or len(p) == 1 for p in parts)
    return not all(words.common(part) for part in parts) or len(term.words) > 1


def _fits(term: LatinTerm, how: Written, left: str, surface: str, right: str) -> bool:
    """Whether the token around a surface lets it be the term."""
    if how.same:
        left, right = left.rstrip("0123456789"), right.lstrip("0123456789")
    token = left + surface + right
    if token.startswith("@") and english().common(token[1:]):
        return False
    known = token.isalpha() and token != term.letters and english().known(token)
    if not left and not right:
        return _is_whole(term, how, known)
    if term.boundary is Boundary.WHOLE:
        return False
    if term.boundary is Boundary.PREFIX:
        return not left and not how.fewer
    return _inside(term, how, left, right, known)


def _is_whole(term: LatinTerm, how: Written, known: bool) -> bool:
    if how.same and not how.more and not how.fewer:
        return True
    if known or (how.fewer and len(term.letters) < 5):
        return False
    return how.same or how.signs or len(term.letters) > 2


def _inside(term: LatinTerm, how: Written, left: str, right: str, known: bool) -> bool:
    """A term inside a longer token: made from it, glued to words, or by accident."""
    words = english()
    if len(term.letters) < 3 or how.fewer or not (how.same or how.signs):
        return False
    if how.more and (known or len(term.letters) < 4):
        return False
    if known:
        return words.unmistakable(term.letters) and words.made_from(left, right)
    left, right = left.translate(_LEET), right.translate(_LEET)
    glued_left = (
        not left or left in HEADS or (len(left) > 1 and words.common(left)) or (len(left) > 3 and words.known(left))
    )
    glued_right = (
        not right
        or right in ENDINGS
        or (len(right) > 1 and words.common(right))
        or (len(right) > 3 and words.known(right))
    )
    if glued_left and glued_right:
        return True
    return words.accidents(term.letters) <= ACCIDENTS and len(term.letters) > 3 and len(left + right) > 1


def spans(term: str, text: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The stretches in which a found term may stand, the likeliest first.

    A repeat of its first or last letter belongs to it (casinooo), save where that is another letter of like shape
    (Ç before casino) or the term is so short that only its own letters count.
    """
    if end - start <= len(term) or (len(term) > 2 and text[start].isascii() and text[end - 1].isascii()):
        return ((start, end),)
    at = text[start:end].find(term)
    if at < 0:
        return ((start, end),)
    narrow = (start + at, start + at + len(term))
    return (narrow, (start, end)) if len(term) > 2 else (narrow,)


def is_latin(text: str) -> bool:
    """Whether a term is written in Latin letters and digits alone, as drawn."""
    t = tables()
    return all(x.isascii() or t.kind_of(x) not in (Kind.HAN, Kind.LETTER) for x in t.fold_alike(text))
