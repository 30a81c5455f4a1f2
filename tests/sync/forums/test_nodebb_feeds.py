"""Feeds of the NodeBB connector: odd rows, set-aside things, purged targets, the post queue, replies to notices."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sync.forums.nodebb_servers import (
    FlagServer,
    detail,
    flag,
    flags_in,
    pulled,
    revisions_in,
)
from tests.sync.forums.nodebb_support import (
    Asked,
    Reply,
    connected,
    recorded,
    refusal,
    replay,
    run,
    serving,
    v3,
)

from modstation.models.errors import BadAnswer, BadInput, ForumUnreachable, TokenRefused
from modstation.models.items import Flag, FlagState, Page, Revision, Visibility
from modstation.sync.forums.nodebb.flags import Bookmark

HOSTILE = "NUL \x00, lone \ud800, bidi \u202e, marks " + "a" + "\u0301" * 500 + "\n" * 10_000 + "<img src=http://x/>"


class TestFlags:
    @pytest.mark.promise(5)
    @pytest.mark.parametrize(
        "odd",
        [
            "a text",
            7,
            None,
            [],
            {},
            {"flagId": 9, "type": "post", "state": "open"},
            {"flagId": 9, "type": "topic", "targetId": "1", "state": "open"},
            {"flagId": {"a": 1}, "type": "post", "targetId": "1", "state": "open"},
            {"flagId": 9, "type": "post", "targetId": ["1"], "state": "open"},
            {"flagId": 9, "type": "post", "targetId": "../users/1", "state": "open"},
            {"flagId": 9, "type": "post", "targetId": "1", "state": "paused"},
            {"flagId": True, "type": "post", "targetId": "1", "state": "open"},
        ],
        ids=str,
    )
    def test_what_has_no_target_is_set_aside_whole_and_the_rest_lives_on(self, odd: Any) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(1, 2), flag(3, 4)])
                body = served.answer(Asked("GET", "", {"sort": "oldest"}, {}, None)).data
                body = {**body, "flags": [body["flags"][0], odd, body["flags"][1]], "count": 3}
                server.on("GET", "/api/flags", Reply(200, body))
                pages, state = await pulled(forum)
                (aside,) = [entry for page in pages for entry in page.set_aside]
                assert json.loads(aside.raw) == odd
                assert aside.why
                assert aside.source == f"{server.url}/api/flags"
                assert {row.flag_id for row in flags_in(pages)} == {"1", "3"}
                # Once is enough: the same thing does not come again at every pull.
                again, _ = await pulled(forum, state)
                assert [entry for page in again for entry in page.set_aside] == []

        run(work())

    @pytest.mark.parametrize(
        "body",
        [[], "flags", {"flags": {}}, {"flags": None}, {}],
        ids=str,
    )
    def test_an_answer_that_is_no_list_is_refused(self, body: Any) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", "/api/flags", Reply(200, body))
                with pytest.raises(BadAnswer):
                    await pulled(forum)

        run(work())

    @pytest.mark.promise(7)
    def test_hostile_text_comes_through_as_it_is(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(1, 2)])
                told = detail(flag(1, 2)) | {"reports": [{"value": HOSTILE, "timestamp": 1, "reporter": None}]}
                server.on("GET", "/api/flags/1", Reply(200, told))
                server.on("GET", "/api/v3/posts/2", v3({"pid": 2, "uid": 4, "tid": 2, "content": HOSTILE}))
                server.on("GET", "/api/v3/topics/2", v3({"tid": 2, "cid": 5, "title": HOSTILE}))
                server.on("GET", "/api/v3/users/4", v3({"uid": 4, "username": HOSTILE}))
                pages, _ = await pulled(forum)
                (revision,), (mark,) = revisions_in(pages), flags_in(pages)
                assert {revision.body, revision.title, revision.author.name, mark.reason} == {HOSTILE}
                assert [attachment.url for attachment in revision.attachments] == ["http://x/"]
                assert (mark.reporter.uid, mark.reporter.name) == ("", "")

        run(work())

    @pytest.mark.case("S10")
    @pytest.mark.parametrize("target", [None, {}], ids=str)
    def test_a_purged_post_is_gone_without_a_null_in_sight(self, target: Any) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(1, 2)])
                _, state = await pulled(forum)
                served.rows = [flag(1, 2, "wip") | {"target": target}]
                server.on("GET", "/api/flags/1", Reply(200, detail(served.rows[0]) | {"target": target}))
                server.on("GET", "/api/v3/posts/2", recorded("posts", "get-purged"))
                pages, _ = await pulled(forum, state)
                (revision,) = revisions_in(pages)
                assert (revision.visibility, revision.body, revision.title) == (Visibility.GONE, "", "")
                # The list still tells whose it was.
                assert revision.author.uid == "4"
                assert [row.state for row in flags_in(pages)] == [FlagState.IN_WORK]

        run(work())

    @pytest.mark.promise(5)
    def test_a_target_that_cannot_be_read_is_tried_three_times_then_set_aside_once(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(1, 2), flag(3, 4)])
                server.on("GET", "/api/v3/posts/2", v3({"pid": 2, "uid": 4, "tid": 2, "content": {"not": "text"}}))
                state, told, aside = "", [], []
                for _ in range(5):
                    pages, state = await pulled(forum, state)
                    told += [row.flag_id for row in flags_in(pages)]
                    aside.append([entry.raw for page in pages for entry in page.set_aside])
                assert told == ["3"]
                assert aside == [[], [], ['["riverside/post/2"]'], [], []]
                assert server.count("GET", "/api/v3/posts/2") == 3
                # It is tried again when the list moves, and comes as if nothing had been.
                del server.routes[("GET", "/api/v3/posts/2")]
                served.rows.append(flag(5, 6))
                pages, _ = await pulled(forum, state)
                assert {row.flag_id for row in flags_in(pages)} == {"1", "5"}

        run(work())

    def test_one_broken_answer_delays_a_target_by_one_pull(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(1, 2), flag(3, 4)])
                server.on("GET", "/api/v3/posts/2", Reply(200, raw=b"<html>", kind="text/html"))
                pages, state = await pulled(forum)
                assert {row.flag_id for row in flags_in(pages)} == {"3"}
                del server.routes[("GET", "/api/v3/posts/2")]
                pages, _ = await pulled(forum, state)
                assert {row.flag_id for row in flags_in(pages)} == {"1"}
                assert not any(page.set_aside for page in pages)

        run(work())

    def test_a_broken_pull_goes_on_where_its_last_page_ended(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(number, number) for number in range(1, 121)])
                plain = server.fallback

                def break_late(asked: Asked) -> Reply:
                    made = plain(asked)
                    assert isinstance(made, Reply)
                    return Reply(broken=True) if asked.path == "/api/v3/posts/110" else made

                server.fallback = break_late
                got: list[Page] = []

                async def pull_all() -> None:
                    async for page in forum.pull("flags", ""):
                        got.append(page)

                with pytest.raises(ForumUnreachable):
                    await pull_all()
                before = {row.flag_id for row in flags_in(got)}
                assert 0 < len(before) < 120
                server.fallback = plain
                pages, _ = await pulled(forum, got[-1].state)
                after = {row.flag_id for row in flags_in(pages)}
                assert not before & after
                assert before | after == {str(number) for number in range(1, 121)}

        run(work())

    def test_rights_lost_over_one_post_are_no_end_of_the_feed(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(1, 2), flag(3, 4)])
                server.on("GET", "/api/v3/posts/2", refusal(403, "You do not have enough privileges for this action."))
                pages, _ = await pulled(forum)
                assert {str(row.item): row.visibility for row in revisions_in(pages)} == {
                    "riverside/post/2": Visibility.GONE,
                    "riverside/post/4": Visibility.PUBLIC,
                }

        run(work())

    def test_a_reporter_from_another_server_keeps_name_and_address(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(1, 2)])
                remote = {"uid": "https://other.example/users/ann", "username": "ann@other.example"}
                told = detail(flag(1, 2)) | {"reports": [{"value": "spam", "timestamp": 1, "reporter": remote}]}
                server.on("GET", "/api/flags/1", Reply(200, told))
                pages, _ = await pulled(forum)
                (found,) = flags_in(pages)
                assert (found.reporter.uid, found.reporter.name) == (remote["uid"], remote["username"])
                assert not found.reporter.gone

        run(work())

    def test_an_account_shut_out_altogether_ends_the_pull(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(1, 2)])
                server.on("GET", "/api/v3/posts/2", refusal(403, "no"))
                server.on("GET", "/api/self", refusal(403, "You are banned."))
                with pytest.raises(TokenRefused, match=r"You are banned\."):
                    await pulled(forum)

        run(work())

    def test_a_feed_that_is_none_is_refused(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                with pytest.raises(BadInput, match="flags, queue, replies"):
                    forum.pull("gossip", "")

        run(work())

    @given(
        st.dictionaries(
            st.integers(1, 10**9).map(str),
            st.tuples(st.sampled_from("owrj"), st.integers(1, 99), st.integers(0, 999)).map(
                lambda mark: f"{mark[0]}{mark[1]}" + (f".{mark[2]}" if mark[2] else "")
            ),
        )
    )
    def test_a_bookmark_survives_its_text(self, marks: dict[str, str]) -> None:
        there = Bookmark('W/"1"', 2000, marks, frozenset({"ab", "cd"}))
        assert Bookmark.decode(there.encode()) == there

    @given(st.text())
    def test_any_text_is_a_bookmark(self, text: str) -> None:
        assert isinstance(Bookmark.decode(text), Bookmark)

    def test_a_bookmark_of_a_large_forum_stays_small(self) -> None:
        marks = {str(number): "o1" for number in range(100_000)}
        assert len(Bookmark("", 1000, marks).encode()) < 1_000_000


class TestRecordedLists:
    """The lists as a real server gave them."""

    @pytest.mark.parametrize("name", ["list-page2-perpage3", "list-oldest", "list-type-user", "list-cid"])
    def test_every_recorded_row_can_be_read(self, name: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                rows = recorded("flags-list", name).data["flags"]
                FlagServer(server, rows)
                pages, _ = await pulled(forum)
                assert {row.flag_id for row in flags_in(pages)} == {str(row["flagId"]) for row in rows}
                assert not any(page.set_aside for page in pages)

        run(work())

    def test_a_recorded_user_flag_brings_the_person(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                (row,) = [row for row in recorded("flags-list", "list-default").data["flags"] if row["flagId"] == 61]
                FlagServer(server, [row])
                replay(server, "flag-detail", "page-detail-user-flag")
                server.on("GET", "/api/v3/users/7", v3(recorded("users", "v3-profile").data["response"] | {"uid": 7}))
                pages, _ = await pulled(forum)
                told: list[Revision | Flag] = [row for page in pages for row in page.rows]
                assert [type(entry) for entry in told] == [Revision, Flag]
                assert (told[0].item.type, revisions_in(pages)[0].title) == ("account", "user14")
                assert flags_in(pages)[0].reason == "off topic"

        run(work())
