"""Merkle trees: the vectors of RFC 6962's reference implementation, growing, proofs, and proofs that must fail."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.evidence_parts import verifier

from modstation.evidence.merkle import Tree, check, leaf
from modstation.store import canonical

#: Leaves and roots as Certificate Transparency's own tests have them.
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def tree(count: int) -> Tree:
    return Tree(leaf(str(number).encode()) for number in range(count))


@pytest.mark.parametrize("count", ROOTS)
def test_known_roots(count: int) -> None:
    assert Tree(map(leaf, LEAVES[:count])).root().hex() == ROOTS[count]


def test_an_empty_tree_has_the_root_of_nothing() -> None:
    assert Tree().root() == hashlib.sha256(b"").digest() == canonical.EMPTY_ROOT


@given(st.integers(1, 200))
def test_a_grown_tree_has_the_root_that_the_store_signs(count: int) -> None:
    leaves = [leaf(str(number).encode()) for number in range(count)]
    assert tree(count).root() == canonical.merkle_root(leaves)


@given(st.data())
def test_every_leaf_is_proved_at_its_place_and_nowhere_else(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 130))
    index = data.draw(st.integers(0, count - 1))
    made = tree(count)
    path = made.proof(index)
    hashed = leaf(str(index).encode())
    assert check(hashed, index, count, path) == made.root()
    other = data.draw(st.integers(0, count - 1).filter(lambda place: place != index or count == 1))
    if other != index:
        assert check(hashed, other, count, path) != made.root()
    assert check(leaf(b"another"), index, count, path) != made.root()


@given(st.integers(1, 100), st.integers(0, 99))
def test_a_path_that_is_too_long_or_too_short_proves_nothing(count: int, index: int) -> None:
    index %= count
    made = tree(count)
    path = made.proof(index)
    assert check(leaf(str(index).encode()), index, count, (*path, bytes(32))) is None
    if path:
        assert check(leaf(str(index).encode()), index, count, path[:-1]) != made.root()
    assert check(leaf(b""), count, count, path) is None


@given(st.integers(1, 100), st.integers(0, 99))
def test_the_bundles_own_program_finds_the_same_root(count: int, index: int) -> None:
    index %= count
    made = tree(count)
    path = [each.hex() for each in made.proof(index)]
    assert verifier().root_of(str(index).encode(), index, count, path) == made.root()
    assert verifier().root_of(str(index).encode(), index, count, [*path, "00" * 32]) == b""
    assert verifier().root_of(b"", count, count, path) == b""


def test_a_leaf_that_is_not_there_has_no_proof() -> None:
    with pytest.raises(IndexError):
        tree(3).proof(3)
    with pytest.raises(IndexError):
        tree(3).proof(-1)
