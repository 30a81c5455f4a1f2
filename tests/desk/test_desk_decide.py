"""Deciding: one transaction with everything that follows from it, or a sentence and nothing at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk.desk_parts import AD, BAN, CLEAN, FORUM, HIDE, INSULT, NONE, REMOVE, SPAM, WARN, Office, mute, named
from tests.store.store_parts import flag, key_of, revision

from modstation.models.errors import BadInput, DiskFull, NotAllowed, NotFound
from modstation.models.ids import PolicyId
from modstation.models.measures import Choice, Measure
from modstation.models.people import Role
from modstation.models.screen import QueueState
from modstation.store.blobs import load_blobs, unpack


def sealed_of(desk: Office, kind: str) -> list[dict[str, Any]]:
    rows = desk.sql(
        "SELECT b.blob FROM event_blob b JOIN event e ON e.id = b.event WHERE e.kind = ? ORDER BY e.id", kind
    )
    with desk.first.shared.store.reading() as reader:
        opened = load_blobs(reader.db, reader.keys, reader.sealer, [blob for (blob,) in rows])
    return [unpack(opened[blob][0]) for (blob,) in rows]


def test_a_decision_is_a_row_of_the_journal_and_rows_of_the_outbox(desk: Office) -> None:
    no = desk.post()
    told = desk.decide("demo-mod", no)
    assert (told.state, told.items, told.outbox, told.queue) == ("made", (no,), True, True)
    assert desk.rows(told.decision) == [
        ("held", "measure", "hide", ""),
        ("held", "close_flag", "none", ""),
        ("held", "notice", "hide", "41"),
    ]
    assert desk.queue() == []
    assert desk.queue(QueueState.DECIDED) == [no]
    assert desk.verify().whole


@pytest.mark.promise(4)
def test_what_was_seen_is_stored_with_the_decision(desk: Office) -> None:
    no = desk.post()
    view = desk.mod.open_item(no)
    desk.mod.uncover(no, "http://127.0.0.1:9/a.png", 2.0)
    desk.mod.decide(no, AD, [HIDE], expect=view.revision_hash)
    (body,) = desk.events("decision.made")
    seen = body["seen"]
    assert seen["revision"] == view.revision_hash
    assert seen["flags"] == [f"1:11:{int(view.flags[0].at.timestamp() * 1000)}"]  # type: ignore[union-attr]
    assert seen["opened"] == int(desk.clock.moment.timestamp() * 1000)
    assert len(seen["uncovered"]) == 1
    assert len(body["profile_hash"]) == 64
    (sealed,) = sealed_of(desk, "decision.made")
    assert sealed["consequence"]
    assert {*sealed} == {"reason", "article", "consequence", "facts", "clause", "texts"}


@pytest.mark.promise(4)
def test_another_text_than_the_one_on_screen_is_not_decided(desk: Office) -> None:
    no = desk.post()
    view = desk.mod.open_item(no)
    desk.pull(revision(1, "an entirely harmless text"))
    with pytest.raises(NotAllowed, match="has changed while you were reading"):
        desk.mod.decide(no, AD, [HIDE], expect=view.revision_hash)
    assert "decision.made" not in desk.kinds()
    desk.mod.decide(no, AD, [HIDE], expect=desk.mod.item(no).revision_hash)


def test_the_sentence_before_is_the_sentence_stored_and_told(desk: Office) -> None:
    no = desk.post()
    desk.mod.open_item(no)
    shown = desk.mod.preview(no, AD, [HIDE])
    told = desk.mod.decide(no, AD, [HIDE])
    assert told.message == shown.sentence == sealed_of(desk, "decision.made")[0]["consequence"]


CHOICES = st.lists(
    st.sampled_from([HIDE, REMOVE, WARN, mute(1), mute(7), BAN, Choice(Measure.LOCK), NONE]), max_size=3, unique=True
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    choices=CHOICES, policy=st.sampled_from([AD, SPAM, INSULT, CLEAN]), who=st.sampled_from(["demo-mod", "demo-sup"])
)
def test_what_the_rail_promises_is_what_is_written(
    desk: Office, choices: list[Choice], policy: PolicyId, who: str
) -> None:
    """The consequence sentence is made from the plan; the rows then written are that plan, row by row."""
    number = len(desk.sql("SELECT 1 FROM item_key")) + 100
    no = desk.post(number)
    reason = "typed reasoning"
    seen = desk[who].open_item(no)
    shown = desk[who].preview(no, policy, choices, reason)
    before = len(desk.events("decision.made"))
    try:
        told = desk[who].decide(no, policy, choices, reason, expect=seen.revision_hash)
    except (NotAllowed, BadInput):
        assert not shown.allowed
        assert len(desk.events("decision.made")) == before
        desk[who].leave_item(no)
        return
    assert shown.allowed
    assert told.message == shown.sentence
    body = desk.events("decision.made")[-1]
    assert [Choice(Measure(m), days or None) for m, days in body["choices"]] == list(shown.chosen)
    rows = desk.rows(told.decision)
    assert len(rows) == len(body["orders"])
    closes = [kind for _, kind, _, _ in rows].count("close_flag")
    assert ("flag" in shown.sentence) == (closes > 0)
    told_author = str(40 + number % 7) in [account for _, kind, _, account in rows if kind == "notice" or account]
    assert not told_author or "author" in shown.sentence
    strikes = desk.sql("SELECT points FROM strike WHERE decision = ?", told.decision)
    # A proposal whose hide only bridges the wait gives no strike yet; one with more than that done at once does.
    at_once = any(
        state == "held" and measure not in ("hide", "none") and kind == "measure" for state, kind, measure, _ in rows
    )
    at_once = at_once or any(state == "held" and measure == "warn" for state, _, measure, _ in rows)
    in_force = told.state == "made" or at_once
    assert [points for (points,) in strikes] == ([body["points"]] if body["points"] and in_force else [])
    assert ("strike" in shown.sentence.lower()) >= bool(strikes)
    assert (told.state == "proposed") == bool(shown.four_eyes) == (body["needs"] > 0)


def test_no_violation_closes_the_flags_as_rejected_and_strikes_nobody(desk: Office) -> None:
    no = desk.post()
    told = desk.decide("demo-mod", no, NONE, policy=CLEAN)
    rows = [
        json.loads(body)["order"] for (body,) in desk.sql("SELECT body FROM outbox WHERE decision = ?", told.decision)
    ]
    closing = [order for order in rows if order["kind"] == "close_flag"]
    assert [(order["flags"], order["flag_state"]) for order in closing] == [(["1"], "rejected")]
    assert not desk.sql("SELECT 1 FROM strike")
    assert not [order for order in rows if order["kind"] == "measure"]


def test_a_missing_reason_is_asked_for_and_nothing_is_written(desk: Office) -> None:
    no = desk.post()
    with pytest.raises(BadInput, match="missing"):
        desk.decide("demo-sup", no, BAN)
    assert "decision.made" not in desk.kinds()
    with pytest.raises(BadInput, match="missing"):
        desk.decide("demo-sup", no, BAN, reason="   ")
    with pytest.raises(BadInput, match="too long"):
        desk.decide("demo-sup", no, reason="x" * 20_001)


@pytest.mark.parametrize("policy", ["", "terms.unheard_of", "none "])
def test_an_unknown_policy_is_refused(desk: Office, policy: str) -> None:
    no = desk.post()
    with pytest.raises((NotFound, NotAllowed, BadInput)):
        desk.decide("demo-mod", no, policy=PolicyId(policy))
    assert "decision.made" not in desk.kinds()


def test_a_decided_item_is_not_decided_again(desk: Office) -> None:
    no = desk.post()
    desk.decide("demo-mod", no)
    with pytest.raises(NotAllowed, match="decided already"):
        desk["demo-sup"].decide(no, AD, [HIDE])


def test_roles_that_only_read_or_administer_do_not_decide(desk: Office) -> None:
    from modstation.models.ids import PersonId

    no = desk.post()
    added = desk.first.members.add(PersonId("demo-inspector"), frozenset({Role.INSPECTOR}))
    desk.open("demo-sup").members.answer(added.proposal, True, "")
    from tests.desk.desk_parts import PASSPHRASE

    from modstation.bootstrap import enrol_person

    enrol_person(desk.folder, PersonId("demo-inspector"), added.code, PASSPHRASE, desk.parts).close()
    view = desk["demo-inspector"].open_item(no)
    assert view.row.claimed_by == ""
    with pytest.raises(NotAllowed, match="may not decide"):
        desk["demo-inspector"].decide(no, AD, [HIDE])
    assert "item.claimed" not in desk.kinds()


def test_a_removed_person_and_a_locked_desk_decide_nothing(desk: Office) -> None:
    from modstation.models.ids import PersonId

    no = desk.post()
    sitting = desk.open("demo-mod")
    sitting.desk.open_item(no)
    sitting.lock()
    with pytest.raises(NotAllowed, match="locked"):
        sitting.desk.decide(no, AD, [HIDE])
    sitting.work.locked = False
    gone = desk.first.members.change(PersonId("demo-mod"), "removed")
    desk.open("demo-sup").members.answer(gone.proposal, True, "")
    with pytest.raises(NotAllowed, match="does not belong"):
        sitting.desk.decide(no, AD, [HIDE])


@pytest.mark.case("S05")
def test_an_item_in_other_hands_is_not_decided(desk: Office) -> None:
    no = desk.post()
    desk.mod.open_item(no)
    with pytest.raises(NotAllowed, match="demo-mod is working on"):
        desk.sup.decide(no, AD, [HIDE])
    assert desk.sup.queue_rows([no])[0].claimed_by == "demo-mod"
    desk.clock.move(601)
    assert desk.sup.queue_rows([no])[0].claimed_by == ""
    desk.decide("demo-sup", no)


@pytest.mark.promise(5)
def test_what_was_passed_to_a_role_is_decided_by_that_role(desk: Office) -> None:
    """A moderator's decision would take it out of the inbox before anybody of the role had seen it."""
    no = desk.post()
    desk.mod.escalate(no, Role.SUPERVISOR, "please look")
    with pytest.raises(NotAllowed, match="supervisor"):
        desk.decide("demo-mod", no)
    assert len(desk.sup.inbox()) == 1
    desk.mod.leave_item(no)
    desk.decide("demo-sup", no)
    assert desk.sup.inbox() == []


