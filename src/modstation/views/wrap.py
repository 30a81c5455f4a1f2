"""Cuts a very long body into lines of one height, without Qt, so that a worker can do it and a painter can skip.

Widths are counted in tenths of an em: a narrow letter of the fixed-width font takes six and a half, a wide one ten.
"""

from __future__ import annotations

import unicodedata
from array import array
from dataclasses import dataclass

from .text import name_of, visible

#: Above this many characters or lines a body is painted line by line instead of laid out whole.
LONG_CHARACTERS = 6000
LONG_LINES = 160
_NARROW, _WIDE = 65, 100


def is_long(text: str) -> bool:
    """Whether a body needs the painter for long texts."""
    return len(text) > LONG_CHARACTERS or text.count("\n") > LONG_LINES


def width_of(character: str) -> int:
    """The room a character takes, in hundredths of an em, as it will be written out."""
    if character.isascii() and character.isprintable():
        return _NARROW
    if visible(character) != character:
        return _NARROW * len(name_of(character))
    if character == "\t":
        return _NARROW * 4
    return 0 if unicodedata.combining(character) else _WIDE


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Lines of a body: the i-th goes from code point `starts[i]` to `ends[i]`."""

    body: str
    starts: array[int]
    ends: array[int]

    def __len__(self) -> int:
        return len(self.starts)

    def line(self, number: int) -> str:
        """One line, ready to paint."""
        return visible(self.body[self.starts[number] : self.ends[number]].rstrip("\r")).replace("\t", "    ")


def wrap(body: str, ems: float) -> Wrapped:
    """Cut a body for a column that is `ems` wide; a line never grows beyond it, whatever is in it."""
    room = max(10, int(ems * 100))
    starts, ends = array("q"), array("q")
    at = 0
    for line in body.split("\n"):
        for first, last in _cut(line, room):
            starts.append(at + first)
            ends.append(at + last)
        at += len(line) + 1
    return Wrapped(body, starts, ends)


def _cut(line: str, room: int) -> list[tuple[int, int]]:
    if len(line) * _NARROW <= room and line.isascii() and line.isprintable():
        return [(0, len(line))]
    cuts: list[tuple[int, int]] = []
    first, used, space = 0, 0, -1
    for index, character in enumerate(line):
        wide = width_of(character)
        if used + wide > room and index > first:
            last = space + 1 if space > first else index
            cuts.append((first, last))
            used = sum(width_of(rest) for rest in line[last:index])
            first, space = last, -1
        used += wide
        if character == " ":
            space = index
    cuts.append((first, len(line)))
    return cuts
