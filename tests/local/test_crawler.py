"""A crawler's tables, from objects in S3 to rows in Athena.

Expected: Glue developer guide, "Built-in classifiers" (CSV rules, compressions), "How does a crawler determine when to
create partitions?" (keys, separate tables, CombineCompatibleSchemas), "Include and exclude patterns", "Setting crawler
configuration options" (schema change policies), "Writing custom classifiers".
"""

import bz2
import gzip
import io
import json
import time

import cramjam
import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from pyarrow import orc

ROLE = "arn:aws:iam::000000000000:role/crawler"
FLIGHTS = "id,carrier,delay,late\n1,AA,2.5,true\n2,UA,-1,false\n3,DL,0,true\n"


@pytest.fixture(scope="module")
def lake(athena_stack):
    return athena_stack


def parquet(rows):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def crawl(lake, name, path, **settings):
    """Run a crawler (made if it is new) to its end; the crawler as it is then."""
    target = {"Path": lake.at(path), **settings.pop("target", {})}
    try:
        lake.glue.create_crawler(
            Name=name, Role=ROLE, DatabaseName=lake.database, Targets={"S3Targets": [target]}, **settings
        )
    except lake.glue.exceptions.AlreadyExistsException:
        if settings:
            lake.glue.update_crawler(Name=name, **settings)
    lake.glue.start_crawler(Name=name)
    return finished(lake, name)


def finished(lake, name, status="SUCCEEDED"):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        crawler = lake.glue.get_crawler(Name=name)["Crawler"]
        if crawler["State"] == "READY":
            assert crawler["LastCrawl"]["Status"] == status, crawler["LastCrawl"]
            return crawler
        time.sleep(0.02)
    raise AssertionError(f"crawler {name} did not end")


def table(lake, name):
    return lake.glue.get_table(DatabaseName=lake.database, Name=name)["Table"]


def columns(found):
    return {column["Name"]: column["Type"] for column in found["StorageDescriptor"]["Columns"]}


def names(lake, prefix):
    found = lake.glue.get_tables(DatabaseName=lake.database, Expression=f"{prefix}.*")["TableList"]
    return [one["Name"] for one in found]


@pytest.fixture(scope="module")
def zoo(lake):
    """One folder of each format, crawled at once: 'mixed' becomes a table a folder."""
    orders = [{"n": 1, "name": "ann", "tags": ["x"]}, {"n": 2, "name": "bob", "tags": []}]
    lake.put("zoo/comma/f.csv", FLIGHTS)
    lake.put("zoo/pipe/f.csv", FLIGHTS.replace(",", "|"))
    lake.put("zoo/tabbed/f.tsv", FLIGHTS.replace(",", "\t"))
    lake.put("zoo/semicolon/f.csv", FLIGHTS.replace(",", ";"))
    lake.put("zoo/ctrla/f.txt", FLIGHTS.replace(",", "\x01"))
    lake.put("zoo/quoted/f.csv", 'id,name,score\n1,"Smith, John",2.5\n2,"Doe, Jane",3.5\n')
    lake.put("zoo/texts/f.csv", "red,apple\nyellow,pear\ngreen,plum\n")
    lake.put("zoo/zipped/f.csv.gz", gzip.compress(FLIGHTS.encode()))
    lake.put("zoo/bzipped/f.csv.bz2", bz2.compress(FLIGHTS.encode()))
    lake.put("zoo/zstds/f.csv.zst", bytes(cramjam.zstd.compress(FLIGHTS.encode())))
    lines = [{"id": 1, "big": 5_000_000_000, "ratio": 1, "geo": {"x": 1, "y": "n"}, "tags": ["a"], "no": None},
             {"id": 2, "big": 1, "ratio": 0.5, "geo": {"x": 2, "y": "s"}, "tags": [], "Ok": True}]  # fmt: skip
    lake.put("zoo/jsonl/f.json", "\n".join(json.dumps(line) for line in lines))
    lake.put("zoo/parq/f.parquet", parquet(orders))
    table_of = pa.Table.from_pylist(orders)
    out = io.BytesIO()
    orc.write_table(table_of, out)
    lake.put("zoo/orcs/f.orc", out.getvalue())
    out = io.BytesIO()
    fields = [{"name": "n", "type": "long"}, {"name": "name", "type": ["null", "string"]}]
    schema = {"type": "record", "name": "r", "fields": fields}
    fastavro.writer(out, fastavro.parse_schema(schema), [{"n": 1, "name": "ann"}], codec="deflate")
    lake.put("zoo/avros/f.avro", out.getvalue())
    lake.put("zoo/noise/f.bin", b"\x00\x01\x02\xff" * 50)
    return crawl(lake, "zoo", "zoo/", TablePrefix="z_")


