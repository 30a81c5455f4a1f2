"""The forum as a logged-out reader sees it in a browser: plain pages, enough to check with one's own eyes."""

from __future__ import annotations

import html

from .answers import Answer
from .forum import Forum
from .markup import render
from .people_views import author
from .post_views import DELETED_TEXT
from .records import Post, Topic
from .routing import whole

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}"
    "article{border-top:1px solid #ccc}img{max-width:100%}"
)


def answer(forum: Forum, path: str) -> Answer:
    """A page for `/`, `/category/N`, `/topic/N` or `/post/N`; 404 for everything a guest may not see."""
    parts = [part for part in path.split("/") if part]
    number = whole(parts[1]) if len(parts) > 1 else 0
    with forum.lock:
        if not parts:
            return _html(forum.title, _sections(forum))
        if parts[0] == "category" and number in forum.sections and forum.can_read_section(None, number):
            return _html(forum.sections[number].name, _topics(forum, number))
        if parts[0] == "post" and number in forum.posts:
            parts[0], number = "topic", forum.posts[number].tid
        topic = forum.topics.get(number) if parts[0] == "topic" else None
        if topic is not None and forum.can_read_topic(None, topic):
            return _html(topic.title, _posts(forum, topic))
    return _html("Not found", "<p>There is no such page.</p>", 404)


def _html(title: str, inner: str, status: int = 200) -> Answer:
    name = html.escape(title)
    head = f'<head><meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style></head>'
    page = f"<!DOCTYPE html><html>{head}<body><h1>{name}</h1>{inner}</body></html>"
    return Answer(status, raw=page.encode("utf-8", "backslashreplace"), content_type="text/html; charset=utf-8")


def _link(address: str, words: str) -> str:
    return f'<li><a href="{html.escape(address)}">{html.escape(words)}</a></li>'


def _sections(forum: Forum) -> str:
    shown = [one for one in forum.sections.values() if not one.disabled]
    return "<ul>" + "".join(_link(f"/category/{one.cid}", one.name) for one in shown) + "</ul>"


def _topics(forum: Forum, cid: int) -> str:
    topics = [forum.topics[tid] for tid in forum.sections[cid].tids]
    shown = [topic for topic in reversed(topics) if not topic.deleted]
    return "<ul>" + "".join(_link(f"/topic/{topic.tid}", topic.title) for topic in shown) + "</ul>"


def _posts(forum: Forum, topic: Topic) -> str:
    return "".join(_post(forum, forum.posts[pid]) for pid in topic.pids if pid in forum.posts)


def _post(forum: Forum, post: Post) -> str:
    name = html.escape(str(author(forum, post.uid)["displayname"]))
    text = DELETED_TEXT if post.deleted else render(post.text, forum.url)
    return f'<article id="post-{post.pid}"><h3>{name}</h3>{text}</article>'
