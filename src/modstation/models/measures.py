"""Measures, decisions, what was seen, and what becomes of each measure on its way to the forum."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .ids import CaseId, DecisionId, ItemKey, OutboxId, PersonId, PolicyId


class Measure(StrEnum):
    """The canonical measures; a profile may name them differently on screen."""

    NONE = "none"
    HIDE = "hide"
    REMOVE = "remove"
    RESTORE = "restore"
    PURGE = "purge"
    LOCK = "lock"
    UNLOCK = "unlock"
    DEMOTE = "demote"
    WARN = "warn"
    MUTE = "mute"
    UNMUTE = "unmute"
    BAN = "ban"
    UNBAN = "unban"
    RENAME = "rename"
    CLOSE_SECTION = "close_section"
    LIMIT_MANAGER = "limit_manager"
    REVOKE_MANAGER = "revoke_manager"

    @property
    def on_account(self) -> bool:
        """Whether it falls on the author rather than on the item."""
        return self in _ON_ACCOUNT

    @property
    def takes_days(self) -> bool:
        """Whether a number of days belongs to it."""
        return self in (Measure.MUTE, Measure.BAN)


_ON_ACCOUNT = frozenset({Measure.WARN, Measure.MUTE, Measure.UNMUTE, Measure.BAN, Measure.UNBAN, Measure.RENAME})

#: What takes a measure back. A purge has nothing: the rail says so before Enter.
OPPOSITE: dict[Measure, Measure] = {
    Measure.HIDE: Measure.RESTORE,
    Measure.REMOVE: Measure.RESTORE,
    Measure.RESTORE: Measure.REMOVE,
    Measure.LOCK: Measure.UNLOCK,
    Measure.UNLOCK: Measure.LOCK,
    Measure.MUTE: Measure.UNMUTE,
    Measure.UNMUTE: Measure.MUTE,
    Measure.BAN: Measure.UNBAN,
    Measure.UNBAN: Measure.BAN,
}


class OutboxState(StrEnum):
    """States of architecture section 2."""

    HELD = "held"
    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    CONFLICT = "conflict"
    WITHDRAWN = "withdrawn"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to the row by itself."""
        return self in (OutboxState.ACKNOWLEDGED, OutboxState.REFUSED, OutboxState.CONFLICT, OutboxState.WITHDRAWN)


class OrderKind(StrEnum):
    """What an outbox row asks of the forum: a measure, the answer to the flags, or a notice to a person."""

    MEASURE = "measure"
    CLOSE_FLAG = "close_flag"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to be done at the forum.

    `until` is the end of a mute or ban (UTC), None where it has none. `account` is the uid it falls on. `flags` are
    the platform's flag ids to close and `flag_state` what to set. `text` is what a notice says; it holds the case
    number, so that it can be found again.
    """

    kind: OrderKind
    item: ItemKey
    case: CaseId
    measure: Measure = Measure.NONE
    account: str = ""
    thread: str = ""
    section: str = ""
    until: datetime | None = None
    reason: str = ""
    flags: tuple[str, ...] = ()
    flag_state: str = ""
    text: str = ""
    attachments: tuple[str, ...] = ()


class OutcomeKind(StrEnum):
    """What became of a call, whatever its HTTP status said."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"
    GONE = "gone"
    LATER = "later"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one call: `words` are the forum's own, `by` names who had done it before us, `until` says when
    to try again."""

    kind: OutcomeKind
    words: str = ""
    by: str = ""
    until: datetime | None = None
    status: int = 0


class Effect(StrEnum):
    """What reading back shows of an order."""

    PRESENT = "present"
    ABSENT = "absent"
    GONE = "gone"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A second look at what was asked: the effect, who is named for it, and the forum's words."""

    effect: Effect
    by: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class PublicView:
    """What a logged-out reader still gets: the post itself, its place on the topic page, and each attachment."""

    post: bool
    topic_page: bool
    attachments: tuple[str, ...] = ()
    checked: bool = True

    @property
    def gone(self) -> bool:
        """Whether nothing of it can be read by the public any more."""
        return self.checked and not (self.post or self.topic_page or self.attachments)


@dataclass(frozen=True, slots=True)
class Reading:
    """One item read again just now, for comparison with what the decider saw.

    `fingerprint` covers body, author, visibility and penalties; two readings of an unchanged item give the same one.
    """

    visibility: str
    body_hash: str
    author: str
    penalties: tuple[str, ...]
    flag_states: tuple[tuple[str, str], ...] = ()
    locked: bool = False
    by: str = ""

    @property
    def fingerprint(self) -> tuple[str, str, str, tuple[str, ...]]:
        """What must not have moved between the look and the send."""
        return (self.body_hash, self.author, self.visibility, self.penalties)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the decider had before them. Stored with every decision.

    `revision` and `flags` are observation hashes; `consequence` is the sentence shown, in the language shown;
    `uncovered` are media addresses the person looked at; `viewed` says whether the item itself was opened.
    """

    revision: str
    flags: tuple[str, ...]
    strikes: int
    profile: str
    profile_hash: str
    packs: tuple[str, ...] = ()
    context: str = ""
    consequence: str = ""
    uncovered: tuple[str, ...] = ()
    viewed: bool = True
    opened_at: datetime | None = None
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A measure picked on the rail, with its days where it takes them."""

    measure: Measure
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Policy, reason and measures, by a person, on a case. `reverses` names the decision this one takes back."""

    id: DecisionId
    case: CaseId
    item: ItemKey
    policy: PolicyId
    choices: tuple[Choice, ...]
    by: PersonId
    at: datetime
    profile: str
    article: str = ""
    reverses: DecisionId | None = None
    batch: str = ""
    approved_by: tuple[PersonId, ...] = ()
    refused_by: PersonId | None = None
    withdrawn: bool = False
    needs: int = 0
    outbox: tuple[OutboxId, ...] = field(default=())
