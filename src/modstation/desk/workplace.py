"""What every act of the desk has at hand: the open store, who acts, the rules, and who wants to hear of changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from modstation.models.errors import NotAllowed
from modstation.models.ids import ForumName, ItemKey, PersonId
from modstation.models.items import Revision
from modstation.models.people import Person, PersonState
from modstation.models.screen import Changed
from modstation.models.time import Clock, to_ms
from modstation.regulation import ProfileStack
from modstation.store.events import Pen
from modstation.store.pages import Checked
from modstation.store.people import read_people
from modstation.store.sqlcipher import Connection
from modstation.store.store import Store

from .ports import Capabilities, Fetched


class Screen(Protocol):
    """Screening as the desk needs it: a batch of texts in, what to mark and how urgent it is out."""

    def check(self, rows: Sequence[Revision]) -> Sequence[Checked]:
        """One result for each row, in order. Never raises for any text."""
        ...


class NoScreen:
    """No rule packs: nothing is marked."""

    def check(self, rows: Sequence[Revision]) -> Sequence[Checked]:
        """An empty result for each row."""
        return [Checked() for _ in rows]


class ForumGate(Protocol):
    """How the desk asks for something at a forum without waiting for it. Answers arrive as changes."""

    def opened(self, item: ItemKey) -> None:
        """A person looks at the item: read it again, fetch its context, claim it at the forum."""
        ...

    def left(self, item: ItemKey) -> None:
        """Nobody looks at it any more: give the claim back."""
        ...

    def hurry(self) -> None:
        """There may be something to send."""
        ...

    def fetch(self, item: ItemKey, url: str, limit: int) -> Fetched:
        """Fetch a media file; blocks. Raises ForumError."""
        ...


class Hub:
    """Tells listeners of changes, from whatever thread made them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Changed], None]] = []

    def listen(self, heard: Callable[[Changed], None]) -> Callable[[], None]:
        """Be told of every change; the answer ends it."""
        with self._lock:
            self._listeners.append(heard)

        def stop() -> None:
            with self._lock:
                if heard in self._listeners:
                    self._listeners.remove(heard)

        return stop

    def tell(self, changed: Changed) -> Changed:
        """Tell everybody, and hand the change back."""
        with self._lock:
            listeners = tuple(self._listeners)
        for heard in listeners:
            heard(changed)
        return changed


@dataclass(slots=True)
class Workplace:
    """One person's sitting at the desk. `hold_seconds` overrides the setting where a test injects it."""

    store: Store
    person: PersonId
    pen: Pen
    clock: Clock
    stacks: Callable[[Sequence[str]], ProfileStack]
    screen: Screen = field(default_factory=NoScreen)
    hub: Hub = field(default_factory=Hub)
    hold_seconds: int | None = None
    capabilities: dict[ForumName, Capabilities] = field(default_factory=dict)
    gate: ForumGate | None = None
    opened_at: dict[int, int] = field(default_factory=dict)
    uncovered: dict[int, set[str]] = field(default_factory=dict)
    locked: bool = False

    def now_ms(self) -> int:
        """The present moment, UTC ms."""
        return to_ms(self.clock.now())

    def people(self, db: Connection) -> tuple[Person, ...]:
        """Everybody enrolled or invited, as the open transaction has it."""
        return read_people(db)

    def me(self, db: Connection) -> Person:
        """Who is acting. Raises NotAllowed when they were removed meanwhile or the desk is locked."""
        if self.locked:
            raise NotAllowed("The desk is locked.", "", "Unlock it first.")
        for person in read_people(db):
            if person.id == self.person and person.state is PersonState.ENROLLED:
                return person
        raise NotAllowed(f"{self.person} does not belong to this desk any more.", "", "Ask an administrator.")

    def me_deciding(self, db: Connection) -> Person:
        """Who is acting, where the act is a judgement. Raises NotAllowed for roles that only read."""
        me = self.me(db)
        if not me.may_decide:
            raise NotAllowed(
                f"{me.id} may not decide here.",
                "Deciding takes the role moderator, compliance or supervisor.",
                "Ask an administrator for the role.",
            )
        return me
