"""What the demo forum keeps in memory. Times are UTC milliseconds; 0 means "never"."""

from __future__ import annotations

from dataclasses import dataclass, field

#: States of a flag, as NodeBB names them.
FLAG_STATES = ("open", "wip", "resolved", "rejected")

ADMINISTRATORS = "administrators"
GLOBAL_MODERATORS = "Global Moderators"


@dataclass(slots=True)
class Sanction:
    """One entry of an account's record: `kind` is ban, unban, mute or unmute; `until` 0 has no end."""

    kind: str
    by: int
    at: int
    reason: str
    until: int = 0


@dataclass(slots=True)
class Account:
    """An account. `uid` 1 is the administrator. `phone` is "verified" where the board checked a telephone number."""

    uid: int
    name: str
    slug: str
    joined: int
    email: str = ""
    email_confirmed: bool = False
    groups: list[str] = field(default_factory=list)
    last_online: int = 0
    last_post: int = 0
    post_count: int = 0
    topic_count: int = 0
    flag_count: int = 0
    flag_id: int = 0
    phone: str = ""
    banned: bool = False
    ban_until: int = 0
    mute: str = ""
    mute_until: int = 0
    mute_reason: str | None = None
    sanctions: list[Sanction] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)
    notes: list[tuple[int, str, int]] = field(default_factory=list)
    gone: bool = False

    def banned_at(self, now: int) -> bool:
        """Whether a ban stands at that moment."""
        return self.banned and (not self.ban_until or self.ban_until > now)

    def muted_at(self, now: int) -> bool:
        """Whether a mute stands at that moment; `mute` is "ever" or "until"."""
        return self.mute == "ever" or (self.mute == "until" and self.mute_until > now)


@dataclass(slots=True)
class Section:
    """A board. `closed` names what ordinary members may not do in it (topics:create, topics:reply)."""

    cid: int
    name: str
    slug: str
    description: str
    bg: str = "#DC9656"
    fg: str = "#ffffff"
    order: int = 0
    disabled: bool = False
    closed: set[str] = field(default_factory=set)
    moderators: list[int] = field(default_factory=list)
    tids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class TopicEvent:
    """One line of a topic's log: lock, unlock, pin, unpin, delete, restore, move."""

    number: int
    kind: str
    by: int
    at: int
    from_cid: int = 0


@dataclass(slots=True)
class Topic:
    """A thread. `pids` are its posts in order of writing, the first one is the main post."""

    tid: int
    cid: int
    uid: int
    title: str
    slug: str
    at: int
    pids: list[int] = field(default_factory=list)
    deleted: bool = False
    deleter: int = 0
    deleted_at: int = 0
    locked: bool = False
    pinned: bool = False
    old_cid: int = 0
    views: int = 0
    events: list[TopicEvent] = field(default_factory=list)


@dataclass(slots=True)
class Edit:
    """One earlier text of a post: who replaced it, and when."""

    at: int
    by: int
    text: str


@dataclass(slots=True)
class Post:
    """A post as its author wrote it (`text` is the source, not HTML)."""

    pid: int
    tid: int
    uid: int
    text: str
    at: int
    to_pid: int = 0
    deleted: bool = False
    deleter: int = 0
    edited: int = 0
    editor: int = 0
    flag_id: int = 0
    edits: list[Edit] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """One person's report inside a flag."""

    uid: int
    reason: str
    at: int


@dataclass(slots=True)
class Change:
    """One entry of a flag's history; `fields` are translation keys, as the platform shows them."""

    uid: int
    at: int
    fields: dict[str, str | None]


@dataclass(slots=True)
class Note:
    """A moderator's note on a flag; the time is its only name."""

    uid: int
    text: str | None
    at: int


@dataclass(slots=True)
class Flag:
    """A flag on a post or an account.

    `assignee` is a string as stored, "" after unassigning, None before the first claim. `assigned` keeps the time of
    every claim ever made: the index by assignee never forgets (a trap of the platform).
    """

    flag_id: int
    type: str
    target: int
    target_uid: int
    cid: int
    at: int
    state: str = "open"
    state_at: int = 0
    assignee: str | None = None
    report_mark: str = ""
    reports: list[Report] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    assigned: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Message:
    """One chat message."""

    mid: int
    room: int
    uid: int
    text: str
    at: int


@dataclass(slots=True)
class Room:
    """A chat room between people."""

    room: int
    owner: int
    uids: list[int]
    at: int
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Queued:
    """A post or topic that waits for approval. `id` is `reply-<ms>` or `topic-<ms>`."""

    id: str
    kind: str
    uid: int
    text: str
    at: int
    cid: int
    tid: int = 0
    title: str = ""


@dataclass(slots=True)
class Registration:
    """A person who asked for an account."""

    name: str
    email: str
    at: int


@dataclass(slots=True)
class Event:
    """One line of the site's event log, readable by administrators only."""

    eid: int
    kind: str
    uid: int
    at: int
    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One thing that really changed at the forum: proof for a test that counts effects instead of answers."""

    id: int
    request: int
    method: str
    path: str
    caller: str
    target: str
    effect: str
    at: int


@dataclass(slots=True)
class Logged:
    """One request as it came in; `outcome` says what the client got (answered, lost, dropped, a fault's name)."""

    id: int
    method: str
    path: str
    caller: str
    at: int
    status: int = 0
    outcome: str = "answered"
