"""What Headgate relies on of Glue, against the embedded one."""

import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def glue(aws):
    return aws.of("glue")


@pytest.fixture
def database(glue):
    name = f"db_{uuid.uuid4().hex}"
    glue.create_database(DatabaseInput={"Name": name})
    return name


def table(name: str, keys=(), **more):
    columns = {"Columns": [{"Name": "a", "Type": "string"}], "Location": f"s3://lake/{name}/"}
    named = [{"Name": key, "Type": kind} for key, kind in keys]
    return {"Name": name, "StorageDescriptor": columns, "PartitionKeys": named, **more}


def partition(*values: str):
    return {"Values": list(values), "StorageDescriptor": {"Location": "s3://lake/" + "/".join(values)}}


def refused(code: str):
    return pytest.raises(ClientError, match=code)


def test_names_are_folded_to_lower_case(glue, database):
    glue.create_table(DatabaseName=database.upper(), TableInput=table("Visits"))
    assert glue.get_table(DatabaseName=database.upper(), Name="VISITS")["Table"]["Name"] == "visits"
    with refused("AlreadyExistsException"):
        glue.create_table(DatabaseName=database, TableInput=table("VISITS"))
    with refused("AlreadyExistsException"):
        glue.create_database(DatabaseInput={"Name": database.upper()})
    assert glue.get_database(Name=database.upper())["Database"]["Name"] == database


def test_what_is_not_there_is_said_so(glue, database):
    with refused("EntityNotFoundException"):
        glue.get_table(DatabaseName=database, Name="none")
    with refused("EntityNotFoundException"):
        glue.get_tables(DatabaseName="none")
    with refused("EntityNotFoundException"):
        glue.create_table(DatabaseName="none", TableInput=table("visits"))
    with refused("EntityNotFoundException"):
        glue.get_partitions(DatabaseName=database, TableName="none")
    with refused("EntityNotFoundException"):
        glue.batch_create_partition(DatabaseName=database, TableName="none", PartitionInputList=[partition("1")])


def test_lists_come_in_pages_that_survive_changes_between_them(glue, database):
    for number in range(7):
        glue.create_table(DatabaseName=database, TableInput=table(f"t{number}"))
    first = glue.get_tables(DatabaseName=database, MaxResults=3)
    glue.delete_table(DatabaseName=database, Name="t1")
    second = glue.get_tables(DatabaseName=database, MaxResults=3, NextToken=first["NextToken"])
    third = glue.get_tables(DatabaseName=database, MaxResults=3, NextToken=second["NextToken"])
    names = [one["Name"] for page in (first, second, third) for one in page["TableList"]]
    assert names == [f"t{number}" for number in range(7)]
    assert "NextToken" not in third
    pages = list(glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 1}))
    assert all(len(page["DatabaseList"]) == 1 for page in pages)
    assert database in [page["DatabaseList"][0]["Name"] for page in pages]
    with refused("InvalidInputException"):
        glue.get_tables(DatabaseName=database, NextToken="made up")


@pytest.mark.parametrize("pattern", ["web*", "web.*", "web_(a|b)"])
def test_tables_are_found_by_pattern(glue, database, pattern):
    for name in ("web_a", "web_b", "app_web"):
        glue.create_table(DatabaseName=database, TableInput=table(name))
    found = glue.get_tables(DatabaseName=database, Expression=pattern)["TableList"]
    assert [one["Name"] for one in found] == ["web_a", "web_b"]


def test_an_update_replaces_the_definition_and_archives_the_one_before(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("visits", Description="one", Owner="web"))
    first = glue.get_table(DatabaseName=database, Name="visits")["Table"]
    glue.update_table(DatabaseName=database, TableInput=table("visits", Description="two"))
    glue.update_table(DatabaseName=database, TableInput=table("visits", Description="three"), SkipArchive=True)
    now = glue.get_table(DatabaseName=database, Name="visits")["Table"]
    assert now["Description"] == "three"
    assert "Owner" not in now
    assert now["CreateTime"] == first["CreateTime"]
    versions = glue.get_table_versions(DatabaseName=database, TableName="visits")["TableVersions"]
    assert [one["Table"]["Description"] for one in versions] == ["three", "one"]
    old = glue.get_table_version(DatabaseName=database, TableName="visits", VersionId=first["VersionId"])
    assert old["TableVersion"]["Table"]["Owner"] == "web"
    with refused("EntityNotFoundException"):
        glue.get_table_version(DatabaseName=database, TableName="visits", VersionId="77")


def test_an_update_of_another_version_is_refused(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("visits"))
    seen = glue.get_table(DatabaseName=database, Name="visits")["Table"]["VersionId"]
    glue.update_table(DatabaseName=database, TableInput=table("visits", Description="a"), VersionId=seen)
    with refused("ConcurrentModificationException"):
        glue.update_table(DatabaseName=database, TableInput=table("visits", Description="b"), VersionId=seen)
    assert glue.get_table(DatabaseName=database, Name="visits")["Table"]["Description"] == "a"


