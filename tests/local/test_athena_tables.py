"""CTAS, INSERT, UNLOAD, views, partitions, buckets, DDL and the other SerDes."""

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

STATES = ["CA", "NY", "TX", "WA"]


@pytest.fixture(scope="module")
def lake(athena_stack):
    athena_stack.done(
        "CREATE TABLE people AS SELECT n AS id, 'name ' || CAST(n AS varchar) AS name, "
        f"element_at(ARRAY{STATES}, CAST(n % 4 AS integer) + 1) AS state FROM UNNEST(sequence(1, 2000)) AS t(n)"
    )
    return athena_stack


def table_of(lake, name):
    return lake.glue.get_table(DatabaseName=lake.database, Name=name)["Table"]


def test_ctas_registers_the_table_it_wrote(lake):
    table = table_of(lake, "people")
    assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
        ("id", "bigint"),
        ("name", "string"),
        ("state", "varchar(2)"),  # Trino's Hive connector keeps the length of a varchar(n)
    ]
    assert table["Parameters"]["parquet.compression"] == "GZIP"
    assert table["StorageDescriptor"]["Location"].startswith(lake.results + "tables/")
    assert lake.rows("SELECT count(*), min(name) FROM people") == [("2000", "name 1")]


def test_ctas_leaves_a_manifest_of_its_files(lake):
    found = lake.done(f"CREATE TABLE noted WITH (external_location = '{lake.at('noted')}') AS SELECT 1 AS a")
    bucket, key = found["Statistics"]["DataManifestLocation"].removeprefix("s3://").split("/", 1)
    files = lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode().split()
    assert files == [lake.at(key) for key in lake.keys("noted/")]
    answer = lake.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    assert (answer["UpdateCount"], answer["ResultSet"]["Rows"]) == (1, [])


def test_partitioned_ctas_prunes_partitions(lake):
    lake.done("CREATE TABLE by_state WITH (partitioned_by = ARRAY['state']) AS SELECT * FROM people")
    values = {
        tuple(p["Values"])
        for p in lake.glue.get_partitions(DatabaseName=lake.database, TableName="by_state")["Partitions"]
    }
    assert values == {(s,) for s in STATES}
    assert lake.rows("SELECT state, count(*) FROM by_state GROUP BY 1 ORDER BY 1") == [(s, "500") for s in STATES]
    whole, one = lake.scanned("SELECT id FROM by_state"), lake.scanned("SELECT id FROM by_state WHERE state = 'CA'")
    assert 0 < one < whole / 3
    assert lake.scanned("SELECT id FROM by_state WHERE upper(state) LIKE 'C%'") == one
    assert lake.scanned("SELECT x.id FROM (SELECT id, state AS s FROM by_state) x WHERE s IN ('CA')") == one


def test_pruning_reaches_through_views(lake):
    lake.done("CREATE TABLE viewed WITH (partitioned_by = ARRAY['state']) AS SELECT * FROM people")
    lake.done("CREATE OR REPLACE VIEW v_people AS SELECT state AS st, id FROM viewed")
    assert lake.scanned("SELECT id FROM v_people WHERE st = 'NY'") == lake.scanned(
        "SELECT id FROM viewed WHERE state = 'NY'"
    )
    table = table_of(lake, "v_people")
    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["ViewOriginalText"].startswith("/* Presto View: ")
    with_replace = lake.done("CREATE OR REPLACE VIEW v_people AS SELECT 1 AS one")
    assert with_replace["SubstatementType"] == "CREATE_VIEW"
    assert lake.rows("SELECT * FROM v_people") == [("1",)]
    assert "already exists" in lake.failure("CREATE VIEW v_people AS SELECT 1 AS one")


