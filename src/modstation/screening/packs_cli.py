"""`modstation packs lint|test|rehearse`: the same checks as in the window, for pipes and for people who edit files."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from modstation.models.errors import BadInput
from modstation.screening.lint import check, lint
from modstation.screening.packfile import Level, load_pack, read_pack
from modstation.screening.rehearse import PastItem, Report, rehearse
from modstation.screening.screener import ScanInput, Screener

_TEXTS = ("title", "body", "nickname", "signature", "section_name", "section_description", "lang")


def main(argv: Sequence[str], stdout: TextIO, stderr: TextIO) -> int:
    """Run a packs command: 0 when all is well, 1 when a pack has errors, 2 for bad arguments or files."""
    parser = argparse.ArgumentParser(prog="modstation packs", exit_on_error=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (("lint", "say what is wrong or risky"), ("test", "lint, and run the examples")):
        commands.add_parser(name, help=words).add_argument("packs", type=Path, nargs="+")
    replay = commands.add_parser("rehearse", help="replay a draft over past items")
    replay.add_argument("packs", type=Path, nargs="+")
    replay.add_argument("--items", type=Path, required=True, help="JSON lines: id, title, body ..., violation")
    replay.add_argument("--against", type=Path, action="append", default=[], help="pack files that are active now")
    try:
        wanted = parser.parse_args(list(argv))
        if wanted.command == "rehearse":
            return _rehearse(wanted, stdout, stderr)
        return _check(wanted.packs, wanted.command == "test", stdout)
    except (argparse.ArgumentError, BadInput) as error:
        stderr.write(f"{error}\n")
        return 2
    except SystemExit as stop:
        stderr.write("Known are packs lint, packs test and packs rehearse.\n" if stop.code else "")
        return 2 if stop.code else 0


def _check(paths: Sequence[Path], examples: bool, stdout: TextIO) -> int:
    bad = False
    for path in paths:
        if examples:
            findings = list(check(path).findings)
        else:
            reading = read_pack(path)
            findings = [*reading.findings, *(lint(reading.pack, str(path)) if reading.pack else ())]
        for finding in findings:
            stdout.write(f"{finding}\n")
        broken = any(x.level is Level.ERROR for x in findings)
        stdout.write(f"{path}: {'not usable' if broken else 'ok'}\n")
        bad = bad or broken
    return 1 if bad else 0


def _rehearse(wanted: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    draft = Screener([load_pack(path) for path in wanted.packs])
    active = Screener([load_pack(path) for path in wanted.against]) if wanted.against else None

    def progress(done: int, total: int) -> bool:
        stderr.write(f"\r{done} of {total}")
        return True

    report = rehearse(draft, list(read_items(wanted.items)), active, progress)
    stderr.write("\n")
    stdout.write("\n".join(report_lines(report)) + "\n")
    return 0


def read_items(path: Path) -> Iterator[PastItem]:
    """Past items from JSON lines. Raises BadInput with file and line."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The items in {path} cannot be read.", str(error), "Check path and encoding.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            texts = ScanInput(
                **{key: str(data.get(key, data.get("text", "") if key == "body" else "")) for key in _TEXTS}
            )
            violation = data.get("violation")
            yield PastItem(str(data.get("id", number)), texts, violation if isinstance(violation, bool) else None)
        except (ValueError, AttributeError) as error:
            raise BadInput(f"{path}:{number}: no item.", str(error), "Each line must be a JSON object.") from error


def report_lines(report: Report) -> Iterator[str]:
    """A report in words."""
    yield f"items: {report.items}{' (cancelled)' if report.cancelled else ''}"
    yield f"hit: {report.hit_items} ({report.per_thousand:.1f} in 1,000)"
    yield "by disguise: " + (", ".join(f"{tier} {count}" for tier, count in report.by_tier) or "none")
    yield "by rule: " + (", ".join(f"{rule} {count}" for rule, count in report.by_rule) or "none")
    yield f"confirmed by past decisions: {report.confirmed}"
    yield f"would-be false alarms: {len(report.false_alarms)}"
    yield from (f"  {name}" for name in report.false_alarms[:20])
    yield f"only the draft hits: {len(report.gained)}; only the active version hits: {len(report.lost)}"
    yield "rules that never fired: " + (", ".join(report.silent_rules) or "none")
    yield "most frequent:"
    yield from (f"  {count}  {surface!r}" for surface, count in report.surfaces)
