"""Random tables and expressions through the embedded Athena give what Trino's documented rules give in Python."""

import os
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.local import trino_model as model
from tests.local.conftest import AthenaLake
from tests.local.trino_model import TrinoError, Unspecified
from tests.local.trino_random import Expressions
from tests.local.trino_tables import Made, Table, any_table

# More examples by hand: HEADGATE_EXAMPLES=2000 pytest tests/local/test_trino_properties.py
EXAMPLES = int(os.environ.get("HEADGATE_EXAMPLES", "20"))
small = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="HEADGATE_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
randoms = st.integers(0, 2**48).map(Random)
_UNKNOWN = object()


def expected(made: Made, table: Table) -> tuple[list[Any], set[str]]:
    """The value for each row (_UNKNOWN: not specified; a TrinoError: TRY gives NULL), and all error names."""
    values: list[Any] = []
    names: set[str] = set()
    for row in table.rows:
        try:
            values.append(model.shown(made.of(row), made.type))
        except TrinoError as error:
            values.append(None)
            names |= error.names
        except (Unspecified, OverflowError):
            values.append(_UNKNOWN)
            names.add("")  # it may also fail
    return values, names


def answers(lake: AthenaLake, table: Table, expressions: list[str]) -> list[list[str | None]]:
    """Each expression's values and last its type; asked in one query, and one by one when that fails."""
    found = lake.run(f"SELECT {', '.join(expressions)} FROM {table.sql} ORDER BY id")
    if found["Status"]["State"] != "SUCCEEDED":
        if len(expressions) == 1:
            return [[str(found["Status"]["StateChangeReason"])] * (len(table.rows) + 1)]
        middle = len(expressions) // 2
        return answers(lake, table, expressions[:middle]) + answers(lake, table, expressions[middle:])
    result = lake.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])["ResultSet"]
    rows = [[datum.get("VarCharValue") for datum in row["Data"]] for row in result["Rows"][1:]]
    types = [column_type(c) for c in result["ResultSetMetadata"]["ColumnInfo"]]
    return [[*values, kind] for values, kind in zip(zip(*rows, strict=True), types, strict=True)]


def column_type(info: dict[str, Any]) -> str:
    """A result column's type as Athena tells it."""
    return f"decimal({info['Precision']},{info['Scale']})" if info["Type"] == "decimal" else str(info["Type"])


def differing(lake: AthenaLake, table: Table, made: list[Made]) -> dict[str, str]:
    """What is not as the model says."""
    wanted = [expected(m, table) for m in made]
    asked = [f"try({m.sql})" if names else m.sql for m, (_, names) in zip(made, wanted, strict=True)]
    wrong = {}
    for sql, m, (values, _), got in zip(asked, made, wanted, answers(lake, table, asked), strict=True):
        kind = m.type.name if m.type.name != "decimal" else str(m.type)
        for number, (want, is_) in enumerate(zip([*values, kind], got, strict=True)):
            if want is not _UNKNOWN and want != is_:
                given = table.rows[number] if number < len(values) else "its type"
                wrong[sql] = f"{is_!r}, by the rules {want!r}, for {given} of {[str(t) for t in table.types]}"
    return wrong


@small
@given(r=randoms)
def test_expressions(athena_stack: AthenaLake, r: Random) -> None:
    table = any_table(r)
    maker = Expressions(r, table.columns())
    assert differing(athena_stack, table, [maker.any() for _ in range(30)]) == {}


def grouped(table: Table, key: int, at: int) -> list[tuple[str | None, ...]]:
    """count(*), count, count(DISTINCT), min, max, sum of a column for each key, keys ascending, NULL last."""
    kinds, groups = table.types, {}
    for row in table.rows:
        groups.setdefault(model.shown(row[key], kinds[key]), (row[key], []))[1].append(row[at])
    found = []
    for shown, (key_value, every) in groups.items():
        values = [v for v in every if v is not None]
        least, most = (model.shown(f(values), kinds[at]) if values else None for f in (min, max))
        total = sum(values[1:], values[0]) if values and kinds[at].is_integer else None
        counts = (str(len(every)), str(len(values)), str(len(set(values))))
        found.append(
            (key_value is None, key_value, (shown, *counts, least, most, model.shown(total, model.T("bigint"))))
        )
    return [line for _, _, line in sorted(found, key=lambda f: (f[0], 0 if f[0] else f[1]))]


@small
@given(r=randoms)
def test_groups(athena_stack: AthenaLake, r: Random) -> None:
    table = any_table(r, rows=20, columns=4)
    plain = [i for i, t in enumerate(table.types) if t.of is None]
    if not plain:
        return
    key, at = r.choice(plain), r.choice(plain)
    total = f"sum(c{at})" if table.types[at].is_integer and table.types[at].name != "bigint" else "NULL"
    sql = (
        f"SELECT c{key}, count(*), count(c{at}), count(DISTINCT c{at}), min(c{at}), max(c{at}), {total} "
        f"FROM {table.sql} GROUP BY c{key} ORDER BY c{key}"
    )
    wanted = grouped(table, key, at)
    if total == "NULL":
        wanted = [(*line[:-1], None) for line in wanted]
    assert athena_stack.rows(sql) == wanted, sql
