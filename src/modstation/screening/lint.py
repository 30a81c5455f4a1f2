"""Checking a pack: what makes it unusable, what makes it risky, and whether its own examples hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from modstation.models.errors import BadInput
from modstation.screening.alphabet import squash
from modstation.screening.english import ACCIDENTS, english
from modstation.screening.pack import Action, Examples, ListedTerm, Pack, Pattern, Rule, Scope
from modstation.screening.packfile import Finding, Level, Reading, read_pack
from modstation.screening.rules import compile_pattern
from modstation.screening.screener import ScanInput, Screener

LONGEST_TERM: Final = 100
"""Characters; a longer term is a text, and texts are compared by near-duplicates."""
_FIELD: Final = {
    Scope.TITLE: "title", Scope.BODY: "body", Scope.NICKNAME: "nickname", Scope.SIGNATURE: "signature",
    Scope.SECTION_NAME: "section_name", Scope.SECTION_DESCRIPTION: "section_description",
    Scope.IMAGE_TEXT: "image_text", Scope.QR_CODE: "qr_code",
}  # fmt: skip


def check(path: Path) -> Reading:
    """Read a pack, check it and run its examples. The pack is None where an error was found."""
    reading = read_pack(path)
    if reading.pack is None:
        return reading
    findings = [*reading.findings, *lint(reading.pack, str(path))]
    if not any(x.level is Level.ERROR for x in findings):
        findings += failed_examples(reading.pack, str(path))
    broken = any(x.level is Level.ERROR for x in findings)
    return Reading(None if broken else reading.pack, tuple(findings))


def lint(pack: Pack, file: str) -> Iterator[Finding]:
    """What is wrong or risky in a pack that could be read."""
    yield from _end(pack, file)
    seen: dict[str, int] = {}
    for rule in pack.all_rules:
        if not rule.id:
            yield Finding(file, rule.line, Level.ERROR, "a rule without an id")
        elif rule.id in seen:
            yield Finding(file, rule.line, Level.ERROR, f"rule {rule.id} stands already in line {seen[rule.id]}")
        seen.setdefault(rule.id, rule.line)
        yield from _common(pack, rule, file)
        yield from _terms(rule, file) if isinstance(rule, Rule) else _pattern(rule, file)


def _end(pack: Pack, file: str) -> Iterator[Finding]:
    if pack.valid_until:
        try:
            aware = datetime.fromisoformat(pack.valid_until).tzinfo is not None
        except ValueError:
            aware = False
        if not aware:
            yield Finding(file, 1, Level.ERROR, "valid_until is no moment with a time zone")
    elif pack.emergency:
        yield Finding(file, 1, Level.ERROR, "an emergency pack needs valid_until")


def _common(pack: Pack, rule: Rule | Pattern, file: str) -> Iterator[Finding]:
    category = pack.category(rule.category)
    if category is None:
        known = ", ".join(x.name for x in pack.categories) or "none"
        yield Finding(file, rule.line, Level.ERROR, f"unknown category {rule.category!r}; the pack declares {known}")
    if rule.action is Action.HIDE:
        if not pack.emergency:
            yield Finding(file, rule.line, Level.ERROR, "hide is for emergency packs only")
        if category is not None and category.human_only:
            yield Finding(file, rule.line, Level.ERROR, f"{category.name} is for people only; a machine may not hide")
    for word, examples in (("hit", rule.examples.hit), ("miss", rule.examples.miss)):
        if not examples:
            yield Finding(file, rule.line, Level.ERROR, f"rule {rule.id} has no example that must {word}")


def _terms(rule: Rule, file: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for term in rule.terms:
        letters = squash(term.text)
        if len(letters) < 2:
            what = "nothing" if not letters else "one letter"
            yield Finding(file, term.line, Level.ERROR, f"{term.text!r} folds to {what}")
        elif len(term.text) > LONGEST_TERM:
            yield Finding(
                file, term.line, Level.ERROR, f"a term of {len(term.text)} characters; {LONGEST_TERM} at most"
            )
        elif term.text in seen:
            yield Finding(file, term.line, Level.WARNING, f"{term.text!r} stands twice in rule {rule.id}")
        else:
            yield from _risk(term, file)
        seen.add(term.text)


def _risk(term: ListedTerm, file: str) -> Iterator[Finding]:
    """Terms that ordinary words hold by accident: matched as whole words only, which the author should know."""
    word = term.text.lower()
    if not (word.isascii() and word.isalpha()):
        return
    if len(word) < 3:
        yield Finding(file, term.line, Level.WARNING, f"{term.text!r} is short: only the exact word counts")
    elif english().accidents(word) > ACCIDENTS:
        yield Finding(
            file,
            term.line,
            Level.WARNING,
            f"{term.text!r} is part of ordinary words: counts as a word or glued to words",
        )


def _pattern(rule: Pattern, file: str) -> Iterator[Finding]:
    if not rule.pattern:
        yield Finding(file, rule.line, Level.ERROR, f"rule {rule.id} has no pattern")
        return
    try:
        found = compile_pattern(rule.pattern)
    except BadInput as error:
        yield Finding(file, rule.line, Level.ERROR, f"pattern of {rule.id}: {error.why}")
        return
    if found.search("") is not None:
        yield Finding(file, rule.line, Level.ERROR, f"pattern of {rule.id} matches nothing at all")


def failed_examples(pack: Pack, file: str) -> list[Finding]:
    """The examples of a pack that do not hold, each as an error at its rule."""
    screener = Screener([pack])
    rules = [(rule, rule.examples) for rule in pack.all_rules]
    return [finding for rule, examples in rules for finding in _example(screener, rule, examples, file)]


def _example(screener: Screener, rule: Rule | Pattern, examples: Examples, file: str) -> Iterator[Finding]:
    scope = Scope.BODY if Scope.BODY in rule.scopes else min(rule.scopes)
    for wanted, texts in ((True, examples.hit), (False, examples.miss)):
        for text in texts:
            hits = screener.scan_item(ScanInput(**{_FIELD[scope]: text}))
            if any(hit.rule_id == rule.id for hit in hits) is not wanted:
                word = "is not hit" if wanted else "is hit"
                yield Finding(file, rule.line, Level.ERROR, f"example of {rule.id} {word}: {text!r}")
