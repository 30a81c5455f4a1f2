"""Whoever has the key and a SQL prompt can change every byte; verifying finds each, and never accuses the innocent."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.store.store_parts import (
    Bench,
    bench,
    case,
    decision,
    drop_triggers,
    flag,
    order_body,
    pen_of,
    public_hex,
    revision,
    step,
)

from modstation.models.errors import DamagedFile
from modstation.store.blobs import pack
from modstation.store.canonical import canonical
from modstation.store.events import Draft, Event, Pen, seal_row
from modstation.store.rebuild import rebuild
from modstation.store.sqlcipher import open_store
from modstation.store.store import STORE_FILE
from modstation.store.verify import COLUMNS, MOST_FINDINGS, Report, Verifier, events, verify

EVENT_COLUMNS = [name.strip() for name in COLUMNS.split(",") if name.strip() != "id"]
INSERT = f"INSERT INTO event ({', '.join(EVENT_COLUMNS)}) VALUES ({','.join('?' * len(EVENT_COLUMNS))})"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path / "desk") as one:
        fill(one)
        yield one


def fill(made: Bench) -> None:
    """A small day: two posts pulled, one proposed and approved, one decided, a note, a clock set back."""
    made.take([revision(1), flag(1), revision(2, "另一个帖子"), flag(2, 2)])
    rows = [order_body("R-1.1"), order_body("R-1.2", kind="notice", after="R-1.1")]
    made.append(decision("D-1", rows=rows, needs=1), made.ann)
    given = step("approval.given", sealed={"reason": ""}, decision="D-1", hold_until=1, complete=1, ends=[])
    made.append(given, made.ben)
    made.append(decision("D-2", 2), made.ben)
    made.append(step("note.added", 2, sealed={"note": "seen"}, about="item"), made.ann)
    made.clock.move(-60)
    made.append(step("item.claimed", 2, until=1), made.ann)


def report_of(made: Bench, trusted: frozenset[str] | None = None) -> Report:
    with made.store.exclusive() as (db, _):
        return verify(db, trusted=trusted)


def write(made: Bench, pen: Pen, draft: Draft, **changes: Any) -> None:
    """A row put in by raw SQL, hashed and signed with that pen; `changes` break it after that."""
    with made.store.exclusive() as (db, _):
        seq, hlc, prev = db.execute("SELECT desk_seq, hlc, hash FROM event ORDER BY id DESC LIMIT 1").fetchone()
        body = {**draft.body, **dict.fromkeys(draft.sealed, "0" * 64)}
        row = Event(
            made.store.desk, seq + 1, hlc + 1, 1, draft.kind, 1, pen.actor, pen.key_id, "raw", draft.subject,
            canonical(body), prev,
        )  # fmt: skip
        digest, signature = seal_row(row, pen.key)
        row = dataclasses.replace(row, hash=digest, signature=signature)
        row = dataclasses.replace(row, **changes)
        db.execute(INSERT, tuple(getattr(row, name) for name in EVENT_COLUMNS))


def test_an_untouched_journal_is_never_accused(made: Bench) -> None:
    report = report_of(made)
    assert report.whole
    assert report.findings == []
    assert (report.rows, report.observations, report.same_session) == (11, 4, 0)
    assert report.signatures == report.rows


# ---------------------------------------------------------------------------------- every byte
def flipped(value: Any, at: int) -> Any:
    """The value with one byte, character or bit changed."""
    if isinstance(value, int):
        return value ^ (1 << at)
    if isinstance(value, bytes):
        return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
    return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]


def places(value: Any, most: int = 10_000) -> list[int]:
    """Where to change a value: at every place, or spread evenly over it, both ends included."""
    count = 21 if isinstance(value, int) else len(value)
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})


@pytest.mark.promise(3)
def test_every_byte_of_a_row_is_under_guard(made: Bench) -> None:
    """All bytes of a row of a person and of one of the desk, one after the other."""
    with made.store.exclusive() as (db, _):
        rows = list(events(db))
    checked = 0
    for place in (next(i for i, row in enumerate(rows) if row.kind == kind) for kind in ("pull.page", "decision.made")):
        for name in EVENT_COLUMNS:
            for at in places(getattr(rows[place], name)):
                verifier = Verifier()
                changed = dataclasses.replace(rows[place], **{name: flipped(getattr(rows[place], name), at)})
                for row in [*rows[:place], changed]:
                    verifier.row(row)
                assert verifier.report.findings, f"byte {at} of {name} was changed and nobody noticed"
                checked += 1
    assert checked > 1200


@pytest.mark.promise(3)
def test_a_changed_byte_in_the_file_is_found_in_every_column_of_every_row(made: Bench) -> None:
    with made.store.exclusive() as (db, _):
        drop_triggers(db)
        db.execute("PRAGMA foreign_keys = OFF")
        for number, *values in db.execute(f"SELECT id, {', '.join(EVENT_COLUMNS)} FROM event").fetchall():
            for name, value in zip(EVENT_COLUMNS, values, strict=True):
                for at in places(value, 2):
                    db.execute("BEGIN")
                    db.execute(f'UPDATE OR REPLACE event SET "{name}" = ? WHERE id = ?', (flipped(value, at), number))
                    assert not verify(db).whole, f"row {number}: byte {at} of {name} was changed and nobody noticed"
                    db.execute("ROLLBACK")
        assert verify(db).whole


@pytest.mark.promise(3)
def test_every_byte_of_an_observation_is_under_guard(made: Bench) -> None:
    with made.store.exclusive() as (db, _):
        drop_triggers(db)
        db.execute("PRAGMA foreign_keys = OFF")
        columns = ("event", "item", "meta", "commitment")
        rows = db.execute(f"SELECT id, {', '.join(columns)} FROM observation ORDER BY id LIMIT 2").fetchall()
        for number, *values in rows:
            for name, value in zip(columns, values, strict=True):
                for at in places(value, 60):
                    db.execute("BEGIN")
                    db.execute(f'UPDATE observation SET "{name}" = ? WHERE id = ?', (flipped(value, at), number))
                    assert not verify(db).whole, f"observation {number}: byte {at} of {name} was changed unnoticed"
                    db.execute("ROLLBACK")
        assert verify(db).whole


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE observation SET place = 9 - place WHERE event = (SELECT min(event) FROM observation)",
        "DELETE FROM observation WHERE id = 1",
        "INSERT INTO observation SELECT 99, event, 99, item, meta, blob, commitment FROM observation WHERE id = 1",
        "DELETE FROM event WHERE desk_seq = (SELECT max(desk_seq) - 1 FROM event)",
        "UPDATE event SET desk_seq = desk_seq + 1000",
        "UPDATE item_key SET key = 'riverside/post/7' WHERE no = 1",
        "UPDATE item_key SET \"case\" = 'MS-AAAAA-AAAAA' WHERE no = 1",
        "UPDATE item_key SET key = 'no name at all' WHERE no = 1",
        "UPDATE event SET kind = CAST(x'ff' AS TEXT) WHERE desk_seq = 6",
        "UPDATE event SET body = x'7b5b' WHERE desk_seq = 6",
        "UPDATE event SET kind_version = 2 WHERE kind = 'decision.made'",
        'UPDATE event SET body = CAST(\'{"founder_key":"zz"}\' AS BLOB), kind_version = 9 WHERE desk_seq = 1',
        "UPDATE event SET body = CAST(replace(body, 'key\":\"', 'key\":\"z') AS BLOB) WHERE desk_seq = 1",
        "UPDATE event SET subject = '' WHERE kind = 'decision.made'",
    ],
)
def test_rows_taken_away_moved_or_broken_are_found(made: Bench, sql: str) -> None:
    with made.store.exclusive() as (db, _):
        drop_triggers(db)
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute(sql)
        assert not verify(db).whole
        with pytest.raises(DamagedFile):
            rebuild(db)


@pytest.mark.promise(3)
def test_the_newest_rows_cut_off_are_found_by_a_known_head(made: Bench) -> None:
    """A chain cut at its end is a shorter chain; the head somebody wrote down elsewhere tells."""
    with made.store.exclusive() as (db, _):
        head = db.execute("SELECT hash FROM event ORDER BY id DESC LIMIT 1").fetchone()[0]
        drop_triggers(db)
        db.execute("DELETE FROM event WHERE id = (SELECT max(id) FROM event)")
        assert head not in [event.hash for event in events(db)]


# ---------------------------------------------------------------------------------- forged rows
@pytest.mark.promise(6)
def test_a_self_approval_by_raw_sql_is_refused_everywhere(made: Bench) -> None:
    write(made, made.ann, decision("D-9", rows=[order_body("R-9.1")], needs=1))
    write(made, made.ann, step("approval.given", sealed={}, decision="D-9", hold_until=1, complete=1, ends=[]))
    report = report_of(made)
    assert [each.what for each in report.findings] == ["ann approved what they themselves had proposed"]
    before = made.dump()
    with made.store.exclusive() as (db, _), pytest.raises(DamagedFile, match="approved"):
        rebuild(db)
    with pytest.raises(DamagedFile, match="proposed"):
        made.append(step("item.released"), made.ben)
    assert made.dump() == before


@pytest.mark.promise(6)
def test_a_self_approval_is_found_when_it_arrives_before_the_proposal(made: Bench) -> None:
    write(made, made.ann, step("approval.given", sealed={}, decision="D-9", hold_until=1, complete=1, ends=[]))
    write(made, made.ann, decision("D-9", needs=1))
    assert [each.what for each in report_of(made).findings] == ["ann approved what they themselves had proposed"]


@pytest.mark.promise(6)
@pytest.mark.parametrize("kind", ["person.added", "person.removed", "person.reset"])
def test_nobody_approves_their_own_change_of_people(made: Bench, kind: str) -> None:
    body = {"proposal": "P-9", "person": "cem", "needs": 1}
    body |= {"roles": ["supervisor"], "change": "add"} if kind == "person.added" else {}
    write(made, made.ann, Draft(kind, "", body))
    write(made, made.ann, Draft("person.approved", "", {"proposal": "P-9"}))
    assert "approved what they themselves" in report_of(made).findings[0].what
    with made.store.exclusive() as (db, _), pytest.raises(DamagedFile):
        rebuild(db)


@pytest.mark.promise(6)
def test_somebody_who_came_in_without_the_second_yes_is_found(made: Bench) -> None:
    cem = pen_of("cem")
    body = {"proposal": "P-9", "person": "cem", "roles": ["supervisor"], "needs": 1, "change": "add"}
    write(made, made.ann, Draft("person.added", "", body))
    write(made, cem, Draft("person.enrolled", "", {"person": "cem", "key": public_hex(cem.key)}))
    assert [each.what for each in report_of(made).findings] == ["cem enrolled before a second person had approved it"]


@pytest.mark.promise(6)
@pytest.mark.parametrize(
    ("who", "changes", "what"),
    [
        ("ann", {"signature": bytes(64)}, "it is not signed by the key it names"),
        ("ann", {"signature": b""}, "it is not signed by the key it names"),
        ("ann", {"actor": "ben"}, "it was altered: its hash does not fit"),
        ("ann", {"key_id": "unknown"}, "it was altered: its hash does not fit"),
        ("mallory", {}, "no key of mallory is known that could have signed it"),
        ("desk", {}, "decision.made is not desk-one's to write"),
    ],
)
def test_an_unsigned_row_by_raw_sql_is_refused_everywhere(
    made: Bench, who: str, changes: dict[str, Any], what: str
) -> None:
    pen = {"ann": made.ann, "mallory": pen_of("mallory"), "desk": made.store.desk_pen}[who]
    write(made, pen, decision("D-9", 2), **changes)
    assert what in [each.what for each in report_of(made).findings]
    before = made.dump()
    with made.store.exclusive() as (db, _), pytest.raises(DamagedFile, match="cannot be trusted"):
        rebuild(db)
    with pytest.raises(DamagedFile, match="not signed"):
        made.append(step("item.released", 2), made.ben)
    assert made.dump() == before, "nothing was taken over"


def test_a_row_of_a_person_that_the_desk_signed_is_refused_and_the_other_way_round(made: Bench) -> None:
    row = step("outbox.sending", sealed={}, row="R-1.1", tries=1)
    write(made, made.ann, row)
    assert [each.what for each in report_of(made).findings] == ["outbox.sending is not ann's to write"]


@pytest.mark.promise(6)
def test_a_key_smuggled_in_is_no_key_of_the_vault(made: Bench) -> None:
    """A forged enrolment makes a key known; the vault's own list says that it never was one."""
    forged = pen_of("ben")
    write(made, forged, Draft("person.enrolled", "", {"person": "ben", "key": public_hex(forged.key)}))
    write(made, forged, step("item.claimed", 2, until=1))
    assert report_of(made).whole
    trusted = frozenset({made.ann.key_id, made.ben.key_id, made.keys.desk_key_id})
    assert len(report_of(made, trusted).findings) == 2


