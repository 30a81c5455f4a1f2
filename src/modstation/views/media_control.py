"""What may uncover a medium, and what covers it again at once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from modstation.models.errors import ModStationError

from .item_pane import ItemPane
from .jobs import Jobs, Ticket
from .media import Cover, MediaCard, decode, greyed
from .ports import Session
from .words import tr

#: From this severity on V must be pressed a second time within the time below (ms).
GRAVE = 4
AGAIN = 5000


class MediaControl(QObject):
    """Peeks while a key is held, opens on V, covers everything on Q. Signals: `said(words)`, `acted(Changed)`."""

    said = Signal(str)
    acted = Signal(object)

    def __init__(self, pane: ItemPane, jobs: Jobs, now: Callable[[], int]) -> None:
        super().__init__(pane)
        self.pane = pane
        self.jobs = jobs
        self.now = now
        self.session: Session | None = None
        self._held = False
        self._opened_at = 0
        self._asked_at = 0
        self._tickets: list[Ticket] = []

    def _cards(self) -> list[MediaCard]:
        return [card for card in self.pane.cards if card.cover is not Cover.BLOCKED]

    def peek(self) -> None:
        """The key went down: show the first covered medium in grey until it goes up."""
        if self._held or self.pane.covered:
            return
        self._held = True
        for card in self._cards()[:1]:
            self._fetch(card, Cover.PEEK)

    def unpeek(self) -> None:
        """The key went up, or the focus went away: covered at once."""
        if self._held:
            self._held = False
            for card in self._cards():
                if card.cover in (Cover.PEEK, Cover.LOADING):
                    self._note_exposure(card)
                    card.show_as(Cover.COVERED)

    def reveal(self) -> None:
        """V: take the cover card off; pressed again, open the media and keep them open until the item changes."""
        view = self.pane.view
        if view is None:
            return
        if self.pane.covered:
            self.pane.set_cover(False)
            return
        if any(card.cover is Cover.OPEN for card in self._cards()):
            self.cover_all(text=False)
            return
        if view.row.severity >= GRAVE and self.now() - self._asked_at > AGAIN:
            self._asked_at = self.now()
            self.said.emit(tr("This is flagged as the gravest kind. Press V once more to open it."))
            return
        for card in self._cards():
            self._fetch(card, Cover.OPEN)

    def cover_all(self, *, text: bool = True) -> None:
        """Q: everything is covered now, whatever was on its way."""
        for ticket in self._tickets:
            ticket.cancel()
        self._tickets.clear()
        self._held = False
        for card in self._cards():
            if card.cover is Cover.OPEN:
                self._note_exposure(card)
            card.show_as(Cover.COVERED)
        if text and self.pane.view is not None:
            self.pane.set_cover(True)

    def minor(self) -> None:
        """F8: cover, have the bytes destroyed, the post hidden and the case handed over. Asks nothing first."""
        session, view = self.session, self.pane.view
        cards = self._cards()
        if session is None or view is None or not cards:
            return
        chosen = next((card for card in cards if card.cover in (Cover.OPEN, Cover.PEEK)), cards[0])
        self.cover_all(text=False)
        chosen.show_as(Cover.BLOCKED)
        no, url = view.row.no, chosen.url
        self.jobs.act(
            tr("Blocking a medium"),
            lambda: session.desk.suspected_minor(no, url),
            self.acted.emit,
            lambda error: self._not_blocked(error),
        )

    def _not_blocked(self, error: ModStationError) -> None:
        # It stays covered and blocked here: showing it again would be the worse mistake.
        self.said.emit(tr("It is covered here, but was not handed over: {why}", why=str(error)))

    def _fetch(self, card: MediaCard, cover: Cover) -> None:
        session, view = self.session, self.pane.view
        if session is None or view is None:
            return
        no, url = view.row.no, card.url
        card.show_as(Cover.LOADING)

        def work() -> QImage:
            image = decode(session.fetch_media(no, url))
            return greyed(image) if cover is Cover.PEEK else image

        self._tickets.append(
            self.jobs.read(
                tr("Fetching media"),
                work,
                lambda image: self._shown(card, cover, image),
                lambda error: self._failed(card, error),
            )
        )

    def _wanted(self, card: MediaCard, cover: Cover) -> bool:
        return card in self.pane.cards and card.cover is Cover.LOADING and (cover is Cover.OPEN or self._held)

    def _shown(self, card: MediaCard, cover: Cover, image: QImage) -> None:
        if self._wanted(card, cover):
            self._opened_at = self.now()
            card.show_as(cover, image)
            self._record(card, 0.0)

    def _failed(self, card: MediaCard, error: ModStationError) -> None:
        if card in self.pane.cards and card.cover is Cover.LOADING:
            card.show_as(Cover.FAILED, None, str(error))

    def _note_exposure(self, card: MediaCard) -> None:
        if card.image is not None:
            self._record(card, max(0, self.now() - self._opened_at) / 1000)

    def _record(self, card: MediaCard, seconds: float) -> None:
        session, view = self.session, self.pane.view
        if session is not None and view is not None:
            no, url = view.row.no, card.url
            self.jobs.act(tr("Recording what was seen"), lambda: session.desk.uncover(no, url, seconds), _nothing)


def _nothing(_: object) -> None:
    """The answer is not needed."""
