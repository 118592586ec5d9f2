"""What does the embedded Athena take to turn gzipped CSV of 400 columns into Parquet (snappy)?

The same files in the same run through our CTAS, a plain DuckDB COPY, Polars and PyArrow, all columns as text. CPU is
that of the process that does the work, from when its libraries are imported; for our CTAS it is the embedded stack's,
S3 and Glue included. Budget: 1.15 x DuckDB's. All outputs must agree on rows and on the sums of two columns before
anything is printed. Linux only: reads /proc.

    python -m bench.convert    ROWS=200000 ROUNDS=5
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from bench.consumer_header import Header, write_header
from bench.measure import Cost, Table, Watched, interleaved, median, megabytes, python_child, ratio, verdict
from local.provision import Clients
from local.stack import Stack, running_stack

BUDGET = 1.15
OURS = "our Athena's CTAS"
_BUCKET, _DATABASE = "bench-convert", "bench_convert"

_CHILD = """
import json, os, sys, time
from bench.measure import Watched
target, files = sys.argv[1], sys.argv[2:]
{imports}
wall, cpu = time.perf_counter(), time.process_time()
{body}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({{"cpu_s": cpu, "wall_s": wall, "peak_mb": Watched(os.getpid()).peak_mb()}}))
"""
_DUCKDB = """
connection = duckdb.connect(config={"threads": os.cpu_count()})
source = connection.read_csv(files, all_varchar=True, header=True, delimiter=",", quotechar='"')
source.write_parquet(target, compression="snappy")
"""
_POLARS = """
pl.scan_csv(files, infer_schema=False).sink_parquet(target, compression="snappy")
"""
_PYARROW = """
names = csv.open_csv(files[0]).schema.names
convert = csv.ConvertOptions(column_types={name: pa.string() for name in names})
writer = None
for file in files:
    for batch in csv.open_csv(file, convert_options=convert):
        writer = writer or parquet.ParquetWriter(target, batch.schema, compression="snappy")
        writer.write_batch(batch)
