"""What is in a bundle, for whom, and what never is."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.desk.desk_parts import BAN, CLEAN, HIDE, NONE, REMOVE, SPAM, Office, named, office, opened
from tests.evidence.evidence_parts import (
    PRIVATE,
    REPORTER,
    Bundle,
    bundle,
    decided,
    exchange,
    faults,
    look,
    only,
    post_answer,
)
from tests.store.store_parts import NOON, case, drop_triggers, flag, key_of, revision

from modstation.desk.case_file import collect, export, overview
from modstation.evidence.bundle import Sealing, Signer, seal
from modstation.evidence.dossier import Audience
from modstation.models.errors import BadInput, DamagedFile, NotAllowed, NotFound
from modstation.models.items import Account, Reply, Visibility
from modstation.models.measures import Measure
from modstation.store.events import Draft

FILES = [
    "exchanges.warc", "item.json", "journal.json", "manifest.json", "openings.json", "signatures.json",
    "timestamps.json", "timestamps.sig.json", "verify_bundle.py", "reader.html",
]  # fmt: skip


def test_a_bundle_has_its_files_in_one_order(bundles: dict[Audience, Bundle]) -> None:
    assert list(bundles[Audience.COURT].files) == FILES
    assert list(bundles[Audience.AUTHORITY].files) == FILES
    assert list(bundles[Audience.AUTHOR].files) == [path for path in FILES if path != "exchanges.warc"]


def test_the_manifest_says_who_when_how_and_from_which_journal(court: Bundle) -> None:
    manifest = court.manifest
    assert manifest["format"] == "modstation.bundle/1"
    assert manifest["cases"] == [case(1)]
    assert manifest["made"]["by"] == "demo-com"
    assert manifest["made"]["at"] == "2026-11-25T12:00:00.000Z"
    assert "captured" in manifest["made"]["how"]
    assert manifest["made"]["rendering"].startswith("none")
    (chain,) = manifest["journal"]
    assert chain["desk"] == manifest["desk"]["id"]
    assert {key["kind"] for key in manifest["keys"]} == {"desk", "person"}
    for entry in manifest["files"]:
        body = court.files[entry["path"]]
        assert (len(body), hashlib.sha256(body).hexdigest()) == (entry["bytes"], entry["sha256"])


def test_desk_and_maker_sign_the_manifest(court: Bundle) -> None:
    signed = court.json("signatures.json")["manifest"]
    owners = {key["key_id"]: key["owner"] for key in court.manifest["keys"]}
    assert {owners[name] for name in signed} == {"demo-com", court.manifest["desk"]["id"]}


def test_the_journal_head_is_the_newest_row_of_the_journal(desk: Office) -> None:
    decided(desk)
    newest = desk.sql("SELECT desk_seq, hash FROM event ORDER BY id DESC LIMIT 1")[0]
    (chain,) = bundle(desk).manifest["journal"]
    assert (chain["rows"], chain["head"]) == (newest[0], bytes(newest[1]).hex())


def test_the_same_case_sealed_at_the_same_moment_gives_the_same_bytes(desk: Office) -> None:
    decided(desk)
    sitting = desk.open("demo-com")
    pen, desk_pen = sitting.work.pen, sitting.shared.store.desk_pen
    sealing = Sealing(
        1_000, "demo-com", Audience.COURT, desk_pen.actor,
        Signer(desk_pen.key_id, desk_pen.key.sign), Signer(pen.key_id, pen.key.sign),
    )  # fmt: skip
    made = [seal(collect(sitting.shared.store, [case(1)]), sealing) for _ in range(2)]
    assert made[0] == made[1]


def test_every_reading_of_a_post_is_in_it_with_what_was_decided_and_why(court: Bundle) -> None:
    item = court.item
    assert [each["body"] for each in item["revisions"]] == ["cheap tickets, write to my channel"]
    made = only(item["decisions"], kind="decision.made")
    assert made["policy"] == "terms.contact_ad"
    assert made["measures"] == [{"measure": "hide", "days": 0}]
    assert made["reason"] == "Sells tickets outside the market section."
    assert "clause 4.2" in made["clause"]
    assert made["judged"]
    assert [each["kind"] for each in item["timeline"]][:3] == ["item.captured", "item.claimed", "decision.made"]
    assert only(item["captures"], moment="open")["server_dates"] == ["Wed, 25 Nov 2026 12:00:00 GMT"]


@pytest.mark.case("S07")
@pytest.mark.promise(3)
def test_a_text_that_is_gone_upstream_is_kept_beside_the_empty_answer(desk: Office) -> None:
    first = datetime(2026, 11, 20, 8, tzinfo=UTC)
    text = "buy now at shop.example 便宜出号"
    desk.post(4411, text, fetched=first)
    desk.pull(revision(4411, "", fetched=first + timedelta(hours=1), visibility=Visibility.GONE))
    for audience in Audience:
        made = bundle(desk, audience, 4411)
        old, new = made.item["revisions"]
        assert (old["body"], old["read"], old["state"]) == (text, "2026-11-20T08:00:00.000Z", "kept")
        assert old["gone_upstream_since"] == "2026-11-20T09:00:00.000Z"
        assert (new["body"], new["read"], new["state"]) == ("", "2026-11-20T09:00:00.000Z", "came without a text")
        assert faults(made.data) == []


@pytest.mark.case("S09")
def test_each_of_many_posts_removed_at_once_can_show_who_removed_it_and_why(desk: Office) -> None:
    author = Account("900", "demo_spammer")
    numbers = [desk.post(4400 + place, f"spam number {place}", author=author) for place in range(8)]
    told = desk["demo-mod"].decide_group(numbers, SPAM, (HIDE,), "One campaign of one account.")
    assert told.message.startswith("8 decided")
    made = bundle(desk, Audience.COURT, 4403)
    entry = only(made.item["decisions"], kind="decision.made")
    assert (entry["by"], entry["policy"]) == ("demo-mod", "terms.spam")
    assert entry["reason"] == "One campaign of one account."
    assert entry["batch"].startswith("B-")
    assert entry["batch_size"] == 8
    assert not made.says("spam number 4"), "the others of the batch are not in it"
    other = only(bundle(desk, Audience.COURT, 4407).item["decisions"], kind="decision.made")
    assert other["batch"] == entry["batch"]
    assert other["decision"] != entry["decision"]


@pytest.mark.case("S28")
def test_a_clock_that_was_set_back_is_told_and_changes_no_order(desk: Office) -> None:
    no = desk.post(1)
    desk.mod.note(no, "before")
    desk.clock.move(-400)
    desk.mod.note(no, "after")
    made = bundle(desk)
    kinds = [row["kind"] for row in made.rows]
    assert "clock.jumped" in kinds
    assert [each["text"] for each in made.item["notes"]] == ["before", "after"]
    steps = [each for each in made.item["timeline"] if each["kind"] == "note.added"]
    assert steps[0]["at"] > steps[1]["at"], "the clock's own words are kept as they were"
    assert faults(made.data) == []


# ---- promise 8: who is named to whom -----------------------------------------------------------------


@pytest.mark.promise(8)
def test_reporters_are_named_to_courts_alone(desk: Office) -> None:
    no = desk.post(1)
    answer = post_answer(flag={"reports": [{"reporter": {"uid": 11, "username": REPORTER}, "value": "spam"}]})
    look(desk, exchange(answer))
    desk.decide("demo-mod", no, HIDE, reason=f"{REPORTER} is right: an advertisement.")
    desk.mod.note(no, f"{REPORTER} reports often.")
    assert bundle(desk, Audience.COURT).says(REPORTER)
    for audience in (Audience.AUTHOR, Audience.AUTHORITY):
        made = bundle(desk, audience)
        assert not made.says(REPORTER)
        assert "11:" not in made.files["journal.json"].decode(), "nor by the number of their account"
        assert only(made.item["decisions"], kind="decision.made")["reason"].startswith("[struck out] is right")
        assert faults(made.data) == []


@pytest.mark.promise(8)
def test_authors_and_authorities_know_people_of_the_desk_by_number(bundles: dict[Audience, Bundle]) -> None:
    for audience in (Audience.AUTHOR, Audience.AUTHORITY):
        made = bundles[audience]
        assert not any(made.says(name) for name in ("demo-mod", "demo-com", "demo-admin", "demo-sup"))
        assert only(made.item["decisions"], kind="decision.made")["by"] == "staff 1"
        assert all("actor" not in row or row["actor"] == row["desk"] for row in made.rows)
    assert bundles[Audience.COURT].says("demo-mod")


@pytest.mark.promise(8)
def test_no_address_identity_or_token_is_in_any_bundle(desk: Office) -> None:
    desk.post(1)
    answer = post_answer(user={"uid": 41, "username": "demo_author_1", **PRIVATE, "session": {"id": "s3cr3t"}})
    url = "http://127.0.0.1:9/api/post/1?_uid=1&token=t0k3n"
    look(desk, exchange(answer, url, "X-Forwarded-For: 203.0.113.9\r\nset-cookie: express.sid=abc\r\n"))
    for audience in Audience:
        made = bundle(desk, audience)
        for secret in (*PRIVATE.values(), "s3cr3t", "t0k3n", "203.0.113.9", "express.sid", "demo-token"):
            assert not made.says(secret), (audience, secret)
        assert faults(made.data) == []
    warc = bundle(desk, Audience.COURT).files["exchanges.warc"]
    assert b"ModStation-Struck: address, x-forwarded-for, set-cookie, ip, email, fullname, session" in warc
    assert any("sealed form of the capture" in line for line in bundle(desk).manifest["withheld"])


def test_a_capture_without_anything_private_is_opened_byte_for_byte(court: Bundle) -> None:
    captures = [each for each in court.opened() if "exchanges" in each]
    assert len(captures) == 1
    assert json.dumps(post_answer()) in captures[0]["exchanges"][0][5]


def test_an_answer_that_names_a_reporter_in_passing_is_left_out_and_told(desk: Office) -> None:
    desk.post(1)
    look(desk, exchange({"log": f"{REPORTER} flagged post 1"}), exchange(post_answer()))
    made = bundle(desk, Audience.AUTHORITY)
    assert not made.says(REPORTER)
    assert made.files["exchanges.warc"].count(b"WARC-Type: response") == 1
    assert any("names people who reported" in line for line in made.manifest["withheld"])


def test_somebody_who_reported_their_own_post_is_its_author_first(desk: Office) -> None:
    author = Account("41", "demo_author_1")
    desk.pull(revision(1, author=author), replace(flag(1, 1, "41"), reporter=author))
    made = bundle(desk, Audience.AUTHOR)
    assert made.item["revisions"][0]["author"] == {"uid": "41", "name": "demo_author_1"}
    assert made.item["reports"] == []
    assert made.item["reports_withheld"] == 1


def test_answers_of_reporters_are_not_shown_to_the_author(desk: Office) -> None:
    desk.post(1)
    said = {"41": "I am the author", "11": "I am the reporter"}
    for uid, text in said.items():
        desk.pull(replies=(Reply(case(1), f"r{uid}", "1", Account(uid, f"name-{uid}"), text, NOON),))
    for audience, wanted in ((Audience.AUTHOR, ["41"]), (Audience.AUTHORITY, ["41"]), (Audience.COURT, ["41", "11"])):
        made = bundle(desk, audience)
        assert [each["author"] for each in made.item["replies"]] == wanted
        assert made.says("I am the reporter") is (audience is Audience.COURT)
        assert faults(made.data) == []


def test_nothing_of_other_items_leaves_the_house(desk: Office) -> None:
    desk.pull(*[row for n in range(1, 6) for row in (revision(n, f"text number {n}"), flag(n, n, str(60 + n)))])
    no = desk.mod.number_of(str(key_of(1)))
    desk.decide("demo-mod", no, HIDE)
    made = bundle(desk)
    assert made.says("text number 1")
    for number in range(2, 6):
        assert not made.says(f"text number {number}")
        assert not made.says(str(key_of(number)))
        assert not made.says(str(case(number)))
    assert len(made.json("journal.json")["observations"]) == 2


# ---- erasing, media, many cases ----------------------------------------------------------------------


def erase(office: Office, target: int = 1) -> None:
    """Destroy the data keys of all texts of a post, as retention does."""
    no = office.mod.number_of(str(key_of(target)))
    with office.first.shared.store.exclusive() as (db, keys):
        for (blob,) in db.execute("SELECT blob FROM observation WHERE item = ?", (no,)).fetchall():
            keys.execute("DELETE FROM data_key WHERE id = ?", (blob,))


@pytest.mark.promise(3)
def test_what_was_erased_leaves_a_tombstone_that_still_proves_itself(desk: Office) -> None:
    decided(desk)
    erase(desk)
    for audience in Audience:
        made = bundle(desk, audience)
        (reading,) = made.item["revisions"]
        assert (reading["state"], reading["body"], reading["author"]["name"]) == ("erased", "", "")
        assert not made.says("cheap tickets, write"), audience
        assert faults(made.data) == []
        assert all(each["erased"] for each in made.json("journal.json")["observations"])
        commitment = reading["commitment"]
        assert commitment not in made.json("openings.json")["openings"]


def test_media_are_in_it_by_hash_and_what_was_blocked_says_why(desk: Office) -> None:
    no = decided(desk)
    address = "http://127.0.0.1:9/a.png"
    (before,) = bundle(desk).item["media"]
    assert (before["address"], before["kept"]) == (address, "address only")
    desk["demo-com"].suspected_minor(no, address)
    (after,) = bundle(desk).item["media"]
    assert after["blocked"] == "suspected minor"
    assert not any(path.startswith("media/") for path in bundle(desk).files)


def test_media_bytes_that_may_be_kept_travel_under_their_hash(desk: Office) -> None:
    decided(desk)
    collected = collect(desk.first.shared.store, [case(1)])
    (dossier,) = collected.dossiers
    picture = b"\x89PNG demo"
    kept = replace(dossier.media[0], sha256=hashlib.sha256(picture).hexdigest(), size=len(picture), data=picture)
    blocked = replace(kept, name="0" * 32, data=None, blocked="suspected minor")
    sitting = desk.open("demo-com")
    pen, desk_pen = sitting.work.pen, sitting.shared.store.desk_pen
    sealing = Sealing(
        1_000, "demo-com", Audience.COURT, desk_pen.actor,
        Signer(desk_pen.key_id, desk_pen.key.sign), Signer(pen.key_id, pen.key.sign),
    )  # fmt: skip
    data = seal(replace(collected, dossiers=(replace(dossier, media=(kept, blocked)),)), sealing)
    assert faults(data) == []
    assert data.count(picture) == 1, "not a second time inside the page"


def test_cases_can_be_put_together(desk: Office) -> None:
    decided(desk, 1)
    decided(desk, 2, body="another text")
    made = bundle(desk, Audience.COURT, 1, 2, 1)
    assert [each["case"] for each in made.json("item.json")["items"]] == [case(1), case(2)]
    assert faults(made.data) == []


def test_two_approvals_are_in_it_with_their_rows(desk: Office) -> None:
    no = desk.post(1)
    told = desk.decide("demo-mod", no, REMOVE, BAN, policy=SPAM, reason="A campaign.", article="")
    if told.may_approve:
        desk.sup.approve(named(told), "Agreed.")
    made = bundle(desk)
    assert faults(made.data) == []
    kinds = {each["kind"] for each in made.item["decisions"]}
    assert "decision.made" in kinds
    assert ("approval.given" in kinds) is bool(told.may_approve)


# ---- the desk's own record of it ---------------------------------------------------------------------


@pytest.mark.promise(8)
def test_making_a_bundle_is_noted_in_the_case_with_its_hash(desk: Office) -> None:
    decided(desk)
    made = export(desk.open("demo-sup").work, [case(1)], Audience.AUTHOR)
    noted = overview(desk.mod.work, case(1))["notes"][-1]
    assert noted["by"] == "demo-sup"
    assert noted["about"] == "evidence"
    assert made.manifest_sha256 in noted["text"]
    assert "author" in noted["text"]
    assert desk.verify().whole


def test_what_grew_since_is_in_the_next_bundle(desk: Office) -> None:
    decided(desk)
    first = bundle(desk).manifest["journal"][0]
    second = bundle(desk).manifest["journal"][0]
    assert second["rows"] == first["rows"] + 1
    assert second["root"] != first["root"]


def test_who_may_not_and_what_is_not_there(desk: Office) -> None:
    decided(desk)
    with pytest.raises(NotFound):
        bundle(desk, Audience.COURT, 77)
    with pytest.raises(BadInput):
        export(desk.first.work, [], Audience.COURT)
    sitting = desk.open("demo-com")
    sitting.lock()
    with pytest.raises(NotAllowed, match="locked"):
        export(sitting.work, [case(1)], Audience.COURT)


def test_a_desk_whose_journal_was_altered_seals_nothing(desk: Office) -> None:
    decided(desk)
    with desk.first.shared.store.exclusive() as (db, _):
        drop_triggers(db)
        db.execute("UPDATE event SET actor = 'demo-sup' WHERE kind = 'decision.made'")
    with pytest.raises(DamagedFile, match="Nothing was exported"):
        bundle(desk)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("hostile") / "desk") as made:
        yield made


HOSTILE = [
    "</script><script>document.documentElement.dataset.pwned='1'</script>",
    "<img src=x onerror=alert(1)><svg onload=alert(1)>",
    '=HYPERLINK("http://evil.example")\t@SUM(1)',
    "\ud800 lone \udfff halves",
    "\x00\x01\x1b[31m nul and escape",
    "\u202egnp.exe\u2066 bidi",
    "]]>-->'\"&amp;{{constructor}}",
    "x" * 300_000,
]


@pytest.mark.promise(7)
@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_hostile_text_survives_and_stays_text(hostile: Office, place: int) -> None:
    text = HOSTILE[place]
    target = 900 + place
    no = hostile.post(target, text, title=text[:200], author=Account("41", text[:60]))
    look(hostile, exchange(post_answer(content="x" + text.encode("utf-8", "replace").decode())), target=target)
    hostile.decide("demo-mod", no, NONE, policy=CLEAN, reason="Odd, not forbidden.")
    for audience in Audience:
        made = bundle(hostile, audience, target)
        assert made.item["revisions"][0]["body"] == text
        assert faults(made.data) == []
        inside = made.files["reader.html"].partition(b'<script id="bundle" type="application/json">')[2]
        assert b"<" not in inside.partition(b"</script>")[0]


def test_item_json_names_no_measure_that_was_not_made(court: Bundle) -> None:
    measures = {m["measure"] for each in court.item["decisions"] for m in each.get("measures", ())}
    assert measures <= set(Measure)


def test_a_row_of_a_later_version_is_carried_along(desk: Office) -> None:
    no = desk.post(1)
    assert no
    with desk.first.shared.store.writing() as tx:
        tx.append(Draft("later.kind", case(1), {"what": "nobody knows yet"}))
    made = bundle(desk)
    assert "later.kind" in [each["kind"] for each in made.item["timeline"]]
    assert faults(made.data) == []


def test_sealed_bytes_are_salt_and_text(court: Bundle) -> None:
    for commitment, text in court.json("openings.json")["openings"].items():
        assert hashlib.sha256(base64.b64decode(text)).hexdigest() == commitment


def test_a_desk_opened_again_seals_the_same_case(tmp_path: Path) -> None:
    with office(tmp_path / "desk") as made:
        decided(made)
        first = collect(made.first.shared.store, [case(1)])
        made.close()
        with opened(tmp_path / "desk") as again:
            assert collect(again.first.shared.store, [case(1)]) == first
