"""Calls on accounts."""

from __future__ import annotations

from . import flag_views, user_deeds
from .answers import Answer, Json, ok
from .clock import iso
from .forum import Forum, allow
from .markup import render
from .page_views import missing, page, pagination, single_page
from .people_views import BACKGROUNDS, COVER, brief, custom_fields, full, listed, sanction
from .post_views import summary
from .records import ADMINISTRATORS, GLOBAL_MODERATORS, Account, Flag
from .routing import Request, routes, whole

_PAGE = 50


@routes.on("GET", "/api/v3/users/{uid}")
def get(forum: Forum, request: Request, uid: str) -> Answer:
    """The profile by number."""
    return ok(full(forum, user_deeds.find(forum, uid)))


@routes.on("HEAD", "/api/v3/users/{uid}", login=False)
def exists(forum: Forum, request: Request, uid: str) -> Answer:
    """Whether an account exists."""
    user_deeds.find(forum, uid)
    return Answer(raw=b"")


@routes.on("GET", "/api/user/uid/{uid}", login=False)
def by_uid(forum: Forum, request: Request, uid: str) -> Answer:
    """The profile by number, without an envelope."""
    who = forum.account(whole(uid))
    return Answer(body=full(forum, who)) if who else missing(request, 404)


@routes.on("GET", "/api/user/{slug}", login=False)
def profile(forum: Forum, request: Request, slug: str) -> Answer:
    """The profile page."""
    who = forum.by_slug(slug)
    if who is None:
        return missing(request, 404)
    mine = [forum.posts[pid] for pid in reversed(forum.posts_of.get(who.uid, []))]
    newest = [summary(forum, post, request.caller) for post in mine if forum.can_read_post(request.caller, post)][:10]
    body = profile_body(forum, who, request.caller)
    body.update(posts=newest, latestPosts=newest[:1], bestPosts=[], customUserFields=custom_fields(who))
    return page(forum, request, "account/profile", who.name, body)


@routes.on("GET", "/api/self")
def own(forum: Forum, request: Request) -> Answer:
    """The caller's own profile page: who a token belongs to, and what that person is."""
    return Answer(body=profile_body(forum, request.who, request.who))


def profile_body(forum: Forum, who: Account, caller: Account | None) -> Json:
    """What a profile page tells about an account, and about the caller's rights over it."""
    told = full(forum, who)
    told.update(dict.fromkeys(("fullname", "birthday", "aboutme", "signature"), ""))
    told.update(_caller_rights(forum, who, caller))
    told.update(_PROFILE_CONSTANTS)
    told.update(
        {
            "email:confirmed": who.email_confirmed,
            "ips": [],
            "groups": [_group(name, who.joined) for name in who.groups],
            "selectedGroup": [_group(name, who.joined) for name in who.groups],
            "counts": _counts(who),
        }
    )
    return told


def _caller_rights(forum: Forum, who: Account, caller: Account | None) -> Json:
    admin, moderator = forum.is_admin(caller), forum.is_global(caller)
    own_page = caller is not None and caller.uid == who.uid
    return {
        "yourid": caller.uid if caller else 0,
        "theirid": who.uid,
        "isTargetAdmin": forum.is_admin(who),
        "isAdmin": admin,
        "isGlobalModerator": moderator,
        "isModerator": bool(forum.moderated(caller)) and not (admin or moderator),
        "isAdminOrGlobalModerator": admin or moderator,
        "isAdminOrGlobalModeratorOrModerator": forum.privileged(caller),
        "isSelfOrAdminOrGlobalModerator": own_page or admin or moderator,
        "canEdit": own_page or admin or moderator,
        "canBan": forum.may(caller, "ban") and not forum.is_admin(who),
        "canMute": forum.may(caller, "mute") and not forum.is_admin(who),
        "canFlag": caller is not None,
        "flagId": None,
        "canChangePassword": own_page or admin,
        "isSelf": own_page,
        "isFollowing": False,
        "isFollowPending": False,
        "canChat": caller is not None and not own_page,
        "hasPrivateChat": private_room(forum, caller, who.uid),
        "showHidden": own_page or admin or moderator,
    }


def private_room(forum: Forum, caller: Account | None, uid: int) -> int:
    """The newest room of the two alone; 0 where there is none."""
    if caller is None:
        return 0
    both = {caller.uid, uid}
    return max((room.room for room in forum.rooms.values() if set(room.uids) == both), default=0)


