"""Thousands of file events: delivered one to five times, shuffled, some never, to several workers at once. Then the
sweeper. The ledger is exactly what was uploaded, and readers see every row once.

HEADGATE_FAULT_EVENTS is the number of files (200 by default), HEADGATE_FAULT_SEED repeats a history.
"""

import json
import logging
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from app.bootstrap import build_lake
from app.domain.identifiers import utc_now
from tests.api.dropping import Partner
from tests.faults.budget import SEED, budget
from tests.isolation import isolated_settings

log = logging.getLogger(__name__)

FILES = budget("EVENTS", 200)
WORKERS = 4
DATASETS = 6
BATCH = 10  # as SQS hands them to Lambda
DROPPED, ANNOUNCED, DOUBLED, BAD = 0.05, 0.1, 0.03, 0.02


@dataclass(frozen=True)
class Dropped:
    """One object version that lies in the intake bucket."""

    dataset: str
    key: str
    version: str
    ids: tuple[int, ...]
    is_bad: bool
    is_double: bool


class Uploads:
    """Drops files straight into the intake bucket; a tenth was announced before."""

    def __init__(self, lake: Any, partner: Partner, rng: random.Random) -> None:
        self.lake, self.partner, self.rng = lake, partner, rng
        columns = [{"name": "id", "type": "bigint"}, {"name": "v", "type": "varchar"}]
        form = {"type": "csv", "header": True}
        self.datasets = [partner.dataset(schema={"columns": columns}, format=form) for _ in range(DATASETS)]
        self.good: dict[str, list[Dropped]] = {dataset: [] for dataset in self.datasets}
        self.number = 0

    def drop(self) -> Dropped:
        dataset = self.rng.choice(self.datasets)
        is_bad = self.rng.random() < BAD
        is_double = not is_bad and bool(self.good[dataset]) and self.rng.random() < DOUBLED
        ids = self.rng.choice(self.good[dataset]).ids if is_double else self.ids()
        body = "id,v\n" + "".join(f"{n},{'x' * (n % 7)}\n" for n in ids) + ("broken\n" if is_bad else "")
        key = self.key(dataset, body.encode())
        answer = self.lake.aws.s3.put_object(Bucket=self.lake.settings.intake_bucket, Key=key, Body=body.encode())
        drop = Dropped(dataset, key, answer["VersionId"], ids, is_bad, is_double)
        if not is_bad and not is_double:
            self.good[dataset].append(drop)
        return drop

    def ids(self) -> tuple[int, ...]:
        first, self.number = self.number, self.number + self.rng.randint(1, 3)
        return tuple(range(first, self.number))

    def key(self, dataset: str, body: bytes) -> str:
        prefix = f"main/{dataset.replace('.', '/')}"
        if self.rng.random() < ANNOUNCED:
            return f"{prefix}/{self.partner.ask(dataset, body)['file_id']}"
        # Some keys are written more than once: each version is a file of its own.
        return f"{prefix}/export {self.rng.randrange(2 * FILES)}.csv"


def message(lake: Any, drop: Dropped) -> str:
    thing = {"key": quote_plus(drop.key), "versionId": drop.version}
    bucket = {"name": lake.settings.intake_bucket}
    return json.dumps({"Records": [{"eventSource": "aws:s3", "s3": {"bucket": bucket, "object": thing}}]})


def work(lake: Any, messages: list[str]) -> int:
    """One worker: batch after batch; what failed comes again, as from SQS. The number of deliveries."""
    from app import events

    count, waiting = 0, messages[::-1]
    while waiting:
        batch = [waiting.pop() for _ in range(min(BATCH, len(waiting)))]
        count += len(batch)
        records = [{"messageId": str(n), "body": body} for n, body in enumerate(batch)]
        failed = events.handle_batch(lake, {"Records": records})["batchItemFailures"]
        waiting = [batch[int(one["itemIdentifier"])] for one in failed] + waiting
        assert count < 4 * len(messages) + 100, "the same messages fail for ever"
    return count


