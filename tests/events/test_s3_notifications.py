"""S3 notifications: at least once, in any order, side by side, and wherever a worker dies."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import quote_plus

import pytest

from app.domain.files import FileState
from tests.api.dropping import Partner
from tests.aws_faults import Faults


@pytest.fixture(scope="module")
def partner(api, lake, deliver):
    return Partner(api, lake, deliver)


def event(lake, key, version_id):
    """As S3 sends it through SQS to Lambda."""
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": lake.settings.intake_bucket}, "object": {"key": quote_plus(key), "versionId": version_id}},
    }  # fmt: skip
    return {"messageId": f"{key}-{version_id}", "body": json.dumps({"Records": [record]})}


def handle(lake, *records):
    from app import events

    return events.handle_batch(lake, {"Records": list(records)})["batchItemFailures"]


def dropped(partner, dataset, body):
    """(file id, its event); the queue's own copy is delivered by nobody."""
    upload = partner.ask(dataset, body)
    version = partner.put(upload, body).headers["x-amz-version-id"]
    key = f"main/{dataset.replace('.', '/')}/{upload['file_id']}"
    return upload["file_id"], event(partner.lake, key, version)


def ledger(partner, dataset):
    return partner.api.get(f"/v1/datasets/{dataset}/files", params={"limit": 1000}).json()["items"]


def test_many_deliveries_of_many_files_in_any_order_commit_each_once(partner):
    dataset = partner.dataset()
    drops = [dropped(partner, dataset, f"id,v\n{n},a\n".encode()) for n in range(12)]
    deliveries = [record for _, record in drops for _ in range(3)]
    random.shuffle(deliveries)
    with ThreadPoolExecutor(4) as pool:
        failures = list(pool.map(lambda record: handle(partner.lake, record), deliveries))
    assert failures == [[]] * len(deliveries)
    files = ledger(partner, dataset)
    assert [file["state"] for file in files] == ["committed"] * 12
    assert sorted(file["file_id"] for file in files) == sorted(file_id for file_id, _ in drops)
    assert partner.sql(f"SELECT count(*), sum(id) FROM {dataset}") == [(12, 66)]
    versions = {file["committed_version"] for file in files}
    assert len(versions) == 12
    version = partner.lake._version_store.get("main", dataset, partner.view(dataset)["current_version"])
    assert (version.files, version.rows) == (12, 12)


def test_one_file_delivered_by_eight_workers_at_once_is_committed_once(partner):
    dataset = partner.dataset()
    file_id, record = dropped(partner, dataset, b"id,v\n1,a\n")
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: handle(partner.lake, record), range(8))) == [[]] * 8
    assert partner.file(dataset, file_id)["state"] == "committed"
    version = partner.lake._version_store.get("main", dataset, partner.view(dataset)["current_version"])
    assert version.files == 1


def test_the_same_content_at_once_is_committed_once(partner):
    dataset = partner.dataset()
    drops = [dropped(partner, dataset, b"id,v\n1,a\n") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda drop: handle(partner.lake, drop[1]), drops)) == [[]] * 6
    assert sorted(file["state"] for file in ledger(partner, dataset)) == ["committed"] + ["duplicate"] * 5
    assert partner.sql(f"SELECT count(*) FROM {dataset}") == [(1,)]


def test_an_object_that_nobody_announced_is_taken_in(partner, aws):
    dataset = partner.dataset()
    key = f"main/{dataset.replace('.', '/')}/Our export (1) é+.csv"
    aws.of("s3").put_object(Bucket=partner.lake.settings.intake_bucket, Key=key, Body=b"id,v\n1,a\n")
    partner.deliver()
    (file,) = ledger(partner, dataset)
    assert (file["state"], file["file_name"]) == ("committed", "Our export (1) é+.csv")
    assert partner.sql(f"SELECT id, v FROM {dataset}") == [(1, "a")]


def test_each_version_of_an_object_is_a_file_of_its_own(partner, aws):
    dataset = partner.dataset()
    key = f"main/{dataset.replace('.', '/')}/latest.csv"
    for body in (b"id,v\n1,a\n", b"id,v\n2,b\n", b"id,v\n1,a\n"):
        aws.of("s3").put_object(Bucket=partner.lake.settings.intake_bucket, Key=key, Body=body)
    partner.deliver()
    assert sorted(file["state"] for file in ledger(partner, dataset)) == ["committed", "committed", "duplicate"]
    assert partner.sql(f"SELECT id, v FROM {dataset} ORDER BY id") == [(1, "a"), (2, "b")]


def test_an_announced_key_that_is_written_again_is_another_file(partner, aws):
    dataset = partner.dataset()
    upload = partner.ask(dataset, b"id,v\n1,a\n")
    key = f"main/{dataset.replace('.', '/')}/{upload['file_id']}"
    for body in (b"id,v\n1,a\n", b"id,v\n2,b\n"):
        aws.of("s3").put_object(Bucket=partner.lake.settings.intake_bucket, Key=key, Body=body)
    partner.deliver()
    assert len(ledger(partner, dataset)) == 2
    assert upload["file_id"] in [file["file_id"] for file in ledger(partner, dataset)]
    assert partner.sql(f"SELECT count(*) FROM {dataset}") == [(2,)]


@pytest.mark.parametrize(
    "key", ["stray.csv", "main/drops/stray.csv", "a/b/c/d/e", "MAIN/drops/d/f", "main/drops/UPPER/f", "~/x/y/z"]
)
def test_foreign_objects_are_left_alone(partner, aws, key):
    aws.of("s3").put_object(Bucket=partner.lake.settings.intake_bucket, Key=key, Body=b"x")
    partner.deliver()
    assert aws.of("s3").get_object(Bucket=partner.lake.settings.intake_bucket, Key=key)["Body"].read() == b"x"


