"""The system keyring: with a real daemon on a real session bus, and with keyrings that must not be trusted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked as BackendLocked
from keyring.errors import NoKeyringError, PasswordDeleteError
from tests.store.vault_parts import ADA, BEN, WORDS, Desk, found

from modstation.models.errors import KeyringLocked, VaultError, WrongPassphrase
from modstation.models.ids import DeskId
from modstation.store import vault
from modstation.store.system_keyring import ALLOWED, SERVICE, SystemKeyring

DESK = DeskId("DESK-TEST")
#: A session bus without service files, so that it cannot start a second, locked daemon by itself.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir={place}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
Scene = Callable[[str], dict[str, Any]]


@pytest.fixture
def scene(home: Path, tmp_path: Path, project_root: Path) -> Scene:
    """Play a scene of keyring_session.py in a session of its own; its answer."""

    def play(name: str) -> dict[str, Any]:
        for program in ("dbus-run-session", "gnome-keyring-daemon"):
            assert shutil.which(program), f"{program} is missing: install the packages dbus and gnome-keyring"
        unwanted = ("PYTHON_KEYRING_BACKEND", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
        environment = {key: value for key, value in os.environ.items() if key not in unwanted}
        environment["PYTHONPATH"] = os.pathsep.join([str(project_root), str(project_root / "src")])
        (tmp_path / "bus.conf").write_text(BUS.format(place=tempfile.gettempdir()))
        script = Path(__file__).with_name("keyring_session.py")
        command = [
            "dbus-run-session",
            f"--config-file={tmp_path / 'bus.conf'}",
            "--",
            sys.executable,
            str(script),
            name,
            str(tmp_path),
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    return play


def test_a_real_keyring_remembers_replaces_and_forgets(scene: Scene) -> None:
    answer = scene("round_trip")
    assert answer == {
        "before": None,
        "kept": "one",
        "replaced": ["two", "of ben", None],
        "after": [None, "of ben"],
        "state": "keyring.backends.SecretService.Keyring",
    }


@pytest.mark.case("S15")
def test_s15_a_locked_keyring_is_not_an_empty_one(scene: Scene) -> None:
    answer = scene("locked")
    assert [error[0] for error in answer["errors"]] == ["KeyringLocked"] * 3
    assert all("locked" in error[1] and "try again" in error[1] for error in answer["errors"])
    assert answer["unchanged"], "a locked keyring must change nothing in the desk's folder"
    assert answer["fallback"] == []


@pytest.mark.case("S15")
def test_s15_after_unlocking_everything_is_there(scene: Scene) -> None:
    assert scene("unlocked_again") == {"items": 1200, "key": True, "after": None}


@pytest.mark.promise(10)
def test_a_daemon_that_hangs_is_given_up(scene: Scene) -> None:
    answer = scene("hung")
    assert [error[0] for error in answer["errors"]] == ["KeyringLocked"] * 2
    assert all("does not answer" in error[1] for error in answer["errors"])
    assert answer["later"]


def test_a_session_without_a_keyring_is_a_normal_state(scene: Scene) -> None:
    answer = scene("no_service")
    assert not answer["usable"]
    assert answer["why"]
    assert answer["answer"] == [None, None]
    assert answer["refused"][0] == "VaultError"
    assert "passphrase" in answer["refused"][1]
    assert answer["remembered"] == [False]


class Memory(KeyringBackend):
    """A backend of this process; the tests below give it the manners of bad ones."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.entries:
            raise PasswordDeleteError
        del self.entries[service, username]


class LockedReadsEmpty(Memory):
    """Says "no entry" while it is locked, and fails only on writing."""

    locked = True

    def get_password(self, service: str, username: str) -> str | None:
        return None if self.locked else super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise BackendLocked("locked")
        super().set_password(service, username, password)


class Silent(Memory):
    """Never answers while `gate` is closed."""

    gate = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.gate.wait()
        return super().get_password(service, username)


class Breaking(Memory):
    """Fails in ways no documentation names, quoting a secret."""

    error: BaseException = RuntimeError()

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error


def allowing(*backends: type[KeyringBackend]) -> frozenset[str]:
    return frozenset(f"{each.__module__}.{each.__qualname__}" for each in backends)


