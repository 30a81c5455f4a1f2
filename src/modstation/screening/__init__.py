"""Screening: fold, match, judge, rank. Pure; needs neither a window nor a desk."""

from modstation.screening.language import guess_language
from modstation.screening.near import NearIndex
from modstation.screening.pack import Pack, Scope
from modstation.screening.packfile import load_pack
from modstation.screening.rules import Hit
from modstation.screening.screener import ScanInput, Screener, categories_of, shipped_packs
from modstation.screening.tiers import Boundary, Tier

__all__ = [
    "Boundary",
    "Hit",
    "NearIndex",
    "Pack",
    "ScanInput",
    "Scope",
    "Screener",
    "Tier",
    "categories_of",
    "guess_language",
    "load_pack",
    "shipped_packs",
]
