"""TPC-DS's 99 queries from DuckDB's generator, in Trino's dialect, over datasets `tpcds.*`; nothing of them is kept here.

On doubles in place of decimals, as tests/local/test_tpc.py says.
"""

import re
from functools import cache

import duckdb
import sqlglot
from duckdb_extensions import import_extension
from sql_lake import plain
from sqlglot import expressions as exp

from app.sql.relations import Relation

_DATE = re.compile(r"(?<!DATE )'(\d{4}-\d{2}-\d{2})'")
_NUMBER_ADDED = {72: ("d1.d_date + 5", "d1.d_date + INTERVAL '5' DAY")}  # Trino adds no number to a date
_TYPES = {"INTEGER": "int", "VARCHAR": "varchar"}


@cache
def tpcds() -> tuple[dict[str, Relation], list[str]]:
    import_extension("tpcds")
    connection = duckdb.connect()
    connection.execute("LOAD tpcds")
    connection.execute("CALL dsdgen(sf = 0)")
    lake = {}
    for (name,) in connection.execute("SHOW TABLES").fetchall():
        described = connection.execute(f"DESCRIBE {name}").fetchall()
        lake[f"tpcds.{name}"] = plain("tpcds", name, **{row[0]: _type(row[1]) for row in described})
    found = connection.execute("SELECT query_nr, query FROM tpcds_queries()").fetchall()
    return lake, [_over_datasets(number, text) for number, text in found]


def _type(stored: str) -> str:
    return "double" if stored.startswith("DECIMAL") else _TYPES.get(stored, stored.lower())


def _over_datasets(number: int, text: str) -> str:
    tree = sqlglot.parse_one(text, read="duckdb")
    inner = {clause.alias for clause in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name not in inner:
            table.set("db", exp.to_identifier("tpcds"))
    return _DATE.sub(r"DATE '\1'", tree.sql("trino")).replace(*_NUMBER_ADDED.get(number, ("", "")))
