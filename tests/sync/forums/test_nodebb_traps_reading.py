"""Traps 1 to 13 of NodeBB's API, seen on a real server while reading. Numbers as in docs/forums/nodebb.md."""

from __future__ import annotations

import asyncio
from typing import Any

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
    Asked,
    Reply,
    as_recorded_admin,
    connected,
    exchange,
    order,
    post,
    queued,
    recorded,
    refusal,
    replay,
    run,
    section,
    serving,
    topic,
)

from modstation.models.errors import BadAnswer
from modstation.models.items import Visibility
from modstation.models.measures import Effect, Measure, OrderKind


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

    def test_trap_01_a_section_moderators_own_sections_are_no_foreign_filter(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                told = recorded("flags-list", "list-as-section-moderator").data
                FlagServer(server, told["flags"])
                body = {**told, "count": len(told["flags"]), "sort": "oldest"}
                assert body["filters"]["cid"] == ["5"]
                server.on("GET", "/api/flags", Reply(200, body))
                pages, _ = await pulled(forum)
                assert {row.flag_id for row in flags_in(pages)} == {str(row["flagId"]) for row in told["flags"]}

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
                FlagServer(server, [flag(number, number) for number in range(1, 61)])
                pages, _ = await pulled(forum)
                assert server.count("GET", "/api/flags") == 1
                assert len(flags_in(pages)) == 60

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

    def test_trap_02_a_count_that_counts_what_is_not_shown_costs_no_second_pass(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                served = FlagServer(server, [flag(1, 2)])
                body = served.answer(Asked("GET", "", {"sort": "oldest", "perPage": "1000"}, {}, None)).data
                server.on("GET", "/api/flags", Reply(200, {**body, "count": 64}))
                pages, _ = await pulled(forum)
                assert server.count("GET", "/api/flags") == 1
                assert len(flags_in(pages)) == 1

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
                sent = order(post(20), kind=OrderKind.CLOSE_FLAG, flags=("10",), flag_state="rejected")
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