def test_a_dropped_table_takes_partitions_and_versions_along(glue, database):
    for _ in range(2):
        glue.create_table(DatabaseName=database, TableInput=table("visits", [("day", "date")]))
        assert glue.get_partitions(DatabaseName=database, TableName="visits")["Partitions"] == []
        assert len(glue.get_table_versions(DatabaseName=database, TableName="visits")["TableVersions"]) == 1
        glue.create_partition(DatabaseName=database, TableName="visits", PartitionInput=partition("2026-01-01"))
        glue.update_table(DatabaseName=database, TableInput=table("visits", [("day", "date")]))
        errors = glue.batch_delete_table(DatabaseName=database, TablesToDelete=["Visits", "none"])["Errors"]
        assert [(one["TableName"], one["ErrorDetail"]["ErrorCode"]) for one in errors] == [
            ("none", "EntityNotFoundException")
        ]


def test_batches_report_each_item_that_failed_and_do_the_rest(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("visits", [("day", "date")]))
    where = {"DatabaseName": database, "TableName": "visits"}
    first = [partition(day) for day in ("2026-01-01", "2026-01-02")]
    assert glue.batch_create_partition(**where, PartitionInputList=first)["Errors"] == []
    again = [partition("2026-01-02"), partition("2026-01-03"), partition("too", "many")]
    errors = glue.batch_create_partition(**where, PartitionInputList=again)["Errors"]
    assert [one["ErrorDetail"]["ErrorCode"] for one in errors] == ["AlreadyExistsException", "InvalidInputException"]
    gone = [{"Values": ["2026-01-01"]}, {"Values": ["2030-01-01"]}]
    errors = glue.batch_delete_partition(**where, PartitionsToDelete=gone)["Errors"]
    assert [one["PartitionValues"] for one in errors] == [["2030-01-01"]]
    left = [one["Values"] for one in glue.get_partitions(**where)["Partitions"]]
    assert left == [["2026-01-02"], ["2026-01-03"]]
    found = glue.batch_get_partition(**where, PartitionsToGet=[{"Values": ["2026-01-02"]}, {"Values": ["x"]}])
    assert len(found["Partitions"]) == len(found["UnprocessedKeys"]) == 1


def test_batches_have_glues_limits(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("visits", [("n", "int")]))
    where = {"DatabaseName": database, "TableName": "visits"}
    many = [partition(str(number)) for number in range(101)]
    with refused("ValidationException"):
        glue.batch_create_partition(**where, PartitionInputList=many)
    glue.batch_create_partition(**where, PartitionInputList=many[:100])
    with refused("ValidationException"):
        glue.batch_delete_partition(**where, PartitionsToDelete=[{"Values": one["Values"]} for one in many[:26]])
    assert len(glue.get_partitions(**where)["Partitions"]) == 100


def test_a_partition_is_updated_in_place(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("visits", [("day", "date")]))
    where = {"DatabaseName": database, "TableName": "visits"}
    glue.create_partition(**where, PartitionInput=partition("2026-01-01"))
    moved = {**partition("2026-01-01"), "StorageDescriptor": {"Location": "s3://lake/elsewhere/"}}
    glue.update_partition(**where, PartitionValueList=["2026-01-01"], PartitionInput=moved)
    one = glue.get_partition(**where, PartitionValues=["2026-01-01"])["Partition"]
    assert one["StorageDescriptor"]["Location"] == "s3://lake/elsewhere/"
    with refused("EntityNotFoundException"):
        glue.update_partition(**where, PartitionValueList=["2027-01-01"], PartitionInput=moved)


def test_partition_pages_hold_at_most_a_thousand(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("visits", [("n", "int")]))
    where = {"DatabaseName": database, "TableName": "visits"}
    for start in range(0, 1100, 100):
        batch = [partition(str(number)) for number in range(start, start + 100)]
        glue.batch_create_partition(**where, PartitionInputList=batch)
    pages = list(glue.get_paginator("get_partitions").paginate(**where))
    assert [len(page["Partitions"]) for page in pages] == [1000, 100]
    values = {one["Values"][0] for page in pages for one in page["Partitions"]}
    assert len(values) == 1100
    few = glue.get_partitions(**where, Expression="n >= 1095", ExcludeColumnSchema=True)["Partitions"]
    assert sorted(one["Values"][0] for one in few) == ["1095", "1096", "1097", "1098", "1099"]


def test_an_expression_over_other_columns_is_refused(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table("visits", [("n", "int")]))
    where = {"DatabaseName": database, "TableName": "visits"}
    for wrong in ("a = 'x'", "n ==== 2", "n + 1 = 2", "n = 'many'", "upper(n) = '1'", "n = " + "1" * 2048):
        with refused("InvalidInputException|ValidationException"):
            glue.get_partitions(**where, Expression=wrong)
