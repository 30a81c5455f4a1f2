"""Why an item is here: every report, rule, figure and cluster behind it, replayed with the packs of that day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modstation.models.errors import NotFound
from modstation.models.ids import CaseId, ItemKey
from modstation.models.items import Revision
from modstation.models.screen import QueueFilter, QueueState, Sort
from modstation.screening import Pack
from modstation.store.fold import HOUSE_TARGET_MS
from modstation.store.folded import STATE_NAMES
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader

from .near import Cluster, cluster
from .packs_files import loaded, screener_of
from .packs_fold import PackCard
from .priority import ordered, score_of
from .queue import queue_ids
from .records import ItemRecord, Seen, flag_of, read_item, revision_of
from .screens import cards, last_loaded, scan_input, scan_revisions
from .workplace import Workplace


@dataclass(frozen=True, slots=True)
class WhyHit:
    """One span that a rule matched in the stored text: words of a match, not a verdict.

    `start` and `end` are code points of the text named by `scope`; `surface` is that stretch, "" where the text is
    erased. `tier` is the disguise word, `severity` that of the category, 0 where the pack is not kept any more.
    `approved_by` is empty for packs that ship; `active_at` is UTC ms, 0 for those.
    """

    start: int
    end: int
    surface: str
    tier: str
    rule: str
    category: str
    severity: int
    pack: str
    scope: str
    approved_by: tuple[str, ...]
    active_at: int


@dataclass(frozen=True, slots=True)
class WhyFlag:
    """One report. `reporter` is the account at the forum, `at` UTC ms (0 where the forum did not say)."""

    at: int
    reporter: str
    name: str
    reason: str
    state: str


@dataclass(frozen=True, slots=True)
class WhyPart:
    """One thing the place in the queue is made of: what, its figure in words, and where it comes from.

    `amount` is the figure itself (severity 0 to 4, minutes, counts, a score 0 to 1), `detail` what `source` names: rule
    and pack of the gravest hit, how many hits are disguised, how many members differ. With them a window words it anew.
    """

    what: str
    value: str
    source: str
    amount: float = 0.0
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """The packs of that day over the stored text once more.

    `same` is None where it cannot be told, because text or packs are erased; `words` says so. `gained` and `lost` are
    marks that only the replay, or only the record, has.
    """

    same: bool | None
    words: str
    gained: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in the life of an item, UTC ms, and what happened then."""

    at: int
    what: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why an item is where it is, as it stood at `at` (UTC ms). `place` of `waiting` is where it stands now, from 1.

    `found_nothing` are the texts that screening looked at without a hit. `packs` are the versions that screened then.
    """

    no: int
    item: ItemKey
    case: CaseId
    at: int
    moments: tuple[Moment, ...]
    flags: tuple[WhyFlag, ...]
    hits: tuple[WhyHit, ...]
    parts: tuple[WhyPart, ...]
    cluster: Cluster
    replay: Replay
    found_nothing: tuple[str, ...]
    packs: tuple[str, ...]
    place: int
    waiting: int


def why(work: Workplace, no: int, at: int = 0) -> Why:
    """Why an item is here, as it stood at a moment (UTC ms; 0 for now). Raises NotFound."""
    with work.store.reading() as reader:
        record = read_item(reader, no)
        known = cards(reader.db)
        seen = _standing(record, at)
        loaded_then = _loaded_then(reader.db, seen)
        revision = revision_of(record.key, seen)
        hits = _hits(reader, known, seen, revision, loaded_then)
        flags = _flags(record, at)
        together = cluster(work, no)
        place, waiting = _place(work, reader.db, record)
        return Why(
            no=no,
            item=record.key,
            case=record.case,
            at=at or work.now_ms(),
            moments=_moments(record),
            flags=flags,
            hits=hits,
            parts=_parts(reader.db, record, hits, flags, together),
            cluster=together,
            replay=_replay(reader, seen, revision, loaded_then),
            found_nothing=_found_nothing(revision, hits),
            packs=tuple(f"{pack}@{version}" for pack, version, _ in loaded_then),
            place=place,
            waiting=waiting,
        )


def _standing(record: ItemRecord, at: int) -> Seen | None:
    """The reading with a text that was the newest one at that moment; the first one where none was yet."""
    if not at:
        return record.current
    with_text = [seen for seen in record.revisions if seen.meta["text"]]
    until = [seen for seen in with_text if seen.meta["at"] <= at]
    return until[-1] if until else next(iter(with_text), record.current)


def _loaded_then(db: Connection, seen: Seen | None) -> list[list[str]]:
    if seen is None:
        return []
    event = db.execute("SELECT event FROM observation WHERE id = ?", (seen.obs,)).fetchone()[0]
    return last_loaded(db, event)


def _moments(record: ItemRecord) -> tuple[Moment, ...]:
    found = [Moment(seen.meta["at"], "read" if place else "first read") for place, seen in enumerate(record.revisions)]
    found += [Moment(seen.meta["created"], "posted") for seen in record.revisions[:1] if seen.meta["created"]]
    found += [Moment(seen.meta["made"], "report") for seen in record.flags if seen.meta["made"]]
    return tuple(sorted(found, key=lambda each: each.at))


def _flags(record: ItemRecord, at: int) -> tuple[WhyFlag, ...]:
    found = []
    for seen in record.flags:
        made = seen.meta["made"] or seen.meta["at"]
        if not at or made <= at:
            flag = flag_of(record.key, seen)
            found.append(
                WhyFlag(seen.meta["made"], flag.reporter.uid, flag.reporter.name, flag.reason, str(flag.state))
            )
    return tuple(sorted(found, key=lambda each: each.at))


# ---------------------------------------------------------------------------------- rules
def _hits(
    reader: Reader,
    known: Mapping[str, PackCard],
    seen: Seen | None,
    revision: Revision,
    loaded_then: Sequence[Sequence[str]],
) -> tuple[WhyHit, ...]:
    if seen is None or seen.text is None:
        return ()
    hashes = {f"{pack}@{version}": hash_ for pack, version, hash_ in loaded_then}
    texts = _texts(revision)
    return tuple(_hit(reader, known, mark, hashes, texts) for mark in seen.text.get("marks", ()))


def _hit(
    reader: Reader,
    known: Mapping[str, PackCard],
    mark: Sequence[object],
    hashes: Mapping[str, str],
    texts: Mapping[str, str],
) -> WhyHit:
    start, end, tier, rule, category, label, scope = mark
    hash_ = hashes.get(str(label), "")
    card, pack = known.get(hash_), _pack(reader, hash_)
    found = pack.category(str(category)) if pack else None
    return WhyHit(
        start=int(str(start)),
        end=int(str(end)),
        surface=texts.get(str(scope), "")[int(str(start)) : int(str(end))],
        tier=str(tier),
        rule=str(rule),
        category=str(category),
        severity=found.severity if found else 0,
        pack=str(label),
        scope=str(scope),
        approved_by=card.life.approved_by if card else (),
        active_at=card.active_at if card else 0,
    )


def _pack(reader: Reader, hash_: str) -> Pack | None:
    try:
        return loaded(reader, hash_) if hash_ else None
    except NotFound:
        return None


def _texts(revision: Revision) -> dict[str, str]:
    return {str(scope): text for scope, text in scan_input(revision).parts()}


def _found_nothing(revision: Revision, hits: Sequence[WhyHit]) -> tuple[str, ...]:
    hit = {each.scope for each in hits}
    return tuple(scope for scope in _texts(revision) if scope not in hit)


def _replay(reader: Reader, seen: Seen | None, revision: Revision, loaded_then: Sequence[Sequence[str]]) -> Replay:
    """The packs of that day, compiled from the bytes kept under their hash, over the stored text."""
    if seen is None or seen.text is None:
        return Replay(None, "The text was erased; the record alone says what matched.")
    if not loaded_then:
        return Replay(None, "No rule packs were in use here when this was read.")
    try:
        screener = screener_of(reader, [hash_ for _, _, hash_ in loaded_then])
    except NotFound as error:
        return Replay(None, str(error))
    again = {tuple(mark) for mark in scan_revisions(screener, [revision])[0].marks}
    record = {tuple(mark) for mark in seen.text.get("marks", ())}
    gained, lost = len(again - record), len(record - again)
    if not gained and not lost:
        return Replay(True, f"Replay gives the same spans as the record ({len(record)}).")
    return Replay(False, f"Replay differs from the record: {gained} spans more, {lost} fewer.", gained, lost)


# ---------------------------------------------------------------------------------- the place in the queue
def _parts(
    db: Connection, record: ItemRecord, hits: Sequence[WhyHit], flags: Sequence[WhyFlag], together: Cluster
) -> tuple[WhyPart, ...]:
    severity = record.row["severity"]
    gravest = max(hits, key=lambda each: each.severity, default=None)
    target = HOUSE_TARGET_MS.get(severity, HOUSE_TARGET_MS[0]) // 60_000
    rule = f"rule {gravest.rule}, {gravest.pack}" if gravest else "no rule hit"
    disguised = sum(hit.tier != "exact" for hit in hits)
    house = "house target for this severity, from the first report or hit"
    found = [
        WhyPart("severity", f"{severity} of 4", rule, severity, (gravest.rule, gravest.pack) if gravest else ()),
        WhyPart("deadline", f"{target} minutes", house, target),
        WhyPart("reports", str(len(flags)), "people at the forum", len(flags)),
        WhyPart("rule hits", str(len(hits)), f"{disguised} disguised", len(hits), (str(disguised),)),
    ]
    if together.id:
        count, differ = len(together.members), together.differing
        found.append(WhyPart("cluster", str(count), f"{differ} differ", count, (str(differ),)))
    score = score_of(db, record.no)
    if score is not None:
        found.append(WhyPart("learned order", f"{score:.2f}", "0 to 1, used only in the order 'learned'", score))
    return tuple(found)


def _place(work: Workplace, db: Connection, record: ItemRecord) -> tuple[int, int]:
    """Where the item stands among all that wait in the same state, by deadline; 0 where it waits nowhere."""
    state = STATE_NAMES[record.row["state"]]
    if state is not QueueState.OPEN:
        return 0, 0
    numbers = queue_ids(db, QueueFilter(sort=Sort.DEADLINE))
    return numbers.index(record.no) + 1, len(numbers)


def learned_place(work: Workplace, no: int) -> int:
    """Where an open item stands in the learned order, from 1; 0 where it does not wait."""
    with work.store.reading() as reader:
        numbers = ordered(reader.db, queue_ids(reader.db, QueueFilter(sort=Sort.LEARNED)), work.now_ms())
    return numbers.index(no) + 1 if no in numbers else 0
