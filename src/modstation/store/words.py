"""Search words: pairs of Chinese characters and whole words of other scripts, made here and not by SQLite.

SQLite's trigram index cannot find words of two characters, the most common length in Chinese (docs/adr/0008).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"([{_CJK}]+)|([^\\W_{_CJK}]+)")
_NEEDS_FOLD = re.compile(r"[^\x00-\x7f\u3400-\u9fff\u3000-\u303f]")

#: More words of one post than this are not indexed: a flood of text must not become a flood of index.
MOST_CHARACTERS = 20_000


def folded(text: str) -> str:
    """Text as search compares it: compatibility forms joined, case gone, lone surrogates dropped."""
    if _NEEDS_FOLD.search(text):
        text = unicodedata.normalize("NFKC", text).encode("utf-8", "ignore").decode("utf-8")
    return text.casefold()


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    for found in _RUN.finditer(folded(text)):
        cjk = found.group(1)
        yield (cjk, True) if cjk else (found.group(2), False)


def index_words(*texts: str) -> str:
    """The words under which these texts are found, joined by spaces."""
    words: list[str] = []
    for text in texts:
        for run, cjk in _runs(text[:MOST_CHARACTERS]):
            if cjk and len(run) > 1:
                words += [run[i : i + 2] for i in range(len(run) - 1)]
            else:
                words.append(run)
    return " ".join(words)


def query_words(text: str) -> str:
    """A full-text query that finds all words of the text; "" where there is nothing to look for."""
    parts: list[str] = []
    for run, cjk in _runs(text[:200]):
        if cjk and len(run) == 1:
            parts.append(f'"{run}"*')
        elif cjk:
            parts.append('"' + " ".join(run[i : i + 2] for i in range(len(run) - 1)) + '"')
        else:
            parts.append(f'"{run}"*' if len(run) > 2 else f'"{run}"')
    return " AND ".join(parts)
