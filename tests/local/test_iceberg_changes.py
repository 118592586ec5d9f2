"""UPDATE, DELETE and MERGE of Iceberg tables in the embedded Athena.

Sources: Athena user guide, "Update Iceberg table data"; Trino documentation, MERGE; the Iceberg table specification.
"""

import re
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


def test_a_target_row_that_two_source_rows_match_fails_the_merge(lake: Any) -> None:
    make(lake, "one_row", "id int, v int", "(1, 1), (2, 2)")
    merge = (
        "MERGE INTO one_row t USING (VALUES (1, 5), (1, 6)) AS s(id, v) ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v)"
    )
    assert lake.failure(merge) == (
        "MERGE_TARGET_ROW_MULTIPLE_MATCHES: One MERGE target table row matched more than one source row"
    )
    assert lake.rows("SELECT * FROM one_row ORDER BY id") == [("1", "1"), ("2", "2")]
    clients = """MERGE INTO "{0}"."one_row" target USING (SELECT 9 AS "id", 1 AS "v" UNION ALL SELECT 2, NULL) source
        ON (target."id" = source."id" OR (target."id" IS NULL AND source."id" IS NULL))
        WHEN MATCHED THEN UPDATE SET "id" = source."id", "v" = source."v"
        WHEN NOT MATCHED THEN INSERT ("id", "v") VALUES (source."id", source."v")"""
    assert count_of(lake, clients.format(lake.database)) == 2
    assert lake.rows("SELECT * FROM one_row ORDER BY id") == [("1", "1"), ("2", None), ("9", "1")]


def test_a_changed_row_is_deleted_by_position_and_its_file_goes_with_its_last_row(lake: Any) -> None:
    make(lake, "positions", "id int, v string", "(1, 'a'), (2, 'b'), (3, 'c')")
    lake.done("DELETE FROM positions WHERE id = 2")
    files = 'SELECT content, record_count FROM "positions$files" ORDER BY 1'
    assert lake.rows(files) == [("0", "3"), ("1", "1")]
    lake.done("UPDATE positions SET v = 'C' WHERE id = 3")
    assert lake.rows(files) == [("0", "1"), ("0", "3"), ("1", "1"), ("1", "1")] or lake.rows(files)[0][0] == "0"
    lake.done("DELETE FROM positions WHERE id = 1")
    assert lake.rows(files) == [("0", "1")], "no row of the first file is left, nor a delete file of it"
    operations = lake.rows('SELECT operation FROM "positions$snapshots" ORDER BY committed_at')
    assert operations == [("append",), ("delete",), ("overwrite",), ("delete",)]
    first = lake.rows('SELECT snapshot_id FROM "positions$snapshots" WHERE parent_id IS NULL')[0][0]
    assert lake.rows(f"SELECT count(*) FROM positions FOR VERSION AS OF {first}") == [("3",)]


def test_partitioned_rows_move_between_partitions(lake: Any) -> None:
    make(lake, "moved", "day date, n int", "(DATE '2026-01-01', 1), (DATE '2026-01-01', 2), (DATE '2026-01-02', 3)",
         more="PARTITIONED BY (day)")  # fmt: skip
    lake.done("UPDATE moved SET day = date_add('day', 1, day) WHERE n = 1")
    assert lake.rows("SELECT * FROM moved ORDER BY n") == [
        ("2026-01-02", "1"),
        ("2026-01-01", "2"),
        ("2026-01-02", "3"),
    ]
    assert lake.rows("SELECT count(*) FROM moved WHERE day = DATE '2026-01-02'") == [("2",)]


def test_optimize_joins_files_and_applies_deletes_and_vacuum_removes_what_nobody_needs(lake: Any) -> None:
    make(lake, "tidy", "part string, n int", more="PARTITIONED BY (part)")
    for n in range(4):
        lake.done(f"INSERT INTO tidy VALUES ('a', {n}), ('b', {n + 10})")
    lake.done("DELETE FROM tidy WHERE n = 12")
    before = lake.rows("SELECT * FROM tidy ORDER BY n")
    found = lake.done("OPTIMIZE tidy REWRITE DATA USING BIN_PACK WHERE part = 'a'")
    assert found["SubstatementType"] == "OPTIMIZE"
    files = 'SELECT content, count(*), sum(record_count) FROM "tidy$files" GROUP BY 1 ORDER BY 1'
    assert lake.rows(files) == [("0", "4", "7")], "one file of a and the three of b that have rows"
    lake.done(f"OPTIMIZE {lake.database}.tidy REWRITE DATA USING BIN_PACK")
    assert lake.rows(files) == [("0", "2", "7")]
    assert lake.rows("SELECT * FROM tidy ORDER BY n") == before
    lake.done("OPTIMIZE tidy REWRITE DATA USING BIN_PACK")
    assert lake.rows('SELECT count(*) FROM "tidy$snapshots"') == [("7",)], "there was nothing left to join"
    assert "n" in lake.failure("OPTIMIZE tidy REWRITE DATA USING BIN_PACK WHERE n = 1")
    lake.done("VACUUM tidy")
    assert lake.rows('SELECT count(*) FROM "tidy$snapshots"') == [("7",)], "none is five days old"
    objects = len(lake.keys("tidy/"))
    lake.done("ALTER TABLE tidy SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='0')")
    lake.done("VACUUM tidy")
    assert lake.rows('SELECT operation FROM "tidy$snapshots"') == [("replace",)]
    assert len([k for k in lake.keys("tidy/") if k.endswith(".parquet")]) == 2
    assert len(lake.keys("tidy/")) < objects
    assert lake.rows("SELECT * FROM tidy ORDER BY n") == before


