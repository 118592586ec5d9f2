"""The API beside queries: workgroups, named queries, prepared statements, catalogs, tags, reservations, validation.

Sources: https://docs.aws.amazon.com/athena/latest/APIReference/ (operations, limits, exceptions) and the service model.
"""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def athena(athena_stack):
    return athena_stack.athena


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    """(code, message) of the error that the call must end in."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def pages(call: Any, member: str, **request: Any) -> list[Any]:
    """Every item, page by page; each page but the last must be full."""
    found, token = [], {}
    while True:
        page = call(**request, **token)
        found.extend(page[member])
        if "NextToken" not in page:
            return found
        assert len(page[member]) == request["MaxResults"]
        token = {"NextToken": page["NextToken"]}


def test_lists_come_in_pages_that_neither_repeat_nor_skip(athena, athena_stack):
    for n in range(7):
        athena.create_work_group(Name=f"paged-{n}")
    listed = pages(athena.list_work_groups, "WorkGroups", MaxResults=3)
    names = [g["Name"] for g in listed]
    assert [n for n in names if n.startswith("paged-")] == [f"paged-{n}" for n in range(7)]
    assert len(set(names)) == len(names)
    first = athena.list_work_groups(MaxResults=2)
    athena.create_work_group(Name="!".replace("!", "000-comes-first"))
    second = athena.list_work_groups(MaxResults=2, NextToken=first["NextToken"])
    assert {g["Name"] for g in first["WorkGroups"]}.isdisjoint(g["Name"] for g in second["WorkGroups"])
    for name in ("a", "b", "c"):
        athena_stack.glue.create_table(
            DatabaseName=athena_stack.database, TableInput={"Name": f"api_{name}", "StorageDescriptor": {"Columns": []}}
        )
    where = {"CatalogName": "AwsDataCatalog", "DatabaseName": athena_stack.database}
    tables = pages(athena.list_table_metadata, "TableMetadataList", MaxResults=1, Expression="api_*", **where)
    assert [t["Name"] for t in tables] == ["api_a", "api_b", "api_c"]


@pytest.mark.parametrize("token", ["nonsense", "MTA=", "WyJXb3JrR3JvdXBzIiwge31d"])
def test_a_token_that_the_service_did_not_give_is_refused(athena, token):
    for call in (athena.list_work_groups, athena.list_query_executions, athena.list_data_catalogs,
                 athena.list_named_queries, athena.list_engine_versions, athena.list_capacity_reservations):  # fmt: skip
        code, message = refusal(call, NextToken=token)
        assert (code, "NextToken" in message) == ("InvalidRequestException", True)


def test_a_workgroup_from_its_making_to_its_end(athena, athena_stack):
    results = {"OutputLocation": athena_stack.at("wg/"), "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
               "AclConfiguration": {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"}}  # fmt: skip
    athena.create_work_group(
        Name="whole", Description="d", Tags=[{"Key": "team", "Value": "x"}],
        Configuration={"ResultConfiguration": results, "RequesterPaysEnabled": True,
                       "BytesScannedCutoffPerQuery": 10_000_000})  # fmt: skip
    assert "already" in refusal(athena.create_work_group, Name="whole")[1]
    group = athena.get_work_group(WorkGroup="whole")["WorkGroup"]
    config = group["Configuration"]
    assert (group["State"], group["Description"]) == ("ENABLED", "d")
    assert config["ResultConfiguration"] == results
    assert (config["EnforceWorkGroupConfiguration"], config["RequesterPaysEnabled"]) == (True, True)
    assert config["EngineVersion"] == {"SelectedEngineVersion": "AUTO",
                                       "EffectiveEngineVersion": "Athena engine version 3"}  # fmt: skip
    found = athena_stack.done("SELECT 1", WorkGroup="whole", ResultConfiguration={
        "OutputLocation": athena_stack.results, "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "k"},
    })["ResultConfiguration"]  # fmt: skip
    assert found["OutputLocation"].startswith(athena_stack.at("wg/"))
    assert found["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    assert found["AclConfiguration"] == {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"}
    athena.update_work_group(
        WorkGroup="whole", State="DISABLED", Description="e",
        ConfigurationUpdates={"RemoveBytesScannedCutoffPerQuery": True, "EnforceWorkGroupConfiguration": False,
                              "ResultConfigurationUpdates": {"RemoveEncryptionConfiguration": True}})  # fmt: skip
    group = athena.get_work_group(WorkGroup="whole")["WorkGroup"]
    assert (group["State"], group["Description"]) == ("DISABLED", "e")
    assert "BytesScannedCutoffPerQuery" not in group["Configuration"]
    assert set(group["Configuration"]["ResultConfiguration"]) == {"OutputLocation", "AclConfiguration"}
    assert "disabled" in refusal(athena_stack.start, sql="SELECT 1", WorkGroup="whole")[1]
    assert refusal(athena.delete_work_group, WorkGroup="whole")[1] == "WorkGroup whole is not empty"
    athena.delete_work_group(WorkGroup="whole", RecursiveDeleteOption=True)
    assert "not found" in refusal(athena.get_work_group, WorkGroup="whole")[1]
    assert "can't be deleted" in refusal(athena.delete_work_group, WorkGroup="primary")[1]


@pytest.mark.parametrize(
    "configuration",
    [
        {"ManagedQueryResultsConfiguration": {"Enabled": True}},
        {"IdentityCenterConfiguration": {"EnableIdentityCenter": True}},
        {"ExecutionRole": "arn:aws:iam::123456789012:role/spark"},
        {"EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"}},
        {"ResultConfiguration": {"OutputLocation": "https://bucket/x"}},
        {"ResultConfiguration": {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS"}}},
    ],
)
def test_settings_that_would_not_hold_are_refused(athena, configuration):
    name = f"refused-{uuid.uuid4()}"
    assert refusal(athena.create_work_group, Name=name, Configuration=configuration)[0] == "InvalidRequestException"
    assert "not found" in refusal(athena.get_work_group, WorkGroup=name)[1]


def test_named_queries(athena):
    athena.create_work_group(Name="saved")
    token = "named-query-" + "t" * 30
    saved = {"Name": "n", "Database": "d", "QueryString": "SELECT 1", "WorkGroup": "saved"}
    first = athena.create_named_query(**saved, ClientRequestToken=token)["NamedQueryId"]
    assert athena.create_named_query(**saved, ClientRequestToken=token)["NamedQueryId"] == first
    changed = {**saved, "QueryString": "SELECT 2"}
    assert "Idempotent" in refusal(athena.create_named_query, **changed, ClientRequestToken=token)[1]
    second = athena.create_named_query(**changed)["NamedQueryId"]
    athena.update_named_query(NamedQueryId=first, Name="m", QueryString="SELECT 3", Description="why")
    got = athena.get_named_query(NamedQueryId=first)["NamedQuery"]
    assert (got["Name"], got["QueryString"], got["Description"], got["Database"]) == ("m", "SELECT 3", "why", "d")
    assert sorted(pages(athena.list_named_queries, "NamedQueryIds", MaxResults=1, WorkGroup="saved")) == sorted(
        [first, second]
    )
    both = athena.batch_get_named_query(NamedQueryIds=[first, str(uuid.uuid4())])
    assert ([q["NamedQueryId"] for q in both["NamedQueries"]], len(both["UnprocessedNamedQueryIds"])) == ([first], 1)
    athena.delete_named_query(NamedQueryId=first)
    assert "not found" in refusal(athena.get_named_query, NamedQueryId=first)[1]


def test_prepared_statements_through_the_api(athena):
    athena.create_work_group(Name="prepared")
    kept = {"StatementName": "by_id", "WorkGroup": "prepared", "QueryStatement": "SELECT ?"}
    athena.create_prepared_statement(**kept, Description="d")
    assert "already exists" in refusal(athena.create_prepared_statement, **kept)[1]
    athena.update_prepared_statement(**{**kept, "QueryStatement": "SELECT ? + 1"})
    got = athena.get_prepared_statement(StatementName="by_id", WorkGroup="prepared")["PreparedStatement"]
    assert (got["QueryStatement"], got["WorkGroupName"]) == ("SELECT ? + 1", "prepared")
    batch = athena.batch_get_prepared_statement(PreparedStatementNames=["by_id", "other"], WorkGroup="prepared")
    assert [s["StatementName"] for s in batch["PreparedStatements"]] == ["by_id"]
    assert [s["StatementName"] for s in batch["UnprocessedPreparedStatementNames"]] == ["other"]
    listed = athena.list_prepared_statements(WorkGroup="prepared")["PreparedStatements"]
    assert [s["StatementName"] for s in listed] == ["by_id"]
    athena.delete_prepared_statement(StatementName="by_id", WorkGroup="prepared")
    for call in (athena.get_prepared_statement, athena.delete_prepared_statement):
        assert refusal(call, StatementName="by_id", WorkGroup="prepared")[0] == "ResourceNotFoundException"


def test_data_catalogs(athena, athena_stack):
    athena.create_data_catalog(Name="second_glue", Type="GLUE", Parameters={"catalog-id": "000000000000"},
                               Tags=[{"Key": "k", "Value": "v"}])  # fmt: skip
    lambda_ = "arn:aws:lambda:us-east-1:000000000000:function:f"
    athena.create_data_catalog(Name="federated", Type="LAMBDA", Parameters={"function": lambda_}, Description="d")
    assert "already exists" in refusal(athena.create_data_catalog, Name="Federated", Type="HIVE")[1]
    assert "metadata-function" in refusal(athena.create_data_catalog, Name="hive", Type="HIVE")[1]
    listed = {
        c["CatalogName"]: c["Type"] for c in pages(athena.list_data_catalogs, "DataCatalogsSummary", MaxResults=2)
    }
    assert listed == {"AwsDataCatalog": "GLUE", "second_glue": "GLUE", "federated": "LAMBDA"}
    athena.update_data_catalog(Name="federated", Type="LAMBDA", Description="e", Parameters={"function": lambda_ + "2"})
    got = athena.get_data_catalog(Name="federated")["DataCatalog"]
    assert (got["Description"], got["Parameters"]) == ("e", {"function": lambda_ + "2"})
    names = [d["Name"] for d in athena.list_databases(CatalogName="second_glue")["DatabaseList"]]
    assert athena_stack.database in names
    context = {"Catalog": "second_glue", "Database": athena_stack.database}
    assert athena_stack.rows("SELECT 1", QueryExecutionContext=context) == [("1",)]
    for context in ({"Catalog": "federated"}, {"Catalog": "nowhere"}):
        code, message = refusal(athena_stack.start, sql="SELECT 1", QueryExecutionContext=context)
        assert (code, context["Catalog"] in message) == ("InvalidRequestException", True)
    assert refusal(athena.list_databases, CatalogName="federated")[0] == "MetadataException"
    for name in ("federated", "second_glue"):
        athena.delete_data_catalog(Name=name)
        assert "not found" in refusal(athena.get_data_catalog, Name=name)[1]
    assert "cannot be deleted" in refusal(athena.delete_data_catalog, Name="AwsDataCatalog")[1]


def test_capacity_reservations_are_records(athena):
    athena.create_capacity_reservation(Name="nightly", TargetDpus=24)
    got = athena.get_capacity_reservation(Name="nightly")["CapacityReservation"]
    assert (got["Status"], got["TargetDpus"], got["AllocatedDpus"]) == ("ACTIVE", 24, 24)
    athena.update_capacity_reservation(Name="nightly", TargetDpus=32)
    athena.put_capacity_assignment_configuration(
        CapacityReservationName="nightly", CapacityAssignments=[{"WorkGroupNames": ["primary"]}]
    )
    assigned = athena.get_capacity_assignment_configuration(CapacityReservationName="nightly")
    assert assigned["CapacityAssignmentConfiguration"]["CapacityAssignments"] == [{"WorkGroupNames": ["primary"]}]
    assert [r["TargetDpus"] for r in athena.list_capacity_reservations()["CapacityReservations"]] == [32]
    assert "cancelled" in refusal(athena.delete_capacity_reservation, Name="nightly")[1]
    athena.cancel_capacity_reservation(Name="nightly")
    assert athena.get_capacity_reservation(Name="nightly")["CapacityReservation"]["Status"] == "CANCELLED"
    athena.delete_capacity_reservation(Name="nightly")
    assert "not found" in refusal(athena.get_capacity_reservation, Name="nightly")[1]


def test_tags(athena):
    athena.create_work_group(Name="tagged", Tags=[{"Key": "a", "Value": "1"}])
    arn = "arn:aws:athena:us-east-1:000000000000:workgroup/tagged"
    athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    athena.untag_resource(ResourceARN=arn, TagKeys=["b", "never"])
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "3"}]
    assert refusal(athena.list_tags_for_resource, ResourceARN=arn + "-not")[0] == "ResourceNotFoundException"
    assert refusal(athena.list_tags_for_resource, ResourceARN="arn:aws:s3:::b")[0] == "InvalidRequestException"


def test_databases_and_engine_versions(athena, athena_stack):
    got = athena.get_database(CatalogName="AwsDataCatalog", DatabaseName=athena_stack.database.upper())["Database"]
    assert got["Name"] == athena_stack.database
    where = {"CatalogName": "AwsDataCatalog", "DatabaseName": athena_stack.database}
    assert refusal(athena.get_table_metadata, TableName="nope", **where)[0] == "MetadataException"
    assert refusal(athena.list_table_metadata, Expression="(", **where)[0] == "MetadataException"
    versions = athena.list_engine_versions()["EngineVersions"]
    assert {v["SelectedEngineVersion"] for v in versions} == {"AUTO", "Athena engine version 3"}
