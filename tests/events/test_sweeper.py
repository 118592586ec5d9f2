"""The sweeper: what S3 never told, what a dead worker left, what never came, and what the intake bucket need not keep."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.bootstrap import build_lake
from app.domain.identifiers import utc_now
from local.worker import deliver_all
from tests.api.dropping import Partner
from tests.events.test_s3_notifications import dropped, event, handle, killed
from tests.isolation import isolated_settings

MINUTE = timedelta(minutes=1)


class Shifted:
    """A clock that can be moved."""

    def __init__(self):
        self.by = timedelta()

    def __call__(self):
        return utc_now() + self.by


@pytest.fixture
def clock():
    return Shifted()


@pytest.fixture
def lake(stack, clock):
    return build_lake(isolated_settings(stack, upload_grace_seconds=1800), clock=clock)


@pytest.fixture
def partner(lake):
    from fastapi.testclient import TestClient

    from app.main import create_app

    with TestClient(create_app(lake)) as client:
        client.headers["x-api-key"] = lake.identity.ensure_admin_key("main")
        yield Partner(client, lake, lambda: deliver_all(lake))


def tick(lake):
    from app import events

    events.tick(lake)


def swept(lake):
    """A whole pass; what it did, stretch by stretch summed."""
    totals = [0, 0, 0, 0]
    while True:
        done = lake.sweeper.sweep()
        assert done is not None
        totals = [total + one for total, one in zip(totals, done[:4], strict=True)]
        if done.is_over:
            return dict(zip(("resumed", "found", "deleted", "failed"), totals, strict=True))


def states(partner, dataset):
    files = partner.api.get(f"/v1/datasets/{dataset}/files", params={"limit": 1000}).json()["items"]
    return sorted(file["state"] for file in files)


def intake(lake):
    return lake.aws.s3.list_object_versions(Bucket=lake.settings.intake_bucket).get("Versions", [])


def test_the_tick_finds_files_whose_events_were_lost(partner, lake, clock):
    dataset = partner.dataset()
    dropped(partner, dataset, b"id,v\n1,a\n")
    key = f"main/{dataset.replace('.', '/')}/export.csv"
    for body in (b"id,v\n2,b\n", b"id,v\n3,c\n"):
        lake.aws.s3.put_object(Bucket=lake.settings.intake_bucket, Key=key, Body=body)
    lake.aws.s3.put_object(Bucket=lake.settings.intake_bucket, Key="stray.csv", Body=b"x")
    tick(lake)
    assert states(partner, dataset) == ["expected"], "their events may still be on their way"
    clock.by = 16 * MINUTE
    tick(lake)
    assert states(partner, dataset) == ["committed"] * 3
    assert partner.sql(f"SELECT count(*), sum(id) FROM {dataset}") == [(3, 6)]
    assert partner.deliver() >= 4, "the lost events come after all"
    assert states(partner, dataset) == ["committed"] * 3


def test_a_pass_begins_once_an_interval(partner, lake, clock):
    assert lake.sweeper.sweep() is not None
    assert lake.sweeper.sweep() is None
    clock.by = 14 * MINUTE
    assert lake.sweeper.sweep() is None
    clock.by = 16 * MINUTE
    assert lake.sweeper.sweep() is not None
    clock.by = -60 * MINUTE
    assert lake.sweeper.sweep() is not None, "a clock that was ahead does not stop the search"


def test_of_many_tickers_one_sweeps(lake):
    lakes = [build_lake(lake.settings) for _ in range(6)]
    for one in lakes:
        one.build()
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda one: one.sweeper.sweep(), lakes))
    assert sum(one is not None for one in done) == 1


def test_a_sweeper_that_died_is_followed_by_another(partner, lake, clock):
    dataset = partner.dataset()
    dropped(partner, dataset, b"id,v\n1,a\n")
    clock.by = 10 * MINUTE
    steps = 0
    while killed([lake.aws.dynamodb, lake.aws.s3, lake.aws.glue], "after-call", steps, lake.sweeper.sweep):
        assert lake.sweeper.sweep() is None, "it may be at work"
        clock.by += 6 * MINUTE
        steps += 1
    assert steps >= 2
    clock.by += 20 * MINUTE
    swept(lake)
    assert states(partner, dataset) == ["committed"]
    assert partner.sql(f"SELECT id FROM {dataset}") == [(1,)]


def test_a_large_bucket_is_swept_in_stretches(partner, lake, clock, monkeypatch):
    monkeypatch.setattr("app.services.sweeper._LOOKED_AT", 4)
    monkeypatch.setattr("app.services.sweeper._TAKEN", 3)
    dataset = partner.dataset()
    prefix = f"main/{dataset.replace('.', '/')}"
    for n in range(11):  # two versions a key: a stretch ends within one
        lake.aws.s3.put_object(Bucket=lake.settings.intake_bucket, Key=f"{prefix}/{n // 2}", Body=f"id\n{n}\n".encode())
    clock.by = 10 * MINUTE
    first = lake.sweeper.sweep()
    assert (first.found, first.is_over) == (3, False)
    assert swept(lake)["found"] == 8
    assert partner.sql(f"SELECT count(*), sum(id) FROM {dataset}") == [(11, 55)]


def test_what_cannot_be_taken_in_does_not_stop_the_others_and_is_tried_again(partner, lake, clock):
    dataset = partner.dataset()
    keys = [f"main/{dataset.replace('.', '/')}/{n}" for n in range(3)]
    for n, key in enumerate(keys):
        lake.aws.s3.put_object(Bucket=lake.settings.intake_bucket, Key=key, Body=f"id\n{n}\n".encode())

    def broken(params, **_):
        if params["Key"] == keys[1]:
            raise RuntimeError("broken")

    clock.by = 10 * MINUTE
    lake.aws.s3.meta.events.register("provide-client-params.s3.GetObject", broken)
    assert swept(lake) == {"resumed": 0, "found": 2, "deleted": 0, "failed": 1}
    lake.aws.s3.meta.events.unregister("provide-client-params.s3.GetObject", broken)
    clock.by = 26 * MINUTE
    assert swept(lake)["failed"] == 0
    assert states(partner, dataset) == ["committed"] * 3


def test_a_file_whose_worker_died_is_taken_up_after_its_lease(partner, lake, clock):
    dataset = partner.dataset()
    left, steps = [], 0
    while True:
        file_id, record = dropped(partner, dataset, f"id,v\n{steps},a\n".encode())
        if not killed([lake.aws.dynamodb], "after-call", steps, lambda record=record: handle(lake, record)):
            break
        left.append(file_id)
        steps += 1
    assert steps >= 5, "received, claimed, verified, committed, announced"
    before = states(partner, dataset)
    assert set(before) > {"received", "verified"}
    clock.by = 6 * MINUTE
    assert swept(lake)["resumed"] == 0
    clock.by = 22 * MINUTE
    assert swept(lake)["resumed"] >= 4
    assert states(partner, dataset) == ["committed"] * (steps + 1)
    assert partner.sql(f"SELECT count(*), sum(id) FROM {dataset}") == [(steps + 1, steps * (steps + 1) // 2)]
    store = lake.files.store
    assert all(store.get("main", dataset, file_id).is_announced for file_id in left)


def test_what_never_came_expires_and_is_taken_in_when_it_comes_after_all(partner, lake, clock):
    dataset = partner.dataset()
    never, late = (partner.ask(dataset, b"id,v\n1,a\n") for _ in range(2))
    lost, _ = dropped(partner, dataset, b"id,v\n2,b\n")
    clock.by = 30 * MINUTE
    swept(lake)
    assert states(partner, dataset) == ["committed", "expected", "expected"]
    clock.by = 46 * MINUTE
    assert swept(lake)["resumed"] == 2
    assert partner.file(dataset, lost)["state"] == "committed"
    assert partner.file(dataset, never["file_id"])["state"] == "expired"
    listed = partner.api.get(f"/v1/datasets/{dataset}/files", params={"state": "expired"}).json()["items"]
    assert [file["file_id"] for file in listed] == sorted([never["file_id"], late["file_id"]])
    key = f"main/{dataset.replace('.', '/')}/{late['file_id']}"
    version = lake.aws.s3.put_object(Bucket=lake.settings.intake_bucket, Key=key, Body=b"id,v\n1,a\n")["VersionId"]
    assert handle(lake, event(lake, key, version)) == []
    assert partner.file(dataset, late["file_id"])["state"] == "committed"


def test_a_late_file_whose_event_is_lost_too_is_found(partner, lake, clock):
    dataset = partner.dataset()
    upload = partner.ask(dataset, b"id,v\n1,a\n")
    clock.by = 46 * MINUTE
    swept(lake)
    assert partner.file(dataset, upload["file_id"])["state"] == "expired"
    partner.put(upload, b"id,v\n1,a\n").raise_for_status()
    clock.by = 62 * MINUTE
    assert swept(lake)["found"] == 1
    assert partner.file(dataset, upload["file_id"])["state"] == "committed"


def test_the_intake_bucket_keeps_for_a_day_what_is_kept_elsewhere_and_everything_else(partner, lake, clock):
    dataset = partner.dataset()
    good = partner.drop(dataset, b"id,v\n1,a\n")
    again = partner.drop(dataset, b"id,v\n1,a\n")
    bad = partner.drop(dataset, b"id,v\n1\n")
    assert [file["state"] for file in (good, again, bad)] == ["committed", "duplicate", "quarantined"]
    for key in ("main/drops/nowhere/early.csv", "stray.csv"):
        lake.aws.s3.put_object(Bucket=lake.settings.intake_bucket, Key=key, Body=b"id,v\n7,g\n")
    partner.deliver()
    clock.by = timedelta(hours=23)
    assert swept(lake)["deleted"] == 0
    assert len(intake(lake)) == 5
    clock.by = timedelta(hours=25)
    assert swept(lake)["deleted"] == 3
    assert sorted(one["Key"] for one in intake(lake)) == ["main/drops/nowhere/early.csv", "stray.csv"]
    assert partner.sql(f"SELECT id FROM {dataset}") == [(1,)]
    replayed = partner.api.post(f"/v1/datasets/{dataset}/files/{bad['file_id']}/replay")
    assert replayed.json()["state"] == "quarantined", "its bytes are there"
    assert partner.drop(dataset, b"id,v\n2,b\n")["state"] == "committed"


def test_what_a_clean_pass_has_seen_is_not_read_again(partner, lake, clock):
    dataset = partner.dataset()
    partner.drop(dataset, b"id,v\n1,a\n")
    reads = []

    def count(model, **_):
        if model.name == "BatchGetItem":
            reads.append(model.name)

    lake.aws.dynamodb.meta.events.register("before-call.dynamodb", count)
    clock.by = 2 * timedelta(hours=1)
    swept(lake)
    assert len(reads) == 1
    clock.by = 4 * timedelta(hours=1)
    swept(lake)
    assert len(reads) == 1
