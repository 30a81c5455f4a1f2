"""Why an item is here: all of it, replayable with the packs of that day, and honest where it cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.desk.desk_parts import Office, office, opened
from tests.desk.pack_parts import activated, pack_file, texts
from tests.store.store_parts import FORUM, HandClock, flag, revision

from modstation.desk import packs_files
from modstation.models.errors import NotFound
from modstation.models.ids import ItemKey
from modstation.models.time import to_ms

OFFER = "I sell a f0lding bicycle today"


def test_reports_rules_and_place_are_all_there(desk: Office, tmp_path: Path) -> None:
    activated(desk, pack_file(tmp_path))
    no = desk.post(1, OFFER)
    desk.pull(flag(1, 2, reporter="12", reason="an advertisement"))
    found = desk.mod.why(no)
    assert [each.reporter for each in found.flags] == ["11", "12"]
    assert [each.reason for each in found.flags] == ["spam", "an advertisement"]
    [hit] = found.hits
    assert (hit.surface, hit.tier, hit.rule, hit.category, hit.severity) == (
        "f0lding bicycle",
        "leet",
        "bike",
        "sale",
        2,
    )
    assert (hit.pack, hit.approved_by) == ("demo-bikes@1", ("demo-sup",))
    assert hit.active_at == to_ms(desk.clock.moment)
    assert (found.place, found.waiting) == (1, 1)
    assert {part.what: part.value for part in found.parts}["severity"] == "2 of 4"
    assert found.replay.same is True
    assert "nickname" in found.found_nothing
    assert "demo-bikes@1" in found.packs


def test_an_item_without_a_hit_is_here_by_its_reports(desk: Office) -> None:
    found = desk.mod.why(desk.post(1, "a quiet evening by the river"))
    assert found.hits == ()
    assert found.replay.same is True
    assert len(found.flags) == 1
    assert "body" in found.found_nothing


def test_an_unknown_item_is_told(desk: Office) -> None:
    with pytest.raises(NotFound):
        desk.mod.why(99)


def test_replay_uses_the_pack_of_that_day(desk: Office, tmp_path: Path) -> None:
    activated(desk, pack_file(tmp_path))
    old = desk.post(1, OFFER)
    activated(desk, pack_file(tmp_path, "cargo bicycle", version="2", severity=3))
    new = desk.post(2, "I sell a cargo bicycle today")
    then, now = desk.mod.why(old), desk.mod.why(new)
    assert ([hit.pack for hit in then.hits], then.replay.same) == (["demo-bikes@1"], True)
    assert ([hit.pack for hit in now.hits], now.replay.same) == (["demo-bikes@2"], True)
    assert "demo-bikes@1" in then.packs
    assert "demo-bikes@1" not in now.packs


def test_a_pulled_pack_can_still_be_replayed_after_closing(tmp_path: Path) -> None:
    with office(tmp_path / "desk") as desk:
        activated(desk, pack_file(tmp_path))
        no = desk.post(1, OFFER)
        desk.mod.pull_pack("demo-bikes")
    packs_files._PACKS.forget()
    packs_files._SCREENERS.forget()
    with opened(tmp_path / "desk") as desk:
        found = desk.mod.why(no)
        assert found.replay.same is True
        assert [hit.rule for hit in found.hits] == ["bike"]


def test_bytes_of_shipped_packs_are_kept_too_so_that_an_update_cannot_rewrite_the_past(desk: Office) -> None:
    no = desk.post(1, "加微信 abc12345")
    [hit] = [each for each in desk.mod.why(no).hits if each.category == "contact"][:1]
    name = f"pack:{next(h for p, _, h in desk.events('packs.loaded')[0]['packs'] if p == 'modstation-contact')}"
    assert desk.sql("SELECT count(*) FROM secret WHERE name = ?", name) == [(1,)]
    assert hit.approved_by == ()


def test_as_it_stood_at_an_earlier_moment(tmp_path: Path) -> None:
    clock = HandClock()
    with office(tmp_path / "desk", clock) as desk:
        activated(desk, pack_file(tmp_path))
        no = desk.post(1, OFFER)
        before = to_ms(clock.moment)
        clock.move(3600)
        desk.pull(
            revision(1, "edited: nothing to see", fetched=clock.moment),
            flag(1, 2, reporter="12", at=clock.moment, fetched=clock.moment),
        )
        now, then = desk.mod.why(no), desk.mod.why(no, before)
        assert (len(now.hits), len(now.flags)) == (0, 2)
        assert (len(then.hits), len(then.flags)) == (1, 1)
        assert then.replay.same is True
        assert [each.what for each in now.moments].count("report") == 2
        assert [each.at for each in now.moments] == sorted(each.at for each in now.moments)


def test_a_record_that_differs_from_its_replay_is_told(desk: Office, tmp_path: Path) -> None:
    """The packs of the day are looked up by the journal, so a set that says another thing than the marks is seen."""
    activated(desk, pack_file(tmp_path))
    no = desk.post(1, OFFER)
    with desk.first.shared.store.reading() as reader:
        sealed = reader.db.execute("SELECT blob FROM observation WHERE item = ? AND id = (SELECT obs FROM item)", (no,))
        blob = sealed.fetchone()[0]
        text = reader.texts([blob])[blob]
    assert isinstance(text, dict)
    assert [mark[3] for mark in text["marks"]] == ["bike"]
    from modstation.desk.records import Seen, read_item, revision_of
    from modstation.desk.why import _replay

    with desk.first.shared.store.reading() as reader:
        seen = read_item(reader, no).current
        assert seen is not None
        other = Seen(seen.obs, seen.hash, seen.meta, {**text, "marks": []})
        found = _replay(
            reader, other, revision_of(ItemKey.parse(f"{FORUM}/post/1"), seen), desk.events("packs.loaded")[-1]["packs"]
        )
    assert (found.same, found.gained, found.lost) == (False, 1, 0)


@pytest.mark.promise(3)
def test_what_was_erased_is_said_and_not_guessed(desk: Office, tmp_path: Path) -> None:
    activated(desk, pack_file(tmp_path))
    no = desk.post(1, OFFER)
    [(blob,)] = desk.sql(
        "SELECT blob FROM observation WHERE item = ? AND id = (SELECT obs FROM item WHERE no = ?)", no, no
    )
    with desk.first.shared.store.writing() as tx:
        tx.keys.execute("DELETE FROM data_key WHERE id = ?", (blob,))
    found = desk.mod.why(no)
    assert (found.hits, found.replay.same) == ((), None)
    assert "erased" in found.replay.words


def test_a_pack_that_is_no_longer_kept_is_said_too(desk: Office, tmp_path: Path) -> None:
    view = activated(desk, pack_file(tmp_path))
    no = desk.post(1, OFFER)
    desk.mod.pull_pack("demo-bikes")
    with desk.first.shared.store.writing() as tx:
        tx.db.execute("DELETE FROM secret WHERE name = ?", (f"pack:{view.hash}",))
    packs_files._PACKS.forget()
    packs_files._SCREENERS.forget()
    found = desk.mod.why(no)
    assert found.replay.same is None
    assert "not kept here" in found.replay.words
    assert [(hit.rule, hit.severity) for hit in found.hits] == [("bike", 0)], "the record still tells what matched"


def test_a_reading_from_before_any_pack_says_so(desk: Office) -> None:
    from modstation.desk.workplace import NoScreen

    work = desk.first.work
    screen, work.screen = work.screen, NoScreen()
    no = desk.post(1, OFFER)
    work.screen = screen
    assert desk.mod.why(no).replay.same is None


@given(body=texts)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_replay_gives_the_record_for_any_text(desk: Office, body: str) -> None:
    target = 1000 + len(desk.sql("SELECT 1 FROM item_key"))
    no = desk.post(target, body)
    found = desk.mod.why(no)
    assert found.replay.same in ((True,) if body else (True, None))
    texts_of = {
        "body": body,
        "title": desk.mod.item(no).revision.title,
        "nickname": desk.mod.item(no).revision.author.name,
    }
    for hit in found.hits:
        if hit.scope in texts_of:
            assert hit.surface == texts_of[hit.scope][hit.start : hit.end]
