"""A large desk: key to usable queue, search, and a decision, each beside a small desk in the same run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from modstation.bootstrap.desks import OpenDesk, Shared, resume
from modstation.models.ids import PersonId, PolicyId
from modstation.models.measures import Choice, Measure
from modstation.models.screen import QueueFilter
from modstation.store import vault

from . import _grown
from .harness import Claim, median, once, percentile

ROUNDS = 200
_WORDS = ("微信", "交易", "watches", "repair", "手表", "garden", "天气", "bicycle")


def _usable(rows: int) -> float:
    """Seconds from the derived key to the first rows of the queue."""
    place = _grown.folder(rows)
    opened = vault.unlock(place, PersonId(_grown.PERSON), _grown.PASSPHRASE)
    kept: list[OpenDesk] = []

    def act() -> None:
        desk = resume(Shared(place, opened, _grown.PARTS), opened)
        desk.desk.queue_rows(desk.desk.queue_ids(QueueFilter(), 256))
        kept.append(desk)

    taken = once(act)
    kept[0].close()
    return taken


def _searches(desk: OpenDesk, rounds: int) -> list[float]:
    chance = random.Random(1)
    return [once(lambda: desk.desk.search(chance.choice(_WORDS), 50)) for _ in range(rounds)]


def _decisions(desk: OpenDesk, rounds: int) -> list[float]:
    numbers = iter(desk.desk.queue_ids(QueueFilter(), rounds + 5))
    choices = [Choice(Measure.HIDE)]

    def one() -> None:
        no = next(numbers)
        desk.desk.decide(no, PolicyId("terms.spam"), choices)

    return [once(one) for _ in range(rounds)]


def _pair(claim: str, large: list[float], small: list[float], share: float, asked: float | None) -> Any:
    big, little = percentile(large, share) * 1000, percentile(small, share) * 1000
    beside = {f"at {_grown.SMALL} items": round(little, 3), "ratio": round(big / little, 2)}
    return Claim(claim, big, "ms", asked, "at most", beside, _grown.LARGE, len(large)).line()


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """Each latency at the large size, beside the small one."""
    large = [_usable(_grown.LARGE) for _ in range(5)]
    small = [_usable(_grown.SMALL) for _ in range(5)]
    yield _pair("key derived to queue usable", large, small, 0.5, 300)
    big, little = _grown.opened(_grown.LARGE), _grown.opened(_grown.SMALL)
    try:
        whole = [once(lambda: big.desk.queue_ids(QueueFilter())) for _ in range(3)]
        yield Claim("all numbers of the queue", median(whole) * 1000, "ms", None, rows=_grown.LARGE, repeats=3).line()
        large = [once(big.desk.status) for _ in range(rounds)]
        small = [once(little.desk.status) for _ in range(rounds)]
        yield _pair("status, p99", large, small, 0.99, None)
        yield _pair("search, p99", _searches(big, rounds), _searches(little, rounds), 0.99, 5)
        one, other = _decisions(big, rounds), _decisions(little, rounds)
        yield _pair("decision recorded, median", one, other, 0.5, None)
        yield _pair("decision recorded, p99", one, other, 0.99, None)
    finally:
        big.close()
        little.close()
