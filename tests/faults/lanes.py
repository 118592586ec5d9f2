"""A lane: one job whose versions can be told apart, workers that die on it, and a reader who never stops looking.

Every row says of which generation it is, and of generation g there are ROWS + g: a reader who sees generations that do not
go together, or a number of rows that is not that of its generation, has seen a mixture or half a version.
"""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from app.domain.access import Principal
from local.provision import local_environment, named_environment
from tests.api.lakework import change, select
from tests.faults.drops import dropped, handled
from tests.faults.worker_main import newest

ROWS = 3
PAUSE_SECONDS = 0.1
"""Between a reader's reads: two cores are shared with the workers and the engine."""
ME = Principal(id="test", tenant="main", scopes=frozenset())
Seen = list[tuple[int, int]]
"""(generation, rows) as a reader counts them, by generation."""
_ROOT = Path(__file__).resolve().parents[2]


class Workers:
    """Processes that advance runs, one at a time (tests/faults/worker_main.py)."""

    def __init__(self, stack: Any, settings: Any) -> None:
        numbers = ("run_lease_seconds", "versions_kept", "version_grace_seconds", "files_per_run")
        chosen = {f"HEADGATE_{name.upper()}": str(getattr(settings, name)) for name in numbers}
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "HEADGATE_"))}
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker_main"],
            cwd=_ROOT,
            env={**inherited, **local_environment(stack.endpoint_url), **named_environment(settings), **chosen},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def work(self, job: str, die_at: int = 0, *, is_after: bool = False) -> tuple[bool, list[str]]:
        """(was it killed, the writes that it began)."""
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps({"job": job, "die_at": die_at, "is_after": is_after}) + "\n")
        self._parent.stdin.flush()
        end = json.loads(self._line())
        assert end["signal"] in {0, 9}, end
        return end["signal"] == 9, end["writes"]

    def stop(self) -> None:
        self._parent.communicate()  # the end of its input is its end

    def _line(self) -> str:
        assert self._parent.stdout is not None
        return self._parent.stdout.readline().strip()


@dataclass
class Reader:
    """Asks for the target's generations over HTTP and through its Glue view, in turns, and keeps what it saw."""

    api: Any
    lake: Any
    job: "GenerationJob"
    seen: list[Seen] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        assert self._thread is not None
        self._thread.join()

    def check(self) -> None:
        """No failed read, no mixture, no half a version."""
        assert self.broken == []
        assert [rows for rows in self.seen if not self.job.is_whole(rows)] == []

    def by_http(self) -> Seen:
        asked = {"sql": _counted(self.job.target)}
        query = self.api.post("/v1/queries", json=asked, headers={"Prefer": "wait=25"}).json()
        assert query["state"] == "succeeded", query
        return [(row[0], row[1]) for row in self.api.get(f"/v1/queries/{query['id']}/results").json()["rows"]]

    def by_view(self) -> Seen:
        return [(row[0], row[1]) for row in select(self.lake, _counted(self.job.target))]

    def _read(self) -> None:
        while not self._over.is_set():
            for read in (self.by_http, self.by_view):
                try:
                    self.seen.append(read())
                except Exception as error:  # noqa: BLE001 - whatever a reader meets is the finding
                    self.broken.append(repr(error))
                self._over.wait(PAUSE_SECONDS)


def _counted(target: str) -> str:
    namespace, name = target.split(".")
    return f'SELECT generation, count(*) FROM "{namespace}"."{name}" GROUP BY generation ORDER BY generation'


