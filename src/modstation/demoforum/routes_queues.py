"""Calls on the two queues: posts that wait for approval, people who asked for an account."""

from __future__ import annotations

from .answers import Answer, Json, Refusal, ok
from .clock import iso
from .forum import Forum, allow
from .markup import render
from .page_views import missing, page, pagination, single_page
from .people_views import brief
from .records import Account, Queued
from .routes_flags import rights
from .routing import Request, routes, whole
from .section_views import section_full
from .user_deeds import lifting_reason

_PAGE = 20


@routes.on("GET", "/api/post-queue")
def post_queue(forum: Forum, request: Request) -> Answer:
    """Posts that wait; a section moderator sees own sections."""
    cids = [whole(value) for value in request.query.get("cid", [])]
    waiting = [entry for entry in forum.queue.values() if forum.moderates(request.caller, entry.cid)]
    shown = [entry for entry in waiting if not cids or entry.cid in cids]
    return _queue_page(forum, request, shown, cids, single=False)


@routes.on("GET", "/api/post-queue/{entry_id}")
def one(forum: Forum, request: Request, entry_id: str) -> Answer:
    """One waiting post. An unknown id is a 200 with an empty list (a trap)."""
    entry = forum.queue.get(entry_id)
    shown = [entry] if entry and forum.moderates(request.caller, entry.cid) else []
    return _queue_page(forum, request, shown, [], single=True)


def _queue_page(forum: Forum, request: Request, entries: list[Queued], cids: list[int], *, single: bool) -> Answer:
    if not forum.privileged(request.caller):
        return missing(request, 403)
    number = request.number("page", 1)
    section = forum.sections.get(cids[0]) if len(cids) == 1 else None
    staff = forum.is_admin(request.caller) or forum.is_global(request.caller)
    body: Json = {
        "posts": [_entry(forum, entry) for entry in entries[(number - 1) * _PAGE : number * _PAGE]],
        "isAdmin": forum.is_admin(request.caller),
        "canAccept": staff,
        "selectedCids": cids,
        "selectedCategory": section_full(forum, section) if section else None,
        "allCategoriesUrl": "post-queue",
        "pagination": pagination(number, -(-len(entries) // _PAGE), request),
        "enabled": int(forum.settings.post_queue),
        "singlePost": single,
        "privileges": rights(forum, request.caller),
        "customReasons": [],
    }
    return page(forum, request, "post-queue", "[[pages:post-queue]]", body)


def _entry(forum: Forum, entry: Queued) -> Json:
    section = forum.sections.get(entry.cid)
    return {
        "type": entry.kind,
        "data": _data(forum, entry),
        "uid": str(entry.uid),
        "id": entry.id,
        "user": _author(forum, entry.uid),
        "topic": _topic(forum, entry),
        "category": section_full(forum, section) if section else {},
        "canAccept": True,
        "canEdit": True,
    }


def _data(forum: Forum, entry: Queued) -> Json:
    told: Json = {
        "content": render(entry.text, forum.url),
        "uid": entry.uid,
        "timestamp": entry.at,
        "fromQueue": False,
        "timestampISO": iso(entry.at),
        "rawContent": entry.text,
        "title": entry.title,
    }
    if entry.kind == "topic":
        told.update(cid=entry.cid, tags=[])
    else:
        told["tid"] = str(entry.tid)
    return told


def _author(forum: Forum, uid: int) -> Json:
    who = forum.account(uid)
    told = brief(forum, uid)
    if who is not None:
        told.update(joindate=who.joined, joindateISO=iso(who.joined), postcount=who.post_count, reputation=0)
    return told


def _topic(forum: Forum, entry: Queued) -> Json:
    topic = forum.topics.get(entry.tid)
    if topic is None:
        return {"cid": entry.cid}
    last = forum.posts[topic.pids[-1]].at if topic.pids else topic.at
    return {"title": topic.title, "cid": topic.cid, "lastposttime": last, "lastposttimeISO": iso(last)}


def _find(forum: Forum, caller: Account | None, entry_id: str) -> Queued:
    entry = forum.queue.get(entry_id)
    if entry is None:
        allow(forum.privileged(caller))
        raise Refusal(400, "no-post")
    allow(forum.moderates(caller, entry.cid))
    return entry


@routes.on("POST", "/api/v3/posts/queue/{entry_id}")
def accept(forum: Forum, request: Request, entry_id: str) -> Answer:
    """Let a waiting post out; somebody else having handled it looks like a post that never was."""
    entry = _find(forum, request.who, entry_id)
    del forum.queue[entry_id]
    topic = forum.topics.get(entry.tid)
    if topic is None:
        topic = forum.add_topic(entry.cid, entry.uid, entry.title)
    post = forum.add_post(topic, entry.uid, entry.text)
    forum.changed(f"queue/{entry_id}", f"accepted as post {post.pid}")
    _logged(forum, request.who, entry, "accept", pid=post.pid)
    return ok({"post": {"type": entry.kind, "pid": post.pid, "tid": topic.tid}})


@routes.on("PUT", "/api/v3/posts/queue/{entry_id}")
def edit(forum: Forum, request: Request, entry_id: str) -> Answer:
    """Change a waiting post before it goes out."""
    entry = _find(forum, request.caller, entry_id)
    entry.text = str(request.given.get("content", entry.text))
    forum.changed(f"queue/{entry_id}", "edited")
    return ok({"postData": {"id": entry.id, "content": render(entry.text, forum.url)}})


@routes.on("DELETE", "/api/v3/posts/queue/{entry_id}")
def reject(forum: Forum, request: Request, entry_id: str) -> Answer:
    """Drop a waiting post; needs a body or a message in the query."""
    message = lifting_reason(request, "message")
    entry = _find(forum, request.who, entry_id)
    del forum.queue[entry_id]
    forum.changed(f"queue/{entry_id}", "rejected")
    _logged(forum, request.who, entry, "reject", message=message)
    return ok()


@routes.on("POST", "/api/v3/posts/queue/{entry_id}/notify")
def notify(forum: Forum, request: Request, entry_id: str) -> Answer:
    """Tell the author of a waiting post something."""
    _find(forum, request.caller, entry_id)
    forum.changed(f"queue/{entry_id}", "author notified")
    return ok()


def _logged(forum: Forum, caller: Account, entry: Queued, deed: str, **more: object) -> None:
    told = {name: value for name, value in more.items() if value}
    if entry.tid:
        told["tid"] = entry.tid
    kind = f"post-queue-{entry.kind}-{deed}"
    forum.event(kind, caller.uid, content=entry.text, targetUid=entry.uid, **told)


@routes.on("GET", "/api/registration-queue")
def registrations(forum: Forum, request: Request) -> Answer:
    """People who asked for an account, newest first. There is no call to answer them: that is a socket's work."""
    if not (forum.is_admin(request.caller) or forum.is_global(request.caller)):
        return missing(request, 404)
    waiting = sorted(forum.registrations.values(), key=lambda entry: entry.at, reverse=True)
    body: Json = {
        "customHeaders": [],
        "invites": [],
        "users": [
            {
                "username": entry.name, "email": entry.email, "ip": "127.0.0.1", "_opts": "{}",
                "timestampISO": iso(entry.at), "ipMatch": [], "customActions": [],
            }
            for entry in waiting
        ],
        "registrationQueueCount": len(waiting),
        "queueEnabled": forum.settings.approve_registrations,
        "pagination": single_page(),
    }  # fmt: skip
    return page(forum, request, "registration-queue", "[[pages:registration-queue]]", body)
