"""A desk with contents for the tests of backup and restore, and a way to ask a desk for all it holds."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.store.vault_parts import Desk, found

from modstation.models.ids import BlobId
from modstation.store.blobs import Sealer, load_blobs, store_blobs
from modstation.store.keyslots import Keys
from modstation.store.migrate import migrate
from modstation.store.sqlcipher import Connection, open_store


@dataclass(frozen=True, slots=True)
class Pair:
    """The two files of a desk, open."""

    store: Connection
    keys: Connection
    sealer: Sealer

    def put(self, number: int, text: bytes) -> None:
        """Seal a text, the data key committed before the text as the store does."""
        sealed = self.sealer.seal(BlobId(number), text)
        for connection in (self.keys, self.store):
            connection.execute("BEGIN IMMEDIATE")
        store_blobs(self.store, self.keys, [sealed])
        self.keys.execute("COMMIT")
        self.store.execute("COMMIT")

    def put_media(self, number: int, url_hash: str, data: bytes, *, sha256: str = "", blocked: str = "") -> None:
        """Seal a media file and note where it came from."""
        self.put(number, data)
        self.store.execute(
            "INSERT INTO media (item, url_hash, blob, sha256, blocked) VALUES (?, ?, ?, ?, ?)",
            (1, url_hash, number, sha256, blocked),
        )

    def texts(self) -> dict[int, bytes]:
        """Every text that can be opened."""
        numbers = [row[0] for row in self.store.execute("SELECT id FROM blob")]
        return {blob: plain for blob, (plain, _) in load_blobs(self.store, self.keys, self.sealer, numbers).items()}

    def close(self) -> None:
        """Close both files."""
        self.store.close()
        self.keys.close()


def pair(folder: Path, keys: Keys) -> Pair:
    """The two files of a desk, brought to the newest format."""
    store, keyfile = open_store(folder / "store.db", keys.store_key), open_store(folder / "keys.db", keys.keyfile_key)
    migrate(keyfile, "keys_")
    migrate(store)
    return Pair(store, keyfile, Sealer(keys.classes))


def texts_in(folder: Path, keys: Keys) -> dict[int, bytes]:
    """Every text of a desk."""
    with closing(pair(folder, keys)) as opened:
        return opened.texts()


def filled(folder: Path, texts: int = 40) -> Desk:
    """A desk with sealed texts."""
    desk = found(folder)
    with closing(pair(folder, desk.ada.keys)) as opened:
        for number in range(1, texts + 1):
            opened.put(number, text(number))
    return desk


def text(number: int) -> bytes:
    """The text of a number."""
    return f"text {number} of this desk, 第{number}条".encode() * 20
