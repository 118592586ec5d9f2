"""awswrangler's `athena` module, unchanged: every way to read, CTAS, UNLOAD, metadata, prepared statements."""

import datetime as dt
import itertools
from decimal import Decimal

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def ask(wr, lake, every_type):
    """`read_sql_query` over this module's lake; an output location of its own each time, as UNLOAD needs it empty."""
    numbers = itertools.count()

    def read(sql, **given):
        return wr.athena.read_sql_query(
            sql, database=lake.database, s3_output=lake.at(f"asked/{next(numbers)}/"), **given
        )

    return read


WAYS = {
    "ctas": {"ctas_approach": True},
    "unload": {"ctas_approach": False, "unload_approach": True},
    "csv": {"ctas_approach": False},
}
EVERY = "SELECT * FROM every_type"
FLAT = ("SELECT id, c_boolean, c_tinyint, c_smallint, c_int, c_bigint, c_real, c_double, c_decimal, c_varchar, c_string,"
        " c_binary, c_date, c_timestamp FROM every_type")  # fmt: skip
VALUES = [
    1, True, 127, -32768, 2147483647, 9223372036854775807, 1.5, 0.1, Decimal("12345678.90"), 'été, "quoted"',
    "line\nbreak", bytes.fromhex("deadbeef"), dt.date(2024, 2, 29), pd.Timestamp("2024-02-29 23:59:58.123")]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_every_flat_type_whichever_way_it_is_read(ask, way):
    frame = ask(FLAT, **WAYS[way]).sort_values("id")
    first = frame.iloc[0].tolist()
    if way == "csv":
        first[11] = (
            bytes.fromhex(first[11].decode().replace(" ", ""))
            if isinstance(first[11], bytes)
            else bytes.fromhex(first[11].replace(" ", ""))
        )
    assert first == VALUES
    assert frame.iloc[1, 1:].isna().all()
    assert frame.dtypes.astype(str).tolist()[:8] == [
        "Int32",
        "boolean",
        "Int8",
        "Int16",
        "Int32",
        "Int64",
        "float32",
        "float64",
    ]


@pytest.mark.parametrize("way", ["ctas", "unload"])
def test_nested_types(ask, way):
    frame = ask("SELECT id, c_array, c_map, c_row FROM every_type WHERE id = 1", **WAYS[way])
    array, pairs, row = frame.iloc[0].tolist()[1:]
    assert [None if pd.isna(v) else int(v) for v in array] == [1, 2, None]
    assert dict(pairs) == {"k1": 1, "k2": 2}
    assert row == {"num": 7, "word": "seven"}


def test_no_rows(wr, ask):
    nothing = "SELECT id, c_string FROM every_type WHERE id > 99"
    for way in ("ctas", "csv"):
        frame = ask(nothing, **WAYS[way])
        assert (len(frame), list(frame.columns)) == (0, ["id", "c_string"])
    with pytest.raises(wr.exceptions.EmptyDataFrame):  # UNLOAD writes no file for no rows, so the client knows no types
        ask(nothing, **WAYS["unload"])


@pytest.mark.parametrize("way", WAYS)
def test_chunks(ask, way):
    sql = "SELECT n, n % 3 AS m FROM UNNEST(sequence(1, 2500)) AS t(n)"
    frames = list(ask(sql, chunksize=1000, **WAYS[way]))
    assert [len(f) for f in frames] == [1000, 1000, 500]
    assert sorted(n for f in frames for n in f["n"]) == list(range(1, 2501))


def test_the_ctas_table_is_dropped_and_its_files_too(wr, ask, lake):
    before = set(lake.keys(""))
    ask(
        "SELECT 1 AS kept_nowhere",
        ctas_approach=True,
        keep_files=False,
        ctas_parameters={"temp_table_name": "kept_nowhere"},
    )
    assert not wr.catalog.does_table_exist(database=lake.database, table="kept_nowhere")
    assert [k for k in set(lake.keys("")) - before if "manifest" not in k and "metadata" not in k] == []


def test_ctas_bucketed(ask, lake):
    frame = ask(
        "SELECT n, CAST(n % 5 AS varchar) AS word FROM UNNEST(sequence(1, 50)) AS t(n)",
        ctas_approach=True, ctas_parameters={"bucketing_info": (["n"], 4), "compression": "snappy"},
    )  # fmt: skip
    assert sorted(frame["n"]) == list(range(1, 51))


def test_parameters(ask):
    named = ask(
        "SELECT id FROM every_type WHERE c_varchar = :v AND c_date = :d",
        params={"v": 'été, "quoted"', "d": dt.date(2024, 2, 29)},
        ctas_approach=False,
    )
    assert named["id"].tolist() == [1]
    asked = ask("SELECT id FROM every_type WHERE id = ?", params=["2"], paramstyle="qmark", ctas_approach=False)
    assert asked["id"].tolist() == [2]


