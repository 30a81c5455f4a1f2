"""Calls on sections, settings, the event log, and the forum's own files."""

from __future__ import annotations

import json
from typing import Any

from .answers import Answer, Json, Refusal, ok
from .clock import iso
from .forum import Forum, allow, need
from .page_views import missing, page, pagination, single_page
from .people_views import brief
from .pictures import picture
from .post_views import listed_topic
from .records import Account, Event, Section
from .routing import Request, routes, whole
from .section_views import RIGHTS, moderator, privileges, section_full, uncategorized

_PAGE = 20
_SETTINGS = {
    "postQueue": "post_queue",
    "flags:postFlagsPerDay": "flags_per_day",
    "postDelay": "post_delay",
    "maintenanceMode": "maintenance",
    "registrationApprovalType": "approve_registrations",
}


def _section(forum: Forum, cid: str) -> Section:
    section: Section = need(forum.sections.get(whole(cid)), "no-section")
    return section


def _visible(forum: Forum, caller: Account | None) -> list[Section]:
    found = [section for section in forum.sections.values() if not section.disabled or forum.is_admin(caller)]
    return sorted(found, key=lambda section: section.order)


@routes.on("GET", "/api/v3/categories", login=False)
def sections(forum: Forum, request: Request) -> Answer:
    """Sections the caller may see, after the place for posts from elsewhere."""
    visible = [section_full(forum, section) for section in _visible(forum, request.caller) if not section.disabled]
    return ok({"categories": [uncategorized(), *visible]})


@routes.on("GET", "/api/categories", login=False)
def sections_page(forum: Forum, request: Request) -> Answer:
    """The same as page data."""
    shown = [one for one in _visible(forum, request.caller) if not one.disabled]
    told = [{**section_full(forum, one), **_tail(), **_newest(forum, request, one)} for one in shown]
    body: Json = {
        "selectCategoryLabel": "[[pages:categories]]",
        "categories": told,
        "pagination": single_page(),
        "firstRun": False,
    }
    return page(forum, request, "categories", "[[pages:categories]]", body)


def _tail() -> Json:
    return {"tagWhitelist": [], "children": [], "unread": True, "unread-class": "unread"}


def _newest(forum: Forum, request: Request, found: Section) -> Json:
    topics = _topics(forum, request, found)
    if not topics or topics[0]["teaser"] is None:
        return {"posts": []}
    head = {name: topics[0][name] for name in ("tid", "slug", "title")}
    last = {**topics[0]["teaser"], "cid": found.cid, "topic": head}
    teaser = {name: last[name] for name in ("pid", "tid", "timestampISO", "index", "topic", "user")}
    return {"posts": [last], "teaser": {**teaser, "url": f"/post/{last['pid']}"}}


@routes.on("GET", "/api/v3/categories/{cid}", login=False)
def section(forum: Forum, request: Request, cid: str) -> Answer:
    """One section; an unknown number is a 200 with an empty object (a trap)."""
    found = forum.sections.get(whole(cid))
    if found is None or (found.disabled and not forum.is_admin(request.caller)):
        return ok({})
    return ok(section_full(forum, found))


@routes.on("PUT", "/api/v3/categories/{cid}")
def change_section(forum: Forum, request: Request, cid: str) -> Answer:
    """Change a section, administrators only: `disabled` hides it from everybody."""
    allow(forum.is_admin(request.caller))
    found = _section(forum, cid)
    if "disabled" in request.given:
        disabled = bool(whole(request.given["disabled"]))
        if disabled != found.disabled:
            forum.changed(f"section/{found.cid}", "disabled" if disabled else "enabled")
        found.disabled = disabled
    return ok({**section_full(forum, found), "tagWhitelist": []})


@routes.on("GET", "/api/categories/{cid}/moderators", login=False)
def moderators(forum: Forum, request: Request, cid: str) -> Answer:
    """People appointed to a section."""
    found = forum.sections.get(whole(cid))
    return Answer(body={"moderators": [moderator(forum, uid) for uid in found.moderators] if found else []})


