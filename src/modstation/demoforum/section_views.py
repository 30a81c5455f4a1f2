"""Sections (NodeBB: categories) as the forum's answers show them."""

from __future__ import annotations

from .answers import Json
from .forum import Forum
from .markup import render
from .people_views import brief
from .records import Section

#: Rights of a section, and the heading each stands under.
RIGHTS = {
    "find": "viewing",
    "read": "viewing",
    "topics:read": "viewing",
    "topics:create": "posting",
    "topics:reply": "posting",
    "topics:crosspost": "posting",
    "topics:schedule": "posting",
    "topics:tag": "posting",
    "posts:edit": "posting",
    "posts:history": "posting",
    "posts:delete": "posting",
    "posts:upvote": "posting",
    "posts:downvote": "posting",
    "topics:delete": "posting",
    "posts:view_deleted": "moderation",
    "purge": "moderation",
    "moderate": "moderation",
}
_NOT_FOR_MEMBERS = {"topics:schedule", "posts:view_deleted", "purge", "moderate"}
_FOR_GUESTS = {"find", "read", "topics:read"}
_GROUPS = (
    "registered-users", "verified-users", "unverified-users", "Global Moderators", "banned-users", "guests", "spiders",
    "fediverse",
)  # fmt: skip
_LABELS = (
    "find-category", "access-category", "access-topics", "create-topics", "reply-to-topics", "crosspost-topics",
    "schedule-topics", "tag-topics", "edit-posts", "view-edit-history", "delete-posts", "upvote-posts",
    "downvote-posts", "delete-topics", "view-deleted", "purge", "moderate",
)  # fmt: skip


def section_full(forum: Forum, section: Section) -> Json:
    """A section with its counts."""
    posts = sum(len(forum.topics[tid].pids) for tid in section.tids if tid in forum.topics)
    return {
        "cid": section.cid,
        "name": section.name,
        "handle": section.slug.partition("/")[2],
        "description": section.description,
        "icon": "hidden",
        "bgColor": section.bg,
        "color": section.fg,
        "slug": section.slug,
        "parentCid": 0,
        "topic_count": len(section.tids),
        "post_count": posts,
        "disabled": int(section.disabled),
        "order": section.order,
        "link": "",
        "numRecentReplies": 1,
        "class": "col-md-3 col-6",
        "imageClass": "cover",
        "isSection": 0,
        "subCategoriesPerPage": 10,
        "minTags": 0,
        "maxTags": 5,
        "postQueue": int(forum.settings.post_queue),
        "totalPostCount": posts,
        "totalTopicCount": len(section.tids),
        "nickname": "",
        "url": "",
        "descriptionParsed": render(section.description, forum.url),
    }


def unknown_section() -> Json:
    """The section of a topic that was moved to a number nobody knows."""
    return {
        "topic_count": 1, "post_count": 1, "minTags": 0, "maxTags": 5, "postQueue": 0, "cid": 0, "parentCid": 0,
        "disabled": 0, "isSection": 0, "order": 0, "numRecentReplies": 0, "subCategoriesPerPage": 0, "icon": "hidden",
        "totalPostCount": 1, "totalTopicCount": 1, "nickname": "", "url": "", "descriptionParsed": "",
    }  # fmt: skip


def uncategorized() -> Json:
    """The place for posts from other servers, which the platform lists first."""
    name = "[[category:uncategorized]]"
    about = "[[category:uncategorized.description]]"
    return {
        "cid": -1, "name": name, "description": about, "descriptionParsed": about, "icon": "fa-globe",
        "imageClass": "cover", "bgColor": "#eee", "color": "#333", "slug": "../world", "parentCid": 0, "disabled": 0,
        "handle": "world", "link": "", "class": "", "minTags": 0, "maxTags": 5, "postQueue": 0, "isSection": 0,
        "order": 0, "topic_count": 0, "post_count": 0, "numRecentReplies": 0, "subCategoriesPerPage": 0,
        "totalPostCount": 0, "totalTopicCount": 0, "nickname": "", "url": "",
    }  # fmt: skip


def moderator(forum: Forum, uid: int) -> Json:
    """A section's moderator."""
    return brief(forum, uid)


def privileges(forum: Forum, section: Section) -> Json:
    """The table of rights of a section, by group."""
    return {
        "labelData": [
            {"label": f"[[admin/manage/privileges:{label}]]", "type": kind}
            for label, kind in zip(_LABELS, RIGHTS.values(), strict=True)
        ],
        "users": [_moderator_rights(forum, uid) for uid in section.moderators],
        "groups": [_group(section, name) for name in _GROUPS],
        "keys": {"users": list(RIGHTS), "groups": [f"groups:{name}" for name in RIGHTS]},
        "columnCountUserOther": 0,
        "columnCountGroupOther": 0,
    }


def _group(section: Section, name: str) -> Json:
    return {
        "name": name,
        "privileges": {f"groups:{right}": _granted(section, name, right) for right in RIGHTS},
        "types": {f"groups:{right}": kind for right, kind in RIGHTS.items()},
        "isPrivate": True,
        "isSystem": True,
    }


def _granted(section: Section, group: str, right: str) -> bool:
    if group == "Global Moderators":
        return right != "moderate"
    if group in ("registered-users", "fediverse"):
        return right not in _NOT_FOR_MEMBERS and (group == "fediverse" or right not in section.closed)
    return group in ("guests", "spiders") and right in _FOR_GUESTS


def _moderator_rights(forum: Forum, uid: int) -> Json:
    return {
        **brief(forum, uid),
        "banned": False,
        "privileges": dict.fromkeys(RIGHTS, True),
        "types": dict(RIGHTS),
    }
