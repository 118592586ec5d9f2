"""Iceberg tables shared between the embedded Athena and an unmodified PyIceberg over HTTP.

Sources: PyIceberg's documentation, "Glue Catalog"; the Iceberg table specification.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat

from local.athena.iceberg.commit import Changes, stage


@pytest.fixture(scope="module")
def lake(athena_stack: Any) -> Any:
    return athena_stack


@pytest.fixture(scope="module")
def catalog(lake: Any) -> Any:
    endpoint = lake.s3.meta.endpoint_url
    keys = {"access-key-id": "test", "secret-access-key": "test", "region": lake.s3.meta.region_name}
    held = {f"{service}.{name}": value for service in ("glue", "s3") for name, value in keys.items()}
    return load_catalog("glue", type="glue", **{"glue.endpoint": endpoint, "s3.endpoint": endpoint, **held})


def test_pyiceberg_reads_and_appends_to_a_table_that_athena_made(lake: Any, catalog: Any) -> None:
    lake.done(
        f"""CREATE TABLE shared (id bigint, name string, at timestamp, tags array<string>, m map<string,int>)
        PARTITIONED BY (name) LOCATION '{lake.at("shared/")}' TBLPROPERTIES ('table_type'='ICEBERG')"""
    )
    lake.done(
        """INSERT INTO shared VALUES (1, 'one', TIMESTAMP '2026-01-01 10:00:00', ARRAY['x'], MAP(ARRAY['k'], ARRAY[1])),
        (2, 'two', TIMESTAMP '2026-01-02 10:00:00', NULL, NULL)"""
    )
    table = catalog.load_table((lake.database, "shared"))
    found = table.scan().to_arrow().sort_by("id")
    assert found["name"].to_pylist() == ["one", "two"]
    assert found["tags"].to_pylist() == [["x"], None]
    assert found["m"].to_pylist() == [[("k", 1)], None]
    assert table.scan(row_filter="at < '2026-01-02T00:00:00'").to_arrow()["id"].to_pylist() == [1]
    table.append(found.set_column(0, "id", pa.array([3, 4], pa.int64())))
    assert lake.rows("SELECT id, name FROM shared ORDER BY id") == [
        ("1", "one"),
        ("2", "two"),
        ("3", "one"),
        ("4", "two"),
    ]
    assert lake.rows('SELECT operation FROM "shared$snapshots"') == [("append",), ("append",)]
    lake.done("DELETE FROM shared WHERE id = 3")
    lake.done("UPDATE shared SET name = 'deux' WHERE id IN (2, 4)")
    after = catalog.load_table((lake.database, "shared")).scan().to_arrow().sort_by("id")
    assert after.select(["id", "name"]).to_pylist() == [
        {"id": 1, "name": "one"},
        {"id": 2, "name": "deux"},
        {"id": 4, "name": "deux"},
    ]


@pytest.mark.parametrize(
    "transform", ["bucket(4, id)", "bucket(4, who)", "bucket(3, day)", "day(at)", "truncate(2, who)"]
)
def test_every_row_is_in_the_partition_that_pyiceberg_computes_for_it(lake: Any, catalog: Any, transform: str) -> None:
    name = "placed_" + re.sub(r"\W+", "_", transform)
    lake.done(
        f"""CREATE TABLE {name} (id bigint, who string, at timestamp, day date) PARTITIONED BY ({transform})
        LOCATION '{lake.at(f"{name}/")}' TBLPROPERTIES ('table_type'='ICEBERG')"""
    )
    lake.done(
        f"""INSERT INTO {name} SELECT n * 10000000000 - 5, CAST(n AS varchar) || 'w',
        TIMESTAMP '1969-12-30 00:30:00' + n * INTERVAL '6' HOUR, date_add('day', n, DATE '1969-12-25')
        FROM UNNEST(sequence(-10, 30)) AS t(n)"""
    )
    table = catalog.load_table((lake.database, name))
    field = table.spec().fields[0]
    source = table.schema().find_field(field.source_id)
    place = field.transform.transform(source.field_type)
    total = 0
    for task in table.scan().plan_files():
        with table.io.new_input(task.file.file_path).open() as stream:
            column = pq.read_table(stream, columns=[source.name])[source.name]
        internal = {"at": pa.int64(), "day": pa.int32()}.get(source.name)
        values = (column.cast(internal) if internal else column).to_pylist()
        assert {place(v) for v in values} == {task.file.partition[0]}
        total += len(values)
    assert total == 41


def test_athena_reads_a_table_that_pyiceberg_made_evolved_and_deleted_from(lake: Any, catalog: Any) -> None:
    schema = pa.schema(
        [("id", pa.int32()), ("Zoned", pa.timestamp("us", "UTC")), ("s", pa.struct([("a", pa.int32())]))]
    )
    made = catalog.create_table((lake.database, "foreign_made"), schema, location=lake.at("foreign_made"))
    instant = "2026-05-05T12:00:00+02:00"
    import datetime as dt

    rows = [{"id": n, "Zoned": dt.datetime.fromisoformat(instant), "s": {"a": n}} for n in range(5)]
    made.append(pa.Table.from_pylist(rows, schema=schema))
    with made.update_schema() as update:
        update.rename_column("id", "key")
        update.add_column(("s", "b"), made.schema().find_type("id"))
    made.delete("key = 2")
    assert lake.rows("SELECT key, s.a, s.b, to_unixtime(zoned) = 1777975200 FROM foreign_made ORDER BY key") == [
        (str(n), str(n), None, "true") for n in (0, 1, 3, 4)
    ]
    made.manage_snapshots().create_tag(made.snapshots()[0].snapshot_id, "first").commit()
    assert lake.rows("SELECT count(*) FROM foreign_made FOR VERSION AS OF 'first'") == [("5",)]
    assert lake.rows('SELECT name, type FROM "foreign_made$refs" ORDER BY 1') == [("first", "TAG"), ("main", "BRANCH")]
    lake.done("INSERT INTO foreign_made (key) VALUES (9)")
    assert len(catalog.load_table((lake.database, "foreign_made")).scan().to_arrow()) == 5


def test_a_commit_on_old_metadata_loses(lake: Any, catalog: Any) -> None:
    lake.done(f"CREATE TABLE raced (n int) LOCATION '{lake.at('raced/')}' TBLPROPERTIES ('table_type'='ICEBERG')")
    stale = catalog.load_table((lake.database, "raced"))
    lake.done("INSERT INTO raced VALUES (1)")
    lake.done("ALTER TABLE raced ADD COLUMNS (m int)")
    with pytest.raises(CommitFailedException), stale.update_schema() as update:
        update.add_column("late", stale.schema().find_type("n"))
    assert lake.rows("SELECT * FROM raced") == [("1", None)]


def test_inserts_at_once_all_arrive_and_updates_at_once_win_or_fail_as_a_whole(lake: Any) -> None:
    lake.done(f"CREATE TABLE busy (n int) LOCATION '{lake.at('busy/')}' TBLPROPERTIES ('table_type'='ICEBERG')")
    with ThreadPoolExecutor(4) as pool:
        states = [
            e["Status"]["State"] for e in pool.map(lake.run, [f"INSERT INTO busy VALUES ({n})" for n in range(4)])
        ]
    assert states == ["SUCCEEDED"] * 4
    assert lake.rows("SELECT count(*), sum(n) FROM busy") == [("4", "6")]
    with ThreadPoolExecutor(4) as pool:
        ended = [e["Status"] for e in pool.map(lake.run, ["UPDATE busy SET n = n + 100"] * 4)]
    won = [s for s in ended if s["State"] == "SUCCEEDED"]
    lost = [s["StateChangeReason"] for s in ended if s["State"] == "FAILED"]
    assert all(reason.startswith("ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table") for reason in lost)
    assert lake.rows("SELECT count(*), sum(n) FROM busy") == [("4", str(6 + 400 * len(won)))]


def test_equality_deletes_and_shared_position_deletes_of_other_engines_are_applied(lake: Any, catalog: Any) -> None:
    """As Flink writes them: rows by their key, and one delete file for several data files."""
    lake.done(
        f"""CREATE TABLE streamed (id int, part string, v string) PARTITIONED BY (part)
        LOCATION '{lake.at("streamed/")}' TBLPROPERTIES ('table_type'='ICEBERG')"""
    )
    lake.done("INSERT INTO streamed VALUES (1, 'a', 'x'), (2, 'a', 'y'), (NULL, 'a', 'z'), (1, 'b', 'other')")
    lake.done("INSERT INTO streamed VALUES (5, 'a', 'five'), (6, 'a', 'six')")
    table = catalog.load_table((lake.database, "streamed"))
    in_a = [task.file for task in table.scan(row_filter="part = 'a'").plan_files()]
    key = pa.field("id", pa.int32(), metadata={"PARQUET:field_id": "1"})
    rows = pa.table([pa.array([1, None], pa.int32())], schema=pa.schema([key]))
    places = pa.schema(
        [
            pa.field("file_path", pa.string(), metadata={"PARQUET:field_id": "2147483546"}),
            pa.field("pos", pa.int64(), metadata={"PARQUET:field_id": "2147483545"}),
        ]
    )
    shared = pa.table([sorted(f.file_path for f in in_a), [1] * len(in_a)], schema=places)
    deletes = [
        delete_file(table, "eq", rows, DataFileContent.EQUALITY_DELETES, in_a[0], [1]),
        delete_file(table, "pos", shared, DataFileContent.POSITION_DELETES, in_a[0], None),
    ]
    with table.transaction() as transaction:
        stage(transaction, table, Changes(deletes=deletes))
    lake.done("INSERT INTO streamed VALUES (1, 'a', 'again')")
    expected = [("1", "a", "again"), ("1", "b", "other"), ("5", "a", "five")]
    assert lake.rows("SELECT * FROM streamed ORDER BY id, part") == expected
    assert lake.rows("SELECT v FROM streamed WHERE v <> 'again' ORDER BY v") == [("five",), ("other",)]
    lake.done("UPDATE streamed SET v = upper(v) WHERE part = 'b'")
    lake.done("OPTIMIZE streamed REWRITE DATA USING BIN_PACK")
    assert lake.rows('SELECT DISTINCT content FROM "streamed$files"') == [("0",)]
    assert lake.rows("SELECT id, v FROM streamed ORDER BY id, part") == [("1", "again"), ("1", "OTHER"), ("5", "five")]


def delete_file(table: Any, name: str, rows: Any, content: Any, like: Any, keys: list[int] | None) -> Any:
    """Write a delete file where the table is; its entry for a manifest."""
    location = f"{table.location()}/data/{name}.parquet"
    with table.io.new_output(location).create() as stream:
        pq.write_table(rows, stream)
    made = DataFile.from_args(
        content=content,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=like.partition,
        record_count=len(rows),
        file_size_in_bytes=len(table.io.new_input(location)),
        equality_ids=keys,
        sort_order_id=None,
        key_metadata=None,
    )
    made.spec_id = like.spec_id
    return made
