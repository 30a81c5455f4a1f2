"""Traps 14 to 19 of NodeBB's API, seen on a real server while acting. Numbers as in docs/forums/nodebb.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.sync.forums.nodebb_servers import (
    FlagServer,
    detail,
    flag,
    flags_in,
    pulled,
)
from tests.sync.forums.nodebb_support import (
    CASE,
    RECORDED_AT,
    Asked,
    Reply,
    as_recorded_admin,
    connected,
    order,
    person,
    post,
    queued,
    recorded,
    replay,
    run,
    serving,
    v3,
)

from modstation.models.items import FlagState
from modstation.models.measures import Effect, Measure, OrderKind, OutcomeKind
from modstation.models.time import to_ms

CLOSE = OrderKind.CLOSE_FLAG


class TestActing:
    @pytest.mark.parametrize("name", ["coupling-3-flag", "coupling-5-flag"])
    def test_trap_14_a_flag_that_the_deletion_resolved_is_already_so(self, name: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                told = {"flagId": 79, "type": "post", "targetId": 75, "reports": [], **recorded("posts", name).data}
                server.on("GET", "/api/flags/79", Reply(200, told))
                closing = order(post(75), kind=CLOSE, flags=("79",), flag_state="resolved")
                assert (await forum.apply(closing)).kind is OutcomeKind.ALREADY
                assert (await forum.read_back(closing)).effect is Effect.PRESENT
                assert server.wrote() == []

        run(work())

    def test_trap_15_a_reopened_flag_comes_back_under_its_old_id(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(66, 124)])
                _, state = await pulled(forum)
                served.rows = [flag(66, 124, "resolved")]
                closed, state = await pulled(forum, state)
                served.rows = [flag(66, 124, heat=2)]
                reopened, _ = await pulled(forum, state)
                assert [row.state for row in flags_in(closed)] == [FlagState.RESOLVED]
                assert [(row.state, row.heat) for row in flags_in(reopened)] == [(FlagState.OPEN, 2)]

        run(work())

    def test_trap_15_a_flag_closed_before_we_came_comes_when_it_reopens(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(66, 124, "resolved")])
                pages, state = await pulled(forum)
                assert flags_in(pages) == []
                served.rows = [flag(66, 124, heat=2)]
                pages, _ = await pulled(forum, state)
                assert [row.flag_id for row in flags_in(pages)] == ["66"]

        run(work())

    def test_trap_16_a_claim_that_somebody_else_won_is_theirs(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                told = detail(flag(10, 20))
                theirs = told | {"assignee": "3", "assignees": [{"uid": 3, "username": "mod_section"}]}
                answers = [told, theirs]
                server.on("GET", "/api/flags/10", lambda asked: Reply(200, answers.pop(0)))
                server.on("PUT", "/api/v3/flags/10", recorded("concurrency", "flag-assign-1"))
                outcome = await forum.claim(post(20), ("10",))
                assert (outcome.kind, outcome.by) == (OutcomeKind.ALREADY, "mod_section")

        run(work())

    def test_trap_16_the_last_writer_of_a_state_shows_in_the_read_back(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "concurrency", "flag-state-after")
                closing = order(post(20), kind=CLOSE, flags=("10",), flag_state="resolved")
                back = await forum.read_back(closing)
                assert (back.effect, back.by) == (Effect.ABSENT, "mod_section")
                assert back.words == "Flag 10 is rejected."

        run(work())

    @pytest.mark.parametrize(
        ("measure", "path"),
        [(Measure.UNBAN, "/api/v3/users/17/ban"), (Measure.UNMUTE, "/api/v3/users/17/mute")],
    )
    def test_trap_17_lifting_a_penalty_sends_a_json_body(self, measure: Measure, path: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                against = {"banned": True, "banned:expire": 0, "muted": True, "mutedUntil": 0}
                server.on("GET", "/api/v3/users/17", v3({"uid": 17, "username": "user14", **against}))
                server.on("DELETE", path, v3({}))
                outcome = await forum.apply(order(person(17), measure, account="17", reason="appeal"))
                assert outcome.kind is OutcomeKind.DONE
                assert server.asked[-1].body == {"reason": "appeal"}
                assert server.asked[-1].headers["content-type"] == "application/json"

        run(work())

    def test_trap_17_rejecting_a_queued_post_sends_a_json_body(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "queues", "post-queue-detail", "queue-reject")
                server.on("DELETE", "/api/v3/posts/queue/reply-1795568884723", v3({}))
                outcome = await forum.apply(order(queued("reply-1795568884723"), Measure.REMOVE))
                assert outcome.kind is OutcomeKind.DONE
                assert server.asked[-1].raw == b"{}"

        run(work())

    def test_trap_18_deleting_twice_is_already_so_by_name(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "posts", "get-deleted-as-moderator", "delete-again")
                server.on("GET", "/api/v3/users/2", v3({"uid": 2, "username": "mod_global"}))
                outcome = await forum.apply(order(post(152), Measure.REMOVE))
                assert (outcome.kind, outcome.by) == (OutcomeKind.ALREADY, "mod_global")
                assert server.wrote() == []

        run(work())

    def test_trap_18_somebody_deleting_between_look_and_send_is_already_so(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "posts", "get", "delete-again", "get-deleted-as-moderator")
                both = [recorded("posts", "get"), recorded("posts", "get-deleted-as-moderator")]
                server.on("GET", "/api/v3/posts/152", lambda asked: both.pop(0))
                server.on("GET", "/api/v3/users/2", v3({"uid": 2, "username": "mod_global"}))
                server.on("DELETE", "/api/v3/posts/152/state", recorded("posts", "delete-again"))
                outcome = await forum.apply(order(post(152), Measure.HIDE))
                assert (outcome.kind, outcome.by) == (OutcomeKind.ALREADY, "mod_global")
                assert outcome.words == "This post has already been deleted"

        run(work())

    def test_trap_18_purging_what_is_purged_is_already_so(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "posts", "get-purged", "purge-again")
                outcome = await forum.apply(order(post(154), Measure.PURGE))
                assert outcome.kind is OutcomeKind.ALREADY
                assert (await forum.apply(order(post(154), Measure.RESTORE))).kind is OutcomeKind.GONE

        run(work())

    @pytest.mark.parametrize("measure", [Measure.BAN, Measure.MUTE])
    def test_trap_18_a_penalty_that_stands_is_not_written_twice(self, measure: Measure) -> None:
        until = RECORDED_AT + timedelta(days=7)
        against = {"banned": True, "banned:expire": to_ms(until), "muted": True, "mutedUntil": to_ms(until)}

        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", "/api/v3/users/17", v3({"uid": 17, "username": "user14", **against}))
                outcome = await forum.apply(order(person(17), measure, account="17", until=until))
                assert outcome.kind is OutcomeKind.ALREADY
                assert server.wrote() == []

        run(work())

    @pytest.mark.parametrize("measure", [Measure.UNBAN, Measure.UNMUTE])
    def test_trap_18_lifting_what_is_not_there_writes_no_record(self, measure: Measure) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "users", "v3-profile")
                outcome = await forum.apply(order(person(17), measure, account="17"))
                assert outcome.kind is OutcomeKind.ALREADY
                assert server.wrote() == []

        run(work())

    def test_trap_18_a_claim_is_sent_as_text_and_not_twice(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                state = {"assignee": ""}
                server.on("GET", "/api/flags/4", lambda asked: Reply(200, detail(flag(4, 8)) | state))

                def assign(asked: Asked) -> Reply:
                    state["assignee"] = asked.body["assignee"]
                    return v3({"history": []})

                server.on("PUT", "/api/v3/flags/4", assign)
                assert (await forum.claim(post(8), ("4",))).kind is OutcomeKind.DONE
                assert server.asked[-2].body == {"assignee": "1"}
                assert (await forum.claim(post(8), ("4",))).kind is OutcomeKind.ALREADY
                assert len(server.wrote()) == 1

        run(work())

    @pytest.mark.promise(2)
    def test_trap_18_the_same_notice_is_sent_once(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                room: list[dict[str, Any]] = []
                server.on("GET", "/api/v3/users/23", v3({"uid": 23, "username": "user20"}))
                server.on("GET", "/api/v3/users/23/chat", v3({"roomId": 1}))
                server.on("GET", "/api/v3/chats/1/messages", lambda asked: v3({"messages": room}))

                def send(asked: Asked) -> Reply:
                    text = f'<p dir="auto">{asked.body["message"]}</p>\n'
                    room.append({"mid": len(room) + 1, "fromuid": 1, "content": text, "timestamp": 1795568885745})
                    return v3(room[-1])

                server.on("POST", "/api/v3/chats/1", send)
                text = f"您的帖子因广告被删除。 Your case: {CASE}"
                notice = order(post(2), kind=OrderKind.NOTICE, account="23", text=text)
                assert (await forum.read_back(notice)).effect is Effect.ABSENT
                assert (await forum.apply(notice)).kind is OutcomeKind.DONE
                assert (await forum.read_back(notice)).effect is Effect.PRESENT
                assert (await forum.apply(notice)).kind is OutcomeKind.ALREADY
                assert len(room) == 1
                # A corrected notice has the same case and another text: it is another message.
                corrected = replace(notice, text=f"更正：您的帖子已恢复。 {CASE}")
                assert (await forum.read_back(corrected)).effect is Effect.ABSENT

        run(work())

    def test_trap_19_a_refusal_in_any_language_is_judged_by_reading_again(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                both = [recorded("posts", "get"), recorded("posts", "get-deleted-as-moderator")]
                server.on("GET", "/api/v3/posts/152", lambda asked: both.pop(0))
                server.on("DELETE", "/api/v3/posts/152/state", recorded("posts", "delete-again-zh"))
                outcome = await forum.apply(order(post(152), Measure.HIDE))
                assert (outcome.kind, outcome.words) == (OutcomeKind.ALREADY, "此帖已被删除")
                assert all(asked.query["lang"] == "en-GB" for asked in server.asked)

        run(work())

    def test_trap_19_the_very_same_sentence_is_a_refusal_when_nothing_happened(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "posts", "get")
                server.on("DELETE", "/api/v3/posts/152/state", recorded("posts", "delete-again"))
                outcome = await forum.apply(order(post(152), Measure.HIDE))
                assert outcome.kind is OutcomeKind.REFUSED

        run(work())
