"""Reading profiles: bytes, paths, stacks; nothing that can be handed in crashes it."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import CN, EU
from tests.regulation.test_lint import text

from modstation.models.errors import BadInput, ModStationError, NotFound
from modstation.regulation import BadProfile, check, load_profile, load_shipped, load_stack, shipped, stack_of
from modstation.regulation.loader import MAX_BYTES


def test_four_profiles_are_shipped() -> None:
    assert shipped() == ("cn-forum-2017", "eu-dsa", "riverside-terms", "riverside-terms-eu")


@pytest.mark.parametrize("name", shipped())
def test_the_hash_is_over_the_bytes_of_the_file(name: str) -> None:
    data = (resources.files("modstation") / "resources" / "profiles" / f"{name}.toml").read_bytes()
    assert load_shipped(name).sha256 == hashlib.sha256(data).hexdigest()
    assert load_profile(data).sha256 == load_shipped(name).sha256


def test_a_profile_comes_from_path_text_or_bytes(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text("cn-forum-2017"), "utf-8")
    for source in (file, str(file), text("cn-forum-2017"), file.read_bytes()):
        assert load_profile(source).head.id == "cn-forum-2017"
    assert load_profile(file).name == "mine.toml"
    assert load_stack([str(file), "riverside-terms"]).label == "cn-forum-2017@0.1.1 + riverside-terms@1.0.0"


def test_line_ends_of_windows_change_nothing_but_the_hash() -> None:
    data = text("riverside-terms").encode().replace(b"\n", b"\r\n")
    assert check(data) == ()
    assert load_profile(data).policies == load_shipped("riverside-terms").policies


@pytest.mark.parametrize(
    ("data", "rule", "line"),
    [
        (b"\n\nx = \xff", "encoding", 3),
        (b"a = 1\nb = [", "toml", 2),
        (b"a = 1\na = 2\n", "toml", 2),
        (b"", "format", 1),
        (b"x" * (MAX_BYTES + 1), "toml", 1),
        (b"a = " + b"[" * 100_000, "toml", 1),
        (b"\xef\xbb\xbfformat = 1", "toml", 1),
        (b"a = \x00", "toml", 1),
    ],
    ids=["encoding", "cut off", "twice", "empty", "too large", "too deep", "byte-order mark", "nul"],
)
def test_what_cannot_be_read_is_refused_with_a_line(data: bytes, rule: str, line: int) -> None:
    found = check(data)
    assert (rule, line) in {(finding.rule, finding.line) for finding in found}
    with pytest.raises(BadProfile) as told:
        load_profile(data)
    assert told.value.findings == tuple(sorted(told.value.findings))
    assert told.value.code == "bad-profile"
    assert told.value.next_step


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_with_findings(data: bytes) -> None:
    assert check(data)


@given(cut=st.integers(0, 9000), insert=st.sampled_from(["", "\n[[policy]]\n", '"', "x = 1\n", "[", "\ud800", "\0"]))
def test_a_damaged_profile_never_crashes_the_loader(cut: int, insert: str) -> None:
    whole = text("riverside-terms")
    damaged = (whole[:cut] + insert + whole[cut:]).encode("utf-8", "surrogatepass")
    with suppress(ModStationError):
        load_profile(damaged)


@pytest.mark.parametrize("path", ["no/such/file.toml", "nul\0name.toml"])
def test_a_missing_file_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        load_profile(path)
    with pytest.raises(NotFound):
        load_stack([path])


def test_a_name_that_is_not_shipped_tells_those_that_are() -> None:
    with pytest.raises(NotFound, match="eu-dsa"):
        load_shipped("us-230")


def test_a_stack_needs_a_profile() -> None:
    with pytest.raises(BadInput):
        load_stack([])


def test_a_stack_in_the_wrong_order_is_refused() -> None:
    with pytest.raises(BadProfile, match="not-stacked"):
        load_stack(list(reversed(CN)))
    with pytest.raises(BadProfile, match="not-stacked"):
        load_stack(["eu-dsa", "riverside-terms"])


def test_label_and_hash_of_a_stack_follow_each_of_its_files() -> None:
    one, other = load_stack(CN), load_stack(EU)
    assert one.label == "cn-forum-2017@0.1.1 + riverside-terms@1.0.0"
    assert len({one.hash, other.hash, load_stack(CN[:1]).hash}) == 3
    edited = load_profile(text("riverside-terms") + "# a note\n")
    assert stack_of([load_shipped("cn-forum-2017"), edited]).hash != one.hash


def test_the_message_names_file_and_line() -> None:
    with pytest.raises(BadProfile) as told:
        load_stack(["cn-forum-2017", text("riverside-terms").replace('"4.3"\n', '"9.9"\n')])
    assert "unknown-clause" in str(told.value)
    assert ":" in told.value.why.splitlines()[0]
