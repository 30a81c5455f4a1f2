"""People at the desk and what their roles let them do."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from .errors import BadInput
from .ids import PersonId


class Role(StrEnum):
    """Roles of architecture section 2, and the named role that answers for people in danger."""

    MODERATOR = "moderator"
    COMPLIANCE = "compliance"
    SUPERVISOR = "supervisor"
    LEGAL = "legal"
    DPO = "dpo"
    ADMINISTRATOR = "administrator"
    INSPECTOR = "inspector"
    ON_CALL = "on_call"


class PersonState(StrEnum):
    """Where a person stands between being added and being removed."""

    PROPOSED = "proposed"
    INVITED = "invited"
    ENROLLED = "enrolled"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Person:
    """One member of the desk. `public_key` is the Ed25519 key that checks what they signed, in hex."""

    id: PersonId
    roles: frozenset[Role]
    state: PersonState
    public_key: str = ""

    @property
    def may_decide(self) -> bool:
        """Whether this person judges items; an inspector only reads."""
        return bool(self.roles & {Role.MODERATOR, Role.SUPERVISOR, Role.COMPLIANCE})


def parse_person(text: str) -> tuple[PersonId, frozenset[Role]]:
    """Read `NAME:ROLE[,ROLE]`. Raises BadInput naming the roles that exist."""
    name, colon, roles = text.partition(":")
    name = unicodedata.normalize("NFC", name.strip())
    wanted = [role.strip() for role in roles.split(",") if role.strip()]
    unknown = [role for role in wanted if role not in set(Role)]
    if not colon or not name or not wanted or unknown or any(not c.isprintable() or c in "/:," for c in name):
        raise BadInput(
            f"'{text}' does not name a person and their roles.",
            "Write NAME:ROLE or NAME:ROLE,ROLE.",
            "Roles are " + ", ".join(Role) + ".",
        )
    return PersonId(name), frozenset(Role(role) for role in wanted)
