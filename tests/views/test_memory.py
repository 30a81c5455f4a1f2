"""Where the window stood is remembered, and put back onto screens that exist."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect

from modstation.views.memory import FileMemory, fit_area, parse_area

ONE = [QRect(0, 0, 1366, 768)]


@pytest.mark.case("S16")
@pytest.mark.parametrize(
    "saved",
    [QRect(2200, 80, 1400, 900), QRect(3000, 1200, 600, 500), QRect(-900, -700, 800, 600), QRect(0, -50, 400, 300)],
)
def test_a_window_of_a_screen_that_is_gone_is_brought_back(saved: QRect) -> None:
    area = fit_area(saved, ONE)
    assert ONE[0].contains(area)
    assert area.width() <= 1366
    assert area.height() <= 768


@pytest.mark.case("S16")
def test_the_place_on_two_screens_is_kept_for_when_the_second_returns() -> None:
    saved = QRect(2200, 80, 1400, 900)
    two = [*ONE, QRect(1366, 0, 2560, 1440)]
    assert fit_area(saved, two) == saved


def test_a_place_that_fits_is_not_moved() -> None:
    saved = QRect(100, 60, 900, 600)
    assert fit_area(saved, ONE) == saved
    assert fit_area(saved, []).width() <= 1024


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "0,0,-5,9", "0,0,0,0"])
def test_a_damaged_place_is_no_place(text: str) -> None:
    assert parse_area(text) is None


def test_the_memory_survives_a_restart_and_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "window.json"
    memory = FileMemory(path)
    memory.put("window", "1,2,300,400")
    memory.save()
    assert FileMemory(path).load().get("window") == "1,2,300,400"
    path.write_text("[broken")
    assert FileMemory(path).load().get("window") == ""
    path.write_text("[1]")
    assert FileMemory(path).load().values == {}
