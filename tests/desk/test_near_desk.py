"""Near-duplicates at the desk: alike posts become one cluster, and a group decision tells what nobody has seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.desk.desk_parts import AD, HIDE, Office, office, opened
from tests.store.store_parts import FORUM, flag, revision

from modstation.desk import near
from modstation.models.items import Observation

OFFER = "cheap concert tickets in the old town hall, write to my channel river_{} before friday evening"
OTHER = "the lamp at the corner of mill street has been dark since monday, who do I write to about it"


def posts(*bodies: str, first: int = 1) -> list[Observation]:
    rows: list[Observation] = []
    for number, body in enumerate(bodies, first):
        rows += [revision(number, body), flag(number, number)]
    return rows


def number(desk: Office, target: int) -> int:
    return desk.mod.number_of(f"{FORUM}/post/{target}")


def counts(desk: Office, *targets: int) -> list[int]:
    return [row.near for row in desk.mod.queue_rows([number(desk, target) for target in targets])]


def clusters(desk: Office) -> dict[int, int]:
    return dict(desk.sql("SELECT item, cluster FROM near"))


def test_alike_posts_become_one_cluster_and_others_stay_alone(desk: Office) -> None:
    desk.pull(*posts(OFFER.format(1), OTHER, OFFER.format(2), OFFER.format(3)), last=True)
    assert counts(desk, 1, 2, 3, 4) == [2, 0, 2, 2]
    found = desk.mod.cluster(number(desk, 3))
    assert {member.no for member in found.members} == {number(desk, target) for target in (1, 3, 4)}
    assert found.id == clusters(desk)[number(desk, 1)]
    alone = desk.mod.cluster(number(desk, 2))
    assert (alone.id, len(alone.members)) == (0, 1)


def test_what_comes_later_joins_and_the_cluster_keeps_its_name(desk: Office) -> None:
    desk.pull(*posts(OFFER.format(1), OFFER.format(2)), last=True)
    name = clusters(desk)[number(desk, 1)]
    desk.pull(*posts(OFFER.format(3), first=3), last=True)
    assert clusters(desk)[number(desk, 3)] == name
    assert counts(desk, 1, 2, 3) == [2, 2, 2]


def test_small_pages_wait_until_the_end_of_a_feed(desk: Office) -> None:
    desk.pull(*posts(OFFER.format(1), OFFER.format(2)))
    assert clusters(desk) == {}, "a page in the middle costs nothing"
    desk.pull(last=True)
    assert len(clusters(desk)) == 2
    many = [OFFER.format(count) for count in range(near.BATCH)]
    desk.pull(*posts(*many, first=10))
    assert len(clusters(desk)) == near.BATCH + 2, "a full batch does not wait"


def test_a_desk_opened_again_goes_on_with_the_same_clusters(tmp_path: Path) -> None:
    with office(tmp_path / "desk") as desk:
        desk.pull(*posts(OFFER.format(1), OFFER.format(2), OTHER), last=True)
        before = clusters(desk)
    with opened(tmp_path / "desk") as desk:
        desk.pull(*posts(OFFER.format(3), OTHER + " then", first=4), last=True)
        after = clusters(desk)
        assert before.items() <= after.items()
        assert after[number(desk, 4)] == before[number(desk, 1)]
        assert after[number(desk, 5)] == after[number(desk, 3)] != before[number(desk, 1)]


def test_an_edited_post_leaves_the_cluster_it_no_longer_fits(desk: Office) -> None:
    desk.pull(*posts(OFFER.format(1), OFFER.format(2), OFFER.format(3)), last=True)
    desk.clock.move(60)
    desk.pull(revision(2, OTHER, fetched=desk.clock.moment), last=True)
    assert number(desk, 2) not in clusters(desk)
    assert counts(desk, 1, 2, 3) == [1, 0, 1]


def test_an_edit_that_changes_little_makes_no_cluster_of_one(desk: Office) -> None:
    desk.pull(*posts(OFFER.format(1)), last=True)
    desk.clock.move(60)
    desk.pull(revision(1, OFFER.format(2), fetched=desk.clock.moment), last=True)
    assert clusters(desk) == {}
    assert counts(desk, 1) == [0]


HOSTILE: list[str] = ["", "\x00", "\ud800\udfff", "‮" * 50, "a", "\U000e0001", "字" * 5000, "🇨🇳" * 100]


def test_hostile_texts_neither_crash_nor_cluster_by_being_empty(desk: Office) -> None:
    desk.pull(*posts(*HOSTILE), last=True)
    assert len(desk.queue()) == len(HOSTILE)
    assert number(desk, 1) not in clusters(desk)


def test_erased_items_leave_the_side_tables(desk: Office) -> None:
    desk.pull(*posts(OFFER.format(1), OFFER.format(2), OFFER.format(3)), last=True)
    with desk.first.shared.store.writing() as tx:
        near.forget(tx, [number(desk, 2)])
    assert counts(desk, 1, 2, 3) == [1, 0, 1]


# ---------------------------------------------------------------------------------- group decisions
def crowd(desk: Office, alike: int = 4) -> list[int]:
    """Alike posts, and two that differ enough to deserve a look."""
    bodies = [OFFER.format(count) for count in range(alike)]
    bodies += [OFFER.format(9) + " and also my sister sells plum jam at the gate" + tail for tail in (" daily", " ok")]
    desk.pull(*posts(*bodies), last=True)
    return [number(desk, target) for target in range(1, len(bodies) + 1)]


def test_outliers_come_first_and_what_differs_is_counted(desk: Office) -> None:
    numbers = crowd(desk)
    found = desk.mod.cluster(numbers[0])
    assert [member.no for member in found.members[:2]] == sorted(numbers[-2:], key=lambda no: _alike(found, no))
    assert found.differing == 2
    assert found.members[-1].alike == 100.0
    assert [member.alike for member in found.members] == sorted(member.alike for member in found.members)


def _alike(found: near.Cluster, no: int) -> float:
    return next(member.alike for member in found.members if member.no == no)


def test_a_group_decision_says_how_many_were_seen_and_how_many_differ(desk: Office) -> None:
    numbers = crowd(desk)
    desk.mod.open_item(numbers[0])
    told = desk.mod.decide_group(numbers, AD, [HIDE], "")
    assert "You saw 1 of 6; 2 differ." in told.message
    assert set(told.items) == set(numbers)
    assert len(desk.events("decision.made")) == len(numbers), "a record an item"
    assert len({body["batch"] for body in desk.events("decision.made")}) == 1


def test_seen_is_what_this_person_opened_and_nobody_else(desk: Office) -> None:
    numbers = crowd(desk)
    desk.sup.open_item(numbers[0])
    assert desk.mod.cluster(numbers[0]).seen == 0
    assert desk.sup.cluster(numbers[0]).seen == 1
    assert desk.sup.cluster(numbers[0]).sentence == "You saw 1 of 6; 2 differ."


@pytest.mark.promise(11)
def test_a_cluster_punishes_nobody_unseen(desk: Office) -> None:
    from tests.desk.desk_parts import BAN

    numbers = crowd(desk)
    desk.sup.open_item(numbers[0])
    told = desk.sup.decide_group(numbers, AD, [HIDE, BAN], "typed reasoning")
    assert told.items == (numbers[0],)
    assert "Left out" in told.message


def test_a_group_of_any_items_is_compared_with_its_first(desk: Office) -> None:
    desk.pull(*posts(OTHER, OFFER.format(1)), last=True)
    told = desk.mod.decide_group([number(desk, 1), number(desk, 2)], AD, [HIDE], "")
    assert told.message == "2 decided. You saw 0 of 2; 1 differs."


def test_the_count_asks_each_cluster_once(desk: Office) -> None:
    numbers = crowd(desk)
    asked: list[str] = []
    with desk.first.shared.store.reading() as reader:
        reader.db.set_trace_callback(asked.append)
        found: dict[int, Any] = dict(near.alike_counts(reader.db, numbers))
        reader.db.set_trace_callback(None)
    assert found == dict.fromkeys(numbers, 5)
    assert sum("count(*)" in sql for sql in asked) == 1
