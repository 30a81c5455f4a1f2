"""The demo desk from the command line."""

from __future__ import annotations

import argparse
import threading
from typing import Any

from modstation.bootstrap.demo import notice, open_demo
from modstation.bootstrap.parts import DemoOptions, Parts

from .output import Printer
from .window import window_of


def demo(options: argparse.Namespace, parts: Parts) -> int:
    """Start the demo forum and open a demo desk on it, with or without a window."""
    wanted = DemoOptions(
        seed=options.seed, items=options.items, faults=options.faults, arrivals=options.arrivals, folder=options.desk
    )
    if not options.headless:
        print(notice(), flush=True)
        return window_of(lambda app: app.demo(wanted, parts))
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