@routes.on("GET", "/api/v3/categories/{cid}/topics", login=False)
def section_topics(forum: Forum, request: Request, cid: str) -> Answer:
    """Topics of a section, twenty from `after` on; `nextStart` is missing at the end."""
    found = _section(forum, cid)
    start = abs(whole(request.one("after", "0")))
    shown = _topics(forum, request, found)[start : start + _PAGE]
    told: Json = {"topics": shown, "privileges": _rights(forum, request.caller, found)}
    if shown:
        told["nextStart"] = start + _PAGE
    else:
        told["uid"] = request.caller.uid if request.caller else 0
    return ok(told)


def _topics(forum: Forum, request: Request, found: Section) -> list[Json]:
    topics = [forum.topics[tid] for tid in found.tids]
    seen = [topic for topic in topics if forum.can_read_topic(request.caller, topic)]
    seen.sort(key=lambda topic: topic.pids[-1] if topic.pids else 0, reverse=True)
    return [listed_topic(forum, topic, i) for i, topic in enumerate(seen)]


def _rights(forum: Forum, caller: Account | None, found: Section) -> Json:
    staff = forum.moderates(caller, found.cid)
    member = caller is not None
    told: Json = {
        "topics:create": staff or (member and "topics:create" not in found.closed),
        "topics:read": True,
        "read": True,
    }
    for name in ("topics:schedule", "posts:view_deleted", "editable", "view_deleted", "view_scheduled", "isAdminOrMod"):
        told[name] = staff
    told.update({"topics:tag": member, "cid": str(found.cid), "uid": caller.uid if caller else 0, "disabled": 0})
    return told


