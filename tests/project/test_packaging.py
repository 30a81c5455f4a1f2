"""What is shipped: the lock file fits pyproject.toml, the wheel holds every resource, the layers are complete."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\$")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock file."""

    name: str
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]

    def applies(self, python: str) -> bool:
        """Whether it is installed on Linux under that Python."""
        here = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
        return self.marker is None or self.marker.evaluate(here)


def read_lock(path: Path) -> list[Pin]:
    """The packages of a lock file. Fails on a line that is none of pin, hash or comment."""
    blocks = re.split(r"\n(?=\S)", path.read_text().strip())
    return [_pin(block.splitlines()) for block in blocks]


def _pin(lines: list[str]) -> Pin:
    head = _PIN.match(lines[0])
    assert head, f"no exact version: {lines[0]}"
    rest = [line.strip().removesuffix("\\").strip() for line in lines[1:]]
    hashes = tuple(line.removeprefix("--hash=sha256:") for line in rest if line.startswith("--hash="))
    comments = [line.lstrip("# ").removeprefix("via").strip() for line in rest if line.startswith("#")]
    assert len(hashes) + len(comments) == len(rest), f"a line that is no hash and no comment below {lines[0]}"
    marker = Marker(head["marker"]) if head["marker"] else None
    wanted_by = tuple(comment for comment in comments if comment)
    return Pin(canonicalize_name(head["name"]), Version(head["version"]), marker, hashes, wanted_by)


@pytest.fixture(scope="module")
def project(project_root: Path) -> dict[str, Any]:
    """pyproject.toml as read."""
    return tomllib.loads((project_root / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def pins(project_root: Path) -> list[Pin]:
    """requirements.lock as read."""
    return read_lock(project_root / "requirements.lock")


@pytest.fixture(scope="module")
def build_pins(project_root: Path) -> list[Pin]:
    """tools/lock-build.txt as read."""
    return read_lock(project_root / "tools" / "lock-build.txt")


def direct(project: dict[str, Any]) -> list[Requirement]:
    """What pyproject.toml asks for, development included."""
    table = project["project"]
    return [Requirement(text) for text in [*table["dependencies"], *table["optional-dependencies"]["dev"]]]


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_has_a_fitting_version_of_everything_asked_for(
    project: dict[str, Any], pins: list[Pin], python: str
) -> None:
    locked = {pin.name: pin.version for pin in pins if pin.applies(python)}
    for wanted in direct(project):
        name = canonicalize_name(wanted.name)
        assert name in locked, f"{name} is not locked for Python {python}: make lock"
        assert wanted.specifier.contains(locked[name], prereleases=True), f"{name} {locked[name]}: make lock"


@pytest.mark.parametrize("python", PYTHONS)
def test_no_package_is_locked_twice_for_one_python(pins: list[Pin], python: str) -> None:
    names = [pin.name for pin in pins if pin.applies(python)]
    assert len(names) == len(set(names))


def test_everything_locked_is_still_wanted_by_somebody(project: dict[str, Any], pins: list[Pin]) -> None:
    asked = {canonicalize_name(requirement.name) for requirement in direct(project)}
    names = {pin.name for pin in pins}
    for pin in pins:
        by_package = {canonicalize_name(by.split()[0]) for by in pin.wanted_by} & names
        assert pin.name in asked or by_package, f"nobody asks for {pin.name} any more: make lock"


def test_every_pin_has_hashes_that_are_hashes(pins: list[Pin], build_pins: list[Pin]) -> None:
    for pin in [*pins, *build_pins]:
        assert pin.hashes, f"{pin.name} has no hash"
        assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in pin.hashes)


def test_what_builds_the_project_is_locked_too(project: dict[str, Any], build_pins: list[Pin]) -> None:
    locked = {pin.name: pin.version for pin in build_pins}
    for text in project["build-system"]["requires"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)])


def test_the_environment_is_the_locked_one(pins: list[Pin]) -> None:
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for pin in pins:
        if pin.applies(python):
            assert Version(importlib.metadata.version(pin.name)) == pin.version, f"{pin.name}: make setup"


def test_qt_stays_below_the_version_that_ends_python_311(project: dict[str, Any]) -> None:
    qt = next(wanted for wanted in direct(project) if wanted.name.lower() == "pyside6-essentials")
    assert not qt.specifier.contains("6.12.0")
    assert Requirement("python" + project["project"]["requires-python"]).specifier.contains("3.11")


def test_qt_calls_leave_none_alone() -> None:
    """Where None is counted (Python 3.11), a call that answers None must not drop a reference to it."""
    from PySide6.QtCore import QObject

    thing = QObject()
    before = sys.getrefcount(None)
    for number in range(1000):
        thing.setObjectName(str(number))
    assert sys.getrefcount(None) >= before - 100


@pytest.fixture(scope="module")
def wheel_names(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names inside a wheel built from a copy of the sources."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(project_root / name, copy / name)
    built = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(project_root / "src", copy / "src", ignore=built)
    script = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next((copy / "dist").glob("*.whl"))) as wheel:
        return frozenset(wheel.namelist())


def shipped(folder: Path) -> Iterator[str]:
    """Every file of the package as a wheel names it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path.relative_to(folder.parent).as_posix()


def test_the_wheel_holds_every_file_of_the_package(project_root: Path, wheel_names: frozenset[str]) -> None:
    lacking = [name for name in shipped(project_root / "src" / "modstation") if name not in wheel_names]
    assert lacking == []


def test_the_wheel_holds_nothing_else_but_its_own_papers(wheel_names: frozenset[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names}
    assert {top.split("-")[0] for top in tops} == {"modstation"}
    assert any(name.endswith("licenses/LICENSE") for name in wheel_names)
    assert any(name.endswith("licenses/NOTICE") for name in wheel_names)


def test_the_command_is_installed_and_leads_into_the_package() -> None:
    entries = importlib.metadata.entry_points(group="console_scripts", name="modstation")
    assert [entry.value for entry in entries] == ["modstation.cli:main"]


def test_every_folder_and_module_of_the_package_has_a_layer(project_root: Path, project: dict[str, Any]) -> None:
    contract = project["tool"]["importlinter"]["contracts"][0]
    assert contract["exhaustive"] is True
    placed = {name.strip() for layer in contract["layers"] for name in re.split(r"[|:]", layer)}
    package = project_root / "src" / "modstation"
    there = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert there - {"__init__"} <= placed | {"resources"}


def test_layers_go_one_way(project_root: Path) -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=project_root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
