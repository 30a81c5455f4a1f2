"""Rehearsal: a draft over items that the desk knows, before it may be approved. It calls what the live engine calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from modstation.screening.pack import Pack
from modstation.screening.rules import Hit
from modstation.screening.screener import ScanInput, Screener
from modstation.screening.tiers import Tier

LOT: Final = 500
TOP: Final = 20
"""How many of the most frequent surfaces are shown."""


@dataclass(frozen=True, slots=True)
class PastItem:
    """An item of the cache. `violation` is what people decided; None where nobody has."""

    name: str
    texts: ScanInput
    violation: bool | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What the draft would have done. `false_alarms` are items hit that people found to be no violation.

    `gained` and `lost` name items that only the draft, or only the active version, hits. `cancelled` says that the
    person stopped it; the figures then cover the first `items` only.
    """

    items: int
    hit_items: int
    per_thousand: float
    by_tier: tuple[tuple[Tier, int], ...]
    by_rule: tuple[tuple[str, int], ...]
    surfaces: tuple[tuple[str, int], ...]
    false_alarms: tuple[str, ...]
    confirmed: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    silent_rules: tuple[str, ...]
    cancelled: bool = False


def rehearse(
    draft: Screener,
    items: Sequence[PastItem],
    active: Screener | None = None,
    progress: Callable[[int, int], bool] = lambda done, total: True,
) -> Report:
    """Replay a draft over items. `progress` is told how many are done and answers False to cancel."""
    found: list[tuple[Hit, ...]] = []
    before: list[tuple[Hit, ...]] = []
    cancelled = False
    for start in range(0, len(items), LOT):
        lot = [item.texts for item in items[start : start + LOT]]
        found.extend(draft.scan_items(lot))
        before.extend(active.scan_items(lot) if active else [()] * len(lot))
        if not progress(len(found), len(items)) and len(found) < len(items):
            cancelled = True
            break
    return _report(draft.packs, items[: len(found)], found, before, cancelled)


def _report(
    packs: Sequence[Pack],
    items: Sequence[PastItem],
    found: Sequence[tuple[Hit, ...]],
    before: Sequence[tuple[Hit, ...]],
    cancelled: bool,
) -> Report:
    hits = [hit for one in found for hit in one]
    rules = Counter(hit.rule_id for hit in hits)
    hit_items = [item for item, one in zip(items, found, strict=True) if one]
    names = [rule.id for pack in packs for rule in pack.all_rules]
    triples = list(zip(items, found, before, strict=True))
    return Report(
        items=len(items),
        hit_items=len(hit_items),
        per_thousand=1000 * len(hit_items) / len(items) if items else 0.0,
        by_tier=tuple(Counter(hit.tier for hit in hits).most_common()),
        by_rule=tuple(rules.most_common()),
        surfaces=tuple(Counter(hit.surface for hit in hits).most_common(TOP)),
        false_alarms=tuple(item.name for item in hit_items if item.violation is False),
        confirmed=sum(item.violation is True for item in hit_items),
        gained=tuple(item.name for item, new, old in triples if new and not old),
        lost=tuple(item.name for item, new, old in triples if old and not new),
        silent_rules=tuple(name for name in names if name not in rules),
        cancelled=cancelled,
    )
