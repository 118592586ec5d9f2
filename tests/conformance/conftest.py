"""One deployment for all cases: the embedded stack's, or with HEADGATE_CONFORMANCE_STAGE that stage's on AWS, with the
credentials of the environment (`make conformance STAGE=...`). What the cases make, they name for themselves and remove.
"""

import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from local.deployment import Deployment

STAGE = os.environ.get("HEADGATE_CONFORMANCE_STAGE")
PARTNER = "acme"
"""The deployment has this partner: `--param partners=acme`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if STAGE:
        for item in items:
            if item.get_closest_marker("embedded"):
                item.add_marker(pytest.mark.skip(reason="changes the deployment: embedded stack only"))


@pytest.fixture(scope="package")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    if STAGE:
        import boto3

        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))  # which boto3 does not look at
        if session.get_credentials() is None:
            pytest.skip("no AWS credentials in the environment")
        yield Deployment(session.client, f"headgate-{STAGE}")
        return
    from local import deploy, template

    subprocess.run(["make", "-s", str(deploy.ZIP.relative_to(template.ROOT))], cwd=template.ROOT, check=True)
    with deploy.deployed(tmp_path_factory.mktemp("account"), f"partners={PARTNER}", "dashboardHosting=true") as done:
        assert all(name.endswith("Alarm") for name in done.left_out)
        yield done.deployment


@pytest.fixture(scope="package")
def tokens(deployment: Deployment) -> Iterator[Callable[..., dict[str, str]]]:
    """Cognito's tokens of a member of a role, the same for all who ask; a tenant of our own keeps others' data out."""
    with ExitStack() as people:
        made: dict[tuple[str, str], dict[str, str]] = {}

        def of(role: str, tenant: str = "main") -> dict[str, str]:
            if (role, tenant) not in made:
                made[role, tenant] = people.enter_context(deployment.person(role, tenant))
            return made[role, tenant]

        yield of


@pytest.fixture(scope="package")
def admin(deployment: Deployment, tokens: Callable[..., dict[str, str]]) -> Iterator[httpx.Client]:
    """The API with an administrator's token."""
    with deployment.with_token(tokens("admin")["AccessToken"]) as client:
        yield client


@pytest.fixture(scope="package")
def namespace(admin: httpx.Client) -> Iterator[str]:
    """A name that nobody has; its datasets go at the end. (Their originals stay: nothing deletes those.)"""
    name = f"conf_{secrets.token_hex(4)}"
    yield name
    for dataset in admin.get("/v1/datasets", params={"namespace": name}).json()["items"]:
        found = admin.get(f"/v1/datasets/{dataset['id']}")
        admin.delete(f"/v1/datasets/{dataset['id']}", headers={"If-Match": found.headers["etag"]})


@pytest.fixture(scope="package")
def partner(deployment: Deployment) -> Iterator[httpx.Client]:
    """The API with a token of the partner's system."""
    try:
        token = deployment.partner(PARTNER)
    except ClientError:
        if not STAGE:
            raise
        pytest.skip(f"the stage has no partner: deploy it with --param partners={PARTNER}")
    with deployment.with_token(token) as client:
        yield client


def until(ask: Callable[[], Any], *, seconds: float = 120.0) -> Any:
    """What `ask` answers as soon as it is true; a failure after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(0.3)
    return found