def test_bucketed_ctas_reads_one_bucket_for_one_key(lake):
    lake.done(
        f"CREATE TABLE bucketed WITH (bucketed_by = ARRAY['name'], bucket_count = 8, external_location = '{lake.at('bk/')}') "
        "AS SELECT * FROM people"
    )
    names = sorted(key.rsplit("/", 1)[1][:6] for key in lake.keys("bk/"))
    assert names == [f"{n:06d}" for n in range(8)]
    whole = lake.scanned("SELECT * FROM bucketed")
    assert lake.scanned("SELECT * FROM bucketed WHERE name = 'name 7'") < whole / 5
    assert lake.rows("SELECT id FROM bucketed WHERE name IN ('name 7', 'name 1999') ORDER BY id") == [("7",), ("1999",)]
    assert "bucketed" in lake.failure("INSERT INTO bucketed SELECT * FROM people")


def test_bytes_of_parquet_are_the_chunks_of_the_named_columns(lake, tmp_path):
    lake.done(f"CREATE TABLE chunks WITH (external_location = '{lake.at('chunks/')}') AS SELECT id, name FROM people")
    expected = 0
    for key in lake.keys("chunks/"):
        lake.s3.download_file(lake.bucket, key, str(tmp_path / "f"))
        meta = pq.read_metadata(tmp_path / "f")
        expected += sum(meta.row_group(g).column(0).total_compressed_size for g in range(meta.num_row_groups))
    assert lake.scanned("SELECT sum(id) FROM chunks") == expected
    assert lake.scanned("SELECT id FROM chunks WHERE id > 5000") == 0
    assert lake.scanned("SELECT count(*) FROM chunks") == 0


def test_insert_appends_and_adds_partitions(lake):
    lake.done("CREATE TABLE growing WITH (partitioned_by = ARRAY['p']) AS SELECT 1 AS a, 'x' AS p")
    lake.done("INSERT INTO growing VALUES (2, 'x'), (3, 'y')")
    lake.done("INSERT INTO growing (p, a) SELECT 'z', 4")
    assert lake.rows("SELECT a, p FROM growing ORDER BY a") == [("1", "x"), ("2", "x"), ("3", "y"), ("4", "z")]
    assert lake.rows('SELECT p FROM "growing$partitions" ORDER BY p') == [("x",), ("y",), ("z",)]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("CREATE TABLE people AS SELECT 1 AS a", "TABLE_ALREADY_EXISTS"),
        ("CREATE TABLE n1 AS SELECT 1", "MISSING_COLUMN_NAME"),
        ("CREATE TABLE n2 AS SELECT 1 AS a, 2 AS a", "DUPLICATE_COLUMN_NAME"),
        ("CREATE TABLE n3 WITH (format = 'ION') AS SELECT 1 AS a", "NOT_SUPPORTED"),
        ("CREATE TABLE n4 WITH (partitioned_by = ARRAY['a']) AS SELECT 1 AS a, 2 AS b", "HIVE_COLUMN_ORDER_MISMATCH"),
        ("CREATE TABLE n5 WITH (nonsense = 'x') AS SELECT 1 AS a", "INVALID_TABLE_PROPERTY"),
        (
            "CREATE TABLE n6 WITH (partitioned_by = ARRAY['p']) AS SELECT 1 AS a, n AS p FROM UNNEST(sequence(1, 101)) AS t(n)",
            "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets",
        ),
        ("INSERT INTO no_table SELECT 1", "TABLE_NOT_FOUND"),
    ],
)
def test_writes_that_athena_refuses(lake, sql, code):
    assert lake.failure(sql).startswith(code)


def test_a_location_in_use_is_refused_and_kept(lake):
    lake.put("taken/file", b"x")
    reason = lake.failure(f"CREATE TABLE taken WITH (external_location = '{lake.at('taken/')}') AS SELECT 1 AS a")
    assert reason.startswith("HIVE_PATH_ALREADY_EXISTS")
    assert lake.keys("taken/") == ["taken/file"]


def test_a_failed_ctas_leaves_nothing(lake):
    lake.failure(
        f"CREATE TABLE gone WITH (external_location = '{lake.at('gone/')}') AS SELECT 1 / (id - id) AS a FROM people"
    )
    assert lake.keys("gone/") == []


