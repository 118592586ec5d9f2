"""Iceberg tables in the embedded Athena: CREATE, CTAS, INSERT, reading, pruning, time travel, ALTER, DROP.

Sources: Athena user guide, "Query Iceberg tables" and its pages; Trino documentation, "Iceberg connector".
"""

from typing import Any

import pytest


@pytest.fixture(scope="module")
def lake(athena_stack: Any) -> Any:
    return athena_stack


def test_a_created_table_takes_rows_of_all_types_and_gives_them_back(lake: Any) -> None:
    lake.done(
        f"""CREATE TABLE kinds (b boolean, i int, l bigint, f float, d double, m decimal(10,2), s string, y binary,
        day date, ts timestamp, a array<int>, mp map<string,int>, st struct<x:int,y:string>)
        LOCATION '{lake.at("kinds/")}' TBLPROPERTIES ('table_type'='ICEBERG')"""
    )
    assert lake.rows("SELECT * FROM kinds") == []
    lake.done(
        """INSERT INTO kinds VALUES (true, 1, 2, REAL '1.5', 2.5e0, DECIMAL '3.25', 'text', X'0aff', DATE '2026-01-02',
        TIMESTAMP '2026-01-02 03:04:05.123456', ARRAY[1, NULL], MAP(ARRAY['k'], ARRAY[7]),
        CAST(ROW(1, 'z') AS ROW(x integer, y varchar)))"""
    )
    lake.done("INSERT INTO kinds (i) SELECT 9")
    assert lake.rows("SELECT b, i, l, f, d, m, s, to_hex(y), day, a[1], mp['k'], st.x, st.y FROM kinds ORDER BY i") == [
        ("true", "1", "2", "1.5", "2.5", "3.25", "text", "0AFF", "2026-01-02", "1", "7", "1", "z"),
        (None, "9", *[None] * 11),
    ]
    assert lake.rows("SELECT count(*) FROM kinds WHERE ts = TIMESTAMP '2026-01-02 03:04:05.123456'") == [("1",)]


def test_ctas_with_partition_transforms_writes_one_file_for_each_partition_and_prunes(lake: Any) -> None:
    lake.done(
        f"""CREATE TABLE visits WITH (table_type = 'ICEBERG', is_external = false, location = '{lake.at("visits/")}',
            format = 'PARQUET', write_compression = 'SNAPPY', partitioning = ARRAY['day(at)', 'bucket(who, 4)'])
        AS SELECT CAST(n AS bigint) AS id, 'user' || CAST(n % 10 AS varchar) AS who,
            CAST(TIMESTAMP '2026-03-01 00:00:00' + n * INTERVAL '6' HOUR AS timestamp(6)) AS at
        FROM UNNEST(sequence(0, 39)) AS t(n)"""
    )
    assert lake.rows("SELECT count(*), count(DISTINCT who), min(at) FROM visits") == [
        ("40", "10", lake.rows("SELECT min(at) FROM visits")[0][0])
    ]
    parts = lake.rows('SELECT partition.at_day, partition.who_bucket, record_count FROM "visits$partitions"')
    assert {p[0] for p in parts} == {f"2026-03-{d:02d}" for d in range(1, 11)}
    assert {p[1] for p in parts} <= {"0", "1", "2", "3"}
    assert sum(int(str(p[2])) for p in parts) == 40
    assert lake.rows('SELECT count(*) FROM "visits$files"') == [(str(len(parts)),)]
    every = lake.scanned("SELECT id FROM visits")
    one_day = (
        "SELECT id FROM visits WHERE at >= TIMESTAMP '2026-03-02 00:00:00' AND at < TIMESTAMP '2026-03-03 00:00:00'"
    )
    assert sorted(lake.rows(one_day)) == [("4",), ("5",), ("6",), ("7",)]
    assert lake.scanned(one_day) < every
    assert lake.scanned("SELECT at FROM visits WHERE who = 'user3'") < lake.scanned("SELECT at, who FROM visits")
    assert lake.scanned("SELECT count(*) FROM visits") == 0


