"""awswrangler's `s3` and `catalog` modules, unchanged: datasets written by pandas, registered in Glue, read by Athena."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def ask(wr, lake):
    def read(sql):
        return wr.athena.read_sql_query(sql, database=lake.database, s3_output=lake.results, ctas_approach=False)

    return read


def frame_of(**columns):
    return pd.DataFrame(columns)


def test_every_type_that_pandas_writes(wr, lake, ask):
    frame = pd.DataFrame({
        "i8": np.array([1, -1], "int8"), "i16": np.array([1, -1], "int16"), "i32": np.array([1, -1], "int32"), "i64": np.array([1, -1], "int64"),
        "f32": np.array([0.5, np.nan], "float32"), "f64": [0.1, None], "b": [True, False], "s": ["é", None],
        "d": [dt.date(2024, 2, 29), None], "ts": pd.to_datetime(["2024-02-29 01:02:03.456", None], format="ISO8601"),
        "dec": [Decimal("1.50"), None], "bin": [b"\x00\xff", None], "arr": [[1, 2], None], "st": [{"a": 1, "b": "x"}, None],
    })  # fmt: skip
    wr.s3.to_parquet(
        frame, lake.at("typed/"), dataset=True, database=lake.database, table="typed", dtype={"dec": "decimal(10,2)"}
    )
    assert wr.catalog.get_table_types(lake.database, "typed") == {
        "i8": "tinyint", "i16": "smallint", "i32": "int", "i64": "bigint", "f32": "float", "f64": "double", "b": "boolean",
        "s": "string", "d": "date", "ts": "timestamp", "dec": "decimal(10,2)", "bin": "binary", "arr": "array<bigint>",
        "st": "struct<a:bigint,b:string>",
    }  # fmt: skip
    first = ask(
        "SELECT i8, i16, i32, i64, f32, f64, b, s, d, ts, dec, arr[2] AS second, st.b AS inner_b, to_hex(bin) AS hexed FROM typed WHERE i8 = 1"
    ).iloc[0]
    assert first.tolist() == [
        1,
        1,
        1,
        1,
        0.5,
        0.1,
        True,
        "é",
        dt.date(2024, 2, 29),
        pd.Timestamp("2024-02-29 01:02:03.456"),
        Decimal("1.50"),
        2,
        "x",
        "00FF",
    ]
    second = ask("SELECT f32, f64, s, d, ts, dec, arr, st, bin FROM typed WHERE i8 = -1").iloc[0]
    assert second.isna().all()


def test_modes_of_writing(wr, lake, ask):
    def write(mode, *rows):
        frame = pd.DataFrame(rows, columns=["n", "part"])
        wr.s3.to_parquet(
            frame,
            lake.at("modes/"),
            dataset=True,
            mode=mode,
            database=lake.database,
            table="modes",
            partition_cols=["part"],
        )
        found = ask("SELECT n, part FROM modes ORDER BY part, n")
        return [tuple(r) for r in found.to_numpy().tolist()]

    assert write("overwrite", (1, "a"), (2, "b")) == [(1, "a"), (2, "b")]
    assert write("append", (3, "b"), (4, "c")) == [(1, "a"), (2, "b"), (3, "b"), (4, "c")]
    assert write("overwrite_partitions", (5, "b")) == [(1, "a"), (5, "b"), (4, "c")]
    assert sorted(wr.catalog.get_partitions(lake.database, "modes").values()) == [["a"], ["b"], ["c"]]
    assert len(wr.catalog.get_partitions(lake.database, "modes", expression="part = 'b'")) == 1
    assert write("overwrite", (6, "z")) == [(6, "z")]
    assert list(wr.catalog.get_partitions(lake.database, "modes").values()) == [["z"]]
    assert wr.catalog.get_table_number_of_versions(lake.database, "modes") >= 1


def test_schema_evolution(wr, lake, ask):
    where = {"dataset": True, "database": lake.database, "table": "evolved"}
    wr.s3.to_parquet(frame_of(n=[1]), lake.at("evolved/"), mode="overwrite", **where)
    wr.s3.to_parquet(frame_of(n=[2], word=["new"]), lake.at("evolved/"), mode="append", schema_evolution=True, **where)
    found = ask("SELECT n, word FROM evolved ORDER BY n")
    assert found["n"].tolist() == [1, 2]
    assert [None if pd.isna(w) else w for w in found["word"]] == [None, "new"]
    with pytest.raises(wr.exceptions.InvalidArgumentValue):
        wr.s3.to_parquet(
            frame_of(n=[3], other=[1]), lake.at("evolved/"), mode="append", schema_evolution=False, **where
        )
    wr.s3.to_parquet(frame_of(n=[3], more=[0.5]), lake.at("evolved/"), mode="append", catalog_versioning=True, **where)
    assert wr.catalog.get_table_number_of_versions(lake.database, "evolved") == 2  # the first change archived nothing


def test_bucketing(wr, lake, ask):
    frame = frame_of(n=list(range(100)), word=[f"w{i}" for i in range(100)])
    wr.s3.to_parquet(
        frame, lake.at("bucketed/"), dataset=True, database=lake.database, table="bucketed", bucketing_info=(["n"], 4)
    )
    descriptor = lake.table("bucketed")["StorageDescriptor"]
    assert (descriptor["NumberOfBuckets"], descriptor["BucketColumns"]) == (4, ["n"])
    assert len(lake.keys("bucketed/")) == 4
    assert ask("SELECT count(*) AS c, sum(n) AS s FROM bucketed").to_numpy().tolist() == [[100, 4950]]
    assert ask("SELECT word FROM bucketed WHERE n = 42")["word"].tolist() == ["w42"]


def test_partition_projection(wr, lake, ask):
    frame = frame_of(n=[1, 2, 3], day=[dt.date(2024, 1, d) for d in (1, 2, 3)], shard=[0, 1, 0], kind=["a", "b", "a"])
    wr.s3.to_parquet(
        frame, lake.at("projected/"), dataset=True, database=lake.database, table="projected", partition_cols=["day", "shard", "kind"],
        athena_partition_projection_settings={
            "projection_types": {"day": "date", "shard": "integer", "kind": "enum"},
            "projection_ranges": {"day": "2024-01-01,2024-01-02", "shard": "0,3"}, "projection_values": {"kind": "a,b"},
        },
    )  # fmt: skip
    # 3 January has a file and a partition in Glue, but lies outside the projected range, so it does not exist.
    assert len(wr.catalog.get_partitions(lake.database, "projected")) == 3
    assert ask("SELECT n, day, shard, kind FROM projected ORDER BY n").to_numpy().tolist() == [
        [1, dt.date(2024, 1, 1), 0, "a"], [2, dt.date(2024, 1, 2), 1, "b"]]  # fmt: skip
    assert ask("SELECT n FROM projected WHERE kind = 'b' AND shard > 0")["n"].tolist() == [2]


def test_csv_and_json_datasets(wr, lake, ask):
    frame = frame_of(n=[1, 2, 3], word=["a", "b", None], part=["x", "x", "y"])
    for kind, write in (("csv", wr.s3.to_csv), ("json", wr.s3.to_json)):
        extra = {"index": False, "sep": "|"} if kind == "csv" else {"orient": "records", "lines": True, "index": None}
        write(
            frame,
            lake.at(f"{kind}_data/"),
            dataset=True,
            database=lake.database,
            table=f"{kind}_data",
            partition_cols=["part"],
            **extra,
        )
        found = ask(f"SELECT n, word, part FROM {kind}_data ORDER BY n")
        assert found[["n", "part"]].to_numpy().tolist() == [[1, "x"], [2, "x"], [3, "y"]], kind
        assert found["word"].tolist()[:2] == ["a", "b"], kind
    gzipped = wr.s3.to_csv(
        frame_of(n=[7]),
        lake.at("gz_data/"),
        dataset=True,
        database=lake.database,
        table="gz_data",
        index=False,
        compression="gzip",
    )
    assert gzipped["paths"][0].endswith(".csv.gz")
    assert ask("SELECT n FROM gz_data")["n"].tolist() == [7]


def test_read_what_athena_wrote(wr, lake, ask):
    wr.athena.create_ctas_table(
        "SELECT n, n * DECIMAL '1.5' AS price, CAST(n % 2 AS varchar) AS part FROM UNNEST(sequence(1, 10)) AS t(n)",
        database=lake.database, ctas_table="written", s3_output=lake.at("written_by_athena/"), partitioning_info=["part"], wait=True,
    )  # fmt: skip
    frame = wr.s3.read_parquet_table("written", database=lake.database, partition_filter=lambda p: p["part"] == "1")
    assert sorted(frame["n"]) == [1, 3, 5, 7, 9]
    assert frame["price"].map(str).min() == "1.5"
    columns, partitions, _ = wr.s3.store_parquet_metadata(
        lake.table("written")["StorageDescriptor"]["Location"] + "/", lake.database, "stored", dataset=True
    )
    assert (columns["n"], partitions) == ("bigint", {"part": "string"})
    assert ask("SELECT count(*) AS c FROM stored")["c"].tolist() == [10]


def test_databases(wr, lake):
    name = f"{lake.database}_made"
    wr.catalog.create_database(name, description="a database", database_input_args={"LocationUri": lake.at("made/")})
    assert wr.catalog.databases(limit=1000).set_index("Database").loc[name, "Description"] == "a database"
    with pytest.raises(wr.exceptions.AlreadyExists):
        wr.catalog.create_database(name)
    wr.catalog.create_database(name, exist_ok=True, description="changed")
    assert {d["Name"]: d.get("Description") for d in wr.catalog.get_databases()}[name] == "changed"
    wr.catalog.delete_database(name)
    assert name not in [d["Name"] for d in wr.catalog.get_databases()]


@pytest.fixture(scope="module")
def described(wr, lake):
    wr.s3.to_parquet(
        frame_of(id=[1], Name=["x"], day=["2024-01-01"]), lake.at("described/"), dataset=True, database=lake.database, table="described",
        partition_cols=["day"],
        glue_table_settings={
            "description": "a table described", "parameters": {"owner": "tests"}, "columns_comments": {"id": "its number", "day": "its day"}, "columns_parameters": {"id": {"unit": "1"}},
        },
    )  # fmt: skip
    return "described"


def test_what_the_catalog_tells_of_a_table(wr, lake, described):
    args = {"database": lake.database, "table": described}
    assert wr.catalog.does_table_exist(**args)
    assert not wr.catalog.does_table_exist(database=lake.database, table="nowhere")
    assert not wr.catalog.does_table_exist(database="nowhere", table="nowhere")
    assert wr.catalog.get_table_types(**args) == {"id": "bigint", "name": "string", "day": "string"}
    assert wr.catalog.get_table_types(database=lake.database, table="nowhere") is None
    assert wr.catalog.get_table_location(**args) == lake.at("described/")
    assert wr.catalog.get_table_description(**args) == "a table described"
    assert wr.catalog.get_table_parameters(**args)["owner"] == "tests"
    assert wr.catalog.get_columns_comments(**args) == {"id": "its number", "name": None, "day": "its day"}
    assert wr.catalog.get_columns_parameters(**args)["id"] == {"unit": "1"}
    assert wr.catalog.table(**args)[["Column Name", "Type", "Partition", "Comment"]].to_numpy().tolist() == [
        ["id", "bigint", False, "its number"], ["name", "string", False, ""], ["day", "string", True, "its day"]]  # fmt: skip
    row = wr.catalog.tables(database=lake.database, limit=1000).set_index("Table").loc[described]
    assert (row["Columns"], row["Partitions"], row["Description"]) == ("id, name", "day", "a table described")


def test_finding_tables(wr, lake, described):
    def names(found):
        return [t["Name"] for t in found]

    assert described in names(wr.catalog.get_tables(database=lake.database))
    assert names(wr.catalog.get_tables(database=lake.database, name_contains="scribe")) == [described]
    assert names(wr.catalog.get_tables(database=lake.database, name_prefix="descr", name_suffix="ibed")) == [described]
    assert described in names(wr.catalog.search_tables(text="described"))


def test_parameters_columns_and_versions(wr, lake):
    args = {"database": lake.database, "table": "altered"}
    wr.catalog.create_parquet_table(**args, path=lake.at("altered/"), columns_types={"a": "int"}, parameters={"k": "1"})
    assert wr.catalog.upsert_table_parameters({"k2": "2"}, **args)["k2"] == "2"
    assert wr.catalog.get_table_parameters(**args).get("k") == "1"
    wr.catalog.overwrite_table_parameters({"only": "me"}, **args)
    assert wr.catalog.get_table_parameters(**args) == {"only": "me"}
    wr.catalog.add_column(**args, column_name="b", column_type="string", column_comment="added")
    assert wr.catalog.get_table_types(**args) == {"a": "int", "b": "string"}
    wr.catalog.delete_column(**args, column_name="a")
    assert wr.catalog.get_table_types(**args) == {"b": "string"}
    versions = wr.catalog.get_table_versions(**args)
    # The two changes of parameters asked Glue to archive nothing.
    assert len(versions) == wr.catalog.get_table_number_of_versions(**args) == 3
    assert versions[0]["Table"]["StorageDescriptor"]["Columns"][0]["Name"] == "b"
    assert wr.catalog.delete_table_if_exists(**args) is True
    assert wr.catalog.delete_table_if_exists(**args) is False


def test_partitions(wr, lake, ask):
    args = {"database": lake.database, "table": "parted"}
    wr.catalog.create_parquet_table(
        **args, path=lake.at("parted/"), columns_types={"n": "bigint"}, partitions_types={"y": "int", "m": "int"}
    )
    places = {lake.at(f"parted/y=2024/m={m}/"): ["2024", str(m)] for m in range(1, 13)}
    for place, (_, month) in places.items():
        wr.s3.to_parquet(frame_of(n=[int(month)]), f"{place}a.parquet")
    wr.catalog.add_parquet_partitions(**args, partitions_values=places)
    assert wr.catalog.get_parquet_partitions(**args) == places
    assert len(wr.catalog.get_partitions(**args, expression="y = 2024 AND m BETWEEN 3 AND 5")) == 3
    assert ask("SELECT sum(n) AS s FROM parted WHERE m > 10")["s"].tolist() == [23]
    wr.catalog.delete_partitions(**args, partitions_values=[["2024", "12"]])
    assert ask("SELECT max(n) AS s FROM parted")["s"].tolist() == [11]
    assert len(wr.catalog.delete_all_partitions(**args)) == 11
    assert ask("SELECT count(*) AS c FROM parted")["c"].tolist() == [0]


def test_more_partitions_than_one_call_takes(wr, lake, ask):
    wr.catalog.create_csv_table(lake.database, "many", lake.at("many/"), {"n": "bigint"}, partitions_types={"p": "int"})
    wr.catalog.add_csv_partitions(lake.database, "many", {lake.at(f"many/p={p}/"): [str(p)] for p in range(250)})
    assert len(wr.catalog.get_csv_partitions(lake.database, "many")) == 250
    lake.put("many/p=249/a.csv", "5\n6\n")
    assert ask("SELECT p, sum(n) AS s FROM many GROUP BY p").to_numpy().tolist() == [[249, 11]]


def test_names_are_made_fit_for_athena(wr, lake, ask):
    frame = pd.DataFrame([[1, 2]], columns=["Camel Case", "ünï-code"])
    cleaned = wr.catalog.sanitize_dataframe_columns_names(frame)
    wr.s3.to_parquet(
        cleaned,
        lake.at("cleaned/"),
        dataset=True,
        database=lake.database,
        table=wr.catalog.sanitize_table_name("My Table!"),
    )
    assert ask("SELECT * FROM my_table_").columns.tolist() == cleaned.columns.tolist()
