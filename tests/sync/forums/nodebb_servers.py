"""Servers for tests of the connector that behave as recorded: flags, post queue, chat rooms, one post."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tests.sync.forums.nodebb_support import (
    Asked,
    LoopServer,
    Reply,
    as_recorded_admin,
    refusal,
    v3,
)

from modstation.models.items import Flag, Page, Revision
from modstation.sync.forums.nodebb import NodeBB


def flag(flag_id: int, target: int, state: str = "open", **more: Any) -> dict[str, Any]:
    """One row of the flag list as the server writes it."""
    row = {"flagId": flag_id, "type": "post", "targetId": str(target), "targetUid": 4, "state": state}
    return {**row, "assignee": None, "heat": 1, "datetime": 1795568713011, **more}


def detail(row: dict[str, Any]) -> dict[str, Any]:
    """The detail that belongs to a row."""
    reporter = {"uid": 8, "username": "user05", "userslug": "user05"}
    report = {"value": "spam", "timestamp": 1795568713011, "reporter": reporter}
    return {**row, "targetId": int(row["targetId"]), "reports": [report], "history": [], "notes": [], "assignees": []}


class FlagServer:
    """A list of flags that answers as recorded: filters echoed, newest first unless asked otherwise, in pages."""

    def __init__(self, server: LoopServer, rows: list[dict[str, Any]], cap: int = 10**9) -> None:
        self.server, self.rows, self.cap = server, rows, cap
        self.away: list[dict[str, Any]] = []
        self.between: list[Any] = []
        as_recorded_admin(server)
        server.on("GET", "/api/flags", self.answer)
        plain = server.fallback
        server.fallback = lambda asked: self.thing(asked) or plain(asked)

    def answer(self, asked: Asked) -> Reply:
        size = min(int(asked.query.get("perPage", "20")), self.cap)
        page = int(asked.query.get("page", "1"))
        listed = sorted(self.rows, key=lambda row: row["flagId"], reverse=asked.query.get("sort") != "oldest")
        body = {
            "flags": listed[(page - 1) * size : page * size],
            "count": len(listed),
            "filters": {"page": page, "perPage": size},
            "sort": asked.query.get("sort", "newest"),
        }
        if self.between:
            self.between.pop(0)()
        tag = f'W/"{hash(str(body)) & 0xFFFF:x}"'
        return Reply(304 if asked.headers.get("if-none-match") == tag else 200, body, {"ETag": tag})

    def thing(self, asked: Asked) -> Reply | None:
        family, _, target = asked.path.rpartition("/")
        if family == "/api/flags":
            found = next((row for row in self.rows + self.away if str(row["flagId"]) == target), None)
            return Reply(200, detail(found)) if found else None
        if family == "/api/v3/flags":
            # The same flag without its history.
            whole = Asked("GET", f"/api/flags/{target}", {}, {}, None)
            page = self.server.routes.get((whole.method, whole.path), self.thing)(whole)
            assert page is None or isinstance(page, Reply)
            return v3({name: value for name, value in page.data.items() if name != "history"}) if page else None
        if family == "/api/v3/posts":
            return v3({"pid": int(target), "uid": 4, "tid": 2, "content": f"post {target}", "deleted": 0})
        if family == "/api/v3/topics":
            return v3({"tid": int(target), "uid": 4, "cid": 5, "title": "A topic", "deleted": 0, "mainPid": 2})
        if family == "/api/v3/users":
            return v3({"uid": int(target), "username": f"user{target}", "userslug": f"user{target}"})
        return None


async def pulled(forum: NodeBB, state: str = "", feed: str = "flags") -> tuple[list[Page], str]:
    """All pages of one pull, and the bookmark after it."""
    pages = [page async for page in forum.pull(feed, state)]
    assert pages[-1].last
    assert not any(page.last for page in pages[:-1])
    return pages, pages[-1].state


def flags_in(pages: list[Page]) -> list[Flag]:
    return [row for page in pages for row in page.rows if isinstance(row, Flag)]


def revisions_in(pages: list[Page]) -> list[Revision]:
    return [row for page in pages for row in page.rows if isinstance(row, Revision)]


def queue_entry(queue_id: str, text: Any = "queued text", **more: Any) -> dict[str, Any]:
    data = {"rawContent": text, "content": "<p>queued text</p>", "tid": "3", "uid": 8, "timestamp": 1795568884722}
    user = {"uid": 8, "username": "user05", "userslug": "user05"}
    return {
        "id": queue_id,
        "type": "reply",
        "uid": "8",
        "data": data,
        "user": user,
        "topic": {"title": "A topic", "cid": 6},
        "category": {"cid": 6, "name": "Tech"},
        **more,
    }


class QueueServer:
    """The post queue as recorded: twenty a page, empty for an unknown id, empty without the right to decide."""

    def __init__(self, server: LoopServer, entries: list[dict[str, Any]]) -> None:
        self.entries, self.may, self.size = entries, True, 20
        plain = server.fallback
        server.on("GET", "/api/post-queue", self.answer)
        server.fallback = lambda asked: self.one(asked) or plain(asked)

    def answer(self, asked: Asked) -> Reply:
        page = int(asked.query.get("page", "1"))
        shown = self.entries[(page - 1) * self.size : page * self.size] if self.may else []
        count = max(1, -(-len(self.entries) // self.size))
        body = {"posts": shown, "canAccept": self.may, "pagination": {"pageCount": count}}
        tag = f'W/"{hash(str(body)) & 0xFFFF:x}"'
        return Reply(304 if asked.headers.get("if-none-match") == tag else 200, body, {"ETag": tag})

    def one(self, asked: Asked) -> Reply | None:
        if not asked.path.startswith("/api/post-queue/"):
            return None
        wanted = asked.path.rpartition("/")[2]
        found = [entry for entry in self.entries if entry.get("id") == wanted and self.may]
        return Reply(200, {"posts": found, "canAccept": self.may})


class ChatServer:
    """Chat rooms of the token's account, uid 1."""

    def __init__(self, server: LoopServer) -> None:
        self.rooms: dict[str, list[dict[str, Any]]] = {}
        as_recorded_admin(server)
        server.on("GET", "/api/v3/chats", self.listed)
        plain = server.fallback
        server.fallback = lambda asked: self.messages(asked) or plain(asked)

    def say(self, room: str, uid: int, text: str) -> None:
        mid = 1 + sum(len(said) for said in self.rooms.values())
        message = {"mid": mid, "fromuid": uid, "content": f"<p>{text}</p>", "timestamp": 1795568885000 + mid}
        self.rooms.setdefault(room, []).append(message | {"fromUser": {"uid": uid, "username": f"user{uid}"}})

    def listed(self, asked: Asked) -> Reply:
        newest = sorted(self.rooms, key=lambda room: -self.rooms[room][-1]["mid"])
        rooms = [{"roomId": int(room), "teaser": self.rooms[room][-1], "users": [{"uid": 7}]} for room in newest]
        start, size = int(asked.query["start"]), int(asked.query["perPage"])
        return v3({"rooms": rooms[start : start + size], "nextStart": start + size})

    def messages(self, asked: Asked) -> Reply | None:
        parts = asked.path.split("/")
        if asked.path.endswith("/raw"):
            (said,) = [said for room in self.rooms.values() for said in room if str(said["mid"]) == parts[-2]]
            return v3({"content": said["content"][3:-4]})
        if asked.path.endswith("/messages"):
            talk = self.rooms[parts[-2]]
            newest = len(talk) - int(asked.query.get("start", "0"))
            return v3({"messages": talk[max(0, newest - 50) : max(0, newest)]})
        return None


