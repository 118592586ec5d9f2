"""Start and stop the embedded stack as a child process."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 30.0
STOP_SECONDS = 15.0
_ROOT = Path(__file__).resolve().parent.parent
# What would make MiniStack another one than the one tested.
_FOREIGN = ("AUTH", "SERVICES", "EDGE_PORT", "USE_SSL", "LOCALSTACK_PERSISTENCE", "AWS_ENDPOINT_URL")


class StackError(RuntimeError):
    """The embedded stack did not start; the message says what to do."""


class PortBusyError(StackError):
    """The port is taken by another process."""


@dataclass(frozen=True)
class Stack:
    """A running embedded stack: every AWS service behind one endpoint on 127.0.0.1."""

    endpoint_url: str
    port: int
    pid: int
    data_dir: Path
    _process: subprocess.Popen[bytes] = field(repr=False, compare=False)

    def is_running(self) -> bool:
        """Whether its process has not ended by itself."""
        return self._process.poll() is None


@contextlib.contextmanager
def running_stack(data_dir: Path, port: int = 0, *, lambda_python: str | None = None) -> Iterator[Stack]:
    """Run the stack over `data_dir` (made if missing; kept afterwards) until the block ends.

    `port` 0 picks a free one. With `lambda_python` it is an account (local/account.py). Its log is
    `data_dir/stack.log`. Raises PortBusyError, or StackError when it does not come up.
    """
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    # The parent binds: a port that is busy is known before anything starts, and nobody can take it in between.
    with listening_socket(port, "STACK_PORT") as listener:
        port = listener.getsockname()[1]
        process = _spawn(data_dir, port, listener, lambda_python)
    try:
        _wait_until_ready(process, port, data_dir / "stack.log")
        yield Stack(f"http://127.0.0.1:{port}", port, process.pid, data_dir, process)
    finally:
        _stop(process)


def listening_socket(port: int, setting: str) -> socket.socket:
    """A socket that listens on 127.0.0.1:`port`; PortBusyError names the `setting` that moves it."""
    # The protocol is named for asyncio, which turns Nagle's algorithm off only where it is: else an answer of two
    # packets waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by accepted connections
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise PortBusyError(
            f"port {port} on 127.0.0.1 is not free ({error.strerror}); "
            f"stop what uses it, or choose another with {setting}={port + 1}"
        ) from error
    return listener


def _spawn(data_dir: Path, port: int, listener: socket.socket, lambda_python: str | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "local.server", "--data-dir", str(data_dir), "--port", str(port)]
    command += ["--fd", str(listener.fileno()), "--parent", str(os.getpid())]
    if lambda_python is not None:
        command += ["--lambda-python", lambda_python]
    environment = {
        name: value for name, value in os.environ.items() if name not in _FOREIGN and not name.startswith("MINISTACK_")
    }
    with (data_dir / "stack.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=_ROOT,
            env=environment,
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C at the terminal is the parent's to handle, in its order
        )


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """The socket listens already, so one request waits in its queue until the server answers or dies."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request("GET", "/_ministack/health")
        is_ready = connection.getresponse().status == 200
    except OSError:
        is_ready = False
    finally:
        connection.close()
    if not is_ready:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        last = log.read_text(errors="replace").strip().splitlines()[-8:]
        raise StackError("the embedded stack did not start:\n  " + "\n  ".join(last or [f"see {log}"]))


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
