"""`modstation screen --jsonl`: one line in, one line out, for pipes and batch jobs."""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from modstation.models.errors import BadInput
from modstation.screening.engine import Engine, Term
from modstation.screening.tiers import Tier

LOT = 2000
"""Lines that are read, screened and written together."""
LOT_CHARACTERS = 1 << 21
"""A lot also ends here, so that lines of 5 MB do not pile up."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input: its id as JSON, its text, or why it is no such object."""

    number: int
    id: str
    text: str
    error: str = ""


def read_lexicon(path: Path, tiers: frozenset[Tier]) -> list[Term]:
    """The terms of a CSV with the header `term,lang`. Raises BadInput with file and line."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BadInput(f"The lexicon {path} cannot be read.", str(error), "Check the path.") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise BadInput(f"{path}:{line}: not UTF-8.", str(error.reason), "Save the file as UTF-8.") from error
    reader = csv.DictReader(text.splitlines())
    if not reader.fieldnames or not {"term", "lang"} <= set(reader.fieldnames):
        raise BadInput(f"{path}:1: the header is not term,lang.", "", "Put `term,lang` on the first line.")
    rows = ((row["term"] or "", row["lang"] or "") for row in reader)
    return [Term(term.strip(), lang.strip(), tiers=tiers) for term, lang in rows if term.strip()]


def parse(number: int, raw: str) -> Line:
    """A line as an object with an id and a text."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return Line(number, "null", "", f"not JSON: {error}")
    if not isinstance(found, dict):
        return Line(number, "null", "", "not a JSON object")
    name, text = found.get("id"), found.get("text")
    if not isinstance(name, str) or not isinstance(text, str):
        return Line(number, "null", "", "id and text must be strings")
    return Line(number, dumps(name), text)


def dumps(text: str) -> str:
    """JSON of a text; lone surrogates are escaped, so that the output is UTF-8 whatever came in."""
    shown = json.dumps(text, ensure_ascii=False)
    return shown if _encodable(shown) else json.dumps(text)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def lots(lines: Iterable[str]) -> Iterator[list[Line]]:
    """Input lines in lots; a line's own end is taken off, blank lines are errors like any other."""
    lot: list[Line] = []
    size = 0
    for number, raw in enumerate(lines, 1):
        line = parse(number, raw)
        lot.append(line)
        size += len(line.text)
        if len(lot) >= LOT or size >= LOT_CHARACTERS:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot


def answer(engine: Engine, lot: Sequence[Line]) -> str:
    """The output lines of a lot."""
    found = engine.scan([line.text for line in lot])
    names = [dumps(term.text) for term in engine.terms]
    out = []
    for line, matches in zip(lot, found, strict=True):
        if line.error:
            out.append(f'{{"id":null,"line":{line.number},"error":{dumps(line.error)}}}\n')
            continue
        hits = ",".join(
            f'{{"term":{names[m.term]},"start":{m.start},"end":{m.end},"tier":"{m.tier}"}}' for m in matches
        )
        out.append(f'{{"id":{line.id},"hits":[{hits}]}}\n')
    return "".join(out)


def main(argv: Sequence[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Run `screen --jsonl`: 0 when every line was an object, 3 when one was not, 2 for bad arguments."""
    parser = argparse.ArgumentParser(prog="modstation screen", exit_on_error=False)
    parser.add_argument("--jsonl", action="store_true")
    parser.add_argument("--lexicon", type=Path, action="append", default=[])
    parser.add_argument("--pack", type=Path, action="append", default=[])
    parser.add_argument("--tiers", default="")
    try:
        wanted = parser.parse_args(list(argv))
        tiers = frozenset(Tier(x.strip()) for x in wanted.tiers.split(",")) if wanted.tiers else frozenset(Tier)
        engine = Engine([term for path in wanted.lexicon for term in read_lexicon(path, tiers)])
    except (argparse.ArgumentError, ValueError, BadInput) as error:
        stderr.write(f"{error}\n")
        return 2
    bad = False
    try:
        for lot in lots(stdin):
            bad = bad or any(line.error for line in lot)
            stdout.write(answer(engine, lot))
        stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
    return 3 if bad else 0
