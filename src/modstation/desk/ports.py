"""What the desk needs from outside, as Protocols. `sync` and `bootstrap` bring the real parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modstation.models.ids import ForumName, ItemKey
from modstation.models.items import Context, Page, Revision
from modstation.models.measures import Measure, Order, Outcome, PublicView, ReadBack, Reading


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether one act is possible at this forum with this token, and in words why not.

    `platform` is False where the platform has no call for it at all, as against a right that is missing.
    """

    name: str
    possible: bool
    why: str = ""
    platform: bool = True


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What probing the server with the token has shown. `account` is the uid of the token, `clock_offset_ms` what the
    server's clock is ahead of ours."""

    forum: ForumName
    server: str
    account: str
    account_name: str
    entries: tuple[Capability, ...]
    clock_offset_ms: int = 0
    reversible: frozenset[Measure] = frozenset()

    def of(self, name: str) -> Capability:
        """The entry of that name; an unknown name is answered with "not possible"."""
        found = next((entry for entry in self.entries if entry.name == name), None)
        return found or Capability(name, False, "This platform has no call for it.", platform=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A media file fetched by us without cookies or referrer, within limits. `truncated` says that it was larger."""

    url: str
    media_type: str
    data: bytes
    status: int
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and answer as sealed into evidence; tokens are struck out. `at` is UTC."""

    method: str
    url: str
    status: int
    at: datetime
    request: bytes
    response: bytes
    server_date: str = ""


class Forum(Protocol):
    """A connector: one platform's servers behind one promise (architecture section 8).

    Every method raises ForumUnreachable, TokenRefused, AskedToWait or BadAnswer where its outcome type cannot say it.
    """

    name: ForumName

    @property
    def feeds(self) -> tuple[str, ...]:
        """Names of the feeds this token can read, in the order to pull them."""
        ...

    async def probe(self) -> Capabilities:
        """Ask the server what this token can do."""
        ...

    def pull(self, feed: str, state: str) -> AsyncIterator[Page]:
        """Read a feed from a bookmark ("" at first). "Not on a page" never closes an item."""
        ...

    async def context(self, item: ItemKey) -> Context:
        """The thread around an item, its revisions and its author's record."""
        ...

    async def revision(self, item: ItemKey) -> Revision:
        """The item as it stands now."""
        ...

    async def read(self, item: ItemKey, account: str = "", flags: tuple[str, ...] = ()) -> Reading:
        """The item, its author's penalties and the states of its flags, for comparison before a send."""
        ...

    async def apply(self, order: Order) -> Outcome:
        """Ask the forum to do it, once. Never repeats by itself."""
        ...

    async def read_back(self, order: Order) -> ReadBack:
        """Look whether the effect of an order is there, whatever any answer said."""
        ...

    async def public_view(self, item: ItemKey, thread: str, attachments: tuple[str, ...]) -> PublicView:
        """What a logged-out reader gets of it: post, topic page, every attachment."""
        ...

    async def claim(self, item: ItemKey, flags: tuple[str, ...]) -> Outcome:
        """Mark the flags as ours at the forum where it has such a mark."""
        ...

    async def release(self, item: ItemKey, flags: tuple[str, ...]) -> Outcome:
        """Take that mark away, if it is still ours."""
        ...

    async def fetch_media(self, url: str, limit: int) -> Fetched:
        """Fetch at most `limit` bytes of a media file, without cookies, referrer or token to foreign hosts."""
        ...

    def take_exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges since the last call, for sealing."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...
