"""Every house rule is shown red on a tree that breaks it, and silent on one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools import check_house
from tools.check_code import Finding

CLEAN = {
    "src/modstation/__init__.py": '"""The package."""\n',
    "src/modstation/part.py": '"""A part."""\ndef add(a: int, b: int) -> int:\n    """The sum."""\n    return a + b\n',
    "tests/test_part.py": "from modstation.part import add\n\n\ndef test_add() -> None:\n    assert add(1, 2) == 3\n",
    "README.md": "# A project\n\nIts desk lies in `~/.local/share`.\n",
}


def lay(root: Path, files: dict[str, str]) -> Path:
    """Write the clean tree with some files changed or added."""
    for name, text in {**CLEAN, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def found(root: Path, files: dict[str, str]) -> list[Finding]:
    """What the checks find in the clean tree with these changes."""
    return check_house.check(lay(root, files))


def source(body: str) -> str:
    """A documented module with this code."""
    return f'"""A module."""\n{body}'


def test_a_clean_tree_has_no_findings(tmp_path: Path) -> None:
    assert found(tmp_path, {}) == []


def test_the_exit_code_says_whether_anything_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_house.main([str(lay(tmp_path, {}))]) == 0
    assert "nothing found" in capsys.readouterr().out
    lay(tmp_path, {"tests/test_more.py": "def test_it() -> None:\n    assert True\n"})
    assert check_house.main([str(tmp_path)]) == 1
    assert "tests/test_more.py:2: empty-assert" in capsys.readouterr().out


def split(*parts: str) -> str:
    """Words that may not stand in one piece in this project, not even in its tests."""
    return "".join(parts)


@pytest.mark.parametrize(
    "line",
    [
        split("/", "work/main"),
        split("see `/", "root`"),
        split("open('/", "tmp/desk.db')"),
        split("cp a /", "home/anna/desk"),
    ],
)
def test_paths_of_one_machine_are_found_anywhere(tmp_path: Path, line: str) -> None:
    assert [(f.rule, f.line) for f in found(tmp_path, {"docs/guide.md": f"first\n{line}\n"})] == [("machine-path", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "https://forum.example/root/of/it",
        "a/tmp/b and ~/work/desk",
        "GET /api/v3/flags/work",
        "the /workings of it",
        "file:///tmp/x is kept as text",
    ],
)
def test_what_only_looks_like_a_path_of_one_machine_is_not(tmp_path: Path, line: str) -> None:
    assert found(tmp_path, {"docs/guide.md": line}) == []


@pytest.mark.parametrize("host", [split("py", "pi.org"), split("registry.np", "mjs.org"), split("deb.deb", "ian.org")])
def test_addresses_of_registries_are_found(tmp_path: Path, host: str) -> None:
    assert [f.rule for f in found(tmp_path, {"Makefile": f"x:\n\tget https://{host}/x\n"})] == ["registry-host"]


@pytest.mark.parametrize(
    "line",
    [
        split("-----BEGIN ", "PRIVATE KEY-----"),
        split("-----BEGIN OPENSSH ", "PRIVATE KEY-----"),
        split("AKIA", "ABCDEFGHIJKLMNOP"),
        split("gh", "p_", "a" * 40),
    ],
)
def test_secrets_are_found(tmp_path: Path, line: str) -> None:
    assert [f.rule for f in found(tmp_path, {"src/modstation/resources/x.txt": line})] == ["secret"]


@pytest.mark.parametrize("word", [split("TO", "DO"), split("FIX", "ME"), split("XX", "X"), split("HA", "CK")])
def test_words_for_unfinished_work_are_found(tmp_path: Path, word: str) -> None:
    files = {"src/modstation/more.py": source(f"# {word}: later\n")}
    assert [(f.rule, f.line) for f in found(tmp_path, files)] == [("left-open", 2)]
    assert found(tmp_path, {"src/modstation/more.py": source(f"SPAM = 'cheap {word} tickets'\n")}) == []


def test_a_function_that_raises_not_done_is_found(tmp_path: Path) -> None:
    body = f'def later() -> None:\n    """Later."""\n    raise {split("NotImplemented", "Error")}\n'
    assert [f.rule for f in found(tmp_path, {"src/modstation/more.py": source(body)})] == ["left-open"]


@pytest.mark.parametrize("escape", [split("# type", ": ignore"), split("# no", "qa")])
def test_switching_off_all_checks_of_a_line_is_found(tmp_path: Path, escape: str) -> None:
    files = {"src/modstation/more.py": source(f"A: int = 1  {escape}\n")}
    assert [f.rule for f in found(tmp_path, files)] == ["bare-escape"]
    files = {"src/modstation/more.py": source("A: int = 1  # type: ignore[misc]\nB = 2  # noqa: E501\n")}
    assert found(tmp_path, files) == []


def test_a_file_may_have_450_lines_and_not_one_more(tmp_path: Path) -> None:
    lines = check_house.LONGEST_FILE - 1
    assert found(tmp_path, {"src/modstation/long.py": source("A = 1\n" * lines)}) == []
    assert [f.rule for f in found(tmp_path, {"src/modstation/long.py": source("A = 1\n" * (lines + 1))})] == [
        "file-length"
    ]


@pytest.mark.parametrize("folder", ["src/modstation", "tests", "tools", "benchmarks"])
def test_a_function_may_have_50_lines_and_not_one_more(tmp_path: Path, folder: str) -> None:
    short = "".join(f'def short{n}() -> None:\n    """Act."""\n' for n in range(3))

    def module(lines: int) -> str:
        return source(short + 'def act() -> None:\n    """Act."""\n' + "    print()\n" * (lines - 2))

    assert found(tmp_path, {f"{folder}/long.py": module(check_house.LONGEST_FUNCTION)}) == []
    findings = found(tmp_path, {f"{folder}/long.py": module(check_house.LONGEST_FUNCTION + 1)})
    assert [f.rule for f in findings] == ["function-length"]
    assert "act has 51 lines" in findings[0].text


def test_undocumented_public_things_are_named_once_too_many(tmp_path: Path) -> None:
    body = (
        "class Desk:\n    def decide(self) -> None:\n        print()\n    def _inner(self) -> None:\n        print()\n"
    )
    findings = found(tmp_path, {"src/modstation/more.py": source(body)})
    assert [(f.rule, f.text.split()[0]) for f in findings] == [
        ("undocumented", "Desk"),
        ("undocumented", "Desk.decide"),
    ]


def test_functions_without_types_are_found(tmp_path: Path) -> None:
    body = 'def act(a) -> None:\n    """Act."""\n    print(a)\n'
    assert [f.rule for f in found(tmp_path, {"src/modstation/more.py": source(body)})] == ["untyped"]


def test_a_tree_of_long_functions_is_found(tmp_path: Path) -> None:
    long = "".join(f'def act{n}() -> None:\n    """Act."""\n' + "    print()\n" * 6 for n in range(3))
    assert [f.rule for f in found(tmp_path, {"src/modstation/more.py": source(long)})] == ["median-function"]


def test_modules_that_import_each_other_are_found_even_inside_functions(tmp_path: Path) -> None:
    files = {
        "src/modstation/one.py": source("from modstation import two\n\nA = two\n"),
        "src/modstation/two.py": source('def f() -> None:\n    """Late."""\n    import modstation.one\n'),
    }
    findings = found(tmp_path, files)
    assert [(f.rule, f.text) for f in findings] == [("import-ring", "modstation.one <-> modstation.two")]


def test_exceptions_are_for_one_file_and_one_rule_and_still_needed(tmp_path: Path, project_root: Path) -> None:
    for (name, rule), why in check_house.ALLOWED.items():
        assert why
        text = (project_root / name).read_text()
        assert rule in {finding.rule for finding in check_house.check_code(Path(name), text)}
        files = {name: source("import pickle\n"), "src/modstation/more.py": source("import pickle\n")}
        assert [f.path.name for f in found(tmp_path, files)] == ["more.py"]
