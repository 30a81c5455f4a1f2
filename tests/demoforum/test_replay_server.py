"""The server that gives recorded answers again, which the connector's tests talk to."""

from __future__ import annotations

import httpx
from tests.contracts.recorded import ReplayServer, story


def test_a_recorded_call_gets_its_recorded_answer() -> None:
    exchange = story("flag-detail")["v3-detail"]
    with ReplayServer(story("flag-detail").exchanges) as server:
        answer = httpx.get(f"{server.url}/api/v3/flags/2")
    assert answer.status_code == 200
    assert answer.json() == exchange.answer


def test_the_same_call_gets_its_answers_in_order_and_then_the_last_one_again() -> None:
    told = story("posts")
    with ReplayServer([told["get"], told["get-deleted-as-moderator"]]) as server:
        seen = [httpx.get(f"{server.url}/api/v3/posts/152").json()["response"]["deleted"] for _ in range(3)]
    assert seen == [0, 1, 1]


def test_a_query_belongs_to_the_call_but_the_language_does_not() -> None:
    with ReplayServer(story("flags-list").exchanges) as server:
        one = httpx.get(f"{server.url}/api/flags", params={"perPage": "3", "page": "2", "lang": "en-GB"}).json()
        two = httpx.get(f"{server.url}/api/flags", params={"sort": "oldest", "perPage": "3"}).json()
    assert [row["flagId"] for row in one["flags"]] == [61, 60, 59]
    assert [row["flagId"] for row in two["flags"]] == [1, 2, 3]


def test_a_call_that_was_never_recorded_is_a_404_and_remembered() -> None:
    with ReplayServer(story("posts").exchanges) as server:
        answer = httpx.get(f"{server.url}/api/v3/nowhere")
    assert answer.status_code == 404
    assert server.unknown == ["GET /api/v3/nowhere"]


def test_what_was_asked_is_kept_with_its_body() -> None:
    with ReplayServer(story("flag-actions").exchanges) as server:
        httpx.put(f"{server.url}/api/v3/flags/4", json={"assignee": "2"})
    assert server.asked == [("PUT", "/api/v3/flags/4", '{"assignee":"2"}')]


def test_an_unchanged_answer_comes_without_a_body_and_a_bare_text_comes_bare() -> None:
    with ReplayServer(
        [story("flags-list")["list-if-none-match"], story("errors-and-auth")["401-write-no-token"]]
    ) as server:
        unchanged = httpx.get(f"{server.url}/api/flags?perPage=2")
        bare = httpx.put(f"{server.url}/api/v3/flags/4", json={})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (bare.status_code, bare.text) == (403, "Forbidden")
