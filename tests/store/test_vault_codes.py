"""Codes that people write down."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.models.errors import BadInput
from modstation.store.recovery import CodeKind, exchange_key, new_code, read_code, spell

KINDS = st.sampled_from(CodeKind)
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@st.composite
def codes(draw: st.DrawFn) -> tuple[CodeKind, bytes]:
    kind = draw(KINDS)
    return kind, draw(st.binary(min_size=kind.secret_bytes, max_size=kind.secret_bytes))


@given(codes())
def test_a_printed_code_reads_back(code: tuple[CodeKind, bytes]) -> None:
    kind, secret = code
    assert read_code(kind, spell(kind, secret)) == secret


@given(codes(), st.sampled_from([" ", "", "  ", "\u2013", "\n", " - "]))
def test_small_letters_blanks_dashes_and_lookalikes_are_taken(code: tuple[CodeKind, bytes], between: str) -> None:
    kind, secret = code
    typed = spell(kind, secret).lower().replace("-", between).replace("0", "o").replace("1", "l")
    assert read_code(kind, typed) == secret


@given(codes(), st.data())
def test_one_mistyped_sign_is_always_noticed(code: tuple[CodeKind, bytes], data: st.DataObject) -> None:
    kind, secret = code
    printed = spell(kind, secret)
    at = data.draw(st.sampled_from([i for i, sign in enumerate(printed) if sign != "-"]))
    other = data.draw(st.sampled_from([sign for sign in SIGNS if sign != printed[at]]))
    # Twenty bits of check: one in a million mistakes of the secret passes the check, but opens nothing.
    with suppress(BadInput):
        assert read_code(kind, printed[:at] + other + printed[at + 1 :]) != secret


@given(codes(), st.text(max_size=60))
def test_any_other_text_is_refused_with_what_a_code_looks_like(code: tuple[CodeKind, bytes], text: str) -> None:
    with pytest.raises(BadInput, match="group by group"):
        read_code(code[0], spell(*code) + "Z" + text)


@pytest.mark.parametrize("text", ["", "----", "U" * 36, "\ud800" * 36, "0" * 36, "零" * 36, "\x00"])
@pytest.mark.parametrize("kind", CodeKind)
def test_nonsense_is_refused(kind: CodeKind, text: str) -> None:
    with pytest.raises(BadInput):
        read_code(kind, text)


def test_the_two_kinds_cannot_be_taken_for_each_other() -> None:
    with pytest.raises(BadInput):
        read_code(CodeKind.ENROLMENT, new_code(CodeKind.RECOVERY))
    with pytest.raises(BadInput):
        read_code(CodeKind.RECOVERY, new_code(CodeKind.ENROLMENT))


def test_codes_hold_enough_chance_and_never_repeat() -> None:
    assert CodeKind.RECOVERY.secret_bytes * 8 >= 160
    assert CodeKind.ENROLMENT.secret_bytes * 8 >= 120
    assert len({new_code(kind) for kind in CodeKind for _ in range(200)}) == 400


@pytest.mark.parametrize("kind", CodeKind)
def test_printed_signs_cannot_be_confused(kind: CodeKind) -> None:
    for _ in range(50):
        assert not set(new_code(kind)) - set(SIGNS) - {"-"}
        assert {len(group) for group in new_code(kind).split("-")} == {4}


@given(codes(), codes())
def test_a_code_stands_for_one_key_only(one: tuple[CodeKind, bytes], other: tuple[CodeKind, bytes]) -> None:
    keys = [exchange_key(*code).private_bytes_raw() for code in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)
