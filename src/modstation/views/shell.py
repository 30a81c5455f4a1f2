"""From the first screen to the last: door, window, lock, end. Owns which of them is on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from modstation.models.errors import ModStationError

from .commands import Keymap
from .door import Door
from .idle import Idle
from .jobs import Jobs
from .key_setting import key_choices
from .memory import FileMemory, fit_area, parse_area
from .ports import DictMemory, Session, WindowMemory, WindowPort
from .theme import Look, can_show_chinese, palette_for
from .words import speak, tr

if TYPE_CHECKING:
    from .main_window import MainWindow

#: Milliseconds after the first screen before the rest is loaded: the screen must be painted first.
WARM_UP = 300


class Shell(QObject):
    """Joins the screens. `finished` is called once when everything has ended."""

    def __init__(
        self,
        port: WindowPort,
        finished: Callable[[], None],
        *,
        memory: WindowMemory | None = None,
        folder: Path | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.port, self.finished, self.seconds = port, finished, seconds
        self.memory = memory or DictMemory()
        self.folder = folder
        self.look = Look(palette_for("system"))
        self.jobs = Jobs(self)
        self.session: Session | None = None
        self.window: MainWindow | None = None
        self.door: Door | None = None
        self.idle = Idle(seconds)
        self.idle.reached.connect(lambda: self.lock(tr("Locked because nobody was here.")))
        self._ending = False

    # the door

    def open_door(self, start: Callable[[], Session] | None = None) -> None:
        """Show first run or unlock; with `start`, open that session at once."""
        speak(self.memory.get("language") or "en")
        self.look.change(palette=palette_for(self.memory.get("theme") or "system"))
        self._make_door()
        if self.door is not None and start is not None:
            self.door.begin(start)
        elif self.door is not None:
            self.door.look_for_desks()
            QTimer.singleShot(WARM_UP, self._warm_up)

    def _warm_up(self) -> None:
        """The first screen stands: load the rest while the person types."""
        port = self.port

        def work() -> None:
            port.warm_up()
            from . import main_window  # noqa: F401 - imported for its effect

        self.jobs.read(tr("Getting ready"), work, _nothing)

    def _make_door(self) -> None:
        door = Door(self.look, self.jobs, self.port)
        door.default_folder = self.folder or Path.home() / "ModStation"
        door.opened.connect(self.enter)
        door.language_wanted.connect(self._door_language)
        door.installEventFilter(self)
        old, self.door = self.door, door
        self._place(door)
        door.show()
        if old is not None:
            self._drop(old)

    def _door_language(self, code: str) -> None:
        speak(code)
        self.memory.put("language", code)
        self.look.refresh()
        self._make_door()
        if self.door is not None:
            self.door.look_for_desks()

    def _place(self, widget: QWidget) -> None:
        area = parse_area(self.memory.get("window")) or QRect(60, 40, 1440, 900)
        app = QApplication.instance()
        screens = [screen.availableGeometry() for screen in app.screens()] if isinstance(app, QApplication) else []
        widget.setGeometry(fit_area(area, screens))

    def _drop(self, widget: QWidget) -> None:
        widget.removeEventFilter(self)
        widget.hide()
        widget.deleteLater()

    # the window

    def enter(self, session: Session) -> None:
        """A desk is open: read how this person wants the window, then show it."""
        self.session = session
        desk = session.desk
        names = ("theme", "text_percent", "language", "keys", "single_keys", "lock_minutes")
        self.jobs.read(
            tr("Reading settings"),
            lambda: {name: desk.setting(name) for name in names},
            self._dress,
            lambda _: self._dress({}),
        )

    def _dress(self, values: dict[str, str]) -> None:
        speak(values.get("language") or self.memory.get("language") or "en")
        self.look.percent = int(values.get("text_percent") or 100)
        self.look.change(palette=palette_for(values.get("theme") or "system"))
        self.idle.minutes = int(values.get("lock_minutes") or 10)
        for name in ("theme", "language"):
            self.memory.put(name, values.get(name, ""))
        changed, mode = key_choices(values.get("keys", ""))
        self._open_window(Keymap(changed, "off" if values.get("single_keys") == "off" else mode))

    def _open_window(self, keymap: Keymap) -> None:
        from .main_window import MainWindow  # loaded when it is needed: the unlock screen must not wait for it

        session = self.session
        if session is None:
            return
        window = MainWindow(self.look, self.jobs, memory=self.memory, keymap=keymap)
        window.lock_wanted.connect(lambda: self.lock(tr("Locked by you.")))
        window.closed.connect(self.end)
        window.restyled.connect(self._rebuild)
        window.settings.applied.connect(self._setting)
        self._place(window)
        old, self.window = self.window, window
        window.show()
        window.start(session)
        if old is not None:
            old.detach()
            self._drop(old)
        if self.door is not None:
            self._drop(self.door)
            self.door = None
        if not can_show_chinese():
            window.say(
                tr("No font here can draw Chinese: such posts would be empty boxes. Install a CJK font."), "held"
            )
        self.idle.start(window)

    def _setting(self, name: str, value: str) -> None:
        if name == "lock_minutes":
            self.idle.minutes = int(value)

    def _rebuild(self) -> None:
        """Language or keys changed: build the window anew on the same session, after what runs."""
        window, session = self.window, self.session
        if window is None or session is None:
            return
        window.remember()
        window.forget()
        QTimer.singleShot(0, partial(self.enter, session))

    # locking

    def lock(self, words: str) -> None:
        """Drop keys and content, show the door. What was already decided goes on being sent."""
        window, session = self.window, self.session
        if window is None or session is None:
            return
        waiting = sum(forum.to_send for forum in window.status.forums) if window.status else 0
        self.idle.stop()
        window.remember()
        window.forget()
        window.detach()
        self.window = self.session = None
        self.jobs.act(tr("Locking"), session.lock, _nothing)
        self._make_door()
        self._drop(window)
        if self.door is not None:
            self.door.look_for_desks()
            self.door.locked(words, waiting, 0)

    # the end

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The door was closed by the person: that ends the program."""
        if watched is self.door and event.type() == QEvent.Type.Close:
            self.end()
        return False

    def end(self) -> None:
        """Finish what runs, close the desk, then say so."""
        if self._ending:
            return
        self._ending = True
        self.idle.stop()
        session, memory, port = self.session, self.memory, self.port
        if self.window is not None:
            self.window.forget()
            self.window.detach()

        def work() -> None:
            if isinstance(memory, FileMemory):
                memory.save()
            if session is not None:
                session.close()
            port.close()

        self.jobs.act(tr("Closing"), work, lambda _: self._ended(), lambda error: self._ended(error))

    def _ended(self, error: ModStationError | None = None) -> None:
        self.jobs.close()
        self.finished()


def _nothing(_: object) -> None:
    """The answer is not needed."""
