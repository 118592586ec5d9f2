"""The CloudFormation template as `make package` emits it, made without credentials in a directory of one's own."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CREATE = "cloudformation-template-create-stack.json"
UPDATE = "cloudformation-template-update-stack.json"
_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


class EmitError(RuntimeError):
    """The framework is not installed or refuses the template; the message is its own."""


def emit(top: Path, stage: str, *params: str) -> Path:
    """The directory, below the existing `top`, that holds both templates of `stage`. `params` are `name=value`.

    The framework (osls) runs in a copy of infra/, as nobody: no credentials, no home. The zip that the templates name
    is not in it.
    """
    source = ROOT / "infra"
    if not (source / "node_modules/osls").exists():
        raise EmitError("run `make infra/node_modules/.installed` (npm ci in infra/)")
    home = top / "infra"
    shutil.copytree(source, home, ignore=shutil.ignore_patterns("node_modules", "build", ".serverless"))
    (home / "node_modules").symlink_to(source / "node_modules")
    shutil.copy(ROOT / "openapi.json", top)
    (home / "build").mkdir()
    (home / "build/headgate.zip").write_bytes(_EMPTY_ZIP)
    done = subprocess.run(
        [
            *("node", "node_modules/osls/bin/serverless.js", "package", "--stage", stage),
            *(word for param in params for word in ("--param", param)),
        ],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(top), "SLS_TELEMETRY_DISABLED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EmitError(done.stdout + done.stderr)
    return home / ".serverless"
