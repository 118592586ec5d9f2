"""SELECT against the embedded Athena: formats, results, states, parameters, errors."""

import gzip
import json
import time

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def lake(athena_stack):
    athena_stack.put("people/a.csv.gz", gzip.compress(b'id,name,state\n1,"x ""y"", z",CA\n2,,NY\n3,z\n'))
    athena_stack.put("people/_hidden.csv", b"id,name,state\n9,no,NO\n")
    athena_stack.csv_table("people", ["id", "name", "state"], "people/")
    return athena_stack


def test_result_csv_keeps_null_and_empty_apart(lake):
    found = lake.done("SELECT id, name, state FROM people ORDER BY id")
    bucket, key = found["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").split("/", 1)
    body = lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert body == '"id","name","state"\n"1","x ""y"", z","CA"\n"2","","NY"\n"3","z",\n'
    assert lake.s3.head_object(Bucket=bucket, Key=f"{key}.metadata")["ContentLength"] > 0


def test_null_has_no_value_in_a_row_and_empty_text_has(lake):
    assert lake.rows("SELECT * FROM people ORDER BY id") == [("1", 'x "y", z', "CA"), ("2", "", "NY"), ("3", "z", None)]


def test_bytes_scanned_of_text_are_the_whole_compressed_object(lake):
    size = lake.s3.head_object(Bucket=lake.bucket, Key="people/a.csv.gz")["ContentLength"]
    assert lake.scanned("SELECT id FROM people WHERE id = '1'") == size


def test_unnamed_columns_are_called_col_and_path_is_hidden_from_the_star(lake):
    identifier = lake.done('SELECT *, count(*) OVER (), "$path" FROM people LIMIT 1')["QueryExecutionId"]
    header = lake.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"][0]["Data"]
    assert [d["VarCharValue"] for d in header] == ["id", "name", "state", "_col3", "$path"]
    assert lake.rows('SELECT DISTINCT "$path" FROM people') == [(lake.at("people/a.csv.gz"),)]


def test_backslash_escapes_of_opencsv(lake):
    lake.put("escaped/a.csv", b'a,b\n"say \\"hi\\"","c:\\\\dir"\n"double ""d""",e\n')
    lake.csv_table("escaped", ["a", "b"], "escaped/")
    assert lake.rows("SELECT a, b FROM escaped") == [('say "hi"', "c:\\dir"), ('double "d"', "e")]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "SELECT nope FROM people",
            "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not authorized to access requested resources",
        ),
        ("SELECT *\nFROM nope", "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.{db}.nope' does not exist"),
        ("SELECT * FROM no_db.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'no_db' does not exist"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT"),
        ("SELECT no_such(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'no_such' not registered"),
    ],
)
def test_failures_read_as_athena_words_them(lake, sql, reason):
    assert lake.failure(sql) == reason.format(db=lake.database)


def test_a_failure_carries_athena_error(lake):
    status = lake.run("SELECT nope FROM people")["Status"]
    assert status["AthenaError"]["ErrorCategory"] == 2
    assert status["AthenaError"]["ErrorMessage"] == status["StateChangeReason"]
    assert status["AthenaError"]["Retryable"] is False


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC 1",
        "",
        "GRANT SELECT ON people TO somebody",
        "SELECT 1; SELECT 2",
        "SELECT FROM WHERE",
    ],
)
def test_what_athena_refuses_at_once_is_refused_at_once(lake, sql):
    with pytest.raises(ClientError, match="InvalidRequestException"):
        lake.start(sql or " ")


def test_files_outside_the_lake_cannot_be_read(lake):
    for sql in (
        "SELECT * FROM read_csv('/etc/passwd')",
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM duckdb_settings()",
    ):
        with pytest.raises((AssertionError, ClientError)):
            lake.rows(sql)


def test_text_over_the_limit_is_refused(lake):
    with pytest.raises(ClientError, match="262144"):
        lake.start("SELECT '" + "x" * 262_144 + "'")


def test_deeply_nested_brackets_are_no_problem(lake):
    assert lake.rows("SELECT " + "(" * 200 + "1" + ")" * 200) == [("1",)]


def test_pages_of_a_thousand_rows_with_the_header_first(lake):
    identifier = lake.done("SELECT n, '' AS e FROM UNNEST(sequence(1, 2500)) AS t(n)")["QueryExecutionId"]
    first = lake.athena.get_query_results(QueryExecutionId=identifier)
    assert len(first["ResultSet"]["Rows"]) == 1000
    assert first["ResultSet"]["Rows"][0]["Data"][0] == {"VarCharValue": "n"}
    second = lake.athena.get_query_results(QueryExecutionId=identifier, NextToken=first["NextToken"])
    assert second["ResultSet"]["Rows"][0]["Data"] == [{"VarCharValue": "1000"}, {"VarCharValue": ""}]
    third = lake.athena.get_query_results(QueryExecutionId=identifier, NextToken=second["NextToken"])
    assert len(third["ResultSet"]["Rows"]) == 501
    assert "NextToken" not in third


