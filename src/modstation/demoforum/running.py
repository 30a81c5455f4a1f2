"""Ways to run a demo forum: in a thread of a test, or as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .arrivals import Arrivals
from .clock import Clock
from .faults import Faults
from .forum import Forum, token_for
from .saving import Saver, load
from .seeding import ITEMS, Plan, riverside
from .server import Server
from .site import Site


class DemoForum:
    """A demo forum in a thread; use it with `with`.

    `forum` takes a forum made beforehand instead of a seeded one. `arrivals` is seconds between new reports, 0 for
    none. `state` is a file that keeps the forum between runs: what it holds goes before the seed. Raises BadFaults
    for a specification that cannot be read and BadState for such a file.
    """

    def __init__(
        self,
        seed: int = 1,
        items: int = ITEMS,
        faults: str = "",
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        forum: Forum | None = None,
        plan: Plan | None = None,
        arrivals: float = 0,
        state: Path | None = None,
    ) -> None:
        faulty = Faults(faults)
        made = plan or Plan(seed, items, hostile=faulty.hostile)
        self.forum = forum or self._made(made, state)
        self.control = token_for(made.seed, "control")
        self.site = Site(self.forum, faulty, self.control)
        self._server = Server(host, port, self.site)
        self.forum.url = self._server.url
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._arrivals = Arrivals(self.forum, arrivals) if arrivals else None
        self._saver = Saver(self.forum, state) if state else None
        self.tokens = {"admin": token_for(made.seed, "admin"), "moderator": token_for(made.seed, "moderator")}

    def _made(self, plan: Plan, state: Path | None) -> Forum:
        return load(state, Clock()) if state and state.exists() else riverside(plan, Clock())

    @property
    def url(self) -> str:
        """The forum's address, without a slash at the end."""
        return self._server.url

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()
        if self._saver:
            self._saver.start()
        if self._arrivals:
            self._arrivals.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._arrivals:
            self._arrivals.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self._saver:
            self._saver.stop()

    def call(self, name: str, /, **given: Any) -> Any:
        """A control call; see the module `control` for what there is."""
        return control_call(self.url, self.control, name, given)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass(slots=True)
class DemoProcess:
    """A demo forum in a process of its own."""

    url: str
    tokens: dict[str, str]
    pid: int
    control: str
    _process: subprocess.Popen[str] = field(repr=False)

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        self._process.terminate()
        self._process.wait(timeout=20)
        if self._process.stdout:
            self._process.stdout.close()
        if self._process.stdin:
            self._process.stdin.close()

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._process.kill()
        self.stop()

    def call(self, name: str, /, **given: Any) -> Any:
        """A control call; see the module `control` for what there is."""
        return control_call(self.url, self.control, name, given)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def spawn(
    port: int = 0, seed: int = 1, items: int = ITEMS, faults: str = "", arrivals: float = 0, *more: str
) -> DemoProcess:
    """Start a demo forum as a child of this process; it ends with its parent. Raises RuntimeError when it does not."""
    options = ["--port", str(port), "--seed", str(seed), "--items", str(items), "--faults", faults]
    options += ["--arrivals", str(arrivals), "--control", "--until-parent-exits", *more]
    command = [sys.executable, "-m", "modstation.demoforum", *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("{"):
        process.kill()
        process.wait()
        raise RuntimeError("The demo forum did not start; its own words are above.")
    told = json.loads(line)
    return DemoProcess(told["url"], told["tokens"], process.pid, told["control"], process)


def control_call(url: str, token: str, name: str, given: dict[str, Any]) -> Any:
    """Make a control call and give its answer. Raises urllib.error.HTTPError when the forum refuses."""
    read = name in ("mutations", "log", "state")
    query = "?" + "&".join(f"{key}={value}" for key, value in given.items()) if read and given else ""
    data = None if read else json.dumps(given).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/demo/control/{name}{query}", data, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
