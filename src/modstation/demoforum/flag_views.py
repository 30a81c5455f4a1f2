"""Flags as the forum's answers show them: the row of a list, the detail, the history."""

from __future__ import annotations

from .answers import Json
from .clock import iso
from .forum import Forum
from .people_views import brief, full, reporter
from .post_views import rendered
from .records import FLAG_STATES, Account, Flag

LABELS = {"open": "danger", "wip": "warning", "resolved": "success", "rejected": "secondary"}
#: Lifting a ban or a mute leaves no line here.
_META = {
    "ban": ("[[user:banned]]", "[[user:info.banned-expiry]]"),
    "mute": ("[[user:muted]]", "[[user:info.muted-expiry]]"),
}


def row(flag: Flag) -> Json:
    """A flag in the list: `targetId` is a text here and a number in the detail."""
    told: Json = {
        "state": flag.state,
        "assignee": flag.assignee,
        "heat": len(flag.reports),
        "flagId": flag.flag_id,
        "type": flag.type,
        "targetId": str(flag.target),
        "targetUid": flag.target_uid,
        "datetime": flag.at,
    }
    if flag.report_mark:
        told["report"] = flag.report_mark
    told["labelClass"] = LABELS[flag.state]
    told["target_readable"] = readable(flag)
    told["datetimeISO"] = iso(flag.at)
    return told


def readable(flag: Flag) -> str:
    """The target in words."""
    return f"{flag.type.capitalize()} {flag.target}"


def detail(forum: Forum, flag: Flag, caller: Account | None) -> Json:
    """A flag without its history, as the write API gives it."""
    told: Json = {
        "state": flag.state,
        "assignee": flag.assignee,
        "flagId": flag.flag_id,
        "type": flag.type,
        "targetId": flag.target,
        "targetUid": flag.target_uid,
        "datetime": flag.at,
        "datetimeISO": iso(flag.at),
        "target_readable": readable(flag),
        "target": target(forum, flag, caller),
        "notes": notes(forum, flag),
        "reports": reports(forum, flag),
    }
    if flag.report_mark:
        told["report"] = flag.report_mark
    return told


def target(forum: Forum, flag: Flag, caller: Account | None) -> Json:
    """What the flag is about, as HTML; an empty object once it is purged."""
    if flag.type == "user":
        who = forum.account(flag.target)
        return full(forum, who) if who else {}
    post = forum.posts.get(flag.target)
    return rendered(forum, post, caller) if post else {}


def notes(forum: Forum, flag: Flag) -> list[Json]:
    """Moderators' notes, newest first."""
    return [
        {
            "uid": note.uid,
            "content": note.text,
            "datetime": note.at,
            "datetimeISO": iso(note.at),
            "user": brief(forum, note.uid),
        }
        for note in sorted(flag.notes, key=lambda note: note.at, reverse=True)
    ]


def reports(forum: Forum, flag: Flag) -> list[Json]:
    """Who reported and why, newest first; the reason comes raw."""
    return [
        {
            "value": entry.reason,
            "timestamp": entry.at,
            "timestampISO": iso(entry.at),
            "reporter": reporter(forum, entry.uid),
        }
        for entry in reversed(flag.reports)
    ]


def history(forum: Forum, flag: Flag) -> list[Json]:
    """What happened to the flag, mixed with bans, mutes and renames of the person it is about, newest first."""
    own: list[Json] = [
        {
            "uid": change.uid,
            "fields": dict(change.fields),
            "datetime": change.at,
            "datetimeISO": iso(change.at),
            "user": brief(forum, change.uid),
        }
        for change in reversed(flag.history)
    ]
    told = own + _person_history(forum, flag.target_uid)
    return sorted(told, key=lambda line: int(line["datetime"]), reverse=True)


def _person_history(forum: Forum, uid: int) -> list[Json]:
    who = forum.account(uid)
    if who is None:
        return []
    lines = [_line(forum, str(uid), at, [_meta("[[user:change-username]]", name, "primary")]) for name, at in who.names]
    for entry in who.sanctions:
        if entry.kind not in _META:
            continue
        what, expiry = _META[entry.kind]
        end = iso(entry.until) or "1970-01-01T00:00:00.000Z"
        meta = [_meta(what, entry.reason, "danger"), _meta(expiry, end, "default")]
        lines.append(_line(forum, str(entry.by), entry.at, meta))
    return lines


def _line(forum: Forum, uid: str, at: int, meta: list[Json]) -> Json:
    return {"uid": uid, "meta": meta, "datetime": at, "datetimeISO": iso(at), "user": brief(forum, int(uid))}


def _meta(key: str, value: str, label: str) -> Json:
    return {"key": key, "value": value, "labelClass": label}


def assignees(forum: Forum, flag: Flag) -> list[Json]:
    """Who may be given the flag."""
    staff = [who for who in forum.staff() if not who.gone]
    return [full(forum, who) for who in staff if flag.type == "post" and forum.moderates(who, flag.cid)] or [
        full(forum, who) for who in staff if not forum.moderated(who)
    ]


def states() -> Json:
    """The states and their labels."""
    return {state: {"label": f"[[flags:state-{state}]]", "class": LABELS[state]} for state in FLAG_STATES}
