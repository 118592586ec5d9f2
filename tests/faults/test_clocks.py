"""Clocks that jump by a quarter of an hour in the middle of runs, and workers whose clocks disagree: a lease that ends
too early or too late costs time, never a row.
"""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.bootstrap import build_lake
from tests.api.lakework import Deliver, define, filled, select, versions
from tests.faults.budget import SEED, budget
from tests.faults.clocks import JumpingClock
from tests.faults.invariants import check_versions
from tests.faults.lanes import ME

JUMP_SECONDS = 15 * 60
HISTORIES = budget("CLOCKS", 2)


class JumpyClock(JumpingClock):
    """Jumps at some of its readings, forth or back, a quarter of an hour at most from the time of day."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def __call__(self) -> Any:
        if self._chance.random() < 0.2:
            self.set_off(self._chance.choice((-JUMP_SECONDS, 0, JUMP_SECONDS)))
        return super().__call__()


@pytest.fixture(scope="module")
def source(api: Any, deliver: Deliver) -> str:
    return filled(api, deliver, "clock_raw", namespace="clock")


def until_over(lake: Any, run_id: str) -> Any:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run = lake.runs.advance("main", run_id)
        if run.is_over:
            return run
        time.sleep(0.05)
    raise AssertionError(f"the run does not end: {run}")


def check(lake: Any, api: Any, name: str, count: int) -> None:
    assert select(lake, f'SELECT count(*), count(DISTINCT flight) FROM "clock"."{name}"') == [(4, 4)]
    check_versions(lake, f"clock.{name}")
    made = versions(api, f"clock.{name}")
    assert len(made) == count
    assert sum(one["is_current"] for one in made) == 1
    assert lake.runs._store.queues.get("main", name).is_idle


@pytest.mark.parametrize("history", range(HISTORIES))
def test_two_workers_with_clocks_that_jump_make_one_version_a_run(
    api: Any, lake: Any, settings: Any, source: str, history: int
) -> None:
    name = f"jumpy_{history}"
    define(api, name, source, f"clock.{name}", layout={"partition_by": ["month"]})
    chance = random.Random(f"{SEED} {history}")
    workers = [build_lake(settings, clock=JumpyClock(random.Random(chance.random()))) for _ in range(2)]
    for count in range(1, 3):
        run = workers[0].runs.start(ME, name, is_forced=True)
        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(until_over, workers, [run.id] * 2))
        assert {one.state for one in ended} == {"succeeded"}
        assert len({one.version for one in ended}) == 1
        check(lake, api, name, count)


@pytest.mark.parametrize("off", [-JUMP_SECONDS, JUMP_SECONDS], ids=["behind", "ahead"])
def test_a_worker_whose_clock_is_wrong_takes_over_or_waits_and_breaks_nothing(
    api: Any, lake: Any, settings: Any, source: str, off: int
) -> None:
    name = "ahead" if off > 0 else "behind"
    define(api, name, source, f"clock.{name}", layout={"partition_by": ["month"]})
    right, wrong = build_lake(settings), build_lake(settings, clock=JumpingClock(off))
    run = right.runs.start(ME, name)
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(until_over, (right, wrong), [run.id] * 2))
    assert {one.state for one in ended} == {"succeeded"}
    check(lake, api, name, 1)


def test_a_jump_back_in_a_run_makes_it_wait_no_longer_than_the_jump(api: Any, settings: Any, source: str) -> None:
    define(api, "stuck", source, "clock.stuck")
    clock = JumpingClock(JUMP_SECONDS)
    dead, alive = build_lake(settings, clock=clock), build_lake(settings, clock=clock)
    run = dead.runs.start(ME, "stuck")
    dead.runs._engine._begun(run)  # it holds the lease, and is never heard of again
    clock.jump(-JUMP_SECONDS)
    assert alive.runs.advance("main", run.id).step == "plan"
    clock.jump(JUMP_SECONDS + settings.run_lease_seconds)
    assert until_over(alive, run.id).state == "succeeded"
