"""House rules that need to understand code: what may not stand in the source, and what may not stand in a test."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.measure import FunctionNode

_CLOCKS = {"perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "time", "time_ns"}
_LOOPS = {"app", "application", "QApplication", "QGuiApplication", "QCoreApplication"}
_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})")
_SKIPS = {"skip", "skipif", "xfail", "importorskip", "skipTest", "expectedFailure", "skipUnless", "skipIf"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that breaks a house rule, with the sentence that says which one."""

    path: Path
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A parsed file; `path` is relative to the checkout."""

    path: Path
    tree: ast.Module

    def at(self, node: ast.AST, rule: str, text: str) -> Finding:
        """A finding at a node of this file."""
        return Finding(self.path, getattr(node, "lineno", 1), rule, text)

    @property
    def in_window(self) -> bool:
        """Whether Qt may be used here."""
        return "views" in self.path.parts or self.path.name == "app.py"


def _called(node: ast.Call) -> str:
    """The last name of what is called: `time.sleep(1)` and `sleep(1)` are both "sleep"."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _owner(node: ast.Call) -> str:
    """The name directly before the dot of a call, or nothing."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if isinstance(owner, ast.Attribute):
        return owner.attr
    return owner.id if isinstance(owner, ast.Name) else ""


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _imported_modules(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def dialog_exec(file: CodeFile) -> Iterator[Finding]:
    """A modal `.exec()` runs a second event loop: other tasks of the window are lost for ever."""
    if not file.in_window:
        return
    for call in _calls(file.tree):
        if _called(call) in {"exec", "exec_"} and isinstance(call.func, ast.Attribute) and _owner(call) not in _LOOPS:
            yield file.at(call, "dialog-exec", "use open() or popup() and the finished signal")


def one_door_to_databases(file: CodeFile) -> Iterator[Finding]:
    """Only store/sqlcipher.py may open a database: a forgotten key makes a plain file without a word."""
    for node, name in _imported_modules(file.tree):
        module = name.split(".")[0]
        if module == "sqlite3" or (module == "sqlcipher3" and file.path.parts[-2:] != ("store", "sqlcipher.py")):
            yield file.at(node, "one-door", f"{module} is opened through store.sqlcipher.open_store alone")


def stub_bodies(file: CodeFile) -> Iterator[Finding]:
    """A function whose body is `...` does nothing; only a Protocol may say so."""
    protocols = {
        id(member)
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
        for member in node.body
    }
    for node in ast.walk(file.tree):
        if isinstance(node, FunctionNode) and id(node) not in protocols and _is_stub(node):
            yield file.at(node, "stub", f"{node.name} does nothing yet")


def _is_stub(node: FunctionNode) -> bool:
    last = node.body[-1]
    ellipsis = isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is Ellipsis
    marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
    return ellipsis and "overload" not in marks and "abstractmethod" not in marks


def naive_time(file: CodeFile) -> Iterator[Finding]:
    """Stored times are UTC; a time without a zone is somebody's wall clock."""
    for call in _calls(file.tree):
        name = _called(call)
        naive = name == "now" and _owner(call) == "datetime" and not (call.args or call.keywords)
        if naive or name in {"utcnow", "utcfromtimestamp"}:
            yield file.at(call, "naive-time", "give the time zone: datetime.now(UTC)")


def dangerous_calls(file: CodeFile) -> Iterator[Finding]:
    """What a forum sent must never reach a shell, eval or pickle."""
    for call in _calls(file.tree):
        if isinstance(call.func, ast.Name) and call.func.id in {"eval", "exec"}:
            yield file.at(call, "danger", f"{call.func.id} runs text as code")
        shell = next((word.value for word in call.keywords if word.arg == "shell"), None)
        if isinstance(shell, ast.Constant) and shell.value is True:
            yield file.at(call, "danger", "a shell reads names as commands")
    for node, name in _imported_modules(file.tree):
        if name.split(".")[0] in {"pickle", "marshal", "shelve"}:
            yield file.at(node, "danger", f"{name.split('.')[0]} runs what it reads")


def markup(file: CodeFile) -> Iterator[Finding]:
    """Qt guesses whether a text is markup; content from a forum must never be asked that question."""
    if not file.in_window:
        return
    for call in _calls(file.tree):
        name = _called(call)
        if name in {"setHtml", "QTextBrowser", "QMessageBox", "insertHtml", "fromHtml"}:
            yield file.at(call, "markup", f"{name} reads markup")
        elif name == "QLabel" and file.path.name != "parts.py":
            yield file.at(call, "markup", "use parts.Plain, which never guesses")
        elif name == "setToolTip" and "plain_tip(" not in (said := ast.unparse(call)) and not said.endswith("('')"):
            yield file.at(call, "markup", "a tip that may hold markup: wrap it in plain_tip()")


