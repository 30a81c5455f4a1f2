"""Screening from the command line, over a real desk: the life of a pack, reasons, and what was learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.desk.desk_parts import PASSPHRASE, office, opened
from tests.desk.pack_parts import pack_file
from tests.store.store_parts import FORUM

from modstation.bootstrap import Parts
from modstation.cli.main import main
from modstation.cli.screening import concerns_a_desk

OFFER = "I sell a f0lding bicycle today\x1b[2J"


class Line:
    """A command line at one desk; each command opens the desk as a person and closes it again."""

    def __init__(self, folder: Path, parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.parts, self.capsys = folder, parts, capsys
        self.told = ""
        self.err = ""

    def run(self, who: str, *words: str) -> int:
        code = main([*words, "--desk", str(self.folder), "--as", who], self.parts)
        self.told, self.err = self.capsys.readouterr()
        return code

    def json(self, who: str, *words: str) -> Any:
        assert self.run(who, *words, "--json") == 0, self.err
        return json.loads(self.told)


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setenv("MODSTATION_PASSPHRASE", PASSPHRASE)
    with office(tmp_path / "desk") as desk:
        desk.post(1, OFFER)
        parts = desk.parts
    return Line(tmp_path / "desk", parts, capsys)


def test_the_life_of_a_pack(line: Line, tmp_path: Path) -> None:
    path = str(pack_file(tmp_path))
    assert line.json("demo-mod", "packs", "add", path)["state"] == "draft"
    made = line.json("demo-mod", "packs", "rehearse", "demo-bikes")
    assert (made["items"], made["hit_items"], made["by_tier"]) == (1, 1, {"leet": 1})
    assert line.json("demo-sup", "packs", "show", "demo-bikes") == made
    assert line.run("demo-mod", "packs", "approve", "demo-bikes") == 1
    assert "demo-mod" in line.err, "the refusal says who may not"
    assert line.json("demo-sup", "packs", "approve", "demo-bikes", "--reason", "fine")["state"] == "active"
    listed = {each["pack"]: each["state"] for each in line.json("demo-com", "packs", "list")}
    assert listed["demo-bikes"] == "active"
    assert line.json("demo-com", "packs", "pull", "demo-bikes", "--reason", "harm")["pulled_by"] == "demo-com"
    assert line.json("demo-com", "packs", "retire", "demo-bikes")["state"] == "retired"


def test_in_words_for_people(line: Line, tmp_path: Path) -> None:
    assert line.run("demo-mod", "packs", "add", str(pack_file(tmp_path))) == 0
    assert "demo-bikes@1 is draft" in line.told
    assert line.run("demo-mod", "packs", "rehearse", "demo-bikes") == 0
    assert "demo-bikes@1 against nothing active" in line.told
    assert "1 of 1" in line.err, "progress goes to standard error"
    assert line.run("demo-mod", "packs", "list") == 0
    assert "rehearsed" in line.told
    assert "modstation-spam" in line.told


def test_why_an_item_is_here(line: Line) -> None:
    found = line.json("demo-mod", "why", f"{FORUM}/post/1")
    assert found["item"] == f"{FORUM}/post/1"
    assert found["flags"][0]["reporter"] == "11"
    assert "name" not in found["flags"][0], "reporters by account number only"
    assert found["replay"]["same"] is True
    assert found["cluster"] == {"id": 0, "size": 1, "differ": 0, "members": [{"no": 1, "alike": 100.0, "seen": False}]}
    assert line.run("demo-mod", "why", "1") == 0
    assert "\x1b" not in line.told, "content cannot drive a terminal"
    assert "1 of 1 by deadline" in line.told


def test_what_was_learned(line: Line) -> None:
    state = line.json("demo-mod", "learned")
    assert (state["on"], state["trained"], state["false_alarms"]) == (True, 0, [])
    assert line.run("demo-mod", "learned", "--train") == 1
    assert "too few decisions" in line.err
    assert line.run("demo-mod", "setting", "learned_order", "off") == 0
    assert line.run("demo-mod", "learned") == 0
    assert "The learned order is off." in line.told
    assert line.run("demo-mod", "queue", "--sort", "learned") == 0


def test_a_bad_file_is_told_and_nothing_changes(line: Line, tmp_path: Path) -> None:
    path = pack_file(tmp_path)
    path.write_text(path.read_text("utf-8").replace("[categories]", "[categories"), "utf-8")
    assert line.run("demo-mod", "packs", "add", str(path)) == 1
    assert "demo-bikes-1.toml:" in line.err
    assert line.run("demo-mod", "packs", "rehearse", "demo-bikes") == 1
    assert "no rule pack" in line.err


@pytest.mark.parametrize(
    ("words", "desk"),
    [
        (["list"], True), (["add", "x.toml"], True), (["approve", "x"], True), (["pull", "x"], True),
        (["rehearse", "x"], True), (["rehearse", "x.toml", "--items", "y.jsonl"], False),
        (["lint", "x.toml"], False), (["test", "x.toml"], False), ([], False),
    ],
)  # fmt: skip
def test_which_packs_commands_are_about_a_desk(words: list[str], desk: bool) -> None:
    assert concerns_a_desk(words) is desk


def test_files_are_checked_without_any_desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "test", str(pack_file(tmp_path))]) == 0
    assert "ok" in capsys.readouterr().out


def test_an_office_of_the_window_sees_what_the_line_did(line: Line, tmp_path: Path) -> None:
    assert line.run("demo-mod", "packs", "add", str(pack_file(tmp_path))) == 0
    with opened(line.folder) as desk:
        assert [view.author for view in desk.mod.packs() if view.pack == "demo-bikes"] == ["demo-mod"]