class GenerationJob:
    """A job of one mode; `next` makes its source or its definition that of the next generation, of so many versions."""

    name: ClassVar[str]
    mode: ClassVar[str]
    versions: ClassVar[int] = 1

    def __init__(self, api: Any, lake: Any) -> None:
        self.api, self.lake = api, lake
        self.source, self.target = f"kill.{self.name}_raw", f"kill.{self.name}"
        self.generation = 0
        columns = [{"name": name, "type": "int"} for name in ("n", "generation", "part")]
        new = {"namespace": "kill", "name": f"{self.name}_raw", "tier": "raw", "schema": {"columns": columns}}
        assert api.post("/v1/datasets", json=new).status_code == 201
        target = {"namespace": "kill", "name": self.name}
        body = {"name": self.name, "sources": [self.source], "target": target, "mode": self.mode, **self.definition()}
        answer = api.post("/v1/jobs", json={**body, "layout": {"partition_by": ["part"]}})
        assert answer.status_code == 201, answer.text

    def definition(self) -> dict[str, Any]:
        return {}

    def next(self) -> None:
        self.generation += 1
        self.drop(self.rows(self.generation))

    def rows(self, generation: int) -> list[tuple[int, int, int]]:
        """(n, generation, part) of a generation's file."""
        return [(n, generation, n % 2) for n in range(ROWS + generation)]

    def drop(self, rows: list[tuple[int, int, int]]) -> None:
        text = "n,generation,part\n" + "".join(f"{n},{generation},{part}\n" for n, generation, part in rows)
        assert handled(self.lake, dropped(self.api, self.lake, self.source, text.encode()))

    def seen(self, generation: int) -> Seen:
        """What a reader sees of a version."""
        return [(generation, ROWS + generation)]

    def is_whole(self, rows: Seen) -> bool:
        """Whether a reader has seen exactly one version."""
        return bool(rows) and rows == self.seen(rows[-1][0])


class FullJob(GenerationJob):
    """A change of the definition is the next generation."""

    files: ClassVar[int] = 1
    name = mode = "full"

    def definition(self) -> dict[str, Any]:
        made = {"name": "generation", "expression": str(self.generation), "type": "int"}
        columns = [{"name": "n"}, made, {"name": "part"}]
        return {"transform": {"columns": columns, "where": f"n < {ROWS + self.generation}"}}

    def next(self) -> None:
        if self.generation == 0:
            for number in range(self.files):
                self.drop(self.rows(500)[number :: self.files])
        self.generation += 1
        change(self.api, self.name, **self.definition())


class RebuildJob(FullJob):
    """A change of the definition, which several runs load, two files each."""

    name, mode = "rebuild", "incremental"
    files, versions = 5, 3


class IncrementalJob(GenerationJob):
    """A file's rows come beside those of the generations before."""

    name = mode = "incremental"

    def seen(self, generation: int) -> Seen:
        return [(one, ROWS + one) for one in range(1, generation + 1)]


class MergeJob(GenerationJob):
    """A file changes every key of its partitions; one more partition is left as it was, and only referred to."""

    name = mode = "merge"
    LEFT = 100

    def definition(self) -> dict[str, Any]:
        return {"merge": {"keys": ["n"], "order_by": ["generation desc"]}}

    def rows(self, generation: int) -> list[tuple[int, int, int]]:
        left = [(self.LEFT + n, 0, 9) for n in range(ROWS)] if generation == 1 else []
        return [*super().rows(generation), *left]

    def seen(self, generation: int) -> Seen:
        return [(0, ROWS), (generation, ROWS + generation)]


@dataclass
class Lane:
    """One job, its workers and its reader."""

    lake: Any
    job: GenerationJob
    workers: Workers
    reader: Reader
    writes: list[str] = field(default_factory=list)

    def survive(self, kills: list[tuple[int, bool]]) -> tuple[int, float]:
        """A run of the next generation, and those that follow from it, whose workers die at these writes: how many
        died, and the seconds from the last death (or the start) to the end.
        """
        self.job.next()
        self.lake.runs.start(ME, self.job.name)
        deaths, since = 0, time.monotonic()
        for die_at, is_after in [*kills, (0, False)]:
            was_killed, self.writes = self.workers.work(self.job.name, die_at, is_after=is_after)
            if not was_killed:
                break
            deaths, since = deaths + 1, time.monotonic()
        seconds = time.monotonic() - since
        self.check()
        return deaths, seconds

    def check(self) -> None:
        ended = newest(self.lake, self.job.name)[: self.job.versions]
        assert {run.state for run in ended} == {"succeeded"}, ended
        seen = self.job.seen(self.job.generation)
        assert ended[0].rows == sum(count for _, count in seen)
        assert self.reader.by_http() == self.reader.by_view() == seen