def colours(file: CodeFile) -> Iterator[Finding]:
    """Colours are tokens, checked for contrast in both themes; one written elsewhere is checked by nobody."""
    if not file.in_window or file.path.name == "tokens.py":
        return
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _COLOUR.fullmatch(node.value.strip()):
            yield file.at(node, "colour", f"{node.value} belongs into views/tokens.py")


def skipped_tests(file: CodeFile) -> Iterator[Finding]:
    """A test that does not run proves nothing."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Attribute) and node.attr in _SKIPS:
            owner = ast.unparse(node.value)
            if owner.split(".")[0] in {"pytest", "unittest"} or (owner == "self" and node.attr == "skipTest"):
                yield file.at(node, "skip", f"{owner}.{node.attr}: every test runs")


def sleeping_tests(file: CodeFile) -> Iterator[Finding]:
    """Waiting by time is either too short on a busy machine or too long on a quick one: wait for the condition.

    A pause inside a loop that asks for a condition is such a waiting.
    """
    polling = {
        id(call)
        for loop in ast.walk(file.tree)
        if isinstance(loop, ast.While) and not isinstance(loop.test, ast.Constant)
        for call in _calls(loop)
    }
    for call in (call for call in _calls(file.tree) if id(call) not in polling):
        name, first = _called(call), call.args[0] if call.args else None
        yields_only = isinstance(first, ast.Constant) and first.value == 0
        if name in {"sleep", "msleep", "usleep", "qWait", "qSleep"} and not yields_only:
            yield file.at(call, "sleep", "wait for the condition, not for time")
        elif name == "wait" and _owner(call) == "qtbot":
            yield file.at(call, "sleep", "use qtbot.waitUntil or waitSignal")


def mocks(file: CodeFile) -> Iterator[Finding]:
    """Tests use the real parts."""
    for node, name in _imported_modules(file.tree):
        if name.startswith(("unittest.mock", "pytest_mock", "mock.")):
            yield file.at(node, "mock", "tests use the real parts")


def timed_asserts(file: CodeFile) -> Iterator[Finding]:
    """Speed is measured in benchmarks/; a test that asserts it fails on a busy machine."""
    for function in ast.walk(file.tree):
        if isinstance(function, FunctionNode):
            clocked = _clocked_names(function)
            for node in ast.walk(function):
                if isinstance(node, ast.Assert) and _bounds_a_duration(node.test, clocked):
                    yield file.at(node, "timed-assert", "measure it in benchmarks/, assert what happened")


def _clocked_names(function: FunctionNode) -> set[str]:
    """Names that hold a difference of two readings of a clock."""
    names: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and _is_duration(node.value):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names


def _is_duration(node: ast.AST) -> bool:
    subtractions = (n for n in ast.walk(node) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Sub))
    return any(_reads_clock(subtraction) for subtraction in subtractions)


def _reads_clock(node: ast.AST) -> bool:
    return any(
        _called(call) in _CLOCKS and (isinstance(call.func, ast.Name) or _owner(call) == "time")
        for call in _calls(node)
    )


def _bounds_a_duration(test: ast.AST, clocked: set[str]) -> bool:
    """Whether a duration has an upper bound; that something takes at least a time holds on every machine."""
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
                smaller = right if isinstance(operator, ast.Gt | ast.GtE) else left
                exact = isinstance(operator, ast.Eq) and _reads_a_duration(right, clocked)
                if exact or _reads_a_duration(smaller, clocked):
                    return True
    return False


def _reads_a_duration(node: ast.AST, clocked: set[str]) -> bool:
    named = any(isinstance(part, ast.Name) and part.id in clocked for part in ast.walk(node))
    return named or _is_duration(node)


def empty_asserts(file: CodeFile) -> Iterator[Finding]:
    """`assert True` asserts nothing."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant):
            yield file.at(node, "empty-assert", "assert what the code did")


Rule = Callable[[CodeFile], Iterator[Finding]]
SOURCE_RULES: tuple[Rule, ...] = (
    dialog_exec,
    one_door_to_databases,
    stub_bodies,
    naive_time,
    dangerous_calls,
    markup,
    colours,
)
TEST_RULES: tuple[Rule, ...] = (skipped_tests, sleeping_tests, mocks, timed_asserts, empty_asserts)
