"""Screening at intake: the packs this desk has active, asked in batches; what they say is stored with the reading."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from modstation.models.items import Revision
from modstation.screening import Hit, ScanInput, Screener, categories_of, guess_language
from modstation.screening.lifecycle import PackState
from modstation.store.events import Draft
from modstation.store.pages import Check, Checked
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader

from .near import NearKeeper
from .packs_files import keep, kept, screener_of, shipped, stored
from .packs_fold import KINDS_OF_PACKS, PackCard, fold_packs, read_rows
from .priority import Learner
from .workplace import Workplace

#: More marks than this on one item tell a person nothing more.
MOST_MARKS = 200

_NEWEST = (
    "SELECT max(id) FROM event INDEXED BY event_desk_matters WHERE subject = '' AND kind <> 'pull.page' AND kind IN"
    f" ({','.join(repr(kind) for kind in KINDS_OF_PACKS)})"
)


class PackScreen:
    """Screens with compiled packs. They are built at the first use, in the thread that pulls, never in the window's.

    Before each page `refresh` looks whether the desk put other packs to use; without a desk it screens with those that
    ship. `near` and `learner` go on in the same thread after a page.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._screener: Screener | None = None
        self._hashes: tuple[str, ...] = ()
        self._asked: int | None = None
        self._ends: tuple[datetime, ...] = ()
        self.near = NearKeeper()
        self.learner = Learner()

    def refresh(self, work: Workplace) -> None:
        """Take up what was activated, pulled or has ended since the last page, and write down which packs screen."""
        with self._lock, work.store.reading() as reader:
            newest = reader.db.execute(_NEWEST).fetchone()[0] or 0
            now = work.clock.now()
            if self._asked == newest and not any(end <= now for end in self._ends):
                return
            active = in_use(reader.db, now)
            self._ends = _ends(active, now)
            hashes = tuple(card.life.hash for card in active)
            screener = screener_of(reader, hashes)
            if last_loaded(reader.db) != loaded_value(active):
                _write_loaded(work, reader, active)
            self._screener, self._hashes, self._asked = screener, hashes, newest

    def _ready(self) -> Screener:
        with self._lock:
            if self._screener is None:
                self._screener = Screener.from_resources()
            return self._screener

    def check(self, rows: Sequence[Revision]) -> Sequence[Checked]:
        """One result for each row, in order."""
        return scan_revisions(self._ready(), rows) if rows else ()


def _ends(active: Sequence[PackCard], now: datetime) -> tuple[datetime, ...]:
    moments = [datetime.fromisoformat(card.life.valid_until) for card in active if card.life.valid_until]
    return tuple(moment for moment in moments if moment > now)


def checker(work: Workplace) -> Check:
    """What screens a page now: the active packs of this desk, or what stands in for them in a test."""
    if isinstance(work.screen, PackScreen):
        work.screen.refresh(work)
    return work.screen.check


def after_page(work: Workplace, rows: Sequence[Revision], *, last: bool) -> None:
    """Find near-duplicates among what was just stored and score it. Small pages wait until they fill a batch."""
    if isinstance(work.screen, PackScreen):
        work.screen.near.after_page(work, rows, last=last)
        work.screen.learner.after_page(work, rows, last=last)


# ---------------------------------------------------------------------------------- which packs
def cards(db: Connection) -> dict[str, PackCard]:
    """Every version of every pack this desk knows, by hash; shipped ones first."""
    return fold_packs(read_rows(db), (pack for pack, _ in shipped().values()))


def in_use(db: Connection, now: datetime) -> list[PackCard]:
    """The versions that screen at this moment (aware), in the order of their ids."""
    return sorted((card for card in cards(db).values() if card.in_use(now)), key=lambda card: card.label)


def active_of(known: Mapping[str, PackCard], pack_id: str) -> PackCard | None:
    """The active version of a pack."""
    of_id = (card for card in known.values() if card.life.pack_id == pack_id)
    return next((card for card in of_id if card.life.state is PackState.ACTIVE), None)


def loaded_value(active: Sequence[PackCard]) -> list[list[str]]:
    """A set of packs as a journal row holds it."""
    return [[card.life.pack_id, card.life.version, card.life.hash] for card in active]


def last_loaded(db: Connection, before: int | None = None) -> list[list[str]]:
    """The set this desk screened with at journal row `before`, or now; empty where it never screened."""
    rows = read_rows(db, ("packs.loaded",))
    until = [row for row in rows if before is None or row.id <= before]
    return [list(each) for each in until[-1].body["packs"]] if until else []


def _write_loaded(work: Workplace, reader: Reader, active: Sequence[PackCard]) -> None:
    missing = {card.life.hash: stored(reader, card.life.hash) for card in active if not kept(reader.db, card.life.hash)}
    with work.store.writing(person=False) as tx:
        for hash_, files in missing.items():
            keep(tx, hash_, files)
        tx.append(Draft("packs.loaded", "", {"packs": loaded_value(active)}))


# ---------------------------------------------------------------------------------- what they say
def scan_revisions(screener: Screener, rows: Sequence[Revision]) -> list[Checked]:
    """What these packs say of readings: called by intake, rehearsal and replay alike, so that they cannot differ."""
    inputs = [scan_input(row) for row in rows]
    found = screener.scan_items(inputs)
    return [_checked(screener, hits, each.lang) for hits, each in zip(found, inputs, strict=True)]


def scan_input(row: Revision) -> ScanInput:
    """The texts of a reading as screening takes them."""
    return ScanInput(
        title=row.title,
        body=row.body,
        nickname=row.author.name,
        section_name=row.section_name,
        lang=guess_language(f"{row.title} {row.body}"),
        role=next(iter(row.author.roles), ""),
    )


def marks_of(hits: Sequence[Hit]) -> tuple[tuple[Any, ...], ...]:
    """Hits as an observation stores them."""
    return tuple(
        (hit.start, hit.end, str(hit.tier), hit.rule_id, hit.category, _label(hit), str(hit.scope))
        for hit in hits[:MOST_MARKS]
    )


def _label(hit: Hit) -> str:
    return f"{hit.pack_id}@{hit.pack_version}"


def _checked(screener: Screener, hits: tuple[Hit, ...], language: str) -> Checked:
    prints = {pack.id: pack.hash[:16] for pack in screener.packs}
    packs = tuple(dict.fromkeys(f"{_label(hit)}#{prints.get(hit.pack_id, '')}" for hit in hits))
    return Checked(screener.severity_of(hits), categories_of(hits), language, marks_of(hits), packs)
