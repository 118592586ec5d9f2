"""Query executions through the API: tokens, reuse, results and their types, statistics, stop.

Sources: https://docs.aws.amazon.com/athena/latest/APIReference/, .../ug/reusing-query-results.html,
.../ug/error-reference.html, .../ug/workgroups-settings-override.html; column types as PyAthena
recorded them from Athena (its tests/pyathena/test_cursor.py, test_complex).
"""

import time
import uuid

import pytest
from botocore.exceptions import ClientError

MANY = "UNNEST(sequence(1, 5000))"
LONG = f"SELECT count(*) FROM {MANY} a(x) CROSS JOIN {MANY} b(y) CROSS JOIN {MANY} c(z) WHERE (x + y + z) % 7 = 3"


@pytest.fixture(scope="module")
def lake(athena_stack):
    athena_stack.put("orders/a.csv", b"id,amount\n1,10\n2,20\n3,30\n")
    athena_stack.csv_table("orders", ["id", "amount"], "orders/")
    athena_stack.athena.create_work_group(
        Name="api", Configuration={"EnforceWorkGroupConfiguration": False,
                                   "ResultConfiguration": {"OutputLocation": athena_stack.at("api/")}})  # fmt: skip
    return athena_stack


def state(lake, identifier):
    return lake.athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]["State"]


def refusal(call, *arguments, **request):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **request)
    return caught.value.response


def column_info(lake, sql, **request):
    identifier = lake.done(sql, **request)["QueryExecutionId"]
    return lake.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]


def test_a_reused_token_must_bring_the_same_request(lake):
    token = str(uuid.uuid4())
    first = lake.start("SELECT 7", ClientRequestToken=token)
    assert lake.start("SELECT 7", ClientRequestToken=token) == first
    for changed in ({"WorkGroup": "api"}, {"QueryExecutionContext": {"Database": "other"}}):
        answer = refusal(lake.start, "SELECT 7", ClientRequestToken=token, **changed)
        assert answer["Error"]["Code"] == "InvalidRequestException"
        assert answer["Error"]["Message"] == "Idempotent parameters do not match"


def test_executions_are_listed_newest_first_and_stay_in_place_while_more_come(lake):
    lake.athena.create_work_group(Name="listed")
    ids = [lake.start(f"SELECT {n}", WorkGroup="listed") for n in range(5)]
    first = lake.athena.list_query_executions(WorkGroup="listed", MaxResults=2)
    lake.start("SELECT 6", WorkGroup="listed")
    rest = lake.athena.list_query_executions(WorkGroup="listed", NextToken=first["NextToken"])
    assert first["QueryExecutionIds"] + rest["QueryExecutionIds"] == ids[::-1]
    assert "NextToken" not in rest
    batch = lake.athena.batch_get_query_execution(QueryExecutionIds=[ids[0], "no-such-id"])
    assert [q["QueryExecutionId"] for q in batch["QueryExecutions"]] == [ids[0]]
    assert [q["QueryExecutionId"] for q in batch["UnprocessedQueryExecutionIds"]] == ["no-such-id"]


def reused(lake, sql, minutes=60, **request):
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": minutes}}
    return lake.done(sql, WorkGroup="api", ResultReuseConfiguration=reuse, **request)


