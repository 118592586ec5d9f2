"""TPC-H and TPC-DS in Trino's dialect, through Athena: 22 of 22 against the answers that the generator carries, 99 of 99
against DuckDB's own results on the same data.

The queries come from DuckDB's generators and are written in Trino's dialect by sqlglot; nothing of them is kept here.
TPC-DS runs on doubles in place of decimals, since DuckDB's avg of a decimal is a double and Trino's a decimal.
"""

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from math import isclose
from typing import Any

import duckdb
import sqlglot
from duckdb_extensions import import_extension

_DATE = re.compile(r"(?<!DATE )'(\d{4}-\d{2}-\d{2})'")
# Trino does not group by an output's name; TPC's own text groups by the column.
_TRINO = {
    ("tpch", 15): ("GROUP BY supplier_no", "GROUP BY l_suppkey"),
    ("tpcds", 72): ("d1.d_date + 5", "d1.d_date + INTERVAL '5' DAY"),  # nor add a number to a date
}
_HIVE = {"VARCHAR": "string", "INTEGER": "int"}


def _generator(kind: str) -> duckdb.DuckDBPyConnection:
    import_extension(kind)
    connection = duckdb.connect(config={"threads": 2, "default_null_order": "nulls_last"})
    connection.execute(f"LOAD {kind}")
    connection.execute(f"CALL {'dbgen' if kind == 'tpch' else 'dsdgen'}(sf = 0.01)")
    return connection


def _load(connection: duckdb.DuckDBPyConnection, lake: Any, folder: Any, kind: str, *, is_exact: bool) -> Any:
    """The lake with the generator's tables in a database of their own."""
    lake.done(f"CREATE DATABASE {kind}")
    lake = dataclasses.replace(lake, database=kind)
    for (name,) in connection.execute("SHOW TABLES").fetchall():
        columns = [(r[0], r[1]) for r in connection.execute(f"DESCRIBE {name}").fetchall()]
        if not is_exact:
            for column, stored in columns:
                if stored.startswith("DECIMAL"):
                    connection.execute(f"ALTER TABLE {name} ALTER {column} TYPE DOUBLE")
            columns = [(c, "DOUBLE" if k.startswith("DECIMAL") else k) for c, k in columns]
        file = folder / f"{name}.parquet"
        connection.execute(f"COPY {name} TO '{file}' (FORMAT parquet)")
        lake.put(f"{kind}/{name}/data.parquet", file.read_bytes())
        listed = ", ".join(f"`{c}` {_HIVE.get(k, k.lower())}" for c, k in columns)
        where = lake.at(f"{kind}/{name}/")
        lake.done(f"CREATE EXTERNAL TABLE {name} ({listed}) STORED AS PARQUET LOCATION '{where}'")
    return lake


def _queries(connection: duckdb.DuckDBPyConnection, kind: str) -> dict[int, tuple[str, str]]:
    """Number: DuckDB's text, Trino's text."""
    found = {}
    for number, text in connection.execute(f"SELECT query_nr, query FROM {kind}_queries()").fetchall():
        trino = _DATE.sub(r"DATE '\1'", sqlglot.transpile(text, read="duckdb", write="trino")[0])
        found[number] = text, trino.replace(*_TRINO.get((kind, number), ("", "")))
    return found


def _value(given: Any) -> Any:
    if given is None or given == "":
        return None
    try:
        return float(given)
    except (TypeError, ValueError):
        return str(given)


def _sorted(rows: Any) -> list[tuple[Any, ...]]:
    """Rows without their order: rounded for sorting only, so that nearly equal rows meet."""
    typed = [tuple(_value(v) for v in row) for row in rows]
    return sorted(typed, key=lambda row: [(v is None, f"{v:.3g}" if isinstance(v, float) else str(v)) for v in row])


def _agree(given: Any, wanted: Any) -> bool:
    """Equal; numbers within a cent, which is what TPC-H allows for averages."""
    a, b = _sorted(given), _sorted(wanted)
    return len(a) == len(b) and all(
        x == y or (isinstance(x, float) and isinstance(y, float) and isclose(x, y, rel_tol=1e-6, abs_tol=0.011))
        for left, right in zip(a, b, strict=True)
        for x, y in zip(left, right, strict=True)
    )


def _wrong(lake: Any, queries: dict[int, tuple[str, str]], wanted: dict[int, Any]) -> dict[int, Any]:
    """The queries whose rows differ, four at once as Athena runs them."""

    def run(number: int) -> tuple[int, Any]:
        ended = lake.run(queries[number][1])
        if ended["Status"]["State"] != "SUCCEEDED":
            return number, ended["Status"].get("StateChangeReason")
        pages = lake.athena.get_paginator("get_query_results").paginate(QueryExecutionId=ended["QueryExecutionId"])
        rows = [[d.get("VarCharValue") for d in r["Data"]] for p in pages for r in p["ResultSet"]["Rows"]][1:]
        return number, None if _agree(rows, wanted[number]) else (rows[:3], wanted[number][:3])

    with ThreadPoolExecutor(4) as pool:
        return {number: problem for number, problem in pool.map(run, queries) if problem is not None}


def test_tpch_gives_the_published_answers(athena_stack: Any, tmp_path: Any) -> None:
    connection = _generator("tpch")
    lake = _load(connection, athena_stack, tmp_path, "tpch", is_exact=True)
    answers = connection.execute("SELECT query_nr, answer FROM tpch_answers() WHERE scale_factor = 0.01").fetchall()
    wanted = {number: [line.split("|") for line in text.removesuffix("\n").split("\n")[1:]] for number, text in answers}
    assert len(wanted) == 22
    assert _wrong(lake, _queries(connection, "tpch"), wanted) == {}


def test_tpcds_gives_duckdbs_results(athena_stack: Any, tmp_path: Any) -> None:
    connection = _generator("tpcds")
    lake = _load(connection, athena_stack, tmp_path, "tpcds", is_exact=False)
    queries = _queries(connection, "tpcds")
    assert len(queries) == 99
    wanted = {number: connection.execute(text).fetchall() for number, (text, _) in queries.items()}
    assert _wrong(lake, queries, wanted) == {}
