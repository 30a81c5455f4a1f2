"""Posts and topics as the forum's answers show them."""

from __future__ import annotations

from .answers import Json
from .clock import iso
from .forum import Forum
from .markup import plain, render
from .people_views import author, ban_fields, brief
from .records import Account, Post, Section, Topic

DELETED_TEXT = "[[topic:post-is-deleted]]"


def source(forum: Forum, post: Post, caller: Account | None) -> Json:
    """A post as the write API gives it: source text, numbers for flags, no author object.

    Somebody without rights gets a deleted post with a placeholder text and status 200.
    """
    told: Json = {
        "pid": post.pid,
        "uid": post.uid,
        "tid": post.tid,
        "content": post.text,
        "timestamp": post.at,
        "deleted": int(post.deleted),
        "deleterUid": post.deleter,
        "upvotes": 0,
        "downvotes": 0,
        "edited": post.edited,
        "replies": len(post.replies),
        "bookmarks": 0,
        "announces": 0,
        "flagId": post.flag_id,
        "votes": 0,
        "timestampISO": iso(post.at),
        "editedISO": iso(post.edited),
        "attachments": [],
        "uploads": list(post.uploads),
        "upvoted": False,
        "downvoted": False,
    }
    if post.to_pid:
        told["toPid"] = str(post.to_pid)
    if post.editor:
        told["editor"] = str(post.editor)
    if post.deleted and not sees_deleted(forum, post, caller):
        told.update(content=DELETED_TEXT, txContent=True)
    return told


def sees_deleted(forum: Forum, post: Post, caller: Account | None) -> bool:
    """Whether the caller may read the text of a deleted post: staff of the board, or its author."""
    return forum.moderates(caller, forum.section_of(post)) or (caller is not None and caller.uid == post.uid)


def rendered(forum: Forum, post: Post, caller: Account | None) -> Json:
    """A post as page data gives it: HTML, an author object, replies as an object."""
    told = source(forum, post, caller)
    hidden = "txContent" in told
    told.update(
        content=DELETED_TEXT if hidden else render(post.text, forum.url),
        replies=replies(forum, post),
        user=author(forum, post.uid),
        editor=brief(forum, post.editor) if post.editor else None,
        bookmarked=False,
        selfPost=caller is not None and caller.uid == post.uid,
    )
    told.pop("txContent", None)
    parent = forum.posts.get(post.to_pid)
    if parent is not None:
        told["parent"] = _parent(forum, parent)
    return told


def _parent(forum: Forum, parent: Post) -> Json:
    return {
        "uid": parent.uid,
        "pid": parent.pid,
        "content": render(parent.text, forum.url),
        "user": brief(forum, parent.uid),
        "timestamp": parent.at,
        "timestampISO": iso(parent.at),
    }


def replies(forum: Forum, post: Post) -> Json:
    """Who answered a post."""
    found = [forum.posts[pid] for pid in post.replies if pid in forum.posts]
    people = list(dict.fromkeys(answer.uid for answer in found))[:6]
    told: Json = {
        "hasMore": len(people) > 5,
        "hasSingleImmediateReply": False,
        "users": [brief(forum, uid) for uid in people[:5]],
        "text": _reply_text(len(found)),
        "count": len(found),
    }
    if found:
        told["timestampISO"] = iso(found[0].at)
    return told


def _reply_text(count: int) -> str:
    return f"[[topic:replies-to-this-post, {count}]]" if count > 1 else "[[topic:one-reply-to-this-post]]"


def on_topic_page(forum: Forum, topic: Topic, index: int, post: Post, caller: Account | None) -> Json:
    """A post in its place on a topic page."""
    staff = forum.moderates(caller, topic.cid)
    own = caller is not None and caller.uid == post.uid
    return {
        **rendered(forum, post, caller),
        "index": index,
        "events": [],
        "topicOwnerPost": post.uid == topic.uid,
        "display_edit_tools": staff or own,
        "display_delete_tools": staff or own,
        "display_moderator_tools": staff,
        "display_move_tools": staff and index > 0,
        "display_post_menu": staff or caller is not None,
    }


def summary(forum: Forum, post: Post, caller: Account | None) -> Json:
    """A post in lists: HTML, topic and section beside it, `deleted` as a truth value."""
    topic = forum.topics.get(post.tid)
    hidden = post.deleted and not sees_deleted(forum, post, caller)
    told: Json = {
        "pid": post.pid,
        "tid": post.tid,
        "toPid": post.to_pid or None,
        "url": f"{forum.url}/post/{post.pid}",
        "content": DELETED_TEXT if hidden else render(post.text, forum.url),
        "sourceContent": None,
        "uid": post.uid if forum.account(post.uid) else 0,
        "timestamp": post.at,
        "deleted": post.deleted,
        "upvotes": 0,
        "downvotes": 0,
        "replies": len(post.replies),
        "votes": 0,
        "timestampISO": iso(post.at),
        "user": _summary_author(forum, post.uid),
        "topic": _summary_topic(topic) if topic else {},
        "category": short_section(forum.sections.get(topic.cid)) if topic else {},
        "isMainPost": topic is not None and topic.pids[:1] == [post.pid],
    }
    return told


