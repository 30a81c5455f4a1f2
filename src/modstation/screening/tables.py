"""Fold tables: what every code point means, what it is drawn like and of which class it is.

Two folds are kept apart on purpose. `plain` undoes writing (width, case, accents, traditional Chinese) and is true of
honest text; `alike` also undoes drawing (Cyrillic that looks Latin) and is evidence of disguise. Both are made at build
time by tools/build_fold_tables.py from the sources named in resources/screening/NOTICE.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

LIMIT = 0x110000
"""One more than the highest code point."""

Codes = NDArray[np.uint16]
Points = NDArray[np.uint32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Kind(IntEnum):
    """The class of a code point after folding. DELETE is invisible or a mark, BREAK ends a text."""

    DELETE = 0
    LETTER = 1
    SEPARATOR = 2
    BREAK = 3
    HAN = 4
    DIGIT = 5


def resource(name: str) -> bytes:
    """The bytes of a file in resources/screening."""
    return (files("modstation.resources") / "screening" / name).read_bytes()


def lines(name: str) -> Iterator[str]:
    """The lines of a gzipped table in resources/screening."""
    yield from gzip.decompress(resource(name)).decode().split("\n")


T = TypeVar("T")


class Once(Generic[T]):
    """A table that is made at its first use, or put in place from a cache before it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None

    def __call__(self) -> T:
        """The table."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def put(self, made: T) -> None:
        """Use this from now on."""
        self._made = made


class Translation(dict[int, str]):
    """A table for str.translate that looks a code point up once and then remembers it.

    `show` says, for each kind, what stands for a character of it; where it is silent the folded character does.
    """

    def __init__(
        self, table: Points, kind: NDArray[np.uint8], expand: dict[int, str], show: dict[int, str] | None = None
    ) -> None:
        super().__init__(expand)
        self._table, self._kind = table, kind
        self._show = {int(Kind.DELETE): ""} | (show or {})

    def __missing__(self, point: int) -> str:
        own = self._show.get(int(self._kind[point]))
        found = self[point] = chr(int(self._table[point])) if own is None else own
        return found


@dataclass(frozen=True, slots=True)
class FoldTables:
    """The tables as arrays over all code points. `expand` holds what becomes several characters."""

    plain: Points
    alike: Points
    kind: NDArray[np.uint8]
    expand: dict[int, str]
    to_plain: dict[int, str]
    to_alike: dict[int, str]
    to_letters: dict[int, str]
    to_han: dict[int, str]
    to_gaps: dict[int, str]

    def fold(self, text: str) -> str:
        """Text as it is meant, invisible characters left out."""
        return text.translate(self.to_plain)

    def fold_alike(self, text: str) -> str:
        """Text as it is drawn, invisible characters left out."""
        return text.translate(self.to_alike)

    def letters(self, text: str) -> str:
        """The letters, digits and Chinese characters of a text as meant."""
        return text.translate(self.to_letters)

    def han(self, text: str) -> str:
        """Chinese characters as meant, a blank for each separator and `|` for any other letter."""
        return text.translate(self.to_han)

    def longest_gap(self, text: str) -> int:
        """The length of the longest run of separators."""
        runs = text.translate(self.to_gaps).split("x")
        return max(map(len, runs)) if len(runs) <= len(text) else 0

    def kind_of(self, char: str) -> int:
        """The class of one character."""
        return int(self.kind[ord(char)])


def _dense(raw: Any, name: str) -> Points:
    table = np.arange(LIMIT, dtype=np.uint32)
    table[raw["cps"]] = raw[name]
    return table


@cache
def tables() -> FoldTables:
    """The tables of this version, read once."""
    with np.load(io.BytesIO(resource("fold.npz"))) as raw:
        starts = raw["kind_start"].astype(np.int64)
        kind = np.repeat(raw["kind"], np.diff(starts, append=LIMIT)).astype(np.uint8)
        targets = raw["expand_to"].tobytes().decode().split("\n")
        expand = dict(zip(map(int, raw["expand"]), targets, strict=True))
        plain, alike = _dense(raw, "plain"), _dense(raw, "alike")
    none, separators = {int(Kind.SEPARATOR): "", int(Kind.BREAK): ""}, {int(Kind.SEPARATOR): " "}
    other = {int(kind): "|" for kind in (Kind.LETTER, Kind.DIGIT, Kind.BREAK)}
    letters = {int(kind): "x" for kind in (Kind.LETTER, Kind.DIGIT, Kind.BREAK, Kind.HAN)}
    return FoldTables(
        plain, alike, kind, expand,
        Translation(plain, kind, expand), Translation(alike, kind, expand), Translation(plain, kind, expand, none),
        Translation(plain, kind, dict.fromkeys(expand, "|"), separators | other),
        Translation(plain, kind, dict.fromkeys(expand, "x"), separators | letters),
    )  # fmt: skip
