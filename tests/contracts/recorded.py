"""Exchanges recorded on a real NodeBB 4.15: load them, compare answers with them, or serve them again.

The recordings are in tests/recordings, one story a file; see `Story`. `differences` compares an answer with a recorded
one: its status, the words of a refusal, the types of every field, and the values of fields that tell of traps.
`ReplayServer` is a real HTTP server that gives recorded answers by method, path, query and order.
"""

from __future__ import annotations

import functools
import json
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

RECORDINGS = Path(__file__).resolve().parent.parent / "recordings"
STORIES = tuple(sorted(path.stem for path in RECORDINGS.glob("*.json")))

#: Parts of the frame around page data that a client never reads.
FRAME = frozenset(
    {"types", "widgets", "_header", "loggedInUser", "breadcrumbs", "pagination", "analytics", "rssFeedUrl"}
)
#: Fields whose value, not only whose type, must be as recorded.
TELLING = frozenset(
    {
        "state", "assignee", "deleted", "deleterUid", "locked", "banned", "banned:expire", "muted", "mutedUntil",
        "mutedReason", "code", "count", "filters", "hasFilter", "sort", "flagId", "targetId", "labelClass",
        "report", "queued", "txContent", "oldCid", "params", "roomId", "mid", "self", "canAccept", "changed",
        "type_bool", "isMainPost", "banned_until_readable", "muted_until_readable", "selectedCids", "singlePost",
        "deletable", "editable", "index", "fromuid",
    }
)  # fmt: skip
_TRIMMED = "__trimmed__"
_UNFRAMED = ("/api/self", "/api/config")
_DESCRIBED = {
    _TRIMMED,
    "bans",
    "mutes",
    "flags",
    "flags_of_posts_in_that_topic",
    "flagIds",
    "states",
    "looking_for",
    "cids",
}
_STAMP = re.compile(r"\b(1[5-9]\d{11})\b")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded call. `uid` is whose token it carried: 0 the master token, -1 a wrong one, None no token."""

    id: str
    note: str
    uid: int | None
    method: str
    path: str
    query: dict[str, Any]
    headers: dict[str, str]
    body: Any
    status: int
    answer_headers: dict[str, str]
    answer: Any

    @property
    def target(self) -> str:
        """Path and query as they go on the request line; repeated names stay repeated."""
        pairs = [(name, one) for name, value in self.query.items() for one in _many(value)]
        return self.path + ("?" + urlencode(pairs) if pairs else "")

    @property
    def at(self) -> int:
        """When it was answered, UTC milliseconds: the newest time that the answer itself names, or its Date header."""
        second = int(parsedate_to_datetime(self.answer_headers["date"]).timestamp() * 1000)
        named = [int(one) for one in _STAMP.findall(json.dumps(self.answer, ensure_ascii=False))]
        return max([one for one in named if second - 2_000 < one < second + 1_000], default=second)

    @property
    def described(self) -> bool:
        """Whether the recorder kept a description in place of the answer: then only the status can be compared."""
        if not isinstance(self.answer, dict):
            return False
        listed = isinstance(self.answer.get("flags"), list)
        return (set(self.answer) <= _DESCRIBED and not listed) or isinstance(self.answer.get("response"), str)

    @property
    def abridged(self) -> bool:
        """Whether the recorder left fields out, so that new ones prove nothing."""
        page = self.status == 200 and not self.path.startswith("/api/v3/") and isinstance(self.answer, dict)
        told_whole = self.path in _UNFRAMED or self.path.startswith(("/api/user/uid/", "/api/categories/"))
        return page and not told_whole and "template" not in self.answer


@dataclass(frozen=True, slots=True)
class Story:
    """One file: exchanges in the order they happened."""

    name: str
    title: str
    base_url: str
    exchanges: tuple[Exchange, ...]

    def __getitem__(self, name: str) -> Exchange:
        return next(exchange for exchange in self.exchanges if exchange.id == name)


@functools.cache
def story(name: str) -> Story:
    """Load a story by the name of its file, for example `flag-actions`."""
    told = json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))
    exchanges = tuple(_exchange(one) for one in told["exchanges"] if "request" in one)
    return Story(name, told["title"], told["base_url"], exchanges)


def _exchange(told: dict[str, Any]) -> Exchange:
    asked, given = told["request"], told["response"]
    body = asked.get("body")
    if "body_length" in asked:
        body = "x" * int(asked["body_length"])
    return Exchange(
        told["id"], told.get("note") or "", _uid(told.get("caller")), asked["method"], asked["path"],
        asked.get("query") or {}, asked.get("headers") or {}, body, given["status"], given["headers"], given["body"],
    )  # fmt: skip


def _uid(caller: str | None) -> int | None:
    if caller is None:
        return None
    if caller.startswith("master"):
        return 0
    found = re.search(r"uid (\d+)", caller)
    return int(found.group(1)) if found else -1


def _many(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


# -- comparing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as recorded; `where` is a path like `response.flags[].state`."""

    where: str
    recorded: Any
    answered: Any

    def __str__(self) -> str:
        return f"{self.where}: recorded {self.recorded!r}, answered {self.answered!r}"


