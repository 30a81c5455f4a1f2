"""Reading one thing as it stands now: a post, topic, account, section, or a queued post."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

from modstation.models.errors import BadAnswer, BadInput, TokenRefused
from modstation.models.ids import ForumName, ItemKey, TargetType
from modstation.models.items import Account, Attachment, FlagState, Revision, Visibility, judged_hash
from modstation.models.measures import Reading
from modstation.models.time import Clock
from modstation.sync.forums.narrow import (
    Obj,
    ident_or_empty,
    moment,
    obj,
    obj_or_empty,
    rows,
    rows_or_empty,
    text_or_empty,
    truth,
    uid_or_empty,
    wrong,
)
from modstation.sync.forums.nodebb.attachments import attachments_of
from modstation.sync.forums.nodebb.shapes import (
    PLACEHOLDER,
    FlagDetail,
    account,
    flag_detail,
    plain,
    unescaped,
    visibility,
)
from modstation.sync.forums.nodebb.wire import Wire, payload, segment, words
from modstation.sync.http import Query
from modstation.sync.http_limits import LATER

#: What the state of a flag is called that the forum has no more.
FLAG_GONE: Final = "gone"


@dataclass(slots=True)
class Look:
    """What one look at the forum has already asked for: topics and accounts are fetched once, however often shown."""

    _found: dict[tuple[str, str], Obj | None] = field(default_factory=dict)
    _locks: dict[tuple[str, str], asyncio.Lock] = field(default_factory=dict)

    async def once(self, kind: str, name: str, fetch: Callable[[], Awaitable[Obj | None]]) -> Obj | None:
        """The thing of that kind and name. Whoever asks while it is on its way waits for it; a failure is not kept."""
        key = (kind, name)
        async with self._locks.setdefault(key, asyncio.Lock()):
            if key not in self._found:
                self._found[key] = await fetch()
            return self._found[key]


class Reader:
    """Reads items of one forum. Every method raises ForumUnreachable, TokenRefused, AskedToWait, BadAnswer."""

    def __init__(self, forum: ForumName, wire: Wire, clock: Clock) -> None:
        self.forum, self.wire, self.clock = forum, wire, clock
        self._sections: dict[str, str] = {}
        self._myself: Account | None = None

    async def myself(self) -> Account:
        """The account of the token, asked for once. Raises TokenRefused where it may not even read itself."""
        if self._myself is None:
            body = await self.wire.read("/api/self")
            found = account(body or {})
            if not found.uid or found.gone:
                raise TokenRefused("The forum does not say whose token this is.", "", "Use a token of one account.")
            self._myself = found
        return self._myself

    async def thing(self, path: str, query: Query = ()) -> Obj | None:
        """The object behind a route, None where it is gone or out of our sight.

        403 is told apart from a token that lost everything by asking for the token's own account.
        """
        answer = await self.wire.get(path, query)
        if answer.status == 404:
            return None
        if answer.status == 403:
            await self.still_welcome(words(answer))
            return None
        if not answer.ok:
            raise BadAnswer("The forum could not answer.", f"Status {answer.status}. {words(answer)}".strip(), LATER)
        found = payload(answer)
        return found or None

    async def still_welcome(self, said: str = "") -> None:
        """Raise TokenRefused where the account of the token was banned or shut out altogether."""
        answer = await self.wire.get("/api/self")
        if not answer.ok:
            raise TokenRefused(
                "The forum no longer lets the account of this token in.",
                words(answer) or said,
                "Look at the forum what has become of the account; the outbox waits.",
            )

    async def post(self, pid: str) -> Obj | None:
        """A post with its source text."""
        return await self.thing(f"/api/v3/posts/{segment(pid)}")

    async def topic(self, tid: str, look: Look) -> Obj | None:
        """A topic without its posts."""
        return await look.once("topic", tid, lambda: self.thing(f"/api/v3/topics/{segment(tid)}")) if tid else None

    async def person(self, uid: str, look: Look) -> Account:
        """An account with what stands against it now; `gone` where the forum has it no more."""
        if not uid:
            return Account("", "", gone=True)
        found = await look.once("user", uid, lambda: self.thing(f"/api/v3/users/{segment(uid)}"))
        return account(found or {}, uid)

    async def name_of(self, uid: str, look: Look) -> str:
        """The name of an account, "" where it has none any more."""
        return (await self.person(uid, look)).name if uid else ""

    async def section_name(self, cid: str) -> str:
        """The name of a section; the list is read again when a section is new to us."""
        if cid and cid not in self._sections:
            body = await self.wire.read("/api/v3/categories") or {}
            listed = [obj_or_empty(row) for row in rows_or_empty(body.get("categories"))]
            self._sections.update({ident_or_empty(row, "cid"): text_or_empty(row, "name") for row in listed})
            self._sections.setdefault(cid, "")
        return self._sections.get(cid, "")

    async def revision(self, item: ItemKey, look: Look | None = None) -> Revision:
        """The item as it stands now; its visibility is GONE where the forum has it no more or hides it from us.

        Raises BadInput for kinds of items that NodeBB does not have.
        """
        look = look or Look()
        if item.type is TargetType.POST:
            return await self._post_revision(item, item.target, look)
        if item.type is TargetType.TOPIC:
            return await self._topic_revision(item, look)
        if item.type is TargetType.ACCOUNT:
            return await self._account_revision(item, look)
        if item.type is TargetType.SECTION:
            return await self._section_revision(item)
        if item.type is TargetType.QUEUED:
            return await self._queued_revision(item, look)
        raise BadInput(f"NodeBB cannot be asked for a {item.type}.", "Messages and files have no route of their own.")

    async def flag(self, flag_id: str, *, history: bool = True) -> FlagDetail | None:
        """A flag, None where the forum has it no more or hides it from us.

        Who closed it stands in its history, which only the slow page route has; without it the other is asked.
        """
        body = await self.thing(f"/api/{'' if history else 'v3/'}flags/{segment(flag_id)}")
        return flag_detail(body) if body else None

    async def read(self, item: ItemKey, account_uid: str, flags: tuple[str, ...]) -> Reading:
        """Item, penalties and flag states for comparison. Two readings of an unchanged item have one fingerprint."""
        look = Look()
        found = await self.revision(item, look)
        person = await self.person(account_uid, look) if account_uid else found.author
        states, closer = await self._flag_states(item, flags)
        return Reading(
            visibility=str(found.visibility),
            body_hash=judged_hash(item, found.title, found.body),
            author=found.author.uid,
            penalties=person.penalties,
            flag_states=states,
            locked=found.locked,
            by=await self.hidden_by(item, look) or closer,
        )

    async def _flag_states(self, item: ItemKey, flags: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], str]:
        """The state of each flag, and the name of who closed the first closed one. A queued post's mark has the queue's
        id; it is resolved when the post has left the queue."""
        if item.type is TargetType.QUEUED:
            entry, may_decide = await self.queued(item.target)
            state = str(FlagState.OPEN if entry else FlagState.RESOLVED if may_decide else FLAG_GONE)
            return tuple((flag, state) for flag in flags), ""
        numbered = tuple(flag for flag in flags if flag.isdigit())
        details = await self.wire.many(numbered, self.flag)
        found = [str(detail.state) if detail else FLAG_GONE for detail in details]
        closers = [detail.closed_by for detail in details if detail and detail.closed_by]
        return tuple(zip(numbered, found, strict=True)), closers[0] if closers else ""

    async def hidden_by(self, item: ItemKey, look: Look) -> str:
        """The name of who hid a post or its topic, "" where it is not hidden or the forum does not tell."""
        post, topic = await self._post_and_topic(item, look)
        for source in (post, topic):
            if source and truth(source, "deleted"):
                return await self.name_of(ident_or_empty(source, "deleterUid"), look)
        return ""

    async def _post_and_topic(self, item: ItemKey, look: Look) -> tuple[Obj | None, Obj | None]:
        if item.type is TargetType.TOPIC:
            return None, await self.topic(item.target, look)
        if item.type is not TargetType.POST:
            return None, None
        post = await look.once("post", item.target, lambda: self.post(item.target))
        return post, await self.topic(ident_or_empty(post, "tid"), look) if post else None

    async def _post_revision(self, item: ItemKey, pid: str, look: Look) -> Revision:
        post = await look.once("post", pid, lambda: self.post(pid))
        if post is None:
            return self._gone(item)
        topic = await self.topic(ident_or_empty(post, "tid"), look)
        author = await self.person(uid_or_empty(post, "uid"), look)
        return await self._shown(item, post, topic, author)

    async def _topic_revision(self, item: ItemKey, look: Look) -> Revision:
        topic = await self.topic(item.target, look)
        if topic is None:
            return self._gone(item)
        main = ident_or_empty(topic, "mainPid")
        post = await look.once("post", main, lambda: self.post(main)) if main else None
        author = await self.person(uid_or_empty(topic, "uid"), look)
        return await self._shown(item, post or {}, topic, author)

    async def _shown(self, item: ItemKey, post: Obj, topic: Obj | None, author: Account) -> Revision:
        for source, key in ((post, "content"), (topic or {}, "title")):
            if not isinstance(source.get(key, ""), str | None):
                raise wrong(key, "a text", source[key])
        body = text_or_empty(post, "content")
        body = "" if body == PLACEHOLDER and truth(post, "deleted") else body
        topic_or_none = topic or {}
        cid, tid = ident_or_empty(topic_or_none, "cid"), ident_or_empty(topic_or_none, "tid")
        is_topic = item.type is TargetType.TOPIC
        return Revision(
            item=item,
            fetched=self.clock.now(),
            author=author,
            title=text_or_empty(topic_or_none, "title"),
            body=body,
            visibility=visibility(topic_or_none if is_topic else post, topic),
            section=cid,
            section_name=await self.section_name(cid),
            thread=tid or ident_or_empty(post, "tid"),
            url=f"{self.wire.base}/{'topic' if is_topic else 'post'}/{item.target}",
            created=moment(post, "timestamp") or moment(topic_or_none, "timestamp"),
            edited=moment(post, "edited"),
            attachments=attachments_of(body, self.wire.base, post),
            locked=truth(topic_or_none, "locked"),
        )

    async def _account_revision(self, item: ItemKey, look: Look) -> Revision:
        found = await look.once("user", item.target, lambda: self.thing(f"/api/v3/users/{segment(item.target)}"))
        if found is None:
            return self._gone(item, Account(item.target, "", gone=True))
        person = account(found, item.target)
        body = "\n\n".join(part for key in ("aboutme", "signature") if (part := text_or_empty(found, key)))
        pictures = [text_or_empty(found, key) for key in ("picture", "uploadedpicture")]
        shown = " ".join(f"![]({picture})" for picture in pictures if picture)
        return Revision(
            item=item,
            fetched=self.clock.now(),
            author=person,
            title=person.name,
            body=body,
            visibility=Visibility.GONE if person.gone else Visibility.PUBLIC,
            url=f"{self.wire.base}/uid/{item.target}",
            created=person.joined,
            attachments=attachments_of(f"{shown} {body}", self.wire.base),
        )

    async def _section_revision(self, item: ItemKey) -> Revision:
        # An unknown section answers 200 with an empty object.
        found = await self.thing(f"/api/v3/categories/{segment(item.target)}")
        if not found:
            return self._gone(item)
        name = text_or_empty(found, "name")
        return Revision(
            item=item,
            fetched=self.clock.now(),
            author=Account("", ""),
            title=name,
            body=text_or_empty(found, "description"),
            visibility=Visibility.HIDDEN if truth(found, "disabled") else Visibility.PUBLIC,
            section=item.target,
            section_name=name,
            url=f"{self.wire.base}/category/{item.target}",
        )

    async def _queued_revision(self, item: ItemKey, look: Look) -> Revision:
        entry, _ = await self.queued(item.target)
        return await self.with_author(self.queued_revision(item, entry), look) if entry else self._gone(item)

    async def with_author(self, queued: Revision, look: Look) -> Revision:
        """A queued post with its author as the forum shows the account: the queue tells a name alone."""
        author = await self.person(queued.author.uid, look)
        return queued if author.gone else replace(queued, author=author)

    async def queued(self, queue_id: str) -> tuple[Obj | None, bool]:
        """One post of the post queue, and whether this token may decide there: without that right the queue looks
        empty, which proves nothing."""
        body = await self.wire.read(f"/api/post-queue/{segment(queue_id)}")
        if body is None:
            return None, False
        entries = [obj(row, "queued post") for row in rows(body.get("posts"), "posts")]
        found = next((entry for entry in entries if ident_or_empty(entry, "id") == queue_id), None)
        return found, truth(body, "canAccept")

    def queued_revision(self, item: ItemKey, entry: Obj) -> Revision:
        """A queued post as the queue's list tells it. Raises BadAnswer where it has no text."""
        data, topic, section = (obj_or_empty(entry.get(key)) for key in ("data", "topic", "category"))
        body = unescaped(text_or_empty(data, "rawContent"))
        if not isinstance(data.get("rawContent"), str):
            body = plain(text_or_empty(data, "content"))
        return Revision(
            item=item,
            fetched=self.clock.now(),
            author=account(obj_or_empty(entry.get("user")), ident_or_empty(entry, "uid")),
            title=unescaped(text_or_empty(data, "title")) or text_or_empty(topic, "title"),
            body=body,
            visibility=Visibility.HIDDEN,
            section=ident_or_empty(section, "cid"),
            section_name=text_or_empty(section, "name"),
            thread=ident_or_empty(data, "tid"),
            url=f"{self.wire.base}/post-queue/{item.target}",
            created=moment(data, "timestamp"),
            attachments=attachments_of(body, self.wire.base),
        )

    def _gone(self, item: ItemKey, author: Account | None = None) -> Revision:
        none: tuple[Attachment, ...] = ()
        return Revision(item, self.clock.now(), author or Account("", ""), "", "", Visibility.GONE, attachments=none)
