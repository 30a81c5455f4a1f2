"""`NodeBB`: the connector, put together from its parts."""

from __future__ import annotations

from collections.abc import AsyncIterator

from modstation.desk.ports import Capabilities, Exchange, Fetched
from modstation.models.errors import BadInput
from modstation.models.ids import ForumName, ItemKey
from modstation.models.items import Account, Context, Page, Revision
from modstation.models.measures import Order, Outcome, PublicView, ReadBack, Reading
from modstation.models.time import Clock
from modstation.sync.forums.media import Media
from modstation.sync.forums.nodebb import flags, queue, replies
from modstation.sync.forums.nodebb.acting import Actor
from modstation.sync.forums.nodebb.chats import Chats
from modstation.sync.forums.nodebb.claims import Claims
from modstation.sync.forums.nodebb.context import Surroundings
from modstation.sync.forums.nodebb.probing import Prober
from modstation.sync.forums.nodebb.public import PublicReader
from modstation.sync.forums.nodebb.readback import ReadBacks
from modstation.sync.forums.nodebb.reader import Reader
from modstation.sync.forums.nodebb.wire import Wire
from modstation.sync.http import HttpClient


class NodeBB:
    """A NodeBB 4 forum behind `desk.ports.Forum`.

    `url` is the forum's address with its sub-path, if any. `token` belongs to one account and has exactly its rights; a
    master token needs `acting`, the uid it acts as. `client` is shared by all forums of a desk and closed by its owner.
    """

    def __init__(
        self, name: ForumName, url: str, token: str, *, client: HttpClient, clock: Clock, acting: str = ""
    ) -> None:
        self.name = name
        self._wire = Wire(url, token, client, acting)
        self._reader = Reader(name, self._wire, clock)
        chats = Chats(self._reader)
        media = Media(client, self._wire.base)
        self._readbacks = ReadBacks(self._reader, chats)
        self._actor = Actor(self._reader, chats, self._readbacks)
        self._claims = Claims(self._reader)
        self._surroundings = Surroundings(self._reader)
        self._public = PublicReader(self._wire, media)
        self._prober = Prober(self._reader)
        self._media = media
        self._feeds = {
            flags.NAME: flags.FlagFeed(self._reader).pages,
            queue.NAME: queue.QueueFeed(self._reader).pages,
            replies.NAME: replies.ReplyFeed(self._reader, chats).pages,
        }
        self._known: Capabilities | None = None

    def __repr__(self) -> str:
        return f"NodeBB({str(self.name)!r}, {self._wire.base!r}, token=[token])"

    @property
    def feeds(self) -> tuple[str, ...]:
        """Feeds to pull, in order: all until `probe` has shown which of them this token may read."""
        known = self._known
        return tuple(feed for feed in self._feeds if known is None or known.of(feed).possible)

    async def probe(self) -> Capabilities:
        """Ask the server what this token can do, by reads alone."""
        self._known = await self._prober.probe()
        return self._known

    def pull(self, feed: str, state: str) -> AsyncIterator[Page]:
        """Read a feed from a bookmark ("" at first). Raises BadInput for a feed that NodeBB does not have."""
        pages = self._feeds.get(feed)
        if pages is None:
            raise BadInput(f"NodeBB has no feed '{feed}'.", "It has " + ", ".join(self._feeds) + ".")
        return pages(state)

    async def context(self, item: ItemKey) -> Context:
        """The thread around an item, its earlier revisions and its author's record."""
        return await self._surroundings.context(item)

    async def revision(self, item: ItemKey) -> Revision:
        """The item as it stands now; GONE where the forum has it no more or hides it from us."""
        return await self._reader.revision(item)

    async def read(self, item: ItemKey, account: str = "", flags: tuple[str, ...] = ()) -> Reading:
        """The item, the penalties of `account` (the author where none is named) and the states of the flags."""
        return await self._reader.read(item, account, flags)

    async def apply(self, order: Order) -> Outcome:
        """Ask the forum to do it, once. What is already so is not sent again."""
        return await self._actor.apply(order)

    async def read_back(self, order: Order) -> ReadBack:
        """Look whether the effect of an order is there, whatever any answer said."""
        return await self._readbacks.read_back(order)

    async def public_view(self, item: ItemKey, thread: str, attachments: tuple[str, ...]) -> PublicView:
        """What a logged-out reader still gets of it."""
        return await self._public.view(item, thread, attachments)

    async def claim(self, item: ItemKey, flags: tuple[str, ...]) -> Outcome:
        """Become the flags' assignee, unless somebody else is."""
        return await self._claims.claim(flags)

    async def release(self, item: ItemKey, flags: tuple[str, ...]) -> Outcome:
        """Stop being the flags' assignee, where we are."""
        return await self._claims.release(flags)

    async def note(self, flags: tuple[str, ...], text: str) -> Outcome:
        """Leave a note on flags for colleagues at the forum, once."""
        return await self._claims.note(flags, text)

    async def fetch_media(self, url: str, limit: int) -> Fetched:
        """Fetch at most `limit` bytes of a media file, without cookies, referrer or token to any host.

        Raises NotAllowed for an address that is not http(s) or lies inside a private network, ForumUnreachable.
        """
        return await self._media.fetch(url, limit)

    async def registrations(self) -> tuple[Account, ...]:
        """Names that wait in the registration queue; empty without the right to see it."""
        return await self._prober.registrations()

    def take_exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges of the running task since its last call, tokens struck out, for sealing."""
        return self._wire.recorder.take()

    async def aclose(self) -> None:
        """Nothing is held but the shared client, which its owner closes."""
