"""Signatures are looked at before a row counts, on the everyday path too and not only when somebody verifies."""

from __future__ import annotations

from modstation.models.errors import DamagedFile

from .events import KINDS, Signer
from .sqlcipher import Connection
from .verify import KEY_ROWS, KeyBook, events

_KEY_ROWS = (
    "WHERE subject = '' AND kind <> 'pull.page' AND kind IN (" + ", ".join(f"'{kind}'" for kind in KEY_ROWS) + ")"
)


class Trust:
    """What this process has checked already: each row once. Use it with the writer lock held."""

    def __init__(self) -> None:
        self._checked: set[int] = set()
        self._book = KeyBook()
        self._read = 0

    def check(self, db: Connection, case: str, own: set[int]) -> None:
        """Check all rows of a case but `own`, which the running transaction wrote itself.

        Raises DamagedFile for a row that was altered, is not signed by its actor, or is not its actor's to write.
        """
        for event in events(db, "WHERE subject = ?", (case,)):
            if event.id in self._checked or event.id in own:
                continue
            kind = KINDS.get((event.kind, event.kind_version))
            theirs = kind is None or (kind.signer is Signer.DESK) == (event.actor == event.desk)
            key = self._book.find(event) or self._look_up(db).find(event)
            if not theirs or key is None or event.hash != event.digest() or not event.signed_by(key):
                raise DamagedFile(
                    f"Row {event.desk_seq} of the journal ({event.kind}) is not signed by {event.actor}.",
                    "No honest desk writes that.",
                    "Nothing was taken over. Run 'modstation verify', and ask who had the key.",
                )
            self._checked.add(event.id)

    def _look_up(self, db: Connection) -> KeyBook:
        """The keys with all that were brought in since the last look."""
        for event in events(db, f"{_KEY_ROWS} AND id > ?", (self._read,)):
            self._book.take(event)
            self._read = event.id
        return self._book
