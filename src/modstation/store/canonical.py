"""Canonical JSON (RFC 8785) and the hashes of journal and pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import rfc8785

#: A JSON object of ids, closed vocabularies, numbers and commitments, as journal bodies hold it.
Body = Mapping[str, Any]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def canonical(value: Body) -> bytes:
    """The one spelling of a JSON value (RFC 8785). Raises ValueError for NaN, huge integers or lone surrogates."""
    try:
        return rfc8785.dumps(cast(Any, value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise ValueError(f"not canonical JSON: {error}") from error


def parse(data: bytes) -> dict[str, Any]:
    """Read a canonical JSON object back."""
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError("a journal body is a JSON object")
    return value


def sha256(*parts: bytes) -> bytes:
    """SHA-256 over length-prefixed parts, so that no two lists of parts share a hash."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def leaf(data: bytes) -> bytes:
    """The leaf hash of RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The tree head of RFC 6962 section 2.1 over leaf hashes, built bottom-up."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        joined = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            joined.append(level[-1])
        level = joined
    return level[0]
