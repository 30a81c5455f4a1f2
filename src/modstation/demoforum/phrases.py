"""Sentences of the demo forum: read from resource files, filled by chance, the same for the same seed."""

from __future__ import annotations

import functools
import itertools
import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, TypeVar

_T = TypeVar("_T")
_GAP = re.compile(r"\{(\w+)\}")

#: Kinds of trouble and how often each is reported, in parts of a hundred.
WEIGHTS = {
    "contact": 22, "spam": 18, "scam": 13, "quarrel": 17, "off_topic": 9, "false_alarm": 12, "near_copy": 9,
}  # fmt: skip

_KINDS = tuple(WEIGHTS)
_SUMS = tuple(itertools.accumulate(WEIGHTS.values()))


@functools.cache
def table(name: str) -> dict[str, Any]:
    """A resource file of the demo forum by its name."""
    text = (resources.files("modstation") / "resources" / "demo" / f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the demo forum as the resource file names them."""

    name: str
    lang: str
    habit: str
    phone: bool


@functools.cache
def members() -> tuple[Member, ...]:
    """Everybody without an office."""
    return tuple(Member(name, *told) for name, told in table("people")["members"].items())


def pick(choices: Sequence[_T], chance: random.Random) -> _T:
    """One of the choices; a third of the time that `Random.choice` takes, which counts for 100,000 posts."""
    return choices[int(chance.random() * len(choices))]


def fill(sentence: str, lang: str, chance: random.Random) -> str:
    """A sentence with every gap filled."""
    words = table("words")[lang]
    return _GAP.sub(lambda gap: str(pick(words[gap[1]], chance)), sentence)


def text(kind: str, lang: str, chance: random.Random) -> str:
    """A post of a kind in a language."""
    parts = table("sentences")[kind][lang]
    chosen = [pick(parts["open"], chance)]
    count = 1 if kind in ("near_copy", "quarrel") or chance.random() < 0.5 else 2
    first = int(chance.random() * len(parts["middle"]))
    chosen += [parts["middle"][(first + 3 * i) % len(parts["middle"])] for i in range(count)]
    if kind == "near_copy" or chance.random() < 0.7:
        chosen.append(pick(parts["close"], chance))
    joint = "" if lang == "zh" else " "
    return fill(joint.join(chosen), lang, chance).strip()


def title(board: int, lang: str, chance: random.Random) -> str:
    """A title for a thread of a board, counted from 0."""
    return fill(pick(table("boards")["board"][board][lang], chance), lang, chance)


def reason(kind: str, lang: str, chance: random.Random) -> str:
    """What somebody writes when reporting a post of a kind."""
    return str(pick(table("reports")[kind][lang], chance))


def trouble(chance: random.Random) -> str:
    """A kind of trouble, by weight."""
    return chance.choices(_KINDS, cum_weights=_SUMS)[0]


@functools.cache
def offenders(kind: str, lang: str) -> tuple[str, ...]:
    """Who writes such posts: those whose habit it is, or everybody of the language where nobody has the habit."""
    habit = "contact" if kind == "near_copy" else kind
    speakers = [member for member in members() if member.lang == lang]
    usual = [member.name for member in speakers if member.habit == habit]
    return tuple(usual or [member.name for member in speakers])
