"""What can be done to a flag, and what other deeds do to flags behind one's back."""

from __future__ import annotations

from .answers import Refusal
from .forum import Forum, allow, need
from .records import FLAG_STATES, Account, Change, Flag, Note, Report
from .routing import whole

_DAY_MS = 86_400_000


def find(forum: Forum, caller: Account | None, number: str) -> Flag:
    """The flag of that number; for a caller without rights it does not exist, which the platform says as 404."""
    flag = forum.flags.get(whole(number)) if number.isdigit() else None
    if flag is None or not may_handle(forum, caller, flag):
        raise Refusal(404, "no-flag")
    return flag


def may_handle(forum: Forum, caller: Account | None, flag: Flag) -> bool:
    """Whether the caller may see and change a flag: section moderators their own sections, never flags on people."""
    if flag.type == "user":
        return forum.is_admin(caller) or forum.is_global(caller)
    post = forum.posts.get(flag.target)
    return forum.moderates(caller, forum.section_of(post) if post else flag.cid)


def touched(forum: Forum) -> None:
    """Flags changed: remembered lists of them are stale."""
    forum.flag_turn += 1


def note_change(forum: Forum, flag: Flag, uid: int, **fields: str | None) -> int:
    """Add a line to a flag's history and give its time."""
    at = forum.clock.stamp()
    flag.history.append(Change(uid, at, fields))
    touched(forum)
    return at


def update(forum: Forum, caller: Account, flag: Flag, state: object, assignee: object) -> None:
    """Set state and assignee as the platform does.

    Nonsense is dropped in silence. A value equal to the stored one changes nothing, but the stored assignee is a
    text: the same number sent as a number counts as a change and is written down a second time.
    """
    fields: dict[str, str | None] = {}
    if isinstance(state, str) and state in FLAG_STATES and state != flag.state:
        fields["state"] = f"[[flags:state-{state}]]"
    else:
        state = None
    if assignee is not None and assignee != flag.assignee and _assignable(forum, flag, assignee):
        fields["assignee"] = _assignee_words(forum, assignee)
    else:
        assignee = None
    if fields:
        _store(forum, caller, flag, state, assignee, fields)


def _store(
    forum: Forum, caller: Account, flag: Flag, state: object, assignee: object, fields: dict[str, str | None]
) -> None:
    at = note_change(forum, flag, caller.uid, **fields)
    if state is not None:
        flag.state, flag.state_at = str(state), at
        forum.changed(f"flag/{flag.flag_id}", f"state {state}")
    if assignee is not None:
        flag.assignee = str(assignee)
        flag.assigned[flag.assignee] = at
        forum.changed(f"flag/{flag.flag_id}", f"assignee {flag.assignee or 'nobody'}")


def _assignable(forum: Forum, flag: Flag, assignee: object) -> bool:
    if assignee == "":
        return flag.assignee is not None
    return may_handle(forum, forum.account(whole(assignee)), flag)


def _assignee_words(forum: Forum, assignee: object) -> str:
    who = forum.account(whole(assignee))
    return who.name if who else "[[global:guest]]"


def settle(forum: Forum, flag_id: int, uid: int, state: str = "resolved") -> None:
    """Close the flag that a target points to, in the name of whoever dealt with the target."""
    flag = forum.flags.get(flag_id)
    if flag is None or flag.state == state:
        return
    flag.state, flag.state_at = state, note_change(forum, flag, uid, state=f"[[flags:state-{state}]]")
    forum.changed(f"flag/{flag.flag_id}", f"state {state}")


def report(forum: Forum, caller: Account, kind: object, target: object, reason: object) -> Flag:
    """Report a post or an account; raises Refusal in the platform's words."""
    if kind not in ("post", "user") or target is None or reason is None:
        raise Refusal(400, "invalid-data")
    number = whole(target)
    standing = _check_target(forum, caller, str(kind), number)
    _check_limit(forum, caller)
    if any(entry.uid == caller.uid for entry in standing.reports) if standing else False:
        raise Refusal(400, f"already-flagged-{kind}")
    forum.gap()
    return add_report(forum, caller, standing, str(kind), number, str(reason))


def _check_target(forum: Forum, caller: Account, kind: str, number: int) -> Flag | None:
    if kind == "user":
        who = need(forum.account(number), "no-user")
        _check_person(forum, caller, who)
        return forum.flags.get(who.flag_id)
    post = forum.posts.get(number)
    if post is None or not forum.can_read_post(caller, post):
        raise Refusal(403, "no-privileges")
    if post.deleted:
        raise Refusal(400, "post-deleted")
    author = forum.account(post.uid)
    if author is not None and forum.privileged(author) and not forum.privileged(caller):
        raise Refusal(400, "flag-privileged")
    return forum.flags.get(post.flag_id)


