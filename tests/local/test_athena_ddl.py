"""Hive DDL: databases, external tables, ALTER TABLE, MSCK REPAIR TABLE, and what is refused.

Expected: the Athena user guide's page of each statement ("CREATE DATABASE", "CREATE TABLE", "ALTER TABLE ...",
"MSCK REPAIR TABLE", "Reserved keywords", "Unsupported DDL"); words of failures: Hive's DDLTask and SemanticAnalyzer.
"""

import json

import pytest
from botocore.exceptions import ClientError

DDL_TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "


@pytest.fixture(scope="module")
def lake(athena_stack):
    return athena_stack


def lines(lake, sql):
    """GetQueryResults of a statement whose result has no header: the whole line of each row."""
    identifier = lake.done(sql)["QueryExecutionId"]
    rows = lake.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"]
    return ["\t".join(d.get("VarCharValue", "") for d in row["Data"]) for row in rows]


def table(lake, name):
    return lake.glue.get_table(DatabaseName=lake.database, Name=name)["Table"]


def columns(lake, name):
    return [(one["Name"], one["Type"]) for one in table(lake, name)["StorageDescriptor"]["Columns"]]


def partitions(lake, name):
    found = lake.glue.get_partitions(DatabaseName=lake.database, TableName=name)["Partitions"]
    return {"/".join(one["Values"]): one["StorageDescriptor"]["Location"] for one in found}


@pytest.fixture(scope="module")
def orders(lake):
    lake.done(
        "CREATE EXTERNAL TABLE orders (id int, name string) PARTITIONED BY (dt string, country string) "
        f"LOCATION '{lake.at('orders/')}'"
    )
    return "orders"


def test_a_database_with_everything(lake):
    lake.done(
        "CREATE DATABASE IF NOT EXISTS `ddl-db` COMMENT 'Site Foo clickstream' LOCATION 's3://bucket/clickstreams/' "
        "WITH DBPROPERTIES ('creator'='Jane D.', 'Dept.'='Marketing analytics');"
    )
    found = lake.glue.get_database(Name="ddl-db")["Database"]
    assert found["Description"] == "Site Foo clickstream"
    assert found["LocationUri"] == "s3://bucket/clickstreams/"
    assert found["Parameters"] == {"creator": "Jane D.", "Dept.": "Marketing analytics"}
    lake.done("ALTER DATABASE `ddl-db` SET DBPROPERTIES ('creator'='John Doe', 'department'='applied mathematics')")
    found = lake.glue.get_database(Name="ddl-db")["Database"]
    assert found["Parameters"]["creator"] == "John Doe"
    assert found["Parameters"]["Dept."] == "Marketing analytics"
    assert found["Description"] == "Site Foo clickstream"
    lake.done("CREATE SCHEMA IF NOT EXISTS `ddl-db`")
    assert lake.failure("CREATE SCHEMA `ddl-db`") == DDL_TASK + "Database ddl-db already exists"
    lake.done("CREATE EXTERNAL TABLE `ddl-db`.t (a int) LOCATION 's3://bucket/t/'")
    for statement in ("DROP DATABASE `ddl-db`", "DROP SCHEMA `ddl-db` RESTRICT"):
        assert "Database ddl-db is not empty. One or more tables exist." in lake.failure(statement)
    lake.done("DROP SCHEMA IF EXISTS `ddl-db` CASCADE")
    assert lake.failure("DROP DATABASE `ddl-db`") == (
        "FAILED: SemanticException [Error 10072]: Database does not exist: ddl-db"
    )
    lake.done("DROP DATABASE IF EXISTS `ddl-db`")
    assert "missing" in lake.failure("CREATE DATABASE ddl-db") or "ParseException" in lake.failure(
        "CREATE DATABASE a-b"
    )