def _summary_author(forum: Forum, uid: int) -> Json:
    return {**brief(forum, uid), "status": "online" if forum.account(uid) else "offline"}


def _summary_topic(topic: Topic) -> Json:
    return {
        "uid": topic.uid,
        "tid": topic.tid,
        "title": topic.title,
        "generatedTitle": 0,
        "cid": topic.cid,
        "tags": [],
        "slug": topic.slug,
        "deleted": int(topic.deleted),
        "scheduled": False,
        "postcount": len(topic.pids),
        "mainPid": topic.pids[0] if topic.pids else 0,
        "teaserPid": teaser_pid(topic),
        "timestamp": topic.at,
        "timestampISO": iso(topic.at),
    }


def teaser_pid(topic: Topic) -> str | None:
    """The newest reply as a text; None where nobody answered."""
    return str(topic.pids[-1]) if len(topic.pids) > 1 else None


def short_section(section: Section | None) -> Json:
    """A section beside a post."""
    if section is None:
        return {}
    return {
        "cid": section.cid,
        "name": section.name,
        "icon": "hidden",
        "slug": section.slug,
        "parentCid": 0,
        "bgColor": section.bg,
        "color": section.fg,
        "backgroundImage": None,
        "imageClass": "cover",
    }


def topic_data(forum: Forum, topic: Topic) -> Json:
    """A topic as the write API gives it. Who deleted it and where it came from appear only after the fact."""
    last = forum.posts.get(topic.pids[-1]) if topic.pids else None
    people = {forum.posts[pid].uid for pid in topic.pids if pid in forum.posts}
    told: Json = {
        "tid": topic.tid,
        "uid": topic.uid,
        "cid": topic.cid,
        "mainPid": topic.pids[0] if topic.pids else 0,
        "title": topic.title,
        "slug": topic.slug,
        "timestamp": topic.at,
        "lastposttime": last.at if last else topic.at,
        "postcount": len(topic.pids),
        "viewcount": topic.views,
        "postercount": len(people),
        "followercount": 1,
        "teaserPid": teaser_pid(topic),
        "deleted": int(topic.deleted),
        "locked": int(topic.locked),
        "pinned": int(topic.pinned),
        "pinExpiry": 0,
        "upvotes": 0,
        "downvotes": 0,
        "deleterUid": topic.deleter,
        "generatedTitle": 0,
        "timestampISO": iso(topic.at),
        "scheduled": False,
        "lastposttimeISO": iso(last.at if last else topic.at),
        "pinExpiryISO": "",
        "votes": 0,
        "tags": [],
        "numThumbs": 0,
        "thumbs": [],
    }
    if topic.deleted_at:
        told["deletedTimestamp"] = str(topic.deleted_at)
    if topic.old_cid:
        told["oldCid"] = str(topic.old_cid)
    return told


def listed_topic(forum: Forum, topic: Topic, index: int) -> Json:
    """A topic in a list of topics."""
    section = forum.sections.get(topic.cid)
    return {
        **topic_data(forum, topic),
        "category": _listed_section(section),
        "user": _listed_author(forum, topic.uid),
        "teaser": _teaser(forum, topic),
        "isOwner": False,
        "ignored": False,
        "followed": False,
        "unread": True,
        "bookmark": None,
        "unreplied": False,
        "icons": [],
        "index": index,
    }


def _listed_section(section: Section | None) -> Json:
    told = short_section(section)
    told.pop("parentCid", None)
    return {**told, "disabled": int(section.disabled)} if section else told


def _listed_author(forum: Forum, uid: int) -> Json:
    who = forum.account(uid)
    if who is None:
        return brief(forum, uid)
    told = {**brief(forum, uid), **ban_fields(who, forum.clock.now())}
    del told["banned:expire"]
    return {**told, "reputation": 0, "postcount": who.post_count, "status": "online"}


def _teaser(forum: Forum, topic: Topic) -> Json | None:
    post = forum.posts.get(topic.pids[-1]) if topic.pids else None
    if post is None:
        return None
    return {
        "pid": post.pid,
        "uid": post.uid,
        "timestamp": post.at,
        "tid": topic.tid,
        "content": plain(post.text),
        "sourceContent": None,
        "timestampISO": iso(post.at),
        "user": brief(forum, post.uid),
        "index": len(topic.pids),
    }
