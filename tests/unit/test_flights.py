"""Shared work: done once for all who ask meanwhile, and never older than their asking."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.services.flights import Flights


def test_many_who_ask_at_once_share_two_flights_at_most():
    flights, begun = Flights(), []

    def work():
        begun.append(time.monotonic())
        time.sleep(1)  # all of them have asked by then
        return len(begun)

    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda _: flights.share("k", work), range(50)))
    assert len(begun) == 2
    assert set(found) == {1, 2}
    assert flights.share("k", work) == 3, "nothing is kept"


def test_nobody_gets_what_was_begun_before_they_asked():
    flights, value, seen = Flights(), [0], []
    stop = time.monotonic() + 1.5

    def read():
        before = value[0]
        time.sleep(0.002)
        return before

    def ask():
        while time.monotonic() < stop:
            known = value[0]
            seen.append((known, flights.share("k", read)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    while time.monotonic() < stop:
        value[0] += 1
        time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert len(seen) > 100
    assert all(found >= known for known, found in seen)


def test_a_failure_is_everybodys_and_the_next_one_tries_again():
    flights = Flights()
    entered, go = threading.Event(), threading.Event()

    def fail():
        entered.set()
        go.wait(5)
        raise ValueError("no")

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(flights.share, "k", fail)
        entered.wait(5)
        others = [pool.submit(flights.share, "k", fail) for _ in range(2)]
        go.set()
        for one in (first, *others):
            with pytest.raises(ValueError, match="no"):
                one.result(5)
    assert flights.share("k", lambda: 1) == 1


def test_different_work_does_not_wait():
    flights = Flights()
    with ThreadPoolExecutor(2) as pool:
        go = threading.Event()
        slow = pool.submit(flights.share, "a", lambda: go.wait(5))
        assert pool.submit(flights.share, "b", lambda: 2).result(2) == 2
        go.set()
        assert slow.result(5)
