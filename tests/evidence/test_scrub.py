"""What is struck out of a server's answer, what stays, and what is never mistaken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.evidence.scrub import (
    NOBODY,
    STRUCK,
    People,
    names_any,
    scrub_body,
    scrub_message,
    scrub_url,
    strike_names,
)

HIDE = People(frozenset({"11"}), frozenset({"demo_reporter"}))


def clean(value: Any, hide: People = NOBODY) -> Any:
    return json.loads(scrub_body(json.dumps(value).encode(), hide).data)


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    "field",
    ["ip", "IP", "last_ip", "lastip", "email", "emails", "full_name", "fullname", "realName", "birthday", "phone",
     "id-card", "csrf_token", "sessionID", "remote_address", "user_agent", "passwordHash"],
)  # fmt: skip
def test_private_fields_are_struck_wherever_they_stand(field: str) -> None:
    value = {"users": [{"profile": {field: "secret-value", "uid": 41}}]}
    assert clean(value) == {"users": [{"profile": {field: STRUCK, "uid": 41}}]}
    assert scrub_body(json.dumps(value).encode()).what == (field,)


@pytest.mark.parametrize("value", [None, "", [], {}, False, True, 0])
def test_a_private_field_that_says_nothing_is_left(value: Any) -> None:
    body = json.dumps({"email": value}).encode()
    assert scrub_body(body).data == body
    assert scrub_body(body).what == ()


def test_what_somebody_wrote_is_the_offence_and_stays() -> None:
    body = json.dumps({"content": "call 555-0100, mail me at demo@mail.example, my ip is 198.51.100.7"}).encode()
    assert scrub_body(body).data == body


@given(st.binary(max_size=80))
def test_a_body_that_is_no_json_is_left_byte_for_byte(body: bytes) -> None:
    try:
        json.loads(body.decode("utf-8", "surrogatepass"))
    except ValueError:
        assert scrub_body(body).data == body


def test_a_body_nested_without_end_is_struck_whole() -> None:
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    found = scrub_body(deep)
    assert found.data in (deep, STRUCK.encode())
    deeper = b"[" * 200_000
    assert scrub_body(deeper).data == deeper


def test_accounts_to_hide_are_struck_whole_by_number_or_name() -> None:
    reporter, other = {"uid": 11, "username": "x"}, {"uid": 12, "username": "y"}
    assert clean([reporter, other], HIDE) == [STRUCK, other]
    assert clean({"by": {"userslug": "demo_reporter", "uid": 99}}, HIDE) == {"by": STRUCK}
    assert clean({"pid": 11, "tid": 11}, HIDE) == {"pid": 11, "tid": 11}, "other things have numbers too"


def test_fields_that_speak_of_a_reporter_are_struck_where_one_is_to_be_hidden() -> None:
    value = {"reporterUid": 11, "reporters": ["x"], "reporter": {}, "value": "spam"}
    assert clean(value) == value
    assert clean(value, HIDE) == {"reporterUid": STRUCK, "reporters": STRUCK, "reporter": {}, "value": "spam"}


def test_private_headers_and_secrets_in_addresses_are_struck() -> None:
    message = (
        b"GET /api/x?_uid=1&csrf_token=abc HTTP/1.1\r\nauthorization: Bearer [token]\r\nCookie: sid=1\r\n"
        b"accept: */*\r\n\r\n"
    )
    found = scrub_message(message)
    assert b"abc" not in found.data
    assert b"sid=1" not in found.data
    assert b"authorization: Bearer [token]" in found.data, "the connector had struck that before it was kept"
    assert found.what == ("address", "cookie")


def test_a_message_without_secrets_is_left_byte_for_byte() -> None:
    message = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: x\r\n\r\n{ "spaced" : 1 }'
    assert scrub_message(message).data == message
    assert scrub_message(b"").data == b""
    assert scrub_message(b"HTTP/1.1 500").data == b"HTTP/1.1 500"


def test_an_authorization_that_was_not_struck_before_is_struck_now() -> None:
    assert b"t0k3n" not in scrub_message(b"GET / HTTP/1.1\r\nAuthorization: Bearer t0k3n\r\n\r\n").data


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://f.example/a?b=1", "http://f.example/a?b=1"),
        ("http://f.example/a?token=x&b=1", "http://f.example/a?token=%5Bstruck+out%5D&b=1"),
        ("http://[bad", "http://[bad"),
        ("", ""),
    ],
)
def test_addresses(url: str, wanted: str) -> None:
    assert scrub_url(url) == wanted


def test_names_are_found_as_whole_words_in_any_spelling() -> None:
    assert names_any(b"by Demo_Reporter today", {"demo_reporter"})
    assert names_any("由 举报人 提交".encode(), {"举报人"})
    assert names_any(json.dumps("举报人").encode(), {"举报人"})
    assert not names_any(b"demo_reporter2 and xdemo_reporter", {"demo_reporter"})
    assert not names_any(b"anything", {""})
    assert names_any(b"\xff\xfe ann \xff", {"ann"})
    assert names_any(b"GET /api/user/demo-person HTTP/1.1", {"Demo Person"})
    assert names_any(b"GET /user/%E4%B8%BE%E6%8A%A5 HTTP/1.1", {"举报"})


def test_names_are_struck_from_the_desks_own_words() -> None:
    assert strike_names("Ann-Lee and ann said, annex", {"ann", "Ann-Lee"}) == f"{STRUCK} and {STRUCK} said, annex"
    assert strike_names("nothing", {""}) == "nothing"


@given(st.text(st.characters(codec=None), max_size=40))
def test_no_text_crashes_any_of_it(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    scrub_message(data, HIDE)
    scrub_url(text)
    names_any(data, {"demo_reporter", text})
    strike_names(text, {text})
