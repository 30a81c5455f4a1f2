"""Four eyes: nobody approves their own, whatever way they try, and what nobody could approve is not offered."""

from __future__ import annotations

import pytest
from tests.desk.desk_parts import AD, BAN, HIDE, Office, named, opened

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import DecisionId, PersonId
from modstation.models.people import PersonState, Role
from modstation.models.screen import QueueState


def proposed(desk: Office, target: int = 1, who: str = "demo-mod") -> DecisionId:
    """A ban that needs a second person."""
    told = desk.decide(who, desk.post(target), HIDE, BAN, reason="typed reasoning")
    assert told.state == "proposed"
    assert told.may_approve
    assert who not in told.may_approve
    return named(told)


def test_a_proposal_waits_in_a_list_with_who_may_answer(desk: Office) -> None:
    name = proposed(desk)
    assert len(desk.queue(QueueState.PROPOSED)) == 1
    (mine,) = desk.mod.approvals()
    assert mine.decision == name
    assert mine.why_not == "You proposed it; somebody else must answer."
    assert "demo-mod" not in mine.may_approve
    (theirs,) = desk[mine.may_approve[0]].approvals()
    assert theirs.why_not == ""
    assert "ban" in theirs.what
    assert theirs.reason == "typed reasoning"
    assert desk.mod.approvals("zh")[0].why_not == "你提出的处置须由他人审批。"


@pytest.mark.promise(6)
def test_the_proposer_may_neither_approve_nor_refuse(desk: Office) -> None:
    name = proposed(desk)
    for act in (lambda: desk.mod.approve(name), lambda: desk.mod.refuse(name, "changed my mind")):
        with pytest.raises(NotAllowed):
            act()
    assert not [kind for kind in desk.kinds() if kind.startswith("approval")]


@pytest.mark.promise(6)
def test_a_second_role_is_no_second_person(desk: Office) -> None:
    """The same person, given every role there is, still may not answer their own proposal."""
    name = proposed(desk, who="demo-sup")
    roles = frozenset({Role.MODERATOR, Role.COMPLIANCE, Role.SUPERVISOR, Role.LEGAL})
    change = desk.first.members.add(PersonId("demo-sup"), roles)
    if change.state == "proposed":
        desk.open("demo-com").members.answer(change.proposal, True, "")
    with pytest.raises(NotAllowed):
        desk.sup.approve(name)
    with pytest.raises(NotAllowed):
        desk.sup.approve(DecisionId(f" {name}"[1:]))


@pytest.mark.promise(6)
def test_somebody_who_had_a_part_in_the_case_does_not_hear_it_again(desk: Office) -> None:
    name = proposed(desk)
    first = desk.mod.approvals()[0].may_approve[0]
    desk[first].refuse(name, "not enough")
    assert len(desk.queue()) == 1
    no = desk.queue()[0]
    again = desk.decide("demo-mod", no, HIDE, BAN, reason="typed reasoning once more")
    assert first not in again.may_approve
    with pytest.raises(NotAllowed):
        desk[first].approve(named(again))


def test_an_approval_by_another_person_puts_it_in_force(desk: Office) -> None:
    name = proposed(desk)
    who = desk.mod.approvals()[0].may_approve[0]
    before = [state for state, kind, measure, _ in desk.rows(name) if measure == "ban" and kind == "measure"]
    told = desk[who].approve(name, "I agree")
    after = [state for state, kind, measure, _ in desk.rows(name) if measure == "ban" and kind == "measure"]
    assert (before, after, told.state) == (["waiting"], ["held"], "made")
    assert desk.mod.approvals() == []
    with pytest.raises(NotAllowed, match="it is made"):
        desk[who].approve(name)
    assert desk.verify().whole


def test_a_refusal_needs_a_reason_and_gives_the_item_back(desk: Office) -> None:
    name = proposed(desk)
    who = desk.mod.approvals()[0].may_approve[0]
    with pytest.raises(BadInput, match="reason"):
        desk[who].refuse(name, "  ")
    desk[who].refuse(name, "the text is a joke")
    assert [state for state, _, measure, _ in desk.rows(name) if measure == "ban"] == ["withdrawn", "withdrawn"] or all(
        state == "withdrawn" for state, _, measure, _ in desk.rows(name) if measure == "ban"
    )
    assert len(desk.queue()) == 1
    (past,) = desk.mod.my_decisions()
    assert past.state == "refused"


