"""Search words: pairs of Chinese characters and whole words of other scripts, made here and not by SQLite.

SQLite's trigram index cannot find words of two characters, the most common length in Chinese (docs/adr/0008).
"""

from __future__ import annotations

import re
import unicodedata
from operator import add

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


def _runs(text: str) -> list[tuple[str, str]]:
    """Runs of one script, as pairs of which one side is empty: Chinese characters, or a word of another script."""
    return _RUN.findall(folded(text))


def index_words(*texts: str) -> str:
    """The words under which these texts are found, joined by spaces."""
    words: list[str] = []
    for text in texts:
        for cjk, word in _runs(text[:MOST_CHARACTERS]):
            if word:
                words.append(word)
            elif len(cjk) > 1:
                words += map(add, cjk, cjk[1:])
            else:
                words.append(cjk)
    return " ".join(words)


def query_words(text: str, *, whole: bool = False) -> str:
    """A full-text query that finds all words of the text; "" where there is nothing to look for.

    Words of an alphabet may go on where the text ends, unless `whole` words are asked for: those SQLite finds one after
    the other, while beginnings make it gather every row first.
    """
    parts: list[str] = []
    for cjk, word in _runs(text[:200]):
        if word:
            parts.append(f'"{word}"*' if len(word) > 2 and not whole else f'"{word}"')
        elif len(cjk) == 1:
            parts.append(f'"{cjk}"*')
        else:
            parts.append('"' + " ".join(map(add, cjk, cjk[1:])) + '"')
    return " AND ".join(parts)
