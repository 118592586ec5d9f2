"""Every call site of AWS, every kind of fault, every retry mode of botocore, over one way of a file into a chart:
drop -> ingest -> run -> publish -> query. Nothing is refused that should not be, nothing happens twice, all of it ends.
"""

import itertools
import logging
import os
import re
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import build_lake
from app.domain.errors import HeadgateError
from app.domain.files import FileState
from app.main import create_app
from tests.api.lakework import register
from tests.faults.budget import budget, sample
from tests.faults.call_faults import KINDS, MODES, CallFaults, no_waits_of_botocore, retrying
from tests.faults.clocks import JumpingClock
from tests.faults.drops import Drop, handled, sent
from tests.faults.invariants import check_versions

CASES = budget("CALLS", 5)
ONLY = os.environ.get("HEADGATE_FAULT_ONLY", "")
FILES = {"a.csv": b"a,b,c\n1,x,1\n2,x,1\n3,y,1\n", "b.csv": b"a,b,c\n2,x,2\n"}
ROWS = [[1, "x", 1], [2, "x", 2], [3, "y", 1]]
TRIES = 12
TRIED = 5
"""As often as botocore tries: the call is given up."""
RIVALRY = frozenset({"slow"})
UNKNOWN = frozenset({"answer_lost", "truncated"})
"""The call was carried out. Given up after all tries, it is a rival of whoever takes up the work."""
_numbers = itertools.count(1)
_log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def conflicts() -> Iterator[list[HeadgateError]]:
    """Every conflict that the table reports. A claim of content is left out: a file that is taken in again after a
    failure finds its own.
    """
    from app.adapters.dynamodb import table

    seen: list[HeadgateError] = []
    real = table._conflict

    def noted(write: Any) -> HeadgateError:
        error = real(write)
        if not write.key.sk.startswith("CONTENT#"):
            seen.append(error)
        return error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "_conflict", noted)
        yield seen


