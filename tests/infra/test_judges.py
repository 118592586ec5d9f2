"""What others' tools say of the emitted template."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import ROOT


@pytest.fixture(params=["template", "hosted"])
def judged(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_cfn_lint_has_nothing_to_say(judged: Any) -> None:
    lint = [Path(sys.executable).with_name("cfn-lint"), "--config-file", ROOT / ".cfnlintrc.yaml", judged.path]
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_checkov_finds_only_what_is_accepted_with_a_reason(judged: Any) -> None:
    checkov = ROOT / ".venv-checkov/bin/checkov"
    assert checkov.exists(), "run `make .venv-checkov/.installed`"
    config = ROOT / "infra/checkov/config.yml"
    done = subprocess.run(
        [checkov, "--config-file", config, "-f", judged.path, "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 100, "it has judged something"
    failed = [(one["check_id"], one["resource"]) for one in report["results"]["failed_checks"]]
    assert not failed, failed


def test_every_check_that_is_skipped_has_its_reason() -> None:
    lines = (ROOT / "infra/checkov/config.yml").read_text().partition("skip-check:")[2].strip("\n").splitlines()
    for number, line in enumerate(lines):
        if line.strip().startswith("- "):
            assert lines[number - 1].strip().startswith("#"), line
