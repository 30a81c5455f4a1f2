"""A desk at work in a process of its own, which tells each arrow it is about to cross and waits to be let over it.

Arrows are those of the architecture's section 5, the way of one flagged post. The parent answers "go", or kills.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from modstation.bootstrap import OpenDesk, Parts, open_desk
from modstation.desk import outbox
from modstation.desk.workplace import NoScreen
from modstation.models.ids import PolicyId
from modstation.models.measures import Choice, Measure, OrderKind
from modstation.models.screen import QueueFilter
from modstation.store.kdf import KdfCost
from modstation.store.transaction import Transaction
from modstation.sync.forums.nodebb import NodeBB
from modstation.sync.runner import pull_once, send_until_settled

PARTS = Parts(cost=KdfCost(8 * 1024, 1, 1), hold_seconds=0)
PASSPHRASE = "kept for the harness"
PERSON = "demo-moderator"


def say(line: str) -> None:
    """Tell the parent, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def arrow(name: str) -> None:
    """Stand before an arrow until the parent lets us over it."""
    say(f"arrow {name}")
    if sys.stdin.readline().strip() != "go":
        sys.exit(3)


def before(owner: Any, name: str, told: str) -> None:
    """Make a function tell an arrow before it runs."""
    whole: Callable[..., Any] = getattr(owner, name)

    def wrapped(*values: Any, **named: Any) -> Any:
        arrow(told)
        return whole(*values, **named)

    setattr(owner, name, wrapped)


def after(owner: Any, name: str, told: str) -> None:
    """Make a function tell an arrow after it ran and before anybody hears of it."""
    whole: Callable[..., Any] = getattr(owner, name)

    def wrapped(*values: Any, **named: Any) -> Any:
        answer = whole(*values, **named)
        arrow(told)
        return answer

    setattr(owner, name, wrapped)


class ToldScreen(NoScreen):
    """Screening that tells when a batch reaches it."""

    def check(self, rows: Any) -> Any:
        """An empty result for each row."""
        arrow("observation to screening")
        return super().check(rows)


def instrument() -> None:
    """Put a gate before every arrow."""
    before(Transaction, "add_page", "pull to observation")
    after(Transaction, "add_page", "screening to queue row, not yet committed")
    before(Transaction, "set_feed", "queue row to bookmark")
    before(outbox, "begin", "compared to sealed")
    after(outbox, "begin", "sealed to sent")
    before(outbox, "acknowledge", "seen as the public to acknowledged")
    after(outbox, "acknowledge", "acknowledged to notices")
    _forum("read", "held to read again")
    _forum("read_back", "sent to read back")
    _apply()


def _forum(name: str, told: str) -> None:
    whole = getattr(NodeBB, name)

    async def wrapped(*values: Any, **named: Any) -> Any:
        await asyncio.to_thread(arrow, told)
        return await whole(*values, **named)

    setattr(NodeBB, name, wrapped)


def _apply() -> None:
    whole = NodeBB.apply

    async def wrapped(self: NodeBB, order: Any) -> Any:
        answer = await whole(self, order)
        notice = order.kind is OrderKind.NOTICE
        await asyncio.to_thread(arrow, "notice sent, nothing heard" if notice else "measure sent, nothing heard")
        return answer

    NodeBB.apply = wrapped  # type: ignore[method-assign]


def work(desk: OpenDesk) -> None:
    """Pull, decide the first three of the queue, send until everything is settled."""
    asyncio.run(pull_once(desk.desk, desk.shared.connect))
    for place, no in enumerate(list(desk.desk.queue_ids(QueueFilter()))[:3]):
        arrow("queue row to opened")
        view = desk.desk.open_item(no)
        arrow("opened to decided")
        wish: tuple[PolicyId, list[Choice]] = (PolicyId("terms.spam"), [Choice(Measure.HIDE)])
        if (no + place) % 3 == 0:
            wish = (PolicyId("none"), [Choice(Measure.NONE)])
        told = desk.desk.decide(no, *wish, expect=view.revision_hash)
        say(f"decided {told.decision}")
        arrow("decided to held")
    left = asyncio.run(send_until_settled(desk.desk, desk.shared.connect, timedelta(seconds=60))).left
    say(f"left {left}")


def main() -> int:
    """Open the desk of the folder named and work."""
    instrument()
    parts = Parts(PARTS.clock, PARTS.cost, PARTS.hold_seconds, ToldScreen)
    desk = open_desk(Path(sys.argv[1]), PERSON, PASSPHRASE, parts)
    try:
        work(desk)
    finally:
        desk.close()
    say(json.dumps({"done": True}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
