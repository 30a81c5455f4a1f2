"""Before the desk is open: first run, unlock, enrolment, the recovery code, the first forum.

Nothing here reads a file or derives a key: it asks the port in a worker and shows what came back, in words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from modstation.models.errors import ModStationError, WrongPassphrase

from .door_pages import DoorPages
from .door_parts import passphrase_trouble
from .jobs import Jobs
from .parts import KeyButton, Plain
from .ports import DeskChoice, Session, WindowPort
from .spans import duration
from .text import one_line
from .theme import Look
from .words import tr, trn

_RETURNS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ESCAPE = Qt.Key.Key_Escape


class Door(DoorPages):
    """Signals: `opened(Session)`, and those of the pages."""

    opened = Signal(object)

    def __init__(self, look: Look, jobs: Jobs, port: WindowPort) -> None:
        super().__init__(look)
        self.jobs, self.port = jobs, port
        self.choices: tuple[DeskChoice, ...] = ()
        self.session: Session | None = None
        self.busy = False
        self._lock_facts: list[str] = []
        self.default_folder = Path()
        self._wire()
        self._wait = QTimer(self)
        self._wait.setInterval(1000)
        self._wait.timeout.connect(self._count_down)
        self._seconds = 0

    def _wire(self) -> None:
        self.demo_card.pressed.connect(self.try_demo)
        self.connect_card.pressed.connect(lambda: self.show_page(self.making, self.person.field))
        self.making_back.clicked.connect(self.go_back)
        self.make.clicked.connect(self.create_desk)
        self.code_done.clicked.connect(lambda: self.show_page(self.forum, self.forum_name.field))
        self.forum_add.clicked.connect(self.add_forum)
        self.later.clicked.connect(self._enter)
        self.who.currentIndexChanged.connect(lambda _: self._who_changed())
        self.unlock_button.clicked.connect(self.unlock)
        self.keyring.clicked.connect(self.unlock_by_keyring)
        self.enrol_link.clicked.connect(lambda: self.show_page(self.enrol, self.enrol_code.field))
        self.other.clicked.connect(lambda: self.show_page(self.first, self.demo_card))
        self.enrol_back.clicked.connect(self.go_back)
        self.enrol_button.clicked.connect(self.enrol_person)

    # moving

    def look_for_desks(self) -> None:
        """Ask which desks there are, then show unlock or first run."""
        self.stack.setCurrentWidget(self.waiting)
        self.jobs.read(
            tr("Looking for desks"), self.port.desks, self.show_desks, partial(self._trouble, self.first_words)
        )

    def show_desks(self, choices: tuple[DeskChoice, ...]) -> None:
        """Show the door of the last desk, or the first run."""
        self.choices = choices
        if not choices:
            self.show_page(self.first, self.demo_card)
            return
        self.who.blockSignals(True)
        self.who.clear()
        for choice in choices:
            for person in choice.people:
                words = (
                    one_line(person, 40)
                    if len(choices) == 1
                    else f"{one_line(person, 40)} \u00b7 {one_line(choice.name, 30)}"
                )
                self.who.addItem(words, (choice, person))
        last = next((n for n in range(self.who.count()) if self.who.itemData(n)[1] == choices[0].last_person), 0)
        self.who.setCurrentIndex(last)
        self.who.blockSignals(False)
        self.enrol_who.clear()
        for choice in choices:
            for person in choice.invited:
                self.enrol_who.addItem(one_line(person, 40), (choice, person))
        self._who_changed()
        self.show_page(self.unlock_page, self.passphrase.field)

    def show_page(self, page: QWidget, focus: QWidget) -> None:
        """Turn to a page, with the caret where typing begins."""
        self.stack.setCurrentWidget(page)
        if not self.folder.take():
            self.folder.field.setText(str(self.default_folder))
        focus.setFocus()

    def go_back(self) -> None:
        """One page back; what was typed as a passphrase is wiped."""
        for secret in (self.pass_one, self.pass_two, self.enrol_one, self.enrol_two, self.passphrase):
            secret.wipe()
        if self.choices:
            self.show_page(self.unlock_page, self.passphrase.field)
        else:
            self.show_page(self.first, self.demo_card)

    def _chosen(self) -> tuple[DeskChoice, str] | None:
        data = self.who.currentData()
        return data if isinstance(data, tuple) else None

    def _who_changed(self) -> None:
        chosen = self._chosen()
        if chosen is None:
            return
        choice, person = chosen
        self.avatar.say(person)
        self.desk_name.say(one_line(choice.name, 50))
        self.keyring.setVisible(person in choice.keyring)
        self.enrol_link.setVisible(bool(choice.invited))
        facts = (
            [
                trn(
                    "{n} decision waits to be sent and stays encrypted.",
                    "{n} decisions wait to be sent and stay encrypted.",
                    choice.waiting,
                )
            ]
            if choice.waiting
            else []
        )
        self._show_facts(facts or self._lock_facts)
        self.unlock_words.say("")

    def locked(self, words: str, waiting: int, due_in: int) -> None:
        """Say why it is locked and what runs on, in numbers only."""
        self.locked_words.say(words)
        facts = []
        if waiting:
            facts.append(trn("{n} decision waits to be sent.", "{n} decisions wait to be sent.", waiting))
        if due_in:
            facts.append(tr("Next deadline in {time}. Deadlines run while locked.", time=duration(due_in)))
        self._lock_facts = facts
        self._show_facts(facts)

    def _show_facts(self, facts: list[str]) -> None:
        self.facts.say(" ".join(facts))
        self.facts.setVisible(bool(facts))

    # doing

    def _ask(self, name: str, work: object, words: Plain, button: KeyButton) -> None:
        """Ask the port for a session, once at a time."""
        if self.busy:
            return
        self.busy = True
        words.say(name)
        words.play("sub")
        button.setEnabled(False)
        self.jobs.act(name, work, partial(self._got, button), partial(self._not_got, words, button))  # type: ignore[arg-type]

    def _got(self, button: KeyButton, answer: object) -> None:
        self.busy = False
        button.setEnabled(True)
        for secret in (self.pass_one, self.pass_two, self.enrol_one, self.enrol_two, self.passphrase):
            secret.wipe()
        if isinstance(answer, tuple):
            self.session, code = answer
            self.code.say(str(code))
            self.show_page(self.code_page, self.code_done)
        else:
            self.session = answer  # type: ignore[assignment]
            self._enter()

    def _not_got(self, words: Plain, button: KeyButton, error: ModStationError) -> None:
        self.busy = False
        button.setEnabled(True)
        self._trouble(words, error)
        self.passphrase.wipe()
        self.passphrase.field.setFocus()
        if isinstance(error, WrongPassphrase) and error.wait_seconds:
            self._seconds = error.wait_seconds
            button.setEnabled(False)
            self._wait.start()

    def _count_down(self) -> None:
        self._seconds -= 1
        if self._seconds <= 0:
            self._wait.stop()
            self.unlock_button.setEnabled(True)
            self.unlock_words.say(tr("You may try again."))
        else:
            self.unlock_words.say(trn("Wait {n} second.", "Wait {n} seconds.", self._seconds))

    def _trouble(self, words: Plain, error: ModStationError) -> None:
        words.play("held")
        words.say(str(error))
        if self.stack.currentWidget() is self.waiting:
            self.show_page(self.first, self.demo_card)

    def _enter(self) -> None:
        session, self.session = self.session, None
        self.code.say("")
        self.forum_key.wipe()
        if session is not None:
            self.opened.emit(session)

    def begin(self, start: Callable[[], Session]) -> None:
        """Open a session that was asked for on the command line, without a question."""
        self.stack.setCurrentWidget(self.first)
        self.demo_card.setEnabled(False)
        self.connect_card.setEnabled(False)
        self._ask(tr("Starting the demo forum"), start, self.first_words, KeyButton(self.look, ""))

    def try_demo(self) -> None:
        """Start the demo."""
        self._ask(tr("Starting the demo forum"), self.port.demo, self.first_words, KeyButton(self.look, ""))

    def create_desk(self) -> None:
        """Make a desk with its first person."""
        person, folder, one = self.person.take(), self.folder.take(), self.pass_one.take()
        trouble = passphrase_trouble(one, self.pass_two.take())
        if not person:
            trouble = tr("Write your name first.")
        if trouble:
            self.create_words.say(trouble)
            return
        self._ask(
            tr("Making the desk and its keys"),
            lambda: self.port.create(Path(folder), person, one),
            self.create_words,
            self.make,
        )

    def unlock(self) -> None:
        """Open the desk with the passphrase."""
        chosen, typed = self._chosen(), self.passphrase.take()
        if chosen is None or not typed or self._wait.isActive():
            return
        choice, person = chosen
        self._ask(
            tr("Unlocking"),
            lambda: self.port.unlock(choice.folder, person, typed),
            self.unlock_words,
            self.unlock_button,
        )

    def unlock_by_keyring(self) -> None:
        """Open the desk by what the system keyring remembers."""
        chosen = self._chosen()
        if chosen is not None:
            choice, person = chosen
            work = partial(self.port.unlock_by_keyring, choice.folder, person)
            self._ask(tr("Asking the system keyring"), work, self.unlock_words, self.unlock_button)

    def enrol_person(self) -> None:
        """Set one's own passphrase by the one-time code."""
        data, code, one = self.enrol_who.currentData(), self.enrol_code.take(), self.enrol_one.take()
        trouble = passphrase_trouble(one, self.enrol_two.take())
        if not isinstance(data, tuple) or not code:
            trouble = tr("Choose your name and type the code you were given.")
        if trouble:
            self.enrol_words.say(trouble)
            return
        choice, person = data
        self._ask(
            tr("Making your keys"),
            lambda: self.port.enrol(choice.folder, person, code, one),
            self.enrol_words,
            self.enrol_button,
        )

    def add_forum(self) -> None:
        """Test and connect the first forum."""
        session = self.session
        name, url, key = self.forum_name.take(), self.forum_url.take(), self.forum_key.take()
        if session is None or self.busy:
            return
        if not (name and url and key):
            self.forum_words.say(tr("Name, address and key are needed. The key is made in the forum's administration."))
            return
        self.busy = True
        self.forum_words.say(tr("Testing the forum"))
        self.jobs.act(
            tr("Testing the forum"), lambda: self.port.add_forum(session, name, url, key), self._added, self._not_added
        )

    def _added(self, words: str) -> None:
        self.busy = False
        session = self.session
        if session is not None:
            session.notice = words
        self._enter()

    def _not_added(self, error: ModStationError) -> None:
        self.busy = False
        self._trouble(self.forum_words, error)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return does the page's one act, Escape goes back."""
        page = self.stack.currentWidget()
        acts = {
            self.making: self.create_desk,
            self.unlock_page: self.unlock,
            self.enrol: self.enrol_person,
            self.forum: self.add_forum,
            self.code_page: self.code_done.click,
        }
        if event.key() in _RETURNS and page in acts and not event.isAutoRepeat():
            acts[page]()
        elif event.key() == _ESCAPE and page in (self.making, self.enrol):
            self.go_back()
        else:
            super().keyPressEvent(event)
