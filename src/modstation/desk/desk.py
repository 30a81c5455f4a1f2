"""The desk: the one face through which window, command line, sync and tests look at things and change them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from modstation.models.ids import DecisionId, OutboxId, PolicyId
from modstation.models.measures import Choice
from modstation.models.people import Person, Role
from modstation.models.screen import (
    ApprovalRow,
    Changed,
    ConflictView,
    DeskStatus,
    EscalationRow,
    ItemView,
    OutboxRow,
    PastDecision,
    Preview,
    QueueFilter,
    QueueRow,
    RailPolicy,
    SetAsideRow,
    Sort,
)

from . import (
    approve,
    conflicts,
    decide,
    escalate,
    look,
    media,
    near,
    outbox,
    people,
    priority,
    queue,
    settings,
    situation,
    status,
    tasks,
    undo,
)
from .ports import Fetched
from .records import past_decisions
from .screens_desk import ScreeningDesk
from .status import Lamps
from .workplace import Workplace


class Desk(ScreeningDesk):
    """Implements `DeskApi` and `ScreeningApi` for one unlocked person. Methods block and are safe from any thread."""

    def __init__(
        self,
        work: Workplace,
        apply_people: Callable[[str, str], None] = lambda person, change: None,
        lamps: Lamps | None = None,
    ) -> None:
        self.work = work
        self.lamps = lamps or Lamps()
        self._apply_people = apply_people

    # ---- what can be looked at -----------------------------------------------------------------
    def queue_ids(self, wanted: QueueFilter, limit: int = 0) -> array[int]:
        """Numbers of all items of a list in its order, or the first `limit`."""
        with self.work.store.reading() as reader:
            if wanted.sort is Sort.LEARNED:
                found = priority.ordered(reader.db, queue.queue_ids(reader.db, wanted), self.work.now_ms())
                return found[:limit] if limit else found
            return queue.queue_ids(reader.db, wanted, limit)

    def queue_rows(self, numbers: Sequence[int]) -> list[QueueRow]:
        """The rows of these items, in the order asked."""
        with self.work.store.reading() as reader:
            return queue.queue_rows(reader, numbers, self.work.person, self.work.now_ms())

    def number_of(self, item: str) -> int:
        """The number of an item by its name, its case number or its number as text. Raises NotFound."""
        with self.work.store.reading() as reader:
            return queue.number_of(reader.db, item)

    def item(self, no: int) -> ItemView:
        """An item as it stands here, without opening it. Raises NotFound."""
        return look.item_view(self.work, no)

    def search(self, text: str, limit: int = 50) -> list[int]:
        """Numbers of the newest items whose title, body or author hold the words; two Chinese characters suffice."""
        with self.work.store.reading() as reader:
            return queue.search(reader.db, text, limit)

    def policies(self, no: int, language: str) -> tuple[RailPolicy, ...]:
        """All policies of the item's stacked profiles; those with a digit first, "no violation" last."""
        return decide.rail_policies(self.work, no, language)

    def preview(
        self,
        no: int,
        policy: PolicyId,
        choices: Sequence[Choice] | None,
        reason: str = "",
        article: str = "",
        language: str = "en",
    ) -> Preview:
        """What the decision would do. `choices` None asks for what the ladder recommends."""
        chosen = None if choices is None else tuple(choices)
        return decide.preview(self.work, no, decide.Wish(policy, chosen, reason, article, language))

    def outbox(self, limit: int = 200) -> list[OutboxRow]:
        """The newest outbox rows; those that need a person first."""
        return outbox.outbox_rows(self.work, limit, self._language())

    def conflict(self, row: OutboxId, language: str = "en") -> ConflictView:
        """Both sides of a conflict and the ways out. Raises NotFound."""
        return conflicts.conflict(self.work, row, language)

    def approvals(self, language: str = "en") -> list[ApprovalRow]:
        """All proposals that wait, changes of people among them, with who may answer."""
        found = approve.approvals(self.work, language)
        with self.work.store.reading() as reader:
            return found + people.proposals(self.work, reader.db)

    def inbox(self) -> list[EscalationRow]:
        """Escalations to the roles this person holds, and those they passed on."""
        return escalate.inbox(self.work)

    def my_decisions(self, limit: int = 200) -> list[PastDecision]:
        """This person's decisions, newest first."""
        with self.work.store.reading() as reader:
            names: dict[str, str] = {}
            for (raw,) in reader.db.execute("SELECT name FROM forum").fetchall():
                names |= look.policy_names(situation.stack_of(self.work, reader.db, raw), self._language())
            return past_decisions(reader, "d.by = ?", (self.work.person,), limit, names)

    def set_aside(self) -> list[SetAsideRow]:
        """What forums sent that could not be tied to a target."""
        return status.set_aside(self.work)

    def status(self) -> DeskStatus:
        """Lamp, counts, banners."""
        return status.status(self.work, self.lamps)

    def people(self) -> tuple[Person, ...]:
        """The people of this desk."""
        with self.work.store.reading() as reader:
            return self.work.people(reader.db)

    def draft(self, no: int) -> str:
        """What this person had typed for this item and not yet used."""
        with self.work.store.reading() as reader:
            return tasks.draft(self.work, reader, no)

    def setting(self, name: str) -> str:
        """A setting of this desk and person, or its default. Raises BadInput for an unknown name."""
        with self.work.store.reading() as reader:
            return settings.read_setting(reader.db, self.work.person, name)

    def _language(self) -> str:
        return self.setting("language") or "en"

    # ---- what can be done ----------------------------------------------------------------------
    def open_item(self, no: int) -> ItemView:
        """Open an item: claims it here and at the forum, has it read again and captured."""
        return look.open_item(self.work, no)

    def leave_item(self, no: int) -> Changed:
        """Leave it undecided: releases the claim."""
        return look.leave_item(self.work, no)

    def decide(
        self,
        no: int,
        policy: PolicyId,
        choices: Sequence[Choice] | None,
        reason: str = "",
        article: str = "",
        *,
        expect: str = "",
        language: str = "en",
    ) -> Changed:
        """Decide an item. `expect` is the revision hash that was on screen; another one refuses."""
        chosen = None if choices is None else tuple(choices)
        return decide.decide(self.work, no, decide.Wish(policy, chosen, reason, article, language, expect))

    def decide_group(
        self, numbers: Sequence[int], policy: PolicyId, choices: Sequence[Choice], reason: str, language: str = "en"
    ) -> Changed:
        """One decision for alike items: a record each, one batch; what may not be included is named.

        The message ends with how many of them this person saw and how many differ.
        """
        wish = decide.Wish(policy, tuple(choices), reason, "", language)
        looked = near.group(self.work, numbers)
        told = decide.decide_group(self.work, [*(member.no for member in looked.members), *numbers], wish)
        return replace(told, message=f"{told.message} {looked.sentence}")

    def escalate(self, no: int, to: Role, note: str = "") -> Changed:
        """Pass an item to a role."""
        return escalate.escalate(self.work, no, to, note)

    def answer_escalation(self, escalation: str, answer: str, note: str = "") -> Changed:
        """Take an escalation ("take") or hand it back ("return")."""
        return escalate.answer(self.work, escalation, answer, note)

    def skip(self, no: int, reason: str = "") -> Changed:
        """Leave an item for somebody else."""
        return tasks.skip(self.work, no, reason)

    def note(self, no: int, text: str, *, on_author: bool = False) -> Changed:
        """Write a note on the item or its author."""
        return tasks.note(self.work, no, text, "author" if on_author else "item")

    def park(self, no: int, until: datetime | None) -> Changed:
        """Put it away until a time (UTC), or until a reply where None."""
        return tasks.park(self.work, no, until)

    def claim(self, no: int) -> Changed:
        """Take it."""
        return tasks.claim(self.work, no)

    def release(self, no: int) -> Changed:
        """Give it back."""
        return tasks.release(self.work, no)

    def undo(self, decision: DecisionId | None = None, reason: str = "") -> Changed:
        """Take back the newest or the named decision: withdrawn while nothing was sent, else a linked reversal."""
        return undo.undo(self.work, decision, reason, self._language())

    def approve(self, decision: DecisionId, reason: str = "") -> Changed:
        """Say yes to a proposal of somebody else, of a measure or of a change of people."""
        if decision.startswith("P-"):
            return people.answer(self.work, decision, True, reason, self._apply_people)
        return approve.approve(self.work, decision, reason)

    def refuse(self, decision: DecisionId, reason: str) -> Changed:
        """Say no to a proposal of somebody else, with the reason."""
        if decision.startswith("P-"):
            return people.answer(self.work, decision, False, reason, self._apply_people)
        return approve.refuse(self.work, decision, reason)

    def resolve_conflict(self, row: OutboxId, choice: str) -> Changed:
        """Take one of the ways out of a conflict card."""
        return conflicts.resolve(self.work, row, choice)

    def fetch_media(self, no: int, url: str) -> Fetched:
        """Fetch a media file because the person asked to see it. Raises ForumError, NotAllowed, NotFound."""
        return media.fetch(self.work, no, url)

    def uncover(self, no: int, url: str, seconds: float = 0.0) -> None:
        """Record that a covered medium was looked at."""
        media.uncover(self.work, no, url, seconds)

    def suspected_minor(self, no: int, url: str) -> Changed:
        """Cover, destroy local bytes, keep hash and address, hide at the forum, hand over to the named role."""
        return media.suspected_minor(self.work, no, url)

    def save_draft(self, no: int, text: str) -> None:
        """Keep what was typed, sealed, until the decision is recorded or the text discarded."""
        tasks.save_draft(self.work, no, text)

    def close_set_aside(self, row: int, reason: str) -> Changed:
        """Empty one line of the set-aside list with a reason."""
        return status.close_set_aside(self.work, row, reason)

    def set_setting(self, name: str, value: str) -> Changed:
        """Change a setting."""
        return settings.write_setting(self.work, name, value)

    def listen(self, heard: Callable[[Changed], None]) -> Callable[[], None]:
        """Be told of every change, from any thread; the answer stops it."""
        return self.work.hub.listen(heard)
