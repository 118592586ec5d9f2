"""Dropping files as a partner does: ask for a URL, PUT, wait for the verdict."""

import hashlib
import itertools
from typing import Any

import httpx

_numbers = itertools.count(1)


class Partner:
    """Registers datasets and drops files over HTTP; reads tables as any Athena client does."""

    def __init__(self, api, lake, deliver):
        self.api = api
        self.lake = lake
        self.deliver = deliver

    def dataset(self, **changes: Any) -> str:
        body = {"namespace": "drops", "name": f"d{next(_numbers)}", "tier": "raw", **changes}
        answer = self.api.post("/v1/datasets", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def ask(self, dataset: str, body: bytes, **changes: Any) -> dict[str, Any]:
        asked = {"file_name": "file.csv", "size_bytes": len(body), **changes}
        answer = self.api.post(f"/v1/datasets/{dataset}/uploads", json=asked)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def put(self, upload: dict[str, Any], body: bytes) -> httpx.Response:
        return httpx.put(upload["url"], headers=upload["headers"], content=body)

    def drop(self, dataset: str, body: bytes, **changes: Any) -> dict[str, Any]:
        """The file's view after its events were delivered."""
        sha256 = hashlib.sha256(body).hexdigest()
        upload = self.ask(dataset, body, **{"sha256": sha256, **changes})
        answer = self.put(upload, body)
        assert answer.status_code == 200, answer.text
        self.deliver()
        return self.file(dataset, upload["file_id"])

    def file(self, dataset: str, file_id: str) -> dict[str, Any]:
        answer = self.api.get(f"/v1/datasets/{dataset}/files/{file_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def view(self, dataset: str) -> dict[str, Any]:
        return self.api.get(f"/v1/datasets/{dataset}").json()

    def sql(self, sql: str) -> list[tuple[Any, ...]]:
        from pyathena import connect

        with connect(work_group=self.lake.settings.workgroup_small, region_name="us-east-1") as connection:
            return connection.cursor().execute(sql).fetchall()

    def codes(self, file: dict[str, Any]) -> set[str]:
        return {problem["code"] for problem in file["report"]["problems"]}