def test_two_people_pressing_at_once_make_one_decision(desk: Office) -> None:
    import threading

    no = desk.post()
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def press(who: str) -> None:
        face = desk[who]
        start.wait()
        try:
            outcomes.append(face.decide(no, AD, [HIDE]).state)
        except NotAllowed:
            outcomes.append("refused")

    desk.open("demo-sup"), desk.open("demo-mod")
    threads = [threading.Thread(target=press, args=(who,)) for who in ("demo-sup", "demo-mod")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "refused"]
    assert desk.kinds().count("decision.made") == 1


# ---------------------------------------------------------------------------------- groups
@pytest.mark.promise(11)
def test_a_group_hides_unseen_but_punishes_nobody_unseen(desk: Office) -> None:
    numbers = [desk.post(n) for n in (1, 2, 3)]
    desk.mod.open_item(numbers[0])
    told = desk.mod.decide_group(numbers, AD, [HIDE], "")
    assert sorted(told.items) == sorted(numbers)
    bodies = desk.events("decision.made")
    assert len({body["batch"] for body in bodies}) == 1
    assert bodies[0]["batch"].startswith("B-")
    by_item = {body["item"]: body for body in bodies}
    assert by_item[str(key_of(2))]["points"] == by_item[str(key_of(3))]["points"] == 0
    assert by_item[str(key_of(2))]["seen"]["opened"] == 0
    assert all(body["seen"]["revision"] for body in bodies)


