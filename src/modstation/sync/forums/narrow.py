"""Reading JSON of uncertain shape: each getter says what it wanted when it did not get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from modstation.models.errors import BadAnswer
from modstation.models.time import from_ms

Obj = Mapping[str, object]
#: The last moment a datetime holds, in ms; a larger number is no time.
_LAST_MS: Final = 253_402_300_799_999


def obj(value: object, what: str) -> Obj:
    """The value as an object. Raises BadAnswer naming `what`."""
    if isinstance(value, dict):
        return value
    raise wrong(what, "an object", value)


def obj_or_empty(value: object) -> Obj:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object, what: str) -> Sequence[object]:
    """The value as a list. Raises BadAnswer naming `what`."""
    if isinstance(value, list):
        return value
    raise wrong(what, "a list", value)


def rows_or_empty(value: object) -> Sequence[object]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else ()


def text(source: Obj, key: str) -> str:
    """A text field that must be there. Raises BadAnswer."""
    value = source.get(key)
    if isinstance(value, str):
        return value
    raise wrong(key, "a text", value)


def text_or_empty(source: Obj, key: str) -> str:
    """A text field, or "" where it is missing, null or something else."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def ident(source: Obj, key: str) -> str:
    """An id that must be there, whether it came as a number or as a text. Raises BadAnswer."""
    found = ident_or_empty(source, key)
    if not found:
        raise wrong(key, "an id", source.get(key))
    return found


def ident_or_empty(source: Obj, key: str) -> str:
    """An id as text; "" where it is missing, null, empty, zero or of another type."""
    value = source.get(key)
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return str(value) if value else ""
    if isinstance(value, str) and value != "0" and "/" not in value:
        return value.strip()
    return ""


def uid_or_empty(source: Obj, key: str) -> str:
    """The id of an account: as `ident_or_empty`, or the address that names an account of another server."""
    value = source.get(key)
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return value.strip()
    return ident_or_empty(source, key)


def number(source: Obj, key: str, default: int = 0) -> int:
    """A whole number, also where it came as digits; `default` where it is neither."""
    value = source.get(key)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 18:
        return int(value)
    return default


def truth(source: Obj, key: str) -> bool:
    """A flag that came as true, 1 or "1"."""
    return source.get(key) in (True, 1, "1")


def moment(source: Obj, key: str) -> datetime | None:
    """A time in ms since 1970 as an aware UTC moment; None where it is missing, 0 or out of range."""
    ms = number(source, key)
    return from_ms(ms) if 0 < ms <= _LAST_MS else None


def wrong(what: str, wanted: str, got: object) -> BadAnswer:
    """The error for a value of another type than promised; the value itself is not quoted."""
    return BadAnswer(
        "The forum's answer is not what its platform promises.",
        f"'{what}' should be {wanted} and is {type(got).__name__ if got is not None else 'missing'}.",
        "It is set aside; look at it in the list of set-aside answers.",
    )
