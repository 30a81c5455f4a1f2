"""The connector against a demo forum with faults: nothing lost, nothing done twice, no error but of known kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.sync.forums.conformance import flagged, order_for
from tests.sync.forums.nodebb_support import CONTEXT, FORUM, run

from modstation.demoforum.hostile import TEXTS
from modstation.demoforum.running import DemoProcess, spawn
from modstation.models.errors import AskedToWait, BadAnswer, ForumError, ForumUnreachable, TokenRefused
from modstation.models.ids import CaseId
from modstation.models.items import Flag, Page, Revision
from modstation.models.measures import Effect, Measure, OrderKind, OutcomeKind
from modstation.models.time import SystemClock
from modstation.sync.forums.nodebb import NodeBB
from modstation.sync.http import HttpClient

ITEMS = 14


@pytest.fixture(scope="module")
def forum_process() -> Iterator[DemoProcess]:
    with spawn(0, 11, ITEMS) as running:
        yield running


@pytest.fixture
def demo(forum_process: DemoProcess) -> Iterator[DemoProcess]:
    yield forum_process
    forum_process.call("faults", spec="")


@asynccontextmanager
async def connected(demo: DemoProcess) -> AsyncIterator[NodeBB]:
    clock = SystemClock()
    client = HttpClient(clock=clock, context=CONTEXT, timeout=5.0)
    yield NodeBB(FORUM, demo.url, demo.tokens["moderator"], client=client, clock=clock)
    await client.aclose()


async def pull_stubbornly(forum: NodeBB, feed: str = "flags") -> tuple[list[Page], list[ForumError], int]:
    """Pull again and again, from the last bookmark that was given, until two pulls in a row bring nothing new."""
    state, pages, errors, quiet = "", list[Page](), list[ForumError](), 0
    for turn in range(60):
        new = 0
        try:
            async for page in forum.pull(feed, state):
                pages.append(page)
                state, new = page.state, new + len(page.rows)
        except ForumError as problem:
            errors.append(problem)
            new = 1
        quiet = 0 if new else quiet + 1
        if quiet == 2:
            return pages, errors, turn
    raise AssertionError("the feed never came to rest")


def told(pages: list[Page]) -> tuple[set[tuple[str, str, str]], set[str]]:
    flags = [row for page in pages for row in page.rows if isinstance(row, Flag)]
    revisions = [row for page in pages for row in page.rows if isinstance(row, Revision)]
    return {(str(row.item), row.flag_id, row.reporter.name) for row in flags}, {str(row.item) for row in revisions}


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "spec", ["lose-reply:7", "drop-request:9", "html:8", "cut:8", "deep:9:70", "huge:19:17", "wrong-types:6"]
)
def test_a_faulty_forum_delays_flags_and_loses_none(demo: DemoProcess, spec: str) -> None:
    async def work() -> None:
        async with connected(demo) as forum:
            whole = told((await pull_stubbornly(forum))[0])
            demo.call("faults", spec=f"reads-{spec}")
            faulty, errors, _ = await pull_stubbornly(forum)
            demo.call("faults", spec="")
            assert all(isinstance(problem, BadAnswer | ForumUnreachable | TokenRefused) for problem in errors)
            aside = [entry for page in faulty for entry in page.set_aside]
            if not aside:
                assert told(faulty) == whole
            # What was set aside names its target; all else is here.
            missing = whole[1] - told(faulty)[1]
            assert all(any(target in entry.raw for entry in aside) for target in missing)

    run(work())


@pytest.mark.promise(2)
@pytest.mark.parametrize("fault", ["lose-reply", "drop-request", "cut", "html", "503", "200-nothing"])
@pytest.mark.parametrize("what", ["locked", "message"])
def test_an_act_that_met_a_fault_is_done_exactly_once_in_the_end(demo: DemoProcess, fault: str, what: str) -> None:
    """The outbox's way: apply; look; only where the effect is absent apply again."""

    async def work() -> None:
        async with connected(demo) as forum:
            revision = await anybody(forum)
            sent = order_for(revision, Measure.LOCK)
            if what == "message":
                sent = replace(sent, kind=OrderKind.NOTICE, text=f"Notice of the case {sent.case}.")
                await forum.apply(
                    replace(sent, case=CaseId("MS-AAAAA-AAAAA"), text="An earlier notice. MS-AAAAA-AAAAA")
                )
            before = len(done(demo, what))
            demo.call("faults", spec=f"writes-{fault}:=1")
            first = await forum.apply(sent)
            demo.call("faults", spec="")
            expected = {"503": OutcomeKind.LATER, "200-nothing": OutcomeKind.DONE}
            assert first.kind is expected.get(fault, OutcomeKind.UNKNOWN)
        # The pause that a 503 asked for is over for a new client.
        async with connected(demo) as forum:
            if (await forum.read_back(sent)).effect is Effect.ABSENT:
                assert (await forum.apply(sent)).kind is OutcomeKind.DONE
            assert (await forum.read_back(sent)).effect is Effect.PRESENT
            assert (await forum.apply(sent)).kind is OutcomeKind.ALREADY
            assert len(done(demo, what)) == before + 1
            await forum.apply(replace(sent, kind=OrderKind.MEASURE, measure=Measure.UNLOCK))

    run(work())


