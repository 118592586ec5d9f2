"""EXPLAIN ANALYZE [(FORMAT TEXT | JSON)] query: runs the query, drops its rows, tells what DuckDB measured.

The operators and their names are DuckDB's, not Trino's fragments; rows and times are really measured.
"""

import json
import re
import time

import duckdb
from sqlglot import exp

from local.athena import profiles
from local.athena.errors import QueryFailed, from_duckdb
from local.athena.results import Column
from local.athena.runner import Outcome, Run, lines
from local.athena.statements import Statement, classify
from local.trino.types import literal

_HEAD = re.compile(r"explain\s+analyze\s*(?:\(\s*format\s+(text|json)\s*\))?\s*", re.IGNORECASE)


def run(job: Run, statement: Statement, queued: float) -> Outcome:
    """The measured plan as lines of text. `queued` is in seconds. Raises QueryFailed for what is not a query."""
    head = _HEAD.match(statement.text)
    if head is None:
        raise QueryFailed("SYNTAX_ERROR", "line 1:1: EXPLAIN ANALYZE [(FORMAT TEXT | JSON)] query")
    inner = classify(statement.text[head.end() :])
    if inner.kind != "SELECT" or not isinstance(inner.tree, exp.Query):
        raise QueryFailed("NOT_SUPPORTED", f"EXPLAIN ANALYZE of {inner.subtype} is not supported")
    file = job.work_dir / f"{job.query_id}.analyze"
    try:
        begun = time.monotonic()
        planned, sql = job.plan(inner.tree, inner.text)
        planning = time.monotonic() - begun
        names = ", ".join(f"c{i}" for i in range(len(planned.columns)))
        job.cursor.execute(f"COPY (SELECT * FROM ({sql}) AS _q({names})) TO {literal(str(file))} (FORMAT csv)")
        profile = profiles.of_last(job.cursor) or {}
    except duckdb.Error as error:
        raise from_duckdb(error) from error
    finally:
        file.unlink(missing_ok=True)
    if (head[1] or "").lower() == "json":
        shown = json.dumps(profiles.stage(profile)["QueryStagePlan"], indent=2).splitlines()
    else:
        shown = profiles.text(profile, queued * 1000, planning * 1000)
    return lines(job, [Column("Query Plan", "varchar")], [[line] for line in shown])
