"""What does a dashboard cost? Cached charts, a hundred tiles at once, bytes on the wire, and thinning a large result.

Cached: one uvicorn worker with the product against one with a bare FastAPI route that returns the same bytes, both over
HTTP with connections kept; requests per second of server CPU, so that the client costs nothing; p99 of one caller's
walls. Budget: half of the bare route. Tiles: a hundred identical requests at once, counted at Athena and at DynamoDB.

    python -m bench.charts    CALLS=300 ROUNDS=3 ROWS=1000000
"""

import gzip
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.measure import ROOT, Cost, Table, Watched, interleaved, median, python_child
from bench.product import Product, running_product
from local.stack import Stack, running_stack

BUDGET, TILES = 0.5, 100
_TICK = 0.01  # seconds: what the kernel counts CPU in
_SERVER = """
import socket, sys
import uvicorn

def serve(app):
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # or asyncio leaves Nagle on: 40 ms an answer
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])
"""
_OURS = (
    _SERVER
    + """
from app.bootstrap import build_lake
from app.main import create_app
from app.settings import Settings

serve(create_app(build_lake(Settings.model_validate_json(sys.argv[1]))))
"""
)
_BARE = (
    _SERVER
    + """
from pathlib import Path
from fastapi import FastAPI, Response

app, body = FastAPI(), Path(sys.argv[1]).read_bytes()

@app.get("/chart")
async def chart() -> Response:
    return Response(body, media_type="application/json", headers={"ETag": '"x"'})

serve(app)
"""
)
_THIN = """
import json, re, sys, time
from app.domain.charts import Drawing
from app.domain.queries import ResultColumn
from app.formats.athena_csv import records
from app.formats.chart_lines import gathered

def chunks():
    rest = b""
    with open(sys.argv[1], "rb") as file:
        while part := file.read(2**20):
            found, used = records(rest + part, is_last=False)
            rest = (rest + part)[used:]
            yield found

columns = (ResultColumn(name="at", type="timestamp"), ResultColumn(name="y", type="double"))
started = time.process_time()
if sys.argv[2] == "csv":
    import csv
    with open(sys.argv[1], newline="") as file:
        points = sum(1 for _ in csv.reader(file))
else:
    lines = gathered(columns, chunks(), Drawing(width=800, downsample=sys.argv[2]))
    points = sum(len(line.xs) for line in lines.lines.values())
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read()).group(1)) * 1024 / 1e6
print(json.dumps({"points": points, "cpu_s": time.process_time() - started, "peak_mb": peak}))
"""


