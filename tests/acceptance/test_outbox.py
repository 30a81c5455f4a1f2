"""What becomes of decisions at a forum that is changed under the hand, away, or full of faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from tests.acceptance.acceptance_parts import until
from tests.acceptance.conftest import Room

HIDE = ("--policy", "terms.spam", "--measure", "hide")
REMOVE = ("--policy", "terms.insult", "--measure", "remove")


def states(room: Room, place: int) -> Counter[str]:
    return Counter(row["state"] for row in room.desk.outbox(item=room.items[place]))


def repeats(room: Room) -> list[tuple[str, str]]:
    found = Counter((each["target"], each["effect"]) for each in room.forum.mutations())
    return [each for each, times in found.items() if times > 1]


@pytest.mark.promise(2)
@pytest.mark.promise(4)
def test_undo_in_time_sends_nothing_and_later_restores_what_the_public_sees(make_room: Callable[..., Room]) -> None:
    room = make_room()
    desk = room.desk
    before = room.forum.public(room.pid(0))
    desk.hold = 30
    held = desk.run("ann", "decide", room.items[0], *HIDE)
    assert desk.run("ann", "undo", held["decision"])["state"] == "withdrawn"
    desk.hold = 0
    desk.run("ann", "outbox", "--wait")
    assert room.forum.mutations() == []
    made = desk.run("ann", "decide", room.items[0], *REMOVE)
    desk.run("ann", "outbox", "--wait")
    assert room.forum.public(room.pid(0)) != before
    desk.pull()
    back = desk.run("ann", "undo", made["decision"], "--reason", "wrong one")
    assert back["decision"] != made["decision"]
    assert "Restores the post, takes back 1" in back["message"]
    desk.run("ann", "outbox", "--wait")
    assert room.forum.public(room.pid(0)) == before
    mine = desk.outbox(decision=back["decision"])
    assert {row["what"]: row["state"] for row in mine}["close the flags: no violation"] == "acknowledged"
    assert sum(row["kind"] == "notice" for row in mine) >= 2, "author and reporter hear of it too"
    assert {row["state"] for row in mine} == {"acknowledged"}
    assert "made already" not in desk.refused("ann", "undo", made["decision"])


@pytest.mark.promise(4)
def test_an_edit_under_the_hand_is_a_conflict_that_a_person_settles_once(make_room: Callable[..., Room]) -> None:
    room = make_room()
    desk = room.desk
    for place in (0, 1):
        desk.run("ann", "decide", room.items[place], *HIDE)
        room.forum.call("edit", pid=room.pid(place), text="entirely something else")
    told = desk.tried("ann", "outbox", "--wait")
    assert told.code == 1
    assert room.forum.mutations() == [] or not [m for m in room.forum.mutations() if m["caller"] == "demo_moderator"]
    rows = desk.outbox(state="conflict")
    assert len(rows) == 2
    assert all(row["row"] in told.err for row in rows), "the reason names them"
    assert "--resolve" in told.err
    by_item = {row["item"]: row["row"] for row in rows}
    assert "Choices are" in desk.refused("ann", "outbox", "--resolve", rows[0]["row"], "--choice", "perhaps")
    desk.run("ann", "outbox", "--resolve", by_item[room.items[0]], "--choice", "send")
    desk.run("ann", "outbox", "--resolve", by_item[room.items[1]], "--choice", "drop")
    assert desk.tried("ann", "outbox", "--wait").code == 0
    assert set(states(room, 0)) == {"acknowledged"}
    assert set(states(room, 1)) == {"withdrawn"}
    assert "[[" in room.forum.public(room.pid(0))
    assert "something else" in room.forum.public(room.pid(1))


def test_another_moderators_answer_to_the_flags_is_a_conflict(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.desk.run("ann", "decide", room.items[0], "--policy", "none")
    flag = room.desk.run("ann", "show", room.items[0])["reports"][0]["flag"]
    room.forum.call("resolve", flag=flag)
    assert room.desk.tried("ann", "outbox", "--wait").code == 1
    assert states(room, 0)["conflict"] == 1


def test_no_violation_closes_the_flags_as_rejected(make_room: Callable[..., Room]) -> None:
    room = make_room()
    told = room.desk.run("ann", "decide", room.items[0], "--policy", "none")
    assert "not upheld" in told["message"]
    room.desk.run("ann", "outbox", "--wait")
    assert [m["effect"] for m in room.forum.mutations() if m["target"].startswith("flag")] == ["state rejected"]
    room.desk.pull()
    assert room.desk.run("ann", "show", room.items[0])["reports"][0]["state"] == "rejected"


@pytest.mark.promise(1)
def test_offline_the_work_goes_on_and_leaves_in_order_on_return(make_room: Callable[..., Room]) -> None:
    room = make_room()
    desk = room.desk
    room.forum.stop()
    assert "cannot be reached" in desk.refused("ann", "pull", "--once")
    assert "cannot be reached" in desk.tried("ann", "forum", "test").out
    for place in (0, 1, 2):
        desk.run("ann", "decide", room.items[place], *REMOVE)
    told = desk.tried("ann", "outbox", "--wait", "--timeout", "1")
    assert told.code == 1
    assert "cannot be reached" in told.err
    room.forum.start()
    room.forum.call("edit", pid=room.pid(1), text="changed while we were away")
    assert desk.tried("ann", "outbox", "--wait").code == 1
    assert set(states(room, 0)) == set(states(room, 2)) == {"acknowledged"}
    assert states(room, 1)["conflict"] == 1
    gone = [m["target"] for m in room.forum.mutations() if m["effect"] == "deleted"]
    assert gone == [f"post/{room.pid(0)}", f"post/{room.pid(2)}"]


def test_an_old_decision_is_asked_about_once_more(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.desk.run("ann", "decide", room.items[0], *HIDE)
    room.desk.shift = 26 * 3600
    told = room.desk.tried("ann", "outbox", "--wait")
    assert told.code == 1
    assert "older than the set age" in told.err
    assert room.forum.mutations() == []


@pytest.mark.promise(2)
@pytest.mark.parametrize("spec", ["writes-lose-reply:1", "writes-drop-request:=1", "writes-html:=2", "cut:3"])
def test_faults_cost_time_but_nothing_twice(make_room: Callable[..., Room], spec: str) -> None:
    room = make_room()
    for place in (0, 1):
        room.desk.run("ann", "decide", room.items[place], *REMOVE)
    room.forum.call("faults", spec=spec)
    told = room.desk.tried("ann", "outbox", "--wait")
    assert told.code == 0, told.err
    assert set(states(room, 0)) == set(states(room, 1)) == {"acknowledged"}
    assert repeats(room) == []


def test_a_yes_that_did_nothing_ends_as_refused_and_tells_nobody(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.desk.run("ann", "decide", room.items[0], *REMOVE)
    room.forum.call("faults", spec="200-nothing")
    room.desk.tried("ann", "outbox", "--wait")
    rows = room.desk.outbox(item=room.items[0])
    assert {row["what"]: row["state"] for row in rows}["remove"] == "refused"
    assert all(row["state"] == "withdrawn" for row in rows if row["what"] != "remove")
    assert [row["words"] for row in rows if row["state"] == "refused"] == ["The forum answered yes and did nothing."]


@pytest.mark.case("S21")
def test_a_pause_that_was_asked_for_is_kept(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.desk.run("ann", "decide", room.items[0], *HIDE)
    room.forum.call("faults", spec="429:=1:600")
    told = room.desk.tried("ann", "outbox", "--wait", "--timeout", "5")
    assert told.code == 1
    assert "wait" in told.err
    log = [each for each in room.forum.call("log") if each["status"] == 429]
    assert len(log) == 1
    assert room.forum.call("log")[-1]["id"] == log[0]["id"], "nothing more was asked"


def test_a_token_revoked_mid_shift_loses_nothing(make_room: Callable[..., Room]) -> None:
    room = make_room()
    room.desk.run("ann", "decide", room.items[0], *HIDE)
    room.forum.call("faults", spec="revoke-token-after:1")
    told = room.desk.tried("ann", "outbox", "--wait")
    assert told.code == 1
    assert "does not take our token" in told.err
    assert "new token" in told.err
    assert states(room, 0).keys() == {"waiting"}
    room.forum.call("faults", spec="")
    assert room.desk.tried("ann", "outbox", "--wait").code == 0
    assert states(room, 0).keys() == {"acknowledged"}


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_killed_while_sending_it_goes_on_and_repeats_nothing(make_room: Callable[..., Room]) -> None:
    room = make_room()
    for place in (0, 1, 2):
        room.desk.run("ann", "decide", room.items[place], *REMOVE)
    for _ in range(2):
        before = len(room.forum.mutations())
        process = room.desk.start("ann", "outbox", "--wait")
        until(lambda at=before: len(room.forum.mutations()) > at, "something was sent")
        process.kill()
        process.communicate()
    assert room.desk.tried("ann", "outbox", "--wait").code == 0
    assert {row["state"] for row in room.desk.outbox()} == {"acknowledged"}
    assert repeats(room) == []
    assert room.desk.run("ann", "verify")["whole"]


def test_two_who_decide_at_once_and_three_who_send(make_room: Callable[..., Room]) -> None:
    room = make_room(second=True)
    rivals = [room.desk.start(who, "decide", room.items[0], *HIDE) for who in ("ann", "bo", "ann")]
    told = [(process.communicate(), process.returncode) for process in rivals]
    assert sorted(code for _, code in told) == [0, 1, 1]
    assert all("decided already" in err or "working on" in err for (_, err), code in told if code)
    senders = [room.desk.start("ann", "outbox", "--wait") for _ in range(3)]
    assert [process.wait() for process in senders if not process.communicate()[1]] == [0, 0, 0]
    assert repeats(room) == []
    assert room.desk.run("ann", "verify")["whole"]
