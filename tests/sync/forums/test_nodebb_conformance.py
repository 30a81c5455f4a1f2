"""The NodeBB connector keeps the promises of every connector: against the demo forum, and a real server where named.

A real server is tried where the environment names it: MODSTATION_LIVE_NODEBB_URL and MODSTATION_LIVE_NODEBB_TOKEN. It
must be a test server with at least eight reported posts by different people.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.sync.forums.conformance import Arena, Conformance, read_feed
from tests.sync.forums.nodebb_support import CASE, CONTEXT, run

from modstation.demoforum.running import DemoProcess, spawn
from modstation.desk.ports import Forum
from modstation.models.ids import ForumName, ItemKey, TargetType
from modstation.models.items import Flag, Revision
from modstation.models.measures import Effect, Measure, Order, OrderKind, OutcomeKind
from modstation.models.time import SystemClock
from modstation.sync.forums.nodebb import NodeBB
from modstation.sync.http import HttpClient

LIVE_URL = os.environ.get("MODSTATION_LIVE_NODEBB_URL", "")
LIVE_TOKEN = os.environ.get("MODSTATION_LIVE_NODEBB_TOKEN", "")


def arena_of(url: str, token: str) -> Arena:
    """A NodeBB server as the suite wants it."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Forum]:
        clock = SystemClock()
        client = HttpClient(clock=clock, context=CONTEXT)
        forum = NodeBB(ForumName("under-test"), url, token, client=client, clock=clock)
        try:
            yield forum
        finally:
            await forum.aclose()
            await client.aclose()

    return Arena(connect, token, unknown="99999999")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoProcess]:
    with spawn(seed=7, items=12) as running:
        yield running


class TestDemoForumAsModerator(Conformance):
    @pytest.fixture
    def arena(self, demo: DemoProcess) -> Arena:
        return arena_of(demo.url, demo.tokens["moderator"])


class TestDemoForumAsAdministrator(Conformance):
    @pytest.fixture
    def arena(self, demo: DemoProcess) -> Arena:
        return arena_of(demo.url, demo.tokens["admin"])


def test_a_section_of_the_demo_forum_is_closed_and_opened_by_its_administrator(demo: DemoProcess) -> None:
    async def work() -> None:
        async with arena_of(demo.url, demo.tokens["admin"]).connect() as forum:
            board = ItemKey(forum.name, TargetType.SECTION, "2")
            close = Order(OrderKind.MEASURE, board, CASE, Measure.CLOSE_SECTION)
            for measure in (Measure.CLOSE_SECTION, Measure.RESTORE):
                sent = replace(close, measure=measure)
                assert (await forum.apply(sent)).kind is OutcomeKind.DONE
                assert (await forum.read_back(sent)).effect is Effect.PRESENT
                assert (await forum.apply(sent)).kind is OutcomeKind.ALREADY

    run(work())


def test_the_demo_forums_queue_is_pulled_rejected_and_let_through() -> None:
    async def work(demo: DemoProcess) -> None:
        async with arena_of(demo.url, demo.tokens["moderator"]).connect() as forum:
            pages, state = await read_feed(forum, "queue")
            first, second = [row for page in pages for row in page.rows if isinstance(row, Revision)]
            reject = Order(OrderKind.MEASURE, first.item, CASE, Measure.REMOVE, reason="advertising")
            marks = (second.item.target,)
            fine = Order(OrderKind.CLOSE_FLAG, second.item, CASE, flags=marks, flag_state="rejected")
            for sent in (reject, fine):
                assert (await forum.read_back(sent)).effect is Effect.ABSENT
                assert (await forum.apply(sent)).kind is OutcomeKind.DONE
                assert (await forum.read_back(sent)).effect is Effect.PRESENT
            pages, _ = await read_feed(forum, "queue", state)
            closed = {row.item for page in pages for row in page.rows if isinstance(row, Flag) and row.state.closed}
            assert closed == {first.item, second.item}

    with spawn(0, 3, 2, "", 0, "--queued", "2") as demo:
        run(work(demo))


if LIVE_URL and LIVE_TOKEN:

    class TestRealServer(Conformance):
        @pytest.fixture
        def arena(self) -> Arena:
            return arena_of(LIVE_URL, LIVE_TOKEN)
