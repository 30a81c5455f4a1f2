"""Calls on posts."""

from __future__ import annotations

from urllib.parse import quote

from . import post_deeds
from .answers import Answer, Json, Refusal, ok
from .forum import Forum, allow
from .markup import render
from .page_views import missing
from .post_views import rendered, sees_deleted, source, summary
from .records import Post
from .routing import Request, routes, whole

_FEED = 20


def _readable(forum: Forum, request: Request, pid: str) -> Post:
    post = post_deeds.find(forum, pid)
    if not forum.can_read_post(request.caller, post):
        raise Refusal(404, "no-post")
    return post


@routes.on("GET", "/api/v3/posts/{pid}", login=False)
def get(forum: Forum, request: Request, pid: str) -> Answer:
    """A post as source text; guests may ask."""
    return ok(source(forum, _readable(forum, request, pid), request.caller))


@routes.on("GET", "/api/v3/posts/{pid}/raw", login=False)
def raw(forum: Forum, request: Request, pid: str) -> Answer:
    """The source text alone; a deleted post does not exist here for people without rights."""
    post = _readable(forum, request, pid)
    if post.deleted and not sees_deleted(forum, post, request.caller):
        raise Refusal(404, "no-post")
    return ok({"content": post.text})


@routes.on("GET", "/api/v3/posts/{pid}/summary", login=False)
def get_summary(forum: Forum, request: Request, pid: str) -> Answer:
    """A post with its topic and section."""
    return ok(summary(forum, _readable(forum, request, pid), request.caller))


@routes.on("GET", "/api/v3/posts/{pid}/index", login=False)
def index(forum: Forum, request: Request, pid: str) -> Answer:
    """The place of a post in its topic, counted from 0."""
    post = _readable(forum, request, pid)
    return ok({"index": forum.topics[post.tid].pids.index(post.pid)})


@routes.on("GET", "/api/v3/posts/{pid}/replies", login=False)
def replies(forum: Forum, request: Request, pid: str) -> Answer:
    """Direct answers to a post."""
    post = _readable(forum, request, pid)
    found = [forum.posts[answer] for answer in post.replies if answer in forum.posts]
    return ok({"replies": [rendered(forum, answer, request.caller) for answer in found]})


@routes.on("GET", "/api/v3/posts/{pid}/diffs", login=False)
def diffs(forum: Forum, request: Request, pid: str) -> Answer:
    """Who wrote which version and when, newest first. Numbers of editors are texts, the author's is a number."""
    post = _readable(forum, request, pid)
    allow(not post.deleted or sees_deleted(forum, post, request.caller))
    lines: list[Json] = [_revision(forum, edit.at, edit.by, str(edit.by)) for edit in reversed(post.edits)]
    lines.append(_revision(forum, post.at, post.uid, post.uid))
    staff = forum.moderates(request.caller, forum.section_of(post))
    uid = request.caller.uid if request.caller else 0
    return ok(
        {
            "uid": uid,
            "pid": str(post.pid),
            "timestamps": [line["timestamp"] for line in lines],
            "revisions": lines,
            "deletable": staff,
            "editable": staff or uid == post.uid,
        }
    )


def _revision(forum: Forum, at: int, uid: int, shown: int | str) -> Json:
    who = forum.account(uid)
    return {"timestamp": str(at), "username": who.name if who else None, "uid": shown}


@routes.on("GET", "/api/v3/posts/{pid}/diffs/{since}", login=False)
def load_diff(forum: Forum, request: Request, pid: str, since: str) -> Answer:
    """The text as it stood at one of the times that `diffs` lists, rendered."""
    post = _readable(forum, request, pid)
    allow(not post.deleted or sees_deleted(forum, post, request.caller))
    when = whole(since)
    if when not in (post.at, *(edit.at for edit in post.edits)):
        raise Refusal(400, "invalid-data")
    later = [edit.text for edit in post.edits if edit.at > when]
    text = later[0] if later else post.text
    return ok({**summary(forum, post, request.caller), "content": render(text, forum.url)})


@routes.on("PUT", "/api/v3/posts/{pid}")
def edit(forum: Forum, request: Request, pid: str) -> Answer:
    """Replace the text of a post."""
    post = post_deeds.find(forum, pid)
    request.required("content")
    old = post_deeds.edit(forum, request.who, post, str(request.given["content"]))
    told = summary(forum, post, request.who)
    told["topic"].update(isMainPost=told["isMainPost"], renamed=False, tagsupdated=False)
    extra = source(forum, post, request.who)
    wanted = (
        "deleterUid",
        "bookmarks",
        "announces",
        "flagId",
        "attachments",
        "uploads",
        "edited",
        "editedISO",
        "toPid",
    )
    told.update({name: extra[name] for name in wanted if name in extra})
    told.update(editor=post.editor, cid=forum.section_of(post), changed=old != post.text, oldContent=old)
    told["newContent"] = post.text
    return ok(told)


@routes.on("DELETE", "/api/v3/posts/{pid}/state")
def delete(forum: Forum, request: Request, pid: str) -> Answer:
    """Hide a post."""
    post_deeds.set_deleted(forum, request.who, post_deeds.find(forum, pid), True)
    return ok()


@routes.on("PUT", "/api/v3/posts/{pid}/state")
def restore(forum: Forum, request: Request, pid: str) -> Answer:
    """Bring a hidden post back."""
    post_deeds.set_deleted(forum, request.who, post_deeds.find(forum, pid), False)
    return ok()


@routes.on("DELETE", "/api/v3/posts/{pid}")
def purge(forum: Forum, request: Request, pid: str) -> Answer:
    """Remove a post for good."""
    post_deeds.purge(forum, request.who, post_deeds.find(forum, pid))
    return ok()


@routes.on("PUT", "/api/v3/posts/{pid}/move")
def move(forum: Forum, request: Request, pid: str) -> Answer:
    """Move a post to another topic."""
    request.required("tid")
    post_deeds.move(forum, request.who, post_deeds.find(forum, pid), request.given["tid"])
    return ok()


@routes.on("GET", "/api/post/{pid}", login=False)
def place(forum: Forum, request: Request, pid: str) -> Answer:
    """Where a post stands: a redirect told in a header, and again as the body."""
    post = forum.posts.get(whole(pid))
    if post is None or not forum.can_read_post(request.caller, post):
        return missing(request, 404)
    topic = forum.topics[post.tid]
    path = f"/topic/{topic.slug}/{topic.pids.index(post.pid) + 1}"
    return Answer(body=path, headers={"x-redirect": quote(path, safe="")})


@routes.on("GET", "/api/recent/posts/{term}", login=False)
def recent(forum: Forum, request: Request, term: str) -> Answer:
    """The newest posts, 20 at most; deleted ones are listed too."""
    newest = sorted(forum.posts, reverse=True)
    shown: list[Json] = []
    for pid in newest:
        post = forum.posts[pid]
        if forum.can_read_post(request.caller, post):
            shown.append(summary(forum, post, request.caller))
        if len(shown) == _FEED:
            break
    return Answer(body=shown)
