"""What a logged-out reader still gets of an item: its own route, its topic's page, each attachment."""

from __future__ import annotations

from modstation.models.errors import BadAnswer, ForumError, NotAllowed
from modstation.models.ids import ItemKey, TargetType
from modstation.models.measures import PublicView
from modstation.sync.forums.media import Media
from modstation.sync.forums.narrow import (
    Obj,
    ident_or_empty,
    number,
    obj_or_empty,
    rows_or_empty,
    text_or_empty,
    truth,
)
from modstation.sync.forums.nodebb.shapes import PLACEHOLDER
from modstation.sync.forums.nodebb.wire import Wire, payload, segment
from modstation.sync.http_limits import origin

#: Bytes of an attachment read to see that it is served.
_PEEK = 4096


class PublicReader:
    """Looks at the forum as the public does: no token, no cookie."""

    def __init__(self, wire: Wire, media: Media) -> None:
        self._wire, self._media = wire, media

    async def view(self, item: ItemKey, thread: str, attachments: tuple[str, ...]) -> PublicView:
        """What is still there for everybody. `checked` is False where the forum could not be asked about all of it.

        Raises ForumUnreachable and AskedToWait where the forum itself does not answer.
        """
        post, checked_post = await self._item(item)
        page, checked_page = await self._page(item, thread)
        shown, checked_files = [], True
        for url, there in zip(attachments, await self._wire.many(attachments, self._served), strict=True):
            if there:
                shown.append(url)
            checked_files = checked_files and there is not None
        return PublicView(post, page, tuple(shown), checked_post and checked_page and checked_files)

    async def _item(self, item: ItemKey) -> tuple[bool, bool]:
        """Whether the item's own route shows it, and whether that could be told."""
        body, checked = await self._ask(_ROUTES[item.type].format(segment(item.target)))
        if item.type is TargetType.POST:
            return _readable(body), checked
        if item.type is TargetType.QUEUED:
            queued = [obj_or_empty(row) for row in rows_or_empty(body.get("posts"))]
            return any(ident_or_empty(entry, "id") == item.target for entry in queued), checked
        return bool(body) and not (truth(body, "deleted") or truth(body, "disabled")), checked

    async def _page(self, item: ItemKey, thread: str) -> tuple[bool, bool]:
        """Whether the topic's page shows it."""
        if item.type is TargetType.TOPIC:
            body, checked = await self._ask(f"/api/topic/{segment(item.target)}")
            return any(_readable(obj_or_empty(row)) for row in rows_or_empty(body.get("posts"))), checked
        if item.type is not TargetType.POST or not thread:
            return False, True
        return await self._on_topic_page(item.target, thread)

    async def _on_topic_page(self, pid: str, tid: str) -> tuple[bool, bool]:
        index_body, _ = await self._ask(f"/api/v3/posts/{segment(pid)}/index")
        index = number(index_body, "index")
        first, checked = await self._ask(f"/api/topic/{segment(tid)}")
        last = max(1, number(obj_or_empty(first.get("pagination")), "pageCount", 1))
        size = max(1, len(rows_or_empty(first.get("posts"))), -(-number(first, "postcount") // last))
        wanted = sorted({min(last, max(1, index // size + 1 + step)) for step in (-1, 0, 1)})
        for page in wanted:
            body, told = (first, True) if page == 1 else await self._ask(f"/api/topic/{segment(tid)}", page)
            checked = checked and told
            entries = [obj_or_empty(row) for row in rows_or_empty(body.get("posts"))]
            if any(ident_or_empty(entry, "pid") == pid and _readable(entry) for entry in entries):
                return True, checked
        return False, checked

    async def _ask(self, path: str, page: int = 1) -> tuple[Obj, bool]:
        """The body a visitor gets, {} where refused; and whether the forum answered at all sensibly."""
        try:
            answer = await self._wire.guest(path, (("page", str(page)),) if page > 1 else ())
            if answer.status in (401, 403, 404) or 300 <= answer.status < 400:
                return {}, True
            return (payload(answer), True) if answer.ok else ({}, False)
        except BadAnswer:
            return {}, False

    async def _served(self, url: str) -> bool | None:
        """Whether a file is still served to everybody; None where the forum's own server could not be asked."""
        try:
            fetched = await self._media.fetch(url, _PEEK)
        except NotAllowed:
            return False
        except ForumError:
            return None if origin(url) == origin(self._wire.base) else False
        # A page in the place of a file, with status 200, is a login form or an error page.
        return 200 <= fetched.status < 300 and fetched.media_type != "text/html"


_ROUTES = {
    TargetType.POST: "/api/v3/posts/{}",
    TargetType.TOPIC: "/api/v3/topics/{}",
    TargetType.ACCOUNT: "/api/user/uid/{}",
    TargetType.SECTION: "/api/v3/categories/{}",
    TargetType.QUEUED: "/api/post-queue/{}",
    TargetType.MESSAGE: "/api/v3/chats/{}",
    TargetType.MEDIA: "/assets/uploads/{}",
}


def _readable(post: Obj) -> bool:
    """Whether a post's text is there, and not only the sentence that stands for a deleted one."""
    content = text_or_empty(post, "content")
    if not post or content == PLACEHOLDER:
        return False
    return bool(content) or not truth(post, "deleted")
