"""The moment of publication: what others do to the run, or to its target, just before the pointer is swapped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.bootstrap import build_lake
from tests.api.lakework import Deliver, define, drop, filled, register, run, select, versions
from tests.faults.clocks import JumpingClock
from tests.faults.invariants import check_versions
from tests.faults.lanes import ME
from tests.faults.test_clocks import until_over


@contextmanager
def before_publication(lake: Any, act: Callable[[], object]) -> Iterator[list[object]]:
    """Acts once, when the lake is about to send the transaction that publishes."""
    done: list[object] = []

    def hook(params: dict[str, Any], **_: Any) -> None:
        if b'"VERSION#' in params["body"] and not done:
            done.append(None)
            done[0] = act()

    event = "before-call.dynamodb.TransactWriteItems"
    lake.aws.dynamodb.meta.events.register(event, hook)
    try:
        yield done
    finally:
        lake.aws.dynamodb.meta.events.unregister(event, hook)


@pytest.fixture
def slow(settings: Any) -> Any:
    """A worker that will be overtaken."""
    return build_lake(settings)


def test_a_run_that_was_cancelled_meanwhile_publishes_nothing(api: Any, lake: Any, slow: Any, deliver: Deliver) -> None:
    define(api, "gone", filled(api, deliver, "gone_raw", namespace="pub"), "pub.gone")
    first = run(api, "gone")
    made = lake.runs.start(ME, "gone", is_forced=True)
    with before_publication(slow, lambda: lake.runs.cancel(ME, made.id)) as done:
        until_over(slow, made.id)
    assert done
    assert until_over(lake, made.id).state == "cancelled"
    assert [one["id"] for one in versions(api, "pub.gone")] == [first["version"]]
    assert lake.datasets.store.find("main", "pub.gone").current_version == first["version"]
    check_versions(lake, "pub.gone")


def test_a_run_that_another_worker_took_over_is_published_once(
    api: Any, lake: Any, slow: Any, settings: Any, deliver: Deliver
) -> None:
    define(api, "taken", filled(api, deliver, "taken_raw", namespace="pub"), "pub.taken")
    made = lake.runs.start(ME, "taken")
    other = build_lake(settings, clock=JumpingClock(settings.run_lease_seconds + 1))
    with before_publication(slow, lambda: until_over(other, made.id)) as done:
        until_over(slow, made.id)
    assert done[0].state == "succeeded"
    assert len(versions(api, "pub.taken")) == 1
    check_versions(lake, "pub.taken")


@pytest.mark.parametrize("mode", ["incremental", "merge"])
def test_a_run_whose_base_was_rolled_back_builds_on_what_readers_see(
    api: Any, lake: Any, slow: Any, deliver: Deliver, mode: str
) -> None:
    source = register(api, f"base_{mode}_raw", namespace="pub")
    more = {"merge": {"keys": ["n"]}} if mode == "merge" else {}
    define(api, f"base-{mode}", source, f"pub.base_{mode}", mode=mode, layout={"partition_by": ["part"]}, **more)
    made = []
    for n in range(3):
        drop(api, deliver, source, f"n,v,part\n{n},x,{n}\n", f"{n}.csv")
        if n < 2:
            made.append(run(api, f"base-{mode}")["version"])
    last = lake.runs.start(ME, f"base-{mode}")
    with before_publication(slow, lambda: lake.versions.rollback(ME, f"pub.base_{mode}", made[0])) as done:
        until_over(slow, last.id)
    ended = until_over(lake, last.id)
    assert done
    assert (ended.state, ended.base, ended.rows) == ("succeeded", made[0], 3)
    assert select(lake, f'SELECT count(*), sum(n) FROM "pub"."base_{mode}"') == [(3, 3)]
    check_versions(lake, f"pub.base_{mode}")
