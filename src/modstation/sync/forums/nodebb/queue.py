"""The feed of the post queue: posts that wait at the forum for somebody to let them through."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from modstation.models.errors import BadAnswer
from modstation.models.ids import ItemKey, TargetType
from modstation.models.items import Account, Flag, FlagState, Observation, Page, Revision, SetAside, judged_hash
from modstation.sync.forums.narrow import Obj, ident, number, obj, obj_or_empty, rows, truth
from modstation.sync.forums.nodebb.reader import Look, Reader
from modstation.sync.forums.nodebb.wire import payload, words
from modstation.sync.http import Answer
from modstation.sync.http_limits import LATER

NAME: Final = "queue"
#: What stands as the reason on the mark of a queued post: nobody reported it, the forum's own rule holds it.
REASON: Final = "Waits for approval in the forum's post queue."
_PASSES: Final = 5


@dataclass(frozen=True, slots=True)
class _Bookmark:
    etag: str = ""
    seen: dict[str, str] = field(default_factory=dict)

    def encode(self) -> str:
        return json.dumps({"e": self.etag, "s": self.seen})

    @classmethod
    def decode(cls, state: str) -> _Bookmark:
        try:
            data = json.loads(state) if state else {}
            return cls(str(data.get("e", "")), {str(key): str(mark) for key, mark in data.get("s", {}).items()})
        except (ValueError, TypeError, AttributeError):
            return cls()


class QueueFeed:
    """Pulls queued posts. Each carries one flag whose id is the queue's own, so that it has a state and a way out."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._wire = reader, reader.wire

    async def pages(self, state: str) -> AsyncIterator[Page]:
        """One page of what is new, changed, or was settled. A post that left the list counts as settled only when the
        forum, asked for it by name, has it no more and would show it to us."""
        before = _Bookmark.decode(state)
        answer = await self._page(1, before.etag)
        if answer.status in (304, 403, 404):
            yield Page(NAME, (), state, last=True)
            return
        entries, odd, whole = await self._entries(answer)
        marks = {queue_id: judged_hash(revision.item, "", revision.body)[:12] for queue_id, revision in entries.items()}
        told: list[Observation] = []
        look = Look()
        news = [entries[queue_id] for queue_id, mark in marks.items() if before.seen.get(queue_id) != mark]
        for revision in await self._wire.many(news, lambda found: self._reader.with_author(found, look)):
            told += [revision, self._mark(revision, FlagState.OPEN)]
        left = [queue_id for queue_id in before.seen if queue_id not in marks]
        for queue_id, settled in zip(left, await self._wire.many(left, self._settled), strict=True):
            if settled:
                told += settled
            else:
                marks[queue_id] = before.seen[queue_id]
        done = _Bookmark(answer.etag if whole else "", marks).encode()
        yield Page(NAME, tuple(told), done, odd, last=True)

    async def _entries(self, first: Answer) -> tuple[dict[str, Revision], tuple[SetAside, ...], bool]:
        """All entries by id, what could not be read, and whether one answer held them all."""
        body = payload(first)
        count = number(obj_or_empty(body.get("pagination")), "pageCount", 1)
        found, odd = self._read(body)
        last: set[str] = set()
        for _ in range(_PASSES if count > 1 else 0):
            seen = set()
            for page in range(1, count + 1):
                body = payload(await self._page(page))
                count = max(count, number(obj_or_empty(body.get("pagination")), "pageCount", 1))
                more, strange = self._read(body)
                found |= more
                seen |= set(more)
                odd += tuple(entry for entry in strange if entry.raw not in {known.raw for known in odd})
            if seen == last:
                break
            last = seen
        return found, odd, count <= 1

    def _read(self, body: Obj) -> tuple[dict[str, Revision], tuple[SetAside, ...]]:
        found: dict[str, Revision] = {}
        odd = []
        for raw in rows(body.get("posts"), "posts"):
            try:
                entry = obj(raw, "queued post")
                item = ItemKey(self._reader.forum, TargetType.QUEUED, ident(entry, "id"))
                found[item.target] = self._reader.queued_revision(item, entry)
            except BadAnswer as problem:
                source, why = f"{self._wire.base}/api/post-queue", f"{problem.what} {problem.why}"
                odd.append(SetAside(source, self._reader.clock.now(), why, json.dumps(raw, ensure_ascii=False)))
        return found, tuple(odd)

    async def _settled(self, queue_id: str) -> tuple[Observation, ...]:
        """What to tell of a post that left the list, () where it is still there or we may not know."""
        entry, may_decide = await self._reader.queued(queue_id)
        if entry is not None or not may_decide:
            return ()
        gone = await self._reader.revision(ItemKey(self._reader.forum, TargetType.QUEUED, queue_id), Look())
        return (gone, self._mark(gone, FlagState.RESOLVED))

    def _mark(self, revision: Revision, state: FlagState) -> Flag:
        return Flag(
            item=revision.item,
            fetched=revision.fetched,
            flag_id=revision.item.target,
            state=state,
            reporter=Account("", ""),
            reason=REASON,
            at=revision.created,
        )

    async def _page(self, page: int, etag: str = "") -> Answer:
        answer = await self._wire.get("/api/post-queue", (("page", str(page)),) if page > 1 else (), etag)
        if answer.ok or answer.status in (304, 403, 404):
            return answer
        raise BadAnswer("The post queue cannot be read.", f"Status {answer.status}. {words(answer)}".strip(), LATER)


def may_decide(body: Obj) -> bool:
    """Whether the token may accept and reject: without that right the queue looks empty."""
    return truth(body, "canAccept") or truth(body, "isAdmin")
