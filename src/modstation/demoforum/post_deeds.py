"""What can be done to posts and topics, with everything the platform does beside it."""

from __future__ import annotations

from .answers import Refusal
from .flag_deeds import settle, touched
from .forum import Forum, allow, need, uploads_in
from .records import Account, Edit, Post, Queued, Topic, TopicEvent
from .routing import whole

MINIMUM_LENGTH = 8


def find(forum: Forum, pid: str) -> Post:
    """The post of that number, or the refusal that it does not exist."""
    post: Post = need(forum.posts.get(whole(pid)) if pid.isdigit() else None, "no-post")
    return post


def set_deleted(forum: Forum, caller: Account, post: Post, deleted: bool) -> None:
    """Hide a post or bring it back.

    Hiding closes the flag the post points to in the caller's name; bringing back does not reopen it. Two callers who
    come at the same instant both pass the check and both succeed.
    """
    allow(forum.moderates(caller, forum.section_of(post)) or caller.uid == post.uid)
    if post.deleted == deleted:
        raise Refusal(400, "post-already-deleted" if deleted else "post-already-restored")
    topic = forum.topics[post.tid]
    forum.gap()
    post.deleted, post.deleter = deleted, caller.uid if deleted else 0
    touched(forum)
    forum.changed(f"post/{post.pid}", "deleted" if deleted else "restored")
    forum.event(f"post-{'delete' if deleted else 'restore'}", caller.uid, pid=post.pid, tid=post.tid)
    if deleted:
        settle(forum, post.flag_id, caller.uid)
    if topic.pids == [post.pid] and topic.deleted != deleted:
        set_topic_deleted(forum, caller, topic, deleted)


def purge(forum: Forum, caller: Account, post: Post) -> None:
    """Remove a post for good.

    The first post of a topic with answers is refused; the only post takes its topic along.
    """
    topic = forum.topics[post.tid]
    first = topic.pids[:1] == [post.pid]
    if first and len(topic.pids) > 1:
        raise Refusal(400, "main-post")
    allow(forum.moderates(caller, topic.cid))
    forum.gap()
    if first:
        purge_topic(forum, caller, topic)
    else:
        drop_post(forum, caller, post)
        topic.pids[:] = [pid for pid in topic.pids if pid != post.pid]
    forum.event("post-purge", caller.uid, pid=post.pid, tid=post.tid, title=topic.title)


def drop_post(forum: Forum, caller: Account, post: Post) -> None:
    """Forget a post: its flag is resolved and stays, its files are removed."""
    if forum.posts.pop(post.pid, None) is None:
        return
    forum.posts_of[post.uid].remove(post.pid)
    author = forum.accounts.get(post.uid)
    if author is not None:
        author.post_count -= 1
    for upload in post.uploads:
        drop_upload(forum, upload)
    forum.changed(f"post/{post.pid}", "purged")
    settle(forum, post.flag_id, caller.uid)


def drop_upload(forum: Forum, upload: str) -> bool:
    """Remove a file from the forum's disk; whether there was one."""
    if forum.uploads.pop(upload, None) is None:
        return False
    forum.changed(f"upload{upload}", "removed")
    return True


def edit(forum: Forum, caller: Account, post: Post, text: str) -> str:
    """Replace the text of a post and give the old one, which stays in its history."""
    allow(forum.moderates(caller, forum.section_of(post)) or caller.uid == post.uid)
    _long_enough(text)
    old = post.text
    at = forum.clock.stamp()
    post.edits.append(Edit(at, caller.uid, old))
    post.text, post.edited, post.editor = text, at, caller.uid
    post.uploads = uploads_in(text)
    forum.changed(f"post/{post.pid}", "edited")
    if caller.uid != post.uid:
        forum.event("post-edit", caller.uid, pid=post.pid, oldContent=old, newContent=text)
    return old


def move(forum: Forum, caller: Account, post: Post, tid: object) -> None:
    """Move a post to another topic."""
    target: Topic = need(forum.topics.get(whole(tid)), "no-topic")
    allow(forum.moderates(caller, target.cid) and forum.moderates(caller, forum.section_of(post)))
    if target.tid == post.tid:
        raise Refusal(400, "same-topic")
    forum.topics[post.tid].pids.remove(post.pid)
    target.pids.append(post.pid)
    target.pids.sort()
    post.tid = target.tid
    forum.changed(f"post/{post.pid}", f"moved to topic {target.tid}")
    forum.event("post-move", caller.uid, pid=post.pid, toTid=target.tid)


def find_topic(forum: Forum, tid: str) -> Topic:
    """The topic of that number, or the refusal that it does not exist."""
    topic: Topic = need(forum.topics.get(whole(tid)) if tid.isdigit() else None, "no-topic")
    return topic


def topic_log(forum: Forum, topic: Topic, kind: str, uid: int, from_cid: int = 0) -> None:
    """Add a line to a topic's log. A repeat adds another one."""
    number = forum.books.next("topic event")
    topic.events.append(TopicEvent(number, kind, uid, forum.clock.stamp(), from_cid))


def set_topic_deleted(forum: Forum, caller: Account, topic: Topic, deleted: bool) -> None:
    """Hide a topic or bring it back. Hiding resolves the open flags of all its posts at once."""
    allow(forum.moderates(caller, topic.cid) or caller.uid == topic.uid)
    if topic.deleted == deleted:
        raise Refusal(400, "topic-already-deleted" if deleted else "topic-already-restored")
    topic.deleted, topic.deleter = deleted, caller.uid if deleted else 0
    topic.deleted_at = forum.clock.stamp() if deleted else 0
    kind = "delete" if deleted else "restore"
    topic_log(forum, topic, kind, caller.uid)
    forum.event(f"topic-{kind}", caller.uid, tid=topic.tid)
    forum.changed(f"topic/{topic.tid}", f"{kind}d")
    if deleted:
        settle_topic(forum, topic, caller.uid)


