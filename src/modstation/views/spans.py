"""Lengths of time in words; apart from the other words, for the unlock screen needs these alone."""

from __future__ import annotations

from .words import tr


def duration(ms: int) -> str:
    """A length of time in words: the two largest units, never negative."""
    minutes = max(0, ms) // 60_000
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    if days:
        return tr("{d} d {h:02} h", d=days, h=hours)
    if hours:
        return tr("{h} h {m:02} m", h=hours, m=left)
    return tr("{m} m", m=left)
