"""SHOW, DESCRIBE and information_schema.

Expected: the Athena user guide's pages "SHOW ...", "DESCRIBE" (its example output), "Querying the AWS Glue Data Catalog";
the padding to 20 characters is that of Hive's MetaDataFormatUtils.
"""

import pytest


@pytest.fixture(scope="module")
def lake(athena_stack):
    lake = athena_stack
    for name in ("alb_logs", "cloudfront_logs", "elb_logs", "flights_2016", "flights_parquet"):
        lake.done(f"CREATE EXTERNAL TABLE {name} (a int) LOCATION '{lake.at('shown/')}'")
    lake.done("CREATE VIEW view_2016_flights_dfw AS SELECT a FROM flights_2016")
    lake.done(
        f"""CREATE EXTERNAL TABLE impressions (requestbegintime string, number int COMMENT 'how many',
        timers struct<modellookup:string,requesttime:string>, props map<string,array<bigint>>)
        COMMENT 'ads' PARTITIONED BY (dt string COMMENT 'the day')
        ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('paths'='requestbegintime, number')
        LOCATION '{lake.at("impressions/")}' TBLPROPERTIES ('has_encrypted_data'='false')"""
    )
    lake.done("ALTER TABLE impressions ADD PARTITION (dt='2009-04-12-13-00')")
    return lake


def lines(lake, sql):
    identifier = lake.done(sql)["QueryExecutionId"]
    rows = lake.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"]
    return ["\t".join(d.get("VarCharValue", "") for d in row["Data"]) for row in rows]


TABLES = ["alb_logs", "cloudfront_logs", "elb_logs", "flights_2016", "flights_parquet", "impressions"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SHOW TABLES", [*TABLES, "view_2016_flights_dfw"]),
        ("SHOW TABLES IN {db}", [*TABLES, "view_2016_flights_dfw"]),
        ("SHOW TABLES IN `{db}` '*flights*'", ["flights_2016", "flights_parquet", "view_2016_flights_dfw"]),
        ("show tables '*logs';", ["alb_logs", "cloudfront_logs", "elb_logs"]),
        ("SHOW TABLES '.*logs'", ["alb_logs", "cloudfront_logs", "elb_logs"]),
        ("SHOW TABLES 'alb*|elb*'", ["alb_logs", "elb_logs"]),
        ("SHOW VIEWS", ["view_2016_flights_dfw"]),
        ("SHOW VIEWS IN {db} LIKE 'view*'", ["view_2016_flights_dfw"]),
        ("SHOW VIEWS LIKE 'x*'", []),
        ("SHOW DATABASES LIKE '{db}'", ["{db}"]),
        ("SHOW SCHEMAS LIKE '.*{db}'", ["{db}"]),
        ("SHOW PARTITIONS impressions", ["dt=2009-04-12-13-00"]),
        ("SHOW TBLPROPERTIES impressions('comment')", ["ads"]),
        ("SHOW TBLPROPERTIES impressions('nope')", ["Table {db}.impressions does not have property: nope"]),
        *(
            (f"SHOW COLUMNS {words}", [name.ljust(20) for name in ("requestbegintime", "number", "timers", "props", "dt")])
            for words in ("FROM impressions", "IN {db}.impressions", "IN impressions IN {db}", "FROM impressions FROM {db}")
        ),
    ],
)  # fmt: skip
def test_show(lake, statement, expected):
    assert lines(lake, statement.format(db=lake.database)) == [one.format(db=lake.database) for one in expected]


def test_show_refuses_what_is_not_there(lake):
    assert "Table alb_logs is not a partitioned table" in lake.failure("SHOW PARTITIONS alb_logs")
    assert "Database does not exist: no_db" in lake.failure("SHOW TABLES IN no_db")
    assert "[Error 10001]" in lake.failure("SHOW COLUMNS IN no_table")
    assert "[Error 10001]" in lake.failure("SHOW CREATE TABLE no_table")
    assert lake.failure("SHOW FILES IN t").startswith("NOT_SUPPORTED")
    found = lines(lake, "SHOW TBLPROPERTIES impressions")
    assert {"EXTERNAL\tTRUE", "comment\tads", "has_encrypted_data\tfalse"} < set(found)


