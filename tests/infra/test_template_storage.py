"""What the emulator ignores in silence, asserted on the emitted template: storage."""

import json
from typing import Any

import pytest

from local import provision

TIERS = ["Intake", "Pristine", "Curated", "Business", "Results"]
KEY = {"Fn::GetAtt": ["Key", "Arn"]}


def bucket(template: Any, tier: str) -> Any:
    return template.of("S3::Bucket")[f"{tier}Bucket"]


def rules(template: Any, tier: str) -> dict[str, Any]:
    return {rule["Id"]: rule for rule in bucket(template, tier)["LifecycleConfiguration"]["Rules"]}


@pytest.mark.parametrize("tier", TIERS)
def test_a_bucket_is_closed_encrypted_and_versioned(template: Any, tier: str) -> None:
    one = bucket(template, tier)
    assert set(one["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(one["PublicAccessBlockConfiguration"]) == 4
    (encryption,) = one["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert encryption["BucketKeyEnabled"], "or every object is a call of KMS"
    assert one["VersioningConfiguration"] == {"Status": "Enabled"}
    assert one["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


@pytest.mark.parametrize("tier", TIERS)
def test_a_bucket_takes_tls_only(template: Any, tier: str) -> None:
    policy = template.of("S3::BucketPolicy")[f"{tier}BucketPolicy"]
    assert policy["Bucket"] == {"Ref": f"{tier}Bucket"}
    (denied,) = policy["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Resource"] == [{"Fn::GetAtt": [f"{tier}Bucket", "Arn"]}, {"Fn::Sub": f"${{{tier}Bucket.Arn}}/*"}]


@pytest.mark.parametrize("tier", TIERS)
def test_abandoned_uploads_and_superseded_objects_go(template: Any, tier: str) -> None:
    found = rules(template, tier)
    assert found["abandoned-uploads"]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] <= 7
    assert found["superseded"]["NoncurrentVersionExpiration"]["NoncurrentDays"] <= 90
    assert {rule["Status"] for rule in found.values()} == {"Enabled"}


def test_each_tier_ages_in_its_own_way(template: Any) -> None:
    assert rules(template, "Results")["expire"]["ExpirationInDays"] == 7
    assert rules(template, "Intake")["expire"]["ExpirationInDays"] == 30
    for kept in ("Pristine", "Curated", "Business"):
        assert "expire" not in rules(template, kept), "data does not go by age"
        assert rules(template, kept)["cheaper"]["Transitions"]


def test_browsers_may_put_uploads_and_get_results_from_the_dashboard_only(template: Any) -> None:
    for tier, methods in {"Intake": ["PUT"], "Results": ["GET", "HEAD"]}.items():
        (rule,) = bucket(template, tier)["CorsConfiguration"]["CorsRules"]
        assert (rule["AllowedMethods"], rule["AllowedOrigins"]) == (methods, ["https://a.example"])
        assert "ETag" in rule["ExposedHeaders"]
    assert "CorsConfiguration" not in bucket(template, "Pristine")


def test_the_intake_bucket_tells_the_queue_and_may(template: Any) -> None:
    queue = {"Fn::GetAtt": ["EventsQueue", "Arn"]}
    told = bucket(template, "Intake")["NotificationConfiguration"]["QueueConfigurations"]
    assert told == [{"Event": "s3:ObjectCreated:*", "Queue": queue}]
    assert template.resources["IntakeBucket"]["DependsOn"] == ["EventsQueuePolicy"], "S3 tries it at once"
    s3 = template.of("SQS::QueuePolicy")["EventsQueuePolicy"]["PolicyDocument"]["Statement"][0]
    name = bucket(template, "Intake")["BucketName"]["Fn::Sub"]
    assert s3["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"].endswith(f":s3:::{name}")


def test_the_table_is_what_the_embedded_stack_has(template: Any) -> None:
    """Keys and indexes are taken from what local/provision.py asks DynamoDB for."""

    class Recorder:
        exceptions = type("E", (), {"ResourceInUseException": KeyError})
        asked: dict[str, Any]

        def create_table(self, **request: Any) -> None:
            self.asked = request

        def update_time_to_live(self, **request: Any) -> None:
            self.asked["TimeToLiveSpecification"] = request["TimeToLiveSpecification"]

    local = Recorder()
    provision._table(local, "headgate")
    (table,) = template.of("DynamoDB::Table").values()
    for name, value in local.asked.items():
        if name != "TableName":
            assert table[name] == value, name


def test_the_table_is_protected(template: Any) -> None:
    (table,) = template.of("DynamoDB::Table").values()
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    assert table["DeletionProtectionEnabled"] is True
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_what_cannot_be_made_again_survives_the_stack(template: Any) -> None:
    kept = {"S3::Bucket", "DynamoDB::Table", "KMS::Key", "Cognito::UserPool"}
    for name, resource in template.resources.items():
        if resource["Type"].removeprefix("AWS::") in kept and name != "ServerlessDeploymentBucket":
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == (
                "RetainExceptOnCreate",
                "Retain",
            ), name


def test_the_key_is_rotated_and_serves_who_encrypts_for_us(template: Any) -> None:
    (key,) = template.of("KMS::Key").values()
    assert key["EnableKeyRotation"] is True
    services = json.dumps([one["Principal"] for one in key["KeyPolicy"]["Statement"]])
    for service in ("s3", "events", "cloudwatch", "logs"):
        assert f"{service}." in services


def test_people_cannot_leave_their_workgroups(template: Any) -> None:
    limits = {"Small": 10**9, "Medium": 10**11, "Large": 10**13}
    found = template.of("Athena::WorkGroup")
    for name, limit in limits.items():
        settings = found[f"{name}Workgroup"]["WorkGroupConfiguration"]
        assert settings["BytesScannedCutoffPerQuery"] == limit
        assert settings["EnforceWorkGroupConfiguration"] is (name != "Large"), "a CTAS names its own location"
        assert settings["PublishCloudWatchMetricsEnabled"] is True
        result = settings["ResultConfiguration"]
        assert result["EncryptionConfiguration"] == {"EncryptionOption": "SSE_KMS", "KmsKey": KEY}
        assert result["OutputLocation"] == {"Fn::Sub": "s3://${ResultsBucket}/athena/"}
