"""The DuckDB instances: one that plans over empty stand-ins, one that reads and writes.

Two, because the planner must keep conditions it could prove empty, and DuckDB's optimizer switches are per instance.
"""

import threading

import duckdb

from local.athena.settings import AthenaSettings
from local.trino import macros
from local.trino.types import literal

_PLANNER_OFF = "statistics_propagation,empty_result_pullup,in_clause,join_filter_pushdown,late_materialization"


class Engine:
    """Hands out cursors: each is a connection of its own, closed by whoever took it."""

    def __init__(self, settings: AthenaSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._planner: duckdb.DuckDBPyConnection | None = None
        self._executor: duckdb.DuckDBPyConnection | None = None

    def planner(self) -> duckdb.DuckDBPyConnection:
        """A cursor for EXPLAIN and DESCRIBE over stand-ins."""
        with self._lock:
            if self._planner is None:
                connection = duckdb.connect(config={"threads": 1, "memory_limit": "256MB"})
                macros.define(connection)
                connection.execute("SET enable_external_access = false")
                connection.execute(f"SET disabled_optimizers = '{_PLANNER_OFF}'")
                self._planner = connection
            return _session(self._planner)

    def executor(self) -> duckdb.DuckDBPyConnection:
        """A cursor that may read the object files and write to the work directory, and nothing else."""
        with self._lock:
            if self._executor is None:
                self._executor = self._open()
            cursor = _session(self._executor)
        cursor.execute("SET enable_profiling = 'no_output'")  # what GetQueryRuntimeStatistics tells; costs 0.1 ms
        return cursor

    def _open(self) -> duckdb.DuckDBPyConnection:
        settings = self.settings
        settings.work_dir.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(config={"threads": settings.threads, "memory_limit": settings.memory_limit})
        macros.define(connection)
        # As text: a parameter would have DuckDB import pandas, which costs 0.2 s of CPU and 47 MB.
        directories = ", ".join(literal(f"{place}/") for place in (settings.data_dir, settings.work_dir))
        connection.execute(f"SET temp_directory = {literal(str(settings.work_dir / 'duckdb'))}")
        connection.execute(f"SET allowed_directories = [{directories}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET partitioned_write_max_open_files = 100")
        return connection


def _session(instance: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    cursor = instance.cursor()
    macros.prepare(cursor)
    return cursor
