"""The list at the left of Triage: head with count and order, filters, the "N new" pill, rows, key hints."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHeaderView, QTableView, QWidget

from modstation.models.screen import QueueFilter, QueueState, Sort

from . import tokens
from .fields import Field
from .formats import LANGUAGE_NAMES, QUEUE_STATES, SORTS
from .jobs import Jobs
from .layouts import column, holder, line, row
from .parts import Combo, KeyButton, KeyCap, Plain
from .queue_delegate import QueueDelegate
from .queue_model import QueueModel
from .theme import Look
from .words import tr, trn


class RowTable(QTableView):
    """A one-column table that leaves every key to the window. (QListView lays out a million rows for two seconds.)"""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.setShowGrid(False)
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(20)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        # A Chinese input method that is switched on must not swallow the digits of the rail.
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        look.changed.connect(self.fit)
        self.fit()

    def fit(self) -> None:
        """Give the rows the height of the text size in force."""
        self.verticalHeader().setDefaultSectionSize(self.look.px(tokens.QUEUE_ROW))
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Nothing of Qt's own: a letter must not jump to a row that begins with it."""
        event.ignore()

    def keyboardSearch(self, search: str) -> None:
        """Nothing: letters are commands here."""


class QueuePane(QWidget):
    """Signals: `chosen(no)` when a row becomes current, `filter_changed(QueueFilter)`, `new_wanted()`."""

    chosen = Signal(int)
    filter_changed = Signal(object)
    new_wanted = Signal()

    def __init__(self, look: Look, jobs: Jobs) -> None:
        super().__init__()
        self.look = look
        self.setObjectName("surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.model = QueueModel(jobs)
        self.position = -1
        self.fetched = True
        self._build()
        self.model.loaded.connect(self.recount)
        self.model.rowsRemoved.connect(self.recount)
        self.model.new_waiting.connect(self.show_new)
        self.setMinimumWidth(look.px(200))

    def _build_head(self) -> None:
        self.title = Plain(tr("Triage"), "panel")
        self.count = Plain("", "sub")
        self.sort = self._combo(tr("Order of the list"), [(tr(name), key) for key, name in SORTS.items()])
        self.state = self._combo(tr("Which items"), [(tr(name), key) for key, name in QUEUE_STATES.items()])
        self.language = self._combo(tr("Language of the post"), [(tr(n), k) for k, n in LANGUAGE_NAMES.items()])
        self.severity = self._combo(
            tr("Severity at least"),
            [(tr("Any severity"), 0), *((tr("Severity {n} and more", n=n), n) for n in (2, 3, 4))],
        )
        self.text = Field(tr("Search the list"), tr("Search, two characters suffice"))
        self.text.returnPressed.connect(self._filtered)
        self.filters = holder(
            column(self.text, row(self.state, self.language), self.severity, gap=8, margins=(16, 0, 16, 10))
        )
        self.filters.hide()
        self.funnel = KeyButton(self.look, tr("Filter"), "", "funnel", "quiet")
        self.funnel.clicked.connect(lambda: self.show_filters(not self.filters.isVisible()))

    def _build(self) -> None:
        self._build_head()
        self.pill = KeyButton(self.look, "", ".", "arrow-up", "primary")
        self.pill.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.pill.clicked.connect(self.new_wanted.emit)
        self.pill_line = holder(row(None, self.pill, None, margins=(12, 8, 12, 8)))
        self.pill_line.hide()
        self.table = RowTable(self.look)
        self.table.setAccessibleName(tr("Queue"))
        self.delegate = QueueDelegate(self.look, self.model)
        self.table.setModel(self.model)
        self.table.setItemDelegate(self.delegate)
        self.table.viewport().installEventFilter(self)
        self.empty = Plain("", "sub", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.clear_filters = KeyButton(self.look, tr("Clear filters"))
        self.clear_filters.clicked.connect(self.reset_filters)
        self.nothing = holder(column(self.empty, row(self.clear_filters, None), None, gap=12, margins=(16, 16, 16, 16)))
        self.nothing.hide()
        hints = row(
            *(KeyCap(self.look, key) for key in ("J", "K")),
            Plain(tr("move"), "caption"),
            KeyCap(self.look, "X"),
            Plain(tr("select"), "caption"),
            None,
            gap=6,
            margins=(16, 8, 12, 8),
        )
        self.shown = Plain("", "caption")
        hints.addWidget(self.shown)
        head = column(
            row(self.title, self.count, None, self.funnel, gap=8, margins=(16, 8, 12, 0)),
            row(self.sort, margins=(16, 4, 16, 8)),
            gap=0,
        )
        self.setLayout(
            column(head, self.filters, line(), self.pill_line, self.table, self.nothing, line(), hints, gap=0)
        )

    def _combo(self, name: str, entries: list[tuple[str, object]]) -> QComboBox:
        combo = Combo(self.look, name)
        for words, value in entries:
            combo.addItem(words, value)
        combo.currentIndexChanged.connect(lambda _: self._filtered())
        return combo

    def wanted(self) -> QueueFilter:
        """The filter as it is set."""
        return QueueFilter(
            state=QueueState(self.state.currentData()),
            sort=Sort(self.sort.currentData()),
            language=str(self.language.currentData()),
            min_severity=int(self.severity.currentData()),
            text=self.text.text().strip(),
        )

    def _filtered(self) -> None:
        self.filter_changed.emit(self.wanted())

    def show_filters(self, visible: bool) -> None:
        """Open or close the filter fields; opened by key, the caret goes to the search."""
        self.filters.setVisible(visible)
        if visible:
            self.text.setFocus()
            self.text.selectAll()
        else:
            self.table.setFocus()

    def reset_filters(self) -> None:
        """Back to everything that is open."""
        for combo in (self.state, self.language, self.severity):
            combo.blockSignals(True)
            combo.setCurrentIndex(0)
            combo.blockSignals(False)
        self.text.clear()
        self._filtered()

    def show_new(self, count: int) -> None:
        """Say how many new items wait; the rows stay as they are."""
        self.pill.say(trn("{n} new item", "{n} new items", count))
        self.pill_line.setVisible(count > 0)

    def recount(self, *_: object) -> None:
        """Say how many items the list shows, or why it is empty."""
        count = self.model.rowCount()
        filtered = self.wanted() != QueueFilter(sort=Sort(self.sort.currentData()))
        self.count.say(tr("{n} shown", n=count) if filtered else tr("{n} open", n=count))
        self.nothing.setVisible(count == 0)
        self.clear_filters.setVisible(filtered)
        self.empty.say(tr("No item matches these filters.") if filtered else self.nothing_words())
        self._say_position()

    def nothing_words(self) -> str:
        """What an empty list without a filter says."""
        if not self.fetched:
            return tr("No items have come from the forum yet. They show up here by themselves.")
        return tr("This queue is done. New items show up here by themselves; the outbox says what still goes out.")

    def _say_position(self) -> None:
        count = self.model.rowCount()
        self.shown.say(tr("{n} of {all}", n=self.position + 1, all=count) if count and self.position >= 0 else "")

    def set_current(self, position: int, *, scroll: bool = True) -> int:
        """Make a row current; the answer is its item, 0 where there is none."""
        position = min(position, self.model.rowCount() - 1)
        no = self.model.number_at(position)
        self.position = position if no else -1
        self.delegate.current = no
        if no:
            index = self.model.index(position, 0)
            self.table.setCurrentIndex(index)
            if scroll:
                self.table.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        self.table.viewport().update()
        self._say_position()
        return no

    def step(self, by: int) -> int:
        """The item `by` rows away, made current; 0 at the ends."""
        target = self.position + by
        if not 0 <= target < self.model.rowCount():
            return 0
        return self.set_current(target)

    def ahead(self, by: int = 1) -> int:
        """The item `by` rows away, not made current."""
        return self.model.number_at(self.position + by)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Choose a row with the mouse when the button goes up on the row where it went down."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            index: QModelIndex = self.table.indexAt(event.position().toPoint())
            if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
                if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                    self.model.toggle(self.model.number_at(index.row()))
                    self.table.viewport().update()
                else:
                    self.chosen.emit(self.set_current(index.row(), scroll=False))
        return False

    def tick(self, now: int) -> None:
        """Let the due times move on."""
        self.model.now = now
        QTimer.singleShot(0, self.table.viewport().update)
