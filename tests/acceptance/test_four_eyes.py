"""Four eyes from the command line: proposals, a second person's yes or no, and everybody who tries to do without."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.acceptance.conftest import Room

BAN = ("--policy", "ill.fraud", "--measure", "remove", "--measure", "ban", "--days", "7", "--reason", "asks for money")
DAY_MS = 86_400_000


def settle(room: Room) -> None:
    told = room.desk.tried("ann", "outbox", "--wait")
    assert told.code == 0, told.err


def what_of(room: Room, item: str) -> dict[str, str]:
    return {row["what"]: row["state"] for row in reversed(room.desk.outbox(item=item))}


@pytest.mark.promise(6)
def test_nobody_approves_their_own_whatever_roles_they_hold(make_room: Callable[..., Room]) -> None:
    room = make_room(second=True)
    desk, item = room.desk, room.items[0]
    told = desk.run("ann", "decide", item, *BAN)
    assert (told["state"], told["may_approve"]) == ("proposed", ["bo"])
    assert "Ask somebody else" in desk.refused("ann", "approve", told["decision"])
    # Roles that approve, added to the proposer, change nothing: two people agree on the roles, not on the proposal.
    change = desk.run("ann", "person", "add", "ann:moderator,administrator,supervisor,compliance")
    assert change["state"] == "proposed"
    assert "Ask somebody else" in desk.refused("ann", "approve", change["proposal"])
    assert desk.run("bo", "approve", change["proposal"])["state"] == "made"
    assert "Ask somebody else" in desk.refused("ann", "approve", told["decision"])
    assert "ban for 7 days" in what_of(room, item)
    assert not [each for each in room.forum.mutations() if "banned" in each["effect"]]
    assert desk.run("ann", "verify")["whole"]


def test_a_third_person_is_let_in_by_two(make_room: Callable[..., Room]) -> None:
    desk = make_room(items=1, second=True).desk
    told = desk.run("ann", "person", "add", "cy:moderator")
    assert (told["state"], told["may_approve"]) == ("proposed", ["bo"])
    early = desk.refused("cy", "person", "enrol", "cy", "--code-stdin", typed=told["code"] + "\n")
    assert "second person" in early
    assert desk.run("bo", "approvals")[0]["subject"] == "person"
    desk.run("bo", "approve", told["proposal"])
    desk.run("cy", "person", "enrol", "cy", "--code-stdin", typed=told["code"] + "\n")
    assert {each["person"]: each["state"] for each in desk.run("cy", "person", "list")}["cy"] == "enrolled"
    assert desk.refused("cy", "person", "enrol", "cy", "--code-stdin", typed=told["code"] + "\n")
    assert desk.run("ann", "verify")["whole"]


def test_a_ban_runs_from_the_approval_and_the_notice_says_so(make_room: Callable[..., Room]) -> None:
    room = make_room(second=True)
    desk = room.desk
    decision = desk.run("ann", "decide", room.items[0], *BAN)["decision"]
    settle(room)
    assert room.forum.public(room.pid(0)) in ("", "[[topic:post-is-deleted]]"), "what needs nobody goes out at once"
    desk.shift = timedelta(days=3).total_seconds()
    desk.run("bo", "approve", decision)
    settle(room)
    approved = next(row for row in desk.run("ann", "journal") if row["kind"] == "approval.given")
    at = datetime.fromisoformat(approved["at"]).timestamp() * 1000
    (ban,) = [each["effect"] for each in room.forum.mutations() if "banned" in each["effect"]]
    until = int(ban.rpartition(" ")[2])
    assert abs(until - at - 7 * DAY_MS) < DAY_MS / 24
    assert [each["state"] for each in desk.outbox(kind="notice")].count("acknowledged") >= 2


def test_what_a_second_person_refuses_is_not_sent_and_the_rest_stands(make_room: Callable[..., Room]) -> None:
    room = make_room(second=True)
    desk, item = room.desk, room.items[0]
    decision = desk.run("ann", "decide", item, *BAN)["decision"]
    assert "needs a reason" in desk.refused("bo", "refuse", decision)
    desk.run("bo", "refuse", decision, "--reason", "first time, and small")
    settle(room)
    told = what_of(room, item)
    assert (told["remove"], told["ban for 7 days"]) == ("acknowledged", "withdrawn")
    shown = desk.run("ann", "show", item)
    assert (shown["state"], shown["author"]["strikes"]) == ("decided", 1)
    assert shown["decisions"][0]["measures"] == [["remove", 0]]
    desk.run("ann", "undo", decision, "--reason", "not fraud after all")
    settle(room)
    assert desk.run("ann", "show", item)["author"]["strikes"] == 0
    assert "[[" not in room.forum.public(room.pid(0))
    assert not [each for each in room.forum.mutations() if "banned" in each["effect"]]


def test_a_withdrawn_proposal_cannot_be_approved(make_room: Callable[..., Room]) -> None:
    room = make_room(second=True)
    desk, item = room.desk, room.items[0]
    decision = desk.run("ann", "decide", item, *BAN)["decision"]
    assert "Only they can withdraw it" in desk.refused("bo", "undo", decision)
    desk.run("ann", "undo", decision)
    assert "withdrawn" in desk.refused("bo", "approve", decision)
    settle(room)
    assert room.forum.mutations() == []
    assert desk.run("ann", "show", item)["state"] == "open"
