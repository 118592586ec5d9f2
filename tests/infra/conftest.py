"""The template and the package as `make package` makes them, once, without AWS credentials."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local import template as templates

ROOT = templates.ROOT


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
    @functools.cache
    def emitted(stage: str = "dev", *params: str) -> Template:
        return Template(templates.emit(tmp_path_factory.mktemp("emitted"), stage, *params) / templates.UPDATE)

    return emitted


@pytest.fixture(scope="session")
def template(emit: Callable[..., Template]) -> Template:
    """Of a stage that keeps what it has, with a partner and an address to write to."""
    return emit("prod", "partners=acme,zenith", "alarmEmail=someone@example.com", "corsOrigins=https://a.example")


@pytest.fixture(scope="session")
def hosted(emit: Callable[..., Template]) -> Template:
    """Of a stage that hosts the dashboard, under the name that CloudFront gives it."""
    return emit("prod", "dashboardHosting=true")
