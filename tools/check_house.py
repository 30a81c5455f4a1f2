"""The house checks: what neither linter nor type checker knows, but this project wants.

    python -m tools.check_house [FOLDER]

Prints one line a finding and exits 1 when there is any. Each rule says in its docstring why it is there, and
tests/project proves each of them on a tree that breaks it.
"""

from __future__ import annotations

import ast
import io
import os
import re
import statistics
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools import measure
from tools.check_code import SOURCE_RULES, TEST_RULES, CodeFile, Finding

LONGEST_FILE = 450
LONGEST_FUNCTION = 50
LARGEST_MEDIAN = 6
LEAST_DOCUMENTED = 0.95
CODE_FOLDERS = ("src", "tests", "tools", "benchmarks")

#: Places where a rule is broken knowingly, and why that is right there.
ALLOWED = {
    ("src/modstation/screening/cache.py", "danger"): "reads its own files, from a folder that nobody else may write in",
}

_PASSED_BY = {".git", ".venv", "__pycache__", "build", "dist", "bench-out", ".hypothesis"}
_BINARY = {".png", ".jpg", ".gif", ".ico", ".ttf", ".otf", ".woff2", ".qm", ".npz", ".zip", ".gz", ".bin", ".db"}
_LARGEST_TEXT = 4_000_000


def _words(*parts: str) -> str:
    """Join words that may not stand in one piece even here."""
    return "".join(parts)


#: Folders of one machine; a home is fine as `~`.
_MACHINE_PATH = re.compile(
    r"(?<![\w.:/~*})-])/(?:" + "|".join(("work", "root", "tmp", r"home/[a-z]\w*")) + r")(?=[/\s`'\")\],;]|$)"
)
_REGISTRIES = (
    _words("pypi", ".org"),
    _words("python", "hosted.org"),
    _words("npm", "js.org"),
    _words("npm", "js.com"),
    _words("deb.", "debian.org"),
    _words("ana", "conda.org"),
    _words("crates", ".io"),
)
_LEFT_OPEN = re.compile(
    r"\b(?:" + "|".join(_words(*p) for p in (("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK"))) + r")\b"
)
_NOT_DONE = _words("NotImplemented", "Error")
_SECRET = re.compile(
    _words(r"-----BEGIN [A-Z ]*", r"PRIVATE KEY-----")
    + r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bxox[abpr]-[A-Za-z0-9-]{20,}"
)
_BARE_ESCAPE = re.compile(r"#\s*(?:type:\s*ignore(?!\[)|noqa(?!:))")


def text_files(root: Path) -> Iterator[Path]:
    """Every text file of the project, relative to its root; caches, pictures and what is built are passed by."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in _PASSED_BY and not n.endswith((".egg-info", "_cache")))
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix not in _BINARY and not path.is_symlink() and path.stat().st_size <= _LARGEST_TEXT:
                yield path.relative_to(root)


def check_text(path: Path, text: str) -> Iterator[Finding]:
    """Rules on any text: no machine's own paths, no registry's address, no secret."""
    for number, line in enumerate(text.splitlines(), 1):
        if _MACHINE_PATH.search(line):
            yield Finding(path, number, "machine-path", "a folder of one machine; use a relative path or ~")
        if any(host in line for host in _REGISTRIES):
            yield Finding(path, number, "registry-host", "name packages, not the address they come from")
        if _SECRET.search(line):
            yield Finding(path, number, "secret", "looks like a key or a token")


def check_words(path: Path, text: str) -> Iterator[Finding]:
    """Rules on the words of code: nothing is left open, and no checker is switched off wholesale."""
    for number, line in enumerate(text.splitlines(), 1):
        if _NOT_DONE in line:
            yield Finding(path, number, "left-open", "finish it or leave it out")
        if _BARE_ESCAPE.search(line):
            yield Finding(path, number, "bare-escape", "name the one check that is switched off")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and _LEFT_OPEN.search(token.string):
            yield Finding(path, token.start[0], "left-open", "finish it or leave it out")


def check_lengths(source: measure.Source, path: Path) -> Iterator[Finding]:
    """A file that is too long has become two rooms; a function that is too long says more than one thing."""
    if source.lines > LONGEST_FILE:
        yield Finding(path, source.lines, "file-length", f"{source.lines} lines; at most {LONGEST_FILE}")
    for function in source.functions:
        if function.length > LONGEST_FUNCTION:
            text = f"{function.name} has {function.length} lines; at most {LONGEST_FUNCTION}"
            yield Finding(path, function.line, "function-length", text)


def check_tree(sources: list[measure.Source], root: Path) -> Iterator[Finding]:
    """Rules on all of the source together: documented, typed, short functions in the middle, no import ring."""
    where = Path("src", "modstation")
    undocumented = [(source, thing) for source in sources for thing in source.public if not thing.documented]
    documented = measure.share(thing.documented for source in sources for thing in source.public)
    if documented < LEAST_DOCUMENTED:
        for source, thing in undocumented:
            text = f"{thing.name} has no docstring; {documented:.1%} have one, {LEAST_DOCUMENTED:.0%} is asked"
            yield Finding(source.path.relative_to(root), thing.line, "undocumented", text)
    functions = [(source, function) for source in sources for function in source.functions]
    for source, function in functions:
        if not function.typed:
            yield Finding(source.path.relative_to(root), function.line, "untyped", f"{function.name} lacks types")
    median = statistics.median([function.length for _source, function in functions] or [0])
    if median > LARGEST_MEDIAN:
        yield Finding(where, 1, "median-function", f"half the functions have more than {median} lines")
    for ring in measure.rings(measure.imports(root / where)):
        yield Finding(where, 1, "import-ring", " <-> ".join(ring))


def check_code(path: Path, text: str) -> Iterator[Finding]:
    """The rules of `check_code` that apply to the folder of a file."""
    rules = {"src": SOURCE_RULES, "tests": TEST_RULES}.get(path.parts[0], ())
    if rules:
        file = CodeFile(path, ast.parse(text, str(path)))
        for rule in rules:
            yield from rule(file)


def check(root: Path) -> list[Finding]:
    """All findings in a checkout, in the order of its files."""
    found: list[Finding] = []
    sources: list[measure.Source] = []
    for path in text_files(root):
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        found += check_text(path, text)
        if path.suffix == ".py" and path.parts[0] in CODE_FOLDERS:
            source = measure.read(root / path)
            found += [*check_words(path, text), *check_lengths(source, path), *check_code(path, text)]
            if path.parts[:2] == ("src", "modstation"):
                sources.append(source)
    found += check_tree(sources, root)
    return [finding for finding in found if (finding.path.as_posix(), finding.rule) not in ALLOWED]


def main(arguments: Iterable[str] | None = None) -> int:
    """Entry point: 0 when nothing was found, else 1."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    found = check(Path(given[0]) if given else measure.ROOT)
    for finding in found:
        print(finding)
    print(f"House checks: {len(found)} findings." if found else "House checks: nothing found.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
