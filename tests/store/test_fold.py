"""The fold: pure, the same whatever arrived first, and no honest row of the outbox ever moves in a way it must not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.store_parts import NOON, decision, order_body

from modstation.models.errors import DamagedFile
from modstation.models.measures import OutboxState
from modstation.models.screen import QueueState
from modstation.models.time import to_ms
from modstation.store.fold import HOUSE_TARGET_MS, REPLY_GUARD_MS, fold
from modstation.store.folded import CaseFold, RowFold, Step

T0 = to_ms(NOON)
VISIBLE = ["public", "hidden", "gone"]
FINAL = {OutboxState.ACKNOWLEDGED, OutboxState.REFUSED, OutboxState.WITHDRAWN}


class Tape:
    """Steps of one case in the order in which they happened, each a second after the one before."""

    def __init__(self, desk: str = "one") -> None:
        self.steps: list[Step] = []
        self.desk = desk

    def add(self, kind: str, actor: str = "ann", /, **body: Any) -> Tape:
        number = len(self.steps) + 1
        at = T0 + 1000 * number
        self.steps.append(Step((at << 16, self.desk, number, 0), at, kind, actor, body, number))
        return self

    def rev(self, **changes: Any) -> Tape:
        body = {
            "author": "41", "section": "1", "vis": "public", "text": 1, "sev": 1, "lang": "en", "cats": [], "media": 0,
            "marks": 0,
        }  # fmt: skip
        return self.add("rev", "", **(body | changes))

    def flag(self, number: str = "3", reporter: str = "11", **changes: Any) -> Tape:
        body = {
            "flag": number, "reporter": reporter, "state": "open", "made": T0 - 60_000, "assignee": "", "closed_by": "",
            "heat": 1,
        }  # fmt: skip
        return self.add("flag", "", **(body | changes))

    def decide(self, name: str = "D-1", actor: str = "ann", rows: int = 2, **changes: Any) -> Tape:
        needs = changes.get("needs", 0)
        orders = [order_body(f"{name}.{i}", needs=needs) for i in range(rows)]
        seen = {"flags": [f"3:11:{T0 - 60_000}"], "revision": "", "obs": 1}
        return self.add("decision.made", actor, **{**decision(name, rows=orders).body, "seen": seen, **changes})

    def now(self) -> CaseFold:
        return fold("riverside", "post", self.steps)


def row(folded: CaseFold, name: str) -> RowFold:
    return next(each for each in folded.rows if each.id == name)


def state(tape: Tape) -> QueueState:
    return tape.now().state


# ---------------------------------------------------------------------------------- the queue
def test_a_reported_post_is_open_and_has_its_clocks() -> None:
    folded = Tape().rev(sev=2).flag().now()
    assert (folded.state, folded.author, folded.severity) == (QueueState.OPEN, "41", 2)
    assert (folded.found, folded.flagged, folded.first_seen) == (T0 - 60_000, T0 - 60_000, T0 + 1000)
    assert folded.due == T0 - 60_000 + HOUSE_TARGET_MS[2]
    assert folded.sources == ("user",)


def test_found_is_when_a_rule_or_person_first_marked_it() -> None:
    assert Tape().rev(marks=2).now().found == T0 + 1000
    assert Tape().rev(marks=2).flag(made=T0 - 5).now().found == T0 - 5
    assert Tape().rev().now().found == T0 + 1000
    assert Tape().rev(marks=1).now().sources == ("screening",)
    assert Tape().rev().now().sources == ("patrol",)
    assert fold("riverside", "queued", Tape().rev().steps).sources == ("queue",)


@pytest.mark.case("S01")
def test_two_reporters_are_two_flags_of_one_item_and_one_decision_answers_both() -> None:
    seen = {"flags": [f"81:11:{T0}", f"82:12:{T0 + 30}"], "revision": "", "obs": 1}
    tape = Tape().rev().flag("81", "11", made=T0).flag("82", "12", made=T0 + 30)
    assert len(tape.now().flags) == 2
    assert state(tape.decide(seen=seen)) is QueueState.DECIDED
    assert state(tape.flag("81", "11", made=T0).flag("82", "12", made=T0 + 30)) is QueueState.DECIDED


@pytest.mark.case("S06")
def test_a_new_flag_opens_the_item_and_leaves_the_closed_decision_alone() -> None:
    tape = Tape().rev().flag().decide()
    before = tape.now().decisions
    folded = tape.flag("9", "77", made=T0 + 60_000).now()
    assert folded.state is QueueState.OPEN
    assert folded.decisions == before
    assert folded.flagged == T0 + 60_000


def test_a_report_closed_and_opened_again_at_the_forum_comes_back() -> None:
    tape = Tape().rev().flag().decide().flag(state="resolved")
    assert state(tape) is QueueState.DECIDED
    assert state(tape.flag(state="open")) is QueueState.OPEN
    assert state(tape.decide("D-2")) is QueueState.DECIDED


def test_reports_closed_elsewhere_close_the_item_and_name_who_did_it() -> None:
    folded = Tape().rev().flag().flag(state="rejected", closed_by="3").now()
    assert folded.state is QueueState.CLOSED_ELSEWHERE
    assert folded.greyed.startswith("flag:rejected:3:")


@pytest.mark.case("S08")
@pytest.mark.parametrize("vis", ["hidden", "gone"])
def test_an_item_that_vanished_is_greyed_and_not_counted_as_ours(vis: str) -> None:
    tape = Tape().rev().flag().rev(vis=vis, text=0)
    folded = tape.now()
    assert folded.greyed.startswith(f"item:{vis}::")
    assert folded.state is QueueState.OPEN
    assert not folded.decisions
    assert tape.rev().now().greyed == ""


@pytest.mark.promise(5)
@pytest.mark.case("S07")
def test_an_empty_answer_wipes_nothing_that_was_known() -> None:
    tape = Tape().rev(sev=3, cats=["ad"], lang="zh", media=2, marks=1).flag()
    known = tape.now()
    folded = tape.rev(text=0, vis="hidden", author="", sev=0, cats=[], lang="", media=0, marks=0).now()
    assert folded.text_obs == known.text_obs
    assert folded.obs > known.obs
    assert (folded.severity, folded.cats, folded.lang, folded.media, folded.author) == (3, ("ad",), "zh", 2, "41")


def test_parked_items_come_back_at_their_time_or_by_a_reply() -> None:
    tape = Tape().rev().flag().add("item.parked", until=T0 + 99)
    assert (state(tape), tape.now().parked_until) == (QueueState.PARKED, T0 + 99)
    assert state(tape.add("item.returned", "one", why="time")) is QueueState.OPEN
    until_reply = Tape().rev().flag().add("item.parked", until=0)
    assert until_reply.now().parked_until == until_reply.steps[-1].at + REPLY_GUARD_MS
    assert state(until_reply.add("reply.received", "one", message="1:2", author="41")) is QueueState.OPEN


def test_claims_are_leases_of_one_person() -> None:
    tape = Tape().rev().flag().add("item.claimed", "ann", until=5)
    assert (tape.now().claimed_by, tape.now().claimed_until) == ("ann", 5)
    assert tape.add("item.released", "ben").now().claimed_by == "ann"
    assert tape.add("item.released", "ann").now().claimed_by == ""
    assert tape.add("item.claimed", "ben", until=9).add("item.skipped", "ben").now().claimed_by == ""
    assert tape.now().skips == {"ben": 1}


@pytest.mark.case("S02")
def test_notes_of_one_escalation_are_kept_in_order() -> None:
    tape = Tape().rev().flag().add("escalation.made", escalation="E-1", role="supervisor", due=9)
    tape.add("escalation.noted", escalation="E-1").add("escalation.noted", escalation="E-1")
    (only,) = tape.now().escalations
    assert only.events == [3, 4, 5]
    assert state(tape) is QueueState.ESCALATED
    tape.add("escalation.taken", "sue", escalation="E-1")
    assert tape.now().escalations[0].taken_by == "sue"
    assert state(tape.add("escalation.returned", "sue", escalation="E-1")) is QueueState.OPEN


def test_a_decision_ends_claim_park_and_escalation() -> None:
    tape = Tape().rev().flag().add("escalation.made", escalation="E-1", role="supervisor", due=9)
    folded = tape.add("item.claimed", until=T0 * 2).decide().now()
    assert (folded.claimed_by, folded.escalations[0].state, folded.state) == ("", "decided", QueueState.DECIDED)


# ---------------------------------------------------------------------------------- four eyes and taking back
def test_a_proposal_waits_and_its_rows_with_it() -> None:
    tape = Tape().rev().flag().decide(needs=1)
    folded = tape.now()
    assert folded.state is QueueState.PROPOSED
    assert all(each.awaiting and each.settled for each in folded.rows)
    tape.add("approval.given", "ben", decision="D-1", hold_until=T0 + 77, complete=1, ends=[])
    folded = tape.now()
    assert folded.decisions[0].state == "made"
    assert [(each.state, each.due, each.awaiting) for each in folded.rows] == [(OutboxState.HELD, T0 + 77, False)] * 2


@pytest.mark.promise(6)
def test_each_measure_waits_for_its_own_approval() -> None:
    """A post may be hidden at once while the ban of its author waits for a second person."""
    orders = [order_body("D-1.0"), order_body("D-1.1", measure="ban", needs=1)]
    tape = Tape().rev().flag().decide(needs=1, orders=orders)
    assert [(str(each.state), each.settled) for each in tape.now().rows] == [("held", False), ("waiting", True)]
    tape.add("outbox.sending", "one", row="D-1.1", tries=1)
    assert row(tape.now(), "D-1.1").state is OutboxState.WAITING, "what nobody approved is never on its way"
    tape.add("outbox.sending", "one", row="D-1.0", tries=1).add("outbox.acknowledged", "one", row="D-1.0", already=0)
    tape.add("approval.refused", "ben", decision="D-1")
    assert [str(each.state) for each in tape.now().rows] == ["acknowledged", "withdrawn"]
    assert state(tape) is QueueState.OPEN


def test_two_needed_approvals_come_from_two_people() -> None:
    tape = Tape().rev().flag().decide(needs=2)
    for _ in range(2):
        tape.add("approval.given", "ben", decision="D-1", hold_until=1, complete=1, ends=[])
    assert tape.now().decisions[0].state == "proposed"
    tape.add("approval.given", "cem", decision="D-1", hold_until=1, complete=1, ends=[])
    assert tape.now().decisions[0].state == "made"


def test_enough_people_are_not_enough_while_a_role_is_missing() -> None:
    tape = (
        Tape()
        .rev()
        .flag()
        .decide(needs=1)
        .add("approval.given", "ben", decision="D-1", hold_until=1, complete=0, ends=[])
    )
    assert tape.now().decisions[0].state == "proposed"


@pytest.mark.promise(6)
def test_a_self_approval_is_no_row_of_an_honest_desk() -> None:
    tape = (
        Tape()
        .rev()
        .flag()
        .decide(needs=1)
        .add("approval.given", "ann", decision="D-1", hold_until=1, complete=1, ends=[])
    )
    with pytest.raises(DamagedFile, match="proposed it"):
        tape.now()


def test_a_refused_proposal_opens_the_item_and_sends_nothing() -> None:
    tape = Tape().rev().flag().decide(needs=1).add("approval.refused", "ben", decision="D-1")
    folded = tape.now()
    assert folded.state is QueueState.OPEN
    assert folded.decisions[0].refused_by == "ben"
    assert {each.state for each in folded.rows} == {OutboxState.WITHDRAWN}
    tape.add("approval.given", "cem", decision="D-1", hold_until=1, complete=1, ends=[])
    assert tape.now().decisions[0].state == "refused"


def test_undo_while_held_withdraws_rows_and_opens_the_item() -> None:
    tape = Tape().rev().flag().decide().add("decision.withdrawn", decision="D-1")
    assert state(tape) is QueueState.OPEN
    assert {each.state for each in tape.now().rows} == {OutboxState.WITHDRAWN}


def test_a_reversal_withdraws_what_was_not_sent_and_leaves_what_was() -> None:
    tape = Tape().rev().flag().decide(rows=3)
    tape.add("outbox.sending", "one", row="D-1.0", tries=1).add("outbox.acknowledged", "one", row="D-1.0", already=0)
    tape.decide("D-2", "ben", reverses="D-1", rows=1)
    folded = tape.now()
    assert [each.state for each in folded.decisions] == ["reversed", "made"]
    assert [str(each.state) for each in folded.rows] == ["acknowledged", "withdrawn", "withdrawn", "held"]
    tape.add("decision.withdrawn", "ben", decision="D-2")
    assert [each.state for each in tape.now().decisions] == ["made", "withdrawn"]


def test_a_proposed_reversal_takes_nothing_back_before_it_is_approved() -> None:
    tape = Tape().rev().flag().decide().decide("D-2", "ben", reverses="D-1", needs=1)
    assert tape.now().decisions[0].state == "made"
    tape.add("approval.given", "cem", decision="D-2", hold_until=1, complete=1, ends=[])
    assert tape.now().decisions[0].state == "reversed"


# ---------------------------------------------------------------------------------- the outbox machine
MOVES = st.sampled_from(
    [
        ("outbox.sending", {"tries": 1}),
        ("outbox.sending", {"tries": 2}),
        ("outbox.sending", {"tries": 3}),
        ("outbox.unknown", {}),
        ("outbox.waiting", {"until": T0 + 5, "why": "checking"}),
        ("outbox.acknowledged", {"already": 0}),
        ("outbox.refused", {"status": 403}),
        ("outbox.conflict", {"why": "changed"}),
        ("outbox.withdrawn", {"why": "before_failed"}),
        ("outbox.resolved", {"choice": "send"}),
        ("outbox.resolved", {"choice": "drop"}),
        ("outbox.resolved", {"choice": "accept"}),
        ("decision.withdrawn", {}),
        ("approval.given", {"hold_until": T0 + 9, "complete": 1, "ends": []}),
        ("approval.refused", {}),
    ]
)


@given(st.lists(MOVES, max_size=12), st.integers(0, 1))
def test_no_row_moves_in_a_way_it_must_not(moves: list[tuple[str, dict[str, Any]]], needs: int) -> None:
    tape = Tape().rev().flag().decide(needs=needs, rows=1)
    before = row(tape.now(), "D-1.0")
    for kind, more in moves:
        subject = {"row": "D-1.0"} if kind.startswith("outbox") else {"decision": "D-1"}
        tape.add(kind, "ben", **subject, **more)
        after = row(tape.now(), "D-1.0")
        if before.state in FINAL:
            assert after.state is before.state, "a settled row moved"
        if before.state is OutboxState.CONFLICT and after.state is not OutboxState.CONFLICT:
            assert kind == "outbox.resolved", "only a person settles a conflict"
        assert after.tries >= before.tries, "a try was forgotten"
        if before.awaiting and after.awaiting:
            assert after.state is OutboxState.WAITING, "a row nobody approved was on its way"
        if after.state is OutboxState.SENDING and before.state is not OutboxState.SENDING:
            assert not before.awaiting
        before = after


@given(st.lists(MOVES, max_size=8))
def test_rows_keep_the_place_of_their_decision_however_long_they_wait(moves: list[tuple[str, dict[str, Any]]]) -> None:
    tape = Tape().rev().flag().decide(rows=2)
    for kind, more in moves:
        subject = {"row": "D-1.0"} if kind.startswith("outbox") else {"decision": "D-1"}
        tape.add(kind, "ben", **subject, **more)
    assert [(each.seq, each.place) for each in tape.now().rows] == [
        (tape.steps[2].order[0], 0),
        (tape.steps[2].order[0], 1),
    ]


# ---------------------------------------------------------------------------------- any order of arrival
def random_steps(chance: random.Random, count: int) -> list[Step]:
    """What two desks might do to one case, with rows about things that may not be there."""
    makers: list[Any] = [
        lambda t: t.rev(sev=chance.randrange(5), vis=chance.choice(VISIBLE), text=chance.randrange(2)),
        lambda t: t.flag(str(chance.randrange(3)), str(chance.randrange(2)), state=chance.choice(["open", "resolved"])),
        lambda t: t.decide(f"D-{chance.randrange(4)}", chance.choice("ab"), needs=chance.randrange(2)),
        lambda t: t.decide(f"D-{chance.randrange(4)}", "a", reverses=f"D-{chance.randrange(4)}"),
        lambda t: t.add("decision.withdrawn", "a", decision=f"D-{chance.randrange(4)}"),
        lambda t: t.add("approval.given", "c", decision=f"D-{chance.randrange(4)}", hold_until=T0, complete=1, ends=[]),
        lambda t: t.add("approval.refused", "c", decision=f"D-{chance.randrange(4)}"),
        lambda t: t.add("outbox.sending", "one", row=f"D-{chance.randrange(4)}.0", tries=chance.randrange(4)),
        lambda t: t.add("outbox.acknowledged", "one", row=f"D-{chance.randrange(4)}.0", already=0),
        lambda t: t.add("outbox.conflict", "one", row=f"D-{chance.randrange(4)}.1", why="changed"),
        lambda t: t.add("outbox.resolved", "a", row=f"D-{chance.randrange(4)}.1", choice="send"),
        lambda t: t.add("item.claimed", chance.choice("ab"), until=T0),
        lambda t: t.add("item.released", chance.choice("ab")),
        lambda t: t.add("item.skipped", chance.choice("ab")),
        lambda t: t.add("item.parked", "a", until=chance.randrange(3)),
        lambda t: t.add("item.returned", "one", why="time"),
        lambda t: t.add("escalation.made", "a", escalation=f"E-{chance.randrange(2)}", role="supervisor", due=1),
        lambda t: t.add("escalation.noted", "b", escalation=f"E-{chance.randrange(3)}"),
        lambda t: t.add("escalation.taken", "s", escalation=f"E-{chance.randrange(2)}"),
        lambda t: t.add("escalation.returned", "s", escalation=f"E-{chance.randrange(2)}"),
        lambda t: t.add("note.added", "b", about="item"),
        lambda t: t.add("reply.received", "one", message="1:1", author="41"),
        lambda t: t.add("media.destroyed", "a", url="u", sha256=""),
        lambda t: t.add("unheard.of", "a", anything=1),
    ]  # fmt: skip
    tapes = (Tape("one"), Tape("two"))
    for _ in range(count):
        chance.choice(makers)(chance.choice(tapes))
    return [step for tape in tapes for step in tape.steps]


def shuffled(steps: Sequence[Step], chance: random.Random) -> list[Step]:
    return chance.sample(list(steps), len(steps))


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_two_desks_agree_whatever_arrived_first(seed: int, count: int) -> None:
    chance = random.Random(seed)
    steps = random_steps(chance, count)
    right = fold("riverside", "post", steps)
    for _ in range(3):
        assert fold("riverside", "post", shuffled(steps, chance)) == right


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_folding_changes_nothing_that_was_handed_in(seed: int) -> None:
    steps = random_steps(random.Random(seed), 25)
    copy = random_steps(random.Random(seed), 25)
    fold("riverside", "post", steps)
    fold("riverside", "post", steps)
    assert steps == copy


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_an_open_report_is_never_out_of_sight(seed: int) -> None:
    """Promise 5: an item with a report nobody has answered is in one of the lists people work through."""
    folded = fold("riverside", "post", random_steps(random.Random(seed), 30))
    waiting = [flag for flag in folded.flags if not flag.closed and flag.ident not in folded.answered]
    if waiting:
        assert folded.state not in (QueueState.DECIDED, QueueState.CLOSED_ELSEWHERE)
