"""`python -m local`: the stack alone, as somebody without Headgate starts, uses and stops it."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def standalone(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The process, and the variables it told the user to export."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        told: dict[str, str] = {}
        assert process.stdout is not None
        for line in process.stdout:
            name, _, value = line.strip().removeprefix("export ").partition("=")
            if value:
                told[name] = value
            if line.strip().startswith("more"):
                break
        yield process, told
    finally:
        process.kill()
        process.communicate()


def client(service: str, told: dict[str, str]):
    """As a boto3 program gets it from the printed environment, and from nothing else."""
    return boto3.client(
        service,
        endpoint_url=told["AWS_ENDPOINT_URL"],
        region_name=told["AWS_DEFAULT_REGION"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
    )


def answer(method: str, url: str, body: object = None) -> object:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method), timeout=10) as found:
        return json.loads(found.read())


def rows(told: dict[str, str], sql: str) -> list[list[str]]:
    athena = client("athena", told)
    place = {"OutputLocation": "s3://standalone-bucket/results/"}
    query = athena.start_query_execution(QueryString=sql, ResultConfiguration=place)["QueryExecutionId"]
    while (status := athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"])["State"] in (
        "QUEUED",
        "RUNNING",
    ):
        time.sleep(0.01)
    assert status["State"] == "SUCCEEDED", status
    found = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    return [[datum["VarCharValue"] for datum in row["Data"]] for row in found]


def test_data_is_kept_from_one_run_to_the_next(tmp_path):
    data_dir = ["--data-dir", str(tmp_path / "kept")]
    with standalone("--port", "0", *data_dir) as (process, told):
        assert set(told) >= {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"}
        client("s3", told).create_bucket(Bucket="standalone-bucket")
        client("s3", told).put_object(Bucket="standalone-bucket", Key="people/a.csv", Body=b"1,Ann\n2,Bob\n")
        rows(told, "CREATE DATABASE standalone")
        rows(
            told,
            "CREATE EXTERNAL TABLE standalone.people (id int, name string) ROW FORMAT DELIMITED "
            "FIELDS TERMINATED BY ',' LOCATION 's3://standalone-bucket/people/'",
        )
        assert rows(told, "SELECT name FROM standalone.people WHERE id = 2") == [["name"], ["Bob"]]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "Stopped.\n", "")
    with standalone("--port", "0", *data_dir) as (process, told):
        assert rows(told, "SELECT count(*) AS n FROM standalone.people") == [["n"], ["2"]]
        process.terminate()
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "Stopped.\n", "")


def test_without_persistence_nothing_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with standalone("--port", "0", "--no-persist") as (process, told):
        assert client("s3", told).list_buckets()["Buckets"] == []
        assert list(tmp_path.glob("headgate-stack-*"))
        door = f"{told['AWS_ENDPOINT_URL']}/_headgate"
        usual = answer("GET", f"{door}/quotas")
        answer("PUT", f"{door}/quotas", {"active": 3, "running": 0})
        answer("POST", f"{door}/faults", {"operation": "*", "error": "ThrottlingException", "count": 9})
        answer("POST", f"{told['AWS_ENDPOINT_URL']}/_ministack/reset")
        assert answer("GET", f"{door}/quotas") == usual
        assert answer("GET", f"{door}/faults") == {"faults": []}
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        assert process.returncode == 0
    assert list(tmp_path.glob("headgate-stack-*")) == []


def test_a_busy_port_is_told_and_nothing_is_left_running(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "local", "--port", port, "--data-dir", str(tmp_path / "d")],
            cwd=ROOT, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    assert ended.returncode == 2
    assert f"port {port} on 127.0.0.1 is not free" in ended.stderr
    assert "--port" in ended.stderr


def test_a_wrong_setting_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ATHENA_CONCURRENCY", "many")
    ended = subprocess.run(
        [sys.executable, "-m", "local", "--port", "0", "--data-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert (ended.returncode, "ATHENA_CONCURRENCY must be a whole number" in ended.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [["--help"], ["--port", "many"]])
def test_the_command_teaches(arguments):
    ended = subprocess.run(
        [sys.executable, "-m", "local", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    if arguments == ["--help"]:
        assert ended.returncode == 0
        for word in (
            "--port",
            "--data-dir",
            "--no-persist",
            "start_query_execution",
            "ATHENA_CONCURRENCY",
            "_headgate",
        ):
            assert word in ended.stdout
    else:
        assert (ended.returncode, "from 0 to 65535" in ended.stderr) == (2, True)


def test_make_stack_is_this_command():
    shown = subprocess.run(["make", "-n", "stack"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    assert "-m local --port" in shown.stdout