_PROFILE_CONSTANTS: Json = {
    "aboutmeParsed": "", "age": 0, "emailHidden": True, "emailClass": "", "isBlocked": False,
    "iconBackgrounds": list(BACKGROUNDS), "allowProfilePicture": True, "allowCoverPicture": True,
    "allowProfileImageUploads": 1, "allowedProfileImageExtensions": ".png, .jpg, .bmp, .gif",
    "maximumProfileImageSize": 2048, "profileImageDimension": 200, "disableSignatures": False,
    "reputation:disabled": False, "downvote:disabled": False, "profile_links": [], "username:disableEdit": False,
    "email:disableEdit": False, "blocksCount": 0,
}  # fmt: skip


def _counts(who: Account) -> Json:
    told: Json = {"posts": who.post_count, "topics": who.topic_count, "groups": len(who.groups)}
    for name in ("shares", "uploaded", "categoriesWatched", "tagsWatched", "blocks", "following", "followers"):
        told[name] = 0
    return told


def _group(name: str, made: int) -> Json:
    slug = {ADMINISTRATORS: "administrators", GLOBAL_MODERATORS: "global-moderators"}.get(name, name)
    return {
        "name": name, "slug": slug, "userTitle": name, "userTitleEnabled": 0, "description": "", "memberCount": 1,
        "hidden": 0, "system": 1, "private": 1, "disableJoinRequests": 1, "disableLeave": 0, "nameEncoded": name,
        "displayName": name, "descriptionParsed": "", "labelColor": "#000000", "textColor": "#ffffff", "icon": "",
        "createtime": made, "createtimeISO": iso(made), "memberPostCids": "", "memberPostCidsArray": [],
        "cover:thumb:url": COVER, "cover:url": COVER, "cover:position": "50% 50%",
    }  # fmt: skip


@routes.on("GET", "/api/user/{slug}/info")
def info(forum: Forum, request: Request, slug: str) -> Answer:
    """The record of an account: flags, bans, mutes, names. Not for section moderators."""
    who = forum.by_slug(slug)
    if not forum.may(request.caller, "info"):
        return missing(request, 403)
    if who is None:
        return missing(request, 404)
    body = profile_body(forum, who, request.caller)
    body.update(
        sessions=[],
        usernames=[{"value": name, "timestamp": at, "timestampISO": iso(at), "byUid": ""} for name, at in who.names],
        emails=[],
        invitedBy=None,
        history=_record(forum, who),
        moderationNotes=[_note(forum, *note) for note in reversed(who.notes)],
        pagination=single_page(),
    )
    return page(forum, request, "account/info", "[[pages:account/info]]", body)


def _record(forum: Forum, who: Account) -> Json:
    flags = [forum.flags[flag_id] for flag_id in reversed(forum.flags_of.get(who.uid, []))]
    newest = list(reversed(who.sanctions))
    return {
        "flags": [_flag_line(forum, flag) for flag in flags],
        "bans": [sanction(forum, who.uid, entry) for entry in newest if entry.kind in ("ban", "unban")],
        "mutes": [sanction(forum, who.uid, entry) for entry in newest if entry.kind in ("mute", "unmute")],
    }


def _flag_line(forum: Forum, flag: Flag) -> Json:
    told: Json = {
        "flagId": str(flag.flag_id),
        "type": flag.type,
        "targetId": str(flag.target),
        "datetime": str(flag.at),
        "timestamp": flag.at,
        "timestampISO": iso(flag.at),
        "reports": flag_views.reports(forum, flag),
    }
    if flag.type == "post":
        post = forum.posts.get(flag.target)
        topic = forum.topics.get(post.tid) if post else None
        told["pid"] = flag.target
        told["title"] = topic.title if topic else "null"
        if post is None:
            told["targetPurged"] = True
    return told


def _note(forum: Forum, uid: int, text: str, at: int) -> Json:
    return {
        "uid": str(uid), "note": render(text, forum.url), "timestamp": str(at), "id": str(at), "timestampISO": iso(at),
        "rawNote": text, "user": brief(forum, uid),
    }  # fmt: skip


