"""The feed of replies: what people answer to our notices, found in the chat rooms."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator
from typing import Final

from modstation.models.items import Page, Reply
from modstation.sync.forums.narrow import Obj, ident_or_empty, obj_or_empty
from modstation.sync.forums.nodebb.chats import Chats
from modstation.sync.forums.nodebb.reader import Reader

NAME: Final = "replies"
_CASE: Final = re.compile(r"MS-[A-Z2-7]{5}-[A-Z2-7]{5}")


class ReplyFeed:
    """Pulls messages that others wrote in a room after a notice of ours. A reply belongs to the notice before it."""

    def __init__(self, reader: Reader, chats: Chats) -> None:
        self._reader, self._wire, self._chats = reader, reader.wire, chats

    async def pages(self, state: str) -> AsyncIterator[Page]:
        """One page of new replies. Rooms whose newest message is as it was are not opened."""
        etag, seen = _decode(state)
        kept, replies, first = dict(seen), list[Reply](), ""
        async for listed, tag in self._chats.room_pages(etag):
            first = first or tag or "none"
            marks = {room: _mark(row) for row in listed if (room := ident_or_empty(row, "roomId"))}
            moved = [room for room, mark in marks.items() if not mark or seen.get(room, ("", ""))[0] != mark]
            found = await self._wire.many(moved, lambda room: self._room(room, seen.get(room, ("", ""))[1]))
            for room, (told, newest) in zip(moved, found, strict=True):
                replies += told
                kept[room] = (marks[room], newest)
            # The list is ordered by last use: behind a page without news there is none.
            if not moved:
                break
        if not first:
            yield Page(NAME, (), state, last=True)
            return
        state = json.dumps({"e": "" if first == "none" else first, "r": kept})
        yield Page(NAME, (), state, replies=tuple(replies), last=True)

    async def _room(self, room: str, after: str) -> tuple[tuple[Reply, ...], str]:
        """New replies of one room, and the id of its newest message."""
        me = (await self._reader.myself()).uid
        case, replies, newest = "", [], after
        for message in await self._chats.messages(room):
            newest = message.mid
            if message.sender.uid == me:
                named = _CASE.findall(message.text)
                case = named[-1] if named else case
            elif case and (not after or int_of(message.mid) > int_of(after)):
                text = await self._chats.source(message)
                at = message.at or self._reader.clock.now()
                replies.append(Reply(case, room, message.mid, message.sender, text, at))
        return tuple(replies), newest


def int_of(mid: str) -> int:
    """The running number of a message; 0 where it is none."""
    return int(mid) if mid.isascii() and mid.isdigit() else 0


def _mark(row: Obj) -> str:
    """A few characters that move with a room's newest message, "" where the list does not tell it."""
    teaser = obj_or_empty(row.get("teaser"))
    newest = {key: teaser.get(key) for key in ("mid", "timestamp", "content", "fromuid")} if teaser else {}
    return hashlib.sha256(json.dumps(newest).encode()).hexdigest()[:12] if newest else ""


def _decode(state: str) -> tuple[str, dict[str, tuple[str, str]]]:
    try:
        data = json.loads(state) if state else {}
        rooms = {str(room): (str(mark), str(mid)) for room, (mark, mid) in data.get("r", {}).items()}
        return str(data.get("e", "")), rooms
    except (ValueError, TypeError, AttributeError):
        return "", {}
