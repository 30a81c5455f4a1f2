"""Taking in: nothing twice, nothing lost, hostile texts as they are, and odd things where a person must see them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk.desk_parts import FORUM, Office, many
from tests.store.store_parts import flag, key_of, revision

from modstation.desk.intake import CHUNK, SET_ASIDE_MS, bookmark, put_aside, take_look, take_page
from modstation.desk.ports import Exchange
from modstation.models.errors import BadInput, DiskFull, NotFound
from modstation.models.items import Account, Attachment, Context, ContextPost, Page, Reply, SetAside
from modstation.models.screen import QueueState
from modstation.store.words import folded


def observations(desk: Office) -> int:
    return int(desk.sql("SELECT count(*) FROM observation")[0][0])


def test_an_unchanged_answer_adds_no_row(desk: Office) -> None:
    first = desk.pull(*many(1, 5))
    assert (first.rows, first.unchanged, len(first.items)) == (10, 0, 5)
    again = desk.pull(*many(1, 5))
    assert (again.rows, again.unchanged, len(again.items)) == (10, 10, 0)
    assert observations(desk) == 10
    desk.clock.move(60)
    later = [revision(1, "post number 1", fetched=desk.clock.moment)]
    assert desk.pull(*later).unchanged == 1, "the moment of reading alone is nothing new"


def test_what_changed_and_changed_back_is_kept_both_times(desk: Office) -> None:
    for body in ("one", "two", "one"):
        desk.pull(revision(1, body), flag(1))
    no = desk.mod.number_of(f"{FORUM}/post/1")
    assert [each.body for each in desk.mod.item(no).revisions] == ["one", "two", "one"]


def test_the_same_row_twice_on_one_page_counts_once(desk: Office) -> None:
    taken = desk.pull(revision(1), revision(1), flag(1), flag(1))
    assert (taken.rows, taken.unchanged) == (4, 2)


@pytest.mark.promise(1)
def test_a_large_page_is_many_short_transactions_and_the_bookmark_comes_last(desk: Office) -> None:
    desk.pull(*many(1, CHUNK), last=False)
    pages = desk.events("pull.page")
    assert [page["count"] for page in pages] == [CHUNK, CHUNK]
    assert bookmark(desk.first.work, FORUM, "flags") == "s"
    assert bookmark(desk.first.work, FORUM, "posts") == ""
    assert desk.verify().whole


@pytest.mark.promise(1)
def test_a_page_that_broke_off_is_taken_again_without_loss_or_double(desk: Office) -> None:
    store = desk.first.shared.store
    with store.exclusive() as (db, _):
        db.execute(
            f"CREATE TRIGGER full BEFORE INSERT ON observation WHEN NEW.id > {CHUNK}"
            " BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    rows = many(1, CHUNK)
    with pytest.raises(DiskFull):
        desk.pull(*rows)
    assert bookmark(desk.first.work, FORUM, "flags") == ""
    assert observations(desk) == CHUNK
    with store.exclusive() as (db, _):
        db.execute("DROP TRIGGER full")
    taken = desk.pull(*rows)
    assert taken.unchanged == CHUNK
    assert observations(desk) == 2 * CHUNK
    assert len(desk.queue()) == CHUNK


# ---------------------------------------------------------------------------------- hostile texts
HOSTILE = [
    "NUL \x00 inside",
    "alone \ud800 and \udfff",
    "turned \u202egnp.exe\u202c round",
    "stacked a" + "\u0301" * 3000,
    "\n".join(f"line {n}" for n in range(10_000)),
    "<script>alert(1)</script><img src=http://127.0.0.1:9/x.png onerror=x>",
    "file:///etc/passwd",
    "=cmd|' /C calc'!A0",
    "\ufeff\u200b\u200d\ufffe\uffff",
    "字" * 200_000,
]


@pytest.mark.promise(7)
@pytest.mark.promise(5)
def test_hostile_texts_are_kept_exactly_and_queued(desk: Office) -> None:
    for number, text in enumerate(HOSTILE, 1):
        author = Account("66", text[:200], roles=(text[:40],))
        picture = Attachment("http://127.0.0.1:9/" + text[:80], text[:80], text[:40])
        post = revision(number, text, title=text[:300], author=author, section_name=text[:99], attachments=(picture,))
        rows = [post, replace(flag(number, number, reason=text), reporter=Account("7", text[:99]))]
        desk.pull(*rows)
        no = desk.mod.number_of(f"{FORUM}/post/{number}")
        view = desk.mod.item(no)
        assert (view.revision.body, view.revision.title, view.revision.author.name) == (text, text[:300], text[:200])
        assert view.revision.attachments == (picture,)
        assert (view.flags[0].reason, view.flags[0].reporter.name) == (text, text[:99])
        assert desk.pull(*rows).unchanged == 2
        desk.decide("demo-mod", no)
    assert desk.verify().whole


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(st.characters(), max_size=60), title=st.text(st.characters(), max_size=20))
def test_any_text_comes_back_as_it_was_sent(desk: Office, body: str, title: str) -> None:
    number = 1 + len(desk.sql("SELECT 1 FROM item_key"))
    desk.pull(revision(number, body, title=title), flag(number, number))
    revisions = desk.mod.item(desk.mod.number_of(f"{FORUM}/post/{number}")).revisions
    assert (revisions[-1].body, revisions[-1].title) == (body, title)
    assert folded(body) is not None


# ---------------------------------------------------------------------------------- set aside
def line(why: str = "A flag cannot be tied to a target.", raw: str = '{"flagId": 9}') -> SetAside:
    from tests.store.store_parts import NOON

    return SetAside("flags", NOON, why, raw)


@pytest.mark.promise(5)
def test_what_cannot_be_tied_to_a_target_waits_in_a_list_with_a_clock(desk: Office) -> None:
    assert desk.pull(set_aside=(line(), line("other"))).set_aside == 2
    assert desk.pull(set_aside=(line(),)).set_aside == 0
    first, _ = desk.mod.set_aside()
    now = int(desk.clock.moment.timestamp() * 1000)
    assert (first.why, first.raw, first.at, first.due) == (
        "A flag cannot be tied to a target.", '{"flagId": 9}', now, now + SET_ASIDE_MS,
    )  # fmt: skip
    assert desk.mod.status().counts["set_aside"] == 2
    with pytest.raises(BadInput):
        desk.mod.close_set_aside(first.id, " ")
    desk.mod.close_set_aside(first.id, "asked the administrator")
    assert len(desk.mod.set_aside()) == 1
    with pytest.raises(NotFound):
        desk.mod.close_set_aside(first.id, "again")
    desk.clock.move(10 * 86_400)
    assert len(desk.mod.set_aside()) == 1, "no line is settled by time"


@pytest.mark.promise(5)
def test_a_fault_that_comes_back_after_it_was_closed_is_listed_again(desk: Office) -> None:
    work = desk.first.work
    put_aside(work, FORUM, line())
    put_aside(work, FORUM, line())
    (row,) = desk.mod.set_aside()
    desk.mod.close_set_aside(row.id, "mended")
    desk.clock.move(3600)
    put_aside(work, FORUM, line())
    (again,) = desk.mod.set_aside()
    assert again.due == int(desk.clock.moment.timestamp() * 1000) + SET_ASIDE_MS


@pytest.mark.promise(7)
def test_hostile_lines_are_set_aside_like_any(desk: Office) -> None:
    desk.pull(set_aside=tuple(line(text, text) for text in HOSTILE))
    rows = desk.mod.set_aside()
    assert [row.raw for row in rows] == [text[:100_000] for text in HOSTILE]
    assert all(row.why for row in rows)


# ---------------------------------------------------------------------------------- replies
def reply(case: str, text: str = "I did not know", number: str = "5") -> Reply:
    from tests.store.store_parts import NOON

    return Reply(case, "1", number, Account("41", "demo_author"), text, NOON)


def test_a_reply_brings_a_parked_item_back_and_is_taken_once(desk: Office) -> None:
    no = desk.post()
    case = desk.mod.queue_rows([no])[0].case
    desk.mod.park(no, None)
    assert desk.pull(replies=(reply(case, "NUL \x00 \ud800"),)).replies == 1
    assert desk.queue() == [no]
    assert desk.pull(replies=(reply(case, "NUL \x00 \ud800"),)).replies == 0
    assert desk.mod.item(no).notes[0].endswith("NUL \x00 \ud800")
    assert desk.pull(replies=(reply(case, number="6"),)).replies == 1


@pytest.mark.promise(5)
@pytest.mark.parametrize("case", ["MS-AAAAA-AAAAA", "", "\ud800", "x" * 3000])
def test_a_reply_to_a_case_nobody_knows_is_set_aside_and_not_dropped(desk: Office, case: str) -> None:
    taken = desk.pull(replies=(reply(case),))
    assert (taken.replies, taken.set_aside) == (0, 1)
    (row,) = desk.mod.set_aside()
    assert "I did not know" in row.raw


# ---------------------------------------------------------------------------------- looks
@pytest.mark.promise(4)
def test_what_was_read_at_opening_is_captured_and_shown(desk: Office) -> None:
    from tests.store.store_parts import NOON

    no = desk.post()
    neighbour = ContextPost(key_of(7), 3, "demo_neighbour", "before it \ud800", NOON)
    context = Context(("Riverside", "Market"), (neighbour,), (), history=("joined 2024",))
    exchange = Exchange("GET", "http://127.0.0.1:9/api/post/1", 200, NOON, b"GET", b'{"content": "\xff"}', "date")
    take_look(desk.first.work, key_of(1), revision(1, "edited since the report"), context, [exchange])
    view = desk.mod.item(no)
    assert view.revision.body == "edited since the report"
    assert view.context is not None
    assert view.context.before == (neighbour,)
    assert view.context.history == ("joined 2024",)
    assert view.sealed_at == int(desk.clock.moment.timestamp() * 1000)
    assert desk.events("item.captured")[-1]["status"] == 200
    take_look(desk.first.work, key_of(1), None, None, [])
    assert desk.mod.item(no).context == view.context
    assert desk.verify().whole


# ---------------------------------------------------------------------------------- paging over a moving list
@pytest.mark.case("S18")
@pytest.mark.promise(5)
def test_a_list_that_moves_while_it_is_read_loses_nothing_and_closes_nothing(desk: Office) -> None:
    """The observations of the case as pages bring them: what merely was not on a page stays open."""
    pages = {
        "t0": [list(range(60, 40, -1)), list(range(40, 20, -1))],
        "t1": [[*range(17, 0, -1)]],
        "t2": [[n for n in range(63, 0, -1) if n not in (58, 55, 47, 39, 33, 22)]],
    }
    for page in pages["t0"] + pages["t1"]:
        take_page(desk.first.work, FORUM, Page("flags", tuple(r for n in page for r in (revision(n), flag(n, n))), "x"))
    missing = {18, 19, 20}
    assert len(desk.queue()) == 57
    for page in pages["t2"]:
        rows = tuple(r for n in page for r in (revision(n), flag(n, n)))
        taken = take_page(desk.first.work, FORUM, Page("flags", rows, "x", reread=54))
        assert len(taken.items) == 3 + len(missing)
        assert taken.reread == 54
    assert len(desk.queue()) == 63
    assert desk.queue(QueueState.CLOSED_ELSEWHERE) == []
    keys = [key for (key,) in desk.sql("SELECT key FROM item_key")]
    assert len(keys) == len(set(keys)) == 63
