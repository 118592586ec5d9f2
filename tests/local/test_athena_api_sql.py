"""PREPARE, EXECUTE, DEALLOCATE and EXPLAIN ANALYZE in SQL, and when a text is refused or fails.

Sources: https://docs.aws.amazon.com/athena/latest/ug/sql-prepare.html, .../sql-execute.html,
.../sql-deallocate-prepare.html, .../athena-explain-statement.html.
"""

import json

import pytest

from tests.local.test_athena_api_queries import refusal


@pytest.fixture(scope="module")
def lake(athena_stack):
    athena_stack.put("orders/a.csv", b"id,amount\n1,10\n2,20\n3,30\n")
    athena_stack.csv_table("orders", ["id", "amount"], "orders/")
    return athena_stack


def test_prepare_execute_deallocate_in_sql(lake):
    found = lake.done("PREPARE by_amount FROM\nSELECT id FROM orders WHERE amount = ? ORDER BY id")
    assert found["StatementType"] == "DDL"
    kept = lake.athena.get_prepared_statement(StatementName="by_amount", WorkGroup="primary")["PreparedStatement"]
    assert kept["QueryStatement"] == "SELECT id FROM orders WHERE amount = ? ORDER BY id"
    assert lake.rows("EXECUTE by_amount USING '30'") == [("3",)]
    assert "already exists" in lake.failure("PREPARE by_amount FROM SELECT 1")
    assert "SYNTAX_ERROR" in lake.failure("PREPARE other FROM SELEC 1")
    assert "NOT_SUPPORTED" in lake.failure("PREPARE other FROM SHOW TABLES")
    lake.done("DEALLOCATE PREPARE by_amount")
    assert "not found" in lake.failure("EXECUTE by_amount USING '30'")
    assert "not found" in lake.failure("DEALLOCATE PREPARE by_amount")


def test_explain_analyze_runs_the_query(lake):
    found = lake.done("EXPLAIN ANALYZE SELECT id FROM orders WHERE amount = '20'")
    assert (found["StatementType"], found["SubstatementType"]) == ("UTILITY", "EXPLAIN")
    assert found["Statistics"]["DataScannedInBytes"] > 0
    path = found["ResultConfiguration"]["OutputLocation"].removeprefix(f"s3://{lake.bucket}/")
    text = lake.s3.get_object(Bucket=lake.bucket, Key=path)["Body"].read().decode()
    assert text.startswith("Queued: ")
    assert "Output: " in text
    found = lake.done("EXPLAIN ANALYZE (FORMAT JSON) SELECT 1")
    path = found["ResultConfiguration"]["OutputLocation"].removeprefix(f"s3://{lake.bucket}/")
    assert json.loads(lake.s3.get_object(Bucket=lake.bucket, Key=path)["Body"].read())["Name"]
    assert "NOT_SUPPORTED" in lake.failure("EXPLAIN ANALYZE DESCRIBE orders")


@pytest.mark.parametrize("sql", ["EXPLAIN SELEC 1", "EXPLAIN ANALYZE SELECT (", "EXPLAIN (TYPE IO, FORMAT JSON) FROM"])
def test_what_is_explained_is_parsed_at_once(lake, sql):
    assert refusal(lake.start, sql)["AthenaErrorCode"] == "MALFORMED_QUERY"


def test_what_cannot_be_read_while_it_runs_is_the_users_error(lake):
    """Found by changing statements at random: each was told as a defect of the engine."""
    lake.done("PREPARE two_values FROM SELECT ?, ?")
    for sql in (
        "EXECUTE two_values USING 1, '",
        f"UNLOAD (SELECT 1 AS a) TO '{lake.at('torn/')}' WITH (formaSON')",
    ):
        status = lake.run(sql)["Status"]
        assert (status["State"], status["AthenaError"]["ErrorCategory"]) == ("FAILED", 2)
        assert status["StateChangeReason"].startswith("SYNTAX_ERROR: ")
