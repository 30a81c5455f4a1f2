"""The life of a rule pack at this desk: drafted, rehearsed, approved by others, active, retired; pulled at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import PersonId
from modstation.models.people import Person, PersonState, Role
from modstation.models.screen import Changed
from modstation.models.time import to_ms
from modstation.regulation import refuse_self_approval
from modstation.screening import Pack
from modstation.screening.lifecycle import PackLife, PackState
from modstation.screening.pack import Rule
from modstation.store.blobs import pack as seal_pack
from modstation.store.events import Draft
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader
from modstation.store.transaction import Transaction

from .packs_files import collect, keep, loaded, stored, usable
from .packs_fold import PackCard
from .records import event_texts
from .screens import active_of, cards
from .workplace import Workplace

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

#: How a pack is found by a part of its hash: shorter parts could be a version's number.
_SHORTEST_HASH = 8


@dataclass(frozen=True, slots=True)
class PackView:
    """One version of a pack for lists and pages. Moments are UTC ms, 0 for none; `hash` is SHA-256 in hex.

    `rules` and `terms` are how many it holds; `may_approve` who could say yes to it now.
    """

    hash: str
    pack: str
    version: str
    title: str
    author: str
    state: str
    shipped: bool
    emergency: bool
    valid_until: str
    drafted_at: int
    rehearsed_at: int
    approved_by: tuple[str, ...]
    needs: int
    active_at: int
    ended_at: int
    pulled_by: str
    rules: int
    terms: int
    may_approve: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule of a pack in words that a page can show. A pattern has its text in `any_of`."""

    id: str
    category: str
    severity: int
    action: str
    any_of: tuple[str, ...]
    near: tuple[str, ...]
    within: int
    unless: tuple[str, ...]
    allow: tuple[str, ...]
    boundary: str
    scopes: tuple[str, ...]
    exempt_roles: tuple[str, ...]
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    pattern: bool = False


def packs(work: Workplace) -> list[PackView]:
    """Every version of every pack: what is in work first, then what is active, then what is laid away."""
    with work.store.reading() as reader:
        known = cards(reader.db)
        people = work.people(reader.db)
        found = [_view(reader, card, people) for card in known.values()]
    order = {state: place for place, state in enumerate(PackState)}
    return sorted(found, key=lambda each: (order[PackState(each.state)], each.pack, -each.drafted_at))


def _view(reader: Reader, card: PackCard, people: tuple[Person, ...]) -> PackView:
    life = card.life
    try:
        pack: Pack | None = loaded(reader, life.hash)
    except NotFound:
        pack = None
    return PackView(
        hash=life.hash,
        pack=life.pack_id,
        version=life.version,
        title=pack.title or pack.id if pack else life.pack_id,
        author=life.author,
        state=str(life.state),
        shipped=card.shipped,
        emergency=life.emergency,
        valid_until=life.valid_until,
        drafted_at=card.drafted_at,
        rehearsed_at=card.rehearsed_at,
        approved_by=life.approved_by,
        needs=life.needs,
        active_at=card.active_at,
        ended_at=card.ended_at,
        pulled_by=life.pulled_by,
        rules=len(pack.all_rules) if pack else 0,
        terms=sum(len(rule.terms) for rule in pack.rules) if pack else 0,
        may_approve=_may_approve(life, people),
    )


def _may_approve(life: PackLife, people: tuple[Person, ...]) -> tuple[str, ...]:
    if life.state is not PackState.REHEARSED:
        return ()
    out = {life.author, *life.approved_by}
    able = [each for each in people if each.state is PersonState.ENROLLED and _keeps_rules(each)]
    return tuple(each.id for each in able if each.id not in out)


def _keeps_rules(person: Person) -> bool:
    return person.may_decide or Role.ADMINISTRATOR in person.roles


