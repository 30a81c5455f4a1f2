"""What the public still sees, media fetching, and the addresses found in posts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sync.forums.nodebb_support import (
    TOKEN,
    LoopServer,
    Reply,
    connected,
    person,
    post,
    queued,
    recorded,
    refusal,
    run,
    section,
    serving,
    topic,
    v3,
)

from modstation.models.errors import AskedToWait, ForumUnreachable, NotAllowed
from modstation.sync.forums.media import _is_public, sniff
from modstation.sync.forums.nodebb import NodeBB
from modstation.sync.forums.nodebb.attachments import attachments_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
FILE = "/assets/uploads/files/1-picture.png"
SHOWN = {"pid": 2, "tid": 3, "content": "text", "deleted": 0, "index": 0}
MASKED = {"pid": 2, "tid": 3, "content": "[[topic:post-is-deleted]]", "deleted": 1, "index": 0}


def page(*posts: dict[str, Any], pages: int = 1, count: int = 1) -> Reply:
    return Reply(200, {"tid": 3, "posts": list(posts), "pagination": {"pageCount": pages}, "postcount": count})


def stage(server: LoopServer, shown: dict[str, Any] | None, on_page: dict[str, Any] | None, file: Reply) -> None:
    server.on("GET", "/api/v3/posts/2", v3(shown) if shown else refusal(404))
    server.on("GET", "/api/v3/posts/2/index", v3({"index": 0}))
    server.on("GET", "/api/topic/3", page(on_page) if on_page else Reply(404, {"path": "/topic/3"}))
    server.on("GET", FILE, file)


def picture(status: int = 200, raw: bytes = PNG) -> Reply:
    return Reply(status, raw=raw, kind="image/png")


@pytest.mark.promise(2)
@pytest.mark.parametrize(
    ("shown", "on_page", "file", "seen"),
    [
        (SHOWN, SHOWN, picture(), (True, True, True)),
        (MASKED, MASKED, picture(), (False, False, True)),
        (MASKED, SHOWN, picture(404), (False, True, False)),
        (SHOWN, None, picture(404), (True, False, False)),
        (None, None, picture(404), (False, False, False)),
        ({**SHOWN, "deleted": 1}, None, picture(404), (True, False, False)),
        (None, None, Reply(200, raw=b"<!DOCTYPE html><title>log in", kind="text/html"), (False, False, False)),
        (None, None, picture(403), (False, False, False)),
    ],
    ids=["all", "masked", "still on the page", "only its route", "gone", "leaking", "login page", "forbidden file"],
)
def test_each_place_is_looked_at_logged_out(shown: Any, on_page: Any, file: Reply, seen: tuple[bool, ...]) -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            stage(server, shown, on_page, file)
            address = server.url + FILE
            view = await forum.public_view(post(2), "3", (address,))
            assert (view.post, view.topic_page, view.attachments == (address,)) == seen
            assert view.checked
            assert view.gone == (not any(seen))
            assert all(not {"authorization", "cookie", "referer"} & set(asked.headers) for asked in server.asked)

    run(work())


def test_a_post_deep_in_a_long_topic_is_found_on_its_page() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            stage(server, None, None, picture(404))
            server.on("GET", "/api/v3/posts/2/index", v3({"index": 49}))

            def pages(asked: Any) -> Reply:
                number = int(asked.query.get("page", "1"))
                posts = [
                    {"pid": 100 + place, "content": "x", "index": place}
                    for place in range((number - 1) * 20, number * 20)
                ]
                if number == 3:
                    posts[9] = {**SHOWN, "index": 49}
                return page(*posts, pages=3, count=55)

            server.on("GET", "/api/topic/3", pages)
            view = await forum.public_view(post(2), "3", ())
            assert view.topic_page

    run(work())


@pytest.mark.parametrize("status", [500, 200])
def test_what_could_not_be_looked_at_is_not_called_gone(status: int) -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            server.fallback = lambda asked: Reply(status, raw=b"<html>", kind="text/html")
            view = await forum.public_view(post(2), "3", (server.url + FILE,))
            assert not view.checked
            assert not view.gone

    run(work())


def test_a_forum_that_wants_a_pause_is_not_called_empty() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            server.fallback = lambda asked: Reply(429, {}, {"Retry-After": "60"})
            with pytest.raises(AskedToWait):
                await forum.public_view(post(2), "3", ())

    run(work())


def test_a_forum_closed_to_guests_shows_the_public_nothing() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            server.fallback = lambda asked: recorded("errors-and-auth", "401-v3-no-token")
            assert (await forum.public_view(post(2), "3", ())).gone

    run(work())


@pytest.mark.parametrize(
    ("item", "route", "there", "away"),
    [
        (topic(3), "/api/v3/topics/3", v3({"tid": 3, "deleted": 0}), v3({"tid": 3, "deleted": 1})),
        (person(4), "/api/user/uid/4", Reply(200, {"uid": 4}), Reply(404, {})),
        (section(5), "/api/v3/categories/5", v3({"cid": 5, "disabled": 0}), v3({})),
        (queued("reply-1"), "/api/post-queue/reply-1", Reply(200, {"posts": [{"id": "reply-1"}]}), Reply(403, {})),
    ],
    ids=["topic", "account", "section", "queued"],
)
def test_other_items_have_a_public_side_too(item: Any, route: str, there: Reply, away: Reply) -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            server.on("GET", route, there)
            assert (await forum.public_view(item, "", ())).post
            server.on("GET", route, away)
            assert (await forum.public_view(item, "", ())).gone

    run(work())


class TestMedia:
    """Files are fetched by us, within limits, from where the public gets them."""

    @pytest.mark.promise(7)
    def test_no_secret_leaves_with_the_request(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", FILE, Reply(200, raw=PNG, headers={"Set-Cookie": "a=b"}, kind="text/plain"))
                fetched = await forum.fetch_media(server.url + FILE, 1000)
                await forum.fetch_media(server.url + FILE, 1000)
                # The server's word on the kind is not believed.
                assert (fetched.data, fetched.media_type, fetched.truncated) == (PNG, "image/png", False)
                for asked in server.asked:
                    assert not {"authorization", "cookie", "referer"} & set(asked.headers)
                    assert TOKEN not in str(asked)

        run(work())

    def test_no_more_than_the_limit_is_read(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", FILE, picture(raw=PNG * 100_000))
                fetched = await forum.fetch_media(server.url + FILE, 1000)
                assert (len(fetched.data), fetched.truncated) == (1000, True)

        run(work())

    @pytest.mark.parametrize(
        "url",
        [
            "file:///etc/passwd",
            "ftp://example.com/x",
            "data:image/png;base64,AAAA",
            "javascript:alert(1)",
            "http://",
            "http://[broken",
            "http://user:secret@127.0.0.1/x",
            "//127.0.0.1/x",
            "",
        ],
    )
    def test_only_ordinary_addresses_are_fetched(self, url: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                with pytest.raises(NotAllowed):
                    await forum.fetch_media(url, 1000)

        run(work())

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.1.1"]
    )
    def test_nothing_inside_a_private_network_is_asked(self, host: str) -> None:
        async def work() -> None:
            async with serving() as server, serving() as inside, connected(server) as forum:
                inside.fallback = lambda asked: picture()
                port = inside.url.rpartition(":")[2]
                with pytest.raises(NotAllowed):
                    await forum.fetch_media(f"http://{host}:{port}/router", 1000)
                assert inside.asked == []

        run(work())

    def test_no_redirect_leads_inside(self) -> None:
        async def work() -> None:
            async with serving() as server, serving() as inside, connected(server) as forum:
                inside.fallback = lambda asked: picture()
                server.on("GET", FILE, Reply(302, {}, {"Location": inside.url + "/router"}))
                with pytest.raises(NotAllowed):
                    await forum.fetch_media(server.url + FILE, 1000)
                assert inside.asked == []

        run(work())

    def test_a_redirect_on_the_forum_is_followed_three_times_at_most(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", "/a", Reply(302, {}, {"Location": FILE}))
                server.on("GET", FILE, picture())
                assert (await forum.fetch_media(server.url + "/a", 1000)).media_type == "image/png"
                server.on("GET", FILE, Reply(302, {}, {"Location": "/a"}))
                with pytest.raises(NotAllowed, match="circles"):
                    await forum.fetch_media(server.url + "/a", 1000)

        run(work())

    def test_a_host_that_is_not_found_is_unreachable(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                with pytest.raises(ForumUnreachable):
                    await forum.fetch_media("http://pictures.invalid/1.png", 1000)

        run(work())

    def test_a_file_that_breaks_off_is_unreachable(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", FILE, Reply(200, raw=PNG, headers={"Content-Length": "100000"}))
                with pytest.raises(ForumUnreachable):
                    await forum.fetch_media(server.url + FILE, 200_000)

        run(work())

    @pytest.mark.parametrize(
        ("address", "public"),
        [
            ("8.8.8.8", True),
            ("2606:4700:4700::1111", True),
            ("127.0.0.1", False),
            ("10.1.2.3", False),
            ("100.64.0.1", False),
            ("224.0.0.1", False),
            ("::1", False),
            ("fe80::1%eth0", False),
            ("fd00::1", False),
            ("::ffff:127.0.0.1", False),
            ("2002:7f00:0001::", False),
        ],
    )
    def test_private_addresses_are_known_in_every_coat(self, address: str, public: bool) -> None:
        assert _is_public(address) is public

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (PNG, "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
            (b"XXXX\x00\x00\x00\x00WEBP", "application/octet-stream"),
            (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
            (b"\n <!DOCTYPE html><svg>", "text/html"),
            (b"<svg xmlns='x'>", "image/svg+xml"),
            (b"<?xml version='1.0'?>\n<svg>", "image/svg+xml"),
            (b"", "application/octet-stream"),
            (b"plain words", "application/octet-stream"),
        ],
    )
    def test_the_kind_is_read_from_the_bytes(self, data: bytes, kind: str) -> None:
        assert sniff(data) == kind

    @given(st.binary(max_size=200))
    def test_any_bytes_have_a_kind(self, data: bytes) -> None:
        assert "/" in sniff(data)


class TestAddresses:
    BASE = "https://forum.example/talk"

    @pytest.mark.parametrize(
        ("body", "found"),
        [
            ("![a](/assets/uploads/files/1.png)", ["https://forum.example/assets/uploads/files/1.png"]),
            ("![a](https://cdn.example/x)", ["https://cdn.example/x"]),
            ("[doc](/assets/uploads/files/1.zip)", ["https://forum.example/assets/uploads/files/1.zip"]),
            ("[page](https://other.example/page)", []),
            ("[movie](https://other.example/a.mp4)", ["https://other.example/a.mp4"]),
            ("![a]( <https://cdn.example/with space.png> )", []),
            ("![a](<https://cdn.example/x.png>)", ["https://cdn.example/x.png"]),
            ("![a](https://cdn.example/x_(1).png)", ["https://cdn.example/x_(1).png"]),
            ("<img alt='x' src=\"http://a.example/b\">", ["http://a.example/b"]),
            ("<img src=http://a.example/b>", ["http://a.example/b"]),
            ("<VIDEO controls SRC='/v.mp4'></VIDEO>", ["https://forum.example/v.mp4"]),
            ("![a][1]\n\n[1]: https://cdn.example/y.png", ["https://cdn.example/y.png"]),
            ("看图 https://cdn.example/y.jpg。", ["https://cdn.example/y.jpg"]),
            ("https://forum.example/assets/uploads/files/2.png", ["https://forum.example/assets/uploads/files/2.png"]),
            ("![a](data:image/png;base64,AAAA)", []),
            ("![a](file:///etc/passwd)", []),
            ("![a](javascript:alert(1))", []),
            ("![a](http://[broken/x.png)", []),
            ("no address at all", []),
            ("![a](/1.png) ![b](/1.png#again)", ["https://forum.example/1.png"]),
            ("a [link](https://forum.example/talk/topic/1) of the forum", []),
        ],
    )
    def test_media_are_found_in_the_source(self, body: str, found: list[str]) -> None:
        assert [attachment.url for attachment in attachments_of(body, self.BASE)] == found

    def test_uploads_of_a_forum_in_a_sub_path_are_found_below_it(self) -> None:
        (found,) = attachments_of("", self.BASE, {"uploads": ["/files/1.png"]})
        assert found.url == "https://forum.example/talk/assets/uploads/files/1.png"

    def test_uploads_that_the_forum_lists_count_too(self) -> None:
        told: dict[str, object] = {
            "uploads": ["files/3-secret.pdf", 7, ""],
            "attachments": [{"url": "/x/y.webm"}, None],
        }
        found = attachments_of("", self.BASE, told)
        assert [(entry.name, entry.media_type) for entry in found] == [
            ("3-secret.pdf", "application/pdf"),
            ("y.webm", "video/webm"),
        ]

    @given(st.text(max_size=300))
    def test_no_text_breaks_it(self, body: str) -> None:
        for entry in attachments_of(body + f" ![x](/{body})", self.BASE):
            assert entry.url.startswith(("http://", "https://"))

    def test_megabytes_of_brackets_name_nothing(self) -> None:
        for hostile in ("![" * 200_000, "[a](" * 100_000, "<img " * 100_000, "](<" * 100_000, "(" * 400_000):
            assert attachments_of(hostile, self.BASE) == ()


def test_the_project_has_no_other_door_to_the_network() -> None:
    """Promise 8's other half: httpx is imported where limits and secrets are kept, and nowhere else."""
    source = Path(__file__).resolve().parents[3] / "src" / "modstation"
    users = {
        file.relative_to(source).as_posix()
        for file in source.rglob("*.py")
        if "import httpx" in file.read_text("utf-8") and file.parts[-2] != "demoforum"
    }
    # Time-stamping authorities are no forums: evidence asks them for one signature over one hash, without any token.
    doors = {"sync/http.py", "sync/http_limits.py", "sync/forums/media.py", "evidence/authorities.py"}
    assert users <= doors


def test_the_token_is_in_no_text_of_the_connector() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            assert isinstance(forum, NodeBB)
            assert TOKEN not in repr(forum) + repr(vars(forum)) + repr(forum._wire)

    run(work())
