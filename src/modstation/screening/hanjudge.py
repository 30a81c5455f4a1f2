"""Chinese terms: does a found stretch write the term, and does the term stand there as a word?"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from modstation.screening.han import REACH, UNLISTED, han, stands_as_word
from modstation.screening.tables import Kind, tables
from modstation.screening.tiers import Boundary, Tier

STRETCH_COST = 4.0
"""How much likelier (natural logarithm) a stretched term must be than ordinary doubled words."""
LONGEST_GAP = 12
"""Separators between two characters of a Chinese term; more than this are two sentences, not one word."""


def letters_of(text: str) -> str:
    """The letters of a text as meant, without separators and marks."""
    return tables().letters(text)


@lru_cache(maxsize=1 << 16)
def judge(term: str, boundary: Boundary, before: str, surface: str, after: str) -> Tier | None:
    """The disguise of a term found as `surface` between its neighbours, or None where it is not the term."""
    tier = written(term, surface)
    if tier is None or boundary is Boundary.INSIDE:
        return tier
    left, right = neighbours(before, after, tier is Tier.SEPARATED or tables().longest_gap(surface) > 0)
    folded = letters_of(term)
    if _latin_edge(before[-1:], folded[0]) or _latin_edge(after[:1], folded[-1]):
        return None
    if tier is Tier.REPEATED and _doubled_words(left, folded, letters_of(surface), right):
        return None
    if boundary is Boundary.AUTO or boundary is Boundary.WHOLE:
        return tier if stands_as_word(left, folded, right) else None
    return tier


def stretched(term: str, text: str, start: int, end: int, low: int, high: int) -> tuple[int, int] | None:
    """The span grown over a doubled first or last letter that stands apart (他 奶 奶), or None where there is none.

    Runs of a letter count as one while matching, save where the letters stand in different words; so the last letter
    of such a term may have been left out.
    """
    wanted, shown = letters_of(term), letters_of(text[start:end])
    if len(wanted) <= len(shown) or not shown:
        return None
    for _ in range(_run(wanted[::-1]) - _run(shown[::-1])):
        end = _next(text, end, high, 1, wanted[-1])
    for _ in range(_run(wanted) - _run(shown)):
        start = _next(text, start - 1, low - 1, -1, wanted[0])
    return (start, end) if start >= 0 <= end else None


def _run(letters: str) -> int:
    return len(letters) - len(letters.lstrip(letters[0]))


def _next(text: str, at: int, bound: int, step: int, letter: str) -> int:
    """The place behind the next letter in a direction if it is this one, else a negative number."""
    t = tables()
    for _ in range(LONGEST_GAP):
        if at < 0 or at == bound:
            return -1
        if t.kind_of(text[at]) in (Kind.SEPARATOR, Kind.DELETE):
            at += step
            continue
        return (at + 1 if step > 0 else at) if t.fold(text[at]) == letter else -1
    return -1


def _doubled_words(left: str, term: str, shown: str, right: str) -> bool:
    """Whether a doubled letter is rather that of an ordinary word: 妈妈的 is not a stretched 妈的."""
    words = han()
    stretched = words.best(left) + max(words.score(term), UNLISTED) + words.best(right)
    return words.best(left + shown[:8] + right) > stretched - STRETCH_COST


def written(term: str, surface: str) -> Tier | None:
    """The disguise in which a surface writes a term, leaving its neighbours out of account."""
    if surface == term:
        return Tier.EXACT
    wanted, shown = letters_of(term), letters_of(surface)
    gap = tables().longest_gap(surface)
    if gap > LONGEST_GAP:
        return None
    if shown == wanted:
        return Tier.SEPARATED if gap and letters_of(term) == tables().fold(term) else Tier.FOLDED
    ours = [(char, len(list(run))) for char, run in groupby(shown)]
    theirs = [(char, len(list(run))) for char, run in groupby(wanted)]
    if [x for x, _ in ours] == [x for x, _ in theirs]:
        if any(a < b for (_, a), (_, b) in zip(ours, theirs, strict=True)):
            return None
        return Tier.REPEATED
    drawn = tables().fold_alike(shown)
    if len(drawn) == len(wanted) and all(a == b for a, b in zip(drawn, tables().fold_alike(wanted), strict=True)):
        return Tier.LOOK_ALIKE
    return Tier.LEET if len(shown) >= len(wanted) and shown.isalnum() and not shown.isdigit() else None


def neighbours(before: str, after: str, spread: bool = False) -> tuple[str, str]:
    """The Chinese characters next to a surface; across separators only where the surface itself is spread out."""
    left, right = tables().han(before).rsplit("|", 1)[-1], tables().han(after).split("|", 1)[0]
    if spread:
        left, right = left.replace(" ", ""), right.replace(" ", "")
    return left.rsplit(" ", 1)[-1][-REACH:], right.split(" ", 1)[0][:REACH]


def _latin_edge(neighbour: str, own: str) -> bool:
    """Whether a Latin letter at the edge of a mixed term continues into its neighbour."""
    return bool(neighbour) and own.isascii() and own.isalpha() and neighbour.isascii() and neighbour.isalpha()
