"""Merges against a plain model: whatever the order in which change files are taken in and run, the rows are the model's."""

import random
from typing import Any

import pytest

from tests.api.lakework import Deliver, define, drop, register, run, select
from tests.faults.budget import SEED, budget

COLUMNS = [("id", "int"), ("at", "int"), ("month", "int"), ("v", "varchar"), ("op", "varchar")]
SCHEMA = {"columns": [{"name": name, "type": kind} for name, kind in COLUMNS]}
KEPT = {"columns": [{"name": name} for name in ("id", "at", "v", "month")]}
FILES = 4
Change = tuple[int, int | None, int, str, str]


def drawn(chance: random.Random) -> list[list[Change]]:
    """Change files: few keys, so that they meet; moments that differ, so that the order of arrival decides nothing."""
    moments = iter(chance.sample(range(1000), FILES * 12))
    return [
        [
            (
                chance.randrange(12),
                next(moments),
                chance.randrange(4),
                f"v{chance.randrange(99)}",
                chance.choice("UUUD"),
            )
            for _ in range(12)
        ]
        for _ in range(FILES)
    ]


def model(files: list[list[Change]]) -> list[tuple[Any, ...]]:
    latest: dict[int, Change] = {}
    for change in sorted((one for file in files for one in file), key=lambda one: one[1] or -1):
        latest[change[0]] = change
    return sorted((key, at, v, month) for key, at, month, v, op in latest.values() if op != "D")


@pytest.mark.parametrize("layout", [{}, {"partition_by": ["month"]}], ids=["plain", "partitioned"])
@pytest.mark.parametrize("number", range(budget("MERGES", 2)))
def test_the_order_of_arrival_changes_nothing(
    api: Any, lake: Any, deliver: Deliver, layout: dict[str, Any], number: int
) -> None:
    seed = SEED + number
    files = drawn(random.Random(seed))
    orders = [list(range(FILES)), random.Random(seed).sample(range(FILES), FILES)]
    for at, order in enumerate(orders):
        name = f"any_{number}_{at}_{len(layout)}"
        source = register(api, f"{name}_raw", namespace="mm", schema=SCHEMA, primary_key=["id"], order_by="at")
        merge = {"deleted": "op = 'D'"}
        define(api, name, source, f"mm.{name}", mode="merge", transform=KEPT, merge=merge, layout=layout)
        for taken, file in enumerate(order):
            text = "id,at,month,v,op\n" + "".join(",".join(map(str, one)) + "\n" for one in files[file])
            drop(api, deliver, source, text, f"{file}.csv")
            if (seed + taken) % 3:  # sometimes two files meet in one run
                run(api, name)
        run(api, name)
        assert sorted(select(lake, f"SELECT * FROM mm.{name}")) == model(files), (seed, order)
