"""Conflict cards: our decision, what the forum shows now, and the ways out."""

from __future__ import annotations

import json
from typing import Any

from modstation.models.errors import BadInput, NotAllowed
from modstation.models.ids import OutboxId
from modstation.models.measures import OutboxState
from modstation.models.screen import Changed, ConflictChoice, ConflictView
from modstation.store.events import Draft

from .outbox import find_row
from .records import event_texts, read_item, revision_of
from .wording import why_words
from .workplace import Workplace

_CHOICES = {
    "drop": (
        ("Drop it", "Nothing is sent. The decision stays in the record; this measure is withdrawn."),
        ("放弃", "不发送任何内容。决定保留在记录中，此项措施撤回。"),
    ),
    "accept": (
        ("Take it as done", "Nothing is sent. What the forum shows counts as the outcome."),
        ("视为已完成", "不发送任何内容。以论坛现状为准。"),
    ),
    "send": (
        ("Send it all the same", "The measure is sent against what the forum shows now; you stand for the new text."),
        ("仍然发送", "针对论坛当前内容发送该措施；由您对新内容负责。"),
    ),
}


def conflict(work: Workplace, row: OutboxId, language: str) -> ConflictView:
    """Both sides of a conflict and the ways out, the safest first. Raises NotFound."""
    found = find_row(work, row)
    with work.store.reading() as reader:
        record = read_item(reader, found.no)
        body = json.loads(reader.db.execute("SELECT body FROM outbox WHERE id = ?", (row,)).fetchone()[0])
        theirs = event_texts(reader, [body["event"]]).get(body["event"], {})
        decided = json.loads(
            reader.db.execute("SELECT body FROM decision WHERE id = ?", (found.decision,)).fetchone()[0]
        )
    seen = next((each for each in record.revisions if each.hash == decided["seen"]["revision"]), record.current)
    ours = revision_of(record.key, seen)
    spoken = "zh" if language.startswith("zh") else "en"
    return ConflictView(
        row=found,
        ours=(found.what, f"{ours.visibility}", f"author {ours.author.uid}", *ours.author.penalties),
        theirs=_theirs(theirs.get("reading", {}), body["why"], language),
        ours_body=ours.body,
        theirs_body=theirs.get("body", ""),
        choices=tuple(ConflictChoice(key, *words[1 if spoken == "zh" else 0]) for key, words in _CHOICES.items()),
    )


def _theirs(reading: dict[str, Any], why: str, language: str) -> tuple[str, ...]:
    lines = [why_words(why if why in ("gone", "old") else "changed", language)]
    if reading:
        lines += [reading["visibility"], f"author {reading['author']}", *reading["penalties"]]
        lines += [f"flag {flag}: {state}" for flag, state in reading["flags"]]
        lines += [f"by {reading['by']}"] if reading["by"] else []
    return tuple(lines)


def resolve(work: Workplace, row: OutboxId, choice: str) -> Changed:
    """Take one of the ways out. Raises BadInput for another word, NotAllowed where there is no conflict any more."""
    if choice not in _CHOICES:
        raise BadInput(f"'{choice}' is no way out of a conflict.", "", "Choices are " + ", ".join(_CHOICES) + ".")
    found = find_row(work, row)
    with work.store.writing() as tx:
        work.me_deciding(tx.db)
        state = tx.db.execute("SELECT state FROM outbox WHERE id = ?", (row,)).fetchone()[0]
        if state != OutboxState.CONFLICT:
            raise NotAllowed(f"This row is {state}; there is no conflict to settle.", "", "See 'modstation outbox'.")
        tx.append(Draft("outbox.resolved", found.case, {"row": row, "choice": choice}), work.pen)
    if work.gate is not None:
        work.gate.hurry()
    return work.hub.tell(Changed(items=(found.no,), outbox=True, status=True, message=_CHOICES[choice][0][1]))
