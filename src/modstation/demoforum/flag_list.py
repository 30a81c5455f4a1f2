"""The list of flags: filters that drop what they do not know, and orders that change with a filter."""

from __future__ import annotations

from collections.abc import Callable

from .answers import Json
from .forum import Forum
from .records import FLAG_STATES, Account, Flag
from .routing import Request, whole

_SORTS = ("newest", "oldest", "reports", "upvotes", "downvotes", "replies")
_PEOPLE = ("assignee", "reporterId", "targetUid")
_KINDS = ("post", "user")
_REMEMBERED = 64

Score = Callable[[Flag], int]


def asked_filters(request: Request, own: list[int] | None) -> tuple[Json, bool]:
    """The filters the platform keeps of what was asked, and whether it calls the list filtered.

    An unknown state, a state given twice and an unknown quick filter are dropped without a word: only this echo
    tells. `own` are the sections of a section moderator, who gets these whatever was asked.
    """
    kept = dict(_kept(request))
    filtered = bool(kept) or "sort" in request.query
    if own is not None:
        filtered = _narrow(kept, own) and filtered
    if set(kept) in ({"page"}, {"page", "perPage"}):
        filtered = "sort" in request.query and filtered
    kept["page"] = request.number("page", 1)
    kept["perPage"] = request.number("perPage", 20)
    return kept, filtered


def _kept(request: Request) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, values in request.query.items():
        value: object = values[0].strip() if len(values) == 1 else list(values)
        if name in ("page", "perPage", "cid", *_PEOPLE) or _known(name, value):
            found.append((name, value))
    return found


def _known(name: str, value: object) -> bool:
    allowed = {"state": FLAG_STATES, "type": _KINDS, "quick": ("mine",)}.get(name)
    return allowed is not None and value in allowed


def _narrow(kept: Json, own: list[int]) -> bool:
    mine = [str(cid) for cid in own]
    if "cid" not in kept:
        kept["cid"] = mine
    elif isinstance(kept["cid"], list):
        kept["cid"] = [cid for cid in kept["cid"] if cid in mine]
    elif kept["cid"] not in mine:
        kept["cid"] = mine
        return False
    return True


def sort_of(request: Request) -> str:
    """The order asked for; newest for anything unknown."""
    wanted = request.one("sort", "newest")
    return wanted if wanted in _SORTS else "newest"


class FlagLists:
    """Ordered lists of flag ids, remembered until a flag changes."""

    def __init__(self, forum: Forum) -> None:
        self._forum = forum
        self._turn = -1
        self._known: dict[str, list[int]] = {}

    def ids(self, filters: Json, sort: str, caller: Account | None) -> list[int]:
        """Ids of all flags under these filters, in order."""
        if self._turn != self._forum.flag_turn or len(self._known) > _REMEMBERED:
            self._turn, self._known = self._forum.flag_turn, {}
        what = {name: value for name, value in filters.items() if name not in ("page", "perPage")}
        key = f"{sorted(what.items())!r} {sort} {caller.uid if caller and 'quick' in what else 0}"
        if key not in self._known:
            self._known[key] = self._ordered(what, sort, caller)
        return self._known[key]

    def _ordered(self, filters: Json, sort: str, caller: Account | None) -> list[int]:
        scores = [_score(name, value, caller) for name, value in filters.items()]
        found: list[tuple[int, int]] = []
        for flag in self._forum.flags.values():
            marks = [score(flag) for score in scores]
            if all(marks):
                found.append((max(marks, default=flag.at), flag.flag_id))
        found.sort(reverse=sort != "oldest")
        ids = [flag_id for _, flag_id in found]
        return self._by_worth(ids, sort) if sort not in ("newest", "oldest") else ids

    def _by_worth(self, ids: list[int], sort: str) -> list[int]:
        flags = [self._forum.flags[flag_id] for flag_id in ids]
        if sort == "reports":
            return [flag.flag_id for flag in sorted(flags, key=lambda flag: -len(flag.reports))]
        posts = [flag for flag in flags if flag.type == "post"]
        return [flag.flag_id for flag in sorted(posts, key=self._replies if sort == "replies" else _nothing)]

    def _replies(self, flag: Flag) -> int:
        post = self._forum.posts.get(flag.target)
        return -len(post.replies) if post else 0


def _nothing(_flag: Flag) -> int:
    return 0


def _score(name: str, value: object, caller: Account | None) -> Score:
    """What a filter says of a flag: 0 when it does not match, else the time that orders it."""
    if name == "state":
        return lambda flag: flag.state_at if flag.state == value else 0
    if name == "type":
        return lambda flag: flag.at if flag.type == value else 0
    if name == "quick":
        mine = str(caller.uid) if caller else ""
        return lambda flag: flag.assigned.get(mine, 0)
    values = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    return _person_score(name, values)


def _person_score(name: str, values: list[str]) -> Score:
    if name == "assignee":
        return lambda flag: max((flag.assigned.get(one, 0) for one in values), default=0)
    numbers = {whole(one) for one in values}
    if name == "reporterId":
        return lambda flag: max((entry.at for entry in flag.reports if entry.uid in numbers), default=0)
    if name == "targetUid":
        return lambda flag: flag.at if flag.target_uid in numbers else 0
    return lambda flag: flag.at if flag.type == "post" and flag.cid in numbers else 0
