"""Make on the embedded stack what infra/serverless.yml makes on AWS, and name it to the application."""

import contextlib
import functools
import json
from typing import Any, Protocol

GIGABYTE, TERABYTE = 10**9, 10**12
MAX_RECEIVES = 5
VISIBILITY_SECONDS = 60


class Names(Protocol):
    """What is provisioned, by name: the fields of app.settings.Settings of the same names."""

    @property
    def aws_region(self) -> str: ...
    @property
    def table_name(self) -> str: ...
    @property
    def intake_bucket(self) -> str: ...
    @property
    def pristine_bucket(self) -> str: ...
    @property
    def curated_bucket(self) -> str: ...
    @property
    def business_bucket(self) -> str: ...
    @property
    def results_bucket(self) -> str: ...
    @property
    def events_queue(self) -> str: ...
    @property
    def workgroup_small(self) -> str: ...
    @property
    def workgroup_medium(self) -> str: ...
    @property
    def workgroup_large(self) -> str: ...


def local_environment(endpoint_url: str, region: str = "us-east-1") -> dict[str, str]:
    """The environment of a process that shall use the embedded stack in place of AWS."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        # Neither a profile of the user's nor the cloud's metadata service has a say on a laptop.
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def named_environment(names: Names) -> dict[str, str]:
    """The HEADGATE_* variables that give the application these names."""
    fields = [name for name in vars(Names) if not name.startswith("_")]
    return {f"HEADGATE_{name.upper()}": getattr(names, name) for name in fields}


def provision(endpoint_url: str, names: Names) -> None:
    """Create whatever is missing; a second call changes nothing."""
    clients = Clients(endpoint_url, names.aws_region)
    _table(clients.of("dynamodb"), names.table_name)
    _buckets(clients.of("s3"), names)
    queue_arn = _queues(clients.of("sqs"), names.events_queue)
    _intake_notifications(clients.of("s3"), names.intake_bucket, queue_arn)
    limits = {
        names.workgroup_small: GIGABYTE,
        names.workgroup_medium: 100 * GIGABYTE,
        names.workgroup_large: 10 * TERABYTE,
    }
    _athena_rule(clients.of("events"), names.events_queue, list(limits), queue_arn)
    for workgroup, limit in limits.items():
        # Athena refuses a CTAS with a location in a workgroup that enforces its own; jobs run in the large one.
        is_enforced = workgroup != names.workgroup_large
        _workgroup(clients.of("athena"), workgroup, names.results_bucket, limit, is_enforced=is_enforced)


@functools.cache
def _descriptions() -> Any:
    from botocore.loaders import Loader

    return Loader()


def session(*credentials: str, **options: Any) -> Any:
    """A boto3 session; all of them share the descriptions of the services, which take longer to read than a query."""
    import botocore.session
    from boto3.session import Session

    core = botocore.session.get_session()
    core.register_component("data_loader", _descriptions())
    return Session(*credentials, botocore_session=core, **options)


class Clients:
    """boto3 clients of the embedded stack, one a service."""

    def __init__(self, endpoint_url: str, region: str = "us-east-1") -> None:
        self._session = session("test", "test", region_name=region)
        self._endpoint_url = endpoint_url
        self._made: dict[str, Any] = {}

    def of(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._session.client(service, endpoint_url=self._endpoint_url)
        return self._made[service]


def _table(dynamodb: Any, name: str) -> None:
    keys = ["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"]
    with contextlib.suppress(dynamodb.exceptions.ResourceInUseException):
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=_key_schema("pk", "sk"),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": _key_schema(f"{index}pk", f"{index}sk"),
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index in ("gsi1", "gsi2")
            ],
        )
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def _buckets(s3: Any, names: Names) -> None:
    versioned = (names.intake_bucket, names.pristine_bucket)
    for bucket in (*versioned, names.curated_bucket, names.business_bucket, names.results_bucket):
        s3.create_bucket(Bucket=bucket)  # us-east-1 answers 200 for a bucket one owns
    for bucket in versioned:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "AllowedMethods": ["PUT"],
        "AllowedOrigins": ["*"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "x-amz-version-id"],
        "MaxAgeSeconds": 3000,
    }
    s3.put_bucket_cors(Bucket=names.intake_bucket, CORSConfiguration={"CORSRules": [rule]})


def _queues(sqs: Any, name: str) -> str:
    dead = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    redrive = {"deadLetterTargetArn": _queue_arn(sqs, dead), "maxReceiveCount": MAX_RECEIVES}
    attributes = {"VisibilityTimeout": str(VISIBILITY_SECONDS), "RedrivePolicy": json.dumps(redrive)}
    return _queue_arn(sqs, sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def _queue_arn(sqs: Any, url: str) -> str:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def _intake_notifications(s3: Any, bucket: str, queue_arn: str) -> None:
    wanted = {"Id": "arrivals", "QueueArn": queue_arn, "Events": ["s3:ObjectCreated:*"]}
    # Putting it again would send another s3:TestEvent.
    if not s3.get_bucket_notification_configuration(Bucket=bucket).get("QueueConfigurations"):
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]}
        )


def _athena_rule(events: Any, name: str, workgroups: list[str], queue_arn: str) -> None:
    pattern = {
        "source": ["aws.athena"],
        "detail-type": ["Athena Query State Change"],
        "detail": {"workgroupName": workgroups},  # other applications of the account query, too
    }
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), State="ENABLED")
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue_arn}])


def _workgroup(athena: Any, name: str, results_bucket: str, limit: int, *, is_enforced: bool) -> None:
    """`limit`: bytes scanned at which Athena cancels a query."""
    with contextlib.suppress(athena.exceptions.InvalidRequestException):
        athena.get_work_group(WorkGroup=name)
        return
    athena.create_work_group(
        Name=name,
        Configuration={
            "ResultConfiguration": {"OutputLocation": f"s3://{results_bucket}/athena/"},
            "EnforceWorkGroupConfiguration": is_enforced,
            "PublishCloudWatchMetricsEnabled": True,
            "BytesScannedCutoffPerQuery": limit,
            "EngineVersion": {"SelectedEngineVersion": "AUTO"},
        },
    )
