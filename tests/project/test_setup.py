"""The set-up: what it looks for, what it says where it may not install, and that it is done once."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tools import setup
from tools.setup import Stamp, Want

PIP = Want("module", "ensurepip", "python3-venv")
GL = Want("library", "libGL.so.1", "libgl1")
GL_AGAIN = Want("library", "libGLX.so.0", "libgl1")
FONT = Want("font", "Chinese", "fonts-noto-cjk")


def finders(*there: str) -> Mapping[str, Callable[[str], bool]]:
    """A system on which only these things are found."""
    return {kind: lambda name: name in there for kind in ("library", "program", "module", "font")}


def test_what_is_missing_keeps_the_order_asked() -> None:
    assert setup.missing([PIP, GL, FONT], finders("libGL.so.1")) == [PIP, FONT]
    assert setup.missing([PIP, GL], finders("ensurepip", "libGL.so.1")) == []


def test_the_line_to_type_names_each_package_once() -> None:
    assert setup.apt_line([GL, PIP, GL_AGAIN]) == "sudo apt-get install --yes libgl1 python3-venv"


def test_every_scope_needs_what_the_one_before_it_needs() -> None:
    check, run, test = (set(setup.wants(scope)) for scope in setup.SCOPES)
    assert check < run < test
    assert {want.package for want in test - run} == {"xvfb", "xauth", "dbus", "gnome-keyring", "openssl", "chromium"}
    assert "fonts-noto-cjk" in {want.package for want in run}


def test_each_thing_has_a_finder_and_a_package() -> None:
    for want in setup.wants("test"):
        assert want.kind in setup.FINDERS
        assert want.package.strip() == want.package != ""


def test_libraries_and_modules_are_looked_for_as_a_program_would_load_them() -> None:
    assert setup.has_library("libc.so.6")
    assert not setup.has_library("libnobody-has-this.so.9")
    assert setup.has_module("json")
    assert not setup.has_module("nobody_has_this_module")


@pytest.mark.parametrize("name", ["NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "SourceHanSansSC.otf", "uming.ttc"])
def test_chinese_fonts_are_known_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "truetype" / "deep").mkdir(parents=True)
    (tmp_path / "truetype" / "DejaVuSans.ttf").touch()
    assert not setup.has_chinese_font([str(tmp_path)])
    (tmp_path / "truetype" / "deep" / name).touch()
    assert setup.has_chinese_font([str(tmp_path), str(tmp_path / "not there")])


def test_without_the_right_to_install_the_one_line_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "wants", lambda _scope: (GL, Want("library", "libnobody-has-this.so.9", "nobody")))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup.shutil, "which", lambda _name: "/usr/bin/apt-get")
    with pytest.raises(setup.SetupFailed) as failed:
        setup.install_system("run", {})
    lines = str(failed.value).splitlines()
    assert lines[0].endswith("then 'make run' again:")
    assert [line for line in lines if "apt-get" in line] == [lines[-1]]
    assert lines[-1].endswith("nobody")


def test_without_apt_the_missing_things_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.shutil, "which", lambda _name: None)
    text = setup.explanation([GL, FONT], "test")
    assert "apt-get" not in text
    assert "libGL.so.1  (Debian: libgl1)" in text
    assert "'make test'" in text


def test_looking_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "wants", lambda _scope: (Want("library", "libnobody-has-this.so.9", "nobody"),))
    setup.install_system("run", {"SYSTEM": "skip"})


def test_what_keeps_failing_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(setup.time, "sleep", pauses.append)
    log = tmp_path / "calls"
    script = f"echo call >> {log}; echo no room left; exit 4"
    with pytest.raises(setup.SetupFailed, match="no room left"):
        setup.repeat(["sh", "-c", script])
    assert log.read_text().count("call") == setup.TRIES == len(pauses) + 1


def test_a_command_that_works_the_second_time_is_no_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(setup.time, "sleep", lambda _seconds: None)
    mark = tmp_path / "mark"
    setup.repeat(["sh", "-c", f"test -e {mark} || {{ touch {mark}; exit 1; }}"])
    assert mark.exists()


def test_a_stamp_is_fresh_for_one_text_only(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path / "stamp", "one")
    assert not stamp.fresh()
    stamp.write()
    assert stamp.fresh()
    assert not Stamp(tmp_path / "stamp", "two").fresh()


def test_the_digest_knows_the_place_and_every_byte_of_the_locks(tmp_path: Path) -> None:
    def checkout(name: str, lock: bytes) -> str:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "lock").write_bytes(lock)
        return setup.digest(folder, ["lock"])

    first = checkout("a", b"x==1")
    assert checkout("a", b"x==1") == first
    assert checkout("a", b"x==2") != first
    assert checkout("b", b"x==1") != first


class Steps:
    """A checkout in which the steps of the set-up are recorded instead of done."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.done: list[str] = []
        for name in (*setup.LOCKS, "pyproject.toml", "tools/setup.py"):
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(name)
        monkeypatch.setattr(setup, "install_system", self.install_system)
        monkeypatch.setattr(setup, "install_python", self.install_python)

    def install_system(self, scope: str, _environment: Mapping[str, str]) -> None:
        """The system's part."""
        self.done.append(scope)

    def install_python(self, _root: Path, venv: Path) -> None:
        """The virtual environment's part."""
        venv.mkdir(exist_ok=True)
        self.done.append("python")

    def run(self, scope: str) -> list[str]:
        """Set up, and say which steps that took."""
        self.done.clear()
        setup.set_up(scope, self.root, {})
        return list(self.done)


