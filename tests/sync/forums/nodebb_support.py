"""A real HTTP server on a loopback socket, for tests of the connector: scripted routes or recorded exchanges."""

from __future__ import annotations

import asyncio
import functools
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.contracts.recorded import RECORDINGS

from modstation.models.ids import CaseId, ForumName, ItemKey, TargetType
from modstation.models.measures import Measure, Order, OrderKind
from modstation.sync.forums.nodebb import NodeBB
from modstation.sync.http import HttpClient, make_context

FORUM = ForumName("riverside")
TOKEN = "t0ken-of-the-test"
CASE = CaseId("MS-ABCDE-23456")
#: Made once for all tests: it takes longer than most of them.
CONTEXT = make_context()
#: The recordings were made on 2026-11-25 at 01:08 UTC.
RECORDED_AT = datetime(2026, 11, 25, 1, 8, 5, tzinfo=UTC)
_Result = TypeVar("_Result")


@dataclass
class Asked:
    """One request as the server got it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    raw: bytes = b""


@dataclass
class Reply:
    """What to answer. `data` goes out as JSON unless `raw` is given. `broken` cuts the connection after reading."""

    status: int = 200
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    kind: str = "application/json; charset=utf-8"
    broken: bool = False


def v3(response: Any, status: int = 200, code: str = "ok", message: str = "OK") -> Reply:
    """An answer in the v3 envelope."""
    return Reply(status, {"status": {"code": code, "message": message}, "response": response})


def refusal(status: int, message: str = "") -> Reply:
    """A refusal in the v3 envelope."""
    return v3({}, status, "bad-request", message)


Handler = Callable[[Asked], Reply | Awaitable[Reply]]


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = RECORDED_AT) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class LoopServer:
    """Answers with `routes[(method, path)]`, else with `fallback`. Everything asked is kept in `asked`."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Handler] = {}
        self.asked: list[Asked] = []
        self.busy = self.most_busy = self.connections = 0
        self.fallback: Handler = lambda asked: refusal(404, "Invalid API call")
        self.url = ""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def on(self, method: str, path: str, reply: Reply | Handler) -> None:
        """Answer a route with a fixed reply, or by a function of the request."""
        self.routes[(method, path)] = (lambda asked: reply) if isinstance(reply, Reply) else reply

    def wrote(self) -> list[tuple[str, str]]:
        """The writes that arrived, in order."""
        return [(asked.method, asked.path) for asked in self.asked if asked.method not in ("GET", "HEAD")]

    def count(self, method: str, path: str) -> int:
        """How often a route was asked."""
        return sum((asked.method, asked.path) == (method, path) for asked in self.asked)

    async def start(self, ssl_context: Any = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=ssl_context, limit=2**24)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if ssl_context else 'http'}://127.0.0.1:{port}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        for writer in list(self._writers):
            writer.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (entry.partition(":") for entry in lines if entry)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        body = json.loads(raw) if raw else None
        asked = Asked(method, unquote(parts.path), dict(parse_qsl(parts.query)), headers, body, raw)
        self.asked.append(asked)
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            made = self.routes.get((method, asked.path), self.fallback)(asked)
            reply = made if isinstance(made, Reply) else await made
        finally:
            self.busy -= 1
        if reply.broken:
            return False
        content = json.dumps(reply.data).encode() if reply.raw is None else reply.raw
        if reply.status == 304 or method == "HEAD":
            content = b""
        out = {"Content-Type": reply.kind, "Content-Length": str(len(content)), "X-Powered-By": "NodeBB"}
        out |= reply.headers
        shown = "".join(f"{name}: {value}\r\n" for name, value in out.items() if value)
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{shown}\r\n".encode() + content)
        await writer.drain()
        # An answer that promises more than it holds breaks off.
        return int(out["Content-Length"]) <= len(content) or method == "HEAD" or reply.status == 304


@asynccontextmanager
async def serving() -> AsyncIterator[LoopServer]:
    """A running server."""
    server = LoopServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def connected(server: LoopServer, *, clock: FixedClock | None = None, **options: Any) -> AsyncIterator[NodeBB]:
    """A connector to a running server."""
    clock = clock or FixedClock()
    client = HttpClient(clock=clock, timeout=options.pop("timeout", 5.0), context=CONTEXT)
    try:
        yield NodeBB(FORUM, server.url, TOKEN, client=client, clock=clock, **options)
    finally:
        await client.aclose()


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run one test's coroutine to its end."""
    return asyncio.run(work)


def post(pid: int | str) -> ItemKey:
    return ItemKey(FORUM, TargetType.POST, str(pid))


def topic(tid: int | str) -> ItemKey:
    return ItemKey(FORUM, TargetType.TOPIC, str(tid))


def person(uid: int | str) -> ItemKey:
    return ItemKey(FORUM, TargetType.ACCOUNT, str(uid))


def queued(queue_id: str) -> ItemKey:
    return ItemKey(FORUM, TargetType.QUEUED, queue_id)


def section(cid: int | str) -> ItemKey:
    return ItemKey(FORUM, TargetType.SECTION, str(cid))


def order(item: ItemKey, measure: Measure = Measure.NONE, kind: OrderKind = OrderKind.MEASURE, **more: Any) -> Order:
    return Order(kind, item, CASE, measure, **more)


def exchange(file: str, name: str) -> dict[str, Any]:
    """One exchange as recorded on a real server."""
    return next(entry for entry in _recording(file) if entry["id"] == name)


@functools.cache
def _recording(file: str) -> list[dict[str, Any]]:
    whole: dict[str, list[dict[str, Any]]] = json.loads((RECORDINGS / f"{file}.json").read_text("utf-8"))
    return whole["exchanges"]


def recorded(file: str, name: str) -> Reply:
    """The recorded answer of one exchange."""
    response = exchange(file, name)["response"]
    headers = response.get("headers") or {}
    kept = {name: headers[name] for name in ("etag", "set-cookie") if name in headers}
    kind = headers.get("content-type", "application/json; charset=utf-8")
    body = response.get("body")
    raw = body.encode() if isinstance(body, str) and "json" not in kind else None
    return Reply(response["status"], body, kept, raw, kind)


def replay(server: LoopServer, file: str, *names: str) -> None:
    """Answer each recorded route with its exchanges in the order named; the last one stays."""
    queues: defaultdict[tuple[str, str], list[Reply]] = defaultdict(list)
    for name in names:
        request = exchange(file, name)["request"]
        queues[(request["method"], request["path"])].append(recorded(file, name))
    for route, replies in queues.items():
        server.on(*route, _one_after_another(replies))


def _one_after_another(replies: list[Reply]) -> Handler:
    left = list(replies)

    def answer(asked: Asked) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


def as_recorded_admin(server: LoopServer) -> None:
    """The routes every look needs: who we are, the limits, the sections."""
    replay(server, "errors-and-auth", "self-admin", "config")
    replay(server, "categories", "list")