def keeper(work: Workplace, db: Connection) -> Person:
    """Who is acting, where the act concerns rules. Raises NotAllowed for roles that only read."""
    me = work.me(db)
    if not _keeps_rules(me):
        raise NotAllowed(
            f"{me.id} may not change rule packs.",
            "It takes a role that decides, or that of an administrator.",
            "Ask an administrator for the role.",
        )
    return me


def rules_of(work: Workplace, wanted: str) -> tuple[RuleView, ...]:
    """The rules of a version. Raises NotFound."""
    with work.store.reading() as reader:
        pack = loaded(reader, find(cards(reader.db), wanted).life.hash)
    return tuple(_rule(pack, rule) for rule in pack.rules) + tuple(
        RuleView(
            each.id, each.category, _severity(pack, each.category), str(each.action), (each.pattern,), (), 0, (), (),
            "", tuple(sorted(map(str, each.scopes))), tuple(sorted(each.exempt_roles)), each.examples.hit,
            each.examples.miss, pattern=True,
        )
        for each in pack.patterns
    )  # fmt: skip


def _rule(pack: Pack, rule: Rule) -> RuleView:
    near = rule.near
    return RuleView(
        rule.id, rule.category, _severity(pack, rule.category), str(rule.action), tuple(t.text for t in rule.terms),
        near.terms if near else (), near.within if near else 0, rule.unless, rule.allow, str(rule.boundary),
        tuple(sorted(map(str, rule.scopes))), tuple(sorted(rule.exempt_roles)), rule.examples.hit, rule.examples.miss,
    )  # fmt: skip


def _severity(pack: Pack, name: str) -> int:
    found = pack.category(name)
    return found.severity if found else 0


def find(known: Mapping[str, PackCard], wanted: str, *states: PackState) -> PackCard:
    """A version by hash, part of a hash, `id@version`, or id; of several the newest in one of these states.

    Raises NotFound.
    """
    wanted = wanted.strip()
    by_hash = len(wanted) >= _SHORTEST_HASH
    found = [
        card
        for name, card in known.items()
        if wanted in (name, card.label, card.life.pack_id) or (by_hash and name.startswith(wanted))
    ]
    fitting = [card for card in found if not states or card.life.state in states] or found
    if not fitting:
        raise NotFound(f"There is no rule pack '{wanted}' here.", "", "See 'modstation packs list'.")
    return max(fitting, key=lambda card: card.drafted_at)


# ---------------------------------------------------------------------------------- acts
def add(work: Workplace, path: Path) -> PackView:
    """Take a pack file in as a draft. Raises BadInput with file and line for each thing wrong; nothing then changes."""
    files = collect(path)
    pack, _ = usable(files)
    _refuse_odd(pack)
    until = to_ms(datetime.fromisoformat(pack.valid_until)) if pack.valid_until else 0
    body = {
        "pack": pack.id,
        "version": pack.version,
        "hash": pack.hash,
        "emergency": int(pack.emergency),
        "until": until,
    }
    with work.store.writing() as tx:
        keeper(work, tx.db)
        _refuse_known(cards(tx.db), pack)
        keep(tx, pack.hash, files)
        sealed = {"title": pack.title, "author": pack.author, "source": pack.source, "licence": pack.licence}
        tx.append(Draft("pack.drafted", "", body, {"sealed": seal_pack(sealed)}), work.pen)
    _told(work, f"{pack.id}@{pack.version} is a draft. Rehearse it next.")
    return _view_of(work, pack.hash)


def _refuse_odd(pack: Pack) -> None:
    for word in (pack.id, pack.version):
        if not _NAME.fullmatch(word):
            raise BadInput(
                f"'{word[:64]}' is no id or version of a pack.", "Letters, digits, dot, dash and underline, at most 64."
            )


def _refuse_known(known: Mapping[str, PackCard], pack: Pack) -> None:
    if pack.hash in known:
        raise BadInput(
            f"{pack.id}@{pack.version} is here already.",
            f"It is {known[pack.hash].life.state}.",
            "Nothing was changed.",
        )
    same = [card for card in known.values() if card.label == f"{pack.id}@{pack.version}"]
    if same:
        raise BadInput(
            f"{pack.id}@{pack.version} is here already with other content.",
            "A version that marked items must stay what it was.",
            "Give the file a new version.",
        )


