"""Near-duplicates: posts that differ by a few edits or by the contact in them become one cluster.

One-permutation MinHash over runs of four letters finds candidates by bands; rapidfuzz then compares the texts. Only a
text that is really alike joins a cluster. SimHash was tried by others and is unfit for short posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from modstation.screening.stream import Batch
from modstation.screening.tables import Ints, Kind, tables

GRAM: Final = 4
BINS: Final = 48
ROWS: Final = 2
BANDS: Final = BINS // ROWS
ALIKE: Final = 70.0
"""rapidfuzz ratio (0 to 100) from which two texts are one: 15 % edited letters leave about 85."""
SHORTEST: Final = 8
"""Letters; a shorter text is a duplicate only of itself."""
COMPARED: Final = 1500
"""Letters of a text that are compared; longer posts are told apart by their beginnings well enough."""
_EMPTY: Final = np.uint32(0xFFFFFFFF)

Keys = NDArray[np.uint64]


class NearIndex:
    """Clusters of like texts, growing as texts come in. The cluster id is the number of its first text."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._cluster: list[int] = []
        self._segments: list[tuple[Keys, NDArray[np.int32]]] = []
        self._same: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def cluster_of(self, number: int) -> int:
        """The cluster of the n-th text that was added."""
        while self._cluster[number] != number:
            number = self._cluster[number]
        return number

    def members(self, cluster: int) -> list[int]:
        """The numbers of the texts of a cluster, in the order they came."""
        return [number for number in range(len(self._texts)) if self.cluster_of(number) == cluster]

    def outliers(self, cluster: int) -> list[int]:
        """The members of a cluster, those least like its first text first: what a person should see first."""
        first = self._texts[cluster]
        found = [(fuzz.ratio(first, self._texts[number]), number) for number in self.members(cluster)]
        return [number for _, number in sorted(found)]

    def add(self, texts: Sequence[str]) -> list[int]:
        """Add texts; the cluster of each. Earlier texts keep their clusters."""
        base = len(self._texts)
        folded = letters_of_all(texts) if texts else []
        fresh = []
        for number, text in enumerate(folded, base):
            self._texts.append(text)
            same = self._same.setdefault(text, number)
            self._cluster.append(same)
            if same == number and len(text) >= SHORTEST:
                fresh.append(number)
        if fresh:
            keys = band_keys([self._texts[number] for number in fresh])
            self._join(np.array(fresh, np.int32), keys)
        return [self.cluster_of(number) for number in range(base, base + len(texts))]

    def _join(self, fresh: NDArray[np.int32], keys: Keys) -> None:
        owner = np.repeat(fresh, BANDS)
        flat = keys.ravel()
        pairs = [_partners(flat, owner, segment) for segment in self._segments]
        order = np.argsort(flat, kind="stable")
        flat, owner = flat[order], owner[order]
        pairs.append(_partners(flat, owner, (flat, owner)))
        found = np.unique(np.concatenate(pairs), axis=0)
        for newer, older in found.tolist():
            if self._cluster[newer] == newer and self._alike(newer, older):
                self._cluster[newer] = self.cluster_of(older)
        self._keep(flat, owner)

    def _alike(self, newer: int, older: int) -> bool:
        root = self.cluster_of(older)
        return root != newer and fuzz.ratio(self._texts[newer], self._texts[older], score_cutoff=ALIKE) > 0

    def _keep(self, flat: Keys, owner: NDArray[np.int32]) -> None:
        """Add a sorted segment; segments of like size are merged, so that few have to be searched."""
        self._segments.append((flat, owner))
        while len(self._segments) > 1 and len(self._segments[-2][0]) < 2 * len(self._segments[-1][0]):
            last, before = self._segments.pop(), self._segments.pop()
            flat, owner = np.concatenate([before[0], last[0]]), np.concatenate([before[1], last[1]])
            # Two sorted runs, the earlier texts first: a stable sort merges them and keeps that order.
            order = np.argsort(flat, kind="stable")
            self._segments.append((flat[order], owner[order]))


def letters_of_all(texts: Sequence[str]) -> list[str]:
    """The beginnings of texts as meant, without separators and marks."""
    batch = Batch([text[: 2 * COMPARED] for text in texts])
    kept = _LETTERED[batch.kinds]
    letters = tables().plain[batch.points[kept]].tobytes().decode("utf-32-le", "surrogatepass")
    ends = np.append(0, np.cumsum(kept))[np.minimum(batch.starts, len(kept))].tolist()
    return [letters[start : min(end, start + COMPARED)] for start, end in pairwise(ends)]


_LETTERED: Final = np.array([kind in (Kind.HAN, Kind.LETTER, Kind.DIGIT) for kind in Kind], bool)


def _partners(flat: Keys, owner: NDArray[np.int32], segment: tuple[Keys, NDArray[np.int32]]) -> Ints:
    """Pairs (newer, older): for each band the earliest text of the segment that has the same key."""
    known, ids = segment
    at = np.minimum(np.searchsorted(known, flat), len(known) - 1)
    hit = (known[at] == flat) & (ids[at] < owner)
    return np.stack([owner[hit], ids[at][hit]], axis=1).astype(np.int64)


def band_keys(texts: Sequence[str]) -> Keys:
    """For each text a key for each band; two texts that share a key may be alike. Texts hold letters only."""
    joined = "\x00".join(texts) + "\x00" * GRAM
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    count = np.maximum(lengths - GRAM + 1, 1)
    starts = np.cumsum(lengths + 1) - lengths - 1
    hashes = np.zeros(len(points) - GRAM, np.uint32)
    for step in range(GRAM):
        hashes = (hashes ^ points[step : len(points) - GRAM + step]) * np.uint32(0x9E3779B1)
        hashes ^= hashes >> np.uint32(15)
    hashes *= np.uint32(0x85EBCA6B)
    hashes ^= hashes >> np.uint32(13)
    offsets = np.cumsum(count) - count
    place = np.repeat(starts - offsets, count) + np.arange(int(count.sum()))
    return _bands(hashes[place], np.repeat(np.arange(len(texts)), count), len(texts))


def _bands(hashes: NDArray[np.uint32], owner: Ints, count: int) -> Keys:
    bins = ((hashes >> np.uint32(16)) * np.uint32(BINS)) >> np.uint32(16)
    slot = owner * BINS + bins
    order = np.argsort((slot.astype(np.uint64) << np.uint64(32)) | hashes, kind="stable")
    slot, hashes = slot[order], hashes[order]
    first = np.flatnonzero(np.diff(slot, prepend=-1))
    table = np.full(count * BINS, _EMPTY, np.uint32)
    table[slot[first]] = hashes[first]
    filled = _densified(table.reshape(count, BINS)).astype(np.uint64)
    keys = np.zeros((count, BANDS), np.uint64)
    for row in range(ROWS):
        keys = (keys ^ filled[:, row::ROWS]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    mixed: Keys = keys ^ (np.arange(BANDS, dtype=np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F))
    return mixed


def _densified(table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Give each empty bin what the next full one holds, changed by the distance (optimal for short texts)."""
    for distance in range(1, BINS):
        empty = table == _EMPTY
        if not empty.any():
            break
        shifted = np.roll(table, -1, axis=1)
        filled = shifted + np.uint32(0x632BE5AB * (distance % 7 + 1) & 0xFFFFFFFF)
        table = np.where(empty & (shifted != _EMPTY), filled, table)
    return table
