"""`modstation screen --jsonl`: one line in, one line out, for pipes and batch jobs."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from modstation.models.errors import BadInput
from modstation.screening.pack import Category, ListedTerm, Pack, Rule, Scope
from modstation.screening.packfile import load_pack
from modstation.screening.screener import Screener, shipped_packs
from modstation.screening.tiers import ALL_TIERS, Tier

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


def read_lexicon(path: Path, tiers: frozenset[Tier] = ALL_TIERS) -> Pack:
    """The terms of a CSV with the header `term,lang` as a pack. Raises BadInput with file and line."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"The lexicon {path} cannot be read.", str(error.strerror), "Check the path.") from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInput(f"{path}:{line}: not UTF-8.", error.reason, "Save the file as UTF-8.") from error
    reader = csv.DictReader(text.splitlines())
    if not reader.fieldnames or not {"term", "lang"} <= set(reader.fieldnames):
        raise BadInput(f"{path}:1: the header is not term,lang.", "", "Put `term,lang` on the first line.")
    rows = dict.fromkeys(((row["term"] or "").strip(), (row["lang"] or "").strip()) for row in reader)
    terms = tuple(ListedTerm(term, lang, tiers, at) for at, (term, lang) in enumerate(rows, 2) if term)
    rule = Rule("lexicon", "lexicon", terms, frozenset(Scope))
    digest = hashlib.sha256(raw).hexdigest()
    return Pack(path.stem, "", digest, path.name, str(path.name), "", "", (Category("lexicon", 1),), (rule,), ())


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


def answer(screener: Screener, lot: Sequence[Line]) -> str:
    """The output lines of a lot."""
    found = screener.scan([line.text for line in lot])
    out = []
    for line, hits in zip(lot, found, strict=True):
        if line.error:
            out.append(f'{{"id":null,"line":{line.number},"error":{dumps(line.error)}}}\n')
            continue
        shown = ",".join(
            f'{{"term":{dumps(hit.term or hit.surface)},"start":{hit.start},"end":{hit.end},"tier":"{hit.tier}",'
            f'"rule":{dumps(hit.rule_id)},"pack":{dumps(hit.pack_id)},"version":{dumps(hit.pack_version)}}}'
            for hit in hits
        )
        out.append(f'{{"id":{line.id},"hits":[{shown}]}}\n')
    return "".join(out)


def packs_wanted(lexicons: Sequence[Path], packs: Sequence[Path], tiers: str) -> tuple[Pack, ...]:
    """The packs to screen with: those named, or those that ship. Raises BadInput."""
    try:
        chosen = frozenset(Tier(word.strip()) for word in tiers.split(",")) if tiers else ALL_TIERS
    except ValueError as error:
        raise BadInput(f"--tiers: {error}.", "", f"Known are {', '.join(Tier)}.") from error
    found = (*(read_lexicon(path, chosen) for path in lexicons), *(load_pack(path) for path in packs))
    return found or shipped_packs()


def main(argv: Sequence[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Run `screen --jsonl`: 0 when every line was an object, 3 when one was not, 2 for bad arguments."""
    parser = argparse.ArgumentParser(prog="modstation screen", exit_on_error=False)
    parser.add_argument("--jsonl", action="store_true")
    parser.add_argument("--lexicon", type=Path, action="append", default=[])
    parser.add_argument("--pack", type=Path, action="append", default=[])
    parser.add_argument("--tiers", default="")
    try:
        wanted, strange = parser.parse_known_args(list(argv))
        if strange:
            raise BadInput(f"screen does not know {' '.join(strange)}.", "", "See modstation screen --help.")
        screener = Screener(packs_wanted(wanted.lexicon, wanted.pack, wanted.tiers))
    except (argparse.ArgumentError, BadInput) as error:
        stderr.write(f"{error}\n")
        return 2
    except SystemExit as stop:
        return 2 if stop.code else 0
    bad = False
    try:
        for lot in lots(stdin):
            bad = bad or any(line.error for line in lot)
            stdout.write(answer(screener, lot))
        stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
    return 3 if bad else 0
