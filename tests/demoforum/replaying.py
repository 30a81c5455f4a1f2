"""Replay a recorded story against the demo forum, with what happened between the recorded calls done by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

from tests.contracts.recorded import TELLING, Difference, Exchange, differences, story
from tests.demoforum.recorded_world import token, world

from modstation.demoforum import DemoForum
from modstation.demoforum.flag_deeds import add_note, purge, report, settle, update
from modstation.demoforum.forum import Forum
from modstation.demoforum.post_deeds import purge as purge_post
from modstation.demoforum.post_deeds import put_in_queue, set_deleted
from modstation.demoforum.records import Registration, Sanction

Step = Callable[[Forum], None]


class Client:
    """Sends recorded requests, each on a connection of its own, and learns entity tags as the recorder did."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._tags: dict[str, str] = {}

    def send(self, exchange: Exchange) -> tuple[int, Any]:
        """Send a recorded request and give status and parsed body."""
        headers = dict(exchange.headers)
        headers.pop("Authorization", None)
        if exchange.uid is not None:
            headers["Authorization"] = "Bearer " + (token(exchange.uid) if exchange.uid >= 0 else "wrong")
        for name in ("If-None-Match", "If-Match"):
            if name in headers:
                headers[name] = self._tag(exchange, headers)
        body = _body(exchange, headers)
        status, raw, tag = self._ask(exchange.method, exchange.target, body, headers)
        self._tags.setdefault(_who(exchange), tag)
        return status, _parsed(raw)

    def _tag(self, exchange: Exchange, headers: dict[str, str]) -> str:
        if _who(exchange) not in self._tags:
            plain = {name: value for name, value in headers.items() if not name.startswith("If-")}
            self._tags[_who(exchange)] = self._ask("GET", exchange.target, None, plain)[2]
        return self._tags[_who(exchange)]

    def _ask(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes, str]:
        connection = HTTPConnection(self._host, timeout=30)
        try:
            connection.request(method, quote(target, safe="/?&=%:-"), body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("etag") or ""
        finally:
            connection.close()


def _who(exchange: Exchange) -> str:
    return f"{exchange.uid} {exchange.target}"


def _body(exchange: Exchange, headers: dict[str, str]) -> bytes | None:
    if exchange.body is None:
        return None
    if isinstance(exchange.body, str):
        return exchange.body.encode()
    headers.setdefault("content-type", "application/json")
    return json.dumps(exchange.body).encode()


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode()


def replay(name: str) -> Iterator[tuple[Exchange, list[Difference]]]:
    """Send a whole story and give, for each exchange, what differs from the recording."""
    with DemoForum(forum=world()) as demo:
        client = Client(demo.url)
        for pair in _together(story(name).exchanges):
            _meanwhile(demo.forum, name, pair[0])
            demo.forum.clock.fixed_ms = pair[0].at
            answers = _send(demo.forum, client, pair)
            for exchange, (status, answer) in zip(pair, answers, strict=True):
                ignored = IGNORED.get((name, exchange.id), ())
                yield exchange, differences(exchange, status, answer, ignore=ignored, values=TELLING - set(ignored))


def _together(exchanges: tuple[Exchange, ...]) -> Iterator[list[Exchange]]:
    """Exchanges one by one, those sent at the same instant as pairs."""
    waiting = list(exchanges)
    while waiting:
        first = waiting.pop(0)
        second = first.id.removesuffix("-1") + "-2"
        if first.id.endswith("-1") and waiting and waiting[0].id == second and first.id[:-2] in RACES:
            yield [first, waiting.pop(0)]
        else:
            yield [first]


def _send(forum: Forum, client: Client, pair: list[Exchange]) -> list[tuple[int, Any]]:
    if len(pair) == 1:
        return [client.send(pair[0])]
    if not RACES[pair[0].id[:-2]]:
        return [client.send(exchange) for exchange in reversed(pair)][::-1]
    forum.meet(2)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(client.send, pair))


