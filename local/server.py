"""The embedded stack's own process: `python -m local.server --data-dir DIR [--port N]`.

MiniStack with our Athena and our Glue plugged into its handler table. That table is a private
API: the version is pinned, and tests/local/test_stack_contract.py says what moved after an upgrade.
"""

import argparse
import asyncio
import contextlib
import fcntl
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

SNAPSHOT_SECONDS = 2.0
"""A kill -9 costs at most what changed since the last snapshot began."""
_RESTS = 4
LOCK_PATIENCE_SECONDS = 5.0
"""How long to wait for a killed predecessor's child that is still writing its last snapshot."""

# Reading calls by the first word of X-Amz-Target's operation. Receiving a message changes only its
# visibility, which a restart may forget: delivery is at least once anyway.
_READ = re.compile(r"\.(Get|List|Describe|Query|Scan|Batch(Get|Execute)|Transact(Get)|Receive|Head|Lookup)")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def main() -> int:
    """Serve until SIGTERM, SIGINT or the parent's end; exit code 0, or 2 if the data directory is in use."""
    arguments = _arguments()
    data_dir: Path = arguments.data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = _lock(data_dir / "stack.lock")
    if lock is None:
        print(f"another embedded stack is using {data_dir}; stop it or choose another DATA_DIR", file=sys.stderr)
        return 2
    _configure(data_dir, arguments.port, is_account=arguments.lambda_python is not None)
    asyncio.run(_serve(data_dir, arguments, lock))
    # Athena's worker threads may be deep in DuckDB; everything is saved, so nobody waits for them.
    os._exit(0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.server", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--fd", type=int, help="a listening socket inherited from the parent")
    parser.add_argument("--parent", type=int, help="stop when this process is no longer the parent")
    parser.add_argument("--lambda-python", help="be an account (local/account.py) whose functions this Python runs")
    return parser.parse_args()


def _lock(path: Path) -> int | None:
    """The descriptor of the locked file, or None when another process keeps it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            return descriptor
        if time.monotonic() > deadline:
            return None
        time.sleep(0.05)


def _configure(data_dir: Path, port: int, *, is_account: bool) -> None:
    """MiniStack reads its settings when it is imported, so they are in the environment before that."""
    from local.snapshots import Snapshots

    state = Snapshots(data_dir / "state").current()
    os.environ |= {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "STATE_DIR": str(state),
        "S3_DATA_DIR": str(data_dir / "s3"),
        "LOG_LEVEL": os.environ.get("STACK_LOG_LEVEL", "WARNING"),
        "AUTH": "true" if is_account else "false",
    }


async def _serve(data_dir: Path, arguments: argparse.Namespace, lock: int) -> None:

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack import app as ministack

    from local import account, athena, delivery, expressions, glue, ranges
    from local.athena import control
    from local.snapshots import Snapshots

    for part in (delivery, expressions, ranges, glue, athena):
        part.install(ministack)
    application = ministack.app
    if arguments.lambda_python is not None:
        account.install(ministack, arguments.lambda_python)
        application = account.over_tls(application)
    journal = Journal(Snapshots(data_dir / "state"), ministack._build_persistence_save_dict, lock)  # noqa: SLF001
    # MiniStack saves file by file into STATE_DIR at its end; ours goes through one rename.
    ministack.save_all = journal.snapshots.finish
    config = Config()
    config.bind = [f"fd://{arguments.fd}" if arguments.fd is not None else f"127.0.0.1:{arguments.port}"]
    config.graceful_timeout = 0.5  # a worker's long poll must not hold up the end
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(journal.keep()), asyncio.create_task(_watch(arguments.parent, stop))]
    await serve(control.wrap(journal.wrap(application)), config, shutdown_trigger=stop.wait)
    for task in tasks:
        task.cancel()


async def _watch(parent: int | None, stop: asyncio.Event) -> None:
    while parent is None or os.getppid() == parent:  # noqa: ASYNC110 - nothing tells an orphan: it has to look
        await asyncio.sleep(0.5)
    stop.set()


class Journal:
    """Notices changes and has them written down: at most one snapshot at a time, none while nothing changes."""

    def __init__(self, snapshots: Any, states: Callable[[], Any], lock: int) -> None:
        self.snapshots = snapshots
        self._states = states
        self._lock = lock
        self._is_changed = False

    def wrap(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """The same ASGI application, each changing request noted when its answer is complete."""

        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await app(scope, receive, send)
            finally:
                if scope["type"] == "http" and _may_change(scope):
                    self._is_changed = True

        return noted

    async def keep(self) -> None:
        """Snapshot every SNAPSHOT_SECONDS while something changes; rest a few times as long as one takes, since a large
        state would keep a core busy. Runs until cancelled.
        """
        rest = SNAPSHOT_SECONDS
        while True:
            await asyncio.sleep(rest)
            rest = SNAPSHOT_SECONDS
            try:
                if self._is_changed and self.snapshots.start(self._states(), self._lock):
                    self._is_changed = False
                    began = time.monotonic()
                    while not self.snapshots.is_idle():  # noqa: ASYNC110 - a child process: it has to be looked at
                        await asyncio.sleep(0.05)
                    rest = max(rest, _RESTS * (time.monotonic() - began))
            except Exception:
                self._is_changed = True  # the next round tries again
                logging.getLogger("local.server").exception("snapshot failed")


def _may_change(scope: Scope) -> bool:
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    target = next((value for name, value in scope["headers"] if name.lower() == b"x-amz-target"), b"").decode()
    # A query ends by itself, without a request: whoever then asks for it is how that end gets noticed.
    return target.startswith("AmazonAthena.") or not _READ.search(target)


if __name__ == "__main__":
    sys.exit(main())
