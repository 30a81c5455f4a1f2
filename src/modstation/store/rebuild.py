"""Makes all projections anew from observations and journal, into shadow tables, and swaps them in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from modstation.models.errors import DamagedFile

from .canonical import parse
from .events import KINDS
from .fold import fold
from .folded import CaseFold, Step
from .migrate import numbered
from .people import fold_desk_row
from .project import Projector
from .sqlcipher import Connection
from .verify import verify

TABLES = ("item", "decision", "outbox", "strike", "participation", "escalation")
_SHADOW = "fresh_"
_BATCH = 2000


def rebuild(
    db: Connection, progress: Callable[[int], bool] = lambda done: True, trusted: frozenset[str] | None = None
) -> int:
    """Rebuild; the number of rows read, 0 where `progress` stopped it. Call with the writer to yourself.

    Raises DamagedFile when a row is unsigned, altered or an approval of one's own: then, as when it is stopped,
    nothing is changed.
    """
    refuse_dishonest(db, trusted)
    db.execute("BEGIN IMMEDIATE")
    try:
        _make_shadows(db)
        done = _fold_all(db, progress)
        if done is None:
            db.execute("ROLLBACK")
            return 0
        _fold_desk(db)
        for table in TABLES:
            db.execute(f'DROP TABLE "{table}"')
            db.execute(f'ALTER TABLE "{_SHADOW}{table}" RENAME TO "{table}"')
        for statement in _definitions("INDEX"):
            db.execute(statement)
        db.execute("DELETE FROM tally")
        db.execute("INSERT INTO tally SELECT state, count(*) FROM item GROUP BY state")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    return done


def refuse_dishonest(db: Connection, trusted: frozenset[str] | None = None) -> None:
    """Raise DamagedFile for the first row that verifying would find fault with."""
    for found in verify(db, trusted=trusted).findings:
        raise DamagedFile(
            f"Row {found.desk_seq} of the journal cannot be trusted: {found.what}.",
            "Nothing was rebuilt from it and nothing was changed.",
            "Run 'modstation verify' for all findings, keep a copy of the folder, and ask who had the key.",
        )


def _definitions(what: str) -> Iterator[str]:
    """How each projection table or its indexes are made, as the newest migration that makes them says."""
    newest: dict[str, str] = {}
    for _, script in numbered(""):
        for statement in re.sub(r"--[^\n]*", "", script).split(";"):
            found = re.search(rf"CREATE {what} (\w+)(?: ON (\w+))?", statement)
            if found and (found.group(2) if what == "INDEX" else found.group(1)) in TABLES:
                newest[found.group(1)] = statement.strip()
    yield from newest.values()


def _make_shadows(db: Connection) -> None:
    for statement in _definitions("TABLE"):
        name = statement.split()[2]
        db.execute(f'DROP TABLE IF EXISTS "{_SHADOW}{name}"')
        db.execute(statement.replace(f"CREATE TABLE {name}", f"CREATE TABLE {_SHADOW}{name}", 1))


def _fold_all(db: Connection, progress: Callable[[int], bool]) -> int | None:
    projector = Projector(db, _SHADOW)
    done, batch = 0, []
    journal = _journal_steps(db)
    ahead = next(journal, None)
    observed = _observed_steps(db)
    next_observed = next(observed, None)
    for no, key, case in db.execute('SELECT no, key, "case" FROM item_key ORDER BY no'):
        steps: list[Step] = []
        while next_observed is not None and next_observed[0] == no:
            steps.append(next_observed[1])
            next_observed = next(observed, None)
        while ahead is not None and ahead[0] == no:
            steps.append(ahead[1])
            ahead = next(journal, None)
        if steps:
            batch.append((no, case, _fold(key, steps)))
        done += len(steps)
        if len(batch) >= _BATCH:
            projector.write(batch)
            batch = []
            if not progress(done):
                return None
    projector.write(batch)
    return done


def _fold(key: str, steps: list[Step]) -> CaseFold:
    forum, kind, _ = key.split("/", 2)
    return fold(forum, kind, steps)


def _observed_steps(db: Connection) -> Iterator[tuple[int, Step]]:
    stamps = {
        number: (hlc, desk, seq, at)
        for number, hlc, desk, seq, at in db.execute(
            "SELECT id, hlc, desk, desk_seq, at FROM event WHERE kind = 'pull.page'"
        )
    }
    for item, ref, place, raw, event in db.execute(
        "SELECT item, id, place, meta, event FROM observation ORDER BY item, id"
    ):
        hlc, desk, seq, at = stamps[event]
        meta = parse(raw)
        yield item, Step((hlc, desk, seq, place), at, meta["k"], "", meta, ref)


def _journal_steps(db: Connection) -> Iterator[tuple[int, Step]]:
    rows = db.execute(
        "SELECT k.no, e.id, e.hlc, e.desk, e.desk_seq, e.at, e.kind, e.kind_version, e.actor, e.body FROM event e"
        " JOIN item_key k ON k.\"case\" = e.subject WHERE e.subject <> '' ORDER BY k.no, e.id"
    )
    for no, ref, hlc, desk, seq, at, kind, version, actor, body in rows:
        if (kind, version) not in KINDS:
            continue
        yield no, Step((hlc, desk, seq, 0), at, kind, actor, parse(body), ref)


def _fold_desk(db: Connection) -> None:
    db.execute("DELETE FROM person")
    db.execute("DELETE FROM forum")
    rows = db.execute(
        "SELECT kind, kind_version, actor, at, id, body FROM event WHERE subject = '' AND kind <> 'pull.page'"
        " ORDER BY hlc, desk, desk_seq"
    ).fetchall()
    for kind, version, actor, at, number, body in rows:
        if (kind, version) in KINDS:
            fold_desk_row(db, kind, actor, at, number, parse(body))
