"""`make mutants`: bugs planted one by one in a copy of the tree, and whether the tests find them.

    python -m tests.faults.mutants [--only N] [--jobs N] [--name WORD] [--seconds N] [--trust]

Prints a table; exits 1 when fewer than 95 % are caught, when a bug's old text is no longer in the code (the list must stay
true), or when the tests fail without any bug.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.faults.budget import SEED, sample
from tests.faults.mutant import Mutant
from tests.faults.planted_data import DATA_MUTANTS
from tests.faults.planted_losses import LOSS_MUTANTS
from tests.faults.planted_queries import QUERY_MUTANTS
from tests.faults.planted_records import RECORD_MUTANTS
from tests.faults.planted_runs import RUN_MUTANTS

PLANTED = (*RECORD_MUTANTS, *RUN_MUTANTS, *DATA_MUTANTS, *LOSS_MUTANTS, *QUERY_MUTANTS)
ROOT = Path(__file__).resolve().parents[2]
WANTED = 0.95
_COPIED = ("app", "local", "tests", "docs", "bench", "pyproject.toml", "openapi.json", "Makefile", "README.md")
_FAILED = 1  # pytest's exit code when tests ran and some failed; others mean that nothing was shown


def stale_names() -> list[str]:
    """Bugs that can no longer be planted as they are written down."""
    return [mutant.name for mutant in PLANTED if (ROOT / mutant.file).read_text().count(mutant.old) != 1]


def main() -> int:
    options = _options()
    stale = stale_names()
    if stale:
        _say(f"The old text is not, or not once, in the code any more: {', '.join(stale)}")
        return 1
    chosen = [mutant for mutant in PLANTED if options.name in f"{mutant.name} {mutant.file}"]
    if options.only:
        chosen = sample(chosen, options.only, "mutants")
        _say(f"HEADGATE_FAULT_SEED={SEED}")
    with tempfile.TemporaryDirectory(prefix="headgate-mutants-") as folder:
        trees = [_copy(Path(folder) / str(number)) for number in range(options.jobs)]
        broken = "" if options.trust else _broken_without_a_bug(trees[0], chosen, options.seconds)
        if broken:
            _say(f"The tests fail without any bug:\n{broken}")
            return 1
        found = _all(trees, chosen, options.seconds)
    caught = sum(one == "caught" for one in found)
    _say(f"{caught} of {len(found)} planted bugs caught")
    return 0 if caught >= WANTED * len(found) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutants")
    parser.add_argument("--only", type=int, default=0, help="a sample of so many, chosen by HEADGATE_FAULT_SEED")
    parser.add_argument("--jobs", type=int, default=1, help="copies of the tree that are tested side by side")
    parser.add_argument("--name", default="", help="only bugs whose name has this")
    parser.add_argument("--seconds", type=int, default=300, help="a bug that hangs the tests so long is caught")
    parser.add_argument("--trust", action="store_true", help="do not run the tests on the sound code first")
    return parser.parse_args()


def _copy(tree: Path) -> Path:
    tree.mkdir()
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    return tree


def _all(trees: list[Path], chosen: list[Mutant], seconds: int) -> list[str]:
    free: Queue[Path] = Queue()
    for tree in trees:
        free.put(tree)

    def tried(mutant: Mutant) -> str:
        tree, since = free.get(), time.monotonic()
        try:
            result = _tried(tree, mutant, seconds)
        finally:
            free.put(tree)
        _say(f"{result:8} {time.monotonic() - since:5.0f} s  {mutant.name:40} {mutant.why}")
        return result

    with ThreadPoolExecutor(len(trees)) as pool:
        return list(pool.map(tried, chosen))


def _tried(tree: Path, mutant: Mutant, seconds: int) -> str:
    path = tree / mutant.file
    sound = path.read_text()
    path.write_text(sound.replace(mutant.old, mutant.new))
    try:
        code, _ = _tests(tree, mutant.tests, seconds)
    finally:
        path.write_text(sound)
    return {_FAILED: "caught", None: "caught", 0: "MISSED"}.get(code, f"BROKEN {code}")


def _broken_without_a_bug(tree: Path, chosen: list[Mutant], seconds: int) -> str:
    """The output of the tests when they fail on sound code."""
    for tests in dict.fromkeys(mutant.tests for mutant in chosen):
        code, output = _tests(tree, tests, seconds)
        if code != 0:
            return output
    return ""


def _tests(tree: Path, tests: tuple[str, ...], seconds: int) -> tuple[int | None, str]:
    """(pytest's exit code, None after the time limit; its output)."""
    budgets = dict(one.split("=", 1) for one in tests if one.startswith("HEADGATE_"))
    chosen = [one for one in tests if not one.startswith("HEADGATE_")]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", *chosen]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **budgets}
    process = subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.terminate()  # pytest ends the stack that it started
        process.communicate()
        return None, ""
    return process.returncode, output


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