def _check_person(forum: Forum, caller: Account, who: Account) -> None:
    if who.uid == caller.uid:
        raise Refusal(400, "flag-self")
    if forum.privileged(who) and not forum.privileged(caller):
        raise Refusal(400, "flag-privileged")


def _check_limit(forum: Forum, caller: Account) -> None:
    limit = forum.settings.flags_per_day
    if not limit or forum.privileged(caller):
        return
    since = forum.clock.now() - _DAY_MS
    made = sum(
        1 for flag in forum.flags.values() for entry in flag.reports if entry.uid == caller.uid and entry.at > since
    )
    if made >= limit:
        raise Refusal(400, "flag-limit", limit)


def add_report(
    forum: Forum, caller: Account, standing: Flag | None, kind: str, number: int, reason: str, at: int = 0
) -> Flag:
    """Write a report down: the first one makes a flag, a later one reopens a closed flag under its old number."""
    at = at or forum.clock.stamp()
    if standing is None:
        return _first(forum, caller, kind, number, reason, at)
    standing.reports.append(Report(caller.uid, reason, at))
    fields: dict[str, str | None] = {"report": "[[flags:report-added]]"}
    if standing.state != "open":
        standing.state, standing.state_at = "open", at
        fields = {"state": "[[flags:state-open]]", **fields}
    standing.report_mark = "added"
    standing.history.append(Change(caller.uid, at, fields))
    touched(forum)
    forum.changed(f"flag/{standing.flag_id}", "report added")
    return standing


def _first(forum: Forum, caller: Account, kind: str, number: int, reason: str, at: int) -> Flag:
    post = forum.posts.get(number) if kind == "post" else None
    owner = forum.accounts.get(post.uid if post else number)
    flag = Flag(
        forum.books.next("flag"), kind, number, owner.uid if owner else 0, forum.section_of(post) if post else 0, at
    )
    flag.state_at = at
    flag.reports.append(Report(caller.uid, reason, at))
    flag.history.append(Change(caller.uid, at, {"state": "[[flags:state-open]]"}))
    forum.flags[flag.flag_id] = flag
    forum.flags_of.setdefault(flag.target_uid, []).append(flag.flag_id)
    if post is not None:
        post.flag_id = flag.flag_id
    elif owner is not None:
        owner.flag_id = flag.flag_id
    if owner is not None:
        owner.flag_count += 1
    touched(forum)
    forum.changed(f"flag/{flag.flag_id}", "flagged")
    return flag


def rescind(forum: Forum, caller: Account, number: str) -> None:
    """Withdraw one's own report. A reason with a semicolon stays where it is, with a success answered (a trap)."""
    flag = forum.flags.get(whole(number))
    own = next((entry for entry in flag.reports if entry.uid == caller.uid), None) if flag else None
    if flag is None or own is None:
        raise Refusal(400, "no-flag")
    if ";" in own.reason:
        return
    flag.reports.remove(own)
    fields: dict[str, str | None] = {"report": "[[flags:report-rescinded]]"}
    if not flag.reports:
        flag.state = "resolved"
        fields = {"state": "[[flags:state-resolved]]", **fields}
    at = note_change(forum, flag, caller.uid, **fields)
    flag.report_mark = "rescinded"
    flag.state_at = flag.state_at if flag.reports else at
    forum.changed(f"flag/{flag.flag_id}", "report withdrawn")


def purge(forum: Forum, flag: Flag) -> None:
    """Remove a flag with its history. What it pointed to goes on naming its number."""
    del forum.flags[flag.flag_id]
    forum.flags_of[flag.target_uid].remove(flag.flag_id)
    touched(forum)
    forum.changed(f"flag/{flag.flag_id}", "purged")


def add_note(forum: Forum, caller: Account, flag: Flag, text: str | None, at: int) -> None:
    """Add a note, or replace one's own note of that time. The same words by the same person are one note, moved up."""
    old = next((note for note in flag.notes if note.at == at), None) if at else None
    if at:
        allow(old is not None and (old.uid == caller.uid or forum.is_admin(caller)))
    if old is not None:
        old.text = text
        touched(forum)
    else:
        flag.notes = [note for note in flag.notes if (note.uid, note.text) != (caller.uid, text)]
        flag.notes.append(Note(caller.uid, text, note_change(forum, flag, caller.uid, notes=None)))
    forum.changed(f"flag/{flag.flag_id}", "note")


def delete_note(forum: Forum, caller: Account, flag: Flag, when: str) -> None:
    """Delete one's own note, named by its time."""
    note = next((note for note in flag.notes if str(note.at) == when), None)
    if note is None:
        raise Refusal(400, "invalid-data")
    allow(note.uid == caller.uid or forum.is_admin(caller))
    flag.notes.remove(note)
    note_change(forum, flag, caller.uid, notes="[[flags:note-deleted]]")
    forum.changed(f"flag/{flag.flag_id}", "note deleted")
