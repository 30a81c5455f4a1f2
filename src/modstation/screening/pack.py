"""Rule packs as data: what a pack, a rule and a pattern are. packfile.py reads them, lint.py checks them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from modstation.screening.tiers import ALL_TIERS, Boundary, Tier


class Scope(StrEnum):
    """The part of an item that a rule reads."""

    TITLE = "title"
    BODY = "body"
    NICKNAME = "nickname"
    SIGNATURE = "signature"
    SECTION_NAME = "section_name"
    SECTION_DESCRIPTION = "section_description"
    IMAGE_TEXT = "image_text"
    QR_CODE = "qr_code"


class Action(StrEnum):
    """What a hit asks of the desk. HIDE only in an emergency pack that two people approved."""

    QUEUE = "queue"
    RAISE = "raise"
    ESCALATE = "escalate"
    NOTIFY = "notify"
    HIDE = "hide"


class Surface(StrEnum):
    """What a pattern reads: the original text, the text as meant, or only its digits."""

    ORIGINAL = "original"
    FOLDED = "folded"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class Near:
    """A second term that must stand within so many characters, before or after."""

    terms: tuple[str, ...]
    within: int = 40


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts that a rule must hit, and texts that it must miss. They run when a pack is checked."""

    hit: tuple[str, ...] = ()
    miss: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedTerm:
    """One term of a rule, with the disguises it accepts and where it came from."""

    text: str
    lang: str = ""
    tiers: frozenset[Tier] = ALL_TIERS
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """Terms with what must and must not stand beside them. `line` is where the rule begins in its file."""

    id: str
    category: str
    terms: tuple[ListedTerm, ...]
    scopes: frozenset[Scope] = frozenset({Scope.TITLE, Scope.BODY})
    action: Action = Action.QUEUE
    boundary: Boundary = Boundary.AUTO
    near: Near | None = None
    unless: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    languages: frozenset[str] = frozenset()
    exempt_roles: frozenset[str] = frozenset()
    examples: Examples = field(default_factory=Examples)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A google-re2 pattern: linear in the length of the text, whatever the text."""

    id: str
    category: str
    pattern: str
    on: Surface = Surface.ORIGINAL
    scopes: frozenset[Scope] = frozenset({Scope.TITLE, Scope.BODY})
    action: Action = Action.QUEUE
    languages: frozenset[str] = frozenset()
    exempt_roles: frozenset[str] = frozenset()
    examples: Examples = field(default_factory=Examples)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Category:
    """A category of a pack. `severity` is 1 (mild) to 4 (grave); `human_only` forbids that a machine acts on it."""

    name: str
    severity: int
    human_only: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """A whole pack. `hash` is the SHA-256 of its files: what a decision names and a replay asks for.

    `valid_until` is an ISO moment with zone, empty where the pack has no end; an emergency pack must have one.
    """

    id: str
    version: str
    hash: str
    title: str
    source: str
    licence: str
    author: str
    categories: tuple[Category, ...]
    rules: tuple[Rule, ...]
    patterns: tuple[Pattern, ...]
    emergency: bool = False
    valid_until: str = ""

    @property
    def all_rules(self) -> tuple[Rule | Pattern, ...]:
        """Rules and patterns, in the order of the file."""
        return (*self.rules, *self.patterns)

    def category(self, name: str) -> Category | None:
        """The category of that name, if the pack declares it."""
        return next((x for x in self.categories if x.name == name), None)
