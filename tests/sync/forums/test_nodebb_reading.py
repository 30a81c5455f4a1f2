"""Reading at NodeBB: items of every kind, context, comparison, probed capabilities, recorded stories."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.contracts.recorded import ReplayServer, story
from tests.sync.forums.nodebb_servers import QueueServer, queue_entry
from tests.sync.forums.nodebb_support import (
    FORUM,
    TOKEN,
    Asked,
    FixedClock,
    LoopServer,
    Reply,
    as_recorded_admin,
    connected,
    order,
    person,
    post,
    recorded,
    refusal,
    replay,
    run,
    section,
    serving,
    topic,
    v3,
)

from modstation.desk.ports import Forum
from modstation.models.errors import BadInput
from modstation.models.ids import ItemKey, TargetType
from modstation.models.items import Visibility, judged_hash
from modstation.models.measures import Effect, Measure, OutcomeKind
from modstation.sync.forums.nodebb import NodeBB
from modstation.sync.http import HttpClient


def is_a_forum(connector: NodeBB) -> Forum:
    """The type checker's proof that the connector keeps the desk's Protocol."""
    return connector


class Thread:
    """A topic of `count` posts over pages of twenty."""

    def __init__(self, server: LoopServer, count: int = 55) -> None:
        as_recorded_admin(server)
        self.count, self.hidden = count, {151}
        server.on("GET", "/api/v3/topics/2", v3(self.topic()))
        server.on("GET", "/api/topic/2", self.page)
        plain = server.fallback
        server.fallback = lambda asked: self.post(asked) or plain(asked)

    def topic(self) -> dict[str, Any]:
        return {"tid": 2, "uid": 4, "cid": 5, "mainPid": 100, "title": "新人报到 🙋 0", "postcount": self.count}

    def page(self, asked: Asked) -> Reply:
        number = int(asked.query.get("page", "1"))
        places = range((number - 1) * 20, min(number * 20, self.count))
        posts = [{"pid": 100 + at, "index": at, "content": f"<p>rendered {at}</p>"} for at in places]
        return Reply(200, {**self.topic(), "posts": posts, "pagination": {"pageCount": -(-self.count // 20)}})

    def post(self, asked: Asked) -> Reply | None:
        parts = asked.path.split("/")
        if asked.path.startswith("/api/v3/users/"):
            return v3({"uid": int(parts[4]), "username": f"user{parts[4]}", "userslug": f"user{parts[4]}"})
        if not asked.path.startswith("/api/v3/posts/"):
            return None
        pid = int(parts[4])
        if parts[5:] == ["index"]:
            return v3({"index": pid - 100})
        if parts[5:]:
            return None
        deleted = int(pid in self.hidden)
        return v3({"pid": pid, "uid": pid % 7 + 1, "tid": 2, "content": f"*source* {pid}", "deleted": deleted})


class TestContext:
    @pytest.mark.parametrize(
        ("pid", "before", "after"),
        [
            (100, [], [101, 102, 103]),
            (101, [100], [102, 103, 104]),
            (119, [116, 117, 118], [120, 121, 122]),
            (120, [117, 118, 119], [121, 122, 123]),
            (139, [136, 137, 138], [140, 141, 142]),
            (154, [151, 152, 153], []),
        ],
    )
    def test_neighbours_come_from_both_sides_over_page_borders(self, pid: int, before: Any, after: Any) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                Thread(server)
                found = await forum.context(post(pid))
                assert [int(near.key.target) for near in found.before] == before
                assert [int(near.key.target) for near in found.after] == after
                assert all(near.body == f"*source* {near.key.target}" for near in (*found.before, *found.after))
                assert {near.key.target for near in (*found.before, *found.after) if near.hidden} <= {"151"}
                assert found.path == ("综合讨论", "新人报到 🙋 0")

        run(work())

    def test_a_topic_and_a_queued_reply_have_neighbours_too(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                Thread(server)
                found = await forum.context(topic(2))
                assert [near.position for near in found.after] == [1, 2, 3]
                entry = {"id": "reply-1", "data": {"rawContent": "x", "tid": "2"}, "user": {"uid": 4, "username": "a"}}
                server.on("GET", "/api/post-queue/reply-1", Reply(200, {"posts": [entry]}))
                found = await forum.context(ItemKey(FORUM, TargetType.QUEUED, "reply-1"))
                assert [near.position for near in found.before] == [52, 53, 54]

        run(work())

    def test_earlier_revisions_are_plain_text_newest_first(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "posts", "get-deleted-as-moderator", "diffs-after-edit")
                rendered = {"content": '<p dir="auto"><strong>bold</strong> &amp; <em>it</em></p>\n<p>r120</p>'}
                server.on("GET", "/api/v3/posts/152/diffs/1795568712144", v3(rendered))
                found = await forum.context(post(152))
                assert [revision.body for revision in found.revisions] == ["bold & it\n\nr120"]
                assert [revision.edited for revision in found.revisions] != [None]

        run(work())

    def test_the_authors_record_is_told_where_the_token_may_see_it(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "users", "ban-permanent-profile", "unban-history")
                found = await forum.context(person(18))
                assert found.author is not None
                assert found.author.penalties == ("ban:0",)
                assert len(found.history) == 3
                assert found.history[0].startswith("2026-11-25T01:10:25.147Z unban by mod_global")
                server.on("GET", "/api/user/user15/info", recorded("users", "history-info-as-section-mod"))
                as_recorded_admin(server)
                assert (await forum.context(person(18))).history == ()

        run(work())

    def test_parts_that_break_are_left_empty(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "posts", "get-deleted-as-moderator")
                server.on("GET", "/api/v3/posts/152/diffs", Reply(500, {}))
                found = await forum.context(post(152))
                assert (found.before, found.after, found.revisions) == ((), (), ())

        run(work())


class TestRevisions:
    def test_a_topic_is_its_title_and_its_first_post(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                Thread(server)
                found = await forum.revision(topic(2))
                assert (found.title, found.body, found.section_name) == ("新人报到 🙋 0", "*source* 100", "综合讨论")
                assert found.url == f"{server.url}/topic/2"
                reading = await forum.read(topic(2))
                assert reading.body_hash == judged_hash(topic(2), found.title, found.body)

        run(work())

    def test_an_account_is_its_name_and_what_it_says_of_itself(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                told = recorded("users", "v3-profile").data["response"]
                mine = {"aboutme": "buy *here*", "signature": "sig", "picture": "/assets/uploads/profile/7.png"}
                private = {"email": "secret@forum.invalid", "fullname": "A Real Name", "ips": ["10.0.0.1"]}
                server.on("GET", "/api/v3/users/17", v3(told | mine | private))
                found = await forum.revision(person(17))
                assert (found.title, found.body) == ("user14", "buy *here*\n\nsig")
                assert [entry.url for entry in found.attachments] == [f"{server.url}/assets/uploads/profile/7.png"]
                # Promise 8: no private data has a way in.
                assert not any(word in repr(found) for word in ("secret@", "A Real Name", "10.0.0.1"))

        run(work())

    def test_an_address_that_was_confirmed_is_told_as_such(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                told = recorded("users", "v3-profile").data["response"]
                for confirmed, word in ((1, "email"), (True, "email"), (0, ""), (False, "")):
                    server.on("GET", "/api/v3/users/17", v3(told | {"email:confirmed": confirmed}))
                    assert (await forum.revision(person(17))).author.verified == word

        run(work())

    def test_a_section_and_one_that_is_switched_off(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "categories", "get")
                found = await forum.revision(section(7))
                assert (found.title, found.body, found.visibility) == ("跳蚤市场", "buy & sell", Visibility.PUBLIC)
                off = recorded("categories", "get").data["response"] | {"disabled": 1}
                server.on("GET", "/api/v3/categories/7", v3(off))
                assert (await forum.revision(section(7))).visibility is Visibility.HIDDEN

        run(work())

    @pytest.mark.parametrize("kind", [TargetType.MESSAGE, TargetType.MEDIA])
    def test_what_nodebb_has_no_route_for_is_said(self, kind: TargetType) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                with pytest.raises(BadInput, match="no route"):
                    await forum.revision(ItemKey(FORUM, kind, "1"))

        run(work())

    @pytest.mark.parametrize("target", ["..", ".", "../users/1", "1/state", "1?x=1", "%2e%2e", "\ud800"])
    def test_no_id_climbs_out_of_its_route(self, target: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                server.fallback = lambda asked: refusal(404)
                try:
                    assert (await forum.revision(post(target))).visibility is Visibility.GONE
                except BadInput:
                    assert target in (".", "..")
                raw = [asked for asked in server.asked if not asked.path.startswith("/api/v3/posts/")]
                assert raw == []

        run(work())

    @pytest.mark.parametrize(
        "told",
        [
            {"pid": 2, "uid": {"a": 1}, "tid": [], "content": "x", "timestamp": "soon", "edited": -5},
            {"pid": 2, "uid": None, "tid": None, "content": "x", "timestamp": 10**30, "deleted": "maybe"},
            {"content": "x", "uploads": "none", "attachments": {"a": 1}},
        ],
        ids=["objects", "nulls", "bare"],
    )
    def test_odd_fields_beside_the_text_lose_no_text(self, told: dict[str, Any]) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                server.on("GET", "/api/v3/posts/2", v3(told))
                found = await forum.revision(post(2))
                assert (found.body, found.visibility) == ("x", Visibility.PUBLIC)

        run(work())


class TestReading:
    @pytest.mark.promise(4)
    @pytest.mark.parametrize(
        ("change", "moved"),
        [
            ({"content": "other"}, True),
            ({"deleted": 1}, True),
            ({"uid": 6}, True),
            ({"upvotes": 9}, False),
            ({"edited": 1795568883792}, False),
            ({"flagId": 3}, False),
        ],
        ids=str,
    )
    def test_the_fingerprint_moves_with_what_was_judged_and_nothing_else(self, change: Any, moved: bool) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                Thread(server)
                before = await forum.read(post(130))
                told = {"pid": 130, "uid": 130 % 7 + 1, "tid": 2, "content": "*source* 130", "deleted": 0}
                server.on("GET", "/api/v3/posts/130", v3(told | change))
                after = await forum.read(post(130))
                assert (after.fingerprint != before.fingerprint) is moved

        run(work())

    @pytest.mark.promise(4)
    def test_a_new_penalty_moves_the_fingerprint(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                Thread(server)
                before = await forum.read(post(130), account="9")
                server.on("GET", "/api/v3/users/9", v3({"uid": 9, "username": "x", "banned": True, "banned:expire": 0}))
                after = await forum.read(post(130), account="9")
                assert (before.penalties, after.penalties) == ((), ("ban:0",))

        run(work())

    def test_a_flag_that_is_gone_has_a_state_of_its_own(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                Thread(server)
                replay(server, "flag-detail", "page-detail-404")
                assert (await forum.read(post(130), flags=("99999", "reply-1"))).flag_states == (("99999", "gone"),)

        run(work())

    def test_the_mark_of_a_queued_post_is_resolved_when_it_left_the_queue(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = QueueServer(server, [queue_entry("reply-1")])
                item = ItemKey(FORUM, TargetType.QUEUED, "reply-1")
                states = [(await forum.read(item, flags=("reply-1",))).flag_states]
                served.may = False
                states.append((await forum.read(item, flags=("reply-1",))).flag_states)
                served.may, served.entries = True, []
                states.append((await forum.read(item, flags=("reply-1",))).flag_states)
                assert [state for ((_, state),) in states] == ["open", "gone", "resolved"]

        run(work())


class TestRecord:
    """What is sealed with a look is what that look has asked, and nothing else."""

    @pytest.mark.promise(4)
    def test_two_tasks_have_two_records(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                Thread(server)

                async def looking(pid: int) -> set[str]:
                    await forum.context(post(pid))
                    kept = {exchange.url.partition("?")[0] for exchange in forum.take_exchanges()}
                    assert forum.take_exchanges() == ()
                    return kept

                left, right = await asyncio.gather(looking(110), looking(130))
                own = [f"{server.url}/api/v3/posts/{pid}" for pid in (110, 130)]
                assert own[0] in left
                assert own[1] in right
                assert own[1] not in left
                assert own[0] not in right
                # The neighbours were fetched by tasks of their own: they belong to the look as well.
                assert f"{server.url}/api/v3/posts/111" in left
                assert forum.take_exchanges() == ()

        run(work())


class TestReplayedStories:
    """Whole stories as a real server told them, served again."""

    @pytest.fixture
    def world(self) -> Iterator[ReplayServer]:
        told = [
            exchange
            for name in ("topics", "users", "categories", "errors-and-auth")
            for exchange in story(name).exchanges
        ]
        with ReplayServer(told) as running:
            yield running

    @staticmethod
    @asynccontextmanager
    async def forum_at(url: str) -> Any:
        clock = FixedClock()
        client = HttpClient(clock=clock)
        yield NodeBB(FORUM, url, TOKEN, client=client, clock=clock)
        await client.aclose()

    def test_a_topic_as_recorded_before_and_after_its_deletion(self, world: ReplayServer) -> None:
        async def work() -> None:
            async with self.forum_at(world.url) as forum:
                lock = order(topic(9), Measure.LOCK)
                assert (await forum.apply(lock)).kind is OutcomeKind.DONE
                assert ("PUT", "/api/v3/topics/9/lock") in [
                    (method, target.partition("?")[0]) for method, target, _ in world.asked
                ]

        run(work())

    def test_a_profile_as_recorded_under_a_ban(self, world: ReplayServer) -> None:
        async def work() -> None:
            async with self.forum_at(world.url) as forum:
                states = [(await forum.revision(person(17))).author.penalties for _ in range(3)]
                assert states[0] == ()
                assert states[-1] == ("ban:1796173684295",)
                purged = await forum.read_back(order(topic(99999), Measure.PURGE))
                assert purged.effect is Effect.PRESENT

        run(work())

    def test_a_deleted_account_as_recorded(self, world: ReplayServer) -> None:
        async def work() -> None:
            async with self.forum_at(world.url) as forum:
                found = await forum.revision(person(29))
                assert (found.visibility, found.author.gone, found.author.uid) == (Visibility.GONE, True, "29")
                assert replace(found, fetched=found.fetched) == found

        run(work())
