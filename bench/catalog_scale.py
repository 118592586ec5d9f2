"""What does a page of the catalogue cost at 100, 1,000, 10,000 (SIZES=100,...,100000) datasets?

Counters, not clocks: requests to DynamoDB, ScannedCount, Scan calls, read from the answers as they arrive. The embedded
DynamoDB reads a whole table for a Query, so its times would say nothing about AWS's. Budget: no Scan, at most 2
requests, ScannedCount at most page + 1, the same at every size. Once every 30 s a request also reads its API key
(`api_key_cache_seconds`); that is done before the counting.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.datasets import dataset_write
from app.adapters.dynamodb.table import Table as DynamoTable
from app.adapters.dynamodb.table import Write
from app.domain.datasets import Dataset, Tier
from app.domain.search import tokens_of
from bench.measure import Table
from bench.product import Product, running_product
from local.stack import Stack, running_stack

PAGE = 50
MAX_REQUESTS = 2
SIZES = "100,1000,10000"
_FILLED_AT_ONCE = 500


class Counted:
    """What DynamoDB was asked and what it read, since the last `reset`."""

    def __init__(self, dynamodb: Any) -> None:
        self.requests: Counter[str] = Counter()
        self.scanned = 0
        dynamodb.meta.events.register("after-call.dynamodb", self._note)

    def reset(self) -> None:
        self.requests.clear()
        self.scanned = 0

    def _note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        self.requests[model.name] += 1
        self.scanned += parsed.get("ScannedCount", 0)


def dataset(number: int, tenant: str) -> Dataset:
    """The n-th synthetic dataset: every second is of the same domain, every tenth of the same owner."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    namespace, name = f"n{number % 7}", f"d{number}"
    return Dataset(
        tenant=tenant,
        id=f"{namespace}.{name}",
        namespace=namespace,
        name=name,
        tier=Tier.CURATED,
        description=f"clicks of region {number % 10}",
        owner=f"team{number % 10}@example.com",
        tags={"domain": ("air", "sea")[number % 2]},
        created_at=now,
        created_by="bench",
        updated_at=now,
    )


def fill(table: DynamoTable, tenant: str, numbers: range) -> None:
    """Datasets and their search tokens, as the store writes them, 25 a request."""
    entries = _entries(tenant, numbers)
    while chunk := list(islice(entries, _FILLED_AT_ONCE)):
        table.batch_write(chunk)


def _entries(tenant: str, numbers: range) -> Iterator[Write]:
    for number in numbers:
        one = dataset(number, tenant)
        yield replace(dataset_write(one), expected=0)
        for token in tokens_of(one, None):
            yield Write(keys.token(tenant, *token, one.id), "{}")


@contextmanager
def counted(counter: Counted) -> Iterator[Counted]:
    counter.reset()
    yield counter


def paths(product: Product) -> dict[str, Callable[[], int]]:
    """Access paths by name; each answers how many datasets it saw."""

    def page(**params: str) -> Callable[[], int]:
        return lambda: len(product.get("/v1/datasets", limit=str(PAGE), **params)["items"])

    first = product.get("/v1/datasets", limit=str(PAGE))
    return {
        "list, page 1": page(),
        "list, page 2": page(page_token=first["next_page_token"]),
        "list of a namespace": page(namespace="n3"),
        "search a word": page(q="clicks"),
        "search a tag": page(tag="domain:air"),
        "search by owner": page(owner="team4@example.com"),
        "get one": lambda: len([product.get("/v1/datasets/n3.d3")["id"]]),
    }


def measured(stack: Stack, sizes: list[int]) -> Table:
    """The table, over a running stack."""
    table = Table(
        f"Cost of the catalogue by its size (pages of {PAGE})",
        ["access", "datasets", "items", "requests", "ScannedCount", "Scans"],
    )
    seen: dict[str, set[tuple[int, int]]] = {}
    broken: list[str] = []
    with running_product(stack, api_key_cache_seconds=86_400) as product:
        dynamo = DynamoTable(product.lake.aws, product.lake.settings.table_name, lambda: "bench")
        counter, there = Counted(product.lake.aws.dynamodb), 0
        for size in sizes:
            fill(dynamo, product.lake.settings.home_tenant, range(there, size))
            there = size
            for name, access in paths(product).items():
                with counted(counter):
                    items = access()
                requests, scans = counter.requests.total(), counter.requests["Scan"]
                table.add(name, f"{size:,}", items, requests, counter.scanned, scans)
                if items == PAGE or name == "get one":  # a short page costs less, and says nothing of scale
                    seen.setdefault(name, set()).add((requests, counter.scanned))
                if scans or requests > MAX_REQUESTS or counter.scanned > PAGE + 1:
                    broken.append(f"{name} at {size:,}")
    uneven = [name for name, costs in seen.items() if len(costs) > 1]
    table.notes.append(
        f"budget (0 Scans, <= {MAX_REQUESTS} requests, ScannedCount <= page + 1): "
        + (f"MISSED by {', '.join(broken)}" if broken else "met")
    )
    table.notes.append("the same at every size: " + (f"NO: {', '.join(uneven)}" if uneven else "yes, for full pages"))
    return table


def main() -> list[Table]:
    """SIZES: numbers of datasets, ascending, separated by commas."""
    sizes = [int(size) for size in os.environ.get("SIZES", SIZES).split(",")]
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        return [measured(stack, sizes)]


if __name__ == "__main__":
    for result in main():
        print(result)
