"""Pictures made by code: a coloured sky, hills, and on some a grid that looks like a code to scan but holds nothing."""

from __future__ import annotations

import functools
import random
import struct
import zlib

WIDTH, HEIGHT = 640, 480
_CELL = 12
_GRID = 21


@functools.lru_cache(maxsize=64)
def picture(number: int) -> bytes:
    """A PNG of 640 x 480 pixels, the same for the same number."""
    chance = random.Random(number)
    palette = bytes(chance.randrange(40, 250) for _ in range(3 * 16)) + b"\x11\x11\x11\xfa\xfa\xfa"
    rows = [bytearray(_row(y, number)) for y in range(HEIGHT)]
    if number % 3 == 0:
        _grid(rows, chance)
    data = b"".join(b"\x00" + bytes(row) for row in rows)
    return _png(palette, zlib.compress(data, 6))


def _row(y: int, number: int) -> bytes:
    sky = y * 8 // HEIGHT
    wave = (number % 5 + 2) * 20
    hill = [
        8 + (x // wave + y // 40) % 8 if y > HEIGHT // 2 + (x * (wave + 3) // 97) % 80 else sky
        for x in range(0, WIDTH, 8)
    ]
    return b"".join(bytes((colour,)) * 8 for colour in hill)


def _grid(rows: list[bytearray], chance: random.Random) -> None:
    left, top = (WIDTH - _GRID * _CELL) // 2, (HEIGHT - _GRID * _CELL) // 2
    for line in range(_GRID):
        cells = b"".join(bytes((16 + chance.randrange(2),)) * _CELL for _ in range(_GRID))
        for y in range(top + line * _CELL, top + (line + 1) * _CELL):
            rows[y][left : left + len(cells)] = cells


def _png(palette: bytes, data: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"PLTE", palette)
        + _chunk(b"IDAT", data)
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
