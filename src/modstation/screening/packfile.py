"""Reading a pack from TOML and CSV. Whatever is wrong is told with file and line; nothing is guessed."""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from modstation.models.errors import BadInput
from modstation.screening.pack import (
    Action,
    Category,
    Examples,
    ListedTerm,
    Near,
    Pack,
    Pattern,
    Rule,
    Scope,
    Surface,
)
from modstation.screening.tiers import ALL_TIERS, Boundary, Tier

W = TypeVar("W", bound=StrEnum)

MOST_TERMS: Final = 150_000
"""A pack with more terms is refused: the figures of speed and memory were measured up to 100,000."""
_RULE_KEYS: Final = frozenset(
    [
        "id",
        "category",
        "scope",
        "action",
        "accept",
        "any",
        "list",
        "near",
        "not",
        "allow",
        "boundary",
        "languages",
        "exempt_roles",
        "examples",
        "lang",
    ]
)
_PATTERN_KEYS: Final = frozenset(
    ["id", "category", "scope", "action", "pattern", "on", "languages", "exempt_roles", "examples"]
)


class Level(StrEnum):
    """How bad a finding is: an error keeps a pack from being rehearsed, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a pack file. `line` counts from 1."""

    file: str
    line: int
    level: Level
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.level}: {self.message}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a file: a pack, unless an error stood in the way, and every finding."""

    pack: Pack | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep the pack from being used."""
        return tuple(x for x in self.findings if x.level is Level.ERROR)


@dataclass
class _Notes:
    """Findings as they are made, and where tables begin in the file."""

    file: str
    text: str
    found: list[Finding] = field(default_factory=list)

    def error(self, line: int, message: str) -> None:
        """Note an error."""
        self.found.append(Finding(self.file, max(1, line), Level.ERROR, message))

    def line_of(self, header: str, number: int = 0) -> int:
        """The line of the n-th `[header]` or `[[header]]`, or 1."""
        places = [m.start() for m in re.finditer(rf"^[ \t]*\[+{re.escape(header)}\]+", self.text, re.MULTILINE)]
        return self.text.count("\n", 0, places[number]) + 1 if number < len(places) else 1

    def line_of_key(self, start: int, key: str) -> int:
        """The line of a key in the table that begins at a line."""
        for at, line in enumerate(self.text.split("\n")[start:], start + 1):
            if re.match(r"\s*\[", line):
                break
            if re.match(rf"\s*{re.escape(key)}\s*=", line):
                return at
        return start


