"""What tests/conftest.py promises: no home, keyring, screen or network of a real person."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest
from hypothesis import settings


@pytest.mark.parametrize(
    "name", ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"]
)
def test_every_place_of_a_person_is_a_place_of_this_run(name: str) -> None:
    assert "modstation-tests-" in os.environ[name]
    assert Path(os.environ[name]).is_dir()


def test_a_test_may_have_a_home_of_its_own(home: Path) -> None:
    assert Path.home() == home
    assert list(home.iterdir()) != []
    assert os.environ["XDG_DATA_HOME"].startswith(str(home))


def test_the_folder_for_sockets_is_closed_to_others() -> None:
    assert Path(os.environ["XDG_RUNTIME_DIR"]).stat().st_mode & 0o077 == 0


def test_processes_that_a_test_starts_are_isolated_too() -> None:
    script = "import os; print(os.path.expanduser('~'))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "modstation-tests-" in done.stdout


def test_no_real_keyring_is_asked() -> None:
    assert type(keyring.get_keyring()).__module__ == "keyring.backends.fail"


def test_windows_are_drawn_nowhere_unless_a_test_asks() -> None:
    assert os.environ["QT_QPA_PLATFORM"] in {"offscreen", "xcb"}
    assert os.environ["QT_SCALE_FACTOR"] == "1"


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "DBUS_SESSION_BUS_ADDRESS", "MAKEFLAGS"])
def test_nothing_is_lent_by_the_session_of_the_developer(name: str) -> None:
    assert name not in os.environ


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "", None, b"localhost", 7])
def test_this_machine_is_reached(host: object, isolation: Any) -> None:
    assert isolation.is_this_machine(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "forum.example", b"forum.example"])
def test_everything_else_is_not(host: object, isolation: Any) -> None:
    assert not isolation.is_this_machine(host)
    with pytest.raises(ConnectionRefusedError):
        isolation.stay_home("socket.connect", (None, (host, 80)))
    with pytest.raises(socket.gaierror):
        isolation.stay_home("socket.getaddrinfo", (host, 80))


def test_the_rule_is_in_force_and_lets_local_servers_work() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("forum.invalid", 443)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_no_test_fails_for_being_slow() -> None:
    assert settings.default is not None
    assert settings.default.deadline is None


def test_waiting_ends_with_what_was_awaited(wait_until: Callable[..., None]) -> None:
    turns = iter([False, False, True])
    wait_until(lambda: next(turns))
    with pytest.raises(pytest.fail.Exception, match="the moon did not come true"):
        wait_until(lambda: False, "the moon", seconds=0.02)
