"""A lane: one job whose versions can be told apart, workers that die on it, and a reader who never stops looking.

Every row of version g says `generation = g`, and there are ROWS + g of them: a reader who sees two generations, or a
number of rows that is not that of the generation, has seen a mixture or half a version.
"""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from app.domain.access import Principal
from local.provision import local_environment, named_environment
from tests.api.lakework import select

ROWS = 3
PAUSE_SECONDS = 0.1
"""Between a reader's reads: two cores are shared with the workers and the engine."""
ME = Principal(id="test", tenant="main", scopes=frozenset())
_ROOT = Path(__file__).resolve().parents[2]


class Workers:
    """Processes that advance runs, one at a time (tests/faults/worker_main.py)."""

    def __init__(self, stack: Any, settings: Any) -> None:
        numbers = ("run_lease_seconds", "versions_kept", "version_grace_seconds")
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

    def work(self, run: str, die_at: int = 0, *, is_after: bool = False) -> tuple[bool, list[str]]:
        """(was it killed, the writes that it began)."""
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps({"run": run, "die_at": die_at, "is_after": is_after}) + "\n")
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
    target: str
    seen: list[list[tuple[int, int]]] = field(default_factory=list)
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
        wrong = [rows for rows in self.seen if len(rows) != 1 or rows[0][1] != ROWS + rows[0][0]]
        assert wrong == []

    def by_http(self) -> list[tuple[int, int]]:
        asked = {"sql": _counted(self.target)}
        query = self.api.post("/v1/queries", json=asked, headers={"Prefer": "wait=25"}).json()
        assert query["state"] == "succeeded", query
        return [(row[0], row[1]) for row in self.api.get(f"/v1/queries/{query['id']}/results").json()["rows"]]

    def by_view(self) -> list[tuple[int, int]]:
        return [(row[0], row[1]) for row in select(self.lake, _counted(self.target))]

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
    return f'SELECT generation, count(*) FROM "{namespace}"."{name}" GROUP BY generation'


class FullJob:
    """A job of mode `full`: a change of its definition is the next generation."""

    def __init__(self, api: Any, source: str, name: str) -> None:
        self.api = api
        self.name = name
        self.target = f"kill.{name.replace('-', '_')}"
        self.generation = 0
        namespace, table = self.target.split(".")
        body = {"name": name, "sources": [source], "target": {"namespace": namespace, "name": table}, **self._made(0)}
        answer = api.post("/v1/jobs", json={**body, "layout": {"partition_by": ["part"]}})
        assert answer.status_code == 201, answer.text

    def next(self) -> int:
        """The definition of the next generation is stored."""
        self.generation += 1
        etag = self.api.get(f"/v1/jobs/{self.name}").headers["etag"]
        answer = self.api.patch(f"/v1/jobs/{self.name}", json=self._made(self.generation), headers={"If-Match": etag})
        assert answer.status_code == 200, answer.text
        return self.generation

    @staticmethod
    def _made(generation: int) -> dict[str, Any]:
        columns = [
            {"name": "n"},
            {"name": "generation", "expression": str(generation), "type": "int"},
            {"name": "part", "expression": "n % 2", "type": "int"},
        ]
        return {"transform": {"columns": columns, "where": f"n <= {ROWS + generation}"}}


@dataclass
class Lane:
    """One job, its workers and its reader."""

    lake: Any
    job: FullJob
    workers: Workers
    reader: Reader
    writes: list[str] = field(default_factory=list)

    def survive(self, kills: list[tuple[int, bool]]) -> tuple[int, float]:
        """A run of the next generation whose workers die at these writes: how many died, and the seconds from the last
        death (or the start) to the end.
        """
        generation = self.job.next()
        run = self.lake.runs.start(ME, self.job.name).id
        deaths, since = 0, time.monotonic()
        for die_at, is_after in [*kills, (0, False)]:
            was_killed, self.writes = self.workers.work(run, die_at, is_after=is_after)
            if not was_killed:
                break
            deaths, since = deaths + 1, time.monotonic()
        seconds = time.monotonic() - since
        self.check(run, generation)
        return deaths, seconds

    def check(self, run: str, generation: int) -> None:
        ended = self.lake.runs.look(ME, run)
        assert ended.state == "succeeded", ended
        assert ended.rows == ROWS + generation
        assert self.reader.by_http() == self.reader.by_view() == [(generation, ROWS + generation)]
