"""`make deploy-local`: the emitted template deployed to the embedded stack as if it were an AWS account.

IAM policies and signatures are enforced, every function runs the zip with nothing but a bare Python beside it, and
requests come through the emulated API Gateway with Cognito's tokens. Another stack than `make run`'s, which forgets all
at its end.
"""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import WaiterError

from infra import package
from local import template as templates
from local.deployment import Deployment
from local.provision import Clients
from local.stack import Stack, StackError, running_stack

ZIP = templates.ROOT / "infra/build/here.zip"
_CAPABILITIES = ["CAPABILITY_NAMED_IAM"]


@dataclass(frozen=True)
class Deployed:
    """A deployment on the embedded `stack`, and the resources of the template that it knows nothing of."""

    stack: Stack
    deployment: Deployment
    left_out: tuple[str, ...]


@contextlib.contextmanager
def deployed(data_dir: Path, *params: str, stage: str = "dev", port: int = 0) -> Iterator[Deployed]:
    """Deploy ZIP and the template of `stage` with `params` (`name=value`); all runs until the block ends.

    Raises StackError with CloudFormation's reason when it does not come up, EmitError when the framework refuses.
    """
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_stack(data_dir, port, lambda_python=lambda_python()) as stack,
    ):
        emitted = templates.emit(Path(scratch), stage, *params)
        clients, name = Clients(stack.endpoint_url), f"headgate-{stage}"
        left_out = _create(clients, name, emitted)
        yield Deployed(stack, Deployment(clients.of, name, stack.endpoint_url), left_out)


def lambda_python() -> str:
    """The interpreter that ZIP was made for."""
    return str(package.here().interpreter())


def _create(clients: Clients, name: str, emitted: Path) -> tuple[str, ...]:
    """What `osls deploy` does: the bucket, the zip into it, and then the rest."""
    cloudformation = clients.of("cloudformation")
    first = (emitted / templates.CREATE).read_text()
    cloudformation.create_stack(StackName=name, TemplateBody=first, Capabilities=_CAPABILITIES)
    _wait(cloudformation, name, "create")
    template = json.loads((emitted / templates.UPDATE).read_text())
    left_out = [one for one, resource in template["Resources"].items() if "Metrics" in resource["Properties"]]
    for one in left_out:  # MiniStack knows no metric math
        del template["Resources"][one]
    found = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="ServerlessDeploymentBucket")
    bucket = found["StackResourceDetail"]["PhysicalResourceId"]
    s3 = clients.of("s3")
    s3.upload_file(str(ZIP), bucket, template["Resources"]["ApiLambdaFunction"]["Properties"]["Code"]["S3Key"])
    s3.put_object(Bucket=bucket, Key=templates.UPDATE, Body=json.dumps(template))  # too long for a request's body
    url = f"{s3.meta.endpoint_url}/{bucket}/{templates.UPDATE}"
    cloudformation.update_stack(StackName=name, TemplateURL=url, Capabilities=_CAPABILITIES)
    _wait(cloudformation, name, "update")
    return tuple(left_out)


def _wait(cloudformation: Any, name: str, what: str) -> None:
    """Until the stack is as it was asked to be: `what` is create or update."""
    waiter = cloudformation.get_waiter(f"stack_{what}_complete")
    try:
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        failed = [one for one in events if "FAILED" in one["ResourceStatus"]]
        reasons = [f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in failed]
        raise StackError("the deployment failed:\n  " + "\n  ".join(reasons or [str(error)])) from error


def _told(done: Deployed, token: str) -> str:
    to = done.deployment
    return f"""Deployed: {to.name} at {done.stack.endpoint_url}; left out: {", ".join(done.left_out)}.
An administrator's token, good for an hour:
  TOKEN={token}
  curl -H "Authorization: Bearer $TOKEN" '{to.tokens_url()}/v1/me'
With an API key (POST /v1/api-keys makes one): {to.keys_url()}
Ctrl-C ends it and forgets all."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.deploy", description=__doc__)
    parser.add_argument("--port", type=int, default=4567)
    parser.add_argument("--param", action="append", default=[], help="name=value, as osls takes them")
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with (
        tempfile.TemporaryDirectory() as data,
        deployed(Path(data), *arguments.param, port=arguments.port) as done,
        done.deployment.person("admin", "main") as tokens,
    ):
        print(_told(done, tokens["AccessToken"]), flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
