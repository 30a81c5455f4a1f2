"""The one door to a forum's server: limits at the edge, errors as ours, tokens struck out.

At most ten connections and one TLS context per client (more connections make httpx slower), no cookies, no redirect
that would carry a token elsewhere, no repeat of a write. A server that asked for a pause is not asked again before its
time is up, whoever asks.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import random
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from modstation.desk.ports import Exchange
from modstation.models.errors import AskedToWait, BadAnswer, BadInput, ForumUnreachable, TokenRefused
from modstation.models.time import Clock, SystemClock, iso
from modstation.sync.http_limits import LATER, LONGEST_WAIT, http_date, origin, parse_json, read_limited, retry_after

#: Connections kept to all servers together; above about ten httpx gets slower (measured).
MAX_CONNECTIONS: Final = 10
#: Answers above this are parsed off the event loop, in bytes.
_PARSE_IN_THREAD: Final = 128 * 1024
#: Bytes of exchanges kept for sealing; the oldest go first when nobody takes them.
_KEPT_EXCHANGES: Final = 8 * 1024 * 1024
_FIRST_WAIT_SECONDS: Final = 1.0
_CAP_WAIT_SECONDS: Final = 900.0
#: A read is tried so often where its answer was broken, unusable or a short pause; a write never again from here.
_READ_TRIES: Final = 4
_STRUCK: Final = "[token]"
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

# httpcore looks for the module sniffio at each request. Where it is not installed, each look searches all folders of
# the path: a quarter of a request's CPU time (measured: 4.9 ms, without it 3.6 ms). Told once that it is not there, it
# fails at once.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to be made. `body` is sent as JSON where it is not None; `token` and `etag` may be empty."""

    method: str
    url: str
    query: Query = ()
    body: object = field(default=None, repr=False)
    token: str = field(default="", repr=False)
    etag: str = ""

    @property
    def writes(self) -> bool:
        """Whether the server may change something because of it."""
        return self.method not in ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer within the limits. `data` is parsed JSON, None where there was none; `text` is a short plain text.

    `offset_ms` is what the server's clock is ahead of ours, None where it sent no Date (whole seconds only).
    """

    status: int
    data: object
    text: str = ""
    etag: str = ""
    server: str = ""
    location: str = ""
    offset_ms: int | None = None

    @property
    def ok(self) -> bool:
        """Whether the status is in the 200s."""
        return 200 <= self.status < 300


class Recorder:
    """Keeps the exchanges of one connector until they are taken for sealing."""

    def __init__(self) -> None:
        self._kept: list[Exchange] = []
        self._bytes = 0

    def add(self, exchange: Exchange) -> None:
        """Keep one more, and drop the oldest above the limit."""
        self._kept.append(exchange)
        self._bytes += len(exchange.request) + len(exchange.response)
        while self._bytes > _KEPT_EXCHANGES and len(self._kept) > 1:
            oldest = self._kept.pop(0)
            self._bytes -= len(oldest.request) + len(oldest.response)

    def take(self) -> tuple[Exchange, ...]:
        """All kept exchanges, in order; they are kept no longer."""
        taken, self._kept, self._bytes = tuple(self._kept), [], 0
        return taken


def make_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """The TLS context, with a private authority added where one is given. Blocks about 80 ms: call it in a thread.

    Raises BadInput where the file holds no certificate.
    """
    context = httpx.create_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as problem:
            raise BadInput(
                "The file of the private certificate authority cannot be used.",
                f"{ca_file.name}: {problem.__class__.__name__}.",
                "Choose a file with PEM certificates in the settings.",
            ) from problem
    return context


class HttpClient:
    """An HTTP client for JSON servers with hard limits at the edge.

    `ca_file` adds a private authority, `proxy` is a URL, `timeout` is seconds for a connection or a pause in an answer,
    `total` is seconds for one whole call. A pause of at most `patience` seconds that a server asks for is waited out
    here, so that a look of several reads comes to its end; a longer one is the caller's to wait. Raises
    ForumUnreachable, TokenRefused, AskedToWait, BadAnswer from `send`.
    """

    def __init__(
        self,
        *,
        ca_file: Path | None = None,
        proxy: str = "",
        timeout: float = 20.0,
        total: float = 90.0,
        context: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        patience: float = 0.0,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.proxied = bool(proxy)
        self._ca_file, self._proxy = ca_file, proxy
        self._timeout, self._total = timeout, total
        self._patience = patience
        self._context = context
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._until: dict[str, datetime] = {}
        self._asked: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"HttpClient(connections<={MAX_CONNECTIONS})"

    async def send(self, call: Call, recorder: Recorder | None = None) -> Answer:
        """Make one call. A read is tried again after a broken or unusable answer or a short pause; a write never is.

        Raises ForumUnreachable (`sent` tells whether the server may have acted), TokenRefused on 401, AskedToWait on
        429 and 503, BadAnswer on anything that is not JSON within the limits.
        """
        waits = 0 if call.writes else _READ_TRIES - 1
        broken = call.writes
        while True:
            await self._respect_pause(call.url)
            try:
                return await self._once(call, recorder)
            except AskedToWait as asked:
                if not waits or self._left(asked.until) > self._patience:
                    raise
                waits -= 1
            except (ForumUnreachable, BadAnswer) as problem:
                if broken or not _worth_asking_again(problem):
                    raise
                broken = True

    async def stream(self, url: str, headers: Mapping[str, str], extensions: Mapping[str, object]) -> httpx.Response:
        """Open an address for reading, without token or cookie; the caller closes it. Raises ForumUnreachable."""
        client = await self._open()
        request = client.build_request("GET", url, headers=dict(headers), extensions=dict(extensions))
        try:
            return await client.send(request, stream=True, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as problem:
            raise _unreachable(url, problem) from problem

    def pause_of(self, url: str) -> datetime | None:
        """Until when (UTC) the server of this address asked not to be asked; None where it did not."""
        until = self._until.get(origin(url))
        return until if until is not None and until > self.clock.now() else None

    async def aclose(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _left(self, until: datetime) -> float:
        return (until - self.clock.now()).total_seconds()

    async def _respect_pause(self, url: str) -> None:
        until = self.pause_of(url)
        if until is not None and self._left(until) <= self._patience:
            await asyncio.sleep(max(0.0, self._left(until)))
            until = self.pause_of(url)
        if until is not None:
            raise AskedToWait(f"{urlsplit(url).netloc} asked to be left alone until {iso(until)}.", until)

    async def _open(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._client is None:
                if self._context is None:
                    self._context = await asyncio.to_thread(make_context, self._ca_file)
                self._client = httpx.AsyncClient(
                    verify=self._context,
                    proxy=self._proxy or None,
                    trust_env=False,
                    follow_redirects=False,
                    # Node closes idle connections after five seconds: leave them first, or a write meets a dead one.
                    limits=httpx.Limits(
                        max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS, keepalive_expiry=4.0
                    ),
                    timeout=httpx.Timeout(self._timeout, pool=self._total),
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                    headers={"User-Agent": "ModStation", "Accept": "application/json", "Accept-Encoding": "gzip"},
                )
            return self._client

    async def _once(self, call: Call, recorder: Recorder | None) -> Answer:
        client = await self._open()
        url = call.url
        for _ in range(3):
            request = _request(client, call, url)
            begun = self.clock.now()
            response, raw = await self._exchange(client, request)
            if recorder is not None:
                recorder.add(_exchange_of(request, response, raw, begun, call.token))
            target = _redirect(call, url, response)
            if not target:
                return await self._answer(call, response, raw, begun)
            url = target
        raise BadAnswer("The server sends us round in circles.", "It answered three times with a redirect.")

    async def _exchange(self, client: httpx.AsyncClient, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        try:
            async with asyncio.timeout(self._total):
                response = await client.send(request, stream=True)
                try:
                    return response, await read_limited(response)
                except httpx.RemoteProtocolError as problem:
                    raise BadAnswer(
                        "The forum's answer was cut off.", "It announced more than came.", LATER
                    ) from problem
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, TimeoutError) as problem:
            raise _unreachable(str(request.url), problem) from problem

    async def _answer(self, call: Call, response: httpx.Response, raw: bytes, begun: datetime) -> Answer:
        data, text = await _parse(response, raw)
        if response.status_code in (429, 503):
            self._pause(call.url, response, data)
        if response.status_code == 401:
            raise TokenRefused(
                "The forum does not take our token.",
                _words(data) or "It answered 401.",
                "Ask the forum's administrator for a new token and put it in the forum's settings.",
            )
        self._asked.pop(origin(call.url), None)
        headers = response.headers
        return Answer(
            response.status_code,
            data,
            text,
            headers.get("etag", ""),
            headers.get("x-powered-by", "") or headers.get("server", ""),
            headers.get("location", ""),
            _offset(headers.get("date", ""), begun, self.clock.now()),
        )

    def _pause(self, url: str, response: httpx.Response, data: object) -> None:
        """Note until when this server wants to be left alone, and raise AskedToWait."""
        where, now = origin(url), self.clock.now()
        wait = retry_after(response.headers.get("retry-after", ""), response.headers.get("date", ""), now)
        if wait is None:
            times = self._asked.get(where, 0)
            seconds = min(_FIRST_WAIT_SECONDS * 2**times, _CAP_WAIT_SECONDS)
            # A jitter, so that several desks do not come back in the same second.
            wait = timedelta(seconds=seconds * random.uniform(1.0, 1.25))
        self._asked[where] = min(self._asked.get(where, 0) + 1, 10)
        self._until[where] = now + min(wait, LONGEST_WAIT)
        said = _words(data) or f"It answered {response.status_code}."
        raise AskedToWait(f"The forum asks us to wait. {said}", self._until[where])


def _worth_asking_again(problem: ForumUnreachable | BadAnswer) -> bool:
    """Whether another try may bring an answer: not where nobody listens, nor after a wait that was long already."""
    if isinstance(problem, BadAnswer):
        return True
    return problem.sent and not isinstance(problem.__cause__, httpx.TimeoutException | TimeoutError)


def _request(client: httpx.AsyncClient, call: Call, url: str) -> httpx.Request:
    headers = {"Authorization": f"Bearer {call.token}"} if call.token else {}
    if call.etag:
        headers["If-None-Match"] = call.etag
    content: bytes | None = None
    if call.body is not None:
        # ASCII escapes, so that a lone surrogate we were given can also be sent back.
        content = json.dumps(call.body).encode("ascii")
        headers["Content-Type"] = "application/json"
    params = call.query if url == call.url and call.query else None
    try:
        return client.build_request(call.method, url, params=params, headers=headers, content=content)
    except (httpx.InvalidURL, UnicodeError, ValueError) as problem:
        raise BadInput("The forum's address cannot be used.", "", "Check it in the settings.") from problem


def _redirect(call: Call, url: str, response: httpx.Response) -> str:
    """Where to go on, "" where nowhere. Raises BadAnswer rather than carry a token or a write elsewhere."""
    location: str = response.headers.get("location", "")
    if response.status_code not in (301, 302, 303, 307, 308) or not location:
        return ""
    target = urljoin(url, location)
    here, there = urlsplit(url), urlsplit(target)
    upgraded = (here.scheme, there.scheme) == ("http", "https")
    same = origin(url) == origin(target) or (upgraded and here.hostname == there.hostname)
    if call.writes or not same:
        raise BadAnswer(
            "The server points us to another address.",
            f"It names {there.scheme}://{there.netloc}; a token goes to no address but the one you gave.",
            "If the forum has moved, change its address in the settings.",
        )
    return target


async def _parse(response: httpx.Response, raw: bytes) -> tuple[object, str]:
    """The JSON of an answer, or its short plain text where the status says already that nothing came of it."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status_code == 304 or not raw:
        return None, ""
    if kind == "application/json" or kind.endswith("+json"):
        if len(raw) > _PARSE_IN_THREAD:
            return await asyncio.to_thread(parse_json, raw), ""
        try:
            return parse_json(raw), ""
        except BadAnswer:
            if response.status_code < 400:
                raise
            return None, ""
    if 300 <= response.status_code < 500 or response.status_code == 503:
        short = raw[:300].decode("utf-8", "replace") if kind == "text/plain" else ""
        return None, short
    raise BadAnswer(
        "The forum's answer is refused.",
        f"It should be JSON and is {kind[:40] or 'of no kind'} (status {response.status_code}).",
        "Perhaps a login page or a proxy answered. Check the address in the settings.",
    )


