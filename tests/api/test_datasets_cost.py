"""What lists and search cost does not grow with the number of datasets: counted at the wire."""

from collections import Counter

import pytest

from tests.isolation import isolated_settings

FEW, MANY = 100, 3_000


@pytest.fixture(scope="module")
def settings(stack):
    """Who the key belongs to is read once, however slow the machine."""
    return isolated_settings(stack, api_key_cache_seconds=86_400)


class Wire:
    """Counts DynamoDB's requests, and the items they looked at, of a lake."""

    def __init__(self, lake):
        self.requests = Counter()
        self.scanned = 0
        events = lake.aws.dynamodb.meta.events
        events.register("before-call.dynamodb.*", self._asked)
        events.register("after-call.dynamodb.Query", self._answered)

    def _asked(self, model, **_):
        self.requests[model.name] += 1

    def _answered(self, parsed, **_):
        self.scanned += parsed["ScannedCount"]

    def of(self, action):
        self.requests.clear()
        self.scanned = 0
        action()
        return dict(self.requests), self.scanned


def seed(lake, start, stop):
    """Datasets as registration stores them, without a request each."""
    from app.adapters.dynamodb import keys
    from app.adapters.dynamodb.records import writing
    from app.adapters.dynamodb.table import Write
    from app.domain.datasets import Dataset, Tier
    from app.domain.search import tokens_of

    now = lake.clock()
    writes = []
    for n in range(start, stop):
        dataset = Dataset(
            id=f"bulk.set_{n:06d}", tenant="main", namespace="bulk", name=f"set_{n:06d}", tier=Tier.RAW,
            description=f"number{n}", tags={"team": "bulk"}, created_at=now, created_by="seed", updated_at=now,
        )  # fmt: skip
        writes.append(
            writing(keys.dataset("main", dataset.id), dataset, {"gsi1pk": "T#main#DATASETS", "gsi1sk": dataset.id})
        )
        writes += [
            Write(keys.token("main", *token, dataset.id), "{}")
            for token in tokens_of(dataset, None)
            if token.facet != "word" or token.value == dataset.description
        ]
    lake.datasets.store.table.batch_write(writes)


QUESTIONS = (
    {},
    {"namespace": "bulk"},
    {"tag": "team:bulk"},
    {"tier": "raw"},
    {"q": "number77"},
    {"tag": "team:bulk", "namespace": "bulk", "tier": "raw"},
)


def test_a_page_costs_the_same_at_100_and_at_3000_datasets(api, lake):
    api.get("/v1/datasets")  # the key is read once and then trusted
    wire = Wire(lake)

    def ask(params):
        answer = api.get("/v1/datasets", params={**params, "limit": 50})
        assert answer.status_code == 200
        assert answer.json()["items"]

    seed(lake, 0, FEW)
    few = [wire.of(lambda q=question: ask(q)) for question in QUESTIONS]
    seed(lake, FEW, MANY)
    many = [wire.of(lambda q=question: ask(q)) for question in QUESTIONS]
    assert many == few
    for requests, scanned in many:
        assert "Scan" not in requests
        assert scanned <= 50
    assert [sum(requests.values()) for requests, _ in many] == [1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize("columns", [1, 430, 2000])
def test_reading_a_dataset_takes_two_reads_whatever_its_width(api, lake, columns):
    body = {
        "namespace": "width",
        "name": f"w{columns}",
        "tier": "raw",
        "schema": {"columns": [{"name": f"c{n}", "type": "int", "description": "x" * 200} for n in range(columns)]},
    }
    assert api.post("/v1/datasets", json=body).status_code == 201
    wire = Wire(lake)
    requests, _ = wire.of(lambda: api.get(f"/v1/datasets/width.w{columns}"))
    assert requests == {"GetItem": 2}