class World:
    """One lake with clients of one retry mode, its API, and a rival: another worker over the same table."""

    def __init__(self, settings: Any, mode: str, ends: ExitStack) -> None:
        self.clock = JumpingClock()
        self.lake = build_lake(settings, clock=self.clock)
        self.rival = build_lake(settings, clock=self.clock)
        retrying(self.lake, mode)
        self.api = ends.enter_context(TestClient(create_app(self.lake), raise_server_exceptions=False))
        self.api.headers["x-api-key"] = self.lake.identity.ensure_admin_key("main")
        self.faults = CallFaults(self.lake, self.overtake)
        self.drop: Drop | None = None
        ends.enter_context(self.faults.watching())

    def prepare(self) -> None:
        """A dataset and a job that nobody has used; the faults come later."""
        self.name = f"c{next(_numbers)}"
        self.source = register(self.api, f"{self.name}_raw", namespace="calls")
        body = {
            "name": self.name,
            "sources": [self.source],
            "target": {"namespace": "calls", "name": self.name},
            "mode": "merge",
            "merge": {"keys": ["a"], "order_by": ["c desc"]},
            "layout": {"partition_by": ["b"]},
            "triggers": [{"type": "arrival"}],
        }
        answer = self.api.post("/v1/jobs", json=body)
        assert answer.status_code == 201, answer.text
        self.drop = None

    def go(self) -> list[list[Any]]:
        """The whole way; each part is repeated as its caller would. The rows that a reader gets in the end."""
        for name, text in FILES.items():
            upload = self.posted(f"/v1/datasets/{self.source}/uploads", {"file_name": name, "size_bytes": len(text)})
            self.drop = sent(self.lake, self.source, upload, text)
            self.repeated(lambda: handled(self.lake, self.drop))
            self.repeated(self.ended)
        query = self.posted("/v1/queries", {"sql": f"SELECT a, b, c FROM calls.{self.name} ORDER BY a"})
        return self.repeated(lambda: self.rows(query["id"]))

    def overtake(self) -> None:
        """While a call is on its way, its worker's lease ends, and another worker does whatever is to be done."""
        self.clock.jump(self.lake.settings.run_lease_seconds + 1)
        if self.drop is not None:
            handled(self.rival, self.drop)
        self.rival.runs.advance_open()

    def posted(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        key = f"{path} {body}"

        def post() -> Any:
            answer = self.api.post(path, json=body, headers={"Idempotency-Key": key, "Prefer": "wait=5"})
            if answer.status_code >= 500 or answer.status_code == 429:
                return None
            if answer.json().get("code") == "idempotency_in_progress":
                return None
            assert answer.status_code < 400, answer.text
            return answer.json()

        found: dict[str, Any] = self.repeated(post)
        return found

    def ended(self) -> bool:
        """Every run of the job is over, and none has failed."""
        listed = self.api.get(f"/v1/jobs/{self.name}/runs")
        if listed.status_code != 200:
            return False
        runs = listed.json()["items"]
        assert runs, "the arrival was forgotten"
        looked = [self.api.get(f"/v1/runs/{run['id']}", headers={"Prefer": "wait=5"}) for run in runs]
        states = [answer.json()["state"] if answer.status_code == 200 else None for answer in looked]
        assert "failed" not in states, [answer.text for answer in looked]
        return set(states) == {"succeeded"}

    def rows(self, query_id: str) -> list[list[Any]] | None:
        query = self.api.get(f"/v1/queries/{query_id}", headers={"Prefer": "wait=5"})
        if query.status_code != 200 or query.json()["state"] in {"queued", "running"}:
            return None
        assert query.json()["state"] == "succeeded", query.text
        answer = self.api.get(f"/v1/queries/{query_id}/results")
        found: list[list[Any]] | None = answer.json()["rows"] if answer.status_code == 200 else None
        return found

    def repeated(self, act: Any) -> Any:
        """Until it is done; between tries, leases and set-backs end."""
        for _ in range(TRIES):
            done = act()
            if done:
                return done
            self.clock.jump(self.lake.settings.run_lease_seconds + 1)
        raise AssertionError("it does not end")

    def check(self) -> None:
        listed = self.lake.files.store.list("main", self.source, None, 10, None).items
        # A request for an upload whose answer never came has left a file that nobody knows of; it expires.
        files = [file for file in listed if file.state is not FileState.EXPECTED]
        assert [(file.state, file.is_announced, file.sequence) for file in files] == [
            ("committed", True, 1),
            ("committed", True, 2),
        ]
        raw = self.lake.datasets.store.find("main", self.source)
        manifest = self.lake.versions._store.get("main", self.source, raw.current_version)
        assert (manifest.files, manifest.rows, raw.last_sequence) == (2, 4, 2)
        second, first = check_versions(self.lake, f"calls.{self.name}")
        assert (first.rows, first.files, first.parents) == (3, 2, ())
        assert (second.rows, second.files, second.parents) == (3, 2, (first.id,))
        assert self.lake.runs._store.queues.get("main", self.name).is_idle


@pytest.fixture(scope="module")
def worlds(settings: Any) -> Iterator[dict[str, World]]:
    with ExitStack() as ends:
        ends.enter_context(no_waits_of_botocore())
        yield {mode: World(settings, mode, ends) for mode in MODES}


def cases(sites: list[str]) -> list[tuple[str, str, str, int]]:
    """(site, kind, mode, requests that go wrong)."""
    every = itertools.product(sites, KINDS, MODES, (1, TRIED))
    return [case for case in every if case[1] not in RIVALRY or case[3] == 1]


def passed(world: World) -> set[str]:
    """The call sites of an undisturbed way."""
    world.prepare()
    world.faults.sites.clear()
    assert world.go() == ROWS
    world.check()
    return set(world.faults.sites)


def survived(world: World, case: tuple[str, str, str, int], conflicts: list[HeadgateError]) -> bool:
    """Asserts that the case costs nothing. False when its site was not passed."""
    site, kind, _, times = case
    world.prepare()
    with world.faults.breaking(site, kind, times):
        assert world.go() == ROWS
    world.check()
    assert kind in RIVALRY or (kind in UNKNOWN and times == TRIED) or conflicts == []
    return bool(world.faults.struck)


def test_a_fault_at_any_call_of_aws_costs_nothing(worlds: dict[str, World], conflicts: list[HeadgateError]) -> None:
    sites = sorted(passed(worlds["standard"]) & passed(worlds["standard"]))  # some are passed when Athena is slow
    assert conflicts == []
    assert len(sites) > 40, sites
    chosen = sample([case for case in cases(sites) if re.search(ONLY, " ".join(map(str, case)))], CASES, "calls")
    struck, broken = 0, []
    for case in chosen:
        try:
            struck += survived(worlds[case[2]], case, conflicts)
        except Exception as error:  # noqa: BLE001 - of thousands of cases, one that fails hides no other
            broken.append(f"{case}\n{''.join(traceback.format_exception(error))}")
            _log.warning("%s", broken[-1])
        conflicts.clear()
    assert not broken, f"{len(broken)} of {len(chosen)}\n" + "\n".join(broken)
    assert struck >= len(chosen) * 0.6
