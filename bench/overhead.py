"""How long from a file's event to the published version, and how much of it is not Athena's?

Files are dropped one after another into a dataset with an arrival job (full, incremental, merge). The wall is that
from handing S3's event to the application until the run has ended; the run's own queue and engine milliseconds are
what Athena needed of it. The rest is ours: DynamoDB, S3 and Glue calls, verification, SQL. Budget: 1 s.
The rows read at the end must be those that were dropped.

    python -m bench.overhead    ROUNDS=5 ROWS=1000
"""

import os
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from bench.measure import Table, verdict

if TYPE_CHECKING:
    from app.bootstrap import Lake

BUDGET_S = 1.0
MODES: dict[str, dict[str, Any]] = {
    "full": {"mode": "full"},
    "incremental": {"mode": "incremental"},
    "merge": {"mode": "merge", "merge": {"keys": ["id"]}, "layout": {"partition_by": ["part"]}},
}


class Arrivals:
    """One dataset and its job, through HTTP and events."""

    def __init__(self, api: Any, lake: "Lake", mode: str) -> None:
        self._api, self._lake, self._mode, self._dropped = api, lake, mode, 0
        self._source, self._target = f"over.{mode}_raw", f"over.{mode}"
        self._post("/v1/datasets", namespace="over", name=f"{mode}_raw", tier="raw")
        target = {"namespace": "over", "name": mode}
        triggers = [{"type": "arrival"}]
        self._post("/v1/jobs", name=mode, sources=[self._source], target=target, triggers=triggers, **MODES[mode])

    def _post(self, path: str, **body: Any) -> Any:
        answer = self._api.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def arrive(self, rows: int) -> tuple[float, float]:
        """(wall, engine) seconds of one file."""
        from local.worker import deliver_all

        first = self._dropped * rows
        text = "id,part,v\n" + "".join(f"{n},{n % 4},x{n}\n" for n in range(first, first + rows))
        upload = self._post(f"/v1/datasets/{self._source}/uploads", file_name="f.csv", size_bytes=len(text))
        httpx.put(upload["url"], headers=upload["headers"], content=text.encode()).raise_for_status()
        self._dropped += 1
        started = datetime.now(UTC)
        deliver_all(self._lake)
        newest = self._api.get(f"/v1/jobs/{self._mode}/runs?limit=1").json()["items"][0]
        while newest["state"] not in {"succeeded", "failed"}:
            time.sleep(0.005)
            newest = self._api.get(f"/v1/runs/{newest['id']}").json()
        wall = (datetime.fromisoformat(newest["ended_at"]) - started).total_seconds()
        statistics_ = newest["statistics"]
        if newest["state"] != "succeeded" or statistics_["rows"] != self._dropped * rows:
            raise RuntimeError(f"the run is {newest['state']} with {statistics_['rows']} rows")
        return wall, (statistics_["queue_ms"] + statistics_["engine_ms"]) / 1000


def measured(lake: "Lake", *, rows: int, rounds: int) -> Table:
    """The table of the modes, over a provisioned lake."""
    from fastapi.testclient import TestClient

    from app.main import create_app

    with TestClient(create_app(lake)) as api:
        api.headers["x-api-key"] = lake.identity.ensure_admin_key(lake.settings.home_tenant)
        arrivals = {mode: Arrivals(api, lake, mode) for mode in MODES}
        found: dict[str, list[tuple[float, float]]] = {mode: [] for mode in MODES}
        for number in range(rounds + 1):  # the first is thrown away
            for mode in MODES:
                cost = arrivals[mode].arrive(rows)
                if number:
                    found[mode].append(cost)
    return _shown(found, rows)


def _shown(found: dict[str, list[tuple[float, float]]], rows: int) -> Table:
    title = f"From event to published version, {rows:,} rows a file"
    table = Table(title, ["mode", "wall s", "Athena s", "ours s", "ours / wall"])
    worst = 0.0
    for mode, costs in found.items():
        wall, engine = (statistics.median(one[at] for one in costs) for at in (0, 1))
        ours = statistics.median(one[0] - one[1] for one in costs)
        worst = max(worst, ours)
        table.add(mode, f"{wall:.2f}", f"{engine:.2f}", f"{ours:.2f}", f"{ours / wall:.2f}")
    table.notes.append(f"ours, seconds, the slowest mode: {verdict(worst, BUDGET_S)}")
    return table


def main() -> list[Table]:
    from app.bootstrap import build_lake
    from app.settings import Settings
    from local.provision import local_environment, provision
    from local.stack import running_stack

    rounds, rows = int(os.environ.get("ROUNDS", "5")), int(os.environ.get("ROWS", "1000"))
    with tempfile.TemporaryDirectory() as directory, running_stack(Path(directory)) as stack:
        os.environ |= local_environment(stack.endpoint_url)
        settings = Settings()
        provision(stack.endpoint_url, settings)
        return [measured(build_lake(settings), rows=rows, rounds=rounds)]


if __name__ == "__main__":
    for shown in main():
        print(shown)
