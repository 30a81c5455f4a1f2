"""The runner: pulls and sends for all forums of a desk, in a thread of its own, never in the window's.

One runner works for a desk at a time, whichever process has its lock.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from modstation.desk import forums, outbox, tasks
from modstation.desk.desk import Desk
from modstation.desk.intake import Taken
from modstation.desk.ports import Fetched, Forum
from modstation.desk.settings import read_setting
from modstation.desk.status import Lamp
from modstation.models.errors import (
    AskedToWait,
    BadAnswer,
    ForumError,
    ForumUnreachable,
    ModStationError,
    NotFound,
    TokenRefused,
)
from modstation.models.ids import ForumName, ItemKey
from modstation.models.screen import Changed
from modstation.models.time import to_ms

from .puller import Puller
from .sender import Sender

_Answer = TypeVar("_Answer")

#: Pauses after a forum could not be reached: doubled each time, between these (seconds).
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 120.0

#: A feed's worth of small acts, such as a look at an opened item, may take so long (seconds).
FETCH_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Connections:
    """Connectors by name, and how to close what they share."""

    forums: Mapping[ForumName, Forum]
    close: Callable[[], Awaitable[None]]


class Runner:
    """Works for all forums of a desk. Implements `ForumGate`; every method of it may be called from any thread."""

    def __init__(self, desk: Desk, connect: Callable[[], Connections], *, pull: bool = True) -> None:
        self._desk = desk
        self._work = desk.work
        self._connect = connect
        self._pulls = pull
        self._forums: dict[ForumName, Forum] = {}
        self._wake: dict[ForumName, asyncio.Event] = {}
        self._looks: dict[ItemKey, asyncio.Lock] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)
        self._started = threading.Event()
        self._stopping = False

    # ---- life ----------------------------------------------------------------------------------
    def start(self) -> None:
        """Start working. Rows that a crash left under way become unknown first."""
        outbox.interrupted(self._work)
        self._thread.start()
        self._started.wait()
        self._work.gate = self

    def stop(self) -> None:
        """Stop, finishing the step under way. Safe to call twice."""
        if self._stopping or not self._thread.is_alive():
            return
        self._stopping = True
        self._work.gate = None
        asyncio.run_coroutine_threadsafe(self._halt(), self._loop)
        self._thread.join()

    async def _halt(self) -> None:
        for event in self._wake.values():
            event.set()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task() and task.get_name().startswith("idle"):
                task.cancel()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _main(self) -> None:
        made = await asyncio.to_thread(self._connect)
        self._forums = dict(made.forums)
        self._wake = {name: asyncio.Event() for name in self._forums}
        self._started.set()
        workers = [
            asyncio.create_task(self._serve(forum), name=f"serve {forum.name}") for forum in self._forums.values()
        ]
        try:
            await asyncio.gather(*workers)
            while not self._stopping:
                await asyncio.sleep(0.1)
        finally:
            await _close(made)

    # ---- one forum -----------------------------------------------------------------------------
    async def _serve(self, forum: Forum) -> None:
        """Pull and send for one forum until stopped; a pause after trouble, longer each time."""
        puller, sender = Puller(self._work, forum), Sender(self._work, forum)
        pause, next_pull, probed = FIRST_PAUSE, 0.0, False
        clock = self._loop.time
        while not self._stopping:
            wait = 0.0
            try:
                if not probed:
                    await self._probe(forum)
                    probed = True
                _, later = await sender.work_off()
                if self._pulls and clock() >= next_pull:
                    await puller.pull()
                    await asyncio.to_thread(tasks.tick, self._work)
                    next_pull = clock() + await self._pull_seconds()
                self._lamp(forum, Lamp("working", last_sync=self._work.now_ms()))
                pause = FIRST_PAUSE
                wait = self._until_next(later, next_pull - clock() if self._pulls else 3600.0)
            except AskedToWait as asked:
                wait = max(0.5, (asked.until - self._work.clock.now()).total_seconds())
                self._lamp(forum, Lamp("waiting", until=to_ms(asked.until), words=asked.what))
            except TokenRefused as refused:
                self._lamp(forum, Lamp("refused", words=refused.what))
                probed, wait = False, LONGEST_PAUSE
            except (ForumUnreachable, BadAnswer) as problem:
                self._lamp(forum, Lamp("offline", words=problem.what))
                wait, pause = pause, min(LONGEST_PAUSE, pause * 2)
            except ModStationError as problem:
                # A full disk, or a damaged row of one case: the runner stays alive and says so.
                self._lamp(forum, Lamp("paused", words=str(problem)))
                wait, pause = pause, min(LONGEST_PAUSE, pause * 2)
            await self._rest(forum.name, wait)

    def _until_next(self, later_ms: int, until_pull: float) -> float:
        due = (later_ms - self._work.now_ms()) / 1000 if later_ms else 3600.0
        return max(0.0, min(due, until_pull, 3600.0))

    async def _rest(self, forum: ForumName, seconds: float) -> None:
        event = self._wake[forum]
        if self._stopping or seconds <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return
        event.clear()

    async def _pull_seconds(self) -> int:
        def read() -> int:
            with self._work.store.reading() as reader:
                return int(read_setting(reader.db, "", "pull_seconds"))

        return await asyncio.to_thread(read)

    async def _probe(self, forum: Forum) -> None:
        caps = await Puller(self._work, forum).probe()
        await asyncio.to_thread(forums.remember, self._work, caps)

    def _lamp(self, forum: Forum, lamp: Lamp) -> None:
        before = self._desk.lamps.get(forum.name)
        since = before.since if before.state == lamp.state else self._work.now_ms()
        lamp = replace(lamp, since=since, last_sync=lamp.last_sync or before.last_sync)
        if self._desk.lamps.set(forum.name, lamp):
            self._work.hub.tell(Changed(status=True))

    # ---- what the desk asks ----------------------------------------------------------------------
    def _submit(self, coroutine: Coroutine[Any, Any, _Answer]) -> Future[_Answer]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _flags(self, item: ItemKey) -> tuple[str, ...]:
        with self._work.store.reading() as reader:
            row = reader.db.execute(
                "SELECT i.extra FROM item i JOIN item_key k ON k.no = i.no WHERE k.key = ?", (str(item),)
            ).fetchone()
        flags = json.loads(row[0]).get("flags", []) if row else []
        return tuple(dict.fromkeys(flag[1] for flag in flags if flag[2] not in ("resolved", "rejected")))

    def opened(self, item: ItemKey) -> None:
        """Read it again, fetch its surroundings and claim it at the forum, in the background."""
        self._submit(self._look(item, leaving=False))

    def left(self, item: ItemKey) -> None:
        """Give the claim at the forum back, in the background."""
        self._submit(self._look(item, leaving=True))

    async def _look(self, item: ItemKey, *, leaving: bool) -> None:
        forum = self._forums.get(item.forum)
        if forum is None:
            return
        puller = Puller(self._work, forum)
        # One after the other, in the order of the person's acts: who leaves at once must not stay the holder.
        async with self._looks.setdefault(item, asyncio.Lock()):
            flags = await asyncio.to_thread(self._flags, item)
            await (puller.leave(item, flags) if leaving else puller.look(item, flags))

    def hurry(self) -> None:
        """There may be something to send: wake every forum's worker."""
        for event in self._wake.values():
            self._loop.call_soon_threadsafe(event.set)

    def fetch(self, item: ItemKey, url: str, limit: int) -> Fetched:
        """Fetch a media file; blocks the calling thread. Raises ForumError, NotFound."""
        forum = self._forums.get(item.forum)
        if forum is None:
            raise NotFound(f"There is no forum '{item.forum}' at this desk.")
        return self._submit(forum.fetch_media(url, limit)).result(FETCH_TIMEOUT)


