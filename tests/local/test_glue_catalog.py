"""The rest of Glue's catalogue API: versions, segments, indexes, statistics, search, messages. Source: Glue API reference."""

import re
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def glue(aws):
    return aws.of("glue")


@pytest.fixture
def database(glue):
    name = f"cat_{uuid.uuid4().hex}"
    glue.create_database(DatabaseInput={"Name": name, "Description": "first", "Parameters": {"a": "1"}})
    return name


def table(name, keys=(), **more):
    storage = {
        "Columns": [{"Name": "amount", "Type": "bigint", "Comment": "in cents"}],
        "Location": f"s3://lake/{name}/",
    }
    named = [{"Name": key, "Type": "string"} for key in keys]
    return {"Name": name, "StorageDescriptor": storage, "PartitionKeys": named, **more}


def refused(code, words=""):
    return pytest.raises(ClientError, match=f"{code}.*{re.escape(words)}")


def test_errors_have_glues_words(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("t", ["day"]))
    glue.create_partition(DatabaseName=database, TableName="t", PartitionInput={"Values": ["1"]})
    with refused("EntityNotFoundException", "Database none not found."):
        glue.get_database(Name="none")
    with refused("EntityNotFoundException", "Database none not found."):
        glue.get_table(DatabaseName="none", Name="t")
    with refused("EntityNotFoundException", "Table none not found."):
        glue.get_table(DatabaseName=database, Name="none")
    with refused("AlreadyExistsException", "Database already exists."):
        glue.create_database(DatabaseInput={"Name": database})
    with refused("AlreadyExistsException", "Table already exists."):
        glue.create_table(DatabaseName=database, TableInput=table("T"))
    with refused("AlreadyExistsException", "Partition already exists."):
        glue.create_partition(DatabaseName=database, TableName="t", PartitionInput={"Values": ["1"]})
    with refused("InvalidAction", "GetCatalogs"):
        glue.get_catalogs()


def test_a_database_is_replaced_and_dropped_with_its_tables(glue, database):
    created = glue.get_database(Name=database)["Database"]["CreateTime"]
    glue.update_database(Name=database.upper(), DatabaseInput={"Name": database, "LocationUri": "s3://lake/"})
    found = glue.get_database(Name=database)["Database"]
    assert (found["LocationUri"], found["Parameters"], found["CreateTime"]) == ("s3://lake/", {}, created)
    with refused("EntityNotFoundException"):
        glue.update_database(Name="none", DatabaseInput={"Name": "none"})
    names = [
        one
        for page in glue.get_paginator("get_databases").paginate(AttributesToGet=["NAME"])
        for one in page["DatabaseList"]
    ]
    assert {"Name": database} in names
    glue.create_table(DatabaseName=database, TableInput=table("t"))
    glue.delete_database(Name=database)
    with refused("EntityNotFoundException"):
        glue.get_tables(DatabaseName=database)


def test_versions_are_deleted_one_by_one_and_in_batches(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("t"))
    for number in range(4):
        glue.update_table(DatabaseName=database, TableInput=table("t", Description=str(number)))
    versions = glue.get_table_versions(DatabaseName=database, TableName="t")["TableVersions"]
    ids = [one["VersionId"] for one in versions]
    assert len(ids) == 5
    pages = list(glue.get_paginator("get_table_versions").paginate(
        DatabaseName=database, TableName="t", PaginationConfig={"PageSize": 2}))  # fmt: skip
    assert [len(page["TableVersions"]) for page in pages] == [2, 2, 1]
    glue.delete_table_version(DatabaseName=database, TableName="t", VersionId=ids[-1])
    with refused("InvalidInputException"):
        glue.delete_table_version(DatabaseName=database, TableName="t", VersionId=ids[0])
    errors = glue.batch_delete_table_version(DatabaseName=database, TableName="t", VersionIds=[ids[-1], ids[-2]])[
        "Errors"
    ]
    assert [(one["VersionId"], one["ErrorDetail"]["ErrorCode"]) for one in errors] == [
        (ids[-1], "EntityNotFoundException")
    ]
    left = glue.get_table_versions(DatabaseName=database, TableName="t")["TableVersions"]
    assert [one["VersionId"] for one in left] == ids[:3]


def test_segments_share_the_partitions_without_overlap(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("t", ["n"]))
    given = [{"Values": [str(n)], "StorageDescriptor": table("x")["StorageDescriptor"]} for n in range(100)]
    glue.batch_create_partition(DatabaseName=database, TableName="t", PartitionInputList=given)
    seen = []
    for number in range(3):
        segment = {"SegmentNumber": number, "TotalSegments": 3}
        pages = glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName="t", Segment=segment, ExcludeColumnSchema=True,
            PaginationConfig={"PageSize": 7}
        )  # fmt: skip
        found = [one for page in pages for one in page["Partitions"]]
        assert 10 < len(found) < 60
        assert not any("Columns" in one["StorageDescriptor"] for one in found)
        seen += [int(one["Values"][0]) for one in found]
    assert sorted(seen) == list(range(100))


