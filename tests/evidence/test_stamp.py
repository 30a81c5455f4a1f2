"""Time stamps: real tokens of a real authority, and every way in which one may be down, lying, slow or out of date."""

from __future__ import annotations

import hashlib
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.tsa_parts import Tsa, make_tsa, serving
from tests.store.store_parts import HandClock

from modstation.evidence import der
from modstation.evidence.authorities import FILE, Authority, StampState, ask, poster, read_authorities
from modstation.evidence.stamp import Distrusted, check, request
from modstation.models.errors import BadInput

DATA = b"what is to be stamped"
DIGEST = hashlib.sha256(DATA).digest()
NONCE = 0x1234_5678_9ABC


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return make_tsa(tmp_path_factory.mktemp("tsa") / "a")


@pytest.fixture(scope="module")
def token(tsa: Tsa) -> bytes:
    return tsa.answer(request(DIGEST, NONCE))


@pytest.fixture
def serve() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_openssl_reads_our_question_as_we_meant_it(tmp_path: Path) -> None:
    (tmp_path / "q.tsq").write_bytes(request(DIGEST, NONCE))
    told = subprocess.run(
        ["openssl", "ts", "-query", "-in", tmp_path / "q.tsq", "-text"], capture_output=True, text=True, check=True
    ).stdout
    assert "Hash Algorithm: sha256" in told
    assert "Nonce: 0x123456789ABC" in told
    assert "Certificate required: yes" in told


@given(st.integers(0, 2**200))
def test_numbers_survive_der(number: int) -> None:
    assert der.only(der.integer(number)).number() == number


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_values_of_any_length_survive_der(inside: bytes, after: bytes) -> None:
    value, rest = der.read(der.write(der.OCTETS, inside) + after)
    assert (value.tag, value.inside, rest) == (der.OCTETS, inside, after)


@given(st.binary(max_size=60))
def test_no_bytes_crash_the_reader_of_der(data: bytes) -> None:
    try:
        values = der.read_all(data)
    except ValueError:
        return
    assert b"".join(each.whole for each in values) == data


def test_an_honest_token_is_believed_and_says_who_and_when(tsa: Tsa, token: bytes) -> None:
    stamp = check(token, DIGEST, NONCE, [tsa.root])
    assert stamp.anchored
    assert stamp.signer == "CN=Demo Authority"
    assert stamp.at.utcoffset() == timedelta(0)


def test_without_a_configured_certificate_nobody_vouches_for_the_authority(token: bytes) -> None:
    assert check(token, DIGEST, NONCE).anchored is False


def test_a_token_of_an_rsa_key_is_believed_too(tmp_path: Path) -> None:
    tsa = make_tsa(tmp_path / "rsa", rsa_signer=True)
    assert check(tsa.answer(request(DIGEST, NONCE)), DIGEST, NONCE, [tsa.root]).anchored


def test_two_certificates_in_the_token_are_read_in_any_order(tmp_path: Path) -> None:
    tsa = make_tsa(tmp_path / "both", both=True)
    token = tsa.answer(request(DIGEST, NONCE))
    assert token.count(b"Demo Authority Root") > 2, "the root is in the token as well"
    assert check(token, DIGEST, NONCE, [tsa.root]).anchored


def test_a_certificate_that_had_expired_is_not_believed(tmp_path: Path) -> None:
    tsa = make_tsa(tmp_path / "old", days=(-20, -10))
    with pytest.raises(Distrusted, match="not when it signed"):
        check(tsa.answer(request(DIGEST, NONCE)), DIGEST, NONCE, [tsa.root])


def test_a_certificate_of_somebody_else_is_not_believed(tmp_path: Path, token: bytes) -> None:
    other = make_tsa(tmp_path / "other", name="Other Authority")
    with pytest.raises(Distrusted, match="does not lead"):
        check(token, DIGEST, NONCE, [other.root])


def test_a_token_for_another_digest_or_question_is_not_believed(token: bytes) -> None:
    with pytest.raises(Distrusted, match="another digest"):
        check(token, hashlib.sha256(b"other").digest(), NONCE)
    with pytest.raises(Distrusted, match="nonce"):
        check(token, DIGEST, NONCE + 1)


