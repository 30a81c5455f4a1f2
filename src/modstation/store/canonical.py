"""Canonical JSON (RFC 8785) and the hashes of journal and pages."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

#: A JSON object of ids, closed vocabularies, whole numbers and commitments, as journal bodies hold it.
Body = Mapping[str, Any]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def canonical(value: Body) -> bytes:
    """The one spelling of a JSON object (RFC 8785).

    Keys are ASCII and numbers are whole, so that orjson with sorted keys spells as the RFC does; tests compare with a
    reference implementation. Raises ValueError for lone surrogates and whatever JSON does not have.
    """
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=_refuse)
    except TypeError as error:
        raise ValueError(f"not canonical JSON: {error}") from error
    if b"null" in data:
        _refuse_no_number(value)
    return data


def _refuse_no_number(value: object) -> None:
    """Raise ValueError for NaN and infinity, which orjson would write as null."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not canonical JSON: NaN and infinity are no numbers")
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            _refuse_no_number(each)


def _refuse(value: object) -> object:
    raise TypeError(f"{type(value).__name__} has no canonical form")


def parse(data: bytes) -> dict[str, Any]:
    """Read a canonical JSON object back. Raises ValueError for anything else."""
    value = orjson.loads(data)
    if not isinstance(value, dict):
        raise ValueError("a journal body is a JSON object")
    return value


def sha256(*parts: bytes) -> bytes:
    """SHA-256 over length-prefixed parts, so that no two lists of parts share a hash."""
    return hashlib.sha256(
        b"".join([piece for part in parts for piece in (len(part).to_bytes(8, "big"), part)])
    ).digest()


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
