"""What the doctor asks of the machine: Python, Qt's traps and libraries, fonts, SQLCipher, the keyring.

Qt is never imported here: without a library that it needs it ends the whole program.
"""

from __future__ import annotations

import importlib.metadata
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from modstation.models.errors import ModStationError

OLDEST_PYTHON = (3, 11)
_LIMIT_SECONDS = 20
_KEYRING_SECONDS = 5.0
#: Libraries that PySide6 needs on Linux and the Debian package of each; on Debian 12 nothing else was missing.
_OFFSCREEN = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
_SCREEN = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the doctor looked at: whether it is well, what was found, and how to mend it ("" where it is well)."""

    ok: bool
    what: str
    how_to_mend: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts that the rules below judge; `look` fills them in.

    `qt` is the version of PySide6, "" where it is not installed. `libraries` are the names known to the linker, and
    `chinese_fonts` the families for Simplified Chinese; None where the machine cannot be asked.
    """

    platform: str
    python: tuple[int, int, int]
    qt: str
    libraries: frozenset[str] | None
    chinese_fonts: tuple[str, ...] | None


def look() -> Machine:
    """The facts of this machine."""
    version = sys.version_info
    return Machine(
        sys.platform, (version.major, version.minor, version.micro), _installed("PySide6-Essentials"), _libraries(),
        _chinese_fonts(),
    )  # fmt: skip


def python(machine: Machine) -> Finding:
    """Whether Python is new enough."""
    spelled = ".".join(str(part) for part in machine.python)
    if machine.python >= OLDEST_PYTHON:
        return Finding(True, f"Python {spelled}.")
    return Finding(False, f"Python {spelled} is too old.", "Install Python 3.11 or newer, then run 'make setup'.")


def qt(machine: Machine) -> Finding:
    """Whether the window's toolkit is there, and not the version that ends any program on Python 3.11."""
    if not machine.qt:
        return Finding(False, "PySide6 is not installed: there is no window.", "Run 'make setup'.")
    if _numbers(machine.qt) >= (6, 12) and machine.python[:2] == (3, 11):
        return Finding(
            False,
            f"PySide6 {machine.qt} on Python 3.11 drops references until the program is aborted.",
            "Install a PySide6-Essentials older than 6.12, or use Python 3.12 or newer.",
        )
    return Finding(True, f"PySide6 {machine.qt}.")


def libraries(machine: Machine) -> Finding:
    """Whether the system has the libraries that Qt opens; the window would end without a word otherwise."""
    if not machine.platform.startswith("linux"):
        return Finding(True, "The window needs no further libraries on this system.")
    if machine.libraries is None:
        return Finding(False, "The system's libraries cannot be listed.", "Install ldconfig (Debian: libc-bin).")
    missing = {name: package for name, package in (_OFFSCREEN | _SCREEN).items() if name not in machine.libraries}
    if not missing:
        return Finding(True, f"All {len(_OFFSCREEN | _SCREEN)} libraries of the window are there.")
    packages = " ".join(sorted(set(missing.values())))
    return Finding(False, f"Libraries are missing: {', '.join(sorted(missing))}.", f"apt-get install {packages}")


def chinese_font(machine: Machine) -> Finding:
    """Whether Chinese text is drawn; without a font each sign is an empty box, and no error."""
    if not machine.platform.startswith("linux"):
        return Finding(True, "This system brings Chinese fonts.")
    if machine.chinese_fonts is None:
        return Finding(False, "The fonts cannot be listed.", "apt-get install fontconfig fonts-noto-cjk")
    if not machine.chinese_fonts:
        return Finding(False, "There is no Chinese font: its text shows as boxes.", "apt-get install fonts-noto-cjk")
    return Finding(True, f"Chinese text is drawn with {machine.chinese_fonts[0]}.")


def cipher() -> Finding:
    """Whether SQLCipher is the one the desk asks for: tried on a file, not asked."""
    from .sqlcipher import open_store

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "trial.db"
        with closing(open_store(path, secrets.token_bytes(48))) as connection:
            connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text, content = '', contentless_delete = 1)")
            version = connection.execute("PRAGMA cipher_version").fetchone()[0]
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        encrypted = not path.read_bytes().startswith(b"SQLite format 3")
    if encrypted:
        return Finding(True, f"SQLCipher {version} encrypts and has full-text search.")
    return Finding(False, "SQLCipher wrote a file in the clear.", "Run 'make setup' again; open no desk before.")


def keyring() -> Finding:
    """Whether a system keyring may remember a secret. None is a normal state."""
    from .system_keyring import SystemKeyring

    state = SystemKeyring(_KEYRING_SECONDS).state()
    if state.usable:
        return Finding(True, f"A system keyring answers ({state.backend.split('.')[-2]}).")
    return Finding(True, f"{state.why} The passphrase is asked for each time.")


def guarded(name: str, check: Callable[[], Finding]) -> Finding:
    """One check whose own failure is a finding too: the doctor never falls ill."""
    try:
        found = check()
    except ModStationError as error:
        found = Finding(False, " ".join(part for part in (error.what, error.why) if part), error.next_step)
    except Exception as error:
        found = Finding(False, f"{type(error).__name__}: {error}", "Run 'make setup' again.")
    return Finding(found.ok, found.what, found.how_to_mend, name)


def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _libraries() -> frozenset[str] | None:
    # ldconfig lives where an ordinary person's PATH does not reach.
    program = shutil.which("ldconfig") or shutil.which("ldconfig", path="/sbin:/usr/sbin")
    lines = _output([program, "-p"]) if program else None
    return None if lines is None else frozenset(line.split()[0] for line in lines if "=>" in line)


def _chinese_fonts() -> tuple[str, ...] | None:
    program = shutil.which("fc-list")
    lines = _output([program, ":lang=zh-cn", "family"]) if program else None
    return None if lines is None else tuple(sorted({line.split(",")[0] for line in lines if line}))


def _output(command: list[str]) -> list[str] | None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LIMIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return [line.strip() for line in done.stdout.decode("utf-8", "replace").splitlines()]