def test_a_ctas_of_too_many_partitions_leaves_orphans_and_no_table(lake):
    made = (
        f"CREATE TABLE orphaned WITH (external_location = '{lake.at('orphaned/')}', partitioned_by = ARRAY['p']) AS "
        "SELECT 1 AS a, n AS p FROM UNNEST(sequence(1, 101)) AS t(n)"
    )
    assert lake.failure(made).startswith("HIVE_TOO_MANY_OPEN_PARTITIONS")
    assert len(lake.keys("orphaned/")) == 100
    assert lake.failure("SELECT * FROM orphaned").startswith("TABLE_NOT_FOUND")
    assert lake.failure(made).startswith("HIVE_PATH_ALREADY_EXISTS")


def test_insert_casts_what_has_a_common_type(lake):
    lake.done("CREATE TABLE narrow AS SELECT 1 AS i, CAST(1 AS decimal(4,1)) AS d")
    lake.done("INSERT INTO narrow SELECT BIGINT '2', CAST(2.25 AS decimal(12,2))")
    assert lake.rows("SELECT * FROM narrow ORDER BY i") == [("1", "1.0"), ("2", "2.3")]
    assert lake.failure("INSERT INTO narrow SELECT BIGINT '3000000000', 1").startswith("NUMERIC_VALUE_OUT_OF_RANGE")
    assert lake.failure("INSERT INTO narrow VALUES ('x', 1)").startswith("TYPE_MISMATCH")
    assert lake.failure("INSERT INTO narrow (i, i) VALUES (1, 2)").startswith("DUPLICATE_COLUMN_NAME")


def test_conditions_on_names_that_duckdb_prints_bare(lake):
    """A column that only a condition names is read, whatever its name: `$path`, a word of SQL's, one with a space."""
    lake.put("bare/one", b"1|x|5|6\n")
    lake.put("bare/two", b"2|y|7|8\n")
    lake.done(
        "CREATE EXTERNAL TABLE bare (n int, `order` string, `odd name` int, `select` int) "
        f"ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' LOCATION '{lake.at('bare/')}'"
    )
    assert lake.rows(f"SELECT n FROM bare WHERE \"$path\" = '{lake.at('bare/one')}'") == [("1",)]
    assert lake.scanned(f"SELECT n FROM bare WHERE \"$path\" = '{lake.at('bare/one')}'") == 8  # bytes of that file
    assert lake.rows('SELECT count(*) FROM bare WHERE "$file_size" = 8 AND "$path" LIKE \'%/two\'') == [("1",)]
    assert lake.rows('SELECT n FROM bare WHERE "order" = \'y\' AND "odd name" > 6 AND "select" IN (8, 11)') == [("2",)]
    assert lake.rows("SELECT n FROM bare WHERE \"order\" = 'n order x'") == []


@pytest.mark.parametrize("codec", ["NONE", "GZIP", "LZ4"])
def test_json_is_written_into_partitions(lake, codec):
    lake.done(
        f"CREATE TABLE parted_json_{codec} WITH (format = 'JSON', write_compression = '{codec}', "
        "partitioned_by = ARRAY['p']) AS SELECT 1 AS a, 'q\"\\x' AS s, ARRAY[1, NULL] AS l, CAST(ROW(1, 'z') AS "
        "ROW(x integer, y varchar)) AS r, TIMESTAMP '2020-01-01 01:02:03.456' AS t, 'k' AS p"
    )
    assert lake.rows(f"SELECT * FROM parted_json_{codec}") == [
        ("1", 'q"\\x', "[1, null]", "{x=1, y=z}", "2020-01-01 01:02:03.456", "k")
    ]


@pytest.mark.parametrize(
    ("form", "compression"), [("PARQUET", "ZSTD"), ("TEXTFILE", "GZIP"), ("JSON", "ZSTD"), ("TEXTFILE", "NONE")]
)
def test_each_format_reads_back_what_it_wrote(lake, form, compression):
    name = f"rt_{form}_{compression}".lower()
    lake.done(
        f"CREATE TABLE {name} WITH (format = '{form}', write_compression = '{compression}') AS "
        "SELECT 1 AS i, 'a|b,\"c\"' AS s, CAST(NULL AS varchar) AS n, 2.5e0 AS d, DATE '2020-02-29' AS day, true AS b"
    )
    assert lake.rows(f"SELECT * FROM {name}") == [("1", 'a|b,"c"', None, "2.5", "2020-02-29", "true")]


