"""The dashboard's files on a host of their own, as a bucket would serve them."""

import contextlib
import functools
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.product import ROOT


class Files(SimpleHTTPRequestHandler):
    """Files of a folder, with `policy` as their CSP, without a word on the terminal."""

    policy = ""

    def end_headers(self) -> None:
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def served(handler: type[BaseHTTPRequestHandler] | functools.partial[Any]) -> Iterator[str]:
    """The origin of a server on a free port of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def policy_of(*hosts: str) -> str:
    """The CSP that CloudFront sends (infra/resources/hosting.cjs), with these hosts in the place of AWS's."""
    script = f"process.stdout.write(require('./hosting.cjs').csp({json.dumps(hosts)}))"
    done = subprocess.run(
        ["node", "-e", script], cwd=ROOT / "infra/resources", capture_output=True, text=True, check=True
    )
    return done.stdout


@contextlib.contextmanager
def site_in(root: Path, policy: str = "") -> Iterator[tuple[str, Path]]:
    """Origin, and the folder `headgate` below it with a copy of the files."""
    shutil.copytree(ROOT / "dashboard/dist", root / "headgate")
    handler = type("Files", (Files,), {"policy": policy})
    with served(functools.partial(handler, directory=str(root))) as origin:
        yield origin, root / "headgate"
