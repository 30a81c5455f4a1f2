"""New trouble while the forum runs: somebody writes, somebody else reports."""

from __future__ import annotations

import random
import threading

from . import phrases
from .flag_deeds import add_report
from .forum import Doing, Forum, need
from .records import Account, Flag
from .seeding import offender


def arrive(forum: Forum) -> Flag:
    """Write one bad post and report it; which one depends on how many posts there are."""
    chance = random.Random(len(forum.posts) * 7919 + len(forum.flags))
    lang = "zh" if len(forum.flags) % 2 else "en"
    kind = phrases.trouble(chance)
    author = need(forum.by_name(offender(kind, lang, chance)), "no-user")
    topics = [topic for topic in forum.topics.values() if not topic.deleted and not topic.locked]
    post = forum.add_post(topics[chance.randrange(len(topics))], author.uid, phrases.text(kind, lang, chance))
    forum.changed(f"post/{post.pid}", "written")
    who = some_reporter(forum, post.pid, "post")
    return add_report(forum, who, None, "post", post.pid, phrases.reason(kind, lang, chance))


def some_reporter(forum: Forum, target: int, kind: str) -> Account:
    """A member who has not reported this target yet and did not write it."""
    post = forum.posts.get(target) if kind == "post" else None
    account = forum.accounts.get(target) if kind == "user" else None
    flag = forum.flags.get(post.flag_id if post else account.flag_id if account else 0)
    busy = {report.uid for report in flag.reports} if flag else set()
    busy.add(post.uid if post else target)
    free = (
        who for who in forum.accounts.values() if who.uid not in busy and not forum.privileged(who) and not who.gone
    )
    who: Account = need(next(free, None), "no-user")
    return who


class Arrivals:
    """Makes one new report every `seconds` until stopped."""

    def __init__(self, forum: Forum, seconds: float) -> None:
        self._forum = forum
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; returns when nothing more will arrive."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            with self._forum.working(Doing(0, "", "", "arrivals")):
                arrive(self._forum)
