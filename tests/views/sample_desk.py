"""An in-memory desk for window tests and pictures. It keeps the promises of desk/api.py that a window can see.

Not a mock: it has a queue, decisions, an outbox that is held, sent and acknowledged, drafts and settings, all under one
lock, and it can be as long as a benchmark asks.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import (
    DecisionId,
    OutboxId,
    PersonId,
    PolicyId,
    case_of,
)
from modstation.models.measures import Choice, OutboxState
from modstation.models.people import Role
from modstation.models.screen import (
    Changed,
    ItemView,
    OutboxRow,
    PastDecision,
    QueueState,
)

from .sample_lists import SampleLists
from .sample_parts import DAY as DAY
from .sample_parts import MINUTE as MINUTE
from .sample_parts import NOW as NOW
from .sample_parts import POLICIES


class SampleDesk(SampleLists):
    """The whole desk: what can be looked at, and what can be done."""

    def open_item(self, no: int) -> ItemView:
        self._writing_open()
        with self.lock:
            self.note_call("open", no)
            self.of(no).claimed = self.person
            return self._view(no)

    def _writing_open(self) -> None:
        if self.gate is not None:
            self.gate.wait(20)

    def leave_item(self, no: int) -> Changed:
        with self.lock:
            self.note_call("leave", no)
            self.of(no).claimed = ""
        return Changed(items=(no,))

    def decide(
        self,
        no: int,
        policy: PolicyId,
        choices: Sequence[Choice],
        reason: str = "",
        article: str = "",
        *,
        expect: str = "",
        language: str = "en",
    ) -> Changed:
        self._writing()
        with self.lock:
            if self.of(no).state is QueueState.DECIDED:
                raise NotAllowed("This item is already decided.")
            if expect and expect != self._view(no).revision_hash:
                raise NotAllowed("The post was changed after you opened it.", "", "Look again, then decide.")
            self.note_call("decide", no, str(policy), tuple(choices), reason)
            decision = self._record(no, policy, tuple(choices), reason)
        return self.tell(Changed((no,), True, queue=True, status=True, decision=decision, state="made"))

    def _record(self, no: int, policy: PolicyId, choices: tuple[Choice, ...], reason: str) -> DecisionId:
        decision = DecisionId(f"d{len(self.decisions) + 1}")
        kept = self.of(no)
        kept.state, kept.draft = QueueState.DECIDED, ""
        name = next(one.name for one in POLICIES if one.id == policy)
        key = self.key(no)
        self.decisions.append(
            PastDecision(decision, case_of(key), key, policy, name, choices, self.person, self.now(), "made", reason)
        )
        what = "No violation" if policy == "none" else "Removed 1 post"
        self.outbox_rows.append(
            OutboxRow(
                OutboxId(f"o{len(self.outbox_rows) + 1}"),
                decision,
                case_of(key),
                key,
                no,
                what,
                choices[0].measure,
                "measure",
                OutboxState.HELD,
                self.now(),
                self.now() + 10_000,
                self.person,
            )
        )
        return decision

    def decide_group(
        self, numbers: Sequence[int], policy: PolicyId, choices: Sequence[Choice], reason: str, language: str = "en"
    ) -> Changed:
        self._writing()
        with self.lock:
            self.note_call("group", tuple(numbers), str(policy))
            decision = [self._record(no, policy, tuple(choices), reason) for no in numbers][-1]
        return self.tell(
            Changed(
                tuple(numbers),
                True,
                queue=True,
                status=True,
                decision=decision,
                message=f"Decided {len(numbers)} items.",
            )
        )

    def escalate(self, no: int, to: Role, note: str = "") -> Changed:
        return self._put_away(no, QueueState.ESCALATED, ("escalate", no, to, note), f"Passed to {to}.")

    def park(self, no: int, until: datetime | None) -> Changed:
        return self._put_away(no, QueueState.PARKED, ("park", no, until), "Parked.")

    def _put_away(self, no: int, state: QueueState, call: tuple[object, ...], words: str) -> Changed:
        self._writing()
        with self.lock:
            self.note_call(*call)
            self.of(no).state = state
        return self.tell(Changed((no,), queue=True, status=True, inbox=True, message=words))

    def answer_escalation(self, escalation: str, answer: str) -> Changed:
        self.note_call("answer", escalation, answer)
        self.inbox_rows = [one for one in self.inbox_rows if one.id != escalation]
        return Changed(inbox=True, message="Taken." if answer == "take" else "Handed back.")

    def skip(self, no: int, reason: str = "") -> Changed:
        with self.lock:
            self.of(no).skips += 1
            if self.of(no).skips >= 3 and not reason:
                raise BadInput("This is the third skip of this item.", "", "Write why it is skipped.")
            self.note_call("skip", no, reason)
        return Changed((no,))

    def note(self, no: int, text: str, *, on_author: bool = False) -> Changed:
        with self.lock:
            self.note_call("note", no, text, on_author)
            self.of(no).notes.append(text)
        return Changed((no,), message="The note is kept.")

    def claim(self, no: int) -> Changed:
        self.of(no).claimed = self.person
        return Changed((no,))

    def release(self, no: int) -> Changed:
        self.of(no).claimed = ""
        return Changed((no,))

    def undo(self, decision: DecisionId | None = None, reason: str = "") -> Changed:
        self._writing()
        with self.lock:
            rows = [
                row for row in self.outbox_rows if row.decision == decision and row.state is not OutboxState.WITHDRAWN
            ]
            if not rows:
                raise NotFound("There is no such decision to take back.")
            self.note_call("undo", decision, reason)
            self.outbox_rows = [
                replace(row, state=OutboxState.WITHDRAWN) if row in rows else row for row in self.outbox_rows
            ]
            self.decisions = [replace(one, state="withdrawn") if one.id == decision else one for one in self.decisions]
            for row in rows:
                self.of(row.no).state = QueueState.OPEN
            numbers = tuple(row.no for row in rows)
        return self.tell(Changed(numbers, True, queue=True, status=True, message="Taken back. Nothing was sent."))

    def approve(self, decision: DecisionId, reason: str = "") -> Changed:
        self.note_call("approve", decision, reason)
        self.approval_rows = [one for one in self.approval_rows if one.decision != decision]
        return Changed(outbox=True, approvals=True, message="Approved.")

    def refuse(self, decision: DecisionId, reason: str) -> Changed:
        self.note_call("refuse", decision, reason)
        self.approval_rows = [one for one in self.approval_rows if one.decision != decision]
        return Changed(approvals=True, message="Refused.")

    def resolve_conflict(self, row: OutboxId, choice: str) -> Changed:
        self.note_call("resolve", row, choice)
        self.outbox_rows = [
            replace(one, settled=True, state=OutboxState.WITHDRAWN) if one.id == row else one
            for one in self.outbox_rows
        ]
        return Changed(outbox=True, message="The conflict is closed.")

    def uncover(self, no: int, url: str, seconds: float = 0.0) -> None:
        with self.lock:
            self.note_call("uncover", no, url)
            self.of(no).seen[url] = self.of(no).seen.get(url, 0) + 1

    def suspected_minor(self, no: int, url: str) -> Changed:
        with self.lock:
            self.note_call("minor", no, url)
            self.of(no).blocked.add(url)
        return self.tell(Changed((no,), True, inbox=True, message="Blocked and handed over to the on-call person."))

    def save_draft(self, no: int, text: str) -> None:
        with self.lock:
            self.note_call("draft", no, text)
            self.of(no).draft = text

    def close_set_aside(self, row: int, reason: str) -> Changed:
        self.note_call("close", row, reason)
        self.aside_rows = [one for one in self.aside_rows if one.id != row]
        return Changed(status=True, message="Closed.")

    def set_setting(self, name: str, value: str) -> Changed:
        if name not in self.settings:
            raise BadInput(f"There is no setting '{name}'.")
        self.settings[name] = value
        return Changed()

    def listen(self, heard: Callable[[Changed], None]) -> Callable[[], None]:
        self.listeners.append(heard)
        return lambda: self.listeners.remove(heard)

    # what happens without the person

    def arrive(self, count: int = 1) -> None:
        """New flags come from the forum."""
        with self.lock:
            first = self.numbers[-1] + 1 if self.numbers else 1
            self.numbers = array("q", [*range(first, first + count), *self.numbers])
        self.tell(Changed(queue=True, status=True))

    def act_elsewhere(self, no: int, words: str) -> None:
        """Another moderator acts on the forum."""
        self.of(no).greyed = words
        self.tell(Changed(items=(no,)))

    def edit(self, no: int) -> None:
        """The author edits the post."""
        self.of(no).edits += 1
        self.tell(Changed(items=(no,)))


@dataclass
class SampleSession:
    """A session over a sample desk; media are made by code, never fetched."""

    desk: SampleDesk
    folder: Path = Path("demo")
    notice: str = ""
    media: Callable[[int, str], bytes] | None = None
    locked: bool = False
    closed: bool = False

    @property
    def person(self) -> PersonId:
        """Who sits there."""
        return self.desk.person

    def lock(self) -> None:
        self.locked = True

    def close(self) -> None:
        self.closed = True

    def fetch_media(self, no: int, url: str) -> bytes:
        self.desk.note_call("fetch", no, url)
        if self.media is None:
            raise NotAllowed("There is no medium here.")
        return self.media(no, url)


#: Kept for pictures: a moment with a zone.
AT = datetime(2026, 11, 24, 14, 32, tzinfo=UTC)
