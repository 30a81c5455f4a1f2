"""What this token may do at this forum, proved by harmless reads and not assumed from the platform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modstation.desk.ports import Capabilities, Capability
from modstation.models.errors import BadAnswer
from modstation.models.items import Account
from modstation.models.measures import OPPOSITE, Measure
from modstation.sync.forums.narrow import (
    Obj,
    ident_or_empty,
    number,
    obj_or_empty,
    rows_or_empty,
    text_or_empty,
    truth,
)
from modstation.sync.forums.nodebb.reader import Reader
from modstation.sync.forums.nodebb.shapes import account
from modstation.sync.forums.nodebb.wire import payload, segment

_CONTENT: Final = ("hide", "remove", "restore", "lock", "unlock")
_NOT_AT_ALL: Final = {
    Measure.DEMOTE: "NodeBB has no call that moves a post down.",
    Measure.LIMIT_MANAGER: "NodeBB has no smaller right for a moderator.",
    Measure.REVOKE_MANAGER: "Take the right away in NodeBB's own administration.",
    Measure.RENAME: "NodeBB needs the new name, and its owner or an administrator to choose it.",
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the harmless reads have answered."""

    me: Account
    admin: bool
    global_moderator: bool
    flags: bool
    queue: bool
    registrations: bool
    chat: bool
    privileges: Obj
    sections: tuple[tuple[str, str, bool, bool], ...]

    @property
    def everywhere(self) -> bool:
        return self.admin or self.global_moderator


class Prober:
    """Probes one forum with the token."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._wire = reader, reader.wire

    async def probe(self) -> Capabilities:
        """Ask what the token can do. Raises ForumUnreachable, TokenRefused, AskedToWait, BadAnswer."""
        seen = await self._look()
        return Capabilities(
            forum=self._reader.forum,
            server=self._wire.server or "NodeBB",
            account=seen.me.uid,
            account_name=seen.me.name,
            entries=tuple(_entries(seen)),
            clock_offset_ms=self._wire.offset_ms,
            reversible=frozenset(OPPOSITE),
        )

    async def registrations(self) -> tuple[Account, ...]:
        """Names that wait in the registration queue; e-mail and IP are left at the forum. Empty without the right.

        Deciding them needs a login session at NodeBB: there is no route for a token.
        """
        answer = await self._wire.get("/api/registration-queue")
        if not answer.ok:
            return ()
        waiting = [obj_or_empty(row) for row in rows_or_empty(payload(answer).get("users"))]
        names = [(text_or_empty(row, "username"), _iso(text_or_empty(row, "timestampISO"))) for row in waiting]
        return tuple(Account("", name, joined=at) for name, at in names if name)

    async def _look(self) -> _Seen:
        body = await self._wire.read("/api/self") or {}
        me = account(body)
        flags = await self._wire.get("/api/flags", (("perPage", "1"),))
        queue = await self._wire.get("/api/post-queue")
        registrations = await self._wire.get("/api/registration-queue")
        config = obj_or_empty((await self._wire.get("/api/config")).data)
        queue_body = obj_or_empty(queue.data) if queue.ok else {}
        privileges = obj_or_empty(queue_body.get("privileges"))
        admin, global_moderator = truth(body, "isAdmin"), truth(body, "isGlobalModerator")
        return _Seen(
            me=me,
            admin=admin,
            global_moderator=global_moderator,
            flags=flags.ok,
            queue=queue.ok and (truth(queue_body, "canAccept") or truth(queue_body, "isAdmin")),
            registrations=registrations.ok,
            chat=not truth(config, "disableChat") and privileges.get("chat") is not False,
            privileges=privileges,
            sections=await self._sections(admin or global_moderator),
        )

    async def _sections(self, everywhere: bool) -> tuple[tuple[str, str, bool, bool], ...]:
        """Id, name, whether the token moderates it, whether it may purge there."""
        body = await self._wire.read("/api/v3/categories") or {}
        listed = [obj_or_empty(row) for row in rows_or_empty(body.get("categories"))]
        own = [row for row in listed if number(row, "cid") > 0]
        return tuple(await self._wire.many(own, lambda row: self._section(row, everywhere)))

    async def _section(self, row: Obj, everywhere: bool) -> tuple[str, str, bool, bool]:
        cid, name = ident_or_empty(row, "cid"), text_or_empty(row, "name")
        if everywhere:
            return cid, name, True, True
        answer = await self._wire.get(f"/api/v3/categories/{segment(cid)}/topics", (("after", "0"),))
        try:
            rights = obj_or_empty(payload(answer).get("privileges")) if answer.ok else {}
        except BadAnswer:
            rights = {}
        moderates = truth(rights, "isAdminOrMod")
        return cid, name, moderates, moderates


def _entries(seen: _Seen) -> Iterable[Capability]:
    somewhere = seen.everywhere or any(moderates for _, _, moderates, _ in seen.sections)
    limits = "" if seen.everywhere else "Only in the sections this account moderates."
    nowhere = "This account moderates no section."
    for name in (*_CONTENT, "purge"):
        yield Capability(name, somewhere, limits if somewhere else nowhere)
    for kind in ("ban", "mute"):
        may = _privilege(seen, kind)
        why = "" if may else f"The account lacks NodeBB's global right '{kind}'; an administrator can grant it."
        yield Capability(kind, may, why)
        yield Capability(f"un{kind}", may, why)
    chat = "" if seen.chat else "Chat is switched off at this forum, or this account may not use it."
    yield Capability("warn", seen.chat, chat or "NodeBB has no warnings of its own; it goes as a chat message.")
    yield Capability("notice", seen.chat, chat)
    yield Capability("replies", seen.chat, chat)
    yield Capability(
        "close_section", seen.admin, "" if seen.admin else "Only an administrator changes a section's rights."
    )
    for measure, why in _NOT_AT_ALL.items():
        yield Capability(str(measure), False, why, platform=False)
    for name in ("flags", "claim", "close_flag", "note"):
        yield Capability(name, seen.flags, limits if seen.flags else "This account may not see flags.")
    yield Capability("queue", seen.queue, "" if seen.queue else "This account may not decide queued posts.")
    yield Capability(
        "registrations",
        seen.registrations,
        "Listed only: NodeBB lets no token decide them." if seen.registrations else "",
    )
    may = _privilege(seen, "view:users:info")
    yield Capability("history", may, "" if may else "The account lacks NodeBB's global right 'view:users:info'.")
    for cid, name, moderates, _ in seen.sections:
        yield Capability(f"section:{cid}", moderates, name)


def _privilege(seen: _Seen, name: str) -> bool:
    """A global right: as the forum lists it, else as the account's standing implies (mute must be granted, so it is
    not implied for a global moderator)."""
    if name in seen.privileges:
        return truth(seen.privileges, name)
    return seen.admin or (seen.global_moderator and name != "mute")


def _iso(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
