"""The script that judges every change: what it runs, in which order, and that one failure makes it red."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def run_ci(root: Path, folder: Path, broken: str = "") -> subprocess.CompletedProcess[str]:
    """Run a copy of .ci/run in a checkout whose targets only write down that they ran; one of them may fail."""
    (folder / ".ci").mkdir()
    shutil.copy(root / ".ci" / "run", folder / ".ci" / "run")
    (folder / ".venv").mkdir()
    targets = [
        f"{name}:\n\t@test ! -e .venv || test {name} != setup\n\t@echo ran {name}; test {name} != '{broken}'\n"
        for name in ("setup", "test", "check")
    ]
    (folder / "Makefile").write_text("\n".join(targets))
    command = ["bash", str(folder / ".ci" / "run")]
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(command, cwd="/", env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def steps(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Which targets ran, in order."""
    return [line.removeprefix("ran ") for line in done.stdout.splitlines() if line.startswith("ran ")]


def test_it_sets_up_anew_then_tests_then_checks(project_root: Path, tmp_path: Path) -> None:
    done = run_ci(project_root, tmp_path)
    assert steps(done) == ["setup", "test", "check"]
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("GREEN")


@pytest.mark.parametrize("broken", ["test", "check"])
def test_one_failure_makes_it_red_and_the_rest_still_runs(project_root: Path, tmp_path: Path, broken: str) -> None:
    done = run_ci(project_root, tmp_path, broken)
    assert steps(done) == ["setup", "test", "check"]
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == f"  make {broken}"


def test_without_a_set_up_nothing_else_is_tried(project_root: Path, tmp_path: Path) -> None:
    done = run_ci(project_root, tmp_path, "setup")
    assert steps(done) == ["setup"]
    assert done.returncode == 1


def test_it_can_be_executed(project_root: Path) -> None:
    assert os.access(project_root / ".ci" / "run", os.X_OK)
