"""What all tests stand on: no screen, no home of a real person, no network beyond this machine.

Everything here happens before a test imports Qt, because Qt reads its environment once.
"""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

#: Folders that programs of this desktop keep things in, and their place below a home.
HOME_FOLDERS = {
    "HOME": "",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_CACHE_HOME": ".cache",
    "XDG_STATE_HOME": ".local/state",
    "XDG_RUNTIME_DIR": "run",
}
#: What a developer's own session must not lend to a test, nor the make that started it to a make that it starts.
FOREIGN = (
    "DBUS_SESSION_BUS_ADDRESS",
    "QT_SCALE_FACTOR",
    "QT_STYLE_OVERRIDE",
    "QT_QPA_PLATFORMTHEME",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
#: How long a condition may take on a busy machine with two cores, in seconds. Reaching it means that it never comes.
LONGEST_WAIT = 30.0


def lay_out_home(folder: Path) -> dict[str, str]:
    """Create a home with its folders and answer the variables that point to it."""
    places = {name: folder / below for name, below in HOME_FOLDERS.items()}
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True)
    places["XDG_RUNTIME_DIR"].chmod(0o700)
    return {name: str(place) for name, place in places.items()}


def isolate() -> None:
    """Turn this process, and all that it starts, away from the person's own settings, keyring, screen and proxies."""
    home = Path(tempfile.mkdtemp(prefix="modstation-tests-"))
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(home, ignore_errors=True) if os.getpid() == owner else None)
    for name in (*FOREIGN, *PROXIES, *(proxy.upper() for proxy in PROXIES)):
        os.environ.pop(name, None)
    for name in [
        name for name in os.environ if name.startswith("MODSTATION_") and not name.startswith("MODSTATION_LIVE_")
    ]:
        del os.environ[name]
    os.environ.update(lay_out_home(home))
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = "1"
    os.environ["LC_ALL"] = "C.UTF-8"
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


def is_this_machine(host: object) -> bool:
    """Whether a host, as given to a socket call, is the loopback of this machine or no host at all."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if not isinstance(text, str) or text in {"", "localhost", "0.0.0.0", "::"}:
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return text == socket.gethostname()


def stay_home(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse connections and name look-ups that would leave this machine, as a network without a route does."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not is_this_machine(address[0]):
            raise ConnectionRefusedError(f"tests talk to this machine only, not to {address[0]}")
    elif event == "socket.getaddrinfo" and not is_this_machine(arguments[0]):
        raise socket.gaierror(socket.EAI_NONAME, f"tests talk to this machine only, not to {arguments[0]!r}")


isolate()
sys.addaudithook(stay_home)
settings.register_profile(
    "house",
    deadline=None,  # no test depends on how fast the machine is
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


@dataclass(frozen=True, slots=True)
class Isolation:
    """The rules above, for the test that proves them."""

    is_this_machine: Callable[[object], bool] = is_this_machine
    stay_home: Callable[[str, tuple[object, ...]], None] = stay_home


@pytest.fixture(scope="session")
def isolation() -> Isolation:
    """The rules of this run."""
    return Isolation()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this test's own, empty, with every XDG variable pointing into it."""
    folder = tmp_path / "home"
    for name, place in lay_out_home(folder).items():
        monkeypatch.setenv(name, place)
    return folder


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """Wait for a condition: `wait_until(lambda: ..., "what is awaited")`. Fails when it never comes."""

    def wait(condition: Callable[[], object], what: str = "the condition", seconds: float = LONGEST_WAIT) -> None:
        pause = threading.Event()
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"{what} did not come true within {seconds:g} s")
            pause.wait(0.005)

    return wait
