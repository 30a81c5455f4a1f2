"""Asking time stamp authorities: several, each with its own time to answer, and honest about those that did not."""

from __future__ import annotations

import hashlib
import secrets
import ssl
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import httpx
from cryptography import x509

from modstation.models.errors import BadInput
from modstation.models.time import Clock, iso

from .stamp import Distrusted, Stamp, check, request

#: File in the desk's folder that names the authorities. No secret stands in it.
FILE = "timestamp-authorities.toml"

#: An answer is a token of a few kilobytes; more is no answer.
_MOST = 64 * 1024
SECONDS = 10.0


class StampState(StrEnum):
    """What became of asking: a good token, nothing yet (ask again), or an answer nobody should believe."""

    GRANTED = "granted"
    QUEUED = "queued"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority as configured. `certificates` are those its tokens must lead to; none means that nobody says so."""

    name: str
    url: str
    certificates: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What one authority was asked and said. `asked` is our own clock (UTC), `stamp` the believed token's words."""

    authority: Authority
    state: StampState
    asked: datetime
    why: str = ""
    token: bytes = b""
    stamp: Stamp | None = None

    def value(self, path: str) -> dict[str, object]:
        """As `timestamps.json` holds it; `path` is the token's file."""
        return {
            "name": self.authority.name,
            "url": self.authority.url,
            "state": str(self.state),
            "why": self.why,
            "asked": iso(self.asked),
            "stamped": iso(self.stamp.at) if self.stamp else "",
            "signer": self.stamp.signer if self.stamp else "",
            "anchored": bool(self.stamp and self.stamp.anchored),
            "file": path if self.token else "",
            "sha256": hashlib.sha256(self.token).hexdigest() if self.token else "",
        }


def read_authorities(folder: Path) -> tuple[Authority, ...]:
    """The authorities configured for a desk; none where it has no such file.

    Raises BadInput for a file that cannot be used: better no export than one that forgets its time stamps.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("authority", [])
        return tuple(_authority(entry, folder) for entry in entries)
    except (ValueError, OSError, KeyError, TypeError, AttributeError) as problem:
        raise BadInput(
            f"{FILE} cannot be used.",
            f"{problem.__class__.__name__}: {problem}".strip(),
            'Each [[authority]] needs name = "..." and url = "...", and may have certificates = "FILE.pem".',
        ) from None


def _authority(entry: dict[str, str], folder: Path) -> Authority:
    pem = entry.get("certificates", "")
    found = x509.load_pem_x509_certificates((folder / pem).read_bytes()) if pem else []
    url = entry["url"]
    if not url.startswith(("http://", "https://")) or not url.isprintable():
        raise ValueError(f"{url[:80]!r} is no web address")
    return Authority(entry["name"], url, tuple(found))


Post = Callable[[str, bytes], bytes]


def poster(proxy: str = "", ca_file: Path | None = None, seconds: float = SECONDS) -> Post:
    """How a question is sent: no cookies, no redirects, the whole answer within `seconds`.

    What it makes raises OSError or httpx.HTTPError where no usable answer came.
    """
    context: ssl.SSLContext = httpx.create_ssl_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=str(ca_file))

    def post(url: str, question: bytes) -> bytes:
        end = time.monotonic() + seconds
        headers = {"content-type": "application/timestamp-query", "accept": "application/timestamp-reply"}
        with (
            httpx.Client(proxy=proxy or None, verify=context, trust_env=False, timeout=seconds) as client,
            client.stream("POST", url, content=question, headers=headers) as answer,
        ):
            if answer.status_code != 200:
                raise OSError(f"it answered with status {answer.status_code}")
            return _within(answer, end)

    return post


def _within(answer: httpx.Response, end: float) -> bytes:
    data = b""
    for piece in answer.iter_bytes(4096):
        data += piece
        if time.monotonic() > end:
            raise TimeoutError("it was too slow")
        if len(data) > _MOST:
            raise OSError("its answer is too large")
    return data


def ask(authorities: Sequence[Authority], data: bytes, post: Post, clock: Clock) -> tuple[Asked, ...]:
    """Ask all of them at once for a stamp over these bytes; one entry each, in their order, whatever they answer."""
    if not authorities:
        return ()
    digest = hashlib.sha256(data).digest()
    with ThreadPoolExecutor(len(authorities)) as pool:
        return tuple(pool.map(lambda each: _ask(each, digest, post, clock), authorities))


def _ask(authority: Authority, digest: bytes, post: Post, clock: Clock) -> Asked:
    nonce, now = secrets.randbits(63), clock.now()
    try:
        token = post(authority.url, request(digest, nonce))
    except (OSError, httpx.HTTPError, httpx.InvalidURL) as problem:
        why = str(problem) if isinstance(problem, OSError) else problem.__class__.__name__
        return Asked(authority, StampState.QUEUED, now, f"No usable answer came: {why[:200] or 'nothing'}.")
    try:
        return Asked(authority, StampState.GRANTED, now, "", token, check(token, digest, nonce, authority.certificates))
    except Distrusted as refusal:
        return Asked(authority, StampState.REFUSED, now, str(refusal))
