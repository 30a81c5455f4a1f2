"""The measures of the tree, on trees whose figures are known."""

from __future__ import annotations

import ast
import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import measure


def write(root: Path, name: str, text: str) -> Path:
    """Write a file below a folder."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return path


SAMPLE = '''\
    """A module."""

    # a comment
    import os  # counted


    class Desk:
        """A desk."""

        def decide(self, item: str, *, days: int = 0) -> None:
            """Decide."""
            print(item,
                  days)

        def _inner(self, x):
            return x

        @staticmethod
        def make(a) -> None:
            def nested() -> None:
                print(os)
            nested()
'''


def test_code_lines_leave_out_comments_blanks_and_docstrings(tmp_path: Path) -> None:
    source = measure.read(write(tmp_path, "part.py", SAMPLE))
    assert source.lines == 22
    assert source.code == 12


def test_functions_are_named_by_their_place_and_measured_whole(tmp_path: Path) -> None:
    source = measure.read(write(tmp_path, "part.py", SAMPLE))
    assert {f.name: f.length for f in source.functions} == {
        "Desk.decide": 4,
        "Desk._inner": 2,
        "Desk.make": 4,
        "Desk.make.nested": 2,
    }


def test_typed_means_every_parameter_and_the_result(tmp_path: Path) -> None:
    source = measure.read(write(tmp_path, "part.py", SAMPLE))
    assert [f.name for f in source.functions if not f.typed] == ["Desk._inner", "Desk.make"]


def test_public_things_are_modules_classes_functions_and_methods(tmp_path: Path) -> None:
    source = measure.read(write(tmp_path, "part.py", SAMPLE))
    assert {p.name: p.documented for p in source.public} == {
        "part": True,
        "Desk": True,
        "Desk.decide": True,
        "Desk.make": False,
    }


def test_private_modules_setters_and_overloads_need_no_docstring(tmp_path: Path) -> None:
    text = """\
        class A:
            @property
            def x(self) -> int:
                return 1
            @x.setter
            def x(self, value: int) -> None:
                print(value)
    """
    source = measure.read(write(tmp_path, "_part.py", text))
    assert [p.name for p in source.public] == ["A", "A.x"]


@given(st.integers(0, 30), st.integers(0, 30))
def test_comments_and_blanks_never_count(comments: int, codes: int) -> None:
    text = "# why\n\n" * comments + "a = 1\n" * codes
    assert measure.code_lines(text, ast.parse(text)) == codes


def test_imports_are_followed_in_every_form(tmp_path: Path) -> None:
    write(tmp_path, "pack/__init__.py", "")
    write(tmp_path, "pack/a.py", "from pack import b\nimport os\n")
    write(tmp_path, "pack/b.py", "from .deep.c import thing\n")
    write(tmp_path, "pack/deep/__init__.py", "from . import c\n")
    write(tmp_path, "pack/deep/c.py", "def f():\n    from ..a import x\n    import pack.b\n")
    graph = measure.imports(tmp_path / "pack")
    assert graph["pack.a"] == {"pack.b"}
    assert graph["pack.b"] == {"pack.deep.c"}
    assert graph["pack.deep"] == {"pack.deep.c"}
    assert graph["pack.deep.c"] == {"pack.a", "pack.b"}


def test_imports_for_the_type_checker_alone_are_no_dependency(tmp_path: Path) -> None:
    write(tmp_path, "pack/__init__.py", "")
    write(tmp_path, "pack/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .b import thing\n")
    write(tmp_path, "pack/b.py", "from . import a\n")
    assert measure.imports(tmp_path / "pack") == {"pack": set(), "pack.a": set(), "pack.b": {"pack.a"}}


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({"a": {"b"}, "b": set()}, ()),
        ({"a": {"b"}, "b": {"a"}}, (("a", "b"),)),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}, (("a", "b", "c"),)),
        ({"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"c"}, "e": set()}, (("a", "b"), ("c", "d"))),
    ],
)
def test_rings_are_groups_that_reach_each_other(graph: dict[str, set[str]], found: tuple[tuple[str, ...], ...]) -> None:
    assert measure.rings(graph) == found


def test_a_tree_is_measured_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path, "src/modstation/__init__.py", '"""P."""\n')
    write(tmp_path, "src/modstation/part.py", '"""P."""\ndef f() -> int:\n    """F."""\n    return 1\n')
    write(tmp_path, "tests/test_part.py", "def test_f():\n    a = 1\n    assert a\n")
    shape = measure.measure(tmp_path)
    assert (shape.files, shape.code, shape.tests_code, shape.tests_to_source) == (2, 2, 3, 1.5)
    assert (shape.documented, shape.typed, shape.rings) == (1.0, 1.0, ())


def test_an_empty_tree_has_figures_too(tmp_path: Path) -> None:
    assert measure.measure(tmp_path).files == 0
    assert measure.share([]) == 1.0


def test_figures_can_be_had_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert measure.main(["--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["longest_file"] > 0
    assert set(figures) == set(measure.Shape.__dataclass_fields__)
