"""The frame that NodeBB puts around page data: title, navigation, the reader, numbered pages."""

from __future__ import annotations

from urllib.parse import urlencode

from .answers import Answer, Json
from .forum import Forum
from .people_views import full
from .records import Account
from .routing import Request

_AROUND = 2


def page(forum: Forum, request: Request, template: str, title: str, body: Json) -> Answer:
    """Page data with its frame."""
    path = request.path.removeprefix("/api")
    frame: Json = {
        **({"title": title} if title else {}),
        "breadcrumbs": [{"text": "[[global:home]]", "url": forum.url}, {"text": title}],
        "loggedIn": request.caller is not None,
        "loggedInUser": reader(forum, request.caller),
        "relative_path": "",
        "template": {"name": template, template: True},
        "url": path,
        "bodyClass": _classes(path, 200, request.caller, f"template-{template.replace('/', '-')} "),
        "_header": {"tags": {"meta": [], "link": []}},
        "widgets": {},
    }
    return Answer(body={**frame, **body})


def reader(forum: Forum, caller: Account | None) -> Json:
    """The reader as page data carries them; a guest has uid 0."""
    if caller is None:
        return {"uid": 0, "username": "[[global:guest]]", "userslug": "", "icon:text": "?", "icon:bgColor": "#aaa"}
    return full(forum, caller)


def missing(request: Request, status: int) -> Answer:
    """A refusal on a page route: no `status` object, another shape than the write API has."""
    path = request.path.removeprefix("/api")
    body: Json = {
        "path": path,
        "title": f"[[global:{status}.title]]",
        "bodyClass": _classes(path, status, request.caller if status == 403 else None),
    }
    if status == 403:
        body["loggedIn"] = request.caller is not None
    return Answer(status, body)


def _classes(path: str, status: int, caller: Account | None, template: str = "") -> str:
    names = path.strip("/").split("/")
    steps = " ".join("page-" + "-".join(names[: i + 1]) for i in range(min(2, len(names))))
    return f"{steps} {template}page-status-{status} theme-harmony user-{'loggedin' if caller else 'guest'}"


def pagination(current: int, count: int, request: Request, prefix: str = "") -> Json:
    """The numbered pages around `current`; the count is at least 1."""
    count = max(1, count)
    if count == 1:
        return _single(current)
    before, after = max(1, current - 1), min(count, current + 1)
    rel = []
    if current < count:
        rel.append({"rel": "next", "href": f"{prefix}?{_query(request, current + 1)}"})
    if current > 1:
        rel.append({"rel": "prev", "href": f"{prefix}?{_query(request, current - 1)}"})
    return {
        "rel": rel,
        "pages": _numbers(current, count, request),
        "currentPage": current,
        "pageCount": count,
        "prev": {"page": before, "active": current > 1, "qs": _query(request, before)},
        "next": {"page": after, "active": current < count, "qs": _query(request, after)},
        "first": {"page": 1, "active": current == 1, "qs": _query(request, 1)},
        "last": {"page": count, "active": current == count, "qs": _query(request, count)},
    }


def _single(current: int) -> Json:
    return {
        "prev": {"page": 1, "active": current > 1},
        "next": {"page": 1, "active": current < 1},
        "first": {"page": 1, "active": True},
        "last": {"page": 1, "active": True},
        "rel": [],
        "pages": [],
        "currentPage": current,
        "pageCount": 1,
    }


def _numbers(current: int, count: int, request: Request) -> list[Json]:
    near = range(current - _AROUND, current + _AROUND + 1)
    wanted = sorted({n for n in (1, 2, *near, count - 1, count) if 1 <= n <= count})
    told: list[Json] = []
    last = 0
    for number in wanted:
        if number > last + 1:
            told.append({"separator": True})
        told.append({"page": number, "active": number == current, "qs": _query(request, number)})
        last = number
    return told


def _query(request: Request, number: int) -> str:
    pairs = [("page", str(number))]
    pairs += [(name, value) for name, values in request.query.items() for value in values if name != "page"]
    return urlencode(pairs)


def single_page() -> Json:
    """The frame of a list that always fits one page."""
    return _single(1)