@pytest.fixture
def choose() -> Iterator[Callable[[KeyringBackend], None]]:
    """Make a backend the one that the keyring library picks."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return found(tmp_path / "desk")


Choose = Callable[[KeyringBackend], None]


@pytest.mark.case("S15")
def test_s15_a_backend_that_answers_no_entry_while_locked(choose: Choose, desk: Desk) -> None:
    backend, system = LockedReadsEmpty(), SystemKeyring(allowed=allowing(LockedReadsEmpty))
    choose(backend)
    backend.locked = False
    vault.remember_me(desk.folder, desk.ada, system)
    backend.locked = True
    before = {path.name: path.read_bytes() for path in desk.folder.iterdir()}
    with pytest.raises(KeyringLocked, match="locked"):
        vault.unlock_from_keyring(desk.folder, ADA, system)
    assert {path.name: path.read_bytes() for path in desk.folder.iterdir()} == before
    backend.locked = False
    opened = vault.unlock_from_keyring(desk.folder, ADA, system)
    assert opened is not None
    assert opened.key_id == desk.ada.key_id


def test_looking_for_an_expected_entry_leaves_no_trial_entry(choose: Choose) -> None:
    backend = Memory()
    choose(backend)
    system = SystemKeyring(allowed=allowing(Memory))
    assert system.recall(DESK, ADA, expected=True) is None
    assert backend.entries == {}


def test_a_backend_that_is_not_on_the_list_is_never_given_a_secret(choose: Choose, desk: Desk) -> None:
    backend, system = Memory(), SystemKeyring()
    choose(backend)
    assert not system.state().usable
    with pytest.raises(VaultError, match="plain files are not"):
        vault.remember_me(desk.folder, desk.ada, system)
    backend.set_password(SERVICE, f"{DESK}/{ADA}", "planted")
    assert system.recall(DESK, ADA) is None
    system.forget(DESK, ADA)
    assert backend.entries == {(SERVICE, f"{DESK}/{ADA}"): "planted"}
    assert [person.remembered for person in vault.people_in(desk.folder)] == [False]


def test_out_of_several_backends_only_a_listed_one_is_used(choose: Choose, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, good = Memory(), LockedReadsEmpty()
    good.locked = False
    chain = ChainerBackend()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(ChainerBackend, "backends", [plain, good])
    choose(chain)
    system = SystemKeyring(allowed=allowing(LockedReadsEmpty))
    system.remember(DESK, ADA, "secret")
    assert plain.entries == {}
    assert list(good.entries.values()) == ["secret"]
    assert system.state().backend.endswith("LockedReadsEmpty")


@pytest.mark.parametrize("name", ["fail.Keyring", "null.Keyring", "chainer.ChainerBackend", "libsecret.Keyring"])
def test_backends_that_keep_nothing_or_anything_are_not_on_the_list(name: str) -> None:
    assert f"keyring.backends.{name}" not in ALLOWED
    assert not [each for each in ALLOWED if "alt" in each.split(".") or "Plaintext" in each]


@pytest.mark.parametrize("name", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"])
def test_a_keyring_that_the_person_switched_off_stays_off(choose: Choose, name: str) -> None:
    choose(keyring.core.load_keyring(name))
    assert not SystemKeyring().state().usable
    assert SystemKeyring().recall(DESK, ADA) is None


@pytest.mark.promise(10)
def test_a_backend_that_never_answers_is_given_up_and_the_caller_goes_on(choose: Choose) -> None:
    backend, system = Silent(), SystemKeyring(limit_seconds=0.05, allowed=allowing(Silent))
    choose(backend)
    try:
        with pytest.raises(KeyringLocked, match="does not answer"):
            system.recall(DESK, ADA)
        assert [thread.daemon for thread in threading.enumerate() if thread.name == "keyring"] == [True]
    finally:
        Silent.gate.set()
        for thread in threading.enumerate():
            if thread.name == "keyring":
                thread.join()


@pytest.mark.parametrize(
    "error", [RuntimeError("hunter2"), OSError("hunter2"), KeyError("hunter2"), NoKeyringError("hunter2"), SystemExit()]
)
def test_any_failure_of_a_backend_becomes_a_sentence_without_its_text(choose: Choose, error: BaseException) -> None:
    backend = Breaking()
    backend.error = error
    choose(backend)
    with pytest.raises(VaultError, match="passphrase") as caught:
        SystemKeyring(allowed=allowing(Breaking)).recall(DESK, ADA)
    assert "hunter2" not in str(caught.value)


def test_an_item_that_is_locked_by_itself_counts_as_locked(choose: Choose) -> None:
    from secretstorage.exceptions import LockedException

    backend = Breaking()
    backend.error = LockedException("Item is locked!")
    choose(backend)
    with pytest.raises(KeyringLocked):
        SystemKeyring(allowed=allowing(Breaking)).recall(DESK, ADA)


def test_a_failed_write_keeps_nothing_in_the_desk_either(choose: Choose, desk: Desk) -> None:
    choose(LockedReadsEmpty())
    with pytest.raises(KeyringLocked):
        vault.remember_me(desk.folder, desk.ada, SystemKeyring(allowed=allowing(LockedReadsEmpty)))
    assert [person.remembered for person in vault.people_in(desk.folder)] == [False]


def test_what_lies_in_the_keyring_is_neither_passphrase_nor_key(choose: Choose, desk: Desk) -> None:
    backend, system = Memory(), SystemKeyring(allowed=allowing(Memory))
    choose(backend)
    vault.remember_me(desk.folder, desk.ada, system)
    ((service, entry), secret) = next(iter(backend.entries.items()))
    assert (service, entry) == (SERVICE, f"{desk.ada.keys.desk_id}/{ADA}")
    keys = desk.ada.keys
    held = [keys.store_key, keys.keyfile_key, *keys.classes.values(), desk.ada.signing.private_bytes_raw()]
    assert all(key.hex() not in secret and secret not in key.hex() for key in held)
    assert secret not in WORDS.values()


def test_a_stale_entry_is_told_apart_from_a_locked_keyring(choose: Choose, desk: Desk) -> None:
    backend, system = Memory(), SystemKeyring(allowed=allowing(Memory))
    choose(backend)
    vault.remember_me(desk.folder, desk.ada, system)
    backend.entries[SERVICE, f"{desk.ada.keys.desk_id}/{ADA}"] = "00" * 32
    with pytest.raises(WrongPassphrase):
        vault.unlock_from_keyring(desk.folder, ADA, system)
    backend.entries.clear()
    assert vault.unlock_from_keyring(desk.folder, ADA, system) is None


def test_somebody_who_never_asked_for_it_is_not_looked_up(choose: Choose, desk: Desk) -> None:
    desk.add(BEN)
    choose(Breaking())
    assert vault.unlock_from_keyring(desk.folder, BEN, SystemKeyring(allowed=allowing(Breaking))) is None
