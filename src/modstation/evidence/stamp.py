"""Time stamps of RFC 3161: asking for one, and believing only what is right.

The authority's word is checked here at once: whose digest it signed, for which question, when, by which certificate.
The raw answer is kept whatever we think of its form, because others may check it with other tools.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from . import der

_SHA256 = der.write(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.1"), der.write(der.NULL))
_TST_INFO, _SIGNED = der.oid("1.2.840.113549.1.9.16.1.4"), der.oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE, _MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.3"), der.oid("1.2.840.113549.1.9.4")
_ESS_V1, _ESS_V2 = der.oid("1.2.840.113549.1.9.16.2.12"), der.oid("1.2.840.113549.1.9.16.2.47")
_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    der.oid("1.3.14.3.2.26"): hashes.SHA1(),
    der.oid("2.16.840.1.101.3.4.2.1"): hashes.SHA256(),
    der.oid("2.16.840.1.101.3.4.2.2"): hashes.SHA384(),
    der.oid("2.16.840.1.101.3.4.2.3"): hashes.SHA512(),
}
_IMPLICIT_0 = 0xA0
#: What the reading of a token or its certificates stumbles over where they are not what they should be.
_UNREADABLE = (
    ValueError, LookupError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.InvalidVersion,
    x509.DuplicateExtension, x509.UnsupportedGeneralNameType, x509.AttributeNotFound,
)  # fmt: skip


class Distrusted(Exception):
    """An answer that must not be believed; its text says why, for people."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a believed token says: when (UTC), by whom, and whether that certificate leads to the configured one."""

    at: datetime
    signer: str
    anchored: bool


def request(digest: bytes, nonce: int) -> bytes:
    """A question for a time stamp over a SHA-256 digest, asking for the certificates as well."""
    imprint = der.write(der.SEQUENCE, _SHA256, der.write(der.OCTETS, digest))
    return der.write(der.SEQUENCE, der.integer(1), imprint, der.integer(nonce), der.write(der.BOOLEAN, b"\xff"))


def check(answer: bytes, digest: bytes, nonce: int, authority: Sequence[x509.Certificate] = ()) -> Stamp:
    """What an answer is worth. `authority` are the certificates that the desk trusts for this address.

    Raises Distrusted with the reason: no token, another digest or nonce, a broken signature, an expired certificate,
    a certificate that is not for time stamps or does not lead to the configured one.
    """
    try:
        return _check(answer, digest, nonce, authority)
    except _UNREADABLE as problem:
        raise Distrusted(f"The answer cannot be read ({problem or problem.__class__.__name__}).") from None


def _check(answer: bytes, digest: bytes, nonce: int, authority: Sequence[x509.Certificate]) -> Stamp:
    signed = _signed_data(answer)
    parts = signed.parts()
    kind, content = parts[2].parts()[:2]
    if kind.whole != _TST_INFO:
        raise Distrusted("The answer signs something that is no time stamp.")
    info_bytes = der.only(content.inside).inside
    at = _read_info(info_bytes, digest, nonce)
    certificates = _certificates(parts)
    signer = _signature(parts[-1], info_bytes, certificates)
    _usable(signer, at)
    anchored = bool(authority) and _leads_to(signer, certificates, authority, at)
    if authority and not anchored:
        raise Distrusted("Its certificate does not lead to the one that is configured for this authority.")
    return Stamp(at, signer.subject.rfc4514_string()[:200], anchored)


def _signed_data(answer: bytes) -> der.Value:
    """The SignedData of an answer that grants a token."""
    parts = der.only(answer).parts()
    status = parts[0].parts()[0].number()
    if status not in (0, 1) or len(parts) < 2:
        raise Distrusted(f"The authority refused (status {status}).")
    kind, wrapped = parts[1].parts()[:2]
    if kind.whole != _SIGNED:
        raise Distrusted("The answer holds no signed token.")
    return der.only(wrapped.inside)


