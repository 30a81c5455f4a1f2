"""Calls on chats, which carry notices, and on notifications."""

from __future__ import annotations

from .answers import Answer, Json, Refusal, ok
from .clock import iso
from .flag_deeds import may_handle
from .forum import Forum, allow, need
from .markup import plain, render
from .page_views import page, pagination
from .people_views import brief, chatting
from .records import Account, Flag, Message, Queued, Room
from .routing import Request, routes, whole

LONGEST = 1000
_BREAK_MS = 5 * 60 * 1000
_PAGE = 20


def find(forum: Forum, caller: Account | None, number: str) -> Room:
    """A room the caller is in."""
    room: Room = need(forum.rooms.get(whole(number)), "no-privileges", 403)
    allow(caller is not None and caller.uid in room.uids)
    return room


def open_room(forum: Forum, caller: Account, uids: list[int]) -> Room:
    """Open a room. With the same person a second time it is a second room (a trap)."""
    for uid in uids:
        if uid == caller.uid:
            raise Refusal(400, "chat-self")
        need(forum.account(uid), "no-user", 400)
    room = Room(forum.books.next("room"), caller.uid, [caller.uid, *uids], forum.clock.stamp())
    forum.rooms[room.room] = room
    forum.changed(f"room/{room.room}", f"opened with {uids}")
    return room


def say(forum: Forum, uid: int, room: Room, text: str) -> Message:
    """Send a message; the same one twice is two messages."""
    message = Message(forum.books.next("message"), room.room, uid, text, forum.clock.stamp())
    room.messages.append(message)
    forum.changed(f"room/{room.room}", f"message {message.mid} from {uid}")
    return message


@routes.on("GET", "/api/v3/chats")
def list_rooms(forum: Forum, request: Request) -> Answer:
    """The caller's rooms, the most recently used first."""
    mine = [room for room in forum.rooms.values() if request.who.uid in room.uids]
    mine.sort(key=_used, reverse=True)
    start = abs(whole(request.one("start", "0")))
    size = request.number("perPage", _PAGE)
    shown = mine[start : start + size]
    return ok({"rooms": [_room_row(forum, room, request.who) for room in shown], "nextStart": start + len(shown)})


def _used(room: Room) -> int:
    return room.messages[-1].at if room.messages else room.at


def _room_row(forum: Forum, room: Room, caller: Account) -> Json:
    others = [uid for uid in room.uids if uid != caller.uid]
    teaser = room.messages[-1] if room.messages else None
    return {
        **_room(room),
        "owner": room.owner,
        "users": [brief(forum, uid) for uid in others],
        "usernames": ", ".join(str(brief(forum, uid)["username"]) for uid in others),
        "unread": bool(teaser and teaser.uid != caller.uid),
        "teaser": _teaser(forum, teaser) if teaser else None,
    }


def _teaser(forum: Forum, message: Message) -> Json:
    return {
        "fromuid": message.uid, "content": plain(message.text), "timestamp": message.at,
        "timestampISO": iso(message.at), "user": brief(forum, message.uid),
    }  # fmt: skip


def _room(room: Room) -> Json:
    return {
        "roomId": room.room, "timestamp": room.at, "notificationSetting": 3, "messageCount": len(room.messages),
        "joinLeaveMessages": 0, "groupChat": len(room.uids) > 2, "userCount": len(room.uids), "roomName": "",
        "public": False, "groups": [],
    }  # fmt: skip


@routes.on("POST", "/api/v3/chats")
def create(forum: Forum, request: Request) -> Answer:
    """Open a room with people; a banned person can be written to."""
    request.required("uids")
    uids = request.given["uids"]
    if not isinstance(uids, list) or not uids:
        raise Refusal(400, "invalid-data")
    return ok(_room(open_room(forum, request.who, [whole(uid) for uid in uids])))


@routes.on("GET", "/api/v3/chats/{room_id}")
def get(forum: Forum, request: Request, room_id: str) -> Answer:
    """A room with its newest messages."""
    room = find(forum, request.who, room_id)
    return ok({**_room_row(forum, room, request.who), "messages": messages(forum, room, request.who)})


@routes.on("POST", "/api/v3/chats/{room_id}")
def send(forum: Forum, request: Request, room_id: str) -> Answer:
    """Send a message: 1 to 1000 characters."""
    room = find(forum, request.who, room_id)
    request.required("message")
    text = str(request.given["message"])
    if len(text) > LONGEST:
        raise Refusal(400, "chat-too-long", LONGEST)
    if not text.strip():
        raise Refusal(400, "chat-empty")
    say(forum, request.who.uid, room, text)
    told = _message(forum, room, len(room.messages) - 1, request.who)
    del told["index"]
    return ok(told)


@routes.on("GET", "/api/v3/chats/{room_id}/messages")
def read(forum: Forum, request: Request, room_id: str) -> Answer:
    """Messages of a room, oldest first; `start` skips from the newest end."""
    room = find(forum, request.who, room_id)
    return ok({"messages": messages(forum, room, request.who, abs(whole(request.one("start", "0"))))})


def messages(forum: Forum, room: Room, caller: Account, start: int = 0) -> list[Json]:
    """Up to fifty messages, counted back from the newest."""
    end = len(room.messages) - start
    return [_message(forum, room, i, caller) for i in range(max(0, end - 50), max(0, end))]


