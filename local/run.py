"""`make run`: the API, the worker and the embedded stack, until Ctrl-C or SIGTERM.

PORT, STACK_PORT (0 picks a free one) and DATA_DIR come from the environment; so do HEADGATE_* settings.
Exit codes: 0 stopped as asked, 1 a part ended by itself, 2 could not start (a busy port, a directory in use).
"""

import contextlib
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from local import dashboard
from local.provision import local_environment, provision
from local.stack import Stack, StackError, listening_socket, running_stack

if TYPE_CHECKING:
    from app.bootstrap import Lake

STOP_SECONDS = 5.0
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Headgate:
    """The running product: where it is, how to enter, and the processes and the thread it is made of."""

    api_url: str
    aws_endpoint_url: str
    admin_key: str
    _stack: Stack
    _worker: subprocess.Popen[bytes]
    _api: threading.Thread

    @property
    def sign_in_url(self) -> str:
        """Opens the dashboard, signed in. The key is in the fragment, which a browser sends to no server."""
        return f"{self.api_url}/#/sign-in?key={self.admin_key}"

    def check(self) -> None:
        """Raises when a part has ended by itself."""
        if not self._stack.is_running():
            raise _PartEndedError(f"The embedded stack ended; see {self._stack.data_dir / 'stack.log'}")
        if self._worker.poll() is not None:
            raise _PartEndedError(f"The worker ended with exit code {self._worker.returncode}.")
        if not self._api.is_alive():
            raise _PartEndedError("The API ended.")

    def run_json(self) -> str:
        """What programs need to know to use it."""
        known = {
            "api_url": self.api_url,
            "aws_endpoint_url": self.aws_endpoint_url,
            "admin_key": self.admin_key,
            "pid": os.getpid(),
        }
        return json.dumps(known, indent=2) + "\n"


class _StopAsked(BaseException):
    """SIGINT or SIGTERM; not an Exception, so that nothing on the way handles it as a fault."""


class _PartEndedError(RuntimeError):
    """A part of the product ended by itself."""


def main() -> int:
    """Run until asked to stop."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ask_to_stop)
    data_dir = Path(os.environ.get("DATA_DIR") or ".data").resolve()
    try:
        with running_headgate(data_dir, _port("PORT", 8000), _port("STACK_PORT", 4566)) as headgate:
            _announce(headgate, data_dir)
            while True:
                headgate.check()
                time.sleep(0.5)
    except _StopAsked:
        print("Stopped; the data stays in", data_dir)
        return 0
    except StackError as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2
    except _PartEndedError as error:
        print(error, file=sys.stderr)
        return 1


@contextlib.contextmanager
def running_headgate(data_dir: Path, port: int = 0, stack_port: int = 0) -> Iterator[Headgate]:
    """The whole product over `data_dir` until the block ends; inside, the process's environment points at it.

    Raises local.stack.PortBusyError or StackError before anything is left running.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    run_file = data_dir / "run.json"
    _forget_killed(run_file)
    with contextlib.ExitStack() as cleanup:
        listener = cleanup.enter_context(listening_socket(port, "PORT"))
        stack = cleanup.enter_context(running_stack(data_dir / "stack", stack_port))
        run_file.unlink(missing_ok=True)
        cleanup.callback(run_file.unlink, missing_ok=True)
        cleanup.enter_context(_environment(stack, data_dir))
        lake = _provisioned_lake(stack)
        admin_key = _admin_key(lake, data_dir / "admin-key")
        worker = cleanup.enter_context(_worker())
        cleanup.enter_context(_request_log(data_dir / "api.log"))
        api = cleanup.enter_context(_api(lake, listener))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        headgate = Headgate(url, stack.endpoint_url, admin_key, stack, worker, api)
        _write_private(run_file, headgate.run_json())
        yield headgate


def _port(setting: str, usual: int) -> int:
    text = os.environ.get(setting) or str(usual)
    if not text.isdecimal() or int(text) > 65535:
        raise StackError(f"{setting} must be a number from 0 to 65535, not {text!r}")
    return int(text)


