"""Parts of an item as lines to paint: reports, decisions, notes, why it is here."""

from __future__ import annotations

from collections.abc import Sequence

from modstation.models.items import Flag
from modstation.models.screen import ItemView, PastDecision
from modstation.models.time import to_ms

from .desk_words import said
from .formats import ago, day_and_clock, measure_words, tier_words
from .lines_view import Line
from .text import one_line, visible
from .words import tr


def flag_lines(flags: Sequence[Flag], now: int) -> list[Line]:
    """Each report with its reporter, reason and time. Reporters are shown to the desk only, never to authors."""
    return [
        Line(
            tr("\u201c{reason}\u201d", reason=one_line(flag.reason, 400)) if flag.reason else tr("no reason given"),
            one_line(flag.reporter.name or tr("unknown reporter"), 30),
            ago(now - to_ms(flag.at)) if flag.at else tr("time not known"),
            "flag",
        )
        for flag in flags
    ]


def decision_words(decision: PastDecision) -> str:
    """A decision in one line: policy, measures, state."""
    measures = tr(", ").join(measure_words(choice) for choice in decision.measures)
    return tr(
        "{policy}: {measures}, {state}",
        policy=one_line(decision.policy_name, 60),
        measures=measures,
        state=one_line(decision.state, 30),
    )


def decision_lines(decisions: Sequence[PastDecision]) -> list[Line]:
    """Earlier decisions, newest as given."""
    return [Line(decision_words(one), one_line(one.by, 30), day_and_clock(one.at), "check-circle") for one in decisions]


def note_lines(notes: Sequence[str]) -> list[Line]:
    """Notes as written."""
    return [Line(visible(note[:2000]), icon="note", tone="t1") for note in notes]


def why_lines(view: ItemView) -> list[Line]:
    """What put the item here: the desk's words, then each mark with its rule and pack."""
    lines = [Line(one_line(said(words), 300), icon="flag", tone="t1") for words in view.why_here]
    lines += [
        Line(
            tr(
                "{category}, {tier}, rule {rule}",
                category=one_line(mark.category, 40),
                tier=tier_words(mark.tier),
                rule=one_line(mark.rule, 60),
            ),
            right=one_line(mark.pack, 40),
            icon="cpu",
        )
        for mark in view.marks
    ]
    return lines or [Line(tr("A report put it here; screening found nothing."), icon="flag")]
