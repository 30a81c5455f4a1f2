"""Every screen as a picky designer sees it: nothing cut, nothing overlapping, nothing faint, at three text sizes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from tools.check_screens import look_at
from tools.screenshots import Dress

from modstation.views import words


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    words.speak("en")


@pytest.mark.parametrize(
    "dress",
    [Dress("dark", "en", 80), Dress("light", "zh", 100), Dress("dark", "en", 200)],
    ids=lambda dress: f"{dress.theme}-{dress.language}-{dress.percent}",
)
def test_no_screen_has_cut_overlapping_or_faint_words(qapp: QApplication, dress: Dress) -> None:
    assert [str(finding) for finding in look_at(dress)] == []