@pytest.mark.promise(6)
def test_who_lacks_the_role_may_not_answer(desk: Office) -> None:
    name = proposed(desk)
    may = desk.mod.approvals()[0].may_approve
    other = next(who for who in ("demo-admin", "demo-com", "demo-sup") if who not in may)
    with pytest.raises(NotAllowed, match="may not"):
        desk[other].approve(name)
    with pytest.raises(NotAllowed, match="may not"):
        desk[other].refuse(name, "no")
    assert next(row for row in desk[other].approvals()).why_not


@pytest.mark.parametrize("name", ["", "D-NOTHERE", "P-NOTHERE", "x" * 300, "\x00"])
def test_what_is_not_there_cannot_be_answered(desk: Office, name: str) -> None:
    with pytest.raises(NotFound):
        desk.sup.approve(DecisionId(name))
    with pytest.raises(NotFound):
        desk.sup.refuse(DecisionId(name), "reason")


@pytest.mark.promise(5)
def test_no_proposal_is_settled_by_time(desk: Office) -> None:
    name = proposed(desk)
    desk.clock.move(400 * 86_400)
    assert [row.decision for row in desk.sup.approvals()] == [name]


# ---------------------------------------------------------------------------------- taking back
def test_a_proposal_is_withdrawn_by_who_made_it(desk: Office) -> None:
    name = proposed(desk)
    with pytest.raises(NotAllowed, match="Only they"):
        desk.sup.undo(name)
    assert desk.mod.undo(name).state == "withdrawn"
    assert desk.sup.approvals() == []
    with pytest.raises(NotAllowed, match="withdrawn already"):
        desk.mod.undo(name)
    assert len(desk.queue()) == 1


@pytest.mark.promise(6)
def test_undoing_a_proposal_whose_hide_is_done_leaves_no_ban_to_approve(desk: Office) -> None:
    """The post was hidden at once while the ban waited. Taking it back takes both back, not the hide alone."""
    from modstation.desk import outbox

    name = proposed(desk)
    work = desk.first.work
    desk.clock.move(11)
    for job in outbox.ready(work, "riverside")[0]:
        outbox.begin(work, job, None)
        outbox.acknowledge(work, job, already=False, by="")
    sent = [measure for state, kind, measure, _ in desk.rows(name) if state == "acknowledged" and kind == "measure"]
    told = desk.mod.undo(name, "a mistake")
    assert desk.sup.approvals() == [] or told.state == "proposed"
    states = {measure: state for state, kind, measure, _ in desk.rows(name) if kind == "measure"}
    assert states["ban"] == "withdrawn"
    if sent:
        assert [measure for _, kind, measure, _ in desk.rows(told.decision) if kind == "measure"] == ["restore"]
    with pytest.raises(NotAllowed):
        desk.sup.approve(name)


def test_undo_takes_the_whole_batch_or_one(desk: Office) -> None:
    numbers = [desk.post(n) for n in (1, 2, 3)]
    told = desk.mod.decide_group(numbers, AD, [HIDE], "")
    (first, *_) = [name for (name,) in desk.sql("SELECT id FROM decision ORDER BY event")]
    desk.mod.undo(DecisionId(first))
    assert desk.queue() == [numbers[0]]
    rest = desk.mod.undo()
    assert sorted(rest.items) == numbers[1:]
    assert desk.queue() == numbers
    assert told.decision is not None


def test_there_may_be_nothing_to_undo(desk: Office) -> None:
    with pytest.raises(NotFound, match="nothing to undo"):
        desk.mod.undo()
    with pytest.raises(NotFound, match="no decision"):
        desk.mod.undo(DecisionId("D-NOTHERE"))
    desk.decide("demo-sup", desk.post())
    with pytest.raises(NotFound, match="nothing to undo"):
        desk.mod.undo()
    with pytest.raises(NotAllowed, match="Only they"):
        desk.mod.undo(DecisionId(desk.sql("SELECT id FROM decision")[0][0]))


