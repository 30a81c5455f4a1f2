"""What every connector promises, whatever its platform: one suite, run against any `Forum` that an `Arena` brings.

Subclass `Conformance` in a test file and give it an `arena` fixture. The suite acts on the forum (it hides, locks,
bans, writes a notice) and takes back what can be taken back; run it against test servers only.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from tests.sync.forums.nodebb_support import run

from modstation.desk.ports import Forum
from modstation.models.ids import CaseId, ItemKey, TargetType
from modstation.models.items import Flag, Page, Revision, Visibility
from modstation.models.measures import OPPOSITE, Effect, Measure, Order, OrderKind, OutcomeKind
from modstation.models.time import SystemClock, to_ms


@dataclass(frozen=True)
class Arena:
    """A forum to try. `connect` opens a connector, `token` is its secret, `unknown` is an id no post has.

    `states` are the platform's closed and open flag states, "" where it has none.
    """

    connect: Callable[[], AbstractAsyncContextManager[Forum]]
    token: str
    unknown: str
    states: tuple[str, str] = ("resolved", "open")


Body = Callable[[Forum], Awaitable[None]]


async def read_feed(forum: Forum, feed: str, state: str = "") -> tuple[list[Page], str]:
    """All pages of one pull and the bookmark after it."""
    pages = [page async for page in forum.pull(feed, state)]
    return pages, pages[-1].state


async def flagged(forum: Forum, kind: TargetType = TargetType.POST) -> AsyncIterator[tuple[Revision, list[Flag]]]:
    """Flagged targets of a kind that everybody can see, with their flags."""
    pages, _ = await read_feed(forum, "flags")
    told = [row for page in pages for row in page.rows]
    for revision in (row for row in told if isinstance(row, Revision)):
        if revision.item.type is kind and revision.visibility is Visibility.PUBLIC and not revision.author.gone:
            yield revision, [row for row in told if isinstance(row, Flag) and row.item == revision.item]


async def target(forum: Forum, nth: int = 0) -> tuple[Revision, tuple[str, ...]]:
    """The nth flagged post by an ordinary person, as it stands now, and its flags; tests take different ones, so that
    they do not meet. Which posts are flagged is asked once for a forum."""
    known = _FLAGGED.get(repr(forum))
    if known is None:
        found = [entry async for entry in flagged(forum)]
        plain = [entry for entry in found if not entry[0].author.roles and not entry[0].author.penalties]
        known = [(post.item, tuple(dict.fromkeys(flag.flag_id for flag in flags))) for post, flags in plain]
        _FLAGGED[repr(forum)] = known
    assert len(known) > nth, "the forum under test has too few flagged posts"
    item, ids = known[nth]
    return await forum.revision(item), ids


_FLAGGED: dict[str, list[tuple[ItemKey, tuple[str, ...]]]] = {}


def order_for(revision: Revision, measure: Measure = Measure.NONE, kind: OrderKind = OrderKind.MEASURE) -> Order:
    """An order on a post with a case of its own."""
    letters = str(uuid.uuid4()).upper().translate(str.maketrans("0189-", "ABCDE"))
    return Order(
        kind=kind,
        item=revision.item,
        case=CaseId(f"MS-{letters[:5]}-{letters[5:10]}"),
        measure=measure,
        account=revision.author.uid,
        thread=revision.thread,
        section=revision.section,
        reason="a test of the connector",
    )


class Conformance:
    """The promises. Each test opens its own connector."""

    def try_(self, arena: Arena, body: Body) -> None:
        """Run a test's body with an open connector, and see that no secret is in what it kept."""

        async def work() -> None:
            async with arena.connect() as forum:
                await body(forum)
                for exchange in forum.take_exchanges():
                    assert arena.token.encode() not in exchange.request + exchange.response + exchange.url.encode()
                assert arena.token not in repr(forum) + repr(vars(forum))

        run(work())

    def test_it_says_what_it_can_and_who_it_is(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            found = await forum.probe()
            assert found.account
            assert found.account_name
            assert found.forum == forum.name
            assert "flags" in forum.feeds
            assert all(entry.why for entry in found.entries if not entry.possible)
            assert {"hide", "restore", "lock", "ban", "mute", "notice", "close_section"} <= {
                e.name for e in found.entries
            }
            assert not found.of("levitate").possible

        self.try_(arena, body)

    def test_a_second_pull_of_an_unchanged_feed_brings_nothing(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            for feed in forum.feeds:
                pages, state = await read_feed(forum, feed)
                assert all(page.feed == feed for page in pages)
                again, after = await read_feed(forum, feed, state)
                assert [row for page in again for row in page.rows] == []
                assert all(not page.set_aside and not page.replies for page in again)
                assert after == state

        self.try_(arena, body)

    def test_every_flag_comes_with_its_target(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            pages, _ = await read_feed(forum, "flags")
            told = [row for page in pages for row in page.rows]
            targets = {row.item for row in told if isinstance(row, Revision)}
            flags = [row for row in told if isinstance(row, Flag)]
            assert flags
            assert {row.item for row in flags} <= targets
            assert len(targets) == sum(isinstance(row, Revision) for row in told)
            assert all(row.item.forum == forum.name and row.flag_id for row in flags)

        self.try_(arena, body)

    def test_an_unknown_bookmark_starts_from_the_beginning(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            whole = [row.item for page in (await read_feed(forum, "flags"))[0] for row in page.rows]
            for broken in ("{", '{"s": 3}'):
                pages, _ = await read_feed(forum, "flags", broken)
                assert [row.item for page in pages for row in page.rows] == whole

        self.try_(arena, body)

    @pytest.mark.promise(4)
    def test_two_readings_of_an_unchanged_item_are_one(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, ids = await target(forum)
            first, second = [await forum.read(revision.item, flags=ids) for _ in range(2)]
            assert first == second
            assert first.author == revision.author.uid
            assert [flag_id for flag_id, _ in first.flag_states] == list(ids)
            now = await forum.revision(revision.item)
            assert replace(now, fetched=revision.fetched) == revision

        self.try_(arena, body)

    @pytest.mark.promise(2)
    def test_hide_is_gone_for_the_public_and_restore_brings_it_back(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, _ = await target(forum, 1)
            item, hide, restore = revision.item, order_for(revision, Measure.HIDE), order_for(revision, Measure.RESTORE)
            before = await forum.public_view(item, revision.thread, ())
            assert before.post
            assert before.topic_page
            assert (await forum.read_back(hide)).effect is Effect.ABSENT
            assert (await forum.apply(hide)).kind is OutcomeKind.DONE
            assert (await forum.read_back(hide)).effect is Effect.PRESENT
            assert (await forum.public_view(item, revision.thread, ())).gone
            again = await forum.apply(replace(hide, measure=Measure.REMOVE))
            assert again.kind is OutcomeKind.ALREADY
            assert again.by == (await forum.probe()).account_name
            reading = await forum.read(item)
            assert (reading.visibility, reading.by) == ("hidden", again.by)
            assert (await forum.apply(restore)).kind is OutcomeKind.DONE
            assert (await forum.apply(restore)).kind is OutcomeKind.ALREADY
            assert (await forum.public_view(item, revision.thread, ())).post
            assert (await forum.read(item)).body_hash == reading.body_hash

        self.try_(arena, body)

    def test_lock_and_unlock(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, _ = await target(forum, 2)
            lock, unlock = order_for(revision, Measure.LOCK), order_for(revision, Measure.UNLOCK)
            assert (await forum.apply(lock)).kind is OutcomeKind.DONE
            assert (await forum.read_back(lock)).effect is Effect.PRESENT
            assert (await forum.read(revision.item)).locked
            assert (await forum.apply(lock)).kind is OutcomeKind.ALREADY
            assert (await forum.apply(unlock)).kind is OutcomeKind.DONE
            assert (await forum.read_back(lock)).effect is Effect.ABSENT

        self.try_(arena, body)

    @pytest.mark.parametrize("measure", [Measure.BAN, Measure.MUTE])
    def test_a_penalty_with_an_end_and_its_lifting(self, arena: Arena, measure: Measure) -> None:
        async def body(forum: Forum) -> None:
            revision, _ = await target(forum, 3)
            soon = SystemClock().now().replace(microsecond=0) + timedelta(days=3)
            against = replace(order_for(revision, measure), until=soon)
            lifted = order_for(revision, OPPOSITE[measure])
            if not (await forum.probe()).of(measure).possible:
                outcome = await forum.apply(against)
                assert (outcome.kind, bool(outcome.words)) == (OutcomeKind.REFUSED, True)
                return
            before = await forum.read(revision.item)
            assert (await forum.apply(against)).kind is OutcomeKind.DONE
            assert (await forum.read_back(against)).effect is Effect.PRESENT
            assert (await forum.apply(against)).kind is OutcomeKind.ALREADY
            after = await forum.read(revision.item)
            assert after.penalties == (f"{measure}:{to_ms(soon)}",)
            assert after.fingerprint != before.fingerprint
            # Another end is another penalty.
            assert (await forum.read_back(replace(against, until=soon + timedelta(days=1)))).effect is Effect.ABSENT
            assert (await forum.apply(lifted)).kind is OutcomeKind.DONE
            assert (await forum.read_back(lifted)).effect is Effect.PRESENT
            assert (await forum.apply(lifted)).kind is OutcomeKind.ALREADY
            assert (await forum.read(revision.item)).fingerprint == before.fingerprint

        self.try_(arena, body)

    def test_an_end_in_the_past_is_refused_before_it_is_sent(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, _ = await target(forum, 3)
            past = SystemClock().now() - timedelta(hours=1)
            for measure in (Measure.BAN, Measure.MUTE):
                forum.take_exchanges()
                outcome = await forum.apply(replace(order_for(revision, measure), until=past))
                assert outcome.kind is OutcomeKind.REFUSED
                assert all(exchange.method == "GET" for exchange in forum.take_exchanges())

        self.try_(arena, body)

    def test_a_claim_is_ours_until_released(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, ids = await target(forum, 4)
            me = await forum.probe()
            if not me.of("claim").possible:
                return
            await forum.release(revision.item, ids)
            assert (await forum.claim(revision.item, ids)).kind is OutcomeKind.DONE
            taken = await forum.claim(revision.item, ids)
            assert (taken.kind, taken.by) == (OutcomeKind.ALREADY, me.account_name)
            pages, _ = await read_feed(forum, "flags")
            seen = [row for page in pages for row in page.rows if isinstance(row, Flag) and row.flag_id in ids]
            assert {(row.assignee, row.assignee_name) for row in seen} == {(me.account, me.account_name)}
            assert (await forum.release(revision.item, ids)).kind is OutcomeKind.DONE
            assert (await forum.release(revision.item, ids)).kind is OutcomeKind.ALREADY

        self.try_(arena, body)

    def test_a_flag_is_closed_once_and_by_name(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, ids = await target(forum, 5)
            closed, opened = arena.states
            me = (await forum.probe()).account_name
            close = replace(order_for(revision, kind=OrderKind.CLOSE_FLAG), flags=ids, flag_state=closed)
            assert (await forum.read_back(close)).effect is Effect.ABSENT
            assert (await forum.apply(close)).kind is OutcomeKind.DONE
            back = await forum.read_back(close)
            assert (back.effect, back.by) == (Effect.PRESENT, me)
            assert (await forum.apply(close)).kind is OutcomeKind.ALREADY
            assert {state for _, state in (await forum.read(revision.item, flags=ids)).flag_states} == {closed}
            assert (await forum.apply(replace(close, flag_state=opened))).kind is OutcomeKind.DONE
            assert (await forum.apply(replace(close, flag_state="no such state"))).kind is OutcomeKind.REFUSED

        self.try_(arena, body)

    @pytest.mark.promise(2)
    def test_a_notice_arrives_once_and_can_be_found(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, _ = await target(forum, 6)
            notice = order_for(revision, kind=OrderKind.NOTICE)
            notice = replace(notice, text=f"Your post was hidden: <b>advertising</b> & 广告 🙂. Case {notice.case}.")
            assert (await forum.read_back(notice)).effect is Effect.ABSENT
            assert (await forum.apply(notice)).kind is OutcomeKind.DONE
            assert (await forum.read_back(notice)).effect is Effect.PRESENT
            assert (await forum.apply(notice)).kind is OutcomeKind.ALREADY
            corrected = replace(notice, text=f"We were wrong and have restored your post. Case {notice.case}.")
            assert (await forum.read_back(corrected)).effect is Effect.ABSENT
            assert (await forum.apply(corrected)).kind is OutcomeKind.DONE

        self.try_(arena, body)

    @pytest.mark.promise(2)
    def test_a_long_notice_arrives_whole(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, _ = await target(forum, 6)
            notice = order_for(revision, kind=OrderKind.NOTICE)
            text = f"Case {notice.case}. " + " ".join(f"Sentence {no} of the statement of reasons." for no in range(90))
            notice = replace(notice, text=text)
            assert (await forum.apply(notice)).kind is OutcomeKind.DONE
            assert (await forum.read_back(notice)).effect is Effect.PRESENT
            assert (await forum.apply(notice)).kind is OutcomeKind.ALREADY

        self.try_(arena, body)

    def test_what_is_not_there_is_gone(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, _ = await target(forum)
            missing = replace(revision, item=replace(revision.item, target=arena.unknown), thread="")
            assert (await forum.revision(missing.item)).visibility is Visibility.GONE
            assert (await forum.read(missing.item)).visibility == "gone"
            for measure in (Measure.HIDE, Measure.RESTORE, Measure.LOCK):
                assert (await forum.apply(order_for(missing, measure))).kind is OutcomeKind.GONE
            assert (await forum.public_view(missing.item, "", ())).gone

        self.try_(arena, body)

    def test_what_the_platform_cannot_do_is_refused_in_words(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, _ = await target(forum)
            cannot = [entry.name for entry in (await forum.probe()).entries if not entry.platform]
            for name in cannot:
                outcome = await forum.apply(order_for(revision, Measure(name)))
                assert (outcome.kind, bool(outcome.words)) == (OutcomeKind.REFUSED, True)

        self.try_(arena, body)

    def test_the_context_is_source_text_around_the_post(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            async for revision, _ in flagged(forum):
                found = await forum.context(revision.item)
                near = (*found.before, *found.after)
                assert revision.item not in {post.key for post in near}
                assert found.path[-1] == revision.title
                assert found.author == revision.author
                if near:
                    shown = next(post for post in near if not post.hidden)
                    assert shown.body == (await forum.revision(shown.key)).body
                    places = [post.position for post in near]
                    assert places == sorted(places)
                    return

        self.try_(arena, body)

    @pytest.mark.promise(2)
    def test_every_attachment_is_seen_by_the_public_until_it_is_gone(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            async for revision, _ in flagged(forum):
                if not revision.attachments:
                    continue
                addresses = tuple(attachment.url for attachment in revision.attachments)
                fetched = [await forum.fetch_media(address, 1_000_000) for address in addresses]
                served = tuple(file.url for file in fetched if file.status == 200)
                view = await forum.public_view(revision.item, revision.thread, addresses)
                assert view.attachments == served
                short = await forum.fetch_media(addresses[0], 10)
                assert (len(short.data), short.truncated) == (10, True)
                return

        self.try_(arena, body)

    def test_a_person_is_an_item_too(self, arena: Arena) -> None:
        async def body(forum: Forum) -> None:
            revision, _ = await target(forum)
            item = ItemKey(forum.name, TargetType.ACCOUNT, revision.author.uid)
            found = await forum.revision(item)
            assert (found.title, found.author) == (revision.author.name, revision.author)
            assert await forum.read(item) == await forum.read(item)

        self.try_(arena, body)