def read_pack(path: Path) -> Reading:
    """Read a pack and the lists beside it. Never raises for what is in the files."""
    notes = _Notes(str(path), "")
    try:
        raw = path.read_bytes()
        notes.text = raw.decode("utf-8")
        data = tomllib.loads(notes.text)
    except OSError as error:
        notes.error(1, f"cannot be read: {error.strerror or error}")
    except UnicodeDecodeError as error:
        notes.error(raw[: error.start].count(b"\n") + 1, "not UTF-8; save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        notes.error(int(found.group(1)) if found else 1, f"not TOML: {error}")
    if notes.found:
        return Reading(None, tuple(notes.found))
    pack = _Builder(path, notes, hashlib.sha256(raw)).build(data)
    return Reading(None if any(x.level is Level.ERROR for x in notes.found) else pack, tuple(notes.found))


def load_pack(path: Path) -> Pack:
    """The pack of a file. Raises BadInput with file and line of the first error."""
    reading = read_pack(path)
    if reading.pack is None:
        raise BadInput(
            f"The rule pack {path.name} was not taken.", str(reading.errors[0]), "Mend the file; the old pack stays on."
        )
    return reading.pack


class _Builder:
    """Turns the tables of a file into a pack, noting what does not fit."""

    def __init__(self, path: Path, notes: _Notes, digest: Any) -> None:
        self._path, self._notes, self._digest = path, notes, digest

    def build(self, data: Mapping[str, Any]) -> Pack:
        """The pack; where something was missing it holds an empty value and an error is noted."""
        head = data.get("pack")
        if not isinstance(head, dict):
            self._notes.error(1, "no [pack] table")
            head = {}
        line = self._notes.line_of("pack")
        for key in ("id", "version", "source", "licence", "author"):
            if not isinstance(head.get(key), str) or not head.get(key):
                self._notes.error(line, f"[pack] lacks {key}")
        self._unknown(data, frozenset({"pack", "categories", "rule", "regex"}), 1)
        rules = tuple(self._rule(x, self._notes.line_of("rule", n)) for n, x in enumerate(data.get("rule", ())))
        patterns = tuple(self._pattern(x, self._notes.line_of("regex", n)) for n, x in enumerate(data.get("regex", ())))
        return Pack(
            str(head.get("id", "")), str(head.get("version", "")), self._digest.hexdigest(), str(head.get("title", "")),
            str(head.get("source", "")), str(head.get("licence", "")), str(head.get("author", "")),
            tuple(self._categories(data.get("categories", {}))), rules, patterns,
            bool(head.get("emergency", False)), str(head.get("valid_until", "")),
        )  # fmt: skip

    def _categories(self, table: Any) -> Iterable[Category]:
        line = self._notes.line_of("categories")
        for name, value in table.items() if isinstance(table, dict) else ():
            entry = value if isinstance(value, dict) else {"severity": value}
            severity = entry.get("severity")
            if not isinstance(severity, int) or not 1 <= severity <= 4:
                self._notes.error(self._notes.line_of_key(line, name), f"severity of {name} is not 1 to 4")
                severity = 1
            yield Category(name, severity, bool(entry.get("human_only", False)))

    def _rule(self, table: Mapping[str, Any], line: int) -> Rule:
        self._unknown(table, _RULE_KEYS, line)
        tiers = self._words(table, "accept", Tier, line) or ALL_TIERS
        lang = str(table.get("lang", ""))
        terms = [self._term(x, lang, tiers, line) for x in self._list(table, "any", line)]
        if "list" in table:
            terms += self._csv(str(table["list"]), lang, tiers, self._notes.line_of_key(line, "list"))
        if not terms:
            self._notes.error(line, "a rule without terms")
        return Rule(
            str(table.get("id", "")), str(table.get("category", "")), tuple(terms), self._scopes(table, line),
            self._word(table, "action", Action, Action.QUEUE, line),
            self._word(table, "boundary", Boundary, Boundary.AUTO, line), self._near(table, line),
            self._strings(table, "not", line), self._strings(table, "allow", line),
            frozenset(self._strings(table, "languages", line)), frozenset(self._strings(table, "exempt_roles", line)),
            self._examples(table, line), line,
        )  # fmt: skip

    def _pattern(self, table: Mapping[str, Any], line: int) -> Pattern:
        self._unknown(table, _PATTERN_KEYS, line)
        return Pattern(
            str(table.get("id", "")), str(table.get("category", "")), str(table.get("pattern", "")),
            self._word(table, "on", Surface, Surface.ORIGINAL, line), self._scopes(table, line),
            self._word(table, "action", Action, Action.QUEUE, line),
            frozenset(self._strings(table, "languages", line)), frozenset(self._strings(table, "exempt_roles", line)),
            self._examples(table, line), line,
        )  # fmt: skip

    def _term(self, value: Any, lang: str, tiers: frozenset[Tier], line: int) -> ListedTerm:
        if isinstance(value, dict):
            own = self._words(value, "accept", Tier, line) or tiers
            return ListedTerm(str(value.get("t", "")), str(value.get("lang", lang)), own, line)
        return ListedTerm(str(value), lang, tiers, line)

    def _csv(self, name: str, lang: str, tiers: frozenset[Tier], line: int) -> list[ListedTerm]:
        path = (self._path.parent / name).resolve()
        if path.parent != self._path.parent.resolve():
            self._notes.error(line, f"list {name} is not beside the pack")
            return []
        try:
            raw = path.read_bytes()
            self._digest.update(raw)
            rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
        except OSError as error:
            self._notes.error(line, f"list {name} cannot be read: {error.strerror or error}")
            return []
        except UnicodeDecodeError as error:
            at = raw[: error.start].count(b"\n") + 1
            self._notes.found.append(Finding(str(path), at, Level.ERROR, "not UTF-8; save the file as UTF-8"))
            return []
        if len(rows) > MOST_TERMS:
            self._notes.error(line, f"list {name} has {len(rows)} terms; at most {MOST_TERMS} are taken")
            return []
        if rows and "term" not in rows[0]:
            self._notes.found.append(Finding(str(path), 1, Level.ERROR, "no column named term"))
            return []
        return [
            ListedTerm((row["term"] or "").strip(), (row.get("lang") or lang).strip(), tiers, at)
            for at, row in enumerate(rows, 2)
        ]

    def _near(self, table: Mapping[str, Any], line: int) -> Near | None:
        value = table.get("near")
        if value is None:
            return None
        if not isinstance(value, dict) or not value.get("terms"):
            self._notes.error(self._notes.line_of_key(line, "near"), "near needs terms")
            return None
        return Near(tuple(map(str, value["terms"])), int(value.get("within", 40)))

    def _examples(self, table: Mapping[str, Any], line: int) -> Examples:
        value = table.get("examples", {})
        if not isinstance(value, dict):
            self._notes.error(line, "examples must be { hit = [...], miss = [...] }")
            return Examples()
        return Examples(tuple(map(str, value.get("hit", ()))), tuple(map(str, value.get("miss", ()))))

    def _scopes(self, table: Mapping[str, Any], line: int) -> frozenset[Scope]:
        return self._words(table, "scope", Scope, line) or frozenset({Scope.TITLE, Scope.BODY})

    def _list(self, table: Mapping[str, Any], key: str, line: int) -> list[Any]:
        value = table.get(key, [])
        if not isinstance(value, list):
            self._notes.error(self._notes.line_of_key(line, key), f"{key} must be a list")
            return []
        return value

    def _strings(self, table: Mapping[str, Any], key: str, line: int) -> tuple[str, ...]:
        return tuple(map(str, self._list(table, key, line)))

    def _words(self, table: Mapping[str, Any], key: str, kind: type[W], line: int) -> frozenset[W]:
        return frozenset(x for x in (self._known(y, kind, key, line) for y in self._strings(table, key, line)) if x)

    def _word(self, table: Mapping[str, Any], key: str, kind: type[W], default: W, line: int) -> W:
        return self._known(str(table[key]), kind, key, line) or default if key in table else default

    def _known(self, value: str, kind: type[W], key: str, line: int) -> W | None:
        try:
            return kind(value)
        except ValueError:
            words = ", ".join(kind)
            self._notes.error(self._notes.line_of_key(line, key), f"{key}: {value} is none of {words}")
            return None

    def _unknown(self, table: Mapping[str, Any], known: frozenset[str], line: int) -> None:
        for key in sorted(set(table) - known):
            self._notes.error(self._notes.line_of_key(line, key), f"unknown key {key}")