def line(name, kind, comment=""):
    return f"{name.ljust(20)}\t{kind.ljust(20)}\t{comment.ljust(20)}"


COLUMNS = [
    line("requestbegintime", "string", "from deserializer"),
    line("number", "int", "how many"),
    line("timers", "struct<modellookup:string,requesttime:string>", "from deserializer"),
    line("props", "map<string,array<bigint>>", "from deserializer"),
    line("dt", "string", "the day"),
    "\t \t ",
    "# Partition Information\t \t ",
    line("# col_name", "data_type", "comment"),
    "\t \t ",
    line("dt", "string", "the day"),
]


def test_describe(lake):
    assert lines(lake, "DESCRIBE impressions") == COLUMNS
    assert lines(lake, f"DESC `{lake.database}`.`impressions`") == COLUMNS
    assert lines(lake, "DESCRIBE alb_logs") == [line("a", "int")]
    assert lines(lake, "DESCRIBE view_2016_flights_dfw") == [line("a", "int")]
    result = lake.athena.get_query_results(QueryExecutionId=lake.done("DESCRIBE alb_logs")["QueryExecutionId"])
    shown = result["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [one["Name"] for one in shown] == ["col_name", "data_type", "comment"]


def test_describe_formatted_and_extended(lake):
    found = lines(lake, "DESCRIBE FORMATTED impressions")
    assert found[: len(COLUMNS)] == COLUMNS
    labels = [one.split("\t")[0].strip() for one in found[len(COLUMNS) :]]
    assert [one for one in labels if one] == [
        "# Detailed Table Information", "Database:", "Owner:", "CreateTime:", "LastAccessTime:", "Protect Mode:",
        "Retention:", "Location:", "Table Type:", "Table Parameters:", "# Storage Information", "SerDe Library:",
        "InputFormat:", "OutputFormat:", "Compressed:", "Num Buckets:", "Bucket Columns:", "Sort Columns:",
        "Storage Desc Params:",
    ]  # fmt: skip
    values = {one.split("\t")[0].strip(): one.split("\t")[1].strip() for one in found if ":" in one.split("\t")[0]}
    assert values["Database:"] == lake.database
    assert values["Location:"] == lake.at("impressions")
    assert values["SerDe Library:"] == "org.openx.data.jsonserde.JsonSerDe"
    assert values["Table Type:"] == "EXTERNAL_TABLE"
    extended = lines(lake, "DESCRIBE EXTENDED impressions")[-1]
    assert extended.startswith(f"Detailed Table Information\tTable(tableName:impressions, dbName:{lake.database}, ")
    assert "partitionKeys:[FieldSchema(name:dt, type:string, comment:the day)]" in extended
    assert "tableType:EXTERNAL_TABLE)" in extended
    partition = lines(lake, "DESCRIBE FORMATTED impressions PARTITION (dt='2009-04-12-13-00')")
    assert any(one.startswith("Partition Value:") and "[2009-04-12-13-00]" in one for one in partition)
    assert "Partition not found" in lake.failure("DESCRIBE impressions PARTITION (dt='1999')")


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("timers", "timers", "struct<modellookup:string,requesttime:string>"),
        ("timers.requesttime", "requesttime", "string"),
        ("props.'$key$'", "$key$", "string"),
        ("props.'$value$'", "$value$", "array<bigint>"),
        ("props.'$value$'.'$elem$'", "$elem$", "bigint"),
    ],
)
def test_describe_a_column(lake, path, name, kind):
    found = lines(lake, f"DESCRIBE impressions {path}")
    assert [one.split("\t")[:2] for one in found] == [[name.ljust(20), kind.ljust(20)]]


def test_a_column_that_is_not_there_is_not_described(lake):
    assert "Invalid column reference" in lake.failure("DESCRIBE impressions nope")
    assert "Invalid column reference" in lake.failure("DESCRIBE impressions timers.nope")


