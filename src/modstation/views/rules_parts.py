"""Parts of the Rules screen: the life of a pack, what a rehearsal found, one rule in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QWidget

from modstation.desk.packs import PackView, RuleView
from modstation.desk.packs_rehearse import Rehearsed

from .formats import TIERS, day_and_clock
from .layouts import column, framed, holder, row
from .parts import Glyph, Plain
from .text import one_line
from .theme import Look
from .words import tr, trn, word

#: Icon, tone and word of each state of a pack.
STATES: dict[str, tuple[str, str, str]] = {
    "draft": ("pencil-simple", "t2", word("Draft")),
    "rehearsed": ("hourglass", "held", word("Rehearsed")),
    "approved": ("check", "ack", word("Approved")),
    "active": ("check-circle", "ack", word("Active")),
    "pulled": ("prohibit", "ref", word("Pulled")),
    "retired": ("archive", "t2", word("Retired")),
}

#: The parts of an item that rules read.
SCOPES: dict[str, str] = {
    "title": word("title"),
    "body": word("body"),
    "nickname": word("nickname"),
    "signature": word("signature"),
    "section_name": word("section name"),
    "section_description": word("section description"),
    "image_text": word("text in pictures"),
    "qr_code": word("QR code"),
}
#: What a hit asks of the desk.
ACTIONS: dict[str, str] = {
    "queue": word("queue"),
    "raise": word("raise"),
    "escalate": word("pass on"),
    "notify": word("notify"),
    "hide": word("hide for a time"),
}

#: So many terms of a rule are shown before "n more".
TERMS_SHOWN = 12


def scope_name(scope: str) -> str:
    """A part of an item in words."""
    return tr(SCOPES.get(scope, scope))


def life_card(look: Look, entry: PackView) -> QFrame:
    """The steps of a pack's life: what happened when, and what is still to come."""
    given = tr(", ").join(entry.approved_by)
    steps: tuple[tuple[bool, str, str], ...] = (
        (bool(entry.drafted_at), tr("Draft"), f"{entry.author} \u00b7 {day_and_clock(entry.drafted_at)}"),
        (bool(entry.rehearsed_at), tr("Rehearsal"), day_and_clock(entry.rehearsed_at)),
        (
            len(entry.approved_by) >= entry.needs,
            tr("Approval"),
            given or trn("{n} other person is needed", "{n} other people are needed", entry.needs),
        ),
        (bool(entry.active_at), tr("Active"), day_and_clock(entry.active_at)),
    )
    if entry.shipped:
        steps = ((entry.state == "active", tr("Active"), tr("comes with ModStation")),)
    lines = [_step(look, done, name, detail if done or name == tr("Approval") else "") for done, name, detail in steps]
    if entry.ended_at:
        ended = tr("Pulled by {name}", name=entry.pulled_by) if entry.pulled_by else tr("Laid away")
        lines.append(_step(look, True, ended, day_and_clock(entry.ended_at)))
    return framed("card", column(*lines, gap=6, margins=(14, 10, 14, 10)))


def _step(look: Look, done: bool, name: str, detail: str) -> QWidget:
    glyph = Glyph(look, "check-circle" if done else "circle-dashed", "ack" if done else "t3")
    title = Plain(name, "strong" if done else "body")
    title.setAccessibleName(f"{name}: {tr('done') if done else tr('not yet')}")
    return holder(row(glyph, title, None, Plain(one_line(detail, 80), "sub"), gap=10))


