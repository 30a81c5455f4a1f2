"""The demo forum's own cost, which the figures of a pull leave out: its start, its lists, its details."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from benchmarks.harness import Claim, median, once, paired, percentile
from modstation.demoforum import DemoProcess, spawn

ROUNDS = 30
SIZES = (300, 10_000, 100_000)
_START_ROUNDS = 3


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """Yield one line a claim."""
    rounds = rounds or ROUNDS
    yield from _starts()
    with spawn(items=10_000) as forum:
        yield from _lists(forum, rounds)
        yield from _details(forum, rounds)


def _starts() -> Iterator[dict[str, object]]:
    taken = {size: [once(_start(size)) for _ in range(_START_ROUNDS)] for size in SIZES}
    for size in SIZES:
        beside = {f"{other} items, s": round(median(taken[other]), 3) for other in SIZES if other != size}
        yield Claim("demo forum: start to first line and end", median(taken[size]), "s", beside=beside, rows=size,
                    repeats=_START_ROUNDS).line()  # fmt: skip


def _start(size: int) -> Callable[[], object]:
    return lambda: spawn(items=size).stop()


def _lists(forum: DemoProcess, rounds: int) -> Iterator[dict[str, object]]:
    taken = paired(
        {
            "1000 rows": _asker(forum, "/api/flags?perPage=1000"),
            "1000 rows, page 10": _asker(forum, "/api/flags?perPage=1000&page=10&sort=oldest"),
            "20 rows": _asker(forum, "/api/flags"),
            "nothing": _asker(forum, "/api/unread/none"),
        },
        rounds,
        warm=3,
    )
    told = {name: round(1000 * median(values), 3) for name, values in taken.items() if name != "1000 rows"}
    value = 1000 * percentile(taken["1000 rows"], 0.99)
    yield Claim(
        "demo forum: 1000 flags in one call, p99", value, "ms", 100, beside=told, rows=10_000, repeats=rounds
    ).line()


def _details(forum: DemoProcess, rounds: int) -> Iterator[dict[str, object]]:
    taken = paired(
        {
            "detail with history": _asker(forum, "/api/flags/17"),
            "detail": _asker(forum, "/api/v3/flags/17"),
            "post": _asker(forum, "/api/v3/posts/17"),
        },
        rounds * 10,
        warm=20,
    )
    told = {name: round(1000 * median(values), 3) for name, values in taken.items() if name != "detail with history"}
    value = 1000 * median(taken["detail with history"])
    yield Claim(
        "demo forum: one flag with its history, median", value, "ms", beside=told, rows=10_000, repeats=rounds * 10
    ).line()


def _asker(forum: DemoProcess, target: str) -> Callable[[], object]:
    """A call on a kept connection."""
    connection = http.client.HTTPConnection(urlsplit(forum.url).netloc, timeout=60)
    headers = {"Authorization": f"Bearer {forum.tokens['moderator']}"}

    def ask() -> bytes:
        connection.request("GET", target, headers=headers)
        return connection.getresponse().read()

    return ask
