"""From a collected case to the files of a bundle: what of it is open depends on who will read it.

| | author | authority | court |
|---|---|---|---|
| people of the desk | by number | by number | by name |
| rows signed by people | hash and signature | hash and signature | whole |
| reports | no | without reporters | whole, with proofs |
| server answers | no | without reporters | all but private fields |
| notes of the desk | no | no | yes |
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .dossier import SALT, Audience, Collected, Dossier, Observed, Row
from .normal import Item, normal_item
from .plain import base64_of, canonical, safe
from .scrub import NOBODY, People, scrub_message, scrub_url
from .scrub import names_any as _names_any
from .warc import Exchange, warc

ITEM, JOURNAL, OPENINGS, EXCHANGES = "item.json", "journal.json", "openings.json", "exchanges.warc"

#: Kinds whose row and text hold nothing of people but the author: open for everybody.
_PLAIN_KINDS = frozenset(
    {
        "pull.page", "item.captured", "item.returned", "clock.jumped", "outbox.sending", "outbox.unknown",
        "outbox.waiting", "outbox.acknowledged", "outbox.refused", "outbox.conflict", "outbox.withdrawn",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shaped:
    """The files of a bundle before they are sealed, and in words what was left out of them."""

    files: dict[str, bytes]
    withheld: tuple[str, ...]
    names: dict[str, str]


def unpack(sealed: bytes | None) -> Any:
    """The value under a salted text; None where it was erased or is no JSON."""
    if sealed is None:
        return None
    try:
        return json.loads(sealed[SALT:].decode("utf-8", "surrogatepass"))
    except ValueError:
        return None


def shape(collected: Collected, audience: Audience, software: str) -> Shaped:
    """The files of a bundle for its readers. Media come last, by their hash."""
    view = _View(collected, audience)
    items = [normal_item(each, view.item(each)) for each in collected.dossiers]
    files = {
        ITEM: safe({"format": "modstation.item/1", "items": items}),
        JOURNAL: safe(view.journal()),
        OPENINGS: safe(view.openings()),
    }
    if audience is not Audience.AUTHOR:
        files[EXCHANGES] = warc(view.exchanges(), software)
    for media in sorted({m.sha256: m for d in collected.dossiers for m in d.media if m.data is not None}.items()):
        files[f"media/{media[0]}.bin"] = media[1].data or b""
    return Shaped(files, tuple(dict.fromkeys(view.withheld)), view.names)


class _View:
    """One reader's view of what was collected."""

    def __init__(self, collected: Collected, audience: Audience) -> None:
        self.collected = collected
        self.audience = audience
        self.whole = audience is Audience.COURT
        self.names = _staff(collected, self.whole)
        self.hidden = {each.case: _reporters(each) if not self.whole else NOBODY for each in collected.dossiers}
        self.authors = {each.case: authors_of(each) for each in collected.dossiers}
        self.withheld: list[str] = list(_STANDING[audience])

    def item(self, dossier: Dossier) -> Item:
        """What the normalised form may show of a case."""
        return Item(
            people=self.names,
            hidden=self.hidden[dossier.case],
            reports=self.audience is not Audience.AUTHOR,
            reporters=self.whole,
            notes=self.whole,
            accounts=None if self.whole else frozenset(authors_of(dossier)),
        )

    # ---- the journal -----------------------------------------------------------------------------
    def journal(self) -> dict[str, Any]:
        """Rows and observations with their proofs, in the order of their chains."""
        rows = [*self.collected.pages, *(row for row in self.collected.context if self._is_open(row))]
        rows += [row for dossier in self.collected.dossiers for row in dossier.rows]
        unique = {(row.desk, row.seq): row for row in rows}
        observed = [
            _observation(dossier.case, each)
            for dossier in self.collected.dossiers
            for each in dossier.observed
            if self._shows(each)
        ]
        ordered = [unique[name] for name in sorted(unique)]
        return {
            "format": "modstation.journal/1",
            "rows": [_open(row) if self._is_open(row) else _closed(row) for row in ordered],
            "observations": observed,
        }

    def _is_open(self, row: Row) -> bool:
        if row.kind == "reply.received" and not self.whole:
            return self._is_authors(row)
        return self.whole or row.kind in _PLAIN_KINDS

    def _is_authors(self, row: Row) -> bool:
        """Whether an answer came from the author: those who reported answer their notices too."""
        return str(json.loads(row.body)["author"]) in self.authors.get(row.subject, ())

    def _shows(self, each: Observed) -> bool:
        return self.whole or json.loads(each.meta)["k"] == "rev"

    # ---- sealed texts ----------------------------------------------------------------------------
    def openings(self) -> dict[str, Any]:
        """Salt and text under every commitment that is opened: SHA-256 of the bytes is the commitment itself."""
        found: dict[str, str] = {}
        for dossier in self.collected.dossiers:
            for each in dossier.observed:
                if each.sealed is not None and self._shows(each):
                    found[each.commitment.hex()] = base64_of(each.sealed)
            for row in dossier.rows:
                if row.sealed is not None and self._opens(row):
                    found[row.commitment] = base64_of(row.sealed)
        return {"format": "modstation.openings/1", "openings": found}

    def _opens(self, row: Row) -> bool:
        if row.kind == "item.captured":
            clean = self.whole and not any(each.struck for each in captured(row, NOBODY))
            if not clean:
                self.withheld.append(f"The sealed form of the capture in row {row.seq}: it holds more than may leave.")
            return clean
        return self.whole or (row.kind == "reply.received" and self._is_authors(row))

    # ---- server answers --------------------------------------------------------------------------
    def exchanges(self) -> list[Exchange]:
        """Answers in order, scrubbed; those that still name a reporter are left out and told."""
        kept: list[Exchange] = []
        for dossier in self.collected.dossiers:
            hide = self.hidden[dossier.case]
            for row in dossier.rows:
                for each in captured(row, hide) if row.kind == "item.captured" else ():
                    if hide.names and _names_any(each.request + each.response + each.url.encode(), hide.names):
                        self.withheld.append(f"An answer under row {row.seq}: it names people who reported.")
                    else:
                        kept.append(each)
        return kept