def _message(forum: Forum, room: Room, index: int, caller: Account) -> Json:
    message = room.messages[index]
    before = room.messages[index - 1] if index else None
    new_set = before is None or before.uid != message.uid or message.at - before.at > _BREAK_MS
    return {
        "fromuid": message.uid,
        "timestamp": message.at,
        "mid": message.mid,
        "content": render(message.text, forum.url),
        "roomId": str(room.room),
        "edited": 0,
        "deleted": 0,
        "system": 0,
        "timestampISO": iso(message.at),
        "editedISO": "",
        "messageId": message.mid,
        "isOwner": message.uid == room.owner,
        "fromUser": chatting(forum, message.uid),
        "self": int(message.uid == caller.uid),
        "newSet": new_set,
        "index": index,
    }


@routes.on("GET", "/api/v3/chats/{room_id}/messages/{mid}/raw")
def raw(forum: Forum, request: Request, room_id: str, mid: str) -> Answer:
    """The source text of one message."""
    room = find(forum, request.caller, room_id)
    found = next((message for message in room.messages if message.mid == whole(mid)), None)
    message: Message = need(found, "invalid-data", 400)
    return ok({"content": message.text})


@routes.on("GET", "/api/unread/total")
def unread(forum: Forum, request: Request) -> Answer:
    """How many topics the caller has not read."""
    return Answer(body=sum(1 for topic in forum.topics.values() if forum.can_read_topic(request.caller, topic)))


@routes.on("GET", "/api/notifications")
def notifications(forum: Forum, request: Request) -> Answer:
    """What the caller was told: new flags and queued posts, newest first."""
    told = _told(forum, request.caller)
    wanted = request.one("filter")
    shown = [entry for entry in told if not wanted or entry["type"] == wanted]
    number = request.number("page", 1)
    body: Json = {
        "notifications": shown[(number - 1) * _PAGE : number * _PAGE],
        "unreadNids": [entry["nid"] for entry in shown[:50]],
        "pagination": pagination(number, -(-len(shown) // _PAGE), request),
        **_filters(told, wanted),
    }
    return page(forum, request, "notifications", "[[pages:notifications]]", body)


def _told(forum: Forum, caller: Account | None) -> list[Json]:
    told = [_queue_notice(forum, entry) for entry in forum.queue.values() if forum.moderates(caller, entry.cid)]
    for flag in forum.flags.values():
        if may_handle(forum, caller, flag):
            told.append(_flag_notice(forum, flag))
    return sorted(told, key=lambda entry: int(entry["datetime"]), reverse=True)


def _flag_notice(forum: Forum, flag: Flag) -> Json:
    last = flag.reports[-1] if flag.reports else None
    uid = last.uid if last else flag.target_uid
    post = forum.posts.get(flag.target) if flag.type == "post" else None
    topic = forum.topics.get(post.tid) if post else None
    title = topic.title if topic else ""
    kind = f"new-{flag.type}-flag"
    words = f"<strong>{brief(forum, uid)['username']}</strong> flagged a {flag.type} in <strong>{title}</strong>"
    told = _notice(forum, kind, f"flag:{flag.type}:{flag.target}:{uid}", f"/flags/{flag.flag_id}", uid, words)
    told.update(datetime=last.at if last else flag.at, bodyLong=plain(post.text) if post else "", topicTitle=title)
    told.update(mergeId=f"notifications:user-flagged-{flag.type}-in|{flag.target}", datetimeISO=iso(told["datetime"]))
    if post is not None:
        told["pid"] = post.pid
    return told


def _queue_notice(forum: Forum, entry: Queued) -> Json:
    words = "Topic awaiting review" if entry.kind == "topic" else "Post awaiting review"
    told = _notice(forum, "post-queue", f"post-queue-{entry.id}", f"/post-queue/{entry.id}", entry.uid, words)
    told.update(datetime=entry.at, datetimeISO=iso(entry.at), bodyLong=entry.title or plain(entry.text))
    told["mergeId"] = f"post-queue-{entry.kind}-uid-{entry.uid}"
    return told


def _notice(forum: Forum, kind: str, nid: str, path: str, uid: int, words: str) -> Json:
    return {
        "type": kind, "nid": nid, "path": path, "from": uid, "bodyShort": words, "importance": 5,
        "user": brief(forum, uid), "image": None, "read": False, "readClass": "unread",
    }  # fmt: skip


_REGULAR = (
    ("[[global:topics]]", "new-topic"), ("[[notifications:replies]]", "new-reply"),
    ("[[notifications:tags]]", "new-topic-with-tag"), ("[[notifications:categories]]", "new-topic-in-category"),
    ("[[notifications:chat]]", "new-chat"), ("[[notifications:group-chat]]", "new-group-chat"),
    ("[[notifications:public-chat]]", "new-public-chat"), ("[[notifications:follows]]", "follow"),
    ("[[notifications:upvote]]", "upvote"), ("[[notifications:awards]]", "new-reward"),
    ("[[notifications:mentions]]", "mention"),
)  # fmt: skip
_MODERATOR = (
    ("[[notifications:new-flags]]", "new-post-flag"), ("[[notifications:my-flags]]", "my-flags"),
    ("[[notifications:bans]]", "ban"),
)  # fmt: skip


def _filters(told: list[Json], wanted: str) -> Json:
    everything: Json = {"name": "[[notifications:all]]", "filter": "", "selected": not wanted}
    regular = [everything, *(_filter(told, wanted, *one) for one in _REGULAR)]
    moderator = [_filter(told, wanted, *one) for one in _MODERATOR]
    chosen = next((one for one in regular + moderator if one["selected"]), everything)
    both = [*regular, {"separator": True, "selected": False}, *moderator]
    return {"filters": both, "regularFilters": regular, "moderatorFilters": moderator, "selectedFilter": chosen}


def _filter(told: list[Json], wanted: str, name: str, kind: str) -> Json:
    count = sum(1 for entry in told if entry["type"] == kind)
    return {"name": name, "filter": kind, "selected": wanted == kind, "count": count}