@pytest.mark.promise(11)
@pytest.mark.parametrize("choice", [mute(1), BAN])
def test_a_group_leaves_out_whom_nobody_looked_at(desk: Office, choice: Choice) -> None:
    numbers = [desk.post(n) for n in (1, 2, 3)]
    desk.sup.open_item(numbers[0])
    told = desk.sup.decide_group(numbers, AD, [HIDE, choice], "typed reasoning")
    assert told.items == (numbers[0],)
    assert "Left out" in told.message
    assert f"{numbers[1]}:" in told.message
    assert desk.queue() == numbers[1:]


def test_a_group_leaves_out_what_is_in_other_hands_or_decided(desk: Office) -> None:
    numbers = [desk.post(n) for n in (1, 2, 3)]
    desk.sup.open_item(numbers[0])
    desk.decide("demo-mod", numbers[1])
    told = desk.mod.decide_group([*numbers, numbers[2], 999], AD, [HIDE], "")
    assert told.items == (numbers[2],)
    assert told.message.startswith("1 decided. Left out: ")
    with pytest.raises(NotAllowed, match="None of these"):
        desk.mod.decide_group(numbers, AD, [HIDE], "")


@pytest.mark.promise(11)
def test_a_look_before_a_new_text_is_no_look_at_it(desk: Office) -> None:
    no, other = desk.post(1), desk.post(2)
    desk.sup.open_item(no)
    desk.clock.move(5)
    desk.pull(revision(1, "an edited text nobody has seen", fetched=desk.clock.moment))
    with pytest.raises(NotAllowed, match="None of these"):
        desk.sup.decide_group([no, other], AD, [HIDE, BAN], "typed reasoning")


