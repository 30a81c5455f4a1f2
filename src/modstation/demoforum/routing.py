"""Requests, and the table that finds who answers them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from .answers import Answer, Json, Refusal
from .records import Account

BODY_LIMIT = 1_000_000


@dataclass(slots=True)
class Request:
    """One call as it came in.

    `query` keeps every value of a name. `body` is the parsed body, None where there was none (the platform then
    stumbles over a missing object). `caller` is None for a reader without a token.
    """

    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    body: Json | None = None
    caller: Account | None = None

    @property
    def lang(self) -> str:
        """The language asked for."""
        return self.query.get("lang", ["en-GB"])[-1]

    @property
    def v3(self) -> bool:
        """Whether the call belongs to the write API, which wraps its answers."""
        return self.path.startswith("/api/v3/")

    @property
    def writes(self) -> bool:
        """Whether the method is one that can change something."""
        return self.method in {"POST", "PUT", "DELETE", "PATCH"}

    @property
    def who(self) -> Account:
        """The caller of a route that needs a login; the routes let nobody else in."""
        assert self.caller is not None
        return self.caller

    def one(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return self.query.get(name, [default])[-1]

    def number(self, name: str, default: int) -> int:
        """A query parameter as a positive number; `default` for 0, nonsense and nothing."""
        return abs(whole(self.one(name)) or default)

    @property
    def given(self) -> Json:
        """The body as an object; empty where there was none."""
        return self.body or {}

    def required(self, *names: str) -> None:
        """Refuse when fields of the body are missing, in the platform's words."""
        missing = [name for name in names if name not in self.given]
        if missing:
            raise Refusal(400, "missing", " ".join(missing), response={"params": missing})

    def whole_body(self) -> None:
        """Parse the raw body by its content type. Broken JSON and a body too large answer 500 (a trap)."""
        if len(self.raw) > BODY_LIMIT:
            raise Refusal(500, "verbatim", "request entity too large")
        kind = self.headers.get("content-type", "")
        if "json" in kind and self.raw.strip():
            self.body = _json_body(self.raw)
        elif "urlencoded" in kind:
            pairs = parse_qs(self.raw.decode("utf-8", "replace"), keep_blank_values=True)
            self.body = {name: values[-1] for name, values in pairs.items()}


def _json_body(raw: bytes) -> Json:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise Refusal(500, "verbatim", _javascript_words(raw, problem)) from None
    return value if isinstance(value, dict) else {}


def _javascript_words(raw: bytes, problem: Exception) -> str:
    position = getattr(problem, "pos", 0)
    if "Unterminated string" in str(problem):
        length = len(raw.decode("utf-8", "replace"))
        return f"Unterminated string in JSON at position {length} (line 1 column {length + 1})"
    return f"Unexpected token in JSON at position {position}"


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of the table. `login` refuses readers without a token."""

    method: str
    pattern: re.Pattern[str]
    handler: Callable[..., Answer]
    login: bool


class Routes:
    """A table of routes; modules fill it with the decorator `on`."""

    def __init__(self) -> None:
        self._routes: list[Route] = []
        self._by_head: dict[tuple[str, str], list[Route]] = {}

    def on(
        self, method: str, path: str, *, login: bool = True
    ) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Register a handler. `{name}` takes one segment; it reaches the handler as text."""
        pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "/?$")

        def put(handler: Callable[..., Answer]) -> Callable[..., Answer]:
            route = Route(method, pattern, handler, login)
            self._routes.append(route)
            self._by_head.setdefault((method, _head(path)), []).append(route)
            return handler

        return put

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for a call and the parts of its path, decoded."""
        for route in self._by_head.get((method, _head(path)), []):
            match = route.pattern.match(path)
            if match:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None


def _head(path: str) -> str:
    parts = path.split("/")
    return parts[3] if path.startswith("/api/v3/") else "page:" + parts[2] if len(parts) > 2 else ""


def whole(text: object) -> int:
    """A whole number at the start of a text, 0 where there is none: how JavaScript's parseInt reads it."""
    match = re.match(r"\s*(-?\d{1,18})", str(text))
    return int(match.group(1)) if match else 0


#: The routes of the forum proper.
routes = Routes()