def approve(work: Workplace, wanted: str, reason: str = "") -> PackView:
    """Say yes to a rehearsed pack of somebody else. The last yes needed puts it to use at the next pull.

    Raises NotAllowed for its author, and before a rehearsal.
    """
    with work.store.writing() as tx:
        me = keeper(work, tx.db)
        known = cards(tx.db)
        card = find(known, wanted, PackState.REHEARSED)
        life = card.life
        if not card.shipped:
            refuse_self_approval({PersonId(life.author)}, me.id)
        given = life.approve(me.id)
        body = {"hash": life.hash}
        tx.append(Draft("pack.approved", "", body, {"sealed": seal_pack({"reason": reason})}), work.pen)
        if given.state is PackState.APPROVED:
            _activate(work, tx, known, given)
    words = "is active from the next pull on" if given.state is PackState.APPROVED else "needs one more person"
    _told(work, f"{card.label} {words}.")
    return _view_of(work, life.hash)


def _activate(work: Workplace, tx: Transaction, known: Mapping[str, PackCard], life: PackLife) -> None:
    reader = Reader(tx.db, tx.keys, work.store.sealer)
    pack, _ = usable(stored(reader, life.hash))
    life.activate(pack.hash, work.clock.now())
    before = active_of(known, life.pack_id)
    if before is not None and not before.shipped:
        tx.append(Draft("pack.retired", "", {"hash": before.life.hash}), work.pen)
    tx.append(Draft("pack.activated", "", {"hash": life.hash}), work.pen)


def pull(work: Workplace, wanted: str, reason: str = "") -> PackView:
    """Take an active pack off at once; nobody is asked first. What it marked stays marked. Raises NotAllowed."""
    with work.store.writing() as tx:
        me = keeper(work, tx.db)
        life = find(cards(tx.db), wanted, PackState.ACTIVE).life
        life.pull(me.id)
        body = {"pack": life.pack_id, "version": life.version, "hash": life.hash}
        tx.append(Draft("pack.pulled", "", body, {"sealed": seal_pack({"reason": reason})}), work.pen)
    _told(work, f"{life.pack_id}@{life.version} is off. What it marked before stays marked.")
    return _view_of(work, life.hash)


def retire(work: Workplace, wanted: str) -> PackView:
    """Lay a pack of this desk away. It stays for replay. Raises NotAllowed for one that ships: pull that one."""
    with work.store.writing() as tx:
        keeper(work, tx.db)
        card = find(cards(tx.db), wanted)
        if card.shipped:
            raise NotAllowed(f"{card.label} comes with ModStation.", "", "Pull it, or put a version of your own on.")
        card.life.retire()
        tx.append(Draft("pack.retired", "", {"hash": card.life.hash}), work.pen)
    _told(work, f"{card.label} is laid away.")
    return _view_of(work, card.life.hash)


def pulled_because(work: Workplace, wanted: str) -> str:
    """Why a pack was pulled, in the words of who did it; "" where nothing was said."""
    with work.store.reading() as reader:
        card = find(cards(reader.db), wanted)
        rows = reader.db.execute(
            "SELECT id FROM event WHERE subject = '' AND kind = 'pack.pulled' AND json_extract(CAST(body AS TEXT),"
            " '$.hash') = ? ORDER BY id DESC LIMIT 1",
            (card.life.hash,),
        ).fetchall()
        texts = event_texts(reader, [row[0] for row in rows])
    return str(next(iter(texts.values()), {}).get("reason", ""))


def _told(work: Workplace, words: str) -> None:
    work.hub.tell(Changed(status=True, approvals=True, message=words))


def _view_of(work: Workplace, hash_: str) -> PackView:
    with work.store.reading() as reader:
        return _view(reader, cards(reader.db)[hash_], work.people(reader.db))
