"""Rehearsal: what it foretells is what the live engine then does, it can be stopped, and it holds a large desk."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk.desk_parts import CLEAN, INSULT, NONE, Office, many, office
from tests.desk.pack_parts import pack_file, texts
from tests.store.store_parts import FORUM, flag, revision

from modstation.desk.packs_rehearse import StoredItems
from modstation.models.errors import NotAllowed, NotFound
from modstation.models.items import Account
from modstation.screening.rehearse import LOT

OFFER = "I sell a folding bicycle today"


@given(bodies=st.lists(texts, min_size=1, max_size=6))
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_foretold_is_what_the_live_engine_then_does(bodies: list[str]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        with office(folder / "desk") as desk:
            rows = [revision(number, body) for number, body in enumerate(bodies, 1)]
            desk.pull(*rows)
            view = desk.mod.add_pack(pack_file(folder))
            made = desk.mod.rehearse_pack(view.hash)
            desk.sup.approve_pack(view.hash)
            again = [revision(number + 100, body) for number, body in enumerate(bodies, 1)]
            desk.pull(*again)
            live = set()
            for number in range(1, len(bodies) + 1):
                no = desk.mod.number_of(f"{FORUM}/post/{number + 100}")
                if any(mark.pack == "demo-bikes@1" for mark in desk.mod.item(no).marks):
                    live.add(str(desk.mod.number_of(f"{FORUM}/post/{number}")))
            assert set(made.report.gained) == live
            assert made.report.hit_items == len(live)
    finally:
        shutil.rmtree(folder)


def test_past_decisions_show_would_be_false_alarms(desk: Office, tmp_path: Path) -> None:
    numbers = [desk.post(number, OFFER) for number in (1, 2, 3)]
    desk.post(4, "a quiet evening")
    desk.decide("demo-mod", numbers[0], NONE, policy=CLEAN)
    desk.decide("demo-mod", numbers[1], policy=INSULT)
    desk.mod.add_pack(pack_file(tmp_path))
    made = desk.mod.rehearse_pack("demo-bikes")
    assert made.report.false_alarms == (str(numbers[0]),)
    assert (made.report.confirmed, made.decided, made.harmless) == (1, 2, 1)
    assert (made.report.items, made.report.hit_items, made.report.per_thousand) == (4, 3, 750.0)
    assert made.report.surfaces == (("folding bicycle", 3),)


def test_a_report_is_kept_sealed_and_read_back_whole(desk: Office, tmp_path: Path) -> None:
    desk.post(1, "I sell a f0lding bicycle today")
    view = desk.mod.add_pack(pack_file(tmp_path))
    with pytest.raises(NotFound, match="not rehearsed yet"):
        desk.mod.last_rehearsal(view.hash)
    made = desk.mod.rehearse_pack(view.hash)
    assert desk.sup.last_rehearsal("demo-bikes") == made
    [body] = desk.events("pack.rehearsed")
    assert (body["items"], body["hits"], body["alarms"]) == (1, 1, 0)
    assert "f0lding" not in str(body), "words of a post are sealed, not in the journal"


def test_rehearsed_again_the_newest_counts(desk: Office, tmp_path: Path) -> None:
    view = desk.mod.add_pack(pack_file(tmp_path))
    assert desk.mod.rehearse_pack(view.hash).report.hit_items == 0
    desk.post(1, OFFER)
    assert desk.sup.rehearse_pack(view.hash).report.hit_items == 1
    assert desk.mod.last_rehearsal(view.hash).by == "demo-sup"


def test_it_tells_how_far_it_is_and_can_be_stopped(desk: Office, tmp_path: Path) -> None:
    desk.pull(*[row for start in range(1, LOT + 50, 200) for row in many(start, 200)])
    view = desk.mod.add_pack(pack_file(tmp_path, "post number"))
    heard: list[tuple[int, int]] = []

    def stop_after_the_first_lot(done: int, total: int) -> bool:
        heard.append((done, total))
        return False

    made = desk.mod.rehearse_pack(view.hash, stop_after_the_first_lot)
    total = len(desk.queue())
    assert heard == [(LOT, total)]
    assert (made.report.cancelled, made.report.items) == (True, LOT)
    assert "pack.rehearsed" not in desk.kinds(), "half a rehearsal is none"
    with pytest.raises(NotAllowed):
        desk.sup.approve_pack(view.hash)
    whole = desk.mod.rehearse_pack(view.hash)
    assert (whole.report.cancelled, whole.report.items, whole.report.hit_items) == (False, total, total)
    assert len(set(whole.report.gained)) == total, "names come along where texts do not"


def test_a_large_desk_is_read_a_lot_at_a_time(desk: Office) -> None:
    desk.pull(*[row for start in range(1, LOT + 50, 200) for row in many(start, 200)])
    items = StoredItems(desk.first.shared.store)
    assert len(items[0:LOT]) == LOT
    assert all(item.texts.body for item in items[0:LOT])
    assert not any(item.texts.body for item in items[0 : len(items)]), "the report needs names only"
    assert [item.name for item in items] == [item.name for item in items[0 : len(items)]]
    assert items[3] == items[3:4][0]


def test_who_is_exempt_at_intake_is_exempt_in_rehearsal(desk: Office, tmp_path: Path) -> None:
    path = pack_file(tmp_path)
    text = path.read_text("utf-8").replace('action = "queue"', 'action = "queue"\nexempt_roles = ["manager"]')
    path.write_text(text, "utf-8")
    desk.pull(
        revision(1, OFFER, author=Account("41", "demo_manager", roles=("manager",))), flag(1),
        revision(2, OFFER, author=Account("42", "demo_member")), flag(2),
    )  # fmt: skip
    desk.mod.add_pack(path)
    made = desk.mod.rehearse_pack("demo-bikes")
    assert made.report.gained == (str(desk.mod.number_of(f"{FORUM}/post/2")),)


def test_risky_terms_are_told_with_the_report(desk: Office, tmp_path: Path) -> None:
    path = pack_file(tmp_path, "folding bicycle", "ad")
    desk.mod.add_pack(path)
    warnings = desk.mod.rehearse_pack("demo-bikes").warnings
    assert any("'ad' is short" in each for each in warnings)
    assert all(each.startswith("demo-bikes-1.toml:") for each in warnings)
