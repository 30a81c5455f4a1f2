"""The command line of the demo forum."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from . import faults as fault_words
from .faults import BadFaults, Faults
from .running import DemoForum
from .saving import BadState
from .seeding import ITEMS, Plan

_USAGE, _REFUSED = 2, 1


def parser() -> argparse.ArgumentParser:
    """The options, with the language of faults in the help text."""
    made = argparse.ArgumentParser(
        prog="modstation demo-forum",
        description="Run Riverside Forum, an invented forum that answers as NodeBB 4 does.",
        epilog=fault_words.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--host", default="127.0.0.1", help="address to listen on (this machine alone by default)")
    made.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    made.add_argument("--seed", type=int, default=1, help="the same seed makes the same forum and tokens")
    made.add_argument("--items", type=int, default=ITEMS, help="how many posts are reported")
    made.add_argument("--faults", default="", metavar="SPEC", help="faults to have; see below")
    made.add_argument(
        "--arrivals", type=float, default=0, metavar="SECONDS", help="a new report every so often; 0: none"
    )
    made.add_argument("--queued", type=int, default=0, help="how many posts wait for approval")
    made.add_argument("--registrations", type=int, default=0, help="how many people asked for an account")
    made.add_argument("--now", type=int, default=0, metavar="MS", help="newest moment of the content, UTC milliseconds")
    made.add_argument("--state", type=Path, metavar="FILE", help="keep the forum in FILE between two runs")
    made.add_argument("--grant-mute", action="store_true", help="let moderators mute; a fresh forum does not")
    made.add_argument(
        "--control", action="store_true", help="open the calls under /demo/control/ and print their token"
    )
    made.add_argument("--until-parent-exits", action="store_true", help="end when standard input closes")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run until a signal, or until standard input closes where asked.

    The first line of standard output is JSON {"url", "tokens": {"admin", "moderator"}} and, with --control, "control".
    Gives 0 after a stop, 1 when the port is taken, 2 for options that make no sense.
    """
    options = parser().parse_args(argv)
    if options.items < 0 or not 0 <= options.port < 65_536:
        print("--items counts from 0 on and --port goes up to 65535.", file=sys.stderr)
        return _USAGE
    try:
        demo = _demo(options)
    except BadFaults as problem:
        print(f"--faults: {problem}", file=sys.stderr)
        return _USAGE
    except BadState as problem:
        print(f"--state: {problem}", file=sys.stderr)
        return _REFUSED
    except OSError as problem:
        print(f"The demo forum cannot listen on {options.host}:{options.port}: {problem.strerror}.", file=sys.stderr)
        return _REFUSED
    return _run(demo, options)


def _demo(options: argparse.Namespace) -> DemoForum:
    plan = Plan(
        options.seed, options.items, options.now, options.queued, options.registrations, Faults(options.faults).hostile
    )
    demo = DemoForum(
        faults=options.faults, port=options.port, host=options.host, plan=plan, arrivals=options.arrivals,
        state=options.state,
    )  # fmt: skip
    demo.forum.settings.moderators_may_mute = options.grant_mute
    if not options.control:
        demo.site.control_token = ""
    return demo


def _run(demo: DemoForum, options: argparse.Namespace) -> int:
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    if options.until_parent_exits:
        threading.Thread(target=_until_closed, args=(over,), daemon=True).start()
    gc.freeze()  # the content stays; looking through all of it again and again would make answers late
    with demo:
        told: dict[str, object] = {"url": demo.url, "tokens": demo.tokens}
        if options.control:
            told["control"] = demo.control
        print(json.dumps(told), flush=True)
        over.wait()
    return 0


def _until_closed(over: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            continue
    over.set()