def _meanwhile(forum: Forum, name: str, exchange: Exchange) -> None:
    """Do what happened between the recorded calls, a moment before the next one."""
    forum.clock.fixed_ms = exchange.at - 60
    steps = [BEFORE.get((name, exchange.id))]
    if exchange is story(name).exchanges[0]:
        steps.insert(0, BEFORE.get((name, "")))
    for step in steps:
        if step:
            step(forum)


#: Pairs sent at the same instant; whether both passed their check before either acted.
RACES = {"delete-post": True, "delete-vs-restore": False, "purge-vs-delete": True, "first-reports": True}


# -- what happened between the recorded calls -------------------------------------------------------------------------


def _report(
    forum: Forum, uid: int, target: int, reason: str = "spam", number: int = 0, at: int = 0, kind: str = "post"
) -> None:
    if number:
        forum.books.reach("flag", number - 1)
    before, forum.clock.fixed_ms = forum.clock.fixed_ms, at or forum.clock.fixed_ms
    report(forum, forum.accounts[uid], kind, target, reason)
    forum.clock.fixed_ms = before


def _reopened(forum: Forum) -> None:
    admin, flag = forum.accounts[1], forum.flags[59]
    update(forum, admin, flag, "resolved", None)
    update(forum, admin, flag, "open", None)


def _few_open(forum: Forum) -> None:
    purge(forum, forum.flags[7])
    still = {2, 3, 5, 8, 9, *range(11, 44)}
    for number in set(forum.flags) - still:
        settle(forum, number, 1)


def _resolve_first_page(forum: Forum) -> None:
    for number in (2, 3, 5):
        settle(forum, number, 2)


def _banned_and_freed(forum: Forum) -> None:
    record = forum.accounts[18].sanctions
    record.append(Sanction("ban", 2, 1795568884327, "[[user:info.banned-no-reason]]"))
    record.extend(Sanction("unban", 2, at, "[[user:info.banned-no-reason]]") for at in (1795569025136, 1795569025147))


def _deleted_and_flagged(forum: Forum) -> None:
    _report(forum, 2, 155, "deleted, not purged", 73)
    set_deleted(forum, forum.accounts[1], forum.posts[155], True)


def _one_post_topic(forum: Forum) -> None:
    topic = forum.add_topic(7, 8, "single post topic", tid=32)
    forum.add_post(topic, 8, "only one post in this topic", pid=207)


def _no_account_30(forum: Forum) -> None:
    forum.accounts[30].gone = True


def _in_progress(forum: Forum) -> None:
    _report(forum, 13, 75, "coupling", 79)
    update(forum, forum.accounts[1], forum.flags[79], "wip", "3")


def _purged_later(forum: Forum) -> None:
    topic = forum.add_topic(7, 8, "to be purged", tid=33)
    forum.add_post(topic, 8, "flagged and then purged", pid=212)
    _report(forum, 2, 212, "purge test", 77)


def _answered(forum: Forum) -> None:
    for uid in (22, 5, 6):
        forum.add_post(forum.topics[3], uid, "an answer in topic three")


def _deleted_topic(forum: Forum) -> None:
    _one_post_topic(forum)
    set_deleted(forum, forum.accounts[2], forum.posts[207], True)


def _one_purged(forum: Forum) -> None:
    _report(forum, 14, 124, number=66)
    _report(forum, 14, 154, number=72)
    purge_post(forum, forum.accounts[1], forum.posts[154])


def _busy_reporter(forum: Forum) -> None:
    for pid in (170, 172, 174):
        _report(forum, 33, pid)


def _quick_message(forum: Forum) -> None:
    forum.add_post(forum.topics[3], 25, "first quick message")


def _three_resolved(forum: Forum) -> None:
    _report(forum, 14, 17, number=71, kind="user")
    settle(forum, 71, 2)
    for number, pid in ((72, 154), (73, 155)):
        _report(forum, 14, pid, number=number)
        settle(forum, number, 1)


def _waiting(forum: Forum) -> None:
    forum.books.reach("post", 208)
    for uid, at in ((9, 1795568884731), (10, 1795568884739), (11, 1795568884745), (31, 1795568884752)):
        forum.clock.fixed_ms = at
        put_in_queue(forum, forum.accounts[uid], "reply", "待审核的回复 queued reply", 6, tid=3)
    forum.books.reach("post", 208)


