"""Every shipped query walks an index: its cost must not grow with what the desk has ever seen.

Allowed are SEARCH by any index or key, a SCAN of a partial index that holds open matters only, and a SCAN of a list
that the query itself brings (json_each, a subquery already searched). A sort of its own (TEMP B-TREE) is allowed where
the rows are those of one item or one person.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modstation.desk.outbox import NEED_SQL, OURS_SQL, WORK_SQL
from modstation.desk.queue import filter_sql
from modstation.models.screen import QueueFilter, QueueState, Sort
from modstation.store.migrate import migrate
from modstation.store.sqlcipher import open_store

#: Partial indexes of what is open: they stay small however old the desk is.
OPEN_MATTERS = (
    "outbox_work", "outbox_needs_you", "item_parked", "decision_waiting", "escalation_waiting", "event_desk_matters",
)  # fmt: skip


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    connection = open_store(tmp_path_factory.mktemp("plans") / "store.db", bytes(48))
    migrate(connection)
    yield connection
    connection.close()


def plan(db: Any, sql: str, values: Any = ()) -> list[str]:
    count = len(re.findall(r"\?(?!\d)", sql)) or (1 if "?1" in sql else 0)
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values or tuple("x" * count))]


def refuse_walks(lines: list[str], *, sort: bool = False) -> None:
    for line in lines:
        if line.startswith("SCAN"):
            allowed = any(index in line for index in OPEN_MATTERS) or "json_each" in line or "VIRTUAL TABLE" in line
            assert allowed, f"walks a whole table: {lines}"
        if "TEMP B-TREE" in line:
            assert sort, f"sorts what an index has in order: {lines}"


FIELDS = {
    "language": "zh", "section": "3", "forum": "riverside", "author": "41", "min_severity": 2, "text": "出号",
    "decided_by": "demo-mod",
}  # fmt: skip
COMBINATIONS = [
    dict(pairs) for size in range(len(FIELDS) + 1) for pairs in itertools.combinations(FIELDS.items(), size) if size < 4
]


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("state", QueueState)
def test_every_list_of_the_queue_walks_its_index_in_order(db: Any, sort: Sort, state: QueueState) -> None:
    for fields in COMBINATIONS:
        sql, values = filter_sql(QueueFilter(state=state, sort=sort, **fields))  # type: ignore[arg-type]
        lines = plan(db, sql, values)
        refuse_walks([line for line in lines if "LIST SUBQUERY" not in line])
        assert lines[0].startswith("SEARCH item USING"), (fields, lines)


def test_the_list_is_the_same_in_one_pass(db: Any) -> None:
    sql, values = filter_sql(QueueFilter())
    refuse_walks(
        [line for line in plan(db, f"SELECT group_concat(no) FROM ({sql})", values) if "SCAN (sub" not in line]
    )


@pytest.mark.parametrize(
    "sql",
    [
        WORK_SQL,
        "SELECT count(*) FROM outbox WHERE settled = 0",
        "SELECT count(*) FROM outbox WHERE forum = ? AND settled = 0",
        f"SELECT o.id FROM outbox o WHERE {NEED_SQL} ORDER BY o.at DESC LIMIT ?",
        "SELECT state, count(*) FROM outbox WHERE state IN ('refused', 'conflict') AND at > ?",
        "SELECT id FROM decision WHERE by = ? AND state IN ('made', 'proposed') ORDER BY event DESC LIMIT 1",
        "SELECT d.id FROM decision d WHERE d.by = ? ORDER BY d.event DESC LIMIT ?",
        "SELECT d.id FROM decision d WHERE d.item = ? ORDER BY d.event DESC LIMIT ?",
        "SELECT at, points, decision FROM strike WHERE forum = ? AND author = ? ORDER BY at",
        "SELECT rowid FROM search WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?",
        "SELECT i.no FROM item i WHERE i.parked_until > 0 AND i.parked_until <= ?",
        "SELECT no FROM item WHERE author = ? AND state = 0 AND no <> ? AND forum = ? LIMIT 50",
        "SELECT count(*) FROM item WHERE state = ?",
        "SELECT id, meta, blob, commitment FROM observation WHERE item = ? ORDER BY id",
        "SELECT desk_seq, hlc, at, hash FROM event WHERE desk = ? ORDER BY desk_seq DESC LIMIT 1",
        "SELECT id, kind FROM event WHERE subject = ? ORDER BY id",
        "SELECT person, act FROM participation WHERE item = ?",
        "SELECT role FROM escalation WHERE item = ? AND state IN ('open', 'taken')",
        "SELECT e.id FROM escalation e WHERE e.state IN ('open', 'taken') ORDER BY e.due LIMIT 500",
        "SELECT d.id FROM decision d WHERE d.state = 'proposed' ORDER BY d.at LIMIT 500",
        "SELECT state, settled FROM outbox WHERE id = ?",
        'SELECT no FROM item_key WHERE key = ? OR "case" = ?',
        "SELECT 1 FROM set_aside WHERE fingerprint = ?",
        "SELECT blob FROM draft WHERE person = ? AND item = ?",
        "SELECT max(id) FROM observation",
    ],
)
def test_every_shipped_read_searches(db: Any, sql: str) -> None:
    refuse_walks(plan(db, sql))


@pytest.mark.parametrize(
    "sql",
    [
        OURS_SQL,
        "SELECT o.id FROM outbox o WHERE o.id = ? ORDER BY o.at DESC, o.place LIMIT ?",
        "SELECT d.id FROM decision d WHERE d.item IN (SELECT no FROM item WHERE author = ? AND forum = ?)"
        " AND d.item <> ? ORDER BY d.event DESC LIMIT 10",
    ],
)
def test_reads_about_one_item_or_author_may_sort_what_they_found(db: Any, sql: str) -> None:
    refuse_walks(plan(db, sql), sort=True)


def test_the_newest_rows_of_the_outbox_come_from_their_index(db: Any) -> None:
    lines = plan(db, "SELECT o.id FROM outbox o WHERE 1 ORDER BY o.at DESC, o.place LIMIT ?")
    assert lines == ["SCAN o USING COVERING INDEX outbox_newest"], "ended by its LIMIT"


@pytest.mark.parametrize("table", ["decision", "outbox", "strike", "participation", "escalation"])
def test_folding_an_item_again_takes_its_own_rows_out(db: Any, table: str) -> None:
    refuse_walks(plan(db, f"DELETE FROM {table} WHERE item = ?"))


def test_the_texts_of_the_queries_are_those_that_ship(project_root: Path) -> None:
    """The plans above are worth nothing for a query that was changed since: each must still stand in the source."""
    source = " ".join(
        re.sub(r'"\s+f?"', "", path.read_text("utf-8"))
        for folder in ("desk", "store")
        for path in sorted((project_root / "src/modstation" / folder).glob("*.py"))
    )
    for sql in (
        "WHERE by = ? AND state IN ('made', 'proposed') ORDER BY event DESC LIMIT 1",
        "FROM strike WHERE forum = ? AND author = ? ORDER BY at",
        "FROM search WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?",
        "i.parked_until > 0 AND i.parked_until <= ?",
        "WHERE author = ? AND state = 0 AND no <> ? AND forum = ? LIMIT 50",
        "FROM observation WHERE item = ? ORDER BY id",
        "FROM event WHERE desk = ? ORDER BY desk_seq DESC LIMIT 1",
        "e.state IN ('open', 'taken') ORDER BY e.due LIMIT 500",
        "d.state = 'proposed' ORDER BY d.at LIMIT 500",
    ):
        assert sql in source, sql
