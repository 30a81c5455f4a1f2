"""The real command line in a process of its own, with a cheap passphrase and a hold and a clock of the test's choosing.

`MODSTATION_TEST_HOLD` is the hold in seconds, `MODSTATION_TEST_SHIFT` moves the clock by so many seconds. With --serve
one process runs command after command, each a line of JSON on standard input: starting Python costs more than deciding.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta

from modstation.bootstrap import Parts
from modstation.cli import main
from modstation.models.time import SystemClock
from modstation.store.kdf import KdfCost


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """The machine's clock, moved."""

    shift: timedelta

    def now(self) -> datetime:
        return SystemClock().now() + self.shift


def parts() -> Parts:
    shift = timedelta(seconds=float(os.environ.get("MODSTATION_TEST_SHIFT", "0")))
    hold = int(os.environ.get("MODSTATION_TEST_HOLD", "0"))
    return Parts(clock=ShiftedClock(shift), cost=KdfCost(8 * 1024, 1, 1), hold_seconds=hold)


def serve() -> None:
    """Run the commands that come in, each with its own environment and standard input."""
    lines, answers = sys.stdin, sys.stdout
    for line in lines:
        wanted = json.loads(line)
        os.environ.clear()
        os.environ.update(wanted["env"])
        sys.stdin = io.StringIO(wanted["typed"])
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(wanted["words"], parts())
        answers.write(json.dumps({"code": code, "out": out.getvalue(), "err": err.getvalue()}) + "\n")
        answers.flush()


if __name__ == "__main__":
    sys.exit(serve() if sys.argv[1:] == ["--serve"] else main(parts=parts()))
