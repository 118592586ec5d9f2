"""How long does a cold `api` function take to its first answer, against the least such function there is?

One child process a round and side: interpreter start, imports, and one API Gateway event (payload format 2.0) for
`GET /v1/datasets` answered 200 through Mangum. What the interpreter does at its end, which Lambda never sees, is not
counted. The other side is FastAPI + Mangum + one boto3 DynamoDB client that says hello without calling it. Budget 1.00
of CPU time. Twice: from this tree in the development environment, and from the unzipped package, with its bytecode and
a bare Python, as Lambda has it (without infra/build/here.zip, which `make bench` makes, that half is left out).
"""

import functools
import os
import sys
import tempfile
import zipfile
from pathlib import Path

from bench.measure import ROOT, Table, interleaved, median, python_child, ratio, verdict
from local.deploy import ZIP, lambda_python
from local.provision import local_environment, named_environment, provision
from local.stack import Stack, running_stack

BUDGET = 1.0
PATH = "/v1/datasets"
HEAVY = ("sqlalchemy", "pyathena", "sqlglot", "duckdb", "pandas", "arro3")
"""Libraries that metadata routes must not pay for."""

_EVENT = """
def event(path, key):
    http = {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"}
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "isBase64Encoded": False,
        "headers": {"host": "localhost", "x-api-key": key},
        "requestContext": {"http": http, "requestId": "bench", "stage": "$default", "domainName": "localhost"},
    }
"""
_HELLO = """
import json, os, sys, time
import boto3
from fastapi import FastAPI
from mangum import Mangum
app = FastAPI()
dynamodb = boto3.client("dynamodb", region_name="us-east-1")
@app.get("/v1/datasets")
async def hello() -> dict[str, str]:
    return {"hello": "world"}
answer = Mangum(app, lifespan="off")(event(sys.argv[1], sys.argv[2]), None)
cpu = time.process_time()
print(json.dumps({"status": answer["statusCode"], "cpu_s": cpu, "modules": len(sys.modules)}), flush=True)
os._exit(0)
"""
_OURS = """
import json, os, sys, time
from app.lambdas import api
answer = api(event(sys.argv[1], sys.argv[2]), None)
cpu = time.process_time()
heavy = [name for name in sys.argv[3].split(",") if name in sys.modules]
value = {"status": answer["statusCode"], "cpu_s": cpu, "modules": len(sys.modules), "heavy": heavy}
print(json.dumps(value), flush=True)
os._exit(0)
"""


def first_answer(path: str, key: str, env: dict[str, str]) -> dict[str, object]:
    """What a cold process of ours says after one GET: `status`, number of `modules`, the `heavy` ones among them."""
    value = python_child(_EVENT + _OURS, path, key, ",".join(HEAVY), env=env).value
    return dict(value)


def admin_key(stack: Stack) -> tuple[str, dict[str, str]]:
    """A key, and the environment in which the app finds it."""
    from app.settings import Settings

    env = local_environment(stack.endpoint_url)
    os.environ |= env
    settings = Settings()
    provision(stack.endpoint_url, settings)
    from app.bootstrap import build_lake

    return build_lake(settings).identity.ensure_admin_key(settings.home_tenant), env | named_environment(settings)


def measured(stack: Stack, rounds: int, what: str = "", python: str = sys.executable, home: Path = ROOT) -> Table:
    """The table, over a running stack: `what` is run by `python`, its modules from `home`."""
    key, env = admin_key(stack)
    child = functools.partial(python_child, env=env, python=python, home=home)
    costs = interleaved(
        {
            "hello": lambda: child(_EVENT + _HELLO, PATH, key),
            "ours": lambda: child(_EVENT + _OURS, PATH, key, ",".join(HEAVY)),
        },
        rounds,
    )
    refused = [cost.value for side in costs.values() for cost in side if cost.value["status"] != 200]
    if refused:
        raise RuntimeError(f"not every first answer was a 200: {refused[0]}")
    table = Table(
        f"Cold start to the first GET /v1/datasets{what} (medians of {rounds})",
        ["side", "CPU ms", "ratio of CPU", "wall ms (info)", "modules"],
    )
    for side, name in (
        ("hello", "FastAPI + Mangum + a boto3 client, hello world"),
        ("ours", "Headgate, 2 DynamoDB calls"),
    ):
        table.add(
            name,
            f"{median(costs[side]) * 1000:.0f}",
            f"{ratio(costs, side, 'hello'):.2f}",
            f"{median(costs[side], 'wall_s') * 1000:.0f}",
            costs[side][0].value["modules"],
        )
    table.notes.append(f"ratio: {verdict(ratio(costs, 'ours', 'hello'), BUDGET)}")
    heavy = costs["ours"][0].value["heavy"]
    table.notes.append(f"heavy libraries loaded: {', '.join(heavy) or 'none'}")
    return table


def of_package(stack: Stack, rounds: int) -> list[Table]:
    """The table of the unzipped package; none when it was not made."""
    python = lambda_python()
    if not ZIP.exists():
        return []
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(ZIP).extractall(folder)
        return [measured(stack, rounds, ", from the package", python, Path(folder))]


def main() -> list[Table]:
    """ROUNDS rounds (default 15)."""
    rounds = int(os.environ.get("ROUNDS", "15"))
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        return [measured(stack, rounds), *of_package(stack, rounds)]


if __name__ == "__main__":
    for result in main():
        print(result)
