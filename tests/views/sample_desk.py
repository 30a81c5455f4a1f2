"""An in-memory desk for window tests and pictures. It keeps the promises of desk/api.py that a window can see.

Not a mock: it has a queue, decisions, an outbox that is held, sent and acknowledged, drafts and settings, all under one
lock, and it can be as long as a benchmark asks.
"""

from __future__ import annotations

import hashlib
import threading
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from modstation.models.errors import BadInput, DiskFull, NotAllowed, NotFound
from modstation.models.ids import (
    CaseId,
    DecisionId,
    ForumName,
    ItemKey,
    OutboxId,
    PersonId,
    PolicyId,
    TargetType,
    case_of,
)
from modstation.models.items import Account, Attachment, Context, ContextPost, Flag, FlagState, Revision, Visibility
from modstation.models.measures import Choice, Measure, OutboxState
from modstation.models.people import Person, PersonState, Role
from modstation.models.screen import (
    ApprovalRow,
    AuthorView,
    Changed,
    ConflictChoice,
    ConflictView,
    DeskStatus,
    EscalationRow,
    ForumStatus,
    ItemView,
    MediaView,
    OutboxRow,
    PastDecision,
    Preview,
    QueueFilter,
    QueueRow,
    QueueState,
    RailMeasure,
    RailPolicy,
    SetAsideRow,
    Sort,
)
from modstation.models.time import from_ms

from .sample_posts import POSTS, Post

#: 24 November 2026, 14:32 UTC: "now" of all pictures.
NOW = 1_795_530_720_000
MINUTE = 60_000
DAY = 1440 * MINUTE
FORUM = ForumName("riverside")

POLICIES: tuple[RailPolicy, ...] = (
    RailPolicy(
        PolicyId("terms.contact_ad"),
        1,
        "Contact ad",
        "广告引流",
        "Terms 4.2",
        True,
        1,
        "A post whose point is to move people to a contact outside the forum.",
        ("DM my channel",),
        ("a seller answering",),
    ),
    RailPolicy(
        PolicyId("ill.fraud"),
        2,
        "Fraud or scam",
        "诈骗",
        "IIS 15(9)",
        False,
        3,
        "Asks for money or codes under a false story.",
    ),
    RailPolicy(PolicyId("terms.insult"), 3, "Insult", "辱骂", "Terms 4.4", True, 2, "Aimed at a person in the thread."),
    RailPolicy(
        PolicyId("terms.spam"),
        4,
        "Spam or repeat",
        "刷屏重复",
        "Terms 4.1",
        True,
        1,
        "Nearly the same text more than three times.",
    ),
    RailPolicy(
        PolicyId("terms.off_topic"), 5, "Off topic", "跑题", "Terms 4.3", True, 1, "Move it if a section exists."
    ),
    RailPolicy(PolicyId("terms.impersonation"), 6, "Impersonation", "假冒仿冒", "Terms 4.6", True, 2),
    RailPolicy(
        PolicyId("terms.personal_data"),
        7,
        "Personal data of others",
        "泄露他人信息",
        "Terms 4.5",
        True,
        3,
        "Hide at once, then decide.",
    ),
    RailPolicy(
        PolicyId("care.person_in_danger"), 8, "Someone may be in danger", "有人可能处于危险", "Care", True, 0, care=True
    ),
    RailPolicy(
        PolicyId("ill.rumour"), 0, "Rumours disturbing order", "散布谣言", "IIS 15(6)", False, 3, human_only=True
    ),
    RailPolicy(PolicyId("none"), 0, "No violation", "未违规", "", True, 0),
)
ZH = {one.id: one.second_name for one in POLICIES}


@dataclass
class Kept:
    """What the desk remembers about one item."""

    state: QueueState = QueueState.OPEN
    claimed: str = ""
    notes: list[str] = field(default_factory=list)
    draft: str = ""
    greyed: str = ""
    edits: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    skips: int = 0


