"""What a user of a third-party client has: a database, a bucket, and `AWS_*` variables that name the embedded stack."""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Lake:
    """A database and a bucket of one module's own, and boto3 clients to look behind the client under test."""

    aws: Any
    database: str
    bucket: str

    @property
    def results(self) -> str:
        return self.at("results/")

    def at(self, path: str) -> str:
        return f"s3://{self.bucket}/{path}"

    def keys(self, prefix: str) -> list[str]:
        pages = self.aws.of("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def put(self, key: str, body: bytes | str) -> None:
        self.aws.of("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def body(self, key: str) -> bytes:
        return bytes(self.aws.of("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def table(self, name: str) -> dict[str, Any]:
        """Glue's own record of a table."""
        return dict(self.aws.of("glue").get_table(DatabaseName=self.database, Name=name)["Table"])


@pytest.fixture(scope="module")
def arrow_s3(aws: Any) -> Iterator[None]:
    """pyarrow's own S3 client reads no `AWS_ENDPOINT_URL` (apache/arrow#49643), and PyAthena's Arrow cursor has no
    argument for it; so the class gets it as a default. Everything else of both clients is as installed.
    """
    import pyarrow.fs

    with pytest.MonkeyPatch.context() as patch:
        made = functools.partial(pyarrow.fs.S3FileSystem, endpoint_override=aws.of("s3").meta.endpoint_url)
        patch.setattr(pyarrow.fs, "S3FileSystem", made)
        yield


@pytest.fixture(scope="module")
def lake(aws: Any) -> Lake:
    number = next(_numbers)
    made = Lake(aws, f"clients_db{number}", f"clients-bucket-{number}")
    aws.of("s3").create_bucket(Bucket=made.bucket)
    aws.of("glue").create_database(DatabaseInput={"Name": made.database, "LocationUri": made.at("warehouse/")})
    return made


@pytest.fixture(scope="module")
def wr(lake: Lake) -> Iterator[Any]:
    """awswrangler, configured as its documentation says: every service's endpoint, and how often it asks."""
    import awswrangler
    import boto3

    boto3.setup_default_session(region_name="us-east-1")  # else it makes one, and reads all service models, each time
    for service in ("athena", "glue", "s3", "sts"):
        setattr(awswrangler.config, f"{service}_endpoint_url", lake.aws.of("s3").meta.endpoint_url)
    awswrangler.config.athena_query_wait_polling_delay = 0.01
    yield awswrangler
    awswrangler.config.reset()
    boto3.DEFAULT_SESSION = None


# One value and one NULL of every type that a Parquet table of Athena's can hold.
# https://docs.aws.amazon.com/athena/latest/ug/data-types.html
EVERY_TYPE = """
SELECT 1 AS id, true AS c_boolean, CAST(127 AS tinyint) AS c_tinyint, CAST(-32768 AS smallint) AS c_smallint,
       2147483647 AS c_int, 9223372036854775807 AS c_bigint, CAST(1.5 AS real) AS c_real, CAST(0.1 AS double) AS c_double,
       CAST(DECIMAL '12345678.90' AS decimal(10,2)) AS c_decimal, CAST('ab' AS char(3)) AS c_char,
       CAST('été, "quoted"' AS varchar(20)) AS c_varchar, 'line' || chr(10) || 'break' AS c_string,
       X'DEADBEEF' AS c_binary, DATE '2024-02-29' AS c_date, TIMESTAMP '2024-02-29 23:59:58.123' AS c_timestamp,
       ARRAY[1, 2, NULL] AS c_array, MAP(ARRAY['k1', 'k2'], ARRAY[1, 2]) AS c_map,
       CAST(ROW(7, 'seven') AS row(num integer, word varchar)) AS c_row
UNION ALL
SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
"""


@pytest.fixture(scope="module")
def every_type(lake: Lake) -> str:
    """The name of a Parquet table of two rows: `EVERY_TYPE`."""
    from pyathena import connect

    with connect(s3_staging_dir=lake.results, schema_name=lake.database, poll_interval=0.01) as opened:
        opened.cursor().execute(f"CREATE TABLE every_type WITH (format = 'PARQUET') AS {EVERY_TYPE}")
    return "every_type"
