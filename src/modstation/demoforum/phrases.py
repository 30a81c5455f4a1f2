"""Sentences of the demo forum: read from resource files, filled by chance, the same for the same seed."""

from __future__ import annotations

import functools
import random
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

_GAP = re.compile(r"\{(\w+)\}")

#: Kinds of trouble and how often each is reported, in parts of a hundred.
WEIGHTS = {
    "contact": 22, "spam": 18, "scam": 13, "quarrel": 17, "off_topic": 9, "false_alarm": 12, "near_copy": 9,
}  # fmt: skip


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


def fill(sentence: str, lang: str, chance: random.Random) -> str:
    """A sentence with every gap filled."""
    words = table("words")[lang]
    return _GAP.sub(lambda gap: str(chance.choice(words[gap[1]])), sentence)


def text(kind: str, lang: str, chance: random.Random) -> str:
    """A post of a kind in a language."""
    parts = table("sentences")[kind][lang]
    chosen = [chance.choice(parts["open"])]
    count = 1 if kind in ("near_copy", "quarrel") or chance.random() < 0.5 else 2
    chosen += chance.sample(parts["middle"], min(count, len(parts["middle"])))
    if kind == "near_copy" or chance.random() < 0.7:
        chosen.append(chance.choice(parts["close"]))
    joint = "" if lang == "zh" else " "
    return fill(joint.join(chosen), lang, chance).strip()


def title(board: int, lang: str, chance: random.Random) -> str:
    """A title for a thread of a board, counted from 0."""
    return fill(chance.choice(table("boards")["board"][board][lang]), lang, chance)


def reason(kind: str, lang: str, chance: random.Random) -> str:
    """What somebody writes when reporting a post of a kind."""
    return str(chance.choice(table("reports")[kind][lang]))


def trouble(chance: random.Random) -> str:
    """A kind of trouble, by weight."""
    return chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
