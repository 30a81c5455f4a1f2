"""The very bytes of rule packs, kept sealed under their hash: what a decision names can be loaded again years later."""

from __future__ import annotations

import tempfile
import threading
import tomllib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from modstation.models.errors import BadInput, DamagedFile, NotFound
from modstation.screening import Pack, Screener
from modstation.screening.lint import check
from modstation.screening.packfile import Finding, Level, Reading, load_pack
from modstation.screening.screener import DEFAULT_PACKS
from modstation.store.blobs import pack as seal_pack
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader
from modstation.store.transaction import Transaction

#: A pack and its lists may not be larger (bytes): 150,000 terms of forty letters and some room.
MOST_BYTES = 16 << 20

#: So many errors of a file are told at once.
MOST_TOLD = 20

#: Compiled sets and loaded packs kept in memory. Two sets are in use while a draft is rehearsed against another.
_KEPT = 6


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack as files: the name of its TOML and every file by name, as text."""

    name: str
    files: Mapping[str, str]

    def values(self) -> dict[str, Any]:
        """For sealing."""
        return {"name": self.name, "files": dict(self.files)}


def collect(path: Path) -> PackFiles:
    """A pack file and the lists it names beside it. Raises BadInput where one cannot be read or is no text."""
    text = _read(path)
    found = {path.name: text}
    for name in _lists(text):
        if PurePosixPath(name).name == name == PureWindowsPath(name).name and (path.parent / name).is_file():
            found[name] = _read(path.parent / name)
    return PackFiles(path.name, found)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path.name} is too large for a rule pack.", f"At most {MOST_BYTES:,} bytes are taken.")
        raw = path.read_bytes()
        return raw.decode("utf-8")
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read.", str(error.strerror or error), "Check the path.") from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInput(f"{path.name}:{line}: not UTF-8.", "", "Save the file as UTF-8.") from error


def _lists(text: str) -> list[str]:
    """Names of the term lists a pack asks for; none where the file is no TOML, which the check will tell."""
    try:
        rules = tomllib.loads(text).get("rule", ())
    except tomllib.TOMLDecodeError:
        return []
    tables = rules if isinstance(rules, list) else ()
    return [each["list"] for each in tables if isinstance(each, dict) and isinstance(each.get("list"), str)]


@contextmanager
def unpacked(pack: PackFiles) -> Iterator[Path]:
    """The files in a folder that only this person can read, for as long as the block runs; the path of the TOML."""
    with tempfile.TemporaryDirectory(prefix="modstation-pack-") as folder:
        for name, text in pack.files.items():
            (Path(folder) / name).write_bytes(text.encode("utf-8"))
        yield Path(folder) / pack.name


def checked(pack: PackFiles) -> Reading:
    """Lint and examples of a pack, told by the names of its files."""
    with unpacked(pack) as path:
        reading = check(path)
    plain = tuple(Finding(Path(each.file).name, each.line, each.level, each.message) for each in reading.findings)
    return Reading(reading.pack, plain)


def usable(pack: PackFiles) -> tuple[Pack, tuple[str, ...]]:
    """The pack and its warnings. Raises BadInput with file and line of each error; what is active stays on."""
    reading = checked(pack)
    if reading.pack is None:
        told = "\n".join(str(each) for each in reading.errors[:MOST_TOLD])
        raise BadInput(f"The rule pack {pack.name} was not taken.", told, "Mend the file; the old pack stays on.")
    return reading.pack, tuple(str(each) for each in reading.findings if each.level is Level.WARNING)


# ---------------------------------------------------------------------------------- what ships
@cache
def shipped() -> Mapping[str, tuple[Pack, PackFiles]]:
    """The packs that ship, by hash; read once a process."""
    with as_file(files("modstation.resources") / "packs") as folder:
        paths = [Path(folder) / f"{name}.toml" for name in DEFAULT_PACKS]
        found = [(load_pack(path), collect(path)) for path in paths]
    return {pack.hash: (pack, held) for pack, held in found}


# ---------------------------------------------------------------------------------- what is stored
def _name(hash_: str) -> str:
    return f"pack:{hash_}"


def keep(tx: Transaction, hash_: str, pack: PackFiles) -> None:
    """Store the bytes of a pack under its hash, once."""
    if tx.db.execute("SELECT 1 FROM secret WHERE name = ?", (_name(hash_),)).fetchone() is None:
        sealed = tx.seal(seal_pack(pack.values()))
        tx.db.execute("INSERT INTO secret (name, blob) VALUES (?, ?)", (_name(hash_), sealed.id))


def kept(db: Connection, hash_: str) -> bool:
    """Whether the bytes of that pack are stored."""
    return db.execute("SELECT 1 FROM secret WHERE name = ?", (_name(hash_),)).fetchone() is not None


def stored(reader: Reader, hash_: str) -> PackFiles:
    """The bytes of a pack by its hash, stored or shipped. Raises NotFound."""
    row = reader.db.execute("SELECT blob FROM secret WHERE name = ?", (_name(hash_),)).fetchone()
    value: Any = reader.texts([row[0]]).get(row[0]) if row else None
    if value is not None:
        return PackFiles(value["name"], value["files"])
    if hash_ in shipped():
        return shipped()[hash_][1]
    raise NotFound(f"The rule pack {hash_[:16]} is not kept here.", "Its retention class has ended, or it never was.")


def loaded(reader: Reader, hash_: str) -> Pack:
    """A stored pack, ready to compile. Raises NotFound, and DamagedFile where the bytes are not those of the hash."""
    found = _PACKS.get((hash_,))
    if found is None:
        with unpacked(stored(reader, hash_)) as path:
            found = load_pack(path)
        if found.hash != hash_:
            raise DamagedFile(f"The rule pack stored as {hash_[:16]} is another one.", "", "Restore a backup.")
        _PACKS.put((hash_,), found)
    assert isinstance(found, Pack)
    return found


def screener_of(reader: Reader, hashes: Sequence[str]) -> Screener:
    """A compiled set of packs by hash; the newest few are kept in memory. Raises NotFound where one is gone."""
    key = tuple(hashes)
    found = _SCREENERS.get(key)
    if found is None:
        found = Screener([loaded(reader, each) for each in key])
        _SCREENERS.put(key, found)
    assert isinstance(found, Screener)
    return found


class _Newest:
    """A few values by key, the least lately used one goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[tuple[str, ...], object] = OrderedDict()

    def get(self, key: tuple[str, ...]) -> object:
        """The value, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: tuple[str, ...], value: object) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def forget(self) -> None:
        """Drop everything, as a new process would."""
        with self._lock:
            self._values.clear()


_PACKS = _Newest(64)
_SCREENERS = _Newest(_KEPT)
