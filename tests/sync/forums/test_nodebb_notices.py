"""Notices and warnings at NodeBB: chat messages, each sent once and found again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sync.forums.nodebb_servers import (
    State,
)
from tests.sync.forums.nodebb_support import (
    CASE,
    Asked,
    Reply,
    as_recorded_admin,
    connected,
    order,
    post,
    recorded,
    refusal,
    replay,
    run,
    serving,
    v3,
)

from modstation.models.measures import Effect, Measure, Order, OrderKind, OutcomeKind
from modstation.sync.forums.nodebb.chats import _length, _split


class TestNotices:
    @staticmethod
    def notice(text: str) -> Order:
        return order(post(2), kind=OrderKind.NOTICE, account="4", text=text)

    @pytest.mark.parametrize("text", ["", " \n "])
    def test_a_notice_needs_a_text(self, text: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                assert (await forum.apply(self.notice(text))).kind is OutcomeKind.REFUSED
                assert server.wrote() == []

        run(work())

    def test_a_notice_to_nobody_is_refused(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                assert (await forum.apply(replace(self.notice("x"), account=""))).kind is OutcomeKind.REFUSED
                assert (await forum.read_back(replace(self.notice("x"), account=""))).effect is Effect.ABSENT

        run(work())

    def test_where_chat_is_switched_off_the_forum_says_so(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                State(server)
                server.on("GET", "/api/v3/users/4/chat", refusal(400, "Chat is disabled"))
                server.on("POST", "/api/v3/chats", refusal(400, "Chat is disabled"))
                outcome = await forum.apply(self.notice(f"Case {CASE}"))
                assert (outcome.kind, outcome.words) == (OutcomeKind.REFUSED, "Chat is disabled")

        run(work())

    def test_a_notice_to_a_removed_account_is_gone(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                as_recorded_admin(server)
                replay(server, "notices", "chat-unknown-user")
                outcome = await forum.apply(replace(self.notice(f"Case {CASE}"), account="99999"))
                assert (outcome.kind, outcome.words) == (OutcomeKind.GONE, "User does not exist")
                assert (await forum.read_back(self.notice(f"Case {CASE}"))).effect is Effect.GONE

        run(work())

    @pytest.mark.promise(2)
    def test_a_long_notice_broken_off_in_the_middle_goes_on_where_it_stopped(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                State(server)
                room: list[dict[str, Any]] = []
                server.on("GET", "/api/v3/users/4/chat", v3({"roomId": 9}))
                server.on("GET", "/api/v3/chats/9/messages", lambda asked: v3({"messages": room}))
                fail_at = {2}

                def send(asked: Asked) -> Reply:
                    assert len(asked.body["message"]) <= 1000
                    if len(room) + 1 in fail_at:
                        fail_at.clear()
                        return Reply(broken=True)
                    room.append({"mid": len(room) + 1, "fromuid": 1, "content": asked.body["message"], "timestamp": 1})
                    return v3(room[-1])

                server.on("POST", "/api/v3/chats/9", send)
                text = f"Case {CASE}. " + "".join(f"Reason number {number}. " for number in range(150))
                assert (await forum.apply(self.notice(text))).kind is OutcomeKind.UNKNOWN
                assert (await forum.read_back(self.notice(text))).effect is Effect.ABSENT
                assert (await forum.apply(self.notice(text))).kind is OutcomeKind.DONE
                assert (await forum.read_back(self.notice(text))).effect is Effect.PRESENT
                told = [message["content"] for message in room]
                assert len(set(told)) == len(told)
                assert [line.split("] ")[0] for line in told] == [
                    f"[{CASE} {number}/{len(told)}" for number in range(1, len(told) + 1)
                ]

        run(work())

    def test_a_warning_is_a_message_too(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                State(server)
                server.on("POST", "/api/v3/chats", recorded("notices", "chat-create"))
                server.on("POST", "/api/v3/chats/1", recorded("notices", "chat-send"))
                warn = order(post(2), Measure.WARN, account="4", text=f"Please keep to the rules. {CASE}")
                assert (await forum.apply(warn)).kind is OutcomeKind.DONE
                assert server.wrote() == [("POST", "/api/v3/chats"), ("POST", "/api/v3/chats/1")]
                assert server.asked[-2].body == {"uids": [4]}

        run(work())

    @given(st.text(min_size=1, max_size=400), st.integers(20, 60))
    def test_no_word_of_a_long_notice_is_lost(self, text: str, room: int) -> None:
        pieces = list(_split(text, room))
        assert all(_length(piece) <= room for piece in pieces)
        assert "".join("".join(pieces).split()) == "".join(text.split())
