"""Names of things as types of their own, so that a mix-up is a type error."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from .errors import BadInput

DeskId = NewType("DeskId", str)
PersonId = NewType("PersonId", str)
ForumName = NewType("ForumName", str)
CaseId = NewType("CaseId", str)
DecisionId = NewType("DecisionId", str)
OutboxId = NewType("OutboxId", str)
PolicyId = NewType("PolicyId", str)
BlobId = NewType("BlobId", int)


class TargetType(StrEnum):
    """What kind of thing is judged. `QUEUED` is a post that waits for approval at the forum."""

    POST = "post"
    TOPIC = "topic"
    ACCOUNT = "account"
    SECTION = "section"
    MESSAGE = "message"
    MEDIA = "media"
    QUEUED = "queued"


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """The stable name of an item: forum, kind of target, id at the forum.

    Platform flag ids are attributes, never keys: flags reopen, split, merge and vanish.
    """

    forum: ForumName
    type: TargetType
    target: str

    def __str__(self) -> str:
        return f"{self.forum}/{self.type}/{self.target}"

    @classmethod
    def parse(cls, text: str) -> ItemKey:
        """Read `forum/type/id`. Raises BadInput when the text has another form."""
        parts = text.strip().split("/")
        if len(parts) != 3 or not all(parts) or parts[1] not in _TYPES:
            raise BadInput(
                f"'{text}' is not the name of an item.",
                "An item is named forum/kind/number, for example riverside/post/17.",
                "Copy it from the list of the queue.",
            )
        return cls(ForumName(parts[0]), TargetType(parts[1]), parts[2])


_TYPES = frozenset(TargetType)
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = [first + second for first in _SIGNS for second in _SIGNS]


def case_of(item: ItemKey) -> CaseId:
    """The case an item opens by itself.

    The number is derived, so that two desks that never met give one item one case, and short enough to be read out:
    fifty bits of SHA-256 in base32.
    """
    digest = hashlib.sha256(str(item).encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:7], "big") >> 6
    word = "".join([_PAIRS[(number >> shift) & 1023] for shift in (40, 30, 20, 10, 0)])
    return CaseId(f"MS-{word[:5]}-{word[5:]}")