CSV = {"id": "bigint", "carrier": "string", "delay": "double", "late": "boolean"}


@pytest.mark.parametrize(
    ("name", "kind", "expected", "compression"),
    [
        ("comma", "csv", CSV, "none"),
        ("pipe", "csv", CSV, "none"),
        ("tabbed", "csv", CSV, "none"),
        ("semicolon", "csv", CSV, "none"),
        ("ctrla", "csv", CSV, "none"),
        ("zipped", "csv", CSV, "gzip"),
        ("bzipped", "csv", CSV, "bzip2"),
        ("zstds", "csv", CSV, "zstd"),
        # "If all columns are of type STRING, then the first row ... is not ... used as the header"
        ("texts", "csv", {"col0": "string", "col1": "string"}, "none"),
        ("jsonl", "json", {"id": "int", "big": "bigint", "ratio": "double", "geo": "struct<x:int,y:string>",
                           "tags": "array<string>", "no": "string", "ok": "boolean"}, "none"),
        ("parq", "parquet", {"n": "bigint", "name": "string", "tags": "array<string>"}, "snappy"),
        ("orcs", "orc", {"n": "bigint", "name": "string", "tags": "array<string>"}, "none"),
        ("avros", "avro", {"n": "bigint", "name": "string"}, "deflate"),
    ],
)  # fmt: skip
def test_formats_and_types_are_inferred(lake, zoo, name, kind, expected, compression):
    found = table(lake, f"z_{name}")
    assert columns(found) == expected
    parameters = found["Parameters"]
    assert (parameters["classification"], parameters["compressionType"]) == (kind, compression)
    assert parameters["UPDATED_BY_CRAWLER"] == "zoo"
    assert parameters["typeOfData"] == "file"
    assert parameters["objectCount"] == "1"
    size = sum(one["Size"] for one in lake.s3.list_objects_v2(Bucket=lake.bucket, Prefix=f"zoo/{name}/")["Contents"])
    assert parameters["sizeKey"] == str(size)
    assert int(parameters["recordCount"]) > 0
    assert int(parameters["averageRecordSize"]) > 0
    assert found["StorageDescriptor"]["Location"] == lake.at(f"zoo/{name}/")
    assert found["TableType"] == "EXTERNAL_TABLE"


def test_serdes_are_those_of_the_format(lake, zoo):
    def serde(name):
        info = table(lake, f"z_{name}")["StorageDescriptor"]["SerdeInfo"]
        return info["SerializationLibrary"].rpartition(".")[2], info["Parameters"]

    assert serde("pipe") == ("LazySimpleSerDe", {"field.delim": "|"})
    assert table(lake, "z_pipe")["Parameters"]["delimiter"] == "|"
    assert table(lake, "z_pipe")["Parameters"]["skip.header.line.count"] == "1"
    assert "skip.header.line.count" not in table(lake, "z_texts")["Parameters"]
    library, given = serde("quoted")
    assert (library, given["quoteChar"], given["separatorChar"]) == ("OpenCSVSerde", '"', ",")
    assert serde("jsonl")[0] == "JsonSerDe"
    assert serde("parq")[0] == "ParquetHiveSerDe"


def test_what_no_classifier_knows_makes_no_table(lake, zoo):
    assert names(lake, "z_noise") == []


@pytest.mark.parametrize("name", ["comma", "pipe", "tabbed", "semicolon", "ctrla", "zipped", "bzipped", "zstds"])
def test_crawled_text_is_queried(lake, zoo, name):
    found = lake.rows(f"SELECT id, carrier, delay, late FROM z_{name} ORDER BY id")
    assert found == [("1", "AA", "2.5", "true"), ("2", "UA", "-1.0", "false"), ("3", "DL", "0.0", "true")]


