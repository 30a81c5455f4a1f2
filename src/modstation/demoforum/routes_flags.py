"""Calls on flags: the list, the two details, state, assignee, notes, reports."""

from __future__ import annotations

import weakref

from . import flag_deeds, flag_views
from .answers import Answer, Json, Refusal, ok
from .flag_list import FlagLists, asked_filters, sort_of
from .forum import Forum
from .page_views import missing, page, pagination
from .people_views import brief
from .records import Account
from .routing import Request, routes, whole
from .section_views import section_full

_LISTS: weakref.WeakKeyDictionary[Forum, FlagLists] = weakref.WeakKeyDictionary()
_DAYS = 30


def _lists(forum: Forum) -> FlagLists:
    return _LISTS.setdefault(forum, FlagLists(forum))


@routes.on("GET", "/api/flags")
def list_flags(forum: Forum, request: Request) -> Answer:
    """The queue: any size of page, over a list that moves."""
    caller = request.caller
    staff = forum.is_admin(caller) or forum.is_global(caller)
    own = None if staff else forum.moderated(caller)
    if own == []:
        return missing(request, 403)
    filters, filtered = asked_filters(request, own)
    ids = _lists(forum).ids(filters, sort_of(request), caller)
    size, number = filters["perPage"], filters["page"]
    shown = ids[(number - 1) * size : number * size]
    body: Json = {
        "flags": [flag_views.row(forum.flags[flag_id]) for flag_id in shown],
        "count": len(ids),
        "analytics": [0] * _DAYS,
        "selectedCategory": _selected_section(forum, filters.get("cid")),
        "selected": {name: _selected(forum, filters.get(name)) for name in ("assignee", "reporterId", "targetUid")},
        "hasFilter": filtered,
        "filters": filters,
        "expanded": any(name in filters for name in ("assignee", "reporterId", "targetUid")),
        "sort": sort_of(request),
        "pagination": pagination(number, -(-len(ids) // size), request),
    }
    return page(forum, request, "flags/list", "[[pages:flags]]", body)


def _selected(forum: Forum, value: object) -> list[Json]:
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    return [brief(forum, whole(one)) for one in values if forum.account(whole(one))]


def _selected_section(forum: Forum, value: object) -> Json | None:
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    section = forum.sections.get(whole(value)) if value is not None else None
    return section_full(forum, section) if section else None


@routes.on("GET", "/api/flags/{flag_id}")
def page_detail(forum: Forum, request: Request, flag_id: str) -> Answer:
    """A flag with its history and the people it can be given to."""
    try:
        flag = flag_deeds.find(forum, request.caller, flag_id)
    except Refusal:
        return missing(request, 404)
    told = flag_views.detail(forum, flag, request.caller)
    empty = not told["target"]
    told.update(
        history=flag_views.history(forum, flag),
        type_path=flag.type,
        assignees=flag_views.assignees(forum, flag),
        type_bool={
            "post": flag.type == "post" and not empty,
            "user": flag.type == "user" and not empty,
            "empty": empty,
        },
        states=flag_views.states(),
        privileges=rights(forum, request.caller),
    )
    return page(forum, request, "flags/detail", f"[[pages:flag-details, {flag.flag_id}]]", told)


_EVERYBODY = (
    "chat", "upload:post:image", "upload:post:file", "signature", "search:content", "search:users", "search:tags",
    "view:users", "view:tags", "view:groups", "local:login",
)  # fmt: skip
_ADMIN_ONLY = (
    "invite", "group:create", "admin:dashboard", "admin:categories", "admin:privileges", "admin:admins-mods",
    "admin:users", "admin:groups", "admin:tags", "admin:settings", "superadmin",
)  # fmt: skip


def rights(forum: Forum, caller: Account | None) -> Json:
    """The caller's site-wide rights, as staff pages carry them: here a client can learn about `mute`."""
    told: Json = dict.fromkeys(_EVERYBODY, True)
    told.update(dict.fromkeys(_ADMIN_ONLY, forum.is_admin(caller)))
    told["chat:privileged"] = forum.privileged(caller)
    told.update({"ban": forum.may(caller, "ban"), "mute": forum.may(caller, "mute")})
    told["view:users:info"] = forum.may(caller, "info")
    return told


@routes.on("GET", "/api/v3/flags/{flag_id}")
def detail(forum: Forum, request: Request, flag_id: str) -> Answer:
    """A flag without its history."""
    return ok(flag_views.detail(forum, flag_deeds.find(forum, request.caller, flag_id), request.caller))


@routes.on("PUT", "/api/v3/flags/{flag_id}")
def update(forum: Forum, request: Request, flag_id: str) -> Answer:
    """Set state or assignee; conditional headers and idempotency keys are ignored, the last writer wins."""
    flag = flag_deeds.find(forum, request.who, flag_id)
    flag_deeds.update(forum, request.who, flag, request.given.get("state"), request.given.get("assignee"))
    return ok({"history": flag_views.history(forum, flag)})


@routes.on("DELETE", "/api/v3/flags/{flag_id}")
def purge(forum: Forum, request: Request, flag_id: str) -> Answer:
    """Remove a flag with its history; a section moderator may do that too."""
    flag_deeds.purge(forum, flag_deeds.find(forum, request.caller, flag_id))
    return ok()


@routes.on("POST", "/api/v3/flags")
def report(forum: Forum, request: Request) -> Answer:
    """Report a post or an account. Staff get the flag back, everybody else an empty answer."""
    given = request.given
    flag = flag_deeds.report(forum, request.who, given.get("type"), given.get("id"), given.get("reason"))
    staff = flag_deeds.may_handle(forum, request.who, flag)
    return ok(flag_views.detail(forum, flag, request.who) if staff else {})


@routes.on("DELETE", "/api/v3/flags/{flag_id}/report")
def rescind(forum: Forum, request: Request, flag_id: str) -> Answer:
    """Withdraw one's own report."""
    flag_deeds.rescind(forum, request.who, flag_id)
    return ok()


@routes.on("POST", "/api/v3/flags/{flag_id}/notes")
def note(forum: Forum, request: Request, flag_id: str) -> Answer:
    """Add a note, or replace one by its time."""
    flag = flag_deeds.find(forum, request.who, flag_id)
    text = request.given.get("note")
    when = whole(request.given.get("datetime", 0))
    flag_deeds.add_note(forum, request.who, flag, None if text is None else str(text), when)
    return ok({"notes": flag_views.notes(forum, flag), "history": flag_views.history(forum, flag)})


@routes.on("DELETE", "/api/v3/flags/{flag_id}/notes/{when}")
def delete_note(forum: Forum, request: Request, flag_id: str, when: str) -> Answer:
    """Delete a note by its time."""
    flag = flag_deeds.find(forum, request.who, flag_id)
    flag_deeds.delete_note(forum, request.who, flag, when)
    return ok({"notes": flag_views.notes(forum, flag), "history": flag_views.history(forum, flag)})
