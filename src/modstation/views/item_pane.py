"""The item in the middle of Triage: where it stands, who wrote it, the post itself with its evidence, its surroundings.

The pane is passive: it is given an `ItemView` and shows it. What the person does with keys comes from the window.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from modstation.models.items import ContextPost
from modstation.models.screen import ItemView

from .author_card import AuthorCard
from .body_view import BodyView
from .desk_words import said
from .diff import compare, in_words
from .formats import ago, clock, day_and_clock
from .item_lines import decision_lines, flag_lines, note_lines, why_lines
from .jobs import Jobs
from .layouts import clear, column, framed, holder, row
from .lines_view import Line, LinesView
from .media import MediaCard
from .parts import Elided, Glyph, KeyCap, Plain
from .text import one_line
from .theme import Look
from .words import tr, trn

#: Severity from which an item opens on a cover card, its text included (design section 9).
COVER_FROM = 3
#: Lines of the thread shown before T is pressed.
NEAR = 2


class ItemPane(QWidget):
    """Shows one item, or says that none is open."""

    def __init__(self, look: Look, jobs: Jobs) -> None:
        super().__init__()
        self.look = look
        self.jobs = jobs
        self.view: ItemView | None = None
        self.covered = False
        self.now = 0
        self.cards: list[MediaCard] = []
        self._build()
        self.clear()

    # building

    def _build(self) -> None:
        self.crumbs = Elided(self.look, "sub")
        self.place = Plain("", "sub")
        self.title = Plain("", "page", wrap=True)
        self.state = Plain("", "held", wrap=True)
        self.author = AuthorCard(self.look)
        self.before = LinesView(self.look, whole=False)
        self.after = LinesView(self.look, whole=False)
        self.head = Plain("", "strong")
        self.when = Elided(self.look, "sub")
        self.sealed = Plain("", "ack")
        self.body = BodyView(self.look, self.jobs)
        self.media_box = QVBoxLayout()
        self.media_box.setSpacing(8)
        self.post = framed(
            "card",
            column(
                row(self.head, self.when, self.sealed, Glyph(self.look, "fingerprint", "ack", 14)),
                self.body,
                self.media_box,
                gap=10,
                margins=(16, 12, 16, 14),
            ),
        )
        self._build_cover()
        self.reports_head = Plain("", "section")
        self.reports = LinesView(self.look, framed=True)
        self.why_head, self.why = Plain(tr("Why it is here"), "section"), LinesView(self.look, framed=True)
        self.diff_head, self.diff = Plain(tr("What changed"), "section"), BodyView(self.look, self.jobs)
        self.diff_card = framed("card", column(self.diff, margins=(16, 12, 16, 12)))
        self.past_head, self.past = Plain(tr("Earlier decisions"), "section"), LinesView(self.look, framed=True)
        self.notes_head, self.notes = Plain(tr("Notes"), "section"), LinesView(self.look, framed=True)
        self._assemble()

    def _build_cover(self) -> None:
        self.cover_title = Plain("", "panel", wrap=True)
        self.cover_words = Plain("", "body", wrap=True)
        hint = row(
            Plain(tr("Press"), "medium"),
            KeyCap(self.look, "V"),
            Plain(tr("to see it,"), "medium"),
            KeyCap(self.look, "E"),
            Plain(tr("to pass it on unseen."), "medium"),
            None,
            gap=6,
        )
        self.cover = framed(
            "quiet",
            column(
                row(Glyph(self.look, "eye-slash", "t1", 20), self.cover_title, gap=10),
                self.cover_words,
                hint,
                gap=10,
                margins=(24, 24, 24, 24),
            ),
        )

    def _assemble(self) -> None:
        self.parts = column(
            row(self.crumbs, self.place),
            self.title,
            self.state,
            self.author,
            self.before,
            self.cover,
            self.post,
            self.after,
            self.why_head,
            self.why,
            self.diff_head,
            self.diff_card,
            self.reports_head,
            self.reports,
            self.past_head,
            self.past,
            self.notes_head,
            self.notes,
            None,
            gap=10,
            margins=(24, 14, 24, 24),
        )
        self.sheet = holder(self.parts)
        self.sheet.setMaximumWidth(self.look.px(720))
        self.sheet.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        inner = QWidget()
        inner.setObjectName("canvas")
        middle = row(gap=0)
        middle.addWidget(self.sheet, 1)
        inner.setLayout(middle)
        self.scroller = QScrollArea()
        self.scroller.setObjectName("canvas")
        self.scroller.setWidgetResizable(True)
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroller.setWidget(inner)
        self.scroller.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.scroller.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.scroller.setAccessibleName(tr("Item"))
        self.nothing = Plain("", "sub", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setLayout(column(self.scroller, self.nothing, gap=0))
        self.look.changed.connect(lambda: self.sheet.setMaximumWidth(self.look.px(720)))

    # showing

    def clear(self, words: str = "") -> None:
        """Show no item, and say why."""
        self.view = None
        self._drop_media()
        for view in (self.before, self.after, self.reports, self.why, self.past, self.notes):
            view.say(())
        self.body.say("", ())
        self.title.say("")
        self.crumbs.say("")
        self.author.forget()
        self.scroller.hide()
        self.nothing.say(words or tr("No item is open. Choose one in the list with J and K."))
        self.nothing.show()

    def show_item(self, view: ItemView, *, position: str, covered: bool, now: int) -> None:
        """Show an item from its top. `covered` opens it on the cover card."""
        same = self.view is not None and self.view.row.no == view.row.no
        self.view, self.now = view, now
        self.nothing.hide()
        self.scroller.show()
        if not same:
            self.scroller.verticalScrollBar().setValue(0)
            self._fold()
        self._show_place(view, position)
        self.author.show_author(view.author, now)
        self._show_post(view)
        self.set_cover(covered)
        self.reports.say(flag_lines(view.flags, now))
        self.reports_head.say(trn("{n} report", "{n} reports", len(view.flags)))
        self.reports_head.setVisible(bool(view.flags))
        self.past.say(decision_lines(view.decisions))
        self.past_head.setVisible(bool(view.decisions))
        self.notes.say(note_lines(view.notes))
        self.notes_head.setVisible(bool(view.notes))

    def _show_place(self, view: ItemView, position: str) -> None:
        revision = view.revision
        path = (
            view.context.path if view.context else tuple(p for p in (revision.section_name or revision.section,) if p)
        )
        crumbs = [one_line(part, 40) for part in path]
        if revision.position:
            crumbs.append(tr("Post {n} in thread", n=revision.position))
        self.crumbs.say("  \u203a  ".join(crumbs))
        self.place.say(position)
        self.title.say(one_line(revision.title or view.row.title, 200) or tr("(no title)"))
        self.state.say(self._state_words(view))
        self.state.setVisible(bool(self.state.text()))

    def _state_words(self, view: ItemView) -> str:
        if view.row.greyed:
            return tr("Done elsewhere: {words}", words=one_line(said(view.row.greyed), 160))
        if view.row.gone:
            return tr("Gone at the forum, cause unknown. What was sealed is shown.")
        if view.cached_only:
            return tr("Offline: this is the copy of {time}.", time=day_and_clock(view.sealed_at))
        return ""

    def _show_post(self, view: ItemView) -> None:
        revision = view.revision
        self.head.say(tr("Post {n}", n=revision.position) if revision.position else tr("Post"))
        created = day_and_clock(int(revision.created.timestamp() * 1000)) if revision.created else tr("time not known")
        edited = (
            tr("edited {time}", time=day_and_clock(int(revision.edited.timestamp() * 1000)))
            if revision.edited
            else tr("not edited")
        )
        self.when.say(f"{created} \u00b7 {edited}")
        self.sealed.say(
            tr("sealed {time}", time=clock(view.sealed_at, self.now)) if view.sealed_at else tr("not sealed")
        )
        self.sealed.play("ack" if view.sealed_at else "held")
        self.body.say(revision.body, view.marks, view.row.language)
        self._show_media(view)
        context = view.context
        self.before.say(_context_lines(context.before if context else (), NEAR, last=True))
        self.after.say(_context_lines(context.after if context else (), NEAR, last=False))

    def _show_media(self, view: ItemView) -> None:
        if tuple(card.view for card in self.cards) == view.media:
            return
        self._drop_media()
        for medium in view.media:
            card = MediaCard(self.look, medium)
            self.cards.append(card)
            self.media_box.addWidget(card)

    def _drop_media(self) -> None:
        self.cards.clear()
        clear(self.media_box)

    def set_cover(self, covered: bool) -> None:
        """Put the cover card over the post, or take it away."""
        self.covered = covered
        view = self.view
        self.cover.setVisible(covered)
        self.post.setVisible(not covered)
        for part in (self.before, self.after):
            part.setVisible(not covered and bool(part.lines))
        self.title.setVisible(not covered)
        self.reports.setVisible(not covered and bool(self.reports.lines))
        if covered and view is not None:
            self.cover_title.say(tr("Covered: severity {n} of 4", n=view.row.severity))
            self.cover_words.say(cover_words(view, self.now))

    # what a key unfolds

    def _fold(self) -> None:
        for part in (self.why_head, self.why, self.diff_head, self.diff_card):
            part.hide()
        self.before.unfold(False)
        self.after.unfold(False)

    def toggle_thread(self) -> None:
        """Show the whole thread around the post, or two lines of it."""
        context = self.view.context if self.view else None
        if context is None:
            return
        whole = not self.before.whole
        count = 10_000 if whole else NEAR
        self.before.unfold(whole)
        self.after.unfold(whole)
        self.before.say(_context_lines(context.before, count, last=True))
        self.after.say(_context_lines(context.after, count, last=False))

    def toggle_why(self) -> None:
        """Show what put the item here, or hide it."""
        if self.view is None:
            return
        shown = not self.why.isVisible()
        self.why.say(why_lines(self.view) if shown else ())
        self.why_head.setVisible(shown)
        if shown:
            self.scroller.ensureWidgetVisible(self.why)

    def toggle_diff(self) -> None:
        """Show what changed since the earlier reading, or hide it."""
        view = self.view
        if view is None:
            return
        if self.diff_card.isVisible():
            self.diff_head.hide()
            self.diff_card.hide()
            return
        earlier = [one for one in view.revisions if one.body != view.revision.body]
        before, after = (earlier[-1].body if earlier else view.revision.body), view.revision.body

        def take(words: str) -> None:
            if self.view is view:
                self.diff.say(words if earlier else tr("No earlier version is known. The post was not changed."), ())
                self.diff_head.show()
                self.diff_card.show()
                self.scroller.ensureWidgetVisible(self.diff_card)

        self.jobs.read(tr("Comparing versions"), lambda: in_words(compare(before, after)), take)

    def toggle_history(self) -> None:
        """Show the author's history here, or hide it."""
        self.author.toggle_history()


def needs_cover(view: ItemView) -> bool:
    """Whether an item opens on its cover card."""
    return view.row.severity >= COVER_FROM or bool(view.cover)


def cover_words(view: ItemView, now: int) -> str:
    """Why it is covered and what it is, in words that quote nothing of it."""
    row_ = view.row
    kind = tr(", ").join(one_line(name, 40) for name in row_.categories) or tr("no category")
    media = trn("{n} medium", "{n} media", len(view.media)) if view.media else tr("no media")
    flagged = tr("Flagged {time} as: {kind}.", time=ago(now - (row_.flagged or row_.found)), kind=kind)
    length = tr("The post has {n} characters and {media}.", n=len(view.revision.body), media=media)
    reason = one_line(said(view.cover), 200)
    return " ".join(part for part in (reason, flagged, length) if part)


def _context_lines(posts: Sequence[ContextPost], count: int, *, last: bool) -> list[Line]:
    near = posts[-count:] if last else posts[:count]
    return [
        Line(
            tr("(hidden)") + " " + one_line(post.body, 600) if post.hidden else one_line(post.body, 600),
            one_line(post.author, 30),
            f"#{post.position}",
        )
        for post in near
    ]
