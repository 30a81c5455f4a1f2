"""Compiled engines and word tables on disk, by the hash of what they were made from.

The files are of the program's own making and are read as such: the folder must belong to this person and nobody else
may write in it, or nothing is read. A file that was cut off or changed is passed over and made anew.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from modstation.screening.engine import Engine, Term
from modstation.screening.english import EnglishWords, english
from modstation.screening.han import HanWords, han
from modstation.screening.readings import Readings, readings
from modstation.screening.tables import resource
from modstation.screening.tiers import Tier

FORMAT: Final = b"modstation-screening-1\n"
_TABLES: Final = (
    "fold.npz",
    "readings.tsv.gz",
    "components.tsv.gz",
    "han_words.tsv.gz",
    "en_words.txt.gz",
    "en_common.txt.gz",
)


def fingerprint() -> bytes:
    """What the shipped tables and this format are, so that a new version makes its own files."""
    digest = hashlib.sha256(FORMAT)
    for name in _TABLES:
        digest.update(resource(name))
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    return digest.digest()


def private(folder: Path) -> bool:
    """Whether a folder is this person's own and closed to others."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


class EngineCache:
    """Engines kept in a folder, which is made with rights for its owner alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._stamp = fingerprint()

    def engine(self, terms: Sequence[Term]) -> Engine:
        """The compiled engine of these terms, from disk where it is there."""
        self.load_words()
        digest = hashlib.sha256(self._stamp)
        kinds: dict[tuple[str, frozenset[Tier]], str] = {}
        for term in terms:
            known = kinds.get((term.boundary, term.tiers))
            if known is None:
                known = kinds[term.boundary, term.tiers] = f"{term.boundary} {sorted(term.tiers)}"
            digest.update(f"{term.text}\0{term.lang}\0{known}\n".encode("utf-8", "surrogatepass"))
        name = f"engine-{digest.hexdigest()}"
        found = self._read(name)
        if isinstance(found, Engine):
            return found
        made = Engine(terms)
        self._write(name, made)
        return made

    def load_words(self) -> None:
        """Put the word tables in place, from disk where they are there."""
        name = f"words-{self._stamp.hex()}"
        found = self._read(name)
        match found:
            case (HanWords() as chinese, EnglishWords() as words, Readings() as sounds):
                han.put(chinese)
                english.put(words)
                readings.put(sounds)
            case _:
                self._write(name, (han(), english(), readings()))

    def _read(self, name: str) -> object:
        if not private(self._folder):
            return None
        try:
            raw = (self._folder / name).read_bytes()
        except OSError:
            return None
        head, digest, body = (
            raw[: len(FORMAT)],
            raw[len(FORMAT) : len(FORMAT) + 32],
            memoryview(raw)[len(FORMAT) + 32 :],
        )
        if head != FORMAT or hashlib.sha256(body).digest() != digest:
            return None
        # Millions of small objects come to life here; looking for garbage among them doubles the time.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return pickle.loads(body)
        finally:
            if collecting:
                gc.enable()

    def _write(self, name: str, made: object) -> None:
        if not private(self._folder):
            return
        body = pickle.dumps(made, protocol=5)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as out:
            out.write(FORMAT + hashlib.sha256(body).digest() + body)
        Path(out.name).replace(self._folder / name)
