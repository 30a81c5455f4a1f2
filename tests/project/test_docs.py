"""The documents cannot go stale: links lead somewhere, commands and keys and codes are the real ones."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from modstation.cli import arguments
from modstation.models import errors
from modstation.models.measures import Measure, OutboxState
from modstation.models.people import Role
from modstation.views import commands

ROOT = Path(__file__).resolve().parents[2]
PAPERS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "installers").rglob("*.md")]
    if path.is_file()
)
GUIDE = ROOT / "docs" / "user-guide"
_LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
_SCREENS = {
    "global": "everywhere",
    "triage": "Triage",
    "outbox": "Outbox",
    "approvals": "Approvals",
    "inbox": "Escalations",
    "aside": "Set aside",
    "mine": "My decisions",
    "people": "People",
    "settings": "Settings",
    "rules": "Rules",
}


def name_of(path: Path) -> str:
    """A file's name within the checkout, for the name of a test."""
    return path.relative_to(ROOT).as_posix()


def anchors(text: str) -> set[str]:
    """The anchors that a page has, made from its headings as forges make them."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAPERS, ids=name_of)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name) if name else page
        assert there.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in anchors(there.read_text()), f"{target}: no such heading"


def test_every_page_of_the_guide_is_in_its_index() -> None:
    index = (GUIDE / "index.md").read_text()
    for page in GUIDE.glob("*.md"):
        assert page.name == "index.md" or f"({page.name})" in index


def test_every_decision_is_in_the_list_under_its_number() -> None:
    folder = ROOT / "docs" / "adr"
    listed = re.findall(r"^\| \[(\d{4})\]\((\1-[\w-]+\.md)\)", (folder / "README.md").read_text(), re.MULTILINE)
    there = sorted(path.name for path in folder.glob("0*.md"))
    assert [name for _number, name in listed] == there
    assert [int(number) for number, _name in listed] == list(range(1, len(there) + 1))
    for name in there:
        assert (folder / name).read_text().startswith(f"# {name[:4]}. ")


def test_decisions_named_in_code_exist() -> None:
    numbers = {path.name[:4] for path in (ROOT / "docs" / "adr").glob("0*.md")}
    for path in [*(ROOT / "src").rglob("*.py"), ROOT / "pyproject.toml"]:
        for number in re.findall(r"docs/adr/(\d{4})", path.read_text()):
            assert number in numbers, f"{name_of(path)} names {number}"


def makefile_targets() -> set[str]:
    """What the Makefile can be asked for."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAPERS, ids=name_of)
def test_make_commands_in_the_papers_exist(page: Path) -> None:
    asked = set(re.findall(r"(?:^    |`|')make ([a-z]+)\b", page.read_text(), re.MULTILINE))
    assert asked <= makefile_targets()


def test_the_readme_names_the_two_commands_and_ci_runs_its_test_command() -> None:
    readme = (ROOT / "README.md").read_text()
    assert re.findall(r"^    (make \w+)$", readme, re.MULTILINE) == ["make run", "make test"]
    ci = (ROOT / ".ci" / "run").read_text()
    assert re.findall(r"^ *step (make \w+)$", ci, re.MULTILINE) == ["make setup", "make test", "make check"]


def test_every_target_that_is_documented_is_listed_by_help_and_phony() -> None:
    makefile = (ROOT / "Makefile").read_text()
    documented = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    assert {"setup", "run", "test", "check", "screenshots", "bench", "clean"} <= documented
    phony = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    assert documented <= phony


def command_names() -> set[str]:
    """Every command of the command line, as its parser knows it."""
    actions = arguments.parser()._actions
    return {name for action in actions if isinstance(action, argparse._SubParsersAction) for name in action.choices}


def named_in_table(text: str, prefix: str) -> set[str]:
    """The commands named in the first column of a table."""
    cells = re.findall(r"^\| (`.+?`) \|", text.replace("\\|", "/"), re.MULTILINE)
    spans = [span.removeprefix(prefix) for cell in cells for span in re.findall(r"`([^`]+)`", cell)]
    return {word for span in spans for word in span.split()[0].split("/") if word != "modstation"}