def differences(
    exchange: Exchange, status: int, answer: Any, *, values: Iterable[str] = TELLING, ignore: Iterable[str] = ()
) -> list[Difference]:
    """What differs between an answer and a recorded one.

    Every recorded field must be there with the same JSON type (null stands for anything), no field may be new, and
    fields named in `values` must have the recorded value. Parts named in `ignore`, and the frame of pages, are skipped.
    """
    found = [] if status == exchange.status else [Difference("status", exchange.status, status)]
    if exchange.described:
        return found
    rules = _Rules(frozenset(values), FRAME | set(ignore), exchange.abridged)
    found += rules.compare("", exchange.answer, answer)
    if isinstance(exchange.answer, dict) and isinstance(exchange.answer.get("status"), dict):
        said, says = exchange.answer["status"]["message"], (answer.get("status") or {}).get("message")
        found += [] if said == says else [Difference("status.message", said, says)]
    return found


@dataclass(frozen=True, slots=True)
class _Rules:
    values: frozenset[str]
    skipped: frozenset[str] | set[str]
    abridged: bool

    def compare(self, where: str, old: Any, new: Any) -> list[Difference]:
        if old is None or new is None:
            return []
        if _kind(old) != _kind(new):
            return [Difference(where, _kind(old), _kind(new))]
        if isinstance(old, dict):
            return list(self.fields(where, old, new))
        if isinstance(old, list) and old and new and not isinstance(old[0], str):
            return self.rows(where, old, new)
        return []

    def rows(self, where: str, old: list[Any], new: list[Any]) -> list[Difference]:
        shapes = _Rules(frozenset(), self.skipped, self.abridged)
        found = shapes.compare(f"{where}[]", _merged(old), _merged(new[: len(old)]))
        for index, (was, now) in enumerate(zip(old, new, strict=False)):
            if isinstance(was, dict) and isinstance(now, dict):
                told = self.fields(f"{where}[{index}]", was, now)
                found += [one for one in told if one.where.rpartition(".")[2] in self.values]
        return found

    def fields(self, where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        for name in sorted((set(old) | set(new)) - self.skipped - {_TRIMMED}):
            place = f"{where}.{name}" if where else name
            if name not in new:
                yield Difference(place, _kind(old[name]), "missing")
            elif name not in old:
                if not self.abridged:
                    yield Difference(place, "absent", _kind(new[name]))
            elif name in self.values and old[name] != new[name]:
                yield Difference(place, old[name], new[name])
            else:
                yield from self.compare(place, old[name], new[name])


def _merged(rows: list[Any]) -> Any:
    """One row that has every field of all rows, for comparing types."""
    if not all(isinstance(row, dict) for row in rows):
        return rows[0]
    whole: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            whole[name] = value if whole.get(name) is None else whole[name]
    return whole


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    kinds = {"str": "text", "list": "list", "dict": "object"}
    return kinds.get(type(value).__name__, "null")


# -- serving again ----------------------------------------------------------------------------------------------------


@dataclass
class ReplayServer:
    """Serves recorded answers on a socket of this machine; use it with `with`.

    An exchange is found by method, path and query (the parameter `lang` aside). Where several fit they are given in
    their order, and the last one again and again. What was never recorded answers 404 and is kept in `unknown`.
    `asked` keeps every call as (method, target, body).
    """

    exchanges: Iterable[Exchange]
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left: dict[tuple[str, str, str], list[Exchange]] = {}
        for exchange in self.exchanges:
            self._left.setdefault(_key(exchange.method, exchange.target), []).append(exchange)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Replay, self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The address to ask."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, method: str, target: str, body: Any) -> Exchange | None:
        """The recorded exchange for a call; None where there is none."""
        with self._lock:
            self.asked.append((method, target, body))
            fitting = self._left.get(_key(method, target))
            if not fitting:
                self.unknown.append(f"{method} {target}")
                return None
            return fitting.pop(0) if len(fitting) > 1 else fitting[0]


def _key(method: str, target: str) -> tuple[str, str, str]:
    parts = urlsplit(target)
    pairs = sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "lang")
    return method, unquote(parts.path).rstrip("/"), urlencode(pairs)


class _Replay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, owner: ReplayServer, *more: Any) -> None:
        self._owner = owner
        super().__init__(*more)

    def _give(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        exchange = self._owner.take(self.command, self.path, raw.decode("utf-8", "replace"))
        status = exchange.status if exchange else 404
        answer = (
            exchange.answer
            if exchange
            else {"status": {"code": "not-found", "message": "never recorded"}, "response": {}}
        )
        text = exchange is not None and exchange.answer_headers.get("content-type", "").startswith("text/")
        body = (
            str(answer).encode() if text else json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace")
        )
        body = b"" if status == 304 or self.command == "HEAD" else body
        self.send_response(status)
        for name in ("content-type", "etag", "x-redirect"):
            if exchange and name in exchange.answer_headers:
                self.send_header(name, exchange.answer_headers[name])
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _give

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests print only what they find."""
