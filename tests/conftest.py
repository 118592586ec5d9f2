"""One embedded stack for the whole session; names of its own for every test module, so that order does not matter."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from app.settings import Settings
from local.provision import Clients, local_environment
from local.stack import Stack, running_stack
from tests.isolation import isolated_settings

_LONG = ("tests/faults/", "tests/conformance/", "tests/clients/", "tests/events/")

# A busy machine is no finding: what takes how long is measured in bench/.
hypothesis.settings.register_profile("headgate", deadline=None)
hypothesis.settings.load_profile("headgate")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes go first: begun last, one keeps a worker busy while the others have nothing left."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The embedded stack, and this process's environment pointed at it."""
    with (
        running_stack(tmp_path_factory.mktemp("stack")) as stack,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in [name for name in os.environ if name.startswith(("HEADGATE_", "AWS_"))]:
            patch.delenv(name)
        for name, value in local_environment(stack.endpoint_url).items():
            patch.setenv(name, value)
        yield stack


@pytest.fixture(scope="session")
def clients(running: Stack) -> Clients:
    return Clients(running.endpoint_url)


@pytest.fixture(scope="module")
def stack(running: Stack, clients: Clients) -> Stack:
    """The embedded stack, with an empty catalogue: that is the account's, not the module's, and two modules that name
    a dataset alike would meet in it.
    """
    for page in clients.of("glue").get_paginator("get_databases").paginate():
        for left in page["DatabaseList"]:
            clients.of("glue").delete_database(Name=left["Name"])
    return running


@pytest.fixture(scope="module")
def aws(stack: Stack, clients: Clients) -> Clients:
    """boto3 clients of the stack: `aws.of("s3")`."""
    return clients


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Settings:
    return isolated_settings(stack)


@pytest.fixture(scope="module")
def lake(settings: Settings) -> Any:
    """The application's container over this module's own table and buckets."""
    from app.bootstrap import build_lake

    return build_lake(settings)


@pytest.fixture(scope="module")
def admin_key(lake: Any) -> str:
    return str(lake.identity.ensure_admin_key(lake.settings.home_tenant))


@pytest.fixture(scope="module")
def api(lake: Any, admin_key: str) -> Iterator[Any]:
    """A client of the API with an admin's key; server errors come back as answers, as over the network."""
    from fastapi.testclient import TestClient

    from app.main import create_app

    with TestClient(create_app(lake), raise_server_exceptions=False) as client:
        client.headers["x-api-key"] = admin_key
        yield client


@pytest.fixture(scope="module")
def deliver(lake: Any) -> Callable[[], int]:
    """Hands every waiting event to the application, until none is left; answers how many there were."""
    from local.worker import deliver_all

    return lambda: deliver_all(lake)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"
