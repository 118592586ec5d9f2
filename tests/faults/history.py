"""One dataset, one job and everybody who may touch them, beside a plain Python model of what readers should get."""

import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from app.bootstrap import build_lake
from app.domain.builds import PartitionRange
from app.domain.errors import Conflict
from tests.api.lakework import change
from tests.aws_faults import Crash, Faults
from tests.faults.drops import Drop, dropped, handled
from tests.faults.invariants import check_versions, tidied, versions_of
from tests.faults.lanes import ME

COLUMNS = ("key", "at", "part", "op")
KEPT = ("key", "at", "part")
Change = tuple[int, int, int, str]
Row = tuple[int, int, int]
_numbers = itertools.count(1)


class World:
    """What all histories share: the API, and a lake whose workers die when asked."""

    def __init__(self, api: Any, lake: Any, clock: Any) -> None:
        self.api = api
        self.lake = lake
        self.clock = clock
        self.mortal = build_lake(lake.settings, clock=clock)


class History:
    """The mode is one of the job's three; files hold changes of a few keys."""

    def __init__(self, world: World, mode: str, *, is_partitioned: bool, is_triggered: bool) -> None:
        self.world, self.api, self.lake, self.mode = world, world.api, world.lake, mode
        self.name = f"h{next(_numbers)}"
        self.source, self.target = f"hist.{self.name}_raw", f"hist.{self.name}"
        self.most_key = 9
        self.uploads: list[tuple[Drop, tuple[Change, ...]]] = []
        self.contents: dict[str, list[Row]] = {}
        self.ended: dict[str, Any] = {}
        self.seen = 0  # the source's files up to this number are in the version that readers see
        self._at = itertools.count(1)
        self._define(is_partitioned=is_partitioned, is_triggered=is_triggered)

    def _define(self, *, is_partitioned: bool, is_triggered: bool) -> None:
        columns = [{"name": name, "type": "varchar" if name == "op" else "int"} for name in COLUMNS]
        new = {"namespace": "hist", "name": f"{self.name}_raw", "tier": "raw", "schema": {"columns": columns}}
        assert self.api.post("/v1/datasets", json=new).status_code == 201
        job = {
            "name": self.name,
            "sources": [self.source],
            "target": {"namespace": "hist", "name": self.name},
            "mode": self.mode,
            "transform": self._transform(),
            "layout": {"partition_by": ["part"]} if is_partitioned else {},
            "triggers": [{"type": "arrival"}] if is_triggered else [],
        }
        if self.mode == "merge":
            job["merge"] = {"keys": ["key"], "order_by": ["at desc"], "deleted": "op = 'D'"}
        answer = self.api.post("/v1/jobs", json=job)
        assert answer.status_code == 201, answer.text

    def _transform(self) -> dict[str, Any]:
        return {"columns": [{"name": name} for name in KEPT], "where": f"key <= {self.most_key}"}

    # What may happen

    def upload(self, rows: list[tuple[int, int, str]]) -> None:
        """(key, part, op) each; every change gets a time of its own, so that no two tie."""
        self._send(tuple((key, next(self._at), part, op) for key, part, op in rows))

    def upload_again(self, at: int) -> None:
        if self.uploads:
            self._send(self.uploads[at % len(self.uploads)][1])

    def _send(self, changes: tuple[Change, ...]) -> None:
        text = "\n".join(",".join(map(str, line)) for line in (COLUMNS, *changes)).encode() + b"\n"
        drop = dropped(self.api, self.lake, self.source, text)
        self.uploads.append((drop, changes))

    def deliver(self, at: int, *, dies_at: int = 0, is_after: bool = False) -> None:
        """An event of any upload, whether or not it came before; its worker may die."""
        if not self.uploads:
            return
        drop, _ = self.uploads[at % len(self.uploads)]

        def handle(lake: Any) -> None:
            assert handled(lake, drop)

        self._survives(handle, dies_at, is_after=is_after)

    def start(self, *, is_forced: bool = False) -> None:
        self.lake.runs.start(ME, self.name, is_forced=is_forced)

    def back_fill(self, low: int, high: int) -> None:
        scope = PartitionRange.model_validate({"column": "part", "from": low, "to": high})
        self.lake.runs.start(ME, self.name, scope=(scope,))

    def step(self, at: int, *, dies_at: int = 0, is_after: bool = False) -> None:
        """A worker takes a run as far as it goes, or dies on the way."""
        runs = self.open_runs()
        if runs:
            run_id = runs[at % len(runs)]
            self._survives(lambda lake: lake.runs.advance("main", run_id), dies_at, is_after=is_after)

    def cancel(self, at: int) -> None:
        runs = self.open_runs()
        if runs:
            with suppress(Conflict):  # it has published
                self.lake.runs.cancel(ME, runs[at % len(runs)])

    def roll_back(self, at: int) -> None:
        there = [one for one in versions_of(self.lake, self.target) if one.removed_at is None and not one.is_staged]
        if there:
            self.seen = 0
            self.lake.versions.rollback(ME, self.target, there[at % len(there)].id)

    def clean_up(self) -> None:
        """As a run that has published does, for as long as it is the only writer."""
        if versions_of(self.lake, self.target) and not self.open_runs():
            tidied(self.lake, self.target)

    def change_job(self, most_key: int) -> None:
        self.most_key = most_key
        change(self.api, self.name, transform=self._transform())

    def settle(self) -> None:
        """All that was dropped is delivered, all that was begun ends, and one more run reads it."""
        for at in range(len(self.uploads)):
            self.deliver(at)
        self._end_all()
        if self.uploads:
            self.start()
            self._end_all()
            newest = self.api.get(f"/v1/jobs/{self.name}/runs?limit=1").json()["items"][0]
            assert newest["state"] == "succeeded", newest
            assert sorted(self.read()) == self.expected()
        self.check_ledger()

    # What must hold

    def open_runs(self) -> list[str]:
        found = self.lake.runs._store.open(1000, None).items
        return [run.id for run in found if run.job == self.name]

    def expected(self) -> list[Row]:
        """The target of all uploads, each content once, under the job's present definition."""
        contents = dict.fromkeys(changes for _, changes in self.uploads)
        changes = [one for content in contents for one in content if one[0] <= self.most_key]
        if self.mode != "merge":
            return sorted(one[:3] for one in changes)
        latest: dict[int, Change] = {}
        for one in sorted(changes, key=lambda line: line[1]):
            latest[one[0]] = one
        return sorted(one[:3] for one in latest.values() if one[3] != "D")

    def read(self) -> list[Row]:
        asked = {"sql": f"SELECT key, at, part FROM {self.target} ORDER BY at, key"}
        query = self.api.post("/v1/queries", json=asked, headers={"Prefer": "wait=25"}).json()
        assert query["state"] == "succeeded", query
        return [tuple(row) for row in self.api.get(f"/v1/queries/{query['id']}/results").json()["rows"]]

    def check(self) -> None:
        """One current version; nothing referenced is gone; a version never changes, and shows no fewer files than the
        one before, unless somebody rolled back; what has ended has ended.
        """
        dataset = self.lake.datasets.store.find("main", self.target)
        current = dataset.current_version if dataset else None
        if current is None:
            assert versions_of(self.lake, self.target) == []
        else:
            versions = check_versions(self.lake, self.target, is_at_rest=not self.open_runs())
            shown = next(one for one in versions if one.id == current)
            self._check_shown(shown)
            rows = self.read()
            assert self.contents.setdefault(current, rows) == rows
            assert len(rows) == shown.rows
        for run in self.api.get(f"/v1/jobs/{self.name}/runs?limit=1000").json()["items"]:
            known = self.ended.get(run["id"])
            assert known is None or known == run
            if run["state"] in {"succeeded", "failed", "cancelled"}:
                self.ended[run["id"]] = run

    def _check_shown(self, version: Any) -> None:
        assert not version.is_staged
        assert version.inputs[0].sequence >= self.seen, (version, self.seen)
        self.seen = version.inputs[0].sequence

    def check_ledger(self) -> None:
        """The ledger is what was dropped: every file once, every content committed once."""
        files = self.lake.files.store.list("main", self.source, None, 1000, None).items
        assert sorted(file.id for file in files) == sorted(drop.file_id for drop, _ in self.uploads)
        assert {file.state for file in files} <= {"committed", "duplicate"}
        by_id = {drop.file_id: changes for drop, changes in self.uploads}
        committed = [file for file in files if file.state == "committed"]
        assert Counter(by_id[file.id] for file in committed) == Counter(set(by_id.values()))
        assert sorted(file.sequence for file in committed) == list(range(1, len(committed) + 1))
        assert all(file.is_announced for file in committed)

    def _survives(self, act: Callable[[Any], object], dies_at: int, *, is_after: bool) -> None:
        if not dies_at:
            act(self.lake)
            return
        with suppress(Crash), Faults(self.world.mortal).dying_at(dies_at, is_after=is_after):
            act(self.world.mortal)

    def _end_all(self) -> None:
        for _ in range(400):
            runs = self.open_runs()
            if not runs:
                return
            for run_id in runs:
                self.lake.runs.advance("main", run_id)
                target = self.lake.datasets.store.find("main", self.target)
                if target is not None and target.current_version is not None:
                    self._check_shown(self.lake.versions.find_current(target))
            self.world.clock.jump(10)
        raise AssertionError("the runs do not end")
