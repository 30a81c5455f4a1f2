"""Observations of a pulled page, prepared outside any transaction: encoded, sealed, hashed, tokenised."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from modstation.models.ids import BlobId, ItemKey
from modstation.models.items import Account, Flag, Observation, Revision
from modstation.models.time import to_ms

from .blobs import Sealed, Sealer, pack
from .canonical import canonical, leaf
from .words import index_words


@dataclass(frozen=True, slots=True)
class Checked:
    """What screening said of one text: severity 0-4, categories, language, and the marks to underline."""

    severity: int = 0
    categories: tuple[str, ...] = ()
    language: str = ""
    marks: tuple[tuple[object, ...], ...] = ()
    packs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """One observation ready to be written. `words` is None where nothing of it is to be searched."""

    item: ItemKey
    part: str
    fingerprint: bytes
    meta: dict[str, Any]
    encoded: bytes
    leaf: bytes
    sealed: Sealed
    words: str | None = field(default=None, repr=False)


Check = Callable[[Sequence[Revision]], Sequence[Checked]]


def fingerprint(row: Observation) -> bytes:
    """What two equal answers share: everything but the moment of reading."""
    values = _revision_texts(row) if isinstance(row, Revision) else _flag_texts(row)
    meta = _revision_meta(row, Checked()) if isinstance(row, Revision) else _flag_meta(row)
    meta.pop("at")
    return hashlib.sha256(pack([meta, values])).digest()


def part_of(row: Observation) -> str:
    """Under which name an item's newest answer of this sort is remembered."""
    return "rev" if isinstance(row, Revision) else f"flag:{row.flag_id}:{row.reporter.uid}"


def prepare(row: Observation, checked: Checked, blob: int, sealer: Sealer, print_: bytes) -> Prepared:
    """Encode, seal and hash one observation."""
    if isinstance(row, Revision):
        meta, texts = _revision_meta(row, checked), _revision_texts(row)
        words = index_words(row.title, row.body, row.author.name) if meta["text"] else None
        texts["marks"] = [list(mark) for mark in checked.marks]
    else:
        meta, texts, words = _flag_meta(row), _flag_texts(row), None
    sealed = sealer.seal(BlobId(blob), pack(texts))
    encoded = canonical(meta)
    return Prepared(row.item, part_of(row), print_, meta, encoded, leaf(encoded + sealed.commitment), sealed, words)


def prepare_all(
    rows: Sequence[Observation], prints: Sequence[bytes], check: Check, sealer: Sealer, first_blob: int
) -> list[Prepared]:
    """Screen and prepare a page's rows in their order."""
    revisions = [row for row in rows if isinstance(row, Revision)]
    results = iter(check(revisions))
    nothing = Checked()
    return [
        prepare(row, next(results) if isinstance(row, Revision) else nothing, first_blob + i, sealer, prints[i])
        for i, row in enumerate(rows)
    ]


def leaves(rows: Iterable[Prepared]) -> list[bytes]:
    """The Merkle leaves of prepared rows."""
    return [row.leaf for row in rows]


def _ms(moment: Any) -> int:
    return to_ms(moment) if moment is not None else 0


def _revision_meta(row: Revision, checked: Checked) -> dict[str, Any]:
    return {
        "k": "rev",
        "at": to_ms(row.fetched),
        "author": row.author.uid,
        "section": row.section,
        "thread": row.thread,
        "pos": row.position,
        "created": _ms(row.created),
        "edited": _ms(row.edited),
        "vis": str(row.visibility),
        "locked": int(row.locked),
        "text": int(bool(row.body or row.title)),
        "media": len(row.attachments),
        "pen": list(row.author.penalties),
        "sev": checked.severity,
        "cats": list(checked.categories),
        "lang": checked.language,
        "marks": len(checked.marks),
        "packs": list(checked.packs),
    }


def _revision_texts(row: Revision) -> dict[str, Any]:
    return {
        "title": row.title,
        "body": row.body,
        "author": _account(row.author),
        "section_name": row.section_name,
        "url": row.url,
        "attachments": [[a.url, a.name, a.media_type] for a in row.attachments],
    }


def _flag_meta(row: Flag) -> dict[str, Any]:
    return {
        "k": "flag",
        "at": to_ms(row.fetched),
        "flag": row.flag_id,
        "state": str(row.state),
        "reporter": row.reporter.uid,
        "made": _ms(row.at),
        "assignee": row.assignee,
        "closed_by": row.closed_by,
        "heat": row.heat,
    }


def _flag_texts(row: Flag) -> dict[str, Any]:
    return {"reason": row.reason, "reporter": _account(row.reporter), "assignee_name": row.assignee_name}


def _account(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "joined": _ms(account.joined),
        "posts": account.posts,
        "verified": account.verified,
        "roles": list(account.roles),
        "penalties": list(account.penalties),
        "gone": account.gone,
    }
