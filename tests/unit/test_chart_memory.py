"""The memory of drawn charts: the latest ones, never more bytes than allowed."""

from datetime import UTC, datetime

import pytest

from app.services.chart_memory import Asking, ChartMemory, Remembered
from app.services.results import Document

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def chart(size, name="a"):
    document = Document(b"x" * size, "application/json", '"e"')
    return Remembered(document, name, (), (1,), True, NOW, 0, NOW)


def asking(number, tenant="t"):
    return Asking(tenant, "/chart", f"n={number}")


@pytest.mark.parametrize(
    ("limit", "kept"), [(0, []), (99, []), (100, [9]), (350, [7, 8, 9]), (10_000, list(range(10)))]
)
def test_the_latest_that_fit_are_kept(limit, kept):
    memory = ChartMemory(limit)
    for number in range(10):
        memory.keep(asking(number), chart(100))
        memory.keep(asking(number), chart(100))
    assert [number for number in range(10) if memory.find(asking(number))] == kept


def test_what_is_looked_at_stays_longer():
    memory = ChartMemory(200)
    memory.keep(asking(1), chart(100))
    memory.keep(asking(2), chart(100))
    memory.find(asking(1))
    memory.keep(asking(3), chart(100))
    assert memory.find(asking(1))
    assert memory.find(asking(2)) is None


def test_a_name_is_forgotten_in_its_tenant_only():
    memory = ChartMemory(1000)
    for tenant in ("t", "u"):
        memory.keep(asking(1, tenant), chart(1))
    memory.keep(asking(2), chart(1, "b"))
    memory.forget("t", "a")
    assert memory.find(asking(1)) is None
    assert memory.find(asking(1, "u"))
    assert memory.find(asking(2))
