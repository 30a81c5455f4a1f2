"""The pure fold: all that is known of a case, put in order of time, becomes its present state.

Nothing here reads a clock or a file, so two desks with the same rows always agree, whatever arrived first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from modstation.models.errors import DamagedFile
from modstation.models.measures import OutboxState
from modstation.models.screen import QueueState

from .folded import CaseFold, DecisionFold, EscalationFold, FlagFold, RowFold, Step

#: House targets from flag to decision by severity, in milliseconds; shown as a house rule. A law's own clocks come
#: from the profile.
HOUSE_TARGET_MS = {4: 30 * 60_000, 3: 30 * 60_000, 2: 4 * 3_600_000, 1: 24 * 3_600_000, 0: 24 * 3_600_000}

#: Parked "until a reply" has no end in time; a reply or this guard brings it back, so that nothing is lost sight of.
REPLY_GUARD_MS = 14 * 86_400_000


def fold(forum: str, kind: str, steps: Iterable[Step]) -> CaseFold:
    """Fold the steps of one case. Raises DamagedFile for what no honest desk writes, such as a self-approval."""
    case = _Case(forum, kind)
    for step in sorted(steps, key=lambda each: each.order):
        handler = _HANDLERS.get(step.kind)
        if handler is not None:
            handler(case, step)
    return case.result()


class _Case:
    """The case while it is being folded."""

    def __init__(self, forum: str, kind: str) -> None:
        self.forum = forum
        self.type = kind
        self.rev: dict[str, Any] = {}
        self.obs = self.text_obs = self.first_seen = self.latest = self.gone_since = 0
        self.hit_at = 0
        self.flags: dict[str, FlagFold] = {}
        self.decisions: dict[str, DecisionFold] = {}
        self.rows: dict[str, RowFold] = {}
        self.escalations: dict[str, EscalationFold] = {}
        self.claimed_by, self.claimed_until, self.parked_until = "", 0, 0
        self.returned = False
        self.participation: set[tuple[str, str]] = set()
        self.notes: list[int] = []
        self.captures: list[int] = []
        self.skips: dict[str, int] = {}
        self.blocked: list[str] = []
        self.hidden_elsewhere = ""
        self.severity, self.lang = 0, ""
        self.cats: tuple[str, ...] = ()
        self.media = 0

    def answered(self) -> dict[str, tuple[int, str, int, int]]:
        """Reports that a standing decision had before it, with the time of the newest such decision."""
        if not self.decisions:
            return {}
        found: dict[str, tuple[int, str, int, int]] = {}
        for decision in self.decisions.values():
            if decision.stands:
                for ident in decision.body["seen"].get("flags", ()):
                    found[ident] = max(found.get(ident, decision.order), decision.order)
        return found

    def unanswered(self) -> list[FlagFold]:
        """Open reports nobody here has judged, or that came back after they were judged."""
        known = self.answered()
        return [
            flag
            for flag in self.flags.values()
            if not flag.closed
            and (flag.ident not in known or (flag.reopened is not None and flag.reopened > known[flag.ident]))
        ]

    def state(self, unanswered: list[FlagFold]) -> QueueState:
        """Where the item stands."""
        if not (self.decisions or self.escalations or self.parked_until) and unanswered:
            return QueueState.OPEN
        standing = [decision for decision in self.decisions.values() if decision.stands]
        if any(decision.state == "proposed" for decision in standing):
            return QueueState.PROPOSED
        if any(each.state in ("open", "taken") for each in self.escalations.values()):
            return QueueState.ESCALATED
        if standing and not unanswered:
            return QueueState.DECIDED
        if self.parked_until:
            return QueueState.PARKED
        if self.flags and not unanswered and all(flag.closed for flag in self.flags.values()):
            return QueueState.CLOSED_ELSEWHERE
        return QueueState.OPEN

    def greyed(self, unanswered: list[FlagFold]) -> str:
        """What somebody else did at the forum, as `what:state:uid:observation`; the reader puts it in words."""
        if unanswered and not self.hidden_elsewhere:
            return ""
        closed = [flag for flag in self.flags.values() if flag.closed]
        if self.flags and not unanswered and closed and not any(d.stands for d in self.decisions.values()):
            last = max(closed, key=lambda flag: flag.obs)
            return f"flag:{last.state}:{last.closed_by}:{last.obs}"
        if self.hidden_elsewhere and not any(d.stands for d in self.decisions.values()):
            return self.hidden_elsewhere
        return ""

    def result(self) -> CaseFold:
        """The finished state."""
        unanswered = self.unanswered()
        made = [flag.made for flag in unanswered if flag.made]
        flagged = min(made, default=0)
        marks = [flag.made for flag in self.flags.values() if flag.made] + ([self.hit_at] if self.hit_at else [])
        found = min(marks, default=self.first_seen)
        return CaseFold(
            state=self.state(unanswered),
            forum=self.forum,
            type=self.type,
            author=self.rev.get("author", ""),
            section=self.rev.get("section", ""),
            severity=self.severity,
            lang=self.lang,
            due=(flagged or found) + HOUSE_TARGET_MS.get(self.severity, HOUSE_TARGET_MS[0]),
            found=found,
            flagged=flagged,
            first_seen=self.first_seen,
            latest=self.latest,
            obs=self.obs,
            text_obs=self.text_obs or self.obs,
            visibility=self.rev.get("vis", "unknown"),
            claimed_by=self.claimed_by,
            claimed_until=self.claimed_until,
            parked_until=self.parked_until,
            cats=self.cats,
            sources=self._sources(),
            greyed=self.greyed(unanswered),
            media=self.media,
            flags=tuple(self.flags.values()),
            decisions=tuple(self.decisions.values()),
            rows=tuple(self.rows.values()),
            escalations=tuple(self.escalations.values()),
            participation=frozenset(self.participation),
            notes=tuple(self.notes),
            skips=self.skips,
            blocked=tuple(self.blocked),
            gone_since=self.gone_since,
            captures=tuple(self.captures),
            answered=frozenset(self.answered()),
        )

    def _sources(self) -> tuple[str, ...]:
        found = ["user"] if self.flags else []
        if self.hit_at:
            found.append("screening")
        if self.type == "queued":
            found.append("queue")
        return tuple(found) or ("patrol",)


def _revision(case: _Case, step: Step) -> None:
    body = step.body
    was = case.rev.get("vis", "")
    case.first_seen = case.first_seen or step.at
    case.latest, case.obs = step.at, step.ref
    if body.get("text"):
        case.text_obs = step.ref
        case.severity, case.lang = body["sev"], body["lang"]
        case.cats = tuple(body["cats"])
        case.media = body["media"]
        case.hit_at = case.hit_at or (step.at if body["marks"] else 0)
    if was == "public" and body["vis"] in ("hidden", "gone"):
        case.hidden_elsewhere = f"item:{body['vis']}::{step.ref}"
        case.gone_since = step.at
    elif body["vis"] == "public":
        case.hidden_elsewhere, case.gone_since = "", 0
    # An answer without an author must not wipe who wrote it.
    case.rev = {**body, "author": body["author"] or case.rev.get("author", "")}


def _flag(case: _Case, step: Step) -> None:
    body = step.body
    case.first_seen = case.first_seen or step.at
    case.latest = step.at
    key = f"{body['flag']}:{body['reporter']}"
    before = case.flags.get(key)
    flag = FlagFold(
        ident=f"{key}:{body['made']}",
        flag=body["flag"],
        reporter=body["reporter"],
        state=body["state"],
        made=body["made"],
        assignee=body["assignee"],
        closed_by=body["closed_by"],
        obs=step.ref,
        heat=body["heat"],
        reopened=before.reopened if before else None,
    )
    if before is not None and before.closed and not flag.closed:
        flag.reopened = step.order
    case.flags[key] = flag


def _claimed(case: _Case, step: Step) -> None:
    case.claimed_by, case.claimed_until = step.actor, step.body["until"]
    case.participation.add((step.actor, "opened"))


def _released(case: _Case, step: Step) -> None:
    if case.claimed_by == step.actor:
        case.claimed_by, case.claimed_until = "", 0


def _skipped(case: _Case, step: Step) -> None:
    case.skips[step.actor] = case.skips.get(step.actor, 0) + 1
    _released(case, step)


def _parked(case: _Case, step: Step) -> None:
    case.parked_until = step.body["until"] or step.at + REPLY_GUARD_MS
    _released(case, step)


def _returned(case: _Case, step: Step) -> None:
    case.parked_until = 0


def _noted(case: _Case, step: Step) -> None:
    case.notes.append(step.ref)
    case.participation.add((step.actor, "noted"))


def _replied(case: _Case, step: Step) -> None:
    case.notes.append(step.ref)
    case.parked_until = 0


def _captured(case: _Case, step: Step) -> None:
    case.captures.append(step.ref)


def _decided(case: _Case, step: Step) -> None:
    body = step.body
    state = "proposed" if body["needs"] else "made"
    decision = DecisionFold(body["decision"], body, step.actor, step.at, step.ref, step.order, state)
    case.decisions[decision.id] = decision
    for place, order in enumerate(body["orders"]):
        # Each measure is made or proposed by itself: what needs nobody goes out while the rest waits.
        awaiting = body["needs"] > 0 and order["needs"] > 0
        waiting = OutboxState.WAITING if awaiting else OutboxState.HELD
        row = RowFold(
            order["row"], decision.id, order, place, step.at, waiting, body["hold_until"], awaiting,
            step.order[0],
        )  # fmt: skip
        case.rows[row.id] = row
    case.participation.add((step.actor, "proposed" if body["needs"] else "decided"))
    case.claimed_by, case.claimed_until, case.parked_until = "", 0, 0
    for escalation in case.escalations.values():
        if escalation.state in ("open", "taken"):
            escalation.state = "decided"
    if state == "made":
        _in_force(case, decision)


def _in_force(case: _Case, decision: DecisionFold) -> None:
    before = case.decisions.get(decision.body["reverses"])
    if before is not None and before.state == "made":
        before.state, before.reversed_by = "reversed", decision.id
        _withdraw_rows(case, before.id, decision.at, only_awaiting=False)


def _withdrawn(case: _Case, step: Step) -> None:
    decision = case.decisions.get(step.body["decision"])
    if decision is None or decision.state not in ("made", "proposed"):
        return
    decision.state = "withdrawn"
    before = case.decisions.get(decision.body["reverses"])
    if before is not None and before.reversed_by == decision.id:
        before.state, before.reversed_by = "made", ""
    _withdraw_rows(case, decision.id, step.at, only_awaiting=False)


def _withdraw_rows(case: _Case, decision: str, at: int, *, only_awaiting: bool) -> None:
    for row in case.rows.values():
        unsent = row.state in (OutboxState.HELD, OutboxState.WAITING)
        if row.decision == decision and unsent and (row.awaiting or not only_awaiting):
            row.state, row.at, row.awaiting = OutboxState.WITHDRAWN, at, False


def _approved(case: _Case, step: Step) -> None:
    decision = case.decisions.get(step.body["decision"])
    if decision is None:
        return
    if step.actor == decision.by:
        raise DamagedFile(
            f"The journal holds an approval of {decision.id} by the person who proposed it.",
            "No honest desk writes that.",
            "Nothing was taken over. Run 'modstation verify', keep a copy of the folder, and ask who had the key.",
        )
    case.participation.add((step.actor, "approved"))
    if decision.state != "proposed" or step.actor in decision.approved:
        return
    decision.approved.append(step.actor)
    if len(decision.approved) < decision.body["needs"] or not step.body["complete"]:
        return
    decision.state = "made"
    _in_force(case, decision)
    ends = dict(step.body["ends"])
    for row in case.rows.values():
        if row.decision == decision.id and row.awaiting:
            row.state, row.awaiting, row.due, row.at = OutboxState.HELD, False, step.body["hold_until"], step.at
            if row.id in ends:
                # Time runs from the approval on, not from the proposal; the words that say so are sealed beside it.
                row.order = {**row.order, "until": ends[row.id], "texts": step.ref}


def _refused(case: _Case, step: Step) -> None:
    decision = case.decisions.get(step.body["decision"])
    if decision is None or decision.state != "proposed":
        return
    # Each measure is made or proposed by itself: what needed nobody stands, and can be taken back like anything made.
    decision.state, decision.refused_by = "made" if decision.made_at_once else "refused", step.actor
    case.participation.add((step.actor, "refused"))
    if decision.state == "made":
        _in_force(case, decision)
    _withdraw_rows(case, decision.id, step.at, only_awaiting=True)


def _move(state: OutboxState) -> Callable[[_Case, Step], None]:
    def move(case: _Case, step: Step) -> None:
        row = case.rows.get(step.body["row"])
        # What is settled stays so: only a person moves a conflict, and nothing unapproved is ever on its way.
        if row is None or row.state.final or (row.awaiting and state is not OutboxState.WITHDRAWN):
            return
        row.state, row.at, row.event, row.awaiting = state, step.at, step.ref, False
        row.tries = max(row.tries, step.body.get("tries", 0))
        row.due = step.body.get("until", step.at)
        row.why = step.body.get("why", "")
        row.already = bool(step.body.get("already", 0))
        row.confirmed = row.confirmed and state is not OutboxState.CONFLICT

    return move


def _resolved(case: _Case, step: Step) -> None:
    row = case.rows.get(step.body["row"])
    if row is None or row.state is not OutboxState.CONFLICT:
        return
    becomes = {"send": OutboxState.WAITING, "drop": OutboxState.WITHDRAWN, "accept": OutboxState.ACKNOWLEDGED}
    row.state = becomes.get(step.body["choice"], OutboxState.CONFLICT)
    row.at, row.due, row.why, row.already = step.at, step.at, f"by-hand:{step.body['choice']}", True
    row.confirmed = row.state is OutboxState.WAITING
    case.participation.add((step.actor, "decided"))


def _escalated(case: _Case, step: Step) -> None:
    body = step.body
    case.escalations[body["escalation"]] = EscalationFold(
        body["escalation"], body["role"], step.actor, step.at, body["due"], "open", [step.ref]
    )
    case.participation.add((step.actor, "escalated"))
    case.claimed_by, case.claimed_until, case.parked_until = "", 0, 0


def _escalation_noted(case: _Case, step: Step) -> None:
    escalation = case.escalations.get(step.body["escalation"])
    if escalation is not None:
        escalation.events.append(step.ref)


def _taken(case: _Case, step: Step) -> None:
    escalation = case.escalations.get(step.body["escalation"])
    if escalation is not None and escalation.state == "open":
        escalation.state, escalation.taken_by = "taken", step.actor


def _handed_back(case: _Case, step: Step) -> None:
    escalation = case.escalations.get(step.body["escalation"])
    if escalation is not None and escalation.state in ("open", "taken"):
        escalation.state = "returned"
        escalation.events.append(step.ref)


def _destroyed(case: _Case, step: Step) -> None:
    case.blocked.append(step.body["url"])


_HANDLERS: dict[str, Callable[[_Case, Step], None]] = {
    "rev": _revision,
    "flag": _flag,
    "item.claimed": _claimed,
    "item.released": _released,
    "item.skipped": _skipped,
    "item.parked": _parked,
    "item.returned": _returned,
    "item.captured": _captured,
    "note.added": _noted,
    "reply.received": _replied,
    "decision.made": _decided,
    "decision.withdrawn": _withdrawn,
    "approval.given": _approved,
    "approval.refused": _refused,
    "outbox.sending": _move(OutboxState.SENDING),
    "outbox.unknown": _move(OutboxState.UNKNOWN),
    "outbox.waiting": _move(OutboxState.WAITING),
    "outbox.acknowledged": _move(OutboxState.ACKNOWLEDGED),
    "outbox.refused": _move(OutboxState.REFUSED),
    "outbox.conflict": _move(OutboxState.CONFLICT),
    "outbox.resolved": _resolved,
    "outbox.withdrawn": _move(OutboxState.WITHDRAWN),
    "escalation.made": _escalated,
    "escalation.noted": _escalation_noted,
    "escalation.taken": _taken,
    "escalation.returned": _handed_back,
    "media.destroyed": _destroyed,
}
