"""Where each rule pack stands: the pure fold of the journal rows about packs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from modstation.models.errors import DamagedFile, NotAllowed
from modstation.models.time import from_ms, iso
from modstation.screening import Pack
from modstation.screening.lifecycle import PackLife, PackState
from modstation.store.canonical import parse
from modstation.store.events import KINDS
from modstation.store.sqlcipher import Connection

KINDS_OF_PACKS = ("pack.drafted", "pack.rehearsed", "pack.approved", "pack.activated", "pack.retired", "pack.pulled")

_ROWS = (
    "SELECT kind, kind_version, actor, at, id, body FROM event INDEXED BY event_desk_matters"
    " WHERE subject = '' AND kind <> 'pull.page'"
    " AND kind IN ({}) ORDER BY hlc, desk, desk_seq"
)


class PackRow(NamedTuple):
    """One journal row about packs. `at` is UTC ms, `id` the row's number at this file."""

    kind: str
    actor: str
    at: int
    id: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PackCard:
    """One version of a pack and what became of it. Moments are UTC ms, 0 where it did not happen.

    `shipped` ones come with the program: they are active until a version of the desk's own takes their place or
    somebody pulls them. `drafted` is the journal row whose sealed part holds the title, `rehearsed` the one with the
    report.
    """

    life: PackLife
    shipped: bool = False
    drafted_at: int = 0
    rehearsed_at: int = 0
    approved_at: int = 0
    active_at: int = 0
    ended_at: int = 0
    drafted: int = 0
    rehearsed: int = 0

    @property
    def label(self) -> str:
        """`id@version`, as marks and decisions name it."""
        return f"{self.life.pack_id}@{self.life.version}"

    def in_use(self, now: datetime) -> bool:
        """Whether it screens at that moment (aware)."""
        return self.life.state is PackState.ACTIVE and not self.life.ended(now)


def read_rows(db: Connection, kinds: Iterable[str] = KINDS_OF_PACKS) -> list[PackRow]:
    """Journal rows of these kinds in the order that every desk agrees on; kinds of later versions are left out."""
    wanted = tuple(kinds)
    rows = db.execute(_ROWS.format(",".join("?" * len(wanted))), wanted)
    return [PackRow(k, actor, at, no, parse(body)) for k, version, actor, at, no, body in rows if (k, version) in KINDS]


def fold_packs(rows: Iterable[PackRow], shipped: Iterable[Pack] = ()) -> dict[str, PackCard]:
    """Every version by its hash, in the order of appearance. Raises DamagedFile for an author's own approval."""
    cards = {each.hash: PackCard(PackLife(each.id, each.version, each.hash, ""), shipped=True) for each in shipped}
    cards = {name: replace(each, life=replace(each.life, state=PackState.ACTIVE)) for name, each in cards.items()}
    off: dict[str, PackRow] = {}
    for row in rows:
        _take(cards, off, row)
    mine = {card.life.pack_id for card in cards.values() if _in_charge(card)}
    for name, card in cards.items():
        if card.shipped and card.life.state is PackState.ACTIVE and card.life.pack_id in off.keys() | mine:
            cards[name] = _off(card, off.get(card.life.pack_id))
    return cards


def _off(card: PackCard, pulled: PackRow | None) -> PackCard:
    """A shipped version that is not in use any more: pulled by a person, or replaced by the desk's own."""
    if pulled is None:
        return replace(card, life=replace(card.life, state=PackState.RETIRED))
    return replace(card, life=replace(card.life, state=PackState.PULLED, pulled_by=pulled.actor), ended_at=pulled.at)


def _in_charge(card: PackCard) -> bool:
    """Whether a version of the desk's own has taken the place of the shipped one, and was not itself given up."""
    return not card.shipped and card.life.state in (PackState.ACTIVE, PackState.PULLED)


def _take(cards: dict[str, PackCard], off: dict[str, PackRow], row: PackRow) -> None:
    name = row.body["hash"]
    if row.kind == "pack.drafted":
        until = row.body["until"]
        life = PackLife(
            row.body["pack"], row.body["version"], name, row.actor, bool(row.body["emergency"]),
            iso(from_ms(until)) if until else "",
        )  # fmt: skip
        cards.setdefault(name, PackCard(life, drafted_at=row.at, drafted=row.id))
    elif row.kind == "pack.pulled" and (name not in cards or cards[name].shipped):
        off[row.body["pack"]] = row
    elif name in cards:
        try:
            cards[name] = _next(cards[name], row)
        except NotAllowed:
            # Two desks acted before they heard of each other: what came first counts.
            return


def _next(card: PackCard, row: PackRow) -> PackCard:
    life = card.life
    if row.kind == "pack.rehearsed":
        return replace(card, life=life.rehearsed(str(row.id)), rehearsed_at=row.at, rehearsed=row.id)
    if row.kind == "pack.approved":
        if row.actor == life.author:
            raise DamagedFile(
                f"The journal holds an approval of the rule pack {card.label} by its own author.",
                "No honest desk writes that.",
                "Nothing was taken over. Run 'modstation verify' and ask who had the key.",
            )
        return replace(card, life=life.approve(row.actor), approved_at=row.at)
    if row.kind == "pack.activated":
        return replace(card, life=life.activate(life.hash, from_ms(row.at)), active_at=row.at)
    if row.kind == "pack.pulled":
        return replace(card, life=life.pull(row.actor), ended_at=row.at)
    return replace(card, life=life.retire(), ended_at=row.at)
