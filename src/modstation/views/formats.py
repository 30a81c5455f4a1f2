"""Times, durations, measures and states in words."""

from __future__ import annotations

from datetime import datetime

from modstation.models.measures import Choice, Measure, OutboxState
from modstation.models.people import Role
from modstation.models.screen import QueueState, Sort
from modstation.models.time import from_ms

from .spans import duration as duration
from .words import language, tr, trn, word

MEASURES: dict[Measure, str] = {
    Measure.NONE: word("No measure"),
    Measure.HIDE: word("Hide"),
    Measure.REMOVE: word("Remove"),
    Measure.RESTORE: word("Restore"),
    Measure.PURGE: word("Purge"),
    Measure.LOCK: word("Lock"),
    Measure.UNLOCK: word("Unlock"),
    Measure.DEMOTE: word("Demote"),
    Measure.WARN: word("Warn"),
    Measure.MUTE: word("Mute"),
    Measure.UNMUTE: word("Unmute"),
    Measure.BAN: word("Ban"),
    Measure.UNBAN: word("Unban"),
    Measure.RENAME: word("Rename"),
    Measure.CLOSE_SECTION: word("Close section"),
    Measure.LIMIT_MANAGER: word("Limit manager"),
    Measure.REVOKE_MANAGER: word("Revoke manager"),
}

OUTBOX_STATES: dict[OutboxState, str] = {
    OutboxState.HELD: word("Held"),
    OutboxState.WAITING: word("Waiting"),
    OutboxState.SENDING: word("Sending"),
    OutboxState.UNKNOWN: word("Being checked"),
    OutboxState.ACKNOWLEDGED: word("Acknowledged"),
    OutboxState.REFUSED: word("Refused"),
    OutboxState.CONFLICT: word("Conflict"),
    OutboxState.WITHDRAWN: word("Withdrawn"),
}

#: Icon and colour family of each outbox state: word first, shape second, colour third.
OUTBOX_LOOK: dict[OutboxState, tuple[str, str]] = {
    OutboxState.HELD: ("hourglass", "held"),
    OutboxState.WAITING: ("clock", "sent"),
    OutboxState.SENDING: ("paper-plane-tilt", "sent"),
    OutboxState.UNKNOWN: ("question", "held"),
    OutboxState.ACKNOWLEDGED: ("check-circle", "ack"),
    OutboxState.REFUSED: ("x-circle", "ref"),
    OutboxState.CONFLICT: ("git-diff", "sent"),
    OutboxState.WITHDRAWN: ("arrow-counter-clockwise", "t2"),
}

QUEUE_STATES: dict[QueueState, str] = {
    QueueState.OPEN: word("Open"),
    QueueState.PARKED: word("Parked"),
    QueueState.PROPOSED: word("Proposed"),
    QueueState.ESCALATED: word("Escalated"),
    QueueState.DECIDED: word("Decided"),
    QueueState.CLOSED_ELSEWHERE: word("Closed elsewhere"),
}

SORTS: dict[Sort, str] = {
    Sort.DEADLINE: word("Deadline first"),
    Sort.SEVERITY: word("Severity first"),
    Sort.NEWEST: word("Newest first"),
    Sort.LEARNED: word("As learned here"),
}

ROLES: dict[Role, str] = {
    Role.MODERATOR: word("Moderator"),
    Role.COMPLIANCE: word("Compliance officer"),
    Role.SUPERVISOR: word("Supervisor"),
    Role.LEGAL: word("Legal"),
    Role.DPO: word("Data protection officer"),
    Role.ADMINISTRATOR: word("Administrator"),
    Role.INSPECTOR: word("Inspector"),
    Role.ON_CALL: word("On-call person"),
}

#: Disguise words of evidence marks.
TIERS: dict[str, str] = {
    "exact": word("exact"),
    "fold": word("folded"),
    "folded": word("folded"),
    "repeated": word("repeated"),
    "look-alike": word("look-alike"),
    "lookalike": word("look-alike"),
    "separated": word("separated"),
    "leet": word("leet"),
    "pinyin": word("pinyin"),
    "pinyin-mixed": word("pinyin-mixed"),
    "homophone": word("homophone"),
}

SOURCES: dict[str, tuple[str, str]] = {
    "user": ("flag", word("user report")),
    "screening": ("cpu", word("screening")),
    "patrol": ("path", word("patrol")),
    "queue": ("tray", word("post queue")),
}

LANGUAGE_NAMES: dict[str, str] = {
    "": word("All languages"),
    "zh": word("Chinese"),
    "en": word("English"),
}


def measure_words(choice: Choice) -> str:
    """A chosen measure in words, with its days."""
    name = tr(MEASURES[choice.measure])
    if choice.days is None:
        return name
    return tr("{measure} {days} d", measure=name, days=choice.days)


def roles_words(roles: tuple[Role, ...] | frozenset[Role]) -> str:
    """Roles as a list in words, in a fixed order."""
    return tr(", ").join(tr(ROLES[role]) for role in Role if role in roles)


def tier_words(tier: str) -> str:
    """The disguise of a mark in words; an unknown one is shown as the pack wrote it."""
    return tr(TIERS[tier]) if tier in TIERS else tier


def ago(ms: int) -> str:
    """How long ago something was, short; under a minute it is "now"."""
    if ms < 60_000:
        return tr("just now")
    minutes = ms // 60_000
    if minutes < 60:
        return tr("{m} m ago", m=minutes)
    if minutes < 2880:
        return tr("{h} h ago", h=minutes // 60)
    return tr("{d} d ago", d=minutes // 1440)


def seconds_ago(ms: int) -> str:
    """How long ago the last sync was; in seconds while that is short."""
    seconds = max(0, ms) // 1000
    return tr("{s} s ago", s=seconds) if seconds < 100 else ago(ms)


def local(ms: int) -> datetime:
    """A stored moment in the zone of this machine."""
    return from_ms(ms).astimezone()


def clock(ms: int, now: int = 0) -> str:
    """Hour and minute in local time; with the day where it is not the day of `now`."""
    if not ms:
        return tr("not known")
    moment = local(ms)
    if now and local(now).date() != moment.date():
        return day_and_clock(ms)
    return f"{moment:%H:%M}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_and_clock(ms: int) -> str:
    """Day, month, hour and minute in local time."""
    if not ms:
        return tr("not known")
    moment = local(ms)
    if language() == "zh":
        return f"{moment.month} 月 {moment.day} 日 {moment:%H:%M}"
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment:%H:%M}"


def size_words(count: int) -> str:
    """A number of bytes in words."""
    if count < 1024:
        return tr("{n} bytes", n=count)
    if count < 1024 * 1024:
        return f"{count / 1024:.0f} KB"
    return f"{count / 1024 / 1024:.1f} MB"


def items_words(count: int) -> str:
    """A number of items in words."""
    return trn("{n} item", "{n} items", count)
