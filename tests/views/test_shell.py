"""From first run to lock: the door, the idle lock, what is remembered (promises 8, 10; case S16)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from modstation.models.errors import ForumUnreachable, WrongPassphrase
from modstation.views import words
from modstation.views.ports import DeskChoice, DictMemory
from modstation.views.shell import Shell

from .conftest import Bench, Ticks, send
from .sample_desk import SampleDesk, SampleSession

KNOWN = DeskChoice(
    Path("desk"), "Riverside Desk", ("Demo Lin", "Demo Wei"), ("Demo Ines",), ("Demo Wei",), "Demo Lin", 2
)


@dataclass
class SamplePort:
    """Desks of this machine, in memory."""

    choices: tuple[DeskChoice, ...] = ()
    asked: list[tuple[object, ...]] = field(default_factory=list)
    session: SampleSession = field(default_factory=lambda: SampleSession(SampleDesk(20)))
    threads: set[str] = field(default_factory=set)
    wrong: int = 0
    wait: int = 0
    closed: bool = False
    warmed: bool = False

    def _note(self, *call: object) -> None:
        self.asked.append(call)
        self.threads.add(threading.current_thread().name)

    def warm_up(self) -> None:
        self.warmed = True

    def desks(self) -> tuple[DeskChoice, ...]:
        self._note("desks")
        return self.choices

    def create(self, folder: Path, person: str, passphrase: str) -> tuple[SampleSession, str]:
        self._note("create", person, passphrase)
        return self.session, "RIVER-STONE-APPLE-0001"

    def unlock(self, folder: Path, person: str, passphrase: str) -> SampleSession:
        self._note("unlock", person, passphrase)
        if self.wrong:
            self.wrong -= 1
            raise WrongPassphrase("That was not it.", "", "Try again.", wait_seconds=self.wait)
        return self.session

    def unlock_by_keyring(self, folder: Path, person: str) -> SampleSession:
        self._note("keyring", person)
        return self.session

    def enrol(self, folder: Path, person: str, code: str, passphrase: str) -> SampleSession:
        self._note("enrol", person, code, passphrase)
        return self.session

    def demo(self) -> SampleSession:
        self._note("demo")
        self.session.notice = "Demo people: demo-moderator. Passphrase of all of them: riverside demo"
        return self.session

    def add_forum(self, session: SampleSession, name: str, url: str, token: str) -> str:
        self._note("forum", name, url, token)
        if "down" in url:
            raise ForumUnreachable("The forum does not answer.", "", "Check the address.")
        return "NodeBB 4 answers; this desk can: hide, ban."

    def close(self) -> None:
        self.closed = True


@dataclass
class Life:
    """A shell that runs, and ways to wait for it."""

    shell: Shell
    port: SamplePort
    ticks: Ticks
    memory: DictMemory
    qtbot: QtBot
    ended: list[bool]

    def door(self) -> object:
        assert self.shell.door is not None
        return self.shell.door

    def at(self, page: str) -> None:
        self.qtbot.waitUntil(
            lambda: (
                self.shell.door is not None and self.shell.door.stack.currentWidget() is getattr(self.shell.door, page)
            ),
            timeout=20_000,
        )

    def inside(self) -> None:
        self.qtbot.waitUntil(
            lambda: self.shell.window is not None and self.shell.window.triage.item.view is not None, timeout=20_000
        )
        self.rest()

    def rest(self) -> None:
        self.qtbot.waitUntil(lambda: self.shell.jobs.idle, timeout=20_000)
        QApplication.processEvents()

    def type(self, widget: QLineEdit, text: str) -> None:
        widget.setFocus()
        widget.setText(text)


@pytest.fixture
def live(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[..., Life]]:
    lives: list[Life] = []

    def start(*choices: DeskChoice, open_demo: bool = False) -> Life:
        port, ticks, memory, ended = SamplePort(choices), Ticks(), DictMemory(), []
        shell = Shell(port, lambda: ended.append(True), memory=memory, folder=Path("new-desk"), seconds=ticks)  # type: ignore[arg-type]
        life = Life(shell, port, ticks, memory, qtbot, ended)
        lives.append(life)
        shell.open_door(port.demo if open_demo else None)  # type: ignore[arg-type]
        return life

    yield start
    for life in lives:
        if not life.ended:
            life.shell.end()
            qtbot.waitUntil(lambda life=life: bool(life.ended), timeout=20_000)
        for widget in (life.shell.door, life.shell.window):
            if isinstance(widget, QWidget):
                widget.hide()
                widget.deleteLater()
    words.speak("en")
    QApplication.processEvents()


def said(widget: QWidget) -> str:
    """Every word on a screen."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


# first run


def test_a_machine_without_a_desk_offers_demo_and_forum_and_chooses_neither(live: Callable[..., Life]) -> None:
    life = live()
    life.at("first")
    assert "Try the demo" in said(life.shell.door)  # type: ignore[arg-type]
    assert "Connect a forum" in said(life.shell.door)  # type: ignore[arg-type]
    assert life.port.asked == [("desks",)]


