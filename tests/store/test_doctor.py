"""The doctor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.store.vault_parts import ADA, BEN, Desk, found

from modstation.models.errors import VaultError
from modstation.store import doctor, doctor_machine, vault
from modstation.store.backup import backup, restore
from modstation.store.doctor import Finding, examine
from modstation.store.doctor_machine import Machine
from modstation.store.runlock import RUNNER, WINDOW, hold

HEALTHY = Machine(
    "linux",
    (3, 11, 7),
    "6.11.3",
    frozenset(doctor_machine._OFFSCREEN | doctor_machine._SCREEN),
    ("Noto Sans CJK SC",),
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return found(tmp_path / "desk")


def of(findings: tuple[Finding, ...], check: str) -> Finding:
    return next(finding for finding in findings if finding.check == check)


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_healthy_desk_is_found_healthy_and_is_not_changed(desk: Desk) -> None:
    before = listing(desk.folder)
    findings = examine(desk.folder)
    assert listing(desk.folder) == before
    bad = [finding for finding in findings if not finding.ok]
    # Fonts and libraries are the machine's matter, which the other tests judge.
    assert {finding.check for finding in bad} <= {"libraries", "chinese font", "qt", "disk", "network share"}
    assert [f.check for f in findings] == [
        "python",
        "qt",
        "libraries",
        "chinese font",
        "cipher",
        "keyring",
        "disk",
        "permissions",
        "network share",
        "vault",
        "encryption",
        "locks",
    ]
    assert ADA in of(findings, "vault").what


def test_every_illness_comes_with_a_cure() -> None:
    for finding in (
        doctor_machine.python(replace(HEALTHY, python=(3, 10, 9))),
        doctor_machine.qt(replace(HEALTHY, qt="")),
        doctor_machine.qt(replace(HEALTHY, qt="6.12.0")),
        doctor_machine.libraries(replace(HEALTHY, libraries=frozenset())),
        doctor_machine.libraries(replace(HEALTHY, libraries=None)),
        doctor_machine.chinese_font(replace(HEALTHY, chinese_fonts=())),
        doctor_machine.chinese_font(replace(HEALTHY, chinese_fonts=None)),
    ):
        assert not finding.ok
        assert finding.what
        assert finding.how_to_mend


def test_a_healthy_machine_needs_no_cure() -> None:
    for rule in (doctor_machine.python, doctor_machine.qt, doctor_machine.libraries, doctor_machine.chinese_font):
        finding = rule(HEALTHY)
        assert (finding.ok, finding.how_to_mend) == (True, "")


@pytest.mark.parametrize(
    ("python", "qt", "well"),
    [
        ((3, 11, 2), "6.11.3", True),
        ((3, 11, 2), "6.8.3", True),
        ((3, 11, 2), "6.12.0", False),
        ((3, 11, 9), "6.12.1", False),
        ((3, 11, 2), "6.13", False),
        ((3, 11, 2), "7.0.0", False),
        ((3, 12, 1), "6.12.0", True),
        ((3, 13, 0), "6.12.0", True),
    ],
)
def test_the_pyside_that_ends_programs_is_known(python: tuple[int, int, int], qt: str, well: bool) -> None:
    finding = doctor_machine.qt(replace(HEALTHY, python=python, qt=qt))
    assert finding.ok is well
    assert well or "6.12" in finding.how_to_mend


@pytest.mark.parametrize("name", sorted(doctor_machine._OFFSCREEN | doctor_machine._SCREEN))
def test_each_missing_library_is_named_with_its_package(name: str) -> None:
    assert HEALTHY.libraries is not None
    finding = doctor_machine.libraries(replace(HEALTHY, libraries=HEALTHY.libraries - {name}))
    package = (doctor_machine._OFFSCREEN | doctor_machine._SCREEN)[name]
    assert (finding.ok, finding.how_to_mend) == (False, f"apt-get install {package}")
    assert name in finding.what


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_not_asked_for_debian_packages(platform: str) -> None:
    elsewhere = Machine(platform, (3, 12, 0), "6.11.3", None, None)
    assert doctor_machine.libraries(elsewhere).ok
    assert doctor_machine.chinese_font(elsewhere).ok


def test_this_machine_is_looked_at_without_loading_qt() -> None:
    program = (
        "import sys; from modstation.store.doctor_machine import look; m = look();"
        "assert m.python == tuple(sys.version_info[:3]); assert m.platform == sys.platform;"
        "print([name for name in sys.modules if name.startswith('PySide6')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_machine_without_the_tools_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    machine = doctor_machine.look()
    assert machine.libraries is None
    assert machine.chinese_fonts is None


def test_the_cipher_is_tried_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    finding = doctor_machine.cipher()
    assert finding.ok
    assert "SQLCipher 4" in finding.what
    assert list(tmp_path.iterdir()) == []


def test_no_keyring_is_a_normal_state() -> None:
    assert doctor_machine.keyring().ok


def test_a_check_that_fails_itself_is_a_finding() -> None:
    def broken() -> Finding:
        raise ZeroDivisionError("in the middle")

    def refused() -> Finding:
        raise VaultError("It is so.", "Because.", "Do this.")

    assert doctor_machine.guarded("x", broken) == Finding(
        False, "ZeroDivisionError: in the middle", "Run 'make setup' again.", "x"
    )
    assert doctor_machine.guarded("y", refused) == Finding(False, "It is so. Because.", "Do this.", "y")


def test_without_a_folder_only_the_machine_is_looked_at() -> None:
    assert "vault" not in {finding.check for finding in examine(None)}


def test_a_folder_without_a_desk_and_one_that_is_missing_are_said_as_such(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing" / "deep"):
        finding = of(examine(folder), "vault")
        assert not finding.ok
        assert "no desk" in finding.what
        assert finding.how_to_mend


def test_loose_permissions_are_named_with_the_command_that_closes_them(desk: Desk) -> None:
    assert doctor.permissions(desk.folder).ok
    (desk.folder / "store.db").chmod(0o644)
    finding = doctor.permissions(desk.folder)
    assert not finding.ok
    assert "store.db" in finding.what
    subprocess.run(finding.how_to_mend, shell=True, check=True)
    assert doctor.permissions(desk.folder).ok


def test_files_of_somebody_else_are_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = os.geteuid() + 4711
    monkeypatch.setattr(os, "geteuid", lambda: stranger)
    finding = doctor.permissions(desk.folder)
    assert not finding.ok
    assert "vault.json" in finding.what
    assert finding.how_to_mend.startswith("chown")


@pytest.mark.case("S30")
@pytest.mark.parametrize(
    ("mounts", "well"),
    [
        ("/dev/sda1 / ext4 rw 0 0\n", True),
        ("/dev/sda1 / ext4 rw 0 0\nserver:/x {parent} nfs4 rw 0 0\n", False),
        ("/dev/sda1 / ext4 rw 0 0\n//server/x {parent} cifs rw 0 0\n", False),
        ("//server/x / cifs rw 0 0\n/dev/sdb {parent} ext4 rw 0 0\n", True),
        ("//server/x /elsewhere cifs rw 0 0\n/dev/sda / btrfs rw 0 0\n", True),
        ("", True),
        ("nonsense\n\n", True),
    ],
)
def test_a_desk_on_a_network_share_is_warned_of(desk: Desk, tmp_path: Path, mounts: str, well: bool) -> None:
    table = tmp_path / "mounts"
    table.write_text(mounts.format(parent=str(desk.folder.parent.resolve()).replace(" ", "\\040")))
    assert doctor.network_share(desk.folder, table).ok is well


def test_a_system_without_a_mount_table_is_survived(desk: Desk, tmp_path: Path) -> None:
    assert doctor.network_share(desk.folder, tmp_path / "missing").ok


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"{", "damaged"), (b"{}", "not of ModStation"), (b'{"product": "ModStation desk", "format": 9}', "later")],
)
def test_a_vault_that_cannot_be_read_is_explained(desk: Desk, data: bytes, word: str) -> None:
    (desk.folder / "vault.json").write_bytes(data)
    finding = of(examine(desk.folder), "vault")
    assert not finding.ok
    assert word in finding.what
    assert finding.how_to_mend


@pytest.mark.parametrize("name", ["store.db", "keys.db"])
def test_a_lost_or_plain_file_is_named(desk: Desk, name: str) -> None:
    (desk.folder / name).write_bytes(b"SQLite format 3\x00 and so on")
    assert name in of(examine(desk.folder), "encryption").what
    assert not of(examine(desk.folder), "encryption").ok
    (desk.folder / name).unlink()
    assert name in of(examine(desk.folder), "vault").what
    assert not of(examine(desk.folder), "vault").ok


def test_who_has_the_desk_open_is_told(desk: Desk) -> None:
    assert "Nobody" in of(examine(desk.folder), "locks").what
    with hold(desk.folder, WINDOW), hold(desk.folder, RUNNER):
        finding = of(examine(desk.folder), "locks")
    assert finding.what.count(f"process {os.getpid()}") == 2
    assert finding.ok


def test_a_restored_desk_says_that_its_sends_wait_to_be_settled(desk: Desk, tmp_path: Path) -> None:
    backup(desk.folder, desk.ada.keys, tmp_path / "x")
    restore(tmp_path / "x", tmp_path / "again", desk.code)
    finding = doctor.vault_state(tmp_path / "again")
    assert finding.ok
    assert desk.ada.keys.desk_id in finding.what


def test_only_people_who_can_open_it_are_listed(desk: Desk) -> None:
    vault.invite(desk.folder, desk.ada.keys, BEN, vault.EVERY_CLASS)
    assert BEN not in doctor.vault_state(desk.folder).what


class _Little:
    free = 5 * 1024 * 1024


def test_too_little_room_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Little)
    finding = doctor.disk(desk.folder)
    assert (finding.ok, finding.what) == (False, "Only 5 MiB are free, so the desk does not write.")
    assert finding.how_to_mend
