"""The learned priority: trained on this desk's decisions only, it reorders the queue and never decides.

Hashed runs of one to three letters, and of two syllables so that homophones look alike, feed a logistic regression.
Its bounds are in `arrange`: nobody waits longer than the limit, and a complaint is never moved down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modstation.models.errors import BadInput
from modstation.screening.readings import readings
from modstation.screening.tables import Kind, tables

BITS: Final = 18
EPOCHS: Final = 6
RATE: Final = 0.6
DECAY: Final = 1e-6
FEWEST: Final = 40
"""Decisions of each kind below which nothing is learned."""
HELD_BACK: Final = 5
"""One decision in so many is held back, chosen by its text, and measures the model it did not train."""
_LONGEST: Final = 2000


class Example(NamedTuple):
    """A decided text. `upheld` says that it broke a rule; "not a violation" is False."""

    text: str
    upheld: bool


def features(text: str) -> NDArray[np.int64]:
    """The places of a text in the model, each once."""
    t = tables()
    points = np.frombuffer(text[:_LONGEST].encode("utf-32-le", "surrogatepass"), np.uint32)
    points = points[t.kind[points] != Kind.DELETE]
    if not len(points):
        return np.empty(0, np.int64)
    plain = t.plain[points]
    found = [_grams(plain, size, size) for size in (1, 2, 3)]
    sounds = readings().by_point[points]
    sounds = sounds[sounds > 0].astype(np.uint32)
    found.append(_grams(sounds, 2, 7))
    places: NDArray[np.int64] = np.unique(np.concatenate(found)).astype(np.int64)
    return places


def _grams(symbols: NDArray[np.uint32], size: int, seed: int) -> NDArray[np.uint32]:
    if len(symbols) < size:
        return np.empty(0, np.uint32)
    hashes = np.full(len(symbols) - size + 1, seed, np.uint32)
    for step in range(size):
        hashes = (hashes ^ symbols[step : len(symbols) - size + 1 + step]) * np.uint32(0x9E3779B1)
        hashes ^= hashes >> np.uint32(15)
    return hashes >> np.uint32(32 - BITS)


@dataclass(frozen=True, slots=True)
class PriorityModel:
    """A trained model. `trained` and `held_back` are numbers of decisions; `auc` is that on the held-back ones.

    An AUC of 0.5 is a coin. It is shown beside the switch that turns the learned order off.
    """

    weights: NDArray[np.float32]
    bias: float
    trained: int
    held_back: int
    auc: float

    def score(self, texts: Sequence[str]) -> list[float]:
        """How likely each text is to be a violation, 0 to 1."""
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> float:
        places = features(text)
        total = self.bias + (float(self.weights[places].sum()) / np.sqrt(len(places)) if len(places) else 0.0)
        return float(1 / (1 + np.exp(-min(30.0, max(-30.0, total)))))


def train(examples: Sequence[Example], seed: int = 1) -> PriorityModel:
    """Train on decisions. What is not among them is not in the model. Raises BadInput where they are too few."""
    held = [is_held_back(example.text) for example in examples]
    known = [example for example, kept in zip(examples, held, strict=True) if not kept]
    upheld = sum(example.upheld for example in known)
    if min(upheld, len(known) - upheld) < FEWEST:
        raise BadInput(
            "There are too few decisions to learn from.",
            f"{upheld} upheld and {len(known) - upheld} not upheld; {FEWEST} of each are needed.",
            "The queue keeps its own order.",
        )
    weights, bias = _descend(known, seed)
    model = PriorityModel(weights, bias, len(known), sum(held), 0.5)
    test = [example for example, kept in zip(examples, held, strict=True) if kept]
    auc = area_under_curve(model.score([x.text for x in test]), [x.upheld for x in test])
    return PriorityModel(weights, bias, len(known), len(test), auc)


def is_held_back(text: str) -> bool:
    """Whether a decision on this text measures the model and does not train it."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()[0] % HELD_BACK == 0


def _descend(examples: Sequence[Example], seed: int) -> tuple[NDArray[np.float32], float]:
    """Averaged stochastic gradient descent on the logistic loss."""
    rows = [features(example.text) for example in examples]
    weights, total = np.zeros(1 << BITS), np.zeros(1 << BITS)
    bias = bias_total = 0.0
    random = np.random.default_rng(seed)
    step = 0
    for _ in range(EPOCHS):
        for at in random.permutation(len(rows)):
            places = rows[at]
            if not len(places):
                continue
            step += 1
            scale = 1 / np.sqrt(len(places))
            margin = bias + weights[places].sum() * scale
            error = float(examples[at].upheld) - 1 / (1 + np.exp(-min(30.0, max(-30.0, margin))))
            change = RATE / (1 + DECAY * step) * error
            weights[places] += change * scale
            # Averaging lazily: what a change adds to the mean is its size times the share of steps still to come.
            total[places] += change * scale * step
            bias += change * 0.1
            bias_total += change * 0.1 * step
    mean = weights - total / max(1, step)
    return mean.astype(np.float32), bias - bias_total / max(1, step)


def area_under_curve(scores: Sequence[float], truths: Sequence[bool]) -> float:
    """The probability that a violation scores above a harmless text; ties count half, 0.5 where one kind is missing."""
    values, right = np.asarray(scores), np.asarray(truths, bool)
    positive, negative = int(right.sum()), int((~right).sum())
    if not positive or not negative:
        return 0.5
    order = np.argsort(values, kind="stable")
    ranks = np.empty(len(values))
    ranks[order] = np.arange(1, len(values) + 1)
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    sums = np.bincount(inverse, weights=ranks)
    ranks = (sums / counts)[inverse]
    return float((ranks[right].sum() - positive * (positive + 1) / 2) / (positive * negative))


class Waiting(NamedTuple):
    """An item of the queue: since when it waits (UTC milliseconds), and whether it is a complaint."""

    since: int
    complaint: bool = False


def arrange(queue: Sequence[Waiting], scores: Sequence[float], now: int, limit: int) -> list[int]:
    """The learned order of a queue as places in it. `now` is in UTC milliseconds, so is the longest wait, `limit`.

    A complaint never stands later than before. Who has waited longer than the limit comes next, longest first; the
    rest follow by score.
    """
    overdue = sorted((at for at, item in enumerate(queue) if now - item.since > limit), key=lambda at: queue[at].since)
    learned = sorted(range(len(queue)), key=lambda at: -scores[at])
    wanted = list(dict.fromkeys([*overdue, *learned]))
    placed: set[int] = set()
    order: list[int] = []
    rest = iter(wanted)
    for place, item in enumerate(queue):
        held = item.complaint and place not in placed
        following = place if held else next(at for at in rest if at not in placed)
        placed.add(following)
        order.append(following)
    return order