def test_show_create_table_makes_the_same_table(lake):
    lake.done(
        f"""CREATE EXTERNAL TABLE round_trip (id int COMMENT 'it\\'s; a "key" \\\\', `date` date,
        deep array<struct<a:int,b:map<string,decimal(10,2)>>>) COMMENT 'all'
        PARTITIONED BY (`year` int COMMENT 'when', m string) CLUSTERED BY (id) SORTED BY (id DESC) INTO 4 BUCKETS
        ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' ESCAPED BY '\\\\' COLLECTION ITEMS TERMINATED BY '\\t'
        LINES TERMINATED BY '\\n' LOCATION '{lake.at("round/")}' TBLPROPERTIES ('a\\tb'='c=d, (e)', 'k'='')"""
    )
    shown = lines(lake, "SHOW CREATE TABLE round_trip")
    assert shown[0] == "CREATE EXTERNAL TABLE `round_trip`("
    qualified = lines(lake, f"SHOW CREATE TABLE {lake.database}.round_trip")
    assert qualified == [f"CREATE EXTERNAL TABLE `{lake.database}.round_trip`(", *shown[1:]]
    assert shown[1].startswith("  `id` int COMMENT ")
    assert "COMMENT 'all'" in shown
    assert "PARTITIONED BY ( " in shown
    before = lake.glue.get_table(DatabaseName=lake.database, Name="round_trip")["Table"]
    lake.done("DROP TABLE round_trip")
    lake.done("\n".join(shown))
    after = lake.glue.get_table(DatabaseName=lake.database, Name="round_trip")["Table"]
    for field in ("StorageDescriptor", "PartitionKeys", "Parameters", "TableType"):
        assert after[field] == before[field]
    assert after["StorageDescriptor"]["SerdeInfo"]["Parameters"]["field.delim"] == "\x01"
    assert after["StorageDescriptor"]["SortColumns"] == [{"Column": "id", "SortOrder": 0}]
    lake.done("DROP TABLE round_trip")
    assert "is a view" in lake.failure("SHOW CREATE TABLE view_2016_flights_dfw")
    assert "is a table, not a view" in lake.failure("SHOW CREATE VIEW alb_logs")


def test_a_shown_view_makes_the_same_view(lake):
    shown = "\n".join(lines(lake, "SHOW CREATE VIEW view_2016_flights_dfw"))
    lake.done("DROP VIEW view_2016_flights_dfw")
    lake.done(shown)
    assert lines(lake, "SHOW VIEWS") == ["view_2016_flights_dfw"]


def test_information_schema(lake):
    where = f"table_schema = '{lake.database}'"
    assert lake.rows(f"SELECT schema_name FROM information_schema.schemata WHERE schema_name = '{lake.database}'") == [
        (lake.database,)
    ]
    tables = lake.rows(f"SELECT table_name, table_type FROM information_schema.tables WHERE {where} ORDER BY 1")
    assert ("impressions", "BASE TABLE") in tables
    assert ("view_2016_flights_dfw", "VIEW") in tables
    found = lake.rows(
        "SELECT column_name, data_type, ordinal_position, extra_info, comment FROM information_schema.columns "
        f"WHERE {where} AND table_name = 'impressions' ORDER BY ordinal_position"
    )
    assert found == [
        ("requestbegintime", "varchar", "1", None, None),
        ("number", "integer", "2", None, "how many"),
        ("timers", "row(modellookup varchar, requesttime varchar)", "3", None, None),
        ("props", "map(varchar, array(bigint))", "4", None, None),
        ("dt", "varchar", "5", "partition key", "the day"),
    ]
    views = lake.rows(f"SELECT table_name, view_definition FROM information_schema.views WHERE {where}")
    assert [name for name, _ in views] == ["view_2016_flights_dfw"]
    assert "FROM flights_2016" in (views[0][1] or "")


def test_partitions_have_a_table_of_their_own(lake):
    assert lake.rows('SELECT * FROM "impressions$partitions"') == [("2009-04-12-13-00",)]
    assert "does not exist" in lake.failure('SELECT * FROM "alb_logs$partitions"')
