"""The rules that need to understand code, each on code that breaks it and on code that does not."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest
from tools import check_code
from tools.check_code import CodeFile, Rule


def rules_broken(path: str, text: str, rules: tuple[Rule, ...]) -> list[str]:
    """The names of the rules that a file breaks, in the order found."""
    file = CodeFile(Path(path), ast.parse(textwrap.dedent(text)))
    return [finding.rule for rule in rules for finding in rule(file)]


def in_source(text: str, path: str = "src/modstation/desk/part.py") -> list[str]:
    """What the rules for the source say."""
    return rules_broken(path, text, check_code.SOURCE_RULES)


def in_test(text: str) -> list[str]:
    """What the rules for tests say."""
    return rules_broken("tests/test_part.py", text, check_code.TEST_RULES)


@pytest.mark.parametrize("call", ["dialog.exec()", "FirstRun(self).exec()", "menu.exec(point)", "self.dialog.exec_()"])
def test_modal_loops_are_found_in_the_window(call: str) -> None:
    assert in_source(call, "src/modstation/views/pane.py") == ["dialog-exec"]
    assert in_source(call, "src/modstation/app.py") == ["dialog-exec"]


@pytest.mark.parametrize("call", ["app.exec()", "QApplication.exec()", "dialog.open()", "menu.popup(point)"])
def test_the_applications_own_loop_is_no_modal_one(call: str) -> None:
    assert in_source(call, "src/modstation/app.py") == []


def test_exec_elsewhere_is_somebody_elses_word() -> None:
    assert in_source("statement.exec()", "src/modstation/store/journal.py") == []


@pytest.mark.parametrize("line", ["import sqlite3", "from sqlite3 import connect", "import sqlcipher3.dbapi2 as db"])
def test_databases_have_one_door(line: str) -> None:
    assert in_source(line) == ["one-door"]


def test_that_door_is_the_stores() -> None:
    assert in_source("import sqlcipher3.dbapi2", "src/modstation/store/sqlcipher.py") == []
    assert in_source("import sqlite3", "src/modstation/store/sqlcipher.py") == ["one-door"]


def test_a_body_of_dots_is_a_stub_outside_a_protocol() -> None:
    assert in_source("def act() -> None: ...") == ["stub"]
    assert in_source('class Desk:\n    def act(self) -> None:\n        """Act."""\n        ...') == ["stub"]
    assert in_source('class Port(Protocol):\n    def act(self) -> None:\n        """Act."""\n        ...') == []
    assert in_source("class Port(Reads, Protocol):\n    async def act(self) -> None: ...") == []
    assert in_source("@overload\ndef act(a: int) -> int: ...") == []


@pytest.mark.parametrize("call", ["datetime.now()", "datetime.utcnow()", "datetime.datetime.now()"])
def test_times_without_a_zone_are_found(call: str) -> None:
    assert in_source(f"at = {call}") == ["naive-time"]


@pytest.mark.parametrize("call", ["datetime.now(UTC)", "datetime.now(tz=zone)", "clock.now()"])
def test_times_with_a_zone_are_not(call: str) -> None:
    assert in_source(f"at = {call}") == []


@pytest.mark.parametrize(
    "line",
    ["eval(text)", "exec(text)", "run(text, shell=True)", "import pickle", "from marshal import loads"],
)
def test_ways_to_run_what_a_forum_sent_are_found(line: str) -> None:
    assert in_source(line) == ["danger"]


@pytest.mark.parametrize("line", ["run(words, shell=False)", "connection.execute(sql)", "import json"])
def test_ordinary_calls_are_no_danger(line: str) -> None:
    assert in_source(line) == []


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    "line",
    ["view.setHtml(body)", "QTextBrowser(self)", "QLabel(title)", "row.setToolTip(title)", "QMessageBox(self)"],
)
def test_places_where_a_text_could_become_markup_are_found(line: str) -> None:
    assert in_source(line, "src/modstation/views/pane.py") == ["markup"]
    assert in_source(line, "src/modstation/cli/work.py") == []


@pytest.mark.parametrize(
    "line",
    [
        "Plain(title)",
        "row.setToolTip(plain_tip(title))",
        "row.setToolTip('')",
        "row.setToolTip(plain_tip(t) if t else '')",
    ],
)
def test_places_where_it_cannot_are_not(line: str) -> None:
    assert in_source(line, "src/modstation/views/pane.py") == []


def test_the_one_place_of_labels_may_make_them() -> None:
    assert in_source("QLabel(parent)", "src/modstation/views/parts.py") == []


@pytest.mark.parametrize("colour", ["#fff", "#A02B26", "#A02B2680"])
def test_colours_outside_the_tokens_are_found(colour: str) -> None:
    assert in_source(f"pen = QColor('{colour}')", "src/modstation/views/rail.py") == ["colour"]
    assert in_source(f"T1 = '{colour}'", "src/modstation/views/tokens.py") == []
    assert in_source("number = '#12345'", "src/modstation/views/rail.py") == []


@pytest.mark.parametrize(
    "line",
    [
        "pytest.skip('no screen')",
        "@pytest.mark.skipif(True, reason='x')\ndef test_it(): assert 1 == a",
        "@pytest.mark.xfail\ndef test_it(): assert 1 == a",
        "qt = pytest.importorskip('PySide6')",
        "self.skipTest('later')",
        "@unittest.skip('later')\ndef test_it(): assert 1 == a",
    ],
)
def test_tests_that_do_not_run_are_found(line: str) -> None:
    assert in_test(line) == ["skip"]


def test_an_item_that_is_skipped_in_the_product_is_none_of_it() -> None:
    assert in_test("desk.skip(item)\nassert desk.status().skipped == 1") == []
    assert in_test("self.desks[who].skip(item)") == []


@pytest.mark.parametrize(
    "line",
    [
        "time.sleep(0.1)",
        "sleep(1)",
        "await asyncio.sleep(0.5)",
        "qtbot.wait(100)",
        "QTest.qWait(10)",
        "time.sleep(pause)",
    ],
)
def test_waiting_by_time_is_found(line: str) -> None:
    assert in_test(f"async def test_it():\n    {line}") == ["sleep"]


@pytest.mark.parametrize(
    "line",
    [
        "await asyncio.sleep(0)",
        "qtbot.waitUntil(shown)",
        "event.wait(5)",
        "wait_until(shown)",
        "process.wait(timeout=9)",
    ],
)
def test_waiting_for_a_condition_is_not(line: str) -> None:
    assert in_test(f"async def test_it():\n    {line}") == []


@pytest.mark.parametrize(
    "line", ["from unittest import mock", "import unittest.mock", "from unittest.mock import Mock"]
)
def test_mocks_are_found(line: str) -> None:
    assert in_test(line) == ["mock"]


def test_asserting_speed_is_found() -> None:
    named = """
        def test_it():
            begun = time.perf_counter()
            act()
            took = time.perf_counter() - begun
            assert took < 0.1
    """
    direct = """
        def test_it():
            begun = monotonic()
            act()
            assert monotonic() - begun < 0.1
    """
    assert in_test(named) == ["timed-assert"]
    assert in_test(direct) == ["timed-assert"]


@pytest.mark.parametrize(
    ("bound", "broken"),
    [
        ("took < 1", True),
        ("0 < took <= 1", True),
        ("1 > took", True),
        ("took == 1", True),
        ("took >= 1", False),
        ("1 <= took", False),
    ],
)
def test_only_upper_bounds_depend_on_the_machine(bound: str, broken: bool) -> None:
    text = f"""
        def test_it():
            begun = time.monotonic()
            act()
            took = time.monotonic() - begun
            assert {bound}
    """
    assert in_test(text) == (["timed-assert"] if broken else [])


def test_asserting_what_a_clock_of_the_desk_says_is_not() -> None:
    text = """
        def test_it():
            due = clock.due - clock.start
            assert due == timedelta(hours=24)
    """
    assert in_test(text) == []


@pytest.mark.parametrize("line", ["assert True", "assert 1", "assert 'text'"])
def test_asserting_nothing_is_found(line: str) -> None:
    assert in_test(f"def test_it():\n    {line}") == ["empty-assert"]


def test_a_finding_reads_like_a_compilers() -> None:
    text = str(check_code.Finding(Path("src/a.py"), 3, "stub", "act does nothing yet"))
    assert text == "src/a.py:3: stub: act does nothing yet"
