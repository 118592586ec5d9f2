"""Athena: start, look, stop, read. Nothing here waits."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from app.adapters.aws import Aws, error_code, translated
from app.domain.errors import BadSql
from app.domain.executions import Label, label_of

RUNNING_STATES = frozenset({"QUEUED", "RUNNING"})


@dataclass(frozen=True)
class Execution:
    """One query execution as Athena tells it. Times in ms, sizes in bytes."""

    id: str
    state: str  # QUEUED RUNNING SUCCEEDED FAILED CANCELLED
    reason: str | None
    output_location: str | None
    bytes_scanned: int
    queue_ms: int
    engine_ms: int
    is_retryable: bool
    statement_type: str
    manifest_location: str | None
    label: Label | None

    @property
    def is_over(self) -> bool:
        return self.state not in RUNNING_STATES


class Athena:
    """The asynchronous API, thinly. SQL comes from app.sql, compiled with `dialect`."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    @cached_property
    def dialect(self) -> Any:
        """PyAthena's SQLAlchemy dialect, for compiling expressions."""
        from pyathena.sqlalchemy.base import AthenaDialect

        return AthenaDialect(paramstyle="named")  # type: ignore[no-untyped-call] # pyformat would double every %

    def start(self, sql: str, *, workgroup: str, database: str | None = None, token: str | None = None) -> str:
        """The execution id. `token` (32-128 characters) makes a repeated start the same execution.

        BadSql when Athena will not even take the text.
        """
        request: dict[str, Any] = {"QueryString": sql, "WorkGroup": workgroup}
        if database:
            request["QueryExecutionContext"] = {"Database": database, "Catalog": "AwsDataCatalog"}
        if token:
            request["ClientRequestToken"] = token
        with translated("Athena"):
            try:
                return str(self._aws.athena.start_query_execution(**request)["QueryExecutionId"])
            except ClientError as error:
                if error_code(error) != "InvalidRequestException":
                    raise
                raise BadSql("Athena does not accept this statement.") from error

    def get(self, execution_id: str) -> Execution:
        with translated("Athena"):
            raw = self._aws.athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
        status, numbers = raw["Status"], raw.get("Statistics", {})
        failure = status.get("AthenaError", {})
        return Execution(
            id=execution_id,
            state=status["State"],
            reason=status.get("StateChangeReason") or failure.get("ErrorMessage"),
            output_location=raw.get("ResultConfiguration", {}).get("OutputLocation"),
            bytes_scanned=int(numbers.get("DataScannedInBytes", 0)),
            queue_ms=int(numbers.get("QueryQueueTimeInMillis", 0)),
            engine_ms=int(numbers.get("EngineExecutionTimeInMillis", 0)),
            is_retryable=bool(failure.get("Retryable", False)),
            statement_type=str(raw.get("StatementType", "DML")),
            manifest_location=numbers.get("DataManifestLocation"),
            label=label_of(raw.get("Query", "")),
        )

    def stop(self, execution_id: str) -> None:
        """Asks it to stop; one that is over stays as it is."""
        with translated("Athena"):
            try:
                self._aws.athena.stop_query_execution(QueryExecutionId=execution_id)
            except ClientError as error:
                if error_code(error) != "InvalidRequestException":
                    raise

    def columns(self, execution_id: str) -> tuple[dict[str, Any], ...]:
        """ColumnInfo of a SELECT's result: Name, Type, Precision, Scale."""
        with translated("Athena"):
            answer = self._aws.athena.get_query_results(QueryExecutionId=execution_id, MaxResults=1)
        return tuple(answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"])

    def first_row(self, execution_id: str) -> tuple[str | None, ...]:
        """The first data row of a small result, as text; empty when there is none."""
        with translated("Athena"):
            answer = self._aws.athena.get_query_results(QueryExecutionId=execution_id, MaxResults=2)
        rows = answer["ResultSet"]["Rows"]
        return tuple(cell.get("VarCharValue") for cell in rows[1]["Data"]) if len(rows) > 1 else ()

    def rows(self, execution_id: str, *, most: int) -> list[tuple[str | None, ...]]:
        """The first rows of a SELECT's result, as text; 1,000 a request."""
        rows: list[tuple[str | None, ...]] = []
        with translated("Athena"):
            pages = self._aws.athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution_id)
            for page in pages:
                rows += [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in page["ResultSet"]["Rows"]]
                if len(rows) > most:  # the first row is the header
                    break
        return rows[1 : most + 1]
