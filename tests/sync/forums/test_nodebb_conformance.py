"""The NodeBB connector keeps the promises of every connector: against the demo forum, and a real server where named.

A real server is tried where the environment names it: MODSTATION_LIVE_NODEBB_URL and MODSTATION_LIVE_NODEBB_TOKEN. It
must be a test server with at least eight reported posts by different people.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from tests.sync.forums.conformance import Arena, Conformance
from tests.sync.forums.nodebb_support import CONTEXT

from modstation.demoforum.running import DemoProcess, spawn
from modstation.desk.ports import Forum
from modstation.models.ids import ForumName
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


if LIVE_URL and LIVE_TOKEN:

    class TestRealServer(Conformance):
        @pytest.fixture
        def arena(self) -> Arena:
            return arena_of(LIVE_URL, LIVE_TOKEN)