async def anybody(forum: NodeBB) -> Revision:
    """A flagged post by an ordinary person."""
    return next(iter([entry async for entry, _ in flagged(forum) if not entry.author.roles]))


def done(demo: DemoProcess, what: str) -> list[Any]:
    """What really changed at the forum, as its own log tells it."""
    return [entry for entry in demo.call("mutations") if entry["effect"].split()[0] == what]


@pytest.mark.promise(4)
def test_a_colleague_who_acts_meanwhile_is_seen_and_named(demo: DemoProcess) -> None:
    async def work() -> None:
        async with connected(demo) as forum:
            _, state = (await pull_stubbornly(forum))[0], ""
            pages = [page async for page in forum.pull("flags", state)]
            revision = await anybody(forum)
            pid = int(revision.item.target)
            before = await forum.read(revision.item)
            demo.call("edit", pid=pid, text="edited under the hand")
            assert (await forum.read(revision.item)).body_hash != before.body_hash
            demo.call("delete", pid=pid)
            hide = order_for(revision, Measure.HIDE)
            outcome = await forum.apply(hide)
            assert (outcome.kind, outcome.by) == (OutcomeKind.ALREADY, "demo_colleague")
            after = [page async for page in forum.pull("flags", pages[-1].state)]
            closed = [row for page in after for row in page.rows if isinstance(row, Flag)]
            assert {(row.item, row.state.closed, row.closed_by) for row in closed} == {
                (revision.item, True, "demo_colleague")
            }
            await forum.apply(replace(hide, measure=Measure.RESTORE))

    run(work())


def test_a_new_flag_and_a_reply_arrive_with_the_next_pull(demo: DemoProcess) -> None:
    async def work() -> None:
        async with connected(demo) as forum:
            states = {feed: [page async for page in forum.pull(feed, "")][-1].state for feed in ("flags", "replies")}
            revision = await anybody(forum)
            notice = order_for(revision, kind=OrderKind.NOTICE)
            await forum.apply(replace(notice, text=f"Your post was hidden. Case {notice.case}."))
            demo.call("flag", pid=int(revision.item.target), by="demo_colleague", reason="once more; <b>now</b>")
            demo.call("reply", uid=int(revision.author.uid), text="I object: 我反对")
            flags = [page async for page in forum.pull("flags", states["flags"])]
            reasons = [row.reason for page in flags for row in page.rows if isinstance(row, Flag)]
            assert "once more; <b>now</b>" in reasons
            assert len({row.item for page in flags for row in page.rows}) == 1
            replies = [
                reply for page in [p async for p in forum.pull("replies", states["replies"])] for reply in page.replies
            ]
            assert [(reply.case, reply.text, reply.author.uid) for reply in replies] == [
                (notice.case, "I object: 我反对", revision.author.uid)
            ]

    run(work())


@pytest.mark.promise(7)
def test_hostile_posts_are_kept_as_they_are() -> None:
    async def work(demo: DemoProcess) -> None:
        async with connected(demo) as forum:
            pages, errors, _ = await pull_stubbornly(forum)
            assert errors == []
            assert not any(page.set_aside for page in pages)
            found = [row for page in pages for row in page.rows if isinstance(row, Revision)]
            bodies = {row.body for row in found}
            assert set(TEXTS.values()) <= bodies
            odd = next(row for row in found if row.body == TEXTS["nul"])
            assert odd.title == "<i>Odd</i> \u202eeltit\u202c & \x00 title"
            context = await forum.context(odd.item)
            assert {near.body for near in (*context.before, *context.after)} <= set(TEXTS.values())
            remote = next(row for row in found if row.body == TEXTS["remote picture"])
            assert {entry.url for entry in remote.attachments} == {
                "http://tracker.invalid/pixel.png",
                "http://tracker.invalid/second.png",
            }

    with spawn(0, 11, 4, "hostile-content") as demo:
        run(work(demo))


def test_a_token_revoked_mid_shift_is_said(demo: DemoProcess) -> None:
    async def work() -> None:
        async with connected(demo) as forum:
            revision = await anybody(forum)
            demo.call("faults", spec="revoke-token-after:1")
            await forum.read_back(order_for(revision, Measure.HIDE))
            for refused in (forum.apply(order_for(revision, Measure.LOCK)), forum.read(revision.item)):
                with pytest.raises(TokenRefused):
                    await refused

    run(work())


def test_a_pause_is_kept_over_reads_and_writes(demo: DemoProcess) -> None:
    async def work() -> None:
        async with connected(demo) as forum:
            revision = await anybody(forum)
            demo.call("faults", spec="429:1:600")
            with pytest.raises(AskedToWait) as caught:
                await forum.revision(revision.item)
            demo.call("faults", spec="")
            outcome = await forum.apply(order_for(revision, Measure.HIDE))
            assert (outcome.kind, outcome.until) == (OutcomeKind.LATER, caught.value.until)

    run(work())