def _newcomers(forum: Forum) -> None:
    for number, at in ((1, 1795568885200), (2, 1795568885425), (3, 1795568885701)):
        name = f"newbie{number}"
        forum.registrations[name] = Registration(name, f"{name}@forum.invalid", at)


def _only_one_newcomer(forum: Forum) -> None:
    del forum.registrations["newbie1"], forum.registrations["newbie2"]


BEFORE: dict[tuple[str, str], Step] = {
    ("flags-list", "paging-shift-2-new-flag-arrived"): lambda forum: _report(forum, 23, 3, at=1795568883134),
    ("flags-list", "state-order-2-after-reopen"): _reopened,
    ("flags-list", "state-order-3-new-report-on-open-flag"): lambda forum: _report(forum, 24, 2),
    ("flags-list", "paging-while-resolving-1"): _few_open,
    ("flags-list", "paging-while-resolving-2"): _resolve_first_page,
    ("flag-detail", "v3-detail-author-account-deleted"): _no_account_30,
    ("flag-actions", ""): lambda forum: _report(forum, 23, 3),
    ("flag-actions", "rescind-last-report"): lambda forum: _report(forum, 14, 126),
    ("flag-actions", "delete-flag"): lambda forum: _report(forum, 14, 127),
    ("flag-actions", "if-match-read"): _banned_and_freed,
    ("flag-actions", "if-none-match-changed"): lambda forum: add_note(
        forum, forum.accounts[1], forum.flags[8], "changes the body", 0
    ),
    ("flag-detail", "v3-detail-section-mod-own"): lambda forum: _report(forum, 24, 2),
    ("concurrency", "flag-state-1"): lambda forum: forum.books.reach("flag", 73),
    ("concurrency", "first-reports-after-post-deleted"): lambda forum: set_deleted(
        forum, forum.accounts[1], forum.posts[135], True
    ),
    ("errors-and-auth", "flag-limit-reached"): _busy_reporter,
    ("errors-and-auth", "post-too-fast"): _quick_message,
    ("sync", "flags-newest"): _three_resolved,
    ("categories", "topics"): _deleted_topic,
    ("users", "history-info"): lambda forum: _report(forum, 14, 17, number=71, kind="user"),
    ("users", "history-info-muted"): _one_purged,
    ("posts", "purge"): lambda forum: _report(forum, 14, 154, "to be purged", 72),
    ("posts", "flag-of-deleted-post"): _deleted_and_flagged,
    ("posts", "delete-only-post-of-topic"): _one_post_topic,
    ("posts", "author-account-deleted"): _no_account_30,
    ("posts", "coupling-1-flag-in-progress"): _in_progress,
    ("topics", "purge-topic-with-flag"): _purged_later,
    ("notices", "notifications"): _waiting,
    ("queues", ""): _answered,
    ("queues", "queued-topic"): _waiting,
    ("queues", "registration-queue-list"): _newcomers,
    ("queues", "registration-queue-after"): _only_one_newcomer,
}
#: Fields that depend on parts of the world which no recording shows.
IGNORED: dict[tuple[str, str], tuple[str, ...]] = {
    ("concurrency", "delete-post-after"): ("deleterUid",),
    ("concurrency", "ban-after"): ("banned:expire", "banned_until_readable"),
    ("concurrency", "first-reports-1"): ("flagId",),
    ("concurrency", "first-reports-2"): ("flagId",),
    ("categories", "page-category"): ("index",),
    ("errors-and-auth", "form-body"): ("fields",),
    ("errors-and-auth", "master-token-acts-as"): ("fields",),
    ("errors-and-auth", "bearer-plus-kept-cookie"): ("fields",),
    ("notices", "notifications"): ("filters", "count"),
    ("sync", "recent-topics"): ("filters", "index"),
    ("sync", "flag-notifications-unread"): ("filters", "count"),
    ("users", "history-info-muted"): ("flagId", "targetId"),
    ("posts", "index"): ("index",),
    ("posts", "context-topic-page"): ("count",),
    ("flag-detail", "v3-detail-section-mod-own"): ("count",),
    ("sync", "flags-newest"): ("count",),
}
