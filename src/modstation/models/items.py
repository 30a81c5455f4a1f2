"""What a forum tells about an item: revisions, flags, authors, attachments."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .ids import ItemKey, TargetType


class Visibility(StrEnum):
    """Who can see the item at the forum. `GONE` says no cause: purged, moved away or out of our sight."""

    PUBLIC = "public"
    HIDDEN = "hidden"
    GONE = "gone"
    UNKNOWN = "unknown"


class FlagState(StrEnum):
    """States of a flag as the forums that have states name them."""

    OPEN = "open"
    IN_WORK = "wip"
    RESOLVED = "resolved"
    REJECTED = "rejected"

    @property
    def closed(self) -> bool:
        """Whether somebody has answered the flag."""
        return self in (FlagState.RESOLVED, FlagState.REJECTED)


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the forum by its public face. Real identity, IP and contact have no field here, on purpose.

    `uid` is empty when the forum no longer tells it. `penalties` are what stands against it now, such as
    `ban:until_ms`.
    """

    uid: str
    name: str
    joined: datetime | None = None
    posts: int | None = None
    verified: str = ""
    roles: tuple[str, ...] = ()
    penalties: tuple[str, ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A media file an item shows, by address alone: nothing is fetched until a person asks."""

    url: str
    name: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One item as one reading found it.

    `edited` is None where the item was never edited. `title` is the topic's title. `assets` are attachments by
    address. `fetched` is when we read it (UTC).
    """

    item: ItemKey
    fetched: datetime
    author: Account
    title: str
    body: str
    visibility: Visibility
    section: str = ""
    section_name: str = ""
    thread: str = ""
    position: int = 0
    url: str = ""
    created: datetime | None = None
    edited: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    locked: bool = False


def judged_hash(item: ItemKey, title: str, body: str) -> str:
    """What a judgement rests on, as a hash two readings can be compared by: SHA-256 in hex.

    For topics and accounts that is title (or name) and body, else the body. Lone surrogates count as themselves.
    """
    parts = (title, body) if item.type in (TargetType.TOPIC, TargetType.ACCOUNT) else (body,)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Flag:
    """One mark on an item by one reporter, as one reading found it.

    `flag_id` is the platform's; one platform flag may carry several reports, each is one Flag here with its own
    `reporter`. `assignee` is the uid of the moderator who claimed it at the forum.
    """

    item: ItemKey
    fetched: datetime
    flag_id: str
    state: FlagState
    reporter: Account
    reason: str
    at: datetime | None
    assignee: str = ""
    assignee_name: str = ""
    closed_by: str = ""
    heat: int = 1


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something a forum sent that cannot be tied to a target: kept in a list with a clock that a person empties."""

    source: str
    fetched: datetime
    why: str
    raw: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of an author to one of our notices, found in the forum's message room."""

    case: str
    room: str
    message_id: str
    author: Account
    text: str
    at: datetime


Observation = Revision | Flag


@dataclass(frozen=True, slots=True)
class Page:
    """One pulled page.

    `state` is the connector's own bookmark after this page, opaque to everyone else; it is stored in the same
    transaction as the rows. `reread` counts rows that a moving list made the connector read again.
    """

    feed: str
    rows: tuple[Observation, ...]
    state: str
    set_aside: tuple[SetAside, ...] = ()
    replies: tuple[Reply, ...] = ()
    reread: int = 0
    last: bool = False


@dataclass(frozen=True, slots=True)
class ContextPost:
    """A neighbour in the thread, as plain source text."""

    key: ItemKey
    position: int
    author: str
    body: str
    at: datetime | None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds an item: breadcrumbs, posts before and after, earlier revisions, the author's own record."""

    path: tuple[str, ...]
    before: tuple[ContextPost, ...]
    after: tuple[ContextPost, ...]
    revisions: tuple[Revision, ...] = ()
    author: Account | None = None
    history: tuple[str, ...] = ()
