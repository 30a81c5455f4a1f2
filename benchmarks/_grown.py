"""Desks of any size for benchmarks: rows of recorded shape, Chinese and English, with reports and search words.

Built once a process for each size, in a temporary folder; `MODSTATION_BENCH_ROWS` sets the large size. A folder named
in `MODSTATION_BENCH_KEEP` keeps them from one run to the next: a million items take minutes to make.
"""

from __future__ import annotations

import atexit
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from modstation.bootstrap import OpenDesk, Parts, create_desk, open_desk
from modstation.desk import intake
from modstation.desk.workplace import NoScreen
from modstation.models.ids import ForumName, ItemKey, PersonId, TargetType
from modstation.models.items import Account, Flag, FlagState, Observation, Page, Revision, Visibility
from modstation.models.people import Role
from modstation.store.kdf import KdfCost

LARGE = int(os.environ.get("MODSTATION_BENCH_ROWS", "1000000"))
SMALL = 10_000
FORUM = ForumName("bench")
PERSON, PASSPHRASE = "bench-moderator", "kept for benchmarks"
PARTS = Parts(cost=KdfCost(8 * 1024, 1, 1), hold_seconds=5, screen=NoScreen)

_CHINESE = "今天周末河边市场花园种子手表优惠加我微信购买出口交易会天气不错朋友一起分享旧书自行车修理推荐早餐"
_ENGLISH = (
    "river", "market", "garden", "seeds", "watches", "cheap", "today", "contact", "seller", "weather", "bridge",
    "weekend", "lamp", "bicycle", "repair", "bread", "tickets", "offer", "friend", "tomorrow", "station", "quiet",
)  # fmt: skip
_START = datetime(2026, 11, 1, tzinfo=UTC)


def observations(count: int, first: int = 0, seed: int = 1) -> Iterator[Observation]:
    """A post and its report, `count` times; every tenth post has a second report."""
    chance = random.Random(seed + first)
    for number in range(first, first + count):
        item = ItemKey(FORUM, TargetType.POST, str(number + 1))
        at = _START + timedelta(seconds=number % 2_000_000)
        yield _post(chance, item, number, at)
        for reporter in range(2 if number % 10 == 0 else 1):
            who = Account(str(900 + (number + reporter) % 70), f"reporter{(number + reporter) % 70}")
            yield Flag(item, at, str(number + 1), FlagState.OPEN, who, "spam", at)


def _post(chance: random.Random, item: ItemKey, number: int, at: datetime) -> Revision:
    author = Account(str(number % 5000 + 1), f"member{number % 5000}", at, number % 300, "email", (), (), False)
    if number % 2:
        body = "".join(chance.choices(_CHINESE, k=44))
        title = "话题" + "".join(chance.choices(_CHINESE, k=8))
    else:
        body = " ".join(chance.choices(_ENGLISH, k=16))
        title = "About " + " ".join(chance.choices(_ENGLISH, k=3))
    return Revision(
        item, at, author, title, body, Visibility.PUBLIC, str(number % 4 + 1), "Board",
        str(number // 8 + 1), number % 8, f"http://bench.invalid/post/{number + 1}", at,
    )  # fmt: skip


def pages(count: int, first: int = 0, size: int = 1000) -> Iterator[Page]:
    """Pages of `size` posts with their reports."""
    for start in range(first, first + count, size):
        yield Page("flags", tuple(observations(min(size, first + count - start), start)), str(start))


@cache
def folder(rows: int) -> Path:
    """The folder of a desk with so many items, made at the first call."""
    kept = os.environ.get("MODSTATION_BENCH_KEEP")
    if kept and (Path(kept) / str(rows)).exists():
        return Path(kept) / str(rows)
    place = Path(tempfile.mkdtemp(prefix="modstation-bench-", dir=kept))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    _grow(place / "desk", rows)
    return (place / "desk").rename(Path(kept) / str(rows)) if kept else place / "desk"


def _grow(place: Path, rows: int) -> None:
    desk, _ = create_desk(place, PersonId(PERSON), frozenset({Role.MODERATOR, Role.ADMINISTRATOR}), PASSPHRASE, PARTS)
    profiles = ("cn-forum-2017", "riverside-terms")
    desk.add_forum(FORUM, "nodebb", "http://127.0.0.1:9", "bench-token", profiles)
    usual, intake.CHUNK = intake.CHUNK, 2000
    try:
        for page in pages(rows):
            intake.take_page(desk.work, FORUM, page)
        desk.shared.store.checkpoint()
    finally:
        intake.CHUNK = usual
        desk.close()


def opened(rows: int) -> OpenDesk:
    """That desk, open."""
    return open_desk(folder(rows), PERSON, PASSPHRASE, PARTS)
