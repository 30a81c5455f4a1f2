"""Looking at an item: everything one page needs, read in one go; and opening it, which leaves a trace."""

from __future__ import annotations

import json
from typing import Any

from modstation.models.ids import ItemKey
from modstation.models.items import Context, ContextPost, Revision
from modstation.models.screen import AuthorView, Changed, ItemView, Mark, MediaView
from modstation.models.time import from_ms
from modstation.regulation import ProfileStack, strike_limit
from modstation.store.events import Draft
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader

from .decide import url_hash
from .queue import queue_rows
from .records import ItemRecord, Seen, event_texts, flag_of, past_decisions, read_item, revision_of
from .situation import stack_of, strikes_of
from .tasks import LEASE_MS, draft, release
from .workplace import Workplace

#: Items of this severity open on a cover card.
COVER_SEVERITY = 3

#: So many strike months count for the figure beside the author, where a profile names none.
_STRIKE_DAYS = 365


def policy_names(stack: ProfileStack, language: str = "en") -> dict[str, str]:
    """Names of all policies on screen, by id."""
    return {policy.id: policy.name.get(language) for policy in stack.policies}


def item_view(work: Workplace, no: int) -> ItemView:
    """An item as it stands here. Raises NotFound."""
    with work.store.reading() as reader:
        return _view(work, reader, read_item(reader, no))


def _view(work: Workplace, reader: Reader, record: ItemRecord) -> ItemView:
    row = queue_rows(reader, [record.no], work.person, work.now_ms())[0]
    current = record.current
    revision = revision_of(record.key, current)
    stack = stack_of(work, reader.db, record.row["forum"])
    names = policy_names(stack)
    captured = _captured(reader, record)
    latest = record.latest
    gone = latest is not None and current is not None and latest.obs != current.obs and not latest.meta["text"]
    return ItemView(
        row=row,
        revision=revision,
        revision_hash=current.hash if current else "",
        flags=tuple(flag_of(record.key, seen) for seen in record.flags),
        author=_author(work, reader, record, revision, stack, names),
        marks=_marks(current),
        media=_media(reader.db, record, revision),
        context=_context(captured),
        revisions=tuple(revision_of(record.key, seen) for seen in record.revisions),
        decisions=tuple(past_decisions(reader, "d.item = ?", (record.no,), 50, names)),
        notes=_notes(reader, record),
        sealed_at=captured.get("at", 0),
        cached_only=gone or work.gate is None,
        draft=draft(work, reader, record.no),
        why_here=_why_here(record, current),
        cover=_cover(record),
    )


def _marks(seen: Seen | None) -> tuple[Mark, ...]:
    if seen is None or seen.text is None:
        return ()
    return tuple(Mark(*mark) for mark in seen.text.get("marks", ()))


def _cover(record: ItemRecord) -> str:
    severity = record.row["severity"]
    if severity < COVER_SEVERITY:
        return ""
    return f"Severity {severity}: covered until you look."


def _why_here(record: ItemRecord, current: Seen | None) -> tuple[str, ...]:
    lines = [
        f"Reported by account {seen.meta['reporter'] or 'unknown'} ({seen.meta['state']} at the forum)"
        for seen in record.flags
    ]
    if current is not None and current.meta["marks"]:
        packs = ", ".join(pack.partition("#")[0] for pack in current.meta["packs"])
        lines.append(f"Screening marked {current.meta['marks']} places ({packs})")
    if record.key.type == "queued":
        lines.append("Waits for approval in the forum's post queue")
    return tuple(lines)


def _notes(reader: Reader, record: ItemRecord) -> tuple[str, ...]:
    events = record.extra.get("notes", [])
    texts = event_texts(reader, events)
    # An author's answer to a notice was written down by the desk; it is the author who speaks.
    heads = {
        number: ("the author" if kind == "reply.received" else actor, at)
        for number, actor, at, kind in reader.db.execute(
            "SELECT id, actor, at, kind FROM event WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(events),)
        )
    }
    return tuple(
        f"{heads[event][0]}, {from_ms(heads[event][1]):%Y-%m-%d %H:%M}: "
        f"{texts[event].get('note', texts[event].get('text', ''))}"
        for event in events
        if event in texts
    )


