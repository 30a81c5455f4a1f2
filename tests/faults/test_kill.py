"""A desk killed at every arrow of the way of a flagged post loses nothing and does nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.kill_harness import ARROWS, run

#: Kills at each arrow; `make bench ONLY=kill ROUNDS=200` does many more.
ROUNDS = 5


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_a_killed_desk_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    outcome = run(tmp_path, ROUNDS)
    assert {arrow: outcome.hits[arrow] for arrow in ARROWS} == dict.fromkeys(ARROWS, ROUNDS)
    assert outcome.decided, "nothing was decided, so nothing was tried"
    assert outcome.lost == []
    assert outcome.unsettled == []
    assert outcome.twice == []
    assert outcome.unexplained == []
    assert outcome.findings == []
