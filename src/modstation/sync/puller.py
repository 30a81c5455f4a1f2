"""Pulls the feeds of one forum into the desk, page by page."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from modstation.desk.intake import Taken, bookmark, put_aside, take_look, take_page
from modstation.desk.ports import Capabilities, Forum
from modstation.desk.workplace import Workplace
from modstation.models.errors import BadAnswer, ForumError
from modstation.models.ids import ItemKey
from modstation.models.items import SetAside


class Puller:
    """Reads feeds from where the last pull ended. What cannot be used is set aside, never dropped."""

    def __init__(self, work: Workplace, forum: Forum) -> None:
        self._work = work
        self._forum = forum

    async def probe(self) -> Capabilities:
        """Ask what the token can do. Raises ForumError; an answer that cannot be used is set aside first."""
        try:
            return await self._forum.probe()
        except BadAnswer as problem:
            await self._aside("probe", problem)
            raise

    async def pull(self) -> Taken:
        """Read every feed once. Raises ForumUnreachable, TokenRefused, AskedToWait."""
        taken = Taken()
        for feed in self._forum.feeds:
            try:
                taken.add(await self._feed(feed))
            except BadAnswer as problem:
                await self._aside(feed, problem)
                taken.set_aside += 1
        return taken

    async def _feed(self, feed: str) -> Taken:
        taken = Taken()
        state = await asyncio.to_thread(bookmark, self._work, self._forum.name, feed)
        async for page in self._forum.pull(feed, state):
            taken.add(await asyncio.to_thread(take_page, self._work, self._forum.name, page))
        return taken

    async def _aside(self, feed: str, problem: BadAnswer) -> None:
        line = SetAside(feed, self._work.clock.now(), problem.what, f"{problem.why} {problem.next_step}".strip())
        await asyncio.to_thread(put_aside, self._work, self._forum.name, line)

    async def look(self, item: ItemKey, flags: tuple[str, ...]) -> None:
        """Read an item that a person has opened: itself, its surroundings, and claim it at the forum.

        What the forum cannot tell is left out; what it answered is sealed.
        """
        revision = context = None
        with suppress(ForumError):
            await self._forum.claim(item, flags)
            revision = await self._forum.revision(item)
            context = await self._forum.context(item)
        exchanges = self._forum.take_exchanges()
        if revision is None:
            return
        await asyncio.to_thread(take_look, self._work, item, revision, context, exchanges)

    async def leave(self, item: ItemKey, flags: tuple[str, ...]) -> None:
        """Give a claim at the forum back, where it is still ours."""
        try:
            await self._forum.release(item, flags)
        except ForumError:
            return