class State:
    """One post, its topic and its author, that really change."""

    def __init__(self, server: LoopServer) -> None:
        as_recorded_admin(server)
        self.post: dict[str, Any] | None = {"pid": 2, "uid": 4, "tid": 3, "content": "text", "deleted": 0}
        self.topic: dict[str, Any] | None = {"tid": 3, "uid": 4, "cid": 5, "title": "T", "deleted": 0, "locked": 0}
        self.user: dict[str, Any] = {"uid": 4, "username": "user01", "userslug": "user01"}
        server.on("GET", "/api/v3/posts/2", lambda asked: self.told(self.post))
        server.on("GET", "/api/v3/topics/3", lambda asked: self.told(self.topic))
        server.on("GET", "/api/v3/users/4", lambda asked: v3(self.user))
        server.on("GET", "/api/v3/users/1", v3({"uid": 1, "username": "forumadmin"}))
        for family, thing in (("posts/2", "post"), ("topics/3", "topic")):
            server.on("DELETE", f"/api/v3/{family}/state", self.setting(thing, deleted=1))
            server.on("PUT", f"/api/v3/{family}/state", self.setting(thing, deleted=0))
            server.on("DELETE", f"/api/v3/{family}", functools.partial(self.purge, thing))
        server.on("PUT", "/api/v3/topics/3/lock", lambda asked: self.set("topic", locked=1))
        server.on("DELETE", "/api/v3/topics/3/lock", lambda asked: self.set("topic", locked=0))
        server.on("PUT", "/api/v3/users/4/ban", lambda asked: self.penalty("banned", "banned:expire", asked))
        server.on("DELETE", "/api/v3/users/4/ban", lambda asked: self.lift("banned"))
        server.on("PUT", "/api/v3/users/4/mute", lambda asked: self.penalty("muted", "mutedUntil", asked))
        server.on("DELETE", "/api/v3/users/4/mute", lambda asked: self.lift("muted"))

    @staticmethod
    def told(thing: dict[str, Any] | None) -> Reply:
        return v3(thing) if thing is not None else refusal(404, "does not exist")

    def setting(self, thing: str, **fields: Any) -> Callable[[Asked], Reply]:
        return lambda asked: self.set(thing, **fields)

    def set(self, thing: str, **fields: Any) -> Reply:
        getattr(self, thing).update(fields, deleterUid=1)
        return v3({})

    def purge(self, thing: str, asked: Asked) -> Reply:
        setattr(self, thing, None)
        return v3({})

    def penalty(self, name: str, end: str, asked: Asked) -> Reply:
        self.user |= {name: True, end: asked.body.get("until", 0)}
        return v3({})

    def lift(self, name: str) -> Reply:
        self.user[name] = False
        return v3({})
