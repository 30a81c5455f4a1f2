"""What can be asked of a desk before anybody has unlocked it; loads no cryptography, so the dialog is there at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modstation.models.ids import PersonId

from . import vault_file
from .vault_file import KEYS_FILE, STORE_FILE, VAULT_FILE
from .vault_model import KeyClass, Member, RestoredFrom, SlotState, classes_in


@dataclass(frozen=True, slots=True)
class DoorPerson:
    """A person as the unlock dialog shows them. `key_id` is empty while they have no signing key in use."""

    person: PersonId
    state: SlotState
    key_id: str
    classes: frozenset[KeyClass]
    remembered: bool


def is_desk(folder: Path) -> bool:
    """Whether a desk lies in this folder, however damaged."""
    return any((folder / name).exists() for name in (VAULT_FILE, STORE_FILE, KEYS_FILE))


def people_in(folder: Path) -> tuple[DoorPerson, ...]:
    """Everybody the desk knows, in the order they came. Read without a key, hence not yet proved: for the door only.

    Raises NotFound, ForeignFile, NewerFormat or DamagedFile.
    """
    return tuple(_door(member) for member in vault_file.read(folder).people)


def restored_from(folder: Path) -> RestoredFrom | None:
    """Where the desk was restored from, if it was; while not `settled`, the store must re-open its outbox first."""
    return vault_file.read(folder).restored_from


def _door(member: Member) -> DoorPerson:
    active = member.active_key
    return DoorPerson(
        PersonId(member.person),
        SlotState(member.state),
        active.key_id if active else "",
        classes_in(wrap.purpose for wrap in member.wraps),
        member.remembered is not None,
    )
