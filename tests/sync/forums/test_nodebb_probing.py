"""What a token may do at NodeBB, by harmless reads alone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sync.forums.nodebb_support import (
    LoopServer,
    Reply,
    as_recorded_admin,
    connected,
    order,
    post,
    recorded,
    replay,
    run,
    serving,
    v3,
)

from modstation.models.errors import BadAnswer, TokenRefused
from modstation.models.measures import Measure


def possible(found: Any) -> dict[str, bool]:
    return {entry.name: entry.possible for entry in found.entries}


class TestProbing:
    """What the token may do, by harmless reads alone."""

    def stage(self, server: LoopServer, me: dict[str, Any], *replies: tuple[str, str]) -> None:
        as_recorded_admin(server)
        whole = recorded("errors-and-auth", "self-admin").data
        server.on("GET", "/api/self", Reply(200, whole | {"isAdmin": False, "groupTitleArray": []} | me))
        for file, name in replies:
            replay(server, file, name)

    def test_an_administrator_may_all_that_nodebb_can(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "flags-list", "list-default")
                replay(server, "queues", "post-queue-list", "registration-queue-list")
                found = await forum.probe()
                may = possible(found)
                assert (found.account, found.account_name) == ("1", "forumadmin")
                assert all(may[name] for name in ("hide", "purge", "ban", "mute", "close_section", "queue", "history"))
                assert not may["demote"]
                assert not found.of("demote").platform
                assert {asked.method for asked in server.asked} == {"GET"}
                assert forum.feeds == ("flags", "queue", "replies")
                assert Measure.PURGE not in found.reversible
                assert Measure.HIDE in found.reversible

        run(work())

    def test_a_global_moderator_may_not_mute_before_it_is_granted(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                self.stage(server, {"uid": 2, "username": "mod_global", "isGlobalModerator": True})
                replay(server, "flags-list", "list-as-global-moderator")
                may = possible(await forum.probe())
                assert may["ban"]
                assert not may["mute"]
                assert not may["close_section"]

        run(work())

    def test_a_section_moderator_may_act_in_own_sections(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                self.stage(server, {"uid": 3, "username": "mod_section", "isModerator": True})
                replay(server, "flags-list", "list-as-section-moderator")
                replay(server, "queues", "post-queue-list-as-section-mod", "registration-queue-as-section-mod")
                for cid in (1, 2, 3, 4, 5, 6, 7):
                    rights = {"isAdminOrMod": cid == 5}
                    server.on("GET", f"/api/v3/categories/{cid}/topics", v3({"topics": [], "privileges": rights}))
                found = await forum.probe()
                may = possible(found)
                assert may["hide"]
                assert found.of("hide").why == "Only in the sections this account moderates."
                assert not any(may[name] for name in ("ban", "mute", "history", "queue", "registrations"))
                assert [name for name, value in may.items() if name.startswith("section:") and value] == ["section:5"]
                assert forum.feeds == ("flags", "replies")

        run(work())

    def test_an_ordinary_account_may_nothing_and_is_told_why(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                self.stage(server, {"uid": 4, "username": "user01"}, ("flags-list", "list-as-user"))
                found = await forum.probe()
                assert not any(found.of(name).possible for name in ("hide", "ban", "flags", "queue", "close_section"))
                assert all(entry.why for entry in found.entries if not entry.possible and entry.name != "registrations")

        run(work())

    def test_a_forum_without_chat_has_no_notices(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                config = recorded("errors-and-auth", "config").data
                server.on("GET", "/api/config", Reply(200, config | {"disableChat": True}))
                found = await forum.probe()
                assert not any(found.of(name).possible for name in ("notice", "warn", "replies"))

        run(work())

    def test_the_registration_queue_tells_names_and_nothing_private(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "queues", "registration-queue-list")
                waiting = await forum.registrations()
                assert "newbie3" in [account.name for account in waiting]
                assert all(account.joined is not None and account.joined.year == 2026 for account in waiting)
                assert not any(word in repr(waiting) for word in ("127.0.0.1", "forum.invalid"))
                server.on("GET", "/api/registration-queue", recorded("queues", "registration-queue-as-section-mod"))
                assert await forum.registrations() == ()

        run(work())

    def test_a_refused_token_is_said_at_once(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                replay(server, "errors-and-auth", "self-no-token")
                with pytest.raises(TokenRefused):
                    await forum.probe()

        run(work())

    def test_a_page_in_place_of_a_forum_is_said_too(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                server.fallback = lambda asked: Reply(200, raw=b"<html>", kind="text/html")
                with pytest.raises(BadAnswer, match="address"):
                    await forum.probe()

        run(work())

    def test_a_master_token_names_whom_it_acts_as(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server, acting="2") as forum:
                as_recorded_admin(server)
                replay(server, "posts", "get", "delete")
                await forum.apply(order(post(152), Measure.HIDE))
                await forum.public_view(post(152), "", ())
                named = [asked.query.get("_uid") for asked in server.asked if "authorization" in asked.headers]
                assert set(named) == {"2"}
                assert all("_uid" not in asked.query for asked in server.asked if "authorization" not in asked.headers)

        run(work())