def test_types_in_the_result_metadata(lake):
    identifier = lake.done("SELECT 1 AS i, 1e0 AS d, 'x' AS s, DECIMAL '1.25' AS m, ARRAY[1] AS a")["QueryExecutionId"]
    info = lake.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [c["Type"] for c in info] == ["integer", "double", "varchar", "decimal", "array"]
    assert (info[2]["Precision"], info[2]["CaseSensitive"], info[0]["Precision"]) == (1, True, 10)


def test_execution_parameters_are_constants_and_nothing_else(lake):
    assert lake.rows("SELECT name FROM people WHERE id = ?", ExecutionParameters=["'3'"]) == [("z",)]
    assert lake.rows("SELECT count(*) FROM people WHERE id = ?", ExecutionParameters=["id"]) == [("0",)]  # a string
    for value in ("'1' OR 1 = 1", "(SELECT 1)", "people.id", "id OR true"):
        with pytest.raises(ClientError, match="constant"):
            lake.start("SELECT name FROM people WHERE id = ?", ExecutionParameters=[value])
    with pytest.raises(ClientError, match="Incorrect number of parameters"):
        lake.start("SELECT ?", ExecutionParameters=["1", "2"])


def test_prepared_statements(lake):
    lake.athena.create_prepared_statement(
        StatementName="by_id", WorkGroup="primary", QueryStatement="SELECT name FROM people WHERE id = ?"
    )
    assert lake.rows("EXECUTE by_id USING '3'") == [("z",)]
    assert lake.rows("EXECUTE by_id", ExecutionParameters=["'3'"]) == [("z",)]
    lake.athena.delete_prepared_statement(StatementName="by_id", WorkGroup="primary")
    assert "not found" in lake.failure("EXECUTE by_id USING '3'")


def test_a_client_token_starts_one_query(lake):
    token = "t" * 40
    assert lake.start("SELECT 7", ClientRequestToken=token) == lake.start("SELECT 7", ClientRequestToken=token)
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        lake.start("SELECT 8", ClientRequestToken=token)


def test_stop_cancels_a_running_query_and_frees_its_place(lake):
    identifier = lake.start(
        "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) b(y) "
        "CROSS JOIN UNNEST(sequence(1, 1000)) c(z) WHERE x * y % 7 = z"
    )
    while lake.athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]["State"] == "QUEUED":
        time.sleep(0.005)
    lake.athena.stop_query_execution(QueryExecutionId=identifier)
    assert lake.wait(identifier)["Status"]["State"] == "CANCELLED"
    assert lake.rows("SELECT 1") == [("1",)]


def test_the_server_answers_while_a_query_runs(lake):
    identifier = lake.start(
        "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) b(y) "
        "CROSS JOIN UNNEST(sequence(1, 100)) c(z) WHERE x * y % 7 = z"
    )
    begun = time.monotonic()
    for _ in range(20):
        lake.s3.list_objects_v2(Bucket=lake.bucket, MaxKeys=1)
    assert time.monotonic() - begun < 30  # the query runs for minutes
    lake.athena.stop_query_execution(QueryExecutionId=identifier)


def test_a_workgroup_enforces_its_place_and_cuts_off(lake):
    lake.athena.create_work_group(
        Name="strict",
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 10_000_000,
            "ResultConfiguration": {"OutputLocation": lake.at("strict/")},
        },
    )
    found = lake.done("SELECT 1", WorkGroup="strict")
    assert found["ResultConfiguration"]["OutputLocation"].startswith(lake.at("strict/"))
    lake.put("wide/a.csv", b"a\n" + b"x" * 10_000_001 + b"\n")
    lake.csv_table("wide", ["a"], "wide/")
    cut = lake.run("SELECT length(a) FROM wide", WorkGroup="strict")["Status"]
    assert (cut["State"], cut["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")
    with pytest.raises(ClientError, match="external_location"):
        lake.start(f"CREATE TABLE z WITH (external_location = '{lake.at('z/')}') AS SELECT 1 AS a", WorkGroup="strict")


def test_every_state_reaches_eventbridge(lake):
    events, sqs = lake.aws.of("events"), lake.aws.of("sqs")
    url = sqs.create_queue(QueueName="athena-states")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    lake.athena.create_work_group(Name="told", Configuration={"ResultConfiguration": {"OutputLocation": lake.results}})
    events.put_rule(
        Name="states", EventPattern=json.dumps({"source": ["aws.athena"], "detail": {"workgroupName": ["told"]}})
    )
    events.put_targets(Rule="states", Targets=[{"Id": "1", "Arn": arn}])
    identifier = lake.done("SELECT 1", WorkGroup="told")["QueryExecutionId"]
    seen = []
    while len(seen) < 3:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]:
            seen.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    details = sorted((e["detail"] for e in seen), key=lambda d: int(d["sequenceNumber"]))
    assert [d["currentState"] for d in details] == ["QUEUED", "RUNNING", "SUCCEEDED"]
    assert [d.get("previousState") for d in details] == [None, "QUEUED", "RUNNING"]
    assert {d["queryExecutionId"] for d in details} == {identifier}
    assert {e["detail-type"] for e in seen} == {"Athena Query State Change"}


def test_unknown_operations_are_refused_by_name(lake):
    with pytest.raises(ClientError, match="ListNotebookMetadata is not supported"):
        lake.athena.list_notebook_metadata(WorkGroup="primary")
