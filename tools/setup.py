"""Make this checkout ready: system libraries, a virtual environment from the lock file, ModStation itself.

    python3 tools/setup.py check|run|test

`check` needs the virtual environment alone, `run` also what Qt draws with and a Chinese font, `test` also a virtual
screen and a keyring to test against. What is there already is left alone; a stamp keyed by the hash of the lock files
makes the next call return at once. Root on a system with apt gets missing packages installed; everybody else gets the
one line to type. Standard library only, because nothing is installed yet when it runs.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCOPES = ("check", "run", "test")
LOCKS = ("requirements.lock", "tools/lock-build.txt")
TRIES = 3


@dataclass(frozen=True, slots=True)
class Want:
    """Something the system must have: how to look for it, and the Debian package that brings it.

    `kind` is "library" (a shared object), "program" (a command), "module" (of the Python that runs this) or "font".
    """

    kind: str
    name: str
    package: str


#: Found in a bare Debian 12 by adding packages until nothing was missing; Qt needs the first group even offscreen.
QT = (
    Want("library", "libglib-2.0.so.0", "libglib2.0-0"),
    Want("library", "libEGL.so.1", "libegl1"),
    Want("library", "libGL.so.1", "libgl1"),
    Want("library", "libX11.so.6", "libx11-6"),
    Want("library", "libdbus-1.so.3", "libdbus-1-3"),
    Want("library", "libfontconfig.so.1", "libfontconfig1"),
    Want("library", "libxkbcommon.so.0", "libxkbcommon0"),
)
SCREEN = (
    Want("library", "libX11-xcb.so.1", "libx11-xcb1"),
    Want("library", "libxcb-cursor.so.0", "libxcb-cursor0"),
    Want("library", "libxcb-icccm.so.4", "libxcb-icccm4"),
    Want("library", "libxcb-image.so.0", "libxcb-image0"),
    Want("library", "libxcb-keysyms.so.1", "libxcb-keysyms1"),
    Want("library", "libxcb-randr.so.0", "libxcb-randr0"),
    Want("library", "libxcb-render-util.so.0", "libxcb-render-util0"),
    Want("library", "libxcb-shape.so.0", "libxcb-shape0"),
    Want("library", "libxcb-xkb.so.1", "libxcb-xkb1"),
    Want("library", "libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    Want("library", "libwayland-client.so.0", "libwayland-client0"),
    Want("library", "libwayland-cursor.so.0", "libwayland-cursor0"),
    Want("font", "Chinese", "fonts-noto-cjk"),
)
TESTING = (
    Want("program", "Xvfb", "xvfb"),
    Want("program", "xauth", "xauth"),
    Want("program", "dbus-run-session", "dbus"),
    Want("program", "gnome-keyring-daemon", "gnome-keyring"),
    Want("program", "openssl", "openssl"),
    Want("program", "chromium", "chromium"),
)
#: Debian keeps the pip that a new virtual environment starts with in a package of its own.
VENV = (Want("module", "ensurepip", f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"),)

_CHINESE_FONT = re.compile(r"cjk|wqy|sourcehan|droidsansfallback|uming|ukai|msyh|simsun|simhei|pingfang", re.IGNORECASE)
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


class SetupFailed(Exception):
    """Set-up cannot go on; the text says what to do."""


def wants(scope: str) -> tuple[Want, ...]:
    """What a scope needs of the system. Qt's libraries and fonts are looked for on Linux alone."""
    if not sys.platform.startswith("linux"):
        return VENV
    return {"check": VENV, "run": VENV + QT + SCREEN, "test": VENV + QT + SCREEN + TESTING}[scope]