def test_crawled_nested_and_quoted_data_is_queried(lake, zoo):
    assert lake.rows("SELECT id, geo.y, cardinality(tags), ok FROM z_jsonl ORDER BY id") == [
        ("1", "n", "1", None),
        ("2", "s", "0", "true"),
    ]
    assert lake.rows("SELECT name FROM z_quoted WHERE score > 3") == [("Doe, Jane",)]
    assert lake.rows("SELECT sum(n), max(name) FROM z_parq") == [("3", "bob")]
    assert lake.rows("SELECT n, tags FROM z_orcs ORDER BY n") == [("1", "[x]"), ("2", "[]")]
    assert lake.rows("SELECT n, name FROM z_avros") == [("1", "ann")]
    assert lake.rows("SELECT col1 FROM z_texts ORDER BY 1") == [("apple",), ("pear",), ("plum",)]


def test_named_folders_are_partitions(lake):
    for month, day in (("Jan", 1), ("Jan", 2), ("Feb", 1), ("Feb", 2)):
        lake.put(f"sales/year=2019/month={month}/day={day}/f.json", json.dumps({"amount": day, "at": month}))
    crawl(lake, "sales", "sales/")
    found = table(lake, "sales")
    assert found["PartitionKeys"] == [{"Name": n, "Type": "string"} for n in ("year", "month", "day")]
    parts = lake.glue.get_partitions(DatabaseName=lake.database, TableName="sales")["Partitions"]
    assert sorted(one["Values"] for one in parts) == [["2019", m, d] for m in ("Feb", "Jan") for d in ("1", "2")]
    assert lake.rows("SELECT month, sum(amount) FROM sales WHERE day = '2' GROUP BY month ORDER BY 1") == [
        ("Feb", "2"),
        ("Jan", "2"),
    ]
    # a new folder, a folder gone: added, and by default left (DEPRECATE_IN_DATABASE marks tables)
    lake.put("sales/year=2020/month=Jan/day=1/f.json", json.dumps({"amount": 7, "at": "x", "more": 1}))
    crawl(lake, "sales", "sales/")
    assert lake.rows("SELECT amount FROM sales WHERE year = '2020'") == [("7",)]
    assert columns(table(lake, "sales"))["more"] == "int"
    lake.s3.delete_object(Bucket=lake.bucket, Key="sales/year=2020/month=Jan/day=1/f.json")
    crawl(lake, "sales", "sales/", SchemaChangePolicy={"DeleteBehavior": "DELETE_FROM_DATABASE"})
    assert len(lake.glue.get_partitions(DatabaseName=lake.database, TableName="sales")["Partitions"]) == 4


def test_unnamed_folders_are_numbered_partitions(lake):
    for path in ("table1/p1", "table1/p2", "table1/p3", "table2/p4", "table2/p5"):
        lake.put(f"folder1/{path}/file.txt", FLIGHTS)
    crawl(lake, "folder1", "folder1/")
    found = table(lake, "folder1")
    assert [key["Name"] for key in found["PartitionKeys"]] == ["partition_0", "partition_1"]
    assert lake.rows("SELECT partition_0, partition_1, count(*) FROM folder1 GROUP BY 1, 2 ORDER BY 2") == [
        ("table1", "p1", "3"), ("table1", "p2", "3"), ("table1", "p3", "3"), ("table2", "p4", "3"), ("table2", "p5", "3"),
    ]  # fmt: skip
    lake.glue.create_crawler(
        Name="two",
        Role=ROLE,
        DatabaseName=lake.database,
        Targets={"S3Targets": [{"Path": lake.at("folder1/table1/")}, {"Path": lake.at("folder1/table2")}]},
    )
    lake.glue.start_crawler(Name="two")
    finished(lake, "two")
    assert [key["Name"] for key in table(lake, "table1")["PartitionKeys"]] == ["partition_0"]
    assert lake.rows("SELECT count(*) FROM table2") == [("6",)]


