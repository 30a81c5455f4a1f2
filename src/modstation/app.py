"""The window: Qt's application, the event loop, and the shell on the real desks of this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QApplication

from modstation.bootstrap.parts import DemoOptions, Parts
from modstation.bootstrap.window import Desks
from modstation.views import loop
from modstation.views.memory import FileMemory
from modstation.views.ports import Session, WindowPort
from modstation.views.shell import Shell

#: Beside the machine's own settings, and not the same file: each is written whole by its owner.
LAYOUT_FILE = "layout.json"


def main(argv: Sequence[str]) -> int:
    """Open the window on the desks of this machine; the one argument may be a desk's folder."""
    return open(Path(argv[0]) if argv else None)


def open(folder: Path | None, parts: Parts | None = None) -> int:
    """Open the first-run or the unlock screen. `folder` is the desk asked for, None the usual place."""
    return run_window(application(), Desks(folder, parts), folder=folder)


def demo(options: DemoOptions, parts: Parts | None = None) -> int:
    """Start the demo forum and open the window on the demo desk."""
    port = Desks(options.folder, parts)
    return run_window(application(), port, start=partial(port.demo, options), folder=options.folder)


def application() -> QApplication:
    """The one QApplication, with a short turn for other threads so that answers come home quickly."""
    sys.setswitchinterval(0.001)
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(["modstation"])
    app.setApplicationName("ModStation")
    app.setDesktopFileName("modstation")
    return app


def run_window(
    app: QApplication, port: WindowPort, *, start: Callable[[], Session] | None = None, folder: Path | None = None
) -> int:
    """Run the window over a port until it is closed. `start` opens a session at once instead of asking at the door."""
    places = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    memory = FileMemory(Path(places) / LAYOUT_FILE).load()

    def begin(finished: Callable[[], None]) -> Shell:
        shell = Shell(port, finished, memory=memory, folder=folder)
        shell.open_door(start)
        return shell

    return loop.run(app, begin)
