"""A client that openapi-python-client makes of openapi.json: all of it imports, and it does the main job."""

import hashlib
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.api.lakework import FLIGHTS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The generated package; any warning of the generator fails."""
    folder = tmp_path_factory.mktemp("generated")
    tools = Path(sys.executable).parent
    made = subprocess.run(
        [tools / "openapi-python-client", "generate", "--path", ROOT / "openapi.json", "--output-path",
         folder / "headgate_client", "--meta", "none"],
        capture_output=True, text=True, check=True, env={"PATH": str(tools)},
    )  # fmt: skip
    assert made.stdout.strip().splitlines() == [f"Generating {folder / 'headgate_client'}"], made.stdout[-2000:]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("headgate_client")
    for name in [name for name in sys.modules if name.startswith("headgate_client")]:
        del sys.modules[name]


@pytest.fixture
def client(package: ModuleType, api: Any) -> Any:
    made = package.AuthenticatedClient(base_url=str(api.base_url), token="unused")
    made.set_httpx_client(api)
    return made


def operation(package: ModuleType, name: str) -> Any:
    return importlib.import_module(f"{package.__name__}.api.{name}").sync


def test_every_module_of_it_imports(package: ModuleType) -> None:
    names = [found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    for name in names:
        importlib.import_module(name)
    assert len(names) > 100


def test_it_does_the_main_job(package: ModuleType, client: Any, deliver: Any) -> None:
    models = importlib.import_module(f"{package.__name__}.models")
    body = models.NewDataset.from_dict({"namespace": "made", "name": "flights_raw", "tier": "raw"})
    dataset = operation(package, "datasets.register_dataset")(client=client, body=body)
    assert dataset.id == "made.flights_raw"

    data = FLIGHTS.encode()
    asked = {"file_name": "f.csv", "size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    upload = operation(package, "files.request_upload")(
        dataset.id, client=client, body=models.NewUpload.from_dict(asked)
    )
    put = httpx.put(upload.url, headers=upload.headers.additional_properties, content=data)
    assert put.status_code == 200
    deliver()
    file = operation(package, "files.get_file")(dataset.id, upload.file_id, client=client)
    assert file.state == "committed"

    job = {
        "name": "made-curate",
        "sources": [dataset.id],
        "target": {"namespace": "made", "name": "flights"},
        "transform": {"columns": [{"name": "carrier"}, {"name": "delay", "type": "double"}]},
    }
    operation(package, "jobs.create_job")(client=client, body=models.JobDefinition.from_dict(job))
    run = operation(package, "jobs.start_run")("made-curate", client=client, body=models.NewRun(), prefer="wait=25")
    assert (run.state, run.statistics.rows) == ("succeeded", 4)

    question = models.NewQuery.from_dict({"sql": "SELECT carrier, delay FROM made.flights ORDER BY delay NULLS LAST"})
    query = operation(package, "queries.create_query")(client=client, body=question, prefer="wait=25")
    result = operation(package, "queries.get_query_results")(query.id, client=client)
    assert result.rows == [["AA", -4.0], ["UA", 2.5], ["B6", 10.0], ["UA", None]]
    refused = operation(package, "queries.create_query")(client=client, body=models.NewQuery.from_dict({"sql": "DROP"}))
    assert (type(refused).__name__, refused.code) == ("Problem", "bad_sql")
