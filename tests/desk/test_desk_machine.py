"""A desk used at random: whatever people and forums do in whatever order, rebuilding gives what was kept up to date."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.desk.desk_parts import AD, BAN, CLEAN, FORUM, HIDE, INSULT, NONE, WARN, Office, mute, office
from tests.store.store_parts import flag, revision

from modstation.desk import outbox, tasks
from modstation.desk.outbox import Job
from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import DecisionId, OutboxId
from modstation.models.items import FlagState, Visibility
from modstation.models.people import Role
from modstation.store.rebuild import rebuild

PEOPLE = st.sampled_from(["demo-mod", "demo-sup", "demo-com", "demo-admin"])
ITEMS = st.integers(1, 4)
REFUSED = (NotAllowed, BadInput, NotFound)
FINAL = ("acknowledged", "refused", "withdrawn")


class DeskMachine(RuleBasedStateMachine):
    """Acts of four people and a forum on four posts."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="desk-machine-")
        self._open = office(Path(self._folder.name) / "desk")
        self.desk: Office = self._open.__enter__()
        self.numbers: dict[int, int] = {}
        self.before: dict[str, tuple[str, int, bool]] = {}

    def teardown(self) -> None:
        self.rebuilding_gives_the_same()
        assert self.desk.verify().whole
        self._open.__exit__(None, None, None)
        self._folder.cleanup()

    def no(self, target: int) -> int:
        if target not in self.numbers:
            self.numbers[target] = self.desk.post(target)
        return self.numbers[target]

    def decisions(self) -> list[str]:
        return [name for (name,) in self.desk.sql("SELECT id FROM decision ORDER BY event")]

    def act(self, call: Any, *values: Any, **named: Any) -> None:
        """An act that may be refused; then it has changed nothing."""
        count = self.desk.sql("SELECT count(*) FROM event")
        try:
            call(*values, **named)
        except REFUSED:
            assert self.desk.sql("SELECT count(*) FROM event") == count, "refused, but something was written"
        self.desk.clock.move(1)

    # ---- the forum ------------------------------------------------------------------------------
    @rule(item=ITEMS, body=st.sampled_from(["a", "b", "便宜出号", ""]), vis=st.sampled_from(Visibility))
    def pulled(self, item: int, body: str, vis: Visibility) -> None:
        self.no(item)
        self.desk.pull(revision(item, body, visibility=vis, fetched=self.desk.clock.moment))

    @rule(
        item=ITEMS, number=st.integers(1, 2), reporter=st.sampled_from(["11", "12"]), state=st.sampled_from(FlagState)
    )
    def reported(self, item: int, number: int, reporter: str, state: FlagState) -> None:
        self.no(item)
        self.desk.pull(flag(item, number, reporter, state=state))

    # ---- people ---------------------------------------------------------------------------------
    @rule(who=PEOPLE, item=ITEMS)
    def opens(self, who: str, item: int) -> None:
        self.act(self.desk[who].open_item, self.no(item))

    @rule(who=PEOPLE, item=ITEMS)
    def leaves(self, who: str, item: int) -> None:
        self.act(self.desk[who].leave_item, self.no(item))

    @rule(
        who=PEOPLE,
        item=ITEMS,
        policy=st.sampled_from([AD, INSULT, CLEAN]),
        choices=st.lists(
            st.sampled_from([HIDE, WARN, mute(1), mute(30), BAN, NONE]), min_size=1, max_size=2, unique=True
        ),
    )
    def decides(self, who: str, item: int, policy: Any, choices: list[Any]) -> None:
        self.act(self.desk[who].decide, self.no(item), policy, choices, "typed reasoning")

    @rule(who=PEOPLE, items=st.lists(ITEMS, min_size=2, max_size=3, unique=True))
    def decides_a_group(self, who: str, items: list[int]) -> None:
        self.act(self.desk[who].decide_group, [self.no(item) for item in items], AD, [HIDE], "")

    @precondition(lambda self: self.desk.sql("SELECT 1 FROM decision"))
    @rule(who=PEOPLE, data=st.data(), yes=st.booleans())
    def answers(self, who: str, data: st.DataObject, yes: bool) -> None:
        name = DecisionId(data.draw(st.sampled_from(self.decisions())))
        self.act(self.desk[who].approve if yes else self.desk[who].refuse, name, "answer")

    @precondition(lambda self: self.desk.sql("SELECT 1 FROM decision"))
    @rule(who=PEOPLE, data=st.data())
    def takes_back(self, who: str, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([None, *self.decisions()]))
        self.act(self.desk[who].undo, DecisionId(name) if name else None, "a mistake")

    @rule(who=PEOPLE, item=ITEMS, to=st.sampled_from([Role.SUPERVISOR, Role.LEGAL, Role.INSPECTOR]))
    def escalates(self, who: str, item: int, to: Role) -> None:
        self.act(self.desk[who].escalate, self.no(item), to, "please look")

    @rule(who=PEOPLE, word=st.sampled_from(["take", "return"]))
    def answers_an_escalation(self, who: str, word: str) -> None:
        for row in self.desk[who].inbox()[:1]:
            self.act(self.desk[who].answer_escalation, row.id, word)

    @rule(who=PEOPLE, item=ITEMS, hours=st.sampled_from([None, 1, 5]))
    def parks(self, who: str, item: int, hours: int | None) -> None:
        from datetime import timedelta

        until = self.desk.clock.moment + timedelta(hours=hours) if hours else None
        self.act(self.desk[who].park, self.no(item), until)

    @rule(who=PEOPLE, item=ITEMS)
    def skips(self, who: str, item: int) -> None:
        self.act(self.desk[who].skip, self.no(item))

    @rule(who=PEOPLE, item=ITEMS, text=st.sampled_from(["", "a note", "NUL \x00 \ud800"]))
    def notes(self, who: str, item: int, text: str) -> None:
        self.act(self.desk[who].note, self.no(item), text)

    @rule(seconds=st.sampled_from([3, 11, 700, 7200, -30]))
    def time_passes(self, seconds: int) -> None:
        self.desk.clock.move(seconds)
        tasks.tick(self.desk.first.work)

    # ---- the runner -----------------------------------------------------------------------------
    def jobs(self) -> list[Job]:
        return outbox.ready(self.desk.first.work, FORUM)[0]

    @precondition(lambda self: self.desk.sql("SELECT 1 FROM outbox WHERE settled = 0"))
    @rule(what=st.sampled_from(["begin", "unknown", "wait", "acknowledge", "refuse", "conflict", "give_up"]))
    def one_row_moves(self, what: str) -> None:
        work = self.desk.first.work
        for job in self.jobs()[:1]:
            if what == "begin":
                outbox.begin(work, job, None)
            elif what == "unknown":
                outbox.unknown(work, job, "no answer")
            elif what == "wait":
                outbox.wait(work, job, work.now_ms() + 500, "asked_to_wait")
            elif what == "acknowledge":
                outbox.acknowledge(work, job, already=False, by="")
            elif what == "refuse":
                outbox.refuse(work, job, "no", 403)
            elif what == "conflict":
                outbox.conflict(work, job, "changed", None, "")
            else:
                outbox.give_up(work, job)
        outbox.drop_dependents(work, FORUM)

    @rule()
    def a_crash(self) -> None:
        outbox.interrupted(self.desk.first.work)
        assert not self.desk.sql("SELECT 1 FROM outbox WHERE state = 'sending'")

    @rule(who=PEOPLE, choice=st.sampled_from(["send", "drop", "accept"]))
    def settles(self, who: str, choice: str) -> None:
        for (row,) in self.desk.sql("SELECT id FROM outbox WHERE state = 'conflict' LIMIT 1"):
            self.act(self.desk[who].resolve_conflict, OutboxId(row), choice)

    # ---- what must always hold --------------------------------------------------------------------
    @invariant()
    def rows_move_as_they_may(self) -> None:
        now: dict[str, tuple[str, int, bool]] = {}
        for name, state, raw in self.desk.sql("SELECT id, state, body FROM outbox"):
            body = json.loads(raw)
            now[name] = (state, body["tries"], body["awaiting"])
        for name, (state, tries, _) in self.before.items():
            assert name in now, "a row was lost"
            assert now[name][1] >= tries
            if state in FINAL:
                assert now[name][0] == state, f"{name} left {state}"
        self.before = now

    @invariant()
    def nobody_approved_their_own(self) -> None:
        for by, raw in self.desk.sql("SELECT by, body FROM decision"):
            body = json.loads(raw)
            assert by not in body["approved"]
            assert body["refused_by"] != by

    @invariant()
    def nothing_is_on_its_way_that_nobody_approved(self) -> None:
        for state, settled, raw in self.desk.sql("SELECT state, settled, body FROM outbox"):
            body = json.loads(raw)
            if body["awaiting"]:
                assert (state, settled, body["tries"]) == ("waiting", 1, 0)

    @rule()
    def rebuilding_gives_the_same(self) -> None:
        kept = self.desk.dump()
        with self.desk.first.shared.store.exclusive() as (db, _):
            rebuild(db, trusted=self.desk.first.shared.trusted_keys())
        assert self.desk.dump() == kept


@pytest.mark.promise(1)
@pytest.mark.promise(6)
class TestDesk(DeskMachine.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=8, stateful_step_count=30, deadline=None)
