"""The line of every table, key and element, whatever strings and comments stand around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.regulation.lines import index_lines

TEXT = '''# [not.a.table]
title = "a # no comment" # [x]

[profile]
id = "p"
note = """
[[policy]]
id = "inside a string"
"""
[[policy]]
id = "one"
names = [
  "a",
  "b",
]
[[policy]]
id = "two"
steps = [
  { a = 1 },
  { a = [1, 2], b = { c = 3 } },
]
[profile.more]
x = 1
"quoted key" = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("profile",), 4),
        (("profile", "id"), 5),
        (("profile", "note"), 6),
        (("policy", 0), 10),
        (("policy", 0, "id"), 11),
        (("policy", 0, "names"), 12),
        (("policy", 1), 16),
        (("policy", 1, "id"), 17),
        (("policy", 1, "steps"), 18),
        (("policy", 1, "steps", 0), 19),
        (("policy", 1, "steps", 1), 20),
        (("profile", "more"), 22),
        (("profile", "more", "x"), 23),
        (("profile", "more", "quoted key"), 24),
    ],
)
def test_where_things_stand(path: tuple[str | int, ...], line: int) -> None:
    assert index_lines(TEXT).of(path) == line


def test_what_has_no_line_takes_that_of_what_is_around_it() -> None:
    assert index_lines(TEXT).of(("policy", 1, "no", "such", 3)) == 16
    assert index_lines(TEXT).of(("nothing",)) == 1
    assert index_lines("").of(()) == 1


@given(st.text(max_size=400))
def test_any_text_is_indexed_without_a_fault(text: str) -> None:
    index_lines(text)


@given(st.lists(st.sampled_from(["x = 1", "# note", "", 's = "[[policy]]"', "m = '''\n[a]\n'''"]), max_size=12))
def test_policies_are_found_behind_anything(before: list[str]) -> None:
    keys = [line.replace(" =", f"{place} =", 1) if " = " in line else line for place, line in enumerate(before)]
    text = "\n".join([*keys, "[[policy]]", 'id = "found"'])
    expected = text[: text.rindex("[[policy]]")].count("\n") + 1
    assert index_lines(text).of(("policy", 0)) == expected
    assert index_lines(text).of(("policy", 0, "id")) == expected + 1
