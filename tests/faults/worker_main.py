"""Workers that can be killed: one parent with everything imported, one forked process an order.

A line of JSON in: `{"job": name, "die_at": n, "is_after": bool}`; the process advances the job's runs until all are
over, those too that follow from them, and kills itself with SIGKILL before or after its n-th durable write (0: never).
A line out: its end, and the writes that it began.
"""

import json
import os
import signal
import sys
import time
from typing import Any

from app.bootstrap import build_lake
from app.settings import Settings
from tests.aws_faults import Faults

PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.02  # an event would come as soon; no worker waits for the tick of a minute


def work(order: dict[str, Any], log: int) -> None:
    """What the worker's loop does, for one job: wake its runs until they are over."""
    lake = build_lake(Settings())
    deadline = time.monotonic() + PATIENCE_SECONDS

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)  # the signal is on its way

    def note(model: Any = None, **_: Any) -> None:
        os.write(log, f"{model.name}\n".encode())

    faults = Faults(lake)
    with faults.noting(note), faults.dying_at(order["die_at"], is_after=order["is_after"], die=die):
        while runs := [run for run in newest(lake, order["job"]) if not run.is_over]:
            for run in runs:
                lake.runs.advance("main", run.id)
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(_LOOK_SECONDS)


def newest(lake: Any, job: str) -> tuple[Any, ...]:
    """Runs of a job, the newest first: more than one order leads to."""
    return tuple(lake.runs._store.list("main", job, 10, None).items)


def forked(order: dict[str, Any]) -> dict[str, Any]:
    """Runs one worker to its end, or to its death."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            work(order, writing)
        except BaseException:  # noqa: BLE001 - a forked process must not go on as its parent
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as log:
        writes = log.read().split()
    return {"signal": -os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), "writes": writes}


def answer(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    build_lake(Settings()).build()  # imports all that a worker needs
    answer("ready")
    for line in sys.stdin:
        answer(json.dumps(forked(json.loads(line))))


if __name__ == "__main__":
    main()
