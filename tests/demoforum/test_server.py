"""The protocol: kept connections, bodies in every form, conditional reads, broken clients."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.demoforum.conftest import People, first_flag

from modstation.demoforum import DemoForum, Plan
from modstation.demoforum.answers import Answer, etag, words
from modstation.demoforum.clock import Clock, iso
from modstation.demoforum.routing import Request, Routes, whole


def talk(demo: DemoForum, *requests: bytes) -> bytes:
    """Send raw bytes and read until the other side closes."""
    parts = urlsplit(demo.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as wire:
        for request in requests:
            wire.sendall(request)
        wire.shutdown(socket.SHUT_WR)
        got = bytearray()
        while piece := wire.recv(65_536):
            got += piece
    return bytes(got)


class TestConnections:
    def test_one_connection_carries_many_calls(self, demo: DemoForum) -> None:
        ask = (
            b"GET /api/unread/total HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\n\r\n"
            % demo.tokens["admin"].encode()
        )
        got = talk(demo, ask, ask, ask)
        assert got.count(b"HTTP/1.1 200 OK") == 3

    def test_a_client_that_wants_to_leave_is_let_go(self, demo: DemoForum) -> None:
        got = talk(demo, b"GET /api/config HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert b"connection: close" in got

    def test_an_old_client_gets_one_answer(self, demo: DemoForum) -> None:
        assert talk(demo, b"GET /api/config HTTP/1.0\r\n\r\n").count(b"HTTP/1.1 200") == 1

    @pytest.mark.parametrize(
        "junk", [b"nonsense\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n"]
    )
    def test_junk_is_a_400(self, demo: DemoForum, junk: bytes) -> None:
        assert talk(demo, junk).startswith(b"HTTP/1.1 400 ")

    def test_endless_headers_are_a_400(self, demo: DemoForum) -> None:
        head = b"GET / HTTP/1.1\r\n" + b"".join(b"x-%d: %s\r\n" % (i, b"y" * 1000) for i in range(100))
        assert talk(demo, head + b"\r\n").startswith(b"HTTP/1.1 400 ")

    def test_a_body_in_pieces_is_put_together(self, people: People) -> None:
        number = first_flag(people.admin)["flagId"]

        def pieces() -> object:
            yield from (b'{"sta', b'te":', b' "wip"}')

        headers = {"content-type": "application/json"}
        people.admin.put(f"/api/v3/flags/{number}", content=pieces(), headers=headers)  # type: ignore[arg-type]
        assert first_flag(people.admin)["state"] == "wip"

    def test_a_client_that_leaves_in_the_middle_harms_nobody(self, demo: DemoForum, people: People) -> None:
        parts = urlsplit(demo.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as wire:
            wire.sendall(b"PUT /api/v3/flags/1 HTTP/1.1\r\ncontent-length: 500\r\n\r\n{")
        assert people.guest.get("/api/config").status_code == 200

    def test_a_stopped_forum_answers_nothing_and_frees_its_port(self) -> None:
        with DemoForum(plan=Plan(items=1, quiet=5)) as first:
            port = urlsplit(first.url).port or 0
            people = People(first)
            assert people.guest.get("/api/config").status_code == 200
        with pytest.raises(httpx.TransportError):
            people.guest.get("/api/config")
        people.close()
        with DemoForum(plan=Plan(items=1, quiet=5), port=port) as second:
            assert urlsplit(second.url).port == port

    def test_many_callers_at_once_all_get_their_answers(self, demo: DemoForum, people: People) -> None:
        rows = people.admin.get("/api/flags?perPage=40").json()["flags"]
        with ThreadPoolExecutor(10) as pool:
            told = list(pool.map(lambda row: people.admin.get(f"/api/flags/{row['flagId']}").json()["flagId"], rows))
        assert told == [row["flagId"] for row in rows]


class TestAnswers:
    def test_head_brings_headers_alone(self, people: People) -> None:
        assert people.guest.head("/api/v3/users/9").status_code == 200
        assert people.guest.head("/api/v3/users/99999").status_code == 404
        whole_length = len(people.guest.get("/api/config").content)
        answer = people.guest.head("/api/config")
        assert (answer.content, int(answer.headers["content-length"])) == (b"", whole_length)

    def test_the_date_is_the_clock_of_the_forum(self, demo: DemoForum, people: People) -> None:
        demo.call("clock", skew_ms=86_400_000 * 400)
        year = int(people.guest.get("/api/config").headers["date"].split()[3])
        assert year > time.gmtime().tm_year

    def test_unknown_calls_are_refused_in_the_shape_of_their_family(self, people: People) -> None:
        assert people.admin.get("/api/v3/nothing").json()["status"]["message"] == "Invalid API call"
        assert people.admin.patch("/api/v3/flags/4", json={}).status_code == 404
        assert people.admin.get("/api/nothing").json()["title"] == "[[global:404.title]]"

    def test_reading_needs_a_token_where_the_platform_asks_for_one(self, people: People) -> None:
        closed = (
            "/api/flags",
            "/api/v3/flags/1",
            "/api/v3/users/9",
            "/api/user/kay_b/info",
            "/api/self",
            "/api/notifications",
        )
        opened = ("/api/config", "/api/v3/posts/1", "/api/topic/1", "/api/categories", "/api/user/kay_b", "/api/users")
        assert {people.guest.get(path).status_code for path in closed} == {401}
        assert {people.guest.get(path).status_code for path in opened} == {200}

    def test_paths_in_any_script_are_read(self, people: People) -> None:
        assert people.guest.get("/api/user/河畔老周").json()["username"] == "河畔老周"

    def test_a_tag_is_as_express_makes_it(self) -> None:
        assert etag(b"Forbidden") == 'W/"9-PatfYBLj4Um1qTm5zrukoLhNyPU"'

    @given(st.text(st.characters(codec=None), max_size=40))
    def test_every_text_leaves_as_json_that_comes_back(self, text: str) -> None:
        raw = Answer(body={"text": text}).encoded()
        assert json.loads(raw.decode("utf-8")) == {"text": text}

    @pytest.mark.parametrize("lang", ["en-GB", "zh-CN", "zh-TW", "", "xx"])
    def test_every_sentence_exists_in_both_languages(self, lang: str) -> None:
        from modstation.demoforum.answers import _WORDS

        assert all(words(key, lang, "1", "2") for key in _WORDS)


class TestSmallParts:
    @pytest.mark.parametrize(
        ("text", "number"), [("12", 12), ("12abc", 12), ("-3", -3), ("x", 0), (None, 0), (True, 0), (7, 7)]
    )
    def test_numbers_are_read_as_javascript_reads_them(self, text: object, number: int) -> None:
        assert whole(text) == number

    def test_a_route_is_found_by_method_and_path_and_decodes_its_parts(self) -> None:
        routes = Routes()

        @routes.on("GET", "/api/thing/{name}/part")
        def handler(forum: object, request: Request, name: str) -> Answer:
            return Answer(body=name)

        found = routes.find("GET", "/api/thing/a%20b/part/")
        assert found is not None
        assert found[1] == {"name": "a b"}
        assert routes.find("POST", "/api/thing/a/part") is None
        assert routes.find("GET", "/api/thing/a") is None

    def test_times_are_written_as_javascript_writes_them(self) -> None:
        assert iso(1795568713021) == "2026-11-25T01:05:13.021Z"
        assert iso(0) == ""

    @given(st.integers(2, 50))
    def test_stamps_never_repeat(self, count: int) -> None:
        clock = Clock()
        clock.fixed_ms = 1_000
        stamps = [clock.stamp() for _ in range(count)]
        assert stamps == list(range(1_000, 1_000 + count))
