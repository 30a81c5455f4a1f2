"""The open vault: one writer, many readers, two encrypted files that change together."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from modstation.models.errors import BadInput, DiskFull
from modstation.models.ids import DeskId
from modstation.models.time import Clock

from .blobs import Sealer, load_blobs, unpack
from .events import Pen, Signer
from .keyslots import Keys
from .locking import PriorityLock
from .migrate import migrate
from .sqlcipher import Connection, DatabaseError, explain, open_store
from .transaction import Transaction
from .trust import Trust

STORE_FILE = "store.db"
KEYS_FILE = "keys.db"

#: How often, at most, the disk is asked for room before a write (seconds).
ROOM_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Reader:
    """A pair of connections that only read, and the keys to open blobs."""

    db: Connection
    keys: Connection
    sealer: Sealer = field(repr=False)

    def texts(self, numbers: list[int]) -> dict[int, object]:
        """Sealed JSON values by blob number; erased ones are left out."""
        opened = load_blobs(self.db, self.keys, self.sealer, numbers)
        return {blob: unpack(plain) for blob, (plain, _) in opened.items()}


class Store:
    """An open desk on disk. Thread-safe. Close it when done.

    Raises ForeignFile, DamagedFile, NewerFormat or DiskFull when it cannot be opened.
    """

    def __init__(
        self, folder: Path, keys: Keys, desk: DeskId, clock: Clock, session: str, room: Callable[[], str] = str
    ) -> None:
        self.folder = folder
        self.desk = desk
        self.desk_pen = Pen(desk, keys.desk_key_id, keys.desk_signing, session, Signer.DESK)
        self.clock = clock
        self.sealer = Sealer(keys.classes)
        self._key, self._keyfile_key = keys.store_key, keys.keyfile_key
        self._lock = PriorityLock()
        self._idle: queue.LifoQueue[Reader] = queue.LifoQueue()
        self._db, self._keys = self._open_pair(read_only=False)
        try:
            migrate(self._keys, "keys_")
            migrate(self._db)
        except DatabaseError as error:
            raise explain(error, folder / STORE_FILE) from error
        self._closed = False
        self._blobs = _BlobNumbers(self._db)
        self._trust = Trust()
        self.read_only = ""
        self._room = room
        self._asked = float("-inf")
        self._guard = threading.Lock()

    def _open_pair(self, read_only: bool) -> tuple[Connection, Connection]:
        keys = open_store(self.folder / KEYS_FILE, self._keyfile_key, read_only=read_only)
        return open_store(self.folder / STORE_FILE, self._key, read_only=read_only), keys

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """A reader for the time of a block. Its reads see one moment where they are wrapped in a transaction."""
        try:
            reader = self._idle.get_nowait()
        except queue.Empty:
            db, keys = self._open_pair(read_only=True)
            reader = Reader(db, keys, self.sealer)
        try:
            yield reader
        except UnicodeEncodeError as error:
            raise BadInput("That text holds half a character and can name nothing here.") from error
        except DatabaseError as error:
            raise explain(error, self.folder / STORE_FILE) from error
        finally:
            if self._closed:
                reader.db.close()
                reader.keys.close()
            else:
                self._idle.put(reader)

    @contextmanager
    def writing(self, *, person: bool = True) -> Iterator[Transaction]:
        """One transaction over both files. A person's is on disk when the block ends; a pull's with the next one.

        Everything is rolled back when the block raises. The file of keys is committed first: a crash between the two
        leaves keys that open nothing, never a text without a key.
        """
        self._look_for_room()
        if self.read_only:
            raise DiskFull(self.read_only, "", "Free some space; the desk goes on by itself.")
        with self._lock.hold(person):
            level = "FULL" if person else "NORMAL"
            try:
                for connection in (self._keys, self._db):
                    connection.execute(f"PRAGMA synchronous = {level}")
                    connection.execute("BEGIN IMMEDIATE")
                transaction = Transaction(
                    self._db, self._keys, self.sealer, self.clock, self._blobs.take, self.desk, self.desk_pen,
                    self._trust,
                )  # fmt: skip
                yield transaction
                transaction.finish()
                self._keys.execute("COMMIT")
                self._db.execute("COMMIT")
            except BaseException as error:
                self._blobs.forget()
                for connection in (self._keys, self._db):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                if isinstance(error, DatabaseError):
                    raise explain(error, self.folder / STORE_FILE) from error
                if isinstance(error, UnicodeEncodeError):
                    raise BadInput("That text holds half a character and can name nothing here.") from error
                raise

    def _look_for_room(self) -> None:
        now = time.monotonic()
        if now - self._asked > ROOM_SECONDS:
            self._asked, self.read_only = now, self._room()

    def reserve(self, count: int) -> int:
        """Numbers for blobs that are sealed outside a transaction; the first of `count`."""
        with self._lock.hold(False):
            try:
                return self._blobs.take(count)
            except DatabaseError as error:
                self._blobs.forget()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise explain(error, self.folder / STORE_FILE) from error

    def checkpoint(self) -> None:
        """Move what was committed from the write-ahead log into the file."""
        with self._lock.hold(False):
            for connection in (self._keys, self._db):
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def exclusive(self) -> _Exclusive:
        """The writer's own connections with nobody else writing, for rebuild and backup."""
        return _Exclusive(self._lock, self._db, self._keys)

    def close(self) -> None:
        """Close all connections. Safe to call twice."""
        with self._lock.hold(True):
            if self._closed:
                return
            self._closed = True
            while not self._idle.empty():
                reader = self._idle.get_nowait()
                reader.db.close()
                reader.keys.close()
            self._db.close()
            self._keys.close()


class _Exclusive:
    """Holds the writer lock and hands out the writer's connections."""

    def __init__(self, lock: PriorityLock, db: Connection, keys: Connection) -> None:
        self._hold = lock.hold(True)
        self._pair = (db, keys)

    def __enter__(self) -> tuple[Connection, Connection]:
        self._hold.__enter__()
        return self._pair

    def __exit__(self, *details: object) -> None:
        self._hold.__exit__(None, None, None)


class _BlobNumbers:
    """Hands out blob numbers in ranges, so that two processes on one file never seal under the same number."""

    RANGE = 4096

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._next = self._end = 0

    def forget(self) -> None:
        """Hand out nothing more of the present range: the transaction that reserved it may be rolled back."""
        self._next = self._end = 0

    def take(self, count: int) -> int:
        """The first of `count` numbers nobody else will get. Call with the writer lock held."""
        if self._end - self._next < count:
            size = max(count, self.RANGE)
            inside = self._db.in_transaction
            if not inside:
                self._db.execute("BEGIN IMMEDIATE")
            row = self._db.execute(
                "INSERT INTO meta (name, value) VALUES ('next_blob', ?) ON CONFLICT (name)"
                " DO UPDATE SET value = CAST(value AS INTEGER) + ? RETURNING CAST(value AS INTEGER)",
                (str(1 + size), size),
            ).fetchone()
            if not inside:
                self._db.execute("COMMIT")
            self._end = row[0]
            self._next = self._end - size
        first = self._next
        self._next += count
        return first
