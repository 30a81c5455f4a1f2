"""The life of a pack, its rehearsal, and replay with the pack of that day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.models.errors import NotAllowed
from modstation.screening import ScanInput, Screener, load_pack
from modstation.screening.lifecycle import PackLife, PackState
from modstation.screening.rehearse import PastItem, rehearse

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LIFE = PackLife("p", "1", "abc", "author")
TEXTS = ["a casino", "c a s i n o", "a garden", "CASINO bonus", "赌博网站", "今天天气", "casino", "cards"]


def pack_file(folder: Path, terms: str, version: str = "1") -> Path:
    path = folder / f"pack{version}.toml"
    path.write_text(
        f"""[pack]
id = "p"
version = "{version}"
source = "s"
licence = "l"
author = "a"
[categories]
c = 2
[[rule]]
id = "r"
category = "c"
any = [{terms}]
examples = {{ hit = ["a casino"], miss = ["x"] }}
[[rule]]
id = "never"
category = "c"
any = ["qqqqzz"]
examples = {{ hit = ["qqqqzz"], miss = ["x"] }}
""",
        "utf-8",
    )
    return path


def test_a_pack_goes_from_draft_to_active_only_through_rehearsal_and_another_person() -> None:
    life = LIFE.rehearsed("report-1").approve("second").activate("abc", NOW)
    assert (life.state, life.approved_by, life.rehearsal) == (PackState.ACTIVE, ("second",), "report-1")
    assert life.retire().state is PackState.RETIRED


@pytest.mark.promise(6)
def test_nobody_approves_their_own_pack() -> None:
    with pytest.raises(NotAllowed, match="author"):
        LIFE.rehearsed("r").approve("author")


@pytest.mark.promise(12)
def test_an_emergency_pack_needs_two_different_people_beside_its_author() -> None:
    life = replace(LIFE, emergency=True, valid_until="2026-11-28T00:00:00+00:00").rehearsed("r").approve("one")
    assert life.state is PackState.REHEARSED
    with pytest.raises(NotAllowed, match="already"):
        life.approve("one")
    assert life.approve("two").activate("abc", NOW).state is PackState.ACTIVE


@pytest.mark.promise(12)
def test_a_pack_whose_time_is_over_is_not_activated() -> None:
    life = replace(LIFE, valid_until="2026-11-25T12:00:00+00:00").rehearsed("r").approve("b")
    assert life.ended(NOW)
    with pytest.raises(NotAllowed, match="ended"):
        life.activate("abc", NOW)


def test_changed_bytes_are_not_what_was_approved() -> None:
    with pytest.raises(NotAllowed, match="changed after it was approved"):
        LIFE.rehearsed("r").approve("b").activate("other", NOW)


def test_one_key_pulls_an_active_pack_and_it_can_only_be_retired_then() -> None:
    pulled = LIFE.rehearsed("r").approve("b").activate("abc", NOW).pull("anybody")
    assert (pulled.state, pulled.pulled_by) == (PackState.PULLED, "anybody")
    with pytest.raises(NotAllowed):
        pulled.activate("abc", NOW)
    assert pulled.retire().state is PackState.RETIRED
    with pytest.raises(NotAllowed):
        pulled.retire().retire()


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["rehearse", "approve", "activate", "pull", "retire"]), st.sampled_from(["author", "b", "c"])
    ),
    max_size=12,
)


@pytest.mark.promise(6)
@given(ACTS, st.booleans())
def test_whatever_people_try_no_pack_is_active_without_rehearsal_and_enough_others(
    acts: list[tuple[str, str]], emergency: bool
) -> None:
    life = replace(LIFE, emergency=emergency)
    for act, person in acts:
        try:
            life = {
                "rehearse": lambda: life.rehearsed("r"),  # noqa: B023
                "approve": lambda: life.approve(person),  # noqa: B023
                "activate": lambda: life.activate("abc", NOW),  # noqa: B023
                "pull": lambda: life.pull(person),  # noqa: B023
                "retire": lambda: life.retire(),  # noqa: B023
            }[act]()
        except NotAllowed:
            continue
        if life.state in (PackState.APPROVED, PackState.ACTIVE):
            assert life.rehearsal
            assert len(set(life.approved_by) - {"author"}) >= life.needs


def items(decided: dict[int, bool] | None = None) -> list[PastItem]:
    return [PastItem(str(n), ScanInput(body=text), (decided or {}).get(n)) for n, text in enumerate(TEXTS)]


def test_rehearsal_says_exactly_what_the_live_engine_then_does(tmp_path: Path) -> None:
    draft = Screener([load_pack(pack_file(tmp_path, '"casino", "赌博"'))])
    report = rehearse(draft, items())
    live = [draft.scan_item(item.texts) for item in items()]
    hits = [hit for one in live for hit in one]
    assert report.hit_items == sum(map(bool, live))
    assert report.per_thousand == 1000 * report.hit_items / len(TEXTS)
    assert dict(report.by_tier) == {tier: sum(h.tier is tier for h in hits) for tier in {h.tier for h in hits}}
    assert dict(report.surfaces) == {s: sum(h.surface == s for h in hits) for s in {h.surface for h in hits}}
    assert report.silent_rules == ("never",)


def test_rehearsal_names_false_alarms_and_the_difference_to_the_active_version(tmp_path: Path) -> None:
    old = Screener([load_pack(pack_file(tmp_path, '"casino", "cards"', "1"))])
    new = Screener([load_pack(pack_file(tmp_path, '"casino", "赌博"', "2"))])
    report = rehearse(new, items({0: False, 3: True, 5: False}), old)
    assert report.false_alarms == ("0",)
    assert report.confirmed == 1
    assert report.gained == ("4",)
    assert report.lost == ("7",)


def test_rehearsal_tells_its_progress_and_stops_when_asked(tmp_path: Path) -> None:
    draft = Screener([load_pack(pack_file(tmp_path, '"casino"'))])
    many = items() * 200
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> bool:
        seen.append((done, total))
        return done < 1000

    report = rehearse(draft, many, progress=progress)
    assert report.cancelled
    assert seen == [(500, 1600), (1000, 1600)]
    assert report.items == 1000
    assert not rehearse(draft, many).cancelled


def test_a_replay_with_the_pack_of_that_day_gives_the_hits_of_that_day(tmp_path: Path) -> None:
    path = pack_file(tmp_path, '"casino"', "1")
    then = load_pack(path)
    hits = Screener([then]).scan(TEXTS)
    kept = path.read_bytes()
    path.write_text(path.read_text("utf-8").replace('"casino"', '"garden"', 1), "utf-8")
    assert load_pack(path).hash != then.hash
    assert Screener([load_pack(path)]).scan(TEXTS) != hits
    again = tmp_path / "old.toml"
    again.write_bytes(kept)
    assert load_pack(again).hash == then.hash
    assert Screener([load_pack(again)]).scan(TEXTS) == hits


def test_the_hash_of_a_pack_covers_its_lists(tmp_path: Path) -> None:
    path = pack_file(tmp_path, '"casino"')
    path.write_text(path.read_text("utf-8").replace("[[rule]]", '[[rule]]\nlist = "l.csv"', 1), "utf-8")
    (tmp_path / "l.csv").write_text("term,lang\nroulette,en\n", "utf-8")
    before = load_pack(path).hash
    (tmp_path / "l.csv").write_text("term,lang\nroulettes,en\n", "utf-8")
    assert load_pack(path).hash != before


def test_the_life_of_a_pack_starts_from_its_bytes(tmp_path: Path) -> None:
    pack = load_pack(pack_file(tmp_path, '"casino"'))
    life = PackLife.of(pack, "author")
    assert (life.hash, life.state, life.needs) == (pack.hash, PackState.DRAFT, 1)
