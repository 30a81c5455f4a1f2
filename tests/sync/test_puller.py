"""Pulling from a forum that misbehaves: every item arrives in the end, once, and odd answers wait for a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sync.sync_parts import Field, ground

from modstation.desk.intake import Taken
from modstation.models.errors import ForumError
from modstation.models.screen import QueueState


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    with ground(tmp_path / "desk", items=6) as made:
        yield made


def flagged(field: Field) -> set[str]:
    return {
        f"riverside/{'post' if flag.type == 'post' else 'account'}/{flag.target}"
        for flag in field.demo.forum.flags.values()
        if flag.state in ("open", "wip")
    }


def known(field: Field) -> set[str]:
    rows = field.desk.mod.queue_rows(field.desk.queue())
    assert len({row.no for row in rows}) == len(rows)
    return {str(row.key) for row in rows}


def test_everything_reported_is_in_the_queue_once(field: Field) -> None:
    assert known(field) == flagged(field)
    again = field.pull()
    assert isinstance(again, Taken)
    assert (len(again.items), again.set_aside) == (0, 0)
    assert field.desk.verify().whole


@pytest.mark.promise(5)
@pytest.mark.parametrize("fault", ["html", "cut", "wrong-types", "503", "lose-reply"])
def test_no_answer_however_odd_loses_an_item_or_closes_one(field: Field, fault: str) -> None:
    for number in range(3):
        field.demo.call("flag")
        arg = f"{1 + number * 3}"
        field.faults(f"reads-{fault}:{arg}")
        told = field.pull()
        assert isinstance(told, Taken | ForumError)
        field.clock.move(120)
    field.faults("")
    field.pull()
    field.pull()
    assert known(field) == flagged(field)
    assert field.desk.queue(QueueState.CLOSED_ELSEWHERE) == []
    assert field.desk.verify().whole


@pytest.mark.promise(7)
def test_an_answer_of_a_hundred_megabytes_is_refused_at_the_edge(field: Field) -> None:
    field.demo.call("flag")
    field.faults("reads-huge:1:30")
    told = field.pull()
    assert isinstance(told, ForumError)
    field.faults("")
    field.pull()
    assert known(field) == flagged(field)


@pytest.mark.promise(5)
def test_a_feed_that_cannot_be_read_is_a_line_somebody_must_look_at(field: Field) -> None:
    for number in range(2, 12):
        field.demo.call("flag")
        field.faults(f"reads-html:={number},reads-html:={number + 1}")
        told = field.pull()
        if isinstance(told, Taken) and told.set_aside:
            break
    (first, *_) = field.desk.mod.set_aside()
    assert first.why
    assert first.due > first.at


def test_what_a_colleague_closes_is_told_and_greyed(field: Field) -> None:
    no = field.desk.queue()[0]
    field.demo.call("resolve", flag=str(field.post(no).flag_id), state="rejected")
    field.pull()
    assert no not in field.desk.queue()
    (row,) = field.desk.mod.queue_rows([no])
    assert row.state is QueueState.CLOSED_ELSEWHERE
    assert row.greyed.startswith("dismissed at the forum")


def test_an_edited_post_has_both_texts(field: Field) -> None:
    no = field.desk.queue()[0]
    before = field.desk.mod.item(no).revision.body
    field.demo.call("edit", pid=field.pid(no), text="edited by its author 改过了")
    field.demo.call("flag", pid=field.pid(no), by="demo_market_mod")
    field.pull()
    bodies = [each.body for each in field.desk.mod.item(no).revisions]
    assert (bodies[0], bodies[-1]) == (before, "edited by its author 改过了")
    assert field.desk.mod.search("改过") == [no]


@pytest.mark.promise(7)
def test_hostile_posts_of_a_real_forum_are_queued_as_they_are(tmp_path: Path) -> None:
    with ground(tmp_path / "desk", items=3, faults="hostile-content") as field:
        field.pull()
        assert known(field) == flagged(field)
        for no in field.desk.queue():
            assert field.desk.mod.item(no).revision.body is not None


@pytest.mark.promise(5)
def test_hostile_posts_from_the_first_day_are_queued_as_they_are(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from tests.desk.desk_parts import PROFILES, office
    from tests.store.store_parts import HandClock

    from modstation.demoforum import DemoForum

    clock = HandClock(datetime.now(UTC))
    with DemoForum(seed=2, items=3, faults="hostile-content") as demo, office(tmp_path / "desk", clock) as desk:
        desk.first.add_forum("riverside", "nodebb", demo.url, demo.tokens["moderator"], PROFILES)
        field = Field(demo, desk, clock)
        told = field.pull()
        assert isinstance(told, Taken), told
        assert known(field) | {line.raw for line in desk.mod.set_aside()} >= flagged(field)
        texts = "".join(desk.mod.item(no).revision.body for no in desk.queue())
        assert "\x00" in texts
        assert any("\ud800" <= c <= "\udfff" for c in texts)
        assert desk.verify().whole