def is_reused(found):
    return found["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]


def test_a_result_is_reused_by_athenas_rules(lake):
    sql = "SELECT id FROM orders WHERE amount = '20'"
    first = reused(lake, sql)
    assert (is_reused(first), first["Statistics"]["DataScannedInBytes"] > 0) == (False, True)
    lake.put("orders/b.csv", b"id,amount\n4,20\n")  # Athena does not look whether the data changed
    again = reused(lake, sql)
    assert again["QueryExecutionId"] != first["QueryExecutionId"]
    assert (is_reused(again), again["Statistics"]["DataScannedInBytes"]) == (True, 0)
    assert again["ResultConfiguration"]["OutputLocation"] == first["ResultConfiguration"]["OutputLocation"]
    rows = lake.athena.get_query_results(QueryExecutionId=again["QueryExecutionId"])["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["id", "2"]
    expected = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}
    assert again["ResultReuseConfiguration"] == expected
    assert not is_reused(reused(lake, sql, minutes=0))
    assert not is_reused(reused(lake, sql + " "))
    assert not is_reused(reused(lake, sql, ResultConfiguration={"OutputLocation": lake.at("elsewhere/")}))
    assert not is_reused(lake.done(sql, WorkGroup="api"))
    for undetermined in ("SELECT random()", "SELECT id FROM orders LIMIT 1", "SELECT uuid()"):
        reused(lake, undetermined)
        assert not is_reused(reused(lake, undetermined))
    ordered = "SELECT id FROM orders ORDER BY id LIMIT 1"
    kept = reused(lake, ordered)
    assert is_reused(reused(lake, ordered))
    lake.s3.delete_object(Bucket=lake.bucket, Key=kept["ResultConfiguration"]["OutputLocation"].split("/", 3)[3])
    assert not is_reused(reused(lake, ordered))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true", ("boolean", 0, 0, False)),
        ("CAST(1 AS tinyint)", ("tinyint", 3, 0, False)),
        ("CAST(1 AS smallint)", ("smallint", 5, 0, False)),
        ("1", ("integer", 10, 0, False)),
        ("CAST(1 AS bigint)", ("bigint", 19, 0, False)),
        ("CAST(1 AS real)", ("float", 17, 0, False)),
        ("1e0", ("double", 17, 0, False)),
        ("CAST('a' AS varchar)", ("varchar", 2147483647, 0, True)),
        ("TIMESTAMP '2017-01-01 00:00:00.000'", ("timestamp", 3, 0, False)),
        ("DATE '2017-01-02'", ("date", 0, 0, False)),
        ("CAST('123' AS varbinary)", ("varbinary", 1073741824, 0, False)),
        ("ARRAY[1, 2]", ("array", 0, 0, False)),
        ("CAST(ARRAY[1, 2] AS json)", ("json", 0, 0, False)),
        ("MAP(ARRAY[1], ARRAY[2])", ("map", 0, 0, False)),
        ("CAST(ROW(1, 2) AS ROW(a integer, b integer))", ("row", 0, 0, False)),
        ("CAST(0.1 AS decimal(10, 1))", ("decimal", 10, 1, False)),
    ],
)
def test_column_info(lake, expression, expected):
    info = column_info(lake, f"SELECT {expression} AS c")[0]
    assert (info["Type"], info["Precision"], info["Scale"], info["CaseSensitive"]) == expected
    assert (info["Name"], info["Label"], info["CatalogName"], info["SchemaName"], info["TableName"]) == (
        "c", "c", "hive", "", "")  # fmt: skip
    assert info["Nullable"] == "UNKNOWN"


def test_pages_of_ddl_results_and_their_tokens(lake):
    identifier = lake.done("DESCRIBE orders")["QueryExecutionId"]
    first = lake.athena.get_query_results(QueryExecutionId=identifier, MaxResults=1)
    second = lake.athena.get_query_results(QueryExecutionId=identifier, MaxResults=1, NextToken=first["NextToken"])
    names = [page["ResultSet"]["Rows"][0]["Data"][0]["VarCharValue"].split()[0] for page in (first, second)]
    assert names == ["id", "amount"]
    for token in ("1", "rows"):
        answer = refusal(lake.athena.get_query_results, QueryExecutionId=identifier, NextToken=token)
        assert answer["Error"]["Code"] == "InvalidRequestException"


def test_a_manifest_names_what_was_written(lake):
    sql = f"UNLOAD (SELECT id FROM orders) TO '{lake.at('unloaded/')}' WITH (format = 'PARQUET')"
    found = lake.done(sql)
    assert found["Statistics"]["DataManifestLocation"].endswith(f"{found['QueryExecutionId']}-manifest.csv")
    answer = lake.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"], QueryResultType="DATA_MANIFEST")
    named = [row["Data"][0]["VarCharValue"] for row in answer["ResultSet"]["Rows"]]
    assert named == [lake.at(key) for key in lake.keys("unloaded/")]
    rows = lake.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    assert (rows["ResultSet"]["Rows"], rows["UpdateCount"]) == ([], len(lake.rows("SELECT id FROM orders")))
    plain = lake.done("SELECT 1")["QueryExecutionId"]
    answer = refusal(lake.athena.get_query_results, QueryExecutionId=plain, QueryResultType="DATA_MANIFEST")
    assert answer["Error"]["Code"] == "InvalidRequestException"


def test_results_of_a_query_that_has_none_are_refused(lake):
    failed = lake.run("SELECT 1 / 0")["QueryExecutionId"]
    for identifier, words in ((failed, "did not finish successfully"), ("no-such-id", "was not found")):
        answer = refusal(lake.athena.get_query_results, QueryExecutionId=identifier)
        assert (answer["Error"]["Code"], words in answer["Error"]["Message"]) == ("InvalidRequestException", True)


def test_runtime_statistics(lake):
    found = lake.done("SELECT amount, count(*) AS n FROM orders GROUP BY amount")
    held = found["Statistics"]
    parts = ("QueryQueueTimeInMillis", "EngineExecutionTimeInMillis", "ServiceProcessingTimeInMillis")
    assert held["TotalExecutionTimeInMillis"] >= max(held[name] for name in parts)
    assert held["EngineExecutionTimeInMillis"] >= held["QueryPlanningTimeInMillis"] >= 0
    told = lake.athena.get_query_runtime_statistics(QueryExecutionId=found["QueryExecutionId"])[
        "QueryRuntimeStatistics"
    ]
    output = lake.s3.head_object(Bucket=lake.bucket, Key=f"results/{found['QueryExecutionId']}.csv")["ContentLength"]
    amounts = lake.rows("SELECT amount FROM orders")
    assert told["Rows"] == {"InputRows": len(amounts), "InputBytes": held["DataScannedInBytes"], "OutputBytes": output,
                            "OutputRows": len(set(amounts))}  # fmt: skip
    assert told["Timeline"]["TotalExecutionTimeInMillis"] == held["TotalExecutionTimeInMillis"]
    stage = told["OutputStage"]
    assert (stage["StageId"], stage["State"], stage["OutputRows"]) == (0, "FINISHED", len(set(amounts)))
    assert stage["QueryStagePlan"]["Name"]


