"""Commands of the daily work: pull, queue, decide, approve, outbox and the small acts."""

from __future__ import annotations

import argparse
import asyncio
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from modstation.bootstrap import RUNNER_LOCK, OpenDesk, Parts
from modstation.desk.intake import Taken
from modstation.desk.outbox import stuck, unfinished, unsettled
from modstation.desk.situation import stack_of
from modstation.models.errors import BadInput, DeskBusy, ForumError, ModStationError
from modstation.models.ids import DecisionId, OutboxId, PolicyId
from modstation.models.measures import Choice, OutboxState
from modstation.models.people import Role
from modstation.models.screen import Changed, ItemView, OutboxRow, QueueFilter, QueueState, Sort
from modstation.regulation import ProfileStack
from modstation.store import runlock
from modstation.sync.runner import pull_once, send_until_settled

from . import values
from .output import Printer, visible
from .session import desk_for

#: A sentence that says what is not settled names so many rows.
MOST_NAMED = 5


def pull(options: argparse.Namespace, parts: Parts) -> int:
    """Pull every forum once, or keep pulling and sending until interrupted."""
    with desk_for(options, parts) as desk:
        if not options.once:
            return _serve(desk)
        with runlock.hold(desk.folder, RUNNER_LOCK):
            found = asyncio.run(pull_once(desk.desk, desk.shared.connect))
    value: dict[str, Any] = {}
    lines: list[str] = []
    for name, taken in found.items():
        if isinstance(taken, Taken):
            value[name] = {
                "items": len(taken.items),
                "rows": taken.rows,
                "unchanged": taken.unchanged,
                "set_aside": taken.set_aside,
                "replies": taken.replies,
                "reread": taken.reread,
            }
            lines.append(
                f"{name}: {len(taken.items)} items new or changed, {taken.unchanged} rows unchanged,"
                f" {taken.set_aside} set aside, {taken.reread} read again"
            )
        else:
            value[name] = {"error": str(taken)}
            lines.append(f"{name}: {taken}")
    Printer(options.json).document({"forums": value}, lines or ["No forum is connected."])
    failed = [taken for taken in found.values() if isinstance(taken, ForumError)]
    if failed:
        raise failed[0]
    return 0


def _serve(desk: OpenDesk) -> int:
    if not desk.start_runner():
        raise DeskBusy("Another process pulls and sends for this desk already.", "", "Leave it to that one.")
    print("Pulling and sending. Press Ctrl+C to stop.", flush=True)
    threading.Event().wait()
    return 0


def queue(options: argparse.Namespace, parts: Parts) -> int:
    """List a queue."""
    if options.state not in set(QueueState) or options.sort not in set(Sort):
        raise BadInput(
            "There is no such list.",
            "States are " + ", ".join(QueueState) + "; orders are " + ", ".join(Sort) + ".",
        )
    wanted = QueueFilter(
        state=QueueState(options.state),
        sort=Sort(options.sort),
        language=options.language,
        section=options.section,
        min_severity=options.min_severity,
    )
    with desk_for(options, parts) as desk:
        rows = desk.desk.queue_rows(desk.desk.queue_ids(wanted, max(1, options.limit)))
    _print_items(options, [values.queue_row(row) for row in rows])
    return 0


