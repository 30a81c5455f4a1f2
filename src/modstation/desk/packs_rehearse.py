"""Rehearsal at a desk: a draft over what is stored and was decided, a lot at a time, with progress and a way out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, overload

from modstation.models.errors import NotFound
from modstation.models.ids import ItemKey
from modstation.models.screen import Changed
from modstation.screening import ScanInput
from modstation.screening.lifecycle import PackState
from modstation.screening.rehearse import LOT, PastItem, Report, rehearse
from modstation.screening.tiers import Tier
from modstation.store.blobs import pack as seal_pack
from modstation.store.events import Draft
from modstation.store.sqlcipher import Connection
from modstation.store.store import Store

from .packs import find, keeper
from .packs_files import screener_of, stored, usable
from .records import Seen, event_texts, revision_of
from .screens import active_of, cards, scan_input
from .workplace import Workplace

Progress = Callable[[int, int], bool]

#: So many names of items are kept of each list of a report.
MOST_NAMES = 20_000

_NOTHING = ScanInput()


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of a rehearsal. `against` names the active version, "" where there is none; `at` is UTC ms.

    `decided` of the items had a decision, `harmless` of them "no violation". `warnings` are the risky terms.
    """

    hash: str
    label: str
    against: str
    report: Report
    decided: int
    harmless: int
    warnings: tuple[str, ...]
    by: str = ""
    at: int = 0


class StoredItems(Sequence[PastItem]):
    """Every stored item with a text, read from the store a lot at a time, so that a large desk fits into memory.

    A slice longer than a lot is what the report asks for: it needs names and verdicts and carries no texts.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.reading() as reader:
            self.verdicts = _verdicts(reader.db)
            rows = reader.db.execute("SELECT no FROM item WHERE obs > 0 ORDER BY no").fetchall()
        self._numbers = [row[0] for row in rows]

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> PastItem: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[PastItem]: ...

    def __getitem__(self, at: int | slice) -> PastItem | Sequence[PastItem]:
        if isinstance(at, int):
            return self._read([self._numbers[at]])[0]
        numbers = self._numbers[at]
        return self._read(numbers) if len(numbers) <= LOT else [self._past(no, _NOTHING) for no in numbers]

    def __iter__(self) -> Iterator[PastItem]:
        for start in range(0, len(self._numbers), LOT):
            yield from self._read(self._numbers[start : start + LOT])

    def _past(self, no: int, texts: ScanInput) -> PastItem:
        return PastItem(str(no), texts, self.verdicts.get(no))

    def _read(self, numbers: Sequence[int]) -> list[PastItem]:
        with self._store.reading() as reader:
            rows = reader.db.execute(
                "SELECT i.no, k.key, o.id, o.meta, o.blob FROM item i JOIN item_key k ON k.no = i.no"
                " JOIN observation o ON o.id = i.obs WHERE i.no IN (SELECT value FROM json_each(?))",
                (json.dumps(list(numbers)),),
            ).fetchall()
            texts = reader.texts([row[4] for row in rows if row[4]])
        found = {
            no: scan_input(revision_of(ItemKey.parse(key), Seen(obs, "", meta, texts.get(blob))))  # type: ignore[arg-type]
            for no, key, obs, raw, blob in rows
            for meta in (json.loads(raw),)
            if meta["k"] == "rev"
        }
        return [self._past(no, found.get(no, _NOTHING)) for no in numbers]


def _verdicts(db: Connection) -> dict[int, bool]:
    """What people found of each item, by the newest decision that was made: whether it was a violation."""
    rows = db.execute("SELECT item, policy FROM decision WHERE state = 'made' ORDER BY event")
    return {item: policy != "none" for item, policy in rows}


def rehearse_pack(work: Workplace, wanted: str, progress: Progress = lambda done, total: True) -> Rehearsed:
    """Replay a draft over everything stored. Runs for a while: call it from a thread of its own.

    `progress` hears how many items of how many are done, and stops the work by answering False: then the report says
    so and nothing is written down. Raises NotFound, BadInput, NotAllowed.
    """
    with work.store.reading() as reader:
        me = keeper(work, reader.db)
        known = cards(reader.db)
        card = find(known, wanted, PackState.DRAFT, PackState.REHEARSED)
        card.life.rehearsed("")
        _, warnings = usable(stored(reader, card.life.hash))
        before = active_of(known, card.life.pack_id)
        draft = screener_of(reader, [card.life.hash])
        active = screener_of(reader, [before.life.hash]) if before else None
    items = StoredItems(work.store)
    report = rehearse(draft, items, active, progress)
    against = before.label if before else ""
    verdicts = list(items.verdicts.values())
    made = Rehearsed(
        card.life.hash,
        card.label,
        against,
        report,
        len(verdicts),
        verdicts.count(False),
        warnings,
        me.id,
        work.now_ms(),
    )
    if not report.cancelled:
        _write(work, made)
        words = f"{report.hit_items} of {report.items} items would be marked"
        work.hub.tell(Changed(status=True, approvals=True, message=f"{card.label}: {words}."))
    return made


def _write(work: Workplace, made: Rehearsed) -> None:
    report = made.report
    body = {
        "hash": made.hash,
        "items": report.items,
        "hits": report.hit_items,
        "alarms": len(report.false_alarms),
    }
    with work.store.writing() as tx:
        keeper(work, tx.db)
        find(cards(tx.db), made.hash).life.rehearsed("")
        tx.append(Draft("pack.rehearsed", "", body, {"sealed": seal_pack(_values(made))}), work.pen)


def _values(made: Rehearsed) -> dict[str, Any]:
    values = asdict(made)
    for name in ("false_alarms", "gained", "lost", "silent_rules"):
        values["report"][name] = values["report"][name][:MOST_NAMES]
    return values


def last_rehearsal(work: Workplace, wanted: str) -> Rehearsed:
    """The newest finished rehearsal of a version. Raises NotFound where there was none."""
    with work.store.reading() as reader:
        card = find(cards(reader.db), wanted)
        value = event_texts(reader, [card.rehearsed]).get(card.rehearsed) if card.rehearsed else None
    if value is None:
        raise NotFound(f"{card.label} was not rehearsed yet.", "", "Rehearse it: 'modstation packs rehearse'.")
    stored_report = value["report"]
    report = Report(
        **{
            **{name: _tuples(each) for name, each in stored_report.items()},
            "by_tier": tuple((Tier(tier), count) for tier, count in stored_report["by_tier"]),
        }
    )
    return Rehearsed(
        value["hash"], value["label"], value["against"], report, value["decided"], value["harmless"],
        tuple(value["warnings"]), value["by"], value["at"],
    )  # fmt: skip


def _tuples(value: Any) -> Any:
    return (
        tuple(tuple(each) if isinstance(each, list) else each for each in value) if isinstance(value, list) else value
    )