def settle_topic(forum: Forum, topic: Topic, uid: int) -> None:
    """Resolve the flags of all posts of a topic."""
    for pid in topic.pids:
        post = forum.posts.get(pid)
        if post is not None:
            settle(forum, post.flag_id, uid)


def purge_topic(forum: Forum, caller: Account, topic: Topic) -> None:
    """Remove a topic and its posts for good."""
    allow(forum.moderates(caller, topic.cid))
    for pid in list(topic.pids):
        post = forum.posts.get(pid)
        if post is not None:
            drop_post(forum, caller, post)
    del forum.topics[topic.tid]
    section = forum.sections.get(topic.cid)
    if section is not None:
        section.tids.remove(topic.tid)
    forum.changed(f"topic/{topic.tid}", "purged")
    forum.event("topic-purge", caller.uid, tid=topic.tid, title=topic.title)


def set_locked(forum: Forum, caller: Account, topic: Topic, locked: bool) -> None:
    """Close or open a topic for answers; a repeat is a success and one more line in the log."""
    allow(forum.moderates(caller, topic.cid))
    if topic.locked != locked:
        forum.changed(f"topic/{topic.tid}", "locked" if locked else "unlocked")
    topic.locked = locked
    topic_log(forum, topic, "lock" if locked else "unlock", caller.uid)


def set_pinned(forum: Forum, caller: Account, topic: Topic, pinned: bool) -> None:
    """Pin or unpin a topic."""
    allow(forum.moderates(caller, topic.cid))
    if topic.pinned != pinned:
        forum.changed(f"topic/{topic.tid}", "pinned" if pinned else "unpinned")
    topic.pinned = pinned
    topic_log(forum, topic, "pin" if pinned else "unpin", caller.uid)


def move_topic(forum: Forum, caller: Account, topic: Topic, cid: object) -> None:
    """Move a topic to another section. An unknown section is a success, and the topic vanishes for members (a trap)."""
    target = whole(cid)
    allow(forum.moderates(caller, topic.cid) and (target not in forum.sections or forum.moderates(caller, target)))
    if target == topic.cid:
        raise Refusal(400, "same-section")
    if topic.cid in forum.sections:
        forum.sections[topic.cid].tids.remove(topic.tid)
    if target in forum.sections:
        forum.sections[target].tids.append(topic.tid)
    topic_log(forum, topic, "move", caller.uid, topic.cid)
    topic.old_cid, topic.cid = topic.cid, target
    forum.changed(f"topic/{topic.tid}", f"moved to section {target}")
    touched(forum)


def write_topic(forum: Forum, caller: Account, cid: int, title: str, text: str) -> Topic | Queued:
    """Open a topic; with the post queue on, a member's topic waits for approval."""
    _may_post(forum, caller, cid, "topics:create")
    _long_enough(text)
    if _queued(forum, caller, cid):
        return put_in_queue(forum, caller, "topic", text, cid, title=title)
    topic = forum.add_topic(cid, caller.uid, title)
    post = forum.add_post(topic, caller.uid, text, at=topic.at)
    forum.changed(f"post/{post.pid}", "written")
    return topic


def reply(forum: Forum, caller: Account, topic: Topic, text: str, to_pid: int = 0) -> Post | Queued:
    """Answer in a topic; with the post queue on, a member's answer waits for approval."""
    _may_post(forum, caller, topic.cid, "topics:reply")
    staff = forum.moderates(caller, topic.cid)
    if topic.deleted and not staff:
        raise Refusal(400, "topic-deleted")
    if topic.locked and not staff:
        raise Refusal(400, "topic-locked")
    _long_enough(text)
    if _queued(forum, caller, topic.cid):
        return put_in_queue(forum, caller, "reply", text, topic.cid, tid=topic.tid)
    post = forum.add_post(topic, caller.uid, text, to_pid=to_pid)
    forum.changed(f"post/{post.pid}", "written")
    return post


def put_in_queue(
    forum: Forum, caller: Account, kind: str, text: str, cid: int, *, tid: int = 0, title: str = ""
) -> Queued:
    """Let a post wait for approval; its id is made of its kind and the time."""
    at = forum.clock.stamp()
    entry = Queued(f"{kind}-{at}", kind, caller.uid, text, at, cid, tid, title)
    forum.queue[entry.id] = entry
    forum.changed(f"queue/{entry.id}", "queued")
    return entry


def _queued(forum: Forum, caller: Account, cid: int) -> bool:
    return forum.settings.post_queue and not forum.moderates(caller, cid)


def _may_post(forum: Forum, caller: Account, cid: int, right: str) -> None:
    section = need(forum.sections.get(cid), "no-section")
    if forum.moderates(caller, cid):
        return
    allow(right not in section.closed and not section.disabled)
    now = forum.clock.now()
    if caller.muted_at(now):
        if caller.mute == "ever":
            raise Refusal(400, "muted-ever")
        raise Refusal(400, "muted-hours", max(1, round((caller.mute_until - now) / 3_600_000)))
    delay = forum.settings.post_delay
    if delay and now - caller.last_post < delay * 1000:
        raise Refusal(400, "too-fast", delay)


def _long_enough(text: str) -> None:
    if len(text.strip()) < MINIMUM_LENGTH:
        raise Refusal(400, "content-too-short", MINIMUM_LENGTH)
