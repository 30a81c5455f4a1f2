"""A real time stamp authority for tests: certificates, `openssl ts`, and a small HTTP server that may misbehave."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """
[tsa]
default_tsa = desk
[desk]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
{more}
"""
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: str, key: Key, issuer: str, issuer_key: Key, days: tuple[int, int], stamping: bool, critical: bool = True
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(not stamping, None), critical=True)
    )
    if stamping:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=critical)
    return made.sign(issuer_key, hashes.SHA256())


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass(slots=True)
class Tsa:
    """An authority in a folder. `behaviour` is how its server answers; `asked` counts questions."""

    folder: Path
    root: x509.Certificate
    root_file: Path
    url: str = ""
    behaviour: str = "honest"
    asked: int = 0
    let_go: threading.Event = field(default_factory=threading.Event)

    def answer(self, question: bytes) -> bytes:
        """What openssl answers to a question."""
        query, reply = self.folder / "query.tsq", self.folder / "reply.tsr"
        query.write_bytes(question)
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", query.name, "-out", reply.name]
        command += ["-signer", "signer.pem", "-inkey", "signer.key"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return reply.read_bytes()


def make_tsa(
    folder: Path, *, name: str = "Demo Authority", days: tuple[int, int] = (-10, 10), both: bool = False,
    critical: bool = True, rsa_signer: bool = False,
) -> Tsa:  # fmt: skip
    """An authority with a root of its own. `both` puts the root into every token, after the signer, unsorted."""
    folder.mkdir(parents=True)
    root_key = ec.generate_private_key(ec.SECP256R1())
    key: Key = rsa_key() if rsa_signer else ec.generate_private_key(ec.SECP256R1())
    root = _certificate(f"{name} Root", root_key, f"{name} Root", root_key, (-4000, 4000), False)
    signer = _certificate(name, key, f"{name} Root", root_key, days, True, critical)
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "signer.pem").write_bytes(signer.public_bytes(pem))
    (folder / "signer.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "serial").write_text("01\n")
    more = f"certs = {folder}/root.pem" if both else ""
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder, more=more))
    return Tsa(folder, root, folder / "root.pem")


@contextmanager
def serving(tsa: Tsa) -> Iterator[Tsa]:
    """Run the authority's server on this machine; `tsa.url` is its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["content-length"]))
            tsa.asked += 1
            _behave(self, tsa, question)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    tsa.url = f"http://127.0.0.1:{server.server_address[1]}/tsa"
    try:
        yield tsa
    finally:
        tsa.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _behave(handler: BaseHTTPRequestHandler, tsa: Tsa, question: bytes) -> None:
    status, body = 200, b""
    if tsa.behaviour == "honest":
        body = tsa.answer(question)
    elif tsa.behaviour == "other digest":
        place = question.index(b"\x04\x20") + 2
        body = tsa.answer(question[:place] + bytes([question[place] ^ 1]) + question[place + 1 :])
    elif tsa.behaviour == "refuses":
        body = tsa.answer(
            question.replace(b"\x60\x86\x48\x01\x65\x03\x04\x02\x01", b"\x60\x86\x48\x01\x65\x03\x04\x02\x02")
        )
    elif tsa.behaviour == "broken":
        status, body = 503, b"later"
    elif tsa.behaviour == "page":
        body = b"<html>please log in</html>"
    elif tsa.behaviour == "flood":
        body = b"\x30" * 200_000
    handler.send_response(status)
    handler.send_header("content-type", "application/timestamp-reply")
    handler.send_header("content-length", str(len(body) or 10))
    handler.end_headers()
    if tsa.behaviour == "slow":
        tsa.let_go.wait(30)
        handler.close_connection = True
        return
    try:
        handler.wfile.write(body)
    except OSError:
        handler.close_connection = True