def test_different_schemas_make_tables_unless_combined(lake):
    lake.put("apart/table1/year=2017/data1.json", '{"A": 1, "B": 2}')
    lake.put("apart/table1/year=2018/data2.json", '{"C": 3, "D": 4}')
    crawl(lake, "apart", "apart/table1/", TablePrefix="apart_")
    assert names(lake, "apart_") == ["apart_year_2017", "apart_year_2018"]
    combine = json.dumps({"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}})
    crawl(lake, "whole", "apart/table1/", TablePrefix="whole_", Configuration=combine)
    found = table(lake, "whole_table1")
    assert columns(found) == dict.fromkeys(("a", "b", "c", "d"), "int")
    assert found["PartitionKeys"] == [{"Name": "year", "Type": "string"}]
    assert lake.rows("SELECT year, a, d FROM whole_table1 ORDER BY 1") == [("2017", "1", None), ("2018", None, "4")]


def test_the_table_level_says_where_tables_are(lake):
    for path in ("a/month=Jan", "a/month=Mar", "b/month=Jan"):
        lake.put(f"level/{path}/f.csv", FLIGHTS)
    crawl(lake, "level", "level/", Configuration=json.dumps({"Grouping": {"TableLevelConfiguration": 3}}),
          TablePrefix="level_")  # fmt: skip
    assert names(lake, "level_") == ["level_a", "level_b"]
    assert [key["Name"] for key in table(lake, "level_a")["PartitionKeys"]] == ["month"]


def test_exclusions_sampling_and_single_objects(lake):
    for key in ("keep/f.csv", "tmp/f.csv", "deep/x/y/f.csv", "f.json", "f1.avro", "notes.txt"):
        lake.put(f"excl/{key}", FLIGHTS)
    exclusions = ["tmp/**", "deep/*/*/*.csv", "*.{json,avro}", "notes.tx?"]
    crawl(lake, "excl", "excl/", target={"Exclusions": exclusions, "SampleSize": 1}, TablePrefix="excl_")
    found = table(lake, "excl_excl")
    assert found["Parameters"]["objectCount"] == "1"
    assert json.loads(found["Parameters"]["exclusions"]) == exclusions
    parts = lake.glue.get_partitions(DatabaseName=lake.database, TableName="excl_excl")["Partitions"]
    assert [one["Values"] for one in parts] == [["keep"]]
    crawl(lake, "alone", "excl/keep/f.csv", TablePrefix="alone_")
    assert columns(table(lake, "alone_keep")) == CSV


def test_schema_change_policies(lake):
    lake.put("policy/f.json", '{"a": 1, "b": "x"}')
    for name, settings in (
        ("p_update", {}),
        ("p_log", {"SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}}),
        ("p_merge", {"Configuration": '{"CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}'}),
        ("p_gone", {"SchemaChangePolicy": {"DeleteBehavior": "DELETE_FROM_DATABASE"}}),
    ):
        crawl(lake, name, "policy/", TablePrefix=f"{name}_", **settings)
    lake.put("policy/f.json", '{"a": 1.5, "c": true}')
    for name in ("p_update", "p_log", "p_merge"):
        crawl(lake, name, "policy/")
    assert columns(table(lake, "p_update_policy")) == {"a": "double", "c": "boolean"}
    assert columns(table(lake, "p_log_policy")) == {"a": "int", "b": "string"}
    assert columns(table(lake, "p_merge_policy")) == {"a": "int", "b": "string", "c": "boolean"}
    lake.s3.delete_object(Bucket=lake.bucket, Key="policy/f.json")
    for name in ("p_update", "p_log", "p_gone"):
        crawl(lake, name, "policy/")
    assert "DEPRECATED_BY_CRAWLER" in table(lake, "p_update_policy")["Parameters"]
    assert "DEPRECATED_BY_CRAWLER" not in table(lake, "p_log_policy")["Parameters"]
    assert names(lake, "p_gone_") == []
    metric = lake.glue.get_crawler_metrics(CrawlerNameList=["p_gone"])["CrawlerMetricsList"][0]
    assert (metric["TablesCreated"], metric["TablesDeleted"]) == (1, 1)


def test_new_folders_only(lake):
    lake.put("inc/day=1/f.csv", FLIGHTS)
    recrawl = {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}
    policy = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
    crawl(lake, "inc", "inc/", RecrawlPolicy=recrawl, SchemaChangePolicy=policy)
    lake.put("inc/day=2/f.csv", FLIGHTS)
    crawl(lake, "inc", "inc/")
    assert lake.rows("SELECT day, count(*) FROM inc GROUP BY 1 ORDER BY 1") == [("1", "3"), ("2", "3")]


def test_custom_classifiers_come_first(lake):
    glue = lake.glue
    glue.create_classifier(JsonClassifier={"Name": "records", "JsonPath": "$[*]"})
    glue.create_classifier(
        CsvClassifier={
            "Name": "plain",
            "Delimiter": "^",
            "ContainsHeader": "ABSENT",
            "Header": ["one", "two"],
            "AllowSingleColumn": False,
            "CustomDatatypeConfigured": True,
            "CustomDatatypes": ["INT", "STRING"],
        }
    )
    lake.put("custom/areas/f.json", '[{"type": "c", "id": 1}, {"type": "d", "id": 2}]')
    lake.put("custom/hats/f.txt", "1^x\n2^y\n")
    crawl(lake, "custom", "custom/", Classifiers=["records", "plain"])
    assert columns(table(lake, "areas")) == {"type": "string", "id": "int"}
    assert columns(table(lake, "hats")) == {"one": "int", "two": "string"}
    assert lake.rows("SELECT two FROM hats WHERE one = 2") == [("y",)]
    assert glue.get_classifier(Name="records")["Classifier"]["JsonClassifier"]["Version"] == 1
    glue.update_classifier(JsonClassifier={"Name": "records", "JsonPath": "$.id"})
    assert glue.get_classifier(Name="records")["Classifier"]["JsonClassifier"]["Version"] == 2
    assert len(glue.get_classifiers()["Classifiers"]) >= 2
    for given in ({"XMLClassifier": {"Name": "x", "Classification": "x"}},
                  {"GrokClassifier": {"Name": "g", "Classification": "g", "GrokPattern": "%{IP:ip}"}},
                  {"JsonClassifier": {"Name": "bad", "JsonPath": "id"}}):  # fmt: skip
        with pytest.raises(ClientError, match="InvalidInputException"):
            glue.create_classifier(**given)
    glue.delete_classifier(Name="plain")
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_classifier(Name="plain")


def test_states_and_refusals(lake):
    glue = lake.glue
    for number in range(1000):  # enough that it still runs while it is asked
        lake.put(f"states/{number}.csv", FLIGHTS)
    given = {"Role": ROLE, "DatabaseName": lake.database, "Targets": {"S3Targets": [{"Path": lake.at("states/")}]}}
    glue.create_crawler(Name="states", Schedule="cron(15 12 * * ? *)", Tags={"team": "a"}, **given)
    made = glue.get_crawler(Name="states")["Crawler"]
    assert (made["State"], made["Version"], made["Schedule"]["State"]) == ("READY", 1, "SCHEDULED")
    assert made["SchemaChangePolicy"]["DeleteBehavior"] == "DEPRECATE_IN_DATABASE"
    glue.start_crawler(Name="states")
    assert glue.get_crawler(Name="states")["Crawler"]["State"] == "RUNNING"
    for call in (glue.start_crawler, glue.delete_crawler, glue.update_crawler):
        with pytest.raises(ClientError, match="CrawlerRunningException"):
            call(Name="states")
    glue.stop_crawler(Name="states")
    finished(lake, "states", "CANCELLED")
    with pytest.raises(ClientError, match="CrawlerNotRunningException"):
        glue.stop_crawler(Name="states")
    assert [crawl["State"] for crawl in glue.list_crawls(CrawlerName="states")["Crawls"]] == ["STOPPED"]
    glue.stop_crawler_schedule(CrawlerName="states")
    assert glue.get_crawler(Name="states")["Crawler"]["Schedule"]["State"] == "NOT_SCHEDULED"
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        glue.create_crawler(Name="states", **given)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.start_crawler(Name="none")
    jdbc = {"JdbcTargets": [{"ConnectionName": "c", "Path": "x"}]}
    for wrong in ({"Targets": jdbc}, {"Configuration": "{"}, {"Classifiers": ["none"]}, {"Schedule": "often"}):
        with pytest.raises(ClientError, match=r"InvalidInputException|EntityNotFoundException"):
            glue.create_crawler(Name="wrong", **{**given, **wrong})
    assert glue.list_crawlers(Tags={"team": "a"})["CrawlerNames"] == ["states"]
    batch = glue.batch_get_crawlers(CrawlerNames=["states", "none"])
    assert ([one["Name"] for one in batch["Crawlers"]], batch["CrawlersNotFound"]) == (["states"], ["none"])
    assert "states" in [
        one["Name"] for page in glue.get_paginator("get_crawlers").paginate() for one in page["Crawlers"]
    ]
    glue.delete_crawler(Name="states")
    glue.create_crawler(Name="lost", **{**given, "Targets": {"S3Targets": [{"Path": "s3://no-such-bucket/x"}]}})
    glue.start_crawler(Name="lost")
    assert "no-such-bucket" in finished(lake, "lost", "FAILED")["LastCrawl"]["ErrorMessage"]
