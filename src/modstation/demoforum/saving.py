"""Keep a forum between two runs: one JSON file, written beside and moved into place."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import threading
import types
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from .clock import Clock
from .forum import Books, Forum, Settings
from .records import Account, Event, Flag, Mutation, Post, Queued, Registration, Room, Section, Topic

VERSION = 1
_PARTS: dict[str, Any] = {
    "accounts": dict[int, Account],
    "slugs": dict[str, int],
    "sections": dict[int, Section],
    "topics": dict[int, Topic],
    "posts": dict[int, Post],
    "posts_of": dict[int, list[int]],
    "flags": dict[int, Flag],
    "flags_of": dict[int, list[int]],
    "rooms": dict[int, Room],
    "queue": dict[str, Queued],
    "registrations": dict[str, Registration],
    "events": list[Event],
    "uploads": dict[str, int],
    "tokens": dict[str, int],
    "mutations": list[Mutation],
    "settings": Settings,
    "books": Books,
}


class BadState(ValueError):
    """A file that holds no forum this version can read; the message says what to do."""


def save(forum: Forum, path: Path) -> None:
    """Write the forum to a file. What stood there before is replaced whole or not at all."""
    with forum.lock:
        told = {name: _plain(getattr(forum, name)) for name in _PARTS}
    whole = {"demo forum": VERSION, "title": forum.title, **told}
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps(whole, ensure_ascii=True), "ascii")
    os.replace(beside, path)


def load(path: Path, clock: Clock | None = None) -> Forum:
    """Read a forum from a file. Raises BadState when it is none, OSError when it cannot be read."""
    try:
        told = json.loads(path.read_text("ascii"))
        if told["demo forum"] != VERSION:
            raise BadState(f"{path.name} was written by another version; remove it to start anew.")
        forum = Forum(str(told["title"]), clock)
        for name, kind in _PARTS.items():
            setattr(forum, name, _typed(told[name], kind))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        if isinstance(problem, BadState):
            raise
        raise BadState(f"{path.name} holds no demo forum; remove it to start anew.") from problem
    return forum


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    return value


def _typed(value: Any, kind: Any) -> Any:
    """A value of JSON as the type it was before: records, numbers as keys, tuples, sets."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, Union):
        return None if value is None else _typed(value, next(one for one in inside if one is not type(None)))
    if origin is dict:
        return {inside[0](name): _typed(inner, inside[1]) for name, inner in value.items()}
    if origin is tuple:
        return tuple(_typed(inner, one) for inner, one in zip(value, inside, strict=True))
    if origin in (list, set):
        return origin(_typed(inner, inside[0]) for inner in value)
    return _record(value, kind) if dataclasses.is_dataclass(kind) else value


def _record(value: dict[str, Any], kind: Any) -> Any:
    hints = _hints(kind)
    return kind(**{name: _typed(inner, hints[name]) for name, inner in value.items()})


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


class Saver:
    """Saves a forum every `seconds` while something has changed, and once more at the end."""

    def __init__(self, forum: Forum, path: Path, seconds: float = 5.0) -> None:
        self._forum, self._path, self._seconds = forum, path, seconds
        self._saved = -1
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="saver", daemon=True)

    def start(self) -> None:
        """Begin, with a first save."""
        self._save()
        self._thread.start()

    def stop(self) -> None:
        """Save what is new and end."""
        self._stop.set()
        self._thread.join()
        self._save()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self._save()

    def _save(self) -> None:
        count = len(self._forum.mutations)
        if count != self._saved:
            save(self._forum, self._path)
            self._saved = count