def test_the_demo_opens_the_window_and_shows_its_people(live: Callable[..., Life]) -> None:
    life = live()
    life.at("first")
    life.shell.door.demo_card.setFocus()  # type: ignore[union-attr]
    send(life.shell.door.demo_card, "Space")  # type: ignore[union-attr]
    life.inside()
    assert "riverside demo" in life.shell.window.banners.words  # type: ignore[union-attr]
    assert life.shell.door is None


def test_modstation_demo_opens_without_a_question(live: Callable[..., Life]) -> None:
    life = live(open_demo=True)
    life.inside()
    assert ("desks",) not in life.port.asked


def test_a_desk_is_made_with_its_recovery_code_shown_once_and_then_a_forum(live: Callable[..., Life]) -> None:
    life = live()
    life.at("first")
    door = life.shell.door
    assert door is not None
    door.connect_card.pressed.emit()
    life.at("making")
    life.type(door.person.field, "Demo Lin")
    life.type(door.pass_one.field, "four words you know")
    life.type(door.pass_two.field, "four words you knew")
    door.create_desk()
    assert "not the same" in door.create_words.text()
    life.type(door.pass_two.field, "four words you know")
    door.create_desk()
    life.at("code_page")
    assert door.code.text() == "RIVER-STONE-APPLE-0001"
    assert door.pass_one.take() == ""
    send(door, "Enter")
    life.at("forum")
    life.type(door.forum_name.field, "riverside")
    life.type(door.forum_url.field, "https://down.example")
    life.type(door.forum_key.field, "k")
    door.add_forum()
    life.qtbot.waitUntil(lambda: "does not answer" in door.forum_words.text())
    life.type(door.forum_url.field, "https://forum.example")
    door.add_forum()
    life.inside()
    assert "NodeBB 4 answers" in life.shell.window.banners.words  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("one", "two", "trouble"), [("short", "short", True), ("long enough now", "long enough now", False)]
)
def test_short_passphrases_are_not_taken(one: str, two: str, trouble: bool) -> None:
    from modstation.views.door_parts import passphrase_trouble

    assert bool(passphrase_trouble(one, two)) is trouble


# unlock


def test_unlock_asks_for_person_and_passphrase(live: Callable[..., Life]) -> None:
    life = live(KNOWN)
    life.at("unlock_page")
    door = life.shell.door
    assert door is not None
    assert door.who.currentText() == "Demo Lin"
    assert "2 decisions wait" in door.facts.text()
    assert door.passphrase.field.hasFocus()
    assert door.passphrase.field.echoMode() is QLineEdit.EchoMode.Password
    life.type(door.passphrase.field, "riverside")
    send(door.passphrase.field, "Enter")
    life.inside()
    assert life.port.asked[-1] == ("unlock", "Demo Lin", "riverside")


@pytest.mark.promise(10)
def test_no_key_is_derived_on_the_windows_thread(live: Callable[..., Life]) -> None:
    life = live(KNOWN)
    life.at("unlock_page")
    door = life.shell.door
    assert door is not None
    life.type(door.passphrase.field, "riverside")
    door.unlock()
    life.inside()
    assert all(name.startswith("desk-") for name in life.port.threads)


def test_a_wrong_passphrase_is_said_wiped_and_slowed_down(live: Callable[..., Life]) -> None:
    life = live(KNOWN)
    life.port.wrong, life.port.wait = 1, 2
    life.at("unlock_page")
    door = life.shell.door
    assert door is not None
    life.type(door.passphrase.field, "wrong")
    door.unlock()
    life.qtbot.waitUntil(lambda: "That was not it." in door.unlock_words.text())
    assert door.passphrase.take() == ""
    assert not door.unlock_button.isEnabled()
    life.type(door.passphrase.field, "right")
    door.unlock()
    assert len([call for call in life.port.asked if call[0] == "unlock"]) == 1
    door._count_down()
    door._count_down()
    assert door.unlock_button.isEnabled()
    door.unlock()
    life.inside()


def test_the_keyring_is_offered_only_where_it_answers(live: Callable[..., Life]) -> None:
    life = live(KNOWN)
    life.at("unlock_page")
    door = life.shell.door
    assert door is not None
    assert not door.keyring.isVisible()
    door.who.setCurrentIndex(1)
    assert door.keyring.isVisible()
    QTest.mouseClick(door.keyring, Qt.MouseButton.LeftButton)
    life.inside()
    assert ("keyring", "Demo Wei") in life.port.asked


def test_an_invited_person_sets_their_own_passphrase(live: Callable[..., Life]) -> None:
    life = live(KNOWN)
    life.at("unlock_page")
    door = life.shell.door
    assert door is not None
    QTest.mouseClick(door.enrol_link, Qt.MouseButton.LeftButton)
    life.at("enrol")
    door.enrol_person()
    assert door.enrol_words.text()
    life.type(door.enrol_code.field, "CODE-1")
    life.type(door.enrol_one.field, "my own long words")
    life.type(door.enrol_two.field, "my own long words")
    door.enrol_person()
    life.inside()
    assert ("enrol", "Demo Ines", "CODE-1", "my own long words") in life.port.asked


