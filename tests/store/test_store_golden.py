"""Rows written once must be readable for ever: each kind and version has a golden row that nobody may change."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.store.golden_rows import FOLDER, KEY, example, path_of, read

from modstation.store.canonical import canonical, parse
from modstation.store.events import KINDS, check_body, seal_row
from modstation.store.fold import fold
from modstation.store.folded import Step

FILES = sorted(FOLDER.glob("*.json"))
#: What must have happened before a step means anything.
BEFORE = ("decision.made", "escalation.made", "item.claimed")


@pytest.mark.parametrize(("kind", "version"), sorted(KINDS))
def test_every_kind_has_its_golden_row(kind: str, version: int) -> None:
    """Red for a new kind: run `python -m tests.store.golden_rows`, and read what it wrote."""
    assert path_of(kind, version).exists()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_row_still_says_what_it_said(path: Path) -> None:
    row = read(path)
    assert path == path_of(row.kind, row.kind_version)
    assert row.digest() == row.hash, "the hash of rows changed: every journal in the world would be called altered"
    assert row.signed_by(KEY.public_key())
    assert seal_row(row, KEY) == (row.hash, row.signature)
    body = parse(row.body)
    assert canonical(body) == row.body
    check_body(row.kind, row.kind_version, body)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_row_is_of_a_kind_that_is_still_known(path: Path) -> None:
    row = read(path)
    assert (row.kind, row.kind_version) in KINDS
    assert KINDS[row.kind, row.kind_version].on_case == bool(row.subject)


@pytest.mark.parametrize("path", [p for p in FILES if read(p).subject], ids=lambda path: path.stem)
def test_a_golden_row_can_still_be_folded(path: Path) -> None:
    rows = [read(path_of(kind, 1)) for kind in BEFORE if kind != read(path).kind] + [read(path)]
    actors = ["ann"] * (len(rows) - 1) + ["ben" if rows[-1].kind.startswith("approval") else rows[-1].actor]
    steps = [
        Step((i, row.desk, i, 0), row.at, row.kind, actor, parse(row.body), i)
        for i, (row, actor) in enumerate(zip(rows, actors, strict=True), 1)
    ]
    assert fold("riverside", "post", steps) == fold("riverside", "post", reversed(steps))


def test_examples_differ_from_golden_rows_in_nothing_that_counts() -> None:
    """The writer of examples still makes what the golden rows hold; a change of it would go unseen otherwise."""
    for kind, version in KINDS:
        assert example(kind, version).digest() == read(path_of(kind, version)).hash
