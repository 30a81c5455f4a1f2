"""The life of a rule pack at a desk: nothing is active that a second person has not seen, and nothing is lost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desk.desk_parts import Office, office, opened
from tests.desk.pack_parts import activated, pack_file
from tests.store.store_parts import FORUM, HandClock

from modstation.desk import packs_files, screens
from modstation.desk.packs_fold import PackRow, fold_packs
from modstation.models.errors import BadInput, DamagedFile, NotAllowed, NotFound
from modstation.models.ids import PersonId
from modstation.models.people import Role
from modstation.store.events import Draft
from modstation.store.rebuild import rebuild

OFFER = "I sell a folding bicycle today"


def rules_on(desk: Office, no: int) -> list[str]:
    return [mark.rule for mark in desk.mod.item(no).marks]


def states(desk: Office, name: str = "demo-bikes") -> list[tuple[str, str]]:
    return [(view.version, view.state) for view in desk.mod.packs() if view.pack == name]


def test_a_desk_begins_with_the_packs_that_ship(desk: Office) -> None:
    views = desk.mod.packs()
    assert {view.pack for view in views} == {f"modstation-{name}" for name in ("contact", "insults", "scam", "spam")}
    assert all(view.shipped and view.state == "active" and view.rules and view.terms for view in views)


def test_from_draft_to_use_and_off_again(desk: Office, tmp_path: Path) -> None:
    view = desk.mod.add_pack(pack_file(tmp_path))
    assert (view.state, view.author, view.may_approve) == ("draft", "demo-mod", ())
    assert rules_on(desk, desk.post(1, OFFER)) == [], "a draft marks nothing"

    made = desk.mod.rehearse_pack("demo-bikes")
    assert (made.report.items, made.report.hit_items) == (1, 1)
    [view] = [each for each in desk.mod.packs() if each.pack == "demo-bikes"]
    assert view.state == "rehearsed"
    assert set(view.may_approve) == {"demo-admin", "demo-sup", "demo-com"}
    assert rules_on(desk, desk.post(2, OFFER)) == []

    assert desk.sup.approve_pack("demo-bikes", "looks right").state == "active"
    assert rules_on(desk, desk.post(3, OFFER)) == ["bike"]

    off = desk.com.pull_pack("demo-bikes", "it marks bicycles of the club")
    assert (off.state, off.pulled_by) == ("pulled", "demo-com")
    assert rules_on(desk, desk.post(4, OFFER)) == []
    assert rules_on(desk, desk.mod.number_of(f"{FORUM}/post/3")) == ["bike"], "what was marked stays marked"
    assert [kind for kind in desk.kinds() if kind.startswith("pack.")] == [
        "pack.drafted", "pack.rehearsed", "pack.approved", "pack.activated", "pack.pulled",
    ]  # fmt: skip
    assert desk.verify().whole


@pytest.mark.promise(6)
def test_the_author_cannot_approve_their_own_pack(desk: Office, tmp_path: Path) -> None:
    view = desk.mod.add_pack(pack_file(tmp_path))
    desk.sup.rehearse_pack(view.hash)
    with pytest.raises(NotAllowed):
        desk.mod.approve_pack(view.hash)
    assert states(desk) == [("1", "rehearsed")]
    assert "pack.approved" not in desk.kinds()


@pytest.mark.promise(6)
def test_a_self_approval_written_past_the_desk_is_found_and_takes_nothing_over(desk: Office, tmp_path: Path) -> None:
    view = desk.mod.add_pack(pack_file(tmp_path))
    desk.mod.rehearse_pack(view.hash)
    work = desk.open("demo-mod").work
    with work.store.writing() as tx:
        tx.append(Draft("pack.approved", "", {"hash": view.hash}), work.pen)
    found = desk.verify()
    assert ["approved what they themselves had proposed" in each.what for each in found.findings] == [True]
    with pytest.raises(DamagedFile, match="by its own author"):
        desk.mod.packs()


def test_a_pack_is_rehearsed_before_it_is_approved(desk: Office, tmp_path: Path) -> None:
    view = desk.mod.add_pack(pack_file(tmp_path))
    with pytest.raises(NotAllowed, match="It is draft"):
        desk.sup.approve_pack(view.hash)
    with pytest.raises(NotAllowed, match="cannot be pulled"):
        desk.sup.pull_pack(view.hash)


def test_a_new_version_takes_the_place_of_the_old_one(desk: Office, tmp_path: Path) -> None:
    activated(desk, pack_file(tmp_path))
    desk.mod.add_pack(pack_file(tmp_path, "cargo bicycle", version="2"))
    assert rules_on(desk, desk.post(1, OFFER)) == ["bike"], "the old version screens until the new one is approved"
    made = desk.mod.rehearse_pack("demo-bikes@2")
    assert (made.against, made.report.gained, made.report.lost) == ("demo-bikes@1", (), ("1",))
    desk.sup.approve_pack("demo-bikes@2")
    assert sorted(states(desk)) == [("1", "retired"), ("2", "active")]
    assert rules_on(desk, desk.post(2, OFFER)) == []
    assert rules_on(desk, desk.post(3, "I sell a cargo bicycle")) == ["bike"]


def test_a_version_of_ones_own_replaces_the_one_that_ships(desk: Office, tmp_path: Path) -> None:
    activated(desk, pack_file(tmp_path, name="modstation-spam", version="own-1"))
    assert sorted(states(desk, "modstation-spam")) == [("2026.11.1", "retired"), ("own-1", "active")]
    desk.mod.pull_pack("modstation-spam")
    assert sorted(states(desk, "modstation-spam")) == [("2026.11.1", "retired"), ("own-1", "pulled")]
    desk.mod.retire_pack("modstation-spam@own-1")
    assert sorted(states(desk, "modstation-spam")) == [("2026.11.1", "active"), ("own-1", "retired")]


def test_a_pack_that_ships_can_be_pulled_too(desk: Office) -> None:
    assert rules_on(desk, desk.post(1, "加微信 abc12345")) != []
    view = desk.mod.pull_pack("modstation-contact")
    assert (view.state, view.pulled_by) == ("pulled", "demo-mod")
    assert rules_on(desk, desk.post(2, "加微信 abc12345")) == []
    with pytest.raises(NotAllowed):
        desk.mod.retire_pack("modstation-contact")


# ---------------------------------------------------------------------------------- emergency packs
def emergency(folder: Path, end: str = "2026-11-26T12:00:00+00:00") -> Path:
    return pack_file(folder, name="demo-flood", head=f'emergency = true\nvalid_until = "{end}"', action="hide")


@pytest.mark.promise(12)
def test_an_emergency_pack_needs_two_others_and_ends_by_itself(tmp_path: Path) -> None:
    clock = HandClock()
    with office(tmp_path / "desk", clock) as desk:
        view = desk.mod.add_pack(emergency(tmp_path))
        assert view.needs == 2
        desk.mod.rehearse_pack(view.hash)
        assert desk.sup.approve_pack(view.hash).state == "rehearsed"
        with pytest.raises(NotAllowed, match="approved this pack already"):
            desk.sup.approve_pack(view.hash)
        assert rules_on(desk, desk.post(1, OFFER)) == []
        assert desk.com.approve_pack(view.hash).state == "active"
        assert rules_on(desk, desk.post(2, OFFER)) == ["bike"]
        clock.move(86_400)
        assert rules_on(desk, desk.post(3, OFFER)) == [], "nobody had to switch it off"


def test_an_emergency_pack_without_an_end_is_not_taken(desk: Office, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="valid_until"):
        desk.mod.add_pack(pack_file(tmp_path, head="emergency = true"))


def test_hiding_is_for_emergency_packs_only(desk: Office, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="hide is for emergency packs only"):
        desk.mod.add_pack(pack_file(tmp_path, action="hide"))


# ---------------------------------------------------------------------------------- bad files
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("sale = 2", "sale = 9"), "severity of sale is not 1 to 4"),
        (('category = "sale"', 'category = "nothing"'), "unknown category"),
        (("[[rule]]", "[[rule"), "not TOML"),
        (('"folding bicycle"', '"x"'), "folds to one letter"),
        (('hit = ["I sell a folding bicycle today"]', 'hit = ["a cat"]'), "is not hit"),
        (('id = "demo-bikes"', 'id = "demo bikes/../x"'), "no id or version"),
    ],
)
def test_a_bad_file_is_told_with_file_and_line_and_changes_nothing(
    desk: Office, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    activated(desk, pack_file(tmp_path, name="demo-old"))
    path = pack_file(tmp_path)
    path.write_text(path.read_text("utf-8").replace(*change), "utf-8")
    before = desk.kinds()
    with pytest.raises(BadInput) as error:
        desk.mod.add_pack(path)
    assert told in str(error.value)
    assert str(tmp_path) not in str(error.value), "the folder is nobody's business"
    assert desk.kinds() == before
    assert rules_on(desk, desk.post(1, OFFER)) == ["bike"], "the active pack stays on"


def test_a_file_that_is_no_text_or_not_there_is_told(desk: Office, tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(b"[pack]\nid = '\xff'\n")
    with pytest.raises(BadInput, match=r"odd\.toml:2: not UTF-8"):
        desk.mod.add_pack(path)
    with pytest.raises(BadInput, match="cannot be read"):
        desk.mod.add_pack(tmp_path / "nowhere.toml")


def test_lists_beside_a_pack_come_along_and_lists_elsewhere_do_not(desk: Office, tmp_path: Path) -> None:
    path = pack_file(tmp_path)
    (tmp_path / "terms.csv").write_text("term,lang\nfolding bicycle,en\n", "utf-8")
    text = path.read_text("utf-8").replace('any = ["folding bicycle"]', 'list = "terms.csv"')
    path.write_text(text, "utf-8")
    view = desk.mod.add_pack(path)
    (tmp_path / "terms.csv").unlink()
    with desk.first.shared.store.reading() as reader:
        assert set(packs_files.stored(reader, view.hash).files) == {path.name, "terms.csv"}
    path.write_text(text.replace("terms.csv", "../terms.csv").replace('version = "1"', 'version = "2"'), "utf-8")
    with pytest.raises(BadInput, match="not beside the pack"):
        desk.mod.add_pack(path)


def test_the_same_version_cannot_become_something_else(desk: Office, tmp_path: Path) -> None:
    desk.mod.add_pack(pack_file(tmp_path))
    with pytest.raises(BadInput, match="is here already"):
        desk.mod.add_pack(pack_file(tmp_path))
    with pytest.raises(BadInput, match="with other content"):
        desk.mod.add_pack(pack_file(tmp_path, "cargo bicycle"))


def test_an_unknown_pack_is_told(desk: Office) -> None:
    for act in (desk.mod.rehearse_pack, desk.mod.approve_pack, desk.mod.pull_pack, desk.mod.pack_rules):
        with pytest.raises(NotFound, match="packs list"):
            act("nothing-like-it")


def test_who_only_reads_may_not_change_packs(desk: Office, tmp_path: Path) -> None:
    added = desk.first.members.add(PersonId("demo-reader"), frozenset({Role.INSPECTOR}))
    desk.open("demo-sup").members.answer(added.proposal, True, "demo")
    work = dataclasses.replace(desk.open("demo-mod").work, person=PersonId("demo-reader"))
    with desk.first.shared.store.reading() as reader:
        assert any(each.id == "demo-reader" for each in work.people(reader.db))
    reader_desk = type(desk.mod)(work)
    with pytest.raises(NotAllowed):
        reader_desk.add_pack(pack_file(tmp_path))
    assert reader_desk.packs(), "looking is allowed"


# ---------------------------------------------------------------------------------- bytes
def test_packs_are_kept_sealed_and_survive_closing(tmp_path: Path) -> None:
    with office(tmp_path / "desk") as desk:
        view = activated(desk, pack_file(tmp_path, "velociped of great rarity"))
    for path in (tmp_path / "desk").glob("*.db*"):
        assert b"velociped" not in path.read_bytes()
        assert not path.read_bytes().startswith(b"SQLite format 3")
    with opened(tmp_path / "desk") as desk:
        assert rules_on(desk, desk.post(1, "a velociped of great rarity")) == ["bike"]
        [rule] = desk.mod.pack_rules(view.hash)
        assert (rule.any_of, rule.severity, rule.misses) == (
            ("velociped of great rarity",), 2, ("a quiet evening by the river",),
        )  # fmt: skip


def test_what_screened_is_written_down_once_for_each_change(desk: Office, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        desk.post(number, OFFER)
    assert desk.kinds().count("packs.loaded") == 1
    activated(desk, pack_file(tmp_path))
    desk.post(4, OFFER)
    desk.post(5, OFFER)
    sets = [[name for name, _, _ in body["packs"]] for body in desk.events("packs.loaded")]
    assert [len(each) for each in sets] == [4, 5]
    assert set(sets[1]) - set(sets[0]) == {"demo-bikes"}
    stored = {name for (name,) in desk.sql("SELECT name FROM secret WHERE name LIKE 'pack:%'")}
    assert stored == {f"pack:{hash_}" for body in desk.events("packs.loaded") for _, _, hash_ in body["packs"]}


def test_bytes_that_are_not_those_of_the_hash_are_refused(desk: Office, tmp_path: Path) -> None:
    one = desk.mod.add_pack(pack_file(tmp_path, "unicycle for hire"))
    other = desk.mod.add_pack(pack_file(tmp_path, "tandem for hire", version="2"))
    with desk.first.shared.store.exclusive() as (db, _):
        db.execute("UPDATE secret SET blob = (SELECT blob FROM secret WHERE name = ?) WHERE name = ?",
                   (f"pack:{one.hash}", f"pack:{other.hash}"))  # fmt: skip
    packs_files._PACKS.forget()
    with pytest.raises(DamagedFile, match="is another one"):
        desk.mod.pack_rules(other.hash)


def test_a_rebuild_changes_nothing_about_packs(desk: Office, tmp_path: Path) -> None:
    activated(desk, pack_file(tmp_path))
    desk.post(1, OFFER)
    before = desk.mod.packs()
    with desk.first.shared.store.exclusive() as (db, _):
        assert rebuild(db, trusted=desk.first.shared.trusted_keys()) > 0
    assert desk.mod.packs() == before


# ---------------------------------------------------------------------------------- the fold
KINDS = ("pack.rehearsed", "pack.approved", "pack.activated", "pack.retired", "pack.pulled")


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(["ann", "ben", "cas"])), max_size=12), st.booleans())
@pytest.mark.promise(6)
def test_whatever_rows_come_nothing_is_active_without_enough_others(acts: list[tuple[str, str]], hard: bool) -> None:
    """In any order and repetition: an active pack was rehearsed and then approved by enough people but its author."""
    body = {"pack": "p", "version": "1", "hash": "h", "emergency": int(hard), "until": 4_000_000_000_000 if hard else 0}
    rows = [PackRow("pack.drafted", "ann", 1, 1, body)]
    rows += [PackRow(kind, who, at, at, {"hash": "h", "pack": "p"}) for at, (kind, who) in enumerate(acts, 2)]
    try:
        card = fold_packs(rows)["h"]
    except DamagedFile:
        assert ("pack.approved", "ann") in acts
        return
    if card.life.state == "active":
        assert len(set(card.life.approved_by) - {"ann"}) >= (2 if hard else 1)
        assert card.rehearsed


def test_the_index_serves_the_question_that_is_asked_before_each_page(desk: Office) -> None:
    plan = desk.sql(f"EXPLAIN QUERY PLAN {screens._NEWEST}")
    assert any("event_desk_matters" in str(row) for row in plan), plan
    assert not any("SCAN event" in str(row) and "INDEX" not in str(row) for row in plan), plan
