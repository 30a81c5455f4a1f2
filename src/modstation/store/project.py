"""Writes folded cases into the projection tables, and reads the steps of a case from observations and journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson

from .canonical import parse
from .events import KINDS
from .fold import fold
from .folded import STATE_CODES, CaseFold, DecisionFold, EscalationFold, RowFold, Step
from .sqlcipher import Connection

_ITEM = (
    "INSERT OR REPLACE INTO {0}item (no, forum, type, author, section, state, severity, lang, due, found, flagged,"
    " first_seen, latest, obs, flags, visibility, claimed_by, claimed_until, parked_until, cats, sources, greyed,"
    " media, decided_by, extra) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_DECISION = 'INSERT INTO {0}decision (id, item, "case", policy, by, at, state, event, body) VALUES (?,?,?,?,?,?,?,?,?)'
_ROW = (
    "INSERT INTO {0}outbox (id, item, decision, forum, state, due, at, seq, place, settled, body)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?)"
)
_STRIKE = "INSERT OR REPLACE INTO {0}strike (decision, item, forum, author, at, points) VALUES (?,?,?,?,?,?)"
_PART = "INSERT OR IGNORE INTO {0}participation (item, person, act) VALUES (?,?,?)"
_ESCALATION = "INSERT INTO {0}escalation (id, item, role, state, due, body) VALUES (?,?,?,?,?,?)"
_TALLY = (
    "INSERT INTO tally (state, items) VALUES (?, ?) ON CONFLICT (state) DO UPDATE SET items = items + excluded.items"
)
_OF_ITEM = ("decision", "outbox", "strike", "participation", "escalation")


class Projector:
    """Keeps the projection tables true to the fold. `prefix` names shadow tables while rebuilding."""

    def __init__(self, db: Connection, prefix: str = "") -> None:
        self._db = db
        self._prefix = prefix
        self._sql = {sql: sql.format(prefix) for sql in (_ITEM, _DECISION, _ROW, _STRIKE, _PART, _ESCALATION)}

    def steps(self, no: int, case: str) -> list[Step]:
        """All steps of a case, observations and journal rows, in no particular order.

        Rows of a kind or version that a later program wrote are kept in the journal and not guessed at.
        """
        steps = [
            Step((hlc, desk, seq, place), at, meta["k"], "", meta, obs)
            for obs, place, raw, hlc, desk, seq, at in self._db.execute(
                "SELECT o.id, o.place, o.meta, e.hlc, e.desk, e.desk_seq, e.at FROM observation o"
                " JOIN event e ON e.id = o.event WHERE o.item = ?",
                (no,),
            )
            for meta in (parse(raw),)
        ]
        for ref, hlc, desk, seq, at, kind, version, actor, body in self._db.execute(
            "SELECT id, hlc, desk, desk_seq, at, kind, kind_version, actor, body FROM event WHERE subject = ?", (case,)
        ):
            if (kind, version) in KINDS:
                steps.append(Step((hlc, desk, seq, 0), at, kind, actor, parse(body), ref))
        return steps

    def refold(self, no: int) -> CaseFold:
        """Fold one item again from everything known of it and write the result."""
        key, case = self._db.execute('SELECT key, "case" FROM item_key WHERE no = ?', (no,)).fetchone()
        forum, kind, _ = key.split("/", 2)
        folded = fold(forum, kind, self.steps(no, case))
        before = self._db.execute(f"SELECT state FROM {self._prefix}item WHERE no = ?", (no,)).fetchone()
        self.clear(no)
        self.write([(no, case, folded)])
        self.count([folded], before)
        return folded

    def count(self, folds: Iterable[CaseFold], before: tuple[int] | None = None) -> None:
        """Count items into their states, and the one they replace out of the state it had."""
        change = Counter(STATE_CODES[folded.state] for folded in folds)
        if before is not None:
            change[before[0]] -= 1
        self._db.executemany(_TALLY, [(state, items) for state, items in change.items() if items])

    def clear(self, no: int) -> None:
        """Take the dependent rows of an item out; its own row is replaced in place."""
        for table in _OF_ITEM:
            self._db.execute(f"DELETE FROM {self._prefix}{table} WHERE item = ?", (no,))

    def write(self, folds: Iterable[tuple[int, str, CaseFold]]) -> None:
        """Write folded cases whose dependent rows are not there yet."""
        items, decisions, rows, strikes, parts, escalations = [], [], [], [], [], []
        for no, case, folded in folds:
            items.append(_item_row(no, folded))
            decisions += [_decision_row(no, case, each) for each in folded.decisions]
            rows += [_outbox_row(no, folded.forum, each) for each in folded.rows]
            strikes += [_strike_row(no, folded, each) for each in folded.decisions if _strikes(each)]
            parts += [(no, person, act) for person, act in sorted(folded.participation)]
            escalations += [_escalation_row(no, each) for each in folded.escalations]
        for sql, values in (
            (_ITEM, items),
            (_DECISION, decisions),
            (_ROW, rows),
            (_STRIKE, strikes),
            (_PART, parts),
            (_ESCALATION, escalations),
        ):
            if values:
                self._db.executemany(self._sql[sql], values)


def _item_row(no: int, f: CaseFold) -> tuple[Any, ...]:
    standing = [decision for decision in f.decisions if decision.stands]
    return (
        no,
        f.forum,
        f.type,
        f.author,
        f.section,
        STATE_CODES[f.state],
        f.severity,
        f.lang,
        f.due,
        f.found,
        f.flagged,
        f.first_seen,
        f.latest,
        f.text_obs,
        len(f.flags),
        f.visibility,
        f.claimed_by,
        f.claimed_until,
        f.parked_until,
        ",".join(f.cats),
        ",".join(f.sources),
        f.greyed,
        f.media,
        standing[-1].by if standing else "",
        _dump(_extra(f)),
    )


def _extra(f: CaseFold) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if f.flags:
        extra["flags"] = [
            [flag.ident, flag.flag, flag.state, flag.obs, flag.assignee, flag.made, flag.heat] for flag in f.flags
        ]
    if f.obs != f.text_obs:
        extra["latest"] = f.obs
    for name, value in (
        ("notes", f.notes),
        ("skips", f.skips),
        ("captures", f.captures),
        ("blocked", f.blocked),
        ("gone", f.gone_since),
    ):
        if value:
            extra[name] = value
    return extra


def _decision_row(no: int, case: str, d: DecisionFold) -> tuple[Any, ...]:
    body = {
        **d.body,
        "approved": d.approved,
        "refused_by": d.refused_by,
        "reversed_by": d.reversed_by,
    }
    return (d.id, no, case, d.body["policy"], d.by, d.at, d.state, d.event, _dump(body))


def _outbox_row(no: int, forum: str, r: RowFold) -> tuple[Any, ...]:
    body = {
        "order": r.order,
        "tries": r.tries,
        "event": r.event,
        "why": r.why,
        "already": r.already,
        "confirmed": r.confirmed,
        "awaiting": r.awaiting,
    }
    return (r.id, no, r.decision, forum, str(r.state), r.due, r.at, r.seq, r.place, int(r.settled), _dump(body))


def _strikes(decision: DecisionFold) -> bool:
    in_force = decision.state == "made" or (decision.state == "proposed" and decision.made_at_once)
    return in_force and decision.body["points"] > 0


def _strike_row(no: int, f: CaseFold, d: DecisionFold) -> tuple[Any, ...]:
    return (d.id, no, f.forum, d.body["author"], d.at, d.body["points"])


def _escalation_row(no: int, e: EscalationFold) -> tuple[Any, ...]:
    body = {"by": e.by, "at": e.at, "events": e.events, "taken_by": e.taken_by}
    return (e.id, no, e.role, e.state, e.due, _dump(body))


def _dump(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode("utf-8")
