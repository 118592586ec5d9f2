"""What the cases do through the API, as a partner or an engineer would."""

from typing import Any

import httpx

from tests.conformance.conftest import until

FLIGHTS = "carrier,flight,day,delay\nUA,1,2026-01-01,2.5\nUA,2,2026-01-02,\nAA,3,2026-01-02,-4\nB6,4,2026-01-03,10\n"


def made(answer: httpx.Response) -> Any:
    assert answer.status_code == 201, answer.text
    return answer.json()


def register(api: httpx.Client, namespace: str, name: str) -> str:
    return str(made(api.post("/v1/datasets", json={"namespace": namespace, "name": name, "tier": "raw"}))["id"])


def upload(api: httpx.Client, dataset: str, text: str = FLIGHTS, name: str = "flights.csv") -> str:
    """Puts a file by the presigned URL; its id. Nothing tells the API but S3's event."""
    body = text.encode()
    asked = made(api.post(f"/v1/datasets/{dataset}/uploads", json={"file_name": name, "size_bytes": len(body)}))
    put = httpx.put(asked["url"], headers=asked["headers"], content=body, timeout=60)
    assert put.status_code == 200, put.text
    return str(asked["file_id"])


def settled(api: httpx.Client, dataset: str, file_id: str) -> Any:
    """The file once it is taken in or refused."""

    def looked() -> Any:
        file = api.get(f"/v1/datasets/{dataset}/files/{file_id}").json()
        return file if file["state"] in ("committed", "quarantined") else None

    return until(looked)


def ended(api: httpx.Client, job: str, *, trigger: str | None = None, seconds: float = 180.0) -> Any:
    """The job's newest run once it is over; with `trigger`, the newest that this started."""

    def looked() -> Any:
        runs = api.get(f"/v1/jobs/{job}/runs").json()["items"]
        runs = [one for one in runs if trigger in (None, one["trigger"])]
        return runs[0] if runs and runs[0]["state"] in ("succeeded", "failed", "cancelled") else None

    return until(looked, seconds=seconds)


def asked(api: httpx.Client, sql: str) -> Any:
    """A query, once it has succeeded."""
    query = made(api.post("/v1/queries", json={"sql": sql}, headers={"Prefer": "wait=20"}))

    def looked() -> Any:
        now = api.get(f"/v1/queries/{query['id']}").json()
        return now if now["state"] in ("succeeded", "failed", "cancelled") else None

    query = until(looked)
    assert query["state"] == "succeeded", query
    return query


def removed(api: httpx.Client, path: str) -> None:
    found = api.get(path)
    gone = api.delete(path, headers={"If-Match": found.headers["etag"]})
    assert gone.status_code in (200, 202, 204), gone.text
