"""The connector and the demo forum over the wire: each is the other's proof."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from modstation.demoforum import DemoForum
from modstation.models.errors import AskedToWait, BadAnswer, TokenRefused
from modstation.models.ids import CaseId, ForumName, ItemKey, TargetType
from modstation.models.items import Flag, Page, Revision
from modstation.models.measures import Effect, Measure, Order, OrderKind, Outcome, OutcomeKind, ReadBack
from modstation.sync.forums.nodebb import NodeBB
from modstation.sync.http import HttpClient

FORUM = ForumName("riverside")
CASE = CaseId("MS-ABCDE-23456")
_T = TypeVar("_T")


class Now:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def using(demo: DemoForum, work: Callable[[NodeBB], Awaitable[_T]], token: str = "moderator") -> _T:
    """Do something with a connector that carries a token of the forum."""

    async def run() -> _T:
        client = HttpClient(clock=Now(), timeout=20.0)
        try:
            return await work(NodeBB(FORUM, demo.url, demo.tokens[token], client=client, clock=Now()))
        finally:
            await client.aclose()

    return asyncio.run(run())


async def pulled(forum: NodeBB, feed: str = "flags") -> list[Page]:
    return [page async for page in forum.pull(feed, "")]


def first(demo: DemoForum, *, pictured: bool = False) -> tuple[ItemKey, Order]:
    """A reported post and an order to hide it."""
    flag = next(
        flag for flag in demo.forum.flags.values() if bool(demo.forum.posts[flag.target].uploads) == pictured
    )  # fmt: skip
    post = demo.forum.posts[flag.target]
    item = ItemKey(FORUM, TargetType.POST, str(post.pid))
    shown = tuple(f"{demo.url}/assets/uploads{upload}" for upload in post.uploads)
    order = Order(
        OrderKind.MEASURE, item, CASE, measure=Measure.HIDE, account=str(post.uid), thread=str(post.tid),
        flags=(str(flag.flag_id),), attachments=shown, reason="House rule 4",
    )  # fmt: skip
    return item, order


def done(demo: DemoForum, order: Order, token: str = "moderator") -> tuple[Outcome, ReadBack]:
    async def work(forum: NodeBB) -> tuple[Outcome, ReadBack]:
        return await forum.apply(order), await forum.read_back(order)

    return using(demo, work, token)


def test_every_report_is_pulled_once_with_its_post(demo: DemoForum) -> None:
    rows = [row for page in using(demo, pulled) for row in page.rows]
    reports = [(row.flag_id, row.reporter.uid) for row in rows if isinstance(row, Flag)]
    assert sorted(reports) == sorted(
        (str(flag.flag_id), str(report.uid)) for flag in demo.forum.flags.values() for report in flag.reports
    )
    bodies = {row.item.target: row.body for row in rows if isinstance(row, Revision)}
    assert bodies == {str(flag.target): demo.forum.posts[flag.target].text for flag in demo.forum.flags.values()}


def test_a_hidden_post_is_read_back_and_its_picture_is_told_as_public(demo: DemoForum) -> None:
    item, order = first(demo, pictured=True)
    outcome, read = done(demo, order)
    assert (outcome.kind, read.effect, read.by) == (OutcomeKind.DONE, Effect.PRESENT, "demo_moderator")
    view = using(demo, lambda forum: forum.public_view(item, order.thread, order.attachments))
    assert (view.post, view.topic_page, view.attachments) == (False, False, order.attachments)
    demo.call("upload", url=order.attachments[0])
    assert using(demo, lambda forum: forum.public_view(item, order.thread, order.attachments)).gone


def test_what_a_colleague_did_first_is_named(demo: DemoForum) -> None:
    item, order = first(demo)
    demo.call("delete", pid=int(item.target))
    outcome, read = done(demo, order)
    assert (outcome.kind, outcome.by) == (OutcomeKind.ALREADY, "demo_colleague")
    assert (read.effect, read.by) == (Effect.PRESENT, "demo_colleague")


def test_after_a_lost_reply_the_read_back_shows_the_effect(demo: DemoForum) -> None:
    _, order = first(demo)
    demo.call("faults", spec="writes-lose-reply:=1")
    outcome, read = done(demo, order)
    assert (outcome.kind, read.effect) == (OutcomeKind.UNKNOWN, Effect.PRESENT)
    assert len([one for one in demo.call("mutations") if one["target"].startswith("post/")]) == 1


def test_after_a_dropped_request_the_read_back_proves_its_absence(demo: DemoForum) -> None:
    _, order = first(demo)
    demo.call("faults", spec="writes-drop-request:=1")
    outcome, read = done(demo, order)
    assert (outcome.kind, read.effect) == (OutcomeKind.UNKNOWN, Effect.ABSENT)


def test_a_server_that_says_yes_and_does_nothing_is_found_out(demo: DemoForum) -> None:
    _, order = first(demo)
    demo.call("faults", spec="200-nothing:=1")
    assert done(demo, order)[1].effect is Effect.ABSENT


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("reads-429:1:7", AskedToWait),
        ("reads-html", BadAnswer),
        ("reads-wrong-types", BadAnswer),
        ("revoke-token-after:1", TokenRefused),
    ],
)
def test_a_bad_answer_is_an_error_that_says_so(demo: DemoForum, spec: str, problem: type[Exception]) -> None:
    demo.call("faults", spec=spec)
    with pytest.raises(problem):
        using(demo, pulled)


def test_a_notice_is_read_back_by_its_case_and_its_answer_is_found(demo: DemoForum) -> None:
    item, hide = first(demo)
    text = f"Your post was removed. Case {CASE}."
    notice = Order(OrderKind.NOTICE, item, CASE, account=hide.account, text=text)
    outcome, read = done(demo, notice)
    assert (outcome.kind, read.effect) == (OutcomeKind.DONE, Effect.PRESENT)
    demo.call("reply", uid=int(hide.account), text="I do not agree.")
    replies = [reply for page in using(demo, lambda forum: pulled(forum, "replies")) for reply in page.replies]
    assert [(reply.case, reply.text) for reply in replies] == [(str(CASE), "I do not agree.")]


def test_a_ban_ends_when_it_was_told_to(demo: DemoForum) -> None:
    _, order = first(demo)
    until = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    ban = Order(
        OrderKind.MEASURE, order.item, CASE, measure=Measure.BAN, account=order.account, until=until, reason="x"
    )
    assert done(demo, ban)[0].kind is OutcomeKind.DONE
    assert demo.forum.accounts[int(order.account)].ban_until == int(until.timestamp() * 1000)


def test_a_right_that_is_missing_is_known_before_it_is_needed(demo: DemoForum) -> None:
    told = using(demo, lambda forum: forum.probe())
    assert (told.of("mute").possible, told.of("ban").possible, told.of("close_section").possible) == (
        False,
        True,
        False,
    )
    demo.call("setting", name="moderators_may_mute", value=True)
    assert using(demo, lambda forum: forum.probe()).of("mute").possible
    assert using(demo, lambda forum: forum.probe(), "admin").of("close_section").possible