def has_library(name: str) -> bool:
    """Whether the loader finds this shared object."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_module(name: str) -> bool:
    """Whether this Python can import a module; asked in a process of its own, so that a fresh install is seen."""
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0


def has_chinese_font(folders: Iterable[str] = _FONT_FOLDERS) -> bool:
    """Whether a font file with Chinese characters lies in one of the usual folders, judged by its name."""
    files = (path for folder in folders for path in Path(folder).expanduser().rglob("*.[tToO][tT][fFcC]"))
    return any(_CHINESE_FONT.search(path.name) for path in files)


FINDERS: Mapping[str, Callable[[str], bool]] = {
    "library": has_library,
    "program": lambda name: shutil.which(name) is not None,
    "module": has_module,
    "font": lambda _name: has_chinese_font(),
}


def missing(wanted: Iterable[Want], finders: Mapping[str, Callable[[str], bool]] = FINDERS) -> list[Want]:
    """What is not there, in the order asked."""
    return [want for want in wanted if not finders[want.kind](want.name)]


def apt_line(lacking: Sequence[Want]) -> str:
    """The one command that brings what is missing."""
    return "sudo apt-get install --yes " + " ".join(dict.fromkeys(want.package for want in lacking))


def explanation(lacking: Sequence[Want], scope: str) -> str:
    """What to tell somebody who may not install, or whose system has no apt."""
    goal = f"make {scope}"
    if shutil.which("apt-get"):
        return f"Some system packages are missing. Type this line, then '{goal}' again:\n    {apt_line(lacking)}"
    names = "\n".join(f"    {want.name}  (Debian: {want.package})" for want in lacking)
    return f"These are missing. Install them with your system's package manager, then '{goal}' again:\n{names}"


def install_system(scope: str, environment: Mapping[str, str]) -> None:
    """Bring what the system lacks where this is allowed. Raises SetupFailed with the line to type where it is not."""
    lacking = missing(wants(scope))
    if not lacking or environment.get("SYSTEM") == "skip":
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SetupFailed(explanation(lacking, scope))
    packages = list(dict.fromkeys(want.package for want in lacking))
    say(f"Installing {len(packages)} system packages: {' '.join(packages)}")
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    quiet = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
    repeat([*apt, "update"], quiet)
    repeat([*apt, "install", "--yes", "--no-install-recommends", *packages], quiet)
    still = missing(lacking)
    if still:
        names = ", ".join(want.name for want in still)
        raise SetupFailed(f"Installed, but still not found: {names}. Is this system's architecture the usual one?")


def repeat(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Run a command that may fail because a network does: up to three times. Raises SetupFailed with its last words."""
    for attempt in range(1, TRIES + 1):
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode == 0:
            return
        if attempt < TRIES:
            say(f"That did not work, trying again ({attempt + 1} of {TRIES}).")
            time.sleep(2 * attempt)
    tail = "\n".join(done.stdout.strip().splitlines()[-15:])
    raise SetupFailed(f"This command failed: {shlex.join(command)}\n{tail}")


def python_of(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / "bin" / "python"


def works(venv: Path) -> bool:
    """Whether a virtual environment is there, has pip, and was not broken by a moved or upgraded interpreter."""
    try:
        asked = [str(python_of(venv)), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install_python(root: Path, venv: Path) -> None:
    """Create the virtual environment and install exactly what the lock files name, checked by hash, then ModStation."""
    if not works(venv):
        say(f"Creating {venv.name} with Python {sys.version.split()[0]}.")
        repeat([sys.executable, "-m", "venv", "--clear", str(venv)])
    pip = [str(python_of(venv)), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    say("Installing the packages of requirements.lock, checked by hash.")
    files = [part for name in LOCKS for part in ("--requirement", str(root / name))]
    repeat([*pip, "--require-hashes", *files])
    say("Installing ModStation itself.")
    repeat([*pip, "--no-deps", "--no-build-isolation", "--editable", str(root)])


def digest(root: Path, names: Iterable[str]) -> str:
    """What a stamp says: the place of the checkout and the bytes of the files that decide what gets installed."""
    seal = hashlib.sha256(os.fsencode(root))
    for name in names:
        seal.update(b"\0" + (root / name).read_bytes())
    return seal.hexdigest()


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file inside the virtual environment that says for which lock a step was done; it goes when that goes."""

    path: Path
    text: str

    def fresh(self) -> bool:
        """Whether the step was done for just this."""
        try:
            return self.path.read_text() == self.text
        except OSError:
            return False

    def write(self) -> None:
        """Say that it was done."""
        self.path.write_text(self.text)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """One set-up at a time: a second one waits for the first and then finds its stamp."""
    with (root / ".setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def set_up(scope: str, root: Path = ROOT, environment: Mapping[str, str] = os.environ) -> None:
    """Do what is not done yet. Raises SetupFailed."""
    venv = root / ".venv"
    packages = Stamp(venv / ".stamp-python", digest(root, (*LOCKS, "pyproject.toml")))
    system = Stamp(venv / f".stamp-system-{scope}", digest(root, ("tools/setup.py",)))
    if packages.fresh() and system.fresh():
        return
    with alone(root):
        if not system.fresh():
            install_system(scope, environment)
        if not packages.fresh():
            install_python(root, venv)
            packages.write()
        system.write()


def no_display(environment: Mapping[str, str]) -> str:
    """A sentence where a window could not open here, else nothing."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if not sys.platform.startswith("linux") or any(environment.get(name) for name in names):
        return ""
    return (
        "Everything is set up, but there is no display here, so no window can open. Type 'make run' in a desktop"
        " session, or use the same desk without a window: .venv/bin/modstation demo --headless"
    )


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point: 0 done, 1 something is missing and said, 2 wrong usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 1 or given[0] not in SCOPES:
        print(f"usage: setup.py {'|'.join(SCOPES)}", file=sys.stderr)
        return 2
    try:
        set_up(given[0])
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    sentence = no_display(os.environ) if given[0] == "run" else ""
    if sentence:
        print(sentence, file=sys.stderr)
    return 1 if sentence else 0


if __name__ == "__main__":
    sys.exit(main())
