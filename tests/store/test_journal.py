"""Rows of the journal: well-formed, hashed, signed, in an order that a clock cannot turn around."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.store.store_parts import NOON, Bench, bench, case, pen_of, revision, step

from modstation.models.errors import BadInput
from modstation.store.blobs import pack
from modstation.store.canonical import canonical, parse
from modstation.store.events import GENESIS, KINDS, Draft, Event, Signer, check_body, new_id, seal_row
from modstation.store.hlc import COUNTER_BITS, jumped_back, next_hlc, wall_ms
from modstation.store.verify import events, verify

KEY = Ed25519PrivateKey.generate()
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
COUNTS = st.integers(0, 2**62)
EVENTS = st.builds(
    Event,
    desk=TEXTS, desk_seq=COUNTS, hlc=COUNTS, at=COUNTS, kind=TEXTS, kind_version=st.integers(1, 9), actor=TEXTS,
    key_id=TEXTS, session=TEXTS, subject=TEXTS, body=st.binary(max_size=20), prev=st.binary(max_size=32),
)  # fmt: skip
HASHED = [each.name for each in dataclasses.fields(Event) if each.name not in ("hash", "signature", "id")]


@given(EVENTS, st.sampled_from(HASHED), st.data())
def test_every_column_is_under_the_hash(event: Event, name: str, data: st.DataObject) -> None:
    value = getattr(event, name)
    other = data.draw({int: COUNTS, str: TEXTS, bytes: st.binary(max_size=20)}[type(value)])
    changed = dataclasses.replace(event, **{name: other})
    assert (changed.digest() == event.digest()) == (other == value)


@given(EVENTS)
def test_a_signature_fits_its_row_and_key_alone(event: Event) -> None:
    digest, signature = seal_row(event, KEY)
    signed = dataclasses.replace(event, hash=digest, signature=signature)
    assert signed.signed_by(KEY.public_key())
    assert not signed.signed_by(Ed25519PrivateKey.generate().public_key())
    assert not dataclasses.replace(signed, hash=bytes(32)).signed_by(KEY.public_key())
    assert not dataclasses.replace(signed, signature=signature[:-1]).signed_by(KEY.public_key())
    assert not dataclasses.replace(signed, signature=b"").signed_by(KEY.public_key())


@given(st.integers(0, 2**60), st.integers(0, 2**44))
def test_a_stamp_never_runs_backwards_and_stays_close_to_the_clock(last: int, now: int) -> None:
    stamp = next_hlc(last, now)
    assert stamp > last
    assert wall_ms(stamp) >= now
    assert stamp == last + 1 or wall_ms(stamp) == now
    assert wall_ms(next_hlc(now << COUNTER_BITS, now)) == now


@given(st.integers(0, 2**44), st.integers(0, 2**44))
def test_a_jump_is_a_step_back_of_more_than_a_second(before: int, now: int) -> None:
    assert jumped_back(before, now) == (before - now > 1000)


def example(kind: str, version: int) -> dict[str, Any]:
    made = {str: "x", int: 1, list: [], dict: {}}
    known = KINDS[kind, version]
    return {name: made[wanted] for name, wanted in known.fields.items()} | dict.fromkeys(known.sealed, "0" * 64)


@pytest.mark.parametrize(("kind", "version"), sorted(KINDS))
def test_a_body_must_fit_its_kind(kind: str, version: int) -> None:
    body = example(kind, version)
    check_body(kind, version, body)
    for name in KINDS[kind, version].fields:
        without = {key: value for key, value in body.items() if key != name}
        for wrong in (without, body | {name: None}, body | {name: 1.5}, body | {name: True}):
            with pytest.raises(BadInput, match=name):
                check_body(kind, version, wrong)
    with pytest.raises(BadInput, match="more"):
        check_body(kind, version, body | {"more": 1})
    for name in KINDS[kind, version].sealed:
        for wrong_seal in ("", "0" * 63, "G" * 64, 64, "free text that must not stand here".ljust(64)):
            with pytest.raises(BadInput, match=name):
                check_body(kind, version, body | {name: wrong_seal})


def test_kinds_of_a_later_version_pass_unjudged() -> None:
    check_body("decision.made", 2, {"anything": 1})
    check_body("never.heard", 1, {})


def test_no_body_may_hold_free_text_of_people(tmp_path: Path) -> None:
    """Only what its kind names may stand in a body; every text is beside it, under a commitment."""
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        event = made.append(step("note.added", sealed={"note": "call 555-0100"}, about="item"), made.ann)
        assert b"555" not in event.body
        assert parse(event.body)["about"] == "item"
        with pytest.raises(BadInput):
            made.append(step("note.added", sealed={"note": "n"}, about="item", text="call 555-0100"), made.ann)


def test_names_are_random_and_can_be_read_out() -> None:
    names = {new_id("D") for _ in range(2000)}
    assert len(names) == 2000
    assert all(len(name) == 14 and name[2:].isalnum() and name.isupper() for name in names)


def chain(made: Bench) -> list[Event]:
    with made.store.reading() as reader:
        return list(events(reader.db))


def test_a_chain_begins_at_nothing_and_never_breaks(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        for _ in range(5):
            made.clock.move(1)
            made.append(step("item.claimed", until=1), made.ann)
        rows = chain(made)
        assert rows[0].prev == GENESIS
        assert [row.desk_seq for row in rows] == list(range(1, len(rows) + 1))
        assert all(later.prev == earlier.hash for earlier, later in itertools.pairwise(rows))
        assert all(later.hlc > earlier.hlc for earlier, later in itertools.pairwise(rows))
        assert all(row.body == canonical(json.loads(row.body)) for row in rows)


@pytest.mark.case("S28")
def test_a_clock_set_back_is_written_down_and_turns_no_order_around(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        start = len(chain(made))
        for seconds in (0, 5, -125, 1):
            made.clock.move(seconds)
            made.append(step("note.added", sealed={"note": str(seconds)}, about="item"), made.ann)
        rows = chain(made)[start:]
        assert [row.kind for row in rows] == ["note.added", "note.added", "clock.jumped", "note.added", "note.added"]
        jump = parse(rows[2].body)
        before = int(NOON.timestamp() * 1000) + 5000
        assert jump == {"before": before, "after": before - 125_000}
        assert rows[2].actor == made.store.desk
        assert [row.hlc for row in rows] == sorted({row.hlc for row in rows})
        with made.store.reading() as reader:
            assert verify(reader.db).whole
            (extra,) = reader.db.execute("SELECT extra FROM item").fetchone()
        assert json.loads(extra)["notes"] == [row.id for row in rows if row.kind == "note.added"]


def test_a_small_step_back_is_no_jump(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        made.clock.move(-1)
        made.append(step("item.released"), made.ann)
        assert "clock.jumped" not in [row.kind for row in chain(made)]


def test_rows_cannot_be_changed_or_taken_away(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        for sql in (
            "UPDATE event SET actor = 'x'",
            "DELETE FROM event",
            "UPDATE observation SET place = 9",
            "DELETE FROM observation",
        ):
            with pytest.raises(Exception, match="append-only"):
                made.raw((sql, ()))


def test_a_row_needs_a_case_that_is_here(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        before = len(chain(made))
        with pytest.raises(BadInput, match="no case"):
            made.append(step("item.released", 99), made.ann)
        assert len(chain(made)) == before


def test_unknown_kinds_are_kept_verified_and_counted(tmp_path: Path) -> None:
    """A later version of ModStation wrote them: nothing is lost, nothing is guessed."""
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        made.append(Draft("future.kind", case(1), {"anything": [1, {"x": "y"}]}), made.ann)
        made.append(Draft("future.matter", "", {"x": 1}), made.ann)
        with made.store.reading() as reader:
            report = verify(reader.db)
        assert report.whole
        assert report.unknown_kinds == 2
        assert [row.kind for row in chain(made)][-2:] == ["future.kind", "future.matter"]


def test_a_later_version_of_a_known_kind_is_not_taken_for_the_known_one(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        with made.store.writing() as tx:
            seq, hlc, _, prev = tx.head()
            row = Event(
                made.store.desk, seq + 1, hlc + 1, 1, "decision.made", 2, "ann", made.ann.key_id, "s", case(1),
                canonical({"other": "shape"}), prev,
            )  # fmt: skip
            digest, signature = seal_row(row, made.ann.key)
            tx.db.execute(
                "INSERT INTO event (desk, desk_seq, hlc, at, kind, kind_version, actor, key_id, session, subject, body,"
                " prev, hash, signature) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (row.desk, row.desk_seq, row.hlc, row.at, row.kind, 2, row.actor, row.key_id, row.session, row.subject,
                 row.body, prev, digest, signature),
            )  # fmt: skip
        with made.store.reading() as reader:
            report = verify(reader.db)
        assert report.whole
        assert report.unknown_kinds == 1
        made.append(step("item.released"), made.ann)
        assert not made.dump()["decision"]


@pytest.mark.parametrize("kind", ["desk.created", "pull.page", "decision.made"])
def test_each_kind_says_whose_it_is_to_write(kind: str) -> None:
    assert KINDS[kind, 1].signer is {"pull.page": Signer.DESK}.get(kind, Signer.PERSON)


def test_texts_of_hostile_people_are_sealed_as_they_are(tmp_path: Path) -> None:
    from modstation.store.blobs import load_blobs, unpack

    text = "NUL \x00, alone \ud800, turned \u202eround"
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        event = made.append(step("note.added", sealed={"note": text}, about="item"), made.ann)
        with made.store.reading() as reader:
            blob = reader.db.execute("SELECT blob FROM event_blob WHERE event = ?", (event.id,)).fetchone()[0]
            plain, commitment = load_blobs(reader.db, reader.keys, reader.sealer, [blob])[blob]
        assert unpack(plain) == {"note": text}
        assert parse(event.body)["sealed"] == commitment.hex()
        assert pack({"note": text}) == plain


def test_a_stranger_is_not_at_the_desk(tmp_path: Path) -> None:
    with bench(tmp_path / "desk") as made:
        made.take([revision()])
        made.append(step("item.claimed", until=1), pen_of("mallory"))
        with made.store.reading() as reader:
            report = verify(reader.db)
        assert [each.what for each in report.findings] == ["no key of mallory is known that could have signed it"]
