"""The demo desk from the command line, and the window."""

from __future__ import annotations

import argparse
import threading
from typing import Any

from modstation.bootstrap import Parts
from modstation.bootstrap.demo import DemoOptions, open_demo
from modstation.models.errors import ModStationError

from .output import Printer
from .session import folder_of


def demo(options: argparse.Namespace, parts: Parts) -> int:
    """Start the demo forum and open a demo desk on it, with or without a window."""
    wanted = DemoOptions(
        seed=options.seed, items=options.items, faults=options.faults, arrivals=options.arrivals, folder=options.desk
    )
    if not options.headless:
        return _window(lambda app: app.demo(wanted, parts))
    with open_demo(wanted, parts) as made:
        value: dict[str, Any] = {
            "desk": str(made.desk.folder),
            "people": made.people,
            "passphrase": made.passphrase,
            "forum": {"name": made.forum, "url": made.url, "tokens": made.tokens},
        }
        printer = Printer(options.json)
        lines = [made.notice, f"MODSTATION_PASSPHRASE='{made.passphrase}' modstation queue --desk {made.desk.folder}"]
        printer.document(value, lines)
        made.desk.start_runner()
        threading.Event().wait()
    return 0


def window(options: argparse.Namespace, parts: Parts) -> int:
    """The window: first run, or unlock."""
    folder = folder_of(options)
    return _window(lambda app: app.open(folder, parts))


def _window(start: Any) -> int:
    try:
        from modstation import app
    except ImportError as error:
        raise ModStationError(
            "The window cannot start: Qt is not installed here.", str(error), "Run 'modstation doctor'."
        ) from error
    return int(start(app))
