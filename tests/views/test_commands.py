"""The one table of commands: keys, reasons, reachability."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.models.people import Role
from modstation.views import commands
from modstation.views.commands import BY_ID, COMMANDS, GLOBAL, GROUPS, SCREENS, Keymap, Situation, is_single
from modstation.views.sheet import rows_of, split_key
from modstation.views.words import table

from .conftest import Bench


def test_no_two_commands_share_an_id() -> None:
    assert [id_ for id_, count in Counter(one.id for one in COMMANDS).items() if count > 1] == []


def test_no_two_commands_share_a_key_where_both_can_be_pressed() -> None:
    for scope in {one.scope for one in COMMANDS}:
        keys = Counter(key for one in COMMANDS if one.scope in (scope, GLOBAL) for key in one.keys)
        assert [key for key, count in keys.items() if count > 1] == [], scope


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_has_a_title_in_both_languages_a_group_and_a_key(command: commands.Command) -> None:
    assert command.title
    assert command.title in table("zh")
    assert command.group in GROUPS
    assert command.keys


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_locked_desk_runs_nothing(command: commands.Command) -> None:
    assert command.reason(Situation(screen=command.scope, locked=True, roles=frozenset(Role)))


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.deciding], ids=lambda command: command.id)
def test_a_read_only_desk_says_why_nothing_is_decided(command: commands.Command) -> None:
    now = Situation(
        screen=command.scope if command.scope != GLOBAL else "triage",
        roles=frozenset(Role),
        read_only="The disk is full.",
    )
    assert command.reason(now) == "The disk is full."


def test_an_inspector_reads_and_decides_nothing() -> None:
    now = Situation(
        screen="triage", roles=frozenset({Role.INSPECTOR}), has_item=True, has_policy=True, undoable=True, media=1
    )
    assert [
        one.id for one in COMMANDS if one.deciding and one.scope in ("triage", GLOBAL) and not one.reason(now)
    ] == []
    assert not BY_ID["decide"].for_role(frozenset({Role.INSPECTOR}))


@pytest.mark.promise(9)
def test_enter_needs_an_item_a_policy_and_nothing_missing() -> None:
    judge = frozenset({Role.MODERATOR})
    decide = BY_ID["decide"]
    assert decide.reason(Situation(roles=judge))
    assert decide.reason(Situation(roles=judge, has_item=True))
    assert (
        decide.reason(Situation(roles=judge, has_item=True, has_policy=True, missing="Type your reasoning."))
        == "Type your reasoning."
    )
    assert (
        decide.reason(Situation(roles=judge, has_item=True, has_policy=True, why_not="Nobody could approve it."))
        == "Nobody could approve it."
    )
    assert decide.reason(Situation(roles=judge, has_item=True, has_policy=True)) == ""


def test_reasons_are_about_the_screen_first() -> None:
    assert BY_ID["approve"].reason(Situation(screen="triage", roles=frozenset(Role))) == "Not on this screen."


def test_every_command_does_something(bench: Bench) -> None:
    assert [id_ for id_ in BY_ID if not bench.window.dispatch.known(id_)] == []


def test_every_command_is_on_the_key_sheet_or_shares_its_line() -> None:
    keymap = Keymap()
    lines = [title for group in GROUPS for _, title in rows_of(keymap, group)]
    for command in COMMANDS:
        assert any(line.startswith(command.title) for line in lines), command.id


def test_every_command_of_a_screen_is_in_the_palette_there(bench: Bench) -> None:
    bench.press("Ctrl+K")
    shown = {entry.key.removeprefix(">") for entry in bench.window.palette_box.list.entries.entries if not entry.head}
    wanted = {
        one.id
        for one in COMMANDS
        if one.scope in ("triage", GLOBAL) and one.for_role(frozenset({Role.MODERATOR})) and not one.id[-1].isdigit()
    } - {"palette", "peek"}
    assert shown == wanted


def test_the_palette_says_why_a_command_cannot_run(bench: Bench) -> None:
    bench.press("Ctrl+K")
    entry = next(one for one in bench.window.palette_box.list.entries.entries if one.key == ">undo")
    assert entry.second == "There is nothing to undo."


def test_every_screen_can_be_reached_by_key(bench: Bench) -> None:
    for number, screen in enumerate(SCREENS, 1):
        bench.press(f"Alt+{number}")
        bench.settle()
        assert bench.window.showing == screen
    bench.press("Alt+1")
    bench.press("O")
    assert bench.window.showing == "outbox"
    bench.press("Esc")
    bench.press("Esc")
    assert bench.window.showing == "triage"


def test_keys_can_be_changed_and_a_clash_is_named() -> None:
    keymap = Keymap({"skip": "B", "note": "Ctrl+J F7", "nonsense": "Q"})
    assert keymap.find("B", "triage") is keymap.commands["skip"]
    assert keymap.find("S", "triage") is None
    assert keymap.keys_of("note") == ("Ctrl+J", "F7")
    assert keymap.clash("skip", "N") == "no_violation"
    assert keymap.clash("skip", "S") == ""


@pytest.mark.case("S03")
def test_with_a_modifier_no_deciding_key_is_pressed_alone() -> None:
    keymap = Keymap({}, "modifier")
    for command in COMMANDS:
        if command.deciding:
            assert not any(is_single(key) for key in keymap.keys_of(command.id)), command.id


def test_switched_off_single_keys_leave_only_moving_and_closing() -> None:
    keymap = Keymap({}, "off")
    left = {key for one in COMMANDS for key in keymap.keys_of(one.id) if is_single(key)}
    assert left == {"Esc", "Up", "Down"}


@pytest.mark.parametrize(
    ("key", "single"),
    [("N", True), ("Shift+J", True), ("Ctrl+K", False), ("Alt+1", False), ("F6", False), ("F", True), ("Esc", True)],
)
def test_what_a_single_key_is(key: str, single: bool) -> None:
    assert is_single(key) is single


@pytest.mark.parametrize(
    ("key", "caps"),
    [("Ctrl+K", ["Ctrl", "K"]), ("Ctrl++", ["Ctrl", "+"]), ("?", ["?"]), ("Ctrl+Shift+E", ["Ctrl", "Shift", "E"])],
)
def test_key_caps(key: str, caps: list[str]) -> None:
    assert split_key(key) == caps


@given(
    st.builds(
        Situation,
        screen=st.sampled_from([*SCREENS, "outbox"]),
        has_item=st.booleans(),
        has_policy=st.booleans(),
        selected=st.integers(0, 5),
    )
)
def test_a_reason_is_a_sentence_or_nothing(now: Situation) -> None:
    for command in COMMANDS:
        why = command.reason(now)
        assert why == "" or why.endswith(".")
