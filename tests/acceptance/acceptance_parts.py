"""What acceptance tests stand on: a demo forum and a desk, each in processes of their own, as an outside user has them.

Nothing of the desk is imported here: only what a person can type, and what a logged-out reader of the forum gets.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1] / "src"

#: Everybody's passphrase is made of their name, so that a test can act as anybody.
PASSPHRASE = "the long phrase of {}"


@dataclass(frozen=True, slots=True)
class Told:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Forum:
    """`modstation demo-forum` in its own process. Use with `with`; `stop` and `start` keep port and state."""

    def __init__(self, folder: Path, seed: int = 3, items: int = 12, faults: str = "", *more: str) -> None:
        self._state = folder / "forum.json"
        self._options = ["--seed", str(seed), "--items", str(items), "--state", str(self._state), "--grant-mute"]
        self._options += ["--control", "--until-parent-exits", *more]
        self._faults = faults
        self.port = 0
        self.url = ""
        self.tokens: dict[str, str] = {}
        self._control = ""
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "modstation", "demo-forum", "--port", str(self.port), *self._options]
        if self._faults:
            command += ["--faults", self._faults]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.url, self.tokens, self._control = told["url"], told["tokens"], told["control"]
        self.port = int(self.url.rpartition(":")[2])

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def __enter__(self) -> Forum:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def call(self, name: str, **given: Any) -> Any:
        """A control call: what somebody does at the forum behind the desk's back."""
        read = name in ("mutations", "log", "state")
        query = "?" + "&".join(f"{key}={value}" for key, value in given.items()) if read and given else ""
        request = urllib.request.Request(
            f"{self.url}/demo/control/{name}{query}",
            None if read else json.dumps(given).encode(),
            {"Authorization": f"Bearer {self._control}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def mutations(self, kind: str = "") -> list[dict[str, Any]]:
        """What really changed at the forum, in order."""
        found: list[dict[str, Any]] = self.call("mutations")
        return [each for each in found if not kind or each["kind"] == kind]

    def public(self, pid: str) -> str:
        """What a logged-out reader gets of a post; "" where the forum shows none."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v3/posts/{pid}", timeout=30) as answer:
                return str(json.load(answer)["response"].get("content", ""))
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return ""


@dataclass(slots=True)
class Desk:
    """The command line on one desk. `hold` and `shift` are those of every command that follows."""

    folder: Path
    home: Path
    hold: int = 0
    shift: float = 0
    env: dict[str, str] = field(default_factory=dict)
    _served: subprocess.Popen[str] | None = None

    def environment(self, person: str) -> dict[str, str]:
        own = {
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "PYTHONPATH": str(SOURCE),
            "MODSTATION_PASSPHRASE": PASSPHRASE.format(person),
            "MODSTATION_TEST_HOLD": str(self.hold),
            "MODSTATION_TEST_SHIFT": str(self.shift),
        }
        return {**os.environ, **own, **self.env}

    def start(self, person: str, *words: str, **options: Any) -> subprocess.Popen[str]:
        """A command that goes on running."""
        line = [sys.executable, str(HERE / "desk_process.py"), *self._words(person, words)]
        return subprocess.Popen(
            line, env=self.environment(person), text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip

    def _words(self, person: str, words: tuple[str, ...]) -> list[str]:
        anybody = words[0] in ("init", "doctor") or words[:2] == ("person", "enrol")
        return [*words, "--desk", str(self.folder), "--json", *([] if anybody else ["--as", person])]

    def alone(self, person: str, *words: str, typed: str = "", **options: Any) -> Told:
        """One command in a process of its own, whatever it answers."""
        process = self.start(person, *words, **options)
        out, err = process.communicate(typed, timeout=120)
        return Told(process.returncode, out, err)

    def tried(self, person: str, *words: str, typed: str = "") -> Told:
        """One command in the process that serves them, whatever it answers."""
        if self._served is None:
            self._served = subprocess.Popen(
                [sys.executable, str(HERE / "desk_process.py"), "--serve"], env=self.environment(person), text=True,
                encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        assert self._served.stdin is not None
        assert self._served.stdout is not None
        asked = {"words": self._words(person, words), "env": self.environment(person), "typed": typed}
        self._served.stdin.write(json.dumps(asked) + "\n")
        self._served.stdin.flush()
        return Told(**json.loads(self._served.stdout.readline()))

    def close(self) -> None:
        """End the process that serves commands."""
        if self._served is not None and self._served.stdin and self._served.stdout:
            self._served.stdin.close()
            self._served.stdout.close()
            self._served.wait(30)
            self._served = None

    def run(self, person: str, *words: str, typed: str = "") -> Any:
        """One command that must be done; its JSON answer."""
        told = self.tried(person, *words, typed=typed)
        assert told.code == 0, f"{' '.join(words)}: {told.err}"
        return told.json

    def refused(self, person: str, *words: str, typed: str = "") -> str:
        """One command that must be refused; its sentence."""
        told = self.tried(person, *words, typed=typed)
        assert told.code == 1, f"{' '.join(words)} gave {told.code}: {told.out}{told.err}"
        assert told.err.strip(), f"{' '.join(words)} was refused without a word"
        assert "Traceback" not in told.err, told.err
        return told.err.strip()

    # ---- what tests do again and again -----------------------------------------------------------
    def found(self, roles: str = "moderator,administrator", name: str = "ann") -> str:
        """Make the desk; the recovery code."""
        return str(self.run(name, "init", "--person", f"{name}:{roles}")["recovery_code"])

    def join(self, name: str, roles: str, asked: str = "ann", yes: str = "") -> None:
        """Add and enrol somebody; `yes` approves where a second person must."""
        told = self.run(asked, "person", "add", f"{name}:{roles}")
        code = told["code"]
        if told["state"] == "proposed":
            assert yes in told["may_approve"]
            code = self.run(yes, "approve", told["proposal"]).get("code") or code
        self.run(name, "person", "enrol", name, "--code-stdin", typed=code + "\n")

    def connect(self, forum: Forum, person: str = "ann", token: str = "moderator") -> None:
        self.run(
            person, "forum", "add", "--kind", "nodebb", "--name", "riverside", "--url", forum.url, "--token-stdin",
            typed=forum.tokens[token] + "\n",
        )  # fmt: skip

    def pull(self, person: str = "ann") -> dict[str, Any]:
        found: dict[str, Any] = self.run(person, "pull", "--once")["forums"]["riverside"]
        return found

    def outbox(self, person: str = "ann", **wanted: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.run(person, "outbox")
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def until(condition: Any, what: str, seconds: float = 60) -> Any:
    """Wait for a condition; its value."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not come true"
        time.sleep(0.05)
    return found
