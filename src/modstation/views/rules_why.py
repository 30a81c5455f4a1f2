"""The box "Why is this here?": reports, rules, score, cluster and replay of one item, as it stood at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from modstation.desk.api import DeskApi
from modstation.desk.near import Cluster
from modstation.desk.screens_desk import screening_of
from modstation.desk.why import Replay, Why, WhyFlag, WhyHit, WhyPart
from modstation.models.errors import ModStationError

from .formats import TIERS, day_and_clock, duration
from .jobs import Jobs
from .layouts import clear, column, framed, holder, row
from .overlay import Overlay
from .parts import Glyph, KeyButton, Plain
from .rules_parts import scope_name
from .text import one_line, visible
from .theme import Look
from .words import tr, trn, word

#: What a place in the queue is made of, as the desk names it and as the window says it.
PARTS: dict[str, str] = {
    "severity": word("Severity"),
    "deadline": word("Deadline"),
    "reports": word("Reports"),
    "rule hits": word("Rule hits"),
    "cluster": word("Cluster"),
    "learned order": word("Learned order"),
}
MOMENTS: dict[str, str] = {
    "posted": word("posted"),
    "first read": word("first read"),
    "read": word("read again"),
    "report": word("report"),
}


class WhyBox(Overlay):
    """The box. `[` and `]` go to an earlier or later moment. Signals: `failed(words, error)`."""

    failed = Signal(str, object)

    def __init__(self, look: Look, window: QWidget, jobs: Jobs) -> None:
        super().__init__(look, window, 640, top=48)
        self.jobs = jobs
        self.desk: DeskApi | None = None
        self.found: Why | None = None
        self._no = 0
        self.title = Plain(tr("Why is this here?"), "page")
        self.about = Plain("", "sub", wrap=True)
        self.when = Plain("", "strong")
        self.earlier = KeyButton(look, tr("Moment before"), "[")
        self.later = KeyButton(look, tr("Moment after"), "]")
        self.shut = KeyButton(look, tr("Close"), "Esc")
        self.earlier.clicked.connect(lambda: self.step(-1))
        self.later.clicked.connect(lambda: self.step(1))
        self.shut.clicked.connect(self.close_box)
        self.lines = column(gap=8)
        inner = holder(self.lines)
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroller.setWidget(inner)
        moments = row(self.when, None, self.earlier, self.later)
        head = row(self.title, None, self.shut)
        self.fill(column(head, self.about, moments, self.scroller, gap=10, margins=(24, 18, 24, 18)))

    def show_item(self, desk: DeskApi, no: int) -> bool:
        """Open for an item; False where this desk cannot tell."""
        if screening_of(desk) is None or not no:
            return False
        self.desk, self._no = desk, no
        self.about.say(tr("Reading the reasons"))
        self.when.say("")
        clear(self.lines)
        self.scroller.setMinimumHeight(max(200, self._window.height() - self.look.px(260)))
        self.open(self.shut)
        self._read(0)
        return True

    def forget(self) -> None:
        """Drop every word of content, for the lock."""
        self.desk = self.found = None
        self.about.say("")
        clear(self.lines)
        self.close_box()

    def _read(self, at: int) -> None:
        desk = screening_of(self.desk)
        if desk is not None:
            work = partial(desk.why, self._no, at)
            self.jobs.read(tr("Reading the reasons"), work, partial(self._take, self._no), self._stumbled)

    def _stumbled(self, error: ModStationError) -> None:
        self.close_box()
        self.failed.emit(tr("Reading the reasons"), error)

    def _take(self, no: int, found: Why) -> None:
        if no != self._no or self.isHidden():
            return
        self.found = found
        place = tr("{place} of {total} by deadline", place=found.place, total=found.waiting) if found.place else ""
        self.about.say(one_line(" \u00b7 ".join(part for part in (str(found.item), found.case, place) if part), 200))
        self.when.say(tr("As it stood {when}", when=day_and_clock(found.at)))
        places = sorted({moment.at for moment in found.moments})
        self.earlier.setEnabled(any(at < found.at for at in places))
        self.later.setEnabled(any(at > found.at for at in places))
        self._fill(found)
        self.refit()

    def step(self, by: int) -> None:
        """Go to the next earlier or later moment of the item's life."""
        found = self.found
        if found is None:
            return
        places = sorted({moment.at for moment in found.moments})
        wanted = [at for at in places if at < found.at][-1:] if by < 0 else [at for at in places if at > found.at][:1]
        if wanted:
            self._read(wanted[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Brackets step through the moments; I closes as it opened."""
        if event.text() in ("[", "]"):
            self.step(-1 if event.text() == "[" else 1)
        elif event.key() == Qt.Key.Key_I and not event.isAutoRepeat():
            self.close_box()
        else:
            super().keyPressEvent(event)

    def _fill(self, found: Why) -> None:
        clear(self.lines)
        sections: tuple[tuple[str, Sequence[QWidget]], ...] = (
            ("", [_replay(self.look, found.replay)]),
            (tr("What its place is made of; it decides nothing"), [_part(part) for part in found.parts]),
            (trn("{n} rule hit", "{n} rule hits", len(found.hits)), [_hit(hit) for hit in found.hits]),
            (trn("{n} report", "{n} reports", len(found.flags)), [_flag(flag) for flag in found.flags]),
            (tr("Near-duplicates"), _cluster(found.cluster)),
            (tr("Moments"), [_moment(each.at, each.what) for each in found.moments]),
        )
        for title, parts in sections:
            if title and parts:
                self.lines.addWidget(Plain(title, "section"))
            if parts:
                self.lines.addWidget(framed("card", column(*parts, gap=6, margins=(14, 10, 14, 10))))
        if found.found_nothing:
            names = tr(", ").join(scope_name(scope) for scope in found.found_nothing)
            self.lines.addWidget(Plain(tr("Looked at and found nothing: {names}", names=names), "sub", wrap=True))
        if found.packs:
            packs = tr(", ").join(found.packs)
            self.lines.addWidget(Plain(tr("Packs that screened then: {names}", names=packs), "sub", wrap=True))
        self.lines.addStretch(1)


def _replay(look: Look, replay: Replay) -> QWidget:
    if replay.same is None:
        words, tone, icon = tr("It cannot be replayed: {why}", why=one_line(replay.words, 200)), "held", "info"
    elif replay.same:
        words, tone, icon = (
            tr("Replayed with the packs of that day: the same spans as the record."),
            "ack",
            "check-circle",
        )
    else:
        words = tr("The replay differs: {more} spans more, {fewer} fewer.", more=replay.gained, fewer=replay.lost)
        tone, icon = "ref", "warning-circle"
    return holder(row(Glyph(look, icon, tone), Plain(words, tone, wrap=True), gap=10))


def _part(part: WhyPart) -> QWidget:
    name = tr(PARTS.get(part.what, part.what))
    value, source = part_words(part)
    return holder(row(Plain(name, "body"), Plain(value, "strong"), None, Plain(one_line(source, 90), "sub")))


def part_words(part: WhyPart) -> tuple[str, str]:
    """Figure and source of a part in the language of the window."""
    amount = round(part.amount)
    if part.what == "severity":
        source = (
            tr("rule {rule}, {pack}", rule=part.detail[0], pack=part.detail[1]) if part.detail else tr("no rule hit")
        )
        return tr("{n} of 4", n=amount), source
    if part.what == "deadline":
        return duration(60_000 * amount), tr("house target for this severity, from the first report or hit")
    if part.what == "reports":
        return str(amount), tr("people at the forum")
    if part.what == "rule hits":
        return str(amount), tr("{n} disguised", n=part.detail[0])
    if part.what == "cluster":
        return str(amount), tr("{n} differ", n=part.detail[0])
    return f"{part.amount:.2f}", tr("0 to 1, used only in the order learned here")


def _hit(hit: WhyHit) -> QWidget:
    shown = one_line(hit.surface, 60) or tr("(erased)")
    who = (
        tr("approved by {names}", names=tr(", ").join(hit.approved_by))
        if hit.approved_by
        else tr("comes with ModStation")
    )
    first = row(
        Plain(shown, "strong"),
        Plain(tr(TIERS.get(hit.tier, hit.tier)), "held"),
        None,
        Plain(one_line(hit.rule, 40), "body"),
    )
    second = Plain(
        one_line(f"{hit.category} \u00b7 {hit.pack} \u00b7 {scope_name(hit.scope)} \u00b7 {who}", 160), "sub", wrap=True
    )
    return holder(column(first, second, gap=2))


def _flag(flag: WhyFlag) -> QWidget:
    head = f"{day_and_clock(flag.at)} \u00b7 {one_line(flag.name, 40)} ({one_line(flag.reporter, 24)})"
    return holder(column(Plain(head, "sub"), Plain(visible(flag.reason)[:400], "body", wrap=True), gap=2))


def _cluster(found: Cluster) -> list[QWidget]:
    if not found.id:
        return []
    words = tr(
        "Cluster {id}: {n} alike, {m} differ, you saw {seen}",
        id=found.id, n=len(found.members), m=found.differing, seen=found.seen,
    )  # fmt: skip
    return [Plain(words, "body", wrap=True)]


def _moment(at: int, what: str) -> QWidget:
    return holder(row(Plain(day_and_clock(at), "sub"), Plain(tr(MOMENTS.get(what, what)), "body"), None))
