"""Calls on topics."""

from __future__ import annotations

import html

from . import post_deeds
from .answers import Answer, Json, Refusal, ok
from .clock import iso
from .forum import Forum, allow
from .page_views import missing, page, pagination
from .people_views import author, background, brief, initial
from .post_views import listed_topic, on_topic_page, source, summary, topic_data
from .records import Account, Post, Queued, Section, Topic, TopicEvent
from .routing import Request, routes, whole
from .section_views import section_full, unknown_section

PAGE = 20
_ICONS = {
    "lock": ("fa-lock", "locked this topic"),
    "unlock": ("fa-unlock", "unlocked this topic"),
    "pin": ("fa-thumb-tack", "pinned this topic"),
    "unpin": ("fa-thumb-tack fa-rotate-90", "unpinned this topic"),
    "delete": ("fa-trash", "deleted this topic"),
    "restore": ("fa-trash-o", "restored this topic"),
    "move": ("fa-arrow-circle-right", "moved this topic"),
}


@routes.on("GET", "/api/v3/topics/{tid}", login=False)
def get(forum: Forum, request: Request, tid: str) -> Answer:
    """A topic; deleted, it does not exist for people without rights."""
    topic = forum.topics.get(whole(tid))
    if topic is None or not forum.can_read_topic(request.caller, topic):
        raise Refusal(404, "no-topic")
    return ok(topic_data(forum, topic))


@routes.on("GET", "/api/topic/{tid}", login=False)
def topic_page(forum: Forum, request: Request, tid: str) -> Answer:
    """A page of a topic: twenty posts as HTML, with authors and places."""
    return _page(forum, request, tid, request.number("page", 1))


@routes.on("GET", "/api/topic/{tid}/{slug}", login=False)
def topic_page_slug(forum: Forum, request: Request, tid: str, slug: str) -> Answer:
    """The same under its long address."""
    return _page(forum, request, tid, request.number("page", 1))


@routes.on("GET", "/api/topic/{tid}/{slug}/{place}", login=False)
def topic_page_place(forum: Forum, request: Request, tid: str, slug: str, place: str) -> Answer:
    """The same, opened at a post's place."""
    number = max(0, whole(place) - 1) // PAGE + 1
    return _page(forum, request, tid, request.number("page", number))


