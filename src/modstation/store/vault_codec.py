"""Frozen dataclasses to JSON and back, strictly: a missing, unknown or mistyped field is an error, bytes are base64."""

from __future__ import annotations

import base64
import binascii
import types
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: object) -> Any:
    """The JSON value of a dataclass made of strings, numbers, bytes, tuples and such dataclasses."""
    if is_dataclass(value):
        return {each.name: to_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def from_json(kind: type[T], value: Any) -> T:
    """Read a value of this kind back. Raises ValueError saying which field is wrong."""
    result: T = _read(kind, value, kind.__name__)
    return result


def _read(kind: Any, value: Any, where: str) -> Any:
    if is_dataclass(kind):
        return _read_dataclass(kind, value, where)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], each, where) for each in _typed(list, value, where))
    if get_origin(kind) in (Union, types.UnionType):
        return None if value is None else _read(get_args(kind)[0], value, where)
    if kind is bytes:
        return _bytes(_typed(str, value, where), where)
    return _typed(kind, value, where)


def _read_dataclass(kind: Any, value: Any, where: str) -> Any:
    given = _typed(dict, value, where)
    hints = get_type_hints(kind)
    needed = {each.name for each in fields(kind) if each.default is MISSING}
    if not needed <= set(given) <= set(hints):
        raise ValueError(f"{where}: fields are missing or unknown")
    return kind(**{name: _read(hints[name], each, f"{where}.{name}") for name, each in given.items()})


def _typed(kind: type[T], value: Any, where: str) -> T:
    if type(value) is not kind:
        raise ValueError(f"{where}: expected {kind.__name__}")
    return value


def _bytes(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{where}: not base64") from None
