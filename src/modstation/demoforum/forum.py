"""The forum itself: everything it knows, who may do what, and a record of what really changed."""

from __future__ import annotations

import hashlib
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from .answers import Refusal
from .clock import Clock
from .records import (
    ADMINISTRATORS,
    GLOBAL_MODERATORS,
    Account,
    Event,
    Flag,
    Logged,
    Mutation,
    Post,
    Queued,
    Registration,
    Room,
    Section,
    Topic,
)

_LOG_KEPT = 50_000


@dataclass(slots=True)
class Settings:
    """What an administrator can set. Times are seconds; 0 switches a limit off."""

    post_queue: bool = False
    approve_registrations: bool = False
    flags_per_day: int = 0
    post_delay: int = 0
    maintenance: bool = False
    moderators_may_mute: bool = False


@dataclass(slots=True)
class Doing:
    """The request that is being worked on, for the record of effects."""

    request: int = 0
    method: str = ""
    path: str = ""
    caller: str = "nobody"


@dataclass(slots=True)
class Books:
    """Counters of the next free ids, as NodeBB's `global` object keeps them."""

    used: dict[str, int] = field(default_factory=dict)

    def next(self, kind: str) -> int:
        """The next free id of a kind."""
        self.used[kind] = self.used.get(kind, 0) + 1
        return self.used[kind]

    def reach(self, kind: str, number: int) -> None:
        """Mark an id as used, so that later ones are higher."""
        self.used[kind] = max(self.used.get(kind, 0), number)


