"""The lists a person works through: numbers in order, rows for what is on screen, search."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np

from modstation.models.errors import NotFound
from modstation.models.ids import CaseId, ItemKey
from modstation.models.screen import QueueFilter, QueueRow, Sort
from modstation.store.folded import STATE_CODES, STATE_NAMES
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader
from modstation.store.words import query_words

from .near import alike_counts
from .wording import gone_title, greyed_words

_ORDER = {Sort.DEADLINE: "due, no", Sort.SEVERITY: "severity DESC, due, no", Sort.NEWEST: "flagged DESC, no"}
_INDEX = {Sort.DEADLINE: "item_deadline", Sort.SEVERITY: "item_severity", Sort.NEWEST: "item_newest"}
# The learned order rearranges the one by deadline, which is also what is shown while it is switched off.
_ORDER[Sort.LEARNED], _INDEX[Sort.LEARNED] = _ORDER[Sort.DEADLINE], _INDEX[Sort.DEADLINE]

_ROWS = (
    'SELECT i.no, k.key, k."case", i.state, i.severity, i.cats, i.sources, i.flags, i.lang, i.found, i.flagged, i.due,'
    " i.claimed_by, i.claimed_until, i.greyed, i.media, i.visibility, i.extra, o.blob FROM item i"
    " JOIN item_key k ON k.no = i.no LEFT JOIN observation o ON o.id = i.obs"
    " WHERE i.no IN (SELECT value FROM json_each(?))"
)

#: So much of a body stands in for a missing title.
TITLE_LENGTH = 120


def filter_sql(wanted: QueueFilter) -> tuple[str, list[object]]:
    """The query behind a list. Every shipped form of it walks an index in order (tests hold its plan)."""
    conditions, values = ["state = ?"], [STATE_CODES[wanted.state]]
    index = _INDEX[wanted.sort]
    arguments: list[object] = list(values)
    for column, value in (("lang", wanted.language), ("section", wanted.section), ("author", wanted.author)):
        if value:
            conditions.append(f"{column} = ?")
            arguments.append(value)
            index = f"item_{column}" if wanted.sort in (Sort.DEADLINE, Sort.LEARNED) else index
    for column, value in (("forum", wanted.forum), ("decided_by", wanted.decided_by)):
        if value:
            conditions.append(f"{column} = ?")
            arguments.append(value)
    if wanted.min_severity:
        conditions.append("severity >= ?")
        arguments.append(wanted.min_severity)
    if wanted.text:
        conditions.append("no IN (SELECT rowid FROM search WHERE words MATCH ?)")
        arguments.append(query_words(wanted.text) or '""')
    where = " AND ".join(conditions)
    return f"SELECT no FROM item INDEXED BY {index} WHERE {where} ORDER BY {_ORDER[wanted.sort]}", arguments


def queue_ids(db: Connection, wanted: QueueFilter, limit: int = 0) -> array[int]:
    """Numbers of all items of a list in its order, or the first `limit`. One pass in C, whatever their number."""
    sql, values = filter_sql(wanted)
    if limit:
        return array("q", [row[0] for row in db.execute(f"{sql} LIMIT ?", [*values, limit])])
    joined = db.execute(f"SELECT group_concat(no) FROM ({sql})", values).fetchone()[0]
    numbers = array("q")
    if joined:
        numbers.frombytes(np.fromstring(joined, dtype=np.int64, sep=",").tobytes())
    return numbers


def queue_rows(reader: Reader, numbers: Sequence[int], person: str, now_ms: int) -> list[QueueRow]:
    """Rows for these items in the order asked; numbers nobody knows are left out."""
    raw = {row[0]: row for row in reader.db.execute(_ROWS, (json.dumps(list(numbers)),))}
    texts = reader.texts([row[18] for row in raw.values() if row[18]])
    alike = alike_counts(reader.db, list(raw))
    return [_row(raw[no], texts.get(raw[no][18]), person, now_ms, alike.get(no, 0)) for no in numbers if no in raw]


def _row(raw: tuple[Any, ...], text: Any, person: str, now_ms: int, alike: int) -> QueueRow:
    key = ItemKey.parse(raw[1])
    extra = json.loads(raw[17])
    claimed = raw[12] if raw[12] and raw[13] > now_ms and raw[12] != person else ""
    title = (text["title"] or text["body"][:TITLE_LENGTH]) if text else ""
    return QueueRow(
        no=raw[0],
        key=key,
        case=CaseId(raw[2]),
        title=title or gone_title(key, extra.get("gone", 0)),
        author=text["author"]["name"] if text else "",
        section=text["section_name"] if text else "",
        severity=raw[4],
        categories=tuple(filter(None, raw[5].split(","))),
        sources=tuple(filter(None, raw[6].split(","))),
        flags=raw[7],
        language=raw[8],
        state=STATE_NAMES[raw[3]],
        found=raw[9],
        flagged=raw[10],
        due=raw[11],
        claimed_by=claimed,
        greyed=greyed_words(raw[14]),
        has_media=raw[15] > 0,
        gone=raw[16] == "gone" or text is None,
        near=alike,
    )


def search(db: Connection, text: str, limit: int) -> list[int]:
    """Numbers of the newest items that hold all the words; where those are few, words that only begin so count too."""
    found: list[int] = []
    for words in dict.fromkeys((query_words(text, whole=True), query_words(text))):
        if words and len(found) < limit:
            rows = db.execute(
                "SELECT rowid FROM search WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?", (words, limit)
            )
            found = [row[0] for row in rows]
    return found


def number_of(db: Connection, name: str) -> int:
    """The number of an item by its name, case or number. Raises NotFound."""
    name = name.strip()
    row = None
    if name.isascii() and name.isdigit() and len(name) < 18:
        row = db.execute("SELECT no FROM item_key WHERE no = ?", (int(name),)).fetchone()
    row = row or db.execute('SELECT no FROM item_key WHERE key = ? OR "case" = ?', (name, name)).fetchone()
    if row is None:
        raise NotFound(
            f"There is no item '{name}' here.",
            "Items are named forum/kind/number, by their case MS-XXXXX-XXXXX, or by their number in the list.",
            "See 'modstation queue', or pull first.",
        )
    return int(row[0])
