"""A sitting wholly in Chinese over the real demo forum, by real key events: no English sentence of ours on screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from modstation.bootstrap import OpenDesk, Parts
from modstation.bootstrap.demo import open_demo
from modstation.bootstrap.parts import DemoOptions
from modstation.models.ids import PolicyId
from modstation.models.measures import Choice, Measure
from modstation.models.people import Role
from modstation.models.screen import QueueFilter
from modstation.store.kdf import KdfCost
from modstation.views import words
from modstation.views.jobs import Jobs
from modstation.views.main_window import MainWindow
from modstation.views.row_list import RowList
from modstation.views.theme import Look

from .conftest import Ticks, send

WAIT = 30_000
#: Three words of Latin letters in a row are a sentence, not a name, an address or a key.
ENGLISH = re.compile(r"[A-Za-z]{2,}[,.]? [a-z]{2,}[,.]? [a-z]{2,}")
REASON = "第三次冒充退款客服收手续费。"


class Sitting:
    """A window on the open demo desk, its list filtered to Chinese posts, and its keys."""

    def __init__(self, session: OpenDesk, qtbot: QtBot, look: Look) -> None:
        self.session, self.qtbot, self.ticks, self.jobs = session, qtbot, Ticks(), Jobs()
        self.window = MainWindow(look, self.jobs, ticks=self.ticks)
        self.window.resize(1440, 900)
        self.window.show()
        self.window.activateWindow()
        self.window.start(session)
        self.until(lambda: self.window.triage.item.view is not None)
        language = self.window.triage.queue.language
        language.setCurrentIndex(language.findData("zh"))
        self.settle()
        self.until(lambda: self.row_language() == "zh")
        self.window.focus_list()

    def row_language(self) -> str:
        view = self.window.triage.item.view
        return view.row.language if view is not None else ""

    def until(self, condition: object) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT)

    def settle(self) -> None:
        timers = (self.window.feed._timer, self.window.triage.queue.model._look)
        for _ in range(2):
            self.until(lambda: self.jobs.idle and not any(timer.isActive() for timer in timers))
            QApplication.processEvents()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.ticks.at += 1.2
            send(QApplication.focusWidget() or self.window, key)
        self.settle()

    def made(self) -> int:
        return len(self.session.desk.my_decisions())

    def said(self) -> list[str]:
        """Every word of ours on the screen; what the forum's people wrote is left out."""
        item, rail = self.window.triage.item, self.window.triage.rail
        theirs: set[QWidget] = {item.body, item.before, item.after, item.title, item.crumbs, rail.clause, rail.facts}
        found: list[str] = []
        for widget in self.window.findChildren(QWidget):
            if not widget.isVisible() or widget in theirs:
                continue
            found += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
            if isinstance(widget, QLabel | QAbstractButton):
                found.append(widget.text())
            if isinstance(widget, RowList):
                model = widget.model()
                found += [str(model.index(place, 0).data()) for place in range(model.rowCount())]
        return found

    def english(self) -> list[str]:
        """What is English among it; words in quotation marks are quoted from somebody."""
        kept = (re.sub(r"“[^”]*”", "", words) for words in self.said())
        return sorted({words for words in kept if ENGLISH.search(words)})

    def close(self) -> None:
        self.window.forget()
        self.window.detach()
        self.jobs.close()
        self.window.close()
        self.window.deleteLater()
        QApplication.processEvents()


@pytest.fixture
def sitting(tmp_path: Path, qtbot: QtBot, look: Look) -> Iterator[Sitting]:
    parts = Parts(cost=KdfCost(8 * 1024, 1, 1), hold_seconds=60)
    options = DemoOptions(items=40, arrivals=0, folder=tmp_path / "desk")
    with open_demo(options, parts) as demo:
        desk = demo.desk.desk
        desk.set_setting("language", "zh")
        demo.desk.start_runner()
        qtbot.waitUntil(lambda: len(desk.queue_ids(QueueFilter(language="zh"))) >= 6, timeout=WAIT)
        words.speak("zh")
        look.refresh()
        made = Sitting(demo.desk, qtbot, look)
        yield made
        made.close()
        words.speak("en")


def decide(sitting: Sitting) -> None:
    """V, a digit, Enter; a reason is typed where one is asked for."""
    rail, before = sitting.window.triage.rail, sitting.made()
    if sitting.window.triage.item.covered:
        sitting.press("V")
    sitting.press("1")
    sitting.until(lambda: rail.preview is not None)
    assert rail.preview is not None
    assert re.search(r"[\u4e00-\u9fff]", rail.preview.sentence)
    assert sitting.english() == []
    if rail.preview.needs_reason:
        rail.reason.setPlainText(REASON)
        sitting.until(lambda: rail.primary.isEnabled())
    sitting.press("Enter")
    sitting.until(lambda: sitting.made() == before + 1)
    sitting.settle()


def test_a_sitting_in_chinese_shows_no_english_sentence(sitting: Sitting) -> None:
    desk, window = sitting.session.desk, sitting.window
    assert sitting.english() == []
    decide(sitting)
    assert sitting.english() == []

    sitting.press("N")
    sitting.until(lambda: sitting.made() == 2)
    sitting.settle()
    newest = desk.my_decisions()[0]
    sitting.press("Ctrl+Z")
    sitting.until(lambda: next(one for one in desk.my_decisions() if one.id == newest.id).state != newest.state)
    sitting.settle()
    assert sitting.english() == []

    sitting.press("E")
    assert window.question.isVisible()
    assert sitting.english() == []
    QTest.mouseClick(window.question._buttons[Role.COMPLIANCE.value], Qt.MouseButton.LeftButton)
    send(window.question.text, "Ctrl+Enter")
    sitting.until(lambda: len(desk.queue_ids(QueueFilter(language="zh"))) > 0 and not window.question.isVisible())
    sitting.settle()
    assert sitting.english() == []

    propose(sitting)
    for keys, screen in (("Alt+2", "approvals"), ("Alt+5", "mine"), ("Alt+6", "people"), ("Alt+7", "settings")):
        sitting.press(keys)
        assert window.showing == screen
        assert sitting.english() == [], screen
    sitting.press("Alt+1", "O")
    assert window.showing == "outbox"
    assert window.outbox.list.model().rowCount() >= 1
    assert sitting.english() == []


def propose(sitting: Sitting) -> None:
    """A ban without an end waits for a second person, so that the approvals have a line."""
    desk, no = sitting.session.desk, sitting.window.triage.no
    choices = (Choice(Measure.BAN),)
    view = desk.open_item(no)
    shown = desk.preview(no, PolicyId("ill.fraud"), choices, REASON, "", "zh")
    assert shown.allowed, shown.why_not
    told = desk.decide(no, PolicyId("ill.fraud"), choices, REASON, expect=view.revision_hash, language="zh")
    assert told.state == "proposed"
    sitting.settle()
