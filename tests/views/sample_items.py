"""The items of the sample desk: the queue and what one item shows."""

from __future__ import annotations

import hashlib
import threading
from array import array
from collections.abc import Callable, Sequence

from modstation.models.errors import DiskFull, NotFound
from modstation.models.ids import (
    CaseId,
    DecisionId,
    ItemKey,
    PersonId,
    PolicyId,
    TargetType,
    case_of,
)
from modstation.models.items import Account, Attachment, Context, ContextPost, Flag, FlagState, Revision, Visibility
from modstation.models.measures import Choice, Measure
from modstation.models.people import Role
from modstation.models.screen import (
    ApprovalRow,
    AuthorView,
    Changed,
    EscalationRow,
    ForumStatus,
    ItemView,
    MediaView,
    OutboxRow,
    PastDecision,
    QueueFilter,
    QueueRow,
    QueueState,
    SetAsideRow,
    Sort,
)
from modstation.models.time import from_ms

from .sample_parts import DAY, FORUM, MINUTE, NOW, Kept
from .sample_posts import POSTS, Post


class SampleItems:
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
        revision, flags = self._revision(no, post, body), self._flags(no, post)
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

    def _revision(self, no: int, post: Post, body: str) -> Revision:
        author = Account(f"u{no}", post.author)
        at = from_ms(NOW - 48 * MINUTE)
        return Revision(
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

    def _flags(self, no: int, post: Post) -> tuple[Flag, ...]:
        return tuple(
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