def _read_info(info: bytes, digest: bytes, nonce: int) -> datetime:
    """The time in a TSTInfo that answers our question."""
    _, _, imprint, _, made, *rest = der.only(info).parts()
    algorithm, signed = imprint.parts()
    if algorithm.parts()[0].whole != der.oid("2.16.840.1.101.3.4.2.1") or signed.inside != digest:
        raise Distrusted("It stamps another digest than the one it was asked for.")
    if nonce not in [each.number() for each in rest if each.tag == der.INTEGER]:
        raise Distrusted("It answers another question: the nonce is not ours.")
    text = made.inside.decode("ascii")
    if made.tag != der.TIME or not text.endswith("Z"):
        raise ValueError("a time that is not UTC")
    whole, _, fraction = text[:-1].partition(".")
    moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment.replace(microsecond=int((fraction + "000000")[:6])) if fraction else moment


def _certificates(parts: Iterable[der.Value]) -> list[x509.Certificate]:
    """The certificates beside a signature, in whatever order they stand: some authorities do not sort their set."""
    found = []
    for part in parts:
        if part.tag == _IMPLICIT_0:
            found += [x509.load_der_x509_certificate(each.whole) for each in part.parts() if each.tag == der.SEQUENCE]
    return found


def _signature(infos: der.Value, content: bytes, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that really signed. Raises Distrusted where none of those given did."""
    parts = infos.parts()[0].parts()
    attributes = next((part for part in parts if part.tag == _IMPLICIT_0), None)
    if attributes is None:
        raise Distrusted("Its signature covers no attributes, as every time stamp must.")
    named = {each.parts()[0].whole: each.parts()[1].parts()[0] for each in attributes.parts()}
    algorithm = _HASHES[parts[2].parts()[0].whole]
    if named[_MESSAGE_DIGEST].inside != _hash(content, algorithm) or named[_CONTENT_TYPE].whole != _TST_INFO:
        raise Distrusted("Its signature does not cover its content.")
    place = 3 + 1
    pair, signature = parts[place], parts[place + 1].inside
    signed = der.write(der.SET, attributes.inside)
    for each in certificates:
        if _is_named(each, named) and _verifies(each, pair, signature, signed, algorithm):
            return each
    raise Distrusted("It is not signed by any certificate it brings along.")


def _is_named(certificate: x509.Certificate, named: dict[bytes, der.Value]) -> bool:
    """Whether the token's own attribute means this certificate, so that it cannot be swapped for another."""
    if _ESS_V2 in named:
        entry = named[_ESS_V2].parts()[0].parts()[0].parts()
        algorithm = _HASHES[entry[0].parts()[0].whole] if entry[0].tag == der.SEQUENCE else hashes.SHA256()
        wanted = next((each.inside for each in entry if each.tag == der.OCTETS), b"")
        return certificate.fingerprint(algorithm) == wanted
    if _ESS_V1 in named:
        return certificate.fingerprint(hashes.SHA1()) == named[_ESS_V1].parts()[0].parts()[0].parts()[0].inside
    raise Distrusted("It does not say which certificate signed it.")


def _hash(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    return hashlib.new(algorithm.name, data, usedforsecurity=False).digest()


def _verifies(
    certificate: x509.Certificate, pair: der.Value, signature: bytes, signed: bytes, algorithm: hashes.HashAlgorithm
) -> bool:
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            pss = pair.parts()[0].whole == der.oid("1.2.840.113549.1.1.10")
            scheme = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO) if pss else padding.PKCS1v15()
            key.verify(signature, signed, scheme, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _usable(certificate: x509.Certificate, at: datetime) -> None:
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Distrusted("Its certificate is not for time stamps.")
    _in_time(certificate, at)


def _in_time(certificate: x509.Certificate, at: datetime) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise Distrusted(
            f"Its certificate was good from {certificate.not_valid_before_utc:%Y-%m-%d}"
            f" to {certificate.not_valid_after_utc:%Y-%m-%d}, not when it signed."
        )


def _leads_to(
    signer: x509.Certificate,
    beside: Sequence[x509.Certificate],
    authority: Sequence[x509.Certificate],
    at: datetime,
) -> bool:
    """Whether a path of at most five issuers leads from the signer to a trusted certificate."""
    now = signer
    for _ in range(5):
        if now in authority:
            return True
        above = next((each for each in [*authority, *beside] if each != now and _issued(each, now)), None)
        if above is None:
            return False
        _in_time(above, at)
        now = above
    return False


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        basic = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return basic.value.ca
