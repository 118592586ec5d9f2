"""`kill -9` of the worker around every durable write of a run, singly and in pairs, while readers read all the time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from local.stack import Stack
from tests.faults.budget import budget, sample
from tests.faults.invariants import check_versions
from tests.faults.lanes import FullJob, IncrementalJob, Lane, MergeJob, Reader, RebuildJob, Workers
from tests.isolation import isolated_settings

KINDS = (FullJob, IncrementalJob, MergeJob, RebuildJob)
LEASE_SECONDS = 4
SINGLES = budget("KILLS", 2)
PAIRS = budget("PAIRS", 1)
Kills = list[tuple[int, bool]]


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    """Old versions go while the test runs; the grace is longer than any read takes."""
    return isolated_settings(
        stack,
        run_lease_seconds=LEASE_SECONDS,
        versions_kept=1,
        version_grace_seconds=4 * LEASE_SECONDS,
        files_per_run=2,
    )


@pytest.fixture
def lanes(stack: Stack, settings: Any, lake: Any, api: Any) -> Iterator[list[Lane]]:
    """One of each kind, with two versions, and a reader at work."""
    lake.build()  # by one thread, before there are more
    with ExitStack() as ends:
        made = []
        for job in (kind(api, lake) for kind in KINDS):
            workers = Workers(stack, settings)
            ends.callback(workers.stop)
            lane = Lane(lake, job, workers, Reader(api, lake, job))
            lane.survive([])
            made.append(lane)
        for lane in made:
            ends.enter_context(lane.reader)
        yield made


def cases(lane: Lane) -> list[Kills]:
    """Before and after every durable write of a run, singly and in pairs, as many as the budget has for a lane."""
    assert {"PutItem", "TransactWriteItems", "StartQueryExecution", "CreateDatabase"} <= set(lane.writes)
    points = [(number, is_after) for number in range(1, len(lane.writes) + 1) for is_after in (False, True)]
    pairs = [[one, other] for one in points for other in points]
    singles = sample([[one] for one in points], SINGLES, f"kills {lane.job.name}")
    return singles + sample(pairs, PAIRS, f"pairs {lane.job.name}")


def test_a_worker_killed_around_any_write_loses_and_doubles_nothing(lanes: list[Lane], lake: Any) -> None:
    def work(lane: Lane) -> list[tuple[str, Kills, int, float]]:
        return [(lane.job.name, kills, *lane.survive(kills)) for kills in cases(lane)]

    with ThreadPoolExecutor(len(lanes)) as pool:
        undisturbed = max(pool.map(lambda lane: lane.survive([])[1], lanes))
        done = [one for found in pool.map(work, lanes) for one in found]
    assert sum(deaths for _, _, deaths, _ in done) >= len(done)
    # Two leases, and the work itself on a machine that is busy.
    most = 2 * LEASE_SECONDS + 3 * undisturbed
    assert [one for one in done if one[3] > most] == [], undisturbed
    for lane in lanes:
        lane.reader.check()
        assert len(lane.reader.seen) > len(done) / len(lanes)
        assert len(check_versions(lake, lane.job.target)) == lane.job.generation * lane.job.versions
