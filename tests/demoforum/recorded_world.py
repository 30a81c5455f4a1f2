"""The forum as it stood when the recordings began: the same people, boards, topics, posts and flags by number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.contracts.recorded import RECORDINGS, STORIES, story

from modstation.demoforum.clock import Clock
from modstation.demoforum.flag_deeds import add_report
from modstation.demoforum.forum import Forum
from modstation.demoforum.records import ADMINISTRATORS, GLOBAL_MODERATORS, Sanction, Topic

MASTER = "master"
START = 1795568882000
_NAMES = {1: "forumadmin", 2: "mod_global", 3: "mod_section", 31: "中文用户一", 32: "中文用户二", 33: "emoji_fan"}
_BOARDS = (
    (1, "Announcements", "Announcements regarding our community", 0),
    (2, "General Discussion", "A place to talk about whatever you want", 0),
    (3, "Comments & Feedback", "Got a question? Ask away!", 0),
    (4, "Blogs", "Blog posts from individual members", 0),
    (5, "综合讨论", "General talk 综合", 0),
    (6, "Tech Q&A", "questions & answers", -1),
    (7, "跳蚤市场", "buy & sell", -2),
)
LAST_POST = 206
_IN_TOPIC_2 = 55
_BY_USER05 = (50, 39, 27)


def token(uid: int) -> str:
    """The token of an account in this world."""
    return MASTER if uid == 0 else f"token-of-{uid}"


def world() -> Forum:
    """Make the world, as far as the recordings tell of it; what they never show is filled in."""
    clock = Clock()
    clock.fixed_ms = START
    forum = Forum("NodeBB", clock)
    _people(forum)
    for cid, name, about, order in _BOARDS:
        forum.add_section(name, about, cid=cid, order=order)
    forum.sections[5].moderators.append(3)
    _content(forum)
    _flags(forum)
    forum.mutations.clear()
    return forum


def _people(forum: Forum) -> None:
    groups = {1: [ADMINISTRATORS], 2: [GLOBAL_MODERATORS]}
    for uid in range(1, 34):
        name = _NAMES.get(uid, f"user{uid - 3:02d}")
        forum.add_account(name, uid=uid, joined=START - 200_000 + uid * 250, groups=groups.get(uid, []))
        forum.add_token(uid, token(uid))
    forum.accounts[1].email, forum.accounts[1].email_confirmed = "admin@forum.invalid", True
    forum.add_token(0, MASTER)


def _content(forum: Forum) -> None:
    told = {int(post["pid"]): post for post in _objects("pid", "tid", "uid", "timestamp") if str(post["pid"]).isdigit()}
    owners = {
        int(row["targetId"]): int(row["targetUid"])
        for row in _objects("targetId", "targetUid")
        if row["type"] == "post"
    }
    titles = {int(topic["tid"]): str(topic["title"]) for topic in _objects("tid", "cid", "title", "mainPid")}
    topics: dict[int, Topic] = {}
    for tid in range(1, 32):
        uid = 1 if tid == 1 else tid + 2
        cid = 4 if tid == 1 else 5 + (tid - 2) % 3
        topics[tid] = forum.add_topic(cid, uid, titles.get(tid, f"topic {tid}"), tid=tid, at=START - 180_000 + tid)
        forum.add_post(topics[tid], uid, _text(told.get(tid)), pid=tid, at=START - 180_000 + tid)
    elsewhere = [topics[tid] for tid in (14, 5, 8, 11, 17, 20, 23, 26, 29)]
    spare = iter(range(_IN_TOPIC_2 - sum(post["tid"] == 2 for post in told.values())))
    for pid in range(32, LAST_POST + 1):
        post = told.get(pid, {})
        usual = topics[2] if next(spare, None) is not None else elsewhere[pid % len(elsewhere)]
        topic = topics[int(post["tid"])] if post else usual
        parent = int(post.get("toPid") or 0)
        uid = owners.get(pid) or int(post.get("uid") or 24 + pid % 5)
        forum.add_post(topic, uid, _text(post), pid=pid, at=START - 150_000 + pid, to_pid=parent)


def _text(post: dict[str, Any] | None) -> str:
    content = str((post or {}).get("content") or "a post that no recording shows")
    return "rendered elsewhere" if content.startswith("<p") else content


def _flags(forum: Forum) -> None:
    rows = {int(row["flagId"]): row for row in _first_rows()}
    reports = _early_reports()
    times = {int(flag["flagId"]): int(flag["datetime"]) for flag in _objects("flagId", "datetime", "targetId")}
    for number in range(1, 65):
        kind, target = ("post", number * 2) if number <= 60 else ("user", number - 54)
        row = rows.get(number, {})
        at = int(times.get(number) or times[max(known for known in times if known < number)] + 1)
        own = forum.posts[target].uid if kind == "post" else target
        usual = [uid for uid in ((8,) if number in _BY_USER05 else ()) + tuple(range(9, 30)) if uid != own]
        told = reports.get(number) or [
            (uid, "spam", at + 5 * i) for i, uid in enumerate(usual[: int(row.get("heat") or 1)])
        ]
        flag = None
        for uid, reason, when in told:
            flag = add_report(forum, forum.accounts[uid], flag, kind, target, reason, when)


def _early_reports() -> dict[int, list[tuple[int, str, int]]]:
    """Reports that stood before the recordings began, by flag, oldest first: from histories, then from details."""
    found: dict[int, list[tuple[int, str, int]]] = {}
    for name in STORIES:
        for exchange in story(name).exchanges:
            number = re.fullmatch(r"/api/(?:v3/)?flags/(\d+)(?:/notes)?", exchange.path)
            for told in _walk(exchange.answer, ("history",)) if number else ():
                found.setdefault(int(number[1]), _from_history(told["history"]))  # type: ignore[index]
    for told in _objects("flagId", "reports"):
        reports = [(one["reporter"]["uid"], one["value"], one["timestamp"]) for one in told["reports"]]
        early = [one for one in reports if one[2] < START and one[0]]
        if early:
            found[int(told["flagId"])] = early[::-1]
    return {number: reports for number, reports in found.items() if reports}


def _from_history(history: list[dict[str, Any]]) -> list[tuple[int, str, int]]:
    made = [one for one in history if "fields" in one and one["datetime"] < START]
    return [(int(one["uid"]), "spam", one["datetime"]) for one in reversed(made)]


def _first_rows() -> Iterator[dict[str, Any]]:
    told = json.loads((RECORDINGS / "flags-list.json").read_text("utf-8"))
    for exchange in told["exchanges"][:20]:
        yield from exchange["response"]["body"].get("flags", [])


def _objects(*names: str) -> Iterator[dict[str, Any]]:
    for name in STORIES:
        yield from _walk(json.loads((RECORDINGS / f"{name}.json").read_text("utf-8")), names)


def _walk(value: Any, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if all(name in value for name in names):
            yield value
        for inner in value.values():
            yield from _walk(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, names)


def ban(forum: Forum, uid: int, reason: str) -> None:
    """Ban an account outside the recorded calls."""
    who = forum.accounts[uid]
    who.banned = True
    who.sanctions.append(Sanction("ban", 2, forum.clock.stamp(), reason))
