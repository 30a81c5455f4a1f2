"""The queue as Qt sees it: an array of numbers and a few blocks of rows, whatever the length.

Eight bytes an item are kept; rows come in blocks of 256, read by a worker when they are first painted. The order only
changes when the person asks for it: new items wait outside.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal

from modstation.desk.api import DeskApi
from modstation.models.screen import QueueFilter, QueueRow

from .desk_words import said
from .formats import duration
from .jobs import Jobs
from .text import one_line
from .words import tr, trn

BLOCK = 256
KEPT_BLOCKS = 64
#: Items a millisecond: a list of a million is compared with the desk every five seconds at most.
LOOK_SHARE = 200
ROW = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


def fresh_numbers(now: array[int], before: array[int]) -> tuple[int, ...]:
    """Numbers in the new list that the shown one does not have; meant for a worker at full length."""
    new = np.setdiff1d(np.frombuffer(now, np.int64), np.frombuffer(before, np.int64)) if now else np.empty(0, np.int64)
    return tuple(int(number) for number in new)


class QueueModel(QAbstractTableModel):
    """One column of queue rows. Signals: `loaded(first)` when the list itself has come; `new_waiting(count)`."""

    loaded = Signal(bool)
    new_waiting = Signal(int)

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self.jobs = jobs
        self.desk: DeskApi | None = None
        self.wanted = QueueFilter()
        self.numbers: array[int] = array("q")
        self.deciding: set[int] = set()
        self.selected: set[int] = set()
        self.now = 0
        self._waiting: array[int] | None = None
        self._gone: set[int] = set()
        self._blocks: OrderedDict[int, list[QueueRow | None]] = OrderedDict()
        self._asked: set[int] = set()
        self._generation = 0
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.timeout.connect(self._look_now)

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many items the list has."""
        return 0 if parent.isValid() else len(self.numbers)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """One."""
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row for the delegate, or one sentence for a screen reader."""
        if role == ROW:
            return self.row_at(index.row())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            found = self.row_at(index.row())
            return sentence(found, self.now) if found else tr("Loading")
        return None

    # reading

    def row_at(self, position: int) -> QueueRow | None:
        """The row at a position, None while it is read."""
        block, inside = divmod(position, BLOCK)
        rows = self._blocks.get(block)
        if rows is None:
            self._ask(block)
            return None
        if block != next(reversed(self._blocks)):
            self._blocks.move_to_end(block)
        if inside >= len(rows):
            self._ask(block)
            return None
        return rows[inside]

    def number_at(self, position: int) -> int:
        """The item at a position, 0 outside."""
        return self.numbers[position] if 0 <= position < len(self.numbers) else 0

    def position_of(self, no: int, near: int = 0) -> int:
        """Where an item stands, -1 where it does not; looks around `near` first, for the list may be long."""
        for position in range(max(0, near - BLOCK), min(len(self.numbers), near + BLOCK)):
            if self.numbers[position] == no:
                return position
        try:
            return self.numbers.index(no)
        except ValueError:
            return -1

    def _ask(self, block: int) -> None:
        if self.desk is None or block in self._asked:
            return
        self._asked.add(block)
        desk, generation = self.desk, self._generation
        numbers = self.numbers[block * BLOCK : (block + 1) * BLOCK].tolist()
        self.jobs.read(
            tr("Reading the list"),
            lambda: desk.queue_rows(numbers),
            lambda rows: self._take(generation, block, rows),
        )

    def _take(self, generation: int, block: int, rows: Sequence[QueueRow]) -> None:
        if generation != self._generation:
            return
        self._asked.discard(block)
        known = {row.no: row for row in rows}
        wanted = self.numbers[block * BLOCK : (block + 1) * BLOCK]
        self._blocks[block] = [known.get(no) for no in wanted]
        while len(self._blocks) > KEPT_BLOCKS:
            self._blocks.popitem(last=False)
        self._tell(block * BLOCK, block * BLOCK + len(wanted) - 1)

    def _tell(self, first: int, last: int) -> None:
        if first <= last < len(self.numbers):
            self.dataChanged.emit(self.index(first, 0), self.index(last, 0))

    # changing

    def show(self, desk: DeskApi, wanted: QueueFilter) -> None:
        """Read another list."""
        self.desk, self.wanted = desk, wanted
        self._generation += 1
        generation = self._generation
        self.jobs.read(
            tr("Reading the list"), lambda: self._first(desk, wanted), lambda answer: self._start(generation, *answer)
        )

    @staticmethod
    def _first(desk: DeskApi, wanted: QueueFilter) -> tuple[array[int], list[QueueRow]]:
        """The whole order and its first block in one go, so that the list is never painted empty."""
        numbers = array("q", desk.search(wanted.text, 500)) if wanted.text else desk.queue_ids(wanted)
        return numbers, desk.queue_rows(numbers[:BLOCK].tolist())

    def _start(self, generation: int, numbers: array[int], rows: list[QueueRow]) -> None:
        if generation == self._generation:
            self.reset_to(numbers)
            self._take(self._generation, 0, rows)
            self.loaded.emit(True)

    def reset_to(self, numbers: array[int]) -> None:
        """Take a list as it is; what waited is in it."""
        self.beginResetModel()
        self._generation += 1
        self.numbers = numbers
        self._blocks.clear()
        self._asked.clear()
        self.deciding.clear()
        self.selected.clear()
        self._gone.clear()
        self._waiting = None
        self.endResetModel()
        self.new_waiting.emit(0)

    def forget(self) -> None:
        """Drop every row, for the lock."""
        self.desk = None
        self._look.stop()
        self.reset_to(array("q"))

    def look_for_new(self) -> None:
        """Read the list again aside, soon; what is new waits until the person asks for it.

        A long list takes long to compare: the longer it is, the more changes are gathered into one look.
        """
        if not self._look.isActive():
            self._look.start(len(self.numbers) // LOOK_SHARE)

    def _look_now(self) -> None:
        desk, wanted, shown, generation = self.desk, self.wanted, self.numbers, self._generation
        if desk is None or wanted.text:
            return

        def compare() -> tuple[array[int], tuple[int, ...]]:
            numbers = desk.queue_ids(wanted)
            return numbers, fresh_numbers(numbers, array("q", shown))

        self.jobs.read(tr("Looking for new items"), compare, lambda answer: self._found(generation, *answer))

    def _found(self, generation: int, numbers: array[int], fresh: tuple[int, ...]) -> None:
        if generation == self._generation:
            fresh = tuple(no for no in fresh if no not in self._gone)
            self._waiting = numbers if fresh else None
            if fresh and not self.numbers:
                # Nothing is under anybody's hand: what comes into an empty list is shown at once.
                self.take_new()
                self.loaded.emit(False)
            else:
                self.new_waiting.emit(len(fresh))

    def take_new(self) -> bool:
        """Show what waited; whether there was anything."""
        if self._waiting is None:
            return False
        gone, waiting = self._gone, self._waiting
        self.reset_to(array("q", (no for no in waiting if no not in gone)) if gone else waiting)
        return True

    def remove(self, no: int, near: int = 0) -> None:
        """Take a decided item off the list."""
        position = self.position_of(no, near)
        self.deciding.discard(no)
        self.selected.discard(no)
        self._gone.add(no)
        if position < 0:
            return
        self.beginRemoveRows(QModelIndex(), position, position)
        del self.numbers[position]
        self._close_gap(position)
        self.endRemoveRows()

    def put_back(self, no: int, position: int) -> None:
        """Show an item again that an undo has opened, at a place of the list."""
        self._gone.discard(no)
        if self.position_of(no, position) >= 0:
            self.refresh((no,))
            return
        position = min(position, len(self.numbers))
        self.beginInsertRows(QModelIndex(), position, position)
        self.numbers.insert(position, no)
        for block in [b for b in self._blocks if b >= position // BLOCK]:
            del self._blocks[block]
        self._generation += 1
        self._asked.clear()
        self.endInsertRows()

    def _close_gap(self, position: int) -> None:
        """Shift the kept rows after a removal; a block whose follower is not kept is read again when needed."""
        first, inside = divmod(position, BLOCK)
        for block in sorted(self._blocks):
            if block < first:
                continue
            rows = self._blocks[block]
            if block == first:
                del rows[inside : inside + 1]
            elif rows and block - 1 in self._blocks:
                self._blocks[block - 1].append(rows.pop(0))
            else:
                del rows[:1]
            if block * BLOCK >= len(self.numbers):
                del self._blocks[block]
        if self._asked:
            # What is on its way was cut by the old order; painting asks for it again.
            self._generation += 1
            self._asked.clear()

    def refresh(self, numbers: Sequence[int]) -> None:
        """Read these rows again where they are kept: somebody claimed or closed them."""
        desk = self.desk
        wanted = [no for no in numbers if self._kept(no)]
        if desk is not None and wanted:
            self.jobs.read(tr("Reading the list"), lambda: desk.queue_rows(wanted), self._replace)

    def _kept(self, no: int) -> bool:
        return any(row is not None and row.no == no for rows in self._blocks.values() for row in rows)

    def _replace(self, rows: Sequence[QueueRow]) -> None:
        for new in rows:
            for block, kept in self._blocks.items():
                for inside, old in enumerate(kept):
                    if old is not None and old.no == new.no:
                        kept[inside] = new
                        self._tell(block * BLOCK + inside, block * BLOCK + inside)

    def mark(self, no: int, *, deciding: bool) -> None:
        """Show that a decision on an item is on its way to the journal, or that it came back."""
        (self.deciding.add if deciding else self.deciding.discard)(no)

    def toggle(self, no: int, on: bool | None = None) -> None:
        """Select an item, or not."""
        chosen = no not in self.selected if on is None else on
        (self.selected.add if chosen else self.selected.discard)(no)


def sentence(row: QueueRow, now: int) -> str:
    """A row as one sentence for a screen reader."""
    parts = [
        one_line(row.title, 120),
        tr("severity {n} of 4", n=row.severity),
        tr(", ").join(one_line(name, 40) for name in row.categories),
        trn("{n} report", "{n} reports", row.flags) if row.flags else "",
        tr("decide within {time}", time=duration(row.due - now)) if row.due else "",
        tr("claimed by {name}", name=one_line(row.claimed_by, 40)) if row.claimed_by else "",
        one_line(said(row.greyed), 80),
    ]
    return tr(", ").join(part for part in parts if part)
