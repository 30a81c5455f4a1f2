"""JSON and stored zips with exactly one spelling, so that one case sealed twice gives the same bytes."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from modstation.models.errors import BadInput
from modstation.models.time import from_ms, iso

#: 1980-01-01 00:00:00 in the zip's own notation: the one time that every file of a bundle carries.
_TIME, _DATE = 0, 33
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")

#: Larger bundles would need zip64, which not every reader takes.
MOST_BYTES = 2**32 - 1
MOST_FILES = 65_535


def canonical(value: Mapping[str, Any]) -> bytes:
    """RFC 8785 for objects of ASCII keys, whole numbers and texts. Raises UnicodeEncodeError for lone surrogates."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def safe(value: Any) -> bytes:
    """Sorted JSON in ASCII alone: every text survives, lone surrogates included, and no byte can be markup.

    `<`, `>` and `&` are written as escapes, so that the bytes may stand inside a page.
    """
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode("ascii")


def base64_of(data: bytes) -> str:
    """Bytes as text for JSON."""
    return base64.b64encode(data).decode("ascii")


def moment(ms: int) -> str:
    """A stored moment as ISO 8601 in UTC; "" for none."""
    return iso(from_ms(ms)) if ms else ""


def stored_zip(files: Mapping[str, bytes]) -> bytes:
    """A zip without compression, dates or choices: its bytes follow from the files and their order alone.

    Raises BadInput for more than a plain zip can hold.
    """
    if len(files) > MOST_FILES or sum(len(data) + 200 for data in files.values()) > MOST_BYTES:
        raise BadInput("This bundle is larger than a zip can be.", "A zip holds 4 GiB.", "Export fewer cases at once.")
    parts: list[bytes] = []
    central: list[bytes] = []
    offset = 0
    for path, data in files.items():
        name, crc, size = path.encode("ascii"), zlib.crc32(data), len(data)
        local = _LOCAL.pack(b"PK\x03\x04", 20, 0, 0, _TIME, _DATE, crc, size, size, len(name), 0) + name
        central.append(
            _CENTRAL.pack(b"PK\x01\x02", 20, 20, 0, 0, _TIME, _DATE, crc, size, size, len(name), 0, 0, 0, 0, 0, offset)
            + name
        )
        parts += [local, data]
        offset += len(local) + size
    listing = b"".join(central)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(files), len(files), len(listing), offset, 0)
    return b"".join([*parts, listing, end])


def read_zip(data: bytes) -> dict[str, bytes]:
    """The files of a zip that `stored_zip` wrote. Raises BadInput for every other file, also for a changed one."""
    files: dict[str, bytes] = {}
    place = 0
    try:
        while data[place : place + 4] == b"PK\x03\x04":
            _, _, _, _, _, _, _, size, _, length, _ = _LOCAL.unpack_from(data, place)
            start = place + _LOCAL.size + length
            files[data[place + _LOCAL.size : start].decode("ascii")] = data[start : start + size]
            place = start + size
    except (struct.error, UnicodeDecodeError):
        files = {}
    if not files or stored_zip(files) != data:
        raise BadInput("This file is no bundle, or it was changed.", "", "Check it with verify_bundle.py.")
    return files