def test_a_refused_row_blocks_its_own_case_alone(made: Bench) -> None:
    write(made, made.ann, decision("D-9", 2), signature=bytes(64))
    made.append(step("item.claimed", 1, until=1), made.ben)
    assert made.take([revision(3)])


@pytest.mark.promise(6)
def test_approving_in_the_same_sitting_is_told(made: Bench) -> None:
    ben = dataclasses.replace(made.ben, session=made.ann.session)
    made.append(decision("D-9", 2, needs=1), made.ann)
    made.append(step("approval.given", 2, sealed={}, decision="D-9", hold_until=1, complete=1, ends=[]), ben)
    report = report_of(made)
    assert report.whole
    assert report.same_session == 1


# ---------------------------------------------------------------------------------- the work itself
def test_findings_are_counted_beyond_those_listed(made: Bench) -> None:
    for _ in range(MOST_FINDINGS + 7):
        write(made, made.ann, step("item.released"), signature=b"")
    report = report_of(made)
    assert len(report.findings) == MOST_FINDINGS
    assert report.more == 7
    assert not report.whole


def test_verifying_can_be_watched_and_stopped(made: Bench) -> None:
    for _ in range(520):
        write(made, made.ann, step("item.released"))
    heard: list[int] = []
    with made.store.exclusive() as (db, _):
        assert verify(db, lambda done: not heard.append(done)).rows == 531
        assert verify(db, lambda done: False).rows == 500
    assert heard == [500]


def test_a_copy_of_the_file_verifies_alone(made: Bench, tmp_path: Path) -> None:
    made.store.checkpoint()
    shutil.copy(made.store.folder / STORE_FILE, tmp_path / "copy.db")
    db = open_store(tmp_path / "copy.db", made.keys.store_key)
    assert verify(db).whole
    db.close()


def test_sealed_text_is_not_needed_to_verify(made: Bench) -> None:
    made.append(step("note.added", sealed={"note": "x"}, about="item"), made.ann)
    made.raw(("DELETE FROM blob", ()))
    assert report_of(made).whole
    assert pack({"note": "x"})
    assert case(1)
