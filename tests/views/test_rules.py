"""The Rules screen and the box "Why is this here?", over a real desk: real store, real packs, real keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from tests.desk.desk_parts import Office, office
from tests.desk.pack_parts import activated, pack_file
from tests.store.store_parts import flag, revision

from modstation.models.time import to_ms
from modstation.views import words
from modstation.views.commands import BY_ID, RULES
from modstation.views.jobs import Jobs
from modstation.views.main_window import MainWindow
from modstation.views.rules_page import RulesPage
from modstation.views.rules_parts import STATES
from modstation.views.theme import Look

from .conftest import Bench, Ticks, send

OFFER = "I sell a f0lding bicycle today"


@dataclass
class Place:
    """A window of one person at a real desk."""

    window: MainWindow
    office: Office
    jobs: Jobs
    ticks: Ticks
    qtbot: QtBot
    said: list[tuple[str, str]] = field(default_factory=list)

    @property
    def page(self) -> RulesPage:
        page = self.window.pages[RULES]
        assert isinstance(page, RulesPage)
        return page

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.jobs.idle and not self.window.feed._timer.isActive(), timeout=60_000)
        QApplication.processEvents()
        self.qtbot.waitUntil(lambda: self.jobs.idle, timeout=60_000)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.ticks.at += 2.0
            send(QApplication.focusWidget() or self.window, key)
            self.settle()

    def go(self, screen: str) -> None:
        self.window.go(screen)
        self.settle()

    def choose(self, title: str) -> None:
        entries = self.page.list.entries.entries
        place = next(n for n, entry in enumerate(entries) if entry.title == title and not entry.head)
        assert self.page.list.go(place)
        self.page.list.setFocus()
        self.settle()

    def heads(self) -> list[str]:
        return [entry.title for entry in self.page.list.entries.entries if entry.head]

    def panel(self) -> str:
        return text_of(self.page.side)


def text_of(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if not label.isHidden())


@pytest.fixture
def sit(qtbot: QtBot, look: Look, tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Sit people down at one real desk, each in a window of their own."""
    places: list[Place] = []
    with office(tmp_path / "desk") as desk:

        def down(name: str) -> Place:
            jobs, ticks = Jobs(), Ticks()
            window = MainWindow(look, jobs, now=lambda: to_ms(desk.clock.moment), ticks=ticks)
            place = Place(window, desk, jobs, ticks, qtbot)
            window.resize(1440, 900)
            window.show()
            window.activateWindow()
            window.start(desk.open(name))
            places.append(place)
            place.settle()
            return place

        yield down
        for place in places:
            place.window.forget()
            place.window.detach()
            place.jobs.close()
            place.window.close()
            place.window.deleteLater()
        QApplication.processEvents()


def test_the_screen_shows_what_is_active(sit: Callable[[str], Place]) -> None:
    place = sit("demo-mod")
    place.go("rules")
    assert place.heads() == ["Active"]
    assert place.page.count.text() == "4 versions, 4 active"
    titles = [entry.title for entry in place.page.list.entries.entries if not entry.head]
    assert len(titles) == 4
    place.press("J")
    assert "comes with ModStation" in place.panel()
    assert "It never decides." in place.panel()