def test_read_sql_table(wr, lake, every_type):
    frame = wr.athena.read_sql_table("every_type", database=lake.database, s3_output=lake.results, ctas_approach=False)
    assert sorted(frame["id"]) == [1, 2]
    assert frame.query_metadata["Status"]["State"] == "SUCCEEDED"


def test_the_client_s_own_cache(ask):
    sql = "SELECT count(*) AS n FROM every_type"
    first = ask(sql, ctas_approach=False)
    again = ask(sql, ctas_approach=False, athena_cache_settings={"max_cache_seconds": 900})
    assert again.query_metadata["QueryExecutionId"] == first.query_metadata["QueryExecutionId"]


def test_a_failure_is_told_with_athena_s_reason(wr, ask):
    with pytest.raises(wr.exceptions.QueryFailed, match="TABLE_NOT_FOUND: line 1:15"):
        ask("SELECT * FROM nowhere", ctas_approach=False)
    with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND"):
        ask("SELECT nothing FROM every_type", ctas_approach=True)


def test_executions(wr, lake, every_type):
    def start(sql):
        return wr.athena.start_query_execution(sql, database=lake.database, s3_output=lake.results)

    one, two = start("SELECT 1 AS a, 'x' AS b"), start("SELECT 2 AS a")
    assert wr.athena.wait_query(one)["Status"]["State"] == "SUCCEEDED"
    assert wr.athena.get_query_execution(two)["QueryExecutionId"] == two
    assert wr.athena.get_query_columns_types(one) == {"a": "integer", "b": "varchar"}
    assert one in wr.athena.list_query_executions()
    known, unknown = wr.athena.get_query_executions(
        [one, two, "00000000-0000-0000-0000-000000000000"], return_unprocessed=True
    )
    assert sorted(known["QueryExecutionId"]) == sorted([one, two])
    assert unknown["QueryExecutionId"].tolist() == ["00000000-0000-0000-0000-000000000000"]
    assert wr.athena.get_query_results(one).to_numpy().tolist() == [[1, "x"]]
    ended = wr.athena.start_query_execution("SELECT 3", database=lake.database, s3_output=lake.results, wait=True)
    assert ended["Statistics"]["TotalExecutionTimeInMillis"] >= 0
    assert wr.athena.get_work_group("primary")["WorkGroup"]["State"] == "ENABLED"


def test_stop(wr, lake):
    running = wr.athena.start_query_execution(
        "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y)"
        " CROSS JOIN UNNEST(sequence(1, 1000)) AS c(z) WHERE x * y % 7 = z",
        database=lake.database, s3_output=lake.results,
    )  # fmt: skip
    wr.athena.stop_query_execution(running)
    with pytest.raises(wr.exceptions.QueryCancelled):
        wr.athena.wait_query(running)


def test_named_query(wr, lake):
    made = lake.aws.of("athena").create_named_query(Name="saved", Database=lake.database, QueryString="SELECT 42 AS n")[
        "NamedQueryId"
    ]
    assert wr.athena.get_named_query_statement(made) == "SELECT 42 AS n"


def test_prepared_statements(wr, ask):
    wr.athena.create_prepared_statement(
        "SELECT id FROM every_type WHERE c_string = ? OR id = ?", "by_text", workgroup="primary"
    )
    assert "by_text" in [s["StatementName"] for s in wr.athena.list_prepared_statements(workgroup="primary")]
    found = ask(
        'EXECUTE "by_text"', params=["'line\nbreak'", "2"], paramstyle="qmark", ctas_approach=False, workgroup="primary"
    )
    assert sorted(found["id"]) == [1, 2]
    wr.athena.delete_prepared_statement("by_text", workgroup="primary")
    assert "by_text" not in [s["StatementName"] for s in wr.athena.list_prepared_statements(workgroup="primary")]


def test_create_ctas_table_and_what_describes_it(wr, lake, every_type):
    made = wr.athena.create_ctas_table(
        "SELECT id, c_string, c_decimal, coalesce(c_date, DATE '1970-01-01') AS c_date FROM every_type", database=lake.database, ctas_table="made", s3_output=lake.at("ctas"),
        storage_format="parquet", write_compression="zstd", partitioning_info=["c_date"], wait=True,
    )  # fmt: skip
    assert (made["ctas_database"], made["ctas_table"]) == (lake.database, "made")
    assert made["ctas_query_metadata"].raw_payload["StatementType"] == "DDL"
    shown = wr.athena.show_create_table("made", database=lake.database, s3_output=lake.results)
    assert "CREATE EXTERNAL TABLE" in shown
    assert "`c_decimal` decimal(10,2)" in shown
    described = wr.athena.describe_table("made", database=lake.database, s3_output=lake.results)
    assert described[["Column Name", "Type", "Partition"]].to_numpy().tolist() == [
        ["id", "int", False], ["c_string", "string", False], ["c_decimal", "decimal(10,2)", False], ["c_date", "date", True]]  # fmt: skip
    generated = wr.athena.generate_create_query("made", database=lake.database)
    assert "PARTITIONED BY" in generated
    frame = wr.s3.read_parquet_table("made", database=lake.database)
    assert len(frame) == 2


