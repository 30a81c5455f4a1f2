"""Screening at intake: the shipped rule packs, asked in batches; what they say is stored with the reading."""

from __future__ import annotations

import hashlib
import threading
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files

from modstation.models.items import Revision
from modstation.screening import Hit, ScanInput, Screener, categories_of, guess_language
from modstation.store.pages import Checked

#: More marks than this on one item tell a person nothing more.
MOST_MARKS = 200


class PackScreen:
    """Screens with compiled packs. They are built at the first use, in the thread that pulls, never in the window's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._screener: Screener | None = None
        self._names: Mapping[str, str] = {}

    def _ready(self) -> Screener:
        with self._lock:
            if self._screener is None:
                self._names = _names()
                self._screener = Screener.from_resources()
            return self._screener

    def check(self, rows: Sequence[Revision]) -> Sequence[Checked]:
        """One result for each row, in order."""
        if not rows:
            return ()
        screener = self._ready()
        languages = [guess_language(f"{row.title} {row.body}") for row in rows]
        found = screener.scan_items([_input(row, lang) for row, lang in zip(rows, languages, strict=True)])
        return [_checked(screener, hits, lang, self._names) for hits, lang in zip(found, languages, strict=True)]


def _input(row: Revision, language: str) -> ScanInput:
    return ScanInput(
        title=row.title,
        body=row.body,
        nickname=row.author.name,
        section_name=row.section_name,
        lang=language,
        role=next(iter(row.author.roles), ""),
    )


def _pack(hit: Hit) -> str:
    return f"{hit.pack_id}@{hit.pack_version}"


def _names() -> dict[str, str]:
    """What each shipped pack holds, as a short print of its files: a version alone would not show a changed term."""
    folder = files("modstation.resources") / "packs"
    found = {}
    names = sorted(each.name for each in folder.iterdir())
    for name in (name.removesuffix(".toml") for name in names if name.endswith(".toml")):
        ident = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))["pack"]["id"]
        parts = [each for each in names if each == f"{name}.toml" or each.startswith(f"{name}_")]
        found[ident] = hashlib.sha256(b"".join((folder / part).read_bytes() for part in parts)).hexdigest()[:16]
    return found


def _checked(screener: Screener, hits: tuple[Hit, ...], language: str, names: Mapping[str, str]) -> Checked:
    marks = tuple(
        (hit.start, hit.end, str(hit.tier), hit.rule_id, hit.category, _pack(hit), str(hit.scope))
        for hit in hits[:MOST_MARKS]
    )
    packs = tuple(dict.fromkeys(f"{_pack(hit)}#{names.get(hit.pack_id, '')}" for hit in hits))
    return Checked(screener.severity_of(hits), categories_of(hits), language, marks, packs)
