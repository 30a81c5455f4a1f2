"""Sealed texts: each under a key of its own, bound to its place, gone for ever with its key."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.store_parts import Bench, bench

from modstation.models.errors import DamagedFile, VaultError
from modstation.models.ids import BlobId
from modstation.store.blobs import Sealer, load_blobs, pack, store_blobs, unpack
from modstation.store.keyslots import KeyClass

SEALER = Sealer({name: os.urandom(32) for name in KeyClass})


@given(st.binary(max_size=200), st.integers(1, 2**62))
def test_what_is_sealed_is_opened_again(plain: bytes, number: int) -> None:
    sealed = SEALER.seal(BlobId(number), plain)
    assert SEALER.open(number, sealed.key_class, sealed.wrapped, sealed.data) == (plain, sealed.commitment)


@given(st.data(), st.binary(min_size=1, max_size=40))
def test_every_altered_byte_is_found(data: st.DataObject, plain: bytes) -> None:
    sealed = SEALER.seal(BlobId(7), plain)
    which = data.draw(st.sampled_from(["data", "wrapped"]))
    value = bytearray(getattr(sealed, which))
    at = data.draw(st.integers(0, len(value) - 1))
    value[at] ^= 1 << data.draw(st.integers(0, 7))
    changed = {"data": sealed.data, "wrapped": sealed.wrapped} | {which: bytes(value)}
    with pytest.raises(DamagedFile):
        SEALER.open(7, sealed.key_class, changed["wrapped"], changed["data"])


def test_a_text_does_not_open_in_another_place_or_class() -> None:
    sealed = SEALER.seal(BlobId(7), b"text")
    with pytest.raises(DamagedFile):
        SEALER.open(8, sealed.key_class, sealed.wrapped, sealed.data)
    with pytest.raises(DamagedFile):
        SEALER.open(7, 1, sealed.wrapped, sealed.data)


def test_equal_texts_share_neither_bytes_nor_commitment() -> None:
    one, other = SEALER.seal(BlobId(1), b"spam"), SEALER.seal(BlobId(2), b"spam")
    assert one.commitment != other.commitment
    assert one.data != other.data
    assert one.commitment != hashlib.sha256(b"spam").digest()


@pytest.mark.promise(3)
def test_destroying_a_key_erases_one_text_alone(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made, made.store.writing() as tx:
        one, other = tx.seal(b"one"), tx.seal(b"other")
        tx.keys.execute("DELETE FROM data_key WHERE id = ?", (one.id,))
        opened = load_blobs(tx.db, tx.keys, made.store.sealer, [one.id, other.id])
        assert {number: plain for number, (plain, _) in opened.items()} == {other.id: b"other"}


@pytest.mark.promise(1)
def test_a_key_left_by_a_crash_between_the_two_commits_is_replaced(tmp_path: Path) -> None:
    """Otherwise a desk killed at that moment could never write again."""
    with bench(tmp_path / "desk") as made:
        number = made.store.reserve(1)
        lost = made.store.sealer.seal(BlobId(number), b"lost")
        with made.store.exclusive() as (_, keys):
            keys.execute("INSERT INTO data_key VALUES (?,?,?)", (lost.id, lost.key_class, lost.wrapped))
        with made.store.writing() as tx:
            store_blobs(tx.db, tx.keys, [made.store.sealer.seal(BlobId(number), b"text")])
        assert texts(made, number) == [b"text"]


def test_a_blob_is_never_written_over(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        number = made.store.reserve(1)
        with made.store.writing() as tx:
            store_blobs(tx.db, tx.keys, [made.store.sealer.seal(BlobId(number), b"first")])
        with pytest.raises(VaultError), made.store.writing() as tx:
            store_blobs(tx.db, tx.keys, [made.store.sealer.seal(BlobId(number), b"second")])
        assert texts(made, number) == [b"first"]


def texts(made: Bench, number: int) -> list[bytes]:
    with made.store.reading() as reader:
        return [plain for plain, _ in load_blobs(reader.db, reader.keys, reader.sealer, [number]).values()]


@given(st.recursive(st.text(max_size=9) | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3)))
def test_any_text_survives_packing(value: object) -> None:
    assert unpack(pack(value)) == value


@pytest.mark.promise(7)
@pytest.mark.parametrize("text", ["\x00", "\ud800 alone", "\u202egnp.exe", "a" + "\u0301" * 500, "\udcff"])
def test_hostile_text_survives_packing(text: str) -> None:
    assert unpack(pack(text)) == text
