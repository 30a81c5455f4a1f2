"""What a person does to an item in Triage: decide, skip, park, pass on, note, undo. One function each.

Every act goes to the desk in the order it was pressed. Where the desk refuses, nothing that was typed is lost and the
row is back as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from PySide6.QtCore import QObject

from modstation.desk.api import DeskApi
from modstation.models.errors import BadInput, ModStationError
from modstation.models.ids import DecisionId, PolicyId
from modstation.models.measures import Choice, OutboxState
from modstation.models.people import Role
from modstation.models.screen import Changed, OutboxRow
from modstation.models.time import from_ms

from .formats import ROLES
from .overlay import Question
from .ports import NO_VIOLATION
from .text import isolate
from .triage import Triage
from .words import language, tr, trn


@dataclass(slots=True)
class Act:
    """An act of the person that may have to be withdrawn because it was typing. `change` comes when it is recorded."""

    no: int
    change: Changed | None = None
    withdraw: bool = False


class TriageActs(QObject):
    """The acts; `ask` is the window's one question box."""

    def __init__(self, triage: Triage, ask: Question) -> None:
        super().__init__(triage)
        self.triage = triage
        self.ask = ask
        self.outbox: Callable[[], list[OutboxRow]] = list

    def _desk(self) -> DeskApi | None:
        return self.triage.session.desk if self.triage.session else None

    # deciding

    def decide(self) -> None:
        """Enter: what the rail shows."""
        rail, triage, desk = self.triage.rail, self.triage, self._desk()
        view, policy, chosen = triage.item.view, rail.policy, rail.chosen
        if desk is None or view is None or policy is None:
            return
        if rail.preview is None or chosen is None:
            triage.enter_waits()
            return
        reason, article, expect = rail.reason_text(), rail.article.text().strip(), view.revision_hash
        self._send(view.row.no, self._deciding(desk, view.row.no, policy, chosen, reason, article, expect))

    def _deciding(
        self,
        desk: DeskApi,
        no: int,
        policy: PolicyId,
        choices: tuple[Choice, ...],
        reason: str,
        article: str,
        expect: str,
    ) -> Callable[[], Changed]:
        opened, tongue = self.triage.opened == no, language()

        def work() -> Changed:
            if not opened:
                desk.open_item(no)
            return desk.decide(no, policy, choices, reason, article, expect=expect, language=tongue)

        return work

    def no_violation(self) -> None:
        """N: nothing was violated; the flags are closed at the forum."""
        triage, desk, view = self.triage, self._desk(), self.triage.item.view
        if desk is None or view is None:
            return
        no, expect, tongue, reason = view.row.no, view.revision_hash, language(), triage.rail.reason_text()
        opened = triage.opened == no

        def work() -> Changed:
            if not opened:
                desk.open_item(no)
            choices = desk.preview(no, NO_VIOLATION, None, reason, "", tongue).chosen
            return desk.decide(no, NO_VIOLATION, choices, reason, expect=expect, language=tongue)

        self._send(no, work)

    def _send(self, no: int, work: Callable[[], Changed]) -> None:
        """Hand a decision to the desk and show the next item at once."""
        triage = self.triage
        act = Act(no)
        triage.guard.acted(act)
        triage.queue.model.mark(no, deciding=True)
        triage.opened = triage.looked = 0
        triage.drafts.flush()
        if triage.rail.reason.hasFocus():
            triage.focus_list()
        triage.jobs.act(tr("Recording the decision"), work, partial(self._recorded, act), partial(self._refused, no))
        self._go_on()

    def _go_on(self) -> None:
        """The next item that is still to be judged; nothing wraps round to the top."""
        queue = self.triage.queue
        position = queue.position + 1
        while position < queue.model.rowCount() and queue.model.number_at(position) in queue.model.deciding:
            position += 1
        if position < queue.model.rowCount():
            self.triage.show_number(queue.set_current(position))
            return
        left = queue.model.rowCount() - len(queue.model.deciding)
        self.triage.leave()
        self.triage.rail.forget()
        queue.delegate.current = 0
        self.triage.item.clear(
            trn(
                "That was the last one below. {n} item above is still open: press K.",
                "That was the last one below. {n} items above are still open: press K.",
                left,
            )
            if left > 0
            else tr("This queue is done. New items show up here by themselves; the outbox says what still goes out.")
        )

    def _recorded(self, act: Act, change: Changed) -> None:
        triage, no = self.triage, act.no
        act.change = change
        triage.drafts.used(no)
        queue = triage.queue
        queue.model.remove(no, max(queue.position, 0))
        if triage.no and queue.model.number_at(queue.position) != triage.no:
            queue.set_current(queue.model.position_of(triage.no, queue.position), scroll=False)
        triage.acted.emit(change)
        if act.withdraw:
            self._withdraw(change)
        triage.read_ahead()

    def _refused(self, no: int, error: ModStationError) -> None:
        triage = self.triage
        triage.queue.model.mark(no, deciding=False)
        triage.queue.table.viewport().update()
        triage.failed.emit(tr("Not decided; the text is kept with the item."), error)

    def group(self) -> None:
        """Shift+Enter: one decision for all selected, a record each."""
        triage, desk, rail = self.triage, self._desk(), self.triage.rail
        numbers = [no for no in triage.queue.model.numbers if no in triage.queue.model.selected]
        policy, chosen = rail.policy, rail.chosen
        if desk is None or policy is None or chosen is None or not numbers:
            return
        reason, tongue = rail.reason_text(), language()
        for no in numbers:
            triage.queue.model.mark(no, deciding=True)

        def done(change: Changed) -> None:
            for no in numbers:
                if no in change.items or not change.items:
                    triage.queue.model.remove(no, max(triage.queue.position, 0))
                else:
                    triage.queue.model.mark(no, deciding=False)
            triage.queue.model.selected.clear()
            triage.acted.emit(change)
            if triage.no in numbers:
                triage.opened = triage.looked = 0
                triage.leave()
                triage.show_number(
                    triage.queue.set_current(min(triage.queue.position, triage.queue.model.rowCount() - 1))
                )

        def failed(error: ModStationError) -> None:
            for no in numbers:
                triage.queue.model.mark(no, deciding=False)
            triage.failed.emit(tr("The group was not decided."), error)

        triage.jobs.act(
            tr("Recording the decisions"),
            lambda: desk.decide_group(numbers, policy, chosen, reason, tongue),
            done,
            failed,
        )

    # taking back

    def undo(self) -> None:
        """Z: withdraw what is still held or proposed; ask before reversing what the forum has already done."""
        status, desk = self.triage.status, self._desk()
        decision = status.newest_undoable if status else None
        if desk is None or decision is None:
            return
        rows = [row for row in self.outbox() if row.decision == decision]
        gone_out = [row for row in rows if row.state not in (OutboxState.HELD, OutboxState.WAITING)]
        if not gone_out:
            self._undo(decision, "")
            return
        self.ask.ask(
            tr("Take the decision back?"),
            tr("It has gone out. Taking it back is a decision of its own, linked to the first, with its own reason."),
            lambda _choice, text, _tick: self._undo(decision, text),
            text="",
            needs_text=True,
            go=tr("Reverse it"),
        )

    def _undo(self, decision: DecisionId, reason: str) -> None:
        desk, triage = self._desk(), self.triage
        if desk is not None:
            triage.jobs.act(
                tr("Taking back"), lambda: desk.undo(decision, reason), self._undone, partial(self._said, "")
            )

    def _undone(self, change: Changed) -> None:
        triage = self.triage
        for no in change.items:
            triage.queue.model.put_back(no, max(0, triage.queue.position))
        triage.acted.emit(change)
        if change.items and triage.queue.model.position_of(change.items[0]) >= 0:
            triage.show_number(triage.queue.set_current(triage.queue.model.position_of(change.items[0])))

    def withdraw_typing(self) -> int:
        """What a burst of typing touched is taken back; the answer is how many acts that were."""
        acts = [act for act in self.triage.guard.take_acts() if isinstance(act, Act)]
        for act in acts:
            act.withdraw = True
            if act.change is not None:
                self._withdraw(act.change)
        self.triage.rail.drop_choice()
        return len(acts)

    def _withdraw(self, change: Changed) -> None:
        if change.decision is not None:
            self._undo(change.decision, "")

    # passing on and putting away

    def _simple(self, name: str, work: Callable[[DeskApi], Changed], *, moves_on: bool) -> None:
        """An act on the open item without a decision."""
        desk, triage, no = self._desk(), self.triage, self.triage.no
        if desk is None or not no:
            return
        if moves_on:
            triage.opened = triage.looked = 0
            triage.queue.model.mark(no, deciding=True)

        def done(change: Changed) -> None:
            if moves_on:
                triage.queue.model.remove(no, max(0, triage.queue.position))
                if triage.no:
                    triage.queue.set_current(
                        triage.queue.model.position_of(triage.no, triage.queue.position), scroll=False
                    )
            triage.acted.emit(change)

        triage.jobs.act(name, lambda: work(desk), done, partial(self._said_and_back, no, name))
        if moves_on:
            self._go_on()

    def _said_and_back(self, no: int, name: str, error: ModStationError) -> None:
        self.triage.queue.model.mark(no, deciding=False)
        self._said(name, error)

    def _said(self, name: str, error: ModStationError) -> None:
        self.triage.failed.emit(name, error)

    def escalate(self) -> None:
        """E: pass it to a role; the question names the receiver."""
        view = self.triage.item.view
        if view is None:
            return
        no = view.row.no
        roles = (Role.COMPLIANCE, Role.SUPERVISOR, Role.LEGAL, Role.DPO, Role.ADMINISTRATOR, Role.ON_CALL)

        def go(role: str, text: str, _tick: bool) -> None:
            if self.triage.no == no:
                self._simple(tr("Escalating"), lambda desk: desk.escalate(no, Role(role), text), moves_on=True)

        self.ask.ask(
            tr("Pass this item on"),
            tr("Choose who gets it. It stands in their inbox with a clock until they take it or hand it back."),
            go,
            choices=[(role.value, tr(ROLES[role])) for role in roles],
            text="",
            go=tr("Escalate"),
        )

    def skip(self) -> None:
        """S: leave it for somebody else and give the claim back; the third skip of one item asks why."""
        no, desk, triage = self.triage.no, self._desk(), self.triage
        if desk is None or not no:
            return
        triage.opened = triage.looked = 0

        def failed(error: ModStationError) -> None:
            if isinstance(error, BadInput):
                self._ask_skip(no, error)
            else:
                self._said(tr("Skipping"), error)

        triage.jobs.act(tr("Skipping"), lambda: desk.skip(no), triage.acted.emit, failed)
        self._go_on()

    def _ask_skip(self, no: int, error: ModStationError) -> None:
        desk, triage = self._desk(), self.triage
        if desk is None:
            return

        def go(_choice: str, text: str, _tick: bool) -> None:
            name = tr("Skipping")
            triage.jobs.act(name, lambda: desk.skip(no, text), triage.acted.emit, partial(self._said, name))

        self.ask.ask(tr("Why is it skipped again?"), str(error), go, text="", needs_text=True, go=tr("Skip"))

    def note(self) -> None:
        """W: write a note on the item or its author."""
        view = self.triage.item.view
        if view is None:
            return
        no = view.row.no
        self.ask.ask(
            tr("Note"),
            tr("Seen by the people of this desk only, never by the author."),
            lambda _choice, text, author: self._simple(
                tr("Writing a note"), lambda desk: desk.note(no, text, on_author=author), moves_on=False
            ),
            text="",
            needs_text=True,
            tick=tr("On the author {name}, not on this item", name=isolate(view.author.name)),
            go=tr("Keep the note"),
        )

    def park(self) -> None:
        """U: put it away until a time or a reply. Deadlines go on running."""
        no = self.triage.no
        if not no:
            return
        choices = [
            ("1", tr("1 hour")),
            ("4", tr("4 hours")),
            ("24", tr("Tomorrow, this time")),
            ("reply", tr("Until a reply")),
        ]

        def go(choice: str, _text: str, _tick: bool) -> None:
            until = None if choice == "reply" else self.moment() + timedelta(hours=int(choice))
            if self.triage.no == no:
                self._simple(tr("Parking"), lambda desk: desk.park(no, until), moves_on=True)

        self.ask.ask(tr("Park until"), tr("Its deadline goes on running."), go, choices=choices, go=tr("Park"))

    def moment(self) -> datetime:
        """The present moment in UTC, by the window's clock."""
        return from_ms(self.triage.now())

    def claim(self) -> None:
        """Y: take it, or give it back."""
        view, session = self.triage.item.view, self.triage.session
        if view is None or session is None:
            return
        no, mine = view.row.no, view.row.claimed_by == session.person
        self._simple(tr("Claiming"), lambda desk: desk.release(no) if mine else desk.claim(no), moves_on=False)
