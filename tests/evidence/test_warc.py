"""Server answers as WARC: read by a strict reader of its own, for no archive forgives a wrong length."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.evidence_parts import Bundle

from modstation.evidence.warc import Exchange, warc

AT = 1_764_072_000_000
ONE = Exchange(
    "DESK:3", "http://127.0.0.1:9/api/post/1", AT, b"GET /api/post/1 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"HTTP/1.1 200\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nContent-Length: 7\r\n\r\n{\"a\": 1}",
)  # fmt: skip
SOFTWARE = "ModStation test"


def read(data: bytes) -> list[tuple[dict[str, str], bytes]]:
    """All records by the grammar of ISO 28500:2017, section 4. Raises AssertionError for whatever departs from it."""
    found = []
    while data:
        head, blank, rest = data.partition(b"\r\n\r\n")
        assert blank
        version, *lines = head.decode("utf-8").split("\r\n")
        assert version == "WARC/1.1"
        assert all(re.fullmatch(r"[!-9;-~]+: [^\r\n]*", line) for line in lines), lines
        fields = dict(line.split(": ", 1) for line in lines)
        assert len(fields) == len(lines), "no field stands there twice"
        size = int(fields["Content-Length"])
        block, end = rest[:size], rest[size : size + 4]
        assert (len(block), end) == (size, b"\r\n\r\n")
        assert fields["WARC-Block-Digest"] == f"sha256:{hashlib.sha256(block).hexdigest()}"
        assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", fields["WARC-Record-ID"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", fields["WARC-Date"])
        found.append((fields, block))
        data = rest[size + 4 :]
    return found


def test_each_exchange_is_an_answer_and_its_question() -> None:
    records = read(warc([ONE], SOFTWARE))
    assert [fields["WARC-Type"] for fields, _ in records] == ["warcinfo", "response", "request"]
    (_, response, request) = (fields for fields, _ in records)
    assert response["WARC-Target-URI"] == request["WARC-Target-URI"] == ONE.url
    assert request["WARC-Concurrent-To"] == response["WARC-Record-ID"]
    assert response["ModStation-Journal-Row"] == "DESK:3"
    assert response["WARC-Date"] == "2025-11-25T12:00:00.000Z"
    assert response["WARC-Payload-Digest"] == "sha256:" + hashlib.sha256(b'{"a": 1}').hexdigest()
    assert records[2][1] == ONE.request


def test_headers_of_the_journey_are_kept_under_another_name_and_the_length_is_true() -> None:
    block = read(warc([ONE], SOFTWARE))[1][1]
    assert b"X-Archive-Orig-content-encoding: gzip\r\n" in block
    assert b"X-Archive-Orig-Content-Length: 7\r\n" in block
    assert b"\r\nContent-Length: 8\r\n\r\n{" in block


def test_the_same_exchanges_give_the_same_bytes_and_no_two_records_one_name() -> None:
    assert warc([ONE, ONE], SOFTWARE) == warc([ONE, ONE], SOFTWARE)
    names = [fields["WARC-Record-ID"] for fields, _ in read(warc([ONE, ONE], SOFTWARE))]
    assert len(set(names)) == len(names)


def test_no_exchange_is_a_file_as_well() -> None:
    ((fields, block),) = read(warc([], SOFTWARE))
    assert fields["WARC-Type"] == "warcinfo"
    assert b"software: ModStation test" in block


def test_what_was_struck_is_told() -> None:
    assert read(warc([replace(ONE, struck="ip, email")], SOFTWARE))[1][0]["ModStation-Struck"] == "ip, email"


@given(
    st.text(st.characters(codec=None), min_size=1, max_size=40), st.binary(max_size=80), st.binary(max_size=80),
)  # fmt: skip
def test_no_address_or_answer_breaks_the_records_around_it(url: str, request: bytes, response: bytes) -> None:
    odd = replace(ONE, url=url, request=request, response=response)
    records = read(warc([ONE, odd, ONE], SOFTWARE))
    assert [fields["WARC-Type"] for fields, _ in records] == ["warcinfo", *["response", "request"] * 3]
    assert records[4][1] == request


def test_the_bundle_of_a_case_holds_its_captures_as_warc(court: Bundle) -> None:
    records = read(court.files["exchanges.warc"])
    assert len(records) == 3
    rows = {f"{row['desk']}:{row['seq']}" for row in court.rows if row["kind"] == "item.captured"}
    assert {fields["ModStation-Journal-Row"] for fields, _ in records[1:]} == rows