def test_every_single_flipped_byte_of_a_token_is_noticed_or_changes_nothing_that_counts(tsa: Tsa, token: bytes) -> None:
    """What the signature covers may not move; what is left is the authority's own wrapping around it."""
    whole = check(token, DIGEST, NONCE, [tsa.root])
    for place in range(len(token)):
        altered = token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]
        try:
            believed = check(altered, DIGEST, NONCE, [tsa.root])
        except Distrusted:
            continue
        assert believed == whole


@given(st.binary(max_size=200))
def test_no_answer_crashes_the_check(answer: bytes) -> None:
    with pytest.raises(Distrusted):
        check(answer, DIGEST, NONCE)


@given(st.data())
def test_no_cut_off_or_spliced_token_crashes_the_check(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, 40))
    with pytest.raises(Distrusted):
        check(b"\x30\x82\x01\x00" + b"\x30" * start + data.draw(st.binary(max_size=40)), DIGEST, NONCE)


# ---- asking over the wire ----------------------------------------------------------------------------


def one(tsa: Tsa, *, name: str = "demo", trusted: bool = True) -> Authority:
    return Authority(name, tsa.url, (tsa.root,) if trusted else ())


def test_several_authorities_are_asked_and_each_is_told_apart(tmp_path: Path, serve: ExitStack) -> None:
    good = serve.enter_context(serving(make_tsa(tmp_path / "good")))
    bad = serve.enter_context(serving(make_tsa(tmp_path / "bad")))
    bad.behaviour = "other digest"
    asked = ask([one(good), one(bad, name="liar")], DATA, poster(), HandClock())
    assert [each.state for each in asked] == [StampState.GRANTED, StampState.REFUSED]
    assert asked[0].stamp is not None
    assert asked[0].stamp.anchored
    assert "another digest" in asked[1].why
    assert asked[1].token == b"", "a lying token is not handed on"


@pytest.mark.parametrize(
    ("behaviour", "state", "words"),
    [
        ("refuses", StampState.REFUSED, "status 2"),
        ("broken", StampState.QUEUED, "status 503"),
        ("page", StampState.REFUSED, "cannot be read"),
        ("flood", StampState.QUEUED, "too large"),
        ("slow", StampState.QUEUED, "No usable answer"),
    ],
)
def test_an_authority_that_misbehaves_is_told_as_such(
    tmp_path: Path, serve: ExitStack, behaviour: str, state: StampState, words: str
) -> None:
    tsa = serve.enter_context(serving(make_tsa(tmp_path / "tsa")))
    tsa.behaviour = behaviour
    (asked,) = ask([one(tsa)], DATA, poster(seconds=0.4 if behaviour == "slow" else 10), HandClock())
    assert asked.state is state
    assert words in asked.why
    assert asked.value("")["stamped"] == ""


def test_an_authority_that_is_down_leaves_the_stamp_queued() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        (asked,) = ask([Authority("down", url)], DATA, poster(), HandClock())
    assert asked.state is StampState.QUEUED
    assert asked.value("")["asked"] == "2026-11-25T12:00:00.000Z"


def test_nobody_is_asked_where_nobody_is_configured() -> None:
    assert ask([], DATA, poster(), HandClock()) == ()


# ---- the file that names them ------------------------------------------------------------------------


def test_authorities_are_read_with_their_certificates(tmp_path: Path, tsa: Tsa) -> None:
    (tmp_path / "root.pem").write_bytes(tsa.root_file.read_bytes())
    (tmp_path / FILE).write_text(
        '[[authority]]\nname = "One"\nurl = "http://127.0.0.1:1/tsa"\ncertificates = "root.pem"\n'
        '[[authority]]\nname = "二"\nurl = "https://tsa.example/"\n',
        encoding="utf-8",
    )
    one, two = read_authorities(tmp_path)
    assert (one.name, one.certificates) == ("One", (tsa.root,))
    assert (two.name, two.certificates) == ("二", ())


def test_a_desk_without_the_file_has_no_authority(tmp_path: Path) -> None:
    assert read_authorities(tmp_path) == ()


@pytest.mark.parametrize(
    "text",
    [
        "[[authority",
        "authority = 3",
        '[[authority]]\nname = "x"',
        '[[authority]]\nname = "x"\nurl = "file:///etc/passwd"',
        '[[authority]]\nname = "x"\nurl = "http://x"\ncertificates = "missing.pem"',
        "authority = ['x']",
        "\x00",
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BadInput, match=FILE):
        read_authorities(tmp_path)
