"""The dashboard's files on a host of their own, as a bucket would serve them."""

import contextlib
import functools
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.product import ROOT


class Files(SimpleHTTPRequestHandler):
    """Files of a folder, without a word on the terminal."""

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def served(handler: type[BaseHTTPRequestHandler] | functools.partial[Any]) -> Iterator[str]:
    """The origin of a server on a free port of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextlib.contextmanager
def site_in(root: Path) -> Iterator[tuple[str, Path]]:
    """Origin, and the folder `headgate` below it with a copy of the files."""
    shutil.copytree(ROOT / "dashboard/dist", root / "headgate")
    with served(functools.partial(Files, directory=str(root))) as origin:
        yield origin, root / "headgate"
