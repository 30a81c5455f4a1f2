"""Reading JSON of uncertain shape: whatever comes, the answer is a value of the promised type or BadAnswer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.models.errors import BadAnswer
from modstation.models.time import to_ms
from modstation.sync.forums.narrow import (
    ident,
    ident_or_empty,
    moment,
    number,
    obj,
    obj_or_empty,
    rows,
    rows_or_empty,
    text,
    text_or_empty,
    truth,
    uid_or_empty,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_lenient_readers_take_everything(value: Any) -> None:
    source = {"key": value}
    assert isinstance(text_or_empty(source, "key"), str)
    assert isinstance(ident_or_empty(source, "key"), str)
    assert isinstance(uid_or_empty(source, "key"), str)
    assert isinstance(number(source, "key"), int)
    assert isinstance(truth(source, "key"), bool)
    assert isinstance(obj_or_empty(value), dict)
    assert list(rows_or_empty(value)) == (value if isinstance(value, list) else [])
    at = moment(source, "key")
    assert at is None or to_ms(at) == number(source, "key")


@given(JSON)
def test_strict_readers_give_the_type_or_say_what_they_wanted(value: Any) -> None:
    source = {"key": value}
    strict: list[tuple[Any, Any, type]] = [
        (lambda: obj(value, "key"), value, dict),
        (lambda: rows(value, "key"), value, list),
        (lambda: text(source, "key"), value, str),
    ]
    for read, same, wanted in strict:
        if isinstance(value, wanted):
            assert read() == same
        else:
            with pytest.raises(BadAnswer, match="'key' should be"):
                read()


@pytest.mark.parametrize(
    ("value", "found"),
    [(7, "7"), ("7", "7"), (0, ""), ("0", ""), (None, ""), ("", ""), (True, ""), (7.5, ""), ("../7", ""), ([7], "")],
)
def test_an_id_is_one_text_from_either_form(value: Any, found: str) -> None:
    assert ident_or_empty({"id": value}, "id") == found
    if not found:
        with pytest.raises(BadAnswer, match="'id' should be an id"):
            ident({"id": value}, "id")


def test_the_missing_is_told_from_the_wrong() -> None:
    with pytest.raises(BadAnswer, match="is missing"):
        text({}, "name")
    with pytest.raises(BadAnswer, match="is int"):
        text({"name": 7}, "name")


def test_an_account_of_another_server_is_named_by_its_address() -> None:
    address = "https://other.example/users/ann"
    assert uid_or_empty({"uid": address}, "uid") == address
    assert uid_or_empty({"uid": "javascript:alert(1)//"}, "uid") == ""


@pytest.mark.parametrize("ms", [-1, 0, 10**15 * 9, "soon", None, "-5"])
def test_a_time_out_of_range_is_no_time(ms: Any) -> None:
    assert moment({"at": ms}, "at") is None
