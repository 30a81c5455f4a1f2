"""Web answers as WARC 1.1 (ISO 28500:2017), the form that archives and courts read without us.

Written by hand, because a record's name and date must follow from its content: one case sealed twice gives one file.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .plain import moment

_KINDS = {
    "request": "application/http; msgtype=request",
    "response": "application/http; msgtype=response",
    "warcinfo": "application/warc-fields",
}
#: Headers that describe how the answer travelled. The desk kept it unpacked, so they are kept under another name.
_TRAVEL = (b"content-encoding", b"transfer-encoding", b"content-length")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as captured. `at` is when it was sent (UTC ms), `row` the journal row it is under.

    `struck` names what was taken out before it left the house, "" for nothing.
    """

    row: str
    url: str
    at: int
    request: bytes
    response: bytes
    struck: str = ""


def warc(exchanges: Iterable[Exchange], software: str) -> bytes:
    """A whole WARC file. Two equal exchanges of one row are two records."""
    info = f"software: {software}\r\nformat: WARC File Format 1.1\r\n".encode()
    all_ = list(exchanges)
    begun = min((each.at for each in all_), default=0)
    parts = [_record("warcinfo", "", begun, info, "info", ())]
    for number, each in enumerate(all_):
        parts += _pair(each, number)
    return b"".join(parts)


def _pair(each: Exchange, number: int) -> Iterator[bytes]:
    answer = _rename(each.response)
    place = f"{each.row}:{number}"
    more = [("ModStation-Journal-Row", each.row)] + ([("ModStation-Struck", each.struck)] if each.struck else [])
    response = _name("response", place, answer)
    yield _record("response", each.url, each.at, answer, place, more)
    yield _record("request", each.url, each.at, each.request, place, [*more, ("WARC-Concurrent-To", response)])


def _name(kind: str, place: str, block: bytes) -> str:
    digest = hashlib.sha256(f"{kind}:{place}:".encode() + block).digest()
    return f"<{uuid.UUID(bytes=digest[:16], version=4).urn}>"


def _record(kind: str, url: str, at: int, block: bytes, place: str, more: Iterable[tuple[str, str]]) -> bytes:
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", _name(kind, place, block)),
        ("WARC-Date", moment(at) or "1970-01-01T00:00:00Z"),
        *([("WARC-Target-URI", _one_line(url))] if url else []),
        ("WARC-Block-Digest", _digest(block)),
        *([("WARC-Payload-Digest", _digest(block.partition(b"\r\n\r\n")[2]))] if kind == "response" else []),
        *more,
        ("Content-Type", _KINDS[kind]),
        ("Content-Length", str(len(block))),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return b"WARC/1.1\r\n" + head.encode() + b"\r\n" + block + b"\r\n\r\n"


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _one_line(url: str) -> str:
    """An address without what could begin another header."""
    return "".join(c if c.isascii() and c.isprintable() and c != " " else _escaped(c) for c in url)


def _escaped(c: str) -> str:
    return "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "surrogatepass"))


def _rename(answer: bytes) -> bytes:
    head, blank, body = answer.partition(b"\r\n\r\n")
    if not blank:
        return answer
    lines = []
    for line in head.split(b"\r\n"):
        travel = line.partition(b":")[0].strip().lower() in _TRAVEL
        lines.append(b"X-Archive-Orig-" + line if travel else line)
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + blank + body