def test_every_clause_of_create_external_table(lake):
    lake.done(
        f"""
        -- a comment before
        CREATE EXTERNAL TABLE IF NOT EXISTS `{lake.database}`.`Full_1` (
          `id` INT COMMENT 'the key; it''s one', -- a comment (with a bracket
          `date` date, price decimal(11, 5), code char(3), label varchar(10), raw binary, at timestamp,
          tags array < string >, props map<string, array<int>>,
          geo struct<x:double, `y`:double, inner_one:struct<a:int,b:array<map<string,bigint>>>> COMMENT 'place'
        ) /* between */
        COMMENT 'all of it'
        PARTITIONED BY (`year` int COMMENT 'when', month string)
        CLUSTERED BY (id, label) INTO 8 BUCKETS
        ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' COLLECTION ITEMS TERMINATED BY '|'
          MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\\n' NULL DEFINED AS 'NULL'
        STORED AS TEXTFILE
        LOCATION '{lake.at("full/")}'
        TBLPROPERTIES ('skip.header.line.count'='1', "classification"="csv");
        """.replace("it''s one", "it is one")
    )
    found = table(lake, "full_1")
    storage = found["StorageDescriptor"]
    assert columns(lake, "full_1") == [
        ("id", "int"),
        ("date", "date"),
        ("price", "decimal(11,5)"),
        ("code", "char(3)"),
        ("label", "varchar(10)"),
        ("raw", "binary"),
        ("at", "timestamp"),
        ("tags", "array<string>"),
        ("props", "map<string,array<int>>"),
        ("geo", "struct<x:double,y:double,inner_one:struct<a:int,b:array<map<string,bigint>>>>"),
    ]
    assert storage["Columns"][0]["Comment"] == "the key; it is one"
    assert found["PartitionKeys"] == [
        {"Name": "year", "Type": "int", "Comment": "when"},
        {"Name": "month", "Type": "string"},
    ]
    assert (storage["BucketColumns"], storage["NumberOfBuckets"]) == (["id", "label"], 8)
    assert storage["SerdeInfo"]["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    assert storage["SerdeInfo"]["Parameters"] == {
        "field.delim": "\t",
        "serialization.format": "\t",
        "escape.delim": "\\",
        "collection.delim": "|",
        "mapkey.delim": ":",
        "line.delim": "\n",
        "serialization.null.format": "NULL",
    }
    parameters = found["Parameters"]
    assert {"EXTERNAL", "comment", "classification", "skip.header.line.count", "transient_lastDdlTime"} <= {*parameters}
    assert (parameters["comment"], parameters["EXTERNAL"]) == ("all of it", "TRUE")
    assert lake.failure("CREATE EXTERNAL TABLE full_1 (a int) LOCATION 's3://b/'") == (
        DDL_TASK + "AlreadyExistsException(message:Table full_1 already exists)"
    )
    lake.done("CREATE EXTERNAL TABLE IF NOT EXISTS full_1 (a int) LOCATION 's3://b/'")


