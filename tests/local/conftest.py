"""A small lake of its own for every module that tests the embedded Athena: buckets, a database, and ways to ask."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

_numbers = itertools.count(1)
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"


@dataclass(frozen=True)
class AthenaLake:
    """A database and a bucket, with the clients to fill them and a way to run SQL to its end."""

    athena: Any
    s3: Any
    glue: Any
    aws: Any
    database: str
    bucket: str

    @property
    def results(self) -> str:
        return f"s3://{self.bucket}/results/"

    def at(self, path: str) -> str:
        return f"s3://{self.bucket}/{path}"

    def put(self, key: str, body: bytes | str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def csv_table(
        self, name: str, columns: Sequence[str], prefix: str, partitions: Sequence[str] = (), **serde: str
    ) -> None:
        """An OpenCSVSerDe table with one header line a file."""
        self.glue.create_table(
            DatabaseName=self.database,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"skip.header.line.count": "1"},
                "PartitionKeys": [{"Name": n, "Type": "string"} for n in partitions],
                "StorageDescriptor": {
                    "Columns": [{"Name": n, "Type": "string"} for n in columns],
                    "Location": self.at(prefix),
                    "InputFormat": TEXT_INPUT,
                    "SerdeInfo": {"SerializationLibrary": OPEN_CSV, "Parameters": {"escapeChar": "\\", **serde}},
                },
            },
        )

    def start(self, sql: str, **request: Any) -> str:
        given = {
            "QueryExecutionContext": {"Database": self.database},
            "ResultConfiguration": {"OutputLocation": self.results},
            **request,
        }
        return str(self.athena.start_query_execution(QueryString=sql, **given)["QueryExecutionId"])

    def wait(self, identifier: str) -> dict[str, Any]:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
            if found["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return found
            time.sleep(0.005)
        raise AssertionError(f"query {identifier} did not end")

    def run(self, sql: str, **request: Any) -> dict[str, Any]:
        return self.wait(self.start(sql, **request))

    def done(self, sql: str, **request: Any) -> dict[str, Any]:
        """The execution, which must have succeeded."""
        found = self.run(sql, **request)
        assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
        return found

    def failure(self, sql: str, **request: Any) -> str:
        """Why it failed."""
        found = self.run(sql, **request)
        assert found["Status"]["State"] == "FAILED", found["Status"]
        return str(found["Status"]["StateChangeReason"])

    def rows(self, sql: str, **request: Any) -> list[tuple[str | None, ...]]:
        """The rows, without the header."""
        identifier = self.done(sql, **request)["QueryExecutionId"]
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=identifier)
        every = [
            tuple(d.get("VarCharValue") for d in row["Data"]) for page in pages for row in page["ResultSet"]["Rows"]
        ]
        return every[1:]

    def scanned(self, sql: str) -> int:
        return int(self.done(sql)["Statistics"]["DataScannedInBytes"])


@pytest.fixture(scope="module")
def athena_stack(aws: Any) -> AthenaLake:
    number = next(_numbers)
    lake = AthenaLake(
        aws.of("athena"), aws.of("s3"), aws.of("glue"), aws, f"athena_db{number}", f"athena-bucket-{number}"
    )
    lake.s3.create_bucket(Bucket=lake.bucket)
    lake.glue.create_database(DatabaseInput={"Name": lake.database})
    return lake