@pytest.mark.parametrize(
    ("sql", "type_"),
    [
        ("SELECT nope FROM orders", 1006),
        ("SELECT * FROM nowhere", 1110),
        ("SELECT no_such(1)", 1303),
        ("SELECT 1 / 0", 1001),
        ("SELECT CAST('x' AS integer)", 1001),
        ("EXECUTE never_prepared", 1300),
    ],
)
def test_error_types_are_the_catalogues(lake, sql, type_):
    status = lake.run(sql)["Status"]
    assert status["State"] == "FAILED"
    assert status["AthenaError"] == {"ErrorCategory": 2, "ErrorType": type_, "Retryable": False,
                                     "ErrorMessage": status["StateChangeReason"]}  # fmt: skip


def test_stop_ends_a_query_quickly_and_a_second_stop_changes_nothing(lake):
    identifier = lake.start(LONG)
    while state(lake, identifier) == "QUEUED":
        time.sleep(0.005)
    time.sleep(0.1)
    begun = time.monotonic()
    lake.athena.stop_query_execution(QueryExecutionId=identifier)
    ended = lake.wait(identifier)
    assert time.monotonic() - begun < 20  # it would run for minutes
    assert ended["Status"]["State"] == "CANCELLED"
    assert "CompletionDateTime" in ended["Status"]
    lake.athena.stop_query_execution(QueryExecutionId=identifier)
    assert lake.athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"] == ended
    done = lake.done("SELECT 1")
    lake.athena.stop_query_execution(QueryExecutionId=done["QueryExecutionId"])
    assert state(lake, done["QueryExecutionId"]) == "SUCCEEDED"
    assert "was not found" in refusal(lake.athena.stop_query_execution, QueryExecutionId="nope")["Error"]["Message"]


def test_a_stopped_ctas_leaves_no_table(lake):
    identifier = lake.start(f"CREATE TABLE never AS {LONG.replace('count(*)', 'count(*) AS n')}")
    while state(lake, identifier) == "QUEUED":
        time.sleep(0.005)
    time.sleep(0.2)
    lake.athena.stop_query_execution(QueryExecutionId=identifier)
    cancelled = lake.wait(identifier)
    time.sleep(0.5)
    assert lake.wait(identifier) == cancelled
    assert "TABLE_NOT_FOUND" in lake.failure("SELECT * FROM never")
    assert lake.keys("results/tables/") == []


def test_queries_stopped_at_any_moment_leave_the_engine_free(lake):
    """Whatever the query is just doing, its thread comes back: four more than run at once are stopped early."""
    stopped = [lake.start(LONG) for _ in range(12)]
    for n, identifier in enumerate(stopped):
        time.sleep(0.01 * (n % 3))
        lake.athena.stop_query_execution(QueryExecutionId=identifier)
    begun = time.monotonic()
    assert lake.rows("SELECT 1") == [("1",)]
    assert time.monotonic() - begun < 20  # run to their ends they would take many minutes
    assert {state(lake, identifier) for identifier in stopped} == {"CANCELLED"}


def test_result_settings_are_taken_and_reported(lake):
    settings = {"OutputLocation": lake.results, "ExpectedBucketOwner": "000000000000",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "alias/k"},
                "AclConfiguration": {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"}}  # fmt: skip
    found = lake.done("SELECT 1", ResultConfiguration=settings)["ResultConfiguration"]
    assert {**found, "OutputLocation": lake.results} == settings
    stranger = {**settings, "ExpectedBucketOwner": "111111111111"}
    status = lake.run("SELECT 1", ResultConfiguration=stranger)["Status"]
    assert (status["State"], status["AthenaError"]["ErrorType"]) == ("FAILED", 1501)
    assert status["StateChangeReason"].startswith("Access denied when writing output to url")


def test_where_results_cannot_go(lake):
    for settings, words in (
        ({"OutputLocation": "s3://no-such-bucket-anywhere/x/"}, "Unable to verify/create output bucket"),
        ({"OutputLocation": "file:///tmp/x"}, "not a valid S3 path"),
        ({}, "No output location provided"),
    ):
        answer = refusal(lake.start, "SELECT 1", ResultConfiguration=settings)
        assert (answer["Error"]["Code"], words in answer["Error"]["Message"]) == ("InvalidRequestException", True)


def test_refusals_carry_athenas_code(lake):
    assert refusal(lake.start, "SELEC 1")["AthenaErrorCode"] == "MALFORMED_QUERY"
    assert refusal(lake.start, "GRANT SELECT ON t TO u")["Error"]["Code"] == "InvalidRequestException"
