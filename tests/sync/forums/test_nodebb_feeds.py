"""Feeds of the NodeBB connector: odd rows, set-aside things, purged targets, the post queue, replies to notices."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sync.forums.nodebb_support import (
    CASE,
    Asked,
    LoopServer,
    Reply,
    as_recorded_admin,
    connected,
    recorded,
    refusal,
    replay,
    run,
    serving,
    v3,
)
from tests.sync.forums.test_nodebb_traps import FlagServer, detail, flag, flags_in, pulled, revisions_in

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

    def test_a_target_that_cannot_be_read_is_set_aside_and_tried_again(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(1, 2), flag(3, 4)])
                server.on("GET", "/api/v3/posts/2", v3({"pid": 2, "uid": 4, "tid": 2, "content": {"not": "text"}}))
                pages, state = await pulled(forum)
                (aside,) = [entry for page in pages for entry in page.set_aside]
                assert "riverside/post/2" in aside.raw
                assert {row.flag_id for row in flags_in(pages)} == {"3"}
                del server.routes[("GET", "/api/v3/posts/2")]
                served.rows.append(flag(5, 6))
                pages, _ = await pulled(forum, state)
                assert {row.flag_id for row in flags_in(pages)} == {"1", "5"}

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


def queue_entry(queue_id: str, text: Any = "queued text", **more: Any) -> dict[str, Any]:
    data = {"rawContent": text, "content": "<p>queued text</p>", "tid": "3", "uid": 8, "timestamp": 1795568884722}
    user = {"uid": 8, "username": "user05", "userslug": "user05"}
    return {
        "id": queue_id,
        "type": "reply",
        "uid": "8",
        "data": data,
        "user": user,
        "topic": {"title": "A topic", "cid": 6},
        "category": {"cid": 6, "name": "Tech"},
        **more,
    }


class QueueServer:
    """The post queue as recorded: twenty a page, empty for an unknown id, empty without the right to decide."""

    def __init__(self, server: LoopServer, entries: list[dict[str, Any]]) -> None:
        self.entries, self.may, self.size = entries, True, 20
        plain = server.fallback
        server.on("GET", "/api/post-queue", self.answer)
        server.fallback = lambda asked: self.one(asked) or plain(asked)

    def answer(self, asked: Asked) -> Reply:
        page = int(asked.query.get("page", "1"))
        shown = self.entries[(page - 1) * self.size : page * self.size] if self.may else []
        count = max(1, -(-len(self.entries) // self.size))
        body = {"posts": shown, "canAccept": self.may, "pagination": {"pageCount": count}}
        tag = f'W/"{hash(str(body)) & 0xFFFF:x}"'
        return Reply(304 if asked.headers.get("if-none-match") == tag else 200, body, {"ETag": tag})

    def one(self, asked: Asked) -> Reply | None:
        if not asked.path.startswith("/api/post-queue/"):
            return None
        wanted = asked.path.rpartition("/")[2]
        found = [entry for entry in self.entries if entry.get("id") == wanted and self.may]
        return Reply(200, {"posts": found, "canAccept": self.may})


class TestQueue:
    def test_a_queued_post_has_author_section_and_a_mark_of_its_own(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                QueueServer(server, [queue_entry("reply-1", "see ![x](/assets/uploads/files/1.png)")])
                pages, _ = await pulled(forum, feed="queue")
                (revision,), (mark,) = revisions_in(pages), flags_in(pages)
                assert (str(revision.item), revision.title) == ("riverside/queued/reply-1", "A topic")
                assert (revision.author.name, revision.section, revision.thread) == ("user05", "6", "3")
                assert (mark.flag_id, mark.state, mark.reporter.uid) == ("reply-1", FlagState.OPEN, "")
                assert revision.attachments[0].url == f"{server.url}/assets/uploads/files/1.png"

        run(work())

    def test_an_unchanged_queue_costs_one_304_and_an_edit_comes_again(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = QueueServer(server, [queue_entry("reply-1"), queue_entry("topic-2")])
                _, state = await pulled(forum, feed="queue")
                before = len(server.asked)
                pages, _ = await pulled(forum, state, "queue")
                assert (pages[0].rows, len(server.asked)) == ((), before + 1)
                served.entries[0] = queue_entry("reply-1", "edited by a moderator")
                pages, _ = await pulled(forum, state, "queue")
                assert [row.body for row in revisions_in(pages)] == ["edited by a moderator"]

        run(work())

    def test_a_long_queue_is_read_whole(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                QueueServer(server, [queue_entry(f"reply-{number}") for number in range(1, 56)])
                pages, state = await pulled(forum, feed="queue")
                assert len(revisions_in(pages)) == 55
                again, _ = await pulled(forum, state, "queue")
                assert again[0].rows == ()

        run(work())

    @pytest.mark.promise(5)
    def test_only_what_the_forum_has_no_more_is_settled(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = QueueServer(server, [queue_entry("reply-1"), queue_entry("reply-2")])
                _, state = await pulled(forum, feed="queue")
                served.may = False
                pages, state = await pulled(forum, state, "queue")
                assert pages[0].rows == ()
                served.may, served.entries = True, served.entries[1:]
                pages, state = await pulled(forum, state, "queue")
                assert [(row.flag_id, row.state) for row in flags_in(pages)] == [("reply-1", FlagState.RESOLVED)]
                assert [row.visibility for row in revisions_in(pages)] == [Visibility.GONE]
                again, _ = await pulled(forum, state, "queue")
                assert again[0].rows == ()

        run(work())

    @pytest.mark.parametrize("odd", [7, None, {"id": None}, {"type": "reply"}], ids=str)
    def test_a_queued_thing_without_an_id_is_set_aside(self, odd: Any) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = QueueServer(server, [queue_entry("reply-1")])
                served.entries = [odd, *served.entries]
                server.on(
                    "GET", "/api/post-queue", Reply(200, {"posts": served.entries, "pagination": {"pageCount": 1}})
                )
                pages, _ = await pulled(forum, feed="queue")
                assert [json.loads(entry.raw) for page in pages for entry in page.set_aside] == [odd]
                assert len(revisions_in(pages)) == 1

        run(work())

    def test_without_the_source_its_rendered_text_is_shown_plain(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                QueueServer(server, [queue_entry("reply-1", None)])
                pages, _ = await pulled(forum, feed="queue")
                assert revisions_in(pages)[0].body == "queued text"

        run(work())


class ChatServer:
    """Chat rooms of the token's account, uid 1."""

    def __init__(self, server: LoopServer) -> None:
        self.rooms: dict[str, list[dict[str, Any]]] = {}
        as_recorded_admin(server)
        server.on("GET", "/api/v3/chats", self.listed)
        plain = server.fallback
        server.fallback = lambda asked: self.messages(asked) or plain(asked)

    def say(self, room: str, uid: int, text: str) -> None:
        mid = 1 + sum(len(said) for said in self.rooms.values())
        message = {"mid": mid, "fromuid": uid, "content": f"<p>{text}</p>", "timestamp": 1795568885000 + mid}
        self.rooms.setdefault(room, []).append(message | {"fromUser": {"uid": uid, "username": f"user{uid}"}})

    def listed(self, asked: Asked) -> Reply:
        newest = sorted(self.rooms, key=lambda room: -self.rooms[room][-1]["mid"])
        rooms = [{"roomId": int(room), "teaser": self.rooms[room][-1], "users": [{"uid": 7}]} for room in newest]
        start, stop = int(asked.query["start"]), int(asked.query["stop"])
        return v3({"rooms": rooms[start : stop + 1], "nextStart": min(len(rooms), stop + 1)})

    def messages(self, asked: Asked) -> Reply | None:
        parts = asked.path.split("/")
        if asked.path.endswith("/raw"):
            (said,) = [said for room in self.rooms.values() for said in room if str(said["mid"]) == parts[-2]]
            return v3({"content": said["content"][3:-4]})
        if asked.path.endswith("/messages"):
            said = self.rooms[parts[-2]]
            newest = len(said) - int(asked.query.get("start", "0"))
            return v3({"messages": said[max(0, newest - 50) : max(0, newest)]})
        return None


