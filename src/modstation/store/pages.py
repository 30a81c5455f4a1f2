"""Observations of a pulled page, prepared outside any transaction: encoded, sealed, hashed, tokenised."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from modstation.models.ids import BlobId, ItemKey
from modstation.models.items import Account, Flag, Observation, Revision
from modstation.models.time import to_ms

from .blobs import RANDOM, Sealed, Sealer, pack
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


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of a page, taken apart once: what a journal may hold, what must be sealed, and the print of both.

    Two equal answers share `fingerprint`: it covers everything but the moment of reading.
    """

    row: Observation
    part: str
    meta: dict[str, Any]
    texts: dict[str, Any]
    fingerprint: bytes


def answer(row: Observation) -> Answer:
    """Take a row of a page apart."""
    if isinstance(row, Revision):
        part, meta, texts = "rev", _revision_meta(row), _revision_texts(row)
    else:
        part, meta, texts = f"flag:{row.flag_id}:{row.reporter.uid}", _flag_meta(row), _flag_texts(row)
    print_ = hashlib.sha256(pack([meta, texts])).digest()
    meta["at"] = to_ms(row.fetched)
    return Answer(row, part, meta, texts, print_)


def prepare(each: Answer, checked: Checked, blob: int, sealer: Sealer, random: bytes | None = None) -> Prepared:
    """Add what screening said, encode, seal and hash one answer."""
    row, meta, texts = each.row, each.meta, each.texts
    words = None
    if isinstance(row, Revision):
        meta = {
            **meta,
            "sev": checked.severity,
            "cats": list(checked.categories),
            "lang": checked.language,
            "marks": len(checked.marks),
            "packs": list(checked.packs),
        }
        texts = {**texts, "marks": [list(mark) for mark in checked.marks]}
        if meta["text"]:
            words = index_words(row.title, row.body, row.author.name)
    sealed = sealer.seal(BlobId(blob), pack(texts), random=random)
    encoded = canonical(meta)
    return Prepared(
        row.item, each.part, each.fingerprint, meta, encoded, leaf(encoded + sealed.commitment), sealed, words
    )


def screened(answers: Sequence[Answer], check: Check) -> list[tuple[Answer, Checked]]:
    """Screen a page's answers in one batch; reports need no screening."""
    results = iter(check([each.row for each in answers if isinstance(each.row, Revision)]))
    nothing = Checked()
    return [(each, next(results) if each.part == "rev" else nothing) for each in answers]


def prepare_all(answers: Sequence[tuple[Answer, Checked]], sealer: Sealer, first_blob: int) -> list[Prepared]:
    """Prepare screened answers in their order."""
    random = os.urandom(RANDOM * len(answers))
    return [
        prepare(each, checked, first_blob + i, sealer, random[RANDOM * i : RANDOM * (i + 1)])
        for i, (each, checked) in enumerate(answers)
    ]


def leaves(rows: Iterable[Prepared]) -> list[bytes]:
    """The Merkle leaves of prepared rows."""
    return [row.leaf for row in rows]


def _ms(moment: Any) -> int:
    return to_ms(moment) if moment is not None else 0


def _revision_meta(row: Revision) -> dict[str, Any]:
    return {
        "k": "rev",
        "item": str(row.item),
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
        "item": str(row.item),
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
