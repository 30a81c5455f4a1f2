"""From TOML values to blocks: strict about names and types, with the line of each fault."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.regulation.blocks import Table, Text
from modstation.regulation.builder import Builder, build_or_none
from modstation.regulation.findings import Finding
from modstation.regulation.lines import index_lines


@dataclass(frozen=True, slots=True)
class Inner:
    """A part."""

    name: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Outer:
    """A block with every kind of field."""

    title: Text
    count: int
    yes: bool = False
    day: date | None = None
    words: tuple[str, ...] = ()
    parts: tuple[Inner, ...] = ()
    one: Inner | None = None
    table: Table = field(default_factory=Table)
    kind: str = field(default="", metadata={"key": "class"})
    hidden: str = field(default="kept", metadata={"key": None})


GOOD = 'title = { en = "x" }\ncount = 3\n'


def build(text: str) -> tuple[Outer | None, list[Finding]]:
    builder = Builder(index_lines(text), [])
    return build_or_none(builder, Outer, tomllib.loads(text)), builder.findings


def test_a_block_with_everything() -> None:
    text = GOOD + (
        'yes = true\nday = 2026-01-02\nwords = ["a", "b"]\nclass = "log"\ntable = { a = 1, b = "x", c = true }\n'
        'parts = [ { name = "p" }, { name = "q", number = 2 } ]\n[one]\nname = "z"\n'
    )
    made, findings = build(text)
    assert findings == []
    assert made == Outer(
        Text((("en", "x"),)),
        3,
        True,
        date(2026, 1, 2),
        ("a", "b"),
        (Inner("p"), Inner("q", 2)),
        Inner("z"),
        Table((("a", 1), ("b", "x"), ("c", True))),
        "log",
    )


def test_what_is_left_out_takes_its_default() -> None:
    made, findings = build(GOOD)
    assert findings == []
    assert made is not None
    assert (made.yes, made.day, made.words, made.parts, made.one, made.hidden) == (False, None, (), (), None, "kept")


def test_a_single_word_stands_for_a_list_of_one() -> None:
    made, _ = build(GOOD + 'words = "alone"\n')
    assert made is not None
    assert made.words == ("alone",)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("count = 'three'", "wrong-type"),
        ("count = 3.0", "wrong-type"),
        ("count = true", "wrong-type"),
        ("count = 3\nyes = 1", "wrong-type"),
        ("count = 3\nday = '2026-01-02'", "wrong-type"),
        ("count = 3\nday = 2026-01-02T00:00:00", "wrong-type"),
        ("count = 3\nwords = [1]", "wrong-type"),
        ("count = 3\nwords = 1", "wrong-type"),
        ("count = 3\nparts = { name = 'p' }", "wrong-type"),
        ("count = 3\nparts = [ 'p' ]", "wrong-type"),
        ("count = 3\none = 'p'", "wrong-type"),
        ("count = 3\ntable = { a = [1] }", "wrong-type"),
        ("count = 3\ntable = 1", "wrong-type"),
        ("count = 3\nhidden = 'x'", "unknown-key"),
        ("count = 3\nkind = 'x'", "unknown-key"),
        ("count = 3\nodd = 'x'", "unknown-key"),
        ("count = 3\none = { number = 1 }", "missing-key"),
        ("yes = true", "missing-key"),
    ],
)
def test_each_fault_is_noted_on_its_line(line: str, rule: str) -> None:
    made, findings = build('title = { en = "x" }\n' + line + "\n")
    assert [finding.rule for finding in findings] == [rule]
    assert made is None or rule == "unknown-key"
    wanted = 1 if line == "yes = true" else 1 + len(line.split("\n"))
    assert findings[0].line == wanted


def test_a_text_holds_texts_only() -> None:
    made, findings = build("title = { en = 1 }\ncount = 3\n")
    assert made is None
    assert findings[0].message == "'title' must be a table of texts."


def test_every_fault_is_noted_at_once() -> None:
    _, findings = build("title = 1\ncount = 'x'\nwords = [1, 2]\nparts = [{}, {}]\n")
    assert [finding.rule for finding in findings].count("wrong-type") == 4
    assert [finding.rule for finding in findings].count("missing-key") == 2


def test_places_are_told_in_words() -> None:
    _, findings = build(GOOD + "parts = [\n  { name = 'p' },\n  { name = 2 },\n]\n")
    assert findings[0].message == "'parts' number 2 'name' must be a text."
    assert findings[0].line == 5


PLAIN = st.one_of(st.booleans(), st.integers(), st.text(max_size=5), st.floats(), st.none(), st.dates())
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@given(
    raw=st.dictionaries(
        st.sampled_from(["title", "count", "yes", "day", "words", "parts", "one", "table", "x"]), ANYTHING
    )
)
def test_any_values_give_a_block_or_findings(raw: dict[str, object]) -> None:
    builder = Builder(index_lines(""), [])
    made = build_or_none(builder, Outer, raw)
    assert (made is None) <= bool(builder.findings)
