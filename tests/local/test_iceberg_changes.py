"""UPDATE, DELETE and MERGE of Iceberg tables in the embedded Athena.

Sources: Athena user guide, "Update Iceberg table data"; Trino documentation, MERGE; the Iceberg table specification.
"""

from typing import Any

import pytest


@pytest.fixture(scope="module")
def lake(athena_stack: Any) -> Any:
    return athena_stack


def make(lake: Any, name: str, columns: str, rows: str = "", more: str = "") -> None:
    lake.done(
        f"CREATE TABLE {name} ({columns}) {more} LOCATION '{lake.at(f'{name}/')}' "
        "TBLPROPERTIES ('table_type'='ICEBERG')"
    )
    if rows:
        lake.done(f"INSERT INTO {name} VALUES {rows}")


def count_of(lake: Any, sql: str) -> int:
    """UpdateCount of a statement."""
    identifier = lake.done(sql)["QueryExecutionId"]
    return int(lake.athena.get_query_results(QueryExecutionId=identifier)["UpdateCount"])


def test_update_changes_the_rows_that_match_and_no_others(lake: Any) -> None:
    make(lake, "stock", "id int, item string, left_over bigint", "(1, 'nut', 5), (2, 'bolt', 0), (3, 'nut', 7)")
    make(lake, "prices", "item string, factor int", "('nut', 10)")
    assert count_of(lake, "UPDATE stock SET left_over = left_over * 2, item = upper(item) WHERE item = 'nut'") == 2
    assert lake.rows("SELECT * FROM stock ORDER BY id") == [("1", "NUT", "10"), ("2", "bolt", "0"), ("3", "NUT", "14")]
    sql = """UPDATE stock SET left_over = (SELECT max(factor) FROM prices)
             WHERE lower(item) IN (SELECT item FROM prices) AND id > 1"""
    assert count_of(lake, sql) == 1
    assert lake.rows("SELECT left_over FROM stock ORDER BY id") == [("10",), ("0",), ("10",)]
    assert count_of(lake, "UPDATE stock SET item = NULL") == 3
    assert count_of(lake, "UPDATE stock SET item = 'x' WHERE id > 99") == 0


def test_delete_keeps_the_rest(lake: Any) -> None:
    make(lake, "events", "id bigint, kind string")
    lake.done("INSERT INTO events SELECT n, IF(n % 2 = 0, 'even', 'odd') FROM UNNEST(sequence(1, 100)) AS t(n)")
    assert count_of(lake, "DELETE FROM events WHERE kind = 'even' AND id <= 50") == 25
    assert count_of(lake, "DELETE FROM events WHERE id = 1") == 1
    assert lake.rows("SELECT count(*), min(id), count_if(kind = 'even') FROM events") == [("74", "3", "25")]
    assert count_of(lake, "DELETE FROM events") == 74
    assert lake.rows("SELECT count(*) FROM events") == [("0",)]


def test_merge_updates_deletes_and_inserts_in_one_snapshot(lake: Any) -> None:
    make(lake, "accounts", "customer string, purchases int, address string",
         "('Aaron', 11, 'Antioch'), ('Bill', 7, 'Buena'), ('Mary', 4, 'Madrid')")  # fmt: skip
    make(lake, "monthly", "customer string, purchases int, address string",
         "('Aaron', 6, 'Arches'), ('Carol', 9, 'Centreville'), ('Mary', 0, 'Madrid')")  # fmt: skip
    sql = """MERGE INTO accounts t USING monthly s ON (t.customer = s.customer)
             WHEN MATCHED AND s.purchases = 0 THEN DELETE
             WHEN MATCHED THEN UPDATE SET purchases = s.purchases + t.purchases, address = s.address
             WHEN NOT MATCHED THEN INSERT (customer, purchases) VALUES (s.customer, s.purchases)"""
    assert count_of(lake, sql) == 3
    assert lake.rows("SELECT * FROM accounts ORDER BY 1") == [
        ("Aaron", "17", "Arches"),
        ("Bill", "7", "Buena"),
        ("Carol", "9", None),
    ]
    assert lake.rows('SELECT count(*) FROM "accounts$snapshots"') == [("2",)]