writer.close()
"""


def sums(files: list[Path]) -> tuple[int, int, int]:
    """Rows, sum of person ids, sum of incomes: what every way must keep."""
    frame = pl.scan_parquet(files).select(pl.all().name.to_lowercase())
    columns = [pl.col(name).cast(pl.Int64).sum() for name in ("personid", "householdincome")]
    found = frame.select(pl.len(), *columns).collect().row(0)
    return int(found[0]), int(found[1]), int(found[2])


class EmbeddedAthena:
    """Our CTAS over files in the embedded S3."""

    def __init__(self, stack: Stack, header: Header, scratch: Path) -> None:
        clients = Clients(stack.endpoint_url)
        self._s3, self._athena, self._glue = clients.of("s3"), clients.of("athena"), clients.of("glue")
        self._watched = Watched(stack.pid)
        self._scratch = scratch
        self._runs = 0
        self._prepare(header)

    def _prepare(self, header: Header) -> None:
        self._s3.create_bucket(Bucket=_BUCKET)
        for file in header.files:
            self._s3.upload_file(str(file), _BUCKET, f"csv/{file.name}")
        names = pl.scan_csv(header.files[0], infer_schema=False, n_rows=1).collect().columns
        serde = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
        descriptor = {
            "Columns": [{"Name": name.lower(), "Type": "string"} for name in names],
            "Location": f"s3://{_BUCKET}/csv/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": {"separatorChar": ",", "quoteChar": '"'}},
        }
        table = {
            "Name": "header",
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": descriptor,
            "Parameters": {"EXTERNAL": "TRUE", "skip.header.line.count": "1"},
        }
        self._glue.create_database(DatabaseInput={"Name": _DATABASE})
        self._glue.create_table(DatabaseName=_DATABASE, TableInput=table)

    def convert(self) -> Cost:
        """One CTAS into a prefix of its own; `value` is where its files are, downloaded."""
        self._runs += 1
        prefix = f"out/{self._runs}/"
        self._watched.reset_peak()
        started, cpu = time.perf_counter(), self._watched.cpu_s()
        self._run(
            f"CREATE TABLE out_{self._runs} WITH (format = 'PARQUET', parquet_compression = 'SNAPPY', "
            f"external_location = 's3://{_BUCKET}/{prefix}') AS SELECT * FROM header"
        )
        wall, cpu = time.perf_counter() - started, self._watched.cpu_s() - cpu
        return Cost(wall, cpu, self._watched.peak_mb(), self._downloaded(prefix))

    def _run(self, sql: str) -> None:
        execution = self._athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": _DATABASE},
            ResultConfiguration={"OutputLocation": f"s3://{_BUCKET}/results/"},
        )["QueryExecutionId"]
        while True:
            status = self._athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return
            if status["State"] not in ("QUEUED", "RUNNING"):
                raise RuntimeError(f"{status['State']}: {status.get('StateChangeReason')}")
            time.sleep(0.02)

    def _downloaded(self, prefix: str) -> list[Path]:
        folder = self._scratch / f"athena{self._runs}"
        folder.mkdir()
        keys = [entry["Key"] for entry in self._s3.list_objects_v2(Bucket=_BUCKET, Prefix=prefix)["Contents"]]
        for number, key in enumerate(keys):
            self._s3.download_file(_BUCKET, key, str(folder / f"{number}.parquet"))
        self._s3.delete_objects(Bucket=_BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
        return sorted(folder.iterdir())


def in_child(imports: str, body: str, header: Header, target: Path) -> Callable[[], Cost]:
    """A case: one library in a process of its own writing one file."""

    def run() -> Cost:
        target.unlink(missing_ok=True)
        cost = python_child(_CHILD.format(imports=imports, body=body), str(target), *map(str, header.files))
        return Cost(cost.value["wall_s"], cost.cpu_s, cost.peak_mb, [target])

    return run


def _checked(case: Callable[[], Cost], expected: dict[str, Any]) -> Callable[[], Cost]:
    """The case, its output compared with what the first one wrote (outside the measured time)."""

    def run() -> Cost:
        cost = case()
        found = sums(cost.value)
        if expected.setdefault("sums", found) != found:
            raise RuntimeError(f"the outputs differ: {expected['sums']} and {found}")
        return cost

    return run


def measured(stack: Stack, scratch: Path, rows: int, rounds: int) -> Table:
    """The table, over a running stack."""
    header = write_header(scratch / "csv", rows, parts=2)
    expected: dict[str, Any] = {}
    cases = {
        "DuckDB COPY": in_child("import duckdb", _DUCKDB, header, scratch / "duckdb.parquet"),
        OURS: EmbeddedAthena(stack, header, scratch).convert,
        "Polars": in_child("import polars as pl", _POLARS, header, scratch / "polars.parquet"),
        "PyArrow": in_child(
            "import pyarrow as pa; from pyarrow import csv, parquet", _PYARROW, header, scratch / "pyarrow.parquet"
        ),
    }
    costs = interleaved({name: _checked(case, expected) for name, case in cases.items()}, rounds)
    if expected["sums"][0] != rows:
        raise RuntimeError(f"{rows} rows were written, {expected['sums'][0]} arrived")
    table = Table(
        f"gzipped CSV to Parquet snappy: {rows:,} rows x 400 columns, {megabytes(header.text_bytes)} MB of text",
        ["way", "CPU s", "ratio of CPU", "wall s", "ratio of wall", "peak MB"],
    )
    for name in cases:
        table.add(
            name,
            f"{median(costs[name]):.2f}",
            f"{ratio(costs, name, 'DuckDB COPY'):.2f}",
            f"{median(costs[name], 'wall_s'):.2f}",
            f"{ratio(costs, name, 'DuckDB COPY', 'wall_s'):.2f}",
            f"{median(costs[name], 'peak_mb'):,.0f}",
        )
    table.notes.append(f"CPU of our CTAS: {verdict(ratio(costs, OURS, 'DuckDB COPY'), BUDGET)}")
    table.notes.append(f"all agree: {expected['sums'][0]:,} rows, sums {expected['sums'][1:]}")
    return table


def main() -> list[Table]:
    """ROWS rows (default 200,000), ROUNDS rounds (default 5)."""
    rows, rounds = int(os.environ.get("ROWS", "200000")), int(os.environ.get("ROUNDS", "5"))
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder) / "stack") as stack:
        return [measured(stack, Path(folder), rows, rounds)]


if __name__ == "__main__":
    for result in main():
        print(result)
