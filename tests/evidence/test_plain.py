"""One spelling of JSON and of zips: the same content gives the same bytes, and other programs read them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.evidence_parts import verifier

from modstation.evidence import plain
from modstation.evidence.plain import canonical, moment, read_zip, safe, stored_zip
from modstation.models.errors import BadInput

PATHS = st.text("abcdefghijklmnopqrstuvwxyz/._-0123456789", min_size=1, max_size=20)
FILES = st.dictionaries(PATHS, st.binary(max_size=200), min_size=1, max_size=6)
ANY_TEXT = st.text(st.characters(codec=None))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcXYZ_", max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(FILES)
def test_other_programs_read_the_zip(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(stored_zip(files))) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == files
        assert all(info.compress_type == zipfile.ZIP_STORED for info in opened.infolist())
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in opened.infolist())


@given(FILES)
def test_a_zip_is_read_back_and_written_the_same(files: dict[str, bytes]) -> None:
    data = stored_zip(files)
    assert read_zip(data) == files
    assert list(read_zip(data)) == list(files)
    assert verifier().read_zip(data) == files
    assert verifier().stored_zip(files) == data


@given(FILES, st.data())
def test_no_changed_zip_is_read(files: dict[str, bytes], data: st.DataObject) -> None:
    whole = stored_zip(files)
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    for given_ in (changed, whole[:place], whole + b"\x00"):
        with pytest.raises(BadInput):
            read_zip(given_)
        with pytest.raises(ValueError, match="zip"):
            verifier().read_zip(given_)


def test_more_than_a_zip_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MOST_BYTES", 1000)
    with pytest.raises(BadInput, match="Export fewer"):
        stored_zip({"a": bytes(900)})
    monkeypatch.setattr(plain, "MOST_FILES", 1)
    with pytest.raises(BadInput, match="Export fewer"):
        stored_zip({"a": b"", "b": b""})


@given(st.dictionaries(st.text("abcXYZ_", max_size=5), st.text() | st.integers(0, 2**53 - 1), max_size=4))
def test_manifests_are_spelled_as_rfc_8785_spells_them(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES)
def test_any_text_survives_and_no_byte_can_be_markup(value: Any) -> None:
    data = safe(value)
    assert json.loads(data) == value
    assert data.isascii()
    assert not set(data) & set(b"<>&")


def test_a_manifest_cannot_hold_half_a_character() -> None:
    with pytest.raises(UnicodeEncodeError):
        canonical({"a": "\ud800"})


def test_moments_are_utc_with_their_milliseconds() -> None:
    assert moment(1_764_072_000_123) == "2025-11-25T12:00:00.123Z"
    assert moment(0) == ""
