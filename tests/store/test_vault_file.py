"""vault.json: read strictly, written whole or not at all, believed only when the desk's key vouches for it."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.vault_parts import ADA, BEN, CEM, Desk, found

from modstation.models.errors import DamagedFile, DiskFull, ForeignFile, VaultError
from modstation.store import vault, vault_file
from modstation.store.keyslots import Context, seal, unseal, unwrap, wrap
from modstation.store.keyslots import PrivateKeys as Private
from modstation.store.vault_codec import from_json, to_json
from modstation.store.vault_model import PersonKey, Vault, Wrap


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = found(tmp_path / "desk")
    made.add(BEN)
    return made


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = found(tmp_path_factory.mktemp("kept") / "desk")
    made.add(BEN)
    vault.invite(made.folder, made.ada.keys, CEM, vault.EVERY_CLASS)
    return made


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every leaf of a JSON value."""
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in paths_in(each, (*path, key))]
    if isinstance(value, list):
        return [leaf for at, each in enumerate(value) for leaf in paths_in(each, (*path, at))]
    return [path]


def changed_at(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    copy = json.loads(json.dumps(value))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return copy


def test_the_file_reads_back_as_it_was_written(kept: Desk) -> None:
    known = vault_file.read(kept.folder)
    assert vault_file.parse(vault_file.dump(known)) == known
    assert vault_file.check(known, kept.ada.keys.store_key) is known


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_any_single_change_is_noticed(kept: Desk, data: st.DataObject) -> None:
    raw = json.loads((kept.folder / "vault.json").read_bytes())
    path = data.draw(st.sampled_from(paths_in(raw)))
    to = data.draw(st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({})))
    changed = changed_at(raw, path, to)
    if changed == raw and type(to) is type(raw):
        return
    with suppress(VaultError):
        parsed = vault_file.parse(json.dumps(changed).encode("utf-8", "surrogatepass"))
        if parsed != vault_file.read(kept.folder):
            with pytest.raises(DamagedFile):
                vault_file.check(parsed, kept.ada.keys.store_key)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(cut=st.integers(0, 10**6))
def test_a_file_cut_off_anywhere_is_damage(kept: Desk, cut: int) -> None:
    data = (kept.folder / "vault.json").read_bytes().rstrip()
    with pytest.raises((DamagedFile, ForeignFile)):
        vault_file.parse(data[: cut % len(data)])


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_with_a_sentence(data: bytes) -> None:
    with pytest.raises(VaultError) as caught:
        vault_file.parse(data)
    assert caught.value.what


def test_an_enormous_file_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(DamagedFile, match="too large"):
        vault_file.parse(b" " * (64 * 1024 * 1024 + 1))


def test_who_adds_a_person_without_the_store_key_is_noticed_at_unlock(desk: Desk) -> None:
    """Somebody who can write the folder puts their own public key in Ben's place."""
    known = vault_file.read(desk.folder)
    ben = known.member(BEN)
    foreign = replace(ben.keys[0], exchange=known.member(ADA).keys[0].exchange)
    forged = known.with_member(replace(ben, keys=(foreign,)))
    (desk.folder / "vault.json").write_bytes(vault_file.dump(forged))
    with pytest.raises(DamagedFile, match="does not have the desk's key"):
        desk.unlock(ADA)


def test_public_key_that_is_not_the_persons_own_is_noticed(desk: Desk) -> None:
    """Even a colleague who holds the store key cannot put a signing key of theirs under Ada's name unnoticed."""

    def forge(known: Vault) -> Vault:
        ada, ben = known.member(ADA), known.member(BEN)
        return known.with_member(replace(ada, keys=(ben.keys[0],)))

    vault_file.edit(desk.folder, desk.ada.keys.store_key, forge)
    with pytest.raises(DamagedFile, match="not the one their passphrase opens"):
        desk.unlock(ADA)


def test_impossible_cost_in_the_file_is_damage_and_costs_nothing(desk: Desk) -> None:
    raw = json.loads((desk.folder / "vault.json").read_bytes())
    raw["people"][0]["slot"]["memory_kib"] = 2**40
    (desk.folder / "vault.json").write_text(json.dumps(raw))
    with pytest.raises(DamagedFile):
        desk.unlock(ADA)


