"""The pages before the desk is open, as widgets. What they do when pressed is said in `door`."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from .door_parts import ChoiceCard, Labelled, Secret, card_of, middle
from .layouts import column, framed, line, row
from .parts import Avatar, Combo, Glyph, KeyButton, Plain
from .theme import Look
from .words import tr


class DoorPages(QWidget):
    """First run, desk, recovery code, forum, unlock, enrolment. Signals: `language_wanted(code)`."""

    language_wanted = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.setObjectName("page")
        self.setWindowTitle("ModStation")
        self.resize(1120, 760)
        self.setMinimumSize(640, 480)
        self.stack = QStackedWidget()
        self.setLayout(column(self.stack, gap=0))
        searching = column(Plain(tr("Looking for desks on this computer"), "panel"), margins=(28, 24, 28, 24))
        self.waiting = self._page(card_of(searching, look, 480))
        self._build_first()
        self._build_create()
        self._build_code()
        self._build_forum()
        self._build_unlock()
        self._build_enrol()

    def _page(self, card: QWidget) -> QWidget:
        page = QWidget()
        page.setObjectName("page")
        page.setLayout(middle(card))
        self.stack.addWidget(page)
        return page

    def _build_cards(self) -> None:
        self.demo_card = ChoiceCard(
            self.look,
            "coffee",
            tr("Try the demo"),
            tr(
                "Riverside Forum, an invented forum on this computer, in two languages. Decide, undo, see what arrives."
            ),
            tr("Needs no account"),
        )
        self.connect_card = ChoiceCard(
            self.look,
            "link",
            tr("Connect a forum"),
            tr("Make a desk of your own, then connect a NodeBB forum. It is tested before anything is stored."),
            tr("Needs an address and a key"),
        )

    def _build_first(self) -> None:
        self._build_cards()
        self.first_words = Plain("", "held", wrap=True)
        languages = row(
            Glyph(self.look, "globe"),
            self._language("English", "en"),
            self._language("\u4e2d\u6587\uff08\u7b80\u4f53\uff09", "zh"),
            None,
        )
        cards = row(self.demo_card, self.connect_card, gap=16)
        cards.setStretch(0, 1)
        cards.setStretch(1, 1)
        foot = row(
            Glyph(self.look, "lock-key"), Plain(tr("Everything kept on this computer is encrypted."), "sub", wrap=True)
        )
        foot.setStretch(1, 1)
        self.first = self._page(
            card_of(
                column(
                    Plain(tr("Start with a forum"), "dialog"),
                    Plain(
                        tr("Nothing leaves this computer until you connect a forum. You can switch later."),
                        "sub",
                        wrap=True,
                    ),
                    cards,
                    self.first_words,
                    foot,
                    line(),
                    languages,
                    gap=14,
                    margins=(32, 28, 32, 20),
                ),
                self.look,
                760,
            )
        )

    def _language(self, name: str, code: str) -> KeyButton:
        button = KeyButton(self.look, name, "", "", "quiet")
        button.clicked.connect(lambda: self.language_wanted.emit(code))
        return button

    def _build_create(self) -> None:
        self.person = Labelled(tr("Your name"), tr("As it will stand in the record"))
        self.folder = Labelled(tr("Folder of the desk"))
        self.pass_one, self.pass_two = Secret(self.look, tr("Passphrase")), Secret(self.look, tr("Again"))
        self.create_words = Plain("", "held", wrap=True)
        self.make = KeyButton(self.look, tr("Make the desk"), "Enter", "check", "primary")
        self.making_back = KeyButton(self.look, tr("Back"), "Esc")
        warning = Plain(
            tr(
                "Nobody can reset a lost passphrase. The recovery code comes next: print it and keep it away from here."
            ),
            "held",
            wrap=True,
        )
        both = row(self.pass_one, self.pass_two, gap=16)
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        self.making = self._page(
            card_of(
                column(
                    Plain(tr("Make a desk"), "dialog"),
                    self.person,
                    self.folder,
                    both,
                    self.create_words,
                    framed("held", column(warning, margins=(12, 8, 12, 8))),
                    row(self.making_back, None, self.make),
                    gap=14,
                    margins=(32, 28, 32, 24),
                ),
                self.look,
                640,
            )
        )

    def _build_code(self) -> None:
        self.code = Plain("", "page", wrap=True)
        self.code.setAccessibleDescription(tr("Recovery code"))
        self.code_done = KeyButton(self.look, tr("I have written it down"), "Enter", "check", "primary")
        self.code_page = self._page(
            card_of(
                column(
                    Plain(tr("Recovery code"), "dialog"),
                    Plain(
                        tr("It opens the store when every passphrase is lost. It is shown once and signs nothing."),
                        "sub",
                        wrap=True,
                    ),
                    framed("quiet", column(self.code, margins=(16, 16, 16, 16))),
                    row(None, self.code_done),
                    gap=16,
                    margins=(32, 28, 32, 24),
                ),
                self.look,
                640,
            )
        )

    def _build_forum(self) -> None:
        self.forum_name = Labelled(tr("Name of the forum"), "riverside")
        self.forum_url = Labelled(tr("Address"), "https://forum.example")
        self.forum_key = Secret(self.look, tr("API key of a moderator"))
        self.forum_words = Plain("", "held", wrap=True)
        self.forum_add = KeyButton(self.look, tr("Test and connect"), "Enter", "check", "primary")
        self.later = KeyButton(self.look, tr("Later"))
        self.forum = self._page(
            card_of(
                column(
                    Plain(tr("Connect a forum"), "dialog"),
                    Plain(
                        tr("The key is tested with a read-only request before it is stored, encrypted."),
                        "sub",
                        wrap=True,
                    ),
                    self.forum_name,
                    self.forum_url,
                    self.forum_key,
                    self.forum_words,
                    row(self.later, None, self.forum_add),
                    gap=14,
                    margins=(32, 28, 32, 24),
                ),
                self.look,
                640,
            )
        )

    def _build_unlock(self) -> None:
        self.avatar = Avatar(self.look, "", 40)
        self.who = Combo(self.look, tr("Person"))
        self.desk_name = Plain("", "sub")
        self.passphrase = Secret(self.look, tr("Passphrase"))
        self.unlock_words = Plain("", "held", wrap=True)
        self.unlock_button = KeyButton(self.look, tr("Unlock"), "Enter", "key", "primary")
        self.keyring = KeyButton(self.look, tr("Use the system keyring"), "", "fingerprint")
        self.enrol_link = KeyButton(self.look, tr("I have an enrolment code"), "", "", "quiet")
        self.other = KeyButton(self.look, tr("Another desk or the demo"), "", "", "quiet")
        self.facts = Plain("", "sub", wrap=True)
        self.locked_words = Plain("", "sub", wrap=True)
        head = row(self.avatar, column(self.who, self.desk_name, gap=4), Glyph(self.look, "lock-key", "t2", 22), gap=14)
        head.setStretch(1, 1)
        self.unlock_page = self._page(
            card_of(
                column(
                    head,
                    self.passphrase,
                    self.unlock_words,
                    self.unlock_button,
                    self.keyring,
                    line(),
                    self.facts,
                    self.locked_words,
                    row(self.enrol_link, None, self.other),
                    gap=12,
                    margins=(32, 28, 32, 20),
                ),
                self.look,
                520,
            )
        )

    def _build_enrol(self) -> None:
        self.enrol_who = Combo(self.look, tr("Person"))
        self.enrol_code = Labelled(tr("One-time code"))
        self.enrol_one, self.enrol_two = Secret(self.look, tr("Your own passphrase")), Secret(self.look, tr("Again"))
        self.enrol_words = Plain("", "held", wrap=True)
        self.enrol_button = KeyButton(self.look, tr("Set my passphrase"), "Enter", "check", "primary")
        self.enrol_back = KeyButton(self.look, tr("Back"), "Esc")
        self.enrol = self._page(
            card_of(
                column(
                    Plain(tr("Join this desk"), "dialog"),
                    Plain(tr("Nobody else learns your passphrase: it opens your own signing key."), "sub", wrap=True),
                    self.enrol_who,
                    self.enrol_code,
                    self.enrol_one,
                    self.enrol_two,
                    self.enrol_words,
                    row(self.enrol_back, None, self.enrol_button),
                    gap=12,
                    margins=(32, 28, 32, 24),
                ),
                self.look,
                560,
            )
        )