def test_unload_writes_files_and_no_table(lake):
    lake.done(
        f"UNLOAD (SELECT id, state FROM people) TO '{lake.at('unloaded/')}' "
        "WITH (format = 'PARQUET', compression = 'SNAPPY', partitioned_by = ARRAY['state'])"
    )
    assert {key.split("/")[1] for key in lake.keys("unloaded/")} == {f"state={s}" for s in STATES}
    assert lake.failure(f"UNLOAD (SELECT 1 AS a) TO '{lake.at('unloaded/')}' WITH (format = 'JSON')").startswith(
        "HIVE_PATH"
    )


def test_ddl_of_an_external_table_from_start_to_end(lake):
    lake.put("ext/day=1/a.txt", b"1|x|1.5\nfoo|\\N|\n")
    lake.put("ext/day=2/a.txt", b"2|y|2.5\n")
    lake.done(
        "CREATE EXTERNAL TABLE ext (a int, b string, c double COMMENT 'third') PARTITIONED BY (day string) "
        f"ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' LOCATION '{lake.at('ext/')}'"
    )
    lake.done("MSCK REPAIR TABLE ext")
    assert lake.rows("SELECT * FROM ext ORDER BY day, b") == [
        ("1", "x", "1.5", "1"),
        (None, None, None, "1"),
        ("2", "y", "2.5", "2"),
    ]
    lake.put("elsewhere/a.txt", b"3|z|\n")
    lake.done(
        f"ALTER TABLE ext ADD IF NOT EXISTS PARTITION (day = '3') LOCATION '{lake.at('elsewhere/')}' PARTITION (day = '2')"
    )
    lake.done("ALTER TABLE ext DROP PARTITION (day = '1')")
    assert lake.rows("SELECT a, day FROM ext ORDER BY day") == [("2", "2"), ("3", "3")]
    lake.done(f"ALTER TABLE ext PARTITION (day = '2') SET LOCATION '{lake.at('elsewhere/')}'")
    assert lake.rows("SELECT a FROM ext WHERE day = '2'") == [("3",)]
    shown = lake.athena.get_query_results(QueryExecutionId=lake.done("SHOW PARTITIONS ext")["QueryExecutionId"])
    assert [r["Data"][0]["VarCharValue"] for r in shown["ResultSet"]["Rows"]] == ["day=2", "day=3"]
    lake.done("DROP TABLE ext")
    assert lake.failure("DESCRIBE ext").startswith("FAILED: SemanticException [Error 10001]")
    lake.done("DROP TABLE IF EXISTS ext")


def test_json_serde_matches_keys_in_any_case(lake):
    lake.put("json/a.json", b'{"userId": 1, "Tags": ["q"], "geo": {"x": 1, "y": "z"}}\n{"userid": "5", "tags": null}\n')
    lake.done(
        "CREATE EXTERNAL TABLE js (userid int, tags array<string>, geo struct<x:int,y:string>) "
        f"ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION '{lake.at('json/')}'"
    )
    assert lake.rows("SELECT * FROM js ORDER BY userid") == [("1", "[q]", "{x=1, y=z}"), ("5", None, None)]
    assert lake.rows("SELECT geo.y, tags[1] FROM js WHERE userid = 1") == [("z", "q")]


def test_partition_projection_ignores_what_is_registered(lake):
    lake.put("proj/v1/2024-01-02/a.csv", b"7\n")
    lake.done(
        f"CREATE EXTERNAL TABLE projected (a int) PARTITIONED BY (day string) LOCATION '{lake.at('proj/')}' TBLPROPERTIES ("
        "'projection.enabled' = 'true', 'projection.day.type' = 'date', 'projection.day.format' = 'yyyy-MM-dd', "
        "'projection.day.range' = '2024-01-01,2024-01-31', "
        f"'storage.location.template' = '{lake.at('proj/v1/')}${{day}}/')"
    )
    assert lake.rows("SELECT a, day FROM projected WHERE day BETWEEN '2024-01-01' AND '2024-01-05'") == [
        ("7", "2024-01-02")
    ]


