"""The disguise words: how a term was written when it was found."""

from __future__ import annotations

from enum import StrEnum


class Tier(StrEnum):
    """How a term was disguised, in the words that the window shows."""

    EXACT = "exact"
    FOLDED = "folded"
    SEPARATED = "separated"
    REPEATED = "repeated"
    LEET = "leet"
    PINYIN = "pinyin"
    HOMOPHONE = "homophone"
    LOOK_ALIKE = "look-alike"
    IN_IMAGE = "in image"


class Boundary(StrEnum):
    """Where a term may stand: as a word, at the start of one, anywhere, or as the dictionary says."""

    AUTO = "auto"
    WHOLE = "whole"
    PREFIX = "prefix"
    INSIDE = "inside"


ALL_TIERS = frozenset(Tier)
"""Every disguise: the default of a rule, save that homophones must then also be no ordinary words."""