@pytest.mark.parametrize(
    ("clause", "inputs", "serde"),
    [
        ("", "TextInputFormat", "LazySimpleSerDe"),
        ("STORED AS SEQUENCEFILE", "SequenceFileInputFormat", "LazySimpleSerDe"),
        ("STORED AS RCFILE", "RCFileInputFormat", "LazyBinaryColumnarSerDe"),
        ("STORED AS ORC", "OrcInputFormat", "OrcSerde"),
        ("STORED AS PARQUET", "MapredParquetInputFormat", "ParquetHiveSerDe"),
        ("STORED AS AVRO", "AvroContainerInputFormat", "AvroSerDe"),
        ("STORED AS ION", "IonInputFormat", "IonHiveSerDe"),
        (
            "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('paths'='a')",
            "TextInputFormat",
            "JsonSerDe",
        ),
        (
            """ROW FORMAT SERDE 'RegexSerDe' WITH SERDEPROPERTIES ('input.regex'='^(\\\\S+)$')
            STORED AS INPUTFORMAT 'a.In' OUTPUTFORMAT 'b.Out'""",
            "In",
            "RegexSerDe",
        ),
    ],
)
def test_formats(lake, clause, inputs, serde):
    name = f"format_{inputs}_{serde}".lower()
    lake.done(f"CREATE EXTERNAL TABLE {name} (a int) {clause} LOCATION '{lake.at('f/')}'")
    storage = table(lake, name)["StorageDescriptor"]
    assert storage["InputFormat"].rpartition(".")[2] == inputs
    assert storage["SerdeInfo"]["SerializationLibrary"].rpartition(".")[2] == serde
    if serde == "RegexSerDe":
        assert storage["SerdeInfo"]["Parameters"]["input.regex"] == r"^(\S+)$"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE EXTERNAL TABLE bad (a int)", "LOCATION"),
        ("CREATE EXTERNAL TABLE bad (a int) LOCATION 's3://bucket'", "Can not create a Path from an empty string"),
        ("CREATE EXTERNAL TABLE bad (a int) LOCATION 'hdfs://x/y/'", "No FileSystem for scheme: hdfs"),
        ("CREATE EXTERNAL TABLE bad (a int, A string) LOCATION 's3://b/'", "[Error 10036]: Duplicate column name: a"),
        (
            "CREATE EXTERNAL TABLE bad (a int) PARTITIONED BY (a int) LOCATION 's3://b/'",
            "[Error 10035]: Column repeated in partitioning columns",
        ),
        (
            "CREATE EXTERNAL TABLE bad (a int) CLUSTERED BY (b) INTO 2 BUCKETS LOCATION 's3://b/'",
            "[Error 10002]: Invalid column reference",
        ),
        ("CREATE EXTERNAL TABLE no_db.bad (a int) LOCATION 's3://b/'", "Database does not exist: no_db"),
        # "You cannot use DDL reserved keywords as identifier names in DDL statements without enclosing them in backticks"
        (
            "CREATE EXTERNAL TABLE bad (date string) LOCATION 's3://b/'",
            "ParseException line 1:27 cannot recognize input",
        ),
        ("CREATE EXTERNAL TABLE bad (user string) LOCATION 's3://b/'", "cannot recognize input near 'user' 'string'"),
        ("CREATE EXTERNAL TABLE bad (\"a\" string) LOCATION 's3://b/'", "ParseException"),
        ("CREATE EXTERNAL TABLE bad (a integerr) LOCATION 's3://b/'", "cannot recognize input near 'integerr'"),
        ("CREATE EXTERNAL TABLE bad (a int) STORED AS DELTA LOCATION 's3://b/'", "cannot recognize input near 'DELTA'"),
        ("CREATE EXTERNAL TABLE bad (a int) LOCATION 's3://b/' nonsense", "cannot recognize input near 'nonsense'"),
        ("CREATE EXTERNAL TABLE bad (a array<int) LOCATION 's3://b/'", "ParseException"),
        ("CREATE EXTERNAL TABLE bad (a 'int) LOCATION 's3://b/'", "ParseException"),
        (
            f"CREATE EXTERNAL TABLE bad (a {'array<' * 2000}int{'>' * 2000}) LOCATION 's3://b/'",
            "cannot recognize input near 'array' '<'",
        ),
        ("DROP TABLE none_such", "[Error 10001]: Table not found"),
        ("ALTER TABLE none_such ADD COLUMNS (a int)", "[Error 10001]: Table not found"),
        ("MSCK REPAIR TABLE none_such", "[Error 10001]: Table not found"),
        ("DESCRIBE none_such", "[Error 10001]: Table not found"),
        # AWS on this one: "results in the error message" that follows
        ("DESCRIBE TABLE orders", "FAILED: SemanticException [Error 10001]: Table not found table"),
    ],
)
def test_what_fails(lake, statement, words):
    assert words in lake.failure(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER INDEX i ON t REBUILD", "COMMIT", "CREATE INDEX i ON TABLE t (a)", "CREATE ROLE r",
        "CREATE TABLE a LIKE b", "CREATE TEMPORARY MACRO m() 1", "DESCRIBE DATABASE d", "DFS -ls", "DROP INDEX i ON t",
        "DROP ROLE r", "DROP TEMPORARY MACRO m", "EXPORT TABLE t TO 'x'", "GRANT ROLE r TO USER u",
        "IMPORT TABLE t FROM 'x'", "LOCK DATABASE d SHARED", "LOCK TABLE t SHARED", "REVOKE ROLE r FROM USER u",
        "ROLLBACK", "SHOW COMPACTIONS", "SHOW CURRENT ROLES", "SHOW GRANT", "SHOW INDEXES ON t", "SHOW LOCKS t",
        "SHOW PRINCIPALS r", "SHOW ROLE GRANT USER u", "SHOW ROLES", "SHOW STATS FOR t", "SHOW TRANSACTIONS",
        "START TRANSACTION", "UNLOCK DATABASE d", "UNLOCK TABLE t",
    ],
)  # fmt: skip
def test_unsupported_statements_are_refused_by_name(lake, statement):
    words = " ".join(statement.split()[:2]) if "LIKE" not in statement else "LIKE"
    with pytest.raises(ClientError, match="not supported") as refused:
        lake.start(statement)
    assert words.split()[0] in str(refused.value)
    assert words.split()[-1].rstrip(";") in str(refused.value) or "DFS" in str(refused.value)


