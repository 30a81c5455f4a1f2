"""The one place that chooses real parts. What is heavy is loaded when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .parts import Parts, default_folder

if TYPE_CHECKING:
    from .desks import (
        RUNNER_LOCK,
        OpenDesk,
        Shared,
        check_roles,
        create_desk,
        enrol_person,
        open_desk,
        recover_person,
        reopen,
        stacks,
        upgrade_desk,
    )

__all__ = [
    "RUNNER_LOCK",
    "OpenDesk",
    "Parts",
    "Shared",
    "check_roles",
    "create_desk",
    "default_folder",
    "enrol_person",
    "open_desk",
    "recover_person",
    "reopen",
    "stacks",
    "upgrade_desk",
]


def __getattr__(name: str) -> object:
    """Load the desks, with store, rules and forums behind them, for whoever asks for one of their names."""
    if name in __all__:
        return getattr(import_module(".desks", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
