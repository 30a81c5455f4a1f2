"""The door to a forum's server: limits, errors, pauses, redirects, secrets. Over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sync.forums.nodebb_support import CONTEXT, TOKEN, Asked, FixedClock, LoopServer, Reply, run, serving

from modstation.models.errors import AskedToWait, BadAnswer, BadInput, ForumUnreachable, TokenRefused
from modstation.sync.http import MAX_CONNECTIONS, Call, HttpClient, Recorder, make_context
from modstation.sync.http_limits import MAX_BYTES, MAX_DEPTH, http_date, origin, parse_json, retry_after

PATH = "/api/thing"


@asynccontextmanager
async def client_and_server(**options: Any) -> AsyncIterator[tuple[HttpClient, LoopServer]]:
    async with serving() as server:
        given: dict[str, Any] = {"clock": FixedClock(), "timeout": 5.0, "context": CONTEXT, **options}
        client = HttpClient(**given)
        try:
            yield client, server
        finally:
            await client.aclose()


async def ask(client: HttpClient, server: LoopServer, method: str = "GET", **more: Any) -> Any:
    return await client.send(Call(method, server.url + PATH, token=TOKEN, **more))


def answer_of(reply: Reply, method: str = "GET", **more: Any) -> Any:
    """What the client makes of one reply."""

    async def work() -> Any:
        async with client_and_server() as (client, server):
            server.on(method, PATH, reply)
            return await ask(client, server, method, **more)

    return run(work())


def test_an_answer_brings_data_etag_server_and_clock_offset() -> None:
    later = "Wed, 25 Nov 2026 01:08:35 GMT"
    answer = answer_of(Reply(200, {"a": [1]}, {"ETag": 'W/"7"', "Date": later}))
    assert (answer.data, answer.etag, answer.server) == ({"a": [1]}, 'W/"7"', "NodeBB")
    # The Date header has whole seconds: half a second is added as the middle of the guess.
    assert answer.offset_ms == 30_500


def test_a_lone_surrogate_is_kept_both_ways() -> None:
    async def work() -> None:
        async with client_and_server() as (client, server):
            server.on("POST", PATH, lambda asked: Reply(200, raw=b'{"text": "a\\ud800b"}'))
            answer = await ask(client, server, "POST", body={"text": "a\ud800b"})
            assert answer.data == {"text": "a\ud800b"}
            assert server.asked[0].body == {"text": "a\ud800b"}

    run(work())


def test_bytes_that_are_no_text_are_kept_too() -> None:
    data = parse_json(b'{"text": "a\xffb"}')
    assert data == {"text": "a\udcffb"}


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(raw=b"<html>log in</html>", kind="text/html"), "text/html"),
        (Reply(raw=b'{"a": [1, 2', kind="application/json"), "not whole"),
        (Reply(raw=b'{"a": NaN}'), "not JSON"),
        (Reply(raw=b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)), "deep"),
        (Reply(raw=b"[" * 100_000 + b"]" * 100_000), "deep"),
        (Reply(raw=b"1" * 10_000), "not JSON"),
        (Reply(raw=b"{}", headers={"Content-Encoding": "br"}), "packed"),
        (Reply(raw=b"no gzip", headers={"Content-Encoding": "gzip"}), "broken"),
        (Reply(500, raw=b"<h1>Bad gateway</h1>", kind="text/html"), "status 500"),
    ],
    ids=[
        "html",
        "cut off",
        "nan",
        "deep",
        "very deep",
        "huge number",
        "unknown packing",
        "broken packing",
        "proxy page",
    ],
)
def test_what_is_not_the_promised_json_is_refused_at_the_edge(reply: Reply, why: str) -> None:
    with pytest.raises(BadAnswer, match=why):
        answer_of(reply)


def test_nesting_up_to_the_limit_is_read() -> None:
    whole = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert answer_of(Reply(raw=whole)).ok


def test_a_body_over_the_limit_is_not_read_to_its_end() -> None:
    with pytest.raises(BadAnswer, match="larger"):
        answer_of(Reply(raw=b'"' + b"x" * MAX_BYTES + b'"'))


def test_a_small_packed_body_cannot_unfold_over_the_limit() -> None:
    bomb = gzip.compress(b" " * (MAX_BYTES * 8))
    assert len(bomb) < 200_000
    with pytest.raises(BadAnswer, match="larger"):
        answer_of(Reply(raw=bomb, headers={"Content-Encoding": "gzip"}))


def test_a_packed_body_is_read() -> None:
    packed = gzip.compress(json.dumps({"text": "你好" * 50_000}).encode())
    assert answer_of(Reply(raw=packed, headers={"Content-Encoding": "gzip"})).data == {"text": "你好" * 50_000}


def test_401_is_a_refused_token_with_a_next_step() -> None:
    with pytest.raises(TokenRefused, match="new token"):
        answer_of(Reply(401, {"status": {"code": "not-authorised", "message": "no session"}}))


def test_403_as_a_bare_word_is_an_answer_and_no_crash() -> None:
    answer = answer_of(Reply(403, raw=b"Forbidden", kind="text/plain; charset=utf-8"), "PUT", body={})
    assert (answer.status, answer.text, answer.data) == (403, "Forbidden", None)


def test_304_brings_no_body() -> None:
    answer = answer_of(Reply(304, None, {"ETag": '"1"'}), etag='"1"')
    assert (answer.status, answer.data) == (304, None)


class TestPauses:
    """A server that asked for a pause is left alone, by every caller."""

    @pytest.mark.case("S21")
    @pytest.mark.parametrize(
        ("value", "seconds"), [("40", 40), ("Wed, 25 Nov 2026 08:00:40 GMT", 40)], ids=["seconds", "date"]
    )
    def test_nobody_asks_before_the_time_is_up(self, value: str, seconds: int) -> None:
        clock = FixedClock()
        headers = {"Retry-After": value, "Date": "Wed, 25 Nov 2026 08:00:00 GMT"}

        async def work() -> None:
            async with client_and_server(clock=clock) as (client, server):
                server.on("GET", PATH, Reply(429, {}, headers))
                with pytest.raises(AskedToWait) as caught:
                    await ask(client, server)
                assert caught.value.until == clock.now() + timedelta(seconds=seconds)
                clock.at += timedelta(seconds=seconds - 1)
                for _ in range(5):
                    with pytest.raises(AskedToWait):
                        await ask(client, server)
                assert len(server.asked) == 1
                clock.at += timedelta(seconds=2)
                server.on("GET", PATH, Reply(200, {}))
                assert (await ask(client, server)).ok

        run(work())

    @pytest.mark.case("S21")
    def test_without_a_header_the_pause_grows_up_to_a_cap(self) -> None:
        clock = FixedClock()

        async def work() -> None:
            async with client_and_server(clock=clock) as (client, server):
                server.on("GET", PATH, Reply(429, {}))
                waits = []
                for _ in range(9):
                    with pytest.raises(AskedToWait) as caught:
                        await ask(client, server)
                    waits.append((caught.value.until - clock.now()).total_seconds())
                    clock.at = caught.value.until
                assert 1 <= waits[0] <= 1.25
                assert all(later > sooner for sooner, later in pairwise(waits[:5]))
                assert max(waits) <= 900 * 1.25

        run(work())

    @pytest.mark.case("S21")
    def test_other_servers_go_on(self) -> None:
        async def work() -> None:
            async with client_and_server() as (client, server), serving() as other:
                server.on("GET", PATH, Reply(503, {"site_title": "NodeBB"}))
                other.on("GET", PATH, Reply(200, {}))
                with pytest.raises(AskedToWait):
                    await ask(client, server)
                assert (await ask(client, other)).ok

        run(work())

    def test_a_pause_without_end_is_cut_to_a_day(self) -> None:
        clock = FixedClock()
        with pytest.raises(AskedToWait) as caught:
            answer_of(Reply(429, {}, {"Retry-After": "9" * 12}))
        assert caught.value.until == clock.now() + timedelta(days=1)

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_no_header_breaks_it(self, value: str, date: str) -> None:
        now = datetime(2026, 11, 25, tzinfo=UTC)
        found = retry_after(value, date, now)
        assert found is None or found >= timedelta()


class TestBrokenConnections:
    """Whether something had been sent decides whether it may have been done."""

    def test_nobody_listens_nothing_was_sent(self) -> None:
        async def work() -> None:
            async with serving() as server:
                url = server.url
            client = HttpClient(clock=FixedClock(), timeout=2)
            with pytest.raises(ForumUnreachable) as caught:
                await client.send(Call("PUT", url + PATH, body={}, token=TOKEN))
            assert not caught.value.sent
            await client.aclose()

        run(work())

    @pytest.mark.promise(2)
    def test_a_write_without_an_answer_is_not_repeated(self) -> None:
        async def work() -> None:
            async with client_and_server() as (client, server):
                server.on("POST", PATH, Reply(broken=True))
                with pytest.raises(ForumUnreachable) as caught:
                    await ask(client, server, "POST", body={"message": "once"})
                assert caught.value.sent
                assert server.count("POST", PATH) == 1

        run(work())

    def test_a_read_without_an_answer_is_tried_once_more(self) -> None:
        async def work() -> None:
            async with client_and_server() as (client, server):
                replies = [Reply(broken=True), Reply(200, {"here": 1})]
                server.on("GET", PATH, lambda asked: replies.pop(0))
                assert (await ask(client, server)).data == {"here": 1}

        run(work())

    def test_an_answer_that_never_ends_is_given_up(self) -> None:
        async def work() -> None:
            async with client_and_server(timeout=0.2) as (client, server):
                never = asyncio.Event()

                async def silent(asked: Asked) -> Reply:
                    await never.wait()
                    return Reply(200, {})

                server.on("GET", PATH, silent)
                with pytest.raises(ForumUnreachable, match="in time") as caught:
                    await ask(client, server)
                assert caught.value.sent
                assert server.count("GET", PATH) == 1
                never.set()

        run(work())

    def test_the_library_may_not_quote_what_was_sent(self) -> None:
        async def work() -> str:
            async with client_and_server() as (client, server):
                server.on("POST", PATH, Reply(broken=True))
                with pytest.raises(ForumUnreachable) as caught:
                    await ask(client, server, "POST", body={})
                return str(caught.value) + repr(caught.value)

        assert TOKEN not in run(work())


class TestSecrets:
    """The token goes to one address and is written down nowhere."""

    def test_no_redirect_carries_the_token_to_another_host(self) -> None:
        async def work() -> None:
            async with client_and_server() as (client, server), serving() as other:
                other.on("GET", PATH, Reply(200, {}))
                server.on("GET", PATH, Reply(302, {}, {"Location": other.url + PATH}))
                with pytest.raises(BadAnswer, match="another address"):
                    await ask(client, server)
                assert other.asked == []

        run(work())

    def test_a_write_follows_no_redirect_at_all(self) -> None:
        async def work() -> None:
            async with client_and_server() as (client, server):
                server.on("POST", PATH, Reply(307, {}, {"Location": server.url + "/api/moved"}))
                with pytest.raises(BadAnswer):
                    await ask(client, server, "POST", body={})
                assert server.wrote() == [("POST", PATH)]

        run(work())

    def test_a_read_follows_a_redirect_on_its_own_server(self) -> None:
        async def work() -> None:
            async with client_and_server() as (client, server):
                server.on("GET", PATH, Reply(301, {}, {"Location": "/api/moved"}))
                server.on("GET", "/api/moved", Reply(200, {"moved": True}))
                assert (await ask(client, server)).data == {"moved": True}
                server.on("GET", "/api/moved", Reply(301, {}, {"Location": PATH}))
                with pytest.raises(BadAnswer, match="circles"):
                    await ask(client, server)

        run(work())

    def test_no_cookie_is_kept(self) -> None:
        async def work() -> None:
            async with client_and_server() as (client, server):
                server.on("GET", PATH, Reply(200, {}, {"Set-Cookie": "express.sid=abc; Path=/"}))
                await ask(client, server)
                await ask(client, server)
                assert all("cookie" not in asked.headers for asked in server.asked)

        run(work())

    @pytest.mark.promise(8)
    def test_exchanges_are_kept_whole_but_for_token_and_cookie(self) -> None:
        async def work() -> None:
            recorder = Recorder()
            async with client_and_server() as (client, server):
                headers = {"Set-Cookie": "express.sid=abc", "Date": "Wed, 25 Nov 2026 01:08:05 GMT"}
                server.on("POST", PATH, Reply(200, {"echo": TOKEN}, headers))
                call = Call("POST", server.url + PATH, (("lang", "en-GB"),), {"text": f"my {TOKEN}"}, TOKEN)
                await client.send(call, recorder)
                assert TOKEN not in repr(call)
            (kept,) = recorder.take()
            assert (kept.method, kept.status, kept.server_date) == ("POST", 200, "Wed, 25 Nov 2026 01:08:05 GMT")
            assert kept.request.startswith(b"POST /api/thing?lang=en-GB HTTP/1.1\r\nauthorization: Bearer [token]")
            assert b'{"text": "my [token]"}' in kept.request
            assert b'{"echo": "[token]"}' in kept.response
            assert TOKEN.encode() not in kept.request + kept.response
            assert b"express.sid" not in kept.response
            assert recorder.take() == ()

        run(work())


def test_ten_connections_are_the_most() -> None:
    async def work() -> None:
        async with client_and_server() as (client, server):
            full = asyncio.Event()

            async def held(asked: Asked) -> Reply:
                if server.busy >= MAX_CONNECTIONS:
                    full.set()
                await full.wait()
                return Reply(200, {})

            server.on("GET", PATH, held)
            await asyncio.gather(*(ask(client, server) for _ in range(40)))
            assert (server.most_busy, server.connections) == (MAX_CONNECTIONS, MAX_CONNECTIONS)

    run(work())


def test_one_context_serves_all_and_is_made_once() -> None:
    async def work() -> None:
        context = make_context()
        async with client_and_server(context=context) as (client, server):
            server.on("GET", PATH, Reply(200, {}))
            await asyncio.gather(*(ask(client, server) for _ in range(5)))
            assert server.connections <= 5

    run(work())


def test_a_file_without_certificates_is_refused_with_a_sentence(tmp_path: Any) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(BadInput, match=r"ca\.pem"):
        make_context(tmp_path / "ca.pem")


def test_an_address_that_is_none_is_refused() -> None:
    async def work() -> None:
        client = HttpClient(clock=FixedClock())
        with pytest.raises((BadInput, ForumUnreachable)):
            await client.send(Call("GET", "http://[broken/api"))
        await client.aclose()

    run(work())


def test_addresses_of_one_server_have_one_origin() -> None:
    assert origin("https://Forum.example/x") == origin("https://forum.example:443/y?z")
    assert origin("http://forum.example") != origin("https://forum.example")
    assert http_date("") is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_all_json_of_the_promised_shape_survives(value: Any) -> None:
    assert parse_json(json.dumps({"v": value}).encode()) == {"v": value}
