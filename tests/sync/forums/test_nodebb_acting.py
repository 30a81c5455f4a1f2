"""Outcomes of the NodeBB connector's acts, and what reading back shows of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sync.forums.nodebb_servers import (
    QueueServer,
    State,
    detail,
    flag,
    queue_entry,
)
from tests.sync.forums.nodebb_support import (
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
    refusal,
    replay,
    run,
    section,
    serving,
    topic,
    v3,
)

from modstation.models.errors import ForumUnreachable, TokenRefused
from modstation.models.measures import OPPOSITE, Effect, Measure, OrderKind, Outcome, OutcomeKind
from modstation.sync.forums.nodebb.acting import together

ON_POST = [Measure.HIDE, Measure.REMOVE, Measure.PURGE, Measure.LOCK, Measure.BAN, Measure.MUTE]


@pytest.mark.promise(2)
@pytest.mark.parametrize("measure", ON_POST)
@pytest.mark.parametrize("item", [post(2), topic(3)], ids=["post", "topic"])
def test_each_measure_is_done_once_and_seen_done(item: Any, measure: Measure) -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            State(server)
            until = RECORDED_AT + timedelta(days=3) if measure.takes_days else None
            sent = order(item, measure, account="4", until=until)
            assert (await forum.read_back(sent)).effect is Effect.ABSENT
            assert (await forum.apply(sent)).kind is OutcomeKind.DONE
            assert (await forum.read_back(sent)).effect is Effect.PRESENT
            writes = server.wrote()
            assert (await forum.apply(sent)).kind is OutcomeKind.ALREADY
            assert server.wrote() == writes
            back = OPPOSITE.get(measure)
            if back is not None:
                taken_back = replace(sent, measure=back, until=None)
                assert (await forum.read_back(taken_back)).effect is Effect.ABSENT
                assert (await forum.apply(taken_back)).kind is OutcomeKind.DONE
                assert (await forum.read_back(taken_back)).effect is Effect.PRESENT
                assert (await forum.read_back(sent)).effect is Effect.ABSENT

    run(work())


@pytest.mark.promise(2)
@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("measure", ON_POST)
def test_after_a_lost_answer_the_read_back_tells_whether_it_arrived(measure: Measure, arrived: bool) -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            State(server)
            sent = order(post(2), measure, account="4")
            for route in [route for route in server.routes if route[0] != "GET"]:
                act = server.routes[route]

                def lost(asked: Asked, act: Any = act) -> Reply:
                    if arrived:
                        act(asked)
                    return Reply(broken=True)

                server.on(*route, lost)
            assert (await forum.apply(sent)).kind is OutcomeKind.UNKNOWN
            assert len(server.wrote()) == 1
            assert (await forum.read_back(sent)).effect is (Effect.PRESENT if arrived else Effect.ABSENT)

    run(work())


@pytest.mark.parametrize("measure", [Measure.HIDE, Measure.RESTORE, Measure.LOCK, Measure.UNLOCK])
def test_what_is_purged_is_gone(measure: Measure) -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            state = State(server)
            state.post = state.topic = None
            sent = order(post(2), measure, thread="3")
            assert (await forum.apply(sent)).kind is OutcomeKind.GONE
            assert (await forum.read_back(sent)).effect is Effect.GONE
            assert (await forum.apply(replace(sent, thread=""))).kind is OutcomeKind.GONE

    run(work())


def test_out_of_sight_is_no_proof_of_a_purge() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            State(server)
            server.on("GET", "/api/v3/posts/2", refusal(403, "not yours"))
            back = await forum.read_back(order(post(2), Measure.PURGE))
            assert (back.effect, back.words) == (Effect.UNREADABLE, "not yours")

    run(work())


@pytest.mark.parametrize("measure", ON_POST)
def test_missing_rights_are_refused_in_the_forums_words(measure: Measure) -> None:
    said = "You do not have enough privileges for this action."

    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            State(server)
            for route in [route for route in server.routes if route[0] != "GET"]:
                server.on(*route, refusal(403, said))
            outcome = await forum.apply(order(post(2), measure, account="4"))
            assert (outcome.kind, outcome.words, outcome.status) == (OutcomeKind.REFUSED, said, 403)

    run(work())


def test_an_account_banned_mid_shift_stops_the_outbox() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            State(server)
            server.on("DELETE", "/api/v3/posts/2/state", refusal(403, "no"))
            server.on("GET", "/api/self", refusal(403, "You are banned."))
            with pytest.raises(TokenRefused):
                await forum.apply(order(post(2), Measure.HIDE))

    run(work())


def test_nothing_sent_is_raised_and_not_called_unknown() -> None:
    async def work() -> None:
        async with serving() as server:
            url = server.url
        server.url = url
        async with connected(server) as forum:
            with pytest.raises(ForumUnreachable) as caught:
                await forum.apply(order(post(2), Measure.HIDE))
            assert not caught.value.sent

    run(work())


def test_a_login_page_in_place_of_an_answer_leaves_a_write_unknown() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            State(server)
            server.on("DELETE", "/api/v3/posts/2/state", Reply(200, raw=b"<html>log in", kind="text/html"))
            outcome = await forum.apply(order(post(2), Measure.HIDE))
            assert (outcome.kind, "text/html" in outcome.words) == (OutcomeKind.UNKNOWN, True)

    run(work())


@pytest.mark.parametrize("measure", [Measure.BAN, Measure.UNBAN, Measure.MUTE, Measure.UNMUTE])
def test_a_penalty_needs_somebody(measure: Measure) -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            outcome = await forum.apply(order(post(2), measure))
            assert (outcome.kind, server.asked) == (OutcomeKind.REFUSED, [])

    run(work())


def test_a_penalty_on_a_removed_account_is_gone() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            server.on("GET", "/api/v3/users/29", recorded("users", "deleted-profile"))
            assert (await forum.apply(order(person(29), Measure.BAN, account="29"))).kind is OutcomeKind.GONE

    run(work())


def test_who_banned_and_who_lifted_before_us_is_named() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            replay(server, "users", "ban-permanent-profile", "unban-history")
            outcome = await forum.apply(order(person(18), Measure.BAN, account="18"))
            assert (outcome.kind, outcome.by) == (OutcomeKind.ALREADY, "mod_global")
            free = recorded("users", "ban-permanent-profile").data["response"] | {"banned": False}
            server.on("GET", "/api/v3/users/18", v3(free))
            outcome = await forum.apply(order(person(18), Measure.UNBAN, account="18"))
            assert (outcome.kind, outcome.by) == (OutcomeKind.ALREADY, "mod_global")

    run(work())


class TestFlags:
    def test_several_flags_are_closed_in_one_order(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                rows = {number: flag(number, 2) for number in (1, 2)}
                rows[2]["state"] = "resolved"

                def told(asked: Asked) -> Reply:
                    return Reply(200, detail(rows[int(asked.path.rpartition("/")[2])]))

                for number in rows:
                    server.on("GET", f"/api/flags/{number}", told)

                def close(asked: Asked) -> Reply:
                    rows[1] |= asked.body
                    return v3({"history": []})

                server.on("PUT", "/api/v3/flags/1", close)
                closing = order(post(2), kind=OrderKind.CLOSE_FLAG, flags=("1", "2", "3"), flag_state="resolved")
                assert (await forum.read_back(closing)).words == "Flag 1 is open."
                assert (await forum.apply(closing)).kind is OutcomeKind.DONE
                assert server.wrote() == [("PUT", "/api/v3/flags/1")]
                assert (await forum.read_back(closing)).effect is Effect.PRESENT
                assert (await forum.apply(closing)).kind is OutcomeKind.ALREADY

        run(work())

    def test_an_order_without_flags_has_nothing_to_close(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                closing = order(post(2), kind=OrderKind.CLOSE_FLAG, flag_state="resolved")
                assert (await forum.apply(closing)).kind is OutcomeKind.ALREADY
                assert (await forum.read_back(closing)).effect is Effect.PRESENT
                assert server.asked == []

        run(work())

    def test_a_foreign_claim_is_neither_taken_nor_released(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                theirs = {"assignee": "3", "assignees": [{"uid": 3, "username": "mod_section"}]}
                server.on("GET", "/api/flags/1", Reply(200, detail(flag(1, 2)) | theirs))
                for act in (forum.claim, forum.release):
                    outcome = await act(post(2), ("1",))
                    assert (outcome.kind, outcome.by) == (OutcomeKind.ALREADY, "mod_section")
                assert server.wrote() == []
                assert (await forum.claim(post(2), ("9",))).kind is OutcomeKind.GONE
                assert (await forum.claim(queued("reply-1"), ("reply-1",))).kind is OutcomeKind.ALREADY

        run(work())

    def test_a_note_is_left_once(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                notes: list[dict[str, Any]] = []
                server.on("GET", "/api/flags/1", lambda asked: Reply(200, detail(flag(1, 2)) | {"notes": notes}))

                def add(asked: Asked) -> Reply:
                    notes.append({"uid": 1, "content": asked.body["note"], "datetime": 1})
                    return v3({"notes": notes})

                server.on("POST", "/api/v3/flags/1/notes", add)
                assert (await forum.note(("1",), "seen, waiting 👀")).kind is OutcomeKind.DONE
                assert (await forum.note(("1",), "seen, waiting 👀")).kind is OutcomeKind.ALREADY
                assert (await forum.note(("1",), "  ")).kind is OutcomeKind.REFUSED
                assert [note["content"] for note in notes] == ["seen, waiting 👀"]

        run(work())


class TestQueued:
    def test_a_measure_rejects_and_no_violation_lets_through(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = QueueServer(server, [queue_entry("reply-1"), queue_entry("reply-2")])

                def decide(asked: Asked) -> Reply:
                    served.entries = [entry for entry in served.entries if entry["id"] not in asked.path]
                    return v3({})

                server.on("DELETE", "/api/v3/posts/queue/reply-1", decide)
                server.on("POST", "/api/v3/posts/queue/reply-2", decide)
                reject = order(queued("reply-1"), Measure.REMOVE, reason="广告")
                assert (await forum.apply(reject)).kind is OutcomeKind.DONE
                assert server.asked[-1].body == {"message": "广告"}
                assert (await forum.read_back(reject)).effect is Effect.PRESENT
                assert (await forum.apply(reject)).kind is OutcomeKind.GONE
                closing = order(queued("reply-1"), kind=OrderKind.CLOSE_FLAG, flags=("reply-1",), flag_state="resolved")
                assert (await forum.apply(closing)).kind is OutcomeKind.ALREADY
                fine = replace(closing, item=queued("reply-2"), flags=("reply-2",), flag_state="rejected")
                assert (await forum.read_back(fine)).effect is Effect.ABSENT
                assert (await forum.apply(fine)).kind is OutcomeKind.DONE
                assert (await forum.read_back(fine)).effect is Effect.PRESENT

        run(work())

    def test_without_the_right_an_empty_queue_proves_nothing(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                QueueServer(server, [queue_entry("reply-1")]).may = False
                reject = order(queued("reply-1"), Measure.REMOVE)
                assert (await forum.apply(reject)).kind is OutcomeKind.REFUSED
                assert (await forum.read_back(reject)).effect is Effect.UNREADABLE
                assert server.wrote() == []

        run(work())


class TestSection:
    @pytest.mark.parametrize("federated", [True, False])
    def test_closing_leaves_staff_their_right_and_reopening_gives_it_back(self, federated: bool) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.on("GET", "/api/config", Reply(200, {"activitypub": {"enabled": federated}}))
                rights = recorded("categories", "privileges").data["response"]
                server.on("GET", "/api/v3/categories/7/privileges", lambda asked: v3(rights))

                def change(asked: Asked) -> Reply:
                    (group,) = [group for group in rights["groups"] if group["name"] == asked.body["member"]]
                    group["privileges"][asked.path.rpartition("/")[2]] = asked.method == "PUT"
                    return v3(rights)

                for right in ("groups:topics:create", "groups:topics:reply"):
                    for method in ("PUT", "DELETE"):
                        server.on(method, f"/api/v3/categories/7/privileges/{right}", change)
                close = order(section(7), Measure.CLOSE_SECTION)
                assert (await forum.read_back(close)).effect is Effect.ABSENT
                assert (await forum.apply(close)).kind is OutcomeKind.DONE
                assert (await forum.read_back(close)).effect is Effect.PRESENT
                assert (await forum.apply(close)).kind is OutcomeKind.ALREADY
                changed = {asked.body["member"] for asked in server.asked if asked.body}
                assert changed == ({"registered-users", "fediverse"} if federated else {"registered-users"})
                reopen = order(section(7), Measure.RESTORE)
                assert (await forum.apply(reopen)).kind is OutcomeKind.DONE
                assert (await forum.read_back(reopen)).effect is Effect.PRESENT
                assert (await forum.read_back(close)).effect is Effect.ABSENT

        run(work())

    def test_only_an_administrator_may(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "categories", "privileges-as-gm")
                close = order(post(2), Measure.CLOSE_SECTION, section="7")
                outcome = await forum.apply(close)
                assert (outcome.kind, "administrator" in outcome.words) == (OutcomeKind.REFUSED, True)
                assert (await forum.read_back(close)).effect is Effect.UNREADABLE
                assert (await forum.apply(order(section(7), Measure.BAN))).kind is OutcomeKind.REFUSED

        run(work())


@given(st.lists(st.sampled_from(list(OutcomeKind)), min_size=1))
def test_several_outcomes_are_no_better_than_their_worst(kinds: list[OutcomeKind]) -> None:
    whole = together([Outcome(kind, words=kind) for kind in kinds])
    for kind in (OutcomeKind.UNKNOWN, OutcomeKind.LATER, OutcomeKind.REFUSED):
        if kind in kinds:
            assert whole.kind is kind
            return
    assert whole.kind is (OutcomeKind.DONE if OutcomeKind.DONE in kinds else whole.kind)
