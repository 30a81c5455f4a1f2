"""Observations read back as the values of the models: revisions, flags, past decisions, strikes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modstation.models.errors import NotFound
from modstation.models.ids import CaseId, DecisionId, ItemKey, PersonId, PolicyId
from modstation.models.items import Account, Attachment, Flag, FlagState, Revision, Visibility
from modstation.models.measures import Choice, Measure
from modstation.models.screen import PastDecision
from modstation.models.time import from_ms
from modstation.store.canonical import leaf
from modstation.store.folded import STATE_NAMES
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader


@dataclass(frozen=True, slots=True)
class Seen:
    """One stored reading with the hash that names it."""

    obs: int
    hash: str
    meta: dict[str, Any]
    text: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """All that is stored of one item, read in one go. `revisions` are oldest first; the last one is the newest."""

    no: int
    key: ItemKey
    case: CaseId
    row: dict[str, Any]
    extra: dict[str, Any]
    revisions: tuple[Seen, ...]
    flags: tuple[Seen, ...]

    @property
    def current(self) -> Seen | None:
        """The newest reading that has a text: what is judged."""
        with_text = [seen for seen in self.revisions if seen.meta["text"]]
        return with_text[-1] if with_text else self.latest

    @property
    def latest(self) -> Seen | None:
        """The newest reading, whether or not it still has a text."""
        return self.revisions[-1] if self.revisions else None


_ITEM_COLUMNS = (
    "no, forum, type, author, section, state, severity, lang, due, found, flagged, first_seen, latest, obs, flags,"
    " visibility, claimed_by, claimed_until, parked_until, cats, sources, greyed, media, decided_by, extra"
)


def read_item(reader: Reader, no: int) -> ItemRecord:
    """Everything stored of an item. Raises NotFound."""
    db = reader.db
    known = db.execute('SELECT key, "case" FROM item_key WHERE no = ?', (no,)).fetchone()
    raw = db.execute(f"SELECT {_ITEM_COLUMNS} FROM item WHERE no = ?", (no,)).fetchone()
    if known is None or raw is None:
        raise NotFound(f"There is no item number {no} here.", "", "Pull first, or look at the queue.")
    row = dict(zip(_ITEM_COLUMNS.replace(" ", "").split(","), raw, strict=True))
    observed = db.execute(
        "SELECT id, meta, blob, commitment FROM observation WHERE item = ? ORDER BY id", (no,)
    ).fetchall()
    texts = reader.texts([blob for _, _, blob, _ in observed if blob])
    seen = [
        Seen(obs, leaf(bytes(meta) + bytes(commitment or b"")).hex(), json.loads(meta), texts.get(blob))  # type: ignore[arg-type]
        for obs, meta, blob, commitment in observed
    ]
    newest: dict[str, Seen] = {}
    for each in seen:
        if each.meta["k"] == "flag":
            newest[f"{each.meta['flag']}:{each.meta['reporter']}"] = each
    return ItemRecord(
        no,
        ItemKey.parse(known[0]),
        CaseId(known[1]),
        row,
        json.loads(row["extra"]),
        tuple(each for each in seen if each.meta["k"] == "rev"),
        tuple(newest.values()),
    )


def account_of(uid: str, stored: dict[str, Any]) -> Account:
    """An account as a reading had it."""
    return Account(
        uid,
        stored["name"],
        from_ms(stored["joined"]) if stored["joined"] else None,
        stored["posts"],
        stored["verified"],
        tuple(stored["roles"]),
        tuple(stored["penalties"]),
        stored["gone"],
    )


_NOBODY: dict[str, Any] = {
    "name": "",
    "joined": 0,
    "posts": None,
    "verified": "",
    "roles": [],
    "penalties": [],
    "gone": True,
}


def revision_of(key: ItemKey, seen: Seen | None) -> Revision:
    """A stored reading as a revision. A text that was erased, or never came, is empty."""
    if seen is None:
        return Revision(key, from_ms(0), Account("", "", gone=True), "", "", Visibility.UNKNOWN)
    meta = seen.meta
    text = seen.text or {"title": "", "body": "", "author": _NOBODY, "section_name": "", "url": "", "attachments": []}
    return Revision(
        item=key,
        fetched=from_ms(meta["at"]),
        author=account_of(meta["author"], text["author"]),
        title=text["title"],
        body=text["body"],
        visibility=Visibility(meta["vis"]),
        section=meta["section"],
        section_name=text["section_name"],
        thread=meta["thread"],
        position=meta["pos"],
        url=text["url"],
        created=from_ms(meta["created"]) if meta["created"] else None,
        edited=from_ms(meta["edited"]) if meta["edited"] else None,
        attachments=tuple(Attachment(*each) for each in text["attachments"]),
        locked=bool(meta["locked"]),
    )


def flag_of(key: ItemKey, seen: Seen) -> Flag:
    """A stored report as a flag."""
    meta = seen.meta
    text = seen.text or {"reason": "", "reporter": _NOBODY, "assignee_name": ""}
    return Flag(
        item=key,
        fetched=from_ms(meta["at"]),
        flag_id=meta["flag"],
        state=FlagState(meta["state"]),
        reporter=account_of(meta["reporter"], text["reporter"]),
        reason=text["reason"],
        at=from_ms(meta["made"]) if meta["made"] else None,
        assignee=meta["assignee"],
        assignee_name=text["assignee_name"],
        closed_by=meta["closed_by"],
        heat=meta["heat"],
    )


def choices_of(raw: Iterable[Iterable[Any]]) -> tuple[Choice, ...]:
    """Measures as a journal body holds them: pairs of measure and days (0 for none)."""
    return tuple(Choice(Measure(measure), days or None) for measure, days in raw)


_DECISION = (
    'SELECT d.id, d."case", k.key, d.policy, d.by, d.at, d.state, d.event, d.body FROM decision d'
    " JOIN item_key k ON k.no = d.item"
)


def standing_choices(body: Mapping[str, Any]) -> tuple[Choice, ...]:
    """The measures of a decision without those a second person refused."""
    choices = choices_of(body["choices"])
    refused = {order["measure"] for order in body["orders"] if order["needs"]} if body["refused_by"] else set()
    return tuple(choice for choice in choices if choice.measure not in refused) or choices


def past_decisions(
    reader: Reader, where: str, values: tuple[object, ...], limit: int, names: dict[str, str]
) -> list[PastDecision]:
    """Decisions for history lists, newest first. `names` gives policies their names on screen."""
    rows = reader.db.execute(f"{_DECISION} WHERE {where} ORDER BY d.event DESC LIMIT ?", (*values, limit)).fetchall()
    texts = event_texts(reader, [row[7] for row in rows])
    found = []
    for row in rows:
        body = json.loads(row[8])
        choices = standing_choices(body)
        found.append(
            PastDecision(
                DecisionId(row[0]),
                CaseId(row[1]),
                ItemKey.parse(row[2]),
                PolicyId(row[3]),
                names.get(row[3], row[3]),
                choices,
                PersonId(row[4]),
                row[5],
                row[6],
                texts.get(row[7], {}).get("reason", ""),
                reversible=not any(choice.measure is Measure.PURGE for choice in choices),
            )
        )
    return found


def event_texts(reader: Reader, events: list[int]) -> dict[int, dict[str, Any]]:
    """The sealed texts beside journal rows, by row."""
    rows = reader.db.execute(
        "SELECT event, blob FROM event_blob WHERE name = 'sealed' AND event IN (SELECT value FROM json_each(?))",
        (json.dumps(events),),
    ).fetchall()
    texts = reader.texts([blob for _, blob in rows])
    return {event: texts[blob] for event, blob in rows if blob in texts}  # type: ignore[misc]


def state_of(db: Connection, no: int) -> str:
    """The queue state of an item in words."""
    return str(STATE_NAMES[db.execute("SELECT state FROM item WHERE no = ?", (no,)).fetchone()[0]])


def forum_profiles(db: Connection, forum: str) -> tuple[str, ...]:
    """Names of the profiles a forum is under. Raises NotFound."""
    row = db.execute("SELECT body FROM forum WHERE name = ?", (forum,)).fetchone()
    if row is None:
        raise NotFound(f"There is no forum '{forum}' at this desk.", "", "See 'modstation forum list'.")
    return tuple(json.loads(row[0])["profiles"])
