"""From matches of terms to hits of rules: what must stand near, what must not, and which longer phrase wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import re2

from modstation.models.errors import BadInput
from modstation.screening.digits import View, digits, folded
from modstation.screening.engine import Engine, Match, Term
from modstation.screening.pack import Pack, Pattern, Rule, Scope, Surface
from modstation.screening.tiers import Boundary, Tier

PATTERN_MEMORY: Final = 8 << 20
"""Bytes that re2 may use for one pattern."""
_HONEST: Final = frozenset({Tier.EXACT, Tier.FOLDED})


class Hit(NamedTuple):
    """A rule hit: words of a match, not a verdict. `start` and `end` are code points of the original text of `scope`.

    `surface` is that stretch of the original, `term` the term as its list spells it (empty for a pattern).
    """

    pack_id: str
    pack_version: str
    rule_id: str
    category: str
    tier: Tier
    start: int
    end: int
    scope: Scope
    surface: str
    term: str = ""


class Suppressed(NamedTuple):
    """A match that a rule let go, for the rule tester: `why` is allow, not or near, `phrase` what decided it."""

    rule_id: str
    start: int
    end: int
    why: str
    phrase: str


class _Use(NamedTuple):
    """What a term of the engine is for."""

    pack: int
    rule: int
    role: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who wrote an item and in what language, as far as rules ask for it. Empty means unknown."""

    language: str = ""
    role: str = ""

    def concerns(self, rule: Rule | Pattern) -> bool:
        """Whether a rule applies to this writer and language."""
        spoken = not rule.languages or not self.language or self.language in rule.languages
        return spoken and self.role not in rule.exempt_roles


def compile_pattern(pattern: str) -> re2._Regexp[str]:
    """A google-re2 pattern; where it has a group, a hit is what the first group matched. Raises BadInput."""
    options = re2.Options()
    options.max_mem, options.log_errors = PATTERN_MEMORY, False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0]
        said = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise BadInput("A pattern is not valid.", said, "re2 has no look-around and no back-references.") from error


class RuleSet:
    """The rules and patterns of some packs over one engine."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self.packs = tuple(packs)
        self._uses: list[_Use] = []
        terms = list(self._terms())
        self.engine = Engine(terms)
        self._patterns = [(pack, found, compile_pattern(found.pattern)) for pack in packs for found in pack.patterns]

    def _terms(self) -> Iterator[Term]:
        for number, pack in enumerate(self.packs):
            for at, rule in enumerate(pack.rules):
                for listed in rule.terms:
                    self._uses.append(_Use(number, at, "any"))
                    yield Term(listed.text, listed.lang, rule.boundary, listed.tiers)
                for role, phrases in (("not", rule.unless), ("allow", rule.allow)):
                    for phrase in phrases:
                        self._uses.append(_Use(number, at, role))
                        yield Term(phrase, "", Boundary.INSIDE, _HONEST)
                for phrase in rule.near.terms if rule.near else ():
                    self._uses.append(_Use(number, at, "near"))
                    yield Term(phrase)

    def hits(
        self,
        texts: Sequence[str],
        scopes: Sequence[Scope],
        readers: Sequence[Reader],
        let_go: list[Suppressed] | None = None,
    ) -> list[list[Hit]]:
        """The hits of each text, ordered by span. What rules let go is added to `let_go` where it is given."""
        found = self.engine.scan(texts)
        out = []
        for text, matches, scope, reader in zip(texts, found, scopes, readers, strict=True):
            hits = list(self._judge(text, matches, scope, reader, let_go)) if matches else []
            if self._patterns:
                hits.extend(self._pattern_hits(text, scope, reader))
            hits.sort(key=lambda hit: (hit.start, hit.end, hit.rule_id))
            out.append(hits)
        return out

    def _judge(
        self, text: str, matches: list[Match], scope: Scope, reader: Reader, let_go: list[Suppressed] | None
    ) -> Iterator[Hit]:
        helpers = [match for match in matches if self._uses[match.term].role != "any"]
        for match in matches:
            use = self._uses[match.term]
            if use.role != "any":
                continue
            pack = self.packs[use.pack]
            rule = pack.rules[use.rule]
            if scope not in rule.scopes or not reader.concerns(rule):
                continue
            if helpers or rule.near:
                why = self._suppressed(rule, use, match, helpers)
                if why is not None:
                    if let_go is not None:
                        let_go.append(Suppressed(rule.id, match.start, match.end, *why))
                    continue
            yield Hit(
                pack.id, pack.version, rule.id, rule.category, match.tier, match.start, match.end, scope,
                text[match.start : match.end], self.engine.terms.texts[match.term],
            )  # fmt: skip

    def _suppressed(self, rule: Rule, use: _Use, match: Match, helpers: list[Match]) -> tuple[str, str] | None:
        """Why a match does not count: an allow phrase around it, a phrase that speaks against it, nothing near it."""
        nearby = rule.near is None
        for helper in helpers:
            other = self._uses[helper.term]
            if (other.pack, other.rule) != (use.pack, use.rule):
                continue
            phrase = self.engine.terms.texts[helper.term]
            if other.role == "not":
                return "not", phrase
            if other.role == "allow" and helper.start <= match.start and match.end <= helper.end:
                return "allow", phrase
            if other.role == "near" and rule.near is not None:
                gap = max(helper.start - match.end, match.start - helper.end)
                nearby = nearby or gap <= rule.near.within
        return None if nearby else ("near", ", ".join(rule.near.terms) if rule.near else "")

    def _pattern_hits(self, text: str, scope: Scope, reader: Reader) -> Iterator[Hit]:
        views: dict[Surface, View | None] = {}
        safe = text if text.isascii() or _encodable(text) else "".join(_whole(char) for char in text)
        for pack, pattern, compiled in self._patterns:
            if scope not in pattern.scopes or not reader.concerns(pattern):
                continue
            if pattern.on not in views:
                views[pattern.on] = _view(safe, pattern.on)
            view = views[pattern.on]
            if view and not view.text:
                continue
            for found in compiled.finditer(view.text if view else safe):
                shown = found.span(1) if compiled.groups else found.span()
                if shown[0] >= shown[1]:
                    continue
                start, end = view.span(*shown) if view else shown
                tier = Tier.FOLDED if view and view.text[slice(*shown)] != text[start:end] else Tier.EXACT
                yield Hit(pack.id, pack.version, pattern.id, pattern.category, tier, start, end, scope, text[start:end])


def _view(text: str, on: Surface) -> View | None:
    if on is Surface.DIGITS:
        return digits(text)
    return folded(text) if on is Surface.FOLDED else None


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(char: str) -> str:
    return "\ufffd" if "\ud800" <= char <= "\udfff" else char
