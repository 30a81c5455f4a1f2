"""The runner: a thread of its own that pulls and sends, says how it stands, and survives whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.desk.desk_parts import AD, HIDE, opened
from tests.sync.sync_parts import Field, ground

from modstation.bootstrap import RUNNER_LOCK
from modstation.desk import outbox
from modstation.models.errors import DeskBusy, NotAllowed, NotFound
from modstation.models.screen import Changed, ForumStatus
from modstation.store import runlock

Wait = Callable[..., None]


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    with ground(tmp_path / "desk", items=6) as made:
        yield made


def lamp(field: Field) -> ForumStatus:
    return field.desk.mod.status().forums[0]


def run(field: Field) -> None:
    assert field.desk.open("demo-mod").start_runner()


def hurried(field: Field, condition: Callable[[], bool]) -> Callable[[], bool]:
    """The condition, with the runner called out of its pause at every look."""

    def look() -> bool:
        gate = field.desk.open("demo-mod").work.gate
        if gate is not None:
            gate.hurry()
        field.clock.move(0.2)
        return condition()

    return look


def test_decisions_go_out_by_themselves_and_the_lamp_says_working(field: Field, wait_until: Wait) -> None:
    heard: list[Changed] = []
    stop = field.desk.mod.listen(heard.append)
    run(field)
    no = field.with_picture(False)
    field.decide(no)
    wait_until(hurried(field, lambda: set(field.states()) == {"acknowledged"}), "all rows acknowledged")
    wait_until(lambda: lamp(field).state == "working", "the lamp")
    assert lamp(field).last_sync > 0
    assert field.post(no).deleted
    assert any(change.outbox and no in change.items for change in heard)
    stop()
    field.desk.first.shared.stop_runner()
    field.desk.first.shared.stop_runner()


def test_only_one_runner_works_for_a_desk(field: Field) -> None:
    run(field)
    assert field.desk.first.start_runner(), "the same process has it already"
    with pytest.raises(DeskBusy):
        runlock.hold(field.desk.folder, RUNNER_LOCK)
    with opened(field.desk.folder, field.clock, who="demo-sup") as other:
        assert other.first.start_runner() is False
        assert other.first.work.gate is None
    field.desk.first.shared.stop_runner()
    with opened(field.desk.folder, field.clock, who="demo-sup") as other:
        assert other.first.start_runner()


def test_an_opened_item_is_claimed_at_the_forum_read_and_captured_and_given_back(
    field: Field, wait_until: Wait
) -> None:
    run(field)
    no = field.with_picture(False)
    flag = field.demo.forum.flags[field.post(no).flag_id]
    field.desk.mod.open_item(no)
    wait_until(lambda: str(flag.assignee) == "2", "the claim at the forum")
    wait_until(lambda: field.desk.mod.item(no).context is not None, "the context")
    assert field.desk.mod.item(no).sealed_at > 0
    assert not field.desk.mod.item(no).cached_only
    field.desk.mod.leave_item(no)
    wait_until(lambda: not flag.assignee, "the claim given back")
    assert field.desk.verify().whole


@pytest.mark.case("S05")
def test_who_leaves_at_once_does_not_stay_the_holder_at_the_forum(field: Field, wait_until: Wait) -> None:
    run(field)
    no = field.with_picture(False)
    flag = field.demo.forum.flags[field.post(no).flag_id]
    for _ in range(3):
        field.desk.mod.open_item(no)
        field.desk.mod.leave_item(no)

    wait_until(lambda: field.desk.kinds().count("item.captured") == 3, "three looks")
    wait_until(lambda: not flag.assignee, "the claim given back")
    claims = [change for change in field.changes() if "assignee" in change]
    assert claims[-1].startswith("assignee nobody")


@pytest.mark.promise(7)
def test_pictures_are_fetched_by_us_on_request_alone(field: Field) -> None:
    run(field)
    no = field.with_picture(True)
    (picture,) = [media.attachment.url for media in field.desk.mod.item(no).media]
    fetched = field.desk.mod.fetch_media(no, picture)
    assert fetched.data
    assert fetched.status == 200
    assert field.desk.mod.item(no).media[0].size == len(fetched.data)
    assert len(field.desk.mod.item(no).media[0].sha256) == 64
    with pytest.raises(NotFound):
        field.desk.mod.fetch_media(no, "http://127.0.0.1:9/other.png")
    field.desk.mod.suspected_minor(no, picture)
    with pytest.raises(NotAllowed, match="destroyed"):
        field.desk.mod.fetch_media(no, picture)


@pytest.mark.promise(1)
def test_a_forum_out_of_reach_is_an_offline_lamp_and_nothing_is_lost(field: Field, wait_until: Wait) -> None:
    no = field.with_picture(False)
    field.decide(no)
    field.faults("drop-request")
    run(field)
    wait_until(lambda: lamp(field).state == "offline", "the lamp")
    assert lamp(field).words
    assert lamp(field).to_send == 3
    field.faults("")
    wait_until(hurried(field, lambda: set(field.states()) == {"acknowledged"}), "all rows acknowledged")
    assert field.repeats() == []


def test_a_refused_token_is_one_banner_and_the_outbox_waits(field: Field, wait_until: Wait) -> None:
    no = field.with_picture(False)
    field.decide(no)
    field.demo.call("token", revoke="demo_moderator")
    run(field)
    wait_until(lambda: lamp(field).state == "refused", "the lamp")
    (banner,) = field.desk.mod.status().banners
    assert "no longer takes our token" in banner
    assert "3 measures wait" in banner
    field.demo.call("token", **{"as": "demo_moderator", "token": "a-fresh-token"})
    field.desk.first.add_forum(
        "riverside", "nodebb", field.demo.url, "a-fresh-token", ("cn-forum-2017", "riverside-terms")
    )
    wait_until(hurried(field, lambda: set(field.states()) == {"acknowledged"}), "all rows acknowledged")


@pytest.mark.case("S21")
def test_a_forum_that_asks_to_wait_says_until_when(field: Field, wait_until: Wait) -> None:
    field.faults("429:1:400")
    run(field)
    wait_until(lambda: lamp(field).state == "waiting", "the lamp")
    now = int(field.clock.moment.timestamp() * 1000)
    assert now + 300_000 < lamp(field).until <= now + 401_000
    asked = len(field.asked())
    field.desk.mod.note(field.desk.queue()[0], "goes on meanwhile")
    assert len(field.asked()) <= asked + 1


@pytest.mark.promise(1)
def test_a_full_disk_pauses_the_runner_and_does_not_end_it(field: Field, wait_until: Wait) -> None:
    no = field.with_picture(False)
    field.decide(no)
    store = field.desk.first.shared.store
    with store.exclusive() as (db, _):
        db.execute("CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    run(field)
    wait_until(lambda: lamp(field).state == "paused", "the lamp")
    assert "no room" in lamp(field).words
    assert field.changes() == []
    with store.exclusive() as (db, _):
        db.execute("DROP TRIGGER full")
    wait_until(hurried(field, lambda: set(field.states()) == {"acknowledged"}), "all rows acknowledged")
    assert field.repeats() == []


@pytest.mark.promise(1)
def test_rows_under_way_when_it_ended_are_unknown_when_it_starts(field: Field, wait_until: Wait) -> None:
    no = field.with_picture(False)
    field.decide(no)
    work = field.desk.open("demo-mod").work
    outbox.begin(work, outbox.ready(work, "riverside")[0][0], None)
    run(field)
    assert "outbox.unknown" in field.desk.kinds()
    wait_until(hurried(field, lambda: set(field.states()) == {"acknowledged"}), "all rows acknowledged")
    assert field.repeats() == []


def test_a_locked_desk_goes_on_sending_what_was_made(field: Field, wait_until: Wait) -> None:
    run(field)
    no = field.with_picture(False)
    field.decide(no)
    field.desk.open("demo-mod").lock()
    with pytest.raises(NotAllowed, match="locked"):
        field.desk.mod.decide(no, AD, [HIDE])
    wait_until(hurried(field, lambda: set(field.states()) == {"acknowledged"}), "all rows acknowledged")
