"""Hard limits for what a server sends: bytes, nesting, packing, pauses. Pure but for reading the body."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

from modstation.models.errors import BadAnswer

#: Largest answer read, in bytes after decompression (house limit: a list of 20,000 flags is about 5 MB).
MAX_BYTES: Final = 16 * 1024 * 1024
#: Deepest nesting accepted (recorded NodeBB answers reach 8).
MAX_DEPTH: Final = 64
#: Longest pause taken from a server at its word.
LONGEST_WAIT: Final = timedelta(days=1)
#: What a person can do about an answer that cannot be used.
LATER: Final = "The desk tries again later; if it lasts, tell the forum's administrator."


def origin(url: str) -> str:
    """Scheme, host and port of an address, in one spelling; "" for what is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return ""
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def retry_after(value: str, server_date: str, now: datetime) -> timedelta | None:
    """The pause of a Retry-After header, in seconds or as an HTTP date, measured on the server's own clock.

    None where there is no such header or it cannot be read.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), LONGEST_WAIT.total_seconds()))
    moment = http_date(value)
    if moment is None:
        return None
    return max(moment - (http_date(server_date) or now), timedelta())


def parse_json(raw: bytes) -> object:
    """Parse JSON within the depth limit. Lone surrogates are kept. Raises BadAnswer."""
    try:
        text = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "surrogateescape")
    try:
        data: object = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        why = "It is nested too deep." if isinstance(problem, RecursionError) else "It is not whole, or not JSON."
        raise BadAnswer("The forum's answer cannot be read.", why, LATER) from problem
    if _depth_exceeds(data, MAX_DEPTH):
        raise BadAnswer("The forum's answer is refused.", f"It is nested more than {MAX_DEPTH} deep.", LATER)
    return data


async def read_limited(response: httpx.Response, limit: int = MAX_BYTES) -> bytes:
    """Read a body and unpack it within the limit. Raises BadAnswer at the first byte too many."""
    packed = response.headers.get("content-encoding", "").strip().lower()
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed in ("gzip", "x-gzip", "deflate") else None
    if unpack is None and packed not in ("", "identity"):
        raise BadAnswer("The forum's answer cannot be read.", f"It is packed as '{packed[:20]}'.", LATER)
    body = bytearray()
    async for chunk in _chunks(response, unpack, limit):
        body += chunk
        if len(body) > limit:
            raise BadAnswer("The forum's answer is refused.", f"It is larger than {limit:,} bytes.", LATER)
    return bytes(body)


async def _chunks(response: httpx.Response, unpack: zlib._Decompress | None, limit: int) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_raw():
            # max_length: one packed kilobyte can unfold to a megabyte, and must not do so before it is counted.
            yield chunk if unpack is None else unpack.decompress(chunk, limit + 1)
    except zlib.error as problem:
        raise BadAnswer("The forum's answer cannot be read.", "It is packed, and broken.", LATER) from problem


def http_date(value: str) -> datetime | None:
    """The aware moment of an HTTP date; None where it is none."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else None


def _depth_exceeds(data: object, limit: int) -> bool:
    level: list[object] = [data]
    for _ in range(limit):
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, dict | list)]
    return [inner for inner in value if isinstance(inner, dict | list)] if isinstance(value, list) else []


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