def test_partition_indexes(glue, database):
    index = {"IndexName": "by_day", "Keys": ["day"]}
    glue.create_table(DatabaseName=database, TableInput=table("t", ["day", "hour"]), PartitionIndexes=[index])
    glue.create_partition_index(
        DatabaseName=database, TableName="t", PartitionIndex={"IndexName": "b", "Keys": ["hour"]}
    )
    found = glue.get_partition_indexes(DatabaseName=database, TableName="t")["PartitionIndexDescriptorList"]
    assert [(one["IndexName"], one["IndexStatus"], one["Keys"][0]["Type"]) for one in found] == [
        ("b", "ACTIVE", "string"),
        ("by_day", "ACTIVE", "string"),
    ]
    with refused("AlreadyExistsException"):
        glue.create_partition_index(DatabaseName=database, TableName="t", PartitionIndex=index)
    with refused("InvalidInputException"):
        glue.create_partition_index(
            DatabaseName=database, TableName="t", PartitionIndex={"IndexName": "c", "Keys": ["amount"]}
        )
    glue.delete_partition_index(DatabaseName=database, TableName="t", IndexName="b")
    with refused("EntityNotFoundException"):
        glue.delete_partition_index(DatabaseName=database, TableName="t", IndexName="b")


def test_column_statistics_of_tables_and_partitions(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("t", ["day"]))
    glue.create_partition(DatabaseName=database, TableName="T", PartitionInput={"Values": ["1"]})
    numbers = {"MinimumValue": 1, "MaximumValue": 9, "NumberOfNulls": 0, "NumberOfDistinctValues": 5}
    statistics = {
        "ColumnName": "amount",
        "ColumnType": "bigint",
        "AnalyzedTime": 1_700_000_000,
        "StatisticsData": {"Type": "LONG", "LongColumnStatisticsData": numbers},
    }
    where = {"DatabaseName": database, "TableName": "t"}
    part = {**where, "PartitionValues": ["1"]}
    assert glue.update_column_statistics_for_table(**where, ColumnStatisticsList=[statistics])["Errors"] == []
    assert glue.update_column_statistics_for_partition(**part, ColumnStatisticsList=[statistics])["Errors"] == []
    for read, given in (
        (glue.get_column_statistics_for_table, where),
        (glue.get_column_statistics_for_partition, part),
    ):
        found = read(**given, ColumnNames=["amount", "other"])
        assert found["ColumnStatisticsList"][0]["StatisticsData"]["LongColumnStatisticsData"] == numbers
        assert [one["ColumnName"] for one in found["Errors"]] == ["other"]
    glue.delete_column_statistics_for_table(**where, ColumnName="amount")
    glue.delete_column_statistics_for_partition(**part, ColumnName="amount")
    assert glue.get_column_statistics_for_table(**where, ColumnNames=["amount"])["ColumnStatisticsList"] == []
    with refused("EntityNotFoundException"):
        glue.get_column_statistics_for_table(DatabaseName=database, TableName="none", ColumnNames=["a"])


def test_tables_are_searched_in_all_databases(glue, database):
    word = uuid.uuid4().hex
    glue.create_table(DatabaseName=database, TableInput=table("visits", Description=f"about {word}"))
    glue.create_table(DatabaseName=database, TableInput=table("orders", Parameters={"classification": word}))

    def found(**request):
        return [one["Name"] for one in glue.search_tables(**request)["TableList"]]

    assert found(SearchText=word) == ["orders", "visits"]
    assert found(SearchText=f'"{word}"') == ["orders"]
    assert found(Filters=[{"Key": "classification", "Value": word}]) == ["orders"]
    in_it = {"Key": "DatabaseName", "Value": database}
    assert found(SearchText="cents", Filters=[in_it], SortCriteria=[{"FieldName": "Name", "Sort": "DESC"}]) == [
        "visits",
        "orders",
    ]
    assert (
        found(Filters=[in_it, {"Key": "UpdateTime", "Value": "2020-01-01T00:00:00", "Comparator": "LESS_THAN"}]) == []
    )
    first = glue.search_tables(Filters=[in_it], MaxResults=1)
    second = glue.search_tables(Filters=[in_it], MaxResults=1, NextToken=first["NextToken"])
    assert [one["TableList"][0]["Name"] for one in (first, second)] == ["orders", "visits"]


def test_there_are_no_functions_until_one_is_made(glue, database):
    assert glue.get_user_defined_functions(DatabaseName=database, Pattern=".*")["UserDefinedFunctions"] == []
