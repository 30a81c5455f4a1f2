"""`modstation screen --jsonl` and `modstation packs`: the contract for pipes, with real processes where it matters."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from modstation.screening import jsonl, packs_cli

RUN = """
import sys
from modstation.screening.jsonl import main
sys.exit(main(sys.argv[1:], sys.stdin, sys.stdout, sys.stderr)"""


def lexicon(folder: Path, text: str = "term,lang\ncasino,en\n口交,zh\n") -> Path:
    path = folder / "terms.csv"
    path.write_text(text, "utf-8")
    return path


def screen(lines: str, *arguments: str) -> tuple[int, list[dict[str, object]], str]:
    out, err = io.StringIO(), io.StringIO()
    status = jsonl.main(["--jsonl", *arguments], io.StringIO(lines), out, err)
    return status, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def marks(answer: dict[str, object]) -> list[tuple[str, int, int]]:
    hits = answer["hits"]
    assert isinstance(hits, list)
    return [(hit["term"], hit["start"], hit["end"]) for hit in hits]


def test_the_worked_example_of_the_contract(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": "来 c\u200bas1no 玩"},
        {"id": "b", "text": "出口交易会下周开幕"},
        {"id": "c", "text": "😀😀 CASINO", "more": [1]},
    ]
    status, answers, _ = screen("".join(json.dumps(x) + "\n" for x in rows), "--lexicon", str(lexicon(tmp_path)))
    assert status == 0
    assert [x["id"] for x in answers] == ["a", "b", "c"]
    assert [marks(x) for x in answers] == [[("casino", 2, 9)], [], [("casino", 3, 9)]]


@pytest.mark.parametrize(
    "bad", ["", "xx", "[]", "1", "null", '{"id": 1, "text": "x"}', '{"id": "x"}', "[" * 5000, '{"id":"a","text":null}']
)
def test_a_line_that_is_no_object_is_answered_in_its_place_and_the_run_goes_on(tmp_path: Path, bad: str) -> None:
    lines = '{"id":"1","text":"casino"}\n' + bad + '\n{"id":"2","text":"x"}\n'
    status, answers, _ = screen(lines, "--lexicon", str(lexicon(tmp_path)))
    assert status == 3
    assert [x["id"] for x in answers] == ["1", None, "2"]
    assert answers[1]["line"] == 2
    assert answers[1]["error"]


@pytest.mark.parametrize(
    "arguments",
    [["--lexicon", "nowhere.csv"], ["--wrong"], ["--tiers", "sideways"], ["--pack", "nowhere.toml"]],
)
def test_bad_arguments_print_nothing_to_stdout_and_end_with_two(arguments: list[str]) -> None:
    status, answers, said = screen('{"id":"1","text":"casino"}\n', *arguments)
    assert (status, answers) == (2, [])
    assert said


def test_a_lexicon_in_another_encoding_or_without_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_bytes("term,lang\n赌博,zh\n".encode("gb18030"))
    assert "l.csv:2: not UTF-8" in screen("", "--lexicon", str(path))[2]
    path.write_text("word\nx\n", "utf-8")
    assert "l.csv:1: the header" in screen("", "--lexicon", str(path))[2]


def test_tiers_can_be_narrowed(tmp_path: Path) -> None:
    lines = '{"id":"1","text":"casino"}\n{"id":"2","text":"c4sino"}\n'
    _, answers, _ = screen(lines, "--lexicon", str(lexicon(tmp_path)), "--tiers", "exact,folded")
    assert [len(marks(x)) for x in answers] == [1, 0]


def test_without_a_lexicon_the_packs_that_ship_are_used() -> None:
    _, [answer], _ = screen('{"id":"1","text":"稳赚不赔"}\n')
    [hit] = answer["hits"]  # type: ignore[misc]
    assert (hit["term"], hit["rule"], hit["pack"], hit["tier"]) == ("稳赚不赔", "scam-zh", "modstation-scam", "exact")  # type: ignore[index]


def test_lone_surrogates_come_through_as_escapes(tmp_path: Path) -> None:
    line = '{"id":"\\ud800","text":"\\udc00 casino \\ud83d"}\n'
    status, [answer], _ = screen(line, "--lexicon", str(lexicon(tmp_path)))
    assert (status, answer["id"], marks(answer)) == (0, "\ud800", [("casino", 2, 8)])


def test_the_process_writes_utf8_the_same_twice_and_imports_no_qt(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"id": str(n), "text": f"第{n} c a s i n o 口交 😀"}) + "\n" for n in range(3000))
    command = [
        sys.executable,
        "-c",
        RUN + ' if "PySide6" not in sys.modules else 9)',
        "--jsonl",
        "--lexicon",
        str(lexicon(tmp_path)),
    ]
    first, second = (subprocess.run(command, input=lines.encode(), capture_output=True, check=True) for _ in range(2))
    assert first.stdout == second.stdout
    assert first.stdout.decode().count("\n") == 3000
    assert first.stderr == b""


def test_a_pipe_that_closes_early_leaves_no_traceback(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"id": str(n), "text": "casino " * 20}) + "\n" for n in range(20_000))
    (tmp_path / "in.jsonl").write_text(lines, "utf-8")
    with (tmp_path / "in.jsonl").open("rb") as source:
        run = subprocess.Popen(
            [sys.executable, "-c", RUN + ")", "--jsonl", "--lexicon", str(lexicon(tmp_path))],
            stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        said = run.stderr.read()
        run.stderr.close()
        run.wait()
    assert b"Traceback" not in said
    assert b"Exception" not in said


def test_a_line_of_five_megabytes_is_one_line(tmp_path: Path) -> None:
    text = "好 word " * 700_000 + "casino"
    status, [answer], _ = screen(json.dumps({"id": "x", "text": text}) + "\n", "--lexicon", str(lexicon(tmp_path)))
    assert (status, marks(answer)) == (0, [("casino", len(text) - 6, len(text))])


def pack(folder: Path, examples: str = 'hit = ["a casino"], miss = ["x"]') -> Path:
    path = folder / "p.toml"
    path.write_text(
        '[pack]\nid="p"\nversion="1"\nsource="s"\nlicence="l"\nauthor="a"\n[categories]\nc = 1\n'
        f'[[rule]]\nid="r"\ncategory="c"\nany=["casino"]\nexamples={{ {examples} }}\n',
        "utf-8",
    )
    return path


def packs(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return packs_cli.main(arguments, out, err), out.getvalue(), err.getvalue()


def test_a_pack_file_serves_the_pipe_as_well(tmp_path: Path) -> None:
    _, [answer], _ = screen('{"id":"1","text":"C a s i n o"}\n', "--pack", str(pack(tmp_path)))
    assert marks(answer) == [("casino", 0, 11)]


def test_packs_lint_and_test_say_what_is_wrong_and_end_with_one(tmp_path: Path) -> None:
    good = pack(tmp_path)
    assert packs("lint", str(good)) == (0, f"{good}: ok\n", "")
    bad = pack(tmp_path, 'hit = ["a garden"], miss = ["x"]')
    assert packs("lint", str(bad))[0] == 0
    status, said, _ = packs("test", str(bad))
    assert status == 1
    assert f"{bad}:9: error: example of r is not hit: 'a garden'" in said
    assert f"{bad}: not usable" in said


def test_packs_rehearse_prints_the_report(tmp_path: Path) -> None:
    past = tmp_path / "items.jsonl"
    past.write_text(
        '{"id":"a","text":"casino","violation":false}\n\n{"id":"b","title":"CASINO","violation":true}\n', "utf-8"
    )
    status, said, progress = packs("rehearse", str(pack(tmp_path)), "--items", str(past))
    assert status == 0
    assert "hit: 2 (1000.0 in 1,000)" in said
    assert "would-be false alarms: 1\n  a\n" in said
    assert "confirmed by past decisions: 1" in said
    assert "2 of 2" in progress


@pytest.mark.parametrize("content", ["[]\n", "xx\n"])
def test_packs_rehearse_names_the_line_that_is_no_item(tmp_path: Path, content: str) -> None:
    past = tmp_path / "items.jsonl"
    past.write_text('{"id":"a","text":"x"}\n' + content, "utf-8")
    status, said, why = packs("rehearse", str(pack(tmp_path)), "--items", str(past))
    assert (status, said) == (2, "")
    assert "items.jsonl:2: no item" in why


def test_packs_without_a_command_is_a_mistake() -> None:
    assert packs("nothing")[0] == 2