def test_identity_truncate_year_and_null_partitions(lake: Any) -> None:
    lake.done(
        f"""CREATE TABLE parts (region string, code int, name string, born date, amount decimal(8,2))
        PARTITIONED BY (region, truncate(10, code), truncate(2, name), year(born), truncate(50, amount))
        LOCATION '{lake.at("parts/")}' TBLPROPERTIES ('table_type'='iceberg', 'format'='parquet')"""
    )
    lake.done(
        """INSERT INTO parts VALUES ('eu', 17, 'alpha', DATE '1999-05-05', 10.00),
        ('eu', 11, 'almost', DATE '1999-12-31', 10.30), (NULL, NULL, NULL, NULL, NULL), ('', -3, 'ä€𝄞', DATE '2001-01-01', -1.10)"""
    )
    assert lake.rows(
        "SELECT partition.region, partition.code_trunc, partition.name_trunc, partition.born_year, "
        'partition.amount_trunc, record_count FROM "parts$partitions" ORDER BY 2'
    ) == [
        ("", "-10", "ä€", "31", "-1.50", "1"),
        ("eu", "10", "al", "29", "10.00", "2"),
        (None, None, None, None, None, "1"),
    ]
    assert lake.rows("SELECT name FROM parts WHERE region = '' OR region IS NULL ORDER BY 1") == [("ä€𝄞",), (None,)]


def test_time_travel_by_version_and_by_timestamp(lake: Any) -> None:
    lake.done(f"CREATE TABLE log (n int) LOCATION '{lake.at('log/')}' TBLPROPERTIES ('table_type'='ICEBERG')")
    for n in (1, 2, 3):
        lake.done(f"INSERT INTO log VALUES ({n})")
    history = lake.rows(
        'SELECT snapshot_id, parent_id, is_current_ancestor FROM "log$history" ORDER BY made_current_at'
    )
    assert [h[2] for h in history] == ["true"] * 3
    assert [h[1] for h in history] == [None, history[0][0], history[1][0]]
    first, second = history[0][0], history[1][0]
    assert lake.rows(f"SELECT sum(n) FROM log FOR VERSION AS OF {second}") == [("3",)]
    joined = f"SELECT a.n FROM log FOR VERSION AS OF {first} a JOIN log b ON a.n = b.n"
    assert lake.rows(joined) == [("1",)]
    assert lake.rows("SELECT sum(n) FROM log FOR TIMESTAMP AS OF (current_timestamp)") == [("6",)]
    assert lake.failure("SELECT * FROM log FOR TIMESTAMP AS OF TIMESTAMP '2012-01-01 00:00:00 UTC'") == (
        f'INVALID_ARGUMENTS: No version history table "{lake.database}"."log" at or before 2012-01-01T00:00:00.000Z'
    )
    assert lake.failure("SELECT * FROM log FOR VERSION AS OF 5") == (
        "INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: 5"
    )


def test_columns_are_added_renamed_widened_moved_and_dropped_without_rewriting(lake: Any) -> None:
    lake.done(
        f"""CREATE TABLE grows (id int, price float, d decimal(5,2), old string, s struct<a:int>)
        LOCATION '{lake.at("grows/")}' TBLPROPERTIES ('table_type'='ICEBERG')"""
    )
    lake.done("INSERT INTO grows VALUES (1, REAL '1.5', 1.25, 'x', CAST(ROW(1) AS ROW(a integer)))")
    lake.done("ALTER TABLE grows ADD COLUMNS (extra bigint COMMENT 'added', tags array<string>)")
    lake.done("ALTER TABLE grows CHANGE COLUMN id id bigint")
    lake.done("ALTER TABLE grows CHANGE price cost double AFTER old")
    lake.done("ALTER TABLE grows CHANGE COLUMN d d decimal(10,2)")
    lake.done("INSERT INTO grows VALUES (3000000000, 12345.50, 'y', 2.5, NULL, 7, ARRAY['t'])")
    assert lake.rows("SELECT id, d, old, cost, s, extra, tags FROM grows ORDER BY id") == [
        ("1", "1.25", "x", "1.5", "{a=1}", None, None),
        ("3000000000", "12345.50", "y", "2.5", None, "7", "[t]"),
    ]
    lake.done("ALTER TABLE grows DROP COLUMN old")
    lake.done("ALTER TABLE grows ADD COLUMNS (old int)")
    assert lake.rows("SELECT old FROM grows") == [(None,), (None,)], "a new column of an old name is another column"
    assert "COLUMN_NOT_FOUND" in lake.failure("SELECT price FROM grows")
    assert "FAILED" in lake.failure("ALTER TABLE grows CHANGE COLUMN id id int")
    table = lake.glue.get_table(DatabaseName=lake.database, Name="grows")["Table"]
    assert table["Parameters"]["table_type"] == "ICEBERG"
    assert set(table["Parameters"]) == {"table_type", "metadata_location", "previous_metadata_location"}
    assert [c["Name"] for c in table["StorageDescriptor"]["Columns"]][:3] == ["id", "d", "cost"]


