"""Commands about screening at a desk: why an item is here, the life of rule packs, what was learned.

`packs lint`, `packs test` and `packs rehearse --items` need no desk and stay with the screening library.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from modstation.bootstrap import Parts
from modstation.desk.packs import PackView
from modstation.desk.packs_rehearse import Rehearsed
from modstation.desk.priority import Learned
from modstation.desk.screens_desk import ScreeningDesk
from modstation.desk.why import Why
from modstation.screening.packs_cli import report_lines

from .output import Printer, visible
from .session import desk_for, moment

_AT_A_DESK = ("list", "add", "approve", "pull", "retire", "show")


def concerns_a_desk(rest: list[str]) -> bool:
    """Whether `packs ...` means the packs of a desk, and not files in a pipe."""
    return bool(rest) and (rest[0] in _AT_A_DESK or (rest[0] == "rehearse" and "--items" not in rest))


def why(options: argparse.Namespace, parts: Parts) -> int:
    """Why an item is here."""
    with desk_for(options, parts) as desk:
        found = desk.desk.why(desk.desk.number_of(options.item))
    Printer(options.json).document(why_value(found), why_lines(found))
    return 0


def why_value(found: Why) -> dict[str, Any]:
    """The reasons as JSON. Reporters by account number only."""
    together = found.cluster
    return {
        "no": found.no,
        "item": str(found.item),
        "case": found.case,
        "at": moment(found.at),
        "place": found.place,
        "waiting": found.waiting,
        "flags": [
            {"at": moment(each.at), "reporter": each.reporter, "reason": each.reason, "state": each.state}
            for each in found.flags
        ],
        "hits": [
            {
                "start": hit.start, "end": hit.end, "scope": hit.scope, "surface": hit.surface, "tier": hit.tier,
                "rule": hit.rule, "category": hit.category, "severity": hit.severity, "pack": hit.pack,
                "approved_by": list(hit.approved_by), "active": moment(hit.active_at),
            }
            for hit in found.hits
        ],
        "score": [{"what": part.what, "value": part.value, "source": part.source} for part in found.parts],
        "cluster": {
            "id": together.id, "size": len(together.members), "differ": together.differing,
            "members": [{"no": m.no, "alike": round(m.alike, 1), "seen": m.seen} for m in together.members],
        },
        "replay": {"same": found.replay.same, "words": found.replay.words},
        "packs": list(found.packs),
        "found_nothing": list(found.found_nothing),
        "moments": [{"at": moment(each.at), "what": each.what} for each in found.moments],
    }  # fmt: skip


def why_lines(found: Why) -> list[str]:
    """The reasons in words."""
    where = f", {found.place} of {found.waiting} by deadline" if found.place else ""
    lines = [f"{found.item}  {found.case}{where}", found.replay.words]
    lines += [f"{part.what}: {part.value} ({part.source})" for part in found.parts]
    lines += [
        f"rule {hit.rule}: {visible(hit.surface, 60)} [{hit.tier}] in {hit.scope}, {hit.category}, {hit.pack}"
        for hit in found.hits
    ]
    lines += [f"report by account {flag.reporter}: {visible(flag.reason, 120)} ({flag.state})" for flag in found.flags]
    together = found.cluster
    if together.id:
        numbers = ", ".join(str(member.no) for member in together.members[:20])
        lines.append(f"cluster {together.id}: {len(together.members)} alike, {together.differing} differ: {numbers}")
    if found.found_nothing:
        lines.append(f"looked at and found nothing: {', '.join(found.found_nothing)}")
    return lines


# ---------------------------------------------------------------------------------- packs
def packs(options: argparse.Namespace, parts: Parts) -> int:
    """What is asked about the packs of a desk."""
    with desk_for(options, parts) as opened:
        return _PACKS[options.what](options, opened.desk)


def _list(options: argparse.Namespace, desk: ScreeningDesk) -> int:
    values = [pack_value(each) for each in desk.packs()]
    columns = ("pack", "version", "state", "rules", "terms", "author", "hash")
    Printer(options.json).rows(values, columns, "There are no rule packs.")
    return 0


def pack_value(view: PackView) -> dict[str, Any]:
    """One version of a pack as JSON."""
    return {
        "pack": view.pack,
        "version": view.version,
        "state": view.state,
        "title": view.title,
        "hash": view.hash,
        "author": view.author or "ModStation",
        "shipped": view.shipped,
        "emergency": view.emergency,
        "valid_until": view.valid_until,
        "drafted": moment(view.drafted_at),
        "rehearsed": moment(view.rehearsed_at),
        "approved_by": list(view.approved_by),
        "needs": view.needs,
        "may_approve": list(view.may_approve),
        "active": moment(view.active_at),
        "ended": moment(view.ended_at),
        "pulled_by": view.pulled_by,
        "rules": view.rules,
        "terms": view.terms,
    }


def _tell(options: argparse.Namespace, view: PackView) -> int:
    lines = [f"{view.pack}@{view.version} is {view.state}  {view.hash}"]
    if view.may_approve:
        lines.append(f"may approve: {', '.join(view.may_approve)}")
    Printer(options.json).document(pack_value(view), lines)
    return 0


def _rehearse(options: argparse.Namespace, desk: ScreeningDesk) -> int:
    def progress(done: int, total: int) -> bool:
        sys.stderr.write(f"\r{done} of {total}")
        return True

    made = desk.rehearse_pack(options.pack, progress)
    sys.stderr.write("\n")
    Printer(options.json).document(rehearsal_value(made), _rehearsal_lines(made))
    return 0


def rehearsal_value(made: Rehearsed) -> dict[str, Any]:
    """A rehearsal as JSON."""
    report = made.report
    return {
        "hash": made.hash,
        "pack": made.label,
        "against": made.against,
        "items": report.items,
        "hit_items": report.hit_items,
        "per_thousand": report.per_thousand,
        "by_tier": {str(tier): count for tier, count in report.by_tier},
        "by_rule": dict(report.by_rule),
        "surfaces": [[surface, count] for surface, count in report.surfaces],
        "false_alarms": list(report.false_alarms),
        "confirmed": report.confirmed,
        "gained": list(report.gained),
        "lost": list(report.lost),
        "silent_rules": list(report.silent_rules),
        "cancelled": report.cancelled,
        "decided": made.decided,
        "harmless": made.harmless,
        "warnings": list(made.warnings),
    }


def _rehearsal_lines(made: Rehearsed) -> list[str]:
    against = made.against or "nothing active"
    return [f"{made.label} against {against}", *report_lines(made.report), *made.warnings]


_PACKS: dict[str, Callable[[argparse.Namespace, ScreeningDesk], int]] = {
    "list": _list,
    "add": lambda options, desk: _tell(options, desk.add_pack(options.file)),
    "rehearse": _rehearse,
    "approve": lambda options, desk: _tell(options, desk.approve_pack(options.pack, options.reason)),
    "pull": lambda options, desk: _tell(options, desk.pull_pack(options.pack, options.reason)),
    "retire": lambda options, desk: _tell(options, desk.retire_pack(options.pack)),
    "show": lambda options, desk: _show(options, desk),
}


def _show(options: argparse.Namespace, desk: ScreeningDesk) -> int:
    made = desk.last_rehearsal(options.pack)
    Printer(options.json).document(rehearsal_value(made), _rehearsal_lines(made))
    return 0


# ---------------------------------------------------------------------------------- the learned order
def learned(options: argparse.Namespace, parts: Parts) -> int:
    """What the learned order knows; with --train, make its model anew."""
    with desk_for(options, parts) as opened:
        state = opened.desk.learn() if options.train else opened.desk.learned()
        alarms = opened.desk.false_alarms()
    value = {
        "on": state.on,
        "trained": state.trained,
        "held_back": state.held_back,
        "auc": round(state.auc, 4),
        "at": moment(state.at),
        "why_not": state.why_not,
        "false_alarms": [
            {"section": each.section, "language": each.language, "judged": each.judged, "harmless": each.harmless}
            for each in alarms
        ],
    }
    lines = [_learned_line(state)]
    lines += [
        f"section {each.section or '-'}, {each.language or '-'}: {each.harmless} of {each.judged} marked were harmless"
        for each in alarms
    ]
    Printer(options.json).document(value, lines)
    return 0


def _learned_line(state: Learned) -> str:
    on = "on" if state.on else "off"
    if not state.trained:
        return f"The learned order is {on}. {state.why_not}"
    return (
        f"The learned order is {on}: trained on {state.trained} decisions,"
        f" AUC {state.auc:.2f} on {state.held_back} held back (0.5 is a coin)."
    )
