"""`make run` as a person types it, on a real X server: a window opens over the demo forum, and all of it ends again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

#: Grabs the whole screen and prints how many of the pixels on a coarse grid are not the bare root window's black.
_LOOK = """
import sys
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(["look"])
image = app.primaryScreen().grabWindow(0).toImage()
spots = [image.pixelColor(x, y) for x in range(5, image.width(), 20) for y in range(5, image.height(), 20)]
print(sum(spot.lightness() > 8 for spot in spots) * 100 // len(spots), len({spot.rgb() for spot in spots}))
"""


@pytest.fixture
def display() -> Iterator[str]:
    """A virtual screen of its own, on a number that was free."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        number = server.stdout.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
        server.terminate()


def look(display: str) -> tuple[int, int]:
    """How much of the screen is covered (percent), and in how many colours."""
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    done = subprocess.run([sys.executable, "-c", _LOOK], env=environment, capture_output=True, text=True, check=True)
    covered, colours = done.stdout.split()
    return int(covered), int(colours)


def alive(group: int) -> bool:
    """Whether a process of this group still runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Started:
    """A running `make run`, and the file that its output goes to."""

    process: subprocess.Popen[bytes]
    output: Path

    def printed(self) -> str:
        """What it has printed so far."""
        return self.output.read_text(errors="replace")


@pytest.fixture
def started(project_root: Path, home: Path, tmp_path: Path, display: str) -> Iterator[Started]:
    """`make run` in a process group of its own; whatever is left of it afterwards is killed."""
    environment = {**os.environ, "DISPLAY": display, "PYTHON": sys.executable}
    environment.pop("QT_QPA_PLATFORM")
    output = tmp_path / "output"
    with (
        output.open("wb") as file,
        subprocess.Popen(
            ["make", "run"],
            cwd=project_root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        yield Started(process, output)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_make_run_opens_a_window_and_ends_with_everything_it_started(
    started: Started, display: str, wait_until: Callable[..., None]
) -> None:
    def covered() -> bool:
        assert started.process.poll() is None, started.printed()
        share, colours = look(display)
        return share > 50 and colours > 5

    wait_until(covered, "a window on the screen", seconds=90)
    wait_until(
        lambda: "passphrase" in started.printed().lower(), "the demo people and their passphrase in the terminal"
    )
    os.killpg(started.process.pid, signal.SIGTERM)
    started.process.wait(30)
    wait_until(lambda: not alive(started.process.pid), "the end of all processes")


def test_without_a_display_make_run_says_so_in_a_sentence(project_root: Path, home: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.pop("QT_QPA_PLATFORM")
    environment |= {"HOME": str(home), "PYTHON": sys.executable}
    done = subprocess.run(
        ["make", "run"], cwd=project_root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "there is no display here" in done.stderr
    assert "Traceback" not in done.stderr
