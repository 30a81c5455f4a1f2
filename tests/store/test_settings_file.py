"""What a machine remembers before any desk is open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modstation.models.errors import VaultError
from modstation.store.settings_file import SETTINGS_FILE, WindowSettings, config_folder, data_folder, load, save

texts = st.text(st.characters(), max_size=30)
any_settings = st.builds(
    WindowSettings,
    last_desk=texts,
    last_person=texts,
    geometry=texts,
    language=texts,
    theme=texts,
    text_percent=st.integers(80, 200),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_settings)
def test_what_is_saved_is_loaded(tmp_path: Path, wanted: WindowSettings) -> None:
    """Lone surrogates too: the name of a folder may hold bytes that are no text."""
    save(wanted, tmp_path)
    assert load(tmp_path) == wanted


def test_nothing_saved_gives_the_defaults_and_creates_nothing(tmp_path: Path) -> None:
    assert load(tmp_path / "missing") == WindowSettings()
    assert list(tmp_path.iterdir()) == []


def test_files_are_private_and_folders_are_made(tmp_path: Path) -> None:
    save(WindowSettings("/some/desk"), tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "a" / "b").iterdir()] == [0o600, 0o600]


def test_the_usual_place_is_used_without_a_folder(home: Path) -> None:
    save(WindowSettings(language="zh_CN"))
    assert load().language == "zh_CN"
    assert (home / ".config" / "modstation" / SETTINGS_FILE).is_file()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b'{"a": ' * 50_000, b"\x00" * 100])
def test_a_damaged_file_counts_as_missing_and_can_be_written_again(tmp_path: Path, data: bytes) -> None:
    (tmp_path / SETTINGS_FILE).write_bytes(data)
    assert load(tmp_path) == WindowSettings()
    save(WindowSettings(theme="dark"), tmp_path)
    assert load(tmp_path).theme == "dark"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_survived(tmp_path: Path, data: bytes) -> None:
    (tmp_path / SETTINGS_FILE).write_bytes(data)
    assert isinstance(load(tmp_path), WindowSettings)


@pytest.mark.parametrize(
    "damage",
    [
        {"theme": 5},
        {"theme": None},
        {"theme": ["dark"]},
        {"text_percent": "100"},
        {"text_percent": True},
        {"text_percent": 79},
        {"text_percent": 201},
        {"text_percent": 1e9},
    ],
)
def test_one_damaged_field_costs_only_itself(tmp_path: Path, damage: dict[str, object]) -> None:
    good = {"last_desk": "/desk", "theme": "dark", "text_percent": 120}
    (tmp_path / SETTINGS_FILE).write_text(json.dumps(good | damage))
    found = load(tmp_path)
    assert found.last_desk == "/desk"
    assert (found.theme, found.text_percent) in {("", 120), ("dark", 100)}


def test_what_a_later_version_wrote_is_kept(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text(json.dumps({"theme": "dark", "of_tomorrow": [1, 2]}))
    save(WindowSettings(theme="light"), tmp_path)
    assert json.loads((tmp_path / SETTINGS_FILE).read_bytes())["of_tomorrow"] == [1, 2]
    assert load(tmp_path).theme == "light"


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(VaultError, match="cannot be"):
            save(WindowSettings(), folder)
    assert load(tmp_path / "file") == WindowSettings()


@pytest.mark.parametrize(
    ("environment", "platform", "config", "data"),
    [
        ({"HOME": "/h"}, "linux", "/h/.config/modstation", "/h/.local/share/modstation"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"}, "linux", "/c/modstation", "/d/modstation"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "rel"}, "linux", "/h/.config/modstation", "/h/.local/share/modstation"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": ""}, "linux", "/h/.config/modstation", "/h/.local/share/modstation"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/c"}, "darwin", "/h/Library/Application Support/ModStation", ""),
        ({"USERPROFILE": "/u", "APPDATA": "/u/Roam"}, "win32", "/u/Roam/ModStation", "/u/Roam/ModStation"),
        ({"USERPROFILE": "/u"}, "win32", "/u/AppData/Roaming/ModStation", "/u/AppData/Roaming/ModStation"),
    ],
)
def test_each_platform_has_its_own_place(environment: dict[str, str], platform: str, config: str, data: str) -> None:
    assert config_folder(environment, platform) == Path(config)
    assert data_folder(environment, platform) == Path(data or config)
