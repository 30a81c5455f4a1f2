"""The command line: exit 0 done, 1 refused with a reason on standard error, 2 wrong usage."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from modstation import __version__
from modstation.bootstrap.parts import Parts
from modstation.models.errors import ModStationError

from .arguments import parser

DONE, REFUSED, USAGE, INTERRUPTED = 0, 1, 2, 130

#: Which module of this folder holds a command, and its function there. Loaded when it is asked for.
_COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "demo"),
    "init": ("people", "init"),
    "person": ("people", "person"),
    "forum": ("people", "forum"),
    "recover": ("people", "recover"),
    "pull": ("work", "pull"),
    "queue": ("work", "queue"),
    "search": ("work", "search"),
    "why": ("screening", "why"),
    "packs": ("screening", "packs"),
    "learned": ("screening", "learned"),
    "show": ("work", "show"),
    "claim": ("work", "claim"),
    "release": ("work", "release"),
    "skip": ("work", "skip"),
    "park": ("work", "park"),
    "note": ("work", "note"),
    "decide": ("work", "decide"),
    "escalate": ("work", "escalate"),
    "approve": ("work", "approve"),
    "refuse": ("work", "refuse"),
    "undo": ("work", "undo"),
    "approvals": ("work", "approvals"),
    "inbox": ("work", "inbox"),
    "outbox": ("work", "outbox"),
    "set-aside": ("work", "set_aside"),
    "setting": ("work", "setting"),
    "journal": ("records", "journal"),
    "verify": ("records", "verify"),
    "rebuild": ("records", "rebuild"),
    "upgrade": ("records", "upgrade"),
    "backup": ("records", "backup"),
    "restore": ("records", "restore"),
    "doctor": ("records", "doctor"),
    "case": ("evidence", "case"),
    "evidence": ("evidence", "evidence"),
}


def main(argv: Sequence[str] | None = None, parts: Parts | None = None) -> int:
    """Run one command; its exit code. `parts` lets tests inject a clock, a cheap passphrase and a short hold."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and (words[0] in ("demo-forum", "screen") or _for_files(words)):
        try:
            return _passed_on(words[0], words[1:])
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else USAGE
    try:
        options = parser().parse_args(words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    if options.version:
        print(f"ModStation {__version__}")
        return DONE
    return _run(options, parts)


def _for_files(words: list[str]) -> bool:
    """Whether a command about rule packs concerns files alone, not those of a desk."""
    if words[0] != "packs":
        return False
    from .screening import concerns_a_desk

    return not concerns_a_desk(words[1:])


def _run(options: argparse.Namespace, parts: Parts | None) -> int:
    try:
        if options.command is None:
            from .window import window

            return window(options, parts)
        module, name = _COMMANDS[options.command]
        command: Callable[[argparse.Namespace, Parts], int] = getattr(import_module(f".{module}", __package__), name)
        return command(options, parts or Parts())
    except ModStationError as error:
        print(str(error).encode("utf-8", "backslashreplace").decode("utf-8"), file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return DONE


def _passed_on(command: str, rest: list[str]) -> int:
    """Commands with a parser of their own; each is imported only when it is asked for."""
    if command == "demo-forum":
        from modstation.demoforum import main as demo_forum

        return demo_forum(rest)
    if command == "screen":
        from modstation.screening.jsonl import main as screen

        return screen(rest, sys.stdin, sys.stdout, sys.stderr)
    from modstation.screening.packs_cli import main as packs

    return packs(rest, sys.stdout, sys.stderr)
