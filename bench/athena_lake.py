"""Tables and queries on the embedded Athena, and the same query run by plain DuckDB: the two sides of bench.athena."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb

from bench.measure import Cost, Watched, here
from local.provision import Clients
from local.stack import Stack

BUCKET, DATABASE = "bench-athena", "bench_athena"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_FIRST_WAIT, _LONGEST_WAIT = 0.004, 0.1
"""Seconds between two looks at a query: doubled from the first to the longest, so that looking costs little."""


class Lake:
    """One bucket and one database on the stack. `cost` counts the stack's CPU, S3, Glue and HTTP included."""

    def __init__(self, stack: Stack) -> None:
        clients = Clients(stack.endpoint_url)
        self._s3, self._athena, self._glue = clients.of("s3"), clients.of("athena"), clients.of("glue")
        self._watched = Watched(stack.pid)
        self._s3.create_bucket(Bucket=BUCKET)
        self._glue.create_database(DatabaseInput={"Name": DATABASE})

    def put(self, files: Iterable[tuple[str, Path]]) -> None:
        """Objects from (key, file)."""
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(lambda item: self._s3.put_object(Bucket=BUCKET, Key=item[0], Body=item[1].read_bytes()), files)
            )

    def table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        prefix: str,
        keys: Sequence[tuple[str, str]] = (),
        **parameters: str,
    ) -> None:
        """A Parquet table over a prefix; columns and keys are (name, Hive type)."""
        table = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys],
            "Parameters": {"EXTERNAL": "TRUE"} | {n.replace("__", "."): v for n, v in parameters.items()},
            "StorageDescriptor": _descriptor(columns, prefix),
        }
        self._glue.create_table(DatabaseName=DATABASE, TableInput=table)

    def register(self, table: str, columns: Sequence[tuple[str, str]], folders: Sequence[tuple[str, str]]) -> None:
        """Partitions of one key from (value, prefix), a hundred a call."""
        for start in range(0, len(folders), 100):
            inputs = [
                {"Values": [value], "StorageDescriptor": _descriptor(columns, prefix)}
                for value, prefix in folders[start : start + 100]
            ]
            self._glue.batch_create_partition(DatabaseName=DATABASE, TableName=table, PartitionInputList=inputs)

    def run(self, sql: str) -> str:
        """A query to its end; its id. RuntimeError when it fails."""
        execution = self._athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": DATABASE},
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
        )["QueryExecutionId"]
        wait = _FIRST_WAIT
        while True:
            status = self._athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return str(execution)
            if status["State"] not in ("QUEUED", "RUNNING"):
                raise RuntimeError(f"{status['State']}: {status.get('StateChangeReason')}")
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def first_row(self, execution: str) -> tuple[str | None, ...]:
        """The first row of a result, as text."""
        rows = self._athena.get_query_results(QueryExecutionId=execution, MaxResults=2)["ResultSet"]["Rows"]
        return tuple(datum.get("VarCharValue") for datum in rows[1]["Data"])

    def fetch(self, prefix: str, folder: Path) -> None:
        """Download what a CTAS wrote."""
        folder.mkdir()
        listed: list[dict[str, Any]] = self._s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        for at, entry in enumerate(listed):
            (folder / str(at)).write_bytes(self._s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read())

    def remove(self, prefix: str) -> None:
        """Delete what a CTAS wrote."""
        listed: list[dict[str, Any]] = self._s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        self._s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": entry["Key"]} for entry in listed]})

    def cost(self, work: Callable[[], Any], times: int = 1) -> Cost:
        """What `work` costs the stack, by the call; `value` is what the last call gave."""
        self._watched.reset_peak()
        wall, cpu, value = time.perf_counter(), self._watched.cpu_s(), None
        for _ in range(times):
            value = work()
        wall, cpu = time.perf_counter() - wall, self._watched.cpu_s() - cpu
        return Cost(wall / times, cpu / times, self._watched.peak_mb(), value)


def _descriptor(columns: Sequence[tuple[str, str]], prefix: str) -> dict[str, Any]:
    return {
        "Columns": [{"Name": n, "Type": t} for n, t in columns],
        "Location": f"s3://{BUCKET}/{prefix}",
        "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe"},
    }


class Plain:
    """DuckDB in this process with the stack's number of threads, its results written as CSV like Athena's."""

    def __init__(self, scratch: Path) -> None:
        self._connection = duckdb.connect(config={"threads": os.cpu_count() or 2})
        self._scratch = scratch

    def run(self, sql: str, name: str = "plain") -> None:
        """A query into a CSV, on a cursor of its own."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"COPY ({sql}) TO '{self._scratch}/{name}.csv' (FORMAT csv, HEADER true, FORCE_QUOTE *)")

    def execute(self, sql: str) -> None:
        """A statement as it is."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def first_row(self, sql: str) -> tuple[str | None, ...]:
        """The first row, as text."""
        found = self._connection.execute(sql).fetchone()
        return tuple(None if value is None else str(value) for value in found or ())

    def cost(self, work: Callable[[], Any], times: int = 1) -> Cost:
        """What `work` costs this process, by the call."""
        cost = here(lambda: [work() for _ in range(times)])
        return Cost(cost.wall_s / times, cost.cpu_s / times)