def test_a_draft_is_taken_in_rehearsed_and_waits_for_another(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-mod")
    place.office.post(1, OFFER)
    place.go("rules")
    assert place.page.path is not None
    place.page.path.setText(str(pack_file(tmp_path)))
    place.window.dispatch.run("rules.add")
    place.settle()
    assert place.heads() == ["In work", "Active"]
    place.choose("Bicycle offers")
    place.press("R")
    assert "1 of 1 items would be marked." in place.window.banners.words
    assert place.heads() == ["Waiting for a second person", "Active"]
    panel = place.panel()
    assert "1000.0 hits per 1,000: 1 of 1 items" in panel
    assert "f0lding bicycle" in panel
    assert "1 new, 0 no longer" in panel


@pytest.mark.promise(6)
def test_the_author_cannot_approve_and_is_told_who_can(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-mod")
    place.office.mod.add_pack(pack_file(tmp_path))
    place.office.mod.rehearse_pack("demo-bikes")
    place.go("rules")
    place.choose("Bicycle offers")
    assert "You may not approve this. Who may: demo-admin" in place.panel()
    place.press("Enter")
    assert "pack.approved" not in place.office.kinds()


def test_another_person_approves_and_anybody_pulls(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-sup")
    place.office.mod.add_pack(pack_file(tmp_path))
    place.office.mod.rehearse_pack("demo-bikes")
    place.go("rules")
    place.choose("Bicycle offers")
    assert "You may approve." in place.panel()
    place.press("Enter")
    assert place.heads() == ["Active"]
    assert place.page.count.text() == "5 versions, 5 active"
    assert "Bicycle offers" in place.panel(), "the chosen pack stays chosen"
    place.press("P")
    assert place.heads() == ["Active", "Laid away"]
    assert [body["pack"] for body in place.office.events("pack.pulled")] == ["demo-bikes"]


@pytest.mark.promise(9)
def test_keys_are_text_while_a_reason_is_typed(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-sup")
    activated(place.office, pack_file(tmp_path))
    place.go("rules")
    place.choose("Bicycle offers")
    assert place.page.reason is not None
    place.page.reason.setFocus()
    place.press("P", "R", "X")
    assert place.page.reason.text() == "prx"
    assert "pack.pulled" not in place.office.kinds()


@pytest.mark.promise(10)
def test_a_rehearsal_tells_its_progress_and_can_be_stopped(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-mod")
    place.office.pull(*[revision(n, f"post number {n}") for n in range(1, 700)])
    place.office.mod.add_pack(pack_file(tmp_path))
    place.go("rules")
    place.choose("Bicycle offers")
    heard: list[tuple[int, int]] = []
    place.page.progressed.connect(lambda _, done, total: heard.append((done, total)))
    place.page.run("rules.rehearse")
    place.page.run("rules.stop")
    place.settle()
    assert heard == [(500, 699)]
    assert "stopped; nothing was written down" in place.window.banners.words
    assert place.office.mod.packs()[0].state == "draft"
    place.press("R")
    assert heard[-1] == (699, 699)
    assert "pack.rehearsed" in place.office.kinds()


def test_what_is_wrong_with_a_file_is_told_and_stays_told(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-mod")
    place.go("rules")
    path = pack_file(tmp_path)
    path.write_text(path.read_text("utf-8").replace("sale = 2", "sale = 9"), "utf-8")
    assert place.page.path is not None
    place.page.path.setText(str(path))
    place.window.dispatch.run("rules.add")
    place.settle()
    assert "severity of sale is not 1 to 4" in place.window.banners.words
    assert place.heads() == ["Active"]


def test_nothing_of_a_pack_stays_in_a_locked_window(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-mod")
    activated(place.office, pack_file(tmp_path, "velociped of great rarity"))
    place.go("rules")
    place.choose("Bicycle offers")
    assert "velociped" in place.panel()
    place.window.forget()
    assert "velociped" not in text_of(place.window)
    place.window.start(place.office.open("demo-mod"))
    place.settle()


def test_every_command_of_the_screen_has_a_key_and_every_state_a_word() -> None:
    assert {id_ for id_, command in BY_ID.items() if command.scope == RULES} == {
        "rules.add", "rules.rehearse", "rules.stop", "rules.approve", "rules.pull",
    }  # fmt: skip
    assert set(STATES) == {"draft", "rehearsed", "approved", "active", "pulled", "retired"}


def test_a_desk_without_screening_shows_an_empty_screen(bench: Bench) -> None:
    bench.window.go("rules")
    bench.settle()
    assert "no rule packs" in bench.window.pages[RULES].empty.text()


# ---------------------------------------------------------------------------------- why is this here?
def test_the_box_tells_reports_rules_and_replay(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-mod")
    activated(place.office, pack_file(tmp_path))
    place.office.post(1, OFFER)
    place.settle()
    place.window.open_item(1)
    place.settle()
    place.window.dispatch.run("why")
    place.settle()
    box = place.window.why_box
    assert box.isVisible()
    told = text_of(box)
    for words_ in ("f0lding bicycle", "leet", "bike", "demo-bikes@1", "approved by demo-sup", "the same spans", "spam"):
        assert words_ in told, words_
    place.press("I")
    assert not box.isVisible()


def test_brackets_go_through_the_moments(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-mod")
    activated(place.office, pack_file(tmp_path))
    place.office.post(1, OFFER)
    place.office.clock.move(3600)
    moment = place.office.clock.moment
    place.office.pull(revision(1, "edited away", fetched=moment), flag(1, 2, reporter="12", at=moment, fetched=moment))
    place.window.open_item(1)
    place.settle()
    place.window.dispatch.run("why")
    place.settle()
    box = place.window.why_box
    assert "0 rule hits" not in text_of(box)
    assert "f0lding" not in text_of(box)
    place.press("[")
    assert "f0lding bicycle" in text_of(box)
    place.press("]")
    assert "f0lding" not in text_of(box)


def test_hostile_words_are_shown_as_words(sit: Callable[[str], Place], tmp_path: Path) -> None:
    place = sit("demo-mod")
    place.office.pull(revision(1, OFFER), flag(1, 1, reason="<b>‮bold\x00</b>\ud800"))
    place.window.open_item(1)
    place.settle()
    place.window.dispatch.run("why")
    place.settle()
    told = text_of(place.window.why_box)
    assert "<b>" in told
    assert "\x00" not in told


def test_the_box_speaks_chinese(sit: Callable[[str], Place]) -> None:
    words.speak("zh")
    place = sit("demo-mod")
    place.office.post(1, OFFER)
    place.window.open_item(1)
    place.settle()
    place.window.dispatch.run("why")
    place.settle()
    assert "为何在此？" in text_of(place.window.why_box)
    place.go("rules")
    assert place.heads() == ["启用中"]


def test_the_order_learned_here_can_be_chosen(sit: Callable[[str], Place]) -> None:
    place = sit("demo-mod")
    labels = [place.window.triage.queue.sort.itemText(n) for n in range(place.window.triage.queue.sort.count())]
    assert "As learned here" in labels
