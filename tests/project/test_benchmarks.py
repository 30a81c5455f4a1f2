"""The harness that takes and prints figures: its arithmetic, its turns, its lines, its command line."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest
from benchmarks import harness
from benchmarks.__main__ import main
from benchmarks.harness import Claim
from hypothesis import given
from hypothesis import strategies as st

FINITE = st.floats(-1e9, 1e9)


@given(st.lists(FINITE, min_size=1), st.floats(0, 1))
def test_a_percentile_lies_between_the_extremes(values: list[float], share: float) -> None:
    assert min(values) - 1e-6 <= harness.percentile(values, share) <= max(values) + 1e-6


@given(st.lists(FINITE, min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_percentiles_never_fall_as_the_share_grows(values: list[float], one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert harness.percentile(values, low) <= harness.percentile(values, high) + 1e-6


def test_percentiles_of_known_values() -> None:
    values = [4.0, 1.0, 3.0, 2.0, 5.0]
    assert [harness.percentile(values, share) for share in (0, 0.25, 0.5, 0.9, 1)] == [1, 2, 3, 4.6, 5]
    assert harness.median([1.0, 2.0]) == 1.5


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        harness.percentile([], 0.5)


def test_a_claim_says_whether_it_held() -> None:
    assert Claim("wait", 9.9, "ms", asked=10).held is True
    assert Claim("wait", 10.1, "ms", asked=10).held is False
    assert Claim("rate", 9.9, "items/s", asked=10, bound="at least").held is False
    assert Claim("rate", 10, "items/s", asked=10, bound="at least").held is True
    assert Claim("size", 3, "MB").held is None


def test_a_line_has_the_keys_in_their_order_and_no_false_precision() -> None:
    line = Claim("wait", 1.23456789, "ms", asked=2, beside={"plain": 1.0}, rows=5, repeats=7).line()
    assert tuple(line) == harness.KEYS
    assert line["value"] == 1.235
    assert line["beside"] == {"plain": 1.0}
    assert json.loads(json.dumps(line)) == line


@pytest.mark.parametrize(("value", "shown"), [(123456.0, 123500.0), (0.00012345, 0.0001234), (0.0, 0.0), (-2.0, -2.0)])
def test_figures_have_four_digits(value: float, shown: float) -> None:
    assert harness.rounded(value) == pytest.approx(shown, rel=1e-3)


def test_paired_acts_take_turns_and_change_who_is_first() -> None:
    order: list[str] = []
    acts = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    taken = harness.paired(acts, 3, warm=0)
    assert "".join(order) == "abbaab"
    assert {name: len(times) for name, times in taken.items()} == {"a": 3, "b": 3}


def test_warm_up_calls_do_not_count() -> None:
    calls: list[int] = []
    assert len(harness.timed(lambda: calls.append(1), 4, warm=2)) == 4
    assert len(calls) == 6


def test_the_collector_is_on_again_after_an_act_that_failed() -> None:
    import gc

    with pytest.raises(ZeroDivisionError):
        harness.once(lambda: 1 / 0)
    assert gc.isenabled()


def test_a_childs_end_and_memory_are_known() -> None:
    small = harness.child([sys.executable, "-c", "pass"])
    large = harness.child([sys.executable, "-c", "x = bytearray(80_000_000); x[::4096] = b'1' * len(x[::4096])"])
    failed = harness.child([sys.executable, "-c", "raise SystemExit(3)"])
    assert (small.code, large.code, failed.code) == (0, 0, 3)
    assert large.peak_mb - small.peak_mb > 70
    assert small.seconds > 0


def test_a_child_that_was_killed_has_the_signal_as_its_code() -> None:
    assert harness.child([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]).code == -9


def test_memory_of_this_process_grows_with_what_it_holds() -> None:
    before = harness.memory_mb()
    held = bytearray(50_000_000)
    held[::4096] = b"1" * len(held[::4096])
    assert harness.memory_mb() - before > 40


def write_package(folder: Path, files: dict[str, str]) -> str:
    """A package of benchmarks with a name of its own."""
    package = folder / f"bench_{folder.name}"
    package.mkdir()
    for name, text in {"__init__.py": "", **files}.items():
        (package / name).write_text(text)
    return package.name


def test_modules_that_measure_are_discovered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    files = {
        "size.py": "def measure(rounds):\n    yield {}\n",
        "age.py": "def measure(rounds):\n    yield {}\n",
        "helpers.py": "def other(): pass\n",
        "_data.py": "raise RuntimeError\n",
    }
    assert list(harness.discover(package=write_package(tmp_path, files))) == ["age", "size"]


def test_a_benchmark_that_cannot_be_imported_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError):
        harness.discover(package=write_package(tmp_path, {"broken.py": "import not_a_module_of_anybody\n"}))


def module(measure: object, **names: object) -> ModuleType:
    """A benchmark made here."""
    return cast(ModuleType, SimpleNamespace(measure=measure, **names))


def counting(rounds: int) -> Iterator[dict[str, object]]:
    """A benchmark that answers how often it was asked to measure."""
    yield Claim("rounds", rounds, "rounds").line()


def test_rounds_come_from_the_command_line_or_the_module_or_are_one() -> None:
    modules = {"own": module(counting, ROUNDS=7), "plain": module(counting)}
    assert [line["value"] for line in harness.lines(modules, 0)] == [7, 1]
    assert [line["value"] for line in harness.lines(modules, 3)] == [3, 3]


def test_a_line_without_a_key_is_refused_and_named() -> None:
    modules = {"poor": module(lambda rounds: iter([{"claim": "x"}]))}
    with pytest.raises(ValueError, match="poor left out value"):
        list(harness.lines(modules, 1))


def test_one_benchmark_can_be_chosen_whatever_is_wrong_with_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    files = {"age.py": "import not_a_module_of_anybody\n", "size.py": "def measure(rounds):\n    yield {}\n"}
    package = write_package(tmp_path, files)
    assert harness.names(package) == ["age", "size"]
    assert list(harness.discover("size", package)) == ["size"]
    with pytest.raises(KeyError, match="there are: age, size"):
        harness.discover("speed", package)


def test_lines_are_printed_as_json_as_they_come() -> None:
    out = io.StringIO()

    def two() -> Iterator[dict[str, object]]:
        yield {"claim": "中文"}
        assert out.getvalue() == '{"claim": "中文"}\n'
        yield {"claim": "b"}

    harness.print_lines(two(), out)
    assert len(out.getvalue().splitlines()) == 2


def test_a_wrong_name_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "no such thing"]) == 2
    assert "there are:" in capsys.readouterr().err


def test_it_runs_as_the_makefile_runs_it(project_root: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--list"]
    done = subprocess.run(command, cwd=project_root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == harness.names()


def test_every_benchmark_of_the_project_can_be_run() -> None:
    assert list(harness.discover()) == harness.names()