def test_one_partition_per_file_at_any_location(lake):
    lake.csv_table("landed__files", ["id"], "landed/", ["_file"])
    descriptor = table_of(lake, "landed__files")["StorageDescriptor"]
    inputs = []
    for n in range(60):
        lake.put(f"landed/data/f{n}/part.csv", f"id\n{n}\n")
        inputs.append(
            {"Values": [f"f{n}"], "StorageDescriptor": {**descriptor, "Location": lake.at(f"landed/data/f{n}/")}}
        )
    lake.glue.batch_create_partition(DatabaseName=lake.database, TableName="landed__files", PartitionInputList=inputs)
    assert lake.rows("SELECT count(*), count(DISTINCT _file) FROM landed__files") == [("60", "60")]
    assert lake.rows("SELECT id, _file FROM landed__files WHERE _file IN ('f3', 'f7') ORDER BY 1") == [
        ("3", "f3"),
        ("7", "f7"),
    ]
    assert lake.scanned("SELECT id FROM landed__files WHERE _file IN ('f3', 'f7')") == 10


def test_catalogue_calls(lake):
    tables = lake.athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=lake.database)[
        "TableMetadataList"
    ]
    assert "people" in [t["Name"] for t in tables]
    found = lake.athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=lake.database, TableName="people")
    assert [c["Name"] for c in found["TableMetadata"]["Columns"]] == ["id", "name", "state"]
    with pytest.raises(ClientError, match="MetadataException"):
        lake.athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=lake.database, TableName="no")


def test_buckets_with_versioning_are_read_and_written(lake):
    lake.s3.create_bucket(Bucket="versioned-athena")
    lake.s3.put_bucket_versioning(Bucket="versioned-athena", VersioningConfiguration={"Status": "Enabled"})
    lake.done("CREATE TABLE kept WITH (external_location = 's3://versioned-athena/kept/') AS SELECT 1 AS a")
    (item,) = lake.s3.list_object_versions(Bucket="versioned-athena", Prefix="kept/")["Versions"]
    assert item["VersionId"] != "null"
    assert lake.s3.get_object(Bucket="versioned-athena", Key=item["Key"])["Body"].read()[:4] == b"PAR1"
    for body in (b"1\n", b"2\n"):
        lake.s3.put_object(Bucket="versioned-athena", Key="text/a.txt", Body=body)
    lake.done("CREATE EXTERNAL TABLE latest (a int) LOCATION 's3://versioned-athena/text/'")
    assert lake.rows("SELECT a FROM latest") == [("2",)]
    lake.s3.delete_object(Bucket="versioned-athena", Key="text/a.txt")
    assert lake.rows("SELECT a FROM latest") == []


def test_what_a_ctas_writes_is_announced_as_any_object(lake):
    sqs = lake.aws.of("sqs")
    url = sqs.create_queue(QueueName="athena-objects")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    lake.s3.create_bucket(Bucket="announced-athena")
    lake.s3.put_bucket_notification_configuration(
        Bucket="announced-athena",
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    lake.done("CREATE TABLE told WITH (external_location = 's3://announced-athena/told/') AS SELECT 1 AS a")
    bodies = []
    while not any("told/" in body for body in bodies):
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)
        bodies += [message["Body"] for message in answer["Messages"]]


def test_decimals_keep_their_scale(lake):
    lake.done(
        "CREATE TABLE money AS SELECT DECIMAL '1.25' AS a, CAST('7' AS decimal(10, 2)) AS b, CAST(NULL AS decimal(5, 1)) AS c"
    )
    assert [c["Type"] for c in table_of(lake, "money")["StorageDescriptor"]["Columns"]] == [
        "decimal(3,2)",
        "decimal(10,2)",
        "decimal(5,1)",
    ]
    assert lake.rows("SELECT * FROM money") == [("1.25", "7.00", None)]
