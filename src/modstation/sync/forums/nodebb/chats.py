"""Notices to a person, in NodeBB's chat rooms: found again before anything is sent, since a repeat is sent twice."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modstation.models.errors import BadAnswer
from modstation.models.items import Account
from modstation.sync.forums.narrow import (
    Obj,
    ident,
    ident_or_empty,
    moment,
    number,
    obj,
    obj_or_empty,
    rows,
    text,
    text_or_empty,
)
from modstation.sync.forums.nodebb.reader import Reader
from modstation.sync.forums.nodebb.shapes import account, plain
from modstation.sync.forums.nodebb.wire import payload, segment
from modstation.sync.http import Answer

#: Longest chat message where the forum does not tell its own limit (NodeBB's default, in characters).
_LONGEST: Final = 1000
#: Messages the server gives in one answer (source), and how many answers are read back from the newest.
_PER_ANSWER: Final = 50
_ANSWERS: Final = 4
#: Rooms asked for at a time, and at most.
_ROOMS: Final = 50
_MOST_ROOMS: Final = 1000


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a room. `text` is plain; `source` was read as source and not taken from rendered HTML."""

    mid: str
    room: str
    sender: Account
    text: str
    at: datetime | None


class Chats:
    """Chat rooms of the token's account."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._wire = reader, reader.wire
        self._longest = 0

    async def parts(self, text: str, case: str) -> tuple[str, ...]:
        """The notice as messages that fit the forum's limit; each of several carries the case and its number."""
        if not self._longest:
            config = obj_or_empty((await self._wire.get("/api/config")).data)
            self._longest = max(100, number(config, "maximumChatMessageLength", _LONGEST))
        if _length(text) <= self._longest:
            return (text,)
        pieces = list(_split(text, self._longest - len(case) - 16))
        return tuple(f"[{case} {no}/{len(pieces)}] {piece}" for no, piece in enumerate(pieces, 1))

    async def room_with(self, uid: str) -> str:
        """The private room with this account, "" where there is none yet or chat is switched off."""
        answer = await self._wire.get(f"/api/v3/users/{segment(uid)}/chat")
        return ident_or_empty(payload(answer), "roomId") if answer.ok else ""

    async def rooms_with(self, uid: str) -> tuple[str, ...]:
        """Every private room with this account: asking for a room twice makes two."""
        first = await self.room_with(uid)
        others = [room for room, people in await self.rooms() if people == {uid} and room != first]
        return (first, *others) if first else tuple(others)

    async def rooms(self) -> list[tuple[str, set[str]]]:
        """The token's rooms and the uids of the other people in each; empty where the server cannot list them."""
        me = (await self._reader.myself()).uid
        found: dict[str, set[str]] = {}
        async for listed, _ in self.room_pages(""):
            for row in listed:
                people = {ident_or_empty(obj_or_empty(user), "uid") for user in rows(row.get("users"), "users")}
                found[ident_or_empty(row, "roomId")] = people - {me, ""}
        found.pop("", None)
        return list(found.items())

    async def room_pages(self, etag: str) -> AsyncIterator[tuple[list[Obj], str]]:
        """The list of rooms page by page, the most recently used first, each with its ETag; nothing where the first
        page is as it was, or where this account has no chat."""
        start = 0
        while start < _MOST_ROOMS:
            query = (("start", str(start)), ("perPage", str(_ROOMS)))
            answer = await self._wire.get("/api/v3/chats", query, etag if not start else "")
            body = payload(answer) if answer.ok else {}
            # An answer of another shape is no proof that there is no room: a notice would be sent twice.
            listed = [obj_or_empty(row) for row in rows(body.get("rooms"), "rooms")] if answer.ok else []
            if not answer.ok or (start and not listed):
                return
            yield listed, answer.etag
            following = number(body, "nextStart", start + len(listed))
            if following <= start:
                return
            start = following

    async def open_room(self, uid: str) -> Answer:
        """Make a private room with this account. The answer's `roomId` names it."""
        return await self._wire.write("POST", "/api/v3/chats", {"uids": [int(uid)]})

    async def send(self, room: str, text: str) -> Answer:
        """Send one message, once."""
        return await self._wire.write("POST", f"/api/v3/chats/{segment(room)}", {"message": text})

    async def messages(self, room: str) -> list[Message]:
        """The newest messages of a room, oldest first; empty where the room cannot be read."""
        found: dict[str, Message] = {}
        for turn in range(_ANSWERS):
            query = (("start", str(turn * _PER_ANSWER)),) if turn else ()
            body = await self._reader.thing(f"/api/v3/chats/{segment(room)}/messages", query)
            listed = [obj(row, "message") for row in rows(body.get("messages"), "messages")] if body else []
            fresh = [_message(row, room) for row in listed if ident_or_empty(row, "mid") not in found]
            found.update({message.mid: message for message in fresh})
            if len(listed) < _PER_ANSWER or not fresh:
                break
        return sorted(found.values(), key=lambda message: (message.at is not None, message.at, message.mid))

    async def source(self, message: Message) -> str:
        """A message as it was typed, or as plain text where the server does not give its source."""
        try:
            body = await self._reader.thing(
                f"/api/v3/chats/{segment(message.room)}/messages/{segment(message.mid)}/raw"
            )
        except BadAnswer:
            body = None
        return text_or_empty(body or {}, "content") or message.text

    async def missing(self, uid: str, case: str, parts: Iterable[str]) -> tuple[str, ...]:
        """Which of these messages are not yet in any room with that account.

        Only our own messages that carry the case number count; letters and digits are compared, since rendering changes
        the rest.
        """
        me = (await self._reader.myself()).uid
        there = set()
        for room in await self.rooms_with(uid):
            for message in await self.messages(room):
                if message.sender.uid == me and case in message.text:
                    there |= {_core(message.text), _core(await self.source(message))}
        return tuple(part for part in parts if _core(part) not in there)


def _message(row: Obj, room: str) -> Message:
    sender = account(obj_or_empty(row.get("fromUser")), ident_or_empty(row, "fromuid"))
    sender = Account(ident_or_empty(row, "fromuid") or sender.uid, sender.name, gone=sender.gone)
    return Message(ident(row, "mid"), room, sender, plain(text(row, "content")), moment(row, "timestamp"))


def _core(text: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[\W_]+", "", text)


def _length(text: str) -> int:
    """Length as NodeBB counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _split(text: str, room: int) -> Iterable[str]:
    """Pieces of at most `room` UTF-16 units, cut at a line or a space where one stands in the last third."""
    while _length(text) > room:
        cut = room
        while _length(text[:cut]) > room:
            cut -= 1
        at = max(text.rfind("\n", cut * 2 // 3, cut), text.rfind(" ", cut * 2 // 3, cut))
        cut = at if at > 0 else cut
        yield text[:cut]
        text = text[cut:].lstrip()
    yield text
