"""Claims at the forum: a flag's assignee. There is no lock, the last writer wins, so every claim is read back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from modstation.models.errors import AskedToWait, BadAnswer, ForumUnreachable
from modstation.models.measures import Outcome, OutcomeKind
from modstation.sync.forums.nodebb.acting import refused, together
from modstation.sync.forums.nodebb.reader import Reader
from modstation.sync.forums.nodebb.shapes import FlagDetail
from modstation.sync.forums.nodebb.wire import segment, words


class Claims:
    """Sets and takes away the assignee of flags. Nobody else's claim is ever overwritten knowingly."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._wire = reader, reader.wire

    async def claim(self, flags: tuple[str, ...]) -> Outcome:
        """Make the token's account the assignee. ALREADY with `by` where somebody else has it or was faster."""
        return await self._each(flags, self._claim)

    async def release(self, flags: tuple[str, ...]) -> Outcome:
        """Take our mark away; somebody else's stays."""
        return await self._each(flags, self._release)

    async def _each(self, flags: tuple[str, ...], act: Callable[[str], Awaitable[Outcome]]) -> Outcome:
        # Queued posts have no flag that could be claimed; their ids are no numbers.
        numbered = [flag for flag in flags if flag.isdigit()]
        try:
            outcomes = [await act(flag) for flag in numbered]
        except AskedToWait as pause:
            return Outcome(OutcomeKind.LATER, pause.what, until=pause.until)
        return together(outcomes) if outcomes else Outcome(OutcomeKind.ALREADY, "There is no flag to claim.")

    async def _claim(self, flag: str) -> Outcome:
        me, detail = await self._reader.myself(), await self._reader.flag(flag)
        if detail is None:
            return Outcome(OutcomeKind.GONE, "The flag is no longer there.")
        if detail.assignee:
            return Outcome(OutcomeKind.ALREADY, by=_holder(detail))
        # As a text: the same assignee sent as a number writes a second history entry.
        return await self._set(flag, me.uid, me.uid)

    async def _release(self, flag: str) -> Outcome:
        me, detail = await self._reader.myself(), await self._reader.flag(flag)
        if detail is None:
            return Outcome(OutcomeKind.GONE, "The flag is no longer there.")
        if detail.assignee != me.uid:
            return Outcome(OutcomeKind.ALREADY, by=_holder(detail))
        return await self._set(flag, "", "")

    async def _set(self, flag: str, assignee: str, wanted: str) -> Outcome:
        try:
            answer = await self._wire.write("PUT", f"/api/v3/flags/{segment(flag)}", {"assignee": assignee})
        except ForumUnreachable as problem:
            if not problem.sent:
                raise
            return Outcome(OutcomeKind.UNKNOWN, problem.why)
        except BadAnswer as problem:
            return Outcome(OutcomeKind.UNKNOWN, f"{problem.what} {problem.why}")
        if answer.status in (400, 403, 404):
            return Outcome(OutcomeKind.REFUSED, words(answer), status=answer.status)
        now = await self._reader.flag(flag)
        if now is not None and now.assignee == wanted:
            return Outcome(OutcomeKind.DONE, status=answer.status)
        if now is not None and now.assignee:
            return Outcome(OutcomeKind.ALREADY, by=_holder(now), status=answer.status)
        return refused("The forum took the claim and did not keep it; the account may not be assigned flags.")


def _holder(detail: FlagDetail) -> str:
    return detail.assignee_name or detail.assignee
