"""Clean-up against those who still need what it would take: a rollback at the worst moment, a query that began before."""

from typing import Any

import pytest

from app.bootstrap import build_lake
from app.domain.errors import HeadgateError
from local.stack import Stack
from tests.api.lakework import Deliver, define, drop, filled, register, run, select
from tests.aws_faults import Faults
from tests.faults.clocks import JumpingClock
from tests.faults.invariants import check_versions, tidied, versions_of
from tests.faults.lanes import ME
from tests.isolation import isolated_settings

GRACE_SECONDS = 3600


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    return isolated_settings(stack, versions_kept=1, version_grace_seconds=GRACE_SECONDS)


@pytest.fixture(scope="module")
def source(api: Any, deliver: Deliver) -> str:
    return filled(api, deliver, "old_raw", namespace="removal")


def alive(lake: Any, dataset: str) -> list[bool]:
    """Of the versions, newest first, whether readers may have them."""
    return [version.removed_at is None for version in versions_of(lake, dataset)]


def test_a_version_stays_as_long_as_a_query_that_began_on_it_may_run(
    api: Any, lake: Any, settings: Any, source: str
) -> None:
    define(api, "grace", source, "removal.grace")
    for _ in range(2):
        run(api, "grace", force=True)
    clock = JumpingClock(GRACE_SECONDS - 120)
    later = build_lake(settings, clock=clock)
    tidied(later, "removal.grace")
    assert alive(lake, "removal.grace") == [True, True]
    clock.jump(240)
    tidied(later, "removal.grace")
    assert alive(lake, "removal.grace") == [True, False]
    check_versions(lake, "removal.grace")


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_rollback_and_the_removal_of_its_version_exclude_each_other(
    api: Any, settings: Any, source: str, number: int
) -> None:
    """The rollback comes before the n-th write of the removal."""
    name = f"race_{number}"
    define(api, name, source, f"removal.{name}")
    for _ in range(2):
        run(api, name, force=True)
    sweeping = build_lake(settings, clock=JumpingClock(2 * GRACE_SECONDS))
    other = build_lake(settings)
    _, oldest = versions_of(other, f"removal.{name}")
    writes: list[str] = []
    refused: list[str] = []

    def roll_back(model: Any) -> None:
        writes.append(model.name)
        if len(writes) == number:
            try:
                other.versions.rollback(ME, f"removal.{name}", oldest.id)
            except HeadgateError as error:
                refused.append(error.code)

    with Faults(sweeping).noting(roll_back):
        tidied(sweeping, f"removal.{name}")
    assert len(writes) >= number
    assert (alive(other, f"removal.{name}"), refused) == (
        ([True] * 2, []) if number == 1 else ([True, False], ["conflict"])
    )
    check_versions(other, f"removal.{name}")
    assert select(other, f'SELECT count(*) FROM "removal"."{name}"') == [(4,)]


def test_what_a_version_refers_to_stays_when_the_versions_that_wrote_it_go(
    api: Any, lake: Any, settings: Any, deliver: Deliver
) -> None:
    source = register(api, "grown_raw", namespace="removal")
    define(api, "grown", source, "removal.grown", mode="incremental")
    for at in range(3):
        drop(api, deliver, source, f"n\n{at}\n", f"{at}.csv")
        run(api, "grown")
    clock = JumpingClock(2 * GRACE_SECONDS)
    later = build_lake(settings, clock=clock)
    for _ in range(3):
        tidied(later, "removal.grown")
        clock.jump(2 * GRACE_SECONDS)
    assert alive(lake, "removal.grown") == [True, False, False]
    check_versions(lake, "removal.grown")
    assert select(lake, 'SELECT count(*), sum(n) FROM "removal"."grown"') == [(3, 3)]
    run(api, "grown", force=True)
    for _ in range(3):
        clock.jump(2 * GRACE_SECONDS)
        tidied(later, "removal.grown")
    assert [version.purged_at is None for version in versions_of(lake, "removal.grown")] == [True, False, False, False]
    check_versions(lake, "removal.grown")
