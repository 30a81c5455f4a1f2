"""Posts made to hurt a client: each is a test of its reading, storing and painting."""

from __future__ import annotations

from .flag_deeds import add_report
from .forum import Forum
from .records import Account, Flag

#: Name of each hostile post and its text.
TEXTS: dict[str, str] = {
    "nul": "before\x00after, a NUL in the middle",
    "lone surrogates": "lone high \ud800 and lone low \udfff here",
    "bidi": "price \u202e001 RSU\u202c and \u2066isolated\u2069 and \u200fmarked",
    "stacked marks": "z" + "\u0301\u0323\u0335" * 200 + " stacked on one letter",
    "many lines": "\n".join(f"line {number} of ten thousand" for number in range(1, 10_001)),
    "markup": "<b>bold</b> <script>alert(1)</script> <a href='javascript:alert(2)'>x</a> &amp; <!-- ",
    "remote picture": '<img src="http://tracker.invalid/pixel.png"> ![x](http://tracker.invalid/second.png)',
    "file address": "see file:///etc/passwd and ![x](file:///etc/hostname)",
    "formula": '=HYPERLINK("http://tracker.invalid","click") +1-2@SUM(A1)',
    "zero width": "in\u200bvis\u200cib\u200dle \ufeffwords and \u00adsoft hyphens",
    "long word": "a" * 30_000,
    "controls": "bell \x07 escape \x1b[31m red \x1b[0m back\x08space and \x85 next line",
}


def add(forum: Forum, author: Account, reporter: Account) -> list[Flag]:
    """Write every hostile post into a topic whose title is hostile too, and report each."""
    topic = forum.add_topic(next(iter(forum.sections)), author.uid, "<i>Odd</i> \u202eeltit\u202c & \x00 title")
    flags = []
    for name, text in TEXTS.items():
        post = forum.add_post(topic, author.uid, text)
        reason = f"hostile; <b>{name}</b> \ud83d \u202e"
        flags.append(add_report(forum, reporter, None, "post", post.pid, reason))
    return flags
