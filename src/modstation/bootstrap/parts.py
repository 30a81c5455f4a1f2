"""What may be chosen otherwise, and where a desk lies. Loads nothing heavy: the unlock screen waits for this file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modstation.models.time import Clock, SystemClock

if TYPE_CHECKING:
    from modstation.desk.workplace import Screen
    from modstation.store.kdf import KdfCost


def _usual_cost() -> KdfCost:
    from modstation.store.kdf import DEFAULT_COST

    return DEFAULT_COST


def _pack_screen() -> Screen:
    from modstation.desk.screens import PackScreen

    return PackScreen()


@dataclass(frozen=True, slots=True)
class Parts:
    """What may be chosen otherwise: the clock, the cost of a passphrase, how long decisions are held, screening."""

    clock: Clock = field(default_factory=SystemClock)
    cost: KdfCost = field(default_factory=_usual_cost)
    hold_seconds: int | None = None
    screen: Callable[[], Screen] = _pack_screen


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """How the demo starts. `arrivals` are seconds between new flags, 0 for none; no `folder` takes the usual place."""

    seed: int = 1
    items: int = 300
    faults: str = ""
    arrivals: float = 20.0
    folder: Path | None = None


def default_folder() -> Path:
    """Where a desk lies unless another place is named: `MODSTATION_DESK`, else the desktop's folder for data."""
    named = os.environ.get("MODSTATION_DESK")
    if named:
        return Path(named)
    if os.name == "nt":
        return Path(os.environ.get("APPDATA", str(Path.home()))) / "ModStation" / "desk"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "modstation" / "desk"
