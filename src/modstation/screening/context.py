"""Whether look-alike letters are a disguise or simply the script that a text is written in."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from modstation.screening.stream import Batch
from modstation.screening.tables import tables

_FOREIGN = re.compile(r"[\u00c0-\u024f\u0370-\u03ff\u0400-\u052f\u1e00-\u1fff]")
_TOKEN = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=4096)
def _own_script(token: str) -> bool:
    """Whether a token holds a Greek or Cyrillic letter that is drawn like no Latin one: it is honest writing."""
    alike = tables().fold_alike(token)
    return any(not x.isascii() for x in alike)


@lru_cache(maxsize=4096)
def _accented(token: str) -> bool:
    """Whether a token is Latin with accents as languages use them: few marks, letters otherwise plain."""
    marked = sum(not x.isascii() and unicodedata.name(x, "").startswith("LATIN") for x in token)
    return 0 < marked <= max(1, len(token) // 2) and tables().fold(token).isascii()


def ordinary_script(batch: Batch, number: int, start: int, end: int, term: str) -> bool:
    """Whether the text around a surface shows that its foreign letters are the writer's own."""
    surface = batch.text[start:end]
    if surface.isascii() or not _FOREIGN.search(surface) or tables().fold(term) == surface.lower():
        return False
    low, high = int(batch.starts[number]), int(batch.starts[number + 1]) - 1
    around = batch.text[max(low, start - 400) : start] + " " + batch.text[end : min(high, end + 400)]
    if not any(x.isascii() and x.isalpha() for x in surface):
        return sum(_own_script(token) for token in _TOKEN.findall(around)) > 0
    if _accented(surface):
        return sum(_accented(token) for token in _TOKEN.findall(around)) > 1
    return False
