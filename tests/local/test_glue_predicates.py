"""Partition expressions, by Glue's rules."""

import pytest

from local.glue.predicates import BadExpressionError, compiled

KEYS = (("Region", "string"), ("day", "date"), ("hour", "int"))
ROWS = [
    ("east", "2026-01-01", "2"),
    ("east", "2026-01-02", "10"),
    ("west", "2026-01-02", "2"),
    ("we'st", "2026-02-01", "-3"),
    ("__HIVE_DEFAULT_PARTITION__", "2026-03-01", "5"),
]


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("region = 'east'", [0, 1]),
        ("REGION = 'east' AND day > '2026-01-01'", [1]),
        ("hour > 2", [1, 4]),
        ("hour > '2'", [1, 4]),
        ("2 < hour", [1, 4]),
        ("hour = -3", [3]),
        ("region in ('west', 'none') or hour in (5, 10)", [1, 2, 4]),
        ("day between '2026-01-02' and '2026-02-01'", [1, 2, 3]),
        ("hour between 2 and 9", [0, 2, 4]),
        ("region like 'we%'", [2, 3]),
        ("region like '_ast'", [0, 1]),
        ("region not like 'we%'", [0, 1]),
        ("region = 'we''st'", [3]),
        ("(region <> 'east') and not (hour < 0)", [2]),
        ("region != 'east'", [2, 3]),
        ("region is null", [4]),
        ("region is not null", [0, 1, 2, 3]),
        ("day >= date '2026-02-01'", [3, 4]),
        ("`day` <= '2026-01-01'", [0]),
        ("region not in ('east')", [2, 3, 4]),
    ],
)
def test_an_expression_chooses(expression, chosen):
    test = compiled(expression, KEYS)
    assert [number for number, row in enumerate(ROWS) if test(row)] == chosen


@pytest.mark.parametrize("expression", ["city = 'x'", "region", "hour + 1 = 2", "region = ", "hour = 'x'", "((((("])
def test_what_glue_does_not_accept_is_refused(expression):
    with pytest.raises(BadExpressionError):
        compiled(expression, KEYS)
