"""What surrounds a post: its place in the thread, neighbours as source text, earlier revisions, the author's record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from modstation.models.errors import BadAnswer, TokenRefused
from modstation.models.ids import ItemKey, TargetType
from modstation.models.items import Account, Context, ContextPost, Revision
from modstation.models.time import iso
from modstation.sync.forums.narrow import (
    Obj,
    ident_or_empty,
    moment,
    number,
    obj_or_empty,
    rows_or_empty,
    text_or_empty,
    truth,
)
from modstation.sync.forums.nodebb.reader import Look, Reader
from modstation.sync.forums.nodebb.shapes import plain
from modstation.sync.forums.nodebb.wire import segment

#: Neighbours shown on each side.
_NEIGHBOURS: Final = 3
#: Earlier revisions fetched at most, newest first.
_REVISIONS: Final = 10


class Surroundings:
    """Reads the context of an item. Parts the token may not see are left empty, never invented."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._wire = reader, reader.wire

    async def context(self, item: ItemKey) -> Context:
        """Breadcrumbs, posts before and after, earlier revisions and the author's own record."""
        look = Look()
        now = await self._reader.revision(item, look)
        path = tuple(part for part in (now.section_name, now.title) if part)
        before: tuple[ContextPost, ...] = ()
        after: tuple[ContextPost, ...] = ()
        earlier: tuple[Revision, ...] = ()
        if item.type is TargetType.POST and now.thread:
            before, after = await self._neighbours(item.target, now.thread, look)
            earlier = await self._earlier(now)
        elif item.type is TargetType.TOPIC:
            _, after = await self._neighbours("", item.target, look)
        elif item.type is TargetType.QUEUED and now.thread:
            before, _ = await self._neighbours("", now.thread, look, at_end=True)
        history = await self._history(now.author, look)
        return Context(path, before, after, earlier, now.author if now.author.uid else None, history)

    async def place(self, pid: str) -> int:
        """The number of a post in its topic, counted from 0; 0 where the forum does not tell."""
        body = await self._reader.thing(f"/api/v3/posts/{segment(pid)}/index")
        return number(body or {}, "index")

    async def topic_pids(self, tid: str, index: int) -> list[tuple[int, str]]:
        """Index and id of the posts on the topic's page that holds `index`, and of the next or former page where the
        neighbours stand there."""
        first = await self._topic_page(tid, 1)
        last = max(1, number(obj_or_empty(first.get("pagination")), "pageCount", 1))
        # The first of several pages is full, and so tells how many posts a page holds.
        size = max(1, len(rows_or_empty(first.get("posts"))), -(-number(first, "postcount") // last))
        wanted = {min(last, max(1, (index + step) // size + 1)) for step in (-_NEIGHBOURS, 0, _NEIGHBOURS)}
        pages = [first if page == 1 else await self._topic_page(tid, page) for page in sorted(wanted)]
        posts = [obj_or_empty(row) for page in pages for row in rows_or_empty(page.get("posts"))]
        found = {ident_or_empty(post, "pid"): number(post, "index", -1) for post in posts}
        return sorted((place, pid) for pid, place in found.items() if pid and place >= 0)

    async def _topic_page(self, tid: str, page: int) -> Obj:
        return await self._reader.thing(f"/api/topic/{segment(tid)}", (("page", str(page)),)) or {}

    async def _neighbours(
        self, pid: str, tid: str, look: Look, *, at_end: bool = False
    ) -> tuple[tuple[ContextPost, ...], tuple[ContextPost, ...]]:
        topic = await self._reader.topic(tid, look) or {}
        index = number(topic, "postcount", 1) if at_end else (await self.place(pid) if pid else 0)
        listed = await self.topic_pids(tid, index)
        near_before = [entry for entry in listed if entry[0] < index and entry[1] != pid][-_NEIGHBOURS:]
        near_after = [entry for entry in listed if entry[0] > index and entry[1] != pid][:_NEIGHBOURS]
        made = await self._wire.many([*near_before, *near_after], lambda entry: self._neighbour(entry, look))
        return tuple(made[: len(near_before)]), tuple(made[len(near_before) :])

    async def _neighbour(self, entry: tuple[int, str], look: Look) -> ContextPost:
        """A neighbour as source text: the topic's page has it as rendered HTML only."""
        index, pid = entry
        key = ItemKey(self._reader.forum, TargetType.POST, pid)
        post = await self._reader.post(pid) or {}
        author = await self._reader.name_of(ident_or_empty(post, "uid"), look)
        hidden = truth(post, "deleted") or not post
        return ContextPost(key, index, author, text_or_empty(post, "content"), moment(post, "timestamp"), hidden)

    async def _earlier(self, now: Revision) -> tuple[Revision, ...]:
        """Earlier texts, newest first. NodeBB gives them rendered only, so they are shown as plain text."""
        if now.edited is None:
            return ()
        base = f"/api/v3/posts/{segment(now.item.target)}/diffs"
        listed = await self._optional(base)
        stamps = [ident_or_empty(obj_or_empty(row), "timestamp") for row in rows_or_empty(listed.get("revisions"))]
        wanted = [stamp for stamp in stamps[1:] if stamp][:_REVISIONS]
        bodies = await self._wire.many(wanted, lambda stamp: self._optional(f"{base}/{segment(stamp)}"))
        return tuple(
            replace(now, body=plain(text_or_empty(body, "content")), edited=moment({"at": stamp}, "at"))
            for stamp, body in zip(wanted, bodies, strict=True)
            if body
        )

    async def _history(self, author: Account, look: Look) -> tuple[str, ...]:
        """Bans and mutes of the account in the forum's words; empty where the token may not see them."""
        if not author.uid or author.gone:
            return ()
        user = await look.once("user", author.uid, lambda: self._reader.thing(f"/api/v3/users/{author.uid}")) or {}
        slug = text_or_empty(user, "userslug")
        info = await self._optional(f"/api/user/{segment(slug)}/info") if slug else {}
        entries = [*rows_or_empty(info.get("bans")), *rows_or_empty(info.get("mutes"))]
        return tuple(_sentence(obj_or_empty(entry)) for entry in _newest_first(entries))

    async def _optional(self, path: str) -> Obj:
        """A part that may be missing or forbidden: then it is empty."""
        try:
            return await self._reader.thing(path) or {}
        except (BadAnswer, TokenRefused):
            return {}


def _newest_first(entries: Sequence[object]) -> list[object]:
    return sorted(entries, key=lambda entry: -number(obj_or_empty(entry), "timestamp"))


def _sentence(entry: Obj) -> str:
    at, until = moment(entry, "timestamp"), moment(entry, "until")
    reason = text_or_empty(entry, "reason")
    parts = [
        iso(at) if at else "",
        text_or_empty(entry, "type") or "penalty",
        f"by {text_or_empty(obj_or_empty(entry.get('user')), 'username')}",
        f"until {iso(until)}" if until else "",
        "" if reason.startswith("[[") else f"({reason})" if reason else "",
    ]
    return " ".join(part for part in parts if part)