async def _close(made: Connections) -> None:
    for forum in made.forums.values():
        await forum.aclose()
    await made.close()


async def pull_once(desk: Desk, connect: Callable[[], Connections]) -> dict[str, Taken | ForumError]:
    """Pull every forum once; what was taken in, or what stood in the way, by forum."""
    found: dict[str, Taken | ForumError] = {}
    made = await asyncio.to_thread(connect)
    try:
        for name, forum in made.forums.items():
            puller = Puller(desk.work, forum)
            try:
                await asyncio.to_thread(forums.remember, desk.work, await puller.probe())
                found[name] = await puller.pull()
            except ForumError as problem:
                found[name] = problem
    finally:
        await _close(made)
    await asyncio.to_thread(tasks.tick, desk.work)
    return found


@dataclass(frozen=True, slots=True)
class Sent:
    """How sending ended: rows still on their way, and what stood in the way at each forum."""

    left: int
    troubles: Mapping[ForumName, ForumError]


async def send_until_settled(desk: Desk, connect: Callable[[], Connections], limit: timedelta) -> Sent:
    """Send until every row is settled, no sending can change anything more, or the limit is over."""
    work = desk.work
    await asyncio.to_thread(outbox.interrupted, work)
    made = await asyncio.to_thread(connect)
    senders = {name: Sender(work, forum) for name, forum in made.forums.items()}
    loop = asyncio.get_running_loop()
    end = loop.time() + limit.total_seconds()
    pauses = dict.fromkeys(senders, 0.25)
    troubles: dict[ForumName, ForumError] = {}
    try:
        while (left := await asyncio.to_thread(_left, desk)) and loop.time() < end:
            waits = [
                await _one_round(sender, pauses, name, work.now_ms, troubles)
                for name, sender in senders.items()
                if not isinstance(troubles.get(name), TokenRefused)
            ]
            # Asked after a look: what was stuck yesterday may have been put right at the forum since.
            if await asyncio.to_thread(outbox.stuck, work):
                left = await asyncio.to_thread(_left, desk)
                break
            # Without a token that is taken, or before the forum's own time, waiting here changes nothing.
            if min(waits, default=limit.total_seconds()) > end - loop.time():
                break
            await asyncio.sleep(min(waits))
    finally:
        await _close(made)
    return Sent(left, troubles)


async def _one_round(
    sender: Sender,
    pauses: dict[ForumName, float],
    name: ForumName,
    now_ms: Callable[[], int],
    troubles: dict[ForumName, ForumError],
) -> float:
    try:
        done, later = await sender.work_off()
    except AskedToWait as asked:
        troubles[name] = asked
        return max(0.05, (to_ms(asked.until) - now_ms()) / 1000)
    except (ForumUnreachable, TokenRefused) as problem:
        troubles[name] = problem
        pauses[name] = min(5.0, pauses[name] * 2)
        return pauses[name]
    troubles.pop(name, None)
    pauses[name] = 0.25
    if done:
        return 0.02
    return min(2.0, max(0.05, (later - now_ms()) / 1000)) if later else 0.25


def _left(desk: Desk) -> int:
    with desk.work.store.reading() as reader:
        return outbox.unsettled(reader.db)
