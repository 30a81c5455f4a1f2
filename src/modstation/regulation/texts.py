"""The texts of rail and notices, from data files of one language each, with the parts that are shown bold."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from importlib import resources

from modstation.models.errors import BadInput

from .blocks import Text

LANGUAGES = ("en", "zh-Hans")

_BOLD = re.compile("⟦([^⟧]*)⟧")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
_LATIN = re.compile("[A-Za-z]+")
_EN_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ZH_DAYS = "一二三四五六日"
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def chosen_language(language: str) -> str:
    """The language of a text file that serves a language tag: every Chinese is `zh-Hans`, all else English."""
    return "zh-Hans" if language.lower().startswith("zh") else "en"


@cache
def table(language: str) -> dict[str, str]:
    """Every text of a language by `group.key`."""
    name = f"{chosen_language(language)}.toml"
    raw = tomllib.loads((resources.files("modstation") / "resources" / "templates" / name).read_text("utf-8"))
    return {f"{group}.{key}": text for group, texts in raw.items() for key, text in texts.items()}


def say(language: str, key: str, **values: object) -> str:
    """A text with its values. Raises BadInput for a key no file has: a fault of the program, told in words."""
    try:
        return table(language)[key].format_map(values)
    except KeyError as error:
        raise BadInput(f"The text '{key}' cannot be made.", f"{error} is missing.", "Report this.") from error


def has(language: str, key: str) -> bool:
    """Whether there is such a text."""
    return key in table(language)


def fitting(language: str, key: str, kind: str, **values: object) -> str:
    """The text made for this kind of item where there is one, else the ordinary one."""
    special = f"{key}_{kind}"
    return say(language, special if has(language, special) else key, **values)


def counted(language: str, word: str, number: int) -> str:
    """A number with its noun, such as "1 approval" or "2 reporters"."""
    return say(language, f"count.{word}" if number == 1 else f"count.{word}s", n=number)


def joined(language: str, parts: Sequence[str]) -> str:
    """Acts in a row, as a sentence lists them."""
    return say(language, "sentence.join").join(parts)


def either(language: str, parts: Sequence[str], *, every: bool = False) -> str:
    """Alternatives ("a or b"), or all of them ("a and b")."""
    return say(language, "sentence.and" if every else "sentence.either").join(parts)


def closed(language: str, text: str) -> str:
    """The text as a sentence: a capital in English, a full stop in both."""
    start = 1 if text.startswith("⟦") else 0
    capital = text[:start] + text[start : start + 1].upper() + text[start + 1 :] if language == "en" else text
    return capital + say(language, "sentence.end")


def unmarked(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text without bold marks, and the spans that stood between them, in code points."""
    plain, spans, last = "", [], 0
    for match in _BOLD.finditer(text):
        plain += text[last : match.start()]
        spans.append((len(plain), len(plain) + len(match.group(1))))
        plain += match.group(1)
        last = match.end()
    return plain + text[last:], tuple(spans)


def bare(text: str) -> str:
    """The text without bold marks."""
    return unmarked(text)[0]


def harmless(text: str, limit: int = 4000) -> str:
    """Foreign text made fit for a message: no controls, no direction marks, no lone surrogates, no bold marks.

    Line breaks stay. Longer than `limit` code points, it is cut with an ellipsis.
    """
    kept = "".join(_harmless(letter) for letter in text[: limit + 1])
    return kept if len(text) <= limit else kept[:limit] + "…"


def _harmless(letter: str) -> str:
    if letter in "\n⟦⟧":
        return letter if letter == "\n" else ""
    category = unicodedata.category(letter)
    if category == "Cs":
        return "\ufffd"
    direction = letter in "\u061c\u200e\u200f" or "\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069"
    return " " if category == "Cc" else "" if direction else letter


def one_line(text: str, limit: int = 200) -> str:
    """Foreign text as one harmless line."""
    return " ".join(harmless(text, limit).split())


def day_text(language: str, day: date) -> str:
    """A day with its weekday: "Tue 29 Sep 2026", "2026年9月29日（周二）"."""
    if chosen_language(language) == "en":
        return f"{_EN_DAYS[day.weekday()]} {day.day} {_EN_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日（周{_ZH_DAYS[day.weekday()]}）"


def moment_text(language: str, moment: datetime) -> str:
    """A local moment to the minute, without its zone."""
    return f"{day_text(language, moment.date())} {moment:%H:%M}"


def guess_language(text: str, known: Sequence[str]) -> str:
    """The language a person writes in, as far as their letters tell: Chinese or English, "" where they tell nothing.

    Only languages in `known` are answered. A fifth of Han letters is enough for Chinese, because Chinese posts carry
    Latin names and numbers.
    """
    sample = text[:2000]
    han, latin = (sum(map(len, letters.findall(sample))) for letters in (_HAN, _LATIN))
    wanted = "" if not han + latin else "zh" if han * 4 >= latin else "en"
    return next((language for language in known if wanted and language.split("-")[0] == wanted), "")


def text_of(text: Text, language: str, fallback: str) -> str:
    """A profile's text, or words made from an id where it has none."""
    return text.get(language) or fallback.replace("_", " ").replace(".", " ")