@contextmanager
def server(code: str, argument: str) -> Iterator[tuple[int, Watched]]:
    """A process of its own with one worker; its port, and what it uses."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, argument], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        _until_it_listens(port)
        yield port, Watched(process.pid)
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _until_it_listens(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server does not listen")


def asked(
    port: int, used: Watched, calls: int, path: str, headers: Mapping[str, str], status: int
) -> Callable[[], Cost]:
    """A case: `calls` requests over one connection; CPU seconds of the server per call. The value is their walls."""

    def run() -> Cost:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        walls, before = [], used.cpu_s()
        for _ in range(calls):
            started = time.perf_counter()
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            walls.append(time.perf_counter() - started)
            if answer.status != status:
                raise RuntimeError(f"{path} answered {answer.status}")
        connection.close()
        return Cost(sum(walls) / calls, max(used.cpu_s() - before, _TICK) / calls, value=walls)

    return run


def saved(product: Product, name: str, sql: str, **more: Any) -> str:
    answer = product.api.put(f"/v1/saved-queries/{name}", json={"sql": sql, **more})
    if answer.is_error:
        raise RuntimeError(answer.text)
    return f"/v1/saved-queries/{name}/chart"


POINTS = (
    "SELECT date_add('minute', x, timestamp '2026-01-01 00:00:00') AS at, sin(x / 50e0) AS y"
    " FROM UNNEST(sequence(1, 500)) t (x)"
)


def cached_table(product: Product, calls: int, rounds: int) -> Table:
    """Requests per second of server CPU."""
    paths = [saved(product, "aged", POINTS, max_age=86_400), saved(product, "exact", POINTS)]
    body, etags = product.api.get(paths[0]).content, [product.api.get(path).headers["etag"] for path in paths]
    key = {"X-Api-Key": str(product.api.headers["x-api-key"])}
    with ExitStack() as open_, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "body.json"
        file.write_bytes(body)
        bare = open_.enter_context(server(_BARE, str(file)))
        ours = open_.enter_context(server(_OURS, product.lake.settings.model_dump_json()))
        cases = {"bare FastAPI route": asked(*bare, calls, "/chart", {}, 200)}
        for path, etag, when in zip(paths, etags, ("within max_age", "after one look"), strict=True):
            cases[f"chart, {when}"] = asked(*ours, calls, path, key, 200)
            cases[f"304, {when}"] = asked(*ours, calls, path, {**key, "If-None-Match": etag}, 304)
        costs = interleaved(cases, rounds)
    return _judged(costs, len(body))


def _judged(costs: dict[str, list[Cost]], size: int) -> Table:
    table = Table(f"Cached charts of {size:,} bytes, one worker", ["request", "req / CPU s", "x bare", "p99 ms"])
    base = median(costs["bare FastAPI route"])
    for name, each in costs.items():
        walls = sorted(wall for cost in each for wall in cost.value)
        p99 = statistics.quantiles(walls, n=100)[98]
        table.add(name, f"{1 / median(each):,.0f}", f"{base / median(each):.2f}", f"{p99 * 1000:.1f}")
    share = base / median(costs["chart, within max_age"])
    table.notes.append(
        f"within max_age: {share:.2f} of bare (budget {BUDGET}: {'met' if share >= BUDGET else 'MISSED'})"
    )
    return table


def tiles_table(product: Product) -> Table:
    """A hundred identical tiles, cold and then warm: requests to AWS."""
    sql = (
        "SELECT 1 AS x, count(*) AS y FROM UNNEST(sequence(1, 5000)) a (n), UNNEST(sequence(1, 5000)) b (m)"
        " WHERE (n * m) % 7 = 3"
    )
    path = saved(product, "tiles", sql)
    table = Table(f"{TILES} identical tiles at once", ["tiles", "Athena queries", "other calls of AWS", "bytes"])
    for when in ("first", "again"):
        with counted(product) as calls, ThreadPoolExecutor(TILES) as pool:
            answers = list(pool.map(lambda _: product.api.get(path), range(TILES)))
        bodies = {answer.content for answer in answers}
        if {answer.status_code for answer in answers} != {200} or len(bodies) != 1:
            raise RuntimeError("the tiles differ")
        started = calls.pop("StartQueryExecution", 0)
        table.add(when, started, sum(calls.values()), f"{sum(len(answer.content) for answer in answers):,}")
    return table


@contextmanager
def counted(product: Product) -> Iterator[Counter[str]]:
    found: Counter[str] = Counter()

    def count(event_name: str, **_: Any) -> None:
        found[event_name.rsplit(".", 1)[1]] += 1

    clients = (product.lake.aws.dynamodb, product.lake.aws.s3, product.lake.aws.athena)
    for client in clients:
        client.meta.events.register("before-send.*.*", count, unique_id="bench")
    try:
        yield found
    finally:
        for client in clients:
            client.meta.events.unregister("before-send.*.*", unique_id="bench")


def sizes_table(product: Product) -> Table:
    """50,000 points, whole and thinned to 800 pixels."""
    sql = (
        "SELECT date_add('second', a * 10000 + b, timestamp '2026-01-01 00:00:00') AS at,"
        " sin((a * 10000 + b) / 500e0) AS y"
        " FROM UNNEST(sequence(0, 4)) t (a) CROSS JOIN UNNEST(sequence(0, 9999)) u (b) ORDER BY 1"
    )
    path = saved(product, "sizes", sql, row_limit=50_000)
    table = Table("Bytes of a chart of 50,000 points", ["shape", "whole", "gzip", "width=800", "gzip", "share"])
    for shape in ("series", "rows", "columns", "datatable", "csv"):
        whole, thin = (product.api.get(path, params={"shape": shape, **more}) for more in ({}, {"width": 800}))
        if (whole.status_code, thin.status_code) != (200, 200):
            raise RuntimeError(whole.text[:200])
        sizes = [(len(one.content), len(gzip.compress(one.content, 4))) for one in (whole, thin)]
        cells = [f"{size:,}" for pair in sizes for size in pair]
        table.add(shape, *cells, f"{sizes[1][0] / sizes[0][0]:.3f}")
    return table


def thinning_table(rows: int, rounds: int) -> Table:
    """A stored result of `rows` points to 800 pixels, beside Python's csv module reading it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.csv"
        with file.open("w") as out:
            for n in range(rows):
                day, second = divmod(n, 86_400)
                clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000"
                out.write(f'"2026-{1 + day // 28:02}-{1 + day % 28:02} {clock}","{n * 7919 % 1000 / 7}"\n')
        ways = ("csv", "m4", "lttb")
        cases = {way: lambda way=way: python_child(_THIN, str(file), way) for way in ways}
        costs = interleaved(cases, rounds)
    table = Table(f"{rows:,} rows to 800 pixels", ["way", "CPU s", "us a row", "peak MB", "points"])
    for way in ways:
        cost = costs[way][0]
        each = median(costs[way])
        table.add(way, f"{each:.2f}", f"{each / rows * 1e6:.2f}", f"{cost.peak_mb:.0f}", f"{cost.value['points']:,}")
    return table


def measured(stack: Stack, calls: int, rounds: int) -> list[Table]:
    """The tables that need the product, over a running stack."""
    with running_product(stack, api_key_cache_seconds=86_400, saved_query_cache_seconds=86_400) as product:
        return [cached_table(product, calls, rounds), tiles_table(product), sizes_table(product)]


def main() -> list[Table]:
    """CALLS a round (default 300), ROUNDS rounds (default 3), ROWS to thin (default 1,000,000)."""
    calls, rounds = int(os.environ.get("CALLS", "300")), int(os.environ.get("ROUNDS", "3"))
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        tables = measured(stack, calls, rounds)
    return [*tables, thinning_table(int(os.environ.get("ROWS", "1000000")), rounds)]


if __name__ == "__main__":
    for result in main():
        print(result)
