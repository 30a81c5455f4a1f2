"""Asking NodeBB to do something, once: look, send, and say what became of it, whatever the status said.

A repeat at NodeBB answers 200, 400 or 404 without system and its sentences are translated, so nothing here branches on
a sentence: after a refusal the thing is read again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from modstation.models.errors import AskedToWait, BadAnswer, ForumUnreachable
from modstation.models.ids import TargetType
from modstation.models.items import FlagState
from modstation.models.measures import Effect, Measure, Order, OrderKind, Outcome, OutcomeKind
from modstation.models.time import iso, to_ms
from modstation.sync.forums.narrow import ident_or_empty
from modstation.sync.forums.nodebb.chats import Chats
from modstation.sync.forums.nodebb.readback import STAFF, ReadBacks
from modstation.sync.forums.nodebb.reader import Look, Reader
from modstation.sync.forums.nodebb.wire import payload, segment, words
from modstation.sync.http import Answer

_WORST_FIRST: Final = (
    OutcomeKind.UNKNOWN,
    OutcomeKind.LATER,
    OutcomeKind.REFUSED,
    OutcomeKind.DONE,
    OutcomeKind.ALREADY,
    OutcomeKind.GONE,
)
_NOT_AT_NODEBB: Final = {
    Measure.DEMOTE: "NodeBB has no call that moves a post down.",
    Measure.RENAME: "NodeBB needs the new name, and its owner or an administrator to choose it.",
    Measure.LIMIT_MANAGER: "NodeBB has no smaller right for a moderator.",
    Measure.REVOKE_MANAGER: "Take the right away in NodeBB's own administration.",
    Measure.NONE: "There is nothing to do.",
}


class Actor:
    """Carries out orders. `apply` never repeats and raises only where an outcome cannot say it."""

    def __init__(self, reader: Reader, chats: Chats, readbacks: ReadBacks) -> None:
        self._reader, self._wire, self._chats, self._readbacks = reader, reader.wire, chats, readbacks

    async def apply(self, order: Order) -> Outcome:
        """Do it once.

        Raises ForumUnreachable where nothing was sent and TokenRefused where the token lost its account; a broken
        connection after sending is UNKNOWN.
        """
        try:
            return await self._dispatch(order)
        except AskedToWait as pause:
            return Outcome(OutcomeKind.LATER, pause.what, until=pause.until)

    async def _dispatch(self, order: Order) -> Outcome:
        if order.kind is OrderKind.CLOSE_FLAG:
            return await self._close_flags(order)
        if order.kind is OrderKind.NOTICE or order.measure is Measure.WARN:
            return await self._notice(order)
        if order.measure in _NOT_AT_NODEBB:
            return refused(_NOT_AT_NODEBB[order.measure])
        if order.measure in (Measure.MUTE, Measure.UNMUTE, Measure.BAN, Measure.UNBAN):
            return await self._penalty(order)
        if order.measure in (Measure.LOCK, Measure.UNLOCK):
            return await self._lock(order)
        if order.measure is Measure.CLOSE_SECTION or order.item.type is TargetType.SECTION:
            return await self._section(order)
        if order.item.type is TargetType.QUEUED:
            return await self._queued(order, accept=order.measure is Measure.RESTORE)
        if order.item.type in (TargetType.POST, TargetType.TOPIC):
            return await self._content(order)
        return refused(f"NodeBB has no call for '{order.measure}' on this kind of item ({order.item.type}).")

    async def _content(self, order: Order) -> Outcome:
        """Hide, remove, restore or purge a post or topic. Hiding and removing are one state at NodeBB."""
        family = "posts" if order.item.type is TargetType.POST else "topics"
        path = f"/api/v3/{family}/{segment(order.item.target)}"
        if order.measure is Measure.PURGE:
            return await self._checked(order, lambda: self._wire.write("DELETE", path))
        method = "PUT" if order.measure is Measure.RESTORE else "DELETE"
        return await self._checked(order, lambda: self._wire.write(method, f"{path}/state"))

    async def _lock(self, order: Order) -> Outcome:
        tid = await self._readbacks.thread_of(order)
        if not tid:
            return Outcome(OutcomeKind.GONE, "The post or its topic is no longer there.")
        method = "PUT" if order.measure is Measure.LOCK else "DELETE"
        return await self._checked(order, lambda: self._wire.write(method, f"/api/v3/topics/{segment(tid)}/lock"))

    async def _penalty(self, order: Order) -> Outcome:
        if not order.account:
            return refused("Nobody is named on whom it should fall.")
        if order.until is not None and not self._ahead(order.until):
            # NodeBB would turn a past end into a ban for ever, or into no mute at all, and answer 200.
            return refused(f"Its end, {iso(order.until)}, is already past.")
        kind = "mute" if order.measure in (Measure.MUTE, Measure.UNMUTE) else "ban"
        path = f"/api/v3/users/{segment(order.account)}/{kind}"
        if order.measure in (Measure.UNMUTE, Measure.UNBAN):
            return await self._checked(order, lambda: self._wire.write("DELETE", path, {"reason": order.reason}))
        body: dict[str, object] = {"reason": order.reason}
        if order.until is not None:
            body["until"] = to_ms(order.until)
        return await self._checked(order, lambda: self._wire.write("PUT", path, body))

    async def _section(self, order: Order) -> Outcome:
        """Close a section for everybody but its staff, or open it again for registered people."""
        cid = self._readbacks.section_of(order)
        opening = order.measure in (Measure.RESTORE, Measure.UNLOCK)
        if not cid or not (opening or order.measure is Measure.CLOSE_SECTION):
            return refused(f"NodeBB cannot {order.measure} a section.")
        writers = await self._readbacks.writers(cid)
        if writers is None:
            return refused("NodeBB lets only an administrator see and change the rights of a section.")
        if opening:
            todo = [("registered-users", right) for right in ("groups:topics:create", "groups:topics:reply")]
            todo = [entry for entry in todo if entry not in writers]
        else:
            todo = [entry for entry in writers if entry[0] not in STAFF]
        outcomes = []
        for group, right in todo:
            path = f"/api/v3/categories/{segment(cid)}/privileges/{segment(right)}"
            method = "PUT" if opening else "DELETE"
            outcomes.append(await self._sent(order, self._wire.write(method, path, {"member": group})))
        return together(outcomes) if outcomes else Outcome(OutcomeKind.ALREADY)

    async def _queued(self, order: Order, *, accept: bool) -> Outcome:
        path = f"/api/v3/posts/queue/{segment(order.item.target)}"
        body = {} if accept or not order.reason else {"message": order.reason}
        method = "POST" if accept else "DELETE"
        entry, may_decide = await self._reader.queued(order.item.target)
        if entry is None:
            why = "Somebody has already decided it." if may_decide else "This token may not decide queued posts."
            return Outcome(OutcomeKind.GONE if may_decide else OutcomeKind.REFUSED, why)
        return await self._sent(order, self._wire.write(method, path, body))

    async def _close_flags(self, order: Order) -> Outcome:
        if order.item.type is TargetType.QUEUED:
            # A queued post has no flag at the forum: "no violation" lets it through, a measure has settled it already.
            accept = order.flag_state == FlagState.REJECTED
            return await self._queued(order, accept=True) if accept else Outcome(OutcomeKind.ALREADY)
        if order.flag_state not in set(FlagState):
            return refused(f"NodeBB has no flag state '{order.flag_state}'.")
        outcomes = [await self._close_flag(order, flag) for flag in order.flags]
        return together(outcomes) if outcomes else Outcome(OutcomeKind.ALREADY, "There is no flag to close.")

    async def _close_flag(self, order: Order, flag: str) -> Outcome:
        detail = await self._reader.flag(flag)
        if detail is None:
            return Outcome(OutcomeKind.GONE, "The flag is no longer there.")
        if detail.state == order.flag_state:
            return Outcome(OutcomeKind.ALREADY, by=detail.closed_by)
        body = {"state": order.flag_state}
        return await self._sent(order, self._wire.write("PUT", f"/api/v3/flags/{segment(flag)}", body))

    async def _notice(self, order: Order) -> Outcome:
        """Send what is not yet in a room with that account. A notice too long for one message goes as several."""
        if not order.account.isdigit():
            return refused("Nobody is named to whom it should go.")
        text = order.text or order.reason
        if not text.strip():
            return refused("The notice has no text.")
        parts = await self._chats.parts(text, order.case)
        todo = await self._chats.missing(order.account, order.case, parts)
        if not todo:
            return Outcome(OutcomeKind.ALREADY)
        room = await self._chats.room_with(order.account)
        if not room:
            answer: list[Answer] = []
            made = await self._sent(order, self._chats.open_room(order.account), answer)
            room = ident_or_empty(payload(answer[0]), "roomId") if made.kind is OutcomeKind.DONE else ""
            if not room and made.kind is OutcomeKind.DONE:
                return Outcome(OutcomeKind.UNKNOWN, "The forum made a room and did not say which.")
            if not room:
                gone = (await self._reader.person(order.account, Look())).gone
                return Outcome(OutcomeKind.GONE, made.words, status=made.status) if gone else made
        outcome = Outcome(OutcomeKind.DONE)
        for part in todo:
            outcome = await self._sent(order, self._chats.send(room, part))
            if outcome.kind is not OutcomeKind.DONE:
                break
        return outcome

    async def _checked(self, order: Order, send: Callable[[], Awaitable[Answer]]) -> Outcome:
        """Look first, send only where the effect is absent."""
        before = await self._readbacks.read_back(order)
        if before.effect is Effect.PRESENT:
            return Outcome(OutcomeKind.ALREADY, before.words, before.by)
        if before.effect is Effect.GONE:
            return Outcome(OutcomeKind.GONE, before.words or "The forum has it no more, or hides it from us.")
        return await self._sent(order, send())

    async def _sent(self, order: Order, sending: Awaitable[Answer], keep: list[Answer] | None = None) -> Outcome:
        """Turn one write's answer, or its absence, into an outcome."""
        try:
            answer = await sending
        except ForumUnreachable as problem:
            if not problem.sent:
                raise
            return Outcome(OutcomeKind.UNKNOWN, problem.why)
        except BadAnswer as problem:
            # Something answered, but not the forum's own words: it may or may not have acted.
            return Outcome(OutcomeKind.UNKNOWN, f"{problem.what} {problem.why}".strip())
        if keep is not None:
            keep.append(answer)
        if answer.ok:
            return Outcome(OutcomeKind.DONE, status=answer.status)
        if answer.status >= 500:
            return Outcome(OutcomeKind.UNKNOWN, words(answer), status=answer.status)
        return await self._refusal(order, answer)

    async def _refusal(self, order: Order, answer: Answer) -> Outcome:
        """What a 4xx meant: the thing is read again, its sentence is only passed on."""
        said, status = words(answer), answer.status
        if status == 403:
            await self._reader.still_welcome(said)
        now = await self._readbacks.read_back(order)
        if now.effect is Effect.PRESENT:
            return Outcome(OutcomeKind.ALREADY, said, now.by, status=status)
        if now.effect is Effect.GONE:
            return Outcome(OutcomeKind.GONE, said, status=status)
        return Outcome(OutcomeKind.REFUSED, said or f"The forum refused it (status {status}).", status=status)

    def _ahead(self, until: datetime) -> bool:
        """Whether a moment is still to come, by the server's clock."""
        return until > self._reader.clock.now() + timedelta(milliseconds=self._wire.offset_ms)


def refused(why: str) -> Outcome:
    """An outcome for what was not even sent, in our words."""
    return Outcome(OutcomeKind.REFUSED, why)


def together(outcomes: list[Outcome]) -> Outcome:
    """One outcome for several calls: what is least certain wins, then what failed; done beats already so."""
    worst = min(outcomes, key=lambda outcome: _WORST_FIRST.index(outcome.kind))
    said = "; ".join(dict.fromkeys(outcome.words for outcome in outcomes if outcome.words))
    return Outcome(
        worst.kind, said if worst.kind is not OutcomeKind.DONE else worst.words, worst.by, worst.until, worst.status
    )
