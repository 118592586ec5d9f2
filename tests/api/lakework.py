"""What tests of jobs do again and again: register, drop, define, run, read."""

import hashlib
from collections.abc import Callable
from typing import Any

import httpx

from local.provision import session

Deliver = Callable[[], int]
FLIGHTS = "carrier,flight,month,delay\nUA,1,1,2.5\nUA,2,1,\nAA,3,2,-4\nB6,4,2,10\n"


def register(api: Any, name: str, namespace: str = "air", **more: Any) -> str:
    answer = api.post("/v1/datasets", json={"namespace": namespace, "name": name, "tier": "raw", **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def drop(api: Any, deliver: Deliver | None, dataset: str, text: str | bytes, name: str = "a.csv") -> str:
    """Upload a file; with `deliver`, it is taken in."""
    body = text.encode() if isinstance(text, str) else text
    asked = {"file_name": name, "size_bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    answer = api.post(f"/v1/datasets/{dataset}/uploads", json=asked)
    assert answer.status_code == 201, answer.text
    upload = answer.json()
    put = httpx.put(upload["url"], headers=upload["headers"], content=body)
    assert put.status_code == 200, put.text
    if deliver is not None:
        deliver()
        file = api.get(f"/v1/datasets/{dataset}/files/{upload['file_id']}").json()
        assert file["state"] == "committed", file
    return str(upload["file_id"])


def filled(api: Any, deliver: Deliver, name: str, text: str = FLIGHTS, **more: Any) -> str:
    dataset = register(api, name, **more)
    drop(api, deliver, dataset, text)
    return dataset


def define(api: Any, name: str, source: str, target: str, **more: Any) -> Any:
    namespace, _, table = target.partition(".")
    body = {"name": name, "sources": [source], "target": {"namespace": namespace, "name": table}, **more}
    answer = api.post("/v1/jobs", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def change(api: Any, job: str, **parts: Any) -> Any:
    """The job's definition with other parts."""
    path = f"/v1/jobs/{job}"
    answer = api.patch(path, json=parts, headers={"If-Match": api.get(path).headers["etag"]})
    assert answer.status_code == 200, answer.text
    return answer.json()


def run(api: Any, job: str, **body: Any) -> Any:
    """A run that succeeds."""
    done = ended(api, job, **body)
    assert done["state"] == "succeeded", done
    return done


def ended(api: Any, job: str, **body: Any) -> Any:
    """A run that is over, however it ended."""
    answer = api.post(f"/v1/jobs/{job}/runs", json=body or None, headers={"Prefer": "wait=25"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def select(lake: Any, sql: str) -> list[tuple[Any, ...]]:
    """Rows through PyAthena, with its types: what any other reader of the lake gets."""
    from pyathena import connect

    region = lake.settings.aws_region
    options = {"session": session(region_name=region), "region_name": region, "poll_interval": 0.02}
    with connect(work_group=lake.settings.workgroup_small, **options) as connection:
        return list(connection.cursor().execute(sql).fetchall())


def versions(api: Any, dataset: str) -> list[Any]:
    return list(api.get(f"/v1/datasets/{dataset}/versions").json()["items"])
