"""Faults a demo forum can be told to have.

A specification is a list separated by commas. Each entry is `[writes-|reads-]NAME[:N[:ARG]]`. `N` is "every Nth
eligible request", `=N` is the Nth one alone, nothing is every one. `writes-` and `reads-` say which requests are
eligible; calls under /demo/ never are.

    lose-reply:N          the request is carried out, the connection closes without an answer
    drop-request:N        the connection closes and nothing is carried out
    200-nothing:N         a write answers 200 and does nothing (reads are never eligible)
    429:N:SECONDS         refused with Retry-After (default 1 second), not carried out
    503:N                 refused, not carried out
    html:N                a page of HTML with status 200, not carried out
    cut:N                 carried out, but half of the announced answer is missing
    slow:MS               every eligible answer comes MS milliseconds late
    huge:N:MEGABYTES      an answer of 100 megabytes (or as many as given), not carried out
    deep:N:LEVELS         an answer nested 100,000 levels deep (or as many as given), not carried out
    wrong-types:N         carried out; numbers come as text, text as numbers, lists as objects
    revoke-token-after:N  after N requests with a token all tokens answer 401
    hostile-content       no fault of requests: posts with NUL, lone surrogates, bidi controls, markup, 10,000 lines
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from .answers import Answer
from .routing import Request

NAMES = (
    "lose-reply", "drop-request", "200-nothing", "429", "503", "html", "cut", "slow", "huge", "deep", "wrong-types",
    "revoke-token-after", "hostile-content",
)  # fmt: skip
_NOT_CARRIED_OUT = {"drop-request", "200-nothing", "429", "503", "html", "huge", "deep"}
_LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Please sign in</h1></body></html>"


class BadFaults(ValueError):
    """A specification of faults that cannot be read; the message says what is wrong with it."""


@dataclass(slots=True)
class Fault:
    """One entry of a specification and how often it has been eligible. `arg` is its last number, 0 when absent."""

    name: str
    scope: str = ""
    every: int = 1
    only: int = 0
    arg: int = 0
    seen: int = 0

    def strikes(self, request: Request) -> bool:
        """Count an eligible request and say whether this one is hit."""
        if (self.scope == "writes" and not request.writes) or (self.scope == "reads" and request.writes):
            return False
        if self.name == "200-nothing" and not request.writes:
            return False
        self.seen += 1
        return self.seen == self.only if self.only else self.seen % self.every == 0


class Faults:
    """The faults in force; may be replaced while the forum runs."""

    def __init__(self, spec: str = "") -> None:
        self._lock = threading.Lock()
        self.spec = spec
        self._faults = parse(spec)
        self._token_calls = 0

    def replace(self, spec: str) -> None:
        """Put other faults in force and start counting anew. Raises BadFaults."""
        faults = parse(spec)
        with self._lock:
            self.spec, self._faults, self._token_calls = spec, faults, 0

    @property
    def hostile(self) -> bool:
        """Whether hostile posts are asked for."""
        return any(fault.name == "hostile-content" for fault in self._faults)

    def strike(self, request: Request) -> list[Fault]:
        """The faults that hit this request."""
        with self._lock:
            return [fault for fault in self._faults if fault.name in _REQUEST_FAULTS and fault.strikes(request)]

    def token_works(self) -> bool:
        """Count a request that carries a token and say whether tokens are still taken."""
        with self._lock:
            self._token_calls += 1
            limits = [fault.every for fault in self._faults if fault.name == "revoke-token-after"]
            return not limits or self._token_calls <= min(limits)


_REQUEST_FAULTS = set(NAMES) - {"revoke-token-after", "hostile-content"}


def parse(spec: str) -> list[Fault]:
    """Read a specification. Raises BadFaults naming the entry."""
    return [_entry(part.strip()) for part in spec.split(",") if part.strip()]


def _entry(text: str) -> Fault:
    name, *numbers = text.split(":")
    scope = ""
    for prefix in ("writes", "reads"):
        if name.startswith(prefix + "-"):
            scope, name = prefix, name.removeprefix(prefix + "-")
    if name not in NAMES:
        raise BadFaults(f"'{text}' is no fault; known are {', '.join(NAMES)}.")
    if len(numbers) > 2:
        raise BadFaults(f"'{text}' has more than two numbers.")
    fault = Fault(name, scope)
    _count(fault, text, numbers[0] if numbers else "")
    fault.arg = _number(text, numbers[1]) if len(numbers) > 1 else 0
    if name == "slow":
        fault.every, fault.arg = 1, fault.every
    return fault


def _count(fault: Fault, text: str, count: str) -> None:
    if count.startswith("="):
        fault.only = _number(text, count[1:])
    elif count:
        fault.every = _number(text, count)


def _number(text: str, number: str) -> int:
    if not number.isascii() or not number.isdigit() or int(number) < 1:
        raise BadFaults(f"'{text}' needs whole numbers from 1 on.")
    return int(number)


def carried_out(faults: list[Fault]) -> bool:
    """Whether the request still reaches the forum."""
    return not any(fault.name in _NOT_CARRIED_OUT for fault in faults)


def delay_ms(faults: list[Fault]) -> int:
    """How long the answer waits."""
    return sum(fault.arg for fault in faults if fault.name == "slow")


def instead(faults: list[Fault]) -> Answer:
    """The answer that stands in for a request that was not carried out."""
    fault = next(fault for fault in faults if fault.name in _NOT_CARRIED_OUT)
    if fault.name == "429":
        return Answer(
            429, raw=b"Too Many Requests", content_type="text/plain", headers={"retry-after": str(fault.arg or 1)}
        )
    if fault.name == "503":
        return Answer(503, raw=b"Service Unavailable", content_type="text/plain")
    if fault.name == "html":
        return Answer(raw=_LOGIN_PAGE, content_type="text/html; charset=utf-8")
    if fault.name == "huge":
        return Answer(raw=b'{"flags":[],"pad":"' + b"x" * ((fault.arg or 100) * 1_000_000) + b'"}')
    if fault.name == "deep":
        levels = fault.arg or 100_000
        return Answer(raw=b'{"flags":' + b"[" * levels + b"]" * levels + b"}")
    return Answer(body={"status": {"code": "ok", "message": "OK"}, "response": {}})


def wrong_types(value: Any) -> Any:
    """The same value with every type swapped."""
    if isinstance(value, dict):
        return {name: wrong_types(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return {str(i): wrong_types(inner) for i, inner in enumerate(value)}
    if isinstance(value, bool) or value is None:
        return "maybe"
    return str(value) if isinstance(value, int | float) else len(value)
