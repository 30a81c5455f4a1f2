"""Calls to a NodeBB server: two families of routes, one token, one pinned language."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Final, TypeVar
from urllib.parse import quote

from modstation.models.errors import BadAnswer, BadInput, TokenRefused
from modstation.sync.forums.narrow import Obj, obj, obj_or_empty, text_or_empty
from modstation.sync.http import MAX_CONNECTIONS, Answer, Call, HttpClient, Query, Recorder
from modstation.sync.http_limits import LATER

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
#: Error texts follow this language. They are shown to people, never branched on.
_LANGUAGE: Final = ("lang", "en-GB")


class Wire:
    """One server and one token. `acting` is the uid a master token acts as; "" for a token of an account."""

    def __init__(self, url: str, token: str, client: HttpClient, acting: str = "") -> None:
        self.base = url.rstrip("/")
        # Each task that uses the connector has its own record, so that what one person opened is sealed without what
        # the puller read meanwhile.
        self._record: ContextVar[Recorder | None] = ContextVar("record", default=None)
        self.client = client
        self._token = token
        self._acting = acting
        self.server = ""
        self.offset_ms = 0

    def __repr__(self) -> str:
        return f"Wire({self.base!r}, token=[token])"

    @property
    def recorder(self) -> Recorder:
        """The record of the running task; tasks that it starts write into the same one."""
        found = self._record.get()
        if found is None:
            found = Recorder()
            self._record.set(found)
        return found

    async def get(self, path: str, query: Iterable[tuple[str, str]] = (), etag: str = "") -> Answer:
        """Read a route with our token. 401 raises TokenRefused, other refusals are in the answer's status."""
        return await self._send("GET", path, tuple(query), None, etag)

    async def write(self, method: str, path: str, body: Obj | None = None) -> Answer:
        """Ask for a change, once. A body is always sent: NodeBB's DELETE routes break without one."""
        return await self._send(method, path, (), dict(body or {}), "")

    async def guest(self, path: str, query: Iterable[tuple[str, str]] = ()) -> Answer:
        """Read a route as a logged-out visitor: no token, no cookie."""
        call = Call("GET", self.base + path, (*query, _LANGUAGE))
        try:
            return await self.client.send(call, self.recorder)
        except TokenRefused:
            return Answer(401, None)

    async def read(self, path: str, query: Iterable[tuple[str, str]] = ()) -> Obj | None:
        """The object behind a route of either family, without its envelope.

        None where the server says 404 or answers with nothing. Raises TokenRefused on 403, BadAnswer on other refusals.
        """
        answer = await self.get(path, query)
        if answer.status == 404:
            return None
        if answer.status == 403:
            raise TokenRefused(
                "The forum does not let this token read what we need.",
                words(answer),
                "Give the account of the token more rights at the forum, or use another token.",
            )
        if not answer.ok:
            raise BadAnswer("The forum could not answer.", f"Status {answer.status}. {words(answer)}".strip(), LATER)
        return payload(answer)

    async def many(self, things: Iterable[_Given], fetch: Callable[[_Given], Awaitable[_Made]]) -> list[_Made]:
        """Fetch several things at once, at most as many as there are connections; results in the order given.

        The first error ends all and is raised as it is.
        """
        gate = asyncio.Semaphore(MAX_CONNECTIONS)
        # The record must be there before the tasks copy this context.
        _ = self.recorder

        async def one(thing: _Given) -> _Made:
            async with gate:
                return await fetch(thing)

        tasks = [asyncio.ensure_future(one(thing)) for thing in things]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, method: str, path: str, query: Query, body: object, etag: str) -> Answer:
        extra: Query = (_LANGUAGE, ("_uid", self._acting)) if self._acting else (_LANGUAGE,)
        call = Call(method, self.base + path, (*query, *extra), body, self._token, etag)
        answer = await self.client.send(call, self.recorder)
        self.server = answer.server or self.server
        self.offset_ms = self.offset_ms if answer.offset_ms is None else answer.offset_ms
        return answer


def payload(answer: Answer) -> Obj:
    """The object an answer carries: `response` of the v3 envelope, or the bare object of a page route.

    Raises BadAnswer where it is no object.
    """
    data = obj(answer.data, "answer")
    status = obj_or_empty(data.get("status"))
    if "response" in data and "code" in status:
        return obj(data["response"], "response")
    return data


def words(answer: Answer) -> str:
    """What the forum said in its own words, for a person to read; "" where it said nothing."""
    said = text_or_empty(obj_or_empty(obj_or_empty(answer.data).get("status")), "message")
    return (said or answer.text or (answer.data if isinstance(answer.data, str) else ""))[:500]


def segment(value: str) -> str:
    """A value as one segment of a path. Raises BadInput where it could climb out of it."""
    if not value or value in (".", ".."):
        raise BadInput("There is nothing to ask the forum for.", "The id is empty.")
    return quote(value, safe="", errors="surrogatepass")
