"""The embedded stack as a process: it starts, refuses, stops, and keeps what it was given."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.settings import Settings
from local.provision import Clients, provision
from local.stack import PortBusyError, StackError, running_stack

NAMES = Settings()


def put_item(aws: Clients, key: str) -> None:
    aws.of("dynamodb").put_item(TableName=NAMES.table_name, Item={"pk": {"S": key}, "sk": {"S": "x"}})


def has_item(aws: Clients, key: str) -> bool:
    answer = aws.of("dynamodb").get_item(
        TableName=NAMES.table_name, Key={"pk": {"S": key}, "sk": {"S": "x"}}, ConsistentRead=True
    )
    return "Item" in answer


def until(condition, seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return met


def snapshot_of(data_dir: Path, service: str) -> dict:
    """What the newest snapshot has of a service; nothing while there is none."""
    state = data_dir / "state"
    if not (state / "CURRENT").exists():
        return {}
    file = state / (state / "CURRENT").read_text() / f"{service}.json"
    return json.loads(file.read_text())


def test_it_listens_on_loopback_only(data_dir):
    with running_stack(data_dir) as stack:
        listening = Path(f"/proc/{stack.pid}/net/tcp").read_text().splitlines()[1:]
        inodes = set()
        for fd in Path(f"/proc/{stack.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed since it was listed
                inodes.add(str(fd.readlink()))
        own = [line.split() for line in listening if f"socket:[{line.split()[9]}]" in inodes]
        addresses = {fields[1] for fields in own if fields[3] == "0A"}
        assert addresses == {f"0100007F:{stack.port:04X}"}


def test_a_stop_keeps_everything_and_the_next_start_may_use_another_port(data_dir):
    with running_stack(data_dir) as stack:
        provision(stack.endpoint_url, NAMES)
        aws = Clients(stack.endpoint_url)
        put_item(aws, "kept")
        aws.of("s3").put_object(Bucket=NAMES.intake_bucket, Key="a/b.csv", Body=b"x,y\n1,2\n")
        aws.of("glue").create_database(DatabaseInput={"Name": "web"})
    with pytest.raises(ProcessLookupError):
        os.kill(stack.pid, 0)
    with running_stack(data_dir) as again:
        aws = Clients(again.endpoint_url)
        assert has_item(aws, "kept")
        assert aws.of("s3").get_object(Bucket=NAMES.intake_bucket, Key="a/b.csv")["Body"].read() == b"x,y\n1,2\n"
        assert aws.of("glue").get_database(Name="web")["Database"]["Name"] == "web"
        sqs = aws.of("sqs")
        url = sqs.get_queue_url(QueueName=NAMES.events_queue)["QueueUrl"]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        assert any("a/b.csv" in message["Body"] for message in messages)


def test_a_kill_costs_at_most_what_came_after_the_last_snapshot(data_dir):
    with running_stack(data_dir) as stack:
        provision(stack.endpoint_url, NAMES)
        put_item(Clients(stack.endpoint_url), "saved")
        assert until(lambda: "saved" in str(snapshot_of(data_dir, "dynamodb")))
        os.kill(stack.pid, signal.SIGKILL)
    with running_stack(data_dir) as again:
        assert has_item(Clients(again.endpoint_url), "saved")


def test_a_kill_while_writing_leaves_a_whole_snapshot(data_dir):
    """Killed at some instant under a stream of writes, it comes back with a prefix of them."""
    with running_stack(data_dir) as stack:
        provision(stack.endpoint_url, NAMES)
        aws = Clients(stack.endpoint_url)
        put_item(aws, "k0")
        assert until(lambda: "k0" in str(snapshot_of(data_dir, "dynamodb")))
        ends = time.monotonic() + random.uniform(1, 3)
        written = 1
        while time.monotonic() < ends:
            put_item(aws, f"k{written}")
            written += 1
        os.kill(stack.pid, signal.SIGKILL)
    with running_stack(data_dir) as again:
        aws = Clients(again.endpoint_url)
        kept = [has_item(aws, f"k{number}") for number in range(written)]
        assert kept[0]
        assert kept == sorted(kept, reverse=True)


def test_nothing_is_written_while_nothing_changes(data_dir):
    with running_stack(data_dir) as stack:
        provision(stack.endpoint_url, NAMES)
        put_item(Clients(stack.endpoint_url), "last")
        assert until(lambda: "last" in str(snapshot_of(data_dir, "dynamodb")))
        until(lambda: False, 2.5)
        current = (data_dir / "state/CURRENT").read_text()
        has_item(Clients(stack.endpoint_url), "none")
        until(lambda: False, 5)
        assert (data_dir / "state/CURRENT").read_text() == current


def test_a_busy_port_is_refused_before_anything_starts(data_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortBusyError, match=f"port {port} .*STACK_PORT="), running_stack(data_dir, port):
            pass
    assert not (data_dir / "stack.log").exists()


def test_one_data_directory_has_one_stack(data_dir):
    refusal = pytest.raises(StackError, match="another embedded stack is using")
    with running_stack(data_dir), refusal, running_stack(data_dir):
        pass


def test_it_ends_with_its_parent(data_dir):
    program = (
        "import sys, os, signal\nfrom pathlib import Path\nfrom local.stack import running_stack\n"
        f"with running_stack(Path({str(data_dir)!r})) as stack:\n"
        "    print(stack.pid, flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    pid = int(parent.stdout)

    def is_gone() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        return state == "Z"

    assert until(is_gone)


def test_provisioning_twice_changes_nothing(stack, settings, aws):
    queue = aws.of("sqs").get_queue_url(QueueName=settings.events_queue)["QueueUrl"]
    aws.of("sqs").purge_queue(QueueUrl=queue)
    before = aws.of("dynamodb").describe_table(TableName=settings.table_name)["Table"]
    provision(stack.endpoint_url, settings)
    assert aws.of("dynamodb").describe_table(TableName=settings.table_name)["Table"] == before
    assert "Messages" not in aws.of("sqs").receive_message(QueueUrl=queue)
    versioning = aws.of("s3").get_bucket_versioning(Bucket=settings.intake_bucket)
    assert versioning["Status"] == "Enabled"
