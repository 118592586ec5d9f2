"""What API tests do again and again: drop files, ask queries."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest


@pytest.fixture(scope="module")
def drop(api: Any, deliver: Callable[[], int]) -> Callable[..., str]:
    """Registers a raw dataset (once), drops one CSV file, and has it committed; answers the file's id."""

    def dropped(dataset_id: str, text: str, columns: dict[str, str] | None = None, client: Any = api) -> str:
        namespace, name = dataset_id.split(".")
        new: dict[str, Any] = {"namespace": namespace, "name": name, "tier": "raw"}
        if columns:
            new["schema"] = {"columns": [{"name": column, "type": kind} for column, kind in columns.items()]}
        assert client.post("/v1/datasets", json=new).status_code in {201, 409}
        body = gzip.compress(text.encode())
        upload = client.post(
            f"/v1/datasets/{dataset_id}/uploads", json={"file_name": "f.csv.gz", "size_bytes": len(body)}
        ).json()
        httpx.put(upload["url"], headers=upload["headers"], content=body).raise_for_status()
        deliver()
        file = client.get(f"/v1/datasets/{dataset_id}/files/{upload['file_id']}").json()
        assert file["state"] == "committed", file
        return str(upload["file_id"])

    return dropped


@pytest.fixture(scope="module")
def ask(api: Any) -> Callable[..., dict[str, Any]]:
    """Asks a query and waits for its end."""

    def asked(sql: str, client: Any = api, **more: Any) -> dict[str, Any]:
        answer = client.post("/v1/queries", json={"sql": sql, **more}, headers={"Prefer": "wait=25"})
        assert answer.status_code == 201, answer.text
        query: dict[str, Any] = answer.json()
        return query

    return asked


@pytest.fixture(scope="module")
def rows(api: Any, ask: Callable[..., dict[str, Any]]) -> Callable[..., list[Any]]:
    """The rows of a query's first page."""

    def found(sql: str, **more: Any) -> list[Any]:
        query = ask(sql, **more)
        assert query["state"] == "succeeded", json.dumps(query["error"])
        listed: list[Any] = api.get(f"/v1/queries/{query['id']}/results").json()["rows"]
        return listed

    return found


@pytest.fixture(scope="module")
def world(api: Any, drop: Any, ask: Any, deliver: Any) -> Any:
    """One example of every resource in the home tenant."""
    from tests.api.operations import made

    return made(api, drop, ask, deliver)
