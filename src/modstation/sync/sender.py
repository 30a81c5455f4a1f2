"""Sends what the outbox holds: read again, compare, send, read back, look as the public does.

Nothing is repeated before a read-back has shown that the first try did not arrive (promise 2), and nothing counts as
done before a logged-out reader would agree (promise 4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from modstation.desk import outbox
from modstation.desk.outbox import Job
from modstation.desk.ports import Forum
from modstation.desk.settings import read_setting
from modstation.desk.workplace import Workplace
from modstation.models.errors import BadAnswer, ForumUnreachable
from modstation.models.items import Visibility
from modstation.models.measures import Effect, Measure, OrderKind, OutboxState, Outcome, OutcomeKind, Reading
from modstation.models.time import to_ms

_Answer = TypeVar("_Answer")

#: After so many sends a read-back each time showed nothing: the forum does not do it.
MOST_TRIES = 8

#: Reasons of a wait that say nothing about what the forum would do: it had no time, or was not reached.
_NOT_ASKED = ("asked_to_wait", "unreachable")

#: What a second of a pause after trouble is, in milliseconds. Tests make it short; nothing else changes it.
SECOND_MS = 1000

#: A row that is done but for the public is looked at again after this time.
LOOK_AGAIN = timedelta(seconds=30)

_OUT_OF_SIGHT = frozenset({Measure.HIDE, Measure.REMOVE, Measure.PURGE})
_GOAL = {
    Measure.HIDE: Visibility.HIDDEN,
    Measure.REMOVE: Visibility.HIDDEN,
    Measure.PURGE: Visibility.GONE,
    Measure.RESTORE: Visibility.PUBLIC,
}


class Sender:
    """Works off the rows of one forum, one after the other, in the order they were decided."""

    def __init__(self, work: Workplace, forum: Forum) -> None:
        self._work = work
        self._forum = forum
        self._not_before: dict[str, int] = {}

    async def _do(self, call: Callable[..., _Answer], *values: object, **named: object) -> _Answer:
        return await asyncio.to_thread(call, *values, **named)

    async def work_off(self) -> tuple[int, int]:
        """Take every row that is due one step further: how many there were, and when the next comes due (UTC ms).

        Raises ForumUnreachable, TokenRefused, AskedToWait; what was under way is written down first.
        """
        await self._do(outbox.drop_dependents, self._work, self._forum.name)
        now = self._work.now_ms()
        self._not_before = {row: until for row, until in self._not_before.items() if until > now}
        jobs, later = await self._do(outbox.ready, self._work, self._forum.name, skip=set(self._not_before))
        later = min([until for until in (later, *self._not_before.values()) if until], default=0)
        done = 0
        for job in jobs:
            fresh = await self._do(outbox.again, self._work, job)
            if fresh is not None:
                await self.step(fresh)
            done += 1
        return done, later

    async def step(self, job: Job) -> None:
        """Take one row as far as it goes now. An answer that cannot be used is asked for once more, then later."""
        try:
            await self._step(job)
        except BadAnswer:
            fresh = await self._do(outbox.again, self._work, job)
            try:
                if fresh is not None:
                    await self._step(fresh)
            except BadAnswer as problem:
                await self._do(outbox.wait, self._work, job, self._later(job), "bad_answer", problem.what)

    async def _step(self, job: Job) -> None:
        if job.sent_before:
            await self._look_again(job)
        else:
            await self._first_time(job)

    def _later(self, job: Job) -> int:
        pause = min(600, 5 << min(job.tries, 7))
        return self._work.now_ms() + pause * SECOND_MS

    async def _first_time(self, job: Job) -> None:
        if job.order.kind is OrderKind.NOTICE:
            await self._send(job, None)
            return
        if await self._too_old(job):
            await self._conflict(job, "old", None)
            return
        reading = await self._forum.read(job.item, job.order.account, job.order.flags)
        if await self._already(job, reading):
            return
        differs = "" if job.confirmed else outbox.difference(job, reading) or _flags_moved(job, reading)
        if differs:
            await self._conflict(job, "gone" if differs == "gone" else "changed", reading)
            return
        await self._send(job, reading)

    async def _too_old(self, job: Job) -> bool:
        if job.confirmed:
            return False

        def hours() -> int:
            with self._work.store.reading() as reader:
                return int(read_setting(reader.db, "", "old_decision_hours"))

        age = self._work.now_ms() - max(job.decided_at, job.due)
        limit: int = await self._do(hours)
        return age > 3_600_000 * limit

    async def _already(self, job: Job, reading: Reading) -> bool:
        """Acknowledge without sending where the forum shows the very effect and the text is the one that was judged."""
        if not _looks_done(job, reading) or outbox.difference(job, reading) == "body":
            return False
        back = await self._forum.read_back(job.order)
        if back.effect is not Effect.PRESENT:
            return False
        by = back.by or reading.by
        await self._confirmed(job, already=True, by="" if self._is_us(by) else by)
        return True

    def _is_us(self, name: str) -> bool:
        caps = self._work.capabilities.get(self._forum.name)
        return caps is not None and name in (caps.account, caps.account_name)

    async def _conflict(self, job: Job, why: str, reading: Reading | None) -> None:
        body = ""
        if why != "gone":
            body = (await self._forum.revision(job.item)).body
        await self._do(outbox.conflict, self._work, job, why, reading, body)

    async def _send(self, job: Job, reading: Reading | None) -> None:
        if not await self._do(outbox.begin, self._work, job, reading):
            return
        try:
            outcome = await self._forum.apply(job.order)
        except ForumUnreachable as problem:
            if problem.sent:
                await self._do(outbox.unknown, self._work, job, problem.what)
            else:
                await self._do(outbox.wait, self._work, job, self._work.now_ms(), "unreachable", problem.what)
            raise
        except BadAnswer as problem:
            await self._do(outbox.unknown, self._work, job, problem.what)
            return
        await self._after(job, outcome)

    async def _after(self, job: Job, outcome: Outcome) -> None:
        kind = outcome.kind
        if kind in (OutcomeKind.DONE, OutcomeKind.ALREADY):
            await self._read_back(job, outcome, already=kind is OutcomeKind.ALREADY)
        elif kind is OutcomeKind.REFUSED:
            await self._do(outbox.refuse, self._work, job, outcome.words, outcome.status)
        elif kind is OutcomeKind.GONE:
            await self._do(outbox.conflict, self._work, job, "gone", None, "", outcome.words)
        elif kind is OutcomeKind.LATER:
            until = to_ms(outcome.until) if outcome.until else self._later(job)
            await self._do(outbox.wait, self._work, job, until, "asked_to_wait", outcome.words)
        else:
            await self._do(outbox.unknown, self._work, job, outcome.words)

    async def _read_back(self, job: Job, outcome: Outcome, *, already: bool) -> None:
        back = await self._forum.read_back(job.order)
        if back.effect is Effect.PRESENT or (back.effect is Effect.GONE and job.order.measure in _OUT_OF_SIGHT):
            await self._confirmed(job, already=already, by=outcome.by if already else "", words=outcome.words)
        elif back.effect is Effect.ABSENT:
            words = outcome.words or back.words or "The forum answered yes and did nothing."
            await self._do(outbox.refuse, self._work, job, words, outcome.status)
        elif back.effect is Effect.GONE:
            await self._do(outbox.conflict, self._work, job, "gone", None, "", back.words)
        else:
            await self._do(outbox.wait, self._work, job, self._later(job), "checking", back.words)

    async def _look_again(self, job: Job) -> None:
        """A row that may have reached the forum: only what a read-back shows decides what happens."""
        back = await self._forum.read_back(job.order)
        if back.effect is Effect.PRESENT or (back.effect is Effect.GONE and job.order.measure in _OUT_OF_SIGHT):
            await self._confirmed(job, already=False, by="", words=back.words)
        elif back.effect is Effect.UNREADABLE:
            await self._do(outbox.wait, self._work, job, self._later(job), "checking", back.words)
        elif back.effect is Effect.GONE:
            await self._do(outbox.conflict, self._work, job, "gone", None, "", back.words)
        elif job.reversed:
            await self._do(outbox.give_up, self._work, job)
        elif job.tries > 1 and job.state is not OutboxState.WAITING:
            # It did not arrive, again: each time it waits twice as long before it is sent once more.
            until = self._work.now_ms() + SECOND_MS * min(60, 1 << (job.tries - 2))
            await self._do(outbox.wait, self._work, job, until, "absent", back.words)
        elif job.tries >= MOST_TRIES and job.why not in _NOT_ASKED:
            await self._do(outbox.refuse, self._work, job, f"Sent {job.tries} times; the forum never did it.", 0)
        else:
            await self._first_time(job)

    async def _confirmed(self, job: Job, *, already: bool, by: str, words: str = "") -> None:
        """The forum shows the effect: acknowledged, unless the public can still see what was to go."""
        order = job.order
        if order.kind is OrderKind.MEASURE and order.measure in _OUT_OF_SIGHT:
            view = await self._forum.public_view(job.item, order.thread, order.attachments)
            if not view.gone:
                only_files = view.checked and not view.post and not view.topic_page
                why = "image_public" if only_files else "still_public" if view.checked else "unreachable"
                await self._keep_looking(job, why, " ".join(view.attachments))
                return
        await self._do(outbox.acknowledge, self._work, job, already=already, by=by, words=words)

    async def _keep_looking(self, job: Job, why: str, words: str) -> None:
        # Looked at again every half minute; the journal hears of it only when the reason is a new one.
        self._not_before[job.id] = self._work.now_ms() + int(LOOK_AGAIN.total_seconds() * 1000)
        if job.why != why:
            await self._do(outbox.wait, self._work, job, self._work.now_ms(), why, words)


def _looks_done(job: Job, reading: Reading) -> bool:
    order = job.order
    if order.kind is OrderKind.CLOSE_FLAG:
        states = dict(reading.flag_states)
        return bool(order.flags) and all(states.get(flag) == order.flag_state for flag in order.flags)
    goal = _GOAL.get(order.measure)
    if goal is not None:
        return reading.visibility == str(goal)
    return order.measure is Measure.LOCK and reading.locked


def _flags_moved(job: Job, reading: Reading) -> str:
    """Whether another moderator gave the flags another answer than ours."""
    if job.order.kind is not OrderKind.CLOSE_FLAG or job.reverses:
        return ""
    other = {"resolved": "rejected", "rejected": "resolved"}.get(job.order.flag_state, "")
    return "flags" if any(state == other for _, state in reading.flag_states) else ""
