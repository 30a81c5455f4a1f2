"""Which line of a TOML file a value stands on.

`tomllib` reads values but forgets where they stood; every message about a profile must name its line. This scanner
only finds places. What it does not understand costs a less exact line, never a wrong value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|\n|[\[\]{}]|[^"\'#\n\[\]{}]+'
)
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+|\"[^\"]*\")\s*=")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class LineIndex:
    """Lines (from 1) of tables, keys and elements of arrays."""

    places: dict[Path, int] = field(default_factory=dict)

    def of(self, path: Path) -> int:
        """The line of that value, or of the nearest thing around it; 1 for the file itself."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, 1)


def _depths(text: str) -> Iterator[tuple[int, int, str]]:
    """Yields line, depth of brackets before it, and each token, strings and comments kept whole."""
    line, depth = 1, 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "]}":
            depth -= 1
        yield line, depth, token
        if token in "[{":
            depth += 1
        line += token.count("\n")


class _Scan:
    """Where the scan stands: the table it is in and the key whose value it is reading."""

    def __init__(self) -> None:
        self.places: dict[Path, int] = {}
        self.table: Path = ()
        self.key: Path = ()
        self.counts: dict[Path, int] = {}
        self.element = 0

    def header(self, line: int, many: bool, name: str) -> None:
        """A `[table]` or `[[table]]` line."""
        path: Path = tuple(part.strip().strip('"') for part in name.split("."))
        if many:
            index = self.counts.get(path, -1) + 1
            self.counts[path] = index
            path = (*path, index)
        self.table = path
        self.places.setdefault(path, line)

    def key_line(self, line: int, name: str) -> None:
        """A `key = ...` line."""
        self.key, self.element = (*self.table, name.strip('"')), 0
        self.places.setdefault(self.key, line)

    def element_line(self, line: int) -> None:
        """An inline table that is an element of an array."""
        self.places.setdefault((*self.key, self.element), line)
        self.element += 1


def index_lines(text: str) -> LineIndex:
    """Find the line of every table, key and array element of a TOML text."""
    scan = _Scan()
    rows = text.splitlines()
    for line, depth, token in _top_level(text):
        row = rows[line - 1] if line <= len(rows) else ""
        if depth == 0:
            _read_row(scan, line, row)
        elif depth == 1 and token == "{":
            scan.element_line(line)
    return LineIndex(scan.places)


def _top_level(text: str) -> Iterator[tuple[int, int, str]]:
    """Only what matters: the first token of each top-level line, and braces inside an array."""
    seen = 0
    for line, depth, token in _depths(text):
        if depth == 0 and line != seen and token.strip():
            seen = line
            yield line, 0, token
        elif depth == 1 and token == "{":
            yield line, 1, token


def _read_row(scan: _Scan, line: int, row: str) -> None:
    header = _HEADER.match(row)
    if header and "=" not in header.group(2):
        scan.header(line, header.group(1) == "[[", header.group(2))
    elif key := _KEY.match(row):
        scan.key_line(line, key.group(1))
