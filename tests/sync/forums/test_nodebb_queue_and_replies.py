"""The post queue and the replies to notices, as feeds of the NodeBB connector."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.sync.forums.nodebb_servers import (
    ChatServer,
    QueueServer,
    flags_in,
    pulled,
    queue_entry,
    revisions_in,
)
from tests.sync.forums.nodebb_support import (
    CASE,
    Reply,
    connected,
    refusal,
    run,
    serving,
    v3,
)

from modstation.models.items import FlagState, Visibility


class TestQueue:
    def test_a_queued_post_has_author_section_and_a_mark_of_its_own(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                QueueServer(server, [queue_entry("reply-1", "see ![x](/assets/uploads/files/1.png)")])
                banned = {"uid": 8, "username": "user05", "postcount": 7, "banned": True, "banned:expire": 0}
                server.on("GET", "/api/v3/users/8", v3(banned))
                pages, _ = await pulled(forum, feed="queue")
                (revision,), (mark,) = revisions_in(pages), flags_in(pages)
                assert (str(revision.item), revision.title) == ("riverside/queued/reply-1", "A topic")
                assert (revision.author.posts, revision.author.penalties) == (7, ("ban:0",))
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

    @pytest.mark.parametrize(
        ("told", "source"),
        [
            ("&lt;b&gt; &amp;amp; &quot;x&quot; a&#x2F;b &#x27;", '<b> &amp; "x" a/b \''),
            ("plain 你好", "plain 你好"),
            ("a & b", "a & b"),
            ("<b> &lt;", "<b> &lt;"),
            ("&copy; is not ours", "&copy; is not ours"),
        ],
    )
    def test_the_source_is_read_where_the_queue_escaped_it(self, told: str, source: str) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                QueueServer(server, [queue_entry("reply-1", told)])
                pages, _ = await pulled(forum, feed="queue")
                assert revisions_in(pages)[0].body == source

        run(work())

    def test_without_the_source_its_rendered_text_is_shown_plain(self) -> None:
        async def work() -> None:
            async with serving() as server, connected(server) as forum:
                QueueServer(server, [queue_entry("reply-1", None)])
                pages, _ = await pulled(forum, feed="queue")
                assert revisions_in(pages)[0].body == "queued text"

        run(work())


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
