"""The author of an item: public record, live strikes and decisions here, folded to two lines until H is pressed."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from modstation.models.screen import AuthorView

from .formats import day_and_clock
from .item_lines import decision_lines
from .layouts import column, row
from .lines_view import Line, LinesView
from .parts import Avatar, Elided, Plain
from .text import one_line
from .theme import Look
from .words import tr, trn

_WEEK = 7 * 24 * 3600 * 1000
_DAY = 24 * 3600 * 1000


class StrikeBar(QWidget):
    """Twelve weeks, oldest left, a filled box where a strike fell. The count stands beside it in words."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.weeks: frozenset[int] = frozenset()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)

    def show_times(self, times: tuple[int, ...], now: int) -> None:
        """Place strikes given in UTC ms."""
        self.weeks = frozenset(11 - (now - time) // _WEEK for time in times)
        self.update()

    def sizeHint(self) -> QSize:
        """Twelve boxes."""
        return QSize(self.look.px(12 * 10), self.look.px(8))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the weeks."""
        painter = QPainter(self)
        px = self.look.px
        for week in range(12):
            struck = week in self.weeks
            high = px(7) if struck else 2
            box = QRect(week * px(10), self.height() - high, px(8), high)
            painter.fillRect(box, self.look.colour("s3" if struck else "ctl"))


class AuthorCard(QFrame):
    """Shows an author; passive."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.setObjectName("card")
        self.author: AuthorView | None = None
        self.avatar = Avatar(look, "", 32)
        self.name = Elided(look, "strong")
        self.record = Elided(look, "sub")
        self.strikes = Plain("", "strong")
        self.strikes_head = Plain(tr("Live strikes"), "caption")
        self.bar = StrikeBar(look)
        self.alert = Plain("", "held", wrap=True)
        self.history = LinesView(look)
        self.history.hide()
        names = column(self.name, self.record, gap=2)
        strikes = column(row(self.strikes_head, self.strikes, gap=6), self.bar, gap=4)
        self.setLayout(
            column(row(self.avatar, names, strikes, gap=12), self.alert, self.history, gap=8, margins=(14, 10, 14, 10))
        )
        self._now = 0

    def forget(self) -> None:
        """Drop everything, for the lock."""
        self.author = None
        self.name.say("")
        self.record.say("")
        self.alert.say("")
        self.avatar.say("")
        self.history.say(())

    def show_author(self, author: AuthorView, now: int) -> None:
        """Show an author."""
        fold = self.author is None or self.author.uid != author.uid
        self.author, self._now = author, now
        self.avatar.say(author.name)
        self.name.say(one_line(author.name, 80) or tr("(no name)"))
        self.record.say(record_words(author, now))
        self.strikes.say(tr("{n} of {limit}", n=author.strikes, limit=author.strike_limit))
        self.bar.show_times(author.strike_times, now)
        self.alert.say(alert_words(author))
        self.alert.setVisible(bool(self.alert.text()))
        if fold:
            self.history.hide()
        elif self.history.isVisible():
            self._fill()

    def toggle_history(self) -> None:
        """Open or fold the history."""
        if self.author is not None:
            if self.history.isVisible():
                self.history.hide()
            else:
                self._fill()

    def _fill(self) -> None:
        author = self.author
        if author is None:
            return
        lines = decision_lines(author.decisions)
        waiting = len(author.open_items)
        lines.append(Line(trn("{n} item of this author waits", "{n} items of this author wait", waiting), icon="tray"))
        if author.note:
            lines.append(Line(one_line(author.note, 1000), icon="note", tone="t1"))
        self.history.say(lines)


def record_words(author: AuthorView, now: int) -> str:
    """Age, number of posts, verification; what the forum does not tell is said so."""
    if author.gone:
        return tr("Account gone at the forum, cause unknown")
    days = (now - author.joined) // _DAY
    age = trn("{n} day", "{n} days", days) if author.joined else tr("age not known")
    posts = tr("posts not known") if author.posts is None else trn("{n} post", "{n} posts", author.posts)
    verified = one_line(author.verified, 40) or tr("not verified")
    waiting = trn("{n} waits", "{n} wait", len(author.open_items)) if author.open_items else ""
    return " \u00b7 ".join(part for part in (age, posts, verified, waiting) if part)


def penalty_words(penalty: str) -> str:
    """A penalty as `ban:until_ms` in words."""
    kind, _, until = penalty.partition(":")
    kinds = {"ban": tr("banned"), "mute": tr("muted")}
    named = kinds.get(kind, one_line(kind, 40))
    if until.isdigit() and int(until):
        return tr("{penalty} until {time}", penalty=named, time=day_and_clock(int(until)))
    return named


def alert_words(author: AuthorView) -> str:
    """What must be noticed: standing penalties and names that look like this one."""
    parts = [penalty_words(one) for one in author.penalties]
    if author.confusable:
        parts.append(
            tr("looks like {names}", names=tr(", ").join(one_line(name, 40) for name in author.confusable[:3]))
        )
    return tr("; ").join(parts)
