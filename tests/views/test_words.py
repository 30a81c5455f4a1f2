"""The window speaks two languages wholly: an unfinished translation fails here."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import modstation.views
from modstation.models.measures import Choice, Measure, OutboxState
from modstation.models.people import Role
from modstation.models.screen import QueueState, Sort
from modstation.views import formats, words

SOURCES = sorted(Path(modstation.views.__file__).parent.glob("*.py"))


def sentences() -> Iterator[tuple[str, str]]:
    """Every sentence that is marked for translation, with its file."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("tr", "trn", "word"):
                spoken = node.args[1] if node.func.id == "trn" else node.args[0]
                if isinstance(spoken, ast.Constant) and isinstance(spoken.value, str):
                    yield spoken.value, path.name


def fields(sentence: str) -> set[str]:
    if not re.search(r"\{[a-z]", sentence):
        return set()
    return {name.split(":")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    words.speak("en")
    yield
    words.speak("en")


def test_there_are_sentences_to_translate() -> None:
    assert len(dict(sentences())) > 400


def test_every_sentence_is_translated() -> None:
    table = words.table("zh")
    assert sorted({sentence for sentence, _ in sentences()} - set(table)) == []


def test_no_translation_is_left_over() -> None:
    spoken = {sentence for sentence, _ in sentences()}
    assert sorted(set(words.table("zh")) - spoken) == []


@pytest.mark.parametrize("sentence", sorted(words.table("zh")))
def test_a_translation_has_the_same_fields_and_says_something(sentence: str) -> None:
    translated = words.table("zh")[sentence]
    assert fields(translated) <= fields(sentence)
    assert fields(sentence) - fields(translated) <= {"when"}
    assert translated.strip() or not sentence.strip()
    assert "!" not in translated
    assert "\uff01" not in translated


def test_chinese_sentences_end_as_chinese_does() -> None:
    for sentence, translated in words.table("zh").items():
        assert not re.search(r"[\u4e00-\u9fff]\.$", translated), translated
        assert not re.search(r"[\u4e00-\u9fff],", translated), (sentence, translated)


def test_the_fixed_terms_are_the_fixed_terms() -> None:
    table = words.table("zh")
    fixed = {
        "Held": "暂缓",
        "Sending": "发送中",
        "Acknowledged": "已确认",
        "Refused": "被拒",
        "Escalate": "升级",
        "Conflict": "冲突",
        "Set aside": "搁置",
        "house rule": "内部规定",
        "Four-eyes rule": "双人复核",
    }
    assert {term: table[term] for term in fixed} == fixed


def test_an_unknown_language_is_english() -> None:
    words.speak("xx")
    assert words.language() == "en"
    assert words.tr("Escalate") == "Escalate"


def test_one_and_many_in_english_and_chinese() -> None:
    assert words.trn("{n} report", "{n} reports", 1) == "1 report"
    assert words.trn("{n} report", "{n} reports", 2) == "2 reports"
    words.speak("zh")
    assert words.trn("{n} report", "{n} reports", 1) == "1 条举报"


def test_every_word_of_the_model_has_a_name() -> None:
    assert set(formats.MEASURES) == set(Measure)
    assert set(formats.OUTBOX_STATES) == set(OutboxState) == set(formats.OUTBOX_LOOK)
    assert set(formats.QUEUE_STATES) == set(QueueState)
    assert set(formats.SORTS) == set(Sort)
    assert set(formats.ROLES) == set(Role)


def test_the_four_outbox_states_people_confuse_have_four_words_icons_and_colours() -> None:
    four = (OutboxState.HELD, OutboxState.SENDING, OutboxState.ACKNOWLEDGED, OutboxState.REFUSED)
    for language in words.LANGUAGES:
        words.speak(language)
        assert len({words.tr(formats.OUTBOX_STATES[state]) for state in four}) == 4
    assert len({formats.OUTBOX_LOOK[state] for state in four}) == 4


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 m"),
        (41 * 60_000, "41 m"),
        (100 * 60_000, "1 h 40 m"),
        (62 * 60_000, "1 h 02 m"),
        (1500 * 60_000, "1 d 01 h"),
        (-5, "0 m"),
    ],
)
def test_durations(ms: int, said: str) -> None:
    assert formats.duration(ms) == said


@pytest.mark.parametrize(
    ("ms", "said"),
    [(10, "just now"), (48 * 60_000, "48 m ago"), (3 * 3_600_000, "3 h ago"), (5 * 86_400_000, "5 d ago")],
)
def test_how_long_ago(ms: int, said: str) -> None:
    assert formats.ago(ms) == said


def test_durations_in_chinese() -> None:
    words.speak("zh")
    assert formats.duration(1420 * 60_000) == "23 小时 40 分"
    assert formats.measure_words(Choice(Measure.MUTE, 7)) == "禁言 7 天"


def test_what_is_not_known_is_said() -> None:
    assert formats.clock(0) == "not known"
    assert formats.day_and_clock(0) == "not known"


def test_an_unknown_disguise_is_shown_as_the_pack_wrote_it() -> None:
    assert formats.tier_words("mirror") == "mirror"
    assert formats.tier_words("separated") == "separated"


@pytest.mark.parametrize(("count", "said"), [(12, "12 bytes"), (214_000, "209 KB"), (5_000_000, "4.8 MB")])
def test_sizes(count: int, said: str) -> None:
    assert formats.size_words(count) == said
