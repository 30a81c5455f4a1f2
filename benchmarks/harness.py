"""How figures are taken and printed: one JSON line a claim.

A benchmark is a module of this package with `measure(rounds: int) -> Iterator[dict[str, object]]`; what it yields comes
from `Claim.line()`. Machines differ and are busy, so a figure stands beside a control from the same run: trust ratios
inside one line, not milliseconds across days.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Literal, TextIO

#: Modules of the package that measure nothing.
NOT_BENCHMARKS = {"__main__", "harness"}
KEYS = ("claim", "value", "unit", "asked", "held", "beside", "rows", "repeats")
Bound = Literal["at most", "at least"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One measured figure against the one asked for.

    `value` and `asked` are in `unit`; `asked` None means that nothing was promised and the figure is only reported.
    `beside` holds what ran in the same run for comparison, by name. `rows` is the size of the data, `repeats` how often
    it was measured.
    """

    claim: str
    value: float
    unit: str
    asked: float | None = None
    bound: Bound = "at most"
    beside: Mapping[str, object] = field(default_factory=dict)
    rows: int = 0
    repeats: int = 1

    @property
    def held(self) -> bool | None:
        """Whether the figure asked for was reached; None where none was asked."""
        if self.asked is None:
            return None
        return self.value <= self.asked if self.bound == "at most" else self.value >= self.asked

    def line(self) -> dict[str, object]:
        """The claim as printed, its keys in the order of KEYS."""
        shown = asdict(self) | {"held": self.held, "value": rounded(self.value), "beside": dict(self.beside)}
        return {key: shown[key] for key in KEYS}


def rounded(value: float) -> float:
    """Four significant digits: more would claim a precision that no busy machine has."""
    return float(f"{value:.4g}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share (0 to 1) of the values lies, interpolated. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values were measured")
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return percentile(values, 0.5)


def timed(act: Callable[[], object], rounds: int, *, warm: int = 1) -> list[float]:
    """Seconds that each of `rounds` calls took, after `warm` calls that do not count. The collector waits meanwhile."""
    for _ in range(warm):
        act()
    return [once(act) for _ in range(rounds)]


def once(act: Callable[[], object]) -> float:
    """Seconds that one call took."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        begun = time.perf_counter()
        act()
        return time.perf_counter() - begun
    finally:
        if collecting:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that an act took by the clock, and of the processor. On a busy machine only the second says much."""

    wall: float
    cpu: float


def spent(act: Callable[[], object]) -> Spent:
    """What one call took."""
    begun = time.process_time()
    wall = once(act)
    return Spent(wall, time.process_time() - begun)


def paired(acts: Mapping[str, Callable[[], object]], rounds: int, *, warm: int = 1) -> dict[str, list[float]]:
    """Seconds of several acts taken in turns, so that a busy spell of the machine falls on all of them alike.

    Every second round goes backwards: none always runs on the warm cache of the one before it.
    """
    for act in acts.values():
        for _ in range(warm):
            act()
    names = list(acts)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names if number % 2 == 0 else names[::-1]:
            taken[name].append(once(acts[name]))
    return taken


@dataclass(frozen=True, slots=True)
class ChildRun:
    """How a process ended: exit code, seconds from start to end, the most memory it held (MB of 10^6 bytes)."""

    code: int
    seconds: float
    peak_mb: float


#: A process inherits the high-water mark of the one that starts it, so a small one stands in between and reports.
_STARTER = """
import json, os, sys, time
begun = time.perf_counter()
null = os.open(os.devnull, os.O_RDWR)
streams = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=streams)
_pid, status, usage = os.wait4(pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), time.perf_counter() - begun, usage.ru_maxrss]))
"""


def child(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> ChildRun:
    """Run a process to its end and say what it needed; its own output is thrown away."""
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    told = subprocess.run(starter, env=environment, stdout=subprocess.PIPE, check=True).stdout
    code, seconds, peak = json.loads(told)
    unit = 1 if platform.system() == "Darwin" else 1024  # kernels disagree on what ru_maxrss counts
    return ChildRun(code, seconds, peak * unit / 1e6)


def memory_mb() -> float:
    """The memory this process holds now (resident, MB of 10^6 bytes). Linux only; elsewhere the peak."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def names(package: str = "benchmarks") -> list[str]:
    """The names of the benchmarks of a package, without importing them."""
    path = import_module(package).__path__
    found = sorted(module.name for module in pkgutil.iter_modules(path))
    return [name for name in found if name not in NOT_BENCHMARKS and not name.startswith("_")]


def discover(only: str = "", package: str = "benchmarks") -> dict[str, ModuleType]:
    """The modules that measure something, by name, or the one of that name. Errors of an import are not hidden.

    Raises KeyError, naming what there is, for a name that no module has.
    """
    known = names(package)
    if only and only not in known:
        raise KeyError(f"no benchmark is called {only!r}; there are: {', '.join(known)}")
    modules = {name: import_module(f"{package}.{name}") for name in known if only in ("", name)}
    return {name: module for name, module in modules.items() if callable(getattr(module, "measure", None))}


def lines(modules: Mapping[str, ModuleType], rounds: int) -> Iterator[dict[str, object]]:
    """What the modules measured, checked for its keys. `rounds` 0 leaves the number to each module."""
    for name, module in modules.items():
        default = int(getattr(module, "ROUNDS", 1))
        for line in module.measure(rounds or default):
            lacking = [key for key in KEYS if key not in line]
            if lacking:
                raise ValueError(f"benchmark {name} left out {', '.join(lacking)}")
            yield line


def print_lines(found: Iterable[Mapping[str, object]], out: TextIO) -> None:
    """One JSON object a line, as it comes: a long run shows its figures on the way."""
    for line in found:
        print(json.dumps(line, ensure_ascii=False), file=out, flush=True)