_STANDING = {
    Audience.AUTHOR: (
        "Who reported, and what they wrote.",
        "The servers' own answers: they show other people too.",
        "Notes of the desk.",
        "Rows signed by people of the desk are shown by hash and signature: they name people.",
    ),
    Audience.AUTHORITY: (
        "Who reported.",
        "Notes of the desk.",
        "Rows signed by people of the desk are shown by hash and signature: they name people.",
        "Addresses of machines, e-mail addresses and registered identities.",
    ),
    Audience.COURT: ("Addresses of machines, e-mail addresses and registered identities.",),
}


def captured(row: Row, hide: People) -> list[Exchange]:
    """The exchanges sealed under a capture, scrubbed."""
    values = unpack(row.sealed)
    found = []
    for each in (values or {}).get("exchanges", ()):
        _, url, _, at, request, response = each[:6]
        asked, answered = scrub_message(_bytes(request), hide), scrub_message(_bytes(response), hide)
        clean = scrub_url(url)
        struck = dict.fromkeys([*(["address"] if clean != url else []), *asked.what, *answered.what])
        words = ", ".join(name.encode("ascii", "replace").decode("ascii")[:60] for name in struck)
        found.append(Exchange(f"{row.desk}:{row.seq}", clean, at, asked.data, answered.data, _line(words)))
    return found


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _staff(collected: Collected, by_name: bool) -> dict[str, str]:
    """How people of the desk are called: themselves, or a number in the order of their first row."""
    rows = sorted((row.hlc, row.actor) for each in collected.dossiers for row in each.rows if row.actor != row.desk)
    order = dict.fromkeys([actor for _, actor in rows] + sorted(collected.people))
    return {name: name if by_name else f"staff {number}" for number, name in enumerate(order, 1)}


def authors_of(dossier: Dossier) -> set[str]:
    """Accounts that wrote what is judged."""
    return {meta["author"] for each in dossier.observed if (meta := json.loads(each.meta))["k"] == "rev"} - {""}


def _reporters(dossier: Dossier) -> People:
    uids: set[str] = set()
    names: set[str] = set()
    for each in dossier.observed:
        meta = json.loads(each.meta)
        if meta["k"] == "flag":
            text = unpack(each.sealed) or {}
            uids.add(meta["reporter"])
            names.add(text.get("reporter", {}).get("name", ""))
    authors = authors_of(dossier)
    if uids & authors:  # Somebody who reported their own post is its author first.
        names -= _author_names(dossier)
    return People(frozenset(uids - authors - {""}), frozenset(names - {""}))


def _author_names(dossier: Dossier) -> set[str]:
    texts = [unpack(each.sealed) for each in dossier.observed if json.loads(each.meta)["k"] == "rev"]
    return {text["author"]["name"] for text in texts if text}


def _hex(path: Iterable[bytes]) -> list[str]:
    return [each.hex() for each in path]


def _closed(row: Row) -> dict[str, Any]:
    """A row by its hash alone: who signed it is known by key, what it says is not."""
    return {
        "desk": row.desk,
        "seq": row.seq,
        "key_id": row.key_id,
        "hash": row.hash.hex(),
        "signature": row.signature.hex(),
        "path": _hex(row.path),
    }


def _open(row: Row) -> dict[str, Any]:
    """A whole row. Its numbers are texts: a browser's numbers are too short for a stamp."""
    return {
        **_closed(row),
        "hlc": str(row.hlc),
        "at": str(row.at),
        "kind": row.kind,
        "version": str(row.version),
        "actor": row.actor,
        "session": row.session,
        "subject": row.subject,
        "body": row.body.decode("utf-8"),
        "prev": row.prev.hex(),
    }


def _observation(case: str, each: Observed) -> dict[str, Any]:
    return {
        "case": case,
        "desk": each.desk,
        "seq": each.seq,
        "place": each.place,
        "count": each.count,
        "meta": each.meta.decode("utf-8"),
        "commitment": each.commitment.hex(),
        "path": _hex(each.path),
        "erased": each.sealed is None,
    }


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The bytes of a manifest as they are hashed and signed."""
    return canonical(manifest)
