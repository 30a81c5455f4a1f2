"""A guess at the language of a text by its letters and its most common words. Enough to sort a queue, not to judge."""

from __future__ import annotations

from typing import Final

import numpy as np

from modstation.screening.english import english

_RANGES: Final = (
    ("zh", 0x4E00, 0x9FFF), ("ja", 0x3040, 0x30FF), ("ko", 0xAC00, 0xD7A3), ("ru", 0x400, 0x4FF), ("el", 0x370, 0x3FF),
    ("ar", 0x600, 0x6FF), ("he", 0x590, 0x5FF), ("th", 0xE00, 0xE7F), ("hi", 0x900, 0x97F),
)  # fmt: skip
_ENOUGH: Final = 0.3
_LOOK_AT: Final = 4000


def guess_language(text: str) -> str:
    """The ISO 639-1 code of the likely language, or an empty string where there is too little to go by."""
    points = np.frombuffer(text[:_LOOK_AT].encode("utf-32-le", "surrogatepass"), np.uint32)
    latin = int(np.count_nonzero((points | 32 >= 97) & (points | 32 <= 122)))
    counts = {name: int(np.count_nonzero((points >= low) & (points <= high))) for name, low, high in _RANGES}
    # A Chinese character says about as much as three letters of an alphabet.
    weights = {name: count * (3 if name in ("zh", "ja", "ko") else 1) for name, count in counts.items()}
    total = latin + sum(weights.values())
    if not total:
        return ""
    if counts["ja"] * 5 > counts["zh"] and counts["ja"]:
        return "ja"
    best = max(weights, key=lambda name: weights[name])
    if weights[best] > latin:
        return best
    words = [word for word in text[:_LOOK_AT].lower().split() if word.isascii() and word.isalpha()]
    known = sum(english().common(word) for word in words[:60])
    return "en" if words and known >= _ENOUGH * len(words[:60]) else ""
