"""The feed of flags: a moving list without a time of change, read whole and compared with what it was."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from modstation.models.errors import BadAnswer, TokenRefused
from modstation.models.ids import ItemKey
from modstation.models.items import Account, Flag, Observation, Page, SetAside, Visibility
from modstation.sync.forums.narrow import Obj, number, obj, obj_or_empty, rows, text_or_empty
from modstation.sync.forums.nodebb.reader import Look, Reader
from modstation.sync.forums.nodebb.shapes import FlagRow, flag_row, flags_of
from modstation.sync.forums.nodebb.wire import payload, words
from modstation.sync.http import Answer
from modstation.sync.http_limits import LATER

NAME: Final = "flags"
#: Rows asked for at first; the server has no upper bound (recorded).
_FIRST: Final = 1000
#: Rows asked for at most in one answer: about 5 MB of the 16 allowed.
_MOST: Final = 20_000
#: Passes over a list that comes in pages, until two agree.
_PASSES: Final = 5
#: Targets in one Page, or a fiftieth of all, so that a long first pull stores its bookmark at most fifty times.
_TARGETS: Final = 50
#: Pulls at which a target that cannot be read is tried before it is set aside: one broken answer needs no person.
_TRIES: Final = 3
_ENTRY: Final = re.compile(r"([^,]+?)([owrj][0-9]+(?:\.[^,]*)?)(?:,|$)")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where the feed stands: the ETag of the list, how many rows it asks for, each flag's mark, what was set aside, and
    how often each target could not be read."""

    etag: str = ""
    asked: int = _FIRST
    marks: Mapping[str, str] = field(default_factory=dict)
    aside: frozenset[str] = frozenset()
    failed: Mapping[str, int] = field(default_factory=dict)

    def encode(self) -> str:
        """The bookmark as a short text."""
        marks = ",".join(flag + mark for flag, mark in self.marks.items())
        kept = {"e": self.etag, "n": self.asked, "s": marks, "a": sorted(self.aside), "f": dict(self.failed)}
        return json.dumps(kept)

    @classmethod
    def decode(cls, state: str) -> Bookmark:
        """Read a bookmark; one that cannot be read starts from the beginning, which loses nothing."""
        try:
            data = json.loads(state) if state else {}
            marks = {match[1]: match[2] for match in _ENTRY.finditer(data.get("s", ""))}
            failed = {str(target): int(times) for target, times in data.get("f", {}).items()}
            asked, aside = int(data.get("n", _FIRST)), frozenset(data.get("a", ()))
            return cls(str(data.get("e", "")), asked, marks, aside, failed)
        except (ValueError, TypeError, AttributeError):
            return cls()


@dataclass(frozen=True, slots=True)
class Listing:
    """The whole list as read: rows that could be read, rows that could not, and how many were read again."""

    rows: tuple[FlagRow, ...]
    odd: tuple[tuple[object, str], ...]
    etag: str
    asked: int
    reread: int


