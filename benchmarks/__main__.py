"""`python -m benchmarks [--only NAME] [--rounds N]`: print one JSON line a claim."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import harness


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point: 0 measured (whether a figure was reached stands in the line), 2 no such benchmark."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the claims, one JSON line each.")
    parser.add_argument("--only", default="", metavar="NAME", help="run the benchmark of this name alone")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="how often to measure; 0: as each one says")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    given = parser.parse_args(arguments)
    if given.list:
        print("\n".join(harness.names()))
        return 0
    try:
        wanted = harness.discover(given.only)
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    harness.print_lines(harness.lines(wanted, given.rounds), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