def test_unload_for_other_readers(wr, lake, every_type):
    wr.athena.unload(
        "SELECT id, c_string, c_date FROM every_type", lake.at("unloaded/"), file_format="parquet",
        compression="snappy", partitioned_by=["c_date"], database=lake.database,
    )  # fmt: skip
    frame = wr.s3.read_parquet(
        lake.at("unloaded/"), dataset=True, path_ignore_suffix=["-manifest.csv", ".metadata"]
    ).sort_values("id")
    assert frame["c_string"].tolist()[0] == "line\nbreak"
    assert any("c_date=2024-02-29/" in key for key in lake.keys("unloaded/"))


def test_repair_table(wr, lake):
    wr.s3.to_parquet(pd.DataFrame({"n": [1]}), lake.at("repaired/p=1/a.parquet"))
    wr.catalog.create_parquet_table(
        lake.database, "repaired", lake.at("repaired/"), {"n": "bigint"}, partitions_types={"p": "int"}
    )
    assert wr.athena.repair_table("repaired", database=lake.database, s3_output=lake.results) == "SUCCEEDED"
    assert {k.rstrip("/"): v for k, v in wr.catalog.get_partitions(lake.database, "repaired").items()} == {
        lake.at("repaired/p=1"): ["1"]
    }


@pytest.mark.filterwarnings("ignore:No `s3_output` was provided")  # that is what is tested
def test_the_default_bucket_for_results(wr, lake, every_type):
    bucket = wr.athena.create_athena_bucket()
    assert bucket.startswith("s3://aws-athena-query-results-")
    frame = wr.athena.read_sql_query("SELECT 1 AS a", database=lake.database, ctas_approach=False)
    assert frame["a"].tolist() == [1]


def test_workgroup_that_enforces_its_output(wr, lake, every_type):
    athena = lake.aws.of("athena")
    name = f"{lake.database}-enforced"
    athena.create_work_group(
        Name=name,
        Configuration={
            "ResultConfiguration": {"OutputLocation": lake.at("enforced/"), "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}},
            "EnforceWorkGroupConfiguration": True,
        },
    )  # fmt: skip
    for way in WAYS.values():
        frame = (
            wr.athena.read_sql_query(
                "SELECT id FROM every_type ORDER BY id",
                lake.database,
                workgroup=name,
                s3_output=lake.at("ignored/"),
                **way,
            )
            if "unload_approach" not in way
            else None
        )
        assert frame is None or frame["id"].tolist() == [1, 2]
    assert lake.keys("ignored/") == []
    assert lake.keys("enforced/") != []


def test_options_of_reading(ask, wr, lake):
    arrow = ask(
        "SELECT id, c_decimal, c_array FROM every_type ORDER BY id", ctas_approach=True, dtype_backend="pyarrow"
    )
    assert str(arrow["id"].dtype) == "int32[pyarrow]"
    source = ask("SELECT id FROM every_type WHERE id = 1", ctas_approach=False, data_source="AwsDataCatalog")
    assert source["id"].tolist() == [1]
    token = "a-token-that-is-the-same-for-both-requests"
    once = ask("SELECT 'once' AS a", ctas_approach=False, client_request_token=token)
    assert once["a"].tolist() == ["once"]
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
    found = [
        wr.athena.read_sql_query("SELECT count(*) AS n FROM every_type", lake.database, ctas_approach=False, s3_output=lake.at("reuse/"), result_reuse_configuration=reuse)
        for _ in range(2)
    ]  # fmt: skip
    assert found[1].query_metadata["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"] is True


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_ctas_in_every_format(wr, lake, ask, kind):
    formats = {"csv": "TEXTFILE", "json": "JSON", "parquet": "PARQUET"}
    wr.athena.create_ctas_table(
        "SELECT id, c_string, c_double FROM every_type WHERE id = 2 UNION ALL SELECT 3, 'plain', 2.5", database=lake.database,
        ctas_table=f"in_{kind}", s3_output=lake.at(f"formats/{kind}"), storage_format=formats[kind], write_compression="gzip", wait=True,
    )  # fmt: skip
    found = ask(f"SELECT * FROM in_{kind} ORDER BY id", ctas_approach=False)
    assert found["id"].tolist() == [2, 3]
    assert found["c_double"].tolist()[1] == 2.5
    assert found["c_string"].isna().tolist() == [True, False]


@pytest.mark.parametrize("way", WAYS)
def test_parameters_whichever_way_it_is_read(ask, way):
    found = ask(
        "SELECT id FROM every_type WHERE lower(c_row.word) = ? AND c_date = ?",
        params=["seven", "DATE '2024-02-29'"],
        paramstyle="qmark",
        **WAYS[way],
    )
    assert found["id"].tolist() == [1]
