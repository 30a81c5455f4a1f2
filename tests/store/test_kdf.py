"""From a passphrase to a key."""

from __future__ import annotations

import unicodedata

import pytest
from argon2.low_level import Type, hash_secret_raw
from hypothesis import given
from hypothesis import strategies as st
from tests.store.vault_parts import CHEAP

from modstation.models.errors import BadInput, DamagedFile
from modstation.store.kdf import DEFAULT_COST, KdfCost, check_new_passphrase, derive, normalised

SALT = bytes(range(16))


def test_key_is_argon2id_of_rfc_9106_with_the_stored_cost() -> None:
    expected = hash_secret_raw(b"four words here", SALT, 1, 64, 1, 32, Type.ID, version=0x13)
    assert derive("four words here", SALT, CHEAP) == expected


def test_default_cost_makes_a_stolen_folder_expensive_to_guess() -> None:
    assert DEFAULT_COST.memory_kib >= 64 * 1024
    assert DEFAULT_COST.passes >= 3
    assert DEFAULT_COST.checked() is DEFAULT_COST


@pytest.mark.parametrize("changed", [KdfCost(64, 2, 1), KdfCost(128, 1, 1), KdfCost(64, 1, 2)])
def test_every_part_of_the_cost_changes_the_key(changed: KdfCost) -> None:
    assert derive("four words here", SALT, changed) != derive("four words here", SALT, CHEAP)


def test_salt_changes_the_key() -> None:
    assert derive("four words here", SALT, CHEAP) != derive("four words here", SALT[::-1], CHEAP)


@pytest.mark.parametrize(
    "cost",
    [
        KdfCost(0, 1, 1),
        KdfCost(-64, 1, 1),
        KdfCost(64, 0, 1),
        KdfCost(64, 33, 1),
        KdfCost(64, 1, 0),
        KdfCost(64, 1, 17),
        KdfCost(15, 1, 2),
        KdfCost(1024 * 1024 + 1, 1, 1),
    ],
)
def test_cost_that_would_stop_the_machine_is_refused_before_any_work(cost: KdfCost) -> None:
    with pytest.raises(DamagedFile):
        derive("four words here", SALT, cost)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_however_a_keyboard_composes_it_the_passphrase_is_the_same(text: str) -> None:
    assert normalised(unicodedata.normalize("NFD", text)) == normalised(unicodedata.normalize("NFC", text))


def test_full_width_letters_of_a_chinese_input_method_count_as_plain_ones() -> None:
    assert derive("ＡＢＣ１２３ａｂｃ", SALT, CHEAP) == derive("ABC123abc", SALT, CHEAP)  # fmt: skip


@pytest.mark.parametrize("text", ["\ud800 broken half", "four \udfff words"])
def test_lone_surrogate_is_answered_with_a_sentence(text: str) -> None:
    with pytest.raises(BadInput, match="Type it again"):
        derive(text, SALT, CHEAP)


@pytest.mark.parametrize("text", ["", "short", "1234567", "        ", "\t\n \u3000\u3000\u3000\u3000 "])
def test_short_or_blank_passphrases_cannot_be_set(text: str) -> None:
    with pytest.raises(BadInput):
        check_new_passphrase(text)


@pytest.mark.parametrize("text", ["12345678", "四个字口令够长了", "a b c d e f", "nul \x00 inside"])
def test_longer_passphrases_of_any_script_can_be_set(text: str) -> None:
    check_new_passphrase(text)


@pytest.mark.parametrize("text", ["x" * 100_000, "口" * 50_000])
def test_enormous_passphrases_neither_crash_nor_collide(text: str) -> None:
    assert derive(text, SALT, CHEAP) != derive(text[:-1], SALT, CHEAP)
