"""`make run` as its user sees it: a process, its messages, its run.json and its end."""

import contextlib
import os
import shlex
import signal
import socket
import stat
import subprocess
import time

import httpx
import pytest

from local import dashboard
from tests.product import product, ready


def stopped(process: subprocess.Popen, number: int) -> tuple[str, str]:
    process.send_signal(number)
    output = process.communicate(timeout=60)
    assert process.returncode == 0, output[1]
    return output


def me(running: dict) -> dict:
    answer = httpx.get(f"{running['api_url']}/v1/me", headers={"X-Api-Key": running["admin_key"]})
    assert answer.status_code == 200, answer.text
    return answer.json()


def is_gone(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return False
    return True


def test_it_says_how_to_use_it_and_what_it_says_works(data_dir):
    with product(data_dir) as process:
        running = ready(process, data_dir)
        assert running.keys() == {"api_url", "aws_endpoint_url", "admin_key", "pid"}
        assert running["pid"] == process.pid
        assert stat.S_IMODE((data_dir / "run.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((data_dir / "admin-key").stat().st_mode) == 0o600
        output, errors = stopped(process, signal.SIGTERM)
    curl = next(line.split("try", 1)[1] for line in output.splitlines() if "curl" in line)
    assert shlex.split(curl)[-1] == f"{running['api_url']}/v1/me"
    assert f"X-Api-Key: {running['admin_key']}" in shlex.split(curl)
    assert f"{running['api_url']}/docs" in output
    link = f"{running['api_url']}/#/sign-in?key={running['admin_key']}"
    assert f"  open  {dashboard.missing() or link}\n" in output
    assert not errors
    assert not (data_dir / "run.json").exists()
    assert is_gone(running["api_url"])
    assert is_gone(running["aws_endpoint_url"])


def test_a_restart_keeps_the_key_and_the_data(data_dir):
    with product(data_dir) as process:
        first = ready(process, data_dir)
        seen = me(first)
        assert httpx.get(f"{first['api_url']}/docs").status_code == 200
        stopped(process, signal.SIGINT)
    with product(data_dir) as process:
        second = ready(process, data_dir)
        assert second["admin_key"] == first["admin_key"]
        assert me(second) == seen
        stopped(process, signal.SIGTERM)


def test_killed_it_leaves_nothing_running_and_starts_again(data_dir):
    with product(data_dir) as process:
        first = ready(process, data_dir)
        process.kill()
        deadline = time.monotonic() + 10
        while not is_gone(first["aws_endpoint_url"]) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert is_gone(first["aws_endpoint_url"])
    with product(data_dir) as process:
        while (running := ready(process, data_dir))["pid"] == first["pid"]:  # the killed one's file
            time.sleep(0.05)
        assert me(running)
        stopped(process, signal.SIGTERM)


def test_without_a_built_dashboard_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Node 20.19" in dashboard.missing(tmp_path)
    (tmp_path / "npm").touch(mode=0o755)
    assert dashboard.missing(tmp_path) == "not built: `make dashboard`"
    (tmp_path / "index.html").touch()
    assert dashboard.missing(tmp_path) is None


@pytest.mark.parametrize("setting", ["PORT", "STACK_PORT"])
def test_a_busy_port_is_named_and_nothing_starts(data_dir, setting):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with product(data_dir, **{setting: str(port)}) as process:
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert f"port {port}" in errors
    assert f"{setting}=" in errors
    assert "Traceback" not in errors
    assert not (data_dir / "run.json").exists()
    assert not (data_dir / "stack" / "stack.log").exists()


def test_a_port_that_is_none_is_said_so(data_dir):
    with product(data_dir, PORT="http") as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "PORT must be a number" in errors


def test_a_part_that_ends_by_itself_ends_the_whole(data_dir):
    with product(data_dir) as process:
        ready(process, data_dir)
        stack = int((data_dir / "stack" / "stack.lock").read_text())
        os.kill(stack, signal.SIGKILL)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "The embedded stack ended" in errors
