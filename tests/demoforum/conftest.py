"""A demo forum of its own for each test, and people who talk to it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from modstation.demoforum import DemoForum, Plan


@dataclass
class People:
    """HTTP clients by the part of the person behind them; `guest` carries no token."""

    demo: DemoForum
    _open: list[httpx.Client] = field(default_factory=list)

    @functools.cached_property
    def admin(self) -> httpx.Client:
        """The administrator."""
        return self._client(self.demo.tokens["admin"])

    @functools.cached_property
    def moderator(self) -> httpx.Client:
        """A global moderator."""
        return self._client(self.demo.tokens["moderator"])

    @functools.cached_property
    def section(self) -> httpx.Client:
        """The moderator of the first board."""
        return self.person("demo_market_mod")

    @functools.cached_property
    def guest(self) -> httpx.Client:
        """Nobody."""
        return self._client("")

    def person(self, name: str) -> httpx.Client:
        """A client that acts as an account of the forum."""
        return self._client(self.demo.call("token", **{"as": name})["token"])

    def _client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.Client(base_url=self.demo.url, headers=headers, timeout=30, trust_env=False, verify=False)
        self._open.append(client)
        return client

    def close(self) -> None:
        """Close every connection."""
        for client in self._open:
            client.close()


@pytest.fixture
def demo() -> Iterator[DemoForum]:
    with DemoForum(plan=Plan(seed=7, items=40, quiet=100)) as running:
        yield running


@pytest.fixture
def people(demo: DemoForum) -> Iterator[People]:
    made = People(demo)
    yield made
    made.close()


def flags(client: httpx.Client, **query: Any) -> dict[str, Any]:
    """The list of flags under a query."""
    answer = client.get("/api/flags", params=query)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def first_flag(client: httpx.Client) -> dict[str, Any]:
    """The newest flag."""
    row: dict[str, Any] = flags(client, perPage=1)["flags"][0]
    return row


def effects(demo: DemoForum) -> list[str]:
    """What really changed, as `target effect`."""
    return [f"{one['target']} {one['effect']}" for one in demo.call("mutations")]
