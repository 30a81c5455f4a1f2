"""Traps 20 to 32 of NodeBB's API: silent nonsense, side effects, protocol. Numbers as in docs/forums/nodebb.md."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.sync.forums.nodebb_servers import (
    FlagServer,
    detail,
    flag,
    flags_in,
    pulled,
    revisions_in,
)
from tests.sync.forums.nodebb_support import (
    CASE,
    RECORDED_AT,
    Asked,
    FixedClock,
    Reply,
    as_recorded_admin,
    connected,
    exchange,
    order,
    person,
    post,
    recorded,
    replay,
    run,
    serving,
    topic,
    v3,
)

from modstation.models.errors import AskedToWait, TokenRefused
from modstation.models.items import FlagState, Visibility
from modstation.models.measures import Effect, Measure, OrderKind, OutcomeKind
from modstation.models.time import to_ms

CLOSE = OrderKind.CLOSE_FLAG


class TestSilentNonsense:
    def test_trap_20_an_unknown_flag_state_is_not_even_sent(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                outcome = await forum.apply(order(post(8), kind=CLOSE, flags=("4",), flag_state="closed"))
                assert outcome.kind is OutcomeKind.REFUSED
                assert server.asked == []

        run(work())

    @pytest.mark.parametrize("name", ["assign-to-ordinary-user", "assign-to-unknown-user"])
    def test_trap_20_a_claim_that_was_answered_200_and_ignored_is_refused(self, name: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                server.on("GET", "/api/flags/4", Reply(200, detail(flag(4, 8))))
                replay(server, "flag-actions", name)
                assert (await forum.claim(post(8), ("4",))).kind is OutcomeKind.REFUSED

        run(work())

    def test_trap_20_a_200_that_did_nothing_shows_in_the_read_back(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "posts", "get")
                server.on("DELETE", "/api/v3/posts/152/state", v3({}))
                hide = order(post(152), Measure.HIDE)
                assert (await forum.apply(hide)).kind is OutcomeKind.DONE
                assert (await forum.read_back(hide)).effect is Effect.ABSENT

        run(work())

    @pytest.mark.parametrize("measure", [Measure.BAN, Measure.MUTE])
    def test_trap_21_an_end_in_the_past_is_refused_here(self, measure: Measure) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                past = order(person(19), measure, account="19", until=RECORDED_AT - timedelta(seconds=1))
                outcome = await forum.apply(past)
                assert (outcome.kind, "past" in outcome.words) == (OutcomeKind.REFUSED, True)
                assert server.asked == []

        run(work())

    def test_trap_21_the_end_is_past_by_the_servers_clock(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                ahead = {"Date": "Wed, 25 Nov 2026 02:08:05 GMT"}
                server.on("GET", "/api/self", replace(recorded("errors-and-auth", "self-admin"), headers=ahead))
                for route in list(server.routes):
                    made = server.routes[route](Asked("GET", route[1], {}, {}, None))
                    assert isinstance(made, Reply)
                    server.on(*route, replace(made, headers=ahead))
                assert (await forum.probe()).clock_offset_ms == 3_600_500
                soon = order(person(19), Measure.BAN, account="19", until=RECORDED_AT + timedelta(minutes=30))
                assert (await forum.apply(soon)).kind is OutcomeKind.REFUSED

        run(work())

    def test_trap_21_the_end_goes_out_in_milliseconds(self) -> None:
        until = RECORDED_AT + timedelta(days=7)

        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "users", "v3-profile", "ban-until")
                outcome = await forum.apply(order(person(17), Measure.BAN, account="17", until=until, reason="广告"))
                assert outcome.kind is OutcomeKind.DONE
                assert server.asked[-1].body == {"until": to_ms(until), "reason": "广告"}

        run(work())

    @pytest.mark.parametrize("name", ["mute-until-past-profile", "mute-until-text-profile"])
    def test_trap_21_a_mute_that_was_answered_200_and_not_done_is_absent(self, name: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "users", name)
                uid = exchange("users", name)["request"]["path"].rpartition("/")[2]
                muted = order(person(uid), Measure.MUTE, account=uid, until=RECORDED_AT + timedelta(days=1))
                assert (await forum.read_back(muted)).effect is Effect.ABSENT

        run(work())

    def test_trap_21_a_ban_that_became_permanent_is_not_the_one_we_asked_for(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "users", "ban-until-past-profile")
                ban = order(person(19), Measure.BAN, account="19", until=RECORDED_AT + timedelta(days=1))
                back = await forum.read_back(ban)
                assert (back.effect, back.words) == (Effect.ABSENT, "The forum shows a ban without end.")
                assert (await forum.read_back(replace(ban, until=None))).effect is Effect.PRESENT

        run(work())

    def test_trap_22_no_measure_moves_a_topic(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                for measure in Measure:
                    await forum.apply(order(topic(9), measure, account="4", section="5", text=f"text {CASE}"))
                assert all(not asked.path.endswith("/move") for asked in server.asked)
                outcome = await forum.apply(order(topic(9), Measure.DEMOTE))
                assert (outcome.kind, bool(outcome.words)) == (OutcomeKind.REFUSED, True)

        run(work())

    def test_trap_23_the_first_post_of_a_topic_cannot_be_purged(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", "/api/v3/posts/8", v3({"pid": 8, "uid": 4, "tid": 8, "content": "x", "deleted": 0}))
                replay(server, "posts", "purge-main-post-with-replies")
                outcome = await forum.apply(order(post(8), Measure.PURGE))
                assert outcome.kind is OutcomeKind.REFUSED
                assert outcome.words == "You can't purge the main post, please delete the topic instead"

        run(work())

    def test_trap_23_a_post_is_hidden_with_its_topic(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "posts", "topic-of-that-post")
                alone = {"pid": 207, "uid": 8, "tid": 32, "content": "only one post", "deleted": 0}
                server.on("GET", "/api/v3/posts/207", v3(alone))
                assert (await forum.revision(post(207))).visibility is Visibility.HIDDEN

        run(work())

    def test_trap_24_a_report_that_could_not_be_withdrawn_is_still_pulled(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(67, 125)])
                told = recorded("flag-actions", "rescind-semicolon-reason-after").data["response"]
                server.on("GET", "/api/flags/67", Reply(200, told))
                pages, _ = await pulled(forum)
                assert [row.reason for row in flags_in(pages)] == ["scam; please remove"]

        run(work())

    def test_trap_24_a_flag_without_any_report_left_still_tells_its_state(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(68, 126)])
                _, state = await pulled(forum)
                served.rows = [flag(68, 126, "resolved")]
                server.on("GET", "/api/flags/68", recorded("flag-actions", "rescind-last-report-after"))
                pages, _ = await pulled(forum, state)
                assert {row.state for row in flags_in(pages)} == {FlagState.RESOLVED}

        run(work())

    def test_trap_25_a_purged_flag_closes_nothing_and_a_new_one_joins_its_target(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(69, 127), flag(1, 2)])
                _, state = await pulled(forum)
                served.rows = [flag(1, 2)]
                pages, state = await pulled(forum, state)
                assert flags_in(pages) == []
                served.rows = [flag(70, 127), flag(1, 2)]
                pages, _ = await pulled(forum, state)
                assert [(row.flag_id, row.item.target) for row in flags_in(pages)] == [("70", "127")]
                gone = order(post(127), kind=CLOSE, flags=("69",), flag_state="resolved")
                assert (await forum.apply(gone)).kind is OutcomeKind.GONE

        run(work())

    def test_trap_26_two_flags_of_one_post_are_one_target(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                rows = recorded("concurrency", "first-reports-list").data["flags"]
                served = FlagServer(server, rows)
                pages, state = await pulled(forum)
                assert len(revisions_in(pages)) == 1
                assert {row.flag_id for row in flags_in(pages)} == {"74", "75"}
                # Deleting the post resolves only the one that the post points to.
                served.rows = [{**row, "state": "resolved" if row["flagId"] == 75 else "open"} for row in rows]
                pages, _ = await pulled(forum, state)
                assert {(row.flag_id, row.state) for row in flags_in(pages)} == {("74", "open"), ("75", "resolved")}

        run(work())

    def test_trap_27_queued_posts_are_a_feed_of_their_own(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "queues", "post-queue-list")
                pages, _ = await pulled(forum, feed="queue")
                bodies = {row.item.target: row.body for row in revisions_in(pages)}
                assert bodies["reply-1795568884723"] == "待审核的回复 queued reply 0 🙏"
                assert "topic-1795568884762" in bodies
                assert all(row.visibility is Visibility.HIDDEN for row in revisions_in(pages))

        run(work())

    def test_trap_28_an_existing_room_is_used_and_no_second_one_made(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "notices", "private-room-lookup")
                server.on("GET", "/api/v3/chats/2/messages", v3({"messages": []}))
                server.on("POST", "/api/v3/chats/2", v3({"mid": 3}))
                notice = order(post(2), kind=OrderKind.NOTICE, account="23", text=f"Notice of {CASE}")
                assert (await forum.apply(notice)).kind is OutcomeKind.DONE
                assert server.wrote() == [("POST", "/api/v3/chats/2")]

        run(work())

    def test_trap_28_a_notice_in_the_other_of_two_rooms_is_found(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "notices", "private-room-lookup")
                text = f"Notice of {CASE}"
                old = {"mid": 1, "fromuid": 1, "content": f"<p>{text}</p>", "timestamp": 1795568885745}
                rooms = [{"roomId": room, "users": [{"uid": 23}]} for room in (1, 2)]
                server.on("GET", "/api/v3/chats", v3({"rooms": rooms}))
                server.on("GET", "/api/v3/chats/1/messages", v3({"messages": [old]}))
                server.on("GET", "/api/v3/chats/2/messages", v3({"messages": []}))
                notice = order(post(2), kind=OrderKind.NOTICE, account="23", text=text)
                assert (await forum.read_back(notice)).effect is Effect.PRESENT

        run(work())

    def test_trap_29_nothing_of_ours_removes_all_content_of_an_account(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                server.on("GET", "/api/v3/users/29", v3({"uid": 29, "username": "user26"}))
                for measure in Measure:
                    await forum.apply(order(person(29), measure, account="29", text=f"text {CASE}"))
                assert not any(asked.path.endswith(("/content", "/account")) for asked in server.asked)

        run(work())


class TestProtocol:
    def test_trap_30_403_as_a_bare_word_is_a_refusal_in_its_words(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "posts", "get")
                server.on("DELETE", "/api/v3/posts/152/state", recorded("errors-and-auth", "401-write-no-token"))
                outcome = await forum.apply(order(post(152), Measure.HIDE))
                assert (outcome.kind, outcome.words, outcome.status) == (OutcomeKind.REFUSED, "Forbidden", 403)

        run(work())

    def test_trap_30_a_bad_token_is_named_as_such(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "flags-list", "list-bad-token")
                with pytest.raises(TokenRefused):
                    await pulled(forum)
                replay(server, "flags-list", "list-as-user")
                with pytest.raises(TokenRefused, match="see flags"):
                    await pulled(forum)

        run(work())

    @pytest.mark.parametrize("name", ["400-bad-json", "too-large"])
    def test_trap_30_a_500_to_a_write_is_unknown_and_not_failed(self, name: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", "/api/flags/4", Reply(200, detail(flag(4, 8))))
                replay(server, "errors-and-auth", name)
                outcome = await forum.apply(order(post(8), kind=CLOSE, flags=("4",), flag_state="resolved"))
                assert (outcome.kind, outcome.status) == (OutcomeKind.UNKNOWN, 500)
                assert outcome.words

        run(work())

    @pytest.mark.parametrize("name", ["503-maintenance-moderator", "503-maintenance-v3"])
    def test_trap_30_maintenance_is_a_pause_on_both_families(self, name: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                reply = recorded("errors-and-auth", name)
                server.fallback = lambda asked: reply
                with pytest.raises(AskedToWait):
                    await pulled(forum)
                later = await forum.apply(order(post(8), Measure.HIDE))
                assert (later.kind, later.until is not None) == (OutcomeKind.LATER, True)

        run(work())

    def test_trap_31_no_cookie_goes_back(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "posts", "get", "delete")
                assert "set-cookie" in recorded("posts", "get").headers
                await forum.apply(order(post(152), Measure.HIDE))
                await forum.public_view(post(152), "", ())
                assert len(server.asked) == 3
                assert all("cookie" not in asked.headers for asked in server.asked)

        run(work())

    def test_trap_32_a_limit_told_as_400_is_a_refusal_with_its_words(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "posts", "get")
                limit = recorded("errors-and-auth", "post-too-fast")
                server.on("DELETE", "/api/v3/posts/152/state", limit)
                outcome = await forum.apply(order(post(152), Measure.HIDE))
                assert outcome.kind is OutcomeKind.REFUSED
                assert outcome.words.startswith("You can only post once every 10 second(s)")

        run(work())

    def test_trap_32_a_proxys_429_is_honoured(self) -> None:
        async def work() -> None:
            clock = FixedClock()
            async with serving() as server, connected(server, clock=clock) as forum:
                replay(server, "posts", "get")
                busy = Reply(429, {}, {"Retry-After": "40"})
                server.on("DELETE", "/api/v3/posts/152/state", busy)
                outcome = await forum.apply(order(post(152), Measure.HIDE))
                assert (outcome.kind, outcome.until) == (OutcomeKind.LATER, clock.at + timedelta(seconds=40))

        run(work())


def test_no_trap_is_left_without_a_test() -> None:
    files = Path(__file__).parent.glob("test_nodebb_traps_*.py")
    named = {int(number) for file in files for number in re.findall(r"def test_trap_(\d\d)_", file.read_text("utf-8"))}
    assert named == set(range(1, 33))
