"""From the plain values of a TOML file to the frozen blocks: strict about names and types, never about order."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date, datetime
from typing import Any

from .blocks import Table, Text
from .findings import Finding
from .lines import LineIndex, Path

_WORDS: dict[type, str] = {str: "a text", int: "a whole number", bool: "true or false", date: "a date"}


class _WrongType(Exception):
    """A value of another type than the field has; already noted as a finding."""


@dataclass(slots=True)
class Builder:
    """Builds blocks and gathers what is wrong with the file on the way."""

    lines: LineIndex
    findings: list[Finding]

    def note(self, at: Path, rule: str, message: str) -> None:
        """Keep a finding with its line."""
        self.findings.append(Finding(self.lines.of(at), rule, message))

    def build(self, kind: type[Any], raw: object, at: Path) -> Any:
        """A block of that kind from a table of the file."""
        if not isinstance(raw, Mapping):
            raise self.wrong(at, "a table")
        known = _keys(kind)
        for key in raw:
            if key not in known:
                self.note((*at, key), "unknown-key", f"'{key}' is no key of {_where(at)}.")
        return self._make(kind, raw, at)

    def _make(self, kind: type[Any], raw: Mapping[str, object], at: Path) -> Any:
        values: dict[str, Any] = {}
        whole = True
        for key, (item, hint) in _keys(kind).items():
            if key in raw:
                try:
                    values[item.name] = self.convert(hint, raw[key], (*at, key))
                except _WrongType:
                    whole = False
            elif item.default is MISSING and item.default_factory is MISSING:
                self.note(at, "missing-key", f"{_where(at)} needs '{key}'.")
                whole = False
        if not whole:
            raise _WrongType
        return kind(**values)

    def wrong(self, at: Path, wanted: str) -> _WrongType:
        """Note a wrong type and hand back what to raise."""
        self.note(at, "wrong-type", f"{_where(at)} must be {wanted}.")
        return _WrongType()

    def convert(self, hint: Any, raw: object, at: Path) -> Any:
        """One value as its field's type."""
        if hint in _WORDS:
            return self._plain(hint, raw, at)
        if hint in (Text, Table):
            return self._map(hint, raw, at)
        if typing.get_origin(hint) is tuple:
            return self._tuple(typing.get_args(hint)[0], raw, at)
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            return self.convert(next(arm for arm in typing.get_args(hint) if arm is not type(None)), raw, at)
        return self.build(hint, raw, at)

    def _plain(self, hint: type, raw: object, at: Path) -> Any:
        mixed_up = (isinstance(raw, bool) and hint is int) or isinstance(raw, datetime)
        if mixed_up or not isinstance(raw, hint):
            raise self.wrong(at, _WORDS[hint])
        return raw

    def _map(self, hint: type[Any], raw: object, at: Path) -> Any:
        allowed = str if hint is Text else (str, int, bool)
        if not isinstance(raw, Mapping) or not all(isinstance(value, allowed) for value in raw.values()):
            raise self.wrong(at, "a table of texts" if hint is Text else "a table of plain values")
        return hint(tuple((str(key), value) for key, value in raw.items()))

    def _tuple(self, hint: Any, raw: object, at: Path) -> tuple[Any, ...]:
        if isinstance(raw, str) and hint is str:
            return (raw,)
        if not isinstance(raw, list):
            raise self.wrong(at, "a list")
        made, whole = [], True
        for index, value in enumerate(raw):
            try:
                made.append(self.convert(hint, value, (*at, index)))
            except _WrongType:
                whole = False
        if not whole:
            raise _WrongType
        return tuple(made)


def build_or_none(builder: Builder, kind: type[Any], raw: Mapping[str, object]) -> Any:
    """The whole file as one value, or None when a finding made it impossible."""
    try:
        return builder.build(kind, raw, ())
    except _WrongType:
        return None


#: Resolving the type hints of a block costs more than building it; each block is resolved once.
_KNOWN: dict[type[Any], dict[str, tuple[Field[Any], Any]]] = {}


def _keys(kind: type[Any]) -> dict[str, tuple[Field[Any], Any]]:
    if kind not in _KNOWN:
        hints = typing.get_type_hints(kind)
        named = {item.metadata.get("key", item.name): (item, hints[item.name]) for item in fields(kind)}
        _KNOWN[kind] = {key: pair for key, pair in named.items() if key is not None}
    return _KNOWN[kind]


def _where(at: Path) -> str:
    words = [f"number {part + 1}" if isinstance(part, int) else f"'{part}'" for part in at]
    return " ".join(words) or "the file"
