"""awswrangler's `athena.to_iceberg` and `delete_from_iceberg_table`, unchanged."""

import datetime as dt

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def ask(wr, lake):
    def read(sql):
        frame = wr.athena.read_sql_query(sql, database=lake.database, s3_output=lake.results, ctas_approach=False)
        return [tuple(None if pd.isna(v) else v for v in row) for row in frame.to_numpy().tolist()]

    return read


@pytest.fixture(scope="module")
def write(wr, lake):
    def to_iceberg(frame, table, **given):
        wr.athena.to_iceberg(
            frame, database=lake.database, table=table, table_location=lake.at(f"{table}/"), temp_path=lake.at(f"temp_{table}/"),
            s3_output=lake.results, keep_files=False, **given,
        )  # fmt: skip

    return to_iceberg


def frame_of(*rows, columns=("id", "name", "day")):
    return pd.DataFrame(rows, columns=list(columns))


DAY = dt.date(2024, 1, 1)


def test_append_and_overwrite(write, ask, lake):
    write(frame_of((1, "a", DAY), (2, None, None)), "appended", partition_cols=["day"])
    write(frame_of((3, "c", DAY)), "appended", partition_cols=["day"])
    assert ask("SELECT * FROM appended ORDER BY id") == [(1, "a", DAY), (2, None, None), (3, "c", DAY)]
    assert lake.table("appended")["Parameters"]["table_type"] == "ICEBERG"
    assert lake.keys("temp_appended/") == []
    write(frame_of((9, "z", DAY)), "appended", mode="overwrite")
    assert ask("SELECT * FROM appended") == [(9, "z", DAY)]


def test_overwrite_partitions(write, ask):
    write(frame_of((1, "a", DAY), (2, "b", DAY + dt.timedelta(1))), "by_day", partition_cols=["day"])
    write(frame_of((3, "c", DAY)), "by_day", partition_cols=["day"], mode="overwrite_partitions")
    assert ask("SELECT id FROM by_day ORDER BY id") == [(2,), (3,)]


def test_merge(write, ask):
    write(frame_of((1, "a", DAY), (2, "b", DAY)), "merged")
    write(frame_of((2, "B", DAY), (3, "c", DAY)), "merged", merge_cols=["id"])
    assert ask("SELECT id, name FROM merged ORDER BY id") == [(1, "a"), (2, "B"), (3, "c")]
    write(frame_of((3, "ignored", DAY), (4, "d", DAY)), "merged", merge_cols=["id"], merge_condition="ignore")
    assert ask("SELECT id, name FROM merged ORDER BY id") == [(1, "a"), (2, "B"), (3, "c"), (4, "d")]
    write(frame_of((None, "n", DAY)), "merged", merge_cols=["id"], merge_match_nulls=True, dtype={"id": "bigint"})
    write(frame_of((None, "N", DAY)), "merged", merge_cols=["id"], merge_match_nulls=True, dtype={"id": "bigint"})
    assert ask("SELECT id, name FROM merged WHERE id IS NULL") == [(None, "N")]


def test_schema_evolution(write, ask, wr, lake):
    write(
        frame_of((1, "a"), columns=("id", "name")),
        "evolved",
        additional_table_properties={"write_compression": "zstd"},
        glue_table_settings={"columns_comments": {"id": "its number"}},
    )
    write(frame_of((2, "b", 0.5), columns=("id", "name", "score")), "evolved", schema_evolution=True)
    assert ask("SELECT id, name, score FROM evolved ORDER BY id") == [(1, "a", None), (2, "b", 0.5)]
    write(frame_of((3,), columns=("id",)), "evolved", fill_missing_columns_in_df=True)
    assert ask("SELECT id, name, score FROM evolved WHERE id = 3") == [(3, None, None)]
    assert wr.catalog.get_table_types(lake.database, "evolved") == {"id": "bigint", "name": "string", "score": "double"}
    with pytest.raises(wr.exceptions.InvalidArgumentValue):
        write(frame_of((4, 1), columns=("id", "other")), "evolved", schema_evolution=False)


def test_a_reserved_word_as_partition(write, ask):
    write(frame_of((1, 10), (2, 20), columns=("id", "partition")), "reserved", partition_cols=["partition"])
    assert ask('SELECT id FROM reserved WHERE "partition" = 20') == [(2,)]


def test_hidden_partitioning(write, ask):
    write(
        frame_of((1, "a", pd.Timestamp("2024-01-01 10:00")), (2, "b", pd.Timestamp("2024-02-01 10:00"))),
        "hidden",
        partition_cols=["month(day)", "bucket(4, name)"],
    )
    assert ask("SELECT id FROM hidden WHERE day < TIMESTAMP '2024-01-15 00:00:00'") == [(1,)]


def test_delete(write, ask, wr, lake):
    write(frame_of((1, "a", DAY), (2, "b", DAY), (3, "c", DAY)), "shrinking")
    wr.athena.delete_from_iceberg_table(
        frame_of((1, "a"), (3, "other"), columns=("id", "name")), database=lake.database, table="shrinking", merge_cols=["id", "name"],
        temp_path=lake.at("temp_delete/"), s3_output=lake.results, keep_files=False,
    )  # fmt: skip
    assert ask("SELECT id FROM shrinking ORDER BY id") == [(2,), (3,)]
    assert len(ask('SELECT snapshot_id FROM "shrinking$snapshots"')) >= 2
