"""How every benchmark here measures.

Both sides alternate in one run; medians of CPU time are compared, never walls of two runs. CPU time is user + system
seconds of a process of its own; peak memory is that process's high-water mark. A benchmark checks what it timed (row
counts, checksums) before it prints a ratio.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5


@dataclass(frozen=True)
class Cost:
    """What one run took. Seconds, MB of 10^6 bytes; `value` is what the run says it did, to be checked."""

    wall_s: float
    cpu_s: float
    peak_mb: float = 0.0
    value: Any = None


@dataclass
class Table:
    """A result: a title, a header and rows of text. `notes` are printed below."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        if len(cells) != len(self.columns):
            raise ValueError(f"{self.title}: a row has {len(cells)} cells, the table {len(self.columns)} columns")
        self.rows.append([str(cell) for cell in cells])

    def __str__(self) -> str:
        """GitHub's Markdown, aligned so that it also reads in a terminal."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        text = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        text.insert(1, "-|-".join("-" * width for width in widths))
        table = "\n".join(f"| {line} |" if i != 1 else f"|-{line}-|" for i, line in enumerate(text))
        return "\n".join([f"## {self.title}", "", table, *(["", *self.notes] if self.notes else []), ""])


def python_child(
    code: str, *arguments: str, env: Mapping[str, str] | None = None, python: str = sys.executable, home: Path = ROOT
) -> Cost:
    """Run `code` in an interpreter of its own, bytecode in use; its last line of output, a JSON object, is the value.
    Modules come from `home` and from what `python` has installed.

    CPU covers the whole life of the process, from exec to exit, or what the child says in `cpu_s`. Peak memory is what
    it says in `peak_mb`: the kernel's ru_maxrss of a child includes its parent's. RuntimeError when it fails.
    """
    environment = {**os.environ, **(env or {}), "PYTHONPATH": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # it doubles every cold start
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        command = [python, "-c", code, *arguments]
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"the measured process failed ({process.returncode}):\n{err.read().decode()}")
        lines = out.read().decode().strip().splitlines()
    value = json.loads(lines[-1]) if lines else {}
    cpu = value.get("cpu_s", usage.ru_utime + usage.ru_stime)
    return Cost(wall, float(cpu), float(value.get("peak_mb", 0)), value)


def here(function: Callable[[], Any]) -> Cost:
    """Run `function` in this process; CPU of this process only, all its threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    value = function()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, value=value)


def interleaved(cases: Mapping[str, Callable[[], Cost]], rounds: int = ROUNDS) -> dict[str, list[Cost]]:
    """Each case once a round, the order turned round every other time; a first round is thrown away."""
    costs: dict[str, list[Cost]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        names = list(cases) if number % 2 else list(cases)[::-1]
        for name in names:
            cost = cases[name]()
            if number:
                costs[name].append(cost)
    return costs


def median(costs: Sequence[Cost], what: str = "cpu_s") -> float:
    """The median of `cpu_s`, `wall_s` or `peak_mb`."""
    return statistics.median(getattr(cost, what) for cost in costs)


def ratio(costs: Mapping[str, Sequence[Cost]], ours: str, base: str, what: str = "cpu_s") -> float:
    return median(costs[ours], what) / median(costs[base], what)


class Watched:
    """CPU seconds and peak memory of another process that runs already (Linux: reads /proc)."""

    def __init__(self, pid: int) -> None:
        self._proc = Path(f"/proc/{pid}")
        self._tick = os.sysconf("SC_CLK_TCK")

    def cpu_s(self) -> float:
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / self._tick

    def resident_mb(self) -> float:
        return self._status("VmRSS")

    def reset_peak(self) -> None:
        (self._proc / "clear_refs").write_text("5")  # proc(5): resets VmHWM

    def peak_mb(self) -> float:
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        found = re.search(rf"^{name}:\s+(\d+) kB", (self._proc / "status").read_text(), re.MULTILINE)
        if found is None:
            raise RuntimeError(f"{self._proc}/status has no {name}")
        return int(found.group(1)) * 1024 / 1e6


def verdict(value: float, budget: float, *, fmt: str = "{:.2f}") -> str:
    """`0.93 (budget 1.00: met)`."""
    return f"{fmt.format(value)} (budget {fmt.format(budget)}: {'met' if value <= budget else 'MISSED'})"


def megabytes(size: float) -> str:
    return f"{size / 1e6:,.2f}"
