"""`make deploy-dashboard` against CloudFormation and S3 of the embedded stack."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.infra.conftest import ROOT

OUTPUTS = {
    "KeysApiUrl": "https://keys.example.com",
    "HttpApiUrl": "https://tokens.example.com",
    "SignInUrl": "https://people.example.com",
    "DashboardClientId": "4dashboardclient",
    "DashboardUrl": "https://d1.example.com/",
}


def stacked(aws: Any, name: str, outputs: dict[str, Any]) -> None:
    template = {
        "Resources": {"SiteBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    cloudformation = aws.of("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def deploy_dashboard(stage: str) -> subprocess.CompletedProcess[str]:
    """With AWS_REGION alone, as the README has it."""
    environment = {name: value for name, value in os.environ.items() if name != "AWS_DEFAULT_REGION"}
    command = [sys.executable, ROOT / "infra/deploy_dashboard.py", "--stage", stage]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def objects(stack: Any, aws: Any) -> dict[str, Any]:
    """Name -> what S3 answers, after the files were sent."""
    assert (ROOT / "dashboard/dist/index.html").exists(), "The dashboard is not built: make dashboard"
    stacked(aws, "headgate-shown", {**OUTPUTS, "DashboardBucket": {"Ref": "SiteBucket"}})
    done = deploy_dashboard("shown")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"files: {OUTPUTS['DashboardUrl']}\n")
    s3 = aws.of("s3")
    listed = s3.list_objects_v2(Bucket="headgate-shown")["Contents"]
    return {one["Key"]: s3.get_object(Bucket="headgate-shown", Key=one["Key"]) for one in listed}


def test_every_file_that_is_served_is_there_with_its_type_and_its_time(objects: dict[str, Any]) -> None:
    dist = ROOT / "dashboard/dist"
    files = {path.relative_to(dist).as_posix() for path in dist.rglob("*") if path.is_file()}
    assert set(objects) == {name for name in files if not name.startswith(".vite")}
    for name, answer in objects.items():
        expected = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
        assert answer["CacheControl"] == expected, name
        if name.endswith(".js"):
            assert answer["ContentType"].startswith("text/javascript"), "or no browser runs a module"
    assert objects["index.html"]["ContentType"].startswith("text/html")
    assert objects["favicon.svg"]["ContentType"] == "image/svg+xml"


def test_its_config_leads_to_the_stage(objects: dict[str, Any]) -> None:
    assert json.loads(objects["config.json"]["Body"].read()) == {
        "api_url": "https://keys.example.com",
        "sign_in": {
            "domain": "https://people.example.com",
            "client_id": "4dashboardclient",
            "api_url": "https://tokens.example.com",
        },
    }


def test_the_page_comes_after_what_it_names(objects: dict[str, Any]) -> None:
    assert objects["index.html"]["LastModified"] == max(one["LastModified"] for one in objects.values())


def test_a_stage_that_hosts_nothing_is_told_so(stack: Any, aws: Any) -> None:
    stacked(aws, "headgate-bare", OUTPUTS)
    done = deploy_dashboard("bare")
    assert done.returncode == 1
    assert "dashboardHosting=true" in done.stderr
