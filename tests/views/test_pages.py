"""The screens beside Triage: outbox and conflict, approvals, inbox, set aside, my decisions, people, settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QLabel
from tools.furnish import furnished

from modstation.models.measures import OutboxState

from .conftest import Bench, send


@pytest.fixture
def busy(open_window: Callable[..., Bench]) -> Bench:
    """A window on a desk that has something on every screen."""
    return open_window(furnished("light", "en", 100).desk)


def go(bench: Bench, screen: str, *keys: str) -> None:
    bench.window.dispatch.run(f"go.{screen}")
    bench.settle()
    bench.press(*keys)
    bench.settle()


def panel(bench: Bench) -> str:
    """All words of the panel at the right."""
    side = bench.window.pages[bench.window.showing].side
    return "\n".join(label.text() for label in side.findChildren(QLabel))


# outbox


def test_the_outbox_groups_what_needs_a_person_first(busy: Bench) -> None:
    go(busy, "outbox")
    heads = [entry.title for entry in busy.window.outbox.list.entries.entries if entry.head]
    assert heads == ["Needs you", "On the way", "Waits for the one above", "Lately confirmed"]


def test_a_refusal_shows_the_forums_own_words(busy: Bench) -> None:
    go(busy, "outbox", "J", "J")
    assert "User already muted until 29 Nov" in panel(busy)
    assert "nobody was told" in panel(busy)


@pytest.mark.promise(4)
def test_a_conflict_shows_both_sides_and_chooses_nothing(busy: Bench) -> None:
    go(busy, "outbox", "J")
    page = busy.window.outbox
    assert page.view is not None
    assert "version 4" in panel(busy)
    assert "saw version 3" in panel(busy)
    assert not page.settle.isEnabled()
    busy.press("Enter")
    busy.settle()
    assert busy.desk.acts("resolve") == []
    busy.press("2")
    assert page.settle.isEnabled()
    assert page.sentence.sentence == page.view.choices[1].consequence
    busy.press("Enter")
    busy.settle()
    assert busy.desk.acts("resolve") == [("resolve", page.rows and "o103", "accept")]


def test_what_differs_is_told_without_colour(busy: Bench) -> None:
    go(busy, "outbox", "J")
    from modstation.views.body_view import BodyView

    words = [view.body for view in busy.window.outbox.side.findChildren(BodyView)]
    assert any("{+Message me here.+}" in body and "[-" in body for body in words)


def test_an_empty_outbox_says_so(bench: Bench) -> None:
    go(bench, "outbox")
    assert "Nothing has gone out yet" in bench.window.outbox.empty.text()


def test_a_chip_of_the_strip_leads_to_its_row(busy: Bench) -> None:
    shown = busy.window.strip.shown()
    assert shown[0].state in (OutboxState.CONFLICT, OutboxState.REFUSED)
    busy.window.strip.pressed.emit(shown[0])
    busy.settle()
    assert busy.window.showing == "outbox"


# approvals


@pytest.mark.promise(6)
def test_one_may_not_approve_ones_own_and_the_row_says_why(busy: Bench) -> None:
    go(busy, "approvals", "J", "J", "J")
    assert "you warned its manager" in panel(busy)
    busy.press("Enter")
    busy.press("N")
    busy.settle()
    assert busy.desk.acts("approve") == []
    assert busy.desk.acts("refuse") == []


def test_a_proposal_is_approved_by_enter_once_it_is_on_the_screen(busy: Bench) -> None:
    go(busy, "approvals")
    busy.press("Enter")
    busy.settle()
    assert busy.desk.acts("approve") == []
    busy.press("J")
    assert "Ban account fast_refund_01" in panel(busy)
    busy.press("Enter")
    busy.settle()
    assert busy.desk.acts("approve") == [("approve", "p1", "")]
    assert len(busy.window.pages["approvals"].rows) == 2


def test_a_refusal_needs_its_reason(busy: Bench) -> None:
    go(busy, "approvals", "J", "N")
    assert busy.desk.acts("refuse") == []
    assert "Write why" in busy.window.banners.words
    note = busy.window.pages["approvals"].note  # type: ignore[attr-defined]
    assert note.hasFocus()
    note.insertPlainText("The evidence is thin.")
    busy.window.dispatch.run("refuse")
    busy.settle()
    assert busy.desk.acts("refuse") == [("refuse", "p1", "The evidence is thin.")]


def test_the_count_says_how_many_one_may_decide(busy: Bench) -> None:
    go(busy, "approvals")
    assert busy.window.pages["approvals"].count.text() == "3 waiting, 2 you may decide"


# inbox, set aside


def test_an_escalation_is_taken_and_its_item_opened(busy: Bench) -> None:
    go(busy, "inbox", "J")
    assert "Looks like the same people" in panel(busy)
    busy.press("Enter")
    busy.ready(40)
    assert busy.desk.acts("answer") == [("answer", "e1", "take")]
    assert busy.window.showing == "triage"


def test_an_escalation_is_handed_back(busy: Bench) -> None:
    go(busy, "inbox", "J", "J", "B")
    assert busy.desk.acts("answer") == [("answer", "e2", "return")]


@pytest.mark.promise(5)
def test_a_clock_that_ran_out_is_said(busy: Bench) -> None:
    go(busy, "inbox")
    assert [entry.right for entry in busy.window.pages["inbox"].list.entries.entries] == ["2 h 50 m", "overdue"]


@pytest.mark.promise(7)
def test_raw_answers_are_text_and_closing_needs_a_reason(busy: Bench) -> None:
    from modstation.views.body_view import BodyView

    go(busy, "aside", "J")
    raw = busy.window.pages["aside"].side.findChildren(BodyView)[-1]
    assert "[U+202E]" in raw._composed.text
    busy.press("Ctrl+Enter")
    busy.settle()
    assert busy.desk.acts("close") == []
    reason = busy.window.pages["aside"].reason  # type: ignore[attr-defined]
    reason.insertPlainText("The flag was deleted at the forum.")
    send(reason, "Ctrl+Enter")
    busy.settle()
    assert busy.desk.acts("close") == [("close", 1, "The flag was deleted at the forum.")]


# my decisions


def test_a_decision_is_taken_back_with_its_reason(bench: Bench) -> None:
    bench.press("N")
    bench.ready(2)
    go(bench, "mine", "J", "Ctrl+Enter")
    assert bench.desk.acts("undo") == []
    reason = bench.window.pages["mine"].reason  # type: ignore[attr-defined]
    reason.insertPlainText("Wrong post.")
    send(reason, "Ctrl+Enter")
    bench.settle()
    assert bench.desk.acts("undo") == [("undo", "d1", "Wrong post.")]
    assert [entry.state for entry in bench.window.pages["mine"].list.entries.entries] == ["withdrawn"]


def test_the_item_of_a_row_opens_in_triage(busy: Bench) -> None:
    go(busy, "approvals", "J", "Ctrl+O")
    busy.ready(41)


def test_people_are_listed_with_roles_state_and_key(bench: Bench) -> None:
    go(bench, "people", "J")
    entries = bench.window.pages["people"].list.entries.entries
    assert [entry.title for entry in entries][:2] == ["Demo Chen", "Demo Ines"]
    assert entries[1].state == "has no passphrase yet"
    assert "e855" in panel(bench)


@pytest.mark.parametrize("screen", ["approvals", "inbox", "aside", "mine"])
def test_an_empty_screen_says_that_there_is_nothing(bench: Bench, screen: str) -> None:
    go(bench, screen)
    assert bench.window.pages[screen].empty.isVisible()
    assert bench.window.pages[screen].empty.text().endswith(".")


# settings


def test_a_setting_is_asked_from_the_desk_and_changed_through_it(bench: Bench) -> None:
    go(bench, "settings")
    control = bench.window.settings.controls["hold_seconds"]
    control.setCurrentIndex(control.findData("20"))  # type: ignore[union-attr]
    bench.settle()
    assert bench.desk.settings["hold_seconds"] == "20"


def test_a_path_is_taken_when_the_field_is_left(bench: Bench) -> None:
    go(bench, "settings")
    field = bench.window.settings.controls["ca_file"]
    field.setFocus()
    field.setText("/etc/ssl/house.pem")  # type: ignore[union-attr]
    send(field, "Enter")
    bench.settle()
    assert bench.desk.settings["ca_file"] == "/etc/ssl/house.pem"


def test_ctrl_plus_minus_and_zero_change_the_text_size(bench: Bench) -> None:
    bench.press("Ctrl++")
    bench.settle()
    assert bench.window.look.percent == 110
    assert bench.desk.settings["text_percent"] == "110"
    bench.press("Ctrl+-", "Ctrl+-")
    bench.settle()
    bench.press("Ctrl+0")
    bench.settle()
    assert bench.window.look.percent == 100


@pytest.mark.case("S26")
def test_the_theme_changes_while_running(bench: Bench) -> None:
    bench.press("Ctrl+Shift+D")
    bench.settle()
    assert bench.window.look.dark
    image = bench.window.grab().toImage()
    assert image.pixelColor(4, 400).lightness() < 60


def test_keys_are_changed_unless_they_clash(bench: Bench) -> None:
    go(bench, "settings")
    page = bench.window.settings
    from modstation.views.fields import Field

    field = next(
        one for one in page.findChildren(Field) if one.accessibleName() == "Key for: Skip, give the claim back"
    )
    field.setText("N")
    page._rebind("skip", field)
    assert "already does: No violation" in bench.window.banners.words
    assert field.text() == "S"
    field.setText("B")
    page._rebind("skip", field)
    bench.settle()
    assert '"skip": "B"' in bench.desk.settings["keys"]


def test_the_setting_of_the_keys_survives_nonsense() -> None:
    from modstation.views.key_setting import key_choices, key_value

    assert key_choices("") == ({}, "on")
    assert key_choices("{broken") == ({}, "on")
    assert key_choices('{"keys": {"unknown": "Q", "skip": " "}, "mode": 7}') == ({}, "on")
    assert key_choices(key_value({"skip": "B"}, "modifier")) == ({"skip": "B"}, "modifier")
    assert key_value({}, "on") == ""
