"""Any history of one dataset: uploads, deliveries twice and late, runs, crashes, rollbacks, clean-ups, changes of the job
and jumps of the clock, in any order; and what must hold after each of them.
"""

from typing import Any, ClassVar

import hypothesis
import pytest
from fastapi.testclient import TestClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.bootstrap import build_lake
from app.main import create_app
from local.stack import Stack
from tests.faults.budget import SEED, budget
from tests.faults.clocks import JumpingClock
from tests.faults.history import History, World
from tests.isolation import isolated_settings

JUMP_SECONDS = 15 * 60
HISTORIES = budget("HISTORIES", 3)
STEPS = budget("STEPS", 12)
_places = st.integers(0, 7)
_deaths = st.integers(0, 12)  # 0: it lives
_parts = st.integers(0, 2)
_rows = st.lists(st.tuples(st.integers(0, 5), _parts, st.sampled_from("UUUD")), min_size=1, max_size=5)


class Machine(RuleBasedStateMachine):
    """The rules only call; tests/faults/history.py knows what they do."""

    world: ClassVar[World]
    history: History
    is_partitioned: bool

    @initialize(
        mode=st.sampled_from(["full", "incremental", "merge"]), is_partitioned=st.booleans(), is_triggered=st.booleans()
    )
    def register(self, mode: str, *, is_partitioned: bool, is_triggered: bool) -> None:
        self.is_partitioned = is_partitioned
        self.history = History(self.world, mode, is_partitioned=is_partitioned, is_triggered=is_triggered)

    @rule(files=st.lists(_rows, min_size=1, max_size=3))
    def upload(self, files: list[list[tuple[int, int, str]]]) -> None:
        for rows in files:
            self.history.upload(rows)

    @rule(at=_places)
    def upload_again(self, at: int) -> None:
        self.history.upload_again(at)

    @rule(at=_places)
    def deliver(self, at: int) -> None:
        self.history.deliver(at)

    @rule(at=_places, dies_at=_deaths, is_after=st.booleans())
    def deliver_and_die(self, at: int, dies_at: int, *, is_after: bool) -> None:
        self.history.deliver(at, dies_at=dies_at, is_after=is_after)

    @rule(is_forced=st.booleans())
    def start(self, *, is_forced: bool) -> None:
        self.history.start(is_forced=is_forced)

    @rule(low=_parts, more=_parts)
    def back_fill(self, low: int, more: int) -> None:
        if self.is_partitioned:
            self.history.back_fill(low, low + more)

    @rule(at=_places)
    def step(self, at: int) -> None:
        self.history.step(at)

    @rule(at=_places, dies_at=_deaths, is_after=st.booleans())
    def step_and_die(self, at: int, dies_at: int, *, is_after: bool) -> None:
        self.history.step(at, dies_at=dies_at, is_after=is_after)

    @rule(at=_places)
    def cancel(self, at: int) -> None:
        self.history.cancel(at)

    @rule(at=_places)
    def roll_back(self, at: int) -> None:
        self.history.roll_back(at)

    @rule()
    def clean_up(self) -> None:
        self.history.clean_up()

    @rule(most_key=st.integers(2, 5))
    def change_job(self, most_key: int) -> None:
        self.history.change_job(most_key)

    @rule(seconds=st.sampled_from([-JUMP_SECONDS, JUMP_SECONDS]))
    def jump(self, seconds: int) -> None:
        self.world.clock.jump(seconds)

    @rule()
    def settle(self) -> None:
        self.history.settle()

    @invariant()
    def holds(self) -> None:
        self.history.check()

    def teardown(self) -> None:
        if hasattr(self, "history"):
            self.history.settle()
            self.history.check()


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    return isolated_settings(stack, versions_kept=2, version_grace_seconds=600, loads_per_version=3, files_per_run=2)


def test_any_history_keeps_its_promises(settings: Any) -> None:
    clock = JumpingClock()
    lake = build_lake(settings, clock=clock)
    with TestClient(create_app(lake), raise_server_exceptions=False) as api:
        api.headers["x-api-key"] = lake.identity.ensure_admin_key("main")
        Machine.world = World(api, lake, clock)
        run_state_machine_as_test(
            hypothesis.seed(SEED)(Machine),
            settings=hypothesis.settings(
                max_examples=HISTORIES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(hypothesis.HealthCheck),
                phases=[hypothesis.Phase.generate],
                print_blob=False,
            ),
        )
