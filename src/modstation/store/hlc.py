"""Hybrid logical time: never runs backwards, stays close to the wall clock, orders the rows of many desks."""

from __future__ import annotations

COUNTER_BITS = 16

#: How far the wall clock may fall behind the last row before the step is written down, in milliseconds.
JUMP_MS = 1000


def next_hlc(last: int, now_ms: int) -> int:
    """The stamp of the next row: the wall clock where it has moved on, else one tick after the last stamp."""
    return max(now_ms << COUNTER_BITS, last + 1)


def wall_ms(hlc: int) -> int:
    """The milliseconds inside a stamp, UTC."""
    return hlc >> COUNTER_BITS


def jumped_back(last_at: int, now_ms: int) -> bool:
    """Whether the wall clock was set back since the last row."""
    return now_ms < last_at - JUMP_MS