def test_a_file_of_no_dataset_is_rejected_and_replayed_once_there_is_one(partner, aws):
    key = "main/drops/later/early.csv"
    aws.of("s3").put_object(Bucket=partner.lake.settings.intake_bucket, Key=key, Body=b"id,v\n1,a\n")
    partner.deliver()
    dataset = partner.dataset(name="later")
    (file,) = ledger(partner, dataset)
    assert file["state"] == "rejected"
    replayed = partner.api.post(f"/v1/datasets/{dataset}/files/{file['file_id']}/replay")
    assert replayed.json()["state"] == "committed", replayed.text


def test_an_event_of_an_object_that_is_gone_changes_nothing(partner):
    assert handle(partner.lake, event(partner.lake, "main/drops/d1/gone", None)) == []


class Dies(BaseException):
    """A worker that is killed: nothing catches it."""


WRITES = (
    "BatchWriteItem",
    "PutItem",
    "TransactWriteItems",
    "CopyObject",
    "PutObject",
    "CreateTable",
    "UpdateTable",
    "BatchCreatePartition",
    "UpdatePartition",
    "DeletePartition",
)
BODIES = {
    "as it stands": b"id,v\n1,a\n2,b\n",
    "normalised": 'id,v\n1,a\n2,"b\nc"\n'.encode("utf-16"),
    "bad": b"id,v\n1\n",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_worker_that_dies_around_any_write_is_made_good_by_the_next_delivery(partner, body, moment):
    lake = partner.lake
    clients = [lake.aws.dynamodb, lake.aws.s3, lake.aws.glue]
    steps = 0
    while True:
        dataset = partner.dataset()
        file_id, record = dropped(partner, dataset, body)
        if not killed(clients, moment, steps, lambda record=record: handle(lake, record)):
            break
        assert handle(lake, record) == []
        check(partner, dataset, file_id, body)
        steps += 1
    assert steps >= 3


def killed(clients, moment, step, action):
    """Whether the action died at its n-th write."""
    left = [step]

    def strike(model, **_):
        if model.name in WRITES:
            left[0] -= 1
            if left[0] < 0:
                raise Dies

    for client in clients:
        client.meta.events.register(moment, strike)
    try:
        action()
    except Dies:
        return True
    finally:
        for client in clients:
            client.meta.events.unregister(moment, strike)
    return False


def lake_glue(partner):
    return partner.lake.aws.glue


def check(partner, dataset, file_id, body):
    file = partner.lake.files.store.get("main", dataset, file_id)
    if body == BODIES["bad"]:
        assert file.state is FileState.QUARANTINED
        return
    assert (file.state, file.is_announced) == (FileState.COMMITTED, True)
    name = dataset.removeprefix("drops.")
    partitions = lake_glue(partner).get_partitions(DatabaseName="drops", TableName=f"{name}__files")["Partitions"]
    assert [partition["Values"] for partition in partitions] == [[file_id]]
    view = partner.view(dataset)
    version = partner.lake._version_store.get("main", dataset, view["current_version"])
    assert (version.files, version.rows, view["schema_version"]) == (1, 2, 1)


@contextmanager
def changed_during_the_copy(partner, dataset, **changes):
    """The dataset is PATCHed when its first file is verified, and not committed yet."""
    left = [changes]

    def note(model):
        if model.name in {"CopyObject", "PutObject"} and left:
            body = left.pop()
            etag = partner.api.get(f"/v1/datasets/{dataset}").headers["ETag"]
            answer = partner.api.patch(f"/v1/datasets/{dataset}", json=body, headers={"If-Match": etag})
            assert answer.status_code == 200, answer.text

    with Faults(partner.lake).noting(note):
        yield
    assert not left


def columns(**kinds):
    return {"columns": [{"name": name, "type": kind} for name, kind in kinds.items()]}


@pytest.mark.parametrize(
    ("form", "body", "then", "state", "rows"),
    [
        ({"type": "csv", "header": False}, b"1,x\n", {"b": "varchar", "a": "int"}, "quarantined", []),
        ({"type": "csv", "header": True}, b"a,b\n1,x\n", {"b": "varchar", "a": "int"}, "committed", [(1,)]),
        ({"type": "csv", "header": True}, b"a,b\n1,x\n", {"a": "int", "c": "varchar"}, "quarantined", []),
    ],
    ids=["by position", "as a copy now", "not at all"],
)
def test_a_file_is_verified_again_when_the_columns_change_before_its_commit(partner, form, body, then, state, rows):
    dataset = partner.dataset(format=form, schema=columns(a="int", b="varchar"))
    file_id, record = dropped(partner, dataset, body)
    with changed_during_the_copy(partner, dataset, schema=columns(**then)):
        assert handle(partner.lake, record) == []
    assert partner.file(dataset, file_id)["state"] == state
    assert partner.sql(f"SELECT a FROM {dataset}") == rows


def test_columns_that_change_their_types_or_grow_before_a_commit_cost_no_second_look(partner):
    dataset = partner.dataset(schema=columns(a="int"))
    file_id, record = dropped(partner, dataset, b"a\n1\n")
    with changed_during_the_copy(partner, dataset, schema=columns(a="bigint", b="int")):
        assert handle(partner.lake, record) == []
    assert (partner.file(dataset, file_id)["state"], partner.file(dataset, file_id)["schema_version"]) == (
        "committed",
        1,
    )
    assert partner.sql(f"SELECT a, b FROM {dataset}") == [(1, None)]
