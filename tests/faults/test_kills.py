"""`kill -9` of the worker around every durable write of a run, singly and in pairs, while readers read all the time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from local.stack import Stack
from tests.api.lakework import Deliver, filled
from tests.conftest import isolated_settings
from tests.faults.budget import budget, sample
from tests.faults.invariants import check_versions
from tests.faults.lanes import FullJob, Lane, Reader, Workers

LANES = 2
LEASE_SECONDS = 4
SINGLES = budget("KILLS", 9)
PAIRS = budget("PAIRS", 3)
Kills = list[tuple[int, bool]]


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    """Old versions go while the test runs; the grace is longer than any read takes."""
    return isolated_settings(
        stack, run_lease_seconds=LEASE_SECONDS, versions_kept=1, version_grace_seconds=4 * LEASE_SECONDS
    )


@pytest.fixture
def lanes(stack: Stack, settings: Any, lake: Any, api: Any, deliver: Deliver) -> Iterator[list[Lane]]:
    """Each with a first version, and a reader at work."""
    lake.build()  # by one thread, before there are more
    rows = "".join(f"{n}\n" for n in range(1, 500))
    source = filled(api, deliver, "full_raw", f"n\n{rows}", namespace="kill")
    with ExitStack() as ends:
        made = []
        for number in range(LANES):
            workers = Workers(stack, settings)
            ends.callback(workers.stop)
            job = FullJob(api, source, f"full-{number}")
            lane = Lane(lake, job, workers, Reader(api, lake, job.target))
            lane.survive([])
            made.append(lane)
        for lane in made:
            ends.enter_context(lane.reader)
        yield made


def points(lane: Lane) -> Kills:
    """Before and after every durable write of a run."""
    assert {"PutItem", "TransactWriteItems", "StartQueryExecution", "CreateDatabase"} <= set(lane.writes)
    return [(number, is_after) for number in range(1, len(lane.writes) + 1) for is_after in (False, True)]


def test_a_worker_killed_around_any_write_loses_and_doubles_nothing(lanes: list[Lane], lake: Any) -> None:
    undisturbed = max(lane.survive([])[1] for lane in lanes)
    single = points(lanes[0])
    pairs = [[one, other] for one in single for other in single]
    cases: list[Kills] = [[one] for one in sample(single, SINGLES, "kills")] + sample(pairs, PAIRS, "pairs")
    done: list[tuple[Kills, int, float]] = []

    def work(lane: Lane) -> None:
        while cases:
            kills = cases.pop()
            done.append((kills, *lane.survive(kills)))

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(work, lanes))
    assert sum(deaths for _, deaths, _ in done) >= len(done)
    # Two leases; longer only where the machine is so busy that a run takes longer than a lease.
    most = LEASE_SECONDS + max(LEASE_SECONDS, 3 * undisturbed)
    assert [case for case in done if case[2] > most] == [], undisturbed
    for lane in lanes:
        lane.reader.check()
        assert len(lane.reader.seen) > len(done) / LANES
        assert len(check_versions(lake, lane.job.target)) == lane.job.generation
