"""Bundles for tests, made by a whole desk, and the ways to check them: the program alone, and a real browser."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.desk.desk_parts import HIDE, Office
from tests.store.store_parts import NOON, case, key_of

import modstation
from modstation.desk.case_file import Stamps, export
from modstation.desk.intake import take_look
from modstation.desk.ports import Exchange
from modstation.evidence.bundle import resource
from modstation.evidence.dossier import Audience
from modstation.evidence.plain import read_zip, stored_zip

#: What a server says of an account that must not leave the house, in a test's answer.
PRIVATE = {"ip": "198.51.100.7", "email": "demo@mail.example", "fullname": "Demo Person"}
REPORTER = "demo_reporter_11"


def exchange(body: Any, url: str = "http://127.0.0.1:9/api/post/1", head: str = "") -> Exchange:
    """One answer of a forum as the connector keeps it."""
    path = url.partition(":9")[2]
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(
        "GET", url, 200, NOON,
        f"GET {path} HTTP/1.1\r\nauthorization: Bearer [token]\r\nhost: 127.0.0.1\r\n\r\n".encode(),
        f"HTTP/1.1 200\r\ncontent-type: application/json\r\n{head}\r\n".encode() + raw,
        "Wed, 25 Nov 2026 12:00:00 GMT",
    )  # fmt: skip


def post_answer(**more: Any) -> dict[str, Any]:
    return {"pid": 1, "uid": 41, "content": "cheap tickets", "user": {"uid": 41, "username": "demo_author_1"}, **more}


def look(office: Office, *exchanges: Exchange, target: int = 1) -> None:
    take_look(office.first.work, key_of(target), None, None, exchanges or (exchange(post_answer()),))


def decided(office: Office, target: int = 1, **changes: Any) -> int:
    """A reported post that was opened, captured and hidden."""
    no = office.post(target, **changes)
    look(office, target=target)
    office.decide("demo-mod", no, HIDE, reason="Sells tickets outside the market section.")
    return no


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle and its files. `row` counts from the zip's own order."""

    data: bytes
    files: dict[str, bytes] = field(repr=False)

    def json(self, path: str) -> Any:
        return json.loads(self.files[path])

    @property
    def item(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json("item.json")["items"][0]
        return found

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json("manifest.json")
        return found

    @property
    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json("journal.json")["rows"]
        return found

    def opened(self) -> list[Any]:
        """What lies under the commitments that are opened."""
        opened = self.json("openings.json")["openings"].values()
        return [json.loads(base64.b64decode(text)[16:]) for text in opened]

    def says(self, text: str) -> bool:
        """Whether a text stands anywhere: in files, in sealed texts, under base64."""
        bodies = [body for path, body in self.files.items() if path != "reader.html"]
        bodies += [json.dumps(each).encode() for each in self.opened()]
        return any(text.encode() in body for body in bodies)


_NONE: Stamps = lambda manifest: ()  # noqa: E731


def bundle(
    office: Office, audience: Audience = Audience.COURT, *targets: int, who: str = "demo-com", stamps: Stamps = _NONE
) -> Bundle:  # fmt: skip
    made = export(office.open(who).work, [case(target) for target in targets or (1,)], audience, stamps)
    return Bundle(made.data, read_zip(made.data))


def altered(given: Bundle, **files: bytes) -> bytes:
    """The bundle with files changed and the zip repaired, as somebody who knows zips would do it."""
    return stored_zip({path: files.get(path, body) for path, body in given.files.items()})


def fingerprint(given: Bundle) -> str:
    manifest = given.manifest
    return str(next(k["fingerprint"] for k in manifest["keys"] if k["key_id"] == manifest["desk"]["key_id"]))


@cache
def verifier() -> ModuleType:
    """The program of the bundle as a module, for many checks in one process."""
    path = Path(modstation.__file__).parent / "resources" / "evidence" / "verify_bundle.py"
    spec = importlib.util.spec_from_file_location("verify_bundle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def faults(data: bytes) -> list[str]:
    """What the program finds, in this process."""
    check = verifier().Check(data, None)
    check.run()
    found: list[str] = check.faults
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the program ended when run alone."""

    code: int
    told: dict[str, Any]
    text: str


def run_alone(folder: Path, data: bytes, *words: str | Path, path: str | None = None, name: str = "b.zip") -> Verdict:
    """Run the bundle's own program, taken out of it, isolated from everything that is installed."""
    (folder / name).write_bytes(data)
    (folder / "verify_bundle.py").write_bytes(resource("verify_bundle.py"))
    environment = {**os.environ, "PATH": path} if path is not None else dict(os.environ)
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "verify_bundle.py", name, "--json", *map(str, words)],
        cwd=folder, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    told = json.loads(ended.stdout) if ended.stdout.startswith("{") else {}
    return Verdict(ended.returncode, told, ended.stdout + ended.stderr)


CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str:
    """The browser's program. Fails where none is installed: a page nobody opened was not tested."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    assert found is not None, "no Chromium is installed: apt-get install chromium"
    return found


def opened_page(folder: Path, page: bytes, language: str = "en") -> str:
    """The page as a browser shows it after a double click: its document once all scripts are done."""
    path = folder / "reader.html"
    path.write_bytes(page)
    command = [
        browser(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
        f"--user-data-dir={folder / 'profile'}", f"--lang={language}", f"--accept-lang={language}",
        "--virtual-time-budget=20000", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    environment = {**os.environ, "LANGUAGE": language, "HOME": str(folder)}
    shown = subprocess.run(command, capture_output=True, check=True, env=environment, timeout=120).stdout.decode()
    return re.sub(r"<script.*?</script>", "", shown, flags=re.DOTALL)


def page_state(document: str) -> str:
    found = re.search(r'<html[^>]*data-done="(\w+)"', document)
    return found[1] if found else "not done"


def only(values: Sequence[Mapping[str, Any]], **wanted: Any) -> Mapping[str, Any]:
    found = [value for value in values if all(value[key] == each for key, each in wanted.items())]
    assert len(found) == 1, found
    return found[0]