def test_a_reversal_has_at_least_the_approvals_of_what_it_reverses(desk: Office) -> None:
    from modstation.desk import outbox

    name = proposed(desk)
    who = desk.mod.approvals()[0].may_approve[0]
    desk[who].approve(name)
    desk.clock.move(11)
    work = desk.first.work
    for _ in range(4):
        for job in outbox.ready(work, "riverside")[0]:
            outbox.begin(work, job, None)
            outbox.acknowledge(work, job, already=False, by="")
    told = desk.mod.undo(name, "a mistake")
    assert told.state == "proposed"
    assert told.may_approve
    assert {"demo-mod", who}.isdisjoint(told.may_approve)
    assert desk.sql("SELECT state FROM decision WHERE id = ?", name) == [("made",)], "in force until it is approved"
    desk[told.may_approve[0]].approve(named(told))
    assert desk.sql("SELECT state FROM decision WHERE id = ?", name) == [("reversed",)]


# ---------------------------------------------------------------------------------- people
@pytest.mark.promise(6)
def test_changes_of_people_need_a_second_person_who_is_not_concerned(desk: Office) -> None:
    added = desk.first.members.add(PersonId("demo-new"), frozenset({Role.MODERATOR}))
    assert added.state == "proposed"
    assert "demo-admin" not in added.may_approve
    assert added.code
    (row,) = [row for row in desk.sup.approvals() if row.subject == "person"]
    assert (row.what, row.proposer, row.why_not) == ("add demo-new: moderator", "demo-admin", "")
    with pytest.raises(NotAllowed):
        desk["demo-admin"].approve(DecisionId(added.proposal))
    desk.sup.approve(DecisionId(added.proposal))
    state = {p.id: p.state for p in desk.mod.people()}
    assert state[PersonId("demo-new")] is PersonState.INVITED
    with pytest.raises(NotFound):
        desk.sup.approve(DecisionId(added.proposal))


@pytest.mark.promise(6)
def test_nobody_answers_a_change_about_themselves(desk: Office) -> None:
    change = desk.first.members.add(PersonId("demo-sup"), frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}))
    assert "demo-sup" not in change.may_approve
    with pytest.raises(NotAllowed):
        desk.sup.approve(DecisionId(change.proposal))
    with pytest.raises(NotAllowed):
        desk.sup.refuse(DecisionId(change.proposal), "no")
    desk.com.approve(DecisionId(change.proposal))
    assert Role.ADMINISTRATOR in next(p for p in desk.mod.people() if p.id == "demo-sup").roles


def test_a_refused_newcomer_is_not_at_the_desk(desk: Office) -> None:
    added = desk.first.members.add(PersonId("demo-new"), frozenset({Role.MODERATOR}))
    desk.sup.refuse(DecisionId(added.proposal), "never heard of")
    assert {p.id: p.state for p in desk.mod.people()}[PersonId("demo-new")] is PersonState.REMOVED
    from tests.desk.desk_parts import PASSPHRASE

    from modstation.bootstrap import enrol_person

    with pytest.raises(NotAllowed):
        enrol_person(desk.folder, PersonId("demo-new"), added.code, PASSPHRASE, desk.parts)


def test_only_administrators_change_people_and_nobody_removes_themselves(desk: Office) -> None:
    with pytest.raises(NotAllowed, match="administrator"):
        desk.open("demo-mod").members.add(PersonId("demo-new"), frozenset({Role.MODERATOR}))
    with pytest.raises(NotAllowed, match="themselves"):
        desk.first.members.change(PersonId("demo-admin"), "removed")
    with pytest.raises(NotFound):
        desk.first.members.change(PersonId("demo-nobody"), "removed")
    with pytest.raises(BadInput, match="with these roles"):
        desk.first.members.add(PersonId("demo-mod"), frozenset({Role.MODERATOR}))


def test_a_removed_person_cannot_open_the_desk_any_more(desk: Office) -> None:
    from modstation.models.errors import ModStationError

    change = desk.first.members.change(PersonId("demo-mod"), "removed")
    desk.sup.approve(DecisionId(change.proposal))
    assert {p.id: p.state for p in desk.sup.people()}[PersonId("demo-mod")] is PersonState.REMOVED
    with pytest.raises(ModStationError), opened(desk.folder, desk.clock, who="demo-mod"):
        pass


def test_a_reset_gives_a_code_when_it_is_approved(desk: Office) -> None:
    from modstation.bootstrap import enrol_person

    change = desk.first.members.change(PersonId("demo-mod"), "reset")
    assert change.code == ""
    sitting = desk.open("demo-sup")
    sitting.members.answer(change.proposal, True, "")
    assert sitting.members.code
    enrol_person(desk.folder, PersonId("demo-mod"), sitting.members.code, "another demo passphrase", desk.parts).close()
    assert desk.verify().whole