def _exchange_of(request: httpx.Request, response: httpx.Response, raw: bytes, at: datetime, token: str) -> Exchange:
    head = "\r\n".join(f"{name}: {value}" for name, value in request.headers.items() if name != "authorization")
    auth = f"authorization: Bearer {_STRUCK}\r\n" if token else ""
    sent = f"{request.method} {request.url.raw_path.decode('ascii')} HTTP/1.1\r\n{auth}{head}\r\n\r\n".encode()
    back = "\r\n".join(f"{name}: {value}" for name, value in response.headers.items() if name != "set-cookie")
    got = f"HTTP/1.1 {response.status_code}\r\n{back}\r\n\r\n".encode()
    return Exchange(
        request.method,
        _strike(str(request.url).encode(), token).decode(),
        response.status_code,
        at,
        _strike(sent + request.content, token),
        _strike(got + raw, token),
        response.headers.get("date", ""),
    )


def _strike(data: bytes, token: str) -> bytes:
    return data.replace(token.encode(), _STRUCK.encode()) if token else data


def _unreachable(url: str, problem: Exception) -> ForumUnreachable:
    """Our error for a broken connection. The library's own text is left out: it can quote what was sent."""
    sent = not isinstance(problem, (*_NEVER_SENT, httpx.InvalidURL, httpx.UnsupportedProtocol))
    slow = isinstance(problem, httpx.TimeoutException | TimeoutError)
    return ForumUnreachable(
        f"{urlsplit(url).netloc or 'The forum'} cannot be reached.",
        "It did not answer in time." if slow else f"The connection failed ({problem.__class__.__name__}).",
        "The desk goes on working and tries again by itself.",
        sent=sent,
    )


def _words(data: object) -> str:
    if isinstance(data, dict) and isinstance(status := data.get("status"), dict):
        return str(status.get("message", ""))[:300]
    return ""


def _offset(date: str, begun: datetime, ended: datetime) -> int | None:
    """How far the server's clock is ahead in ms: its whole second against the middle of the call."""
    moment = http_date(date)
    if moment is None:
        return None
    middle = begun + (ended - begun) / 2
    ahead = moment + timedelta(milliseconds=500) - middle
    return round(ahead.total_seconds() * 1000)
