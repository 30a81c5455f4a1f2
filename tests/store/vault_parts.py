"""Desks for the tests of keys: cheap to unlock, with a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modstation.models.ids import PersonId
from modstation.store import vault
from modstation.store.kdf import KdfCost

CHEAP = KdfCost(memory_kib=64, passes=1, lanes=1)
ADA = PersonId("Ada Demo")
BEN = PersonId("Ben Demo")
CEM = PersonId("陈演示")
WORDS = {ADA: "ada likes four words", BEN: "ben likes other words", CEM: "陈喜欢很长的口令呢"}


@dataclass(slots=True)
class HandClock:
    """A clock that stands until the test moves it."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 8, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk that Ada has founded."""

    folder: Path
    ada: vault.Unlocked
    code: str
    clock: HandClock

    def add(self, person: PersonId, *classes: vault.KeyClass) -> vault.Unlocked:
        """Invite and enrol somebody."""
        code = vault.invite(self.folder, self.ada.keys, person, classes or (vault.KeyClass.CONTENT,))
        return vault.enrol(self.folder, person, code, WORDS[person], CHEAP, self.clock)

    def unlock(self, person: PersonId, passphrase: str | None = None) -> vault.Unlocked:
        """Unlock as somebody, by their usual passphrase unless another is given."""
        return vault.unlock(self.folder, person, passphrase or WORDS[person], self.clock)


def found(folder: Path) -> Desk:
    """A new desk in this folder."""
    clock = HandClock()
    ada, code = vault.create_vault(folder, ADA, WORDS[ADA], cost=CHEAP, clock=clock)
    return Desk(folder, ada, code, clock)
