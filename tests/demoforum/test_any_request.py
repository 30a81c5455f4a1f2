"""Whatever is asked, by whomever, the forum answers as a forum and never breaks."""

from __future__ import annotations

import functools
import json
import pickle
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from modstation.demoforum import Plan, riverside
from modstation.demoforum.faults import Faults
from modstation.demoforum.forum import Forum, token_for
from modstation.demoforum.routing import routes
from modstation.demoforum.site import Site

ROUTES = [(route.method, route.pattern.pattern) for route in routes._routes]
IDS = st.sampled_from(
    ["1", "2", "5", "9", "999999", "0", "-1", "abc", "²", "１", "kay_b", "%00", "groups:topics:reply", "1795568883421"]
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 60)
    | st.sampled_from(["", "1", "open", "wip", "post", "user", "x" * 20, "\ud800\x00"])
)
FIELDS = st.sampled_from(
    (
        "state", "assignee", "note", "datetime", "type", "id", "reason", "until", "content", "title", "cid", "tid",
        "uids", "message", "member", "value", "disabled",
    )
)  # fmt: skip
BODIES = st.none() | st.dictionaries(FIELDS, VALUES | st.lists(st.integers(0, 50), max_size=3), max_size=5)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["page", "perPage", "state", "cid", "sort", "lang", "after", "start", "filter", "section", "quick", "assignee"]
    ),
    IDS,
    max_size=3,
)
CALLERS = st.sampled_from(["admin", "moderator", "nobody", ""])


def ask(
    site: Site, route: tuple[str, str], number: str, query: dict[str, str], body: Any, caller: str
) -> tuple[int, bytes]:
    path = re.sub(r"\(\?P<\w+>[^)]*\)", number, route[1].strip("^$").removesuffix("/?"))
    target = path + "?" + "&".join(f"{name}={value}" for name, value in query.items())
    headers = {"content-type": "application/json"}
    if caller:
        headers["authorization"] = "Bearer " + token_for(5, caller)
    raw = b"" if body is None else json.dumps(body).encode()
    reply = site.reply(route[0], target, headers, raw)
    assert reply is not None
    return reply.status, reply.body


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(ROUTES), IDS, QUERIES, BODIES, CALLERS), min_size=1, max_size=8))
def test_no_sequence_of_calls_breaks_the_forum(
    calls: list[tuple[tuple[str, str], str, dict[str, str], Any, str]],
) -> None:
    site = Site(fresh(), Faults())
    for route, number, query, body, caller in calls:
        status, raw = ask(site, route, number, query, body, caller)
        assert status in (200, 202, 400, 401, 403, 404, 503)
        raw.decode("utf-8", "strict" if route[0] != "HEAD" and "/assets/" not in route[1] else "replace")
    coherent(site.forum)


def coherent(forum: Forum) -> None:
    """What must hold however the forum was treated."""
    for topic in forum.topics.values():
        assert all(forum.posts[pid].tid == topic.tid for pid in topic.pids)
    for section in forum.sections.values():
        assert all(forum.topics[tid].cid == section.cid for tid in section.tids)
    assert sum(len(pids) for pids in forum.posts_of.values()) == len(forum.posts)
    assert sorted(number for numbers in forum.flags_of.values() for number in numbers) == sorted(forum.flags)
    assert [one.id for one in forum.mutations] == list(range(1, len(forum.mutations) + 1))


PARTS = (
    "accounts", "slugs", "sections", "topics", "posts", "posts_of", "flags", "flags_of", "queue", "registrations",
    "uploads", "tokens", "books", "settings",
)  # fmt: skip


@functools.cache
def made() -> bytes:
    forum = riverside(Plan(seed=5, items=12, quiet=30, queued=2, registrations=1, hostile=True))
    return pickle.dumps({name: getattr(forum, name) for name in PARTS})


def fresh() -> Forum:
    """A copy of one forum that is made once."""
    forum = Forum()
    for name, value in pickle.loads(made()).items():
        setattr(forum, name, value)
    return forum
