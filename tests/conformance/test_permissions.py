"""What the functions' roles may, shown by taking their place, and what breaks without a permission. These change the
deployment, so they stay on the embedded stack.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from local.deployment import Deployment
from local.provision import session
from tests.conformance import work
from tests.conformance.conftest import until

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def acting(deployment: Deployment) -> Callable[[str], Any]:
    """A session with a role's own rights: the role trusts the account's administrator for the while."""

    def of(role: str) -> Any:
        iam, name = deployment.client_of("iam"), deployment.physical_id(role)
        found = iam.get_role(RoleName=name)["Role"]
        me = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [me]}
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        try:
            given = deployment.client_of("sts").assume_role(RoleArn=found["Arn"], RoleSessionName="conformance")
        finally:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(found["AssumeRolePolicyDocument"]))
        keys = given["Credentials"]
        return session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1")

    return of


def client(deployment: Deployment, acting: Callable[[str], Any], role: str, service: str) -> Any:
    return acting(role).client(service, endpoint_url=deployment.client_of(service).meta.endpoint_url)


def refused(call: Callable[..., Any], **arguments: Any) -> None:
    with pytest.raises(ClientError) as told:
        call(**arguments)
    assert told.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "403"), told.value


def test_the_api_writes_no_data(deployment: Deployment, acting: Callable[[str], Any]) -> None:
    s3 = client(deployment, acting, "ApiRole", "s3")
    for bucket in ("PristineBucket", "CuratedBucket", "BusinessBucket"):
        name = deployment.physical_id(bucket)
        refused(s3.put_object, Bucket=name, Key="a/b.parquet", Body=b"x")
        refused(s3.delete_object, Bucket=name, Key="a/b.parquet")
    s3.put_object(Bucket=deployment.physical_id("ResultsBucket"), Key="conformance/x", Body=b"x")


@pytest.mark.parametrize(("role", "state"), [("ApiRole", "FAILED"), ("EventsRole", "SUCCEEDED")])
def test_tables_are_written_by_workers_only(
    deployment: Deployment, acting: Callable[[str], Any], namespace: str, role: str, state: str
) -> None:
    """Athena asks S3 in the name of whoever started the CTAS."""
    athena, bucket = client(deployment, acting, role, "athena"), deployment.physical_id("CuratedBucket")
    database = f"{namespace}_{role.lower()}"
    deployment.client_of("glue").create_database(DatabaseInput={"Name": database})
    where = f"external_location = 's3://{bucket}/conformance/{role}/', format = 'PARQUET'"
    started = athena.start_query_execution(
        QueryString=f"CREATE TABLE {database}.t WITH ({where}) AS SELECT 1 AS n",
        WorkGroup=deployment.physical_id("LargeWorkgroup"),
    )

    def ended() -> Any:
        found = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]["Status"]
        return found if found["State"] in ("SUCCEEDED", "FAILED") else None

    status = until(ended)
    assert status["State"] == state, status
    if state == "FAILED":
        assert "s3:PutObject" in status["StateChangeReason"]


def test_nobody_scans_the_table(deployment: Deployment, acting: Callable[[str], Any]) -> None:
    for role in ("ApiRole", "EventsRole", "ScheduleRole"):
        dynamodb, table = client(deployment, acting, role, "dynamodb"), deployment.physical_id("Table")
        refused(dynamodb.scan, TableName=table)
        dynamodb.get_item(TableName=table, Key={"pk": {"S": "T#main#NOTHING"}, "sk": {"S": "X"}})


@pytest.mark.parametrize("role", ["EventsRole", "ScheduleRole"])
def test_nobody_deletes_an_original(deployment: Deployment, acting: Callable[[str], Any], role: str) -> None:
    s3, pristine = client(deployment, acting, role, "s3"), deployment.physical_id("PristineBucket")
    s3.put_object(Bucket=pristine, Key="conformance/original", Body=b"x")
    refused(s3.delete_object, Bucket=pristine, Key="conformance/original")


def test_without_tls_a_presigned_address_is_worth_nothing(admin: httpx.Client, namespace: str) -> None:
    dataset = work.register(admin, namespace, "plain_raw")
    asked = work.made(admin.post(f"/v1/datasets/{dataset}/uploads", json={"file_name": "a.csv", "size_bytes": 3}))
    headers = {**asked["headers"], "X-Forwarded-Proto": "http"}
    assert httpx.put(asked["url"], headers=headers, content=b"a\n1").status_code == 403
    assert httpx.put(asked["url"], headers=asked["headers"], content=b"a\n1").status_code == 200


@contextlib.contextmanager
def without(deployment: Deployment, role: str, sid: str) -> Iterator[None]:
    """The role lacks one statement of its policy."""
    iam, name = deployment.client_of("iam"), deployment.physical_id(role)
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    left = [one for one in document["Statement"] if one["Sid"] != sid]
    assert len(left) == len(document["Statement"]) - 1
    stripped = json.dumps({**document, "Statement": left})
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=stripped)
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))


def test_an_api_that_may_not_use_its_table_says_so_and_recovers(
    deployment: Deployment, admin: httpx.Client, namespace: str
) -> None:
    with without(deployment, "ApiRole", "Items"):
        answer = admin.get(f"/v1/datasets/{namespace}.nothing")
        assert (answer.status_code, answer.json()["code"]) == (503, "backend_unavailable"), answer.text
    assert admin.get(f"/v1/datasets/{namespace}.nothing").status_code == 404


@pytest.fixture
def impatient_queue(deployment: Deployment) -> Iterator[str]:
    """The events queue, whose messages come again after a second instead of 16 minutes."""
    sqs = deployment.client_of("sqs")
    url = deployment.physical_id("EventsQueue")
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    yield url
    sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def test_poison_ends_in_the_dead_letter_queue_and_holds_nobody_up(
    deployment: Deployment, admin: httpx.Client, namespace: str, impatient_queue: str
) -> None:
    sqs, dead = deployment.client_of("sqs"), deployment.physical_id("DeadLetterQueue")
    sqs.send_message(QueueUrl=impatient_queue, MessageBody="this is no JSON")
    dataset = work.register(admin, namespace, "beside_raw")
    assert work.settled(admin, dataset, work.upload(admin, dataset))["state"] == "committed"
    found = until(lambda: sqs.receive_message(QueueUrl=dead).get("Messages"))
    assert [one["Body"] for one in found] == ["this is no JSON"]
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=found[0]["ReceiptHandle"])


def test_a_worker_without_a_permission_loses_nothing(
    deployment: Deployment, admin: httpx.Client, namespace: str, impatient_queue: str
) -> None:
    """The event ends in the dead-letter queue; once the role is whole again it is moved back, as the runbook says."""
    sqs, dead = deployment.client_of("sqs"), deployment.physical_id("DeadLetterQueue")
    dataset = work.register(admin, namespace, "stripped_raw")
    with without(deployment, "EventsRole", "Writes"):
        file_id = work.upload(admin, dataset)
        (message,) = until(lambda: sqs.receive_message(QueueUrl=dead, VisibilityTimeout=60).get("Messages"))
        assert admin.get(f"/v1/datasets/{dataset}/files/{file_id}").json()["state"] not in ("committed", "quarantined")
    sqs.send_message(QueueUrl=impatient_queue, MessageBody=message["Body"])
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    time.sleep(0.1)
    assert work.settled(admin, dataset, file_id)["state"] == "committed"