def test_timestamps_have_six_digits_and_zoned_ones_are_utc(lake: Any) -> None:
    """Athena user guide, data types of Iceberg tables: timestamp is timestamp(6), timestamptz has it with time zone."""
    lake.done(
        f"""CREATE TABLE moments WITH (table_type = 'ICEBERG', is_external = false, location = '{lake.at("moments/")}')
        AS SELECT TIMESTAMP '2026-01-01 10:00:00.123456' AS plain,
            TIMESTAMP '2026-01-01 10:00:00.000001 +02:00' AS zoned,
            ARRAY[TIMESTAMP '2026-01-01 10:00:00.000000 America/New_York'] AS several"""
    )
    lake.done(
        "INSERT INTO moments (plain, zoned) VALUES (TIMESTAMP '2026-02-02 00:00:00', TIMESTAMP '2026-02-02 00:00:00 UTC')"
    )
    assert lake.rows("SELECT plain, zoned, several FROM moments ORDER BY plain") == [
        ("2026-01-01 10:00:00.123456", "2026-01-01 08:00:00.000001 UTC", "[2026-01-01 15:00:00.000000 UTC]"),
        ("2026-02-02 00:00:00.000000", "2026-02-02 00:00:00.000000 UTC", None),
    ]
    assert lake.rows("SELECT typeof(plain), typeof(zoned) FROM moments LIMIT 1") == [
        ("timestamp(6)", "timestamp(6) with time zone")
    ]
    listed = f"""SELECT column_name, data_type FROM information_schema.columns
        WHERE table_schema = '{lake.database}' AND table_name = 'moments' ORDER BY ordinal_position"""
    assert lake.rows(listed) == [
        ("plain", "timestamp(6)"),
        ("zoned", "timestamp(6) with time zone"),
        ("several", "array(timestamp(6) with time zone)"),
    ]
    lake.done("UPDATE moments SET zoned = zoned + INTERVAL '1' DAY WHERE zoned < TIMESTAMP '2026-01-15 00:00:00 UTC'")
    assert lake.rows("SELECT min(zoned) FROM moments") == [("2026-01-02 08:00:00.000001 UTC",)]
    ctas = f"CREATE TABLE no WITH (table_type = 'ICEBERG', is_external = false, location = '{lake.at('no/')}') AS "
    assert lake.failure(ctas + "SELECT TIMESTAMP '2026-01-01 00:00:00.000' AS at") == (
        'NOT_SUPPORTED: Timestamp precision (3) not supported for Iceberg. Use "timestamp(6)" instead.'
    )
    assert (
        lake.failure(ctas + "SELECT CAST(1 AS smallint) AS n")
        == "NOT_SUPPORTED: Type not supported for Iceberg: smallint"
    )
    assert lake.keys("no/") == []


def lines(lake: Any, sql: str) -> str:
    """The answer of DDL, which has no header."""
    identifier = lake.done(sql)["QueryExecutionId"]
    rows = lake.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"]
    return "\n".join(row["Data"][0].get("VarCharValue", "") for row in rows)


