"""What the window needs from outside besides the desk itself. `bootstrap` brings the real parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from modstation.models.ids import PersonId, PolicyId

if TYPE_CHECKING:
    from modstation.desk.api import DeskApi

#: The policy that N decides by: nothing was violated, the flags are closed.
NO_VIOLATION = PolicyId("none")


@dataclass(frozen=True, slots=True)
class DeskChoice:
    """A desk folder that this machine knows.

    `people` have a passphrase, `invited` hold an enrolment code; `keyring` are those for whom the system keyring
    answers. `waiting` and `next_due` (UTC ms, 0 for none) are what may be said while locked: numbers, no content.
    """

    folder: Path
    name: str
    people: tuple[str, ...]
    invited: tuple[str, ...] = ()
    keyring: tuple[str, ...] = ()
    last_person: str = ""
    waiting: int = 0
    next_due: int = 0


class Session(Protocol):
    """An unlocked desk and the person in front of it."""

    notice: str

    @property
    def desk(self) -> DeskApi:
        """What can be asked and done."""
        ...

    @property
    def person(self) -> PersonId:
        """Who it is."""
        ...

    @property
    def folder(self) -> Path:
        """Where the desk lies."""
        ...

    def lock(self) -> None:
        """Drop the person's keys; the desk key goes on sending what was already made."""
        ...

    def close(self) -> None:
        """Stop pulling and sending, close the store."""
        ...

    def fetch_media(self, no: int, url: str) -> bytes:
        """The bytes of an attachment, fetched by us within limits. Raises ForumError or NotAllowed."""
        ...


class WindowPort(Protocol):
    """Desks on this machine. Every method blocks; the window calls them from a worker."""

    def desks(self) -> tuple[DeskChoice, ...]:
        """Known desk folders, the last used one first."""
        ...

    def warm_up(self) -> None:
        """Load what opening a desk will need, while the person types."""
        ...

    def create(self, folder: Path, person: str, passphrase: str) -> tuple[Session, str]:
        """Make a desk with its first person; the second part of the answer is the recovery code, shown once."""
        ...

    def unlock(self, folder: Path, person: str, passphrase: str) -> Session:
        """Open a desk. Raises WrongPassphrase and the other VaultErrors."""
        ...

    def unlock_by_keyring(self, folder: Path, person: str) -> Session:
        """Open a desk by what the system keyring remembers. Raises KeyringLocked or WrongPassphrase."""
        ...

    def enrol(self, folder: Path, person: str, code: str, passphrase: str) -> Session:
        """First unlock of an invited person: sets their own passphrase by the one-time code."""
        ...

    def demo(self) -> Session:
        """Start the demo forum and open a desk on it; `notice` names the demo people and their passphrase."""
        ...

    def add_forum(self, session: Any, name: str, url: str, token: str) -> str:
        """Connect a forum after testing it; the answer says in words what the token can do.

        `session` is one that this port has opened itself.
        """
        ...

    def close(self) -> None:
        """Close every desk, and the demo forum where one runs."""
        ...


class WindowMemory(Protocol):
    """What the window remembers between starts: sizes, positions, keys. Never content."""

    def get(self, name: str) -> str:
        """A remembered value, "" where there is none."""
        ...

    def put(self, name: str, value: str) -> None:
        """Remember a value."""
        ...


class DictMemory:
    """Remembers as long as the process lives."""

    def __init__(self, values: dict[str, str] | None = None) -> None:
        self.values = dict(values or {})

    def get(self, name: str) -> str:
        """A remembered value, "" where there is none."""
        return self.values.get(name, "")

    def put(self, name: str, value: str) -> None:
        """Remember a value."""
        self.values[name] = value
