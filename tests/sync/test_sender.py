"""Sending: read again, compare, send, read back. The demo forum's own log of effects says what really happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.desk.desk_parts import BAN, CLEAN, HIDE, NONE, named
from tests.desk.desk_parts import mute as mute_for
from tests.sync.sync_parts import Field, ground

from modstation.demoforum import DemoForum
from modstation.desk import outbox
from modstation.models.measures import Choice, Measure
from modstation.sync.sender import MOST_TRIES

LOCK = Choice(Measure.LOCK)


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    with ground(tmp_path / "desk") as made:
        yield made


def plain(field: Field) -> int:
    """An item whose post shows no picture."""
    return field.with_picture(False)


def whys(field: Field) -> list[str]:
    return [why for *_, why in field.rows()]


@pytest.mark.promise(2)
def test_a_measure_goes_out_and_is_acknowledged_when_the_public_cannot_read_it(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    assert field.send() == 0
    assert field.states() == ["acknowledged"] * 3
    assert field.post(no).deleted
    assert field.changes()[0] == f"deleted post/{field.pid(no)}"
    assert len(field.messages()) == 1
    reads = [line for line in field.asked("GET") if line.endswith(f"/posts/{field.pid(no)}")]
    assert len(reads) >= 2, "read again before, read back after"
    assert field.desk.verify().whole


@pytest.mark.promise(2)
def test_no_violation_closes_the_flag_as_rejected_and_touches_nothing_else(field: Field) -> None:
    no = plain(field)
    field.decide(no, NONE, policy=CLEAN)
    assert field.send() == 0
    flag = field.post(no).flag_id
    assert field.demo.forum.flags[flag].state == "rejected"
    assert not field.post(no).deleted
    assert f"state rejected flag/{flag}" in field.changes()
    assert not [change for change in field.changes() if "post/" in change]


# ---------------------------------------------------------------------------------- trouble on the way
TROUBLES = [
    "writes-lose-reply:=1",
    "writes-lose-reply:2",
    "writes-drop-request:=1",
    "writes-drop-request:2",
    "writes-429:=1:3",
    "writes-503:=1",
    "writes-html:=1",
    "writes-cut:=1",
    "writes-cut:2",
    "reads-503:3",
    "reads-lose-reply:4",
    "reads-html:5",
    "reads-cut:5",
    "lose-reply:3",
    "drop-request:5",
    "reads-wrong-types:7",
    "writes-lose-reply:=1,reads-lose-reply:3",
    "writes-503:2,reads-429:7:2",
]


@pytest.mark.promise(2)
@pytest.mark.promise(1)
@pytest.mark.parametrize("spec", TROUBLES)
def test_whatever_goes_wrong_on_the_way_nothing_is_done_twice_and_nothing_is_lost(field: Field, spec: str) -> None:
    numbers = [no for no in field.desk.queue() if not field.post(no).uploads][:2]
    field.faults(spec)
    for no in numbers:
        field.decide(no)
    left = field.send(150)
    field.faults("")
    assert (left, field.send()) == (left, 0)
    assert field.repeats() == []
    assert set(field.states()) == {"acknowledged"}, field.rows()
    assert all(field.post(no).deleted for no in numbers)
    assert len(field.messages()) == len(numbers)
    assert field.desk.verify().whole


@pytest.mark.promise(2)
def test_a_forum_that_answers_yes_and_does_nothing_has_refused(field: Field) -> None:
    no = plain(field)
    field.faults("200-nothing")
    field.decide(no)
    assert field.send() == 0
    assert field.rows()[0][0] == "refused"
    assert not field.post(no).deleted
    assert field.changes() == []
    shown = field.desk.mod.outbox()[0]
    assert (shown.state, shown.words) == ("refused", "The forum answered yes and did nothing.")


@pytest.mark.case("S22")
@pytest.mark.promise(4)
def test_no_notice_tells_of_what_did_not_happen(field: Field) -> None:
    no = plain(field)
    field.faults("200-nothing:=1")
    field.decide(no)
    assert field.send() == 0
    states = {(kind, measure): state for state, kind, measure, _ in field.rows()}
    assert states["measure", "hide"] == "refused"
    assert states["notice", "hide"] == "withdrawn"
    assert field.messages() == []
    assert "before_failed" in whys(field)


@pytest.mark.case("S21")
@pytest.mark.promise(2)
def test_a_forum_that_asks_to_wait_is_not_asked_before_its_time(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    field.faults("429:=1:40")
    before = field.clock.moment
    assert field.send() == 0
    assert field.troubles == ["wait"]
    assert (field.clock.moment - before).total_seconds() >= 40
    assert field.repeats() == []


@pytest.mark.promise(1)
def test_what_was_being_sent_when_the_program_was_killed_is_read_back_first(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    work = field.desk.open("demo-mod").work
    jobs, _ = outbox.ready(work, "riverside")
    assert outbox.begin(work, jobs[0], None)
    path = f"/api/v3/posts/{field.pid(no)}/state"
    field.demo.call("act", **{"as": "demo_moderator", "method": "DELETE", "path": path})
    assert outbox.interrupted(work) == 1
    assert field.states()[0] == "unknown"
    assert field.send() == 0
    assert field.repeats() == []
    assert field.states()[0] == "acknowledged"
    assert field.changes().count(f"deleted post/{field.pid(no)}") == 1


@pytest.mark.promise(2)
def test_a_row_that_was_sent_and_never_arrived_is_sent_once_more(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    work = field.desk.open("demo-mod").work
    jobs, _ = outbox.ready(work, "riverside")
    outbox.begin(work, jobs[0], None)
    outbox.interrupted(work)
    assert field.send() == 0
    assert field.changes().count(f"deleted post/{field.pid(no)}") == 1
    assert field.desk.mod.outbox()[-1].state == "acknowledged"


@pytest.mark.promise(1)
def test_a_long_maintenance_is_no_refusal(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    field.faults("writes-503")
    assert field.send(40) > 0
    assert field.rows()[0][0] == "waiting"
    assert field.rows()[0][3] == "asked_to_wait"
    field.faults("")
    assert field.send() == 0
    assert field.post(no).deleted
    assert field.repeats() == []


@pytest.mark.promise(5)
def test_a_forum_that_never_does_it_is_not_asked_for_ever(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    field.faults("writes-lose-reply,writes-200-nothing")
    field.send(200)
    state, *_ = field.rows()[0]
    assert state == "refused"
    assert 2 <= len([line for line in field.asked("DELETE") if line.endswith("/state")]) <= MOST_TRIES


# ---------------------------------------------------------------------------------- somebody else was there


@pytest.mark.promise(2)
def test_hidden_with_a_public_image_is_a_state_in_words_until_the_file_is_gone(field: Field) -> None:
    no = field.with_picture(True)
    field.decide(no)
    assert field.send() > 0
    row = next(row for row in field.desk.mod.outbox() if row.kind == "measure")
    assert (row.state, row.detail) == ("waiting", "Hidden, but its image is still public.")
    assert "/assets/uploads/" in row.words
    assert field.post(no).deleted
    assert field.messages() == [], "no notice before the acknowledgement"
    before = field.changes()
    for name in field.post(no).uploads:
        field.demo.call("upload", url=f"/assets/uploads{name}")
    field.clock.move(60)
    assert field.send() == 0
    assert set(field.states()) == {"acknowledged"}
    assert field.repeats() == []
    assert len(field.messages()) == 1
    assert [change for change in field.changes() if "post/" in change] == [c for c in before if "post/" in c]


def test_what_waits_for_an_image_holds_nothing_else_up(field: Field) -> None:
    first, second = field.with_picture(True), field.with_picture(False)
    field.decide(first)
    field.decide(second)
    field.send()
    assert field.post(second).deleted
    assert [row for row in field.rows() if row[0] == "acknowledged"]


@pytest.mark.promise(5)
def test_rows_that_wait_never_starve_those_behind_them(field: Field) -> None:
    work = field.desk.open("demo-mod").work
    for no in field.desk.queue()[:4]:
        field.decide(no)
    everything, _ = outbox.ready(work, "riverside")
    some, _ = outbox.ready(work, "riverside", 1, skip={everything[0].id, everything[1].id})
    assert [job.id for job in some] == [everything[2].id]


@pytest.mark.promise(2)
def test_a_hide_by_a_colleague_with_a_public_image_was_never_sent_by_us(field: Field) -> None:
    no = field.with_picture(True)
    field.decide(no)
    field.demo.call("delete", pid=field.pid(no))
    field.send()
    row = next(row for row in field.desk.mod.outbox() if row.kind == "measure")
    assert (row.state, row.tries) == ("waiting", 0)
    assert "outbox.sending" not in field.desk.kinds()


# ---------------------------------------------------------------------------------- old, offline, withdrawn
@pytest.mark.promise(4)
def test_a_decision_older_than_the_set_age_asks_once_more(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    field.clock.move(25 * 3600)
    field.send()
    assert field.rows()[0][:2] == ("conflict", "measure")
    assert field.changes() == []
    row = next(row for row in field.desk.mod.outbox() if row.state == "conflict")
    assert "older than the set age" in row.detail
    field.desk.mod.resolve_conflict(row.id, "send")
    field.send()
    assert field.post(no).deleted


def test_the_set_age_is_a_setting(field: Field) -> None:
    no = plain(field)
    field.desk.mod.set_setting("old_decision_hours", "72")
    field.decide(no)
    field.clock.move(25 * 3600)
    assert field.send() == 0
    assert field.post(no).deleted


@pytest.mark.promise(4)
def test_decisions_made_offline_go_out_in_their_order_and_the_changed_one_stays(tmp_path: Path) -> None:
    with ground(tmp_path / "desk") as field:
        port = int(field.demo.url.rpartition(":")[2])
        numbers = [no for no in field.desk.queue() if not field.post(no).uploads][:3]
        field.demo.stop()
        for no in numbers:
            field.decide(no)
        assert field.send(5) == 9
        assert set(field.troubles) == {"ForumUnreachable"}
        with DemoForum(forum=field.demo.forum, port=port, seed=5) as again:
            again.call("edit", pid=field.pid(numbers[1]), text="edited while we were away")
            field.send()
            done = [change for change in field.changes() if change.startswith("deleted")] or [
                f"{m['effect']} {m['target']}" for m in again.call("mutations") if m["effect"] == "deleted"
            ]
        assert done == [f"deleted post/{field.pid(no)}" for no in (numbers[0], numbers[2])]
        assert field.states().count("conflict") >= 1
        field.demo = DemoForum(forum=field.demo.forum, seed=5)
        field.demo.start()


@pytest.mark.promise(4)
@pytest.mark.case("S22")
def test_an_undo_before_the_send_sends_nothing(field: Field) -> None:
    no = plain(field)
    told = named(field.decide(no))
    assert field.desk.mod.undo(told).state == "withdrawn"
    assert field.send() == 0
    assert field.changes() == []
    assert set(field.states()) == {"withdrawn"}


@pytest.mark.promise(4)
@pytest.mark.case("S22")
def test_an_undo_after_the_send_restores_and_corrects(field: Field) -> None:
    no = plain(field)
    told = named(field.decide(no))
    assert field.send() == 0
    back = field.desk.mod.undo(told, "a mistake")
    assert back.state == "made"
    assert field.send() == 0
    assert not field.post(no).deleted
    assert [change for change in field.changes() if "post/" in change] == [
        f"deleted post/{field.pid(no)}",
        f"restored post/{field.pid(no)}",
    ]
    assert field.demo.forum.flags[field.post(no).flag_id].state == "rejected"
    assert len(field.messages()) >= 2
    assert field.repeats() == []


@pytest.mark.promise(2)
def test_a_row_under_way_is_never_sent_again_after_its_decision_was_taken_back(field: Field) -> None:
    no = plain(field)
    told = named(field.decide(no))
    work = field.desk.open("demo-mod").work
    jobs, _ = outbox.ready(work, "riverside")
    outbox.begin(work, jobs[0], None)
    outbox.unknown(work, jobs[0], "no answer")
    field.desk.mod.undo(told, "a mistake")
    assert field.send() == 0
    assert f"deleted post/{field.pid(no)}" not in field.changes()
    assert not field.post(no).deleted
    assert field.states()[0] == "withdrawn"


@pytest.mark.promise(4)
def test_a_token_taken_away_in_the_middle_of_a_shift_loses_nothing(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    field.demo.call("token", revoke="demo_moderator")
    assert field.send(3) == 3
    assert set(field.troubles) == {"TokenRefused"}
    field.demo.call("token", **{"as": "demo_moderator", "token": "a-fresh-token"})
    field.desk.first.add_forum(
        "riverside", "nodebb", field.demo.url, "a-fresh-token", ("cn-forum-2017", "riverside-terms")
    )
    assert field.send() == 0
    assert field.post(no).deleted


def test_a_right_that_is_missing_is_refused_in_the_forums_own_words(tmp_path: Path) -> None:
    with ground(tmp_path / "desk") as field:
        no = plain(field)
        field.decide(no, HIDE, mute_for(1), who="demo-sup")
        field.demo.call("setting", name="moderators_may_mute", value=0)
        field.send()
        row = next(row for row in field.desk.mod.outbox() if row.measure == "mute" and row.kind == "measure")
        assert row.state == "refused"
        assert row.words
        assert field.post(no).deleted


def test_ban_and_lock_reach_the_forum(field: Field) -> None:
    no = plain(field)
    told = field.decide(no, HIDE, BAN, who="demo-sup", reason="typed reasoning")
    if told.state == "proposed":
        field.send()
        assert field.demo.forum.accounts[field.post(no).uid].banned is False
        who = told.may_approve[0]
        field.desk[who].approve(named(told))
    assert field.send() == 0
    assert [change for change in field.changes() if change.startswith("banned")]
    assert field.repeats() == []