@pytest.mark.parametrize(
    "action",
    [
        "ARCHIVE PARTITION (dt='1', country='IN')", "CLUSTERED BY (id) INTO 2 BUCKETS",
        "EXCHANGE PARTITION (dt='1') WITH TABLE x", "NOT CLUSTERED", "NOT SKEWED", "NOT SORTED",
        "NOT STORED AS DIRECTORIES", "RENAME TO x", "SET SERDEPROPERTIES ('a'='b')",
        "SET SKEWED LOCATION (1='s3://b/')", "SKEWED BY (id) ON (1)", "TOUCH", "UNARCHIVE PARTITION (dt='1', country='IN')",
        "PARTITION (dt='1', country='IN') COMPACT 'major'", "PARTITION (dt='1', country='IN') CONCATENATE",
        "PARTITION (dt='1', country='IN') SET FILEFORMAT ORC",
    ],
)  # fmt: skip
def test_unsupported_alterations_are_refused_by_name(lake, orders, action):
    found = lake.failure(f"ALTER TABLE orders {action}")
    words = action.partition(")")[2] if action.startswith("PARTITION") else action
    assert found.startswith("NOT_SUPPORTED: ALTER TABLE")
    assert " ".join(words.split()[:2]).split("(")[0].split("'")[0].strip() in found


