"""Every trap of NodeBB's API that was seen on a real server, by its number in docs/forums/nodebb.md."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.sync.forums.nodebb_support import (
    CASE,
    RECORDED_AT,
    Asked,
    FixedClock,
    LoopServer,
    Reply,
    as_recorded_admin,
    connected,
    exchange,
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

from modstation.models.errors import AskedToWait, BadAnswer, TokenRefused
from modstation.models.items import Flag, FlagState, Page, Revision, Visibility
from modstation.models.measures import Effect, Measure, OrderKind, OutcomeKind
from modstation.models.time import to_ms
from modstation.sync.forums.nodebb import NodeBB

CLOSE = OrderKind.CLOSE_FLAG


def flag(flag_id: int, target: int, state: str = "open", **more: Any) -> dict[str, Any]:
    """One row of the flag list as the server writes it."""
    row = {"flagId": flag_id, "type": "post", "targetId": str(target), "targetUid": 4, "state": state}
    return {**row, "assignee": None, "heat": 1, "datetime": 1795568713011, **more}


def detail(row: dict[str, Any]) -> dict[str, Any]:
    """The detail that belongs to a row."""
    reporter = {"uid": 8, "username": "user05", "userslug": "user05"}
    report = {"value": "spam", "timestamp": 1795568713011, "reporter": reporter}
    return {**row, "targetId": int(row["targetId"]), "reports": [report], "history": [], "notes": [], "assignees": []}


class FlagServer:
    """A list of flags that answers as recorded: filters echoed, newest first unless asked otherwise, in pages."""

    def __init__(self, server: LoopServer, rows: list[dict[str, Any]], cap: int = 10**9) -> None:
        self.server, self.rows, self.cap = server, rows, cap
        self.away: list[dict[str, Any]] = []
        self.between: list[Any] = []
        as_recorded_admin(server)
        server.on("GET", "/api/flags", self.answer)
        plain = server.fallback
        server.fallback = lambda asked: self.thing(asked) or plain(asked)

    def answer(self, asked: Asked) -> Reply:
        size = min(int(asked.query.get("perPage", "20")), self.cap)
        page = int(asked.query.get("page", "1"))
        listed = sorted(self.rows, key=lambda row: row["flagId"], reverse=asked.query.get("sort") != "oldest")
        body = {
            "flags": listed[(page - 1) * size : page * size],
            "count": len(listed),
            "filters": {"page": page, "perPage": size},
            "sort": asked.query.get("sort", "newest"),
        }
        if self.between:
            self.between.pop(0)()
        tag = f'W/"{hash(str(body)) & 0xFFFF:x}"'
        return Reply(304 if asked.headers.get("if-none-match") == tag else 200, body, {"ETag": tag})

    def thing(self, asked: Asked) -> Reply | None:
        family, _, target = asked.path.rpartition("/")
        if family == "/api/flags":
            found = next((row for row in self.rows + self.away if str(row["flagId"]) == target), None)
            return Reply(200, detail(found)) if found else None
        if family == "/api/v3/posts":
            return v3({"pid": int(target), "uid": 4, "tid": 2, "content": f"post {target}", "deleted": 0})
        if family == "/api/v3/topics":
            return v3({"tid": int(target), "uid": 4, "cid": 5, "title": "A topic", "deleted": 0, "mainPid": 2})
        if family == "/api/v3/users":
            return v3({"uid": int(target), "username": f"user{target}", "userslug": f"user{target}"})
        return None


async def pulled(forum: NodeBB, state: str = "", feed: str = "flags") -> tuple[list[Page], str]:
    """All pages of one pull, and the bookmark after it."""
    pages = [page async for page in forum.pull(feed, state)]
    assert pages[-1].last
    assert not any(page.last for page in pages[:-1])
    return pages, pages[-1].state


def flags_in(pages: list[Page]) -> list[Flag]:
    return [row for page in pages for row in page.rows if isinstance(row, Flag)]


def revisions_in(pages: list[Page]) -> list[Revision]:
    return [row for page in pages for row in page.rows if isinstance(row, Revision)]


class TestReading:
    def test_trap_01_a_list_filtered_otherwise_than_asked_is_refused(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                rows = FlagServer(server, [flag(1, 2)])
                body = rows.answer(Asked("GET", "", {"sort": "oldest"}, {}, None)).data
                server.on("GET", "/api/flags", Reply(200, {**body, "filters": {"page": 1, "state": "open"}}))
                with pytest.raises(BadAnswer, match="filtered by state"):
                    await pulled(forum)
                # What we ask for holds no filter at all: a dropped one cannot mislead us.
                assert set(server.asked[-1].query) == {"lang", "sort", "perPage"}

        run(work())

    def test_trap_01_the_recorded_dropped_filter_shows_in_the_echo(self) -> None:
        for name in ("list-bad-state", "list-two-states", "list-quick-unresolved"):
            asked, answered = exchange("flags-list", name)["request"], recorded("flags-list", name)
            assert set(asked["query"]) - set(answered.data["filters"]) <= {"state", "quick"}
            assert len(set(asked["query"]) - set(answered.data["filters"])) == 1

    @pytest.mark.case("S18")
    def test_trap_02_a_list_that_moves_under_the_hand_loses_nothing(self) -> None:
        """Sixty flags, twenty a page at most; six are closed and three arrive after the second page was read."""

        async def work() -> None:
            rows = [flag(number, number + 100) for number in range(1, 61)]

            closed = {3, 6, 14, 22, 28, 39}

            def meanwhile() -> None:
                served.rows = [row for row in served.rows if row["flagId"] not in closed]
                served.rows += [flag(number, number + 100) for number in (61, 62, 63)]
                served.away = [flag(number, number + 100, "resolved") for number in closed]

            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, rows, cap=20)
                served.between = [lambda: None, lambda: None, meanwhile]
                first, state = await pulled(forum)
                second, _ = await pulled(forum, state)
                seen = [row.flag_id for row in flags_in(first + second)]
                assert sorted(seen, key=int) == [str(number) for number in range(1, 64)]
                assert sum(page.reread for page in first) > 0
                # Closed is what the forum, asked for it by number, calls closed; never what was not on a page.
                told_closed = {int(row.flag_id) for row in flags_in(first + second) if row.state.closed}
                assert told_closed <= closed

        run(work())

    def test_trap_02_a_queue_below_the_cap_is_one_call(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(number, number) for number in range(1, 300)])
                pages, _ = await pulled(forum)
                assert server.count("GET", "/api/flags") == 1
                assert len(flags_in(pages)) == 299

        run(work())

    def test_trap_02_more_flags_than_asked_for_are_asked_for_at_once(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                closed = [flag(number, number, "resolved") for number in range(1, 2501)]
                FlagServer(server, [*closed, flag(2501, 9999)])
                pages, state = await pulled(forum)
                assert [row.flag_id for row in flags_in(pages)] == ["2501"]
                assert server.count("GET", "/api/flags") == 2
                await pulled(forum, state)
                assert server.count("GET", "/api/flags") == 3

        run(work())

    def test_trap_03_a_further_report_is_seen_by_its_heat(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(1, 2), flag(3, 4)])
                _, state = await pulled(forum)
                served.rows = [flag(1, 2, heat=2), flag(3, 4)]
                pages, _ = await pulled(forum, state)
                assert {(row.flag_id, row.heat) for row in flags_in(pages)} == {("1", 2)}

        run(work())

    def test_trap_04_user_flags_are_pulled_too(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(1, 2), flag(61, 7, type="user")])
                pages, _ = await pulled(forum)
                assert [str(row.item) for row in flags_in(pages)] == ["riverside/post/2", "riverside/account/7"]
                # Sorting by votes or replies would leave user flags out in silence.
                assert server.asked[0].query["sort"] == "oldest"

        run(work())

    def test_trap_05_an_unchanged_list_costs_one_304(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(number, number) for number in range(1, 50)])
                _, state = await pulled(forum)
                before = len(server.asked)
                pages, after = await pulled(forum, state)
                assert (pages[0].rows, after) == ((), state)
                assert len(server.asked) == before + 1

        run(work())

    @pytest.mark.parametrize("change", [{"state": "wip"}, {"assignee": "3"}, {"heat": 4}, {"state": "resolved"}])
    def test_trap_05_state_assignee_and_heat_tell_a_change(self, change: dict[str, Any]) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(1, 2), flag(3, 4)])
                _, state = await pulled(forum)
                served.rows[0] = flag(1, 2) | change
                pages, _ = await pulled(forum, state)
                assert {row.flag_id for row in flags_in(pages)} == {"1"}
                assert len(revisions_in(pages)) == 1

        run(work())

    @pytest.mark.parametrize("assignee", [3, "3"])
    @pytest.mark.parametrize("target", [2, "2"])
    def test_trap_06_ids_are_the_same_as_number_and_as_text(self, assignee: int | str, target: int | str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(1, 2, targetId=target, assignee=assignee)])
                pages, _ = await pulled(forum)
                (found,) = flags_in(pages)
                assert (str(found.item), found.assignee, found.assignee_name) == ("riverside/post/2", "3", "user3")

        run(work())

    @pytest.mark.parametrize("assignee", [None, ""])
    def test_trap_06_null_and_empty_are_nobody(self, assignee: str | None) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(1, 2, assignee=assignee)])
                pages, _ = await pulled(forum)
                assert flags_in(pages)[0].assignee == ""

        run(work())

    def test_trap_06_history_with_null_fields_breaks_nothing(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "flag-detail", "page-detail")
                reading = await forum.read(post(4), flags=("2",))
                assert reading.flag_states == (("2", "open"),)

        run(work())

    def test_trap_07_who_closed_it_is_read_from_the_history_by_key(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "concurrency", "flag-state-after")
                replay(server, "categories", "list")
                sent = order(post(20), kind=CLOSE, flags=("10",), flag_state="rejected")
                back = await forum.read_back(sent)
                assert (back.effect, back.by) == (Effect.PRESENT, "mod_section")

        run(work())

    def test_trap_08_the_assignee_is_taken_from_the_flag_and_not_from_a_filter(self) -> None:
        for name, former in (("list-by-old-assignee", "2"), ("list-by-assignee-after-unassign", "3")):
            (row,) = recorded("flag-actions", name).data["flags"]
            assert exchange("flag-actions", name)["request"]["query"]["assignee"] == int(former)
            assert row["assignee"] != former

        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(4, 8, assignee="3")])
                pages, _ = await pulled(forum)
                assert flags_in(pages)[0].assignee == "3"
                assert all("assignee" not in asked.query for asked in server.asked)

        run(work())

    @pytest.mark.promise(7)
    def test_trap_09_the_source_text_is_read_never_the_rendered_html(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "posts", "html-ish-post", "topic-after-main-post-deleted")
                replay(server, "users", "v3-profile")
                found = await forum.revision(post(5))
                assert found.body.startswith('<b>HTML-ish</b> <script>alert(1)</script> & "quotes" <img src=x')
                assert found.title == '<i>HTML in title</i> & "quotes" 3'
                assert not any(asked.path.endswith(("summary", "flags/1")) for asked in server.asked)

        run(work())

    def test_trap_10_the_author_of_a_removed_account_keeps_a_number_and_no_name(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "posts", "author-account-deleted")
                server.on("GET", "/api/v3/users/30", recorded("users", "deleted-profile"))
                found = await forum.revision(post(28))
                assert (found.author.uid, found.author.name, found.author.gone) == ("30", "", True)
                reading = await forum.read(post(28))
                assert reading.author == "30"

        run(work())

    def test_trap_10_a_reporter_whose_account_was_removed_has_no_name(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                FlagServer(server, [flag(14, 28)])
                gone = {"uid": 0, "username": "[[global:former-user]]", "oldUid": 30}
                told = detail(flag(14, 28)) | {"reports": [{"value": "x", "timestamp": 1, "reporter": gone}]}
                server.on("GET", "/api/flags/14", Reply(200, told))
                pages, _ = await pulled(forum)
                (found,) = flags_in(pages)
                assert (found.reporter.uid, found.reporter.name, found.reporter.gone) == ("30", "", True)

        run(work())

    def test_trap_11_unknown_things_that_answer_200_are_gone(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "categories", "get-404")
                replay(server, "queues", "post-queue-detail-404")
                assert (await forum.revision(section(999))).visibility is Visibility.GONE
                assert (await forum.revision(queued("reply-1"))).visibility is Visibility.GONE

        run(work())

    def test_trap_12_a_deleted_post_is_hidden_and_its_placeholder_is_no_text(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "posts", "get-deleted-as-user")
                found = await forum.revision(post(152))
                assert (found.visibility, found.body) == (Visibility.HIDDEN, "")
                replay(server, "posts", "get-deleted-as-moderator")
                found = await forum.revision(post(152))
                assert found.visibility is Visibility.HIDDEN
                assert found.body == "[内容已由版主编辑] edited by a moderator"

        run(work())

    def test_trap_12_a_topic_that_answers_404_is_gone_without_a_cause(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "topics", "get-deleted-as-user")
                assert (await forum.revision(topic(9))).visibility is Visibility.GONE

        run(work())

    def test_trap_13_the_server_is_named_without_a_version(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                assert (await forum.probe()).server == "NodeBB"

        run(work())


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

    def test_no_trap_is_left_without_a_test(self) -> None:
        names = [name for group in (TestReading, TestActing, TestProtocol) for name in vars(group)]
        numbers = {int(name.split("_")[2]) for name in names if name.startswith("test_trap_")}
        assert numbers == set(range(1, 33))


def test_many_targets_are_fetched_ten_at_a_time() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            FlagServer(server, [flag(number, number) for number in range(1, 120)])
            plain, full = server.fallback, asyncio.Event()

            async def slow(asked: Asked) -> Reply:
                if server.busy >= 10:
                    full.set()
                if asked.path.startswith("/api/v3/posts/"):
                    await full.wait()
                made = plain(asked)
                assert isinstance(made, Reply)
                return made

            server.fallback = slow
            pages, _ = await pulled(forum)
            assert len(flags_in(pages)) == 119
            assert server.most_busy == 10

    run(work())


def test_refusals_have_words_even_where_the_forum_has_none() -> None:
    async def work() -> None:
        async with serving() as server, connected(server) as forum:
            replay(server, "posts", "get")
            server.on("DELETE", "/api/v3/posts/152/state", refusal(400))
            outcome = await forum.apply(order(post(152), Measure.HIDE))
            assert outcome.words == "The forum refused it (status 400)."

    run(work())