def _page(forum: Forum, request: Request, tid: str, number: int) -> Answer:
    caller = request.caller
    topic = forum.topics.get(whole(tid))
    if topic is None or not forum.can_read_topic(caller, topic):
        return missing(request, 404)
    count = -(-len(topic.pids) // PAGE)
    if number > max(1, count):
        return missing(request, 404)
    start = (number - 1) * PAGE
    posts = [
        on_topic_page(forum, topic, start + i, forum.posts[pid], caller)
        for i, pid in enumerate(topic.pids[start : start + PAGE])
        if pid in forum.posts
    ]
    section = forum.sections.get(topic.cid)
    body: Json = {
        **topic_data(forum, topic),
        **_PAGE_CONSTANTS,
        "posts": posts,
        "category": section_full(forum, section) if section else unknown_section(),
        "deleter": brief(forum, topic.deleter) if topic.deleter else None,
        "privileges": _rights(forum, topic, caller),
        "author": _author(forum, topic.uid),
        "postIndex": start + 1,
        "rssFeedUrl": f"/topic/{topic.tid}.rss",
        "pagination": pagination(number, count, request, f"{forum.url}/topic/{topic.slug}"),
    }
    if topic.old_cid in forum.sections:
        body["oldCategory"] = _old_section(forum.sections[topic.old_cid])
    return page(forum, request, "topic", topic.title, body)


def _old_section(section: Section) -> Json:
    return {
        "cid": section.cid,
        "name": section.name,
        "slug": section.slug,
        "icon": "hidden",
        "bgColor": section.bg,
        "color": section.fg,
    }


_PAGE_CONSTANTS: Json = {
    "tagWhitelist": [], "minTags": 0, "maxTags": 5, "thread_tools": [], "isFollowing": False, "isNotFollowing": True,
    "isIgnoring": False, "bookmark": None, "postSharing": [], "merger": None, "forker": None, "related": [],
    "unreplied": False, "icons": [], "topicStaleDays": 60, "reputation:disabled": 0, "downvote:disabled": 0,
    "upvoteVisibility": "all", "downvoteVisibility": "privileged", "feeds:disableRSS": 0,
    "signatures:hideDuplicates": 0, "bookmarkThreshold": 5, "necroThreshold": 7, "postEditDuration": 0,
    "postDeleteDuration": 0, "scrollToMyPost": True, "updateUrlWithPostIndex": True, "allowMultipleBadges": True,
    "privateUploads": False, "showPostPreviewsOnHover": True, "sortOption": "oldest_to_newest",
    "sortOptionLabel": "[[topic:oldest-to-newest]]", "crossposts": [],
}  # fmt: skip


def _author(forum: Forum, uid: int) -> Json:
    told = brief(forum, uid)
    return {name: told[name] for name in ("username", "userslug", "uid", "displayname", "isLocal")}


def _rights(forum: Forum, topic: Topic, caller: Account | None) -> Json:
    staff = forum.moderates(caller, topic.cid)
    section = forum.sections.get(topic.cid)
    may_reply = staff or (caller is not None and section is not None and "topics:reply" not in section.closed)
    told: Json = {"topics:reply": may_reply, "topics:read": True, "read": True, "canMoveOwnTopic": False, "disabled": 0}
    for name in (
        "topics:schedule", "posts:view_deleted", "purge", "view_thread_tools", "editable", "deletable", "view_deleted",
        "view_scheduled", "isAdminOrMod",
    ):  # fmt: skip
        told[name] = staff
    for name in (
        "topics:tag",
        "topics:delete",
        "posts:edit",
        "posts:history",
        "posts:upvote",
        "posts:downvote",
        "posts:delete",
    ):
        told[name] = caller is not None
    told.update(tid=str(topic.tid), uid=caller.uid if caller else 0)
    return told


@routes.on("GET", "/api/v3/topics/{tid}/events")
def events(forum: Forum, request: Request, tid: str) -> Answer:
    """The log of a topic, for staff of its section."""
    topic = post_deeds.find_topic(forum, tid)
    allow(forum.moderates(request.caller, topic.cid))
    return ok({"events": [_event(forum, event) for event in topic.events]})


def _event(forum: Forum, event: TopicEvent) -> Json:
    icon, deed = _ICONS[event.kind]
    who = brief(forum, event.by)
    told: Json = {
        "type": event.kind,
        "uid": event.by,
        "id": event.number,
        "timestamp": event.at,
        "timestampISO": iso(event.at),
        "user": who,
        "icon": icon,
        "text": _event_html(who, deed, event),
    }
    if event.from_cid:
        section = forum.sections.get(event.from_cid)
        told["fromCid"] = str(event.from_cid)
        if section is not None:
            told["fromCategory"] = {
                "name": section.name, "slug": section.slug, "icon": "hidden", "color": section.fg,
                "bgColor": section.bg,
            }  # fmt: skip
    return told


def _event_html(who: Json, deed: str, event: TopicEvent) -> str:
    name = html.escape(str(who["username"]))
    colour = background(str(who["username"]))
    return (
        f'<span title="{name}" data-uid="{event.by}" class="avatar avatar-rounded" component="avatar/icon" '
        f'style="--avatar-size:16px;background-color:{colour}">{html.escape(initial(str(who["username"])))}</span> '
        f'<a href="/user/{who["userslug"]}">{name}</a> {deed} '
        f'<span class="timeago timeline-text" title="{iso(event.at)}"></span>'
    )


@routes.on("POST", "/api/v3/topics")
def create(forum: Forum, request: Request) -> Answer:
    """Open a topic; a queued one answers 202."""
    request.required("cid", "title", "content")
    given = request.given
    made = post_deeds.write_topic(
        forum, request.who, whole(given["cid"]), str(given["title"]), str(given["content"])
    )  # fmt: skip
    if isinstance(made, Queued):
        return ok(_queued(made), 202)
    return ok({**topic_data(forum, made), "mainPost": source(forum, forum.posts[made.pids[0]], request.who)})


@routes.on("POST", "/api/v3/topics/{tid}")
def reply(forum: Forum, request: Request, tid: str) -> Answer:
    """Answer in a topic. A queued answer is a 200 like any other: only `queued` tells (a trap)."""
    topic = post_deeds.find_topic(forum, tid)
    request.required("content")
    made = post_deeds.reply(
        forum, request.who, topic, str(request.given["content"]), whole(request.given.get("toPid", 0))
    )  # fmt: skip
    if isinstance(made, Queued):
        return ok(_queued(made))
    return ok(_written(forum, made, len(topic.pids) - 1, request.who))


def _written(forum: Forum, post: Post, index: int, caller: Account | None) -> Json:
    told = {**summary(forum, post, caller), "user": author(forum, post.uid), "index": index, "attachments": []}
    told.update(dict.fromkeys(_OWN_TOOLS, True), bookmarked=False, selfPost=False)
    return told


_OWN_TOOLS = ("display_edit_tools", "display_delete_tools", "display_moderator_tools", "display_move_tools")


def _queued(entry: Queued) -> Json:
    return {"id": entry.id, "type": entry.kind, "queued": True, "message": "[[success:post-queued]]"}


@routes.on("DELETE", "/api/v3/topics/{tid}/state")
def delete(forum: Forum, request: Request, tid: str) -> Answer:
    """Hide a topic."""
    post_deeds.set_topic_deleted(forum, request.who, post_deeds.find_topic(forum, tid), True)
    return ok()


@routes.on("PUT", "/api/v3/topics/{tid}/state")
def restore(forum: Forum, request: Request, tid: str) -> Answer:
    """Bring a hidden topic back."""
    post_deeds.set_topic_deleted(forum, request.who, post_deeds.find_topic(forum, tid), False)
    return ok()


@routes.on("DELETE", "/api/v3/topics/{tid}")
def purge(forum: Forum, request: Request, tid: str) -> Answer:
    """Remove a topic for good."""
    post_deeds.purge_topic(forum, request.who, post_deeds.find_topic(forum, tid))
    return ok()


@routes.on("PUT", "/api/v3/topics/{tid}/lock")
def lock(forum: Forum, request: Request, tid: str) -> Answer:
    """Close a topic."""
    post_deeds.set_locked(forum, request.who, post_deeds.find_topic(forum, tid), True)
    return ok()


@routes.on("DELETE", "/api/v3/topics/{tid}/lock")
def unlock(forum: Forum, request: Request, tid: str) -> Answer:
    """Open a closed topic."""
    post_deeds.set_locked(forum, request.who, post_deeds.find_topic(forum, tid), False)
    return ok()


@routes.on("PUT", "/api/v3/topics/{tid}/pin")
def pin(forum: Forum, request: Request, tid: str) -> Answer:
    """Pin a topic."""
    post_deeds.set_pinned(forum, request.who, post_deeds.find_topic(forum, tid), True)
    return ok()


@routes.on("DELETE", "/api/v3/topics/{tid}/pin")
def unpin(forum: Forum, request: Request, tid: str) -> Answer:
    """Unpin a topic."""
    post_deeds.set_pinned(forum, request.who, post_deeds.find_topic(forum, tid), False)
    return ok()


@routes.on("PUT", "/api/v3/topics/{tid}/move")
def move(forum: Forum, request: Request, tid: str) -> Answer:
    """Move a topic to another section."""
    topic = post_deeds.find_topic(forum, tid)
    request.required("cid")
    post_deeds.move_topic(forum, request.who, topic, request.given["cid"])
    return ok()


@routes.on("GET", "/api/recent", login=False)
def recent(forum: Forum, request: Request) -> Answer:
    """Topics by their last answer."""
    readable = [topic for topic in forum.topics.values() if forum.can_read_topic(request.caller, topic)]
    readable.sort(key=lambda topic: topic.pids[-1] if topic.pids else 0, reverse=True)
    number = request.number("page", 1)
    start = (number - 1) * PAGE
    body: Json = {
        **_RECENT_CONSTANTS,
        "nextStart": start + PAGE,
        "topicCount": len(readable),
        "topics": [listed_topic(forum, topic, start + i) for i, topic in enumerate(readable[start : start + PAGE])],
        "tids": [topic.tid for topic in readable],
        "topic_count": len(readable),
        "canPost": request.caller is not None,
        "pagination": pagination(number, -(-len(readable) // PAGE), request, f"{forum.url}/recent"),
    }
    return page(forum, request, "recent", "[[pages:recent]]", body)


_ALL_TOPICS: Json = {
    "name": "[[unread:all-topics]]",
    "url": "recent",
    "selected": True,
    "filter": "",
    "icon": "fa-book",
}
_ALL_TIME: Json = {"name": "[[recent:alltime]]", "url": "recent?term=alltime", "selected": True, "term": "alltime"}
_RECENT_CONSTANTS: Json = {
    "showSelect": True, "showTopicTools": True, "allCategoriesUrl": "recent", "selectedCategory": None,
    "selectedCids": [], "selectedTag": None, "selectedTags": [], "feeds:disableRSS": 0, "reputation:disabled": 0,
    "rssFeedUrl": "/recent.rss", "filters": [_ALL_TOPICS], "selectedFilter": _ALL_TOPICS, "terms": [_ALL_TIME],
    "selectedTerm": _ALL_TIME,
}  # fmt: skip