def test_properties_description_rename_and_drop(lake: Any) -> None:
    lake.done(
        f"""CREATE TABLE told (id bigint COMMENT 'key', at timestamp, kinds map<string,array<int>>)
        PARTITIONED BY (month(at), bucket(8, id)) LOCATION '{lake.at("told/")}'
        TBLPROPERTIES ('table_type'='ICEBERG', 'vacuum_max_snapshot_age_seconds'='60', 'write_compression'='gzip')"""
    )
    lake.done("ALTER TABLE told SET TBLPROPERTIES ('optimize_rewrite_delete_file_threshold'='10')")
    shown = lines(lake, "SHOW CREATE TABLE told")
    for part in ("PARTITIONED BY (month(`at`), bucket(8, `id`))", "`kinds` map<string,array<int>>",
                 "'vacuum_max_snapshot_age_seconds'='60'", "'optimize_rewrite_delete_file_threshold'='10'",
                 "'write_compression'='gzip'", "COMMENT 'key'"):  # fmt: skip
        assert part in shown
    lake.done("DROP TABLE told")
    lake.done(shown)
    assert lines(lake, "SHOW CREATE TABLE told") == shown, "what it shows makes the same table"
    lake.done("ALTER TABLE told UNSET TBLPROPERTIES ('write_compression')")
    assert "write_compression" not in str(lake.rows("SHOW TBLPROPERTIES told"))
    described = str(lake.rows("DESCRIBE told"))
    assert "# Partition spec:" in described
    assert "at_month" in described
    assert "Unsupported table property key" in lake.failure("ALTER TABLE told SET TBLPROPERTIES ('mine'='1')")
    lake.done("INSERT INTO told (id) VALUES (1)")
    lake.done("ALTER TABLE told RENAME TO retold")
    assert lake.rows("SELECT id FROM retold") == [("1",)]
    assert lake.keys("told/data/")
    lake.done("DROP TABLE retold")
    assert lake.keys("told/") == []
    assert "TABLE_NOT_FOUND" in lake.failure("SELECT * FROM retold")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("CREATE TABLE no (a tinyint) LOCATION '{0}' TBLPROPERTIES ('table_type'='ICEBERG')", "tinyint"),
        ("CREATE TABLE no (a int) TBLPROPERTIES ('table_type'='ICEBERG')", "location"),
        ("CREATE TABLE no (a int) LOCATION '{0}' TBLPROPERTIES ('table_type'='ICEBERG', 'x'='y')", "x"),
        ("CREATE TABLE no (a int) LOCATION '{0}'", "table_type"),
        (
            "CREATE EXTERNAL TABLE no (a int) LOCATION '{0}' TBLPROPERTIES ('table_type'='ICEBERG')",
            "External keyword not supported for table type ICEBERG",
        ),
        ("CREATE TABLE no (a int) PARTITIONED BY (b) LOCATION '{0}' TBLPROPERTIES ('table_type'='ICEBERG')", "b"),
        ("CREATE TABLE no WITH (table_type='ICEBERG', location='{0}') AS SELECT 1 AS a", "is_external"),
        ("UPDATE plain SET a = '1'", "Modifying Hive table rows is only supported for transactional tables"),
        ("DELETE FROM plain", "Modifying Hive table rows is only supported for transactional tables"),
        ("SELECT * FROM plain FOR VERSION AS OF 1", "does not support versioned tables"),
        ("OPTIMIZE plain REWRITE DATA USING BIN_PACK", "NOT_SUPPORTED"),
        ("VACUUM nowhere", "TABLE_NOT_FOUND"),
    ],
)
def test_what_is_refused_is_refused_by_name(lake: Any, sql: str, reason: str) -> None:
    if lake.database and "plain" in sql:
        lake.put("plain/a.csv", "a\n1\n")
        if not [t for t in lake.glue.get_tables(DatabaseName=lake.database)["TableList"] if t["Name"] == "plain"]:
            lake.csv_table("plain", ["a"], "plain/")
    assert reason in lake.failure(sql.format(lake.at("refused/")))


def test_a_table_whose_files_are_gone_says_which(lake: Any) -> None:
    lake.done(f"CREATE TABLE lost (n int) LOCATION '{lake.at('lost/')}' TBLPROPERTIES ('table_type'='ICEBERG')")
    lake.done("INSERT INTO lost VALUES (1)")
    (data,) = [key for key in lake.keys("lost/") if key.endswith(".parquet")]
    lake.s3.delete_object(Bucket=lake.bucket, Key=data)
    reason = lake.failure("SELECT * FROM lost")
    assert reason.startswith("ICEBERG_CANNOT_OPEN_SPLIT: Error opening Iceberg split")
    assert data in reason
    for key in lake.keys("lost/"):
        lake.s3.delete_object(Bucket=lake.bucket, Key=key)
    assert "Metadata not found in metadata location for table" in lake.failure("SELECT * FROM lost")
    lake.done("DROP TABLE lost")


def test_views_prepared_statements_and_copies_of_iceberg_tables(lake: Any) -> None:
    lake.done(
        f"""CREATE TABLE IF NOT EXISTS `base` (`id` bigint, `Name` string) PARTITIONED BY (`name`)
        LOCATION '{lake.at("base/")}' TBLPROPERTIES ('table_type' ='ICEBERG', 'format'='parquet')"""
    )
    lake.done("CREATE TABLE IF NOT EXISTS base (other int) LOCATION 's3://x/y/' TBLPROPERTIES ('table_type'='ICEBERG')")
    lake.done("INSERT INTO base VALUES (?, ?)", ExecutionParameters=["1", "'one'"])
    lake.done("INSERT INTO base SELECT id + 1, upper(name) FROM base")
    version = lake.rows('SELECT min(snapshot_id) FROM "base$snapshots" WHERE parent_id IS NULL')[0][0]
    lake.done(f"CREATE VIEW first_of AS SELECT id FROM base FOR VERSION AS OF {version}")
    assert lake.rows("SELECT v.id, b.name FROM first_of v JOIN base b ON v.id = b.id") == [("1", "one")]
    lake.done("DELETE FROM base WHERE id IN (SELECT id FROM first_of)")
    assert lake.rows("SELECT *, \"$path\" LIKE 's3://%.parquet' FROM base") == [("2", "ONE", "true")]
    lake.done(f"CREATE TABLE plain_copy WITH (external_location = '{lake.at('plain_copy/')}') AS SELECT * FROM base")
    assert lake.rows("SELECT * FROM plain_copy") == [("2", "ONE")]
    found = lake.done("UPDATE base SET id = 9")
    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "UPDATE")