def deliver(lake: Any, drops: list[Dropped], rng: random.Random) -> int:
    heard = [drop for drop in drops if rng.random() >= DROPPED]
    messages = [message(lake, drop) for drop in heard for _ in range(rng.randint(1, 5))]
    rng.shuffle(messages)
    with ThreadPoolExecutor(WORKERS) as pool:
        parts = [messages[n::WORKERS] for n in range(WORKERS)]
        return sum(pool.map(work, [build_lake(lake.settings) for _ in parts], parts))


def sweep(settings: Any) -> int:
    """Two sweepers side by side, ten minutes later, until a pass is over; the number of files they found."""

    def pass_(lake: Any) -> int:
        found, deadline = 0, time.monotonic() + 60 + FILES
        while time.monotonic() < deadline:
            done = lake.sweeper.sweep()
            if done is None and not lake.sweeper._store.get().is_under_way:
                return found
            found += done.found if done else 0
            if done is None:
                time.sleep(0.05)
        raise TimeoutError("the pass does not end")

    lakes = [build_lake(settings, clock=lambda: utc_now() + timedelta(minutes=10)) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(pass_, lakes))


def ledger(lake: Any, dataset: str) -> list[Any]:
    files: list[Any] = []
    token = None
    while True:
        page = lake.files.store.list("main", dataset, None, 1000, token)
        files += page.items
        token = page.next_page_token
        if token is None:
            return files


def check(uploads: Uploads, drops: list[Dropped]) -> None:
    for dataset in uploads.datasets:
        own = [drop for drop in drops if drop.dataset == dataset]
        files = ledger(uploads.lake, dataset)
        assert sorted((f.intake_key, f.version_id) for f in files) == sorted((d.key, d.version) for d in own)
        states = [f.state.value for f in files]
        good = uploads.good[dataset]
        assert states.count("quarantined") == sum(drop.is_bad for drop in own)
        assert states.count("duplicate") == sum(drop.is_double for drop in own)
        assert states.count("committed") == len(good) == len(files) - sum(d.is_bad or d.is_double for d in own)
        committed = [f for f in files if f.state.value == "committed"]
        assert sorted(f.sequence for f in committed) == list(range(1, len(good) + 1))
        assert len({f.committed_version for f in committed}) == len(good)
        ids = [n for drop in good for n in drop.ids]
        current = uploads.partner.view(dataset)["current_version"]
        version = uploads.partner.api.get(f"/v1/datasets/{dataset}/versions/{current}").json()
        assert (version["files"], version["rows"]) == (len(good), len(ids))
        assert uploads.partner.sql(f"SELECT count(*), count(DISTINCT id), sum(id) FROM {dataset}") == [
            (len(ids), len(set(ids)), sum(ids))
        ]


@pytest.fixture
def lake(stack: Any) -> Any:
    lake = build_lake(isolated_settings(stack))
    # The test delivers what it makes itself.
    lake.aws.s3.put_bucket_notification_configuration(Bucket=lake.settings.intake_bucket, NotificationConfiguration={})
    return lake


@pytest.fixture
def partner(lake: Any) -> Any:
    from fastapi.testclient import TestClient

    from app.main import create_app

    with TestClient(create_app(lake)) as client:
        client.headers["x-api-key"] = lake.identity.ensure_admin_key("main")
        yield Partner(client, lake, lambda: 0)


def test_every_file_is_taken_in_once_whatever_becomes_of_its_events(partner: Partner, lake: Any) -> None:
    log.warning("HEADGATE_FAULT_SEED=%d HEADGATE_FAULT_EVENTS=%d", SEED, FILES)
    rng = random.Random(SEED)
    uploads = Uploads(lake, partner, rng)
    drops = [uploads.drop() for _ in range(FILES)]
    began = time.monotonic()
    deliveries = deliver(lake, drops, rng)
    delivered = time.monotonic()
    found = sweep(lake.settings)
    swept = time.monotonic()
    each = 1000 * (delivered - began) / FILES
    log.warning("%d deliveries of %d files in %.1f s: %.0f ms each", deliveries, FILES, delivered - began, each)
    log.warning("%d found by sweeping in %.1f s", found, swept - delivered)
    assert found > 0
    check(uploads, drops)
