"""Merkle trees of RFC 6962 section 2.1 with proofs: one row is shown to belong to a root without showing the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

_sha256 = hashlib.sha256


def leaf(data: bytes) -> bytes:
    """The hash of a leaf."""
    return _sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows at its end. It keeps every full subtree, so that growing and proving cost few hashes."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([_sha256(b"\x01" + left + right).digest() for left, right in pairs])

    def __len__(self) -> int:
        return len(self._levels[0])

    def add(self, hashed: bytes) -> None:
        """Add a leaf that is hashed already."""
        level = 0
        self._levels[0].append(hashed)
        while len(self._levels[level]) % 2 == 0:
            if len(self._levels) == level + 1:
                self._levels.append([])
            left, right = self._levels[level][-2:]
            self._levels[level + 1].append(node(left, right))
            level += 1

    def root(self) -> bytes:
        """The tree head; SHA-256 of nothing for an empty tree."""
        if not len(self):
            return hashlib.sha256(b"").digest()
        return self._hash(0, len(self))

    def proof(self, index: int) -> tuple[bytes, ...]:
        """The audit path of a leaf, from its neighbour up. Raises IndexError for a leaf that is not there."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        return tuple(self._path(index, 0, len(self)))

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        size = end - start
        if size == 1:
            return []
        middle = start + _split(size)
        if index < middle:
            return [*self._path(index, start, middle), self._hash(middle, end)]
        return [*self._path(index, middle, end), self._hash(start, middle)]

    def _hash(self, start: int, end: int) -> bytes:
        """The hash over leaves `start` to `end`. `start` is a multiple of the largest full subtree in that span."""
        size = end - start
        if size & (size - 1) == 0:
            level = size.bit_length() - 1
            return self._levels[level][start >> level]
        middle = start + _split(size)
        return node(self._hash(start, middle), self._hash(middle, end))


def _split(size: int) -> int:
    """The largest power of two below a size of at least two."""
    return 1 << (size - 1).bit_length() - 1


def check(hashed: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf and its path lead to (RFC 9162 section 2.1.3.2); None where the path has a wrong length."""
    if not 0 <= index < size:
        return None
    place, last, found = index, size - 1, hashed
    for other in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = node(other, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, other)
        place, last = place >> 1, last >> 1
    return found if last == 0 else None
