"""Looking whether the effect of an order is there, whatever any answer said."""

from __future__ import annotations

from collections.abc import Sequence

from modstation.models.errors import BadAnswer
from modstation.models.ids import TargetType
from modstation.models.items import Account, FlagState
from modstation.models.measures import Effect, Measure, Order, OrderKind, ReadBack
from modstation.models.time import from_ms, iso, to_ms
from modstation.sync.forums.narrow import (
    Obj,
    ident_or_empty,
    number,
    obj_or_empty,
    rows_or_empty,
    text_or_empty,
    truth,
)
from modstation.sync.forums.nodebb.chats import Chats
from modstation.sync.forums.nodebb.reader import Look, Reader
from modstation.sync.forums.nodebb.shapes import account
from modstation.sync.forums.nodebb.wire import payload, segment, words

_GONE = ReadBack(Effect.GONE)
_RIGHTS = ("groups:topics:create", "groups:topics:reply")
_HIDING = frozenset({Measure.HIDE, Measure.REMOVE})
_CONTENT = _HIDING | {Measure.RESTORE, Measure.PURGE}
#: Groups whose members moderate: closing a section leaves them their right to write there.
STAFF = frozenset({"administrators", "Global Moderators"})


class ReadBacks:
    """Reads back orders. Raises ForumUnreachable, TokenRefused, AskedToWait; what cannot be told is UNREADABLE."""

    def __init__(self, reader: Reader, chats: Chats) -> None:
        self._reader, self._chats = reader, chats

    async def read_back(self, order: Order) -> ReadBack:
        """PRESENT, ABSENT, GONE, or UNREADABLE where the forum does not show it to this token."""
        try:
            return await self._look(order)
        except BadAnswer as problem:
            return ReadBack(Effect.UNREADABLE, words=f"{problem.what} {problem.why}".strip())

    async def thread_of(self, order: Order) -> str:
        """The topic an order falls on, "" where it cannot be found."""
        if order.item.type is TargetType.TOPIC:
            return order.item.target
        if order.thread or order.item.type is not TargetType.POST:
            return order.thread
        return ident_or_empty(await self._reader.post(order.item.target) or {}, "tid")

    @staticmethod
    def section_of(order: Order) -> str:
        """The section an order falls on."""
        return order.item.target if order.item.type is TargetType.SECTION else order.section

    async def writers(self, cid: str) -> list[tuple[str, str]] | None:
        """Groups that may open topics or reply in a section, with the right; None where the token may not see it.

        The group of people from other servers counts where the forum is open to other servers at all.
        """
        answer = await self._reader.wire.get(f"/api/v3/categories/{segment(cid)}/privileges")
        if not answer.ok:
            return None
        config = obj_or_empty((await self._reader.wire.get("/api/config")).data)
        federated = truth(obj_or_empty(config.get("activitypub")), "enabled")
        found = []
        for group in (obj_or_empty(row) for row in rows_or_empty(payload(answer).get("groups"))):
            name, rights = text_or_empty(group, "name"), obj_or_empty(group.get("privileges"))
            if federated or name != "fediverse":
                found += [(name, right) for right in _RIGHTS if truth(rights, right)]
        return found

    async def _look(self, order: Order) -> ReadBack:
        if order.kind is OrderKind.CLOSE_FLAG:
            return await self._flags(order)
        if order.kind is OrderKind.NOTICE or order.measure is Measure.WARN:
            return await self._notice(order)
        if order.measure in (Measure.MUTE, Measure.UNMUTE, Measure.BAN, Measure.UNBAN):
            return await self._penalty(order)
        if order.measure in (Measure.LOCK, Measure.UNLOCK) and order.item.type is not TargetType.SECTION:
            return await self._locked(order)
        if order.measure is Measure.CLOSE_SECTION or order.item.type is TargetType.SECTION:
            return await self._section(order)
        if order.item.type is TargetType.QUEUED:
            return await self._queued(order)
        if order.item.type in (TargetType.POST, TargetType.TOPIC) and order.measure in _CONTENT:
            return await self._content(order)
        return ReadBack(Effect.UNREADABLE, words="NodeBB shows no effect of this.")

    async def _content(self, order: Order) -> ReadBack:
        look, item = Look(), order.item
        is_post = item.type is TargetType.POST
        if order.measure is Measure.PURGE:
            return await self._purged(f"/api/v3/{'posts' if is_post else 'topics'}/{segment(item.target)}")
        found = await self._reader.post(item.target) if is_post else await self._reader.topic(item.target, look)
        if found is None:
            return _GONE
        hidden = truth(found, "deleted")
        by = await self._reader.name_of(ident_or_empty(found, "deleterUid"), look) if hidden else ""
        return ReadBack(Effect.PRESENT if hidden == (order.measure in _HIDING) else Effect.ABSENT, by)

    async def _purged(self, path: str) -> ReadBack:
        """Only "not found" proves a purge; "forbidden" says that it was moved out of our sight."""
        answer = await self._reader.wire.get(path)
        if answer.status == 404:
            return ReadBack(Effect.PRESENT)
        return ReadBack(Effect.ABSENT if answer.ok else Effect.UNREADABLE, words=words(answer) if not answer.ok else "")

    async def _locked(self, order: Order) -> ReadBack:
        tid = await self.thread_of(order)
        topic = await self._reader.topic(tid, Look())
        if topic is None:
            return _GONE
        wanted = order.measure is Measure.LOCK
        if truth(topic, "locked") != wanted:
            return ReadBack(Effect.ABSENT)
        return ReadBack(Effect.PRESENT, await self._event_by(tid, "lock" if wanted else "unlock"))

    async def _event_by(self, tid: str, kind: str) -> str:
        """Who last did this to a topic, from its log; "" where the token may not see the log."""
        answer = await self._reader.wire.get(f"/api/v3/topics/{segment(tid)}/events")
        if not answer.ok:
            return ""
        events = [obj_or_empty(row) for row in rows_or_empty(payload(answer).get("events"))]
        users = [obj_or_empty(event.get("user")) for event in events if event.get("type") == kind]
        return text_or_empty(users[-1], "username") if users else ""

    async def _penalty(self, order: Order) -> ReadBack:
        user = await self._reader.thing(f"/api/v3/users/{segment(order.account)}")
        if user is None:
            return _GONE
        kind = "mute" if order.measure in (Measure.MUTE, Measure.UNMUTE) else "ban"
        end = _end_of(account(user), kind)
        lifting = order.measure in (Measure.UNMUTE, Measure.UNBAN)
        wanted = None if lifting else (to_ms(order.until) if order.until else 0)
        if end == wanted:
            return ReadBack(Effect.PRESENT, await self._penalty_by(user, kind, lifting))
        if end is None or lifting:
            return ReadBack(Effect.ABSENT)
        until = f"until {iso(from_ms(end))}" if end else "without end"
        return ReadBack(Effect.ABSENT, words=f"The forum shows a {kind} {until}.")

    async def _penalty_by(self, user: Obj, kind: str, lifting: bool) -> str:
        """Who last gave or lifted a penalty, "" where the token may not see the account's history."""
        slug = text_or_empty(user, "userslug")
        info = await self._reader.thing(f"/api/user/{segment(slug)}/info") if slug else None
        entries = [obj_or_empty(row) for row in rows_or_empty((info or {}).get(f"{kind}s"))]
        named = [entry for entry in entries if entry.get("type") == (f"un{kind}" if lifting else kind)]
        newest = max(named, key=lambda entry: number(entry, "timestamp"), default=None)
        return text_or_empty(obj_or_empty(newest.get("user")), "username") if newest else ""

    async def _section(self, order: Order) -> ReadBack:
        writers = await self.writers(self.section_of(order))
        if writers is None:
            return ReadBack(Effect.UNREADABLE, words="NodeBB shows a section's rights to administrators only.")
        if order.measure is Measure.CLOSE_SECTION:
            return ReadBack(Effect.PRESENT if all(group in STAFF for group, _ in writers) else Effect.ABSENT)
        opened = all(("registered-users", right) in writers for right in _RIGHTS)
        return ReadBack(Effect.PRESENT if opened else Effect.ABSENT)

    async def _queued(self, order: Order) -> ReadBack:
        """A queued post that left the queue was settled; NodeBB does not tell how or by whom."""
        entry, may_decide = await self._reader.queued(order.item.target)
        if entry is not None:
            return ReadBack(Effect.ABSENT)
        return ReadBack(Effect.PRESENT) if may_decide else ReadBack(Effect.UNREADABLE)

    async def _flags(self, order: Order) -> ReadBack:
        if order.item.type is TargetType.QUEUED:
            accepted = order.flag_state == FlagState.REJECTED
            return await self._queued(order) if accepted else ReadBack(Effect.PRESENT)
        details = await self._reader.wire.many(order.flags, self._reader.flag)
        there = [detail for detail in details if detail is not None]
        if order.flags and not there:
            return _GONE
        other = [detail for detail in there if detail.state != order.flag_state]
        by = next((detail.closed_by for detail in there if detail.closed_by), "")
        if not other:
            return ReadBack(Effect.PRESENT, by)
        return ReadBack(Effect.ABSENT, by, "; ".join(f"Flag {flag.flag_id} is {flag.state}." for flag in other))

    async def _notice(self, order: Order) -> ReadBack:
        if not order.account.isdigit():
            return ReadBack(Effect.ABSENT)
        parts = await self._chats.parts(order.text or order.reason, order.case)
        missing: Sequence[str] = await self._chats.missing(order.account, order.case, parts)
        if not missing:
            return ReadBack(Effect.PRESENT)
        return _GONE if (await self._reader.person(order.account, Look())).gone else ReadBack(Effect.ABSENT)


def _end_of(person: Account, kind: str) -> int | None:
    """The end of a penalty in ms, 0 where it has none; None where there is no such penalty."""
    ends = [int(end) for name, _, end in (entry.partition(":") for entry in person.penalties) if name == kind]
    return ends[0] if ends else None