def test_an_error_during_a_change_leaves_the_file_as_it_was(desk: Desk) -> None:
    before = (desk.folder / "vault.json").read_bytes()

    def broken(known: Vault) -> Vault:
        raise KeyError("in the middle")

    with pytest.raises(KeyError):
        vault_file.edit(desk.folder, desk.ada.keys.store_key, broken)
    assert (desk.folder / "vault.json").read_bytes() == before
    vault.invite(desk.folder, desk.ada.keys, CEM, vault.EVERY_CLASS)


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EIO, VaultError)]
)
def test_a_write_that_fails_leaves_the_old_file_and_no_litter(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[VaultError]
) -> None:
    before = {path.name: path.read_bytes() for path in desk.folder.iterdir()}

    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(kind) as caught:
        vault.invite(desk.folder, desk.ada.keys, CEM, vault.EVERY_CLASS)
    assert "vault.json" in caught.value.what
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in desk.folder.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_answered_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(VaultError, match="cannot be written"):
        vault_file.write_atomically(tmp_path / "file" / "vault.json", b"x")


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    number: int
    data: bytes
    many: tuple[Wrap, ...]
    one: PersonKey | None = None


wraps = st.builds(Wrap, st.text(), st.binary(), st.binary(), st.binary())
keys = st.builds(PersonKey, st.text(), st.binary(), st.binary(), st.text(), st.text(), st.text())
samples = st.builds(
    Sample, st.text(), st.integers(), st.binary(), st.lists(wraps, max_size=3).map(tuple), st.none() | keys
)


@given(samples)
def test_codec_round_trip(sample: Sample) -> None:
    assert from_json(Sample, json.loads(json.dumps(to_json(sample)))) == sample


@pytest.mark.parametrize(
    "change",
    [
        {"name": 1},
        {"name": None},
        {"number": "1"},
        {"number": True},
        {"number": 1.0},
        {"data": "not base64!"},
        {"data": "é"},
        {"data": 5},
        {"many": {}},
        {"many": [1]},
        {"many": [{}]},
        {"one": []},
        {"unknown": 1},
    ],
)
def test_codec_refuses_what_has_another_form(change: dict[str, Any]) -> None:
    good = {"name": "n", "number": 1, "data": "", "many": []}
    assert from_json(Sample, good) == Sample("n", 1, b"", ())
    with pytest.raises(ValueError, match="Sample"):
        from_json(Sample, good | change)


@pytest.mark.parametrize("name", ["name", "number", "data", "many"])
def test_codec_refuses_what_lacks_a_field(name: str) -> None:
    good = {"name": "n", "number": 1, "data": "", "many": []}
    del good[name]
    with pytest.raises(ValueError, match="missing"):
        from_json(Sample, good)


contexts = st.builds(Context, st.text("abc"), st.text("abc"), st.text("abc"))


@given(st.binary(min_size=32, max_size=32), st.binary(), contexts, contexts)
def test_a_sealed_secret_opens_for_its_own_purpose_only(
    key: bytes, secret: bytes, one: Context, other: Context
) -> None:
    nonce, sealed = seal(key, secret, one)
    assert unseal(key, nonce, sealed, one) == secret
    assert (unseal(key, nonce, sealed, other) == secret) == (one == other)


@given(st.binary(), st.integers(0, 10**6), st.integers(1, 255))
def test_a_lock_with_one_byte_changed_does_not_open(secret: bytes, at: int, flip: int) -> None:
    private, context = Private.generate(), Context("desk", "owner", "store")
    locked = wrap(private.exchange.public_key().public_bytes_raw(), secret, context)
    assert unwrap(private.exchange, locked, context) == secret
    changed = bytearray(locked.sealed)
    changed[at % len(changed)] ^= flip
    with pytest.raises(DamagedFile):
        unwrap(private.exchange, replace(locked, sealed=bytes(changed)), context)
    with pytest.raises(DamagedFile):
        unwrap(Private.generate().exchange, locked, context)


@pytest.mark.parametrize("ephemeral", [b"", bytes(31), bytes(32), bytes(33)])
def test_a_lock_with_a_worthless_public_key_is_damage(ephemeral: bytes) -> None:
    private, context = Private.generate(), Context("desk", "owner", "store")
    locked = wrap(private.exchange.public_key().public_bytes_raw(), b"secret", context)
    with pytest.raises(DamagedFile):
        unwrap(private.exchange, replace(locked, ephemeral=ephemeral), context)
