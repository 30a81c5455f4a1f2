"""Claims at the forum: a flag's assignee. There is no lock, the last writer wins, so every claim is read back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from modstation.models.errors import AskedToWait, BadAnswer, ForumUnreachable
from modstation.models.measures import Outcome, OutcomeKind
from modstation.sync.forums.narrow import Obj, ident_or_empty, obj_or_empty, rows_or_empty, text_or_empty
from modstation.sync.forums.nodebb.acting import refused, together
from modstation.sync.forums.nodebb.reader import Reader
from modstation.sync.forums.nodebb.shapes import FlagDetail
from modstation.sync.forums.nodebb.wire import segment, words
from modstation.sync.http import Answer


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

    async def note(self, flags: tuple[str, ...], text: str) -> Outcome:
        """Leave a note on each flag for colleagues at the forum; one that already stands there is not written twice."""
        if not text.strip():
            return refused("A note without text would be stored as nothing.")
        return await self._each(flags, lambda flag: self._note(flag, text))

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

    async def _note(self, flag: str, text: str) -> Outcome:
        body = await self._reader.thing(f"/api/flags/{segment(flag)}")
        if body is None:
            return Outcome(OutcomeKind.GONE, "The flag is no longer there.")
        notes = [obj_or_empty(row) for row in rows_or_empty(body.get("notes"))]
        me = (await self._reader.myself()).uid
        if any(ident_or_empty(note, "uid") == me and text_or_empty(note, "content") == text for note in notes):
            return Outcome(OutcomeKind.ALREADY)
        answer = await self._written("POST", f"/api/v3/flags/{segment(flag)}/notes", {"note": text})
        if isinstance(answer, Outcome):
            return answer
        return Outcome(OutcomeKind.DONE if answer.ok else OutcomeKind.REFUSED, words(answer), status=answer.status)

    async def _written(self, method: str, path: str, body: Obj) -> Answer | Outcome:
        """The answer to one write, or UNKNOWN where something was sent and nothing usable came back."""
        try:
            return await self._wire.write(method, path, body)
        except ForumUnreachable as problem:
            if not problem.sent:
                raise
            return Outcome(OutcomeKind.UNKNOWN, problem.why)
        except BadAnswer as problem:
            return Outcome(OutcomeKind.UNKNOWN, f"{problem.what} {problem.why}")

    async def _set(self, flag: str, assignee: str, wanted: str) -> Outcome:
        answer = await self._written("PUT", f"/api/v3/flags/{segment(flag)}", {"assignee": assignee})
        if isinstance(answer, Outcome):
            return answer
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