def _print_items(options: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    Printer(options.json).rows(
        rows, ("no", "item", "severity", "flags", "language", "author", "title"), "Nothing here."
    )


def search(options: argparse.Namespace, parts: Parts) -> int:
    """Find items by words."""
    with desk_for(options, parts) as desk:
        rows = desk.desk.queue_rows(desk.desk.search(options.text, max(1, options.limit)))
    _print_items(options, [values.queue_row(row) for row in rows])
    return 0


def show(options: argparse.Namespace, parts: Parts) -> int:
    """Show an item."""
    with desk_for(options, parts) as desk:
        view = desk.desk.item(desk.desk.number_of(options.item))
    row = view.row
    lines = [
        f"{row.key}  {row.case}  {row.state}  severity {row.severity}",
        f"by {visible(view.author.name)} (account {view.author.uid}), strikes {view.author.strikes}",
        visible(view.revision.title),
        *[visible(line) for line in view.revision.body.splitlines()],
        *[f"report: {visible(flag.reason)} ({flag.state})" for flag in view.flags],
        *[f"decision {d.id}: {d.policy} by {d.by}, {d.state}" for d in view.decisions],
        *[f"note: {visible(note)}" for note in view.notes],
    ]
    Printer(options.json).document(values.item(view), lines)
    return 0


def _act(options: argparse.Namespace, parts: Parts, act: Callable[[OpenDesk, int], Changed]) -> int:
    with desk_for(options, parts) as desk:
        no = desk.desk.number_of(options.item)
        case = desk.desk.queue_rows([no])[0].case
        told = act(desk, no)
    Printer(options.json).document(values.changed(told, case), [told.message or "Done."])
    return 0


def claim(options: argparse.Namespace, parts: Parts) -> int:
    """Take an item."""
    return _act(options, parts, lambda desk, no: desk.desk.claim(no))


def release(options: argparse.Namespace, parts: Parts) -> int:
    """Give an item back."""
    return _act(options, parts, lambda desk, no: desk.desk.release(no))


def skip(options: argparse.Namespace, parts: Parts) -> int:
    """Leave an item for somebody else."""
    return _act(options, parts, lambda desk, no: desk.desk.skip(no, options.reason))


def note(options: argparse.Namespace, parts: Parts) -> int:
    """Write a note."""
    return _act(options, parts, lambda desk, no: desk.desk.note(no, options.text, on_author=options.on_author))


def park(options: argparse.Namespace, parts: Parts) -> int:
    """Put an item away."""
    until = None
    if options.until:
        try:
            until = datetime.fromisoformat(options.until).astimezone()
        except ValueError:
            raise BadInput(f"'{options.until}' is no time.", "", "Write it as 2026-11-30T09:00+08:00.") from None
    return _act(options, parts, lambda desk, no: desk.desk.park(no, until))


def escalate(options: argparse.Namespace, parts: Parts) -> int:
    """Pass an item to a role."""
    if options.to not in set(Role):
        raise BadInput(f"There is no role '{options.to}'.", "", "Roles are " + ", ".join(Role) + ".")
    return _act(options, parts, lambda desk, no: desk.desk.escalate(no, Role(options.to), options.note))


def _policy(stack: ProfileStack, named: str) -> PolicyId:
    """A policy by its id, its digit on the rail, or the end of its id where only one ends so."""
    known = {policy.id: str(digit) for digit, policy in stack.policies_on_rail()}
    known[stack.no_breach().id] = "n"
    if named in known:
        return PolicyId(named)
    meant = [name for name, digit in known.items() if named.lower() in (digit, name.rpartition(".")[2])]
    meant = [name for name in meant if named != "0"]
    return PolicyId(meant[0] if len(meant) == 1 else named)


def decide(options: argparse.Namespace, parts: Parts) -> int:
    """Decide an item: it is opened first, so that who decides has it and has left a trace of looking."""

    def act(desk: OpenDesk, no: int) -> Changed:
        had_it = desk.desk.queue_rows([no])[0].claimed_by == desk.person
        view = desk.desk.open_item(no)
        try:
            return decided(desk, no, view)
        except ModStationError:
            # Nothing was decided: who only tried does not keep others from it.
            if not had_it:
                desk.desk.leave_item(no)
            raise

    def decided(desk: OpenDesk, no: int, view: ItemView) -> Changed:
        with desk.shared.store.reading() as reader:
            stack = stack_of(desk.work, reader.db, view.row.key.forum)
        choices: list[Choice] | None = None
        if options.measure:
            choices = [stack.choice_of(name, None) for name in options.measure]
            choices = [Choice(c.measure, options.days if c.measure.takes_days else None) for c in choices]
        policy = _policy(stack, options.policy)
        return desk.desk.decide(no, policy, choices, options.reason, options.article, expect=view.revision_hash)

    return _act(options, parts, act)


def _answer(options: argparse.Namespace, parts: Parts, act: Callable[[OpenDesk], Changed]) -> int:
    with desk_for(options, parts) as desk:
        told = act(desk)
        row = desk.desk.queue_rows(told.items[:1])
        code = desk.members.code
    value = values.changed(told, row[0].case if row else "")
    if code:
        value["code"] = code
    Printer(options.json).document(value, [told.message or told.state or "Done.", *([code] if code else [])])
    return 0


def approve(options: argparse.Namespace, parts: Parts) -> int:
    """Say yes to a proposal."""
    return _answer(options, parts, lambda desk: desk.desk.approve(DecisionId(options.decision), options.reason))


def refuse(options: argparse.Namespace, parts: Parts) -> int:
    """Say no to a proposal."""
    return _answer(options, parts, lambda desk: desk.desk.refuse(DecisionId(options.decision), options.reason))


def undo(options: argparse.Namespace, parts: Parts) -> int:
    """Take a decision back."""
    named = DecisionId(options.decision) if options.decision else None
    return _answer(options, parts, lambda desk: desk.desk.undo(named, options.reason))


def approvals(options: argparse.Namespace, parts: Parts) -> int:
    """Proposals that wait."""
    with desk_for(options, parts) as desk:
        rows = [values.approval(row) for row in desk.desk.approvals()]
    Printer(options.json).rows(rows, ("decision", "what", "proposer", "may_approve", "why_not"), "Nothing waits.")
    return 0


def inbox(options: argparse.Namespace, parts: Parts) -> int:
    """Escalations to this person's roles."""
    with desk_for(options, parts) as desk:
        rows = [values.escalation(row) for row in desk.desk.inbox()]
    Printer(options.json).rows(rows, ("escalation", "item", "to", "by", "due", "state"), "Nothing waits.")
    return 0


def outbox(options: argparse.Namespace, parts: Parts) -> int:
    """List the outbox; with --wait send until every row is settled, with --resolve settle a conflict."""
    with desk_for(options, parts) as desk:
        if options.resolve:
            desk.desk.resolve_conflict(OutboxId(options.resolve), options.choice)
        troubles = _send(desk, timedelta(seconds=options.timeout)) if options.wait else []
        rows = [values.outbox_row(row) for row in desk.desk.outbox(1000)]
        open_rows = unfinished(desk.work) if options.wait else []
    Printer(options.json).rows(rows, ("row", "item", "what", "state", "by", "words", "detail"), "Nothing was sent yet.")
    if open_rows:
        raise ForumError(_unfinished_words(open_rows), " ".join(troubles), _next_step(open_rows))
    return 0


def _send(desk: OpenDesk, limit: timedelta) -> list[str]:
    """Send as the runner; where another process is the runner, wait for it. What stood in the way, in words."""
    try:
        with runlock.hold(desk.folder, RUNNER_LOCK):
            sent = asyncio.run(send_until_settled(desk.desk, desk.shared.connect, limit))
    except DeskBusy:
        end = time.monotonic() + limit.total_seconds()
        while _left(desk) and not stuck(desk.work) and time.monotonic() < end:
            time.sleep(0.2)
        return ["Another process sends for this desk."] if _left(desk) else []
    return [f"{name}: {visible(str(trouble))}" for name, trouble in sent.troubles.items()]


def _unfinished_words(rows: list[OutboxRow]) -> str:
    """Which rows are not settled, each with the reason."""
    told = [
        f"{row.id} ({row.what} of {row.item}): "
        + (row.detail.rstrip(".") or (f"waits for {row.after}" if row.after else str(row.state)))
        for row in rows[:MOST_NAMED]
    ]
    more = f"; and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    return f"{len(rows)} {'row is' if len(rows) == 1 else 'rows are'} not settled. {'; '.join(told)}{more}."


def _next_step(rows: list[OutboxRow]) -> str:
    conflict = next((row.id for row in rows if row.state is OutboxState.CONFLICT), "")
    if conflict:
        return f"Settle a conflict with 'modstation outbox --resolve {conflict} --choice drop', accept or send."
    return "Run 'modstation outbox --wait' again when that has changed."


def _left(desk: OpenDesk) -> int:
    with desk.shared.store.reading() as reader:
        return unsettled(reader.db)


def set_aside(options: argparse.Namespace, parts: Parts) -> int:
    """What forums sent that could not be used."""
    with desk_for(options, parts) as desk:
        if options.close:
            desk.desk.close_set_aside(options.close, options.reason)
        rows = [values.aside(row) for row in desk.desk.set_aside()]
    Printer(options.json).rows(rows, ("line", "forum", "source", "why", "due"), "Nothing was set aside.")
    return 0


def setting(options: argparse.Namespace, parts: Parts) -> int:
    """Show or change a setting."""
    with desk_for(options, parts) as desk:
        if options.value is not None:
            desk.desk.set_setting(options.name, options.value)
        value = desk.desk.setting(options.name)
    Printer(options.json).document({options.name: value}, [value])
    return 0