def test_each_step_is_done_once_until_what_decides_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(tmp_path, monkeypatch)
    assert steps.run("run") == ["run", "python"]
    assert steps.run("run") == []
    assert steps.run("test") == ["test"]
    (tmp_path / "requirements.lock").write_text("changed")
    assert steps.run("test") == ["python"]
    (tmp_path / "tools" / "setup.py").write_text("changed")
    assert steps.run("run") == ["run"]


def test_a_step_that_failed_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(tmp_path, monkeypatch)

    def fail(_root: Path, venv: Path) -> None:
        venv.mkdir(exist_ok=True)
        raise setup.SetupFailed("no network")

    with monkeypatch.context() as broken:
        broken.setattr(setup, "install_python", fail)
        with pytest.raises(setup.SetupFailed):
            steps.run("run")
    assert steps.run("run") == ["run", "python"]


def test_two_set_ups_at_once_wait_for_each_other(tmp_path: Path) -> None:
    with setup.alone(tmp_path), (tmp_path / ".setup.lock").open("w") as second, pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (tmp_path / ".setup.lock").open("w") as third:
        fcntl.flock(third, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_broken_virtual_environment_does_not_count(tmp_path: Path) -> None:
    assert not setup.works(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(tmp_path / "python that was upgraded away")
    assert not setup.works(tmp_path)


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_a_missing_display_is_said_in_a_sentence(name: str) -> None:
    assert "no display here" in setup.no_display({})
    assert setup.no_display({name: ":0"}) == ""


@pytest.mark.parametrize("arguments", [[], ["all"], ["run", "test"]])
def test_wrong_usage_ends_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert setup.main(arguments) == 2
    assert capsys.readouterr().err == "usage: setup.py check|run|test\n"


def run_script(root: Path, folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Call setup.sh in a checkout of its own on a PATH that has the shell's tools and nothing else."""
    (folder / "tools").mkdir()
    script = folder / "tools" / "setup.sh"
    script.write_text((root / "tools" / "setup.sh").read_text())
    (folder / "tools" / "setup.py").write_text("import sys; print(sys.version_info >= (3, 11), sys.argv[1:])")
    tools = folder / "bin"
    tools.mkdir()
    for name in ("dirname", "id"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    environment = {"PATH": str(tools), "PYTHON": python, "SYSTEM": "skip"}
    command = ["/bin/sh", str(script), "run"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_script_hands_over_to_a_python_that_suits(project_root: Path, tmp_path: Path) -> None:
    done = run_script(project_root, tmp_path, sys.executable)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True ['run']\n", "")


def test_without_a_suitable_python_the_script_says_which_is_needed(project_root: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = run_script(project_root, tmp_path, str(old))
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "apt-get install --yes python3 python3-venv" in done.stderr
