"""The template and the package as `make package` makes them, once, without AWS credentials."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ".serverless/cloudformation-template-update-stack.json"
_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


class Template:
    """An emitted CloudFormation template."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.document = json.loads(path.read_text())
        self.resources: dict[str, Any] = self.document["Resources"]

    def of(self, kind: str) -> dict[str, Any]:
        """Logical id -> properties of all resources of a type, `AWS::` left out."""
        found = {n: r["Properties"] for n, r in self.resources.items() if r["Type"] == f"AWS::{kind}"}
        assert found, f"the template has no {kind}"
        return found

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What a function's role says."""
        (policy,) = self.resources[role]["Properties"]["Policies"]
        return policy["PolicyDocument"]["Statement"]


@pytest.fixture(scope="session")
def emit(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Template]:
    """Runs osls in a copy of infra/, as nobody: no credentials, no home."""
    source = ROOT / "infra"
    if not (source / "node_modules/osls").exists():
        pytest.fail("run `make infra/node_modules/.installed` (npm ci in infra/)")

    def emitted(stage: str = "dev", *params: str) -> Template:
        top = tmp_path_factory.mktemp("emitted")
        home = top / "infra"
        shutil.copytree(source, home, ignore=shutil.ignore_patterns("node_modules", "build", ".serverless"))
        (home / "node_modules").symlink_to(source / "node_modules")
        shutil.copy(ROOT / "openapi.json", top)
        (home / "build").mkdir()
        (home / "build/headgate.zip").write_bytes(_EMPTY_ZIP)
        options = [word for param in params for word in ("--param", param)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(top), "SLS_TELEMETRY_DISABLED": "1"}
        done = subprocess.run(
            ["node", "node_modules/osls/bin/serverless.js", "package", "--stage", stage, *options],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return Template(home / TEMPLATE)

    return emitted


@pytest.fixture(scope="session")
def template(emit: Callable[..., Template]) -> Iterator[Template]:
    """Of a stage that keeps what it has, with a partner and an address to write to."""
    return emit("prod", "partners=acme,zenith", "alarmEmail=someone@example.com", "corsOrigins=https://a.example")