# ---------------------------------------------------------------------------------- drafts and full disks
@pytest.mark.case("S27")
def test_a_typed_text_is_kept_until_the_decision_and_then_erased(desk: Office) -> None:
    no = desk.post()
    text = "a long reasoning " * 24
    desk.mod.save_draft(no, "first words")
    desk.mod.save_draft(no, text)
    assert desk.mod.draft(no) == desk.mod.open_item(no).draft == text
    assert desk.sup.draft(no) == "", "bound to its author"
    desk.pull(revision(1, "the text was edited"))
    assert desk.mod.draft(no) == text
    (blob,) = desk.sql("SELECT blob FROM draft")[0]
    desk.decide("demo-mod", no, reason=text)
    assert desk.mod.draft(no) == ""
    assert not desk.sql("SELECT 1 FROM blob WHERE id = ?", blob)
    with desk.first.shared.store.exclusive() as (_, keys):
        assert not keys.execute("SELECT 1 FROM data_key WHERE id = ?", (blob,)).fetchall()


@pytest.mark.case("S27")
def test_a_draft_that_is_saved_again_or_discarded_leaves_nothing_behind(desk: Office) -> None:
    no = desk.post()
    before = desk.sql("SELECT count(*) FROM blob")
    for text in ("one", "two", "three \ud800 \x00"):
        desk.mod.save_draft(no, text)
        assert desk.mod.draft(no) == text
    desk.mod.save_draft(no, "")
    assert desk.mod.draft(no) == ""
    assert desk.sql("SELECT count(*) FROM blob") == before


