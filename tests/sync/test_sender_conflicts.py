"""What the sender makes of a forum that has changed: conflict cards, and what is no difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.desk.desk_parts import CLEAN, HIDE, NONE
from tests.desk.desk_parts import mute as mute_for
from tests.sync.sync_parts import Field, ground

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import OutboxId
from modstation.models.measures import Choice, Measure

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


@pytest.mark.promise(4)
def test_an_edited_text_is_a_conflict_and_not_a_send(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    field.demo.call("edit", pid=field.pid(no), text="an entirely different text")
    field.send()
    assert field.rows()[0][0] == "conflict"
    assert not field.post(no).deleted
    row = next(row for row in field.desk.mod.outbox() if row.state == "conflict")
    card = field.desk.mod.conflict(row.id)
    assert card.theirs_body == "an entirely different text"
    assert card.ours_body != card.theirs_body
    assert card.choices[0].key == "drop"
    assert all(choice.label and choice.consequence for choice in card.choices)
    assert field.desk.mod.conflict(row.id, "zh").choices[0].label == "放弃"


@pytest.mark.parametrize(
    ("choice", "state", "hidden"),
    [("drop", "withdrawn", False), ("accept", "acknowledged", False), ("send", "acknowledged", True)],
)
def test_a_person_settles_a_conflict(field: Field, choice: str, state: str, hidden: bool) -> None:
    no = plain(field)
    field.decide(no)
    field.demo.call("edit", pid=field.pid(no), text="an entirely different text")
    field.send()
    row = next(row.id for row in field.desk.mod.outbox() if row.state == "conflict")
    with pytest.raises(BadInput):
        field.desk.mod.resolve_conflict(row, "ignore")
    with pytest.raises(NotFound):
        field.desk.mod.resolve_conflict(OutboxId("R-NONE"), choice)
    field.desk.mod.resolve_conflict(row, choice)
    with pytest.raises(NotAllowed, match="no conflict"):
        field.desk.sup.resolve_conflict(row, choice)
    if choice == "send":
        for each in [row.id for row in field.desk.mod.outbox() if row.state == "conflict"]:
            field.desk.mod.resolve_conflict(each, choice)
    field.send()
    assert field.rows()[0][0] == state
    assert field.post(no).deleted is hidden
    assert field.repeats() == []


@pytest.mark.promise(4)
def test_a_confirmed_send_stays_confirmed_when_the_line_breaks(field: Field) -> None:
    """Otherwise a person who has looked and said yes is asked the same question again."""
    no = plain(field)
    field.decide(no)
    field.demo.call("edit", pid=field.pid(no), text="an entirely different text")
    field.send()
    row = next(row.id for row in field.desk.mod.outbox() if row.state == "conflict")
    field.desk.mod.resolve_conflict(row, "send")
    field.faults("writes-drop-request:=1")
    field.send()
    assert field.rows()[0][0] == "acknowledged"
    assert field.post(no).deleted


@pytest.mark.promise(2)
def test_what_a_colleague_did_already_is_not_done_again_and_names_them(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    field.demo.call("delete", pid=field.pid(no))
    assert field.send() == 0
    row = next(row for row in field.desk.mod.outbox() if row.measure == "hide" and row.kind == "measure")
    assert (row.state, row.by, row.tries) == ("acknowledged", "demo_colleague", 0)
    assert f"deleted post/{field.pid(no)}" not in field.changes()


@pytest.mark.promise(4)
def test_a_flag_that_a_colleague_answered_otherwise_is_a_conflict(field: Field) -> None:
    no = plain(field)
    field.decide(no, NONE, policy=CLEAN)
    flag = field.post(no).flag_id
    field.demo.call("resolve", flag=str(flag), state="resolved")
    field.send()
    assert field.states()[0] == "conflict"
    assert field.demo.forum.flags[flag].state == "resolved"


def test_a_flag_that_a_colleague_answered_the_same_way_is_already_so(field: Field) -> None:
    no = plain(field)
    field.decide(no, NONE, policy=CLEAN)
    field.demo.call("resolve", flag=str(field.post(no).flag_id), state="rejected")
    assert field.send() == 0
    assert field.states()[0] == "acknowledged"
    assert not [change for change in field.changes() if "flag/" in change]


@pytest.mark.promise(4)
def test_a_post_that_is_gone_is_a_conflict_in_words(field: Field) -> None:
    no = plain(field)
    pid = field.pid(no)
    field.decide(no)
    field.demo.call("act", **{"as": "demo_admin", "method": "DELETE", "path": f"/api/v3/posts/{pid}"})
    field.send()
    assert field.rows()[0][0] in ("conflict", "acknowledged")
    assert field.changes() == [] or not [change for change in field.changes() if f"post/{pid}" in change]
    row = field.desk.mod.outbox()[0]
    assert row.state in ("conflict", "acknowledged")
    if row.state == "conflict":
        assert "gone" in row.detail


def test_an_old_decision_about_a_post_that_is_gone_ends_where_somebody_sees_it(field: Field) -> None:
    no = plain(field)
    field.decide(no)
    path = f"/api/v3/posts/{field.pid(no)}"
    field.demo.call("act", **{"as": "demo_admin", "method": "DELETE", "path": path})
    field.clock.move(25 * 3600)
    field.send(20)
    assert field.rows()[0][0] == "conflict"


@pytest.mark.promise(4)
def test_a_penalty_from_elsewhere_is_a_conflict(field: Field) -> None:
    no = plain(field)
    uid = field.post(no).uid
    field.decide(no)
    field.demo.call(
        "act", **{"as": "demo_admin", "method": "PUT", "path": f"/api/v3/users/{uid}/ban", "body": {"until": 0}}
    )
    field.send()
    assert field.rows()[0][0] == "conflict"
    assert not field.post(no).deleted


@pytest.mark.promise(4)
def test_a_penalty_that_was_there_before_is_no_difference(field: Field) -> None:
    no = plain(field)
    uid = field.post(no).uid
    field.demo.call(
        "act", **{"as": "demo_admin", "method": "PUT", "path": f"/api/v3/users/{uid}/ban", "body": {"until": 0}}
    )
    field.demo.call("flag", pid=field.pid(no), by="demo_market_mod")
    field.pull()
    field.decide(no)
    assert field.send() == 0
    assert set(field.states()) == {"acknowledged"}, field.rows()


def test_our_own_penalty_on_one_post_is_no_difference_for_the_next(field: Field) -> None:
    by_author: dict[int, list[int]] = {}
    for no in field.desk.queue():
        if not field.post(no).uploads:
            by_author.setdefault(field.post(no).uid, []).append(no)
    first, second = next((numbers[0], numbers[1]) for numbers in by_author.values() if len(numbers) > 1)
    field.decide(first, HIDE, mute_for(1), who="demo-sup")
    field.decide(second, HIDE)
    field.send()
    assert "conflict" not in field.states(), field.rows()
    assert field.post(second).deleted


# ---------------------------------------------------------------------------------- gone for the public
