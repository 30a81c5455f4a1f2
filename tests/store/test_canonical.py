"""One spelling of a body, and hashes that no two different things share."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from modstation.store.canonical import EMPTY_ROOT, canonical, leaf, merkle_root, parse, sha256

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
#: RFC 8785 writes numbers as JavaScript does: whole ones are exact up to 2^53.
NUMBERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=6)


@given(BODIES)
def test_spelling_is_that_of_the_reference_implementation(body: dict[str, object]) -> None:
    assert canonical(body) == rfc8785.dumps(body)  # type: ignore[arg-type]


@given(BODIES)
def test_a_body_is_read_back_as_it_was(body: dict[str, object]) -> None:
    assert parse(canonical(body)) == body


@given(BODIES)
def test_order_of_writing_makes_no_difference(body: dict[str, object]) -> None:
    assert canonical(dict(reversed(body.items()))) == canonical(body)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udc00\ud800"])
def test_lone_surrogates_have_no_spelling(text: str) -> None:
    with pytest.raises(ValueError, match="canonical"):
        canonical({"text": text})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes", object()])
def test_what_json_does_not_know_has_no_spelling(value: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical({"value": value})


@pytest.mark.parametrize("data", [b"[1]", b'"text"', b"1", b"null", b"{", b"\xff{}", b"[" * 100_000])
def test_only_objects_are_read(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(data)


@given(st.lists(st.binary(max_size=9), max_size=5), st.lists(st.binary(max_size=9), max_size=5))
def test_two_lists_of_parts_share_no_hash(one: list[bytes], other: list[bytes]) -> None:
    assert (sha256(*one) == sha256(*other)) == (one == other)


def rfc6962(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1 word for word: top-down, split at the largest power of two."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + rfc6962(leaves[:split]) + rfc6962(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=5), max_size=40))
def test_the_tree_is_that_of_the_rfc(rows: list[bytes]) -> None:
    leaves = [leaf(row) for row in rows]
    assert merkle_root(leaves) == rfc6962(leaves)


def test_published_tree_heads_come_out() -> None:
    """The test vectors published with certificate transparency."""
    rows = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [leaf(bytes.fromhex(row)) for row in rows]
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle_root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle_root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=12), st.data())
def test_a_root_stands_for_its_rows_in_their_order(rows: list[bytes], data: st.DataObject) -> None:
    leaves = [leaf(row) for row in rows]
    at = data.draw(st.integers(0, len(rows) - 1))
    changed = list(leaves)
    changed[at] = leaf(rows[at] + b"!")
    assert merkle_root(changed) != merkle_root(leaves)
    assert merkle_root(leaves[:-1]) != merkle_root(leaves)
    swapped = leaves[1:] + leaves[:1]
    assert (merkle_root(swapped) == merkle_root(leaves)) == (swapped == leaves)


def test_a_leaf_is_no_inner_node() -> None:
    left, right = leaf(b"a"), leaf(b"b")
    assert leaf(left + right) != merkle_root([left, right])


def test_nothing_of_a_body_is_escaped_but_what_must_be() -> None:
    assert canonical({"b": 1, "a": "é中\u2028\n"}) == '{"a":"é中\u2028\\n","b":1}'.encode()
    assert json.loads(canonical({"x": "\x00"})) == {"x": "\x00"}
