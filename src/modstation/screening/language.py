"""A guess at the language of a text by its letters and its most common words. Enough to sort a queue, not to judge."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import numpy as np

from modstation.screening.english import english

_RANGES: Final = (
    ("zh", 0x4E00, 0x9FFF), ("ja", 0x3040, 0x30FF), ("ko", 0xAC00, 0xD7A3), ("ru", 0x400, 0x4FF), ("el", 0x370, 0x3FF),
    ("ar", 0x600, 0x6FF), ("he", 0x590, 0x5FF), ("th", 0xE00, 0xE7F), ("hi", 0x900, 0x97F),
)  # fmt: skip
_EDGES: Final = np.array(sorted(edge for _, low, high in _RANGES for edge in (low, high + 1)), np.uint32)
_ORDER: Final = [name for name, _, _ in sorted(_RANGES, key=lambda each: each[1])]
_ENOUGH: Final = 0.3
_LOOK_AT: Final = 4000
_LETTER: Final = re.compile("[A-Za-z]")


def guess_language(text: str) -> str:
    """The ISO 639-1 code of the likely language, or an empty string where there is too little to go by."""
    text = text[:_LOOK_AT]
    if not text.isascii():
        found = _by_letters(text)
        if found is not None:
            return found
    elif _LETTER.search(text) is None:
        return ""
    words = [word for word in text.lower().split() if word.isascii() and word.isalpha()][:60]
    return "en" if words and sum(map(_common, words)) >= _ENOUGH * len(words) else ""


def _by_letters(text: str) -> str | None:
    """The language that the letters alone decide, "" where there are none, None where Latin letters prevail."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    between = np.bincount(np.searchsorted(_EDGES, points, "right"), minlength=len(_EDGES) + 1)[1::2].tolist()
    counts = dict(zip(_ORDER, between, strict=True))
    # A Chinese character says about as much as three letters of an alphabet.
    weights = {name: counts[name] * (3 if name in ("zh", "ja", "ko") else 1) for name, _, _ in _RANGES}
    latin = len(_LETTER.findall(text))
    if not latin + sum(weights.values()):
        return ""
    if counts["ja"] * 5 > counts["zh"] and counts["ja"]:
        return "ja"
    best = max(weights, key=lambda name: weights[name])
    return best if weights[best] > latin else None


@lru_cache(maxsize=16384)
def _common(word: str) -> bool:
    return english().common(word)
