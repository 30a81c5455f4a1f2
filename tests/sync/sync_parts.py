"""A desk on a demo forum over real sockets, with a clock that jumps to whatever is being waited for."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.desk.desk_parts import AD, FORUM, HIDE, PROFILES, Office, office
from tests.store.store_parts import HandClock

from modstation.bootstrap import desks
from modstation.demoforum import DemoForum
from modstation.desk import outbox
from modstation.models.errors import AskedToWait, ForumUnreachable, TokenRefused
from modstation.models.ids import PolicyId
from modstation.models.measures import Choice
from modstation.models.screen import Changed
from modstation.models.time import from_ms
from modstation.sync.runner import pull_once
from modstation.sync.sender import Sender


@dataclass(slots=True)
class Field:
    """Desk and forum. `troubles` are what stood in the way of sending, in order."""

    demo: DemoForum
    desk: Office
    clock: HandClock
    troubles: list[str] = field(default_factory=list)

    def pull(self) -> Any:
        return asyncio.run(pull_once(self.desk.mod, self.desk.first.shared.connect))[FORUM]

    def decide(
        self, no: int, *choices: Choice, who: str = "demo-mod", policy: PolicyId = AD, reason: str = "r"
    ) -> Changed:
        return self.desk.decide(who, no, *choices, policy=policy, reason=reason)

    def faults(self, spec: str) -> None:
        self.demo.call("faults", spec=spec)

    def send(self, most: int = 60) -> int:
        """Send as the runner does until nothing more happens by itself; how many rows are still on their way."""
        return asyncio.run(self._send(most))

    async def _send(self, most: int) -> int:
        work = self.desk.open("demo-mod").work
        made = self.desk.first.shared.connect()
        sender = Sender(work, made.forums[FORUM])
        try:
            for _ in range(most):
                if not self.left():
                    break
                try:
                    done, later = await sender.work_off()
                except AskedToWait as asked:
                    self.troubles.append("wait")
                    self.clock.moment = max(self.clock.moment, asked.until) + timedelta(milliseconds=1)
                except (ForumUnreachable, TokenRefused) as problem:
                    self.troubles.append(type(problem).__name__)
                    self.clock.move(5)
                else:
                    if outbox.stuck(work):
                        break
                    if not done and later:
                        self.clock.moment = max(self.clock.moment, from_ms(later))
                    elif not done:
                        break
            return self.left()
        finally:
            for forum in made.forums.values():
                await forum.aclose()
            await made.close()

    def left(self) -> int:
        with self.desk.first.shared.store.reading() as reader:
            return outbox.unsettled(reader.db)

    def rows(self) -> list[tuple[Any, ...]]:
        """State, what was asked, and why, of all rows in the order of sending."""
        found = self.desk.sql("SELECT state, body FROM outbox ORDER BY seq, place")
        bodies = [(state, json.loads(body)) for state, body in found]
        return [(state, b["order"]["kind"], b["order"]["measure"], b["why"]) for state, b in bodies]

    def states(self) -> list[str]:
        return [row[0] for row in self.rows()]

    def changes(self, caller: str = "demo_moderator") -> list[str]:
        """What our token really changed at the forum, as `effect target`."""
        return [f"{m['effect']} {m['target']}" for m in self.demo.call("mutations") if m["caller"] == caller]

    def messages(self) -> list[tuple[int, str]]:
        """Room and text of every message we wrote."""
        return [(room.room, m.text) for room in self.demo.forum.rooms.values() for m in room.messages if m.uid == 2]

    def repeats(self) -> list[str]:
        """Effects and messages of ours that the forum saw more than once."""
        seen = Counter(what for what in self.changes() if "room/" not in what)
        seen.update(f"message in room {room}: {text}" for room, text in self.messages())
        return [what for what, count in seen.items() if count > 1]

    def asked(self, method: str = "") -> list[str]:
        lines = [(one["method"], one["path"].partition("?")[0]) for one in self.demo.call("log")]
        return [f"{how} {path}" for how, path in lines if how == method or not method]

    def pid(self, no: int) -> int:
        return int(self.desk.sql("SELECT key FROM item_key WHERE no = ?", no)[0][0].rpartition("/")[2])

    def post(self, no: int) -> Any:
        return self.demo.forum.posts[self.pid(no)]

    def with_picture(self, wanted: bool = True) -> int:
        """A queue item whose post shows a picture, or one whose post does not."""
        return next(no for no in self.desk.queue() if bool(self.post(no).uploads) == wanted)


def _show_pictures(demo: DemoForum) -> None:
    """Let the first two reported posts show a picture."""
    reported = [demo.forum.posts[int(flag.target)] for flag in demo.forum.flags.values() if flag.type == "post"]
    for number, post in enumerate(reported[:2], 1):
        name = f"/files/{number:06d}-test.png"
        demo.forum.uploads[name] = number
        post.text += f"\n\n![picture](/assets/uploads{name})"
        post.uploads = [*post.uploads, name]


@contextmanager
def ground(folder: Path, *, items: int = 8, seed: int = 5, faults: str = "", mute: bool = True) -> Iterator[Field]:
    """A desk connected to a demo forum, with everything pulled once."""
    clock = HandClock(datetime.now(UTC))
    # A clock moved by hand stands still while a pause is waited out: here every pause is told instead.
    usual, desks.PATIENCE = desks.PATIENCE, 0.0
    try:
        yield from _ground(folder, clock, items, seed, faults, mute)
    finally:
        desks.PATIENCE = usual


def _ground(folder: Path, clock: HandClock, items: int, seed: int, faults: str, mute: bool) -> Iterator[Field]:
    with DemoForum(seed=seed, items=items) as demo, office(folder, clock, hold=0) as desk:
        demo.forum.settings.moderators_may_mute = mute
        _show_pictures(demo)
        desk.first.add_forum(FORUM, "nodebb", demo.url, demo.tokens["moderator"], PROFILES)
        made = Field(demo, desk, clock)
        made.pull()
        made.faults(faults)
        yield made


__all__ = ["HIDE", "Field", "ground"]