def _forget_killed(run_file: Path) -> None:
    """Nobody shall take a killed predecessor's file for ours."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
        try:
            os.kill(json.loads(run_file.read_text())["pid"], 0)
        except ProcessLookupError:
            run_file.unlink()


def _ask_to_stop(*_: object) -> NoReturn:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the stop takes seconds; a second Ctrl-C must not cut it short
    raise _StopAsked


@contextlib.contextmanager
def _environment(stack: Stack, data_dir: Path) -> Iterator[None]:
    before = dict(os.environ)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", *(name for name in before if name.startswith("AWS_ENDPOINT"))):
        os.environ.pop(name, None)
    os.environ |= local_environment(stack.endpoint_url)
    os.environ.setdefault("HEADGATE_LINK_SECRET", _kept_secret(data_dir / "link-secret"))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


def _provisioned_lake(stack: Stack) -> "Lake":
    from app.bootstrap import build_lake
    from app.settings import Settings

    settings = Settings()
    provision(stack.endpoint_url, settings)
    return build_lake(settings)


def _admin_key(lake: "Lake", path: Path) -> str:
    """The key of the first start, as long as the stack still knows it."""
    from app.domain.errors import Unauthenticated

    if path.exists():
        key = path.read_text().strip()
        with contextlib.suppress(Unauthenticated):
            lake.identity.authenticate(api_key=key, bearer=None)
            return key
    key = lake.identity.ensure_admin_key(lake.settings.home_tenant)
    _write_private(path, key + "\n")
    return key


def _kept_secret(path: Path) -> str:
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(32) + "\n")
    return path.read_text().strip()


@contextlib.contextmanager
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    """In a process of its own, as on AWS: reading a partner's file must not slow the API."""
    command = [sys.executable, "-m", "local.worker", "--parent", str(os.getpid())]
    process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # whatever it was doing is idempotent and comes again
            process.wait()


@contextlib.contextmanager
def _request_log(path: Path) -> Iterator[None]:
    """The API's structured lines, one a request, in a file: on a terminal they would bury what is printed."""
    handler = logging.FileHandler(path, delay=True)
    handler.setFormatter(logging.Formatter("%(message)s"))
    access = logging.getLogger("headgate.access")
    access.addHandler(handler)
    before, access.level, access.propagate = access.level, logging.INFO, False
    try:
        yield
    finally:
        access.level, access.propagate = before, True
        access.removeHandler(handler)
        handler.close()


@contextlib.contextmanager
def _api(lake: "Lake", listener: socket.socket) -> Iterator[threading.Thread]:
    """Uvicorn in a thread: the main thread keeps the signals, and thereby the order of the end."""
    import uvicorn

    from app.main import create_app

    logging.basicConfig(level=logging.WARNING, format="%(name)s %(message)s")
    app = create_app(lake)
    config = uvicorn.Config(
        app if dashboard.missing() else dashboard.with_dashboard(app),
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="api", daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise StackError("the API did not start; see the messages above")
            time.sleep(0.01)
        yield thread
    finally:
        server.should_exit = True
        thread.join(timeout=STOP_SECONDS)


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others."""
    draft = path.with_name(path.name + ".tmp")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _announce(headgate: Headgate, data_dir: Path) -> None:
    lines: list[Any] = [
        "Headgate is ready. Ctrl-C stops it.",
        f"  open  {dashboard.missing() or headgate.sign_in_url}",
        f"  docs  {headgate.api_url}/docs",
        f"  try   curl -sS -H 'X-Api-Key: {headgate.admin_key}' {headgate.api_url}/v1/me",
        f"  aws   AWS_ENDPOINT_URL={headgate.aws_endpoint_url} with the keys test and test",
        f"  data  {data_dir} (run.json holds these for programs, api.log a line for each request)",
    ]
    print(*lines, sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
