"""Partition projection: partitions that are computed from table properties instead of looked up.

Source: docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html and -setting-up.html.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from math import prod

import duckdb
from sqlglot import exp

from local.athena import catalog
from local.athena.conditions import matching, static_values
from local.athena.errors import QueryFailed
from local.athena.projecteddates import DateRange, date_range

_MOST = 1_000_000
_PLACE = re.compile(r"\$\{([^}]*)\}")
_WHOLE = ("tinyint", "smallint", "int", "integer", "bigint")
Values = list[str]


def is_enabled(table: catalog.Table) -> bool:
    return str((table.get("Parameters") or {}).get("projection.enabled", "")).lower() == "true"


def partitions(
    table: catalog.Table, conditions: list[exp.Expr], cursor: duckdb.DuckDBPyConnection
) -> Iterator[tuple[list[str | None], str]]:
    """Values and location of the projected partitions that conditions on single columns leave.

    Each column's values are chosen before they are combined, so that equality costs nothing whatever the ranges.
    """
    given = {k: str(v) for k, v in table["Parameters"].items()}
    keys = catalog.partition_keys(table)
    missing = [n for n, _ in keys if f"projection.{n}.type" not in given]
    if missing:
        raise _invalid(
            f"Table {table.get('DatabaseName', '')}.{table['Name']} is configured for partition projection, but the "
            f"following partition columns are missing projection configuration: [{', '.join(missing)}]"
        )
    location = _locator(table, given, keys)
    choices = [_values(name, hive, given, conditions, cursor) for name, hive in keys]
    if prod(len(c) for c in choices) > _MOST:
        raise _invalid(f"Projection gives more than {_MOST} partitions")
    for row in product(*choices):
        yield [*row], location(row)


def _invalid(words: str) -> QueryFailed:
    return QueryFailed("INVALID_TABLE_PROPERTY", words)


def _locator(
    table: catalog.Table, given: dict[str, str], keys: list[tuple[str, str]]
) -> Callable[[tuple[str, ...]], str]:
    """How a partition's location follows from its values. In a template, dates of DATE columns have their format."""
    names = [n for n, _ in keys]
    template = given.get("storage.location.template")
    if not template:
        base = table["StorageDescriptor"]["Location"].rstrip("/")
        return lambda row: f"{base}/{'/'.join(f'{n}={v}' for n, v in zip(names, row, strict=True))}/"
    for name in names:
        if f"${{{name}}}" not in template:
            raise _invalid(f"Partition location template: {template} is missing partition column: {name} placeholder")
    shown = {n: date_range(n, given).formatted for n, t in keys if t in ("date", "timestamp")
             and given[f"projection.{n}.type"].lower() == "date"}  # fmt: skip

    def locate(row: tuple[str, ...]) -> str:
        values = {n: shown[n](v) if n in shown else v for n, v in zip(names, row, strict=True)}
        return _PLACE.sub(lambda found: values.get(found[1], found[0]), template)

    return locate


def _required(name: str, key: str, given: dict[str, str]) -> str:
    value = given.get(f"projection.{name}.{key}")
    if value is None:
        raise _invalid(
            f"Column projection for column '{name}' failed. Missing required property: 'projection.{name}.{key}'"
        )
    return value


def _values(
    name: str, hive: str, given: dict[str, str], conditions: list[exp.Expr], cursor: duckdb.DuckDBPyConnection
) -> Values:
    """The column's projected values that its own conditions leave."""
    kind = given[f"projection.{name}.type"].lower()
    own = [c for c in conditions if {x.name.lower() for x in c.find_all(exp.Column)} == {name}]
    wanted = static_values(name, own)
    if kind == "injected":
        if wanted is None:
            raise QueryFailed(
                "CONSTRAINT_VIOLATION",
                f"For the injected projected partition column {name}, the WHERE clause must contain only static "
                "equality conditions, and at least one such condition must be present.",
            )
        return sorted(wanted)
    if kind == "enum":
        every = [v.strip() for v in _required(name, "values", given).split(",")]
    elif kind == "integer":
        every = _integers(name, hive, given, wanted)
    elif kind == "date":
        every = _dates(date_range(name, given), hive, wanted)
    else:
        raise _invalid(f"Unknown projection type '{kind}' of column '{name}'")
    return matching(name, hive, every, own, cursor)


def _integers(name: str, hive: str, given: dict[str, str], wanted: set[str] | None) -> Values:
    if hive not in _WHOLE and not hive.startswith(("string", "varchar", "char")):
        raise _invalid(f"Column projection for column '{name}' failed. Unsupported column type: {hive}")
    found = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*", _required(name, "range", given))
    if found is None or int(found[1]) > int(found[2]):
        raise _invalid(f"Property: 'projection.{name}.range' needs to be list of 2 valid numbers, separated by comma")
    digits = int(given.get(f"projection.{name}.digits", "0"))
    numbers = range(int(found[1]), int(found[2]) + 1, int(given.get(f"projection.{name}.interval", "1")))
    if wanted is not None:
        chosen: Iterable[int] = sorted({n for text in wanted if _is_number(text) and (n := int(text)) in numbers})
    elif len(numbers) > _MOST:
        raise _invalid(f"Projection gives more than {_MOST} partitions")
    else:
        chosen = numbers
    return [f"{n:0{digits}d}" if digits else str(n) for n in chosen]


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+", text) is not None


def _dates(dates: DateRange, hive: str, wanted: set[str] | None) -> Values:
    """A string column has the values in their format, a DATE or TIMESTAMP one in ISO form."""
    if hive in ("date", "timestamp"):
        return [moment.strftime("%Y-%m-%d" if hive == "date" else "%Y-%m-%d %H:%M:%S") for moment in dates.moments()]
    if wanted is not None:
        return sorted(text for text in wanted if dates.has(text))
    return [dates.pattern.format(moment) for moment in dates.moments()]
