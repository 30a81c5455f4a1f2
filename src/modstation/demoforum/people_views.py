"""Accounts as the forum's answers show them."""

from __future__ import annotations

import functools

from .answers import Json
from .clock import iso
from .forum import Forum
from .records import ADMINISTRATORS, GLOBAL_MODERATORS, Account, Sanction

BACKGROUNDS = (
    "#f44336", "#e91e63", "#9c27b0", "#673ab7", "#3f51b5", "#2196f3", "#009688", "#1b5e20", "#33691e", "#827717",
    "#e65100", "#ff5722", "#795548", "#607d8b", "#00bcd4", "#ffc107", "#8bc34a", "#9e9e9e", "#004d40", "#ad1457",
)  # fmt: skip
FORMER = "[[global:former-user]]"
COVER = "/assets/images/cover-default.png"


@functools.lru_cache(maxsize=4_096)
def background(name: str) -> str:
    """The colour of an account's initial, chosen by its name."""
    units = name.encode("utf-16-le", "surrogatepass")
    total = sum(units[i] + (units[i + 1] << 8) for i in range(0, len(units), 2))
    return BACKGROUNDS[total % len(BACKGROUNDS)]


def initial(name: str) -> str:
    """The letter shown where there is no picture."""
    return name[:1].upper() or "?"


def brief(forum: Forum, uid: int) -> Json:
    """The short form used beside reports, notes and history."""
    who = forum.account(uid)
    if who is None:
        return former(uid)
    return {
        "username": who.name,
        "userslug": who.slug,
        "picture": None,
        "uid": who.uid,
        "icon:bgColor": background(who.name),
        "displayname": who.name,
        "isLocal": True,
        "icon:text": initial(who.name),
    }


def reporter(forum: Forum, uid: int) -> Json:
    """The short form with a reputation, as reports show it."""
    return {**brief(forum, uid), "reputation": 0}


def former(uid: int) -> Json:
    """What is left of a removed account: uid 0, and the old number apart."""
    return {
        "uid": 0,
        "username": FORMER,
        "userslug": "",
        "picture": "",
        "status": "offline",
        "icon:bgColor": "#aaa",
        "oldUid": uid,
        "displayname": FORMER,
        "email": "",
        "icon:text": "?",
        "groupTitle": "",
        "groupTitleArray": [],
        "reputation": 0,
        "email:confirmed": 0,
        "isLocal": True,
    }


def ban_fields(who: Account, now: int) -> Json:
    """Fields that tell a ban. `banned_until_readable` says "permanently" for everybody who is not banned, too."""
    banned = who.banned_at(now)
    until = who.ban_until if banned else 0
    return {
        "banned": banned,
        "banned:expire": until,
        "banned_until": until,
        "banned_until_readable": iso(until) or "[[user:info.banned-permanently]]",
    }


def mute_fields(who: Account, now: int) -> Json:
    """Fields that tell a mute; a mute without end has `mutedUntil` 0."""
    until = who.mute_until if who.mute == "until" and who.mute_until > now else 0
    told: Json = {"muted": who.muted_at(now), "mutedUntil": until}
    if told["muted"]:
        told["muted_until_readable"] = iso(until) or "[[user:info.muted-permanently]]"
    return told


def author(forum: Forum, uid: int) -> Json:
    """The author beside a post."""
    who = forum.account(uid)
    if who is None:
        gone = former(uid)
        gone.update(
            postcount=0, topiccount=0, signature="", banned=False, lastonline=0, muted=False, mutedUntil=0,
            selectedGroups=[], custom_profile_info=[],
        )  # fmt: skip
        gone.update(
            {"banned:expire": 0, "banned_until": 0, "banned_until_readable": "[[user:info.banned-permanently]]"}
        )
        return gone
    now = forum.clock.now()
    mute = mute_fields(who, now)
    return {
        **brief(forum, uid),
        **ban_fields(who, now),
        "muted": mute["muted"],
        "mutedUntil": mute["mutedUntil"],
        "reputation": 0,
        "postcount": who.post_count,
        "topiccount": who.topic_count,
        "signature": "",
        "status": "online",
        "lastonline": who.last_online,
        "lastonlineISO": iso(who.last_online),
        "groupTitle": group_title(who),
        "groupTitleArray": title_groups(who),
        "selectedGroups": [],
        "custom_profile_info": custom_fields(who),
    }


def custom_fields(who: Account) -> list[Json]:
    """Fields the board's administrator added: here one, for a checked telephone number."""
    if not who.phone:
        return []
    return [{"key": "phone_verified", "name": "Phone", "value": who.phone, "type": "input-text", "icon": "fa-phone"}]


def title_groups(who: Account) -> list[str]:
    """Groups whose badge the account wears."""
    return [name for name in (ADMINISTRATORS, GLOBAL_MODERATORS) if name in who.groups]


def group_title(who: Account) -> str | None:
    """The same as the JSON text the platform stores."""
    worn = title_groups(who)
    return f'["{worn[0]}"]' if worn else None


def full(forum: Forum, who: Account) -> Json:
    """The whole profile of the write API. E-mail is shown to nobody but its owner, and never here."""
    now = forum.clock.now()
    told = {
        **brief(forum, who.uid),
        "email": who.email if forum.is_admin(who) else "",
        "email:confirmed": int(who.email_confirmed),
        "joindate": who.joined,
        "joindateISO": iso(who.joined),
        "lastonline": who.last_online,
        "lastonlineISO": iso(who.last_online),
        "lastposttime": who.last_post,
        "status": "online",
        "reputation": 0,
        "postcount": who.post_count,
        "topiccount": who.topic_count,
        "profileviews": 0,
        "flags": who.flag_count,
        "followerCount": 0,
        "followingCount": 0,
        "fullname": None,
        "birthday": None,
        "aboutme": None,
        "signature": None,
        "uploadedpicture": None,
        "cover:url": COVER,
        "cover:position": None,
        "groupTitle": group_title(who),
        "groupTitleArray": title_groups(who),
        "mutedReason": who.mute_reason,
        **ban_fields(who, now),
        **mute_fields(who, now),
    }
    if who.phone:
        told["phone_verified"] = who.phone
    return told


def listed(forum: Forum, who: Account) -> Json:
    """An account in the list of people."""
    told = full(forum, who)
    wanted = (
        "uid", "username", "userslug", "picture", "status", "postcount", "reputation", "email:confirmed", "lastonline",
        "flags", "banned", "banned:expire", "joindate", "icon:bgColor", "displayname", "joindateISO", "lastonlineISO",
        "isLocal", "icon:text", "banned_until", "banned_until_readable",
    )  # fmt: skip
    return {name: told[name] for name in wanted}


def chatting(forum: Forum, uid: int) -> Json:
    """The sender of a chat message."""
    who = forum.account(uid)
    if who is None:
        return {**former(uid), "deleted": True}
    told = {**brief(forum, uid), **ban_fields(who, forum.clock.now()), "status": "online", "deleted": False}
    del told["banned:expire"]
    return told


def sanction(forum: Forum, uid: int, entry: Sanction) -> Json:
    """One line of an account's record of bans and mutes; numbers are texts here, `until` is not."""
    told: Json = {
        "type": entry.kind,
        "uid": str(uid),
        "reason": entry.reason,
        "timestamp": str(entry.at),
        "fromUid": str(entry.by),
        "user": brief(forum, entry.by),
        "until": entry.until or None,
        "untilISO": iso(entry.until),
        "timestampISO": iso(entry.at),
    }
    if entry.kind in ("ban", "mute"):
        told["expire"] = str(entry.until)
    return told