def test_the_language_can_be_chosen_before_anything_else(live: Callable[..., Life]) -> None:
    life = live()
    life.at("first")
    life.shell.door.language_wanted.emit("zh")  # type: ignore[union-attr]
    life.at("first")
    assert "试用演示" in said(life.shell.door)  # type: ignore[arg-type]
    assert life.memory.get("language") == "zh"


# locking


@pytest.mark.promise(8)
def test_ctrl_l_locks_and_leaves_no_content_on_the_screen(live: Callable[..., Life]) -> None:
    life = live(KNOWN)
    life.at("unlock_page")
    life.type(life.shell.door.passphrase.field, "riverside")  # type: ignore[union-attr]
    life.shell.door.unlock()  # type: ignore[union-attr]
    life.inside()
    window = life.shell.window
    assert window is not None
    window.triage.rail.reason.insertPlainText("half a sentence")
    window.dispatch.run("lock")
    life.at("unlock_page")
    life.qtbot.waitUntil(lambda: life.port.session.locked)
    life.rest()
    assert life.shell.window is None
    assert life.port.session.desk.of(1).draft == "half a sentence"
    assert "2 decisions wait" in said(life.shell.door)  # type: ignore[arg-type]


@pytest.mark.promise(8)
def test_nothing_of_the_forum_is_left_in_the_widgets_of_a_locked_window(bench: Bench) -> None:
    bench.press("I", "H", "T", "1")
    bench.settle()
    bench.window.triage.rail.reason.insertPlainText("half a sentence")
    bench.window.forget()
    bench.settle()
    left = "\n".join(
        words
        for widget in bench.window.findChildren(QWidget)
        for words in (widget.accessibleName(), widget.toolTip(), widget.text() if isinstance(widget, QLabel) else "")
    )
    for secret in (
        "lucky_deal88",
        "\u51fa\u8d27\u6e05\u4ed3",
        "kay_b",
        "Demo Lin",
        "Riverside Forum",
        "half a sentence",
    ):
        assert secret not in left, secret
    assert bench.window.triage.rail.reason.toPlainText() == ""
    assert bench.window.triage.queue.model.rowCount() == 0
    assert bench.window.windowTitle() == "ModStation"


def test_after_the_set_minutes_without_a_touch_it_locks(live: Callable[..., Life]) -> None:
    life = live(open_demo=True)
    life.port.choices = (KNOWN,)
    life.inside()
    life.ticks.at += 9 * 60
    life.shell.idle.look()
    assert life.shell.window is not None
    handle = life.shell.window.windowHandle()
    QApplication.sendEvent(handle, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Shift, Qt.KeyboardModifier.NoModifier))
    life.ticks.at += 9 * 60
    life.shell.idle.look()
    assert life.shell.window is not None
    life.ticks.at += 2 * 60
    life.shell.idle.look()
    assert life.shell.window is None
    life.at("unlock_page")
    assert "nobody was here" in said(life.shell.door)  # type: ignore[arg-type]


def test_the_lock_time_is_the_setting(live: Callable[..., Life]) -> None:
    life = live(open_demo=True)
    life.port.session.desk.settings["lock_minutes"] = "5"
    life.inside()
    assert life.shell.idle.minutes == 5
    life.shell.window.settings.change("lock_minutes", "30")  # type: ignore[union-attr]
    life.rest()
    assert life.shell.idle.minutes == 30


def test_another_language_builds_the_window_anew_on_the_same_session(live: Callable[..., Life]) -> None:
    life = live(open_demo=True)
    life.inside()
    first = life.shell.window
    assert first is not None
    first.dispatch.run("language")
    life.qtbot.waitUntil(lambda: life.shell.window is not first, timeout=20_000)
    life.inside()
    assert "处置" in said(life.shell.window)  # type: ignore[arg-type]
    assert not life.port.session.locked


def test_closing_the_window_drains_and_closes_the_desk(live: Callable[..., Life]) -> None:
    life = live(open_demo=True)
    life.inside()
    life.shell.window.triage.rail.reason.insertPlainText("kept")  # type: ignore[union-attr]
    life.shell.window.close()  # type: ignore[union-attr]
    life.qtbot.waitUntil(lambda: bool(life.ended), timeout=20_000)
    assert life.port.session.closed
    assert life.port.closed
    assert life.port.session.desk.of(1).draft == "kept"
    assert life.memory.get("window")


def test_closing_the_door_ends_too(live: Callable[..., Life]) -> None:
    life = live(KNOWN)
    life.at("unlock_page")
    life.shell.door.close()  # type: ignore[union-attr]
    life.qtbot.waitUntil(lambda: bool(life.ended), timeout=20_000)