def test_partitions_are_added_renamed_moved_and_dropped(lake, orders):
    root = lake.at("orders")
    lake.done(
        "ALTER TABLE orders ADD PARTITION (dt = '2014-05-14', country = 'IN') "
        f"PARTITION (country = 'US', dt = '2014-05-15') LOCATION '{lake.at('elsewhere/')}'"
    )
    assert partitions(lake, "orders") == {
        "2014-05-14/IN": f"{root}/dt=2014-05-14/country=IN",
        "2014-05-15/US": lake.at("elsewhere/"),
    }
    assert "AlreadyExistsException" in lake.failure("ALTER TABLE orders ADD PARTITION (dt='2014-05-14', country='IN')")
    lake.done("ALTER TABLE orders ADD IF NOT EXISTS PARTITION (dt='2014-05-14', country='IN')")
    lake.done(
        "ALTER TABLE orders PARTITION (dt = '2014-05-14', country = 'IN') "
        "RENAME TO PARTITION (dt = '2014-05-16', country = 'IN')"
    )
    lake.done(f"ALTER TABLE orders PARTITION (dt='2014-05-16', country='IN') SET LOCATION '{lake.at('moved/')}'")
    assert partitions(lake, "orders")["2014-05-16/IN"] == lake.at("moved/")
    assert lines(lake, "SHOW PARTITIONS orders") == ["dt=2014-05-15/country=US", "dt=2014-05-16/country=IN"]
    assert lake.rows('SELECT * FROM "orders$partitions" ORDER BY dt') == [
        ("2014-05-15", "US"),
        ("2014-05-16", "IN"),
    ]
    drop = (
        "ALTER TABLE orders DROP PARTITION (dt = '2014-05-15', country = 'US'), PARTITION (dt = '{}', country = 'IN')"
    )
    assert "[Error 10006]: Partition not found" in lake.failure(drop.format("1999-01-01"))
    assert len(partitions(lake, "orders")) == 2
    lake.done(drop.format("2014-05-16"))
    lake.done("ALTER TABLE orders DROP IF EXISTS PARTITION (dt = '2014-05-15', country = 'US')")
    assert partitions(lake, "orders") == {}
    assert "partition columns" in lake.failure("ALTER TABLE orders ADD PARTITION (dt = '1')")
    assert "Non-Partition column" in lake.failure("ALTER TABLE orders ADD PARTITION (dt='1', id=2)")
    lake.done("ALTER TABLE orders ADD PARTITION (dt = 'a/b=c', country = 'x%y')")
    assert lines(lake, "SHOW PARTITIONS orders") == ["dt=a%2Fb%3Dc/country=x%25y"]
    lake.done("ALTER TABLE orders DROP PARTITION (dt = 'a/b=c', country = 'x%y')")


def test_columns_are_added_replaced_and_changed(lake):
    where = lake.at("names/")
    lake.done(
        f"CREATE EXTERNAL TABLE names_cities (col1 string, col2 string) PARTITIONED BY (p int) LOCATION '{where}'"
    )
    lake.done("ALTER TABLE names_cities ADD PARTITION (p = 1)")
    lake.done("ALTER TABLE names_cities ADD COLUMNS (col3 string COMMENT 'third')")
    assert lines(lake, "SHOW COLUMNS IN names_cities") == [n.ljust(20) for n in ("col1", "col2", "col3", "p")]
    lake.done("ALTER TABLE names_cities REPLACE COLUMNS (first_name string, last_name string, city string)")
    lake.done("ALTER TABLE names_cities CHANGE COLUMN city town varchar(20) COMMENT 'where' AFTER first_name")
    assert columns(lake, "names_cities") == [("first_name", "string"), ("town", "varchar(20)"), ("last_name", "string")]
    lake.done("ALTER TABLE names_cities CHANGE last_name last_name string FIRST")
    assert columns(lake, "names_cities")[0] == ("last_name", "string")
    lake.done("ALTER TABLE names_cities PARTITION (p = 1) ADD COLUMNS (extra int)")
    part = lake.glue.get_partition(DatabaseName=lake.database, TableName="names_cities", PartitionValues=["1"])
    assert [one["Name"] for one in part["Partition"]["StorageDescriptor"]["Columns"]] == ["col1", "col2", "extra"]
    assert "Duplicate column name: town" in lake.failure("ALTER TABLE names_cities ADD COLUMNS (town int)")
    assert "Duplicate column name: p" in lake.failure("ALTER TABLE names_cities ADD COLUMNS (p int)")
    assert "Invalid column reference" in lake.failure("ALTER TABLE names_cities CHANGE COLUMN no_col no_col int")
    lake.done(
        "CREATE EXTERNAL TABLE js_replace (a int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
        f"LOCATION '{where}'"
    )
    assert "SerDe may be incompatible" in lake.failure("ALTER TABLE js_replace REPLACE COLUMNS (b int)")
    lake.done(f"ALTER TABLE js_replace SET LOCATION '{lake.at('other/')}'")
    assert "ParseException" in lake.failure("ALTER TABLE js_replace SET TBLPROPERTIES ('a'='b') nonsense")
    lake.done("ALTER TABLE js_replace SET TBLPROPERTIES ('projection.enabled'='false', 'note'='x')")
    found = table(lake, "js_replace")
    assert found["StorageDescriptor"]["Location"] == lake.at("other/")
    assert (found["Parameters"]["note"], found["Parameters"]["EXTERNAL"]) == ("x", "TRUE")


