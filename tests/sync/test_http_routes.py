"""Ways to a forum's server: TLS with a private authority, a proxy, and what an untrusted certificate means."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.sync.forums.nodebb_support import CONTEXT, TOKEN, FixedClock, LoopServer, Reply, run, serving

from modstation.models.errors import ForumUnreachable
from modstation.sync.http import Call, HttpClient

PATH = "/api/thing"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine that signs itself, as a private authority's would, and a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "demo authority")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("authority")
    certificate, secret = folder / "ca.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return certificate, context


def test_a_private_authority_is_trusted_where_it_is_named(authority: tuple[Path, ssl.SSLContext]) -> None:
    certificate, context = authority

    async def work() -> None:
        server = LoopServer()
        server.on("GET", PATH, Reply(200, {"safe": True}))
        await server.start(context)
        client = HttpClient(ca_file=certificate, clock=FixedClock())
        try:
            assert (await client.send(Call("GET", server.url + PATH))).data == {"safe": True}
        finally:
            await client.aclose()
            await server.stop()

    run(work())


def test_an_unknown_authority_gets_neither_request_nor_token(authority: tuple[Path, ssl.SSLContext]) -> None:
    async def work() -> None:
        server = LoopServer()
        await server.start(authority[1])
        client = HttpClient(context=CONTEXT, clock=FixedClock())
        try:
            with pytest.raises(ForumUnreachable) as caught:
                await client.send(Call("PUT", server.url + PATH, body={}, token=TOKEN))
            # Refused in the handshake: nothing can have been done.
            assert not caught.value.sent
            assert server.asked == []
        finally:
            await client.aclose()
            await server.stop()

    run(work())


def test_a_proxy_carries_the_calls_where_one_is_named() -> None:
    async def work() -> None:
        async with serving() as proxy:
            proxy.on("GET", PATH, Reply(200, {"through": "proxy"}))
            client = HttpClient(proxy=proxy.url, context=CONTEXT, clock=FixedClock())
            try:
                answer = await client.send(Call("GET", "http://forum.invalid" + PATH, token=TOKEN))
                assert answer.data == {"through": "proxy"}
                assert proxy.asked[0].headers["host"] == "forum.invalid"
                assert client.proxied
            finally:
                await client.aclose()

    run(work())


def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with serving() as server, serving() as stranger:
            monkeypatch.setenv("HTTP_PROXY", stranger.url)
            server.on("GET", PATH, Reply(200, {}))
            client = HttpClient(context=CONTEXT, clock=FixedClock())
            try:
                assert (await client.send(Call("GET", server.url + PATH, token=TOKEN))).ok
                assert stranger.asked == []
            finally:
                await client.aclose()

    run(work())
