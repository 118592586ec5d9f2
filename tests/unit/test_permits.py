"""Permits and the line before them: limits hold, nobody overtakes, nobody starves."""

import random
from datetime import UTC, datetime

import pytest

from app.domain.permits import LONGEST_LINE, Permits, Place
from tests.unit.test_run_states import queued

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def runs(count: int) -> list:
    return [queued(f"r{n}") for n in range(count)]


def test_permits_go_to_who_asks_first_and_the_others_stand_in_line() -> None:
    a, b, c, d = runs(4)
    permits = Permits()
    for run in (a, b, c, d):
        permits = permits.asked(run, "t", NOW, 2)
    assert [one.run for one in permits.taken] == ["r0", "r1"]
    assert [one.run for one in permits.waiting] == ["r2", "r3"]
    assert permits.next_in_line(2) == ()
    permits = permits.left(a)
    assert permits.is_turn_of(c, 2)
    assert not permits.is_turn_of(d, 2)
    assert not permits.asked(d, "t", NOW, 2).has(d, "t"), "nobody overtakes"
    assert not permits.asked(queued("new"), "t", NOW, 2).has(queued("new"), "t")
    assert permits.asked(c, "t", NOW, 2).has(c, "t")


def test_asking_again_is_asking_once() -> None:
    a, b = runs(2)
    permits = Permits().asked(a, "t", NOW, 1)
    assert permits.asked(a, "t", NOW, 1) is permits
    waiting = permits.asked(b, "t", NOW, 1)
    assert waiting.asked(b, "t", NOW, 1) == waiting
    assert waiting.left(queued("other")) is waiting
    assert waiting.without([]) is waiting


def test_the_next_statement_of_a_run_keeps_the_permit_unless_somebody_waits() -> None:
    a, b = runs(2)
    permits = Permits().asked(a, "first", NOW, 1).asked(a, "second", NOW, 1)
    assert permits.has(a, "second")
    assert not permits.has(a, "first")
    permits = permits.asked(b, "t", NOW, 1).asked(a, "third", NOW, 1)
    assert (permits.taken, [one.run for one in permits.waiting]) == ((), ["r1", "r0"])
    assert permits.asked(b, "t", NOW, 1).has(b, "t")


def test_a_full_line_takes_no_more_and_lets_them_come_again() -> None:
    line = tuple(Place(tenant="main", run=f"w{n}", since=NOW) for n in range(LONGEST_LINE))
    (late,) = runs(1)
    permits = Permits(waiting=line)
    assert permits.asked(late, "t", NOW, 0).waiting == line
    assert not permits.is_turn_of(late, 1)
    assert Permits(waiting=line[1:]).is_turn_of(late, 1)
    assert len(permits.model_dump_json().encode()) < 395_000


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_the_limit_holds_and_all_get_their_turns(seed: int) -> None:
    luck = random.Random(seed)
    limit, everyone = luck.randint(1, 5), runs(12)
    left = {run.id: luck.randint(1, 4) for run in everyone}
    permits, since = Permits(), dict.fromkeys(left, 0)
    for turn in range(2_000):
        run = luck.choice(everyone)
        token = str(left[run.id])
        if permits.has(run, token) and luck.random() < 0.5:  # its statement is over
            left[run.id] -= 1
            since[run.id] = turn
            permits = permits.left(run) if left[run.id] == 0 else permits
        elif left[run.id]:
            permits = permits.asked(run, token, NOW, limit)
        assert len(permits.taken) <= limit
        assert len({one.run for one in (*permits.taken, *permits.waiting)}) == len(permits.taken + permits.waiting)
    assert not any(left.values()), (seed, left)
    assert permits.taken + permits.waiting == ()
