"""What commands print of each thing, as plain JSON values."""

from __future__ import annotations

from typing import Any

from modstation.models.people import Person
from modstation.models.screen import (
    ApprovalRow,
    Changed,
    EscalationRow,
    ItemView,
    OutboxRow,
    PastDecision,
    QueueRow,
    SetAsideRow,
)
from modstation.models.time import iso

from .session import moment


def queue_row(row: QueueRow) -> dict[str, Any]:
    """A row of the queue."""
    return {
        "no": row.no,
        "item": str(row.key),
        "case": row.case,
        "title": row.title,
        "author": row.author,
        "section": row.section,
        "severity": row.severity,
        "categories": list(row.categories),
        "sources": list(row.sources),
        "flags": row.flags,
        "language": row.language,
        "state": str(row.state),
        "found": moment(row.found),
        "flagged": moment(row.flagged),
        "due": moment(row.due),
        "claimed_by": row.claimed_by,
        "greyed": row.greyed,
        "media": row.has_media,
        "gone": row.gone,
    }


def item(view: ItemView) -> dict[str, Any]:
    """An item with everything that is known of it. Reporters by account number only."""
    revision = view.revision
    return {
        **queue_row(view.row),
        "body": revision.body,
        "url": revision.url,
        "visibility": str((view.revisions[-1] if view.revisions else revision).visibility),
        "author": {
            "uid": view.author.uid,
            "name": view.author.name,
            "strikes": view.author.strikes,
            "penalties": list(view.author.penalties),
        },
        "revision": view.revision_hash,
        "revisions": [
            {"fetched": iso(each.fetched), "visibility": str(each.visibility), "body": each.body}
            for each in view.revisions
        ],
        "reports": [
            {
                "flag": flag.flag_id,
                "state": str(flag.state),
                "reporter": flag.reporter.uid,
                "reason": flag.reason,
                "at": iso(flag.at) if flag.at else "",
                "assignee": flag.assignee,
            }
            for flag in view.flags
        ],
        "marks": [[m.start, m.end, m.tier, m.rule, m.category, m.pack, m.scope] for m in view.marks],
        "attachments": [media.attachment.url for media in view.media],
        "decisions": [decision(each) for each in view.decisions],
        "notes": list(view.notes),
        "why_here": list(view.why_here),
    }


def decision(past: PastDecision) -> dict[str, Any]:
    """A decision of the past."""
    return {
        "decision": past.id,
        "case": past.case,
        "item": str(past.item),
        "policy": past.policy,
        "measures": [[str(choice.measure), choice.days or 0] for choice in past.measures],
        "by": past.by,
        "at": moment(past.at),
        "state": past.state,
        "reason": past.reason,
    }


def changed(told: Changed, case: str = "") -> dict[str, Any]:
    """What an act has changed."""
    return {
        "decision": told.decision or "",
        "case": case,
        "state": told.state,
        "may_approve": list(told.may_approve),
        "message": told.message,
    }


def outbox_row(row: OutboxRow) -> dict[str, Any]:
    """A row of the outbox."""
    return {
        "row": row.id,
        "decision": row.decision,
        "case": row.case,
        "item": str(row.item),
        "kind": row.kind,
        "measure": str(row.measure),
        "what": row.what,
        "state": str(row.state),
        "at": moment(row.at),
        "until": moment(row.until),
        "by": row.by,
        "words": row.words,
        "detail": row.detail,
        "tries": row.tries,
        "settled": row.settled,
    }


def approval(row: ApprovalRow) -> dict[str, Any]:
    """A proposal that waits."""
    return {
        "decision": row.decision,
        "case": row.case,
        "subject": row.subject,
        "item": str(row.item),
        "what": row.what,
        "policy": row.policy_name,
        "proposer": row.proposer,
        "at": moment(row.at),
        "reason": row.reason,
        "needs": row.needs,
        "given": list(row.given),
        "may_approve": list(row.may_approve),
        "why_not": row.why_not,
    }


def escalation(row: EscalationRow) -> dict[str, Any]:
    """An escalation."""
    return {
        "escalation": row.id,
        "case": row.case,
        "item": str(row.item),
        "to": str(row.to),
        "by": row.by,
        "at": moment(row.at),
        "due": moment(row.due),
        "state": row.state,
        "notes": list(row.notes),
    }


def person(member: Person) -> dict[str, Any]:
    """A member of the desk."""
    return {"person": member.id, "roles": sorted(member.roles), "state": str(member.state)}


def aside(row: SetAsideRow) -> dict[str, Any]:
    """A line that was set aside."""
    return {
        "line": row.id,
        "forum": row.forum,
        "source": row.source,
        "why": row.why,
        "raw": row.raw,
        "at": moment(row.at),
        "due": moment(row.due),
    }
