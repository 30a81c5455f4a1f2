"""Printing: text for people, one JSON document for programs. Content is escaped, so that it cannot drive a terminal."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def visible(text: str, limit: int = 0) -> str:
    """Text from outside on one line: controls, bidi marks and lone surrogates shown as escapes."""
    shown = "".join(
        c if c == " " or unicodedata.category(c)[0] not in "CZ" else c.encode("unicode_escape").decode("ascii")
        for c in text
    )
    return shown if not limit or len(shown) <= limit else shown[: limit - 1] + "…"


class Printer:
    """Prints the answer of one command."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def document(self, value: Any, lines: Iterable[str]) -> None:
        """The answer: `value` for programs, `lines` for people."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=True, sort_keys=False))
        else:
            for line in lines:
                print(line.encode("utf-8", "backslashreplace").decode("utf-8"))
        sys.stdout.flush()

    def rows(self, values: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
        """A table for people, a list for programs."""
        if self.as_json:
            self.document(list(values), ())
            return
        if not values:
            print(empty)
            return
        cells = [[visible(str(value[column]), 60) for column in columns] for value in values]
        widths = [max(len(row[i]) for row in [list(columns), *cells]) for i in range(len(columns))]
        for row in [list(columns), *cells]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
