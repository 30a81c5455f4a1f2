"""Fetching a media file by its address: no cookie, no token, no referrer, nothing inside a private network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from modstation.desk.ports import Fetched
from modstation.models.errors import ForumUnreachable, NotAllowed
from modstation.sync.http import HttpClient
from modstation.sync.http_limits import origin

_REDIRECTS: Final = 3
_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity"}
#: First bytes of the kinds we tell apart: offset, bytes, media type. The server's own word is not believed.
_MAGIC: Final = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (0, b"BM", "image/bmp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
)


class Media:
    """Fetches files for one forum; `home` is the forum's address, the only one that may be private."""

    def __init__(self, client: HttpClient, home: str) -> None:
        self._client, self._home = client, origin(home)

    async def fetch(self, url: str, limit: int) -> Fetched:
        """At most `limit` bytes of a file; redirects are followed three times, each target checked like the first.

        Raises NotAllowed for addresses that are not http(s) or lie in a private network, ForumUnreachable.
        """
        target = url
        for _ in range(_REDIRECTS + 1):
            response = await self._client.stream(*await self._pinned(target))
            try:
                location = response.headers.get("location", "")
                if response.is_redirect and location:
                    target = urljoin(target, location)
                    continue
                data, cut = await _read(response, limit, target)
                return Fetched(url, sniff(data), data, response.status_code, cut)
            finally:
                await response.aclose()
        raise NotAllowed("The file is not fetched.", "Its address leads round in circles.")

    async def _pinned(self, url: str) -> tuple[str, dict[str, str], dict[str, object]]:
        """The address with its host replaced by the IP that was checked, so that a second look-up cannot differ."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            host, port, parts = "", 0, urlsplit("")
        if parts.scheme not in ("http", "https") or not host or parts.username is not None:
            raise NotAllowed("The file is not fetched.", "Its address is not an ordinary http or https address.")
        if origin(url) == self._home:
            return url, dict(_HEADERS), {}
        addresses = await _resolve(host, port)
        if any(not _is_public(address) for address in addresses):
            raise NotAllowed("The file is not fetched.", f"{host} lies inside a private network.")
        if self._client.proxied:
            return url, dict(_HEADERS), {}
        pinned = str(httpx.URL(url).copy_with(host=addresses[0]))
        return pinned, {**_HEADERS, "Host": parts.netloc}, {"sni_hostname": host}


def sniff(data: bytes) -> str:
    """The media type by the first bytes; "text/html" for what a browser would render, else octet-stream."""
    for offset, magic, kind in _MAGIC:
        if data[offset : offset + len(magic)] == magic and (
            magic not in (b"WEBP", b"AVI ", b"WAVE") or data[:4] == b"RIFF"
        ):
            return kind
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in data[:4096].lower():
        return "image/svg+xml"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--")):
        return "text/html"
    return "application/octet-stream"


async def _read(response: httpx.Response, limit: int, url: str) -> tuple[bytes, bool]:
    body = bytearray()
    try:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > limit:
                return bytes(body[:limit]), True
    except httpx.HTTPError as problem:
        raise ForumUnreachable(f"{urlsplit(url).netloc} broke off.", problem.__class__.__name__, sent=True) from problem
    return bytes(body), False


async def _resolve(host: str, port: int) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host.partition("%")[0]))]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise ForumUnreachable(f"{host} cannot be found.", "No address answers to that name.") from problem
    return [str(entry[4][0]) for entry in found]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # An IPv4 address can wear several IPv6 coats.
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast
