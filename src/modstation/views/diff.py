"""What changed between two readings of a post, word by word, in a form that can be shown without colour."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum

from .text import visible

#: Beyond this many characters a word-by-word comparison takes seconds; lines are compared instead.
LIMIT = 20_000
_WORD = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)


class Kind(StrEnum):
    """Same, added, or removed."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text and what became of it; `text` is safe to show."""

    kind: Kind
    text: str


def compare(before: str, after: str) -> tuple[Part, ...]:
    """The two texts as one, in order. Meant for a worker: long bodies take time."""
    split = str.splitlines if max(len(before), len(after)) > LIMIT else None
    old = before.splitlines(keepends=True) if split else _WORD.findall(before)
    new = after.splitlines(keepends=True) if split else _WORD.findall(after)
    parts: list[Part] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=len(old) > 2000)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            parts.append(Part(Kind.SAME, visible("".join(old[first:last]))))
            continue
        if first < last:
            parts.append(Part(Kind.REMOVED, visible("".join(old[first:last]))))
        if start < end:
            parts.append(Part(Kind.ADDED, visible("".join(new[start:end]))))
    return tuple(parts)


def in_words(parts: tuple[Part, ...]) -> str:
    """The comparison as plain text: removed in [-...-], added in {+...+}."""
    around = {Kind.SAME: ("", ""), Kind.ADDED: ("{+", "+}"), Kind.REMOVED: ("[-", "-]")}
    return "".join(around[part.kind][0] + part.text + around[part.kind][1] for part in parts)
