"""The window from the command line. Loads nothing but Qt and what the unlock screen shows."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modstation.bootstrap.parts import Parts, default_folder
from modstation.models.errors import ModStationError


def window(options: argparse.Namespace, parts: Parts | None) -> int:
    """The window: first run, or unlock."""
    folder = Path(options.desk) if options.desk is not None else default_folder()
    return window_of(lambda app: app.open(folder, parts))


def window_of(start: Callable[[Any], int]) -> int:
    """Start the window. Raises ModStationError where Qt is missing."""
    try:
        from modstation import app
    except ImportError as error:
        raise ModStationError(
            "The window cannot start: Qt is not installed here.", str(error), "Run 'modstation doctor'."
        ) from error
    return start(app)