def test_optimize_keeps_to_the_thresholds_of_the_table(lake: Any) -> None:
    """Athena user guide, properties of Iceberg tables: too few small files, and too few deletes, are left alone."""
    make(lake, "patient", "n int", "(1), (2)")
    lake.done("INSERT INTO patient VALUES (3)")
    lake.done("DELETE FROM patient WHERE n = 1")
    given = "'optimize_rewrite_data_file_threshold'='3', 'optimize_rewrite_delete_file_threshold'='2'"
    lake.done(f"ALTER TABLE patient SET TBLPROPERTIES ({given})")
    lake.done("OPTIMIZE patient REWRITE DATA USING BIN_PACK")
    files = 'SELECT content, count(*) FROM "patient$files" GROUP BY 1 ORDER BY 1'
    assert lake.rows(files) == [("0", "2"), ("1", "1")]
    lake.done("INSERT INTO patient VALUES (4)")
    lake.done("OPTIMIZE patient REWRITE DATA USING BIN_PACK")
    assert lake.rows(files) == [("0", "1")]
    assert lake.rows("SELECT n FROM patient ORDER BY n") == [("2",), ("3",), ("4",)]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("UPDATE refusing SET nothing = 1", "COLUMN_NOT_FOUND"),
        ("UPDATE refusing SET v = 1, v = 2", "SYNTAX_ERROR"),
        ("UPDATE refusing SET v = other + 1", "COLUMN_NOT_FOUND"),
        ("DELETE FROM no_such WHERE id = 1", "TABLE_NOT_FOUND"),
        ("MERGE INTO refusing USING refusing s ON true WHEN NOT MATCHED THEN INSERT (id) VALUES (1, 2)", "count"),
        (
            "MERGE INTO refusing t USING refusing s ON false WHEN NOT MATCHED THEN INSERT (x) VALUES (1)",
            "COLUMN_NOT_FOUND",
        ),
        ("INSERT INTO refusing VALUES (1)", "TYPE_MISMATCH"),
        ("INSERT INTO refusing VALUES (1, 'x')", "Table: [integer, integer], Query: [integer, varchar(1)]"),
        ("INSERT INTO refusing VALUES (1, BIGINT '3000000000')", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("UPDATE refusing SET v = 'x'", "TYPE_MISMATCH"),
        (
            "MERGE INTO refusing t USING refusing s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = true",
            "TYPE_MISMATCH",
        ),
        ("INSERT INTO refusing (id, no) VALUES (1, 2)", "COLUMN_NOT_FOUND"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(lake: Any, sql: str, reason: str) -> None:
    names = [t["Name"] for t in lake.glue.get_tables(DatabaseName=lake.database)["TableList"]]
    if "refusing" not in names:
        make(lake, "refusing", "id int, v int", "(1, 1)")
    assert reason in lake.failure(sql)
    assert lake.rows('SELECT count(*) FROM "refusing$snapshots"') == [("1",)]


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("UPDATE other_dialects SET v = 1 FROM b WHERE b.id = 1", "FROM"),
        ("UPDATE other_dialects o SET v = 1", "o"),
        ("DELETE FROM other_dialects USING b WHERE b.id = 1", "USING"),
        ("DELETE FROM other_dialects LIMIT 1", "LIMIT"),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET t.v = 1", "."),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET *", "*"),
        ("MERGE INTO t USING s ON t.a = s.a WHEN NOT MATCHED THEN INSERT *", "*"),
        ("MERGE INTO t USING s ON t.a = s.a WHEN NOT MATCHED BY SOURCE THEN DELETE", "BY"),
        ("MERGE INTO t USING s ON t.a = s.a WHEN NOT MATCHED THEN DELETE", "DELETE"),
    ],
)
def test_what_trino_does_not_parse_is_refused_at_once(lake: Any, sql: str, word: str) -> None:
    with pytest.raises(lake.athena.exceptions.InvalidRequestException, match=re.escape(f"mismatched input '{word}'")):
        lake.start(sql)