def rehearsal_cards(look: Look, made: Rehearsed) -> list[QWidget]:
    """Hits per 1,000, the difference from the active version, disguises, surfaces, false alarms, risky terms."""
    report = made.report
    against = tr("Rehearsal against {name}", name=made.against) if made.against else tr("Rehearsal")
    rate = tr(
        "{rate} hits per 1,000: {n} of {total} items",
        rate=f"{report.per_thousand:.1f}",
        n=report.hit_items,
        total=report.items,
    )
    changed = tr("{new} new, {gone} no longer", new=len(report.gained), gone=len(report.lost))
    cards: list[QWidget] = [
        Plain(against, "section"),
        _card([Plain(rate, "strong", wrap=True), Plain(changed, "body", wrap=True), *_tiers(report.by_tier)]),
        _card([Plain(tr("Most frequent surfaces"), "strong"), *_surfaces(report.surfaces)]),
        _card([Plain(tr("Would-be false alarms"), "strong"), Plain(_alarms(made), "body", wrap=True)]),
    ]
    risky = [*made.warnings, *(tr("rule {name} never fired", name=name) for name in report.silent_rules)]
    if risky:
        glyph = Glyph(look, "warning-circle", "held")
        lines = [Plain(one_line(each, 200), "body", wrap=True) for each in risky[:12]]
        cards.append(
            framed(
                "held", column(row(glyph, Plain(tr("Look at these"), "held"), None), *lines, margins=(14, 10, 14, 10))
            )
        )
    return cards


def _card(lines: Sequence[QWidget]) -> QFrame:
    return framed("card", column(*lines, gap=4, margins=(14, 10, 14, 10)))


def _pair(left: str, right: str) -> QWidget:
    return holder(row(Plain(left, "body"), None, Plain(right, "strong"), gap=10))


def _tiers(tiers: Sequence[tuple[object, int]]) -> list[QWidget]:
    return [_pair(tr(TIERS.get(str(tier), str(tier))), str(count)) for tier, count in tiers]


def _surfaces(surfaces: Sequence[tuple[str, int]]) -> list[QWidget]:
    if not surfaces:
        return [Plain(tr("none"), "sub")]
    return [_pair(one_line(surface, 40), str(count)) for surface, count in surfaces]


def _alarms(made: Rehearsed) -> str:
    count = len(made.report.false_alarms)
    if not made.harmless:
        return tr("No past decision said \u201cno violation\u201d yet.")
    return tr(
        "{n} of {total} past \u201cno violation\u201d would be marked, {percent} %",
        n=count,
        total=made.harmless,
        percent=f"{100 * count / made.harmless:.1f}",
    )


def rule_card(number: int, rule: RuleView) -> QFrame:
    """One rule: what it looks for, what must and must not stand beside it, where, and its examples."""
    head = f"{number}  {one_line(rule.id, 60)} \u00b7 {one_line(rule.category, 40)}"
    shown = tr(", ").join(one_line(term, 60) for term in rule.any_of[:TERMS_SHOWN])
    more = len(rule.any_of) - TERMS_SHOWN
    lines: list[tuple[str, str]] = [
        (tr("Pattern") if rule.pattern else tr("Any of"), shown + (tr(" and {n} more", n=more) if more > 0 else "")),
        (tr("Near, {n} letters", n=rule.within), _joined(rule.near)),
        (tr("Not with"), _joined(rule.unless)),
        (tr("Allow"), _joined(rule.allow)),
        (tr("Looks in"), _joined([scope_name(scope) for scope in rule.scopes])),
        (tr("Exempt"), _joined(rule.exempt_roles)),
        (
            tr("Then"),
            tr(
                "{action} at severity {n}. It never decides.",
                action=tr(ACTIONS.get(rule.action, rule.action)),
                n=rule.severity,
            ),
        ),
        (tr("Must hit"), _joined(rule.hits[:3])),
        (tr("Must miss"), _joined(rule.misses[:3])),
    ]
    parts: list[QWidget] = [Plain(head, "strong", wrap=True)]
    for name, words in lines:
        if words:
            parts += [Plain(name, "caption"), Plain(words, "body", wrap=True)]
    return framed("card", column(*parts, gap=3, margins=(14, 10, 14, 10)))


def _joined(words: Sequence[str]) -> str:
    return tr(", ").join(one_line(word, 80) for word in words)