@routes.on("GET", "/api/user/{slug}/posts", login=False)
def posts(forum: Forum, request: Request, slug: str) -> Answer:
    """Posts of an account, newest first."""
    who = forum.by_slug(slug)
    if who is None:
        return missing(request, 404)
    mine = [forum.posts[pid] for pid in reversed(forum.posts_of.get(who.uid, []))]
    shown = [post for post in mine if forum.can_read_post(request.caller, post)]
    number = request.number("page", 1)
    window = shown[(number - 1) * 20 : number * 20]
    body = profile_body(forum, who, request.caller)
    body.update(
        posts=[summary(forum, post, request.caller) for post in window],
        nextStart=number * 20,
        pagination=pagination(number, -(-len(shown) // 20), request),
        noItemsFoundKey="[[user:has-no-posts]]",
        showSort=False,
        sortOptions=[{"url": f"/user/{who.slug}/posts?sort=votes", "name": "[[global:votes]]", "selected": False}],
    )
    return page(forum, request, "account/posts", f"[[pages:account/posts, {who.name}]]", body)


@routes.on("GET", "/api/users", login=False)
def people(forum: Forum, request: Request) -> Answer:
    """Accounts of the forum; `section` banned and flagged are for staff."""
    section = request.one("section")
    alive = [who for who in forum.accounts.values() if not who.gone]
    if section in ("banned", "flagged") and not forum.privileged(request.caller):
        return missing(request, 403)
    if section == "banned":
        alive = [who for who in alive if who.banned_at(forum.clock.now())]
    if section == "flagged":
        alive = sorted((who for who in alive if who.flag_count), key=lambda who: -who.flag_count)
    number = request.number("page", 1)
    shown = alive[(number - 1) * _PAGE : number * _PAGE]
    body: Json = {
        **_PEOPLE_CONSTANTS,
        "users": [listed(forum, who) for who in shown],
        "userCount": len(alive),
        "pagination": pagination(number, -(-len(alive) // _PAGE), request),
        "isAdmin": forum.is_admin(request.caller),
        "isGlobalMod": forum.is_global(request.caller),
        "isAdminOrGlobalMod": forum.is_admin(request.caller) or forum.is_global(request.caller),
    }
    if section:
        body[f"section_{section}"] = True
    return page(forum, request, "users", f"[[pages:users/{'most-flags' if section == 'flagged' else section}]]", body)


_PEOPLE_CONSTANTS: Json = {
    "displayUserSearch": True, "maximumInvites": 0, "inviteOnly": False, "adminInviteOnly": False, "invites": 0,
    "showInviteButton": True, "reputation:disabled": 0,
}  # fmt: skip


@routes.on("PUT", "/api/v3/users/{uid}/ban")
def ban(forum: Forum, request: Request, uid: str) -> Answer:
    """Ban an account; `until` is in milliseconds."""
    user_deeds.ban(forum, request.who, user_deeds.find(forum, uid), request.given)
    return ok()


@routes.on("DELETE", "/api/v3/users/{uid}/ban")
def unban(forum: Forum, request: Request, uid: str) -> Answer:
    """Lift a ban; needs a body or a reason in the query."""
    who = user_deeds.find(forum, uid)
    user_deeds.unban(forum, request.who, who, user_deeds.lifting_reason(request))
    return ok()


@routes.on("PUT", "/api/v3/users/{uid}/mute")
def mute(forum: Forum, request: Request, uid: str) -> Answer:
    """Mute an account; a right of its own that moderators of a fresh forum do not have."""
    user_deeds.mute(forum, request.who, user_deeds.find(forum, uid), request.given)
    return ok()


@routes.on("DELETE", "/api/v3/users/{uid}/mute")
def unmute(forum: Forum, request: Request, uid: str) -> Answer:
    """Lift a mute; needs a body or a reason in the query. The missing body is noticed before the missing right."""
    who = user_deeds.find(forum, uid)
    user_deeds.unmute(forum, request.who, who, user_deeds.lifting_reason(request))
    return ok()


@routes.on("DELETE", "/api/v3/users/{uid}/content")
def remove_content(forum: Forum, request: Request, uid: str) -> Answer:
    """Purge everything an account wrote."""
    allow(forum.is_admin(request.who) or forum.is_global(request.who))
    user_deeds.remove_content(forum, request.who, user_deeds.find(forum, uid))
    return ok()


@routes.on("DELETE", "/api/v3/users/{uid}/account")
def remove_account(forum: Forum, request: Request, uid: str) -> Answer:
    """Remove an account, administrators only; what it wrote stays."""
    who = user_deeds.find(forum, uid)
    allow(forum.is_admin(request.who))
    user_deeds.remove_account(forum, request.who, who)
    return ok()


@routes.on("GET", "/api/v3/users/{uid}/chat")
def chat(forum: Forum, request: Request, uid: str) -> Answer:
    """The room of caller and account, the newest one; `roomId` is null where they never talked."""
    who = user_deeds.find(forum, uid)
    return ok({"roomId": private_room(forum, request.caller, who.uid) or None})