def _author(
    work: Workplace, reader: Reader, record: ItemRecord, revision: Revision, stack: ProfileStack, names: dict[str, str]
) -> AuthorView:
    uid, forum = record.row["author"], record.row["forum"]
    strikes = strikes_of(reader.db, forum, uid)
    account = revision.author
    history = past_decisions(
        reader, "d.item IN (SELECT no FROM item WHERE author = ? AND forum = ?) AND d.item <> ?",
        (uid, forum, record.no), 10, names,
    ) if uid else []  # fmt: skip
    items = reader.db.execute(
        "SELECT no FROM item WHERE author = ? AND state = 0 AND no <> ? AND forum = ? LIMIT 50", (uid, record.no, forum)
    ).fetchall()
    expiry = stack.ladder.strike_expires_days if stack.ladder else _STRIKE_DAYS
    live = [s for s in strikes if (work.clock.now() - s.at).days < expiry]
    return AuthorView(
        uid=uid,
        name=account.name,
        joined=record_ms(account.joined),
        posts=account.posts,
        verified=account.verified,
        strikes=sum(s.points for s in live),
        strike_limit=strike_limit(stack.ladder),
        strike_times=tuple(record_ms(s.at) for s in live),
        penalties=account.penalties,
        decisions=tuple(history),
        open_items=tuple(each[0] for each in items) if uid else (),
        gone=account.gone,
    )


def record_ms(moment: Any) -> int:
    """UTC ms of a moment, 0 for none."""
    return int(moment.timestamp() * 1000) if moment is not None else 0


def _media(db: Connection, record: ItemRecord, revision: Revision) -> tuple[MediaView, ...]:
    known = {
        row[0]: row[1:]
        for row in db.execute("SELECT url_hash, sha256, size, blocked, seen FROM media WHERE item = ?", (record.no,))
    }
    found = []
    for attachment in revision.attachments:
        sha256, size, blocked, seen = known.get(url_hash(attachment.url), ("", 0, "", 0))
        found.append(MediaView(attachment, True, seen, size, sha256, blocked))
    return tuple(found)


def _captured(reader: Reader, record: ItemRecord) -> dict[str, Any]:
    events = record.extra.get("captures", [])
    for event in reversed(events):
        text = event_texts(reader, [event]).get(event)
        if text is not None and "context" in text:
            return text
    return {}


def _context(captured: dict[str, Any]) -> Context | None:
    stored = captured.get("context")
    if not stored:
        return None

    def post(each: list[Any]) -> ContextPost:
        return ContextPost(
            ItemKey.parse(each[0]), each[1], each[2], each[3], from_ms(each[4]) if each[4] else None, bool(each[5])
        )

    return Context(
        tuple(stored["path"]),
        tuple(post(each) for each in stored["before"]),
        tuple(post(each) for each in stored["after"]),
        (),
        None,
        tuple(stored["history"]),
    )


def context_values(context: Context) -> dict[str, Any]:
    """A context for sealing."""

    def post(each: ContextPost) -> list[Any]:
        return [str(each.key), each.position, each.author, each.body, record_ms(each.at), int(each.hidden)]

    return {
        "path": list(context.path),
        "before": [post(each) for each in context.before],
        "after": [post(each) for each in context.after],
        "history": list(context.history),
    }


def open_item(work: Workplace, no: int) -> ItemView:
    """Open an item: claims it here and, in the background, at the forum, where it is read again and captured."""
    with work.store.reading() as reader:
        record = read_item(reader, no)
        judge = work.me(reader.db).may_decide
    if judge and _claimable(work, record) and _claim(work, no):
        work.opened_at[no] = work.now_ms()
        if work.gate is not None:
            work.gate.opened(record.key)
        work.hub.tell(Changed(items=(no,)))
    with work.store.reading() as reader:
        return _view(work, reader, read_item(reader, no))


def _claimable(work: Workplace, record: ItemRecord) -> bool:
    row = record.row
    free = row["claimed_by"] in ("", work.person) or row["claimed_until"] <= work.now_ms()
    open_states = {0, 1, 3}
    return free and row["state"] in open_states


def _claim(work: Workplace, no: int) -> bool:
    """Claim it, unless somebody else was faster since we looked."""
    with work.store.writing() as tx:
        record = read_item(Reader(tx.db, tx.keys, work.store.sealer), no)
        free = _claimable(work, record)
        if free:
            tx.append(Draft("item.claimed", record.case, {"until": work.now_ms() + LEASE_MS}), work.pen)
    return free


def leave_item(work: Workplace, no: int) -> Changed:
    """Leave an item undecided: releases the claim."""
    return release(work, no)
