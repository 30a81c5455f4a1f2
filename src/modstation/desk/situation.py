"""Everything a rule may ask about an item, gathered from the projections for `regulation`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from modstation.models.ids import ForumName, PersonId
from modstation.models.measures import Measure
from modstation.models.time import from_ms
from modstation.regulation import ProfileStack, Situation, Strike
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader

from .ports import Capabilities
from .records import ItemRecord, forum_profiles, revision_of
from .settings import hold_seconds
from .workplace import Workplace

#: Acts after which somebody may not approve, review or hear the same case (promise 6).
HEARD = frozenset({"proposed", "decided", "approved", "refused", "reviewed"})

#: What nearly every forum can take back, until a probe has shown what this one can.
_USUALLY_REVERSIBLE = frozenset(
    {Measure.HIDE, Measure.REMOVE, Measure.RESTORE, Measure.LOCK, Measure.UNLOCK, Measure.MUTE, Measure.BAN}
)

#: Measures nobody has to be able to do at the forum: they leave no trace there.
_ALWAYS = frozenset({Measure.NONE})


def stack_of(work: Workplace, db: Connection, forum: str) -> ProfileStack:
    """The stacked profiles a forum is under. Raises NotFound."""
    return work.stacks(forum_profiles(db, forum))


def heard(db: Connection, items: Iterable[int]) -> frozenset[PersonId]:
    """People who already took part in these items' case."""
    found: set[PersonId] = set()
    for no in items:
        for person, act in db.execute("SELECT person, act FROM participation WHERE item = ?", (no,)):
            if act in HEARD:
                found.add(PersonId(person))
    return frozenset(found)


def strikes_of(db: Connection, forum: str, author: str) -> tuple[Strike, ...]:
    """All strikes of an author at a forum, oldest first; the ladder says which still count."""
    if not author:
        return ()
    rows = db.execute(
        "SELECT at, points, decision FROM strike WHERE forum = ? AND author = ? ORDER BY at", (forum, author)
    )
    return tuple(Strike(from_ms(at), points, decision) for at, points, decision in rows)


def impossible(caps: Capabilities | None) -> dict[Measure, str]:
    """Measures this forum or token cannot do, each with the reason. Nothing is known before the first probe."""
    if caps is None:
        return {}
    return {
        measure: caps.of(measure).why for measure in Measure if measure not in _ALWAYS and not caps.of(measure).possible
    }


def reversible(caps: Capabilities | None) -> frozenset[Measure]:
    """Measures the forum can take back; before the first probe, what nearly every forum can."""
    return caps.reversible if caps is not None else _USUALLY_REVERSIBLE


def as_judged(around: Situation, record: ItemRecord, decided: Mapping[str, Any]) -> Situation:
    """The same situation with the reading, the flags and the reporters that a decision was made on.

    Since then the item may be hidden and its flags closed by that very decision.
    """
    seen = decided["seen"]
    answered = {flag for order in decided["orders"] for flag in order["flags"]}
    flags = [each.meta for each in record.flags if each.meta["flag"] in answered]
    flags = [flag for flag in flags if f"{flag['flag']}:{flag['reporter']}:{flag['made']}" in seen["flags"]]
    reading = next((each for each in record.revisions if each.hash == seen["revision"]), record.current)
    revision = revision_of(record.key, reading)
    made = [flag["made"] for flag in flags if flag["made"]]
    return replace(
        around,
        revision=revision,
        flags=tuple(dict.fromkeys(flag["flag"] for flag in flags)),
        reporters=tuple(dict.fromkeys(flag["reporter"] for flag in flags if flag["reporter"])),
        flagged=from_ms(min(made)) if made else None,
        thread=revision.thread,
        section=revision.section,
        attachments=tuple(each.url for each in revision.attachments),
    )


def situation(
    work: Workplace,
    reader: Reader,
    record: ItemRecord,
    *,
    viewed: bool,
    decider: PersonId | None = None,
    given: Iterable[PersonId] = (),
) -> Situation:
    """The situation around an item as it stands.

    `decider` is who proposed, where somebody else now looks at it; `given` are people who approved it already.
    """
    db = reader.db
    by = decider or work.person
    current = revision_of(record.key, record.current)
    forum = ForumName(record.row["forum"])
    caps = work.capabilities.get(forum)
    open_flags = [seen for seen in record.flags if seen.meta["state"] not in ("resolved", "rejected")]
    return Situation(
        item=record.key,
        case=record.case,
        revision=current,
        strikes=strikes_of(db, forum, record.row["author"]),
        people=work.people(db),
        decider=by,
        heard=heard(db, [record.no]) - {by, *given},
        impossible=impossible(caps),
        reversible=reversible(caps),
        flags=tuple(dict.fromkeys(seen.meta["flag"] for seen in open_flags)),
        reporters=tuple(dict.fromkeys(seen.meta["reporter"] for seen in open_flags if seen.meta["reporter"])),
        now=work.clock.now(),
        found=from_ms(record.row["found"]),
        flagged=from_ms(record.row["flagged"]) if record.row["flagged"] else None,
        hold_seconds=hold_seconds(work, db),
        viewed=viewed,
        author_uid=record.row["author"],
        author_name=current.author.name,
        thread=current.thread,
        section=current.section,
        attachments=tuple(each.url for each in current.attachments),
    )
