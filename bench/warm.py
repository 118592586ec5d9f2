"""What does one warm request cost us, AWS's part excluded, against FastAPI saying hello?

Both through Mangum, in this process, alternating; CPU time. DynamoDB's answers are replayed by botocore's own hooks and
what it does between the start of a call and its answer is taken off. Budget: 2 x hello. And: 1,000 dataset records from
objects to bytes, the way the list endpoint does it, against orjson over plain dictionaries; budget 4 x.

    python -m bench.warm    CALLS=300 ROUNDS=7
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI
from mangum import Mangum

from app.adapters.dynamodb.table import Table as DynamoTable
from bench.catalog_scale import dataset, fill
from bench.measure import Cost, Table, interleaved, median, ratio, verdict
from bench.product import Product, running_product
from local.stack import Stack, running_stack

BUDGET, RECORDS_BUDGET, RECORDS = 2.0, 4.0, 1_000


class Replayed:
    """A boto3 client that gives its first answer to a request again and again: botocore's own hooks, no network.

    `seconds`: CPU spent in its calls, signing and parsing of the first ones included.
    """

    def __init__(self, client: Any) -> None:
        self.seconds = 0.0
        self._started = 0.0
        self._answers: dict[str, Any] = {}
        self._asked = ""
        client.meta.events.register("provide-client-params", self._begin)
        client.meta.events.register("before-call", self._known)
        client.meta.events.register("after-call", self._end)

    def _begin(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self._started = time.process_time()
        self._asked = f"{model.name} {params}"

    def _known(self, **_: Any) -> Any:
        return self._answers.get(self._asked)  # None: botocore sends the request

    def _end(self, http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        self._answers[self._asked] = http_response, parsed
        self.seconds += time.process_time() - self._started


def event(path: str, key: str) -> dict[str, Any]:
    """API Gateway's event (payload format 2.0) of a GET."""
    raw_path, _, query = path.partition("?")
    http = {"method": "GET", "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "isBase64Encoded": False,
        "headers": {"host": "localhost", "x-api-key": key},
        "requestContext": {"http": http, "requestId": "bench", "stage": "$default", "domainName": "localhost"},
    }


def invoked(handler: Mangum, path: str, key: str, calls: int, aws: Replayed | None = None) -> Callable[[], Cost]:
    """A case: `calls` invocations; CPU seconds per call."""
    request = event(path, key)

    def run() -> Cost:
        before = aws.seconds if aws else 0.0
        wall, cpu = time.perf_counter(), time.process_time()
        statuses = {handler(request, _no_context)["statusCode"] for _ in range(calls)}
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if statuses != {200}:
            raise RuntimeError(f"{path} answered {statuses}")
        return Cost(wall / calls, (cpu - (aws.seconds - before if aws else 0.0)) / calls)

    return run


_no_context: Any = None


def hello() -> Mangum:
    app = FastAPI()

    @app.get("/hello")
    async def say() -> dict[str, str]:
        return {"hello": "world"}

    return Mangum(app, lifespan="off")


def requests_table(product: Product, calls: int, rounds: int) -> Table:
    """GET /v1/me and lists of 1 and 50 datasets against hello."""
    from app.main import create_app

    fill(DynamoTable(product.lake.aws, product.lake.settings.table_name, lambda: "bench"), "main", range(60))
    key = str(product.api.headers["x-api-key"])
    ours = Mangum(create_app(product.lake, is_inline=True), lifespan="off")
    aws = Replayed(product.lake.aws.dynamodb)
    cases = {
        "FastAPI hello": invoked(hello(), "/hello", "", calls),
        "GET /v1/me": invoked(ours, "/v1/me", key, calls),
        "GET /v1/datasets?limit=1": invoked(ours, "/v1/datasets?limit=1", key, calls, aws),
        "GET /v1/datasets (50)": invoked(ours, "/v1/datasets", key, max(calls // 5, 1), aws),
    }
    costs = interleaved(cases, rounds)
    table = Table(f"Warm requests, AWS calls excluded (medians of {rounds})", ["request", "CPU us", "ratio"])
    for name in cases:
        table.add(name, f"{median(costs[name]) * 1e6:,.0f}", f"{ratio(costs, name, 'FastAPI hello'):.2f}")
    for name in ("GET /v1/me", "GET /v1/datasets?limit=1"):
        table.notes.append(f"{name}: {verdict(ratio(costs, name, 'FastAPI hello'), BUDGET)}")
    return table


def records_table(rounds: int) -> Table:
    """1,000 records, from stored objects to the bytes of a page."""
    from app.routers.datasets import DatasetSummary
    from app.routers.deps import PageOf

    records = [dataset(number, "main") for number in range(RECORDS)]
    app = FastAPI()

    @app.get("/records")
    async def page() -> PageOf[DatasetSummary]:
        body = {"items": records, "next_page_token": None}
        return PageOf[DatasetSummary].model_validate(body, from_attributes=True)

    plain = orjson.loads(
        PageOf[DatasetSummary].model_validate({"items": records}, from_attributes=True).model_dump_json()
    )
    sent = orjson.loads(Mangum(app, lifespan="off")(event("/records", ""), _no_context)["body"])
    if sent != plain:
        raise RuntimeError("the endpoint's bytes are not the records'")

    def dumped() -> Cost:
        cpu = time.process_time()
        for _ in range(20):
            orjson.dumps(plain)
        return Cost(0, (time.process_time() - cpu) / 20)

    cases = {
        "orjson": dumped,
        "hello": invoked(hello(), "/hello", "", 20),
        "records": invoked(Mangum(app, lifespan="off"), "/records", "", 5),
    }
    costs = interleaved(cases, rounds)
    own = median(costs["records"]) - median(costs["hello"])
    base = median(costs["orjson"])
    table = Table(f"{RECORDS:,} dataset records out ({len(orjson.dumps(plain)):,} bytes)", ["way", "CPU ms", "ratio"])
    table.add("orjson over dictionaries", f"{base * 1e3:.2f}", "1.00")
    table.add("the list endpoint's way, hello taken off", f"{own * 1e3:.2f}", f"{own / base:.2f}")
    table.notes.append(f"records: {verdict(own / base, RECORDS_BUDGET)}")
    return table


def measured(stack: Stack, calls: int, rounds: int) -> list[Table]:
    """The tables, over a running stack."""
    with running_product(stack, api_key_cache_seconds=86_400) as product:
        return [requests_table(product, calls, rounds), records_table(rounds)]


def main() -> list[Table]:
    """CALLS a round (default 300), ROUNDS rounds (default 7)."""
    calls, rounds = int(os.environ.get("CALLS", "300")), int(os.environ.get("ROUNDS", "7"))
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        return measured(stack, calls, rounds)


if __name__ == "__main__":
    for result in main():
        print(result)