@pytest.mark.case("S27")
@pytest.mark.promise(1)
def test_a_full_disk_refuses_the_decision_and_keeps_its_text(desk: Office) -> None:
    no = desk.post()
    view = desk.mod.open_item(no)
    desk.mod.save_draft(no, "what I had typed")
    before = desk.dump()
    store = desk.first.shared.store
    with store.exclusive() as (db, _):
        db.execute("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(DiskFull, match="no room"):
        desk.mod.decide(no, AD, [HIDE], "what I had typed", expect=view.revision_hash)
    assert desk.dump() == before
    assert "decision.made" not in desk.kinds()
    assert desk.mod.draft(no) == "what I had typed"
    with store.exclusive() as (db, _):
        db.execute("DROP TRIGGER full")
    desk.mod.decide(no, AD, [HIDE], "what I had typed", expect=view.revision_hash)
    assert desk.verify().whole


# ---------------------------------------------------------------------------------- cases of others
@pytest.mark.case("S01")
def test_two_reporters_make_one_item_with_one_decision_for_both(desk: Office) -> None:
    rows = [
        revision(5512, "synthetic post text"),
        flag(5512, 81, "11", reason="spam"),
        flag(5512, 82, "12", reason="insult"),
    ]
    desk.pull(*rows)
    (no,) = desk.queue()
    view = desk.mod.open_item(no)
    assert sorted((each.reporter.uid, each.reason) for each in view.flags) == [("11", "spam"), ("12", "insult")]
    assert desk.mod.queue_rows([no])[0].flags == 2
    told = desk.decide("demo-mod", no)
    closes = [
        json.loads(body)["order"]["flags"] for (body,) in desk.sql("SELECT body FROM outbox") if "close_flag" in body
    ]
    assert sorted(number for numbers in closes for number in numbers) == ["81", "82"]
    again = desk.pull(*rows)
    assert (again.rows, again.unchanged, len(again.items)) == (3, 3, 0)
    assert desk.queue() == []
    assert told.state == "made"


@pytest.mark.case("S06")
def test_a_later_flag_is_one_open_item_that_shows_the_earlier_decision(desk: Office) -> None:
    no = desk.post(31)
    first = named(desk.decide("demo-mod", no, NONE, policy=CLEAN))
    desk.clock.move(2 * 3600)
    desk.pull(flag(31, 31, state="rejected"), flag(31, 99, "12", at=desk.clock.moment))  # type: ignore[arg-type]
    assert desk.queue() == [no]
    (past,) = desk.mod.item(no).decisions
    assert (past.id, past.by, past.state) == (first, "demo-mod", "made")
    assert desk.kinds().count("decision.made") == 1


@pytest.mark.case("S10")
def test_a_target_that_never_had_a_text_reads_as_gone_and_can_be_decided(desk: Office) -> None:
    from modstation.models.items import Account, Visibility

    gone = revision(
        2, "", author=Account("", "", gone=True), visibility=Visibility.GONE, attachments=(), section_name=""
    )
    desk.pull(gone, flag(2, 1))
    (no,) = desk.queue()
    (row,) = desk.mod.queue_rows([no])
    assert row.title == "post 2 (no text was ever received)"
    assert row.gone
    shown = repr(row) + repr(desk.mod.item(no))
    for word in ("null", "undefined", "'None'"):
        assert word not in shown
    assert desk.decide("demo-mod", no, NONE, policy=CLEAN).state == "made"


@pytest.mark.case("S10")
@pytest.mark.case("S07")
def test_a_purged_post_keeps_the_text_that_was_seen(desk: Office) -> None:
    from modstation.models.items import Account, Visibility

    no = desk.post(2, "buy now at shop.example 便宜出号")
    seen = desk.mod.item(no)
    desk.clock.move(3600)
    empty = revision(
        2, "", author=Account("", "", gone=True), visibility=Visibility.GONE, attachments=(), fetched=desk.clock.moment
    )
    desk.pull(empty, flag(2, 2))
    view = desk.mod.item(no)
    assert view.revision.body == seen.revision.body
    assert view.revision_hash == seen.revision_hash
    assert view.cached_only
    assert len(view.revisions) == 2
    assert view.revisions[1].body == ""
    assert view.author.uid == seen.author.uid
    assert desk.mod.search("出号") == [no]
    assert "gone" in view.row.greyed


def test_lists_of_decisions_follow_the_journal_even_when_the_clock_was_set_back(desk: Office) -> None:
    numbers = [desk.post(n) for n in (1, 2)]
    first = named(desk.decide("demo-mod", numbers[0]))
    desk.clock.move(-3600)
    second = named(desk.decide("demo-mod", numbers[1]))
    assert [past.id for past in desk.mod.my_decisions()] == [second, first]
    assert desk.mod.status().newest_undoable == second
    assert desk.mod.undo().decision == second


def test_names_of_items_lead_to_them(desk: Office) -> None:
    no = desk.post(17)
    case = desk.mod.queue_rows([no])[0].case
    for name in (f"{FORUM}/post/17", case, str(no), f" {case} "):
        assert desk.mod.number_of(name) == no
    for name in ("", "riverside/post/18", "MS-AAAAA-AAAAA", "0", "9" * 30, "١", "\x00", "'; DROP TABLE item"):
        with pytest.raises(NotFound):
            desk.mod.number_of(name)
    with pytest.raises(NotFound):
        desk.mod.item(999)
    assert desk.mod.queue_rows([999, no, 1000])[0].no == no
