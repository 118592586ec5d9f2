"""The other side of bench.results, as a program for a process of its own: DuckDB, PyArrow or Polars, CSV to file."""

from typing import Final

THEIRS: Final = r"""
import json, sys, time
from pathlib import Path

library, form, source, target = sys.argv[1:]

def status(what):
    return int(Path("/proc/self/status").read_text().partition(what + ":")[2].split()[0]) * 1024 / 1e6

if library == "duckdb":
    import duckdb
    from duckdb import sql
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    if form == "arrow":
        import pyarrow as pa
    types = dict(id="BIGINT", k="INTEGER", name="VARCHAR", cat="VARCHAR", amount="DECIMAL(12, 2)", val="DOUBLE",
                 d="DATE", ts="TIMESTAMP")
    said = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    read = (f"read_csv('{source}', header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
            f"nullstr = '', allow_quoted_nulls = false, columns = {{{said}}})")
    how = {"json": "FORMAT json, ARRAY true", "objects": "FORMAT json, ARRAY true", "ndjson": "FORMAT json",
           "csv": "FORMAT csv, FORCE_QUOTE *", "parquet": "FORMAT parquet"}

    def write():
        if form != "arrow":
            return connection.execute(f"COPY (FROM {read}) TO '{target}' ({how[form]})").fetchone()[0]
        reader = connection.execute(f"FROM {read}").to_arrow_reader(100_000)
        with pa.ipc.new_stream(target, reader.schema) as sink:
            rows = 0
            for batch in reader:
                rows += batch.num_rows
                sink.write_batch(batch)
        return rows

if library == "pyarrow":
    import pyarrow as pa, pyarrow.csv as pc, pyarrow.parquet as pq
    pa.set_cpu_count(1)
    kinds = dict(id=pa.int64(), k=pa.int32(), name=pa.string(), cat=pa.string(), amount=pa.decimal128(12, 2),
                 val=pa.float64(), d=pa.date32(), ts=pa.timestamp("us"))
    options = pc.ConvertOptions(column_types=kinds, strings_can_be_null=True, quoted_strings_can_be_null=False)

    def write():
        reader = pc.open_csv(source, pc.ReadOptions(use_threads=False), convert_options=options)
        sinks = {"csv": pc.CSVWriter, "parquet": pq.ParquetWriter, "arrow": pa.ipc.new_stream}
        rows = 0
        with sinks[form](target, reader.schema) as sink:
            for batch in reader:
                rows += batch.num_rows
                sink.write_batch(batch)
        return rows

if library == "polars":
    import os
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl
    kinds = dict(id=pl.Int64, k=pl.Int32, name=pl.String, cat=pl.String, amount=pl.Decimal(12, 2), val=pl.Float64,
                 d=pl.Date, ts=pl.Datetime("us"))

    def write():
        frame = pl.read_csv(source, schema=kinds)
        if form in ("json", "objects"):
            frame.write_json(target)
        elif form == "ndjson":
            frame.write_ndjson(target)
        elif form == "csv":
            frame.write_csv(target, quote_style="always")
        elif form == "parquet":
            frame.write_parquet(target, compression="snappy")
        else:
            frame.write_ipc_stream(target)
        return frame.height

Path("/proc/self/clear_refs").write_text("5")
before, started = status("VmRSS"), time.process_time()
rows = write()
print(json.dumps({"cpu_s": time.process_time() - started, "peak_mb": status("VmHWM") - before, "rows": rows}))
"""
