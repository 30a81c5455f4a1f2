"""What the desk says in English only is shown in the language of the window."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from modstation.views import words
from modstation.views.desk_words import SENTENCES, said


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    words.speak("zh")
    yield
    words.speak("en")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_of_the_table_is_found_again_with_its_fields(sentence: str) -> None:
    spoken = re.sub(r"\{(\w+)\}", lambda field: f"{field[1]}-7", sentence)
    shown = said(spoken)
    assert shown != spoken
    assert re.search(r"[\u4e00-\u9fff]", shown)
    for name in re.findall(r"\{(\w+)\}", sentence):
        assert f"{name}-7" in shown


def test_sentences_that_stand_together_are_each_found() -> None:
    shown = said(
        "Only 12 MiB are left on the disk, so the desk reads and takes no decisions. Nothing is lost. Free some "
        "space; it goes on by itself."
    )
    assert "12 MiB" in shown
    assert not re.search(r"[a-z]{4,} [a-z]{4,}", shown)


def test_a_forums_own_words_are_shown_as_they_came() -> None:
    for spoken in ("[[error:no-privileges]]", "Post was deleted by staff. Ask them.", "", "{n}", "Released"):
        assert said(spoken) == spoken


def test_in_english_nothing_is_looked_up() -> None:
    words.speak("en")
    assert said("Released.") == "Released."
