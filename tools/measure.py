"""Measure the shape of the source tree: lengths, documentation, types, import rings, tests.

    python -m tools.measure [--json]

Everything is read from the syntax tree; nothing is imported or run. `check_house` holds the tree to the bounds.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import statistics
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method: dotted name within the file, first line, length in lines, whether all of it is typed."""

    name: str
    line: int
    length: int
    typed: bool


@dataclass(frozen=True, slots=True)
class Public:
    """A public module, class, function or method, and whether it has a docstring."""

    name: str
    line: int
    documented: bool


@dataclass(frozen=True, slots=True)
class Source:
    """One file as measured. `code` counts lines with at least one token that is neither comment nor docstring."""

    path: Path
    lines: int
    code: int
    functions: tuple[Function, ...]
    public: tuple[Public, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The figures of a tree. Lengths are lines, shares lie between 0 and 1."""

    files: int
    code: int
    longest_file: int
    longest_function: int
    median_function: float
    documented: float
    typed: float
    rings: tuple[tuple[str, ...], ...]
    tests_code: int
    tests_to_source: float


def python_files(folder: Path) -> list[Path]:
    """The Python files below a folder, sorted; caches left out."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def read(path: Path) -> Source:
    """Measure one file. Raises SyntaxError when it is no Python."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, str(path))
    return Source(
        path=path,
        lines=text.count("\n"),
        code=code_lines(text, tree),
        functions=tuple(_functions(tree, "")),
        public=tuple(_public(tree, path)),
    )


def code_lines(text: str, tree: ast.AST) -> int:
    """How many lines hold code."""
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        code.difference_update(_docstring_lines(node))
    return len(code)


def _docstring_lines(node: ast.AST) -> range:
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return range(first.lineno, (first.end_lineno or first.lineno) + 1)
    return range(0)


def _functions(node: ast.AST, prefix: str, in_class: bool = False) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            name = f"{prefix}{child.name}"
            length = (child.end_lineno or child.lineno) - child.lineno + 1
            yield Function(name, child.lineno, length, _is_typed(child, in_class))
            yield from _functions(child, f"{name}.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.", in_class=True)
        else:
            yield from _functions(child, prefix, in_class)


def _decorators(node: FunctionNode) -> str:
    return " ".join(ast.unparse(mark) for mark in node.decorator_list)


def _is_typed(node: FunctionNode, in_class: bool) -> bool:
    arguments = node.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    given += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    if in_class and "staticmethod" not in _decorators(node):
        given = given[1:]
    return node.returns is not None and all(argument.annotation for argument in given)


def _public(tree: ast.Module, path: Path) -> Iterator[Public]:
    if tree.body and (path.stem == "__init__" or not path.stem.startswith("_")):
        yield Public(path.stem, 1, bool(_docstring_lines(tree)))
    yield from _public_members(tree, "")


def _public_members(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[Public]:
    for child in node.body:
        if not isinstance(child, FunctionNode | ast.ClassDef) or child.name.startswith("_"):
            continue
        if isinstance(child, FunctionNode) and any(m in _decorators(child) for m in ("overload", ".setter")):
            continue
        yield Public(f"{prefix}{child.name}", child.lineno, bool(_docstring_lines(child)))
        if isinstance(child, ast.ClassDef):
            yield from _public_members(child, f"{prefix}{child.name}.")


def imports(package: Path) -> dict[str, set[str]]:
    """Which module of a package imports which other one, imports inside functions included."""
    names = {_module_name(path, package.parent): path for path in python_files(package)}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        wanted = _imported(ast.parse(path.read_text(encoding="utf-8")), name, path.name == "__init__.py")
        targets = {member if member in names else module for module, member in wanted}
        graph[name] = targets & names.keys() - {name}
    return graph


def _module_name(path: Path, base: Path) -> str:
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[str, str]]:
    """What is imported, as a module and as a possible module in it: `from a import b` may mean either.

    Imports for the type checker alone are left out: they never run.
    """
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                kept = module.split(".")[: len(module.split(".")) - node.level + is_package]
                base = ".".join([*kept, *filter(None, [node.module])])
            yield from ((base, f"{base}.{alias.name}") for alias in node.names)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from _running(node)


def rings(graph: dict[str, set[str]]) -> tuple[tuple[str, ...], ...]:
    """Groups of modules that import each other in a ring."""
    reach = {name: _reachable(graph, name) for name in graph}
    found = {tuple(sorted(other for other in reach[name] if name in reach[other])) for name in graph}
    return tuple(sorted(group for group in found if len(group) > 1))


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(graph[name])
    return seen


def measure(root: Path = ROOT) -> Shape:
    """Measure `src/modstation` and `tests` of a checkout."""
    package = root / "src" / "modstation"
    sources = [read(path) for path in python_files(package)]
    functions = [function for source in sources for function in source.functions]
    public = [thing for source in sources for thing in source.public]
    code = sum(source.code for source in sources)
    tests = sum(read(path).code for path in python_files(root / "tests"))
    return Shape(
        files=len(sources),
        code=code,
        longest_file=max((source.lines for source in sources), default=0),
        longest_function=max((function.length for function in functions), default=0),
        median_function=statistics.median([function.length for function in functions] or [0]),
        documented=share(thing.documented for thing in public),
        typed=share(function.typed for function in functions),
        rings=rings(imports(package)),
        tests_code=tests,
        tests_to_source=round(tests / max(code, 1), 2),
    )


def share(answers: Iterable[bool]) -> float:
    """The share of true answers; 1 where there are none."""
    given = list(answers)
    return round(sum(given) / len(given), 4) if given else 1.0


def main(arguments: list[str] | None = None) -> int:
    """Entry point: print the figures."""
    parser = argparse.ArgumentParser(description="Measure the shape of the source tree.")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    figures = asdict(measure())
    if parser.parse_args(arguments).json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' '):>17}  {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
