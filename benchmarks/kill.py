"""Kill -9 at every arrow of the way of a flagged post: how many kills, and what was lost or done twice."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.faults.kill_harness import ARROWS, run

from benchmarks.harness import Claim


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """`rounds` kills or more, spread evenly over the arrows."""
    each = max(1, -(-rounds // len(ARROWS)))
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder), each)
    wrong = [*outcome.lost, *outcome.unsettled, *outcome.twice, *outcome.unexplained, *outcome.findings]
    beside = {"kills": dict(outcome.hits), "decisions": len(outcome.decided), "faults": wrong[:20]}
    claim = Claim("kill", len(wrong), "faults", 0, "at most", beside, len(outcome.decided), sum(outcome.hits.values()))
    yield claim.line()
