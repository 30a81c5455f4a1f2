"""Evidence: sealing one case into a bundle, many a minute, and checking a large bundle with the program it carries."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from modstation.bootstrap import OpenDesk
from modstation.desk.case_file import collect, export
from modstation.evidence.bundle import resource
from modstation.evidence.dossier import Audience
from modstation.models.ids import case_of
from modstation.store.events import Draft

from . import _grown
from .harness import Claim, child, median, once

ROUNDS = 40
ITEMS = 500
#: Rows of people in each case of the large bundle, beside its readings.
ROWS = 4


def _cases(count: int) -> list[str]:
    keys = dict.fromkeys(row.item for row in _grown.observations(count))
    return [str(case_of(key)) for key in keys]


def _lived_in(desk: OpenDesk, cases: list[str]) -> None:
    """Give each case rows signed by a person."""
    with desk.shared.store.writing(person=False) as tx:
        for case in cases:
            for number in range(ROWS):
                tx.append(Draft("item.claimed", case, {"until": number}), desk.work.pen)


def measure(rounds: int) -> Iterator[dict[str, object]]:
    """Sealing at a desk of ten thousand items, then one bundle of five hundred."""
    desk = _grown.opened(_grown.SMALL)
    try:
        cases = _cases(ITEMS)
        _lived_in(desk, cases)
        collect(desk.work.store, cases[:1])
        taken = [once(partial(export, desk.work, [case], Audience.COURT)) for case in cases[:rounds]]
        reading = [once(partial(collect, desk.work.store, [case])) for case in cases[:rounds]]
        beside = {"reading it and proving it (ms)": round(median(reading) * 1000, 2)}
        yield Claim(
            "seal one item, no media", median(taken) * 1000, "ms median", 25, "at most", beside, _grown.SMALL, rounds
        ).line()
        rate = 60 * len(taken) / sum(taken)
        yield Claim("items sealed", rate, "items/min", 1000, "at least", {}, _grown.SMALL, rounds).line()
        yield from _large(desk, cases)
    finally:
        desk.close()


def _large(desk: OpenDesk, cases: list[str]) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        begun: list[bytes] = []
        made = once(lambda: begun.append(export(desk.work, cases, Audience.COURT).data))
        bundle, program = Path(folder, "bundle.zip"), Path(folder, "verify_bundle.py")
        bundle.write_bytes(begun[0])
        program.write_bytes(resource("verify_bundle.py"))
        run = child([sys.executable, "-I", "-S", str(program), str(bundle)])
    # Exit 1 is right: whole, and nobody said whom to trust.
    beside = {
        "exit": run.code,
        "MB": round(len(begun[0]) / 1e6, 2),
        "sealing all of it (s)": round(made, 2),
        "peak MB": round(run.peak_mb),
    }
    yield Claim(f"bundle of {ITEMS} items verified", run.seconds, "s", 10, "at most", beside, ITEMS, 1).line()
