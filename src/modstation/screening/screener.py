"""The face of screening: packs in, hits out. No Qt, no desk, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from modstation.screening.pack import Pack, Scope
from modstation.screening.packfile import load_pack
from modstation.screening.rules import Hit, Reader, RuleSet, Suppressed

DEFAULT_PACKS: Final = ("contact", "insults", "scam", "spam")
"""The packs that ship, by file name in resources/packs."""


@dataclass(frozen=True, slots=True)
class ScanInput:
    """The texts of one item. `lang` and `role` (of the author) may be empty; rules that ask for them then apply."""

    title: str = ""
    body: str = ""
    nickname: str = ""
    signature: str = ""
    section_name: str = ""
    section_description: str = ""
    lang: str = ""
    role: str = ""
    image_text: str = ""
    qr_code: str = ""

    def parts(self) -> list[tuple[Scope, str]]:
        """The texts that are there, each with its scope."""
        found = (
            (Scope.TITLE, self.title), (Scope.BODY, self.body), (Scope.NICKNAME, self.nickname),
            (Scope.SIGNATURE, self.signature), (Scope.SECTION_NAME, self.section_name),
            (Scope.SECTION_DESCRIPTION, self.section_description), (Scope.IMAGE_TEXT, self.image_text),
            (Scope.QR_CODE, self.qr_code),
        )  # fmt: skip
        return [(scope, text) for scope, text in found if text]


@dataclass(frozen=True, slots=True)
class Explained:
    """What the rule tester shows: the hits, and the matches that rules let go, with the phrase that decided it."""

    hits: tuple[Hit, ...]
    let_go: tuple[Suppressed, ...]


class Screener:
    """Compiled packs. Building takes time, scanning does not; safe to use from several threads."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self.packs = tuple(packs)
        self._rules = RuleSet(self.packs)
        self._severities = {
            (pack.id, category.name): category.severity for pack in self.packs for category in pack.categories
        }

    @classmethod
    def from_resources(cls) -> Screener:
        """A screener with the packs that ship."""
        return cls(shipped_packs())

    def scan(self, texts: Sequence[str]) -> list[tuple[Hit, ...]]:
        """The hits of each text, read as the body of a post in an unknown language."""
        count = len(texts)
        return [tuple(x) for x in self._rules.hits(texts, [Scope.BODY] * count, [Reader()] * count)]

    def scan_item(self, item: ScanInput) -> tuple[Hit, ...]:
        """The hits of all texts of one item."""
        return self.scan_items([item])[0]

    def scan_items(self, items: Sequence[ScanInput]) -> list[tuple[Hit, ...]]:
        """The hits of many items: what intake and rehearsal both call."""
        parts = [(at, scope, text) for at, item in enumerate(items) for scope, text in item.parts()]
        readers = [Reader(item.lang, item.role) for item in items]
        found = self._rules.hits(
            [text for _, _, text in parts], [scope for _, scope, _ in parts], [readers[at] for at, _, _ in parts]
        )
        out: list[list[Hit]] = [[] for _ in items]
        for (at, scope, _), hits in zip(parts, found, strict=True):
            out[at].extend(hits if scope is not Scope.IMAGE_TEXT else map(_in_image, hits))
        return [tuple(hits) for hits in out]

    def explain(self, item: ScanInput) -> Explained:
        """The hits of an item and what rules let go, for the rule tester."""
        let_go: list[Suppressed] = []
        parts = item.parts()
        reader = Reader(item.lang, item.role)
        found = self._rules.hits([t for _, t in parts], [s for s, _ in parts], [reader] * len(parts), let_go)
        return Explained(tuple(hit for hits in found for hit in hits), tuple(let_go))

    def severity_of(self, hits: Iterable[Hit]) -> int:
        """The gravest severity among hits, 1 to 4; 0 where there is none."""
        return max((self._severities.get((hit.pack_id, hit.category), 0) for hit in hits), default=0)

    @property
    def terms(self) -> int:
        """How many terms the engine holds."""
        return len(self._rules.engine.terms)


def _in_image(hit: Hit) -> Hit:
    from modstation.screening.tiers import Tier

    return hit._replace(tier=Tier.IN_IMAGE)


def categories_of(hits: Iterable[Hit]) -> tuple[str, ...]:
    """The categories of hits, each once, in order of appearance."""
    return tuple(dict.fromkeys(hit.category for hit in hits))


def shipped_packs() -> tuple[Pack, ...]:
    """The packs in resources/packs."""
    with as_file(files("modstation.resources") / "packs") as folder:
        return tuple(load_pack(Path(folder) / f"{name}.toml") for name in DEFAULT_PACKS)
