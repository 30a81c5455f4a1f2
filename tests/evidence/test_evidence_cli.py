"""The commands: case, evidence export, stamp, fingerprint, as somebody types them and as a program reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.desk.desk_parts import CHEAP, PASSPHRASE, office
from tests.evidence.evidence_parts import decided, faults, run_alone
from tests.evidence.tsa_parts import make_tsa, serving
from tests.store.store_parts import HandClock, case

from modstation.bootstrap import Parts
from modstation.cli import main
from modstation.evidence.authorities import FILE
from modstation.evidence.plain import read_zip

PARTS = Parts(clock=HandClock(), cost=CHEAP, hold_seconds=10)


class Line:
    """A command line on one desk, as one person."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], person: str = "demo-com") -> None:
        self.folder, self.capsys, self.person = folder, capsys, person

    def run(self, *words: str | Path) -> tuple[int, str, str]:
        code = main([*map(str, words), "--desk", str(self.folder), "--as", self.person], PARTS)
        out, err = self.capsys.readouterr()
        return code, out, err

    def json(self, *words: str | Path) -> Any:
        code, out, err = self.run(*words, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setenv("MODSTATION_PASSPHRASE", PASSPHRASE)
    with office(tmp_path / "desk") as made:
        decided(made)
    return Line(tmp_path / "desk", capsys)


def test_export_writes_a_bundle_that_verifies_with_the_fingerprint_it_prints(line: Line, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    told = line.json("evidence", "export", case(1), "--out", out, "--for", "court")
    data = out.read_bytes()
    assert told["bytes"] == len(data)
    assert told["audience"] == "court"
    assert told["stamps"] == []
    assert told["desk_fingerprint"] == line.json("evidence", "fingerprint")["desk_fingerprint"]
    assert run_alone(tmp_path, data, "--trust", told["desk_fingerprint"]).code == 0


def test_without_a_word_the_bundle_is_for_an_authority_and_names_no_reporter(line: Line, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    code, shown, _ = line.run("evidence", "export", case(1), "--out", out)
    assert code == 0
    assert "No authority stamped it" in shown
    assert json.loads(read_zip(out.read_bytes())["manifest.json"])["audience"] == "authority"
    assert b"demo_reporter" not in b"".join(read_zip(out.read_bytes()).values())


def test_case_shows_what_happened(line: Line) -> None:
    value = line.json("case", case(1))
    assert value["item"] == "riverside/post/1"
    assert [each["kind"] for each in value["timeline"]] == ["item.captured", "item.claimed", "decision.made"]
    assert value["decisions"][0]["by"] == "demo-mod"
    code, shown, _ = line.run("case", "riverside/post/1")
    assert code == 0
    assert "cheap tickets, write to my channel" in shown
    assert "decision.made  demo-mod" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("case", "MS-AAAAA-AAAAA"), "There is no item"),
        (("evidence", "export", "MS-AAAAA-AAAAA", "--out", "x.zip"), "There is no item"),
        (("evidence", "stamp", "missing.zip"), "cannot be read"),
    ],
)
def test_what_is_not_there_is_refused_with_a_sentence(line: Line, words: tuple[str, ...], said: str) -> None:
    code, out, err = line.run(*words)
    assert (code, out) == (1, "")
    assert said in err


def test_evidence_is_never_written_over_nor_into_nowhere(line: Line, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    out.write_bytes(b"earlier evidence")
    assert "never written over" in line.run("evidence", "export", case(1), "--out", out)[2]
    assert out.read_bytes() == b"earlier evidence"
    assert "does not exist" in line.run("evidence", "export", case(1), "--out", tmp_path / "no" / "x.zip")[2]


def test_wrong_usage_ends_with_two(line: Line) -> None:
    for words in (("evidence",), ("evidence", "export", "X"), ("case",)):
        assert main(list(words), PARTS) == 2
        line.capsys.readouterr()


def configure(folder: Path, *entries: tuple[str, str, Path]) -> None:
    text = "".join(f'[[authority]]\nname = "{n}"\nurl = "{u}"\ncertificates = "{c}"\n' for n, u, c in entries)
    (folder / FILE).write_text(text)


def test_configured_authorities_stamp_it_and_a_late_one_later(line: Line, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    with serving(make_tsa(tmp_path / "a")) as one, serving(make_tsa(tmp_path / "b", name="Second")) as two:
        two.behaviour = "broken"
        configure(line.folder, ("One", one.url, one.root_file), ("Two", two.url, two.root_file))
        told = line.json("evidence", "export", case(1), "--out", out)
        assert [each["state"] for each in told["stamps"]] == ["granted", "queued"]
        code, shown, err = line.run("evidence", "stamp", out)
        assert (code, "1 of 2 time stamps are still missing" in err) == (1, True)
        assert "Two: queued: No usable answer came" in shown
        two.behaviour = "honest"
        again = line.json("evidence", "stamp", out)
        assert [each["state"] for each in again["stamps"]] == ["granted", "granted"]
        assert one.asked == 1
    assert faults(out.read_bytes()) == []


def test_nobody_is_asked_where_that_is_wanted(line: Line, tmp_path: Path) -> None:
    with serving(make_tsa(tmp_path / "a")) as tsa:
        configure(line.folder, ("One", tsa.url, tsa.root_file))
        told = line.json("evidence", "export", case(1), "--out", tmp_path / "x.zip", "--no-stamp")
        assert (told["stamps"], tsa.asked) == ([], 0)


def test_stamping_needs_an_authority(line: Line, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    line.json("evidence", "export", case(1), "--out", out)
    code, _, err = line.run("evidence", "stamp", out)
    assert code == 1
    assert "No time stamp authority is configured" in err


def test_a_broken_file_of_authorities_stops_the_export_before_anything_is_noted(line: Line, tmp_path: Path) -> None:
    (line.folder / FILE).write_text("[[authority")
    assert line.run("evidence", "export", case(1), "--out", tmp_path / "x.zip")[0] == 1
    assert not (tmp_path / "x.zip").exists()
    (line.folder / FILE).unlink()
    assert line.json("case", case(1))["notes"] == []


@pytest.mark.promise(3)
def test_a_restored_desk_proves_the_rows_of_its_earlier_life(
    line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert line.run("backup", tmp_path / "b.msb")[0] == 0
    restored = Line(tmp_path / "restored", capsys)
    assert restored.run("restore", tmp_path / "b.msb")[0] == 0
    told = restored.json("evidence", "export", case(1), "--out", tmp_path / "r.zip", "--for", "court")
    data = (tmp_path / "r.zip").read_bytes()
    manifest = json.loads(read_zip(data)["manifest.json"])
    assert len(manifest["journal"]) == 2
    assert told["desk_fingerprint"] != line.json("evidence", "fingerprint")["desk_fingerprint"]
    assert run_alone(tmp_path, data, "--trust", told["desk_fingerprint"]).code == 0