class SampleDesk:
    """The desk. `now` is its clock in ms; `count` the length of its queue."""

    def __init__(self, count: int = 128, now: Callable[[], int] = lambda: NOW, person: str = "Demo Lin") -> None:
        self.now = now
        self.person = PersonId(person)
        self.lock = threading.RLock()
        self.numbers = array("q", range(1, count + 1))
        self.kept: dict[int, Kept] = {}
        self.outbox_rows: list[OutboxRow] = []
        self.decisions: list[PastDecision] = []
        self.calls: list[tuple[object, ...]] = []
        self.listeners: list[Callable[[Changed], None]] = []
        self.settings: dict[str, str] = {
            "hold_seconds": "10",
            "lock_minutes": "10",
            "text_percent": "100",
            "theme": "light",
            "language": "en",
            "proxy": "",
            "ca_file": "",
            "backup_folder": "",
            "single_keys": "on",
            "keys": "",
        }
        self.read_only = ""
        self.full = False
        self.roles = (Role.MODERATOR,)
        self.forum = ForumStatus(
            FORUM, "https://riverside.example", "nodebb", "working", NOW - DAY, 0, "", NOW - 12_000, 2
        )
        self.banners: tuple[str, ...] = ()
        self.approval_rows: list[ApprovalRow] = []
        self.inbox_rows: list[EscalationRow] = []
        self.aside_rows: list[SetAsideRow] = []
        self.bodies: dict[int, str] = {}
        self.gate: threading.Event | None = None

    # help

    def of(self, no: int) -> Kept:
        """What is remembered of an item."""
        return self.kept.setdefault(no, Kept())

    @staticmethod
    def post(no: int) -> Post:
        """The demo post of an item; it repeats after the last."""
        return POSTS[(no - 1) % len(POSTS)]

    def body(self, no: int) -> str:
        """The body as it stands."""
        text = self.bodies.get(no, self.post(no).body)
        kept = self.kept.get(no)
        return text + " (edited)" * kept.edits if kept else text

    def key(self, no: int) -> ItemKey:
        """The name of an item."""
        return ItemKey(FORUM, TargetType.POST, str(no))

    def note_call(self, *call: object) -> None:
        """Remember that something was asked, in order."""
        self.calls.append(call)

    def acts(self, name: str) -> list[tuple[object, ...]]:
        """The acts of one kind, in order."""
        with self.lock:
            return [call for call in self.calls if call[0] == name]

    def tell(self, change: Changed) -> Changed:
        """Tell all listeners."""
        for heard in list(self.listeners):
            heard(change)
        return change

    def _writing(self) -> None:
        if self.gate is not None:
            self.gate.wait(20)
        if self.full:
            raise DiskFull(
                "The disk is full.", "The decision could not be written.", "Free some room, then press again."
            )

    # reads

    def queue_ids(self, wanted: QueueFilter) -> array[int]:
        with self.lock:
            if wanted == QueueFilter() and not any(one.state is not QueueState.OPEN for one in self.kept.values()):
                return array("q", self.numbers)
            numbers = [no for no in self.numbers if self._wanted(no, wanted)]
        if wanted.sort is Sort.SEVERITY:
            numbers.sort(key=lambda no: -self.post(no).severity)
        if wanted.sort is Sort.NEWEST:
            numbers.reverse()
        return array("q", numbers)

    def _wanted(self, no: int, wanted: QueueFilter) -> bool:
        post, kept = self.post(no), self.kept.get(no)
        return (
            (kept.state if kept else QueueState.OPEN) is wanted.state
            and wanted.language in ("", post.language)
            and post.severity >= wanted.min_severity
            and wanted.author in ("", post.author)
        )

    def queue_rows(self, numbers: Sequence[int]) -> list[QueueRow]:
        return [self.row(no) for no in numbers]

    def row(self, no: int) -> QueueRow:
        """One row."""
        post, kept = self.post(no), self.kept.get(no) or Kept()
        key = self.key(no)
        found = NOW - (48 + no % 7 * 31) * MINUTE
        return QueueRow(
            no,
            key,
            case_of(key),
            post.title,
            post.author,
            post.section,
            post.severity,
            post.categories,
            post.sources,
            post.flags,
            post.language,
            kept.state,
            found,
            found,
            NOW + (post.minutes + (no // len(POSTS)) * 30) * MINUTE,
            kept.claimed,
            kept.greyed,
            bool(post.media),
            False,
            11 if (no - 1) % len(POSTS) == 0 else 0,
        )

    def number_of(self, item: str) -> int:
        if item.isdigit() and int(item) in self.numbers:
            return int(item)
        raise NotFound(f"There is no item '{item}'.", "", "Copy it from the list of the queue.")

    def item(self, no: int) -> ItemView:
        with self.lock:
            return self._view(no)

    def _view(self, no: int) -> ItemView:
        post, kept, body = self.post(no), self.of(no), self.body(no)
        author = Account(f"u{no}", post.author)
        at = from_ms(NOW - 48 * MINUTE)
        revision = Revision(
            self.key(no),
            from_ms(NOW),
            author,
            post.title,
            body,
            Visibility.PUBLIC,
            post.section,
            post.section,
            f"t{no}",
            18,
            f"https://riverside.example/post/{no}",
            at,
            None,
            tuple(
                Attachment(f"https://img.riverside.example/{no}-{n}.jpg", "photo", "image/jpeg")
                for n in range(post.media)
            ),
        )
        flags = tuple(
            Flag(
                self.key(no),
                from_ms(NOW),
                f"f{no}-{n}",
                FlagState.OPEN,
                Account(f"r{n}", ("mei_rides", "kay_b", "old_bell", "jo")[n % 4]),
                ("定金骗局，已经有三个人上当", "Same text in four sections, asks for a deposit", "spam", "please look")[
                    n % 4
                ],
                from_ms(NOW - (40 - n) * MINUTE),
            )
            for n in range(post.flags)
        )
        media = tuple(
            MediaView(
                a,
                True,
                kept.seen.get(a.url, 0),
                214_000,
                "ab" * 32,
                "Suspected minor, handed over" if a.url in kept.blocked else "",
            )
            for a in revision.attachments
        )
        return ItemView(
            self.row(no),
            revision,
            hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest(),
            flags,
            self._author(no, post),
            post.spans() if no not in self.bodies else (),
            media,
            self._context(no),
            (revision,),
            tuple(one for one in self.decisions if one.item == self.key(no)),
            tuple(kept.notes),
            NOW - 20 * MINUTE,
            False,
            kept.draft,
            ("Two members reported it within an hour.",),
            "Severity 3: covered until you look." if post.severity >= 3 else "",
        )

    def _author(self, no: int, post: Post) -> AuthorView:
        past = PastDecision(
            DecisionId("d-old"),
            CaseId("MS-OLDER-00001"),
            self.key(9),
            PolicyId("terms.spam"),
            "Spam or repeat",
            (Choice(Measure.REMOVE),),
            PersonId("Demo Wei"),
            NOW - 21 * DAY,
            "acknowledged",
        )
        return AuthorView(
            f"u{no}",
            post.author,
            NOW - 9 * DAY,
            41,
            "phone verified",
            1,
            3,
            (NOW - 12 * DAY,),
            (),
            (past,),
            (no + 1, no + 2),
        )

    def _context(self, no: int) -> Context:
        def near(position: int, author: str, body: str) -> ContextPost:
            return ContextPost(self.key(900_000 + position), position, author, body, from_ms(NOW - 60 * MINUTE))

        return Context(
            ("Second-hand market", "二手交易"),
            (
                near(15, "jo", "Still for sale?"),
                near(16, "kay_b", "Is the frame 16 or 20 inch? Can I come and look?"),
                near(17, "old_bell", "还在吗？想看看车架号和发票"),
            ),
            (near(19, "mei_rides", "这是广告吧，大家小心定金"), near(20, "jo", "Reported.")),
        )

    def search(self, text: str, limit: int = 50) -> list[int]:
        found = []
        for no in self.numbers[:5000]:
            post = self.post(no)
            if text.casefold() in f"{post.title} {post.body} {post.author}".casefold():
                found.append(no)
        return found[:limit]

    def policies(self, no: int, language: str) -> tuple[RailPolicy, ...]:
        if language == "zh":
            return tuple(replace(one, name=one.second_name, second_name=one.name) for one in POLICIES)
        return POLICIES

    def preview(
        self,
        no: int,
        policy: PolicyId,
        choices: Sequence[Choice] | None,
        reason: str = "",
        article: str = "",
        language: str = "en",
    ) -> Preview:
        found = next((one for one in POLICIES if one.id == policy), None)
        if found is None:
            raise NotFound(f"There is no policy '{policy}'.")
        zh = language == "zh"
        if policy == "none":
            words = (
                "关闭 2 条举报，告知举报人；帖子保留。"
                if zh
                else "Closes 2 reports and tells the reporters. The post stays."
            )
            return Preview(policy, (), (Choice(Measure.NONE),), words, primary="未违规" if zh else "No violation")
        ladder = self._ladder(zh)
        chosen = tuple(choices) if choices is not None else (Choice(Measure.REMOVE),)
        missing = (
            ("写明理由" if zh else "Type your reasoning: severity 3 asks for it.",)
            if found.severity >= 3 and not reason
            else ()
        )
        sentence, bold = self._sentence(chosen, zh)
        return Preview(
            policy,
            ladder,
            chosen,
            sentence,
            bold,
            ("24 小时：内部规定",) if zh else ("24 h: house rule", "Art. 7 says \u201cin time\u201d"),
            missing,
            found.severity >= 3,
            False,
            "",
            f"{found.basis}",
            self._eyes(chosen, zh),
            self._primary(chosen, zh),
        )

    def _ladder(self, zh: bool) -> tuple[RailMeasure, ...]:
        def one(
            measure: Measure, words: str, days: int | None = None, eyes: str = "", best: bool = False
        ) -> RailMeasure:
            return RailMeasure(Choice(measure, days), words, best, 1 if eyes else 0, eyes)

        second = "需第二人审批。" if zh else "Needs a second person."
        return (
            one(Measure.WARN, "警告" if zh else "Warn"),
            one(Measure.REMOVE, "删除" if zh else "Remove", best=True),
            one(Measure.MUTE, "禁言 7 天" if zh else "Mute 7 d", 7, second),
            one(Measure.BAN, "封号" if zh else "Ban", None, second),
        )

    def _sentence(self, chosen: tuple[Choice, ...], zh: bool) -> tuple[str, tuple[tuple[int, int], ...]]:
        if any(one.measure is Measure.REMOVE for one in chosen):
            words = (
                "删除该帖，记第 2 次违规（共 3 次），告知作者和 2 位举报人。"
                if zh
                else (
                    "Removes the post, adds strike 2 of 3, tells the author and 2 reporters; "
                    "report to the provincial office due in 23 h 40 m."
                )
            )
            strong = ("第 2 次违规",) if zh else ("strike 2 of 3", "23 h 40 m")
        else:
            words = (
                "对作者执行该措施，待第二人审批。"
                if zh
                else "Proposes the measure; nothing happens before a second person says yes."
            )
            strong = ("待第二人审批",) if zh else ("second person",)
        return words, tuple((words.index(part), words.index(part) + len(part)) for part in strong)

    def _eyes(self, chosen: tuple[Choice, ...], zh: bool) -> str:
        if any(one.measure in (Measure.MUTE, Measure.BAN) for one in chosen):
            return "双人复核：须合规专员批准。" if zh else "Four eyes: it waits for a compliance officer."
        return ""

    def _primary(self, chosen: tuple[Choice, ...], zh: bool) -> str:
        if any(one.measure is Measure.REMOVE for one in chosen):
            return "删除该帖" if zh else "Remove post"
        return "执行" if zh else "Propose it"

    def outbox(self, limit: int = 200) -> list[OutboxRow]:
        with self.lock:
            return list(reversed(self.outbox_rows))[:limit]

    def conflict(self, row: OutboxId, language: str = "en") -> ConflictView:
        found = next((one for one in self.outbox_rows if one.id == row), None)
        if found is None:
            raise NotFound("There is no such row.")
        return ConflictView(
            found,
            ("Remove post 2198", "Fraud or scam, IIS 15(9)", "saw version 3"),
            ("visible", "version 4", "author warned by Demo Wei"),
            "换种子，可自取。先付定金，加微信",
            "换种子，可自取。Message me here.",
            (
                ConflictChoice(
                    "drop", "Drop it", "Nothing is sent. The decision stays in the record; this measure is withdrawn."
                ),
                ConflictChoice(
                    "accept", "Take it as done", "Nothing is sent. What the forum shows counts as the outcome."
                ),
                ConflictChoice(
                    "again",
                    "Judge the post as it is now",
                    "Opens version 4 in Triage. You decide afresh; ours is dropped.",
                ),
            ),
        )

    def approvals(self, language: str = "en") -> list[ApprovalRow]:
        return list(self.approval_rows)

    def inbox(self) -> list[EscalationRow]:
        return list(self.inbox_rows)

    def my_decisions(self, limit: int = 200) -> list[PastDecision]:
        with self.lock:
            return list(reversed(self.decisions))[:limit]

    def set_aside(self) -> list[SetAsideRow]:
        return list(self.aside_rows)

    def status(self) -> DeskStatus:
        with self.lock:
            open_ = len(self.numbers) - sum(one.state is not QueueState.OPEN for one in self.kept.values())
            held = [row for row in self.outbox_rows if row.state is not OutboxState.WITHDRAWN and row.by == self.person]
            counts = {
                "open": open_,
                "approvals": len(self.approval_rows),
                "inbox": len(self.inbox_rows),
                "set_aside": len(self.aside_rows),
            }
            return DeskStatus(
                self.person,
                self.roles,
                "Riverside Forum",
                (self.forum,),
                counts,
                self.read_only,
                self.banners,
                held[-1].decision if held else None,
            )

    def people(self) -> tuple[Person, ...]:
        return (
            Person(PersonId("Demo Chen"), frozenset({Role.COMPLIANCE}), PersonState.ENROLLED, "e855" + "0c" * 30),
            Person(PersonId("Demo Ines"), frozenset({Role.MODERATOR}), PersonState.INVITED),
            Person(self.person, frozenset(self.roles), PersonState.ENROLLED, "4c19" + "e7" * 30),
            Person(
                PersonId("Demo Wei"),
                frozenset({Role.MODERATOR, Role.SUPERVISOR}),
                PersonState.ENROLLED,
                "b240" + "6a" * 30,
            ),
        )

    def draft(self, no: int) -> str:
        return self.of(no).draft

    def setting(self, name: str) -> str:
        if name not in self.settings:
            raise BadInput(f"There is no setting '{name}'.")
        return self.settings[name]

    # acts

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
