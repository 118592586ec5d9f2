"""The product as `make run` starts it, for tests that are its users."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def product(data_dir: Path, **environment: str):
    """`python -m local.run` as make starts it; killed at the end if it is still there."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HEADGATE_"))}
    settings = {"PORT": "0", "STACK_PORT": "0", "DATA_DIR": str(data_dir), **environment}
    process = subprocess.Popen(
        [sys.executable, "-m", "local.run"],
        cwd=ROOT,
        env={**inherited, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ready(process: subprocess.Popen, data_dir: Path) -> dict:
    deadline = time.monotonic() + 120
    while not (data_dir / "run.json").exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return json.loads((data_dir / "run.json").read_text())
