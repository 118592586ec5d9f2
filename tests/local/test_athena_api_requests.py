"""Requests as such: every operation of the model is known, checked as the service checks it, and never meets a defect.

Source: the service model (botocore's), and the forms of AWS's validation messages.
"""

import json
import random
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local.test_athena_api import refusal


def unchecked(stack: Any, region: str) -> Any:
    """A client that sends what it is given, so that the service and not boto3 refuses."""
    return boto3.client(
        "athena", region_name=region, endpoint_url=stack.endpoint_url, aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(parameter_validation=False),
    )  # fmt: skip


@pytest.fixture(scope="module")
def raw(stack):
    return unchecked(stack, "us-east-1")


def test_every_operation_is_answered_or_refused_by_name(raw):
    """None is swallowed, none is an internal error, none is unknown to the service that has it."""
    for name in raw.meta.service_model.operation_names:
        method = getattr(raw, boto3.session.botocore.xform_name(name))
        try:
            method()
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            assert code == "InvalidRequestException", (name, message)
            # boto3 makes up the id of what DeleteNamedQuery and StopQueryExecution shall end
            told = ("must not be null", f"{name} is not supported", "was not found")
            assert any(words in message for words in told), (name, message)


_TEXTS = (
    "",
    "a",
    "primary",
    "AwsDataCatalog",
    "SELECT 1",
    "x" * 300,
    "\u00e9\u4e2d",
    "'; --",
    "s3://b/c",
    "*",
    "(",
    "\0",
)


def anything(shape: Any, luck: random.Random) -> Any:
    """A value of the shape's type, often outside what the shape allows."""
    if shape.type_name == "structure":
        return {name: anything(member, luck) for name, member in shape.members.items() if luck.random() < 0.7}
    if shape.type_name == "list":
        return [anything(shape.member, luck) for _ in range(luck.choice((0, 1, 3, 60)))]
    if shape.type_name == "map":
        return {luck.choice(_TEXTS): anything(shape.value, luck) for _ in range(2)}
    if shape.type_name == "string":
        return luck.choice((*_TEXTS, *getattr(shape, "enum", ())))
    return luck.random() < 0.5 if shape.type_name == "boolean" else luck.choice((-1, 0, 1, 2, 50, 10**7, 2**40))


def status(client: Any, operation: str, **request: Any) -> int:
    """The HTTP status of the answer, whatever it is."""
    try:
        answer = getattr(client, boto3.session.botocore.xform_name(operation))(**request)
    except ClientError as error:
        answer = error.response
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


def test_no_request_is_answered_by_a_defect(stack):
    """In a region of its own: what happens to be valid is done, and shall disturb nobody."""
    client, luck = unchecked(stack, "eu-west-3"), random.Random(20)
    for name in client.meta.service_model.operation_names:
        shape = client.meta.service_model.operation_model(name).input_shape
        for request in [anything(shape, luck) for _ in range(4)]:
            assert status(client, name, **request) in (200, 400), (name, request)


def test_spark_is_refused_by_name(raw):
    code, message = refusal(raw.start_session, WorkGroup="primary", EngineConfiguration={"MaxConcurrentDpus": 4})
    assert (code, "StartSession is not supported" in message) == ("InvalidRequestException", True)


def test_an_operation_that_athena_does_not_have_is_unknown(stack):
    request = urllib.request.Request(
        stack.endpoint_url, data=b"{}", headers={"X-Amz-Target": "AmazonAthena.MakeCoffee",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/athena/aws4_request"})  # fmt: skip
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert json.loads(caught.value.read())["__type"] == "UnknownOperationException"
    caught.value.close()


@pytest.mark.parametrize(
    ("operation", "request_", "sentence"),
    [
        ("start_query_execution", {"QueryString": "SELECT 1", "ClientRequestToken": "t" * 31},
         ("Value 'ttttttttttttttttttttttttttttttt' at 'clientRequestToken' failed to satisfy constraint: "
         "Member must have length greater than or equal to 32")),
        ("start_query_execution", {"QueryString": "SELECT 1", "ClientRequestToken": "t" * 129}, "less than or equal to 128"),
        ("start_query_execution", {}, "Value null at 'queryString' failed to satisfy constraint: Member must not be null"),
        ("start_query_execution", {"QueryString": "SELECT 1", "WorkGroup": "a b"}, "regular expression pattern"),
        ("start_query_execution", {"QueryString": "SELECT 1", "ExecutionParameters": []}, "'executionParameters'"),
        ("start_query_execution", {"QueryString": "SELECT 1", "ResultReuseConfiguration": {
            "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 10081}}},
         ("'resultReuseConfiguration.resultReuseByAgeConfiguration.maxAgeInMinutes' failed to satisfy constraint: "
         "Member must have value less than or equal to 10080")),
        ("start_query_execution", {"QueryString": "SELECT 1", "ResultConfiguration": {"ExpectedBucketOwner": "12"}},
         "resultConfiguration.expectedBucketOwner"),
        ("get_query_results", {"QueryExecutionId": "x", "MaxResults": 1001}, "maximum allowed length 1000"),
        ("get_query_results", {"QueryExecutionId": "x", "MaxResults": 0}, "greater than or equal to 1"),
        ("get_query_results", {"QueryExecutionId": "x", "QueryResultType": "ALL"}, "[DATA_MANIFEST, DATA_ROWS]"),
        ("list_query_executions", {"MaxResults": 51}, "Member must have value less than or equal to 50"),
        ("list_work_groups", {"MaxResults": 0}, "Member must have value greater than or equal to 1"),
        ("batch_get_query_execution", {"QueryExecutionIds": ["a"] * 51}, "less than or equal to 50"),
        ("batch_get_named_query", {"NamedQueryIds": []}, "greater than or equal to 1"),
        ("create_prepared_statement", {"StatementName": "1x", "WorkGroup": "primary", "QueryStatement": "SELECT 1"},
         "statementName"),
        ("create_work_group", {"Name": "w", "Configuration": {"BytesScannedCutoffPerQuery": 9_999_999}},
         "Member must have value greater than or equal to 10000000"),
        ("create_work_group", {"Name": "a/b"}, "[a-zA-Z0-9._-]{1,128}"),
        ("update_work_group", {"WorkGroup": "primary", "State": "OFF"}, "enum value set: [ENABLED, DISABLED]"),
    ],
)  # fmt: skip
def test_requests_are_checked_as_the_service_checks_them(raw, operation, request_, sentence):
    code, message = refusal(getattr(raw, operation), **request_)
    assert (code, sentence in message) == ("InvalidRequestException", True), message


def test_every_violation_is_told_at_once(raw):
    _, message = refusal(raw.create_named_query, Name="", Database="d")
    assert message.startswith("2 validation errors detected: ")


def test_a_wrong_type_is_a_serialization_error(raw):
    assert refusal(raw.list_work_groups, MaxResults="ten")[0] == "SerializationException"
