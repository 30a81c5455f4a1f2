"""Words of the window in two languages.

English sentences are the keys; `resources/translations/zh.json` holds the Chinese ones. A sentence is looked up whole
and filled with named values, never glued from parts. `tests/views/test_words.py` reads every call of `tr`, `trn` and
`word` in this package and fails where a translation is missing or its fields differ.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

LANGUAGES = ("en", "zh")


@dataclass(slots=True)
class _Speaker:
    language: str = "en"
    table: dict[str, str] = field(default_factory=dict)


_speaker = _Speaker()


@cache
def table(language: str) -> dict[str, str]:
    """All sentences of a language by their English text; English has none of its own."""
    if language == "en":
        return {}
    source = resources.files("modstation") / "resources" / "translations" / f"{language}.json"
    loaded: dict[str, str] = json.loads(source.read_text("utf-8"))
    return loaded


def speak(language: str) -> None:
    """Choose the language of the interface; an unknown one is English."""
    _speaker.language = language if language in LANGUAGES else "en"
    _speaker.table = table(_speaker.language)


def language() -> str:
    """The language of the interface now."""
    return _speaker.language


def tr(sentence: str, **values: object) -> str:
    """A sentence in the language of the interface, its `{fields}` filled."""
    found = _speaker.table.get(sentence, sentence)
    return found.format(**values) if values else found


def trn(one: str, many: str, count: int, **values: object) -> str:
    """The sentence for one or for many; `{n}` is the count. Chinese needs one form only and uses that of `many`."""
    chosen = one if count == 1 and _speaker.language == "en" else many
    return tr(chosen, n=count, **values)


def word(text: str) -> str:
    """Mark a sentence of a table for translation; it is translated when it is shown."""
    return text
