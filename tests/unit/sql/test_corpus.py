"""More than 600 honest queries: the guard accepts them, and what it makes of them Athena can plan."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sql_lake import DIALECT, LAKE, PARAMETERS, corpora, corpus
from sqlglot import expressions as exp
from tpcds import tpcds

from app.domain.errors import BadSql
from app.sql.allowed import nodes
from app.sql.functions import FUNCTIONS
from app.sql.guard import Guarded, guard
from app.sql.reading import read
from app.sql.relations import Relation

WRITTEN = [sql for name in corpora() for sql in corpus(f"corpus/{name}")]
_MISSING = "bar checksum great_circle_distance make_set_digest qdigest_agg regr_r2 st_point tdigest_agg word_stem"
NOT_ON_THE_LAPTOP = FUNCTIONS & frozenset(_MISSING.split(" "))
STANDARD = corpus("tpch")


def guarded(sql: str, lake: dict[str, Relation]) -> Guarded:
    names = {str(node.this) for node in nodes(read(sql)) if isinstance(node, exp.Placeholder)}
    given = {name: PARAMETERS[name] for name in names}
    return guard(sql, resolve=lake.get, dialect=DIALECT, parameters=given, row_limit=100)


def honest() -> list[str]:
    return [*corpus("honest"), *WRITTEN, *STANDARD, *tpcds()[1]]


def test_the_corpus_is_large_and_no_query_is_there_twice() -> None:
    queries = [" ".join(sql.lower().split()) for sql in honest()]
    assert len(queries) == len(set(queries))
    assert len(queries) >= 600


def test_every_honest_query_is_accepted() -> None:
    lake = {**LAKE, **tpcds()[0]}
    refused = {}
    for sql in honest():
        try:
            guarded(sql, lake)
        except BadSql as refusal:
            refused[sql] = refusal.detail
    assert not refused


@pytest.fixture(scope="module")
def athena(aws: Any) -> Iterator[Any]:
    """Athena with an empty table behind each dataset."""
    glue, s3 = aws.of("glue"), aws.of("s3")
    s3.create_bucket(Bucket="guarded-corpus")
    lake = {**LAKE, **tpcds()[0]}
    databases = {relation.database for relation in lake.values()}
    for name in databases:
        glue.create_database(DatabaseInput={"Name": name})
    for relation in lake.values():
        glue.create_table(DatabaseName=relation.database, TableInput=_table(relation))
    yield aws.of("athena")
    for name in databases:
        glue.delete_database(Name=name)


def _table(relation: Relation) -> dict[str, Any]:
    columns = [{"Name": c.name, "Type": "string" if relation.is_text else str(c.type)} for c in relation.columns]
    return {
        "Name": relation.table,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "_file", "Type": "string"}] if relation.has_files else [],
        "StorageDescriptor": {
            "Columns": columns,
            "Location": f"s3://guarded-corpus/{relation.database}/{relation.table}/",
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        },
    }


def _failure(athena: Any, sql: str) -> str | None:
    """Why Athena does not plan it; None when it does."""
    where = {"OutputLocation": "s3://guarded-corpus/results/"}
    started = athena.start_query_execution(QueryString=f"EXPLAIN {sql}", ResultConfiguration=where)
    while True:
        status = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]["Status"]
        if status["State"] in {"SUCCEEDED", "FAILED", "CANCELLED"}:
            return None if status["State"] == "SUCCEEDED" else status["StateChangeReason"]
        time.sleep(0.01)


def _is_of_laptop(reason: str) -> bool:
    """Trino's functions that the embedded Athena does not have."""
    missing = re.search(r"Function '(\w+)' not registered", reason)
    return missing is not None and missing[1] in NOT_ON_THE_LAPTOP


def test_what_the_guard_writes_athena_plans(athena: Any) -> None:
    lake = {**LAKE, **tpcds()[0]}
    queries = [*WRITTEN[::2], *STANDARD[::4], *tpcds()[1][::8]]  # a sample: TPC runs whole in tests/local/test_tpc.py
    with ThreadPoolExecutor(2) as pool:
        reasons = list(pool.map(lambda sql: _failure(athena, guarded(sql, lake).sql), queries))
    failed = {sql: reason for sql, reason in zip(queries, reasons, strict=True) if reason and not _is_of_laptop(reason)}
    assert not failed, f"{len(failed)} of {len(queries)}"