class TestReplies:
    def test_what_somebody_answers_to_a_notice_belongs_to_its_case(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = ChatServer(server)
                served.say("1", 7, "hello, who are you?")
                served.say("1", 1, f"Your post was hidden. Case {CASE}.")
                served.say("1", 7, "I <b>object</b>: 我反对")
                served.say("2", 8, "another talk without any notice")
                pages, state = await pulled(forum, feed="replies")
                (reply,) = pages[0].replies
                assert (reply.case, reply.room, reply.author.uid) == (CASE, "1", "7")
                assert reply.text == "I <b>object</b>: 我反对"
                served.say("1", 7, "and another thing")
                pages, state = await pulled(forum, state, "replies")
                assert [reply.text for reply in pages[0].replies] == ["and another thing"]
                pages, _ = await pulled(forum, state, "replies")
                assert pages[0].replies == ()

        run(work())

    def test_rooms_without_news_are_not_opened(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = ChatServer(server)
                for number in range(1, 121):
                    served.say(str(number), 1, f"Case {CASE}.")
                _, state = await pulled(forum, feed="replies")
                served.say("40", 7, "late answer")
                before = len(server.asked)
                pages, _ = await pulled(forum, state, "replies")
                assert [reply.room for reply in pages[0].replies] == ["40"]
                opened = [asked.path for asked in server.asked[before:] if asked.path.endswith("/messages")]
                assert opened == ["/api/v3/chats/40/messages"]

        run(work())

    def test_a_long_talk_is_read_back_to_its_notice(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = ChatServer(server)
                served.say("1", 1, f"Case {CASE}.")
                for number in range(120):
                    served.say("1", 7, f"answer {number}")
                pages, _ = await pulled(forum, feed="replies")
                assert [reply.text for reply in pages[0].replies] == [f"answer {number}" for number in range(120)]

        run(work())

    def test_an_account_without_chat_has_no_replies(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", "/api/v3/chats", refusal(403, "no"))
                pages, state = await pulled(forum, "before", "replies")
                assert (pages[0].replies, state) == ((), "before")

        run(work())


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