class FlagFeed:
    """Pulls flags on posts and accounts, grouped by target, with the target as it stands now."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._wire = reader, reader.wire

    async def pages(self, state: str) -> AsyncIterator[Page]:
        """Pages of changed targets since the bookmark. An unchanged list costs one request and no body.

        A flag that was already closed when first seen is noted and not fetched; a flag that is no longer listed is left
        as it was, since "not on the list" has many causes. A target that cannot be read is tried again at the next two
        pulls, then set aside, and tried again when the list moves.
        """
        before = Bookmark.decode(state)
        listing = await self._list(before)
        if listing is None:
            yield Page(NAME, (), state, last=True)
            return
        marks, aside, failed = dict(before.marks), set(before.aside), dict[str, int]()
        by_target = _changed(listing.rows, marks)
        odd = [entry for raw, why in listing.odd if (entry := self._aside(raw, why, aside))]
        look = Look()
        for chunk in _chunks(tuple(by_target)):
            found = await self._wire.many(chunk, lambda target: self._target(target, by_target[target], look))
            for target, observed in zip(chunk, found, strict=True):
                if not isinstance(observed, BadAnswer):
                    marks.update({row.flag_id: row.mark for row in by_target[target]})
                    continue
                times = failed[str(target)] = before.failed.get(str(target), 0) + 1
                if times >= _TRIES:
                    odd += filter(None, [self._aside([str(target)], f"{observed.what} {observed.why}", aside)])
            told = tuple(row for rows in found if not isinstance(rows, BadAnswer) for row in rows)
            known = Bookmark("", listing.asked, marks, frozenset(aside), before.failed)
            yield Page(NAME, told, known.encode(), tuple(odd))
            odd = []
        # Without its ETag the list is read again, though nothing moved, for the sake of what could not be read.
        etag = "" if any(times < _TRIES for times in failed.values()) else listing.etag
        done = Bookmark(etag, listing.asked, marks, frozenset(aside), failed)
        yield Page(NAME, (), done.encode(), tuple(odd), reread=listing.reread, last=True)

    async def _target(self, target: ItemKey, rows: list[FlagRow], look: Look) -> tuple[Observation, ...] | BadAnswer:
        """The target and all its flags, or why it cannot be read."""
        try:
            revision = await self._reader.revision(target, look)
            if revision.visibility is Visibility.GONE and not revision.author.uid:
                revision = replace(revision, author=Account(rows[0].author, ""))
            flags = [flag for row in rows for flag in await self._flags(target, row, look)]
        except BadAnswer as problem:
            return problem
        return (revision, *flags)

    async def _flags(self, target: ItemKey, row: FlagRow, look: Look) -> tuple[Flag, ...]:
        detail = await self._reader.flag(row.flag_id, history=row.state.closed)
        if detail is None:
            return ()
        if detail.assignee and not detail.assignee_name:
            detail = replace(detail, assignee_name=await self._reader.name_of(detail.assignee, look))
        return flags_of(detail, target, self._reader.clock.now(), row.heat)

    def _aside(self, raw: object, why: str, known: set[str]) -> SetAside | None:
        """What to set aside, once: the same thing is not put into the list again at each pull."""
        text = json.dumps(raw, ensure_ascii=False)
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        if key in known:
            return None
        known.add(key)
        return SetAside(f"{self._wire.base}/api/flags", self._reader.clock.now(), why, text)

    async def _list(self, before: Bookmark) -> Listing | None:
        """The whole list, None where it is as it was (304)."""
        asked, answer = before.asked, await self._page(1, before.asked, before.etag)
        if answer.status == 304:
            return None
        found, count, whole = _read(answer, asked)
        if not whole and len(found) >= asked and asked < _MOST:
            asked = min(_MOST, (count + _FIRST // 2) // _FIRST * _FIRST + _FIRST)
            answer = await self._page(1, asked)
            found, count, whole = _read(answer, asked)
        if not whole:
            return await self._passes(asked, found)
        good, odd = self._sorted(found)
        return Listing(good, odd, answer.etag, asked, 0)

    async def _passes(self, asked: int, first: list[object]) -> Listing:
        """Read a list that comes in pages again and again until two passes show the same flags."""
        good, odd = self._sorted(first)
        latest = {row.flag_id: row for row in good}
        strange = {json.dumps(raw): (raw, why) for raw, why in odd}
        last: set[str] = set()
        reread = 0
        for _ in range(_PASSES):
            seen: set[str] = set()
            async for page in self._walk(asked):
                good, odd = self._sorted(page)
                reread += sum(row.flag_id in latest for row in good)
                latest.update({row.flag_id: row for row in good})
                seen |= {row.flag_id for row in good}
                strange |= {json.dumps(raw): (raw, why) for raw, why in odd}
            if seen == last:
                break
            last = seen
        return Listing(tuple(latest.values()), tuple(strange.values()), "", asked, reread)

    async def _walk(self, asked: int) -> AsyncIterator[list[object]]:
        """All pages of one pass, oldest first: what is new comes at the end and pushes nothing down."""
        number_of_page, read = 0, 0
        while True:
            number_of_page += 1
            body = _checked(await self._page(number_of_page, asked), number_of_page, asked)
            found = list(rows(body.get("flags"), "flags"))
            read += len(found)
            if found:
                yield found
            if not found or read >= number(body, "count", read) + asked:
                return

    async def _page(self, page: int, asked: int, etag: str = "") -> Answer:
        query = [("sort", "oldest"), ("perPage", str(asked)), *([("page", str(page))] if page > 1 else [])]
        answer = await self._wire.get("/api/flags", query, etag)
        if answer.status in (403, 404):
            raise TokenRefused(
                "The forum does not let this token see flags.",
                words(answer),
                "Its account must be a moderator of at least one section.",
            )
        return answer

    def _sorted(self, found: list[object]) -> tuple[tuple[FlagRow, ...], tuple[tuple[object, str], ...]]:
        """Rows that can be read, and those that cannot with the reason."""
        good, odd = [], []
        for raw in found:
            try:
                good.append(flag_row(self._reader.forum, obj(raw, "flag")))
            except BadAnswer as problem:
                odd.append((raw, f"{problem.what} {problem.why}"))
        return tuple(good), tuple(odd)


def _checked(answer: Answer, page: int, asked: int) -> Obj:
    """The list's body, if the server applied what we asked and nothing else. Raises BadAnswer.

    A filter that NodeBB does not understand is dropped in silence, and an old one could be remembered: only the echo
    tells. A section moderator's list is always filtered by their own sections, unasked.
    """
    if not answer.ok:
        raise BadAnswer("The list of flags cannot be read.", f"Status {answer.status}. {words(answer)}".strip(), LATER)
    body = payload(answer)
    echo = obj_or_empty(body.get("filters"))
    odd = sorted(set(echo) - {"page", "perPage", "sort", "cid"})
    if odd or number(echo, "page", page) != page:
        raise BadAnswer("The list of flags is not the one we asked for.", f"It is filtered by {', '.join(odd)}.", LATER)
    if text_or_empty(body, "sort") not in ("", "oldest"):
        raise BadAnswer("The list of flags is not the one we asked for.", "It is in another order.", LATER)
    return body


def _read(answer: Answer, asked: int) -> tuple[list[object], int, bool]:
    """The rows of the first page, the count, and whether this is the whole list: all that is counted, or fewer rows
    than the page would hold."""
    body = _checked(answer, 1, asked)
    found = list(rows(body.get("flags"), "flags"))
    count = number(body, "count", len(found))
    holds = number(obj_or_empty(body.get("filters")), "perPage", asked)
    return found, count, len(found) >= count or len(found) < holds


def _changed(listed: Iterable[FlagRow], marks: dict[str, str]) -> dict[ItemKey, list[FlagRow]]:
    """Targets with news and all their rows, oldest first. Flags closed before we ever saw them are marked as known."""
    listed = list(listed)
    news: dict[ItemKey, list[FlagRow]] = {}
    for row in listed:
        if marks.get(row.flag_id) == row.mark:
            continue
        if row.state.closed and row.flag_id not in marks:
            marks[row.flag_id] = row.mark
        else:
            news[row.target] = []
    for row in listed:
        if row.target in news:
            news[row.target].append(row)
    return news


def _chunks(targets: tuple[ItemKey, ...]) -> Iterable[tuple[ItemKey, ...]]:
    size = max(_TARGETS, -(-len(targets) // 50))
    return (targets[start : start + size] for start in range(0, len(targets), size))