@routes.on("GET", "/api/category/{cid}", login=False)
def section_page(forum: Forum, request: Request, cid: str) -> Answer:
    """A section with its topics, as page data."""
    found = forum.sections.get(whole(cid))
    if found is None or not forum.can_read_section(request.caller, found.cid):
        return missing(request, 404)
    topics = _topics(forum, request, found)
    number = request.number("page", 1)
    body: Json = {
        **section_full(forum, found),
        **_tail(),
        **_SECTION_PAGE_CONSTANTS,
        "url": f"/category/{found.cid}",
        "rssFeedUrl": f"{forum.url}/category/{found.cid}.rss",
        "topics": topics[(number - 1) * _PAGE : number * _PAGE],
        "nextStart": number * _PAGE,
        "privileges": _rights(forum, request.caller, found),
        "pagination": pagination(number, -(-len(topics) // _PAGE), request),
    }
    return page(forum, request, "category", found.name, body)


_SECTION_PAGE_CONSTANTS: Json = {
    "isWatched": False, "isTracked": True, "isNotWatched": False, "isIgnored": False, "hasFollowers": None,
    "selectCategoryLabel": "[[category:subcategories]]", "showSelect": True, "showTopicTools": True, "topicIndex": 0,
    "selectedTag": None, "selectedTags": [], "sortOption": "recently_replied",
    "sortOptionLabel": "[[topic:recently-replied]]", "feeds:disableRSS": 0, "reputation:disabled": 0,
}  # fmt: skip


@routes.on("GET", "/api/category/{cid}/{slug}", login=False)
def section_page_slug(forum: Forum, request: Request, cid: str, slug: str) -> Answer:
    """The same under its long address."""
    return section_page(forum, request, cid)


@routes.on("GET", "/api/v3/categories/{cid}/privileges")
def rights(forum: Forum, request: Request, cid: str) -> Answer:
    """Who may do what in a section, administrators only."""
    allow(forum.is_admin(request.caller))
    return ok(privileges(forum, _section(forum, cid)))


@routes.on("PUT", "/api/v3/categories/{cid}/privileges/{right}")
def grant(forum: Forum, request: Request, cid: str, right: str) -> Answer:
    """Give a right to a group; here it means: open a section again."""
    return _set_right(forum, request, cid, right, True)


@routes.on("DELETE", "/api/v3/categories/{cid}/privileges/{right}")
def withdraw(forum: Forum, request: Request, cid: str, right: str) -> Answer:
    """Take a right from a group; here it means: close a section."""
    return _set_right(forum, request, cid, right, False)


def _set_right(forum: Forum, request: Request, cid: str, right: str, granted: bool) -> Answer:
    allow(forum.is_admin(request.caller))
    found = _section(forum, cid)
    name = right.removeprefix("groups:")
    if name not in RIGHTS:
        raise Refusal(400, "invalid-data")
    if request.given.get("member") == "registered-users":
        _close(forum, found, name, granted)
    return ok(privileges(forum, found))


def _close(forum: Forum, found: Section, name: str, granted: bool) -> None:
    if granted == (name in found.closed):
        forum.changed(f"section/{found.cid}", f"{name} {'granted' if granted else 'withdrawn'}")
    (found.closed.discard if granted else found.closed.add)(name)


@routes.on("PUT", "/api/v3/categories/{cid}/moderator/{uid}")
def appoint(forum: Forum, request: Request, cid: str, uid: str) -> Answer:
    """Make an account moderator of a section."""
    return _appoint(forum, request, cid, uid, True)


@routes.on("DELETE", "/api/v3/categories/{cid}/moderator/{uid}")
def dismiss(forum: Forum, request: Request, cid: str, uid: str) -> Answer:
    """Take a section from its moderator."""
    return _appoint(forum, request, cid, uid, False)


def _appoint(forum: Forum, request: Request, cid: str, uid: str, wanted: bool) -> Answer:
    allow(forum.is_admin(request.caller))
    found, number = _section(forum, cid), whole(uid)
    if wanted != (number in found.moderators):
        (found.moderators.append if wanted else found.moderators.remove)(number)
        forum.changed(f"section/{found.cid}", f"moderator {number} {'appointed' if wanted else 'dismissed'}")
    return ok(privileges(forum, found))


@routes.on("PUT", "/api/v3/admin/settings/{name}")
def setting(forum: Forum, request: Request, name: str) -> Answer:
    """Change a setting, administrators only; unknown ones are taken and do nothing."""
    allow(forum.is_admin(request.caller))
    field = _SETTINGS.get(name)
    value: Any = request.given.get("value")
    if field == "approve_registrations":
        forum.settings.approve_registrations = value == "admin-approval"
    elif field is not None:
        old = getattr(forum.settings, field)
        setattr(forum.settings, field, type(old)(whole(value)))
    forum.changed(f"setting/{name}", str(value))
    return ok()


@routes.on("GET", "/api/config", login=False)
def config(forum: Forum, request: Request) -> Answer:
    """Limits and addresses. The platform tells no version."""
    return Answer(
        body={
            **_config(forum),
            "loggedIn": request.caller is not None,
            "uid": request.caller.uid if request.caller else 0,
        }
    )


def _config(forum: Forum) -> Json:
    return {
        "url": forum.url, "relative_path": "", "upload_url": "/assets/uploads", "asset_base_url": "/assets",
        "siteTitle": forum.title, "browserTitle": forum.title, "description": "", "keywords": "",
        "titleLayout": "&#123;pageTitle&#125; | &#123;browserTitle&#125;", "showSiteTitle": True,
        "maintenanceMode": forum.settings.maintenance, "postQueue": int(forum.settings.post_queue),
        "minimumTitleLength": 0, "maximumTitleLength": 255, "minimumPostLength": 8, "maximumPostLength": 32767,
        "minimumTagsPerTopic": 0, "maximumTagsPerTopic": 5, "minimumTagLength": 3, "maximumTagLength": 15,
        "undoTimeout": 0, "useOutgoingLinksPage": False, "allowGuestHandles": False, "allowTopicsThumbnail": True,
        "usePagination": False, "disableChat": False, "disableChatMessageEditing": False,
        "maximumChatMessageLength": 1000, "topicsPerPage": 20, "postsPerPage": 20, "maximumFileSize": 2048,
        "theme:id": "nodebb-theme-harmony", "theme:src": "", "defaultLang": "en-GB", "userLang": "en-GB",
        "topicPostSort": "oldest_to_newest", "categoryTopicSort": "recently_replied", "csrf_token": "none",
        "searchEnabled": True, "enablePostHistory": True, "timeagoCutoff": 30,
        "activitypub": {"enabled": False, "probe": 0, "worldDefaultCid": -1}, **_LOOK,
    }  # fmt: skip


#: Settings of the platform's own front end; a client has no use for them, but they are there.
_LOOK: Json = {
    "acpLang": "en-GB", "bootswatchSkin": "", "cache-buster": "demo", "composer-default": {},
    "composer:showHelpTab": True, "convertPastedImageTo": "image/jpeg", "defaultBootswatchSkin": "",
    "cookies": {"enabled": False, "message": "", "dismiss": "", "link": "", "link_url": ""}, "emailPrompt": 1,
    "disableCustomUserSkins": False, "emojiCustomFirst": False, "hideReadNotifications": False,
    "fontawesome": {"pro": False, "styles": ["solid"], "version": "7"}, "maxReconnectionAttempts": 5,
    "markdown": {
        "highlight": 1, "hljsLanguages": ["common"], "theme": "default.css", "defaultHighlightLanguage": "",
        "externalMark": False,
    },
    "openDraftsOnPageLoad": False, "openOutgoingLinksInNewTab": False, "reconnectionDelay": 1500,
    "searchDefaultInQuick": "titles", "socketioOrigins": "", "socketioTransports": ["polling", "websocket"],
    "theme": {
        "enableQuickReply": True, "enableBreadcrumbs": True, "centerHeaderElements": False,
        "mobileTopicTeasers": False, "stickyToolbar": True, "topicSidebarTools": True, "topMobilebar": False,
        "autohideBottombar": True, "openSidebars": False, "chatModals": False,
    },
    "thumbs": {"size": 512}, "tinycon": {"color": "#ffffff", "background": "#ff0000"}, "topicSearchEnabled": False,
    "useragent": {"isSafari": False}, "web-push": {"vapidKey": "none"}, "websocketAddress": "",
}  # fmt: skip


_TYPES = (
    "", "post-delete", "post-restore", "post-purge", "post-edit", "post-move", "topic-delete", "topic-restore",
    "topic-purge", "user-ban", "user-unban", "user-mute", "user-unmute", "user-deleteAccount",
    "post-queue-reply-accept", "post-queue-reply-reject", "post-queue-topic-accept", "post-queue-topic-reject",
)  # fmt: skip


@routes.on("GET", "/api/admin/advanced/events")
def events(forum: Forum, request: Request) -> Answer:
    """The site's event log, newest first, administrators only."""
    if not forum.is_admin(request.caller):
        return missing(request, 403)
    wanted = request.one("type")
    found = [event for event in reversed(forum.events) if not wanted or event.kind == wanted]
    size, number = request.number("perPage", _PAGE), request.number("page", 1)
    query = {"start": "", "end": "", "username": "", "group": "", "perPage": request.one("perPage", str(_PAGE))}
    body: Json = {
        "events": [_event(forum, event) for event in found[(number - 1) * size : number * size]],
        "types": [_type(forum, kind, wanted) for kind in _TYPES],
        "query": query,
        "pagination": pagination(number, -(-len(found) // size), request),
    }
    return page(forum, request, "admin/advanced/events", "", body)


def _type(forum: Forum, kind: str, wanted: str) -> Json:
    count = sum(1 for event in forum.events if not kind or event.kind == kind)
    return {"value": kind, "name": kind or "all", "selected": kind == wanted, "count": count}


def _event(forum: Forum, event: Event) -> Json:
    told: Json = {
        "type": event.kind, "uid": str(event.uid), "ip": "127.0.0.1", **event.details, "timestamp": str(event.at),
        "eid": str(event.eid), "user": {**brief(forum, event.uid), "isAdmin": False},
        "jsonString": json.dumps(event.details, ensure_ascii=False, indent=4),
        "timestampISO": iso(event.at),
    }  # fmt: skip
    if "targetUid" in event.details:
        told["targetUser"] = {**brief(forum, int(event.details["targetUid"])), "isAdmin": False}
    return told


@routes.on("GET", "/assets/uploads/files/{name}", login=False)
def upload(forum: Forum, request: Request, name: str) -> Answer:
    """A file of the forum. Anybody may fetch it, whether or not its post is still shown."""
    number = forum.uploads.get(f"/files/{name}")
    if number is None:
        return Answer(404, raw=b"Not Found", content_type="text/plain; charset=utf-8")
    return Answer(raw=picture(number), content_type="image/png", headers={"cache-control": "public, max-age=0"})


@routes.on("HEAD", "/assets/uploads/files/{name}", login=False)
def upload_head(forum: Forum, request: Request, name: str) -> Answer:
    """Whether a file exists."""
    return upload(forum, request, name)


@routes.on("GET", "/assets/plugins/nodebb-plugin-emoji/emoji/android/{name}", login=False)
def emoji(forum: Forum, request: Request, name: str) -> Answer:
    """A picture of an emoji, which the demo does not have."""
    return Answer(404, raw=b"Not Found", content_type="text/plain; charset=utf-8")