def test_msck_registers_hive_folders_in_lower_case_only(lake):
    lake.done(f"CREATE EXTERNAL TABLE msck (a int) PARTITIONED BY (dt string, h int) LOCATION '{lake.at('msck')}'")
    for key in ("dt=1/h=1/f", "dt=1/h=2/f", "dt=x%2Fy/h=3/f", "DT=2/h=1/f", "dt=2/H=1/f", "dt=9/f", "other/f",
                "dt=12:30/h=1/f"):  # fmt: skip
        lake.put(f"msck/{key}", "1\n")
    labels = ["msck:dt=1/h=1", "msck:dt=1/h=2", "msck:dt=x%2Fy/h=3"]
    assert lines(lake, "MSCK REPAIR TABLE msck") == [
        "\t".join(["Partitions not in metastore:", *labels]),
        *(f"Repair: Added partition to metastore {label}" for label in labels),
    ]
    assert lake.rows("SELECT dt, h, a FROM msck ORDER BY h") == [("1", "1", "1"), ("1", "2", "1"), ("x/y", "3", "1")]
    assert lines(lake, "MSCK REPAIR TABLE msck") == []
    lake.s3.delete_object(Bucket=lake.bucket, Key="msck/dt=1/h=2/f")
    # "MSCK REPAIR TABLE only adds partitions to metadata; it does not remove them."
    assert lines(lake, "MSCK REPAIR TABLE msck;") == ["Partitions missing from filesystem:\tmsck:dt=1/h=2"]
    assert len(partitions(lake, "msck")) == 3


def test_dropping_tables_and_views(lake):
    lake.done(f"CREATE EXTERNAL TABLE doomed (a int) LOCATION '{lake.at('doomed/')}'")
    lake.put("doomed/f", "1\n")
    lake.done("CREATE VIEW v_doomed AS SELECT a FROM doomed")
    assert "Cannot drop a view with DROP TABLE" in lake.failure("DROP TABLE v_doomed")
    assert "does not exist" in lake.failure("DROP VIEW doomed")
    lake.done(f'DROP VIEW "{lake.database}"."v_doomed"')
    lake.done("DROP VIEW IF EXISTS v_doomed")
    lake.done(f"DROP TABLE `{lake.database}.doomed`")
    lake.done("DROP TABLE IF EXISTS doomed")
    assert lake.keys("doomed/") == ["doomed/f"]  # "the underlying data remains intact"


def test_views_are_stored_as_athena_stores_them(lake):
    lake.done("CREATE VIEW v_types AS SELECT 1 AS one, 'x' AS word")
    assert "already exists" in lake.failure("CREATE VIEW v_types AS SELECT 2 AS two")
    lake.done("CREATE OR REPLACE VIEW v_types (n, w) AS SELECT 2, 'y'")
    found = table(lake, "v_types")
    assert found["TableType"] == "VIRTUAL_VIEW"
    assert found["Parameters"]["presto_view"] == "true"
    assert found["ViewOriginalText"].startswith("/* Presto View: ")
    assert lake.rows("SELECT w, n FROM v_types") == [("y", "2")]
    assert lines(lake, "SHOW CREATE VIEW v_types")[0].startswith(f"CREATE VIEW {lake.database}.v_types AS")
    assert "v_types" in lines(lake, "SHOW VIEWS")
    # A literal's length is part of its type (Trino), and Glue's name for the type keeps it.
    assert json.dumps(columns(lake, "v_types")) == '[["n", "int"], ["w", "varchar(1)"]]'