class Forum:
    """All content and people of one forum, guarded by one lock (`lock`), which every request holds while it works."""

    def __init__(self, title: str = "Riverside Forum", clock: Clock | None = None) -> None:
        self.title = title
        self.url = "http://127.0.0.1:4567"
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.settings = Settings()
        self.books = Books()
        self.accounts: dict[int, Account] = {}
        self.slugs: dict[str, int] = {}
        self.sections: dict[int, Section] = {}
        self.topics: dict[int, Topic] = {}
        self.posts: dict[int, Post] = {}
        self.posts_of: dict[int, list[int]] = {}
        self.flags: dict[int, Flag] = {}
        self.flags_of: dict[int, list[int]] = {}
        self.flag_turn = 0
        self.rooms: dict[int, Room] = {}
        self.queue: dict[str, Queued] = {}
        self.registrations: dict[str, Registration] = {}
        self.events: list[Event] = []
        self.uploads: dict[str, int] = {}
        self.tokens: dict[str, int] = {}
        self.doing = Doing()
        self.recording = True
        self.mutations: list[Mutation] = []
        self.log: list[Logged] = []
        self._requests = 0
        self._meeting: threading.Barrier | None = None

    # -- looking things up -------------------------------------------------------------------------------------------

    def account(self, uid: int) -> Account | None:
        """A living account, or None."""
        found = self.accounts.get(uid)
        return None if found is None or found.gone else found

    def by_slug(self, slug: str) -> Account | None:
        """The account whose profile address is `slug`."""
        return self.account(self.slugs.get(slug.lower(), 0))

    def by_name(self, who: str) -> Account | None:
        """An account by number or by name."""
        return self.account(int(who)) if who.isascii() and who.isdigit() else self.by_slug(slugify(who))

    def section_of(self, post: Post) -> int:
        """The board a post stands in; 0 when its topic is gone."""
        topic = self.topics.get(post.tid)
        return topic.cid if topic else 0

    # -- rights ------------------------------------------------------------------------------------------------------

    def is_admin(self, who: Account | None) -> bool:
        """Whether the caller administers the forum."""
        return who is not None and ADMINISTRATORS in who.groups

    def is_global(self, who: Account | None) -> bool:
        """Whether the caller moderates every board without being an administrator."""
        return who is not None and GLOBAL_MODERATORS in who.groups

    def moderated(self, who: Account | None) -> list[int]:
        """The boards this caller moderates by appointment."""
        return [] if who is None else [cid for cid, section in self.sections.items() if who.uid in section.moderators]

    def moderates(self, who: Account | None, cid: int) -> bool:
        """Whether the caller has a moderator's rights in a board."""
        if self.is_admin(who) or self.is_global(who):
            return True
        section = self.sections.get(cid)
        return who is not None and section is not None and who.uid in section.moderators

    def privileged(self, who: Account | None) -> bool:
        """Whether the caller is staff of any kind."""
        return self.is_admin(who) or self.is_global(who) or bool(self.moderated(who))

    def staff(self) -> list[Account]:
        """Everybody with an office, by number."""
        appointed = {uid for section in self.sections.values() for uid in section.moderators}
        return [who for who in self.accounts.values() if who.groups or who.uid in appointed]

    def may(self, who: Account | None, right: str) -> bool:
        """Whether the caller has a site-wide right: ban, mute, info, queue."""
        if self.is_admin(who):
            return True
        return self.is_global(who) and (right != "mute" or self.settings.moderators_may_mute)

    def can_read_section(self, who: Account | None, cid: int) -> bool:
        """Whether a board exists for this caller. A disabled board exists for nobody."""
        section = self.sections.get(cid)
        if section is None:
            return self.is_admin(who)
        return not section.disabled

    def can_read_topic(self, who: Account | None, topic: Topic | None) -> bool:
        """Whether a topic exists for this caller; a deleted one does for staff only."""
        if topic is None or not self.can_read_section(who, topic.cid):
            return False
        return not topic.deleted or self.moderates(who, topic.cid)

    def can_read_post(self, who: Account | None, post: Post | None) -> bool:
        """Whether a post exists for this caller. The topic's own deletion is not asked, as on the platform."""
        return post is not None and self.can_read_section(who, self.section_of(post))

    # -- what changes ------------------------------------------------------------------------------------------------

    @contextmanager
    def working(self, doing: Doing) -> Iterator[None]:
        """Hold the forum for one request and remember whose it is."""
        with self.lock:
            before, self.doing = self.doing, doing
            try:
                yield
            finally:
                self.doing = before

    def changed(self, target: str, effect: str) -> None:
        """Write down that something really changed; while a forum is being made nothing is written down."""
        if not self.recording:
            return
        doing = self.doing
        self.mutations.append(
            Mutation(
                len(self.mutations) + 1, doing.request, doing.method, doing.path, doing.caller, target, effect,
                self.clock.now(),
            )
        )  # fmt: skip

    def event(self, kind: str, uid: int, **details: object) -> None:
        """Add a line to the event log that administrators read."""
        told = {key: str(value) for key, value in details.items()}
        self.events.append(Event(self.books.next("event"), kind, uid, self.clock.stamp(), told))

    def logged(self, method: str, path: str, caller: str) -> Logged:
        """Note a request before anything is done with it."""
        with self.lock:
            self._requests += 1
            entry = Logged(self._requests, method, path, caller, self.clock.now())
            self.log.append(entry)
            if len(self.log) > _LOG_KEPT:
                del self.log[: _LOG_KEPT // 2]
            return entry

    # -- two at the same instant -------------------------------------------------------------------------------------

    def meet(self, count: int) -> None:
        """Let the next `count` racing calls stand between their check and their act until all have arrived."""
        with self.lock:
            self._meeting = threading.Barrier(count, action=self._met) if count > 1 else None

    def gap(self) -> None:
        """The moment between check and act where another call may slip in, as on the platform."""
        meeting, doing = self._meeting, self.doing
        if meeting is None:
            return
        self.lock.release()
        try:
            with suppress(threading.BrokenBarrierError):
                meeting.wait(timeout=10)
        finally:
            self.lock.acquire()
            self.doing = doing

    def _met(self) -> None:
        self._meeting = None

    # -- making things -----------------------------------------------------------------------------------------------

    def add_account(
        self, name: str, *, uid: int = 0, joined: int = 0, groups: Iterable[str] = (), **more: Any
    ) -> Account:
        """Add an account; `more` are fields of `Account`."""
        uid = uid or self.books.next("user")
        self.books.reach("user", uid)
        joined = joined or self.clock.stamp()
        account = Account(uid, name, slugify(name), joined, groups=list(groups), last_online=joined, **more)
        account.names.append((name, joined))
        self.accounts[uid] = account
        self.slugs[account.slug] = uid
        return account

    def add_section(self, name: str, description: str = "", *, cid: int = 0, **more: Any) -> Section:
        """Add a board."""
        cid = cid or self.books.next("section")
        self.books.reach("section", cid)
        self.sections[cid] = Section(cid, name, f"{cid}/{slugify(name)}", description, **more)
        return self.sections[cid]

    def add_topic(self, cid: int, uid: int, title: str, *, tid: int = 0, at: int = 0) -> Topic:
        """Add an empty topic; its first post makes it whole."""
        tid = tid or self.books.next("topic")
        self.books.reach("topic", tid)
        topic = Topic(tid, cid, uid, title, f"{tid}/{slugify(title)}", at or self.clock.stamp())
        self.topics[tid] = topic
        if cid in self.sections:
            self.sections[cid].tids.append(tid)
        self.accounts[uid].topic_count += 1
        return topic

    def add_post(self, topic: Topic, uid: int, text: str, *, pid: int = 0, at: int = 0, to_pid: int = 0) -> Post:
        """Add a post to a topic. Pictures it shows by address are noted as its uploads."""
        pid = pid or self.books.next("post")
        self.books.reach("post", pid)
        post = Post(pid, topic.tid, uid, text, at or self.clock.stamp(), to_pid)
        post.uploads = uploads_in(text)
        self.posts[pid] = post
        topic.pids.append(pid)
        self.posts_of.setdefault(uid, []).append(pid)
        author = self.accounts[uid]
        author.post_count += 1
        author.last_post = author.last_online = max(author.last_post, post.at)
        parent = self.posts.get(to_pid)
        if parent is not None:
            parent.replies.append(pid)
        return post

    def add_token(self, uid: int, token: str) -> str:
        """Let a token act as an account; uid 0 makes a master token."""
        self.tokens[token] = uid
        return token


def need(found: Any, key: str, status: int = 404) -> Any:
    """The thing that was looked up, or the refusal that it does not exist."""
    if found is None:
        raise Refusal(status, key)
    return found


def allow(right: bool) -> None:
    """Refuse the caller who has not the right."""
    if not right:
        raise Refusal(403, "no-privileges")


def slugify(text: str) -> str:
    """The form of a name in an address: lower case, letters and digits of any script joined by hyphens."""
    plain = unicodedata.normalize("NFC", text).lower()
    return re.sub(r"[^\w]+", "-", plain).strip("-") or "untitled"


_UPLOAD = re.compile(r"/assets/uploads(/files/[\w.-]+)")


def uploads_in(text: str) -> list[str]:
    """Addresses of this forum's own files that a text shows, as the platform keeps them with the post."""
    return list(dict.fromkeys(_UPLOAD.findall(text)))


def token_for(seed: int, role: str) -> str:
    """The token of a role: the same for the same seed, shaped like NodeBB's."""
    word = hashlib.sha256(f"demo forum {seed} {role}".encode()).hexdigest()
    return f"{word[:8]}-{word[8:12]}-{word[12:16]}-{word[16:20]}-{word[20:32]}"