def test_every_command_is_in_the_guide_and_in_the_readme() -> None:
    assert named_in_table((GUIDE / "command-line.md").read_text(), "") == command_names()
    table = (ROOT / "README.md").read_text().partition("## Commands")[2].partition("## More")[0]
    assert named_in_table(table, "modstation ") == command_names()


def test_the_commands_shown_as_examples_are_understood() -> None:
    parser = arguments.parser()
    for page in [ROOT / "README.md", *GUIDE.glob("*.md")]:
        for line in re.findall(r"^ {4,}(?:\.venv/bin/)?modstation (.+)$", page.read_text(), re.MULTILINE):
            if "COMMAND" not in line:
                parser.parse_args(shlex.split(line))


def test_every_error_has_its_line_in_the_guide() -> None:
    codes = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.ModStationError)
    }
    listed = set(re.findall(r"^\| `([\w-]+)` \|", (GUIDE / "troubleshooting.md").read_text(), re.MULTILINE))
    assert listed == codes


def key_rows() -> dict[tuple[str, str], str]:
    """The guide's table of keys as the command table gives it: title and screen to keys."""
    rows: dict[tuple[str, str], list[str]] = {}
    for command in commands.COMMANDS:
        rows.setdefault((command.title, _SCREENS[command.scope]), []).extend(command.keys)
    return {place: " ".join(f"`{key}`" for key in keys) for place, keys in rows.items()}


def test_the_guide_lists_every_key_as_it_is() -> None:
    text = (GUIDE / "triage.md").read_text()
    rows = re.findall(r"^\| (`.+`) \| (.+) \| (.+) \|$", text, re.MULTILINE)
    assert {(title, screen): keys for keys, title, screen in rows} == key_rows()


def architecture() -> dict[str, str]:
    """The sections of the architecture by number."""
    parts = re.split(r"^## (\d+)\. ", (ROOT / "docs" / "architecture.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_words_of_the_code_are_the_words_of_the_architecture() -> None:
    words = architecture()["2"]
    for measure in Measure:
        assert measure.value.replace("_", " ") in words
    for state in OutboxState:
        assert state.value in words
    for role in Role:
        assert role.value.replace("_", " ") in words


def test_there_are_twelve_promises() -> None:
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", architecture()["3"], re.MULTILINE)]
    assert numbers == list(range(1, 13))


def test_the_layers_drawn_are_the_folders_that_are_there() -> None:
    drawn = set(re.findall(r"^      (\w+)(?:/|\.py) ", architecture()["4"], re.MULTILINE))
    package = ROOT / "src" / "modstation"
    there = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert there - {"__init__", "__main__"} == drawn - {"resources"}


def marked(name: str) -> Iterator[tuple[Path, object]]:
    """The arguments of every `@pytest.mark.NAME(...)` in the tests."""
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == f"pytest.mark.{name}":
                yield from ((path, ast.literal_eval(argument)) for argument in node.args)


def test_every_promise_of_the_desk_has_a_test() -> None:
    proved = {number for _path, number in marked("promise")}
    assert proved <= set(range(1, 13))
    lacking = set(range(1, 12)) - proved
    assert not lacking, f"no test carries promise {sorted(lacking, key=str)}"


def test_the_changelog_has_a_place_for_what_comes_and_the_versions_that_were() -> None:
    heads = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heads[0] == "Unreleased"
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    released = heads[1:]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", head) for head in released)
    assert not released or released[0] == version


def test_commit_hooks_run_what_is_installed_here() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"^\s*- repo: (.+)$", text, re.MULTILINE) == ["local"]
    assert set(re.findall(r"^\s*language: (.+)$", text, re.MULTILINE)) == {"system"}


def test_the_menu_entry_starts_the_command() -> None:
    entry = (ROOT / "installers" / "linux" / "modstation.desktop").read_text()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert re.search(r"^Exec=(\w+)", entry, re.MULTILINE)[1] in scripts  # type: ignore[index]


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
