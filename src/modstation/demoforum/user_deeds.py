"""What can be done to accounts."""

from __future__ import annotations

from .answers import Json, Refusal
from .flag_deeds import settle, touched
from .forum import Forum, allow, need
from .post_deeds import drop_post, purge_topic
from .records import Account, Sanction
from .routing import Request, whole

NO_REASON = "[[user:info.banned-no-reason]]"
NO_MUTE_REASON = "[[user:info.muted-no-reason]]"


def find(forum: Forum, uid: str) -> Account:
    """The account of that number, or the refusal that it does not exist."""
    who: Account = need(forum.account(whole(uid)) if uid.isdigit() else None, "no-user")
    return who


def _end(value: object) -> float | None:
    """An end as JavaScript reads it: None for text that is no number."""
    if value is None or isinstance(value, bool) or value == "":
        return 0
    try:
        return float(str(value))
    except ValueError:
        return None


def ban(forum: Forum, caller: Account, who: Account, given: Json) -> None:
    """Ban an account.

    An end in the past, which an end in seconds always is, makes a ban without end (a trap). A second ban overwrites
    the first and leaves a second record. The flag on the account is resolved.
    """
    allow(forum.may(caller, "ban"))
    if forum.is_admin(who):
        raise Refusal(400, "ban-admin")
    end = _end(given.get("until"))
    if end is None:
        raise Refusal(400, "ban-expiry")
    until = int(end) if end > forum.clock.now() else 0
    reason = str(given.get("reason") or NO_REASON)
    who.banned, who.ban_until = True, until
    who.sanctions.append(Sanction("ban", caller.uid, forum.clock.stamp(), reason, until))
    forum.changed(f"user/{who.uid}", f"banned until {until}")
    details = {"reason": reason} if given.get("reason") else {}
    forum.event("user-ban", caller.uid, targetUid=who.uid, **details)
    settle(forum, who.flag_id, caller.uid)
    touched(forum)


def unban(forum: Forum, caller: Account, who: Account, reason: str) -> None:
    """Lift a ban; where none stands, the answer is a success all the same and one more record is kept."""
    allow(forum.may(caller, "ban"))
    who.banned, who.ban_until = False, 0
    who.sanctions.append(Sanction("unban", caller.uid, forum.clock.stamp(), reason or NO_REASON))
    forum.changed(f"user/{who.uid}", "unbanned")
    forum.event("user-unban", caller.uid, targetUid=who.uid)


def mute(forum: Forum, caller: Account, who: Account, given: Json) -> None:
    """Mute an account: without an end or with 0 for ever; a past end or a text mutes nobody and answers a success."""
    allow(forum.may(caller, "mute"))
    if forum.is_admin(who):
        raise Refusal(400, "mute-admin")
    end = _end(given.get("until"))
    who.mute = "" if end is None else "until" if end else "ever"
    who.mute_until = int(end or 0)
    who.mute_reason = str(given.get("reason") or NO_MUTE_REASON)
    who.sanctions.append(Sanction("mute", caller.uid, forum.clock.stamp(), who.mute_reason, who.mute_until))
    if who.muted_at(forum.clock.now()):
        forum.changed(f"user/{who.uid}", f"muted until {who.mute_until}")
    forum.event("user-mute", caller.uid, targetUid=who.uid)


def unmute(forum: Forum, caller: Account, who: Account, reason: str) -> None:
    """Lift a mute; a success and one more record where none stands."""
    allow(forum.may(caller, "mute"))
    who.mute, who.mute_until, who.mute_reason = "", 0, None
    who.sanctions.append(Sanction("unmute", caller.uid, forum.clock.stamp(), reason or NO_MUTE_REASON))
    forum.changed(f"user/{who.uid}", "unmuted")
    forum.event("user-unmute", caller.uid, targetUid=who.uid)


def lifting_reason(request: Request, name: str = "reason") -> str:
    """The reason for lifting, from query or body; without either the platform stumbles (a trap)."""
    if name in request.query:
        return request.one(name)
    if request.body is None:
        raise Refusal(400, "no-reason-body", name)
    return str(request.body.get(name) or "")


def remove_content(forum: Forum, caller: Account, who: Account) -> None:
    """Purge everything an account wrote; nothing of it can be brought back."""
    for topic in [topic for topic in forum.topics.values() if topic.uid == who.uid]:
        purge_topic(forum, caller, topic)
    for pid in list(forum.posts_of.get(who.uid, [])):
        post = forum.posts[pid]
        topic = forum.topics[post.tid]
        drop_post(forum, caller, post)
        topic.pids.remove(pid)


def remove_account(forum: Forum, caller: Account, who: Account) -> None:
    """Remove an account; what it wrote stays, under the name of nobody."""
    who.gone = True
    forum.slugs.pop(who.slug, None)
    forum.changed(f"user/{who.uid}", "account removed")
    forum.event("user-deleteAccount", caller.uid, targetUid=who.uid)
